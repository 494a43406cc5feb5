#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# signet enroll with a stand-in for NDES of several years, with servers that are
# none, interrupted, and for keys of every provider.
# shellcheck disable=SC2016	# the lab's shell expands what is quoted here
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/cases.sh
. tests/lib/cases.sh

lab=$PWD/tests/lab/lab
work=$(mktemp -d)
# shellcheck source=tests/lib/signin.sh
. tests/lib/signin.sh
# shellcheck source=tests/lib/enroll.sh
. tests/lib/enroll.sh

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

"$lab" up --dir "$work/a" --without rdp

# ra NAME USAGE EKU: one of NDES's two certificates.
in_lab 'mkdir -p ndes home/.config/signet
printf "[smartcard]\nmodule = none\n" >home/.config/signet/signet.conf
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
cat pki/rdp.crt pki/issuing.crt >ndes/tls.pem; cp pki/rdp.key ndes/tls.key
openssl rand -hex 8 | tee ndes/minted >ndes/challenge
setsid python3 /run/signet/src/tests/lib/ndes.py ndes 127.0.0.1:8088 \
    10.99.0.1:8443 \
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
	    --upn alice@CORP.EXAMPLE </dev/null 2>said || exit 1
	grep -q "not known here" said'

is 'nor is a TLS server whose root is not trusted believed' \
    says 1 'its TLS certificate does not hold' \
    scep https://rdp.corp.example:8443/2019/$mscep --dns x.corp.example

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
is '... no request waits any more' no_request_waits
is '... the challenge is in no file of ours' in_lab '
	! grep -raqF -f ndes/minted home signetd || exit 1
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
forget e.corp.example
mint
is 'half an answer' says 1 'in the middle of its answer' \
    scep $ndes/half/$mscep --dns f.corp.example
forget f.corp.example
mint
is 'a certificate for another key is refused' \
    says 1 'not for the key that asked for it' \
    scep $ndes/other/$mscep --dns g.corp.example
forget g.corp.example
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

mint
is 'by TLS, too, when the container trusts the root' \
    scep https://rdp.corp.example:8443/2019/$mscep --dns u.corp.example
is '... but not by another name' \
    says 1 'its TLS certificate does not hold' \
    scep https://ca.corp.example:8443/2019/$mscep --dns x.corp.example

# --- keys ---

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

mint
is 'a P-256 key, which cannot decrypt, is certified too' \
    scep $ndes/2019/$mscep --dns ec.corp.example --key-type p256
is '... and its renewal is refused, with the way out' \
    says 1 'enroll anew, with a challenge' in_lab '
	signet enroll renew ec.corp.example --pin-fd 7 7<<<$LAB_PIN'
is '... and it stays what it was' \
    [ "$(row ec.corp.example state)" = installed ]

# --- interrupted ---

mint
is 'killed while the server thinks, it goes on' in_lab '
	signet enroll scep '$ndes/stall/$mscep' --dns s.corp.example \
	    --challenge-fd 8 --pin-fd 7 7<<<$LAB_PIN 8<ndes/challenge & pid=$!
	until [ -e ndes/stalled ]; do sleep 0.05; done
	kill -KILL $pid
	[ "$(signet enroll list | grep -c "s.corp.example *sent")" = 1 ]
	[ "$(signet request list | grep -c s.corp.example)" = 1 ]
	signet enroll scep --resume s.corp.example --pin-fd 7 7<<<$LAB_PIN'
is '... to its end' [ "$(row s.corp.example state)" = installed ]
is 'challenge and PIN are asked for' in_lab '
	openssl rand -hex 8 >ndes/challenge
	printf "D %s\n" "$(<ndes/challenge)" "$LAB_PIN" >answers
	export FAKE_PINENTRY_ANSWERS=$PWD/answers FAKE_PINENTRY_LOG=$PWD/asked
	signet enroll scep '$ndes/2019/$mscep' --dns t.corp.example \
	    --pinentry $LAB_SRC/tests/lib/fake-pinentry
	[ "$(grep -c GETPIN asked)" = 2 ] && grep "SETPROMPT Challenge" asked'
old_key=$(row office key)
is 'NDES renews by the old certificate' in_lab '
	signet enroll renew office --pin-fd 7 7<<<$LAB_PIN | grep "^Renewed"'
is '... and a key that only signed is gone with it' in_lab '
	! signet key list 2>/dev/null | grep "^'"$old_key"' " || exit 1
	[ "$(signet cert list 2>/dev/null | grep -c "^alice ")" = 1 ]'
is 'a damaged record hides no other' in_lab '
	for f in home/.local/state/signet/enroll/*.enrollment; do
		head -c 100 "$f" >cut
	done
	cp cut home/.local/state/signet/enroll/00.enrollment
	signet enroll list 2>said | grep -q office
	grep -q "00.enrollment" said'
is 'the challenges are in no file of ours, to the end' in_lab '
	! grep -raqF -f ndes/minted home signetd'

cases_end
