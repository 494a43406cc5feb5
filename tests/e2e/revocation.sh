#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What signet-ca serves about revocation, read by programs that nobody here
# wrote: OpenSSL, GnuTLS, NSS, curl, and in the lab MIT's KDC.
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

cleanup()
{
	[ -z "$server" ] || kill "$server" 2>/dev/null || :
	[ ! -e "$work/lab/.signet-lab" ] || "$lab" down "$work/lab" --remove ||
		:
	rm -rf "$work"
}
cd "$work"

start()
{
	serves ca --listen 127.0.0.1:0
}

# Stops it; whatever else it said is a failure.
stop()
{
	local rc=0
	kill "$server"
	wait "$server" || rc=$?
	server=
	cat serve.log
	[ "$rc" = 0 ] && tail -n1 serve.log | grep -q stopped
}

# As a client that downloads; FILE.pem too.
fetch()
{
	curl -sSf -o "$1" "$url/$1" &&
	openssl crl -inform DER -in "$1" -out "$1.pem" -CAfile cas.pem
}

header()
{
	curl -sS -o body -D headers "${@:2}" && cat headers &&
		grep -qi -- "^$1" headers
}

serial()
{
	openssl x509 -in "$1" -noout -serial | cut -d= -f2
}

ocsp()
{
	openssl ocsp -issuer issuing.pem -url "$url/ocsp" -CAfile root.pem \
		-verify_other issuing.pem "$@"
}

# Their files: the chain, and lists to go with it.
lists()
{
	cat root.pem root.crl.pem "$@"
}

verify()
{
	openssl verify -x509_strict -untrusted issuing.pem "$@"
}

issue()
{
	"$ca" server --dir ca --template WebServer --dns "$1.example" \
		--key p256 --key-out "$1.key" --out "$1.pem"
}

is 'a CA is made' "$ca" init --dir ca --key rsa2048 \
    --name 'CN=Corp Issuing CA,DC=corp,DC=example' \
    --cdp-url http://pki.corp.example/issuing.crl
cp ca/root/cert.pem root.pem
cp ca/issuing/cert.pem issuing.pem
cat root.pem issuing.pem >cas.pem
for name in good bad late; do
	is "a certificate is issued to $name" issue $name
done
is 'one is revoked' "$ca" revoke --dir ca "$(serial bad.pem)" \
    --reason keyCompromise

# --- the server ---

is 'a mistake in serve.conf is told' eval '
	printf "[crl]\ndelta-hours = 6\n" >ca/serve.conf
	says 1 "without a delta-url" "$ca" serve --dir ca'
cat >ca/serve.conf <<'X'
[crl]
delta-url = http://pki.corp.example/issuing-delta.crl
delta-hours = 6
[ocsp]
minutes = 30
X
is 'deltas begin with a base that names them' eval '
	"$ca" crl --dir ca && openssl crl -inform DER -in ca/issuing/ca.crl \
	-noout -text | grep -A2 "Freshest CRL" | grep issuing-delta'
start || exit 1
is 'there is one server for a CA' \
    says 3 'runs already' "$ca" serve --dir ca --listen 127.0.0.1:0
is 'a port that is taken is told' eval '
	"$ca" init --dir other --key p256 >/dev/null &&
	says 3 "Address already in use" "$ca" serve --dir other \
	--listen "${url#http://}"'
is 'nothing is served but what is meant to be' bash -c '
	for p in "" ca.conf issuing/key.pem ../ca/issuing/key.pem \
	    %2e%2e/ca.conf issuing.crl/ issuing.crl/../ca.conf lock; do
		code=$(curl -sS --path-as-is -o body -w "%{http_code}" "$0/$p")
		[ "$code" = 404 ] || { echo "$p: $code"; exit 1; }
	done' "$url"

is 'the root'"'"'s list' fetch root.crl
is 'the issuing CA'"'"'s list' fetch issuing.crl
is 'its delta' fetch issuing-delta.crl
is 'lists have their type' header \
    'Content-Type: application/pkix-crl' "$url/issuing.crl"
