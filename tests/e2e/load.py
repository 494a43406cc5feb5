#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
load.py --seconds N URL...
load.py --seconds N --restart TIMES -- COMMAND...

Asks for the URLs again and again, each time by a new connection; exit 1 if a
request failed.  With --restart, the command serves a listening socket of
ours, as systemd hands it over, and is stopped and started so often meanwhile.
"""

import argparse
import http.client
import os
import signal
import socket
import sys
import threading
import time
import urllib.parse

PATHS = ('/ocsp/MAA=', '/issuing.crl', '/issuing.crt')
CLIENTS = 4


class Clients:
    """Some threads that ask until they are told to stop."""

    def __init__(self, urls):
        self.urls = [urllib.parse.urlsplit(u) for u in urls]
        self.good = 0
        self.bad = []
        self.lock = threading.Lock()
        self.ending = False
        self.threads = [threading.Thread(target=self.run)
                        for _ in range(CLIENTS)]

    def ask(self, url):
        link = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
        try:
            link.request('GET', url.path, headers={'Connection': 'close'})
            answer = link.getresponse()
            answer.read()
            return None if answer.status == 200 else str(answer.status)
        except (OSError, http.client.HTTPException) as e:
            return repr(e)
        finally:
            link.close()

    def run(self):
        turn = 0
        while not self.ending:
            turn += 1
            failed = self.ask(self.urls[turn % len(self.urls)])
            with self.lock:
                if failed:
                    self.bad.append(failed)
                else:
                    self.good += 1

    def start(self):
        for t in self.threads:
            t.start()

    def stop(self):
        self.ending = True
        for t in self.threads:
            t.join()
        print(f'{self.good} answered, {len(self.bad)} failed', *self.bad[:5])
        return 0 if self.good and not self.bad else 1


def serve(command, listener, log):
    """Like systemd: descriptor 3 and three variables."""
    def child():
        os.dup2(listener.fileno(), 3)
        os.set_inheritable(3, True)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1',
                          LISTEN_FDNAMES='http')
        os.execvp(command[0], command)
    pid = os.fork()
    if pid == 0:
        os.dup2(log.fileno(), 2)
        try:
            child()
        finally:
            os._exit(127)
    return pid


def restarts(args):
    listener = socket.create_server(('127.0.0.1', 0), backlog=128)
    base = f'http://127.0.0.1:{listener.getsockname()[1]}'
    clients = Clients([base + p for p in PATHS])
    with open('load.log', 'w+', encoding='utf-8') as log:
        pid = serve(args.words, listener, log)
        clients.start()
        for _ in range(args.restart):
            time.sleep(args.seconds / (args.restart + 1))
            os.kill(pid, signal.SIGTERM)
            _, status = os.waitpid(pid, 0)
            if status:
                clients.bad.append(f'it ended with {status:#x}')
            pid = serve(args.words, listener, log)
        time.sleep(args.seconds / (args.restart + 1))
        rc = clients.stop()
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
        log.seek(0)
        print(log.read())
    return rc


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                usage=argparse.SUPPRESS)
    p.add_argument('--seconds', type=float, default=3)
    p.add_argument('--restart', type=int, default=0)
    p.add_argument('words', nargs='+')
    args = p.parse_args()
    if args.restart:
        return restarts(args)
    clients = Clients(args.words)
    clients.start()
    time.sleep(args.seconds)
    return clients.stop()


sys.exit(main())
