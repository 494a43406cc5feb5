#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Certificates over HTTP: a container's renewal and an agent's request, posted
# to signet-ca serve; what waits for an officer; what is denied.
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
	in_lab '[ ! -e serve.pid ] || kill "$(<serve.pid)"' || :
	"$lab" down "$work/a" --remove || :
	rm -rf "$work"
}

in_lab()
{
	"$lab" exec "$work/a" -- bash -euo pipefail -c "cd \"\$LAB_DIR\"
	# post STATUS FILE PATH [TYPE]: what comes is in ./body and ./headers.
	post() {
		got=\$(curl -sS -m 30 -o body -D headers -w '%{http_code}' \
			-H \"Content-Type: \${4-application/pkcs7-mime}\" \
			--data-binary @\$2 \"\$(<url)\$3\")
		cat headers; [ \$got = 200 ] || head -c 600 body
		[ \$got = \$1 ]
	}
	# get STATUS PATH
	get() {
		got=\$(curl -sS -m 30 -o body -D headers -w '%{http_code}' \
			\"\$(<url)\$2\")
		cat headers; [ \$got = 200 ] || head -c 600 body
		[ \$got = \$1 ]
	}
	field() {
		python3 -c 'import json, sys
print(json.load(open(\"body\"))[sys.argv[1]])' \$1
	}
	# renewal NAME LABEL: NAME.der, signed by the container's key.
	renewal() {
		signet request renew \$2 --out \$1 --name \$1 \
			--pin-fd 3 3<<<\$LAB_PIN >/dev/null
		sed '/^-/d' \$1.req | base64 -d >\$1.der
	}
	$1"
}

serve()
{
	in_lab ': >serve.log
	signet-ca serve --dir ca --listen 127.0.0.1:0 --admin 127.0.0.1:0 \
		>/dev/null 2>serve.log & echo $! >serve.pid
	for _ in $(seq 600); do
		! grep -q web-confined serve.log || break
		sleep 0.05
	done
	sed -n "s,.*web serves \(http://.*\)/$,\1,p" serve.log >url
	sed -n "s,.*web reports at \(http://.*\)/$,\1,p" serve.log >admin
	test -s url || { cat serve.log; exit 1; }'
}

"$lab" up --dir "$work/a" --without rdp

in_lab "set -e
	signet-ca template duplicate --dir ca 'Smartcard Logon' Staff \
		ca-compatibility=2012 recipient-compatibility=8
	signet-ca template access --dir ca Staff --allow 'Domain Users:enroll'
	signet-ca template publish --dir ca Staff
	signet-ca template duplicate --dir ca Staff Badge signatures=1 \
		'signature-policies=Certificate Request Agent'
	signet-ca template publish --dir ca Badge
	signet-ca template duplicate --dir ca Badge Seen approval=yes
	signet-ca template publish --dir ca Seen
	signet-ca template publish --dir ca EnrollmentAgent
	signet-ca template access --dir ca EnrollmentAgent \
		--allow 'Domain Users:enroll'
	signet-ca account add --dir ca 'CORP\\alice' --sid $domain-1104 \
		--upn alice@corp.example --group 'Domain Users'
	signet-ca account add --dir ca 'CORP\\bob' --sid $domain-1105 \
		--upn bob@corp.example --group 'Domain Users'
	signet-ca account add --dir ca 'CORP\\eve' --sid $domain-1106 \
		--upn eve@corp.example --group 'Domain Users'
	signet setup --pin-fd 3 3<<<\$LAB_PIN >/dev/null
	signet request new --upn alice@corp.example --out first \
		--pin-fd 3 3<<<\$LAB_PIN
	signet-ca issue --dir ca --template Staff --in first.req \
		--out first.pem --chain-out chain.pem \
		--upn alice@corp.example --sid $domain-1104
	signet request accept chain.pem --trust-root --label first \
		--pin-fd 3 3<<<\$LAB_PIN
	openssl req -new -newkey rsa:2048 -nodes -keyout eve.key -subj /CN=x \
		-out eve.csr
	signet-ca issue --dir ca --template EnrollmentAgent --in eve.csr \
		--out eve.pem --upn eve@corp.example --sid $domain-1106
	openssl req -new -newkey rsa:2048 -nodes -keyout bob.key -subj /CN=x \
		-outform DER -out bob.csr" >"$work/made" 2>&1 ||
	{ cat "$work/made"; exit 1; }

# --- off, unless serve.conf says so ---

serve
in_lab 'renewal off first'
is 'as long as nobody wants it, nothing is enrolled over HTTP' in_lab '
	post 404 off.der /enroll && get 404 "/request/1/$(printf "%064d" 0)"'
in_lab 'printf "[enroll]\nover-http = yes\n" >>ca/serve.conf
	signet-ca reload --dir ca' >/dev/null
is 'reload turns it on' in_lab 'post 200 off.der /enroll'
in_lab 'signet request delete off --yes' >/dev/null

# --- a renewal ---

in_lab 'renewal again first'
is 'a renewal is posted, and the certificate comes' in_lab '
	post 200 again.der /enroll
	grep -qi "^content-type: application/pkcs7-mime" headers
	cp body again.p7b
	openssl pkcs7 -inform DER -in again.p7b -print_certs -text >again.pem
	grep -q "UPN:*:alice@corp.example" again.pem'
is 'the whole chain comes along' in_lab '
	[ "$(grep -c BEGIN again.pem)" = 3 ]'
is 'the container installs what came' in_lab '
	signet request accept again.p7b --label again --pin-fd 3 3<<<$LAB_PIN
	signet cert list | grep -q again'
is 'the same message gives the same certificate' in_lab '
	post 200 again.der /enroll && cmp body again.p7b'
is '... under the template'"'"'s name, too' in_lab '
	post 200 again.der /enroll/Staff && cmp body again.p7b'
is '... and is one line in the books' in_lab '
	[ "$(signet-ca cert search --dir ca alice | wc -l)" = 3 ]'
is 'a renewal by another template is denied' in_lab '
	renewal other again
	post 403 other.der /enroll/Badge
	[ "$(field symbol)" = CERTSRV_E_TEMPLATE_CONFLICT ]
	[ "$(field disposition)" = denied ] && [ "$(field request)" -gt 0 ]'

# --- an agent ---

# signed NAME KEY DATA: what KEY's certificate signs.
in_lab 'cat >said.py <<"END"
import sys
def tlv(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    size = bytes([n]) if n < 128 else bytes([0x82, n >> 8, n & 255])
    return bytes([tag]) + size + body
request = open(sys.argv[1], "rb").read()
said = "CertificateTemplate=" + sys.argv[3] + "&requestername=" + sys.argv[2]
info = tlv(0x30, b"\x02\x01\x02", bytes.fromhex("06082b06010505070712"),
           tlv(0x31, tlv(4, said.encode())))
sys.stdout.buffer.write(tlv(0x30, tlv(0x30, info),
    tlv(0x30, tlv(0xa0, b"\x02\x01\x01", request)), b"\x30\0\x30\0"))
END
cat >agent <<"END"
#!/bin/bash
# agent OUT CSR TEMPLATE WHOM
python3 said.py "$2" "$4" "$3" >said.data &&
openssl cms -sign -binary -nodetach -md sha256 -in said.data \
	-econtent_type 1.3.6.1.5.5.7.12.2 -signer eve.pem -inkey eve.key \
	-outform DER -out "$1"
END
chmod +x agent'
is 'an agent enrolls for bob' in_lab "./agent bob.der bob.csr Badge 'CORP%5Cbob'"'
	post 200 bob.der /enroll
	openssl pkcs7 -inform DER -in body -print_certs -text >bob.text
	grep -q "UPN:*:bob@corp.example" bob.text'
is 'an agent for nobody is denied, with number, symbol and words' \
    in_lab "./agent none.der bob.csr Badge 'CORP%5Cnobody'"'
	post 403 none.der /enroll
	[ "$(field status)" = 0x80094012 ]
	[ "$(field symbol)" = CERTSRV_E_TEMPLATE_DENIED ]
	field words | grep -q "nobody"'

# --- an officer's approval ---

is 'what an officer has to see waits' in_lab '
	openssl req -new -key bob.key -subj /CN=y -outform DER -out seen.csr
	'"./agent seen.der seen.csr Seen 'CORP%5Cbob'"'
	post 202 seen.der /enroll
	grep -qi "^retry-after: [1-9]" headers
	[ "$(field disposition)" = pending ]
	field ask >ask; field request >number
	[ "$(<ask)" = "/request/$(<number)/$(sha256sum <seen.csr |
		cut -d" " -f1)" ]'
is '... there, too' in_lab 'get 202 "$(<ask)"'
is '... and is the same when it is posted again' in_lab '
	post 202 seen.der /enroll && [ "$(field ask)" = "$(<ask)" ]'
is 'another hash is nobody'"'"'s' in_lab '
	get 404 "$(tr 0-9 1-90 <ask)" &&
	get 404 "/request/$(<number)/$(printf "%064d" 0)" &&
	get 404 "/request/$(<number)" && get 404 "/request/$(<number)/00" &&
	get 404 "/request/x/$(printf "%064d" 0)"'
is 'the officer approves' in_lab '
	signet-ca request approve --dir ca "$(<number)" --out seen.pem'
is '... and it is retrieved' in_lab '
	get 200 "$(<ask)"
	openssl pkcs7 -inform DER -in body -print_certs -out got.pem
	python3 -c "
a = open(\"seen.pem\").read().strip()
assert a in open(\"got.pem\").read()"'
is '... as by posting once more' in_lab '
	cp body seen.p7b; post 200 seen.der /enroll && cmp body seen.p7b'
is 'what the officer denies is told' in_lab '
	openssl req -new -key bob.key -subj /CN=z -outform DER -out no.csr
	'"./agent no.der no.csr Seen 'CORP%5Cbob'"'
	post 202 no.der /enroll; field ask >ask; field request >number
	signet-ca request deny --dir ca "$(<number)" --why "not this week"
	get 403 "$(<ask)"
	[ "$(field status)" = 0x80094014 ] &&
	field words | grep -q "not this week"'

# --- what is no request ---

is 'a bare request is denied by the engine' in_lab '
	post 403 bob.csr /enroll application/pkcs10
	[ "$(field symbol)" = CRYPT_E_NO_SIGNER ]
	post 403 bob.csr /enroll/Staff application/pkcs10'
is 'nonsense is denied' in_lab '
	echo nonsense >n; post 403 n /enroll; : >n; post 403 n /enroll
	head -c 65536 /dev/zero >n; post 403 n /enroll'
is 'what is too large is not taken' in_lab '
	head -c 65537 /dev/zero >n; post 413 n /enroll'
is 'what says that it is something else neither' in_lab '
	post 415 again.der /enroll text/plain
	post 415 again.der /enroll application/pkcs7
	post 415 again.der /enroll application/pkcs7-mimes
	post 200 again.der /enroll "application/pkcs7-mime; smime-type=CMC-request"'
is 'it is asked for by POST' in_lab 'get 405 /enroll && get 405 /enroll/Staff'
is 'a template without a name that can be is none' in_lab '
	post 404 again.der "/enroll/$(printf "%065d" 0)"
	post 403 bob.csr "/enroll/..%2f..%2fca" application/pkcs10'

is 'metrics count by disposition' in_lab '
	curl -sS "$(<admin)/metrics" | grep enroll | tee counted
	grep -q "^signet_ca_enrollments_total{disposition=\"issued\"} [1-9]" counted
	grep -q "^signet_ca_enrollments_total{disposition=\"pending\"} [1-9]" counted
	grep -q "^signet_ca_enrollments_total{disposition=\"denied\"} [1-9]" counted
	grep -q "^signet_ca_http_requests_total{route=\"/enroll\",status=\"202\"} [1-9]" counted'
is 'reload turns it off' in_lab '
	: >ca/serve.conf; signet-ca reload --dir ca
	post 404 again.der /enroll'
is 'the audit chain is whole, and audit.log with it' in_lab '
	kill "$(<serve.pid)"; rm serve.pid
	for _ in $(seq 100); do
		! grep -q "signer-stopped" serve.log || break
		sleep 0.05
	done
	signet-ca audit verify --dir ca | grep -q "audit.log says the same"'
cases_end
