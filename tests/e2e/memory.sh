#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Where the PIN is not: after a sign-in the memory of every program that took
# part is searched for it, and for what signetd made of it. As everything here
# is absent, each search also has to find something that is known to be there.
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

# The words of the cases:
#	holds PID FILE...	something of the files is in its memory
#	clean PID CANARY FILE...  nothing of them is, but of CANARY
#	stopped PROGRAM		waits until it stopped; prints its number
#	answers LINE...		of the pinentry
prelude='
cd "$LAB_DIR"
memory=$LAB_SRC/tests/lib/memory
export FAKE_PINENTRY_ANSWERS=$LAB_DIR/answers SIGNET_CONFIG=$LAB_DIR/signet.conf
export KRB5CCNAME=FILE:$LAB_DIR/ccache
answers() { printf "%s\n" "$@" >"$FAKE_PINENTRY_ANSWERS"; }
holds() { ! "$memory" find "$@"; }
clean() {
	local pid=$1 canary=$2 rc=0; shift 2
	holds "$pid" "$canary" && "$memory" find "$pid" "$@"
}
# stays PROGRAM COMMAND...: run it in the background; PROGRAM, it or a child of
# its, stops at its end and has its number in the file "stays".
stays() {
	local program=$1; shift
	LAB_STAY=$program setsid env LD_PRELOAD="$LAB_DIR/lib/stay.so" "$@" \
	    >stays.log 2>&1 &
	stopped "$program" >stays || { cat stays.log; return 1; }
}
by_kerberos() {
	KRB5_CONFIG=$LAB_KRB5_PKINIT stays "$1" kinit -X \
	    X509_user_identity="PKCS11:module_name=$LAB_HOST_MODULE" \
	    "$LAB_USER"
}
stopped() {
	local i pid
	for ((i = 0; i < 500; i++)); do
		for pid in $(pgrep -x "$1"); do
			if grep -q "^State:.T" "/proc/$pid/status"; then
				echo "$pid"
				return
			fi
		done
		sleep 0.02
	done
	return 1
}
'

in_lab()
{
	timeout 120 "$lab" exec "$work/a" -- \
	    bash -euo pipefail -c "$prelude$1"
}

"$lab" up --dir "$work/a" --without signetd
"$lab" start "$work/a" proxy
"$lab" start "$work/a" signetd
# As long as a password, and every piece of it like nothing else.
in_lab 'echo "Zq7-vuNf2Lp9_Wx4Rt6y" >pin; echo "Kd3_hhTm8Xs5-Bv2Gq9c" >other
	echo "$LAB_USER@$LAB_REALM" >canary
	echo "signetd.sock" >socket
	printf "[prompt]\npinentry = %s\n" "$LAB_SRC/tests/lib/fake-pinentry" \
	    >signet.conf'

is 'the search finds a PIN in a program that has it, whatever its form' \
    in_lab 'env "X=$(<pin)" sleep 1000 & pid=$!; sleep 0.1
	holds $pid pin; kill $pid
	env "X=$(base64 pin)" sleep 1000 & pid=$!; sleep 0.1
	holds $pid pin; kill $pid
	env "X=$(xxd -p pin | tr -d "\n")" sleep 1000 & pid=$!; sleep 0.1
	holds $pid pin; kill $pid
	env "X=$(cut -c 5-15 pin)" sleep 1000 & pid=$!; sleep 0.1
	holds $pid pin; "$memory" find $pid other; kill $pid'

# All of it is read: a pipe that is closed early would be a failure.
if [[ $(ldd "${SIGNET_BUILD:-build}/cmd/signetd/signetd") == *libasan* ]]; then
	skip 'everything else' 'a sanitizer keeps what is freed'
	cases_end
	exit
fi

is 'a container with that PIN, and a certificate' \
    in_lab 'signet setup --pin-fd 3 3<pin >code
	"$memory" auth signetd/0.container pin auth
	grep -oE "([0-9A-Z]{4}-){6}[0-9A-Z]{4}" code >code.text
	signet request new --upn "$LAB_USER@$LAB_REALM" --out alice \
	    --pin-fd 3 3<pin
	signet-ca issue --dir "$LAB_CA" --template SmartcardLogon \
	    --upn "$LAB_USER@$LAB_REALM" --sid "$LAB_SID" \
	    --in alice.req --out alice.crt --chain-out chain.pem
	signet request accept alice.crt chain.pem --trust-root --pin-fd 3 3<pin'
