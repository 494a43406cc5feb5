#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The command line: requests for any CA, what a CA issued, certificates, asking
# for PINs, and what programs read of it. The CA is openssl, so nothing of ours
# agrees with itself only.
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
	"$lab" exec "$work/a" -- bash -euo pipefail -c \
	    "cd \"\$LAB_DIR/cli\"; p() { \"\$@\" 3<<<\"\$LAB_PIN\"; }; $1"
}

"$lab" up --dir "$work/a" --without rdp
"$lab" exec "$work/a" -- bash -c 'mkdir "$LAB_DIR/cli"'

# ca: a root, an issuing CA, and "issue REQ OUT UPN EKUS" in the lab's folder.
cat >"$work/a/cli/ca" <<'EOF'
set -euo pipefail
case $1 in
new)
	openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key \
	    -out root.pem -days 30 -subj "/CN=$2" \
	    -addext keyUsage=critical,keyCertSign,cRLSign
	openssl req -newkey rsa:2048 -nodes -keyout ca.key -out ca.csr \
	    -subj "/CN=Issuing of $2"
	printf '%s\n' basicConstraints=critical,CA:TRUE,pathlen:0 \
	    keyUsage=critical,keyCertSign,cRLSign \
	    subjectKeyIdentifier=hash authorityKeyIdentifier=keyid >ca.ext
	openssl x509 -req -in ca.csr -CA root.pem -CAkey root.key \
	    -set_serial 2 -out ca.pem -days 30 -extfile ca.ext ;;
issue)
	printf '%s\n' keyUsage=critical,digitalSignature \
	    "extendedKeyUsage=$5" \
	    "subjectAltName=otherName:1.3.6.1.4.1.311.20.2.3;UTF8:$4" >ee.ext
	openssl x509 -req -in "$2" -CA ca.pem -CAkey ca.key \
	    -set_serial $RANDOM$RANDOM -out "$3" -days "${6-20}" \
	    -extfile ee.ext ;;
esac
EOF
in_lab 'bash ca new Root; p signet setup --pin-fd 3' >/dev/null 2>&1
logon=1.3.6.1.4.1.311.20.2.2,clientAuth

is 'without a user there is no request' \
    says 2 '--upn' in_lab 'p signet request new --pin-fd 3'
is 'request new writes both files' \
    in_lab 'p signet request new --upn alice@corp.example \
	--template WHfB --out alice --pin-fd 3; ls alice.inf alice.req'
is 'openssl verifies the request' \
    in_lab 'openssl req -in alice.req -noout -verify -text |
	grep -A1 "Extended Key Usage" |
	grep -F "Microsoft Smartcard Login, TLS Web Client Authentication"'
is 'it has the label of certreq' \
    in_lab 'head -1 alice.req | grep -Fx -e \
	"-----BEGIN NEW CERTIFICATE REQUEST-----"'
is 'the policy file is the cmdlet'"'"'s' \
    in_lab 'tr -d "\r" <alice.inf | diff - <(printf "%s\n" "[Version]" \
	"Signature = \"\$Windows NT\$\"" "[NewRequest]" \
	"Subject = \"CN=alice@corp.example\"" \
	"ProviderName = \"Microsoft Passport Key Storage Provider\"" \
	"KeyContainer = \"login\"" "UseExistingKeySet = TRUE" \
	"RequestType = PKCS10" "[EnhancedKeyUsageExtension]" \
	"OID=1.3.6.1.4.1.311.20.2.2" "OID=1.3.6.1.5.5.7.3.2" \
	"[RequestAttributes]" "CertificateTemplate = \"WHfB\"" \
	"[Extensions]" "2.5.29.17 = \"{text}\"" \
	"_continue_ = \"UPN=alice@corp.example&\"")'
is 'a waiting request is listed' \
    in_lab 'signet request list --json | grep -F "\"key\": \"login\""'
is 'the same again is refused, with what to do' \
    says 1 '--name' in_lab \
	'p signet request new --upn alice@corp.example --pin-fd 3'
is 'no file is overwritten' \
    says 1 'exists already' in_lab 'p signet request new --name other \
	--upn alice@corp.example --out alice --pin-fd 3'
is '... and no request waits for it' \
    not in_lab 'signet request list | grep other'

is 'a certificate for another user is refused' \
    says 1 "is for the user 'mallory@corp.example'" in_lab "
	bash ca issue alice.req bad.crt mallory@corp.example $logon
	p signet request accept bad.crt ca.pem root.pem --trust-root --pin-fd 3"
