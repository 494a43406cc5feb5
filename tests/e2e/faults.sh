#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What a machine does to it: a TPM that goes, comes back, is reset, paused, slow,
# busy or in lockout; a disk that is full or read-only; a clock that is set; and
# clients by the hundred and without manners. After each everything works again,
# and signetd is the process it was before.
# shellcheck disable=SC2016	# the lab's shell expands what is quoted here
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/cases.sh
. tests/lib/cases.sh

lab=$PWD/tests/lab/lab
work=$(mktemp -d)

cleanup()
{
	"$lab" down "$work/a" --remove || :
	rm -rf "$work"
}

# The words that the cases use:
#	part start|stop|restart PART
#	tpm_killed		and started again, with its state
#	tpm_reset		as by the reset button
#	say ORDER...		to the connection between signetd and the TPM
#	key NAME		a login, and a new key
#	signs [N]		a program logs in and signs N times
#	load COMMAND...		the same meanwhile: nothing stays refused
#	fails CODE TEXT COMMAND...
prelude='
cd "$LAB_DIR"
export TPM2TOOLS_TCTI=swtpm:path=$LAB_DIR/tpm/proxy TSS2_LOG=all+none
part() { "$LAB_SRC/tests/lab/forest" "$@"; }
tpm_killed() { kill -9 "$(<run/tpm.pid)"; part start tpm; }
tpm_reset() { swtpm_ioctl --unix tpm/sock.ctrl -i; tpm2_startup -c; }
say() { tpm-proxy say tpm/proxy "$@"; }
key() { signet key new "$1" --type p256 --pin-fd 3 3<<<"$LAB_PIN"; }
S=$LAB_BUILD/tests/soak/signer M=$LAB_HOST_MODULE
signs() { "$S" "$M" login "${1-3}"; }
load() {
	"$S" "$M" ec 0 5 >load.out 2>&1 & local pid=$! rc=0
	sleep 0.4
	"$@" || rc=$?
	sleep 1
	kill "$pid"; wait "$pid" || rc=1; cat load.out
	return $rc
}
fails() {
	local code=$1 text=$2 rc=0 out; shift 2
	out=$("$@" 2>&1) || rc=$?
	printf "%s\n(exit %d)\n" "$out" "$rc"
	[ "$rc" = "$code" ] && grep -qF -- "$text" <<<"$out"
}
counter() {
	tpm2_getcap properties-variable |
	    awk "/TPM2_PT_LOCKOUT_COUNTER/ { print \$2 }"
}
tpm_is() { signet status --json | grep -q "\"tpm\": *\"$1"; }
tries_used() { signet status --json | sed -n "s/.*\"tries_used\": *\([0-9]*\).*/\1/p"; }
'

in_lab()
{
	timeout 120 "$lab" exec "$work/a" -- \
	    bash -euo pipefail -c "$prelude$1"
}

as()
{
	timeout 120 "$lab" exec "$work/a" --real-user "$1" -- \
	    bash -euo pipefail -c "export LAB_PIN=$2; $prelude$3"
}

same_signetd()
{
	in_lab '[ "$(<run/signetd.pid)" = "$(<first)" ] &&
		kill -0 "$(<first)"'
}

"$lab" up --dir "$work/a" --without rdp --without signetd
"$lab" start "$work/a" proxy
"$lab" start "$work/a" signetd
is 'setup with a TPM that takes 100 ms for a command' \
    in_lab 'say delay 100; signet setup --pin-fd 3 3<<<$LAB_PIN >code
	say calm; key ec; cp run/signetd.pid first'

echo '-- the TPM goes and comes'
is 'what is public is told without a TPM' \
    in_lab 'kill -9 "$(<run/tpm.pid)"; signet key list | grep -q login'
is '... and what needs it says that it is not there' \
    in_lab 'fails 1 TPM key x'
is '... the status says so, in a word for programs' in_lab '
	signet status --json | grep -q "\"tpm_state\": *\"unusable\""'
is 'it came back: the very next login works' \
    in_lab 'part start tpm; key back && signs'
is 'it is killed and comes back: the status has nothing to complain of' \
    in_lab 'tpm_killed; tpm_is IBM'
is '... and a program that signs goes on' in_lab 'load tpm_killed'
is 'it is reset: the next login works' in_lab 'tpm_reset; key reset && signs'
is '... and a program that signs goes on' in_lab 'load tpm_reset'
is 'a reset ends logins, and nothing but a login opens the container again' \
    in_lab 'load tpm_reset; grep -q "logins 2 .*last 0x101" load.out'
is 'it is paused: who wants something waits, and gets it' \
    in_lab 'kill -STOP "$(<run/tpm.pid)"
	{ sleep 1; kill -CONT "$(<run/tpm.pid)"; } & key paused; signs'
