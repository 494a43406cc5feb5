# SPDX-License-Identifier: BSD-2-Clause
"""The emulated smart card: a command, a signature, a sign-in through it."""

import hashlib
import os
import re
import time

from contestants import (BUILD, HERE, LAB, PIN, find, forest, numbers, run,
                         wait_for)
from hosts import MODULE, certificate
from speeds import compare, interleaved, medians

READER = os.environ.get('LAB_READER', '')
SHA256_PREFIX = bytes.fromhex('3031300d060960864801650304020105000420')
# Discovery object; status of the PIN, which asks signetd.
COMMANDS = {'discovery': '00cb3fff035c017e00', 'status': '00200080'}
AT_ONCE = 2000


def up():
    """The container's certificate on a card; pcscd and the service."""
    if 'login' not in run('signet', 'cert', 'list'):
        certificate()
    (LAB / 'signetd.conf').write_text(
        '[card]\ncertificates = yes\nall-users = yes\n')
    forest('restart', 'signetd')
    forest('start', 'card')
    forest('start', 'pcscd')
    wait_for('card', present)


def down():
    for part in ('pcscd', 'card'):
        forest('stop', part)
    (LAB / 'signetd.conf').unlink()
    forest('restart', 'signetd')


def present():
    return re.search(f'Yes .*{READER}', run('opensc-tool', '-l')) is not None


def command(kind, times):
    """Milliseconds of a command through pcscd, as its client sees it."""
    said = run(BUILD / 'tests/e2e/card_client', READER,
               text=f'open 1\ntime 1 {times} {COMMANDS[kind]}\n')
    p50, p95 = said.splitlines()[1].split()
    return {'p50': float(p50) * 1000, 'p95': float(p95) * 1000}


def behind():
    """What the card itself waits for in one use: signetd and its TPM check the
    PIN, and sign."""
    pin = PIN.encode().ljust(8, b'\xff').hex()
    data = '7c820106820081820100' + '55' * 256
    said = run(BUILD / 'tests/e2e/card_client', READER, text='\n'.join((
        'open 1', f'time 1 1 0020008008{pin}', f'1 1087079aff{data[:510]}',
        f'time 1 1 0087079a0b{data[510:]}00', 'unpower 1', '')))
    lines = said.splitlines()
    return {'us': sum(float(lines[i].split()[0]) * 1000 for i in (1, 3))}


def timed(args, text=None, env=None):
    start = time.monotonic()
    run(*args, text=text, env=env, log='cards')
    return {'us': (time.monotonic() - start) * 1e6}


def sign(module, env, *which):
    """A program that loads a module, logs in and signs once."""
    to_sign = HERE / 'digestinfo'
    if not to_sign.exists():
        to_sign.write_bytes(SHA256_PREFIX + hashlib.sha256(b'').digest())
    return timed(['pkcs11-tool', '--module', module, *which, '--login',
                  '--pin', PIN, '--id', '01', '--sign', '--mechanism',
                  'RSA-PKCS', '-i', to_sign, '-o', HERE / 'signature'],
                 env=env)


def kinit(identity, env=None):
    return timed(['kinit', '-X', f'X509_user_identity=PKCS11:{identity}',
                  'alice'], f'{PIN}\n',
                 {'KRB5_CONFIG': os.environ['LAB_KRB5_PKINIT'],
                  'KRB5CCNAME': f'FILE:{HERE}/ccache',
                  'SIGNET_PIN_ENTRY': 'application', **(env or {})})


def parts(opensc, what):
    """What a program of OpenSC's does meanwhile, in microseconds, as
    bench/pcsc_times.c finds it: it loads the module once or twice."""
    conf, times = HERE / 'opensc.conf', HERE / 'pcsc_times'
    conf.write_text('app default {\n\treader_driver pcsc {\n'
                    f'\t\tprovider_library = {BUILD}/bench/libpcsc_times.so;'
                    '\n\t}\n}\n')
    times.unlink(missing_ok=True)
    env = {'OPENSC_CONF': str(conf), 'BENCH_PCSC_TIMES': str(times)}
    took = sign(opensc, env) if what == 'sign' else kinit(
        f'module_name={opensc}:certid=01', env)
    out = {}
    for line in times.read_text().splitlines():
        for name, value in numbers(line).items():
            out[name] = out.get(name, 0) + value
    out['own_us'] = took['us'] - sum(v for k, v in out.items()
                                     if k.endswith('_us'))
    return {**out, **took}


def counted(opensc):
    """APDUs of one signature, as pcscd logs them."""
    log = LAB / 'log/pcscd.log'
    os.environ['LAB_PCSCD_OPTIONS'] = '--apdu'
    forest('restart', 'pcscd')
    wait_for('card', present)
    before = log.stat().st_size
    sign(opensc, {})
    del os.environ['LAB_PCSCD_OPTIONS']
    with open(log, encoding='utf-8', errors='replace') as f:
        f.seek(before)
        n = sum('APDU: ' in line for line in f)
    forest('restart', 'pcscd')
    wait_for('card', present)
    return n


def measure(softhsm, plan, tell):
    up()
    try:
        opensc = find('opensc-pkcs11.so')
        signers = {
            'tpm': behind,
            'softhsm': lambda: sign(softhsm.module, softhsm.env(),
                                    '--token-label', 'bench'),
            'card': lambda: sign(opensc, {})}
        users = {'module': f'module_name={MODULE}',
                 'card': f'module_name={opensc}:certid=01'}
        return {
            'commands': compare(interleaved(
                plan.rounds, COMMANDS,
                lambda kind: command(kind, 10 if plan.rounds == 1
                                     else AT_ONCE), tell), 'p50', 'discovery'),
            'sign': compare(interleaved(
                plan.rounds, signers, lambda who: signers[who](), tell),
                'us', 'softhsm'),
            'kinit': compare(interleaved(
                plan.rounds, users, lambda who: kinit(users[who]), tell),
                'us', 'module'),
            'parts': {name: medians(samples) for name, samples in interleaved(
                plan.rounds, ('sign', 'kinit'),
                lambda what: parts(opensc, what), tell).items()},
            'apdus': counted(opensc)}
    finally:
        down()
