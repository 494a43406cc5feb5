#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# signet rdp against a real KDC and RDP server, with keys in the TPM: both
# credentials, remote guard as far as the far end goes, and each refusal with
# its own explanation.
# shellcheck disable=SC2016	# the lab's shell expands what is quoted here
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/cases.sh
. tests/lib/cases.sh

lab=$PWD/tests/lab/lab
work=$(mktemp -d)
# shellcheck source=tests/lib/signin.sh
. tests/lib/signin.sh

cleanup()
{
	"$lab" down "$work/a" --remove || :
	rm -rf "$work"
}

# issue NAME UPN: a certificate for the container's key, by our CA.
issue()
{
	in_lab "signet-ca issue --dir ca --template SmartcardLogon --upn $2 \
	    --subject CN=$1,DC=corp,DC=example --in my.req --out $1.crt 2>&1 >/dev/null |
	    { grep -v note: || :; }"
}

# forge NAME UPN CA EKU: one that no good CA would issue.
forge()
{
	in_lab "cat >ext <<X
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
subjectAltName = otherName:1.3.6.1.4.1.311.20.2.3;UTF8:$2
authorityKeyIdentifier = keyid
extendedKeyUsage = $4
X
	openssl x509 -new -force_pubkey key.pem \
	    -subj '/DC=example/DC=corp/CN=$1' -CA pki/$3.crt \
	    -CAkey pki/$3.key -set_serial \"0x5\$(openssl rand -hex 15)\" \
	    -days 30 -sha256 -extfile ext -out $1.crt"
}

import()
{
	in_lab "signet cert import $* --pin-fd 7 7<<<\$LAB_PIN >/dev/null"
}

delete()
{
	in_lab "signet cert delete '$1' --yes --pin-fd 7 7<<<\$LAB_PIN \
	    >/dev/null"
}

# only NAME [CA...]: the container holds this personal certificate and no
# other.
only()
{
	local name
	for name in alice bob gone noeku rogue-user; do
		delete $name >/dev/null 2>&1 || :
	done
	import "$1.crt ${*:2} --label $1 --trust-root"
}

tries_used()
{
	in_lab "signet status --json" | grep -q "\"tries_used\": *$1\b"
}

nothing_left()
{
	in_lab '[ -z "$(ls /tmp/signet-$(id -u))" ] &&
	! pgrep -x xfreerdp3 &&
	signet status --json | grep -q "\"logins\": *0"'
}

"$lab" up --dir "$work/a" --with card --with pcscd
in_lab 'mkdir -p home/.config/signet
cat >client <<"X"
#!/bin/sh
# What the client is given, for the test to look at.
[ "$1" = /version ] || {
	printf "%s\n" "$@"
	tr "\0" "\n" </proc/$$/environ
} >>/run/lab/seen
exec xfreerdp3 "$@"
X
chmod +x client
printf "[rdp]\nclient = /run/lab/client\n" >home/.config/signet/signet.conf
pki-openssl rogue
signet setup --pin-fd 7 7<<<$LAB_PIN >/dev/null' || exit

is 'without a certificate it says how to get one' \
    both_say 1 'signet request new'

in_lab 'signet request new --upn alice@CORP.EXAMPLE --pin-fd 7 \
    7<<<$LAB_PIN >/dev/null
mv *.req my.req
openssl req -in my.req -noout -pubkey >key.pem' || exit
logon=1.3.6.1.4.1.311.20.2.2,clientAuth
issue alice alice@CORP.EXAMPLE
issue bob bob@CORP.EXAMPLE
issue gone alice@CORP.EXAMPLE
forge noeku alice@CORP.EXAMPLE issuing clientAuth
forge rogue-user alice@CORP.EXAMPLE rogue $logon
in_lab 'signet request accept alice.crt pki/issuing.crt pki/root.crt \
    --trust-root --label alice --pin-fd 7 7<<<$LAB_PIN >/dev/null'

