#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Roots and issuing CAs apart, CA certificates that others sign, renewal with
# the same and with a new key: what comes of it is read by programs that nobody
# here wrote, OpenSSL, GnuTLS, NSS, and in the lab MIT's KDC.
# shellcheck disable=SC2016	# inner shells expand what is quoted here
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/cases.sh
. tests/lib/cases.sh
# shellcheck source=tests/lib/serve.sh
. tests/lib/serve.sh

build=$(realpath "${SIGNET_BUILD:-build}")
ca=$build/cmd/signet-ca/signet-ca
lab=$PWD/tests/lab/lab
work=$(mktemp -d)
tpm=

cleanup()
{
	[ -z "$server" ] || kill "$server" 2>/dev/null || :
	[ -z "$tpm" ] || kill "$tpm" 2>/dev/null || :
	[ ! -e "$work/lab/.signet-lab" ] || "$lab" down "$work/lab" --remove ||
		:
	rm -rf "$work"
}
cd "$work"

serial()
{
	openssl x509 -in "$1" -noout -serial | cut -d= -f2
}

# server CA NAME: a certificate NAME.pem by the CA in that folder.
issue()
{
	"$ca" server --dir "$1" --template WebServer --dns "$2.example" \
	    --key p256 --key-out "$2.key" --out "$2.pem" --chain-out "$2.chain"
}

# The state of a CA's certificate: state CA LEVEL VERSION
state()
{
	"$ca" status --dir "$1" | awk -v l="$2" -v v="$3" \
	    '$1 == l && $2 == v { print $3 }'
}

# --- a root and an issuing CA apart ---

echo '-- an offline root'
is 'a root is made alone' "$ca" init --dir root --role root --key p384 \
    --name 'CN=Corp Root CA,DC=corp,DC=example' \
    --cdp-url http://pki.corp.example/root%8.crl \
    --aia-url http://pki.corp.example/root%4.crt
is '... and has no issuing CA' test ! -e root/issuing/cert.pem -a \
    ! -e root/issuing/key.pem
is '... and issues nothing' eval '
	openssl req -new -newkey rsa:2048 -nodes -keyout x.key -subj /CN=x \
	    -out x.req 2>/dev/null &&
	says 1 "only a root" "$ca" issue --dir root --template WebServer \
	    --dns x.example --in x.req --out x.pem'
is '... and serves nothing' says 1 'only a root' "$ca" serve --dir root
is 'its certificate is version 0.0 of AD CS' eval '
	openssl asn1parse -in root/root/cert.pem |
	grep -A1 "1.3.6.1.4.1.311.21.1" | grep "HEX DUMP.:020100"'
is 'it writes its list' says 0 'Corp Root CA' "$ca" crl --dir root

is 'an issuing CA alone wants to be told where its request goes' \
    says 2 '--request-out' "$ca" init --dir sub --role issuing
is 'a role that is none' says 2 'none of root' "$ca" init --dir sub \
    --role middle
is 'an issuing CA makes a request' "$ca" init --dir sub --role issuing \
    --key rsa2048 --name 'CN=Corp Issuing CA,DC=corp,DC=example' \
    --cdp-url http://pki.corp.example/issuing%8.crl \
    --aia-url 'http://pki.corp.example/issuing<CertificateName>.crt' \
    --request-out sub.req
is '... which asks for what AD CS wants' eval '
	openssl req -in sub.req -noout -verify -text >text 2>&1 &&
	grep "verify OK" text && grep "Basic Constraints: critical" text &&
	grep "CA:TRUE" text && grep "Certificate Sign, CRL Sign" text &&
	grep "Subject Key Identifier" text && grep "311.21.1" text &&
	grep -A1 "311.20.2" text'
is 'it waits' test "$(state sub issuing 0.0)" = waits
for verb in crl serve renew-ca; do
	is "'$verb' says so, and how to go on" says 3 install-cert \
	    "$ca" $verb --dir sub
done
is "'issue' too" says 3 install-cert "$ca" issue --dir sub \
    --template WebServer --dns x.example --in x.req --out x.pem
is '... but lists, backup and audit work' eval '
	"$ca" cert list --dir sub && "$ca" backup --dir sub sub.backup &&
	"$ca" audit verify --dir sub'
