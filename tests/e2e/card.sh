#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The emulated smart card, from pcscd's clients: the programs that use cards,
# who may use whose PIN, and what happens when a process in between ends.
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

# Words for the lab's shell. After "!" it would go on, after "not" it does not.
# A client is a program with one or more contexts:
#	client NAME		starts one
#	ask NAME LINE		its answer to a line (tests/e2e/card_client.c)
#	answers NAME TEXT LINE	... is that text
#	sign NAME N KEY SW	an RSA signature in context N, and how it ends
#	over SERVICE		... is waited for
prelude='
cd "$LAB_DIR"
for M in /usr/lib/*/opensc-pkcs11.so; do :; done
Y="yubico-piv-tool -r Signet"
OLD="$LAB_PIN"
PINHEX=$(printf %s "$LAB_PIN" | od -An -v -tx1 | tr -d " \n")
RIGHT=0020008008${PINHEX}ffff WRONG=0020008008393939393939ffff
STATUS=00200080
BLOCK=$(printf "55%.0s" {1..256})
export KRB5_CONFIG=$LAB_KRB5_PKINIT KRB5CCNAME=FILE:/run/lab/ccache
client() {
	rm -f "$1.in" "$1.out"
	mkfifo "$1.in" "$1.out"
	"$LAB_BUILD/tests/e2e/card_client" "$LAB_READER" <"$1.in" >"$1.out" &
	eval "exec {${1}_in}>$1.in {${1}_out}<$1.out"
}
ask() {
	local in=${1}_in out=${1}_out reply
	echo "$2" >&"${!in}"
	read -r -t 20 reply <&"${!out}"
	echo "$reply"
}
answers() {
	local reply
	reply=$(ask "$1" "$3")
	[[ $reply == $2 ]] || { echo "$1: $3: $reply, not $2"; return 1; }
}
sign() {
	answers "$1" 9000 "$2 108707${3}ff7c820106820081820100${BLOCK:0:490}" &&
	answers "$1" "*$4" "$2 008707${3}0b${BLOCK:0:22}00"
}
opens() {
	local i
	for ((i = 0; i < 100; i++)); do
		[[ $(ask "$1" "open $2") != ok ]] || return 0
		sleep 0.05
	done
	ask "$1" "open $2"
	return 1
}
card_is() {
	local i
	for ((i = 0; i < 100; i++)); do
		! opensc-tool -l | grep -q "^0 *$1 " || return 0
		sleep 0.05
	done
	opensc-tool -l
	return 1
}
desktop() {
	local before
	rm -f creds/*
	: >>$LAB_RDP_KRB5_LOG
	before=$(wc -l <$LAB_RDP_KRB5_LOG)
	SSL_CERT_FILE=$LAB_CHAIN xfreerdp3 /v:$LAB_RDP_HOST /sec:nla \
		/cert:deny "/auth-pkg-list:!ntlm,kerberos" \
		/smartcard-logon:pin:$LAB_PIN \
		/kerberos:pkcs11-module:$1,pkinit-anchors:FILE:$LAB_CHAIN \
		+auth-only || :
	tail -n +$((before + 1)) $LAB_RDP_KRB5_LOG |
		grep "AP-REQ ticket: alice@CORP.EXAMPLE -> TERMSRV"
}
tries() {
	signet status --json | grep -o "\"tries_used\": *[0-9]*" |
	    grep -o "[0-9]*$"
}
key() {
	signet key new "card/$1" --type "$2" --pin-fd 3 3<<<"$LAB_PIN"
	signet request new --upn alice@CORP.EXAMPLE --key "card/$1" \
		--name "$1" --out "$1" --pin-fd 3 3<<<"$LAB_PIN"
	signet-ca issue --dir "$LAB_CA" --template ClientAuth \
		--upn alice@CORP.EXAMPLE --in "$1.req" --out "$1.crt" \
		--chain-out chain.pem
	# It asks for smart card logon, which only the one in 9A is for.
	signet request accept "$1.crt" chain.pem --force \
		--pin-fd 3 3<<<"$LAB_PIN"
}
'

in_lab()
{
	timeout 60 "$lab" exec "$work/a" -- \
	    bash -euo pipefail -c "$prelude$1"
}

# As another user of the machine.
as_bob()
{
	timeout 60 "$lab" exec "$work/a" --user 1002 -- \
	    bash -euo pipefail -c "$prelude$1"
}

"$lab" up --dir "$work/a"
in_lab 'ss -ltnH >listening.before
	printf "%s\n" "[card]" "certificates = yes" "all-users = yes" \
		"idle = 60" >signetd.conf
	forest restart signetd
	forest start card
	forest start pcscd
	signet setup --pin-fd 3 3<<<"$LAB_PIN"
	signet request new --upn alice@CORP.EXAMPLE --out login \
		--pin-fd 3 3<<<"$LAB_PIN"
	signet-ca issue --dir "$LAB_CA" --template SmartcardLogon \
		--upn alice@CORP.EXAMPLE --in login.req --out 9a.crt \
		--chain-out chain.pem
	signet request accept 9a.crt chain.pem --trust-root \
		--pin-fd 3 3<<<"$LAB_PIN"' >"$work/setup" 2>&1 ||
    { cat "$work/setup"; exit 1; }

# Another user's container, with a certificate of its own.
another_card()
{
	as_bob 'cd
		signet setup --pin-fd 3 3<<<"$LAB_PIN"
		signet request new --upn bob@CORP.EXAMPLE --out bob \
			--pin-fd 3 3<<<"$LAB_PIN"' &&
	in_lab 'signet-ca issue --dir "$LAB_CA" --template SmartcardLogon \
			--upn bob@CORP.EXAMPLE --in home-1002/bob.req \
			--out home-1002/bob.crt --chain-out home-1002/chain.pem
		chmod 644 home-1002/bob.crt home-1002/chain.pem' &&
	as_bob 'cd
		signet request accept bob.crt chain.pem --trust-root \
			--pin-fd 3 3<<<"$LAB_PIN"'
}

echo '-- signing in'
is 'the card comes by itself' in_lab 'card_is Yes'
is "another user's card finds no slot" another_card
is '... and signet card says so' as_bob '
	signet card | grep "no slot left (slots in"
	signet card --json | grep "\"crowded\": true"'
is '... though not to who has it' in_lab '
	[[ $(opensc-tool -l | grep -c "Signet Container") == 1 ]]
	signet card | grep "in the reader$"
	signet card --json | grep "\"crowded\": false"'
as_bob 'signet reset --yes' >"$work/setup" 2>&1 || cat "$work/setup"
is 'MIT Kerberos signs in by it' in_lab '
	kinit -X X509_user_identity=PKCS11:module_name=$M:certid=01 alice \
		<<<"$LAB_PIN"
	klist | grep krbtgt && kdestroy'
is '... and by our own module' in_lab '
	export SIGNET_PIN_ENTRY=application
	kinit -X X509_user_identity=PKCS11:module_name=$LAB_HOST_MODULE alice \
		<<<"$LAB_PIN"
	klist | grep krbtgt && kdestroy'
is 'FreeRDP lists it with reader, container and user' in_lab '
	xfreerdp3 /list:smartcard:pkcs11-module:$M >out 2>&1
	grep -q "reader: $LAB_READER" out
	grep -q "UPN: alice@CORP.EXAMPLE" out
	grep -q "containerName: [0-9a-f-]*5fc105" out'
is '... and signs in with it' in_lab 'desktop $M
	tscreds creds/*.der | grep "\"readerName\": \"$LAB_READER\""'
is '... and by our own module, which names the same reader' in_lab '
	SIGNET_PIN_ENTRY=application desktop $LAB_HOST_MODULE
	tscreds creds/*.der | grep "\"readerName\": \"$LAB_READER\""'

in_lab 'key 9d rsa2048
	key 9e p256' >"$work/setup" 2>&1 || { cat "$work/setup"; exit 1; }
is 'two more certificates are there soon' in_lab '
	for ((i = 0; i < 100; i++)); do
		[ "$(pkcs15-tool -c 2>&1 | grep -c "^X.509")" != 3 ] || break
		sleep 0.05
	done
	[ $i -lt 100 ]'

echo '-- the programs that use cards'
is 'the reader has the name that everybody expects' in_lab '
	opensc-tool -l | grep -q "^0 .*$LAB_READER$"'
is 'its answer to reset is ours' in_lab '
	opensc-tool -a | grep -qx 3b:8c:81:31:fe:15:80:73:c0:21:c0:56:53:69:67:6e:65:74:71'
is 'OpenSC knows what it is' in_lab '
	opensc-tool -n | grep -x "Personal Identity Verification Card"
	piv-tool -n | grep -x "Personal Identity Verification Card"'
is 'its serial number is the GUID' in_lab '
	opensc-tool --serial | sed -n 2p | cut -c1-47 | tr -d " " >serial
	opensc-tool -s 00:CB:3F:FF:05:5C:03:5F:C1:02:00 | grep -v : |
		cut -c1-47 | tr -d " \n" | grep -i "3410$(tail -n1 serial)" ||
	{ cat serial; opensc-tool --serial; false; }'
is 'SELECT by five bytes answers with the whole identifier' in_lab '
	opensc-tool -s 00:A4:04:00:05:A0:00:00:03:08 >out
	grep -q "61 11 4F 06 00 00 10 00 01 00 79 07 4F 05 A0 00" out
	grep -q SW1=0x90 out'
is 'discovery, CHUID, CCC and key history are there' in_lab '
	opensc-tool -s 00:CB:3F:FF:03:5C:01:7E:00 \
		-s 00:CB:3F:FF:05:5C:03:5F:C1:02:00 \
		-s 00:CB:3F:FF:05:5C:03:5F:C1:07:00 \
		-s 00:CB:3F:FF:05:5C:03:5F:C1:0C:00 >out
	[ "$(grep -c SW1=0x90 out)" = 4 ]'
is 'pkcs15-tool shows keys, certificates and an SSH key' in_lab '
	pkcs15-tool -D >out 2>&1
	[ "$(grep -c "^Private .* Key" out)" = 3 ]
	[ "$(pkcs15-tool -c | grep -c "^X.509")" = 3 ]
	pkcs15-tool --read-ssh-key 01 2>/dev/null >ssh.pub
	ssh-keygen -i -m PKCS8 -f <(openssl x509 -in 9a.crt -noout -pubkey) |
		cmp - <(cut -d" " -f1,2 ssh.pub)'
is 'yubico-piv-tool finds reader, version and status' in_lab '
	$Y -a list-readers | grep -qx "$LAB_READER"
	$Y -a version 2>&1 | grep -q "version 1\.0\.0"
	$Y -a status >out
	grep -A3 "^Slot 9a" out | grep -q RSA2048
	grep -A3 "^Slot 9e" out | grep -q ECCP256
	grep -qi "^CHUID:.*$(tail -n1 serial)" out'
is 'yubico-piv-tool signs with 9A' in_lab '
	$Y -a verify-pin -P "$LAB_PIN" -a test-signature -s 9a -i 9a.crt 2>&1 |
		grep "Successful RSA verification"'
is '... decrypts with 9D' in_lab '
	$Y -a verify-pin -P "$LAB_PIN" -a test-decipher -s 9d -i 9d.crt 2>&1 |
		grep "Successfully performed RSA decryption"'
is '... and signs with 9E, whose key is the TPM'"'"'s and wants a PIN too' \
    in_lab '
	$Y -a verify-pin -P "$LAB_PIN" -a test-signature -s 9e -i 9e.crt 2>&1 |
		grep "Successful ECDSA verification"
	not $Y -a test-signature -s 9e -i 9e.crt'
is 'there is no management key, and that is said in order' in_lab '
	echo 010203040506070801020304050607080102030405060708 >mgm
	rc=0
	PIV_EXT_AUTH_KEY=mgm piv-tool -A M:9B:03 >out 2>&1 || rc=$?
	[ $rc = 1 ] && grep -q "admin_mode failed" out
	not $Y -a generate -s 9a -A RSA2048
	not $Y -a import-certificate -s 9a -i 9a.crt
	$Y -a status | grep -q "^Slot 9a"'
is 'PIN and unblocking by yubico-piv-tool' in_lab '
	$Y -a change-pin -P "$LAB_PIN" -N 24681357
	$Y -a verify-pin -P 24681357
	signet pin change --help >/dev/null
	not $Y -a verify-pin -P "$LAB_PIN"
	$Y -a change-pin -P 24681357 -N "$LAB_PIN"
	not $Y -a unblock-pin -P 12345678 -N 111111
	$Y -a verify-pin -P "$LAB_PIN"'

echo '-- PKCS#11 by OpenSC'
is 'pkcs11-tool lists the token and its objects' in_lab '
	pkcs11-tool --module $M -L | grep -q "alice@CORP.EXAMPLE"
	pkcs11-tool --module $M -O >out
	[ "$(grep -c "^Certificate Object" out)" = 3 ]'
is 'pkcs11-tool signs, and the signature is good' in_lab '
	openssl x509 -in 9a.crt -noout -pubkey >pub9a.pem
	echo text | openssl dgst -sha256 -binary >digest
	{ printf "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
	cat digest; } >digestinfo
	pkcs11-tool --module $M -l -p "$LAB_PIN" --id 01 -s -m RSA-PKCS \
		-i digestinfo -o sig
	openssl pkeyutl -verify -pubin -inkey pub9a.pem -sigfile sig \
		-in digest -pkeyopt digest:sha256'
is 'its own tests find no error' in_lab '
	pkcs11-tool --module $M -l -p "$LAB_PIN" -t >out 2>&1
	tail -n1 out | grep -qx "No errors"'
is 'p11tool and ssh-keygen see it' in_lab '
	p11tool --list-tokens --provider $M | grep -q "token=alice"
	[ "$(ssh-keygen -D $M | wc -l)" = 3 ]'
is 'NSS has its keys and trusts them' in_lab '
	mkdir -p nssdb
	certutil -N -d sql:nssdb --empty-password
	modutil -dbdir sql:nssdb -add x -libfile $M -force
	echo "$LAB_PIN" >pin.txt
	certutil -K -d sql:nssdb -h alice@CORP.EXAMPLE -f pin.txt |
		grep -q "PIV AUTH key"
	certutil -L -d sql:nssdb -h alice@CORP.EXAMPLE -f pin.txt |
		grep "PIV Authentication" | grep -q "u,u,u"'
is 'nothing new listens' in_lab 'ss -ltnH | cmp - listening.before'

echo '-- the PIN'
is 'tries are those that the TPM counts' in_lab '
	client a
	answers a ok "open 1"
	answers a 63c5 "1 $STATUS"
	answers a 63c4 "1 $WRONG"
	answers a 63c3 "1 $WRONG"
	[ "$(tries)" = 2 ]
	answers a 63c3 "1 $STATUS"
	answers a 9000 "1 $RIGHT"
	answers a 9000 "1 $STATUS"
	[ "$(tries)" = 0 ]'
is 'a PIN that no card can have costs no try' in_lab '
	client a
	answers a ok "open 1"
	answers a 6a80 "1 002000800431323334"
	answers a 6a80 "1 00200080083132ffffffffffff"
	answers a 6983 "1 002c0080103132333435363738313233343536ffff"
	[ "$(tries)" = 0 ]'
is 'a PIN that one has verified is no use to another' in_lab '
	client a
	answers a ok "open 1"
	answers a 9000 "1 $RIGHT"
	client b
	answers b ok "open 1"
	answers b 63c5 "1 $STATUS"
	sign b 1 9a 6982
	sign a 1 9a 6108
	answers b 9000 "1 0020ff80"
	sign a 1 9a 6108
	answers b ok "open 2"
	sign b 2 9a 6982'
in_lab 'client a
	answers a ok "open 1"
	answers a 9000 "1 $RIGHT"
	: >go
	for ((i = 0; i < 400; i++)); do
		[ ! -e done ] || break
		sleep 0.05
	done
	sign a 1 9a 6108' >"$work/owner" 2>&1 &
owner=$!
for ((i = 0; i < 400; i++)); do
	[ ! -e "$work/a/go" ] || break
	sleep 0.05
done
is '... not to another user either, who gets 6982' as_bob '
	[ -e go ]
	[ "$LAB_KIND" = one ] || [ "$(id -u)" = 1002 ]
	printf "%s\n" "open 1" "1 $STATUS" \
		"1 1087079aff7c820106820081820100${BLOCK:0:490}" \
		"1 0087079a0b${BLOCK:0:22}00" >~/lines
	"$LAB_BUILD/tests/e2e/card_client" "$LAB_READER" <~/lines >~/replies
	cat ~/replies
	[ "$(tr "\n" " " <~/replies)" = "ok 63c5 9000 6982 " ]'
: >"$work/a/done"
is '... while the first one goes on' wait "$owner"
is 'the card service talks to pcscd alone' as_bob '
	[ "$LAB_KIND" = one ] || python3 -c "
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
try:
	s.connect(sys.argv[1])
	s.send(bytes([1] + [0] * 8 + [1, 3, 0]))
	sys.exit(1 if s.recv(1) else 0)
except PermissionError:
	pass" "$LAB_CARD_SOCKET"'
is 'reset, power and another application take the PIN' in_lab '
	client a
	answers a ok "open 1"
	answers a ok "open 2"
	answers a 9000 "1 $RIGHT"
	answers a ok "reset 1"
	answers a 63c5 "1 $STATUS"
	sign a 1 9a 6982
	answers a "error*" "2 $STATUS"
	answers a 9000 "1 $RIGHT"
	answers a 6a82 "1 00a4040009a00000039742544659"
	sign a 1 9a 6982
	answers a 9000 "1 $RIGHT"
	answers a ok "close 2"
	answers a ok "unpower 1"
	answers a ok "open 1"
	sign a 1 9a 6982'
is 'who goes takes his PIN along' in_lab '
	client a
	client b
	answers a ok "open 1"
	answers b ok "open 1"
	answers a 9000 "1 $RIGHT"
	answers a ok "close 1"
	answers a ok "open 1"
	sign a 1 9a 6982'
is 'an idle PIN is forgotten' in_lab '
	sed -i "s/^idle.*/idle = 1/" signetd.conf
	kill -HUP $(<run/signetd.pid)
	for ((i = 0; i < 40; i++)); do
		client a
		answers a ok "open 1"
		answers a 9000 "1 $RIGHT"
		sleep 1.2
		[ "$(ask a "1 $STATUS")" = 9000 ] || break
	done
	sign a 1 9a 6982
	sed -i "s/^idle.*/idle = 60/" signetd.conf
	kill -HUP $(<run/signetd.pid)'

