#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Requests that nobody honest makes (tests/lib/hostile_requests.py): each is
# refused in words that say why, none becomes a certificate, and the CA goes on.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/cases.sh
. tests/lib/cases.sh

build=$(realpath "${SIGNET_BUILD:-build}")
ca=$build/cmd/signet-ca/signet-ca
maker=$PWD/tests/lib/hostile_requests.py
work=$(mktemp -d)
seconds=20	# for a refusal, on a slow machine under sanitizers

cleanup()
{
	rm -rf "$work"
}
cd "$work"

made()
{
	python3 "$maker" requests >list && test -s list
}

# issue NAME [OPTION...]: the certificate for that request.
issue()
{
	local name=$1
	shift
	timeout "$seconds" "$ca" issue --dir ca --template SmartcardLogon \
		--subject CN=alice --upn alice@corp.example \
		--in "requests/$name.csr" --out "$name.pem" "$@"
}

refused()
{
	says 1 "$2" issue "$1" && test ! -e "$1.pem"
}

issued()
{
	"$ca" cert list --dir ca --json |
		python3 -c 'import json, sys; print(len(json.load(sys.stdin)))'
}

is 'a CA is made' "$ca" init --dir ca --name 'CN=Corp Issuing CA'
is 'requests are made' made
# The maker's own signatures are good: what it spoils is the only reason.
is 'an honest RSA request is granted' issue honest
is 'an honest EC request is granted' issue honest-ec
before=$(issued)

while IFS=$'\t' read -r name words; do
	is "refused: $name" refused "$name" "$words"
done <list

is 'none of them was issued' test "$(issued)" = "$before"
is 'the CA goes on' issue honest --days 30
is 'its books are whole' "$ca" audit verify --dir ca
cases_end
