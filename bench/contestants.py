# SPDX-License-Identifier: BSD-2-Clause
"""Who signs: each brings itself up in the lab, on a software TPM of its own.

A contestant answers warm(type, seconds) and fresh(type, times), with what the
bench's programs say. Times are microseconds.
"""

import glob
import os
import pathlib
import socket
import subprocess
import time

LAB = pathlib.Path('/run/lab')
HERE = LAB / 'bench'
BUILD = pathlib.Path('/run/signet/build')
PIN = os.environ.get('LAB_PIN', '')
MODULES = ('/usr/lib/*/softhsm', '/usr/lib/softhsm', '/usr/lib/*/pkcs11',
           '/usr/lib/*/ossl-modules', '/usr/lib/*')


class Missing(Exception):
    """Something that this contestant needs is not installed."""


def find(name):
    for where in MODULES:
        for path in glob.glob(f'{where}/{name}'):
            return path
    raise Missing(name)


def run(*args, env=None, log='bench', text=None, timeout=120):
    """Standard output; what it says besides goes to a log."""
    with open(HERE / f'{log}.log', 'a', encoding='utf-8') as err:
        done = subprocess.run([str(a) for a in args], stdout=subprocess.PIPE,
                              stderr=err, env={**os.environ, **(env or {})},
                              input=text, text=True, timeout=timeout,
                              check=False)
    if done.returncode != 0:
        raise RuntimeError(f'{" ".join(map(str, args))}: exit '
                           f'{done.returncode}, see {log}.log')
    return done.stdout


def numbers(line):
    return {k: float(v) for k, v in
            (word.split('=') for word in line.split() if '=' in word)}


def program(name):
    return BUILD / 'bench' / name


def background(args, log, env=None):
    with open(HERE / f'{log}.log', 'a', encoding='utf-8') as out:
        return subprocess.Popen([str(a) for a in args], stdout=out,
                                stderr=out, stdin=subprocess.DEVNULL,
                                env={**os.environ, **(env or {})})


def wait_for(what, yes, seconds=20):
    end = time.monotonic() + seconds
    while not yes():
        if time.monotonic() > end:
            raise RuntimeError(f'no {what} within {seconds} seconds')
        time.sleep(0.02)


def answers(path):
    """Nobody may be left waiting in its queue, so this hangs up at once."""
    with socket.socket(socket.AF_UNIX) as s:
        try:
            s.connect(str(path))
        except OSError:
            return False
    return True


class Tpm:
    """A software TPM like the lab's."""

    def __init__(self, name):
        self.dir = HERE / name
        self.dir.mkdir()
        self.path = self.dir / 'sock'
        self.tcti = f'swtpm:path={self.path}'
        run('swtpm_setup', '--tpm2', '--tpmstate', self.dir, '--overwrite',
            log=name)
        self.process = background(
            ['swtpm', 'socket', '--tpm2', '--tpmstate', f'dir={self.dir}',
             '--server', f'type=unixio,path={self.path}',
             '--ctrl', f'type=unixio,path={self.path}.ctrl',
             '--flags', 'not-need-init,startup-clear'], name)
        wait_for('TPM', self.path.exists)


class Contestant:
    """Its signatures take about us = {type: microseconds}."""
    name = ''
    title = ''
    us = {}

    def up(self):
        """Makes its keys."""

    def count(self, key_type, seconds):
        """How many signatures fill the time."""
        return max(2, int(seconds * 1e6 / self.us[key_type]))

    def warm(self, key_type, seconds):
        raise NotImplementedError

    def fresh(self, key_type, times):
        """None: there is no such thing as its first use."""
        return None


class Raw(Contestant):
    name = 'raw'
    title = 'raw ESAPI, password session'
    us = {'rsa2048': 3500, 'p256': 800}

    def up(self):
        self.tpm = Tpm('raw')

    def warm(self, key_type, seconds):
        return numbers(run(program('raw_esapi'), self.tpm.tcti, 'sign',
                           key_type, self.count(key_type, seconds)))

    def round_trip(self, times):
        return numbers(run(program('raw_esapi'), self.tpm.tcti, 'random',
                           times))


class Module(Contestant):
    """Anything behind PKCS#11."""
    module = ''
    daemon = ()

    def env(self):
        return {'BENCH_PIN': PIN}

    def call(self, verb, *args):
        return numbers(run(program('pkcs11'), self.module, verb, *args,
                           env=self.env(), log=self.name))

    def warm(self, key_type, seconds):
        return self.call('warm', key_type, self.count(key_type, seconds),
                         *self.daemon)

    def fresh(self, key_type, times):
        return self.call('fresh', key_type, times)


class Signet(Module):
    name = 'signet'
    title = 'Signet'
    us = {'rsa2048': 4500, 'p256': 1300}
    module = os.environ.get('LAB_PKCS11_MODULE', '')

    def env(self):
        return {'BENCH_PIN': PIN, 'SIGNET_PIN_ENTRY': 'application'}

    @property
    def daemon(self):
        return (signetd_pid(),)

    def up(self):
        for args in (('setup',), ('key', 'new', 'ec', '--type', 'p256')):
            signet, pin = pin_for(*args)
            run(*signet, **pin)