is 'signetd has forgotten PIN, authorisation and recovery code' \
    in_lab 'clean "$(<run/signetd.pid)" socket pin auth code.text'
is 'nor is the PIN in the TPM'"'"'s socket, our files or logs' \
    in_lab '! grep -raF "$(<pin)" signetd log home code'

echo '-- kinit, by the protected path'
in_lab 'answers "D $(<pin)"; by_kerberos kinit </dev/null'
is 'kinit got its ticket' in_lab 'klist -s && klist | grep krbtgt'
is 'the PIN is not in kinit' in_lab 'clean "$(<stays)" canary pin auth'
is '... and not in signetd' \
    in_lab 'clean "$(<run/signetd.pid)" socket pin auth'
in_lab 'kill -CONT "$(<stays)"; kdestroy
	answers "D $(<pin)"; by_kerberos signet-prompt </dev/null'
is 'signet-prompt, which asked, has forgotten it' \
    in_lab 'clean "$(<stays)" socket pin auth'
# The kinit that had asked goes on, and must be done with the ticket cache.
in_lab 'kill -CONT "$(<stays)"; while pgrep -x kinit >/dev/null; do sleep 0.05; done
	export SIGNET_PIN_ENTRY=application; by_kerberos kinit <pin'
is 'a PIN that kinit asks for itself: kinit got its ticket' in_lab 'klist -s'
is '... and what kinit does with it is its own: signetd has forgotten it' \
    in_lab '"$memory" find "$(<stays)" pin || echo "kinit has not"
	clean "$(<run/signetd.pid)" socket pin auth'
in_lab 'kill -CONT "$(<stays)"; kdestroy'

echo '-- signet'
for verb in 'key new two --type p256' 'key delete two --yes'; do
	is "signet ${verb%% --*} has forgotten it at its end" \
	    in_lab "answers \"D \$(<pin)\"; stays signet signet $verb </dev/null
	clean \$(<stays) socket pin auth; kill -CONT \$(<stays)"
done
is 'signet pin change has forgotten both' \
    in_lab 'answers "D $(<pin)" "D $(<other)" "D $(<other)"
	stays signet signet pin change </dev/null
	grep -q changed stays.log
	"$memory" auth signetd/0.container other auth2
	clean "$(<stays)" socket pin other auth auth2; kill -CONT "$(<stays)"'
is '... and so has signetd' \
    in_lab 'clean "$(<run/signetd.pid)" socket pin other auth auth2
	signet pin change --pin-fd 3 --new-pin-fd 4 3<other 4<pin'
is 'signet pin recover has forgotten PIN and code' \
    in_lab 'stays signet signet pin recover --code-fd 4 --new-pin-fd 3 \
	    3<pin 4<code.text
	clean "$(<stays)" socket pin auth code.text; kill -CONT "$(<stays)"'
is '... and so has signetd' \
    in_lab 'clean "$(<run/signetd.pid)" socket pin auth code.text'

is 'a TPM that goes in the middle of it changes nothing of that' \
    in_lab 'for code in 0x151 0x13b; do
		tpm-proxy say tpm/proxy swallow of $code
		signet pin change --pin-fd 3 --new-pin-fd 4 3<pin 4<other || :
		clean "$(<run/signetd.pid)" socket pin other auth auth2
		signet status
		clean "$(<run/signetd.pid)" socket pin other auth auth2
		signet pin change --pin-fd 3 --new-pin-fd 4 3<other 4<pin || :
	done'

echo '-- the desktop, with the credential kerberos'
in_lab 'answers "D $(<pin)"
	setsid signet rdp --credential kerberos --module "$LAB_HOST_MODULE" \
	    "$LAB_RDP_HOST" >client.log 2>&1 </dev/null &
	frame same "$LAB_SERVER_SCREEN" "$LAB_CLIENT_SCREEN" 60 >/dev/null' ||
	in_lab 'cat client.log'
is 'the desktop shows' \
    in_lab 'frame same "$LAB_SERVER_SCREEN" "$LAB_CLIENT_SCREEN" 60'
is 'the PIN is not in signet, which waits' \
    in_lab 'clean "$(pgrep -xo signet)" canary pin auth'
is '... not in xfreerdp3' \
    in_lab 'clean "$(pgrep -xo xfreerdp3)" canary pin auth'
