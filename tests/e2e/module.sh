#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The PKCS#11 module in the hands of programs that no one here wrote: OpenSC's
# and GnuTLS's tools, OpenSSH, FreeRDP, MIT Kerberos.
# shellcheck disable=SC2016	# the lab's shell expands what is quoted here
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/cases.sh
. tests/lib/cases.sh

lab=$PWD/tests/lab/lab
build=${SIGNET_BUILD:-$PWD/build}
work=$(mktemp -d)

cleanup()
{
	"$lab" down "$work/a" --remove || :
	rm -rf "$work"
}

# A module with a sanitizer in it wants the sanitizer's library loaded first;
# what the foreign programs leak is not ours to report.
module=$build/cmd/signet-pkcs11/signet-pkcs11.so
asan=$(ldd "$module" | awk '/libasan/ { print $3 }')

# As the lab's person, with the words that all the cases use:
#	host COMMAND...		a program that loads the module
#	p11 OPTION...		pkcs11-tool that types the PIN itself
#	by_kerberos OPTION...	kinit; the PIN, if any, comes from standard input
prelude='
cd "$LAB_DIR"
M=$LAB_PKCS11_MODULE
export KRB5CCNAME=FILE:/run/lab/ccache SIGNET_CONFIG=/run/lab/signet.conf
export FAKE_PINENTRY_ANSWERS=/run/lab/answers FAKE_PINENTRY_LOG=/run/lab/said
host() { LD_PRELOAD='$asan' ASAN_OPTIONS=detect_leaks=0 timeout 60 "$@"; }
p11() { SIGNET_PIN_ENTRY=application host pkcs11-tool --module "$M" "$@"; }
by_kerberos() {
	KRB5_CONFIG=$LAB_KRB5_PKINIT host kinit \
	    -X X509_user_identity="PKCS11:module_name=$M" "$LAB_USER"
}
answers() { : >"$FAKE_PINENTRY_LOG"; printf "%s\n" "$@" >"$FAKE_PINENTRY_ANSWERS"; }
'

in_lab()
{
	"$lab" exec "$work/a" -- bash -euo pipefail -c "$prelude$1"
}

# says TEXT COMMAND: it succeeds or not, but this is in its words.
says()
{
	local text=$1 out
	shift
	out=$("$@" 2>&1) || :
	printf '%s\n' "$out"
	grep -qF -- "$text" <<<"$out"
}

"$lab" up --dir "$work/a" --without rdp
in_lab 'cat >signet.conf <<-EOF
	[prompt]
	pinentry = $LAB_SRC/tests/lib/fake-pinentry
	EOF'

is 'without a container there is a slot and no token' \
    in_lab 'p11 -L | grep -A1 "Signet Container 00 00" | grep -q empty'
is 'without the daemon too, quickly and in silence' \
    in_lab 'export SIGNET_SOCKET=/run/lab/none
	p11 -L 2>said | grep -q empty
	[ ! -s said ]'

is 'a certificate is issued to a key in the TPM' \
    in_lab 'signet setup --pin-fd 3 3<<<"$LAB_PIN"
	signet request new --upn "$LAB_USER@$LAB_REALM" --out alice \
		--pin-fd 3 3<<<"$LAB_PIN"
	signet-ca issue --dir "$LAB_CA" --template SmartcardLogon \
		--upn "$LAB_USER@$LAB_REALM" --sid "$LAB_SID" \
		--in alice.req --out alice.crt --chain-out chain.pem
	signet request accept alice.crt chain.pem --trust-root \
		--pin-fd 3 3<<<"$LAB_PIN"'

# OpenSC. It sleeps 30 seconds between its threads' start and its look at them.
in_lab 'host pkcs11-tool --module "$M" --test-threads ILGISLT0 \
	--test-threads ILGISLT0' >"$work/threads" 2>&1 &
threads=$!
is 'certificate and public key are seen without a PIN' \
    in_lab 'p11 -O >seen
	grep -q "Certificate Object" seen
	grep -q "Public Key Object; RSA 2048" seen
	! grep -q "Private Key" seen'
is 'the private key is seen with it' \
    in_lab 'p11 -l -p "$LAB_PIN" -O --type privkey |
	grep -q "never extractable"'
is 'pkcs11-tool -t finds no fault' \
    says 'No errors' in_lab 'p11 -l -p "$LAB_PIN" -t'
is 'pkcs11-tool --test-fork' in_lab 'p11 --test-fork'
is 'a wrong PIN is told, and the flags warn' \
    in_lab '! p11 -l -p 000001 -O 2>seen
	grep -q CKR_PIN_INCORRECT seen
	p11 -L | grep -q "user PIN count low"
	p11 -l -p "$LAB_PIN" -O >seen
	! p11 -L | grep -q "user PIN count low"'
is 'openssl accepts what the key signed' \
    in_lab 'p11 -l -p "$LAB_PIN" -s -m SHA256-RSA-PKCS -i alice.req -o sig
	openssl x509 -in alice.crt -pubkey -noout >alice.pub
	openssl dgst -sha256 -verify alice.pub -signature sig alice.req'