echo '-- 9C'
in_lab 'opensc-tool --serial 2>/dev/null >serial.before
	key 9c rsa2048' >"$work/setup" 2>&1 || cat "$work/setup"
is 'another certificate is another card' in_lab '
	for ((i = 0; i < 40; i++)); do
		opensc-tool --serial 2>/dev/null >serial.after || :
		[ ! -s serial.after ] || cmp -s serial.* || break
		sleep 0.05
	done
	[ -s serial.after ] && ! cmp serial.before serial.after'
is 'each signature wants the PIN, right before it' in_lab '
	client a
	opens a 1
	sign a 1 9c 6982
	answers a 9000 "1 $RIGHT"
	sign a 1 9c 6108
	sign a 1 9c 6982
	sign a 1 9a 6982
	answers a 9000 "1 $RIGHT"
	answers a "*9000" "1 00cb3fff035c017e00"
	sign a 1 9c 6108
	answers a 9000 "1 $RIGHT"
	sign a 1 9a 6108
	sign a 1 9c 6982'
is 'OpenSC says so' in_lab '
	pkcs11-tool --module $M -l -p "$LAB_PIN" -O -y privkey |
		grep -A4 "SIGN key" | grep "always authenticate"'
is '... and yubico-piv-tool signs with it' in_lab '
	$Y -a verify-pin -P "$LAB_PIN" -a test-signature -s 9c -i 9c.crt 2>&1 |
		grep "Successful RSA verification"'
