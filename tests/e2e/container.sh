#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The container from the command line: wrong PINs, recovery, escrow, damage,
# a daemon that is killed, and two users that are strangers to each other.
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

in_lab()
{
	"$lab" exec "$work/a" -- bash -euo pipefail -c "cd \"\$LAB_DIR\"; $1"
}

# as UID COMMAND: as another real user of the lab.
as()
{
	"$lab" exec "$work/a" --real-user "$1" -- bash -euo pipefail -c "$2"
}

state()
{
	in_lab 'signet status --json' | grep -q "\"state\": *\"$1\""
}

"$lab" up --dir "$work/a" --without rdp

is 'without a container the status says how to make one' \
    says 0 'signet setup' in_lab 'signet status'
is 'a simple PIN is refused' \
    says 2 'too simple' in_lab 'signet setup --pin-fd 3 3<<<123456'
is 'setup shows a recovery code once' \
    in_lab 'signet setup --pin-fd 3 3<<<$LAB_PIN >code.txt
	grep -qE "([0-9A-Z]{4}-){6}[0-9A-Z]{4}" code.txt'
is 'a second setup is refused' \
    says 1 'already' in_lab 'signet setup --pin-fd 3 3<<<$LAB_PIN'
is 'the PIN is in no argument, no file and no log' \
    not in_lab 'grep -raF "$LAB_PIN" signetd log home code.txt'
is 'the container file is its owner'"'"'s alone' \
    in_lab '[ "$(stat -c %a signetd)" = 700 ] &&
	[ "$(stat -c %a signetd/0.container)" = 600 ]'
is 'a wrong PIN is told, with the tries that are left' \
    says 3 '4 tries left' in_lab 'signet key new two --pin-fd 3 3<<<000001'
is 'the right PIN gives the tries back' \
    in_lab 'signet key new two --pin-fd 3 3<<<$LAB_PIN &&
	signet status --json | grep -q "\"tries_used\": *0"'

for i in 1 2 3 4; do
	is "wrong PIN number $i is refused" says 3 'left' \
	    in_lab 'signet key new x --pin-fd 3 3<<<000001'
done
is 'the fifth wrong PIN blocks' \
    says 4 'pin recover' in_lab 'signet key new x --pin-fd 3 3<<<000001'
is 'then the right PIN is refused too' \
    says 4 'blocked' in_lab 'signet key new x --pin-fd 3 3<<<$LAB_PIN'
is 'the status says blocked' state blocked
is 'a mistyped recovery code is told as such' \
    says 3 'mistyped' in_lab 'c=$(grep -oE "([0-9A-Z]{4}-){6}[0-9A-Z]{4}" \
	code.txt)
	case $c in 0*) c=1${c#?} ;; *) c=0${c#?} ;; esac
	signet pin recover --code-fd 4 --new-pin-fd 3 3<<<591602 4<<<"$c"'
is 'the recovery code sets a new PIN' \
    in_lab 'grep -oE "([0-9A-Z]{4}-){6}[0-9A-Z]{4}" code.txt >code
	signet pin recover --code-fd 4 --new-pin-fd 3 3<<<591602 4<code'
is 'the keys are still there and work' \
    in_lab 'signet key list --json | grep -c "\"name\"" | grep -qx 2 &&
	signet key delete two --yes --pin-fd 3 3<<<591602'
is 'the old PIN is no more' \
    says 3 'left' in_lab 'signet key new x --pin-fd 3 3<<<$LAB_PIN'
is 'pin change needs the old PIN' \
    says 3 'left' in_lab 'signet pin change --pin-fd 3 --new-pin-fd 4 \
	3<<<000001 4<<<$LAB_PIN'
is 'pin change' in_lab 'signet pin change --pin-fd 3 --new-pin-fd 4 \
	3<<<591602 4<<<$LAB_PIN'

is 'a reset asks first' \
    says 1 '--yes' in_lab 'signet reset'
is 'a reset deletes' in_lab 'signet reset --yes'
is 'nothing of it stays in the TPM' \
    in_lab '"$LAB_SRC/tests/lab/lab" help >/dev/null
	[ ! -e signetd/0.container ]'
is 'with an escrow key the administrator opens the code' \
    in_lab 'openssl genpkey -quiet -algorithm RSA -out admin.key
	openssl pkey -in admin.key -pubout -out admin.pub
	signet setup --pin-fd 3 3<<<$LAB_PIN --escrow-key admin.pub \
	    --escrow-out escrow.p7 >said
	not grep -E "([0-9A-Z]{4}-){6}" said
	openssl cms -decrypt -inform DER -in escrow.p7 -inkey admin.key |
	    grep -oE "([0-9A-Z]{4}-){6}[0-9A-Z]{4}" >code'
is 'and that code recovers' \
    in_lab 'signet pin recover --code-fd 4 --new-pin-fd 3 3<<<777123 4<code'
is 'the first container'"'"'s code is another one' \
    says 3 'another container' in_lab 'signet pin recover --new-pin-fd 3 \
	--code-fd 4 3<<<888123 4< <(grep -oE "([0-9A-Z]{4}-){6}[0-9A-Z]{4}" \
	code.txt)'

is 'a truncated file is refused by name, and kept' \
    in_lab 'cp signetd/0.container whole
	head -c 300 whole >signetd/0.container'
"$lab" restart "$work/a" signetd
is '... by the status' says 0 '0.container' in_lab 'signet status'
is '... by every use' says 1 '0.container' in_lab 'signet key list'
is '... and is not overwritten' \
    in_lab 'not signet setup --pin-fd 3 3<<<$LAB_PIN
	cmp <(head -c 300 whole) signetd/0.container'
in_lab 'cp whole signetd/0.container'
"$lab" restart "$work/a" signetd
is 'put back, it works' \
    in_lab 'signet key new two --pin-fd 3 3<<<777123'
is 'a daemon that is not there is told, with what to do' \
    says 1 'systemctl' in_lab 'SIGNET_SOCKET=/run/lab/none signet status'

# Two real users. A machine without subordinate ids cannot have them; CI can.
if as 1001 true 2>/dev/null; then
	is 'alice and bob each make their own' \
	    as 1001 'signet setup --pin-fd 3 3<<<428193 >~/code'
	is '... and bob' as 1002 'signet setup --pin-fd 3 3<<<591602 >~/code'
	is 'bob cannot ask about alice' \
	    says 1 'root' as 1002 'signet status --user alice'
	is 'bob cannot delete alice'"'"'s' \
	    says 1 'root' as 1002 'signet reset --user alice --yes'
	is 'bob reads nothing of the daemon'"'"'s' \
	    not as 1002 'ls /run/lab/signetd'
	is 'bob'"'"'s wrong PINs ...' as 1002 'for i in 1 2 3 4 5; do
		not signet key new x --pin-fd 3 3<<<000001; done
		signet status --json | grep -q blocked'
	is '... block bob only' \
	    as 1001 'signet key new x --pin-fd 3 3<<<428193'
	is 'bob'"'"'s PIN does not open alice'"'"'s' \
	    not as 1001 'signet key new y --pin-fd 3 3<<<591602'
	is 'root sees that bob is blocked' \
	    in_lab 'signet status --user bob --json | grep -q blocked'
	is 'without the code root can only delete' \
	    in_lab 'signet reset --user bob --yes'
	is 'and bob begins anew' \
	    as 1002 'signet setup --pin-fd 3 3<<<591602 >~/code'
elif [ "${CI-}" = true ]; then
	is 'two real users are possible in CI' false
else
	skip 'two users' 'no subordinate ids: see tests/lab/README.md'
fi

cases_end