is 'kinit by PKINIT through the module, with the PIN' in_lab '
    KRB5_CONFIG=$LAB_KRB5_PKINIT SIGNET_PIN_ENTRY=application kinit \
	-c FILE:pin.cc -X X509_user_identity=PKCS11:$LAB_HOST_MODULE \
	alice <<<$LAB_PIN
    klist -s -c FILE:pin.cc'
is '... the KDC saw the certificate' kdc_saw alice
is 'kinit by the protected path: it never sees the PIN' in_lab '
    echo "D $LAB_PIN" >answers
    printf "[prompt]\npinentry = $LAB_SRC/tests/lib/fake-pinentry\n" >prompt
    export SIGNET_CONFIG=/run/lab/prompt FAKE_PINENTRY_ANSWERS=answers \
	SIGNET_PROMPT=$LAB_BUILD/cmd/signet-prompt/signet-prompt
    KRB5_CONFIG=$LAB_KRB5_PKINIT SIGNET_PIN_ENTRY=protected kinit \
	-c FILE:protected.cc -X X509_user_identity=PKCS11:$LAB_HOST_MODULE \
	alice </dev/null
    klist -s -c FILE:protected.cc && [ ! -s answers ]'
is 'kinit with a wrong PIN' not in_lab '
    KRB5_CONFIG=$LAB_KRB5_PKINIT SIGNET_PIN_ENTRY=application kinit \
	-c FILE:wrong.cc -X X509_user_identity=PKCS11:$LAB_HOST_MODULE \
	alice <<<864209'

is 'smartcard: the desktop is shown' desktop
is '... the KDC saw the certificate' kdc_saw alice
is '... the host saw the user' host_saw
# The container's name is made of the card's identifier; session-pin.sh looks
# at the card.
is '... the host got a session PIN, reader, container and CSP, nothing else' \
    in_lab 'sed -E "s/[0-9]{8}\"/PIN\"/; s/[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{6}5fc105/NAME/" \
	creds.json >shape
    [ "$(cat shape)" = '"'"'{"credType": 2, "kind": "smartcard", "credentials": {"pin": "PIN", "cspData": {"keySpec": 1, "readerName": "Signet Container 00 00", "containerName": "NAME", "cspName": "Microsoft Base Smart Card Crypto Provider"}}}'"'"' ]'
is '... which is over now, and cost the container no try' in_lab '
    signet card --json | grep "\"session_pin\": false"
    signet status --json | grep "\"tries_used\": 0"'
is '... no PIN was in an argument or a variable' not in_lab '
    grep -o "\"pin\": \"[0-9]*" creds.json | tr -dc "0-9\n" >pins
    [ -s pins ] && [ -s seen ] || exit 0
    grep -v ^LAB_PIN= seen | grep -F -f pins -e "$LAB_PIN"'
is '... signet itself was logged out meanwhile' \
    in_lab 'grep -q "\"logins\": *[01]\b" during.json'
is '... nothing is left' nothing_left

is 'smartcard without a card: the desktop is shown' desktop --no-card
is '... the host got a PIN for nothing, and no container' \
    in_lab 'grep -E "\"pin\": \"[0-9]{8}\"" creds.json
    ! grep -e containerName -e "$LAB_PIN" creds.json'
is '... nothing is left' nothing_left

is 'kerberos: the desktop is shown' desktop --credential kerberos
is '... the KDC saw the certificate' kdc_saw alice
is '... the host got no secret' \
    delegated '{"credType": 1, "kind": "password", "credentials": {"domainName": "CORP.EXAMPLE", "userName": "alice", "password": ""}}'
is '... nobody is logged in meanwhile' \
    in_lab 'grep -q "\"logins\": *0\b" during.json'
is '... nothing is left' nothing_left

is 'a host section in signet.conf chooses the credential' \
    in_lab 'printf "[rdp *.corp.example]\ncredential = kerberos\n" \
	>>home/.config/signet/signet.conf
    signet rdp --dry-run $LAB_RDP_HOST | grep "credential: kerberos"
    signet rdp --dry-run --credential smartcard $LAB_RDP_HOST |
	grep "credential: smartcard"'
