#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# "Deploying Certificates to Key Trust Users to Enable RDP", its first approach,
# every step in its order and in its words, as an administrator of signet-ca
# and a person with a container do it; then what the document takes for
# granted: that the certificate ends when it is revoked.
# shellcheck disable=SC2016,SC2034	# inner shells use what is quoted here
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/cases.sh
. tests/lib/cases.sh
# shellcheck source=tests/lib/certs.sh
. tests/lib/certs.sh

lab=$PWD/tests/lab/lab
work=$(mktemp -d)
# shellcheck source=tests/lib/signin.sh
. tests/lib/signin.sh
server='Windows Server 2012 or Windows Server 2012 R2'
completed='CertUtil: -dsTemplate command completed successfully.'

cleanup()
{
	"$lab" down "$work/a" --remove || :
	rm -rf "$work"
}

# ca VERB...: what is typed at the CA, in the lab's folder.
ca()
{
	timeout 120 "$lab" exec "$work/a" -- sh -c \
	    'cd /run/lab; exec signet-ca "$@" --dir /run/lab/ca' sh "$@"
}

template()
{
	ca template "$@"
}

# shows NAME VALUE: what the console would show of the template.
shows()
{
	template show "$tpl" | grep -F "$1=" | tee shown | grep -F -- "$2" ||
		{ cat shown; return 1; }
}

tpl='Smartcard Logon'
"$lab" up --dir "$work/a" --with card --with pcscd
cd "$work/a"
"$lab" start "$work/a" ca

# --- Create a Windows Hello for Business certificate template ---

# "Sign in to your issuing certificate authority (CA)." "Open the Certificate
# Authority Console." "In the left pane of the MMC, expand Certification
# Authority (Local), and then expand your CA within the Certification Authority
# list." "Right-click Certificate Templates and then click Manage to open the
# Certificate Templates console."
is 'the Certificate Templates console has the Smartcard Logon template' eval '
	template list | grep -F "Smartcard Logon"'

# "Right-click the Smartcard Logon template and click Duplicate Template."
# On the General tab: "Specify a Template display name, such as WHfB Certificate
# Authentication."
is 'Duplicate Template' says 0 WHfBCertificateAuthentication \
    template duplicate 'Smartcard Logon' 'WHfB Certificate Authentication'
tpl=WHfBCertificateAuthentication

# "On the Compatibility tab: Clear the Show resulting changes check box."
# (It is set with --dry-run.) "Select Windows Server 2012 or Windows Server 2012
# R2 from the Certification Authority list."
is 'Compatibility: Certification Authority' \
    template set "$tpl" "ca-compatibility=$server"
# "Select Windows Server 2012 or Windows Server 2012 R2 from the Certification
# Recipient list."
is 'Compatibility: Certification Recipient' \
    template set "$tpl" "recipient-compatibility=$server"

# "On the General tab: Set the validity period to the desired value."
is 'General: validity period' template set "$tpl" 'validity=1 year'
# "Take note of the Template name for later, which should be the same as the
# Template display name minus spaces."
is 'General: Template display name' \
    shows display-name 'WHfB Certificate Authentication'

# "On the Extensions tab, verify the Application Policies extension includes
# Smart Card Logon."
is 'Extensions: Application Policies include Smart Card Logon' \
    shows application-policies 'Smart Card Logon'

# "On the Subject Name tab: Select the Build from this Active Directory
# information button if it is not already selected."
is 'Subject Name: Build from this Active Directory information' \
    template set "$tpl" subject=directory
# "Select Fully distinguished name from the Subject name format list if Fully
# distinguished name is not already selected."
is 'Subject Name: Fully distinguished name' \
    template set "$tpl" subject-format=fully-distinguished-name
# "Select the User Principal Name (UPN) check box under Include this information
# in alternative subject name."
is 'Subject Name: User Principal Name (UPN)' \
    template set "$tpl" alternative-names=+upn

# "On the Request Handling tab: Select the Renew with same key check box."
is 'Request Handling: Renew with same key' \
    template set "$tpl" renew-with-same-key=yes
# "Set the Purpose to Signature and smartcard logon."
is 'Request Handling: Purpose asks first' says 1 'the purpose of' \
    template set "$tpl" 'purpose=signature and smartcard logon'
# "Click Yes when prompted to change the certificate purpose."
is 'Request Handling: Purpose, and Yes' in_lab '
	script -qec "signet-ca template set --dir ca '"$tpl"' \
	    \"purpose=signature and smartcard logon\"" log/purpose <<<y'
is '... is set then' shows purpose 'signature and smartcard logon'
# "Click Prompt the user during enrollment."
is 'Request Handling: Prompt the user during enrollment' \
    template set "$tpl" prompt=enrollment

