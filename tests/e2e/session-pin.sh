#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Session PINs and the card's policy, with the real daemon, card service, pcscd
# and OpenSC: what a session PIN opens and what it never does, what ends it, and
# that the rules of signetd.conf hold at once on card and module.
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
#	policy KEY=VALUE...	signetd.conf, read anew
#	session [OPTION]...	a session PIN, into the file "session"
#	card YES|NO		waits until the reader shows one, or none
#	verify PIN		prints the card's status word
#	apdu HEX:HEX		the same
#	opensc-sign PIN		a signature by OpenSC's module
#	own-sign PIN [ENV]...	a signature by ours
#	tries N			how many the container has lost
#	says-card JSON		signet card --json has that
#	not COMMAND...		fails if that succeeds; after "!" the shell goes on
prelude='
cd "$LAB_DIR"
opensc=$(find /usr/lib -name opensc-pkcs11.so | head -n 1)
policy() {
	printf "[card]\n" >signetd.conf
	printf "%s\n" "$@" >>signetd.conf
	audits=$(grep -c card-policy log/signetd.log || :)
	kill -HUP "$(<run/signetd.pid)"
	for ((i = 0; i < 200; i++)); do
		(($(grep -c card-policy log/signetd.log || :) > audits)) &&
		    return
		sleep 0.02
	done
	return 1
}
session() {
	signet card session-pin "$@" --pin-fd 7 7<<<"${pin-$LAB_PIN}" >session
	grep -qxE "[0-9]{8}" session
}
card() {
	for ((i = 0; i < 250; i++)); do
		opensc-tool -l | grep -q "^0 *${1^} .*Signet Container 00 00" &&
		    return
		sleep 0.02
	done
	return 1
}
apdu() {
	opensc-tool -r 0 -s 00:A4:04:00:05:A0:00:00:03:08 -s "$1" |
	    grep -oE "SW1=0x[0-9A-F]{2}, SW2=0x[0-9A-F]{2}" | tail -n 1 |
	    sed -E "s/SW1=0x(..), SW2=0x(..)/\1\2/"
}
verify() {
	local hex
	hex=$(printf "%s" "$1" | xxd -p | sed "s/../&:/g")
	hex+=FF:FF:FF:FF:FF:FF:FF:FF
	apdu "00:20:00:80:08:${hex:0:23}"
}
opensc-sign() {
	printf "0123456789abcdef0123456789abcdef" >hash
	pkcs11-tool --module "$opensc" --slot-index 0 --login --pin "$1" \
	    --id 01 --sign --mechanism SHA256-RSA-PKCS -i hash -o sig &&
	openssl dgst -sha256 -verify key.pem -signature sig hash
}
own-sign() {
	local pin=$1
	shift
	printf "0123456789abcdef0123456789abcdef" >hash
	env "$@" pkcs11-tool --module "$LAB_HOST_MODULE" --login --pin "$pin" \
	    --sign --mechanism SHA256-RSA-PKCS -i hash -o sig &&
	openssl dgst -sha256 -verify key.pem -signature sig hash
}
tries() { signet status --json | grep -q "\"tries_used\": $1\b"; }
says-card() { signet card --json | tee /dev/stderr | grep -qF "$1"; }
'

in_lab()
{
	timeout 120 "$lab" exec "$work/a" -- \
	    bash -euo pipefail -c "$prelude$1"
}

"$lab" up --dir "$work/a" --without rdp --with card --with pcscd
in_lab 'signet setup --pin-fd 7 7<<<$LAB_PIN >/dev/null
signet request new --upn alice@CORP.EXAMPLE --out my --pin-fd 7 \
    7<<<$LAB_PIN >/dev/null
openssl req -in my.req -noout -pubkey >key.pem
signet-ca issue --dir ca --template SmartcardLogon --upn alice@CORP.EXAMPLE \
    --subject CN=alice,DC=corp,DC=example --in my.req --out alice.crt \
    2>/dev/null >/dev/null
signet request accept alice.crt pki/issuing.crt pki/root.crt --trust-root \
    --label alice --pin-fd 7 7<<<$LAB_PIN >/dev/null
printf "[card]\n" >signetd.conf; forest restart signetd' >/dev/null

is 'as it comes the card is there only while a session PIN is open' \
    in_lab 'card no; says-card "\"policy\": \"session\""
    says-card "\"present\": false"
    session; card yes; says-card "\"session_pin\": true"
    says-card "\"uses\": 6"; signet card | grep "6 uses and 3 wrong tries"'
is 'the card takes it and signs, by OpenSC' in_lab 'opensc-sign "$(<session)"'
is '... which is one use' in_lab 'says-card "\"uses\": 5"'
is '... and the PIN state is gone with that program' \
    in_lab 'says-card "\"verified\": false"'
is 'the card takes no other PIN, and no try of the container is lost' \
    in_lab '[ "$(verify "$LAB_PIN")" = 63C2 ]; tries 0'