is 'OpenSC finds no error where it may repeat the PIN' in_lab '
	printf "%s\n" "app default {" "framework pkcs15 {" \
		"pin_cache_ignore_user_consent = true;" "}" "}" >opensc.conf
	OPENSC_CONF=$PWD/opensc.conf pkcs11-tool --module $M -l -p "$LAB_PIN" \
		-t >out 2>&1
	tail -n1 out | grep -qx "No errors"
	grep -A1 "SIGN key" out | grep -q OK'

echo '-- what happens when one of them ends'
is 'two programs between each other: a broken chain, and no more' in_lab '
	client a
	client b
	opens a 1
	answers b ok "open 1"
	answers a 9000 "1 $RIGHT"
	answers a 9000 "1 1087079aff7c820106820081820100${BLOCK:0:490}"
	answers b "*6100" "1 00cb3fff055c035fc10500"
	answers a 6a80 "1 0087079a0b${BLOCK:0:22}00"
	answers b 6985 "1 00c0000000"
	sign a 1 9a 6108
	answers b 6985 "1 00c0000000"
	sign a 1 9a 6108'
is '... and in transactions, nothing broken' in_lab '
	for n in a b; do
		( client $n
		opens $n 1
		answers $n 9000 "1 $RIGHT"
		for ((i = 0; i < 10; i++)); do
			answers $n ok "begin 1"
			sign $n 1 9a 6108
			answers $n "*9000" "1 00c0000000"
			answers $n ok "end 1"
		done ) &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid"; done'
