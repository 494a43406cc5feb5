#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# signet enroll with our own server: certificates into the container behind the
# PIN, what waits for an officer, renewal when it is due, and signing in with
# what came.
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

"$lab" up --dir "$work/a"

in_lab 'mkdir -p home/.config/signet
printf "[smartcard]\nmodule = none\n" >home/.config/signet/signet.conf
printf "[scep]\nover-http = yes\n" >>ca/serve.conf
signet-ca template duplicate --dir ca "Smartcard Logon" Badge approval=yes
signet-ca template publish --dir ca Badge
setsid signet-ca serve --dir ca --listen 127.0.0.1:8090 --admin 127.0.0.1:0 \
    </dev/null >serve.log 2>&1 &
signet setup --pin-fd 7 7<<<$LAB_PIN >/dev/null
cat >signet.conf <<-X
	[scep lab]
	url = http://127.0.0.1:8090/scep
	ca-fingerprint = $(openssl x509 -in pki/root.crt -noout -fingerprint \
	    -sha256 | cut -d= -f2)
	upn = alice@CORP.EXAMPLE
X
until grep -q web-confined serve.log; do sleep 0.05; done' >"$work/made" 2>&1 ||
	{ cat "$work/made"; exit 1; }

# challenge NAME TEMPLATE: good for alice as CN=NAME, into ./NAME.challenge.
challenge()
{
	in_lab "signet-ca challenge new --dir ca --template $2 \
	    --upn alice@CORP.EXAMPLE --sid \$LAB_SID --subject CN=$1 \
	    >$1.challenge"
}

# enroll NAME ARGUMENT...: by the profile and that challenge.
enroll()
{
	in_lab "SIGNET_CONFIG=signet.conf signet enroll scep lab \
	    --subject CN=$1 --name $1 --label $1 --challenge-fd 8 --pin-fd 7 \
	    ${*:2} 7<<<\$LAB_PIN 8<$1.challenge"
}

# signs_in NAME: alice, with this certificate, by a ticket and as a smart card.
signs_in()
{
	in_lab "signet cert export $1 --out $1.crt
	wc -l <\$LAB_KDC_LOG >kdc.before
	signet rdp --module \$LAB_HOST_MODULE --pin-fd 7 --cert $1 \
	    --credential kerberos \$LAB_RDP_HOST 7<<<\$LAB_PIN -- +auth-only" &&
	    kdc_saw "$1" && rdp --no-card --cert "$1" '$LAB_RDP_HOST -- +auth-only'
}

# due DAYS ARGUMENT...: 'enroll renew', so many days from now.
due()
{
	in_lab "echo \$(($1 * 86400)) >clock
	export ASAN_OPTIONS=\${ASAN_OPTIONS-}:verify_asan_link_order=0
	LAB_CLOCK=clock LD_PRELOAD=lib/clock.so signet enroll renew ${*:2}"
}

# --- enrolling ---

challenge badge SmartcardLogon
is 'our CA enrolls alice by a challenge for her alone' \
    enroll badge --json '>badge.json'
is '... with her SID, which the challenge knew' in_lab '
	signet cert export badge --out badge.crt
	openssl x509 -in badge.crt -noout -text | grep -aq "$LAB_SID"'
is '... behind the PIN, with its provider' \
    [ "$(provider badge)" = "Microsoft Passport Key Storage Provider" ]