# "On the Cryptography tab: Set the Provider Category to Key Storage Provider."
is 'Cryptography: Provider Category' \
    template set "$tpl" 'provider-category=Key Storage Provider'
# "Set the Algorithm name to RSA."
is 'Cryptography: Algorithm name' template set "$tpl" algorithm=RSA
# "Set the minimum key size to 2048."
is 'Cryptography: minimum key size' \
    template set "$tpl" minimum-key-size=2048
# "Select Requests must use one of the following providers." "Tick Microsoft
# Software Key Storage Provider."
is 'Cryptography: Requests must use one of the following providers' \
    template set "$tpl" 'providers=Microsoft Software Key Storage Provider'
# "Set the Request hash to SHA256."
is 'Cryptography: Request hash' template set "$tpl" request-hash=SHA256

# "On the Security tab, add the security group that you want to give Enroll
# access to. For example, if you want to give access to all users, select the
# Authenticated users group, and then select Enroll permissions for them."
is 'Security: Authenticated Users, Enroll' \
    template access "$tpl" --allow 'Authenticated Users:enroll'

# "Click OK to finalize your changes and create the new template. Your new
# template should now appear in the list of Certificate Templates." "Close the
# Certificate Templates console."
is 'the new template appears in the list' eval '
	template list | grep "^-.* $tpl .*WHfB Certificate Authentication"'

# "Open an elevated command prompt and change to a temporary working directory."
# "Execute the following command: certutil -dstemplate <TemplateName> >
# <TemplateName>.txt"
is 'certutil -dstemplate' eval 'ca dstemplate $tpl >$tpl.txt'
# "Open the text file created by the command above. Delete the last line of the
# output from the file that reads CertUtil: -dsTemplate command completed
# successfully."
is '... the last line reads so, and is deleted' eval '
	[ "$(tail -n 1 $tpl.txt)" = "$completed" ] && sed -i "\$d" $tpl.txt &&
	! grep CertUtil $tpl.txt'
# "Modify the line that reads pKIDefaultCSPs = "1,Microsoft Software Key Storage
# Provider" to pKIDefaultCSPs = "1,Microsoft Passport Key Storage Provider"."
# "Save the text file."
software='pKIDefaultCSPs = "1,Microsoft Software Key Storage Provider"'
passport='pKIDefaultCSPs = "1,Microsoft Passport Key Storage Provider"'
is '... the line about providers reads so, and is modified' eval '
	cp $tpl.txt before.txt && [ "$(grep -cF "$software" $tpl.txt)" = 1 ] &&
	sed -i "s/$software/$passport/" $tpl.txt &&
	[ "$(diff before.txt $tpl.txt | grep -c "^[<>]")" = 2 ]'
# "Update the certificate template by executing the following command: certutil
# -dsaddtemplate <TemplateName>.txt"
is 'certutil -dsaddtemplate' \
    says 0 'CertUtil: -dsAddTemplate command completed successfully.' \
    ca dsaddtemplate "$tpl.txt"
is '... nothing else is different' eval '
	template export "$tpl" | diff - "$tpl.txt"'

# "In the Certificate Authority console, right-click Certificate Templates,
# select New, and select Certificate Template to Issue." "From the list of
# templates, select the template you previously created (WHFB Certificate
# Authentication) and click OK."
is 'Certificate Template to Issue' \
    template publish 'WHFB Certificate Authentication'

# "After the template replicates, in the MMC, right-click in the Certification
# Authority list, click All Tasks and then click Stop Service."
is 'Stop Service' eval '"$lab" stop "$work/a" ca &&
	tail -n 1 log/ca.log | grep -w stopped'
# "Right-click the name of the CA again, click All Tasks, and then click Start
# Service."
is 'Start Service' "$lab" start "$work/a" ca

# --- Requesting a Certificate ---

# "Ensure the hybrid Azure AD joined device has network line of sight to Active
# Directory domain controllers and the issuing certificate authority."
is 'the CA and a domain controller can be reached' in_lab '
	curl -sSf -o /dev/null http://pki.corp.example/issuing.crl
	: </dev/tcp/kdc.corp.example/88'
# (The container that the document takes as given.)
is 'a container with a key' in_lab 'signet setup --pin-fd 7 7<<<$LAB_PIN'
# "Start the Certificates - Current User console." "In the left pane of the MMC,
# right-click Personal, click All Tasks, and then click Request New
# Certificate..." "On the Certificate Enrollment screen, click Next." "Under
# Select Certificate Enrollment Policy, ensure Active Directory Enrollment
# Policy is selected and then click Next." "Under Request Certificates, click
# the check-box next to the certificate template you created in the previous
# section (WHfB Certificate Authentication) and then click Enroll."
is 'Request New Certificate' in_lab '
	signet request new --upn alice@CORP.EXAMPLE --out alice \
	    --template WHfBCertificateAuthentication --pin-fd 7 7<<<$LAB_PIN'