is 'it does not open the container' in_lab 'rc=0
    signet key new more --type p256 --pin-fd 7 7<session || rc=$?
    [ $rc = 3 ]; tries 0
    not own-sign "$(<session)" SIGNET_PIN_ENTRY=application; tries 0
    rc=0; signet card session-pin --pin-fd 7 7<session || rc=$?
    [ $rc = 3 ]; tries 0'
is '... nor change its PIN' in_lab 'rc=0
    signet pin change --pin-fd 7 --new-pin-fd 8 7<session 8<<<918273 || rc=$?
    [ $rc = 3 ]; tries 0'
is 'our module takes it where it is told to' \
    in_lab 'own-sign "$(<session)" SIGNET_PIN_ENTRY=session
    says-card "\"uses\": 4"'
is '... for what the card shows, and for nothing else' in_lab '
    not env SIGNET_PIN_ENTRY=session pkcs11-tool --module $LAB_HOST_MODULE \
	--login --pin "$(<session)" --keypairgen --key-type EC:prime256v1 \
	--label more
    [ "$(signet key list --json | grep -c \"name\")" = 1 ]'
is 'PKINIT by it, through our module' in_lab '
    session; echo "$(<session)" | SIGNET_PIN_ENTRY=session \
	KRB5_CONFIG=$LAB_KRB5_PKINIT kinit -c FILE:s.cc -X \
	X509_user_identity=PKCS11:$LAB_HOST_MODULE alice
    klist -s -c FILE:s.cc'
is 'three wrong ones end it, and the container loses none' in_lab '
    session
    [ "$(verify 00000000)" = 63C2 ]; [ "$(verify 00000000)" = 63C1 ]
    [ "$(verify 00000000)" = 6983 ]
    says-card "\"session_pin\": false"; tries 0; card no'
is 'so many uses and no more' in_lab 'session --uses 2; card yes
    [ "$(verify "$(<session)")" = 9000 ]; [ "$(verify "$(<session)")" = 9000 ]
    [ "$(verify "$(<session)")" != 9000 ]; tries 0; card no'
is 'what it costs is limited' in_lab 'rc=0
    signet card session-pin --minutes 61 --pin-fd 7 7<<<$LAB_PIN || rc=$?
    [ $rc = 2 ]; rc=0
    signet card session-pin --uses 21 --pin-fd 7 7<<<$LAB_PIN || rc=$?
    [ $rc = 2 ]'
is 'it asks for the gesture, and counts a wrong one' in_lab 'rc=0
    signet card session-pin --pin-fd 7 7<<<864209 || rc=$?
    [ $rc = 3 ]; tries 1; session; tries 0'
is 'it goes to a descriptor where that is asked' in_lab '
    [ -z "$(signet card session-pin --out-fd 9 --pin-fd 7 7<<<$LAB_PIN \
	9>session)" ]; grep -qxE "[0-9]{8}" session'
for ending in 'signet card end' 'signet lock' 'forest restart signetd' \
    'signet pin change --pin-fd 7 --new-pin-fd 8 7<<<$LAB_PIN 8<<<975310'; do
	is "$(cut -d ' ' -f 1-3 <<<"${ending%%--*}") ends it" in_lab "session
	    card yes; $ending; says-card '\"session_pin\": false'
	    not opensc-sign \"\$(<session)\"; tries 0; card no"
done
in_lab 'signet pin change --pin-fd 7 --new-pin-fd 8 7<<<975310 8<<<$LAB_PIN' \
    >/dev/null
is 'what is over ends nothing more' says 1 'no session PIN is open' \
    in_lab 'signet card end'

echo '-- the policy'
is 'certificates = yes: the card takes the container'"'"'s PIN' in_lab '
    policy "certificates = yes" "all-users = yes"; card yes
    says-card "\"policy\": \"card\""; opensc-sign "$LAB_PIN"'
is '... and counts its tries' in_lab '[ "$(verify 864209)" = 63C4 ]; tries 1
    [ "$(verify "$LAB_PIN")" = 9000 ]; tries 0'
is '... while a session PIN is open it does not' in_lab 'session
    [ "$(verify "$LAB_PIN")" = 63C2 ]; tries 0; opensc-sign "$(<session)"
    signet card end; opensc-sign "$LAB_PIN"'
is '... and one that is over costs it no try' in_lab '
    for i in 1 2 3 4 5 6; do [ "$(verify "$(<session)")" = 6983 ]; done
    tries 0; opensc-sign "$LAB_PIN"'
is '... the module calls them as the card does' in_lab '
    pkcs11-tool --module $LAB_HOST_MODULE -O |
	grep "label: *Certificate for PIV Authentication"
    SIGNET_LABELS=own pkcs11-tool --module $LAB_HOST_MODULE -O |
	grep "label: *alice"'
