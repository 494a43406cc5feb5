#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
supervise.py KILLS DESK PORT-FILE -- SIGNET-CA DIR WEB-USER

What systemd does for the two units: holds their sockets, starts serve-signer
and serve-web with them, and starts the signer anew when it ends, which is
KILLS times by kill -9, at no particular moment.  After each of them asks over
HTTP for what the signer has, and for a new process to answer that.

With SIGNET_KILL_WEB in the environment every other kill is of web, which holds
nothing but what it was asked.  With SIGNET_STOP, a file, what is served goes on
after the last kill, which kills-over tells, until that file is there.

The clock runs from the kill to the answer.  Prints the worst and the mean
time, and how many took longer than a second; exit 1 if one did, or if something
ended by itself.
"""

import http.client
import os
import random
import signal
import socket
import sys
import time

SO_PASSCRED = 16
LIMIT = 1.0


def start(command, sock, name, log):
    pid = os.fork()
    if pid:
        return pid
    try:
        os.dup2(log.fileno(), 2)
        os.dup2(sock.fileno(), 3)
        os.set_inheritable(3, True)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1',
                          LISTEN_FDNAMES=name)
        os.execv(command[0], command)
    finally:
        os._exit(127)


def answered(port):
    link = http.client.HTTPConnection('127.0.0.1', port, timeout=30)
    try:
        link.request('GET', '/issuing.crt', headers={'Connection': 'close'})
        answer = link.getresponse()
        answer.read()
        return answer.status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


def sockets(desk):
    unix = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    unix.setsockopt(socket.SOL_SOCKET, SO_PASSCRED, 1)
    unix.bind(desk)
    unix.listen(128)
    return unix, socket.create_server(('127.0.0.1', 0), backlog=128)


def kill_one(pid, again, port):
    """The new process, and how long it took to answer."""
    time.sleep(random.uniform(0.05, 0.7))
    os.kill(pid, signal.SIGKILL)
    begin = time.monotonic()
    _, status = os.waitpid(pid, 0)
    if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
        raise RuntimeError(f'it ended by itself: {status:#x}')
    pid = again()
    while not answered(port):
        if time.monotonic() - begin > 60:
            raise RuntimeError('the signer does not come back')
        time.sleep(0.01)
    return pid, time.monotonic() - begin


def main():
    kills, desk, port_file = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    program, folder, user = sys.argv[5:8]
    unix, inet = sockets(desk)
    port = inet.getsockname()[1]
    times = []
    with open('signer.log', 'ab') as slog, open('web.log', 'ab') as wlog:
        def signer():
            return start([program, 'serve-signer', '--dir', folder,
                          '--web-user', user], unix, 'desk', slog)
        pid = signer()

        def site():
            return start([program, 'serve-web', '--desk', desk], inet, 'http',
                         wlog)
        web = site()
        while not answered(port):
            time.sleep(0.05)
        with open(port_file + '.new', 'w', encoding='utf-8') as f:
            f.write(f'{port}\n')
        os.rename(port_file + '.new', port_file)
        time.sleep(1)
        for i in range(kills):
            if i % 2 and 'SIGNET_KILL_WEB' in os.environ:
                web, took = kill_one(web, site, port)
            else:
                pid, took = kill_one(pid, signer, port)
            times.append(took)
        if 'SIGNET_STOP' in os.environ:
            with open('kills-over', 'w', encoding='utf-8'):
                pass
            while not os.path.exists(os.environ['SIGNET_STOP']):
                time.sleep(0.1)
        time.sleep(1)
        for p in web, pid:
            os.kill(p, signal.SIGTERM)
        bad = [p for p in (web, pid) if os.waitpid(p, 0)[1]]
    late = sum(t > LIMIT for t in times)
    print(f'{len(times)} kills, back after {1000 * sum(times) / len(times):.0f}'
          f' ms (mean), {1000 * max(times):.0f} ms (worst), {late} of them '
          'after more than a second')
    return 1 if bad or (late and 'SIGNET_STOP' not in os.environ) else 0


sys.exit(main())
