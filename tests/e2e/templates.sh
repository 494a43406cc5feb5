#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Certificate templates: what an administrator may get wrong, the linter, and
# certutil's text of all of them. The deployment guide is in procedure.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/cases.sh
. tests/lib/cases.sh

build=$(realpath "${SIGNET_BUILD:-build}")
ca=$build/cmd/signet-ca/signet-ca
# shellcheck disable=SC2034	# eval uses it
vectors=$PWD/fuzz/corpus/dstemplate
# shellcheck disable=SC2034	# the same
manual=$PWD/man/signet-ca-template.1
work=$(mktemp -d)
sid=S-1-5-21-1004336348-1177238915-682003330-1104
tpl=WHfBCertificateAuthentication
server='Windows Server 2012 or Windows Server 2012 R2'

cleanup()
{
	rm -rf "$work"
}
cd "$work"

template()
{
	local verb=$1
	shift
	"$ca" template "$verb" --dir ca "$@"
}

# attribute NAME TEXT: the template of the guide has that line when exported.
attribute()
{
	template export "$tpl" | tee exported | grep -qxF "    $1 = $2" ||
		{ cat exported; return 1; }
}

is 'a CA is made' "$ca" init --dir ca --key rsa2048
is 'it has the templates of a forest' \
    test "$("$ca" template list --dir ca | wc -l)" = 33
is 'and issues by some' \
    test "$("$ca" template list --dir ca | grep -c ^published)" = 9

# What the guide makes in the console, step by step (procedure.sh), at once.
is 'a template is made with all its settings' says 0 "$tpl" \
    template duplicate 'Smartcard Logon' 'WHfB Certificate Authentication' \
    "ca-compatibility=$server" "recipient-compatibility=$server" \
    'validity=1 year' subject=directory \
    subject-format=fully-distinguished-name alternative-names=+upn \
    renew-with-same-key=yes 'purpose=signature and smartcard logon' \
    prompt=enrollment 'provider-category=Key Storage Provider' \
    algorithm=RSA minimum-key-size=2048 \
    'providers=Microsoft Software Key Storage Provider' \
    request-hash=SHA256 --yes
is 'Authenticated Users may enroll' \
    template access "$tpl" --allow 'Authenticated Users:enroll'
is 'the attributes are those of the console' eval '
	attribute flags "\"131584\"" && attribute revision "\"100\"" &&
	attribute msPKI-Template-Schema-Version "\"4\"" &&
	attribute msPKI-Certificate-Name-Flag "\"-2113929216\"" &&
	attribute msPKI-Enrollment-Flag "\"256\"" &&
	attribute msPKI-Private-Key-Flag "\"67371136\"" &&
	attribute pKIKeyUsage "\"80 00\"" &&
	attribute msPKI-Minimal-Key-Size "\"2048\""'

is 'the purpose does not change unasked' says 1 'the purpose of' \
    template set "$tpl" 'purpose=signature and encryption'
is 'on a terminal No is an answer' eval '
	says 1 "nothing was changed" script -qec "$ca template set --dir ca \
	$tpl \"purpose=signature and encryption\"" log <<<n'
is 'nothing was changed by that' attribute pKIKeyUsage '"80 00"'

is 'certutil reads its own closing line again' eval '
	"$ca" dstemplate --dir ca $tpl >$tpl.txt &&
	says 0 "nothing changes" "$ca" dsaddtemplate --dir ca $tpl.txt'
is 'before it is published nothing is issued' eval '
	openssl req -new -newkey rsa:2048 -nodes -keyout alice.key \
		-subj /CN=mallory -out alice.csr 2>/dev/null &&
	says 1 0x80094800 "$ca" issue --dir ca --template $tpl \
	--in alice.csr --out alice.pem --upn alice@corp.example'
is 'Certificate Template to Issue' template publish \
    'WHFB Certificate Authentication'
is 'the linter has nothing against it' \
    says 0 'nothing found' template lint "$tpl"

is 'a certificate is issued by it' "$ca" issue --dir ca --template "$tpl" \
    --in alice.csr --out alice.pem --upn alice@corp.example --sid "$sid" \
    --subject 'CN=alice,CN=Users,DC=corp,DC=example'
is 'OpenSSL verifies it' openssl verify -x509_strict \
    -CAfile ca/root/cert.pem -untrusted ca/issuing/cert.pem alice.pem
is 'a small key is refused by the template' eval '
	openssl req -new -newkey rsa:1024 -nodes -keyout small.key \
		-subj /CN=s -out small.csr 2>/dev/null &&
	says 1 "wants 2048 at least" "$ca" issue --dir ca --template $tpl \
	--in small.csr --out x.pem --upn s@corp.example'
is 'an EC key is refused: the template says RSA' eval '
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout ec.key -subj /CN=e -out ec.csr 2>/dev/null &&
	says 1 "wants an RSA key" "$ca" issue --dir ca --template $tpl \
	--in ec.csr --out x.pem --upn e@corp.example'

