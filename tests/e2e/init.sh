#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# How a CA begins: init asks or reads a file, and what it leaves runs. Then the
# examples of the manual and of README.md, as they are printed.
# shellcheck disable=SC2016,SC2034	# eval uses what is quoted here
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/cases.sh
. tests/lib/cases.sh
# shellcheck source=tests/lib/serve.sh
. tests/lib/serve.sh

repo=$PWD
build=$(realpath "${SIGNET_BUILD:-build}")
PATH=$build/cmd/signet-ca:$PATH
work=$(mktemp -d)
ca=signet-ca

cleanup()
{
	[ -z "$server" ] || kill "$server" 2>/dev/null || :
	rm -rf "$work"
}
cd "$work"

typed()
{
	python3 "$repo/tests/lib/typist.py" "$@"
}

stops()
{
	kill "$server" && wait "$server"
	server=
}

secrets()
{
	grep -c 'BEGIN ENCRYPTED PRIVATE KEY' "$1"/*/key.pem
}

# --- questions ---

is 'init asks on a terminal, and makes what was said' eval '
	typed "" "" "Corp Issuing CA" pki.corp.example:8080 p256 "" "" \
	    "open sesame" "open sesame" 127.0.0.1:0 y -- signet-ca init >said &&
	grep -A3 "^  CN=Corp Issuing CA" said | grep -F issuing%8.crl &&
	grep -x "Issuing CA: CN=Corp Issuing CA" said'
is '... the passphrase is not shown' not grep -q sesame said
is '... its last words are commands that are' eval '
	grep -F "signet-ca serve --dir ca" said &&
	grep -F "template publish --dir ca NAME" said &&
	grep -F "FILE:$work/ca/root/cert.pem" said'
is '... and the root as others compare it' eval '
	openssl x509 -in ca/root/cert.pem -noout -fingerprint -sha256 |
	cut -d= -f2 >print && grep -F "SHA-256 of the root: $(cat print)" said'
is '... all keys are encrypted' eval '[ "$(secrets ca | grep -c :1)" = 3 ]'
is '... URLs count keys and certificates' eval '
	grep -x "cdp-url = http://pki.corp.example:8080/issuing%8.crl" \
	    ca/ca.conf &&
	grep -x "aia-url = http://pki.corp.example:8080/issuing%4.crt" \
	    ca/ca.conf &&
	grep -x "ocsp-url = http://pki.corp.example:8080/ocsp" ca/ca.conf &&
	openssl x509 -in ca/issuing/cert.pem -noout -text |
	grep -F URI:http://pki.corp.example:8080/root.crl'
is 'what it left runs' eval '
	serves ca --passphrase-fd 3 3<<<"open sesame" &&
	curl -sSf -o list "$url/issuing.crl" && stops &&
	openssl crl -inform DER -in list -noout -CAfile ca/issuing/cert.pem'
is 'other verbs ask for the passphrase' eval '
	typed "open sesame" -- signet-ca crl --dir ca'
is '... a wrong one is refused' says 1 'does not open the private key' \
    typed "close sesame" -- signet-ca crl --dir ca
is '... and who cannot be asked is told of the option' \
    says 1 --passphrase-fd signet-ca crl --dir ca
is 'serve asks as well' eval '
	typed "close sesame" -- signet-ca serve --dir ca >said || rc=$?
	[ "$rc" = 1 ] && grep "does not open" said'

is 'answers that cannot be are asked again, with the reason' eval '
	typed nobody root "CN=" "Corp Root" "pki..corp" none rsa1024 p256 \
	    nowhere file one two "" y -- signet-ca init --dir root >said &&
	grep "both, root or issuing" said && grep "no host name" said &&
	grep "none of rsa2048" said && grep "a token.s URI" said &&
	grep "The two differ" said && grep "not encrypted" said &&
	grep "sign-ca --dir root" said && [ ! -e root/serve.conf ]'
is 'whoever says no has made nothing' eval '
	says 1 "nothing was changed" typed no "" "" "" "" "" "" "" "" n \
	    -- signet-ca init && [ ! -e no ]'
is 'a folder with a CA is not asked about' \
    says 1 'there is a CA in ca already' typed -- signet-ca init --dir ca
is 'an issuing CA alone leaves a request' eval '
	typed issuing "Corp Sub CA" none p256 "" "" "" sub.req y \
	    -- signet-ca init --dir sub >said &&
	grep -F "install-cert --dir sub" said &&
	signet-ca sign-ca --dir root sub.req --out sub.crt \
	    --chain-out sub.pem && signet-ca install-cert --dir sub sub.pem'
is 'nobody is asked elsewhere' says 2 '--dir is needed' signet-ca init
is '... nor when more was said' eval '
	typed -- signet-ca init --dir quick --key p256 >said &&
	! grep "\[" said'

# --- a file ---

cat >init.conf <<'X'
# A CA, as administrators write it down.
[init]
dir = filed
name = CN=Corp Issuing CA,DC=corp,DC=example
key = p256
host = pki.corp.example
cdp-url = http://one.example/%8.crl
cdp-url = http://two.example/%8.crl
listen = 127.0.0.1:0
admin = 127.0.0.1:0
X
is 'init takes a file' signet-ca init --from init.conf
is '... with lists, and URLs for what is not said' eval '
	[ "$(grep -c "^cdp-url = http://[a-z]*.example/%8.crl" \
	    filed/ca.conf)" = 2 ] &&
	grep -x "ocsp-url = http://pki.corp.example/ocsp" filed/ca.conf'
is '... and it runs' eval 'serves filed && stops'
is 'the command line goes before the file' eval '
	signet-ca init --from init.conf --dir second --listen 127.0.0.1:7777 \
	    --cdp-url http://three.example/%8.crl &&
	grep -x "listen = 127.0.0.1:7777" second/serve.conf &&
	[ "$(grep -A9 issuing second/ca.conf | grep -c ^cdp-url)" = 1 ]'
refused()
{
	printf '%s\n' "$2" >bad.conf
	says 2 "$1" signet-ca init --from bad.conf --dir bad &&
		[ ! -e bad/ca.conf ]
}
is 'its mistakes are told with their line' eval '
	refused "bad.conf:1: all of it belongs into [init]" "key = p256" &&
	refused "bad.conf:2: there is no '"'template'"'" \
	    "[init]"$'"'\n'"'"template = x" &&
	refused "bad.conf:2: --crl-days" "[init]"$'"'\n'"'"crl-days = 0" &&
	refused "none of rsa2048" "[init]"$'"'\n'"'"key = rsa1" &&
	refused "no host name" "[init]"$'"'\n'"'"host = a/b" &&
	refused "ADDRESS:PORT" "[init]"$'"'\n'"'"listen = here"'
is 'so is a file that is not there' says 1 'no such file' \
    signet-ca init --from nowhere.conf
is 'a serve.conf that is there stays' eval '
	mkdir kept && echo "# mine" >kept/serve.conf &&
	signet-ca init --dir kept --key p256 &&
	[ "$(cat kept/serve.conf)" = "# mine" ]'
is 'every line of a fresh serve.conf is one' eval '
	sed "s/^#\([a-z-]* = \)/\1/; s/^listen.*/listen = 127.0.0.1:0/;
	    s/^admin.*/admin = 127.0.0.1:0/" quick/serve.conf >all &&
	grep -c = all && cp all quick/serve.conf && signet-ca crl --dir quick &&
	serves quick && stops'

# --- the words of others ---

is 'certutil'"'"'s words are understood' eval '
	signet-ca server --dir filed --template WebServer --dns a.example \
	    --key p256 --key-out a.key --out a.pem &&
	serial=$(openssl x509 -in a.pem -noout -serial | cut -d= -f2) &&
	says 0 "(superseded)" signet-ca -revoke --dir filed "$serial" 4 &&
	signet-ca -crl --dir filed && signet-ca -View --dir filed &&
	signet-ca -dsTemplate --dir filed SmartcardLogon | grep Version &&
	says 1 "no request 99" signet-ca -resubmit 99 --dir filed &&
	says 2 "no verb" signet-ca -dance --dir filed'

# --- where there is no CA ---

mkdir empty
is 'without a CA nothing is served, and nothing is left' eval '
	for v in serve reload "crl --publish" "cert list"; do
		says 1 "no CA in empty" signet-ca $v --dir empty ||
			exit
	done
	[ -z "$(ls empty)" ]'

# --- examples ---

# examples PAGE: the commands of its EXAMPLES, as they are printed.
examples()
{
	mandoc -T ascii -O width=200 "$repo/man/$1" | col -bx |
		sed -n '/^EXAMPLES/,/^SEE ALSO/p' | sed -n 's/^ \{11\}//p'
}

is 'the examples of signet-ca(1) work' eval '
	mkdir man && cd man && openssl req -new -newkey rsa:2048 -nodes \
	    -keyout alice.key -subj /CN=alice -out alice.req 2>/dev/null &&
	examples signet-ca.1 >run && grep -c signet-ca run && cat run &&
	bash -e run'
is '... and those of signet-ca-template(1)' eval '
	cd "$work/man" && examples signet-ca-template.1 >run &&
	grep -c dstemplate run && bash -O expand_aliases -e run'
is '... and the CA of README.md' eval '
	cd "$work/man" && HOME=$work/man/home && sed -n "/^With our own CA/,/^.--host/p" \
	    "$repo/README.md" | sed -n "s/^    //p" >run &&
	mkdir home && grep -c signet-ca run && bash -e run'

cases_end
