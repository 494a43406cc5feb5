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

is 'with a hanging one too, and in silence' \
    in_lab 'daemon=$(pgrep -x signetd)
	kill -STOP "$daemon"
	trap "kill -CONT $daemon" EXIT
	p11 -L -O >seen 2>said || :
	grep -q empty seen
	[ "$(cat said)" = "No slot with a token was found." ]'

# It asks for a key before each look.
is 'pkcs11-tool --test-hotplug sees a container come and go' \
    in_lab 'mkfifo keys
	host pkcs11-tool --module "$M" --test-hotplug <keys >hot 2>&1 &
	exec 5>keys
	seen() {
		local i
		for ((i = 0; i < 300; i++)); do
			[ "$(grep -c "$1" hot)" != "$2" ] || return 0
			sleep 0.1
		done
		cat hot
		return 1
	}
	seen "C_GetSlotList" 1
	echo x >&5
	seen "C_WaitForSlotEvent()" 1
	for i in 1 3; do
		echo >&5
		seen "Calling" "$i"
		signet setup --pin-fd 3 3<<<"$LAB_PIN"
		seen "event on slot 0x1" "$i"
		seen "token label" "$(((i + 1) / 2))"
		[ "$i" = 1 ] || break
		echo >&5
		seen "Calling" 2
		signet reset --yes
		seen "event on slot 0x1" 2
	done
	echo x >&5
	wait'

is 'a certificate is issued to a key in the TPM' \
    in_lab 'signet request new --upn "$LAB_USER@$LAB_REALM" --out alice \
		--pin-fd 3 3<<<"$LAB_PIN"
	signet-ca issue --dir "$LAB_CA" --template SmartcardLogon \
		--upn "$LAB_USER@$LAB_REALM" --sid "$LAB_SID" \
		--in alice.req --out alice.crt --chain-out chain.pem
	signet request accept alice.crt chain.pem --trust-root \
		--pin-fd 3 3<<<"$LAB_PIN"'

# OpenSC. It sleeps 30 seconds between its threads' start and its look at them.
in_lab 'host pkcs11-tool --module "$M" --test-threads ILGISLT0 \
	--test-threads ILGISLT0 --test-threads ILGISLT0' >"$work/threads" 2>&1 &
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
# OpenSC 0.23 opens no session for writing for --test-ec alone. What it cannot
# change is not wrong: CKA_ID is made of the key.
is 'pkcs11-tool --test-ec makes a key, signs and destroys it' \
    in_lab 'openssl x509 -in alice.crt -outform der -out alice.der
	p11 -l -p "$LAB_PIN" --test-ec --id 01 --key-type EC:prime256v1 \
		--write-object alice.der --type cert 2>&1 | tee seen
	grep -qx "==> OK" seen
	sed -n /warning/p seen | not grep -v C_SetAttributeValue
	[ "$(signet key list --json | grep -c "\"name\"")" = 1 ]'
is 'a key is made by pkcs11-tool, known to signet and deleted again' \
    in_lab 'for type in rsa:2048 EC:prime256v1; do
		p11 -l -p "$LAB_PIN" --keypairgen --key-type $type --label made
		signet key list | grep "^made "
		not p11 -l -p "$LAB_PIN" --keypairgen --key-type $type --label made
		p11 -l -p "$LAB_PIN" --delete-object --type privkey --label made
		signet key list | not grep "^made "
	done'
is 'but no key that the TPM does not make' \
    in_lab 'not p11 -l -p "$LAB_PIN" --keypairgen --key-type rsa:1024 2>seen
	grep -q CKR_KEY_SIZE_RANGE seen
	not p11 -l -p "$LAB_PIN" --keypairgen --key-type EC:secp384r1 2>seen
	grep -q "0x140" seen'
is 'nor one for everybody' \
    in_lab 'not p11 --keypairgen --key-type EC:prime256v1 2>seen
	grep -q CKR_USER_NOT_LOGGED_IN seen'
is 'p11tool makes a key too' \
    in_lab 'export GNUTLS_PIN=$LAB_PIN SIGNET_PIN_ENTRY=application
	host p11tool --provider "$M" --login --generate-ecc --curve secp256r1 \
		--label made pkcs11:manufacturer=Signet
	signet key list | grep "^made *p256"
	host p11tool --provider "$M" --login --batch --delete \
		"pkcs11:manufacturer=Signet;object=made"
	signet key list | not grep "^made "'
is 'a certificate is deleted and stored again by either tool' \
    in_lab 'export GNUTLS_PIN=$LAB_PIN SIGNET_PIN_ENTRY=application
	label=$(signet cert list | awk "/personal/ { print \$1 }")
	p11 -l -p "$LAB_PIN" --delete-object --type cert --label "$label"
	signet cert list | not grep personal
	host p11tool --provider "$M" --login --write --label other \
		--load-certificate alice.crt pkcs11:manufacturer=Signet
	signet cert list | grep "^other *personal"
	p11 -l -p "$LAB_PIN" --delete-object --type cert --label other
	p11 -l -p "$LAB_PIN" --write-object alice.der --type cert \
		--label "$label"
	signet cert list | grep "^$label *personal"'