is 'a restored one waits too' eval '
	"$ca" restore --dir sub-again sub.backup &&
	[ "$(state sub-again issuing 0.0)" = waits ]'

is 'the root signs' "$ca" sign-ca --dir root sub.req --out sub.pem \
    --chain-out sub.chain
is '... what is in its books' eval '
	"$ca" cert list --dir root | grep "$(serial sub.pem | tr A-F a-f)"'
is '... with a path length and URLs of its own' eval '
	openssl x509 -in sub.pem -noout -text >text &&
	grep "CA:TRUE, pathlen:0" text &&
	grep "http://pki.corp.example/root.crl" text &&
	grep "http://pki.corp.example/root.crt" text'
is 'a request that asks for no CA is refused' says 1 'CA:TRUE' \
    "$ca" sign-ca --dir root x.req --out x.pem
is 'one in the name of the root is refused' eval '
	openssl req -new -key x.key -subj "/DC=example/DC=corp/CN=corp root ca" \
	    -addext basicConstraints=critical,CA:TRUE -out same.req &&
	says 1 "name of the CA that signs" "$ca" sign-ca --dir root same.req \
	    --out x.pem'
is 'without the root it is refused' says 1 'no root among' \
    "$ca" install-cert --dir sub sub.pem
is '... and nothing has changed' test "$(state sub issuing 0.0)" = waits
is 'with its chain it is taken' says 0 'SHA-256 of the root' \
    "$ca" install-cert --dir sub sub.chain
is '... and cannot be taken twice' says 1 'no request' \
    "$ca" install-cert --dir sub sub.chain
is 'the issuing CA issues' issue sub first
is '... and its chain goes up to the root' eval '
	[ "$(grep -c BEGIN first.chain)" = 3 ] &&
	openssl verify -x509_strict -CAfile root/root/cert.pem \
	    -untrusted first.chain first.pem'

# --- signed by others ---

echo '-- roots of other people'
mkdir foreign
openssl req -x509 -newkey rsa:2048 -nodes -keyout foreign/key.pem \
    -subj '/CN=Foreign Root' -days 3000 -out foreign/cert.pem \
    -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null

# foreign NAME LINE...: NAME's request signed with these extensions.
foreign()
{
	local name=$1
	shift
	printf '%s\n' "$@" >foreign.ext
	openssl x509 -req -in "$name.req" -CA foreign/cert.pem \
	    -CAkey foreign/key.pem -days 1000 -extfile foreign.ext \
	    -out "$name.pem" 2>/dev/null &&
	cat "$name.pem" foreign/cert.pem >"$name.chain"
}
good=('basicConstraints=critical,CA:TRUE'
    'keyUsage=critical,keyCertSign,cRLSign' 'subjectKeyIdentifier=hash'
    'authorityKeyIdentifier=keyid')

# waits NAME: a CA in that folder whose request is NAME.req.
waits()
{
	"$ca" init --dir "$1" --role issuing --key p256 --name "CN=$1" \
	    --request-out "$1.req"
}

# refused NAME WORDS EXTENSION...
refused()
{
	local name=$1 words=$2
	shift 2
	foreign "$name" "$@" &&
	says 1 "$words" "$ca" install-cert --dir "$name" "$name.chain" &&
	[ "$(state "$name" issuing 0.0)" = waits ]
}

waits a >/dev/null 2>&1
is 'no rights of a CA' refused a CA:TRUE basicConstraints=CA:FALSE
is 'no extensions at all' refused a CA:TRUE '#'
is 'no key usage' refused a 'key usage' "${good[0]}"
is 'a key usage without CRLs' refused a 'key usage' "${good[0]}" \
    keyUsage=keyCertSign
is 'another CA'"'"'s certificate' says 1 'none of the 2 certificates' \
    "$ca" install-cert --dir a sub.chain
is 'no certificate' says 1 'no certificate' "$ca" install-cert --dir a a.req
is 'a signature that does not hold' eval '
	foreign a "${good[@]}" && openssl x509 -in a.pem -outform DER |
	    head -c -1 >bad.der && printf "\\0" >>bad.der &&
	openssl x509 -inform DER -in bad.der >bad.chain &&
	cat foreign/cert.pem >>bad.chain &&
	says 1 "signature" "$ca" install-cert --dir a bad.chain'
