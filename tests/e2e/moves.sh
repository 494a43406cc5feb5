#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Disks and TPMs that no longer belong together: another TPM, one that was
# cleared, a file from a backup, a file of somebody else. Each is recognised,
# told in words and for programs, and what to do then works.
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
#	broken REASON TEXT	the status says so, with this in its words
#	fails CODE TEXT COMMAND...
#	kept			certificates and requests are there and come out
#	anew			reset, setup and a request work
prelude='
cd "$LAB_DIR"
export TPM2TOOLS_TCTI=$LAB_TCTI TSS2_LOG=all+none
part() { "$LAB_SRC/tests/lab/forest" "$@"; }
fails() {
	local code=$1 text=$2 rc=0 out; shift 2
	out=$("$@" 2>&1) || rc=$?
	printf "%s\n(exit %d)\n" "$out" "$rc"
	[ "$rc" = "$code" ] && grep -qF -- "$text" <<<"$out"
}
broken() {
	signet status --json >said; signet status >words; cat said words
	grep -q "\"state\": *\"broken\"" said &&
	    grep -q "\"reason\": *\"$1\"" said && grep -qF -- "$2" words
}
key() { signet key new "$1" --type p256 --pin-fd 3 3<<<"${2-$LAB_PIN}"; }
kept() {
	signet cert list; signet request list
	signet cert export "$LAB_USER@$LAB_REALM" >exported.pem
	openssl x509 -in exported.pem -noout -subject
	signet request list --json | grep -q waiting
}
anew() {
	signet reset --yes
	signet setup --pin-fd 3 3<<<"$LAB_PIN" >code
	signet request new --upn "$LAB_USER@$LAB_REALM" --name again \
	    --out again --pin-fd 3 3<<<"$LAB_PIN"
	rm again.*
}
code() { grep -oE "([0-9A-Z]{4}-){6}[0-9A-Z]{4}" "${1-code}"; }
'

in_lab()
{
	timeout 120 "$lab" exec "$work/a" -- \
	    bash -euo pipefail -c "$prelude$1"
}

"$lab" up --dir "$work/a" --without rdp
is 'a container with a certificate and a request that waits' \
    in_lab 'signet setup --pin-fd 3 3<<<"$LAB_PIN" >code
	signet request new --upn "$LAB_USER@$LAB_REALM" --out alice \
	    --pin-fd 3 3<<<"$LAB_PIN"
	signet-ca issue --dir "$LAB_CA" --template SmartcardLogon \
	    --upn "$LAB_USER@$LAB_REALM" --sid "$LAB_SID" \
	    --in alice.req --out alice.crt --chain-out chain.pem
	signet request accept alice.crt chain.pem --trust-root \
	    --pin-fd 3 3<<<"$LAB_PIN"
	signet request new --upn "$LAB_USER@$LAB_REALM" --name waiting \
	    --out waiting --pin-fd 3 3<<<"$LAB_PIN"'

echo '-- an older file on the same TPM'
is 'a backup from before a new PIN and a new key' \
    in_lab 'cp signetd/0.container backup; cp code code.backup
	signet pin change --pin-fd 3 --new-pin-fd 4 3<<<"$LAB_PIN" 4<<<591602
	key later 591602
	part stop signetd; cp backup signetd/0.container; part start signetd
	signet status --json | grep -q "\"state\": *\"ready\""'
is '... brings the old PIN not back' \
    in_lab 'fails 3 "4 tries left" key x'
is '... keeps its keys, and lacks the later one' \
    in_lab 'LAB_PIN=591602 "$LAB_BUILD/tests/soak/signer" "$LAB_HOST_MODULE" \
	    login 1
	fails 1 later signet key delete later --yes --pin-fd 3 3<<<591602
	key later 591602'
is '... and gives no try back' \
    in_lab 'fails 3 "4 tries left" key x; part stop signetd
	cp backup signetd/0.container; part start signetd
	fails 3 "3 tries left" key x; key right 591602
	signet pin change --pin-fd 3 --new-pin-fd 4 4<<<"$LAB_PIN" 3<<<591602'
is 'a backup from before a reset: the indices are gone' \
    in_lab 'cp signetd/0.container backup; signet reset --yes
	signet setup --pin-fd 3 3<<<"$LAB_PIN" >code
	part stop signetd; cp signetd/0.container whole
	cp backup signetd/0.container; part start signetd
	broken index-gone "signet pin recover"'