is 'caches keep them until they run out' \
    grep -qi '^Cache-Control: public, max-age=6[0-9]\{5\}' headers
is 'what the cache has is not sent again' eval '
	tag=$(sed -n "s/^ETag: \([^\r]*\).*/\1/p" headers) &&
	header "HTTP/1.1 304" -H "If-None-Match: $tag" "$url/issuing.crl"'
is 'nor what has not changed' eval '
	date=$(sed -n "s/^Last-Modified: \([^\r]*\).*/\1/p" headers) &&
	header "HTTP/1.1 304" -H "If-Modified-Since: $date" "$url/issuing.crl"'
is 'HEAD tells the length' eval '
	header "Content-Length: $(stat -c %s issuing.crl)" -I \
	"$url/issuing.crl"'
is 'the CA'"'"'s certificates' eval '
	header "Content-Type: application/pkix-cert" "$url/issuing.crt" &&
	openssl x509 -inform DER -in body -outform DER | cmp - \
	    <(openssl x509 -in issuing.pem -outform DER) &&
	header "Content-Type: application/pkix-cert" "$url/root.crt" &&
	cmp body <(openssl x509 -in root.pem -outform DER)'
is 'curl says how large a request may be' eval '
	head -c 20000 /dev/zero >large &&
	header "HTTP/1.1 413" --data-binary @large \
	-H "Content-Type: application/ocsp-request" "$url/ocsp"'

# --- lists ---

lists issuing.crl.pem >base.pem
is 'OpenSSL takes what is not revoked' \
    verify -CAfile base.pem -crl_check_all good.pem
is 'OpenSSL refuses what is' says 2 'certificate revoked' \
    verify -CAfile base.pem -crl_check_all bad.pem
is 'GnuTLS verifies the list' eval '
	certtool --verify-crl --load-ca-certificate issuing.pem \
	--infile issuing.crl.pem | grep -q "Verification output: Verified"'
is 'GnuTLS reads the reason' eval 'certtool --crl-info --infile \
	issuing.crl.pem | grep -qi "$(serial bad.pem)"'
is 'NSS takes the lists' eval 'mkdir nss &&
	certutil -N -d sql:nss --empty-password &&
	certutil -A -d sql:nss -n root -t C,, -i root.pem &&
	certutil -A -d sql:nss -n issuing -t ,, -i issuing.pem &&
	crlutil -I -d sql:nss -i issuing.crl -t 1 &&
	crlutil -I -d sql:nss -i root.crl -t 1 &&
	[ "$(crlutil -L -d sql:nss | grep -c "CRL *$")" = 2 ]'
nss()
{
	vfychain -d sql:nss -pp -u 1 -g leaf -h testLocalInfo -m crl \
		-s failIfNoInfo -a "$1"
}
is 'NSS takes what is not revoked' nss good.pem
is 'NSS refuses what is' says 1 'has been revoked' nss bad.pem

# --- a delta ---

is 'another one is revoked, and the delta tells' says 0 'delta CRL' \
    "$ca" revoke --dir ca "$(serial late.pem)" --reason superseded
is 'the base is the same' eval 'cp issuing.crl before && fetch issuing.crl &&
	cmp before issuing.crl'
is 'the server has the new delta' eval 'fetch issuing-delta.crl &&
	openssl crl -in issuing-delta.crl.pem -noout -text >text &&
	grep -q "Delta CRL Indicator: critical" text &&
	grep -qi "$(serial late.pem)" text'
lists issuing.crl.pem issuing-delta.crl.pem >both.pem
deltas='-CAfile both.pem -extended_crl -use_deltas -crl_check_all'
# shellcheck disable=SC2086	# several words
{
is 'OpenSSL with deltas refuses it' says 2 'certificate revoked' \
    verify $deltas late.pem
is '... and what the base tells' says 2 'certificate revoked' \
    verify $deltas bad.pem
is '... and takes what neither tells' verify $deltas good.pem
}
is 'without deltas it is not known yet' \
    verify -CAfile base.pem -crl_check_all late.pem
