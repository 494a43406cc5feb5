#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# signet-ca against tools that nobody here wrote: OpenSSL and GnuTLS read what
# it makes, and it reads what they make.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/cases.sh
. tests/lib/cases.sh
# shellcheck source=tests/lib/certs.sh
. tests/lib/certs.sh

build=$(realpath "${SIGNET_BUILD:-build}")
ca=$build/cmd/signet-ca/signet-ca
work=$(mktemp -d)
# shellcheck disable=SC2034	# eval uses it
manual=$PWD/man/signet-ca.1
sid=S-1-5-21-1004336348-1177238915-682003330-1104

cleanup()
{
	rm -rf "$work"
}
cd "$work"

# A request by OpenSSL: request NAME KEY-OPTIONS SUBJECT EXTENSION...
request()
{
	local name=$1 key=$2 subject=$3
	shift 3
	# shellcheck disable=SC2086	# the key's options are several words
	openssl genpkey -quiet $key -out "$name.key" 2>/dev/null &&
	openssl req -new -key "$name.key" -subj "$subject" -out "$name.csr" \
		"${@/#/-addext=}"
}

verified()
{
	openssl verify -x509_strict -CAfile ca/root/cert.pem \
		-untrusted ca/issuing/cert.pem "$@"
}

gnutls_verified()
{
	cat "$1" ca/issuing/cert.pem >gnutls.pem
	certtool --verify --verify-profile medium \
		--load-ca-certificate ca/root/cert.pem --infile gnutls.pem
}

# shown FILE TEXT: OpenSSL prints that text of the certificate.
shown()
{
	openssl x509 -in "$1" -noout -text -nameopt RFC2253 | tee shown |
		grep -qF -- "$2" || { cat shown; return 1; }
}

revoked_since()
{
	openssl crl -inform DER -in ca/issuing/ca.crl -out crl.pem &&
	cat ca/root/cert.pem ca/issuing/cert.pem crl.pem >all.pem &&
	says 2 'certificate revoked' \
		openssl verify -CAfile all.pem -crl_check "$1"
}

RSA='-algorithm RSA -pkeyopt rsa_keygen_bits:2048'
# shellcheck disable=SC2034	# eval uses it
EC='-algorithm EC -pkeyopt ec_paramgen_curve:P-256'

is 'a CA is made in a folder' \
    "$ca" init --dir ca --name 'CN=Corp Issuing CA,DC=corp,DC=example' \
    --cdp-url http://pki.corp.example/issuing.crl \
    --aia-url http://pki.corp.example/issuing.crt --key rsa2048
is 'its keys are its owner'"'"'s alone' \
    test "$(stat -c %a ca/root/key.pem ca/issuing/key.pem)" = $'600\n600'
is 'it is not made twice' says 1 'already' "$ca" init --dir ca
is 'OpenSSL verifies the issuing CA' \
    openssl verify -x509_strict -CAfile ca/root/cert.pem ca/issuing/cert.pem
is 'OpenSSL verifies both first CRLs' bash -c '
	openssl crl -inform DER -in ca/root/ca.crl -noout \
		-CAfile ca/root/cert.pem 2>&1 | grep -q "verify OK" &&
	openssl crl -inform DER -in ca/issuing/ca.crl -noout \
		-CAfile ca/issuing/cert.pem 2>&1 | grep -q "verify OK"'
is 'the issuing CA makes no CAs' shown ca/issuing/cert.pem pathlen:0

is 'a request is made by OpenSSL' request alice "$RSA" /CN=mallory \
    'subjectAltName=otherName:1.3.6.1.4.1.311.20.2.3;UTF8:root@corp.example'
is 'it is issued in the name the officer says' \
    says 0 'asks for the UPN root@corp.example' "$ca" issue --dir ca \
    --template SmartcardLogon --in alice.csr --out alice.pem \
    --upn alice@corp.example --sid $sid --chain-out chain.pem \
    --subject 'CN=alice,CN=Users,DC=corp,DC=example'
is 'OpenSSL verifies it strictly' verified alice.pem
is 'GnuTLS verifies it' gnutls_verified alice.pem
is 'subject and UPN are not those of the request' bash -c '
	openssl x509 -in alice.pem -noout -text | grep -q "UPN::alice@corp" &&
	! openssl x509 -in alice.pem -noout -text | grep -q mallory'
