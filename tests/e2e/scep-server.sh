#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# SCEP in signet-ca serve, asked by clients that nobody here wrote: strongSwan's
# pki, certmonger, curl. First with RSA keys, then with a CA whose key is P-256.
# shellcheck disable=SC2154	# serve.sh sets url and server
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/cases.sh
. tests/lib/cases.sh
# shellcheck source=tests/lib/serve.sh
. tests/lib/serve.sh

build=$(realpath "${SIGNET_BUILD:-build}")
ca=$build/cmd/signet-ca/signet-ca
work=$(mktemp -d)
cd "$work"

cleanup()
{
	[ -z "$server" ] || kill $server || :
	cd / && rm -rf "$work"
}

stop()
{
	kill $server
	wait $server || :
	server=
}

challenge()
{
	"$ca" challenge new --dir "$dir" --template OfflineRouter "$@"
}

# fetch STATUS TYPE QUERY: what comes is in ./body.
fetch()
{
	local got
	got=$(curl -sS -m 20 -o body -D headers -w '%{http_code}' \
		"$url/${path:-scep}?$3")
	cat headers
	[ "$got" = "$1" ] || return
	[ -z "$2" ] || grep -qi "^content-type: $2"$'\r'"\$" headers
}

# enroll OUT KEY PASSWORD [OPTION...], by strongSwan.
enroll()
{
	local out=$1 key=$2 password=$3
	shift 3
	pki --scep --url "$url/scep" --in "$key" --password "$password" \
		--cacert-enc ra.pem --cacert-sig ra.pem --cacert root.pem \
		--cacert issuing.pem --outform pem "$@" >"$out"
}

subject()
{
	openssl x509 -in "$1" -noout -subject -nameopt RFC2253
}

serial()
{
	openssl x509 -in "$1" -noout -serial
}

certs()
{
	cp "$dir/ra/cert.pem" ra.pem
	cp "$dir/root/cert.pem" root.pem
	cp "$dir/issuing/cert.pem" issuing.pem
}

turn_on()
{
	"$ca" init --dir "$dir" --key "$1" --host pki.corp.example \
		--listen 127.0.0.1:0 >/dev/null
	"$ca" template publish --dir "$dir" OfflineRouter
	printf '[scep]\nover-http = yes\n' >>"$dir/serve.conf"
	serves "$dir"
	url=${url%/}
	certs
}

key()
{
	openssl genrsa -out "$1" 2048 2>/dev/null
}

strongswan_enrolls()
{
	key one.key
	challenge >one.challenge
	enroll one.pem one.key "$(<one.challenge)" "$@" \
		--dn 'C=DE, O=X, CN=host1' --san host1.example &&
	openssl verify -CAfile root.pem -untrusted issuing.pem one.pem &&
	openssl x509 -in one.pem -noout -ext subjectAltName |
		grep -q DNS:host1.example &&
	[ "$(subject one.pem)" = 'subject=CN=host1,O=X,C=DE' ]
}

strongswan_renews()
{
	key two.key
	enroll two.pem two.key '' --dn 'C=DE, O=X, CN=host1' \
		--san host1.example --cert one.pem --key one.key &&
	[ "$(subject two.pem)" = 'subject=CN=host1,O=X,C=DE' ] &&
	[ "$(serial two.pem)" != "$(serial one.pem)" ] &&
	openssl x509 -in two.pem -noout -pubkey |
		cmp - <(openssl pkey -in two.key -pubout)
}

strongswan_polls()
{
	local number client
	key wait.key
	enroll wait.pem wait.key \
		"$("$ca" challenge new --dir "$dir" --template Waits)" \
		--dn 'CN=waits' --interval 1 --maxpolltime 30 &
	client=$!
	for _ in $(seq 100); do
		number=$("$ca" request list --dir "$dir" --pending |
			awk '$NF ~ /^[0-9]+$/ || 1 { print $1; exit }')
		[ -z "$number" ] || break
		sleep 0.1
	done
	"$ca" request "$1" --dir "$dir" "$number" || return
	wait $client && [ "$(subject wait.pem)" = 'subject=CN=waits' ]
}