is 'one that ran out' eval '
	openssl x509 -req -in a.req -CA foreign/cert.pem -CAkey foreign/key.pem \
	    -days -1 -extfile foreign.ext -out a.pem 2>/dev/null &&
	cat a.pem foreign/cert.pem >a.chain &&
	says 1 expired "$ca" install-cert --dir a a.chain'
is 'a good one by openssl x509 is taken' eval '
	foreign a "${good[@]}" && "$ca" install-cert --dir a a.chain &&
	issue a by-x509 && openssl verify -x509_strict \
	    -CAfile foreign/cert.pem -untrusted a.pem by-x509.pem'

waits b >/dev/null 2>&1
cat >ca.cnf <<'X'
[ca]
default_ca = it
[it]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copyall
unique_subject = no
[any]
commonName = supplied
X
: >index.txt
is 'openssl ca signs with all extensions' eval '
	openssl ca -batch -config ca.cnf -in b.req -cert foreign/cert.pem \
	    -keyfile foreign/key.pem -days 900 -out b.pem -notext 2>/dev/null'
is '... and a PKCS#7 bundle (.p7b) is taken' eval '
	openssl crl2pkcs7 -nocrl -certfile b.pem -certfile foreign/cert.pem \
	    -outform DER -out b.p7b && "$ca" install-cert --dir b b.p7b &&
	issue b by-ca && openssl verify -x509_strict \
	    -CAfile foreign/cert.pem -untrusted b/issuing/cert.pem by-ca.pem'
is 'a key that cannot be opened is no CA'"'"'s' eval '
	waits c && chmod 600 c/issuing/key.pem && foreign c "${good[@]}" &&
	cp x.key c/issuing/key.pem &&
	says 1 "not the key of the request" "$ca" install-cert --dir c c.chain'

# --- renewal ---

echo '-- renewal'
is 'without %8 the list of a new key would have no name' eval '
	"$ca" init --dir plain --key p256 \
	    --cdp-url http://pki.corp.example/issuing.crl &&
	says 2 "put %8 into it" "$ca" renew-ca --dir plain --new-key &&
	"$ca" renew-ca --dir plain'
is 'a CA with its root' "$ca" init --dir ca --key rsa2048 \
    --name 'CN=Corp Issuing CA' \
    --cdp-url http://pki.corp.example/issuing%8.crl \
    --aia-url http://pki.corp.example/issuing%4.crt \
    --root-cdp-url http://pki.corp.example/root%8.crl
is 'a certificate from before' issue ca before
is '... and one that will be revoked' issue ca before-bad
is 'the CA is renewed with its key' says 0 'Issuing CA 1.0' \
    "$ca" renew-ca --dir ca
is '... one in between' issue ca between
is '... and with a new one' says 0 'Issuing CA 2.2' \
    "$ca" renew-ca --dir ca --new-key
is '... one from after' issue ca after
is '... and one that will be revoked' issue ca after-bad
is 'the root is renewed with a new key' says 0 'Root CA 1.1' \
    "$ca" renew-ca --dir ca --level root --new-key
is '... and signs the next issuing CA, with another key' \
    says 0 'Issuing CA 3.3' "$ca" renew-ca --dir ca --new-key --key p384
is '... one by that' issue ca last
is 'all are listed' eval '
	[ "$(state ca root 1.1)" = current ] &&
	[ "$(state ca root 0.0)" = valid ] &&
	[ "$(state ca issuing 0.0)" = valid ] &&
	[ "$(state ca issuing 3.3)" = current ] &&
	"$ca" status --dir ca --json | python3 -c "