is '... and the reader as pcscd does' in_lab '
    pkcs11-tool --module $LAB_HOST_MODULE -L | grep "$LAB_READER"
    pkcs11-tool --module $opensc -L | grep "$LAB_READER"'
is '... a login lasts no longer than a card'"'"'s' in_lab '
    policy "certificates = yes" "all-users = yes" "idle = 1"
    signer() { SIGNET_LABELS=own SIGNET_PIN_ENTRY=application \
	$LAB_BUILD/tests/soak/signer $LAB_HOST_MODULE login 2 1500; }
    signer | tee /dev/stderr | grep "logins 2 "
    policy "certificates = no"; signer | tee /dev/stderr | grep "logins 1 "'
is 'all-users = no: the card is there with its owner only' in_lab '
    policy "certificates = yes" "sessions = $LAB_DIR/users"; forest restart signetd
    card no; mkdir -p users; echo STATE=active >users/$(id -u); card yes
    echo STATE=closing >users/$(id -u); card no'
is '... or while one of his programs is logged in' in_lab '
    SIGNET_LABELS=own SIGNET_PIN_ENTRY=application \
	$LAB_BUILD/tests/soak/signer $LAB_HOST_MODULE login 2 1500 & card yes
    wait; card no'
is 'certificates = no: at once they are Hello keys again' in_lab '
    policy "certificates = no" "all-users = yes"; card no
    not opensc-sign "$LAB_PIN"
    pkcs11-tool --module $LAB_HOST_MODULE -O | grep "label: *alice"
    own-sign "$LAB_PIN" SIGNET_PIN_ENTRY=application'
is 'emulation = no: no card, no session PIN, and what was open is over' in_lab '
    session; card yes; policy "emulation = no"; card no
    says-card "\"policy\": \"off\""; rc=0
    says-card "\"session_pin\": false"; tries 0
    signet card session-pin --pin-fd 7 7<<<$LAB_PIN || rc=$?
    [ $rc = 1 ]; own-sign "$LAB_PIN" SIGNET_PIN_ENTRY=application'
is 'a mistake in the file changes nothing' in_lab '
    printf "[card]\nemulation = yes\ncertificates = perhaps\n" >signetd.conf
    kill -HUP "$(<run/signetd.pid)"
    for i in $(seq 100); do
	grep "the rules for cards stay" log/signetd.log && break; sleep 0.05
    done; says-card "\"policy\": \"off\""'
is '... and a daemon that starts with it says where' in_lab '
    not "$LAB_BUILD/cmd/signetd/signetd" --config signetd.conf \
	--socket /tmp/x.sock 2>said; cat said; grep "signetd.conf:3: " said'

echo '-- PINs longer than a card'"'"'s'
is 'the card takes session PINs only, and tries nothing' in_lab '
    policy "certificates = yes" "all-users = yes"; card yes
    echo 918273645546 >long
    signet pin change --pin-fd 7 --new-pin-fd 8 7<<<$LAB_PIN 8<long
    signet card | grep "longer than a card"
    [ "$(verify 91827364)" = 6983 ]; tries 0; [ "$(apdu 00:20:00:80)" = 6983 ]
    pin=$(<long) session; opensc-sign "$(<session)"
    signet pin change --pin-fd 7 --new-pin-fd 8 7<long 8<<<$LAB_PIN
    opensc-sign "$LAB_PIN"'

echo '-- who asks'
is 'only the card service and root ask for cards' in_lab '
    ask() { setpriv --reuid=1002 --clear-groups \
	"$LAB_SRC/tests/lib/ask-verb" $SIGNET_SOCKET "$@"; }
    chmod 755 . && chmod 666 signetd.sock
    for verb in "24" "25 u=0" "26 u=0" "27 u=0 b=$LAB_PIN" "28 u=0" \
	"29 u=0 b=login b=x" "30 u=0 b=$LAB_PIN b=918273"; do
	ask $verb | tee /dev/stderr | grep "^7 only the card service"
    done; tries 0
    ask 32 | grep "^5 "; ask 31 b=$LAB_PIN u=60 u=1 u=0 b= | grep "^5 "'
is '... which may be any account' in_lab '
    echo "signet-card:x:1002:1002::/:/bin/false" >>/etc/passwd || exit 77
    forest restart signetd
    setpriv --reuid=1002 --clear-groups "$LAB_SRC/tests/lib/ask-verb" \
	$SIGNET_SOCKET 26 u=0 | tee /dev/stderr | grep "^0 "'
is 'each use is in the audit, with who the card is for' in_lab '
    grep "card-use uid=$(id -u) .*program=\"signet-card\" by=session-pin \
key=\"login\" ref=9A result=ok" log/signetd.log
    grep "card-verify uid=$(id -u) .*by=pin result=pin" log/signetd.log
    grep "session-pin-end uid=$(id -u) why=uses" log/signetd.log
    signet audit --help >/dev/null'
cases_end
