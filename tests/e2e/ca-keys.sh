#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A CA whose key is in an HSM (SoftHSM) or in a TPM (swtpm): it issues, revokes
# and writes lists like one with files, and says what is wrong when its key
# cannot be had.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/cases.sh
. tests/lib/cases.sh
# shellcheck source=tests/lib/serve.sh
. tests/lib/serve.sh

build=$(realpath "${SIGNET_BUILD:-build}")
ca=$build/cmd/signet-ca/signet-ca
work=$(mktemp -d)
tpm=

cleanup()
{
	[ -z "$server" ] || kill "$server" 2>/dev/null || :
	[ -z "$tpm" ] || kill "$tpm" 2>/dev/null || :
	rm -rf "$work"
}
cd "$work"

# with PASSPHRASE VERB...: signet-ca that reads it.
with()
{
	local passphrase=$1
	shift
	"$ca" "$@" --passphrase-fd 7 7<<<"$passphrase"
}

# Issues in a CA and verifies with OpenSSL: issued DIR PASSPHRASE
issued()
{
	with "$2" issue --dir "$1" --template WebServer --dns www.corp.example \
	    --in www.csr --out "$1.pem" &&
	    openssl verify -x509_strict -CAfile "$1/root/cert.pem" \
		-untrusted "$1/issuing/cert.pem" "$1.pem"
}

listed()
{
	with "$2" crl --dir "$1" &&
	    openssl crl -in "$1/issuing/ca.crl" -inform DER -noout \
		-CAfile "$1/issuing/cert.pem" 2>&1 | grep -q 'verify OK'
}

# The issuing CA's key is of this kind: OpenSSL's words for it.
kind()
{
	openssl x509 -in "$1/issuing/cert.pem" -noout -text |
	    grep -q "Public-Key: ($2 bit)"
}

# strongSwan's client, to a server with that CA: enrolled DIR PASSPHRASE
enrolled()
{
	local challenge
	challenge=$("$ca" challenge new --dir "$1" --template WebServer \
	    --dns www.corp.example --key-size 2048) &&
	serves "$1" --listen 127.0.0.1:0 --passphrase-fd 3 3<<<"$2" &&
	pki --scep --url "$url/scep" --in rsa.key --dn "CN=www.corp.example" \
	    --san www.corp.example --password "$challenge" \
	    --cacert-enc "$1/ra/cert.pem" --cacert-sig "$1/ra/cert.pem" \
	    --cacert "$1/issuing/cert.pem" --cacert "$1/root/cert.pem" \
	    --outform pem >scep.pem &&
	openssl verify -x509_strict -CAfile "$1/root/cert.pem" \
	    -untrusted "$1/issuing/cert.pem" scep.pem &&
	kill "$server" && wait "$server"
}

start_tpm()
{
	mkdir -p state
	swtpm socket --tpm2 --tpmstate dir=state --flags startup-clear \
	    --server type=unixio,path=tpm.sock \
	    --ctrl type=unixio,path=tpm.sock.ctrl >swtpm.log 2>&1 &
	tpm=$!
	until [ -S tpm.sock ]; do sleep 0.05; done
}

openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
    -out www.key 2>/dev/null
openssl req -new -key www.key -subj / -out www.csr

echo '-- a token'
export SOFTHSM2_CONF=$work/softhsm.conf
mkdir tokens
printf 'directories.tokendir = %s\nlog.level = ERROR\n' "$work/tokens" \
    >"$SOFTHSM2_CONF"
softhsm2-util --init-token --free --label ca --pin 1357 --so-pin 97531 \
    >/dev/null
module='module-path=/usr/lib/softhsm/libsofthsm2.so'
uri="pkcs11:token=ca;object=issuing?$module"
is 'both keys are made in the token' with 1357 init --dir hsm --key rsa3072 \
    --key-at "$uri" --root-key-at "pkcs11:token=ca;object=root?$module"