is 'the server makes new lists when it is asked' eval '
	says 0 CRL "$ca" crl --dir ca --publish && fetch issuing.crl &&
	openssl crl -in issuing.crl.pem -noout -text | tee text |
	grep -qi "$(serial late.pem)"'
is '... and on SIGHUP' eval '
	number() { curl -sS "$url/issuing.crl" | openssl crl -inform DER \
		-noout -crlnumber; }
	old=$(number); kill -HUP $server
	for _ in $(seq 200); do
		[ "$(number)" = "$old" ] || break
		sleep 0.05
	done
	[ "$(number)" != "$old" ]'
is 'the audit log knows of every list' eval '
	grep -q "crl who=.*number=2 " ca/audit.log &&
	grep -q "crl who=.* delta" ca/audit.log &&
	"$ca" audit verify --dir ca'
is 'a new delta by hand' says 0 'delta CRL' "$ca" crl --dir ca --delta

is 'what is held is on the delta' eval '
	issue held && says 0 "delta CRL" "$ca" cert hold --dir ca \
	"$(serial held.pem)" && fetch issuing-delta.crl &&
	openssl crl -in issuing-delta.crl.pem -noout -text |
	grep "Certificate Hold" && ocsp -cert held.pem 2>&1 | tee out &&
	grep "Reason: certificateHold" out'
is 'a base with it, and its release on the next delta' eval '
	"$ca" crl --dir ca --publish && fetch issuing.crl &&
	lists issuing.crl.pem >base.pem &&
	says 2 "certificate revoked" verify -CAfile base.pem -crl_check \
	held.pem &&
	"$ca" cert release --dir ca "$(serial held.pem)" &&
	fetch issuing-delta.crl &&
	openssl crl -in issuing-delta.crl.pem -noout -text |
	grep "Remove From CRL"'
lists issuing.crl.pem issuing-delta.crl.pem >both.pem
# shellcheck disable=SC2086	# several words
is '... which OpenSSL understands' verify $deltas held.pem
is 'OCSP knows it at once' eval '
	ocsp -cert held.pem 2>&1 | grep "held.pem: good"'

# --- OCSP ---

is 'OpenSSL asks with a nonce' eval 'ocsp -nonce -cert good.pem >out 2>&1 &&
	cat out && grep -q "verify OK" out && grep -q "good.pem: good" out &&
	! grep -q WARNING out'
is '... and without' eval 'ocsp -no_nonce -cert good.pem 2>&1 | tee out &&
	grep -q "good.pem: good" out'
is '... by SHA-256' eval 'ocsp -sha256 -cert good.pem 2>&1 | tee out &&
	grep -q "good.pem: good" out'
is '... about several' eval 'ocsp -cert good.pem -cert bad.pem \
	-cert late.pem 2>&1 | tee out && grep -q "good.pem: good" out &&
	grep -q "bad.pem: revoked" out && grep -q "Reason: keyCompromise" out &&
	grep -q "Reason: superseded" out'
is '... about what was never issued' eval '
	ocsp -serial 0x4711 2>&1 | tee out && grep -q "0x4711: unknown" out'
is '... about another CA'"'"'s' eval 'says 1 unauthorized openssl ocsp \
	-issuer root.pem -cert issuing.pem -url "$url/ocsp" -CAfile root.pem'
is '... and all strictly' eval '
	ocsp -no_nonce -cert good.pem -respout resp.der >/dev/null 2>&1 &&
	says 0 "verify OK" openssl ocsp -respin resp.der -CAfile root.pem \
	-verify_other issuing.pem -x509_strict -issuer issuing.pem \
	-no_nonce -cert good.pem'
is 'an answer is live' eval '
	issue live && ocsp -cert live.pem 2>&1 | grep "live.pem: good" &&
	"$ca" revoke --dir ca "$(serial live.pem)" &&
	ocsp -cert live.pem 2>&1 | grep "live.pem: revoked"'
