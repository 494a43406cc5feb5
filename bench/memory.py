# SPDX-License-Identifier: BSD-2-Clause
"""What signetd holds: at rest with many containers, and after many
signatures."""

import os
import signal
import time

from pathlib import Path

from contestants import (LAB, Signet, as_user, forest, numbers, pin_for,
                         program, run, signetd_pid)
from counts import Steps

FIRST_USER = 2000
LOOKS = 5


def kb(path, *names):
    found = {}
    for line in path.read_text().splitlines():
        name, _, value = line.partition(':')
        if name in names:
            found[name] = int(value.split()[0])
    return found


def held(pid):
    """
    Kilobytes, and open files: the least of what is seen within a moment, since
    a daemon tidies up after it has answered.
    """
    seen = []
    for _ in range(LOOKS):
        time.sleep(0.02)
        seen.append(look(pid))
    return {name: min(s[name] for s in seen) for name in seen[0]}


def look(pid):
    proc = Path(f'/proc/{pid}')
    status = kb(proc / 'status', 'VmRSS', 'VmLck')
    rollup = kb(proc / 'smaps_rollup', 'Pss', 'Private_Dirty')
    return {'rss': status['VmRSS'], 'locked': status['VmLck'],
            'pss': rollup['Pss'], 'private': rollup['Private_Dirty'],
            'files': len(list((proc / 'fd').iterdir()))}


def containers(plan, tell):
    """One is there already, root's; every other user's has a P-256 key."""
    users = range(FIRST_USER, FIRST_USER + plan.containers - 1)
    if os.environ.get('LAB_KIND') == 'one':
        return {'n': 0, 'why': 'this lab has one user'}
    for i, user in enumerate(users):
        tell(f'container {i + 2} of {plan.containers}')
        signet, pin = pin_for('setup', '--key-type', 'p256')
        as_user(user, *signet, **pin)
    forest('restart', 'signetd')
    out = {'n': len(users) + 1, 'started': held(signetd_pid())}
    tell('everybody looks')
    for user in users:
        as_user(user, 'signet', 'key', 'list')
    out['read'] = held(signetd_pid())
    for i, user in enumerate(users):
        tell(f'login {i + 1} of {len(users)}')
        as_user(user, program('pkcs11'), Signet.module, 'warm', 'p256', 1,
                env=Signet().env())
    out['used'] = held(signetd_pid())
    for i, user in enumerate(users):
        tell(f'reset {i + 1} of {len(users)}')
        as_user(user, 'signet', 'reset', '--yes')
    forest('restart', 'signetd')
    return out


def left_in_tpm():
    """
    The TPM has one client at a time, and an orderly one tidies up; so signetd
    is killed, and what it had there is counted.
    """
    os.kill(signetd_pid(), signal.SIGKILL)
    left = numbers(run(program('raw_esapi'),
                       f'swtpm:path={LAB}/tpm/sock', 'handles'))
    forest('start', 'signetd')
    return left


def leaks(plan, tell):
    """Before: after some hundred signatures, when every buffer has its
    size."""
    out = {}
    steps = Steps('p256')
    steps.login()
    steps.sign(10)
    out['tpm_before'] = left_in_tpm()
    steps.process.kill()
    steps.process.wait()
    steps = Steps('p256')
    steps.login()
    steps.sign(min(500, plan.signatures))
    who = {'signetd': signetd_pid(), 'client': steps.process.pid}
    before = {name: held(pid) for name, pid in who.items()}
    done, step = 0, max(1, plan.signatures // 50)
    while done < plan.signatures:
        step = min(step, plan.signatures - done)
        steps.sign(step)
        done += step
        tell(f'{done} of {plan.signatures} signatures')
    after = {name: held(pid) for name, pid in who.items()}
    steps.end()
    steps = Steps('p256')
    steps.login()
    steps.sign(10)
    out['tpm_after'] = left_in_tpm()
    steps.process.kill()
    steps.process.wait()
    return {**out, 'n': done, 'before': before, 'after': after}