again()
{
	enroll again.pem one.key "$(<one.challenge)" \
		--dn 'C=DE, O=X, CN=host1' --san host1.example &&
	cmp one.pem again.pem
}

tampered()
{
	key tamper.key
	! enroll no.pem tamper.key "$(challenge --dns host1.example)" \
		--dn 'CN=host1' --san evil.example || return
	"$ca" request list --dir "$dir" | tail -n 1 |
		grep -q 'DNS name: .*evil.example'
}

# --- certmonger, on a bus of its own ---

# The daemon is started by the first who asks, and keeps its files in HOME.
certmonger_does()
{
	mkdir -p home tmp
	HOME=$work/home TMPDIR=$work/tmp timeout 60 dbus-run-session -- \
		bash -euo pipefail -c "cd '$work'
	wants() { # wants STATE ID CHALLENGE OPTION...
		local state=\$1 id=\$2 challenge=\$3
		shift 3
		getcert request -s -c Lab -k $work/\$id.key -f $work/\$id.crt \
			-I \$id -N CN=\$id,O=X -L \$challenge -g 2048 -w -v \
			\"\$@\" || :
		getcert list -s -i \$id | tee said
		grep -q \"status: \$state\" said
	}
	renewed() { # renewed ID VERB
		local before after
		before=\$(openssl x509 -in \$1.crt -noout -serial)
		getcert \$2 -s -i \$1 -w -v
		getcert list -s -i \$1
		after=\$(openssl x509 -in \$1.crt -noout -serial)
		[ \$before != \$after ]
	}
	[ -e home/.config/certmonger/cas ] &&
		[ -n \"\$(ls home/.config/certmonger/cas)\" ] || {
		getcert add-scep-ca -s -c Lab -u '$url/scep'
		for _ in \$(seq 100); do
			! getcert list-cas -s -c Lab | grep -q thumbprint ||
				break
			sleep 0.1
		done
	}
	$1"
	rc=$?
	return $rc
}

# --- RSA ---

dir=rsa
turn_on rsa2048

is 'the capabilities are those by which clients choose AES and SHA-2' \
    bash -euo pipefail -c "curl -sS '$url/scep?operation=GetCACaps' |
	tee said | sort | cmp - <(printf '%s\n' AES DES3 POSTPKIOperation \
	Renewal SCEPStandard SHA-1 SHA-256 SHA-384 SHA-512 | sort)
	[ \$(wc -c <said) -lt 1024 ]"
chain_comes()
{
	fetch 200 application/x-x509-ca-ra-cert \
		'operation=GetCACert&message=default' &&
	openssl pkcs7 -inform DER -in body -print_certs -out all.pem &&
	[ "$(grep -c BEGIN all.pem)" = 3 ] &&
	[ "$(openssl x509 -in all.pem -noout -serial)" = "$(serial ra.pem)" ]
}
is 'GetCACert has the RA first, then its CAs' chain_comes
for path in scep/pkiclient.exe cgi-bin/pkiclient.exe \
    certsrv/mscep/mscep.dll certsrv/mscep/mscep.dll/pkiclient.exe; do
	is "... at /$path, too" chain_comes
done
path=
is 'the RA is none of the CAs, and may sign and decrypt' bash -c '
	openssl x509 -in ra.pem -noout -ext keyUsage |
	grep -q "Digital Signature, Key Encipherment" &&
	! openssl x509 -in ra.pem -noout -ext basicConstraints 2>/dev/null |
	grep -q CA:TRUE'