is '... and says so to programs' in_lab 'python3 -c "
import json
x = json.load(open(\"badge.json\"))
assert x[\"state\"] == \"installed\" and x[\"label\"] == \"badge\", x"'
is '... no request waits any more' no_request_waits
is 'the challenge is good once' says 1 'the CA refused: ' \
    in_lab 'cp badge.challenge again.challenge
	SIGNET_CONFIG=signet.conf signet enroll scep lab --name again \
	    --challenge-fd 8 --pin-fd 7 7<<<$LAB_PIN 8<again.challenge'
is 'a refusal of --again leaves the enrollment that there was' eval '
	says 1 "the CA refused: " enroll badge --again &&
	[ "$(row badge state)" = installed ] &&
	[ "$(row badge label)" = badge ]'
is '... as does a server that is not there' eval '
	says 1 "nothing answers there" in_lab "signet enroll scep --again \
	    http://127.0.0.1:8089/scep --upn alice@CORP.EXAMPLE --name badge \
	    --no-challenge --pin-fd 7 7<<<\$LAB_PIN" &&
	[ "$(row badge state)" = installed ]'
is '... and a request by file that waits under the name is kept' eval '
	in_lab "signet request new --upn alice@CORP.EXAMPLE --key login \
	    --name byfile --out byfile --pin-fd 7 7<<<\$LAB_PIN" >/dev/null &&
	says 1 "waits already" in_lab "cp badge.challenge byfile.challenge
	    SIGNET_CONFIG=signet.conf signet enroll scep lab --name byfile \
		--challenge-fd 8 --pin-fd 7 7<<<\$LAB_PIN 8<byfile.challenge" &&
	in_lab "signet request list | grep ^byfile
	    signet request delete byfile --yes"'
is 'another path of the server is no SCEP server' \
    says 1 'is that the URL of a SCEP server?' in_lab '
	signet enroll scep http://127.0.0.1:8090/nowhere --name nowhere \
	    --upn alice@CORP.EXAMPLE --no-challenge --pin-fd 7 7<<<$LAB_PIN'
challenge bob SmartcardLogon
is 'another name than the challenge has is refused, by its field' \
    says 1 'it says: ' enroll bob --upn bob@CORP.EXAMPLE
is '... which leaves no key behind' in_lab '
	! signet key list 2>/dev/null | grep -q "^bob "'
challenge old SmartcardLogon
is 'the path of NDES leads to it too' in_lab '
	signet enroll scep --subject CN=old --upn alice@CORP.EXAMPLE \
	    http://127.0.0.1:8090/certsrv/mscep/mscep.dll/pkiclient.exe \
	    --name old --label old --challenge-fd 8 --pin-fd 7 \
	    7<<<$LAB_PIN 8<old.challenge'
challenge slow Badge
is 'what needs an officer waits' \
    says 1 'the CA has not decided yet' enroll slow --no-wait
is '... asks again' says 1 'the CA has not decided yet' in_lab '
	signet enroll scep --resume slow --no-wait --pin-fd 7 7<<<$LAB_PIN'
is '... the officer approves, and it comes' in_lab '
	signet-ca request approve --dir ca "$(signet-ca request list --dir ca \
	    --json --pending | python3 -c "import json, sys
print(json.load(sys.stdin)[0][\"request\"])")" --out /dev/null
	signet enroll scep --resume slow --no-wait --pin-fd 7 7<<<$LAB_PIN'
challenge no Badge
is 'what the officer denies is refused, in his words' in_lab '
	! SIGNET_CONFIG=signet.conf signet enroll scep lab --subject CN=no \
	    --name no --no-wait --challenge-fd 8 --pin-fd 7 7<<<$LAB_PIN \
	    8<no.challenge || exit 1
	signet-ca request deny --dir ca "$(signet-ca request list --dir ca \
	    --json --pending | python3 -c "import json, sys
print(json.load(sys.stdin)[0][\"request\"])")" --why "not this week"
	! signet enroll scep --resume no --no-wait --pin-fd 7 7<<<$LAB_PIN \
	    2>said || exit 1
	grep "not this week" said
	! signet enroll list | grep "^no "'
challenge tpm SmartcardLogon
is 'a key in the TPM without a gesture' enroll tpm --key-provider tpm
forget old slow
in_lab 'for name in old slow; do
	signet cert delete $name --yes --pin-fd 7 7<<<$LAB_PIN
done' >/dev/null

# --- signing in, and renewing ---

is 'alice signs in to the RDP host, both ways' signs_in badge

old_key=$(row badge key)
challenge two SmartcardLogon
enroll two >/dev/null
is 'today nothing is due' says 0 "Nothing is due; the next is" due 0 --due
is '... nor on day 290' says 0 "Nothing is due" due 290 --due
is 'on day 294 it is, and nobody is there' \
    says 5 'nobody can be asked for the PIN: badge, two' \
    due 294 --due '</dev/null 2>&1'
is '... which costs nothing' [ "$(row badge state)" = installed ]
is '... but for the key without a gesture, which needs nobody' \
    [ "$(row tpm key)" = tpm-2 ]
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
is 'the new certificate has the old one'"'"'s name and SID' in_lab '
	signet cert export badge --out fresh.crt
	! cmp -s badge.crt fresh.crt || exit 1
	openssl x509 -in fresh.crt -noout -text | grep -aq "$LAB_SID"'
is '... another key' not [ "$(row badge key)" = "$old_key" ]
is '... and takes its place; its key stays, since it can decrypt' in_lab '
	[ "$(signet cert list 2>/dev/null | grep -c "^badge ")" = 1 ]
	signet key list 2>/dev/null | grep -q "^'"$old_key"' "'
is 'alice signs in with the renewed one, both ways' signs_in badge
is 'by name it is renewed whenever, beside the old one' in_lab '
	signet enroll renew badge --keep-old --pin-fd 7 7<<<$LAB_PIN
	[ "$(signet cert list 2>/dev/null | grep -c "personal")" = 4 ]'
is 'with the same key, if the profile says so' in_lab '
	sed "s/^upn/renew-key = same\nupn/" signet.conf >same.conf
	signet-ca challenge new --dir ca --template SmartcardLogon \
	    --upn alice@CORP.EXAMPLE --sid $LAB_SID --subject CN=same >c
	SIGNET_CONFIG=same.conf signet enroll scep lab --subject CN=same \
	    --name same --label same --challenge-fd 8 --pin-fd 7 \
	    7<<<$LAB_PIN 8<c
	signet enroll renew same --pin-fd 7 7<<<$LAB_PIN |
	    grep "for the key .same. of"'
is 'a certificate that has expired is told' \
    says 0 'has expired, and no CA renews that' due 500 --due
is 'a server that is gone is told, and in the list afterwards' in_lab '
	kill -- -"$(pgrep -of "signet-ca serve --dir ca --listen 127.0.0.1:809")"
	! signet enroll renew badge --pin-fd 7 7<<<$LAB_PIN || exit 1
	signet enroll list | grep "badge: the last renewal failed: .*nothing"'
is 'what is no enrollment' says 1 'there is no enrollment' \
    in_lab 'signet enroll renew nothing'
is 'the units of the timer hold together' in_lab '
	mkdir -p units; cp $LAB_BUILD/data/signet-renew.service \
	    $LAB_SRC/data/systemd/user/signet-renew.timer units
	sed -i "s,^ExecStart=.*/signet ,ExecStart=$LAB_BUILD/cmd/signet/signet ," \
	    units/signet-renew.service
	XDG_RUNTIME_DIR=$PWD systemd-analyze --user --man=no verify \
	    units/signet-renew.service units/signet-renew.timer >verified 2>&1 &&
	    ! grep signet-renew verified'

cases_end