is 'a reset in the middle of a chain' in_lab '
	client a
	opens a 1
	answers a 9000 "1 $RIGHT"
	answers a 9000 "1 1087079aff7c820106820081820100${BLOCK:0:490}"
	answers a ok "reset 1"
	answers a 6a80 "1 0087079a0b${BLOCK:0:22}00"
	answers a 9000 "1 $RIGHT"
	sign a 1 9a 6108'
is 'the card service is killed: the card is back, without the PIN' in_lab '
	client a
	opens a 1
	answers a 9000 "1 $RIGHT"
	kill -KILL $(<run/card.pid)
	answers a "error*" "1 $STATUS"
	card_is No
	forest restart card
	card_is Yes
	opens a 1
	answers a 63c5 "1 $STATUS"
	sign a 1 9a 6982
	answers a 9000 "1 $RIGHT"
	sign a 1 9a 6108'
is '... stopped in order: signetd has no PIN of it left' in_lab '
	client a
	opens a 1
	answers a 9000 "1 $RIGHT"
	forest stop card
	forest start card
	card_is Yes
	opens a 1
	sign a 1 9a 6982'
is 'pcscd is killed: likewise' in_lab '
	client a
	opens a 1
	answers a 9000 "1 $RIGHT"
	kill -KILL $(<run/pcscd.pid)
	answers a "error*" "1 $STATUS"
	forest restart pcscd
	card_is Yes
	client b
	opens b 1
	sign b 1 9a 6982
	answers b 9000 "1 $RIGHT"
	sign b 1 9a 6108'