get_url()
{
	openssl ocsp -issuer issuing.pem -cert good.pem "$@" -reqout req.der
	printf %s/ocsp/ "$url"
	base64 -w0 req.der | sed 's,+,%2B,g; s,/,%2F,g; s,=,%3D,g'
}
is 'by GET, and for caches' eval '
	header "Content-Type: application/ocsp-response" \
	"$(get_url -no_nonce)" &&
	grep -qi "^Cache-Control: public, max-age=1[78]" headers &&
	grep -qi "^ETag: " headers && grep -qi "^Expires: " headers &&
	openssl ocsp -respin body -CAfile root.pem -verify_other issuing.pem \
	-issuer issuing.pem -cert good.pem | grep "good.pem: good"'
is '... but not with a nonce' header 'Cache-Control: no-store' \
    "$(get_url -nonce)"
malformed()
{
	says 1 malformedrequest openssl ocsp -respin body -noverify
}
is 'nonsense is a malformed request' eval '
	header "HTTP/1.1 200" "$url/ocsp/xxxx" && malformed'
# A nonce of N octets behind a request that has none.
cat >nonce.py <<'X'
import sys
def tlv(tag, *parts):
    x = b''.join(parts)
    n = bytes([len(x)]) if len(x) < 128 else bytes([0x81, len(x)])
    return bytes([tag]) + n + x
plain = sys.stdin.buffer.read()
assert plain[0] == 0x30 and plain[2] == 0x30 and plain[1] < 128
nonce = tlv(4, tlv(4, b'n' * int(sys.argv[1])))
oid = bytes.fromhex('06092b0601050507300102')
extensions = tlv(0xa2, tlv(0x30, tlv(0x30, oid, nonce)))
sys.stdout.buffer.write(tlv(0x30, tlv(0x30, plain[4:], extensions)))
X
nonce_of()
{
	openssl ocsp -issuer issuing.pem -cert good.pem -no_nonce \
		-reqout req.der && python3 nonce.py "$1" <req.der >long.der &&
	header 'HTTP/1.1 200' --data-binary @long.der \
		-H 'Content-Type: application/ocsp-request' "$url/ocsp"
}
is 'a nonce of 32 octets is not' eval 'nonce_of 32 && not malformed'
is 'one of 33 is' eval 'nonce_of 33 && malformed'
is 'one of none is' eval 'nonce_of 0 && malformed'
is 'GnuTLS asks' eval 'echo | ocsptool --ask="$url/ocsp" \
	--load-cert=good.pem --load-issuer=issuing.pem --nonce | tee out |
	grep "Verifying OCSP Response: Success" && grep "Status: good" out'
is '... and is told' eval 'ocsptool --ask="$url/ocsp" \
	--load-cert=bad.pem --load-issuer=issuing.pem --nonce | tee out |
	grep "Certificate Status: revoked"'
is 'NSS asks' eval 'mkdir nss2 &&
	certutil -N -d sql:nss2 --empty-password &&
	certutil -A -d sql:nss2 -n root -t C,, -i root.pem &&
	certutil -A -d sql:nss2 -n issuing -t ,, -i issuing.pem &&
	certutil -A -d sql:nss2 -n good -t ,, -i good.pem &&
	certutil -A -d sql:nss2 -n bad -t ,, -i bad.pem &&
	says 0 succeeded ocspclnt -S good -d sql:nss2 -l "$url/ocsp" \
	-t issuing'
is '... and is told' eval 'ocspclnt -S bad -d sql:nss2 \
	-l "$url/ocsp" -t issuing 2>&1 | tee out | grep "has been revoked"'

# NSS finds the responder by the certificate itself.
is 'a certificate names the responder' eval '
	sed "s,^\[issuing\],&\nocsp-url = $url/ocsp," ca/ca.conf >conf &&
	cp conf ca/ca.conf && issue named && issue named-bad &&
	"$ca" revoke --dir ca "$(serial named-bad.pem)" &&
	[ "$(openssl x509 -in named.pem -noout -ocsp_uri)" = "$url/ocsp" ]'