# A TPM that is stopped answers nobody: what works now sends it nothing.
is 'nothing is asked of the TPM to initialize, list and read' \
    in_lab 'tpm=$(pgrep -x swtpm)
	kill -STOP "$tpm"
	trap "kill -CONT $tpm" EXIT
	p11 -L -O >seen
	grep -q "Certificate Object" seen
	p11 --read-object --type cert -o cert.der \
	    --id "$(sed -n "/Certificate/,/ID/s/.*ID: *//p" seen)"
	openssl x509 -inform der -in cert.der -noout -checkend 0'

# GnuTLS, OpenSSH, FreeRDP
is 'p11tool lists the token' \
    in_lab 'host p11tool --provider "$M" --list-tokens |
	grep -q "Model: TPM 2.0"'
is 'p11tool lists its certificate' \
    in_lab 'host p11tool --provider "$M" --list-all-certs |
	grep -q "Type: X.509 Certificate (RSA-2048)"'
is 'ssh-keygen lists its key' \
    in_lab 'host ssh-keygen -D "$M" | grep -q "^ssh-rsa "'
is 'FreeRDP takes the certificate for a smart card logon' \
    in_lab 'host xfreerdp3 "/list:smartcard:pkcs11-module:$M" >seen 2>&1 || :
	grep -q "reader: Signet Container 00 00" seen
	grep -q "UPN: $LAB_USER@$LAB_REALM" seen'

# MIT Kerberos
is 'kinit with the PIN that kinit asks for' \
    in_lab 'SIGNET_PIN_ENTRY=application by_kerberos <<<"$LAB_PIN"
	klist -s && kdestroy'
is 'the KDC saw the serial number of that certificate' \
    in_lab 'serial=$(openssl x509 -in alice.crt -noout -serial | cut -d= -f2)
	grep -q "certificate serial 0*$serial" "$LAB_KDC_LOG"'
is 'kinit by the protected path, a wrong PIN first' \
    in_lab 'answers "D 000001" "D $LAB_PIN"
	SIGNET_PIN_ENTRY=protected by_kerberos
	klist -s && kdestroy'
is 'the prompt says who asks, and how many tries are left' \
    in_lab 'grep -q "SETDESC kinit (process [0-9]*) wants" said
	grep -q "SETERROR Wrong PIN. 4 tries are left." said'
is 'a cancelled prompt ends the sign-in' \
    in_lab 'answers
	! SIGNET_PIN_ENTRY=protected by_kerberos
	! klist -s'
is 'no helper stays behind' in_lab '! pgrep -x signet-prompt'
is 'who asks for the PIN is a setting' \
    in_lab 'SIGNET_PIN_ENTRY=protected host pkcs11-tool --module "$M" -L |
	grep -q "PIN pad present"
	! p11 -L | grep -q "PIN pad present"
	printf "[pkcs11]\npin-entry = protected\n" >>signet.conf
	host pkcs11-tool --module "$M" -L | grep -q "PIN pad present"'
is 'the PIN is in no log' not in_lab 'grep -raF "$LAB_PIN" log'

# Hosts
is 'loading and unloading leaves nothing behind' \
    in_lab 'host "$LAB_BUILD/tests/e2e/module_host" "$M" life'
is 'a login is the process'"'"'s own, not its child'"'"'s' \
    in_lab 'host "$LAB_BUILD/tests/e2e/module_host" "$M" fork'
is 'the host'"'"'s openssl.cnf is not read and its providers are not loaded' \
    in_lab 'printf "%s\n" "openssl_conf = c" "[c]" "providers = p" "[p]" \
	"legacy = l" "[l]" "activate = 1" >odd.cnf
	export OPENSSL_CONF=/run/lab/odd.cnf
	openssl list -providers | grep -q legacy
	host "$LAB_BUILD/tests/e2e/module_host" "$M" guest'
is 'C_GetFunctionList is all that it exports' \
    in_lab '[ "$(nm -D --defined-only "$M" | grep -v " [VWw] \|asan\|ubsan" |
	awk "{ print \$3 }")" = C_GetFunctionList ]'
if "$lab" exec "$work/a" --real-user 1002 -- true 2>/dev/null; then
	is 'another user sees no token' \
	    "$lab" exec "$work/a" --real-user 1002 -- bash -euo pipefail -c \
	    "$prelude"'p11 -L | grep -q empty'
else
	skip 'another user sees no token' 'this machine has one user only'
fi
is 'the last wrong PIN locks the token' \
    in_lab 'for i in 1 2 3 4 5; do ! p11 -l -p 00000$i -O; done
	! p11 -l -p "$LAB_PIN" -O 2>seen
	grep -q CKR_PIN_LOCKED seen
	p11 -L | grep -q "user PIN locked"'

threads_fine()
{
	wait "$threads" || { cat "$work/threads"; return 1; }
	[ "$(grep -c 'returning rv = 0' "$work/threads")" = 2 ]
}
is 'pkcs11-tool --test-threads' threads_fine

cases_end