is 'signetd is killed: likewise' in_lab '
	client a
	opens a 1
	answers a 9000 "1 $RIGHT"
	kill -KILL $(<run/signetd.pid)
	card_is No
	answers a "error*" "1 $STATUS"
	forest restart signetd
	card_is Yes
	opens a 1
	sign a 1 9a 6982
	answers a 9000 "1 $RIGHT"
	sign a 1 9a 6108'
is 'pcscd before the card service: the card comes all the same' in_lab '
	forest stop pcscd
	forest stop card
	forest start pcscd
	opensc-tool -l | grep "^0 *No"
	forest start card
	card_is Yes'
is 'the policy takes the card out at once, and puts it in again' in_lab '
	sed -i "s/^certificates.*/certificates = no/" signetd.conf
	kill -HUP $(<run/signetd.pid)
	card_is No
	sed -i "s/^certificates.*/certificates = yes/" signetd.conf
	kill -HUP $(<run/signetd.pid)
	card_is Yes'

echo '-- two users and one slot'
one_slot()
{
	in_lab 'printf "%s\n" "[card]" "certificates = yes" "slots = 1" \
		"idle = 60" "sessions = $LAB_DIR/users" >signetd.conf
	mkdir -p users
	echo STATE=active >users/$(id -u)
	forest restart signetd
	card_is Yes'
	as_bob 'cd ~; rm -f bob.*; signet reset --yes || :
	signet setup --pin-fd 3 3<<<591602
	signet request new --upn bob@CORP.EXAMPLE --out bob --pin-fd 3 3<<<591602
	cp bob.req /tmp/bob.req'
	in_lab 'signet-ca issue --dir "$LAB_CA" --template SmartcardLogon \
		--upn bob@CORP.EXAMPLE --in /tmp/bob.req --out /tmp/bob.crt \
		--chain-out /tmp/bob.pem
	chmod 644 /tmp/bob.crt /tmp/bob.pem'
	as_bob 'signet request accept /tmp/bob.crt /tmp/bob.pem --trust-root \
		--pin-fd 3 3<<<591602'
}
if in_lab '[ "$LAB_KIND" = one ]'; then
	skip 'two users and one slot' 'one user id: see tests/lab/README.md'