is 'it was reset while nobody used it, and the DA counter is where it was' \
    in_lab 'n=$(counter); kill -9 "$(<run/tpm.pid)"; part start tpm
	key quiet; [ "$(counter)" = "$n" ]'

echo '-- the connection'
for fault in drop swallow tear garbage; do
	is "$fault at the proof of the PIN: told, and the next time it works" \
	    in_lab "say $fault of 0x151; fails 1 TPM key n$fault
		key n$fault && [ \"\$(tries_used)\" = 0 ]"
	is "$fault while somebody signs: healed" \
	    in_lab "load say $fault of 0x15d"
	is "$fault while a key is made: it is there or not, and can be made" \
	    in_lab "say $fault of 0x153; key m$fault || :
		signet key list | grep -q m$fault || key m$fault"
done
is 'a wrong PIN whose answer is lost counts once' \
    in_lab 'say swallow of 0x151
	LAB_PIN=000001 not key x; [ "$(tries_used)" = 1 ]; key once'
is 'a change of the PIN whose answer is lost: one of both holds' \
    in_lab 'say swallow of 0x13b
	signet pin change --pin-fd 3 --new-pin-fd 4 3<<<$LAB_PIN \
	    4<<<591602 || :
	LAB_PIN=591602 key change || key change
	signet pin change --pin-fd 3 --new-pin-fd 4 4<<<$LAB_PIN \
	    3<<<591602 || :
	signs'

echo '-- a busy TPM'
is 'it asks to try again, and is asked again' \
    in_lab 'say answer 0x922 times 3; key busy'
is 'it yields, and is asked again' \
    in_lab 'load say answer 0x908 times 3'
is 'it stays busy: that is said, and it heals' \
    in_lab 'say answer 0x922 of 0x151 times 1000
	fails 1 busy key x; say calm; key notbusy'
is 'it tests itself' in_lab 'load say answer 0x90a times 2'

echo '-- a slow TPM'
is '100 ms a command: a new key, login, signatures' \
    in_lab 'say delay 100; key slow && signs'
is '1 s a command: login, signatures' \
    in_lab 'say delay 1000; signs 2; say calm'

echo '-- others at the TPM'
is 'objects that somebody left are swept away' \
    in_lab 'for i in 1 2 3; do tpm2_createprimary -C n -G ecc -c p.ctx -Q ||
	    break; done
	key objects || key objects; signs'
is 'sessions that somebody left are swept away' \
    in_lab 'for i in 1 2 3; do tpm2_startauthsession -S s.ctx \
	    --policy-session || break; done
	key sessions || key sessions; signs'
is 'all places are taken before signetd comes' \
    in_lab 'part stop signetd; for i in 1 2 3; do
	    tpm2_createprimary -C n -G ecc -c p.ctx -Q || break; done
	for i in 1 2 3; do tpm2_startauthsession -S s.ctx --policy-session ||
	    break; done
	part start signetd; cp run/signetd.pid first; key taken && signs'
is 'somebody else locks the TPM by wrong passwords ...' \
    in_lab 'tpm2_nvdefine 0x1500001 -s 8 -a "authread|authwrite" -p right -Q
	for i in 1 2 3 4 5; do tpm2_nvread 0x1500001 -P wrong -Q || :; done
	tpm2_getcap properties-variable | grep "inLockout: *1"'
is '... which signet status tells' \
    in_lab 'signet status | grep -q "in lockout (containers are not affected)"'
is '... and login and signatures go on' in_lab 'load key locked; signs'
is '... also wrong PINs and the right one' \
    in_lab 'fails 3 "4 tries left" env LAB_PIN=000001 bash -c "signet key new \
	x --pin-fd 3 3<<<000001"; key again'
in_lab 'tpm2_dictionarylockout -c; tpm2_nvundefine 0x1500001' || :

echo '-- the lockout counter'
# What others did above would count; a power cycle ends it.
is 'signetd and the power go at once while it signs: not counted' \
    in_lab 'part stop signetd; tpm2_shutdown -c; tpm_killed
	tpm2_dictionarylockout -c; part start signetd
	for i in 1 2 3; do
		"$S" "$M" ec 0 >load.out 2>&1 & pid=$!
		sleep 0.4; kill -0 $pid
		kill -9 "$(<run/signetd.pid)" "$(<run/tpm.pid)"
		part start tpm; part start signetd; sleep 0.5
		kill $pid || :; wait $pid || :
	done; [ "$(counter)" = 0x0 ]'
is 'an orderly stop shuts the TPM down, so that others do not pay either' \
    in_lab 'tpm2_nvdefine 0x1500001 -s 8 -a "authread|authwrite" -p right -Q
	printf 12345678 | tpm2_nvwrite 0x1500001 -i- -P right
	part stop proxy; part restart signetd; signs; part stop signetd
	kill -9 "$(<run/tpm.pid)"; part start tpm; part start proxy
	part start signetd; cp run/signetd.pid first
	[ "$(counter)" = 0x0 ]; tpm2_nvundefine 0x1500001'

echo '-- the disk'
is 'full: what would be written fails, and says why' \
    in_lab 'part stop signetd; cp -a signetd whole
	mount -t tmpfs -o size=256k,mode=700 lab signetd; cp whole/* signetd/
	part start signetd; cp run/signetd.pid first; key before
	cat /dev/zero >signetd/filler 2>/dev/null || :
	cp signetd/0.container kept
	fails 1 "No space left" key full'
is '... the file is whole, and nothing half lies beside it' \
    in_lab 'cmp signetd/0.container kept
	[ "$(ls signetd | xargs)" = "0.container filler" ]'
is '... keys sign' in_lab signs
if as 1001 428193 true 2>/dev/null; then
	is '... nobody can make a container, and nothing of it stays' \
	    in_lab 'before=$(tpm2_getcap handles-nv-index | wc -l)
		fails 1 "No space left" setpriv --reuid=1001 --clear-groups \
		    -- "$(command -v signet)" setup --pin-fd 3 3<<<428193
		[ "$(tpm2_getcap handles-nv-index | wc -l)" = "$before" ]'
else
	skip '... nobody can make a container' 'one user only'
fi
is '... room again: it goes on' in_lab 'rm signetd/filler; key room && signs'
is 'read-only: keys sign, and what would be written fails' \
    in_lab 'mount -o remount,ro signetd; signs
	fails 1 "Read-only" key ro'
is '... even for a signetd that starts then' \
    in_lab 'part restart signetd; cp run/signetd.pid first; signs'
is '... writable again: it goes on' \
    in_lab 'mount -o remount,rw signetd; key rw && signs'

echo '-- the clock'
is 'set by ten years and back: logins, tickets and signatures stay' \
    in_lab 'export LAB_CLOCK=$LAB_DIR/clock; echo 0 >clock
	export ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0
	LAB_SIGNETD_UNDER="env LD_PRELOAD=$LAB_DIR/lib/clock.so" \
	    part restart signetd
	"$S" "$M" ec 0 5 >load.out 2>&1 & pid=$!
	for s in 315360000 -315360000 0; do sleep 0.5; echo $s >clock
	    key clock$s; done; sleep 0.5
	kill $pid; wait $pid; cat load.out; grep -q "refused 0 logins 1 " load.out
	signet key list | grep -q "clock315360000 .* $(($(date +%Y) + 10))"
	unset LAB_SIGNETD_UNDER; part restart signetd; cp run/signetd.pid first'

echo '-- clients'
is 'a hundred at once, each signs' \
    in_lab 'for i in $(seq 100); do "$S" "$M" ec 3 >many.$i 2>&1 & done; wait
	grep -l "signed 3 .* unhealed . wrong 0" many.* | wc -l |
	    grep -qx 100; rm many.*'
is 'half a request keeps nobody waiting' \
    in_lab 'rm -f rude
	"$LAB_SRC/tests/lib/rude-client" half $SIGNET_SOCKET >rude & pid=$!
	until [ -s rude ]; do sleep 0.05; done; signs; kill $pid'
is 'who never reads his answers keeps nobody waiting' \
    in_lab 'rm -f rude
	"$LAB_SRC/tests/lib/rude-client" mute $SIGNET_SOCKET >rude & pid=$!
	until [ -s rude ]; do sleep 0.05; done; cat rude; signs; kill $pid'
is 'who opens 200 connections gets some; closed, all is well' \
    in_lab 'rm -f rude
	"$LAB_SRC/tests/lib/rude-client" many $SIGNET_SOCKET 200 >rude &
	pid=$!; until [ -s rude ]; do sleep 0.05; done; cat rude
	grep -qx "128 answered" rude; kill $pid; wait $pid || :; signs'
if as 1001 428193 true 2>/dev/null; then
	is '... and another user does not notice' \
	    in_lab 'rm -f rude
		"$LAB_SRC/tests/lib/rude-client" many $SIGNET_SOCKET 200 \
		>rude & pid=$!
		until [ -s rude ]; do sleep 0.05; done
		setpriv --reuid=1003 --clear-groups -- \
		    "$(command -v signet)" status; kill $pid'
else
	skip '... and another user does not notice' 'one user only'
fi
is 'signetd is still the one it was' same_signetd
cases_end