is '... and only their names are in the folder' \
    test "$(cat hsm/issuing/key.pem)" = "$uri"
is '... an RSA key of 3072 bits' kind hsm 3072
is 'it issues' issued hsm 1357
is 'it writes lists' listed hsm 1357
is 'a wrong PIN is told' says 1 'wrong PIN' with 2468 crl --dir hsm
is 'none at all too' says 2 'wants its PIN' "$ca" crl --dir hsm
is 'an OpenSSL user of the same token signs with the same key' bash -c "
	pkcs11-tool --module ${module#*=} --token-label ca --label issuing \
	    --type pubkey --read-object --output-file pub.der >/dev/null 2>&1 &&
	openssl x509 -in hsm/issuing/cert.pem -noout -pubkey |
	    openssl pkey -pubin -outform DER | cmp - pub.der"
is 'a name that is taken is not taken again' says 1 "'issuing' already" \
    with 1357 init --dir hsm2 --key-at "$uri"
is 'a token that is not there' says 1 'no token fits' \
    with 1357 init --dir hsm3 --key-at "pkcs11:token=none;object=x?$module"
is 'a PIN in the URI is refused' says 2 'must not hold the PIN' \
    with 1357 init --dir hsm3 --key-at "$uri&pin-value=1357"
openssl genrsa -out rsa.key 2048 2>/dev/null
is 'a CA on P-256 and an RSA key for its RA are made in the token' with 1357 \
    init --dir scep --key p256 --key-at "pkcs11:token=ca;object=ca2?$module" \
    --ra-key-at "pkcs11:token=ca;object=ra?$module"
sed -i '/^\[scep\]/,$ s/^#over-http = no/over-http = yes/' scep/serve.conf
is '... which opens what SCEP clients seal to it' enrolled scep 1357
mv tokens gone; mkdir tokens
is 'a token that went away' says 1 'no token fits' with 1357 crl --dir hsm
rmdir tokens; mv gone tokens
is '... and came back' listed hsm 1357

echo '-- the TPM'
start_tpm
tcti=swtpm:path=$work/tpm.sock
is 'the key is made in the TPM, the root stays a file' with secret1 init \
    --dir tpm --key p384 --key-at tpm --tcti "$tcti"
is '... its file is one of a TPM' grep -q 'BEGIN TSS2 PRIVATE KEY' \
    tpm/issuing/key.pem
is '... on P-384' kind tpm 384
is 'it issues' issued tpm secret1
is 'it writes lists' listed tpm secret1
is 'no RA in a TPM, whose keys here only sign' says 1 'cannot decrypt' \
    with secret1 init --dir tpm2 --key rsa2048 --ra-key-at tpm --tcti "$tcti"
is 'a wrong passphrase is told' says 1 'wrong passphrase' issued tpm secret2
is 'none at all too' says 1 'has a passphrase' "$ca" issue --dir tpm \
    --template WebServer --dns www.corp.example --in www.csr --out x.pem
is 'a place that is none' says 2 "'cloud' is no place" \
    "$ca" init --dir x --key-at cloud
is 'a CA without a passphrase' "$ca" init --dir open --key rsa2048 \
    --key-at tpm --tcti "$tcti"
is '... whose key file other programs read' bash -c "
	export TPM2OPENSSL_TCTI='$tcti'
	openssl pkey -provider tpm2 -provider default -propquery '?provider=tpm2' \
	    -in open/issuing/key.pem -pubout 2>&1 |
	    cmp - <(openssl x509 -in open/issuing/cert.pem -noout -pubkey)"
kill "$tpm"; wait "$tpm" 2>/dev/null || :
rm -rf state tpm.sock tpm.sock.ctrl
is 'a TPM that is gone' says 1 'cannot be reached' issued tpm secret1
start_tpm
is 'another TPM' says 1 'made by another TPM' issued tpm secret1
cases_end
