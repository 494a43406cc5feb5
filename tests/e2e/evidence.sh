#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Requests that no officer vouches for: a container renews its own certificate,
# an enrollment agent (OpenSSL) asks on behalf of somebody, and those who try
# without the right to.
# shellcheck disable=SC2016	# the lab's shell expands what is quoted here
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/cases.sh
. tests/lib/cases.sh

lab=$PWD/tests/lab/lab
work=$(mktemp -d)
domain=S-1-5-21-1004336348-1177238915-682003330

cleanup()
{
	"$lab" down "$work/a" --remove || :
	rm -rf "$work"
}

in_lab()
{
	"$lab" exec "$work/a" -- bash -euo pipefail -c "cd \"\$LAB_DIR\"; $1"
}

# renew NAME OPTIONS: the container's request for its certificate once more.
renew()
{
	in_lab "signet request renew $2 --out $1 --name $1 \
		--pin-fd 3 3<<<\$LAB_PIN"
}

# submit NAME OPTIONS: what becomes of NAME.req; NAME.pem is the certificate.
submit()
{
	in_lab "signet-ca submit --dir ca $1.req --out $1.pem ${2-}"
}

# agent NAME KEY TEMPLATE WHOM [OPTIONS]: a request for a new key, signed by
# KEY.pem. What is signed is a PKIData (RFC 5272), since OpenSSL's command
# signs no attributes of ours.
agent()
{
	in_lab "
	openssl req -new -newkey rsa:2048 -nodes -keyout $1.key \
		-subj /CN=mallory -outform DER -out $1.csr 2>/dev/null
	python3 - $1.csr '$4' '$3' >$1.data <<'END'
import sys
def tlv(tag, *parts):
    body = b''.join(parts)
    n = len(body)
    size = bytes([n]) if n < 128 else bytes([0x82, n >> 8, n & 255])
    return bytes([tag]) + size + body
request = open(sys.argv[1], 'rb').read()
said = 'CertificateTemplate=' + sys.argv[3]
if sys.argv[2]:
    said += '&requestername=' + sys.argv[2]
info = tlv(0x30, b'\x02\x01\x02', bytes.fromhex('06082b06010505070712'),
           tlv(0x31, tlv(4, said.encode())))
sys.stdout.buffer.write(tlv(0x30, tlv(0x30, info),
    tlv(0x30, tlv(0xa0, b'\x02\x01\x01', request)), b'\x30\0\x30\0'))
END
	openssl cms -sign -binary -nodetach -md sha256 \
		-econtent_type 1.3.6.1.5.5.7.12.2 -in $1.data -signer $2.pem \
		-inkey $2.key -outform PEM -out $1.req ${5-}"
}

# holder NAME TEMPLATE OPTIONS: a key in a file, and a certificate by an
# officer's word.
holder()
{
	in_lab "openssl req -new -newkey rsa:2048 -nodes -keyout $1.key \
		-subj /CN=x -out $1.csr 2>/dev/null
	signet-ca issue --dir ca --template $2 --in $1.csr --out $1.pem \
		--upn $1@corp.example $3"
}

kept()
{
	in_lab 'signet-ca request list --dir ca | wc -l'
}

"$lab" up --dir "$work/a" --without rdp

# By the lab's CA.
in_lab "set -e
	signet-ca template duplicate --dir ca 'Smartcard Logon' Staff \
		ca-compatibility=2012 recipient-compatibility=8
	signet-ca template access --dir ca Staff --allow 'Domain Users:enroll'
	signet-ca template publish --dir ca Staff
	signet-ca template duplicate --dir ca Staff Badge signatures=1 \
		'signature-policies=Certificate Request Agent'
	signet-ca template publish --dir ca Badge
	signet-ca template publish --dir ca EnrollmentAgent
	signet-ca template access --dir ca EnrollmentAgent \
		--allow 'Domain Users:enroll'" >"$work/made" ||
	{ cat "$work/made"; exit 1; }

is 'accounts are made known' in_lab "
	signet-ca account add --dir ca 'CORP\\alice' --sid $domain-1104 \
		--upn alice@corp.example --group 'Domain Users'
	signet-ca account add --dir ca 'CORP\\bob' --sid $domain-1105 \
		--upn bob@corp.example --subject 'CN=bob,DC=corp,DC=example'
	signet-ca account add --dir ca 'CORP\\eve' --sid $domain-1106 \
		--upn eve@corp.example --group DU
	signet-ca account list --dir ca --json | python3 -c 'import json, sys