in_lab 'sed -i 2q home/.config/signet/signet.conf'
is 'the dry run starts nothing and shows no secret' \
    in_lab 'rm -f seen; signet rdp --dry-run $LAB_RDP_HOST >plan
    grep -F "/p:<a session PIN>" plan && [ ! -e seen ]'

is 'remote guard to a host that has it turned off' \
    says 1 'broke off the sign-in with remote guard' \
    rdp --remote-guard '$LAB_RDP_HOST -- +auth-only'
# A second RDP server of the lab, with remote guard turned on.
in_lab 'HOME=/run/lab/rdp DISPLAY=:10 KRB5CCNAME=MEMORY: setsid \
    freerdp-shadow-cli3 /port:3390 /bind-address:10.99.0.1 \
    /keytab:kdc/rdp.keytab /sec:nla +remote-guard \
    </dev/null >log/guard.log 2>&1 & sleep 1'
is 'remote guard to a host that the KDC knows no HOST/ for' \
    says 1 'the principal HOST/rdp.corp.example' \
    rdp --remote-guard --port 3390 '$LAB_RDP_HOST -- +auth-only'
in_lab 'KRB5_KDC_PROFILE=/run/lab/kdc/kdc.conf kadmin.local \
    -r CORP.EXAMPLE addprinc -randkey HOST/rdp.corp.example' >/dev/null 2>&1
is 'remote guard to FreeRDP 3.10, which cannot read what 3.10 sends' \
    says 1 'FreeRDP 3.10 hosts cannot' \
    rdp --remote-guard --port 3390 '$LAB_RDP_HOST -- +auth-only'
is '... the server had said why' \
    in_lab 'grep -q "client authentication failure" log/guard.log'

in_lab 'rm -f seen'
is 'a wrong PIN is told' says 3 '4 tries left' \
    in_lab 'signet rdp --module $LAB_HOST_MODULE --pin-fd 7 \
	$LAB_RDP_HOST 7<<<864209'
is '... it cost one try' tries_used 1
is '... FreeRDP was not started' in_lab '[ ! -e seen ]'
is 'the right PIN gives the try back' \
    rdp '$LAB_RDP_HOST -- +auth-only'
is '... as the status says' tries_used 0

is "another user's certificate, smartcard" \
    says 2 'is that of alice@CORP.EXAMPLE, not of bob@CORP.EXAMPLE' \
    rdp --user bob '$LAB_RDP_HOST -- +auth-only'
is "another user's certificate, kerberos" \
    says 1 "is another user's, not that of bob@CORP.EXAMPLE" \
    rdp --user bob --credential kerberos '$LAB_RDP_HOST -- +auth-only'
is 'a user whom the KDC does not know' \
    says 1 'knows no user nobody@CORP.EXAMPLE' \
    rdp --user nobody --credential kerberos '$LAB_RDP_HOST -- +auth-only'

import 'bob.crt --label bob'
is 'of several certificates one must be chosen' \
    both_say 2 "'alice'"
is '... by its label' rdp --cert alice '$LAB_RDP_HOST -- +auth-only'
is '... and it is that one, smartcard' in_lab 'rm -f creds/*
    signet rdp --module $LAB_HOST_MODULE --pin-fd 7 --cert bob \
	$LAB_RDP_HOST 7<<<$LAB_PIN -- +auth-only
    tail -n 20 $LAB_KDC_LOG | grep "PKINIT: client bob@"'
is '... and it is that one, kerberos' in_lab 'rm -f creds/*
    signet rdp --module $LAB_HOST_MODULE --pin-fd 7 --cert bob \
	--credential kerberos $LAB_RDP_HOST 7<<<$LAB_PIN -- +auth-only
    tscreds creds/001.der | grep "\"userName\": \"bob\""'

only noeku
is 'a certificate without the EKU' both_say 1 'is not for smart card logon'
only rogue-user pki/rogue.crt
is 'a certificate of an issuer that the KDC does not trust' \
    both_say 1 'does not trust the issuer'