is 'pkcs11-tool --test-fork' in_lab 'p11 --test-fork'
is 'a wrong PIN is told, and the flags warn' \
    in_lab 'not p11 -l -p 000001 -O 2>seen
	grep -q CKR_PIN_INCORRECT seen
	p11 -L | grep -q "user PIN count low"
	p11 -l -p "$LAB_PIN" -O >seen
	p11 -L | not grep -q "user PIN count low"'
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
	SIGNET_PIN_ENTRY=protected not by_kerberos
	! klist -s'
is 'no helper stays behind' in_lab '! pgrep -x signet-prompt'
is 'who asks for the PIN is a setting' \
    in_lab 'SIGNET_PIN_ENTRY=protected host pkcs11-tool --module "$M" -L |
	grep -q "PIN pad present"
	p11 -L | not grep -q "PIN pad present"
	printf "[pkcs11]\npin-entry = protected\n" >>signet.conf
	host pkcs11-tool --module "$M" -L | grep -q "PIN pad present"'
is 'the PIN is in no log' not in_lab 'grep -raF "$LAB_PIN" log'

# Hosts
is 'loading and unloading leaves nothing behind' \
    in_lab 'host "$LAB_BUILD/tests/e2e/module_host" "$M" life'
is 'a login is the process'"'"'s own, not its child'"'"'s' \
    in_lab 'host "$LAB_BUILD/tests/e2e/module_host" "$M" fork'
is 'a certificate that comes and goes is seen without reopening' \
    in_lab 'signet request new --upn "$LAB_USER@$LAB_REALM" --key login \
		--name two --out two --pin-fd 3 3<<<"$LAB_PIN"
	signet-ca issue --dir "$LAB_CA" --template SmartcardUser \
		--upn "$LAB_USER@$LAB_REALM" --email alice@corp.example \
		--in two.req --out two.crt --chain-out two.pem
	export COME="signet cert import two.crt --label two \
		--pin-fd 3 3<<<$LAB_PIN" GO="signet cert delete two --yes \
		--pin-fd 3 3<<<$LAB_PIN"
	host "$LAB_BUILD/tests/e2e/module_host" "$M" later'
is 'a login that another program ended can be had again' \
    in_lab 'END="signet lock" host "$LAB_BUILD/tests/e2e/module_host" "$M" lock'
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
    in_lab 'for i in 1 2 3 4 5; do not p11 -l -p 00000$i -O; done
	not p11 -l -p "$LAB_PIN" -O 2>seen
	grep -q CKR_PIN_LOCKED seen
	p11 -L | grep -q "user PIN locked"'

# The flags of the PIN; one line when they are the same whoever asks for it.
flags='flags() {
	local by
	for by in application protected; do
		echo "[$(SIGNET_PIN_ENTRY=$by host pkcs11-tool --module "$M" -L |
		grep -oE "user PIN count low|final user PIN try|user PIN locked" |
		paste -sd,)]"
	done | uniq
}
anew() {
	signet reset --yes
	signet setup --tries "$1" --pin-fd 3 3<<<"$LAB_PIN"
}
wrong() { ! p11 -l -p 000001 -O; }
wrong_protected() {
	answers "D 000001"
	! SIGNET_PIN_ENTRY=protected host pkcs11-tool --module "$M" -l -O
}
'
is 'the flags of a token with five tries' \
    in_lab "$flags"'anew 5
	[ "$(flags)" = "[]" ]
	wrong_protected
	[ "$(flags)" = "[user PIN count low]" ]
	p11 -l -p "$LAB_PIN" -O
	[ "$(flags)" = "[]" ]
	for i in 1 2 3 4; do wrong; done
	[ "$(flags)" = "[user PIN count low,final user PIN try]" ]'
is 'the flags of a token with two tries' \
    in_lab "$flags"'anew 2
	[ "$(flags)" = "[]" ]
	wrong
	[ "$(flags)" = "[user PIN count low,final user PIN try]" ]
	wrong_protected
	[ "$(flags)" = "[user PIN count low,user PIN locked]" ]'
is 'the flags of a token with one try' \
    in_lab "$flags"'anew 1
	[ "$(flags)" = "[final user PIN try]" ]
	wrong
	[ "$(flags)" = "[user PIN count low,user PIN locked]" ]'

threads_fine()
{
	wait "$threads" || { cat "$work/threads"; return 1; }
	[ "$(grep -c 'returning rv = 0' "$work/threads")" = 3 ]
}
is 'pkcs11-tool --test-threads' threads_fine

cases_end
