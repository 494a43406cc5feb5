# Certificates in shell tests; source it after cases.sh.
# shellcheck shell=bash

extensions=$(realpath "${BASH_SOURCE[0]%/*}")/extensions

# extension FILE OID HEX [critical]: its value, byte for byte.
extension()
{
	"$extensions" "$1" >extensions.out &&
		grep -ixF -- "$2 ${4--} $3" extensions.out ||
		{ cat extensions.out; return 1; }
}

serial()
{
	openssl x509 -in "$1" -noout -serial | cut -d= -f2
}

# The octets of a text, in hex.
hex()
{
	printf %s "$1" | od -An -v -tx1 | tr -d ' \n'
}
