# SPDX-License-Identifier: BSD-2-Clause
"""typist.py ANSWER... -- COMMAND...: runs it on a terminal of its own, and
types an answer and Enter each time a question stands there."""
import os
import pty
import re
import select
import sys
import time

QUESTION = re.compile(rb'(: |\[y/N\] )$')
SECONDS = 60    # without a word

at = sys.argv.index('--')
answers, command = sys.argv[1:at], sys.argv[at + 1:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
said = b''
while select.select([terminal], [], [], SECONDS)[0]:
    try:
        said += os.read(terminal, 4096)
    except OSError:     # it has ended
        break
    if answers and QUESTION.search(said):
        # The question comes before the echo is off; it is flushed then.
        time.sleep(0.1)
        sys.stdout.write(said.decode().replace('\r', ''))
        said = b''
        os.write(terminal, (answers.pop(0) + '\n').encode())
sys.stdout.write(said.decode().replace('\r', ''))
os.close(terminal)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