else
	one_slot >"$work/setup" 2>&1 || { cat "$work/setup"; exit 1; }
	is 'whose PIN was verified goes, and with him his PIN' in_lab '
	client a
	opens a 1
	answers a 9000 "1 $RIGHT"
	sign a 1 9a 6108
	echo STATE=active >users/1002
	echo STATE=closing >users/$(id -u)
	for ((i = 0; i < 100; i++)); do
		[[ $(ask a "1 $STATUS") != error* ]] || break
		sleep 0.05
	done
	answers a "error*" "1 $STATUS"
	sign a 1 9a 6982 && exit 1
	ask a "close 1"
	opens a 1
	answers a 63c5 "1 $STATUS"
	sign a 1 9a 6982'
	is '... to the next one in the slot his PIN is a wrong one' in_lab '
	client a
	opens a 1
	answers a 63c4 "1 $RIGHT"
	sign a 1 9a 6982
	[ "$(tries)" = 0 ]'
	is '... whose own is right' as_bob '
	RIGHT=0020008008$(printf %s 591602 | od -An -v -tx1 | tr -d " \n")ffff
	printf "%s\n" "open 1" "1 $RIGHT" "1 $STATUS" >~/lines
	"$LAB_BUILD/tests/e2e/card_client" "$LAB_READER" <~/lines >~/replies
	cat ~/replies
	[ "$(tr "\n" " " <~/replies)" = "ok 9000 9000 " ]'
fi
is 'nothing new listens now either' in_lab 'ss -ltnH | cmp - listening.before'
is 'no sanitizer has spoken' in_lab \
    '! grep -a Sanitizer log/card.log log/signetd.log'
is 'no PIN is in a log' in_lab '
	not grep -aF "$LAB_PIN" log/card.log log/pcscd.log log/signetd.log
	! grep -aiF "$PINHEX" log/card.log log/signetd.log'

cases_end
