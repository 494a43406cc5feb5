#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Two users, who are strangers to each other, and as many as the TPM has room
# for.
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

prelude='
export TPM2TOOLS_TCTI=swtpm:path=/run/lab/tpm/proxy TSS2_LOG=all+none
P="--pin-fd 3"
S=/run/signet/build/tests/soak/signer
part() { "$LAB_SRC/tests/lab/forest" "$@"; }
fails() {
	local code=$1 text=$2 rc=0 out; shift 2
	out=$("$@" 2>&1) || rc=$?
	printf "%s\n(exit %d)\n" "$out" "$rc"
	[ "$rc" = "$code" ] && grep -qF -- "$text" <<<"$out"
}
'

in_lab()
{
	timeout 300 "$lab" exec "$work/a" -- \
	    bash -euo pipefail -c "$prelude cd \"\$LAB_DIR\"; $1"
}

as()
{
	timeout 120 "$lab" exec "$work/a" --real-user "$1" -- \
	    bash -euo pipefail -c "$prelude $2"
}

alice()
{
	as 1001 "export LAB_PIN=428193; $1"
}

bob()
{
	as 1002 "export LAB_PIN=591602; $1"
}

"$lab" up --dir "$work/a" --without rdp --without signetd
"$lab" start "$work/a" proxy
"$lab" start "$work/a" signetd
if ! as 1001 true 2>/dev/null; then
	is 'one user at least' in_lab 'signet setup $P 3<<<$LAB_PIN'
	[ "${CI-}" != true ] || is 'two real users are possible in CI' false
	skip 'two users' 'no subordinate ids: see tests/lab/README.md'
	cases_end
	exit
fi

is 'alice and bob each make a container' \
    alice 'signet setup $P 3<<<$LAB_PIN >~/code'
is '... and each a key of the same name' bob 'signet setup $P 3<<<$LAB_PIN
	signet key new work --type p256 $P 3<<<$LAB_PIN'
alice 'signet key new work --type p256 $P 3<<<$LAB_PIN' >/dev/null
is 'neither sees the other'"'"'s keys' \
    in_lab '[ "$(setpriv --reuid=1001 --clear-groups "$(command -v signet)" \
	    key list --json | sha256sum)" != "$(setpriv --reuid=1002 \
	    --clear-groups "$(command -v signet)" key list --json |
	    sha256sum)" ]'
is 'each signs with his own, at the same time' \
    in_lab 'for u in 1001:428193 1002:591602; do
		LAB_PIN=${u#*:} setpriv --reuid=${u%:*} --clear-groups \
		    "$S" "$LAB_HOST_MODULE" work 20 >said.${u%:*} & pids+=" $!"
	done; for p in $pids; do wait $p; done
	cat said.*; grep -q "signed 20 refused 0" said.1001
	grep -q "signed 20 refused 0" said.1002'
is 'alice'"'"'s login is of no use to bob' \
    bob '(cd /; "$S" "$LAB_HOST_MODULE" work 1) &&
	! LAB_PIN=428193 "$S" "$LAB_HOST_MODULE" work 1'
is 'bob may not ask about alice, nor delete' \
    bob 'fails 1 root signet status --user alice
	fails 1 root signet reset --user alice --yes'
is 'bob reads neither the files nor the memory of the daemon' \
    bob 'not ls /run/lab/signetd
	not ls /run/lab/signetd/1001.container
	! head -c 1 /proc/$(cat /run/lab/run/signetd.pid)/mem'
is 'bob'"'"'s wrong PINs block bob ...' \
    bob 'for i in 1 2 3 4; do LAB_PIN=000001 "$S" "$LAB_HOST_MODULE" work 1 ||
	    :; done
	signet status --json | grep -q blocked'
is '... and not alice, who has all her tries' \
    alice 'signet status --json | grep -q "\"tries_used\": *0"
	"$S" "$LAB_HOST_MODULE" work 3'
is 'the TPM'"'"'s own counter has not moved' \
    in_lab 'tpm2_getcap properties-variable | grep -F LOCKOUT_COUNTER
	tpm2_getcap properties-variable | grep "LOCKOUT_COUNTER: *0x0$"'
is 'bob deletes his and begins anew' \
    bob 'signet reset --yes; signet setup $P 3<<<$LAB_PIN >~/code
	signet key new work --type p256 $P 3<<<$LAB_PIN'
is 'a third program puts the TPM into its lockout ...' \
    in_lab 'tpm2_nvdefine 0x1500001 -s 8 -a "authread|authwrite" -p right -Q
	for i in 1 2 3 4 5; do tpm2_nvread 0x1500001 -P wrong -Q || :; done
	tpm2_getcap properties-variable | grep "inLockout: *1"'
is '... and stops neither' \
    in_lab 'for u in 1001:428193 1002:591602; do
		LAB_PIN=${u#*:} setpriv --reuid=${u%:*} --clear-groups \
		    "$S" "$LAB_HOST_MODULE" work 5; done'
is '... nor who makes a container now' \
    as 1003 'signet setup $P 3<<<246135 >/dev/null && signet reset --yes'
in_lab 'tpm2_dictionarylockout -c; tpm2_nvundefine 0x1500001'

# As many as there is room for: then who comes last is told, and nobody who was
# there before has lost anything.
is 'users until there is no more room' \
    in_lab 'chmod 777 .; n=2
	for ((uid = 2000; uid < 2200; uid++)); do
		setpriv --reuid=$uid --clear-groups "$(command -v signet)" \
		    setup --key-type p256 $P 3<<<246135 >out 2>&1 || break
		n=$((n + 1))
	done
	echo $n >room; cat out'
echo "        $(in_lab 'cat room') containers fit; then: $(in_lab 'cat out')"
is '... who is told that, and why' \
    in_lab 'grep -qE "no room|its limit" out'
is '... and of whose container nothing stays' \
    in_lab '[ "$(ls signetd | wc -l)" = "$(<room)" ]
	[ "$(tpm2_getcap handles-nv-index | grep -cE "0x1[89AB]")" = \
	    $((2 * $(<room))) ]'
is 'all the others sign' \
    in_lab 'for u in 1001:428193 1002:591602 2000:246135; do
		key=work; [ $u != 2000:246135 ] || key=login
		LAB_PIN=${u#*:} setpriv --reuid=${u%:*} --clear-groups \
		    "$S" "$LAB_HOST_MODULE" $key 2; done'
is 'also after the power was gone' \
    in_lab 'kill -9 "$(<run/tpm.pid)"; part start tpm
	for ((uid = 2000; uid < 2000 + $(<room) - 2; uid += 7)); do
		echo $uid; LAB_PIN=246135 setpriv --reuid=$uid --clear-groups \
		    "$S" "$LAB_HOST_MODULE" login 1; done'
is 'who deletes his makes room for one' \
    in_lab 'setpriv --reuid=2000 --clear-groups "$(command -v signet)" \
	    reset --yes
	setpriv --reuid=1003 --clear-groups "$(command -v signet)" \
	    setup --key-type p256 $P 3<<<246135'
is 'the administrator'"'"'s limit is told as such' \
    in_lab 'printf "[container]\nmax = 3\n" >signetd.conf
	part stop signetd
	"$LAB_BUILD/cmd/signetd/signetd" --config $LAB_DIR/signetd.conf \
	    --socket $LAB_DIR/signetd.sock --state $LAB_DIR/signetd \
	    --tcti "$TPM2TOOLS_TCTI" >log/limit.log 2>&1 & pid=$!; sleep 0.5
	fails 1 "its limit" signet setup --key-type p256 $P 3<<<246135
	kill $pid'
cases_end