is 'the SID is there as Windows writes it' extension alice.pem \
    1.3.6.1.4.1.311.25.2 "303FA03D060A2B060104018237190201A02F042D$(hex $sid)"
is 'the usages are there as Windows writes them' extension alice.pem \
    2.5.29.37 301606082B06010505070302060A2B060104018237140202
is 'the key usage is critical' extension alice.pem 2.5.29.15 030205A0 critical
is 'the template is named' extension alice.pem 1.3.6.1.4.1.311.20.2 \
    1E1C0053006D0061007200740063006100720064004C006F0067006F006E
is 'the revocation list is named' \
    shown alice.pem URI:http://pki.corp.example/issuing.crl
is 'the chain has three certificates' \
    test "$(grep -c BEGIN chain.pem)" = 3
is 'the certificate is the key'"'"'s' \
    cmp <(openssl pkey -in alice.key -pubout) \
    <(openssl x509 -in alice.pem -noout -pubkey)

is 'an EC request is issued' eval 'request bob "$EC" /CN=bob &&
	"$ca" issue --dir ca --template SmartcardLogon --in bob.csr \
	--out bob.pem --upn bob@corp.example && verified bob.pem'
is 'a GnuTLS request is issued' eval '
	certtool --generate-privkey --key-type rsa --bits 2048 \
		--outfile carol.key &&
	printf "cn = carol\n" >carol.tmpl &&
	certtool --generate-request --load-privkey carol.key \
		--template carol.tmpl --outfile carol.csr &&
	"$ca" issue --dir ca --template SmartcardLogon --in carol.csr \
		--out carol.pem --upn carol@corp.example &&
	gnutls_verified carol.pem'
is 'a DER request from standard input is issued' bash -c '
	openssl req -in alice.csr -outform DER | "$0" issue --dir ca \
	--template SmartcardLogon --in - --out - --upn alice@corp.example |
	openssl x509 -noout' "$ca"

is 'without a UPN it is refused' says 2 'wants a UPN' "$ca" issue --dir ca \
    --template SmartcardLogon --in alice.csr --out x.pem --subject CN=alice
is 'an unknown template is refused with those there are' \
    says 1 'SmartcardUser' "$ca" issue --dir ca --template Smartcard \
    --in alice.csr --out x.pem
is 'a request to become a CA is refused' eval '
	request evil "$RSA" /CN=evil basicConstraints=critical,CA:TRUE &&
	says 1 "asks to become a CA" "$ca" issue --dir ca --template WebServer \
	--in evil.csr --out x.pem --dns evil.example'
is 'a small key is refused' eval '
	request small "-algorithm RSA -pkeyopt rsa_keygen_bits:1024" /CN=s &&
	says 1 "wants 2048 at least" "$ca" issue --dir ca \
	--template SmartcardLogon --in small.csr --out x.pem --upn s@c.example'
is 'an Ed25519 key is refused' eval '
	request ed "-algorithm ED25519" /CN=ed &&
	says 1 "not accepted" "$ca" issue --dir ca \
	--template SmartcardLogon --in ed.csr --out x.pem --upn s@c.example'
is 'a request whose key did not sign it is refused' eval '
	openssl req -in alice.csr -outform DER -out forged.der &&
	printf X | dd of=forged.der bs=1 conv=notrunc \
		seek=$(grep -abo mallory forged.der | head -1 | cut -d: -f1) \
		2>/dev/null &&
	says 1 "not signed by the key" "$ca" issue --dir ca \
	--template SmartcardLogon --in forged.der --out x.pem \
	--upn alice@corp.example'
is 'below the issuing CA there is no further one' eval '
	request sub "$RSA" /CN=sub &&
	says 1 "path length is 0" "$ca" issue --dir ca --template SubCA \
	--in sub.csr --out x.pem'
is 'nothing was written for those' not test -e x.pem

is 'a KDC gets its key and certificate' "$ca" server --dir ca \
    --template KerberosAuthentication --dns kdc.corp.example \
    --realm CORP.EXAMPLE --key-out kdc.key --out kdc.pem