is 'one without smart card logon is refused' \
    says 1 'not good for Smart Card Logon' in_lab '
	bash ca issue alice.req bad.crt alice@corp.example clientAuth
	p signet request accept bad.crt ca.pem root.pem --trust-root --pin-fd 3'
is 'one without its chain is refused' \
    says 1 'chain' in_lab "
	bash ca issue alice.req alice.crt alice@corp.example $logon
	p signet request accept alice.crt --pin-fd 3"
is 'a chain with a gap is refused' \
    says 1 'CN=alice@corp.example' in_lab \
	'p signet request accept alice.crt root.pem --trust-root --pin-fd 3'
is 'an unknown root is not trusted by itself' \
    says 1 '--trust-root' in_lab \
	'p setsid -w signet request accept alice.crt ca.pem root.pem --pin-fd 3'
is 'an expired one is refused' \
    says 1 'expired' in_lab "
	bash ca issue alice.req old.crt alice@corp.example $logon -1
	p signet request accept old.crt ca.pem root.pem --trust-root --pin-fd 3"
is 'one for another key is refused' \
    says 1 'for a key of this container' in_lab "
	openssl req -newkey rsa:2048 -nodes -keyout x.key -out x.csr \
	    -subj /CN=alice@corp.example
	bash ca issue x.csr x.crt alice@corp.example $logon
	p signet request accept x.crt ca.pem root.pem --trust-root --pin-fd 3"
is 'nothing of these was installed' \
    in_lab 'signet cert list | grep -F "holds no certificate"'
is 'a PKCS#7 bundle is accepted' \
    in_lab 'openssl crl2pkcs7 -nocrl -certfile alice.crt -certfile ca.pem \
	-certfile root.pem -outform DER -out all.p7b
	p signet request accept all.p7b --trust-root --pin-fd 3'
is 'the certificate has its provider and key' \
    in_lab 'signet cert list | grep -E "^alice@corp.example +personal +valid \
.*login +Microsoft Passport Key Storage Provider"'
is 'the chain is there, and the root trusted' \
    in_lab 'signet cert list | grep -E "^Issuing of Root +intermediate"
	signet cert list | grep -E "^Root +anchor"'
is 'the request is done' \
    in_lab 'signet request list | grep -F "No request waits"'
is 'what is exported is what was issued' \
    in_lab 'signet cert export alice@corp.example --der |
	cmp - <(openssl x509 -in alice.crt -outform DER)
	signet cert export alice@corp.example |
	cmp - <(openssl x509 -in alice.crt)'
is 'a fingerprint names it too' \
    in_lab 'f=$(openssl x509 -in alice.crt -noout -fingerprint -sha256 |
	cut -d= -f2); signet cert show "${f:0:24}" --json |
	grep -F "\"key_name\": \"login\""'
is 'its key cannot be deleted under it' \
    says 1 'has certificates (1)' in_lab \
	'p signet key delete login --yes --pin-fd 3'

is 'an administrator'"'"'s policy file, in UTF-16' \
    in_lab 'printf "%s\r\n" "[NewRequest]" "Subject = \"CN=%who%,O=Corp\"" \
	"KeyContainer = login" "UseExistingKeySet = TRUE" "KeyUsage = 0x80" \
	"HashAlgorithm = sha384 ; ours" "FriendlyName = Second" "[Extensions]" \
	"%san% = \"{text}UPN=%who%@corp.example&DNS=a.corp.example\"" \
	"2.5.29.37 = \"{text}1.3.6.1.5.5.7.3.2\"" "[Strings]" \
	"who = alice" "san = 2.5.29.17" | iconv -t UTF-16 >admin.inf
	p signet request new --inf admin.inf --out admin --pin-fd 3
	[ ! -e admin.inf.inf ]
	openssl req -in admin.req -noout -verify -text |
	grep -F "Signature Algorithm: sha384WithRSAEncryption"'
is 'an unknown key in it is named with its line' \
    says 1 'bad.inf:2: [NewRequest] Sbject: unknown key' in_lab \
	'printf "[NewRequest]\nSbject = x\n" >bad.inf
	p signet request new --inf bad.inf --key login --pin-fd 3'
is 'what a passport key cannot do is said' \
    says 1 'never leaves the TPM' in_lab \
	'printf "[NewRequest]\nExportable = TRUE\n" >bad.inf
	p signet request new --inf bad.inf --key login --pin-fd 3'