is '... and not in signetd' \
    in_lab 'clean "$(<run/signetd.pid)" socket pin auth'
is '... and on no command line, in no environment' \
    in_lab '! grep -alF "$(<pin)" /proc/[0-9]*/cmdline /proc/[0-9]*/environ'
in_lab 'kill "$(pgrep -xo signet)"
	while pgrep -x xfreerdp3 >/dev/null; do sleep 0.05; done'

echo '-- the desktop, with the credential smartcard: a session PIN goes there'
"$lab" start "$work/a" card
"$lab" start "$work/a" pcscd
in_lab 'answers "D $(<pin)"; rm -rf creds/*
	setsid signet rdp --credential smartcard --module "$LAB_HOST_MODULE" \
	    "$LAB_RDP_HOST" >client.log 2>&1 </dev/null &
	frame same "$LAB_SERVER_SCREEN" "$LAB_CLIENT_SCREEN" 60 >/dev/null' ||
	in_lab 'cat client.log'
is 'the desktop shows, by a session PIN' \
    in_lab 'frame same "$LAB_SERVER_SCREEN" "$LAB_CLIENT_SCREEN" 60
	tscreds creds/001.der | grep -o "\"pin\": \"[0-9]*" |
	    tr -dc "0-9\n" >session; grep -xE "[0-9]{8}" session'
is 'the container'"'"'s PIN is not in xfreerdp3, which has the session'"'"'s' \
    in_lab 'holds "$(pgrep -xo xfreerdp3)" session
	clean "$(pgrep -xo xfreerdp3)" canary pin auth'
is '... neither PIN is in signet, which waits' \
    in_lab 'clean "$(pgrep -xo signet)" canary pin auth session'
is '... the container'"'"'s is not in the host' \
    in_lab 'for pid in $(pgrep -x freerdp-shadow-); do
		clean $pid session pin auth; done; [ -n "$pid" ]'
is '... nor in signetd' \
    in_lab 'clean "$(<run/signetd.pid)" socket pin auth'
is '... nor in the card service and pcscd' \
    in_lab 'clean "$(<run/card.pid)" socket pin auth
	echo Container >reader; clean "$(<run/pcscd.pid)" reader pin auth'
in_lab 'kill "$(pgrep -xo signet)"'

echo '-- the process'
is 'signetd dumps no core, is not to be traced, gains no privileges' \
    in_lab 'pid=$(<run/signetd.pid)
	grep -q "^Max core file size *0 *0 " /proc/$pid/limits
	grep -q "^NoNewPrivs:.1" /proc/$pid/status
	[ "$(stat -c %u /proc/$pid/mem)" = 0 ]'
is '... also when it runs as another user than root: its files are root'"'"'s' \
    in_lab 'install -d -o 1002 -m 700 theirs
	setpriv --reuid=1002 --clear-groups "$LAB_BUILD/cmd/signetd/signetd" \
	    --socket /tmp/theirs.sock --state $LAB_DIR/theirs --tcti \
	    "$LAB_TCTI" >theirs.log 2>&1 & pid=$!
	until [ -S /tmp/theirs.sock ]; do sleep 0.05; done
	[ "$(stat -c %u /proc/$pid/mem)" = 0 ]
	not setpriv --reuid=1002 --clear-groups head -c 1 /proc/$pid/environ
	kill $pid'
is 'what holds secrets is locked in memory' \
    in_lab 'signet key new three --type p256 --pin-fd 3 3<pin
	LAB_PIN=$(<pin) "$LAB_BUILD/tests/soak/signer" "$LAB_HOST_MODULE" \
	    three 0 20 >/dev/null & pid=$!
	sleep 0.5; grep VmLck "/proc/$(<run/signetd.pid)/status"
	awk "/^VmLck/ { exit !(\$2 > 0) }" \
	    "/proc/$(<run/signetd.pid)/status"; kill $pid'
is 'the unit lets nothing of it be swapped or dumped' \
    in_lab 'unit=$LAB_BUILD/data/signetd.service
	[ -e "$unit" ] || unit=$LAB_SRC/data/systemd/signetd.service.in
	grep -qx MemorySwapMax=0 "$unit"; grep -qx LimitCORE=0 "$unit"
	grep -qx LimitMEMLOCK=infinity "$unit"'
cases_end
