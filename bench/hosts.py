# SPDX-License-Identifier: BSD-2-Clause
"""Programs of others: remote desktops, and what p11-kit loads."""

import os
import socket
import subprocess
import time

from contestants import BUILD, HERE, PIN, forest, pin_for, program, run
from speeds import compare, interleaved

SCREENS = (os.environ.get('LAB_SERVER_SCREEN', ''),
           os.environ.get('LAB_CLIENT_SCREEN', ''))
HOST = os.environ.get('LAB_RDP_HOST', '')
MODULE = os.environ.get('LAB_HOST_MODULE', '')
FRAME_LIMIT = 20


# --- remote desktops ---

def certificate():
    signet, pin = pin_for('request', 'new', '--key', 'login', '--upn',
                          'alice@CORP.EXAMPLE', '--out', HERE / 'alice')
    run(*signet, **pin)
    run('signet-ca', 'issue', '--dir', os.environ['LAB_CA'], '--template',
        'SmartcardLogon', '--upn', 'alice@CORP.EXAMPLE', '--in',
        HERE / 'alice.req', '--out', HERE / 'alice.crt', '--chain-out',
        HERE / 'chain.pem')
    signet, pin = pin_for('request', 'accept', HERE / 'alice.crt',
                          HERE / 'chain.pem', '--trust-root')
    run(*signet, **pin)


def by_signet(credential):
    return (['signet', 'rdp', '--module', MODULE, '--credential', credential,
             '--pin-fd', '0', HOST], {}, PIN)


def by_password():
    """What signet gives FreeRDP, but for the certificate."""
    return (['xfreerdp3', f'/v:{HOST}', '/u:carol', '/d:CORP.EXAMPLE',
             '/p:Passw0rd', '/sec:nla', '/cert:deny',
             '/auth-pkg-list:!ntlm,kerberos'],
            {'SSL_CERT_FILE': os.environ['LAB_CHAIN'],
             'KRB5_CONFIG': os.environ['LAB_KRB5_PKINIT']}, '')


CLIENTS = {'password': by_password,
           'smartcard': lambda: by_signet('smartcard'),
           'kerberos': lambda: by_signet('kerberos')}


def first_frame(kind):
    """
    Microseconds until both screens show the same. Who looks is there before:
    his own start does not count.
    """
    args, env, text = CLIENTS[kind]()
    watcher = subprocess.Popen(['frame', 'same', *SCREENS, str(FRAME_LIMIT)],
                               stdout=subprocess.DEVNULL)
    time.sleep(0.3)
    with open(HERE / 'rdp.log', 'a', encoding='utf-8') as log:
        start = time.monotonic()
        client = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=log,
                                  stderr=log, env={**os.environ, **env})
        client.stdin.write(f'{text}\n'.encode())
        client.stdin.close()
        rc = watcher.wait()
        took = (time.monotonic() - start) * 1e6
    client.terminate()
    client.wait()
    if rc != 0:
        raise RuntimeError(f'no desktop by {kind}, see rdp.log')
    time.sleep(0.3)
    return {'us': took}


def desktops(plan, tell):
    certificate()
    # The credential smartcard redirects the card.
    forest('start', 'card')
    forest('start', 'pcscd')
    try:
        samples = interleaved(plan.desktops, CLIENTS, first_frame, tell)
    finally:
        forest('stop', 'pcscd')
        forest('stop', 'card')
    return compare(samples, 'us', 'password')


# --- p11-kit ---

MODULES = '/usr/share/p11-kit/modules'
REGISTERED = HERE / 'modules' / 'signet.module'
DEAD = HERE / 'dead'
HOSTS = {'p11-kit list-modules': ['p11-kit', 'list-modules'],
         'a GnuTLS program': [str(program('gnutls'))]}


def register():
    """p11-kit's own module only: others cost much more than ours. And a socket
    that nobody listens at any more."""
    REGISTERED.parent.mkdir()
    run('cp', f'{MODULES}/p11-kit-trust.module', REGISTERED.parent)
    run('mount', '--bind', REGISTERED.parent, MODULES)
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(DEAD))


def described():
    text = (BUILD / 'data/signet.module').read_text()
    return ''.join(f'module: {MODULE}\n' if line.startswith('module:')
                   else f'{line}\n' for line in text.splitlines())


def timed(args, how):
    """without our module, with it, and with it while its daemon is down"""
    env = dict(os.environ)
    if how == 'without':
        REGISTERED.unlink(missing_ok=True)
    else:
        REGISTERED.write_text(described())
    if how == 'down':
        env['SIGNET_SOCKET'] = str(DEAD)
    start = time.monotonic()
    subprocess.run(args, stdout=subprocess.DEVNULL, check=True, env=env,
                   stderr=subprocess.DEVNULL)
    return {'us': (time.monotonic() - start) * 1e6}


def kit(plan, tell):
    register()
    out = {}
    for name, args in HOSTS.items():
        samples = interleaved(plan.loads, ('without', 'with', 'down'),
                              lambda how, a=args: timed(a, how), tell)
        out[name] = compare(samples, 'us', 'without')
    run('umount', MODULES)
    return out