is 'a certificate without a request is imported' \
    in_lab "p signet request delete Second --yes
	bash ca issue admin.req second.crt alice@corp.example $logon
	p signet cert import second.crt ca.pem --label Second --pin-fd 3
	signet cert list | grep -E '^Second +personal'"
is 'CAs are imported alone, roots with consent' \
    in_lab 'mkdir other && cd other && cp ../ca . && bash ca new Other
	p signet cert import root.pem ca.pem --trust-root --pin-fd 3
	signet cert list | grep -E "^Other +anchor"'
is 'a stranger'"'"'s certificate is not imported' \
    says 1 'not a CA' in_lab 'p signet cert import x.crt --pin-fd 3'
is 'cert delete, and then key delete' \
    in_lab 'p signet cert delete Second --yes --pin-fd 3
	p signet cert delete alice@corp.example --yes --pin-fd 3
	p signet key delete login --yes --pin-fd 3
	signet key list | grep -F "has no key"'

is 'inspect shows each kind' \
    in_lab 'signet inspect alice.crt all.p7b alice.req alice.inf admin.inf |
	grep -c "^Type:" | grep -Fx 7'
is 'inspect refuses what is none, by name' \
    says 1 'ca.key' in_lab 'signet inspect ca.key'
is 'a truncated certificate is refused' \
    says 1 'cut.crt' in_lab 'openssl x509 -in alice.crt -outform DER |
	head -c 400 >cut.crt; signet inspect cut.crt'
is '--help helps anywhere before --' \
    in_lab 'signet cert list --help | grep -F "usage: signet cert list"'
is 'who cannot be asked is told of --yes' \
    says 1 '--yes' in_lab 'setsid -w signet cert delete Root </dev/null'
is 'all JSON is JSON' \
    in_lab 'for c in status "key list" "cert list" "request list" \
	"inspect alice.crt alice.req alice.inf" "cert show Root"; do
	signet $c --json | python3 -m json.tool >/dev/null; done'

is 'pinentry asks, and asks again after a wrong PIN' \
    in_lab 'export FAKE_PINENTRY_ANSWERS=answers FAKE_PINENTRY_LOG=asked
	printf "D 000001\nD %s\n" "$LAB_PIN" >answers
	signet key new one --pinentry "$LAB_SRC/tests/lib/fake-pinentry"
	grep -F "SETERROR Wrong PIN; 4 tries left." asked'
is 'pinentry'"'"'s path comes from the configuration' \
    in_lab 'printf "[prompt]\npinentry = %s\n" \
	"$LAB_SRC/tests/lib/fake-pinentry" >conf
	export FAKE_PINENTRY_ANSWERS=answers SIGNET_CONFIG=conf
	printf "D %s\n" "$LAB_PIN" >answers; signet key new two'
is 'cancelling is neither success nor failure' \
    says 5 'cancelled' in_lab 'export FAKE_PINENTRY_ANSWERS=answers
	: >answers
	signet key new x --pinentry "$LAB_SRC/tests/lib/fake-pinentry"'
is 'before the last try a person is warned' \
    in_lab 'export FAKE_PINENTRY_ANSWERS=answers FAKE_PINENTRY_LOG=asked2
	printf "D 1\nD 2\nD 3\nD 4\nD %s\n" "$LAB_PIN" >answers
	signet key new three --pinentry "$LAB_SRC/tests/lib/fake-pinentry"
	grep -F "Wrong PIN. This is the last try" asked2'
is 'a new PIN is entered until both entries match' \
    in_lab 'export FAKE_PINENTRY_ANSWERS=answers
	printf "%s\n" "D $LAB_PIN" "D 824193" "D 824194" "D 824193" \
	    "D 824193" >answers
	signet pin change --pinentry "$LAB_SRC/tests/lib/fake-pinentry"
	signet pin change --pin-fd 3 --new-pin-fd 4 3<<<824193 4<<<"$LAB_PIN"'
is 'with nobody to ask the way out is told' \
    says 1 '--pin-fd' in_lab 'setsid -w signet key new x'
is 'an unknown verb, form or option' \
    in_lab 'for c in frob "key frob" "key list --frob" "key new" "status x" \
	"setup --tries 0" "setup --escrow-key x"; do
	rc=0; signet $c >said 2>&1 || rc=$?; [ $rc = 2 ] || exit 1; done'
is 'a broken configuration is named with its line' \
    says 1 'conf:1' in_lab 'echo nonsense >conf
	SIGNET_CONFIG=conf signet key new x'
is 'a full disk is no success' \
    says 1 'writing' in_lab 'signet key list >/dev/full'

cases_end