is '... a login says so too' in_lab 'fails 1 "PIN index" key x'
is '... its certificates and requests are there' in_lab kept
is '... and its recovery code brings it back, keys and all' \
    in_lab 'signet pin recover --code-fd 4 --new-pin-fd 3 3<<<"$LAB_PIN" \
	    4< <(code code.backup)
	signet status --json | grep -q "\"state\": *\"ready\""
	"$LAB_BUILD/tests/soak/signer" "$LAB_HOST_MODULE" login 1'

echo '-- the file'
is 'another user'"'"'s file is told as such' \
    in_lab 'part stop signetd; cp signetd/0.container whole
	setpriv --reuid=0 true; python3 - <<-EOF
	import hashlib
	data = bytearray(open("whole", "rb").read()[:-32])
	data[11:15] = (1001).to_bytes(4, "big")
	open("signetd/0.container", "wb").write(
	    bytes(data) + hashlib.sha256(data).digest())
	EOF
	part start signetd; broken foreign "user 1001"'
is '... and deleting it takes nothing from its owner' \
    in_lab 'n=$(tpm2_getcap handles-nv-index | wc -l); signet reset --yes
	[ "$(tpm2_getcap handles-nv-index | wc -l)" = "$n" ]
	part stop signetd; cp whole signetd/0.container; part start signetd
	key mine'
is 'a damaged one is' \
    in_lab 'part stop signetd; cp signetd/0.container whole
	head -c 300 whole >signetd/0.container; part start signetd
	broken damaged 0.container'
is 'one of a later version is' \
    in_lab 'part stop signetd; python3 - <<-EOF
	import hashlib
	data = bytearray(open("whole", "rb").read()[:-32])
	data[9] = 99
	open("signetd/0.container", "wb").write(
	    bytes(data) + hashlib.sha256(data).digest())
	EOF
	part start signetd; broken newer "version 99"'
is 'put back, all is well' \
    in_lab 'part stop signetd; cp whole signetd/0.container
	part start signetd; key back'

echo '-- the TPM'
for how in cleared another; do
	case $how in
	cleared) do='tpm2_clear -c lockout' ;;
	another) do='part stop signetd; part stop tpm; rm -r tpm/state
	    part start tpm; part start signetd' ;;
	esac
	is "$how: the status says so" \
	    in_lab "cp signetd/0.container whole; $do
		broken other-tpm 'signet cert export'"
	is '... and a login, without a try being counted' \
	    in_lab 'fails 1 "another TPM" key x; fails 1 "another TPM" key x'
	is '... and so does a recovery' \
	    in_lab 'fails 1 "another TPM" signet pin recover --code-fd 4 \
		--new-pin-fd 3 3<<<"$LAB_PIN" 4< <(code code.backup)'
	is '... certificates and requests survive' in_lab kept
	is '... and what the status advises works' in_lab anew
	is '... for the next case: a certificate again' \
	    in_lab 'signet request delete again --yes
		signet reset --yes
		signet setup --pin-fd 3 3<<<"$LAB_PIN" >code.backup
		signet request new --upn "$LAB_USER@$LAB_REALM" \
		    --out "two.$RANDOM" --name one --pin-fd 3 3<<<"$LAB_PIN"
		signet-ca issue --dir "$LAB_CA" --template SmartcardLogon \
		    --upn "$LAB_USER@$LAB_REALM" --sid "$LAB_SID" \
		    --in two.*.req --out new.crt --chain-out chain.pem
		signet request accept new.crt chain.pem --trust-root \
		    --pin-fd 3 3<<<"$LAB_PIN"
		signet request new --upn "$LAB_USER@$LAB_REALM" \
		    --name waiting --out waiting.$RANDOM --pin-fd 3 \
		    3<<<"$LAB_PIN"; rm two.* new.crt chain.pem'
done
is 'back with its own TPM state an old disk works again' \
    in_lab 'part stop signetd; part stop tpm; cp -a tpm/state kept.state
	cp signetd/0.container kept.container; rm -r tpm/state
	part start tpm; part start signetd; broken other-tpm ""
	part stop signetd; part stop tpm; rm -r tpm/state
	mv kept.state tpm/state; part start tpm; part start signetd
	"$LAB_BUILD/tests/soak/signer" "$LAB_HOST_MODULE" login 2'
cases_end