is 'it verifies' verified kdc.pem
is 'it is for KDCs' shown kdc.pem 'Signing KDC Response'
is 'it names the realm' eval 'openssl x509 -in kdc.pem -noout -text |
	grep -q "othername: 1.3.6.1.5.2.2" || openssl x509 -in kdc.pem \
	-outform DER | grep -qa krbtgt'
is 'its key is its owner'"'"'s alone' test "$(stat -c %a kdc.key)" = 600
is 'its key fits' cmp <(openssl pkey -in kdc.key -pubout) \
    <(openssl x509 -in kdc.pem -noout -pubkey)
is 'an RDP server gets its own' eval '"$ca" server --dir ca \
	--template WebServer --dns rdp.corp.example --key p256 \
	--key-out rdp.key --out rdp.pem --days 30 && verified \
	-verify_hostname rdp.corp.example -purpose sslserver rdp.pem'
is 'a realm belongs to KDCs' says 2 'not for KDCs' "$ca" server --dir ca \
    --template WebServer --dns x.example --realm X --key-out x.key --out x.pem
is 'no key is left of that' not test -e x.key

is 'a certificate is revoked' "$ca" revoke --dir ca "$(serial alice.pem)" \
    --reason keyCompromise
is 'OpenSSL sees it' revoked_since alice.pem
is 'the others are as before' \
    openssl verify -CAfile all.pem -crl_check bob.pem
is 'it is not revoked twice' \
    says 1 'revoked already' "$ca" revoke --dir ca "$(serial alice.pem)"
is 'help and manual know each reason there is' eval '(
	"$ca" help cert revoke >help; said=$(says 2 "not a reason" "$ca" \
		revoke --dir ca 00ff --reason boredom) &&
	reasons=$(sed -n "s/.*there are//p" <<<"$said") &&
	[ "$(wc -w <<<"$reasons")" = 9 ] &&
	for r in $reasons; do
		grep -qw $r help && grep -qw $r "$manual" ||
			{ echo $r; exit 1; }
	done)'
is 'an unknown serial number is refused' \
    says 1 'no certificate' "$ca" revoke --dir ca 00ff
is 'a path is no serial number' \
    says 2 'not a serial number' "$ca" show --dir ca ../root/cert
is 'the list tells the states' eval '
	"$ca" list --dir ca | grep -c valid | grep -qx 6 &&
	"$ca" list --dir ca | grep -c revoked | grep -qx 1'
is 'the list is JSON' eval '"$ca" list --dir ca --json |
	python3 -c "import json, sys