import json, sys
l = json.load(sys.stdin)
assert [(x[\"ca\"], x[\"certificate\"], x[\"key\"]) for x in l] == [
    (\"root\", 0, 0), (\"root\", 1, 1), (\"issuing\", 0, 0),
    (\"issuing\", 1, 0), (\"issuing\", 2, 2), (\"issuing\", 3, 3)]
assert l[5][\"key_at\"] == \"file\" and l[5][\"state\"] == \"current\""'
is 'versions and hashes are those of AD CS' eval '
	hash=$(openssl x509 -in "ca/issuing/cert(1).pem" -noout -fingerprint \
	    -sha1 | cut -d= -f2 | tr -d :) &&
	openssl asn1parse -in "ca/issuing/cert(2).pem" >asn1 &&
	grep -A1 "311.21.1$" asn1 | grep ":0203020002" &&
	grep -A1 "311.21.2$" asn1 | grep ":0414$hash"'
ski()
{
	openssl x509 -in "$1" -noout -ext subjectKeyIdentifier
}
is 'the same key has the same identifier, a new one another' eval '
	[ "$(ski ca/issuing/cert.pem)" = "$(ski "ca/issuing/cert(1).pem")" ] &&
	[ "$(ski ca/issuing/cert.pem)" != "$(ski "ca/issuing/cert(2).pem")" ]'
is 'certificates point to their key'"'"'s list' eval '
	openssl x509 -in between.pem -noout -text | grep "/issuing.crl" &&
	openssl x509 -in between.pem -noout -text | grep "/issuing(1).crt" &&
	openssl x509 -in after.pem -noout -text | grep "/issuing(2).crl" &&
	openssl x509 -in last.pem -noout -text | grep "/issuing(3).crt" &&
	openssl x509 -in "ca/issuing/cert(3).pem" -noout -text |
	    grep "/root(1).crl"'
is 'revocation goes to the list of the key that signed' eval '
	says 0 "CRL" "$ca" revoke --dir ca "$(serial before-bad.pem)" &&
	says 0 "(2) with 1" "$ca" revoke --dir ca "$(serial after-bad.pem)" &&
	openssl crl -inform DER -in "ca/issuing/ca(2).crl" -noout -text |
	    grep -i "$(serial after-bad.pem)" &&
	! openssl crl -inform DER -in "ca/issuing/ca(2).crl" -noout -text |
	    grep -i "$(serial before-bad.pem)"'
is 'the CA certificates are exported' eval '
	"$ca" export-ca --dir ca --out all.pem &&
	[ "$(grep -c BEGIN all.pem)" = 6 ] &&
	"$ca" export-ca --dir ca --level issuing --out ntauth.pem &&
	[ "$(grep -c BEGIN ntauth.pem)" = 4 ] &&
	"$ca" export-ca --dir ca --level root --out roots.pem &&
	[ "$(grep -c BEGIN roots.pem)" = 2 ]'
"$ca" crl --dir ca >/dev/null
for f in root/ca 'root/ca(1)' issuing/ca 'issuing/ca(2)' 'issuing/ca(3)'; do
	openssl crl -inform DER -in "ca/$f.crl"
done >lists.pem

openssl_verify()
{
	cat roots.pem lists.pem >trust.pem
	openssl verify -x509_strict -crl_check_all -CAfile trust.pem \
	    -untrusted ntauth.pem "$@"
}
# The number of a certificate's CA's key, as names have it.
key_of()
{
	case $1 in
	after*) echo '(2)' ;;
	last*) echo '(3)' ;;
	esac
}
# GnuTLS keeps one list for each name, and wants chains in their order.
gnutls_verify()
{
	{
		openssl crl -inform DER -in "ca/root/ca.crl"
		openssl crl -inform DER -in "ca/issuing/ca$(key_of "$1").crl"
	} >gnutls.crl
	certtool --verify --load-ca-certificate roots.pem \
	    --load-crl gnutls.crl --infile "${1%.pem}.chain"
}
mkdir nss
certutil -N -d sql:nss --empty-password
csplit -s -z -f root- roots.pem '/BEGIN/' '{*}'
csplit -s -z -f issuing- ntauth.pem '/BEGIN/' '{*}'
for f in root-??; do certutil -A -d sql:nss -n "$f" -t C,, -i "$f"; done
for f in issuing-??; do certutil -A -d sql:nss -n "$f" -t ,, -i "$f"; done
nss_verify()
{
	vfychain -d sql:nss -pp -u 1 -a "$1"
}
for name in before between after last; do
	is "OpenSSL takes what is from $name" openssl_verify "$name.pem"
	is "... GnuTLS too" gnutls_verify "$name.pem"
	is "... and NSS" nss_verify "$name.pem"
done
# Its own list is what tells: another key's of the same name would not.
for name in before-bad after-bad; do
	is "OpenSSL refuses $name" says 2 'certificate revoked' \
	    openssl_verify "$name.pem"
	is "... GnuTLS too" says 1 'revoked' gnutls_verify "$name.pem"
done
# NSS keeps one list for each name: of one key at a time.
nss_list()
{
	crlutil -D -d sql:nss -n issuing-00 >/dev/null 2>&1 || :
	crlutil -I -d sql:nss -i "$1" -t 1 -B
}
nss_crl()
{
	vfychain -d sql:nss -pp -u 1 -g leaf -h testLocalInfo -m crl \
		-s failIfNoInfo -a "$1"
}
is 'NSS with the list of the old key refuses what it revokes' eval '
	nss_list ca/issuing/ca.crl &&
	says 1 "has been revoked" nss_crl before-bad.pem'
is '... and with the new key'"'"'s what that does' eval '
	nss_list "ca/issuing/ca(2).crl" &&
	says 1 "has been revoked" nss_crl after-bad.pem'

is 'the issuing CA of before is revoked by its root' eval '
	says 0 "Root CA" "$ca" cert revoke --dir ca \
	    "$(serial ca/issuing/cert.pem)" --reason superseded &&
	openssl crl -inform DER -in ca/root/ca.crl -noout -text |
	    grep -i "$(serial ca/issuing/cert.pem)"'
is 'what is shown says by which certificate it was issued' eval '
	"$ca" cert show --dir ca "$(serial before.pem)" |
	    grep "^CA: *issuing, certificate 0" &&
	"$ca" cert show --dir ca "$(serial last.pem)" |
	    grep "^CA: *issuing, certificate 3"'
is 'a backup has all of it' eval '
	"$ca" backup --dir ca ca.backup &&
	"$ca" restore --dir ca-again ca.backup &&
	cmp <("$ca" status --dir ca) <("$ca" status --dir ca-again) &&
	"$ca" crl --dir ca-again && "$ca" audit verify --dir ca-again'

# --- serve ---

echo '-- the server'
cat >ca/serve.conf <<'X'
[crl]
delta-url = http://pki.corp.example/issuing-delta.crl
X
is 'a delta-url without %8 is told' says 2 'put %8 into it' \
    "$ca" renew-ca --dir ca --new-key
sed -i 's/issuing-delta/issuing%8-delta/' ca/serve.conf
"$ca" crl --dir ca >/dev/null
# start DIR
start()
{
	serves "$1" --listen 127.0.0.1:0
}
start ca || exit 1
# fetch_list NAME KEY: and it is by that key.
fetch_list()
{
	curl -sSf -o list.der "$url/$1" &&
	openssl crl -inform DER -in list.der -noout \
	    -CAfile "ca/issuing/cert$2.pem" 2>&1 | grep 'verify OK' &&
	openssl crl -inform DER -in list.der -noout -text
}
is 'every key has its list there' eval '
	fetch_list issuing.crl "" && fetch_list "issuing(2).crl" "(2)" &&
	fetch_list "issuing%283%29.crl" "(3)" &&
	! curl -sSf "$url/issuing(1).crl"'
is '... and its delta, which the base names' eval '
	fetch_list "issuing(2).crl" "(2)" | grep "issuing(2)-delta.crl" &&
	fetch_list "issuing(2)-delta.crl" "(2)" | grep "Delta CRL Indicator"'
all_there()
{
	for i in '' '(1)' '(2)' '(3)'; do
		curl -sSf "$url/issuing$i.crt" | cmp - \
		    <(openssl x509 -in "ca/issuing/cert$i.pem" -outform DER) ||
			return 1
	done
}
is 'every certificate is there' all_there
ocsp()
{
	openssl ocsp -issuer "$1" -cert "$2" -url "$url/ocsp" \
	    -CAfile roots.pem -verify_other ntauth.pem 2>&1 | tee out &&
	grep -q 'Response verify OK' out && grep -q "$2: $3" out
}
is 'OCSP answers for the old key' eval '
	ocsp ca/issuing/cert.pem before.pem good &&
	ocsp "ca/issuing/cert(1).pem" before-bad.pem revoked'
is '... for the next' eval '
	ocsp "ca/issuing/cert(2).pem" after.pem good &&
	ocsp "ca/issuing/cert(2).pem" after-bad.pem revoked'
is '... for the newest' ocsp 'ca/issuing/cert(3).pem' last.pem good
is '... and does not mix them up' \
    ocsp 'ca/issuing/cert(2).pem' before-bad.pem unknown
gnutls_asks()
{
	for n in before after last; do
		csplit -s -z -f $n- $n.chain '/BEGIN/' '{*}' &&
		echo | ocsptool --ask="$url/ocsp" --load-cert=$n-00 \
		    --load-issuer=$n-01 --nonce | tee out |
		    grep 'Verifying OCSP Response: Success' &&
		grep 'Status: good' out || return 1
	done
}
is 'GnuTLS asks for each key' gnutls_asks
numbers()
{
	for f in issuing/ca 'issuing/ca(2)' 'issuing/ca(3)'; do
		openssl crl -inform DER -in "ca/$f.crl" -noout -crlnumber
	done
}
is 'all lists are made anew when it is asked' eval '
	numbers >then && says 0 CRL "$ca" crl --dir ca --publish &&
	numbers >now && ! comm -12 <(sort then) <(sort now) | grep .'
renewed_told()
{
	"$ca" renew-ca --dir ca && kill -HUP "$server" || return 1
	for _ in $(seq 200); do
		! grep 'was renewed' serve.log || return 0
		sleep 0.05
	done
	return 1
}
is 'a server that runs during a renewal says that it has to be started again' \
    renewed_told
is 'it stops' eval 'kill $server && wait $server'
is 'an issuing CA serves the list of its root, if it is put there' eval '
	cp root/root/ca.crl sub/root/ca.crl && start sub &&
	curl -sSf "$url/root.crl" | cmp - root/root/ca.crl &&
	curl -sSf "$url/root.crt" | openssl x509 -inform DER | cmp - \
	    <(openssl x509 -in root/root/cert.pem)
	rc=$?; kill $server; wait $server; server=; [ $rc = 0 ]'
server=

# --- a renewal that another CA signs ---

echo '-- renewed by the offline root'
is 'the CA asks, and goes on' eval '
	"$ca" renew-ca --dir sub --new-key --request-out sub2.req &&
	[ "$(state sub issuing 1.1)" = waits ] &&
	[ "$(state sub issuing 0.0)" = current ] && issue sub meanwhile'
is 'it cannot sign itself' eval '
	"$ca" init --dir sub-only --role issuing --key p256 \
	    --name CN=sub-only --request-out sub-only.req &&
	"$ca" sign-ca --dir root sub-only.req --out sub-only.pem \
	    --chain-out sub-only.chain &&
	"$ca" install-cert --dir sub-only sub-only.chain &&
	says 2 "--request-out is needed" "$ca" renew-ca --dir sub-only \
	    --new-key && [ ! -e "sub-only/issuing/key(1).pem" ]'
is 'a root asks nobody' says 2 'signs itself' "$ca" renew-ca --dir root \
    --new-key --request-out x.req
is 'it asks once' says 1 'waits already' "$ca" renew-ca --dir sub \
    --request-out x.req
is 'the old certificate is not the new one' says 1 'none of the' \
    "$ca" install-cert --dir sub sub.chain
is 'a request may be given up' eval '
	"$ca" renew-ca --dir sub --cancel &&
	[ -z "$(state sub issuing 1.1)" ] && [ ! -e "sub/issuing/key(1).pem" ]'
is '... and made again, with the same key' eval '
	"$ca" renew-ca --dir sub --request-out sub2.req &&
	openssl req -in sub2.req -noout -text | grep "311.21.2" &&
	"$ca" sign-ca --dir root sub2.req --out sub2.pem --days 900 &&
	"$ca" install-cert --dir sub sub2.pem &&
	[ "$(state sub issuing 1.0)" = current ]'
either_holds()
{
	issue sub renewed || return 1
	for c in sub.pem sub2.pem; do
		openssl verify -x509_strict -CAfile root/root/cert.pem \
		    -untrusted $c first.pem meanwhile.pem renewed.pem || return 1
	done
}
is 'what was issued before holds by either' either_holds

# --- keys in tokens and the TPM ---

with()
{
	local passphrase=$1
	shift
	"$ca" "$@" --passphrase-fd 7 7<<<"$passphrase"
}

# Renews with a new key, issues, and lists: works DIR PASSPHRASE
works()
{
	with "$2" renew-ca --dir "$1" --new-key &&
	with "$2" issue --dir "$1" --template WebServer --dns x.example \
	    --in x.req --out "$1.pem" --chain-out "$1.chain" &&
	openssl verify -x509_strict -CAfile "$1/root/cert.pem" \
	    -untrusted "$1.chain" "$1.pem" &&
	with "$2" crl --dir "$1" &&
	openssl crl -inform DER -in "$1/issuing/ca(1).crl" -noout \
	    -CAfile "$1/issuing/cert(1).pem" 2>&1 | grep 'verify OK' &&
	openssl crl -inform DER -in "$1/issuing/ca.crl" -noout \
	    -CAfile "$1/issuing/cert.pem" 2>&1 | grep 'verify OK'
}

echo '-- keys in a token, in the TPM'
export SOFTHSM2_CONF=$work/softhsm.conf
mkdir tokens
printf 'directories.tokendir = %s\nlog.level = ERROR\n' "$work/tokens" \
    >"$SOFTHSM2_CONF"
softhsm2-util --init-token --free --label ca --pin 1357 --so-pin 97531 \
    >/dev/null
module='module-path=/usr/lib/softhsm/libsofthsm2.so'
is 'a CA in a token' with 1357 init --dir hsm --key p256 \
    --key-at "pkcs11:token=ca;object=issuing?$module" \
    --root-key-at "pkcs11:token=ca;object=root?$module"
is '... has its new key there, and works with both' works hsm 1357
is '... under AD CS'"'"'s name' grep -q 'object=issuing(1)?' \
    'hsm/issuing/key(1).pem'
is 'an issuing CA in a token, its root elsewhere' eval '
	with 1357 init --dir hsm-sub --role issuing --key rsa2048 \
	    --name CN=hsm-sub --request-out hsm-sub.req \
	    --key-at "pkcs11:token=ca;object=sub?$module" &&
	"$ca" sign-ca --dir root hsm-sub.req --out hsm-sub.pem \
	    --chain-out hsm-sub.chain &&
	says 2 "wants its PIN" "$ca" install-cert --dir hsm-sub hsm-sub.chain &&
	with 1357 install-cert --dir hsm-sub hsm-sub.chain'
mkdir tpmstate
swtpm socket --tpm2 --tpmstate dir=tpmstate --flags startup-clear \
    --server type=unixio,path=tpm.sock \
    --ctrl type=unixio,path=tpm.sock.ctrl >swtpm.log 2>&1 &
tpm=$!
until [ -S tpm.sock ]; do sleep 0.05; done
is 'a CA in the TPM' with secret1 init --dir tpm --key p256 --key-at tpm \
    --tcti "swtpm:path=$work/tpm.sock"
is '... has its new key there, and works with both' works tpm secret1
is '... or in a file, if it is told' eval '
	with secret1 renew-ca --dir tpm --new-key --key-at file --key p384 &&
	grep -q ENCRYPTED "tpm/issuing/key(2).pem"'
kill "$tpm"; wait "$tpm" 2>/dev/null || :
tpm=

# --- kill -9 ---

echo '-- kill -9'
# Whatever happened: all or nothing, and the next one goes through.
whole()
{
	"$ca" status --dir kill >kill.status &&
	"$ca" audit verify --dir kill &&
	[ "$(grep -c '^issuing' kill.status)" = \
	    "$(find kill/issuing -name 'cert*.pem' | wc -l)" ] &&
	[ "$(grep -c current kill.status)" = 2 ] &&
	[ "$("$ca" audit list --dir kill | grep -c ' renew-ca ')" = \
	    "$(($(grep -c '^issuing' kill.status) - 1))" ] &&
	rm -f k.key && "$ca" server --dir kill --template WebServer \
	    --dns k.example --key p256 --key-out k.key --out k.pem &&
	"$ca" export-ca --dir kill --out k.cas &&
	openssl verify -x509_strict -CAfile kill/root/cert.pem \
	    -untrusted k.cas k.pem
}
killed()
{
	local before after all=0 nothing=0 n
	"$ca" init --dir kill --key p256 >/dev/null
	for i in $(seq 40); do
		before=$("$ca" status --dir kill | wc -l)
		"$ca" renew-ca --dir kill --new-key >/dev/null 2>&1 &
		n=$!
		sleep "0.0$((i * 2 % 80 / 10))$((i * 2 % 10))"
		kill -9 $n 2>/dev/null || :
		wait $n 2>/dev/null || :
		whole || return 1
		after=$("$ca" status --dir kill | wc -l)
		case $((after - before)) in
		0) nothing=$((nothing + 1)) ;;
		1) all=$((all + 1)) ;;
		*) return 1 ;;
		esac
	done
	echo "$all renewed, $nothing not" | tee killed
	((all + nothing == 40))
}
is 'a renewal that is killed has happened or has not, 40 times' killed
cat killed
is '... and the next one goes through' eval '
	"$ca" renew-ca --dir kill --new-key && whole'

# --- the KDC ---

in_lab()
{
	timeout 120 "$lab" exec "$work/lab" -- bash -euo pipefail -c \
	    "cd /run/lab; $1"
}
sign_in()
{
	in_lab "KRB5_CONFIG=\$LAB_KRB5_PKINIT kinit \
	    -X X509_user_identity=FILE:pki/$1.crt,pki/$1.key alice </dev/null"
}
# What an administrator does after a renewal, and a cron job for the lists.
kdc_trusts()
{
	in_lab 'signet-ca crl --dir ca >/dev/null
	signet-ca export-ca --dir ca --level issuing --out issuing.new
	cat issuing.new >pki/pool.crt
	sed -i s,pki/issuing.crt,pki/pool.crt, kdc/kdc.conf krb5-pkinit.conf
	for f in ca/root/ca*.crl ca/issuing/ca*.crl; do
		openssl crl -inform DER -in "$f"
	done >pki/all.crl
	forest restart kdc'
}
echo '-- the KDC'
"$lab" up --dir "$work/lab" --build "$build" --without rdp \
    --without signetd --without tpm || exit
user()
{
	in_lab "pki-openssl user $1 upn=alice@CORP.EXAMPLE" >/dev/null 2>&1
}
revoke()
{
	in_lab "serial=\$(openssl x509 -in pki/$1.crt -noout -serial)
	signet-ca revoke --dir ca \"\${serial#*=}\"" >/dev/null
}
user first
user bad
in_lab 'signet-ca renew-ca --dir ca' >/dev/null
user second
is 'after a renewal with the same key the KDC takes both as it is' eval '
	sign_in first && sign_in second'
kdc_trusts >/dev/null
is '... and with the new certificate beside the old' eval '
	sign_in first && sign_in second'
in_lab 'signet-ca renew-ca --dir ca --new-key \
    --name "CN=Lab Issuing CA 2,DC=corp,DC=example"' >/dev/null
user third
user bad3
is 'a key that it does not know it does not take' not sign_in third
kdc_trusts >/dev/null
is '... until it does' eval 'sign_in third && sign_in first && sign_in second'
revoke bad
revoke bad3
kdc_trusts >/dev/null
is 'it reads the lists of both keys' eval '
	says 1 "Revoked certificate" sign_in bad &&
	says 1 "Revoked certificate" sign_in bad3 &&
	sign_in first && sign_in third'
# What docs/ca.md warns of: MIT keeps one list for each name.
in_lab 'signet-ca renew-ca --dir ca --new-key' >/dev/null
user fourth
kdc_trusts >/dev/null
is 'of two keys with one name MIT knows the list of one' \
    says 1 'Revocation status unknown' sign_in fourth

cases_end
