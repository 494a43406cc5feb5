# SPDX-License-Identifier: BSD-2-Clause
"""How many commands the TPM gets: written down on the wire below signetd."""

import os
import subprocess

from contestants import (HERE, LAB, BUILD, Signet, answers, background, forest,
                         program, run, wait_for)

CODES = {0x11f: 'EvictControl', 0x131: 'CreatePrimary', 0x137: 'NV_Write',
         0x13b: 'NV_ChangeAuth', 0x14e: 'NV_Read', 0x151: 'PolicySecret',
         0x153: 'Create', 0x157: 'Load', 0x159: 'RSA_Decrypt', 0x15d: 'Sign',
         0x160: 'PolicySigned', 0x165: 'FlushContext',
         0x167: 'LoadExternal', 0x169: 'NV_ReadPublic',
         0x16b: 'PolicyAuthValue', 0x16c: 'PolicyCommandCode',
         0x171: 'PolicyOR', 0x173: 'ReadPublic', 0x176: 'StartAuthSession',
         0x17a: 'GetCapability', 0x17b: 'GetRandom', 0x18f: 'PolicyNvWritten'}


class Wire:
    """Stands between signetd and the lab's TPM, which has just been reset."""

    def __enter__(self):
        forest('stop', 'signetd')
        forest('restart', 'tpm')
        self.log = HERE / 'commands'
        self.log.write_text('')
        self.seen = 0
        at = HERE / 'counted'
        link = HERE / 'counted.ctrl'
        link.symlink_to(LAB / 'tpm/sock.ctrl')
        self.proxy = background([program('tpm_count'), at, LAB / 'tpm/sock',
                                 self.log], 'commands')
        wait_for('wire', at.exists)
        self.daemon = background(
            [BUILD / 'cmd/signetd/signetd', '--socket', LAB / 'signetd.sock',
             '--state', LAB / 'signetd', '--tcti', f'swtpm:path={at}'],
            'signetd')
        wait_for('signetd', lambda: answers(LAB / 'signetd.sock'))
        return self

    def __exit__(self, *_):
        for process in (self.daemon, self.proxy):
            process.terminate()
            process.wait()
        forest('start', 'signetd')

    def since(self):
        """The names of the commands sent since the last time."""
        lines = self.log.read_text().splitlines()
        new, self.seen = lines[self.seen:], len(lines)
        codes = [int(line.split()[0], 16) for line in new]
        return [CODES.get(c, f'0x{c:03x}') for c in codes]


class Steps:
    """A program that goes on when it is told to."""

    def __init__(self, key_type):
        s = Signet()
        self.process = subprocess.Popen(
            [str(program('pkcs11')), s.module, 'step', key_type],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            bufsize=1, env={**os.environ, **s.env()})
        self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError('the program that signs has ended')

    def login(self):
        self.process.stdin.write('\n')
        self.answer()

    def sign(self, times=1):
        self.process.stdin.write(f'{times}\n')
        self.answer()

    def end(self):
        self.process.stdin.close()
        if self.process.wait(20) != 0:
            raise RuntimeError('the program that signs has failed')


def one_program(wire, key_type):
    """What each of its steps sends."""
    out = {}
    steps = Steps(key_type)
    out['list'] = wire.since()
    steps.login()
    out['login'] = wire.since()
    steps.sign()
    out['first_use'] = wire.since()
    steps.sign()
    out['sign'] = wire.since()
    steps.sign(10)
    out['sign_ten'] = wire.since()
    steps.end()
    # Logging out is the daemon's affair, and nobody waits for it.
    run('signet', 'key', 'list')
    out['logout'] = wire.since()
    return out


def opening(sent):
    """The daemon's look at a TPM that it has just met; no part of a login."""
    n = 0
    while n < len(sent) and sent[n] in ('GetCapability', 'ReadPublic'):
        n += 1
    return sent[:n], sent[n:]


def commands(tell):
    """
    From the TPM's reset and the daemon's start on: three programs, one after
    the other.
    """
    tell('from a reset of the TPM on')
    out = {}
    with Wire() as wire:
        Signet().call('list')
        out['read'] = wire.since()
        for name, key_type in (('boot', 'p256'), ('again', 'p256'),
                               ('rsa', 'rsa2048')):
            out |= {f'{name}_{step}': sent for step, sent in
                    one_program(wire, key_type).items()}
    out['open'], out['boot_login'] = opening(out['boot_login'])
    return {name: {'n': len(sent), 'which': sent}
            for name, sent in out.items()}