l = json.load(sys.stdin)
assert len(l) == 7
assert [x[\"reason\"] for x in l if x[\"state\"] == \"revoked\"] == \
    [\"keyCompromise\"]"'
is 'a certificate is shown' says 0 'Smart Card Logon' "$ca" show --dir ca \
    "$(serial alice.pem)"
is 'lists are numbered upwards' says 0 'CRL 3 of CN=Corp Issuing CA' \
    "$ca" crl --dir ca
is 'every issue is in the audit log' \
    test "$(grep -c ' issue .*result="issued"' ca/audit.log)" = 6
is 'names of a request write no fields into it' eval '
	request quote "$EC" "/CN=x\" upn=\"root@corp.example" \
		"subjectAltName=otherName:1.3.6.1.4.1.311.20.2.3;UTF8:y\" z=\"@c.example" &&
	"$ca" issue --dir ca --template WebServer --in quote.csr \
		--out quote.pem &&
	test "$(tail -n1 ca/audit.log | tr -cd \" | wc -c)" = 10'

count() { "$ca" cert list --dir ca | wc -l; }
is 'a key is not written over' eval '
	echo precious >there.key; before=$(count)
	says 1 "is there already" "$ca" server --dir ca --template WebServer \
		--dns x.corp.example --key-out there.key --out x.pem &&
	grep -q precious there.key && test "$(count)" = "$before"'
is 'nothing is issued that could not be written' eval '
	before=$(count)
	says 1 "nowhere/x.pem cannot be written" "$ca" issue --dir ca \
		--template WebServer --dns x.corp.example --in quote.csr \
		--out nowhere/x.pem && test "$(count)" = "$before"'

is 'denied requests are kept with their numbers' eval '
	"$ca" request list --dir ca --json | python3 -c "import json, sys
l = json.load(sys.stdin)
denied = {x[\"status\"] for x in l if x[\"disposition\"] == \"denied\"}
assert denied == {\"0x8009480d\", \"0x800b0103\", \"0x80094811\",
    \"0x80090006\", \"0x80090008\", \"0x800b0104\", \"0x80094001\"}, denied
assert [x[\"request\"] for x in l] == list(range(1, len(l) + 1))"'
is 'a request is shown' says 0 'Denied by Policy Module  0x8009480d' \
    "$ca" request show --dir ca 5
is 'one that is not there is not' \
    says 1 'no request 999' "$ca" request show --dir ca 999
is 'one that is decided is not decided again' \
    says 1 'already' "$ca" request approve --dir ca 5
on_terminal()
{
	script -qec "$*" /dev/null | tr -d '\r'
}
is 'heads are for persons: they stand over each list on a terminal' eval '(
	for l in "cert list" "request list" "audit list" "template list"; do
		on_terminal "$ca $l --dir ca" >seen && "$ca" $l --dir ca >rows &&
		head -n 1 seen | grep -E "^[A-Z ,]+$" &&
		sed 1d seen | cmp - rows || { echo "$l"; exit 1; }
	done)'
is '... with columns that fit' eval '
	on_terminal "$ca cert list --dir ca" >seen &&
	at=$(head -n 1 seen | grep -bo SUBJECT | cut -d: -f1) &&
	sed -n 2p seen | cut -c$((at + 1))- | grep -q ^CN='
is '... as is the sentence for none' eval '
	on_terminal "$ca cert list --dir ca --revoked --template WebServer" |
		grep -x "No such certificate was issued." &&
	on_terminal "$ca request list --dir ca --pending" |
		grep -x "No request waits." &&
	on_terminal "$ca cert search --dir ca nobody" |
		grep -x "No such certificate was issued." &&
	[ -z "$("$ca" cert search --dir ca nobody 2>&1)" ]'
is 'a person is told what was done, a pipe is not' eval '
	on_terminal "$ca cert export --dir ca $(serial bob.pem) --out b.pem" |
		grep "b.pem is written" &&
	on_terminal "$ca template withdraw --dir ca Machine" |
		grep "^Machine is withdrawn" &&
	[ -z "$("$ca" template publish --dir ca Machine)" ]'
is 'in JSON numbers are numbers, in each list' eval '(
	for l in "cert list" "request list" "audit list" "template list"; do
		"$ca" $l --dir ca --json >l.json && python3 -c "import json, sys
numbers = {\"request\", \"seq\", \"disposition_code\", \"schema\",
    \"revision\", \"minor_revision\"}
rows = json.load(open(\"l.json\"))
assert rows and type(rows) is list
for row in rows:
    for k, v in row.items():
        assert (type(v) is int) == (k in numbers), (k, v)" || { echo "$l"; exit 1; }
	done)'
is 'lists have pages' eval '
	all=$("$ca" cert list --dir ca | cut -d" " -f1) &&
	first=$("$ca" cert list --dir ca --limit 3 | cut -d" " -f1) &&
	last=$(tail -n1 <<<"$first") &&
	rest=$("$ca" cert list --dir ca --after $last | cut -d" " -f1) &&
	printf "%s\n" "$first" "$rest" | cmp - <(echo "$all")'
is 'certificates are found by name' eval '
	"$ca" cert search --dir ca BOB@corp --json | python3 -c "import json, sys
assert [x[\"upn\"] for x in json.load(sys.stdin)] == [\"bob@corp.example\"]"'
is 'and by state' test "$("$ca" cert list --dir ca --revoked | wc -l)" = 1
is 'a certificate is exported as it was issued' eval '
	"$ca" cert export --dir ca "$(serial bob.pem)" --out - | cmp - bob.pem &&
	"$ca" cert export --dir ca "$(serial bob.pem)" --der --out bob.der &&
	openssl x509 -in bob.pem -outform DER | cmp - bob.der'

is 'a certificate is held' "$ca" cert hold --dir ca "$(serial bob.pem)"
is 'OpenSSL sees that' revoked_since bob.pem
is 'what is held is not renewed' says 1 0x80092010 "$ca" cert renew \
    --dir ca "$(serial bob.pem)" --out x.pem
is 'it is released' "$ca" cert release --dir ca "$(serial bob.pem)"
is 'OpenSSL sees that too' eval '! revoked_since bob.pem &&
	openssl verify -CAfile all.pem -crl_check bob.pem'
is 'it is renewed with the same names and key' eval '
	"$ca" cert renew --dir ca "$(serial bob.pem)" --out bob2.pem &&
	verified bob2.pem &&
	test "$(openssl x509 -in bob2.pem -noout -pubkey)" = \
		"$(openssl x509 -in bob.pem -noout -pubkey)" &&
	shown bob2.pem UPN::bob@corp.example &&
	test "$(serial bob.pem)" != "$(serial bob2.pem)"'
is 'and with a new one' eval 'request bob3 "$EC" /CN=mallory &&
	"$ca" cert renew --dir ca "$(serial bob.pem)" --in bob3.csr \
		--out bob3.pem &&
	shown bob3.pem UPN::bob@corp.example &&
	test "$(openssl x509 -in bob3.pem -noout -pubkey)" = \
		"$(openssl pkey -in bob3.key -pubout)"'
is 'nothing was written for what was refused' not test -e x.pem

is 'the audit chain holds' says 0 'records, head' "$ca" audit verify --dir ca
is 'it is JSON too' eval '"$ca" audit list --dir ca --json |
	python3 -c "import json, sys
l = json.load(sys.stdin)
assert all(a[\"hash\"] == b[\"previous\"] for a, b in zip(l, l[1:]))
assert [x[\"seq\"] for x in l] == list(range(1, len(l) + 1))
assert {x[\"what\"] for x in l} >= {\"init\", \"issue\", \"renew\", \"hold\",
    \"release\", \"revoke\", \"crl\"}"'
is 'everything is in one backup' "$ca" backup --dir ca backup
is 'only its owner reads that' test "$(stat -c %a backup)" = 600
is 'it becomes the same CA elsewhere' eval '
	"$ca" restore --dir again backup &&
	cmp <("$ca" list --dir ca) <("$ca" list --dir again) &&
	cmp ca/issuing/key.pem again/issuing/key.pem &&
	test "$(stat -c %a again/issuing/key.pem)" = 600 &&
	"$ca" audit verify --dir again'
is 'which goes on' eval '"$ca" issue --dir again --template SmartcardLogon \
	--in bob.csr --out bob4.pem --upn bob@corp.example && verified bob4.pem'
is 'a folder with a CA is not overwritten' \
    says 1 'already' "$ca" restore --dir again backup
is 'who cuts the chain off is found out by audit.log' eval '
	"$ca" crl --dir ca && cp -r ca cut && cp again/ca.db cut/ca.db &&
	says 1 "noted elsewhere" "$ca" audit verify --dir cut'
is 'or by a head that was kept' eval '
	head=$("$ca" audit verify --dir ca | sed -n "s/.* head //p") &&
	rm cut/audit.log && "$ca" audit verify --dir cut &&
	says 1 "noted elsewhere" "$ca" audit verify --dir cut --head "$head"'

is 'a CA is made behind a passphrase' eval '"$ca" init --dir cb --key p256 \
	--passphrase-fd 3 3<<<"correct horse" &&
	grep -q "BEGIN ENCRYPTED" cb/issuing/key.pem'
is 'without it nothing is signed' says 1 'passphrase is needed' \
    "$ca" crl --dir cb
is 'nor with another' eval 'says 1 "does not open" "$ca" crl --dir cb \
	--passphrase-fd 3 3<<<"correct house"'
is 'with it something is' eval '"$ca" crl --dir cb --passphrase-fd 3 \
	3<<<"correct horse"'
is 'what is missing on the command line is in the usage' \
    says 2 'usage: signet-ca cert revoke --dir DIR SERIAL' \
    "$ca" cert revoke --dir ca
is 'nothing but what it knows is taken' \
    says 2 'no option --frobnicate' "$ca" list --dir ca --frobnicate

cases_end