nss_ocsp()
{
	vfychain -d sql:nss2 -pp -u 1 -g leaf -h requireFreshInfo -m ocsp \
		-s failIfNoInfo -a "$1"
}
is 'NSS asks there' nss_ocsp named.pem
is '... and refuses what is revoked' \
    says 1 'has been revoked' nss_ocsp named-bad.pem
is '... and what names none' says 1 'Chain is bad' nss_ocsp good.pem

is 'the responder'"'"'s certificate is in the books' eval '
	"$ca" list --dir ca | grep -q "OCSP Responder"'
is 'it stops without a word' stop
is 'what lies there is served again at once' eval 'start && fetch issuing.crl'
is 'a list that is lost is made anew' eval 'rm ca/issuing/ca.crl
	for _ in $(seq 100); do
		[ ! -e ca/issuing/ca.crl ] || break
		sleep 0.05
	done
	fetch issuing.crl'
is 'it stops again' stop
is 'without a server nobody publishes' \
    says 1 'no server runs' "$ca" crl --dir ca --publish

# --- the KDC ---

in_lab()
{
	timeout 120 "$lab" exec "$work/lab" -- bash -euo pipefail -c \
	    "cd /run/lab; $1"
}

# Without a password there is no other way in, so it does not ask.
sign_in()
{
	in_lab "KRB5_CONFIG=\$LAB_KRB5_PKINIT kinit \
	    -X X509_user_identity=FILE:pki/$1.crt,pki/$1.key alice </dev/null"
}

# What a cron job on the KDC's machine does: fetch, and start it again.
kdc_fetches()
{
	in_lab ": >pki/all.crl
	for f in $*; do
		curl -sSf http://pki.corp.example/\$f.crl |
		    openssl crl -inform DER >>pki/all.crl
	done
	forest restart kdc"
}

in_lab_revoke()
{
	in_lab "serial=\$(openssl x509 -in pki/$1.crt -noout -serial)
	signet-ca revoke --dir ca \"\${serial#*=}\""
}

"$lab" up --dir "$work/lab" --build "$build" --without rdp \
    --without signetd --without tpm || exit
in_lab 'for n in first second third; do
	pki-openssl user $n upn=alice@CORP.EXAMPLE
done >/dev/null
printf "[crl]\ndelta-url = http://pki.corp.example/issuing-delta.crl\n" \
    >ca/serve.conf
signet-ca crl --dir ca >/dev/null
forest start ca' || exit
kdc_fetches root issuing >/dev/null
is 'the KDC takes certificates with the served lists' eval '
	sign_in first && sign_in second'
in_lab_revoke first >/dev/null
in_lab 'signet-ca crl --dir ca --publish' >/dev/null
kdc_fetches root issuing >/dev/null
is 'the KDC refuses the one that is revoked' \
    says 1 'Revoked certificate' sign_in first
is '... and says why in its log' in_lab '
	grep -i "certificate revoked" $LAB_KDC_LOG'
is 'openssl ocsp agrees with it' in_lab '
	openssl ocsp -issuer pki/issuing.crt -cert pki/first.crt \
	    -cert pki/second.crt -url http://pki.corp.example/ocsp \
	    -CAfile pki/root.crt -verify_other pki/issuing.crt | tee ocsp.out
	grep "first.crt: revoked" ocsp.out && grep "second.crt: good" ocsp.out'
is '... and takes the others' sign_in second
in_lab_revoke second >/dev/null
kdc_fetches root issuing issuing-delta >/dev/null
is 'MIT does not read deltas, and they do no harm' eval '
	sign_in second && sign_in third'
in_lab 'signet-ca crl --dir ca --publish' >/dev/null
kdc_fetches root issuing issuing-delta >/dev/null
is 'with the next base it knows' eval 'says 1 "Revoked certificate" sign_in second &&
	sign_in third'
cases_end