is '... it names the provider and the template' in_lab '
	hex() { od -An -v -tx1 | tr -d " \n"; }
	utf16() { printf %s "$1" | iconv -t UTF-16BE | hex; }
	openssl req -in alice.req -outform DER | hex >req.hex
	grep -q "$(utf16 "Microsoft Passport Key Storage Provider")" req.hex
	grep -q "$(utf16 WHfBCertificateAuthentication)" req.hex'
is '... and the CA issues the certificate' in_lab '
	signet-ca issue --dir ca --template WHfBCertificateAuthentication \
	    --in alice.req --out alice.crt --chain-out chain.pem \
	    --upn alice@CORP.EXAMPLE --sid $LAB_SID \
	    --subject CN=alice,CN=Users,DC=corp,DC=example'
# "After a successful certificate request, click Finish on the Certificate
# Installation Results screen."
is 'the certificate is installed in the container' in_lab '
	signet request accept alice.crt chain.pem --trust-root --pin-fd 7 \
	    7<<<$LAB_PIN
	signet cert list | grep -F alice'

# --- What was issued ---

# All of it, made here from the vectors and from what was asked.
expected()
{
	python3 - "$(key_id alice.req)" "$(key_id ca/issuing/cert.pem)" \
	    "$oid" "$minor" <<-'X'
	import sys

	def tlv(tag, *parts):
	    body = "".join(parts)
	    n = len(body) // 2
	    return "%02x" % tag + ("%02x" % n if n < 128 else "81%02x" % n) + body

	def text(tag, s):
	    return tlv(tag, s.encode().hex())

	def oid(dotted):
	    first, second, *rest = map(int, dotted.split("."))
	    out = ""
	    for arc in [40 * first + second] + rest:
	        seven = "%02x" % (arc & 127)
	        while arc := arc >> 7:
	            seven = "%02x" % (arc & 127 | 128) + seven
	        out += seven
	    return tlv(6, out)

	def at(url):
	    return text(0x86, "http://pki.corp.example/" + url)

	subject_key, issuer_key, template, minor = sys.argv[1:]
	sid = "S-1-5-21-1004336348-1177238915-682003330-1104"
	upn = tlv(0xA0, text(0x0C, "alice@CORP.EXAMPLE"))
	ocsp, issuers = oid("1.3.6.1.5.5.7.48.1"), oid("1.3.6.1.5.5.7.48.2")
	both = "06082b06010505070302", "060a2b060104018237140202"
	lines = [
	    # SAN: the UPN
	    "2.5.29.17 - " + tlv(0x30, tlv(0xA0, "060a2b060104018237140203", upn)),
	    # the SID
	    "1.3.6.1.4.1.311.25.2 - "
	    "303fa03d060a2b060104018237190201a02f042d" + sid.encode().hex(),
	    # template, major and minor version
	    "1.3.6.1.4.1.311.21.7 - "
	    + tlv(0x30, oid(template), "020164", tlv(2, "%02x" % int(minor))),
	    # application policies, and the same as extended key usage:
	    # client authentication, smart card logon
	    "1.3.6.1.4.1.311.21.10 - " + tlv(0x30, *(tlv(0x30, x) for x in both)),
	    "2.5.29.37 - " + tlv(0x30, *both),
	    # to sign, and nothing else
	    "2.5.29.15 critical 03020780",
	    "2.5.29.14 - 0414" + subject_key,
	    "2.5.29.35 - 30168014" + issuer_key,
	    "2.5.29.31 - " + tlv(0x30, tlv(0x30, tlv(0xA0, tlv(0xA0,
	        at("issuing.crl"))))),
	    "1.3.6.1.5.5.7.1.1 - " + tlv(0x30, tlv(0x30, issuers,
	        at("issuing.crt")), tlv(0x30, ocsp, at("ocsp"))),
	]
	print("\n".join(sorted(lines)))
	X
}

# SHA-1 over the key's bits (RFC 5280 4.2.1.2), of a request or a certificate.
key_id()
{
	local kind=x509
	[[ $1 != *.req ]] || kind=req
	openssl $kind -in "$1" -noout -pubkey |
		openssl pkey -pubin -outform DER -out key.der &&
	openssl asn1parse -inform DER -in key.der -strparse \
		"$(openssl asn1parse -inform DER -in key.der |
		sed -n 's/^ *\([0-9]*\):.*BIT STRING.*/\1/p')" \
		-noout -out key.bits &&
	sha1sum <key.bits | cut -d' ' -f1
}

# Seconds from the first to the last moment of the certificate's life.
lifetime()
{
	local from to
	from=$(openssl x509 -in "$1" -noout -startdate | cut -d= -f2)
	to=$(openssl x509 -in "$1" -noout -enddate | cut -d= -f2)
	echo $(($(date -d "$to" +%s) - $(date -d "$from" +%s)))
}