class SoftHsm(Module):
    name = 'softhsm'
    title = 'SoftHSM 2 (no TPM)'
    us = {'rsa2048': 1100, 'p256': 80}

    def env(self):
        return {'BENCH_PIN': PIN, 'SOFTHSM2_CONF': str(HERE / 'softhsm.conf')}

    def up(self):
        self.module = find('libsofthsm2.so')
        (HERE / 'softhsm').mkdir()
        (HERE / 'softhsm.conf').write_text(
            f'directories.tokendir = {HERE}/softhsm\n'
            'objectstore.backend = file\nlog.level = ERROR\n')
        run('softhsm2-util', '--module', self.module, '--init-token',
            '--free', '--label', 'bench', '--so-pin', '12345678', '--pin',
            PIN, env=self.env(), log=self.name)
        for kind in ('rsa:2048', 'EC:prime256v1'):
            run('pkcs11-tool', '--module', self.module, '--login', '--pin',
                PIN, '--token-label', 'bench', '--keypairgen', '--key-type',
                kind, '--id', '01' if kind[0] == 'r' else '02',
                env=self.env(), log=self.name)


class Tpm2Pkcs11(Module):
    name = 'tpm2-pkcs11'
    title = 'tpm2-pkcs11 (with its resource manager)'
    us = {'rsa2048': 9000, 'p256': 6300}

    def env(self):
        tcti = 'tabrmd:bus_type=session'
        return {'BENCH_PIN': PIN, 'TPM2_PKCS11_STORE': str(HERE / 'p11store'),
                'TPM2_PKCS11_TCTI': tcti, 'TPM2TOOLS_TCTI': tcti,
                'DBUS_SESSION_BUS_ADDRESS': f'unix:path={HERE}/bus',
                'TPM2_PKCS11_LOG_LEVEL': '0', 'TSS2_LOG': 'all+none'}

    def up(self):
        self.module = find('libtpm2_pkcs11.so')
        self.tpm = Tpm('tabrmd')
        self.bus = background(
            ['dbus-daemon', '--session', '--nofork',
             f'--address=unix:path={HERE}/bus'], self.name)
        wait_for('bus', lambda: answers(HERE / 'bus'))
        self.manager = background(
            ['tpm2-abrmd', '--session', '--allow-root', '--flush-all',
             f'--tcti={self.tpm.tcti}'], self.name, self.env())
        wait_for('resource manager', self.managed)
        (HERE / 'p11store').mkdir()
        self.tool('init')
        self.tool('addtoken', '--pid=1', '--sopin=so123456',
                  f'--userpin={PIN}', '--label=bench')
        for algorithm in ('rsa2048', 'ecc256'):
            self.tool('addkey', f'--algorithm={algorithm}', '--label=bench',
                      f'--userpin={PIN}', f'--key-label={algorithm}')

    def managed(self):
        names = run('dbus-send', f'--bus=unix:path={HERE}/bus',
                    '--print-reply', '--dest=org.freedesktop.DBus', '/',
                    'org.freedesktop.DBus.ListNames', log=self.name)
        return 'com.intel.tss2.Tabrmd' in names

    def tool(self, *args):
        run('tpm2_ptool', *args, env=self.env(), log=self.name)


class Tpm2Openssl(Contestant):
    name = 'tpm2-openssl'
    title = 'tpm2-openssl provider'
    us = {'rsa2048': 4500, 'p256': 1500}

    def env(self):
        return {'BENCH_PIN': PIN, 'TPM2OPENSSL_TCTI': self.tpm.tcti}

    def up(self):
        find('tpm2.so')
        self.tpm = Tpm('provider')
        for name, options in (
                ('rsa2048', ['RSA', '-pkeyopt', 'bits:2048']),
                ('p256', ['EC', '-pkeyopt', 'group:P-256'])):
            run('openssl', 'genpkey', '-provider', 'tpm2', '-provider',
                'default', '-propquery', '?provider=tpm2', '-algorithm',
                *options, '-pkeyopt', f'user-auth:{PIN}', '-out',
                HERE / f'{name}.pem', env=self.env(), log=self.name)

    def call(self, key_type, *args):
        return numbers(run(program('provider'), 'tpm2',
                           HERE / f'{key_type}.pem', *args, env=self.env(),
                           log=self.name))

    def warm(self, key_type, seconds):
        return self.call(key_type, 'warm', self.count(key_type, seconds))

    def fresh(self, key_type, times):
        return self.call(key_type, 'fresh', times)


ALL = (Raw, Signet, SoftHsm, Tpm2Pkcs11, Tpm2Openssl)


# --- signet and its daemon ---

def signetd_pid():
    return int((LAB / 'run/signetd.pid').read_text())


def as_user(user, *args, **options):
    """Another user of the lab, with a home of his own."""
    home = HERE / f'home-{user}'
    if not home.exists():
        home.mkdir(mode=0o700)
        os.chown(home, user, user)
    options['env'] = {**options.get('env', {}), 'HOME': str(home)}
    return run('setpriv', f'--reuid={user}', f'--regid={user}',
               '--clear-groups', '--', *args, **options)


def pin_for(*args):
    """The arguments of signet, and what it reads: the PIN."""
    return ('signet', *args, '--pin-fd', '0'), {'text': f'{PIN}\n'}


def forest(*args):
    run('forest', *args)