is 'one attribute is changed as certutil does' says 0 \
    'CTPRIVATEKEY_FLAG_HELLO_LOGON_KEY -- 200000 (2097152)' \
    "$ca" dstemplate --dir ca "$tpl" msPKI-Private-Key-Flag \
    +CTPRIVATEKEY_FLAG_HELLO_LOGON_KEY
is 'schema version 1 is not changed' says 1 'duplicate it' \
    template set SmartcardLogon approval=yes
is 'what cannot be together is refused, with the reason' \
    says 2 'not from both' template set "$tpl" subject=request \
    alternative-names=upn
is 'a legacy provider has no request hash to say' \
    says 2 'provider decides' template set "$tpl" \
    provider-category=csp request-hash=SHA512
is 'an unknown setting is refused' says 2 "no setting 'colour'" \
    template set "$tpl" colour=red

is 'a dangerous template is not published unasked' eval '
	template duplicate $tpl Dangerous subject=request &&
	says 1 ESC1 template publish Dangerous </dev/null &&
	! template list | grep -q "^published.*Dangerous"'
is 'nor without a terminal or --yes' says 1 'is dangerous as it is' \
    template publish Dangerous
is 'the fix of the linter ends it' eval '
	fix=$(template lint Dangerous --json | python3 -c "import json, sys
l = json.load(sys.stdin)
assert l[0][\"severity\"] == \"critical\", l
print(l[0][\"fix\"])") ; eval "\"$ca\" $fix --dir ca" &&
	template lint Dangerous'
is 'it is published then, withdrawn, and deleted' eval '
	template publish Dangerous && template withdraw Dangerous &&
	template delete Dangerous --yes &&
	says 1 "no template" template show Dangerous'
is 'an access list is shown and denied by' eval '
	template access $tpl --deny "Domain Guests:enroll" &&
	template access $tpl --json | python3 -c "import json, sys
x = json.load(sys.stdin)
au = [a for a in x[\"access\"] if a[\"trustee\"] == \"AU\"][0]
assert au[\"read\"] and au[\"enroll\"] and not au[\"write\"]
assert x[\"sddl\"].startswith(\"D:PAI(OD;;CR;\"), x
"'

is 'each of the 33 comes back from its text as it was' bash -euc '
	ca=$1
	"$ca" init --dir two --key p256 >/dev/null
	"$ca" template export --dir ca >all.txt
	"$ca" template list --dir two | awk "{ print \$4 }" >names
	test "$(wc -l <names)" = 33
	while read -r t; do
		"$ca" template export --dir ca "$t" --out one.txt
		"$ca" template import --dir two --replace one.txt >/dev/null
		"$ca" template export --dir two "$t" | cmp - one.txt
	done <names' - "$ca"
is 'and all together, as PowerShell stores them' eval '
	"$ca" template export --dir ca --windows --out all.txt &&
	test "$(head -c 2 all.txt | od -An -tx1 | tr -d " ")" = fffe &&
	"$ca" template import --dir two --replace all.txt &&
	"$ca" template export --dir two | cmp - <(template export)'
is 'dumps of Windows are taken' eval '
	for f in whole deployed utf16; do
		"$ca" init --dir three-$f --key p256 >/dev/null &&
		"$ca" template import --dir three-$f "$vectors/$f" || exit 1
	done'
is 'and printed back byte for byte' eval '
	"$ca" template export --dir three-whole $tpl | cmp - "$vectors/whole"'
is 'a file of a display name tells so' eval '
	says 1 "display name" "$ca" dsaddtemplate --dir ca \
		"$vectors/unknown" &&
	says 1 "no template" "$ca" dstemplate --dir ca Nonsense'
is 'errors name the line' eval '
	sed "s/flags = \"131584\"/flags = 131584/" $tpl.txt >bad.txt &&
	says 1 "bad.txt:$(grep -n "^    flags" bad.txt | cut -d: -f1):" \
		"$ca" dsaddtemplate --dir ca bad.txt'
is 'what is there is not replaced by import, which says how' \
    says 1 '--replace' template import "$tpl.txt"
is '... and does not show changes that it does not make' \
    not says 1 'flags:' template import "$tpl.txt"
is 'every setting is in the manual' eval '
	template show $tpl --json | python3 -c "import json, sys
for s in json.load(sys.stdin)[\"settings\"]:
    print(s)" >settings && test "$(wc -l <settings)" -gt 40 &&
	while read -r s; do
		grep -qE "^\.Cm $s( |\$)" "$manual" || { echo "$s"; exit 1; }
	done <settings'
is 'every change is in the audit log' eval '
	grep -q "template who=.* did=publish name=\"$tpl\"" ca/audit.log &&
	grep -q "template who=.* did=delete name=\"Dangerous\"" ca/audit.log'

cases_end