oid=$(template show "$tpl" --json | sed -n \
    's/.*"\(1\.3\.6\.1\.4\.1\.311\.21\.8\.[0-9.]*\)".*/\1/p')
minor=$(template export "$tpl" | sed -n \
    's/.*Minor-Revision = "\([0-9]*\)"/\1/p')
is 'every extension is the expected one, byte for byte, and there is no other' \
    eval 'expected >expected.ext && "$extensions" alice.crt |
	diff expected.ext -'
is 'the subject is that of the account' eval '
	[ "$(openssl x509 -in alice.crt -noout -subject -nameopt RFC2253)" = \
	"subject=CN=alice,CN=Users,DC=corp,DC=example" ]'
is 'the key is the one in the container' eval '
	[ "$(openssl x509 -in alice.crt -noout -pubkey)" = \
	"$(openssl req -in alice.req -noout -pubkey)" ]'
is 'it is good for a year, from ten minutes before' eval '
	[ "$(lifetime alice.crt)" = $((365 * 86400 + 600)) ]'
is 'OpenSSL verifies it strictly' openssl verify -x509_strict \
    -CAfile ca/root/cert.pem -untrusted ca/issuing/cert.pem alice.crt
is 'GnuTLS verifies it' eval 'certtool --verify --verify-profile medium \
	--load-ca-certificate ca/root/cert.pem --infile chain.pem'

# What the edit of the text is for.
is 'by the template as it was before the edit, it would be denied' eval '
	template duplicate "$tpl" "As Before" \
	    "providers=Microsoft Software Key Storage Provider" &&
	template publish AsBefore &&
	says 1 "does not allow keys of the provider" ca issue \
	    --template AsBefore --in alice.req --out no.crt \
	    --upn alice@CORP.EXAMPLE && [ ! -e no.crt ]'

# --- RDP Sign-in with Windows Hello for Business Certificate Authentication ---

# What a cron job on the KDC's machine does: the lists from where the
# certificates say, then the KDC anew, because it reads them at its start.
kdc_fetches()
{
	in_lab 'named=$(openssl x509 -in alice.crt -noout \
	    -ext crlDistributionPoints | sed -n "s/.*URI://p")
	pki-openssl fetch http://pki.corp.example/root.crl $named
	forest restart kdc'
}

kinit_alice()
{
	in_lab 'export KRB5_CONFIG=$LAB_KRB5_PKINIT
	SIGNET_PIN_ENTRY=application kinit -c FILE:pin.cc \
	    -X X509_user_identity=PKCS11:$LAB_HOST_MODULE alice <<<$LAB_PIN
	klist -s -c FILE:pin.cc'
}

# "... provided the PKI certificate chain for the issuing certificate authority
# is deployed to that target server." (The lab's KDC trusts the root.)
is 'the KDC fetches the CRL that the certificate names' kdc_fetches
is 'PKINIT by the module' kinit_alice
is '... the KDC saw the certificate' kdc_saw alice
# "Open the Remote Desktop Client." "Attempt an RDP session to a target server."
# "Use the certificate credential protected by your Windows Hello for Business
# gesture."
for credential in kerberos smartcard; do
	is "$credential: the desktop is shown" \
	    desktop --credential $credential
	is '... the KDC saw the certificate' kdc_saw alice
	is '... the host saw the user' host_saw
done

# --- Its end ---

is 'it is revoked' ca cert revoke "$(serial alice.crt)" \
    --reason keyCompromise
is '... and the service publishes a list' ca crl --publish
is 'OCSP tells so' in_lab '
	openssl ocsp -issuer pki/issuing.crt -cert alice.crt \
	    -url "$(openssl x509 -in alice.crt -noout -ocsp_uri)" \
	    -CAfile pki/root.crt -verify_other pki/issuing.crt | tee out
	grep "alice.crt: revoked" out && grep "Reason: keyCompromise" out'
is 'a KDC that has not fetched it knows nothing' kinit_alice
is 'the KDC fetches it' kdc_fetches
is 'PKINIT is refused' says 1 'Revoked certificate' kinit_alice
is 'RDP is refused, and says why' both_say 1 'is revoked'
is 'the audit log holds all of it, in order' eval '
	ca audit verify && ca audit list >audit &&
	for did in "did=duplicate" "did=change" "did=import" "did=publish" \
	    "issue .*issued" "issue .*denied" "revoke"; do
		sed -n "/$did/,\$p" audit >rest && [ -s rest ] ||
			{ echo "no $did"; cat audit; exit 1; }
		mv rest audit
	done'
is 'the service stops' eval '"$lab" stop "$work/a" ca &&
	tail -n 1 log/ca.log | grep -w stopped'

cases_end
