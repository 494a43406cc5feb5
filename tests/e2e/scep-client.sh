#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# signet enroll: certificates by SCEP into the container behind the PIN, from a
# stand-in for NDES and from servers that are none; renewal when it is due; and
# signing in with what came.
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

# scep ARGUMENT...: enroll, with a challenge and the PIN.
scep()
{
	in_lab "signet enroll scep $* --challenge-fd 8 --pin-fd 7 \
	    7<<<\$LAB_PIN 8<<<\${challenge-\$(cat ndes/challenge)}"
}

# mint: the stand-in's next challenge.
mint()
{
	in_lab 'openssl rand -hex 8 | tee -a ndes/minted >ndes/challenge'
}

# value KEY FILE: of a JSON object.
value()
{
	in_lab "python3 -c 'import json, sys
print(json.load(open(\"$2\"))[\"$1\"])'"
}

# row NAME KEY: of 'signet enroll list'.
row()
{
	in_lab "signet enroll list --json | python3 -c 'import json, sys
print([x.get(\"$2\") for x in json.load(sys.stdin) if x[\"name\"] == \"$1\"][0])'"
}

nothing_left()
{
	in_lab '[ "$(signet request list --json | tr -d "[] \n")" = "" ]'
}

keys()
{
	in_lab 'signet key list --json | grep -c "\"name\""'
}

"$lab" up --dir "$work/a"

# ra NAME USAGE EKU: one of NDES's two certificates.
in_lab 'mkdir ndes
cp pki/issuing.crt ndes/ca.pem; cp pki/issuing.key ndes/ca.key
cp pki/ca-chain.crt ndes/chain.pem
ra() {
	printf "keyUsage=critical,%s\nextendedKeyUsage=%s\n" $2 $3 >ndes/ext
	openssl req -new -newkey rsa:2048 -nodes -keyout ndes/$1.key \
	    -subj /CN=CORP-MSCEP-RA -out ndes/$1.csr
	openssl x509 -req -in ndes/$1.csr -CA ndes/ca.pem -CAkey ndes/ca.key \
	    -days 30 -extfile ndes/ext -set_serial 0x5$(openssl rand -hex 15) \
	    -out ndes/$1.pem
}
ra enc keyEncipherment 1.3.6.1.4.1.311.20.2.1 &
ra sign digitalSignature 1.3.6.1.4.1.311.20.2.1
wait
openssl rand -hex 8 | tee ndes/minted >ndes/challenge
setsid python3 /run/signet/src/tests/lib/ndes.py ndes 127.0.0.1:8088 \
    </dev/null >ndes/log 2>&1 &
signet setup --pin-fd 7 7<<<$LAB_PIN >/dev/null
openssl x509 -in pki/root.crt -noout -fingerprint -sha1 | cut -d= -f2 >sha1
openssl x509 -in pki/root.crt -noout -fingerprint -sha256 | cut -d= -f2 >sha256
until grep -q ready ndes/log; do sleep 0.05; done' >"$work/made" 2>&1 ||
	{ cat "$work/made"; exit 1; }

ndes=http://127.0.0.1:8088
mscep=certsrv/mscep/mscep.dll

# --- which CA it is ---

is 'a CA that nobody named is refused, with what to compare' \
    says 1 'give the fingerprint (--ca-fingerprint)' \
    scep $ndes/2019/$mscep --upn alice@CORP.EXAMPLE
is 'a wrong fingerprint is refused' \
    says 1 'not the one whose fingerprint was given' \
    scep $ndes/2019/$mscep --upn alice@CORP.EXAMPLE \
    --ca-fingerprint 0123456789abcdef0123456789abcdef01234567
is '... before anybody was asked for the PIN' in_lab '
	! signet enroll scep '$ndes/2019/$mscep' --no-challenge \
	    --upn alice@CORP.EXAMPLE </dev/null 2>said
	grep -q "not known here" said'

# --- the first certificate ---

is 'NDES enrolls alice by a one-time challenge' \
    scep $ndes/2019/$mscep --upn alice@CORP.EXAMPLE --name office \
    '--ca-fingerprint $(<sha1) --label alice --json >first.json'
is '... into the container, with its provider' in_lab '
	signet cert list --json | tee list | grep -q "\"alice\""
	grep -q "Microsoft Passport Key Storage Provider" list'
is '... and trusts the root whose fingerprint was given' in_lab '
	signet cert list | grep -q "Lab Root CA"'
is '... what it says for programs' in_lab '
	python3 -c "
import json
x = json.load(open(\"first.json\"))
assert x[\"state\"] == \"installed\" and x[\"name\"] == \"office\", x
assert x[\"label\"] == \"alice\" and not x[\"renewed\"], x"'
is '... no request waits any more' nothing_left
is '... the challenge is in no file of ours' in_lab '
	! grep -raqF -f ndes/minted home signetd
	[ -n "$(ls home/.local/state/signet/enroll/*.enrollment)" ]
	[ "$(stat -c %a home/.local/state/signet/enroll)" = 700 ]
	[ "$(stat -c %a home/.local/state/signet/enroll/*.enrollment)" = 600 ]'
is 'the list says what is there' \
    in_lab 'signet enroll list | grep -q "office *installed *alice"'
is 'the same name is not enrolled twice by mistake' \
    says 1 'has its certificate' scep $ndes/2019/$mscep \
    --upn alice@CORP.EXAMPLE --name office '--ca-fingerprint $(<sha1)'
is 'the used challenge is refused, in words' \
    says 1 'it does not allow the request (badRequest); NDES says 0x80070057' \
    scep $ndes/2019/$mscep --upn alice@CORP.EXAMPLE --name more
is '... and leaves no key and no request behind' in_lab '
	[ "$(signet key list --json | grep -c "\"name\"")" = 2 ]
	[ "$(signet request list --json | tr -d "[] \n")" = "" ]'

# --- NDES of other years ---

mint
is 'a server that knows neither AES nor SHA-256 is refused' \
    says 1 '--allow-legacy' scep $ndes/2003/$mscep --dns a.corp.example
is '... unless that is allowed' \
    scep $ndes/2003/$mscep --dns a.corp.example --allow-legacy
mint
is 'one that says nothing at all, likewise' \
    scep $ndes/2012/$mscep --dns b.corp.example --allow-legacy --label b
is '... and its failures are read' \
    says 1 'NDES says 0x80070057, E_INVALIDARG' \
    scep $ndes/2012/$mscep --dns c.corp.example --allow-legacy

# --- our own server ---

in_lab 'printf "[scep]\nover-http = yes\n" >>ca/serve.conf
signet-ca template duplicate --dir ca "Smartcard Logon" Badge approval=yes
signet-ca template publish --dir ca Badge
setsid signet-ca serve --dir ca --listen 127.0.0.1:8090 --admin 127.0.0.1:0 \
    </dev/null >serve.log 2>&1 &
echo $! >run/serve.pid
until grep -q web-confined serve.log; do sleep 0.05; done' >"$work/made" 2>&1 ||
	{ cat "$work/made"; exit 1; }

# ours TEMPLATE NAME: a challenge for alice, into ./NAME.challenge.
ours()
{
	in_lab "signet-ca challenge new --dir ca --template $1 \
	    --upn alice@CORP.EXAMPLE --sid \$LAB_SID --subject CN=$2 \
	    >$2.challenge"
}

# enroll NAME ARGUMENT...: with that challenge.
enroll()
{
	in_lab "signet enroll scep http://127.0.0.1:8090/scep \
	    --upn alice@CORP.EXAMPLE --subject CN=$1 --name $1 --label $1 \
	    --challenge-fd 8 --pin-fd 7 ${*:2} \
	    7<<<\$LAB_PIN 8<$1.challenge"
}

ours SmartcardLogon badge
is 'our CA enrolls alice by a challenge for her alone' enroll badge
is '... with her SID, which the challenge knew' in_lab '
	signet cert export badge --out badge.crt
	openssl x509 -in badge.crt -noout -text | grep -aq "$LAB_SID"'
is '... no second time' \
    says 1 'the CA refused: ' in_lab 'cp badge.challenge b2.challenge
	signet enroll scep http://127.0.0.1:8090/scep --subject CN=b2 \
	    --upn alice@CORP.EXAMPLE --name b2 --challenge-fd 8 --pin-fd 7 \
	    7<<<$LAB_PIN 8<b2.challenge'
ours SmartcardLogon bob
is 'another name than the challenge has is refused, by its field' \
    says 1 'it says: ' in_lab '
	signet enroll scep http://127.0.0.1:8090/scep --name bob \
	    --upn bob@CORP.EXAMPLE --subject CN=bob --challenge-fd 8 \
	    --pin-fd 7 7<<<$LAB_PIN 8<bob.challenge'
is 'the path of NDES leads to it too' in_lab '
	signet-ca challenge new --dir ca --template SmartcardLogon \
	    --upn alice@CORP.EXAMPLE --sid $LAB_SID --subject CN=old >c
	signet enroll scep --subject CN=old --upn alice@CORP.EXAMPLE \
	    http://127.0.0.1:8090/certsrv/mscep/mscep.dll/pkiclient.exe \
	    --name old --challenge-fd 8 --pin-fd 7 7<<<$LAB_PIN 8<c
	signet enroll renew old --pin-fd 7 7<<<$LAB_PIN
	signet cert delete "alice@CORP.EXAMPLE" --yes --pin-fd 7 7<<<$LAB_PIN
	signet enroll delete old --yes'
ours Badge slow
is 'what needs an officer waits' \
    says 1 'the CA has not decided yet' enroll slow --no-wait
is '... an interrupted one, too, asks again' \
    says 1 'the CA has not decided yet' in_lab '
	signet enroll scep --resume slow --no-wait --pin-fd 7 7<<<$LAB_PIN'
is '... the officer approves, and it comes' in_lab '
	signet-ca request approve --dir ca "$(signet-ca request list --dir ca \
	    --json | python3 -c "import json, sys
print([x[\"request\"] for x in json.load(sys.stdin)
    if x[\"disposition\"] == \"pending\"][0])")" --out /dev/null
	signet enroll scep --resume slow --no-wait --pin-fd 7 7<<<$LAB_PIN'
in_lab 'signet enroll delete slow --yes
signet cert delete slow --yes --pin-fd 7 7<<<$LAB_PIN' >/dev/null

# --- waiting for an officer ---

mint
is 'what waits for an officer is told' \
    says 1 'the CA has not decided yet' \
    scep $ndes/2019/pending/$mscep --dns d.corp.example --name waits --no-wait
is '... is in the list' [ "$(row waits state)" = pending ]
is '... and is not begun anew by mistake' says 1 'is under way' \
    scep $ndes/2019/pending/$mscep --dns d.corp.example --name waits
is '... still waits' says 1 'the CA has not decided yet' in_lab '
	signet enroll scep --resume waits --no-wait --pin-fd 7 7<<<$LAB_PIN'
in_lab ': >ndes/approved'
is '... and comes when it is asked for' in_lab '
	signet enroll scep --resume waits --no-wait --pin-fd 7 7<<<$LAB_PIN'
is '... which ends it' [ "$(row waits state)" = installed ]

# --- servers that are none ---

mint
is 'an answer to somebody else is refused' says 1 "the CA's answer" \
    scep $ndes/nonce/$mscep --dns e.corp.example
is '... and the request is kept, since the CA may have it' \
    [ "$(row e.corp.example state)" = sent ]
in_lab 'signet enroll delete e.corp.example --yes' >/dev/null
mint
is 'half an answer' says 1 'in the middle of its answer' \
    scep $ndes/half/$mscep --dns f.corp.example
in_lab 'signet enroll delete f.corp.example --yes' >/dev/null
mint
is 'a certificate for another key is refused' \
    says 1 'not for the key that asked for it' \
    scep $ndes/other/$mscep --dns g.corp.example
in_lab 'signet enroll delete g.corp.example --yes' >/dev/null
is 'a page for people' says 1 'is that the URL of a SCEP server?' \
    scep $ndes/page/ --dns h.corp.example
is 'a server that is closed, in its words' says 1 'closed for today' \
    scep $ndes/down/ --dns h.corp.example
is 'nobody there' says 1 'nothing answers there' \
    scep http://127.0.0.1:1/ --dns h.corp.example
is 'no such name' says 1 'has no address' \
    scep http://nowhere.corp.example/ --dns h.corp.example
is 'no URL' says 2 'neither a URL nor a [scep nothing] section' \
    scep nothing --dns h.corp.example
is 'a password in the URL' says 2 'user name or password' \
    scep http://a:b@ca/ --dns h.corp.example
is 'nobody to ask for the challenge' says 1 '--challenge-fd' in_lab '
	signet enroll scep '$ndes/2019/$mscep' --dns h.corp.example \
	    --pin-fd 7 7<<<$LAB_PIN'
is 'of several servers the first that answers is taken' in_lab '
	openssl rand -hex 8 >ndes/challenge
	cat >signet.conf <<-EOF
	[scep several]
	url = http://127.0.0.1:1/
	url = '$ndes/down/'
	url = '$ndes/2019/$mscep'
	dns = i.corp.example
	EOF
	SIGNET_CONFIG=signet.conf signet enroll scep several --json \
	    --challenge-fd 8 --pin-fd 7 7<<<$LAB_PIN 8<ndes/challenge |
	    grep "\"url\": *\"'$ndes/2019/$mscep'\""'

# --- keys ---

# provider LABEL: of the certificate.
provider()
{
	in_lab "signet cert list --json 2>/dev/null | python3 -c 'import json, sys
print([x[\"provider\"] for x in json.load(sys.stdin)
    if x[\"label\"] == \"$1\"][0])'"
}

for which in tpm tpm-or-software software; do
	mint
	is "--key-provider $which" scep $ndes/2019/$mscep \
	    --dns $which.corp.example --key-provider $which --label $which \
	    --name $which
done
is '... tpm is the TPM without a gesture' \
    [ "$(provider tpm)" = "Microsoft Platform Crypto Provider" ]
is '... the TPM, where there is one, comes before software' \
    [ "$(provider tpm-or-software)" = "Microsoft Platform Crypto Provider" ]
is '... software is software' \
    [ "$(provider software)" = "Microsoft Software Key Storage Provider" ]
is 'no other provider is known' \
    says 2 'none of passport, tpm, tpm-or-software, software' \
    scep $ndes/2019/$mscep --dns x.corp.example --key-provider hsm
in_lab 'signet enroll delete software --yes
    signet enroll delete tpm-or-software --yes' >/dev/null

mint
is 'a P-256 key, which cannot decrypt, is certified too' \
    scep $ndes/2019/$mscep --dns ec.corp.example --key-type p256
is '... and its renewal is refused, with the way out' \
    says 1 'enroll anew, with a challenge' in_lab '
	signet enroll renew ec.corp.example --pin-fd 7 7<<<$LAB_PIN'
is '... and it stays what it was' \
    [ "$(row ec.corp.example state)" = installed ]

# --- signing in, before and after the renewal ---

is 'alice signs in to the RDP host with our CA'"'"'s certificate, kerberos' \
    in_lab 'wc -l <$LAB_KDC_LOG >kdc.before
	signet rdp --module $LAB_HOST_MODULE --pin-fd 7 --cert badge \
	    --credential kerberos $LAB_RDP_HOST 7<<<$LAB_PIN -- +auth-only'
is '... and the KDC saw it' kdc_saw badge
is '... which renews it' in_lab '
	signet enroll renew badge --pin-fd 7 7<<<$LAB_PIN
	signet cert export badge --out badge2.crt
	! cmp -s badge.crt badge2.crt
	cp badge2.crt badge.crt'
is '... and alice signs in with the renewed one, smartcard' \
    rdp --cert badge '$LAB_RDP_HOST -- +auth-only'
is '... and kerberos' in_lab 'wc -l <$LAB_KDC_LOG >kdc.before
	signet rdp --module $LAB_HOST_MODULE --pin-fd 7 --cert badge \
	    --credential kerberos $LAB_RDP_HOST 7<<<$LAB_PIN -- +auth-only'
is '... and the KDC saw that' kdc_saw badge
in_lab 'signet enroll delete badge --yes
signet cert delete badge --yes --pin-fd 7 7<<<$LAB_PIN
signet cert export alice --out alice.crt' >/dev/null
is 'alice signs in to the RDP host with it, kerberos' in_lab '
	wc -l <$LAB_KDC_LOG >kdc.before
	signet rdp --module $LAB_HOST_MODULE --pin-fd 7 --cert alice \
	    --credential kerberos $LAB_RDP_HOST 7<<<$LAB_PIN -- +auth-only'
is '... and the KDC saw this certificate' kdc_saw alice
is '... and smartcard' rdp --cert alice '$LAB_RDP_HOST -- +auth-only'

# due DAYS ARGUMENT...: 'enroll renew', so many days from now.
due()
{
	in_lab "echo \$(($1 * 86400)) >clock
	export ASAN_OPTIONS=\${ASAN_OPTIONS-}:verify_asan_link_order=0
	LAB_CLOCK=clock LD_PRELOAD=lib/clock.so signet enroll renew ${*:2}"
}

old_key=$(row office key)
in_lab "signet enroll delete a.corp.example --yes
    signet enroll delete b.corp.example --yes
    signet enroll delete waits --yes
    signet enroll delete ec.corp.example --yes" >/dev/null
is 'today nothing is due' says 0 "Nothing is due; the next is" due 0 --due
is '... nor on day 23' says 0 "Nothing is due" due 23 --due
is 'on day 25 it is, and nobody is there' \
    says 5 'nobody can be asked for the PIN: office, several' \
    due 25 --due '</dev/null 2>&1'
is '... but for a key without a gesture, which needs nobody' \
    [ "$(row tpm key)" = tpm-2 ]
is '... which costs nothing' [ "$(row office state)" = installed ]
is '... and a person is asked once for all, by signet-prompt' in_lab '
	printf "[prompt]\npinentry = $LAB_SRC/tests/lib/fake-pinentry\n" >prompt
	echo "D $LAB_PIN" >answers
	export FAKE_PINENTRY_ANSWERS=$PWD/answers FAKE_PINENTRY_LOG=$PWD/asked
	export ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0
	LAB_CLOCK=clock LD_PRELOAD=lib/clock.so SIGNET_CONFIG=prompt \
	    signet enroll renew --due </dev/null | tee renewed
	[ "$(grep -c Renewed renewed)" = 3 ]
	[ "$(grep -c GETPIN asked)" = 1 ]
	grep -q "SETDESC signet, to renew 3 certificates" asked'
is 'the new certificate has the old one'"'"'s name' in_lab '
	signet cert export alice --out fresh.crt
	! cmp -s alice.crt fresh.crt
	openssl x509 -in fresh.crt -noout -ext subjectAltName |
	    grep -q "alice@CORP.EXAMPLE"'
is '... another key' not [ "$(row office key)" = "$old_key" ]
is '... and what it replaces is gone, key and all' in_lab '
	[ "$(signet cert list | grep -c "^alice ")" = 1 ]
	! signet key list | grep -q "^'"$old_key"' "'
in_lab 'cp fresh.crt alice.crt'
is 'alice signs in with the new one, kerberos' in_lab '
	wc -l <$LAB_KDC_LOG >kdc.before
	signet rdp --module $LAB_HOST_MODULE --pin-fd 7 --cert alice \
	    --credential kerberos $LAB_RDP_HOST 7<<<$LAB_PIN -- +auth-only'
is '... and the KDC saw it' kdc_saw alice
is '... and smartcard' rdp --cert alice '$LAB_RDP_HOST -- +auth-only'
is 'by name it is renewed whenever' in_lab '
	signet enroll renew office --keep-old --pin-fd 7 7<<<$LAB_PIN
	[ "$(signet cert list | grep -c "alice@CORP\|^alice")" = 2 ]'
is 'a certificate that has expired is told' \
    says 0 'has expired, and no CA renews that' due 60 --due
is 'a server that is closed is told, and in the list afterwards' in_lab '
	sed "s,/2019/,/down/,g" -i home/.local/state/signet/enroll/*.enrollment
	! signet enroll renew office --pin-fd 7 7<<<$LAB_PIN
	signet enroll list | grep "office: the last renewal failed: .*closed"'
is 'what is no enrollment' says 1 'there is no enrollment' \
    in_lab 'signet enroll renew nothing'
is 'a damaged record hides no other' in_lab '
	for f in home/.local/state/signet/enroll/*.enrollment; do
		head -c 100 "$f" >cut
	done
	cp cut home/.local/state/signet/enroll/00.enrollment
	signet enroll list 2>said | grep -q office
	grep -q "00.enrollment" said'

cases_end
