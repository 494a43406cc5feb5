#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What SCEP's clients may do to signet-ca serve that they should not: one
# challenge for many, nonsense, sizes, half requests, thousands of connections.
# shellcheck disable=SC2154	# serve.sh sets url and server
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/cases.sh
. tests/lib/cases.sh
# shellcheck source=tests/lib/serve.sh
. tests/lib/serve.sh

build=$(realpath "${SIGNET_BUILD:-build}")
ca=$build/cmd/signet-ca/signet-ca
load=$build/tests/e2e/scep_load
work=$(mktemp -d)
cd "$work"

cleanup()
{
	[ -z "$server" ] || kill $server || :
	cd / && rm -rf "$work"
}

challenge()
{
	"$ca" challenge new --dir ca --template OfflineRouter "$@"
}

# loads WORDS OPTION...: the words are in what it says of many clients.
loads()
{
	local words=$1
	shift
	"$load" "${url#http://}" ca/ra/cert.pem "$@" | tee said
	grep -qE "$words" said
}

# status NUMBER CURL-OPTION...
status()
{
	local want=$1 got
	shift
	got=$(curl -sS -m 20 -o body -w '%{http_code}' "$@")
	echo "$got, expected $want"
	[ "$got" = "$want" ]
}

# metric NAME: its value.
metric()
{
	curl -sS "$admin/metrics" | awk -v n="$1" '$1 == n { print $2 }'
}

start()
{
	serves ca --admin 127.0.0.1:0
	url=${url%/}
	admin=$(sed -n 's,.* reports at \(http://.*\)/$,\1,p' serve.log)
}

"$ca" init --dir ca --key rsa2048 --listen 127.0.0.1:0 >/dev/null
"$ca" template publish --dir ca OfflineRouter
start
is 'as long as nobody wants it, there is no SCEP' status 404 \
    "$url/scep?operation=GetCACaps"
printf '[scep]\nover-http = yes\n' >>ca/serve.conf
"$ca" reload --dir ca >/dev/null
is 'reload turns it on' status 200 "$url/scep?operation=GetCACaps"

# --- challenges ---

is 'a challenge is good once under 32 tries at once' loads \
    '^ok=1 refused=63 pending=0 lost=0' --challenge "$(challenge)" --ec \
    --clients 32 --count 64
is '... one for three, three times' loads \
    '^ok=3 refused=61 pending=0 lost=0 duplicates=0' \
    --challenge "$(challenge --count 3)" --ec --clients 32 --count 64
is 'what nobody made is good for nothing' loads '^ok=0 refused=8' \
    --challenge 00112233445566778899AABBCCDDEEFF --count 8 --clients 8
is '... and takes a time that says nothing' awk '{
	for (i = 1; i <= NF; i++)
		if (split($i, a, "=") == 2 && a[1] == "median")
			held = a[2] >= 240 }
	END { exit !held }' said
challenge >revoked
number=$("$ca" challenge list --dir ca --json | python3 -c '
import json, sys
print(json.load(sys.stdin)[-1]["challenge_number"])')
"$ca" challenge revoke --dir ca "$number" >/dev/null
is 'nor is what was taken back' loads '^ok=0 refused=1' \
    --challenge "$(<revoked)" --count 1
challenge --valid 1s >short
sleep 1.1
is 'nor what has ended' loads '^ok=0 refused=1' --challenge "$(<short)" \
    --count 1
refusals=$("$ca" request list --dir ca | wc -l)
is 'of what strangers asked nothing is kept' [ "$refusals" = 4 ]
is 'no challenge is in any file of the CA' bash -c '
	! grep -rqaF -e "$(<revoked)" -e "$(<short)" ca serve.log'

# --- bytes ---

head -c 3000 /dev/urandom >junk
scep=$url/scep
is 'nonsense is no request' status 400 --data-binary @junk "$scep"
: >empty
is '... nor is nothing' status 400 -X POST --data-binary @empty \
    "$scep?operation=PKIOperation"
head -c 65537 /dev/zero >large
is 'what is too large is not taken' status 413 --data-binary @large "$scep"
is '... and what just fits is none' bash -c "
	head -c 65536 /dev/zero >fits
	[ \$(curl -sS -m 20 -o body -w '%{http_code}' --data-binary @fits \
		'$scep') = 400 ]"
is 'an operation that there is not' status 400 "$scep?operation=Get"
is '... none at all' status 400 "$scep"
is '... and base64 that is none' status 400 \
    "$scep?operation=PKIOperation&message=%21%21"
is '... or is cut short' status 400 \
    "$scep?operation=PKIOperation&message=MIAGCSqGSIb3DQEHAqCAMIACAQ"
long=$(head -c 20000 /dev/zero | tr '\0' A)
is 'a URL has an end' status 414 "$scep?operation=PKIOperation&message=$long"
is 'other methods are none of SCEP'"'"'s' status 405 -X PUT \
    --data-binary @junk "$scep"

# --- connections ---

cat >crowd.py <<'END'
import resource, select, socket, sys, time
host, port, n, how = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
half = (b"POST /scep HTTP/1.1\r\nHost: x\r\nContent-Type: application/"
        b"x-pki-message\r\nContent-Length: 3000\r\n\r\n")
held = []
for i in range(n):
    s = socket.socket()
    s.settimeout(0.2)
    try:
        s.connect((host, port))
        if how == "half":
            s.send(half + b"0" * 100)
        held.append(s)
    except OSError:
        s.close()
print(len(held), flush=True)
end = time.time() + float(sys.argv[5])
i = 0
while time.time() < end:
    for s in held[i::97]:
        try:
            s.send(b"0" if how == "half" else b"")
        except OSError:
            pass
    i = (i + 1) % 97
    time.sleep(0.1)
END
hostport=${url#http://}
pss()
{
	local sum=0 p
	for p in $server $(pgrep -P $server); do
		sum=$((sum + $(awk '/^Pss:/ { print $2 }' \
			"/proc/$p/smaps_rollup")))
	done
	echo $sum
}
before=$(pss)
python3 crowd.py "${hostport%:*}" "${hostport#*:}" 2000 half 12 >crowd &
crowd=$!
for _ in $(seq 100); do
	[ ! -s crowd ] || break
	sleep 0.1
done
# Sanitizers keep what was freed.
allowed=16384
! grep -q __asan_init "$ca" || allowed=262144
is 'thousands of half requests take no memory to speak of' \
    [ $(($(pss) - before)) -lt $allowed ]
is '... and 10 seconds later others are served again' bash -c "
	for _ in \$(seq 150); do
		! curl -sS -m 2 -o body '$scep?operation=GetCACert' || exit 0
		sleep 0.1
	done
	exit 1"
wait $crowd || :
challenge --static >static
is 'all is as before' loads '^ok=40 refused=0 pending=0 lost=0 duplicates=0' \
    --challenge "$(<static)" --count 40 --clients 8

is 'metrics count what became of messages' bash -c "
	curl -sS '$admin/metrics' | tee all
	grep -q '^signet_ca_scep_answers_total{status=\"success\"}' all &&
	grep -q '^signet_ca_scep_closed_total' all &&
	grep -q '^signet_ca_ra_expires_timestamp_seconds [1-9]' all"
is 'the audit chain is whole' "$ca" audit verify --dir ca
cases_end