a = json.load(sys.stdin)
assert [x[\"name\"][5:] for x in a] == [\"alice\", \"bob\", \"eve\"], a
assert a[0][\"groups\"] == [\"DU\"] and a[1][\"groups\"] == [], a'"
is 'an account needs a SID' says 2 '--sid' in_lab \
    "signet-ca account add --dir ca CORP/x"

is 'the container has a certificate' in_lab '
	signet setup --pin-fd 3 3<<<$LAB_PIN >/dev/null
	signet request new --upn alice@corp.example --out first \
		--pin-fd 3 3<<<$LAB_PIN
	signet-ca issue --dir ca --template Staff --in first.req \
		--out first.pem --chain-out chain.pem \
		--upn alice@corp.example --sid '"$domain"'-1104
	signet request accept chain.pem --trust-root --label first \
		--pin-fd 3 3<<<$LAB_PIN'

is 'it asks for a renewal with the key that it has' renew again first
is 'OpenSSL finds the old certificate'"'"'s signature good' in_lab '
	openssl cms -verify -inform PEM -in again.req -binary -out inner.der \
		-purpose any -partial_chain -CAfile ca/issuing/cert.pem
	openssl req -inform DER -in inner.der -noout -verify
	openssl x509 -in first.pem -outform DER -out first.der
	python3 -c "
assert open(\"first.der\", \"rb\").read() in open(\"inner.der\", \"rb\").read()"'
is 'meanwhile the container waits for it' in_lab '
	signet request list | grep -q again'
is 'the CA issues without an officer' submit again '--chain-out chain.pem'
is 'to the same names, key and template, with another number' in_lab '
	names() {
		openssl x509 -in "$1" -noout -subject -pubkey \
			-ext subjectAltName,extendedKeyUsage
		openssl x509 -in "$1" -outform DER | openssl asn1parse \
			-inform DER | grep -A1 -E "311.25.2$|311.21.7$" |
			grep -o "HEX DUMP.*"
	}
	diff <(names first.pem) <(names again.pem)
	! cmp -s first.pem again.pem'
is 'the container installs it' in_lab '
	signet request accept chain.pem --label again --pin-fd 3 3<<<$LAB_PIN
	signet cert list | grep -q again'
is 'the books say by what it was issued' in_lab '
	n=$(signet-ca request list --dir ca | tail -n1 | awk "{ print \$1 }")
	signet-ca request show --dir ca $n --json | python3 -c "import json, sys
r = json.load(sys.stdin)
assert r[\"evidence\"] == \"certificate\" and r[\"renews\"], r
assert r[\"requester\"] == \"CORP\\\\alice\", r
assert r[\"signed_by\"] == [{\"serial\": r[\"renews\"],
                             \"role\": \"renewed\"}], r"
	signet-ca request show --dir ca $n | grep -q "Signed by:.*(renewed)"'
is 'submitted once more it is the same certificate' in_lab '
	signet-ca submit --dir ca again.req --out same.pem
	cmp same.pem again.pem'

is 'a new key is certified by the old one' in_lab '
	signet key new second --pin-fd 3 3<<<$LAB_PIN'
is '... when it asks' renew moved 'again --key second'
is '... and the CA agrees' submit moved '--chain-out chain.pem'
is '... it is installed' in_lab '
	signet request accept chain.pem --label moved --pin-fd 3 3<<<$LAB_PIN
	signet cert list --json | grep -q "\"second\""'
in_lab 'signet-ca template set --dir ca Staff renew-with-same-key=yes' \
    >/dev/null
renew moved2 'again --key second' >/dev/null
is 'a template that wants the same key denies that' \
    says 1 0x80094816 submit moved2
in_lab 'signet-ca template set --dir ca Staff renew-with-same-key=no' \
    >/dev/null

in_lab 'signet-ca template access --dir ca Staff \
	--deny "Domain Users:enroll"' >/dev/null
renew later again >/dev/null
is 'who may not enroll may not renew' says 1 0x80094012 submit later
in_lab 'signet-ca template access --dir ca Staff \
	--remove "Domain Users" --allow "Domain Users:enroll"' >/dev/null
is 'the request is good when the right is there' submit later
in_lab 'signet request delete later --yes
	signet-ca cert hold --dir ca "$(openssl x509 -in again.pem -noout \
		-serial | cut -d= -f2)"' >/dev/null
renew held again >/dev/null
before=$(kept)
is 'a certificate that is held renews nothing' \
    says 1 0x80092010 submit held
is 'and what no good certificate signed is not in the books' \
    test "$(kept)" = "$before"

# Enrollment agents.
holder eve EnrollmentAgent "--sid $domain-1106" >/dev/null 2>&1
holder zoe EnrollmentAgent "--sid $domain-1199" >/dev/null 2>&1
is 'an agent asks on behalf of bob' agent bob eve Badge 'CORP%5Cbob'
is 'and it is bob'"'"'s' in_lab '
	signet-ca submit --dir ca bob.req --out bob.pem
	openssl x509 -in bob.pem -noout -subject -nameopt RFC2253 |
		grep -q "CN=bob,DC=corp,DC=example"
	openssl x509 -in bob.pem -noout -text | grep -q UPN::bob@corp.example
	cmp <(openssl pkey -in bob.key -pubout) \
		<(openssl x509 -in bob.pem -noout -pubkey)'
is 'it verifies' in_lab 'openssl verify -x509_strict \
	-CAfile ca/root/cert.pem -untrusted ca/issuing/cert.pem bob.pem'
is 'the agent is in the books' in_lab '
	n=$(signet-ca request list --dir ca | tail -n1 | awk "{ print \$1 }")
	signet-ca request show --dir ca $n | grep -q "Signed by:.*(agent)"
	signet-ca audit list --dir ca | tail -n1 | grep -qF "CORP"
	signet-ca audit verify --dir ca'
agent none eve Badge 'CORP%5Cnobody' >/dev/null
is 'for nobody that is known it is denied' says 1 0x80094012 submit none
agent staff eve Staff 'CORP%5Cbob' >/dev/null
is 'by a template that wants no agents it is denied' \
    says 1 0x80094806 submit staff
agent zoes zoe Badge 'CORP%5Cbob' >/dev/null
is 'an agent without an account is denied' says 1 0x80094012 submit zoes
agent bobs bob Badge 'CORP%5Calice' >/dev/null
is 'bob is no agent' says 1 0x8009480b submit bobs
agent silent eve Badge '' >/dev/null
is 'without saying for whom it is denied' says 1 0x80094001 submit silent
in_lab 'signet-ca template duplicate --dir ca Badge Pair signatures=2
	signet-ca template publish --dir ca Pair' >/dev/null
agent pair eve Pair 'CORP%5Cbob' >/dev/null
is 'one agent is not two' says 1 0x8009480a submit pair

in_lab 'openssl cms -sign -binary -nodetach -md sha1 -in bob.data \
		-econtent_type 1.3.6.1.5.5.7.12.2 -signer eve.pem \
		-inkey eve.key -outform PEM -out sha1.req'
is 'SHA-1 does not count' says 1 'only the digests SHA-256' submit sha1
in_lab 'openssl cms -sign -binary -md sha256 -in bob.data -signer eve.pem \
		-inkey eve.key -outform DER -out detached.req'
is 'a message without what it signs says nothing' \
    says 1 'not in the message' submit detached
in_lab 'openssl req -x509 -newkey rsa:2048 -nodes -keyout fake.key -days 1 \
		-subj /CN=eve -out fake.pem 2>/dev/null'
agent faked fake Badge 'CORP%5Cbob' >/dev/null
is 'another CA'"'"'s agent is a stranger' says 1 0x800b0109 submit faked

is 'a bare request is for an officer to name' says 2 '--template' \
    in_lab 'signet-ca submit --dir ca first.req --out x.pem'
is '... who names whom it is for' in_lab '
	signet-ca submit --dir ca first.req --out x.pem --template Staff \
		--upn alice@corp.example
	openssl x509 -in x.pem -noout -text | grep -q UPN::alice@corp.example'
is 'who signed has the word, not the options' says 2 'bare requests' \
    in_lab 'signet-ca submit --dir ca bob.req --out x.pem \
	--upn root@corp.example'
in_lab 'signet-ca account remove --dir ca alice@corp.example
	signet-ca cert release --dir ca "$(openssl x509 -in again.pem \
		-noout -serial | cut -d= -f2)"' >/dev/null
is 'an account that is gone renews nothing' says 1 0x80094012 submit held

cases_end
