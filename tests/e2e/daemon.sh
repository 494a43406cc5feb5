#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The daemon itself: a TPM that hangs, the audit file, metrics, quotas, stop.
# shellcheck disable=SC2016	# the lab's shell expands what is quoted here
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/cases.sh
. tests/lib/cases.sh

lab=$PWD/tests/lab/lab
work=$(mktemp -d)

cleanup()
{
	in_lab 'kill -CONT $(<run/tpm.pid); kill $(<run/daemon.pid)' \
	    2>/dev/null || :
	"$lab" down "$work/a" --remove || :
	rm -rf "$work"
}

in_lab()
{
	"$lab" exec "$work/a" -- bash -euo pipefail -c "cd \"\$LAB_DIR\"; $1"
}

# as UID COMMAND: as another real user of the lab.
as()
{
	"$lab" exec "$work/a" --real-user "$1" -- bash -euo pipefail -c "$2"
}

# A daemon with a configuration of the test's own: daemon "LINE..."
daemon()
{
	in_lab "printf '%s\n' \"$1\" >conf
	rm -f signetd.sock; mkdir -p audits
	setsid \$LAB_BUILD/cmd/signetd/signetd --config conf \
	    --socket \$LAB_DIR/signetd.sock --state \$LAB_DIR/signetd \
	    --tcti swtpm:path=\$LAB_DIR/tpm/sock \
	    </dev/null >>log/daemon.log 2>&1 & echo \$! >run/daemon.pid
	for i in {1..500}; do [ -S signetd.sock ] && break; sleep 0.02; done
	[ -S signetd.sock ]"
}

# stopped: signetd ends by itself after SIGTERM, and how.
stopped()
{
	in_lab 'p=$(<run/daemon.pid); kill $p
	for i in {1..1500}; do
		[ -d /proc/$p ] || exit 0
		[[ $(</proc/$p/stat) != *") Z "* ]] || exit 0
		sleep 0.02
	done; exit 1'
}

"$lab" up --dir "$work/a" --without rdp --without signetd

daemon '[audit]
file = /run/lab/audits/audit
[quota]
keys = 2'
is 'a container is set up' in_lab 'signet setup --pin-fd 3 3<<<$LAB_PIN >code'
is 'the status names the daemon' says 0 'signetd ' in_lab 'signet status'
is '... and its TPM, which is the container'"'"'s' in_lab '
	signet status --json >s.json
	grep -q "\"tpm\": *\".*firmware" s.json
	grep -q "\"tpm_state\": *\"ok\"" s.json
	grep -q "\"daemon\": *\"signetd " s.json
	! grep -q "\"reason\"" s.json'
is 'a wrong PIN' says 3 left in_lab 'signet key new x --pin-fd 3 3<<<000001'
is 'a second key' in_lab 'signet key new two --type p256 --pin-fd 3 \
	3<<<$LAB_PIN'
is 'a third is above the quota' says 1 'quota keys' \
    in_lab 'signet key new three --type p256 --pin-fd 3 3<<<$LAB_PIN'
is 'a request' in_lab 'signet request new --upn a@corp.example --key two \
	--pin-fd 3 3<<<$LAB_PIN'
is 'a lock' in_lab 'signet lock'

is 'the audit tells all of it' in_lab 'signet audit --json >a.json
	for w in setup login key-make request-add key-use lock; do
		grep -q "\"what\": *\"$w\"" a.json || { echo "no $w"; exit 1; }
	done
	grep -q "\"result\": *\"pin\"" a.json
	grep -q "\"result\": *\"limit\"" a.json
	grep -q "\"key\": *\"two\"" a.json'
is '... as a table, in order' in_lab 'signet audit | tee a.txt | head -1 |
	grep -q "^TIME.*WHAT.*RESULT"
	sed -n 2p a.txt | grep -q setup; tail -1 a.txt | grep -q lock'
is '... of the last N only' in_lab '[ "$(signet audit --limit 2 | wc -l)" = 3 ]
	signet audit --limit 1 | grep -q lock'
is '... since a moment' in_lab 'signet audit --since 2099-01-01 |
	grep -q "No line of the audit"; signet audit --since 2020-01-01 | grep -q setup'
is 'a moment that is none is refused' says 2 '--since' \
    in_lab 'signet audit --since yesterday'
is 'a program cannot write lines or pairs of its own' in_lab '
	cp $LAB_BUILD/cmd/signet/signet "x\" uid=7 y=\""
	"./x\" uid=7 y=\"" lock
	signet audit --limit 1 --json | grep -q "\"uid\": *0\b"
	! signet audit --limit 1 --json | grep -q "\"7\""'

is 'after a rotation the new file is written' in_lab '
	mv audits/audit audits/audit.1
	kill -HUP $(<run/daemon.pid)
	for i in {1..500}; do [ -e audits/audit ] && break; sleep 0.02; done
	signet lock; grep -q " lock " audits/audit
	[ "$(stat -c %a audits/audit)" = 600 ]'