delete 'Rogue Root CA'
is 'a certificate of an issuer that is not trusted here' \
    both_say 1 'does not lead to a root that is trusted here'
only alice
delete 'Lab Root CA'
is 'without trusted roots it says what to import' \
    both_say 1 'signet cert import --trust-root'
import 'pki/root.crt --trust-root'

only gone
is 'a certificate that is about to be revoked' \
    rdp '$LAB_RDP_HOST -- +auth-only'
in_lab 'cp gone.crt pki/gone.crt && pki-openssl revoke gone &&
    forest restart kdc' >/dev/null
is '... and is revoked' both_say 1 'is revoked'
only alice
is '... and another one for the same key is not' \
    rdp '$LAB_RDP_HOST -- +auth-only'

is 'an address instead of a name' \
    says 2 'Kerberos knows hosts by name only' rdp 10.99.0.1
is 'a host that DNS does not know' \
    says 1 'no address is known for rdp9.corp.example' \
    rdp rdp9.corp.example -- +auth-only
is 'a host whose certificate is for another name' \
    says 1 'is for another name' rdp dc1.corp.example -- +auth-only
is 'a host that does not go by that name' \
    says 1 'hung up during the sign-in' \
    rdp ca.corp.example -- /cert:ignore +auth-only
in_lab 'forest restart rdp'	# it does not survive that
is 'a port where nothing listens' says 1 'is not listening' \
    rdp --port 3999 '$LAB_RDP_HOST -- +auth-only'
in_lab 'forest stop kdc'
is 'a KDC that does not answer' both_say 1 'no KDC of CORP.EXAMPLE answers'
in_lab 'forest start kdc'
is 'without a screen' says 1 'no screen' \
    in_lab 'DISPLAY= signet rdp --module $LAB_HOST_MODULE --pin-fd 7 \
	$LAB_RDP_HOST 7<<<$LAB_PIN'
"$lab" stop "$work/a" pcscd
is 'without a card service smartcard says what to do' \
    says 1 "no smart card service runs here (systemctl start pcscd.socket);\
 without a card --no-card" \
    rdp '$LAB_RDP_HOST -- +auth-only'
is '... which is done' rdp --no-card '$LAB_RDP_HOST -- +auth-only'
"$lab" start "$work/a" pcscd
"$lab" stop "$work/a" card
is 'with a reader and no card, too' \
    says 1 'systemctl status signet-card' rdp '$LAB_RDP_HOST -- +auth-only'
"$lab" start "$work/a" card
is '... which heals' rdp '$LAB_RDP_HOST -- +auth-only'
is 'kerberos needs no card' \
    says 2 'kerberos redirects no card' \
    rdp --credential kerberos --no-card '$LAB_RDP_HOST -- +auth-only'
is 'another reader is not redirected' \
    says 2 'redirects your' rdp '$LAB_RDP_HOST -- /smartcard:other'
is 'an option that would undo the sign-in' \
    says 2 'only NLA' rdp '$LAB_RDP_HOST -- /sec:tls'

is 'signet killed outright takes FreeRDP along' in_lab '
    signet rdp --module $LAB_HOST_MODULE --pin-fd 7 --credential kerberos \
	$LAB_RDP_HOST 7<<<$LAB_PIN >log/client.log 2>&1 &
    signet=$!
    frame same $LAB_SERVER_SCREEN $LAB_CLIENT_SCREEN 60
    kill -KILL $signet
    for i in $(seq 100); do
	pgrep -x xfreerdp3 >/dev/null || exit 0
	sleep 0.05
    done
    exit 1'
is '... and the next one sweeps its files away' in_lab '
    ls /tmp/signet-$(id -u)/*/ccache &&
    signet rdp --module $LAB_HOST_MODULE --pin-fd 7 $LAB_RDP_HOST \
	7<<<$LAB_PIN -- +auth-only &&
    [ -z "$(ls /tmp/signet-$(id -u))" ]'

cases_end