scepca()
{
	pki --scepca --url "$url/scep" --caout got.pem --outform pem &&
	cmp got-ra.pem ra.pem && cmp got.pem root.pem
}
is 'strongSwan finds RA, CA and root' scepca
is 'strongSwan enrolls, with AES' strongswan_enrolls
is '... and once more with the same key gets the same' again
is '... with Triple DES' strongswan_enrolls --cipher des3
is '... with SHA-512' strongswan_enrolls --digest sha512
is 'strongSwan renews with a new key' strongswan_renews
"$ca" template duplicate --dir $dir OfflineRouter Waits approval=yes
"$ca" template publish --dir $dir Waits
is 'strongSwan polls until an officer approves' strongswan_polls approve
denied()
{
	! strongswan_polls 'deny' || return
	[ ! -s wait.pem ] && "$ca" request list --dir $dir | tail -n 1 | grep -q denied
}
is '... and is refused when he denies' denied
is 'a request that says other than its challenge is refused, by field' tampered

"$ca" challenge new --dir $dir --template OfflineRouter --static >static
is 'certmonger enrolls, renews with the same key and with a new one' \
    certmonger_does "
	wants MONITORING cm $(challenge) -D cm.example
	openssl verify -CAfile root.pem -untrusted issuing.pem cm.crt
	renewed cm resubmit; renewed cm rekey
	# Each of these is waited for by itself.
	wants CA_REJECTED upn $(<static) -K administrator@CORP.EXAMPLE
	touch no-upn
	wants CA_REJECTED logon $(<static) -U 1.3.6.1.4.1.311.20.2.2
	touch no-logon
	wants MONITORING plain $(<static)
	touch but-plain"
is 'a stolen static challenge is good for no UPN' test -e no-upn
is '... nor for smart card logon' test -e no-logon
is '... but for what the template gives' test -e but-plain
is '... nor can one be made for signing in' says 2 'whose' "$ca" challenge \
    new --dir $dir --template SmartcardLogon --static
bound()
{
	key alice.key
	"$ca" challenge new --dir $dir --template SmartcardLogon \
		--upn alice@corp.example --sid S-1-5-21-1-2-3-1001 \
		--subject 'CN=alice' >alice.challenge &&
	enroll alice.pem alice.key "$(<alice.challenge)" --dn CN=alice &&
	openssl x509 -in alice.pem -noout -text | tee said &&
	grep -q 'UPN:*:alice@corp.example' said &&
	grep -q 'Microsoft Smartcard Login' said &&
	openssl x509 -in alice.pem -outform DER | strings |
		grep -q S-1-5-21-1-2-3-1001
}
is 'who makes a challenge for somebody says who that is' bound

next_none()
{
	fetch 404 '' operation=GetNextCACert
}
next_comes()
{
	"$ca" renew-ca --dir $dir --level issuing >/dev/null
	fetch 200 application/x-x509-next-ca-cert operation=GetNextCACert &&
	openssl cms -verify -inform DER -in body -CAfile root.pem \
		-purpose any -certfile issuing.pem -out next.p7 &&
	openssl pkcs7 -inform DER -in next.p7 -print_certs -out next.pem &&
	[ "$(serial next.pem)" != "$(serial issuing.pem)" ] &&
	fetch 200 text/plain operation=GetCACaps && grep -q GetNextCACert body
}
is 'without a next CA there is none to tell of' next_none
is 'a renewed CA is told, signed by the present one' next_comes
stop
serves $dir
url=${url%/}
is 'after a restart it is the CA' next_none
is '... and the same request still gets the same certificate' again
is 'the audit chain is whole' "$ca" audit verify --dir $dir
stop

# --- EC ---

rm -rf home one.* two.*
dir=ec
turn_on p256
is 'with a P-256 CA strongSwan enrolls' strongswan_enrolls
is '... and renews' strongswan_renews
is '... and certmonger enrolls and renews' certmonger_does "
	wants MONITORING ec $(challenge) -D cm.example
	openssl verify -CAfile root.pem -untrusted issuing.pem ec.crt
	renewed ec resubmit"
"$ca" ra new --dir $dir >/dev/null
is 'what is sealed to an older RA is opened' strongswan_enrolls
stop
serves $dir
url=${url%/}
is '... also by a server that knows a newer one' strongswan_enrolls
cp "$dir/ra/cert(1).pem" ra.pem
is '... which is told' chain_comes
stop
cases_end