is 'metrics count what happened' in_lab 'signet metrics >m
	grep -qx "signet_requests_total{verb=\"LOGIN\",result=\"pin\"} 1" m
	grep -qx "signet_containers_loaded 1" m
	grep -q "^signet_tpm_commands_total [1-9]" m
	grep -q "^signet_signatures_total [1-9]" m
	grep -qx "signet_audit_lines_lost_total 0" m
	grep -q "^signet_resident_memory_bytes [1-9]" m'

# The TPM hangs: nobody who only looks notices, and a stop is a stop.
in_lab 'kill -STOP $(<run/tpm.pid)'
in_lab 'setsid signet key new x --pin-fd 3 3<<<$LAB_PIN </dev/null \
	>/dev/null 2>&1 & disown'
is 'while the TPM hangs objects are listed' \
    in_lab 'timeout 8 signet key list | grep -q two'
is '... by the module, too' in_lab 'timeout 8 pkcs11-tool \
	--module $LAB_HOST_MODULE -O --type pubkey | grep -q two'
is '... the audit is read' in_lab 'timeout 8 signet audit | grep -q lock'
is '... the status says so' says 0 'does not answer' \
    in_lab 'timeout 30 signet status'
is '... for programs, too' says 0 '"tpm_state": "silent"' \
    in_lab 'timeout 30 signet status --json'
is '... and SIGTERM ends signetd' stopped
in_lab 'kill -CONT $(<run/tpm.pid)'

# Stopped as a whole it costs a caller one wait.
daemon '[audit]
file = /run/lab/audits/audit'
in_lab 'kill -STOP $(<run/daemon.pid)'
is 'a signetd that hangs is given up' says 5 'does not answer' \
    in_lab 'timeout 20 signet key list'
is '... by the module, once for many calls' in_lab 'timeout 20 pkcs11-tool \
	--module $LAB_HOST_MODULE -L'
in_lab 'kill -CONT $(<run/daemon.pid)'
is '... and heard again' in_lab 'signet key list | grep -q two'
is 'an idle signetd stops' stopped

# A full disk.
daemon '[audit]
file = /dev/full'
is 'with a full disk keys are made' in_lab 'signet key new three --type p256 --pin-fd 3 \
	3<<<$LAB_PIN'
is '... the status warns' says 0 'could not be written' \
    in_lab 'signet status'
is '... and the metrics count' in_lab 'signet metrics |
	grep -q "^signet_audit_lines_lost_total [1-9]"'
stopped || :
daemon '[audit]
file = /dev/full
required = yes'
is 'where the audit is required nothing is done' says 1 'requires' \
    in_lab 'signet key new four --type p256 --pin-fd 3 3<<<$LAB_PIN'
is '... twice' says 1 'requires' \
    in_lab 'signet key new four --type p256 --pin-fd 3 3<<<$LAB_PIN'
stopped || :

daemon '[container]
users = 0 1001
[quota]
connections = 4'
is 'without a file the audit is in the journal' says 1 'journalctl' \
    in_lab 'signet audit'
is 'one user has so many connections' in_lab '
	python3 - <<"END"
import os, socket
path = os.environ["SIGNET_SOCKET"]
held = []
for i in range(6):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    held.append(s)
said = held[5].recv(4096)
assert b"limit is 4 (quota connections" in said, said
END'
if as 1001 true 2>/dev/null; then
	is 'alice may make a container' \
	    as 1001 'signet setup --pin-fd 3 3<<<428193 >~/code'
	is 'bob may not' says 1 'user 1002 may not make a container' \
	    as 1002 'signet setup --pin-fd 3 3<<<428193'
	is 'alice gets no metrics' says 1 'only root' as 1001 'signet metrics'
	stopped || :
	daemon '[audit]
file = /run/lab/audits/audit'
	is 'alice locks hers' as 1001 'signet lock'
	is '... and sees her own lines only' as 1001 '
		signet audit --json | grep -q "\"uid\": *1001\b"
		! signet audit --json | grep -q "\"uid\": *\"0\""'
	is '... not root'"'"'s' says 1 'only root' \
	    as 1001 'signet audit --user root'
	is '... not everybody'"'"'s' says 1 'only root' \
	    as 1001 'signet audit --all'
	is 'root sees hers' in_lab 'signet audit --user alice | grep -q lock'
	is 'what root does to her she sees' in_lab \
	    'signet reset --user alice --yes'
	is '... in her lines' as 1001 'signet audit | grep -q "reset.*of=1001"'
elif [ "${CI-}" = true ]; then
	is 'two real users are possible in CI' false
else
	skip 'two users' 'no subordinate ids: see tests/lab/README.md'
fi
is 'the last one stops' stopped

cases_end
