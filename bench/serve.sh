#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# serve.sh SIGNET-CA [COUNT]: signet-ca serve with COUNT certificates (a
# million), one in ten of them revoked: the memory of all its processes (PSS,
# KiB) at rest, after publishing, and under load; and answers a second. The
# last lines are the same for a CA without certificates.
set -euo pipefail

ca=$(realpath "${1:?usage: serve.sh SIGNET-CA [COUNT]}")
count=${2:-1000000}
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
cd "$work"

# Lines as the CA itself writes them, but for the names.
seed()
{
	python3 - "$1" <<'X2'
import os, random, sqlite3, subprocess, sys, time
random.seed(1)
count, now = int(sys.argv[1]), int(time.time())
der = subprocess.run(['openssl', 'x509', '-in', 'ca/issuing/cert.pem',
                      '-outform', 'DER'], check=True,
                     stdout=subprocess.PIPE).stdout
db = sqlite3.connect('ca/ca.db')
issuer, = db.execute('SELECT issuer FROM certificates').fetchone()
first = db.execute('SELECT max(id) FROM certificates').fetchone()[0] + 1
for i in range(first, first + count):
    serial = bytes([0x40 | i % 64]) + random.randbytes(15)
    revoked = i % 10 == 0
    db.execute('INSERT INTO certificates (id, serial, issuer, template, '
               'label, subject, upn, not_before, not_after, key_id, state) '
               'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
               (i, serial, issuer, 'SmartcardLogon', f'user{i}',
                f'CN=user{i},DC=corp,DC=example', f'user{i}@corp.example',
                now - 600, now + 31536000, random.randbytes(20),
                1 if revoked else 0))
    db.execute('INSERT INTO bodies VALUES (?, ?)', (i, der))
    if revoked:
        db.execute('INSERT INTO revocations (cert, serial, revoked, reason, '
                   'released, not_after, change) '
                   'VALUES (?, ?, ?, 1, 0, ?, ?)',
                   (i, serial, now, now + 31536000, i))
db.commit()
db.execute('PRAGMA wal_checkpoint(TRUNCATE)')
X2
}

memory()
{
	local all
	all=$(pgrep -P "$server"; echo "$server")
	printf '%-12s ' "$1"
	for p in $all; do
		printf '%s ' "$(tr '\0' ' ' <"/proc/$p/cmdline" |
			cut -d' ' -f2)=$(awk '/^Pss:/ { print $2 }' \
			"/proc/$p/smaps_rollup")"
	done
	for p in $all; do
		awk '/^Pss:/ { print $2 }' "/proc/$p/smaps_rollup"
	done | awk '{ n += $1 } END { print "pss=" n }'
}

# So many answers in so many seconds, by connections that stay.
load()
{
	python3 - "$1" "$2" <<'X2'
import http.client, sys, threading, time
host, path = sys.argv[1][len('http://'):], sys.argv[2]
done = [0] * 8
end = time.monotonic() + 5
def run(i):
    link = http.client.HTTPConnection(host)
    while time.monotonic() < end:
        link.request('GET', path)
        assert link.getresponse().read()
        done[i] += 1
threads = [threading.Thread(target=run, args=(i,)) for i in range(8)]
for t in threads: t.start()
for t in threads: t.join()
print(f'{path[:24]:24} {sum(done) / 5:.0f}/s')
X2
}

measure()
{
	rm -rf ca
	"$ca" init --dir ca --key p256 >/dev/null
	"$ca" server --dir ca --template WebServer --dns a.example \
		--key p256 --key-out key --out cert.pem >/dev/null
	rm -f key
	[ "$1" = 0 ] || seed "$1"
	"$ca" serve --dir ca --listen 127.0.0.1:0 2>log &
	server=$!
	until grep -q web-confined log; do
		kill -0 $server
		sleep 0.1
	done
	url=$(sed -n 's,.*web serves \(http://.*\)/$,\1,p' log)
	echo "== $1 certificates"
	memory rest
	"$ca" reload --dir ca
	memory published
	openssl ocsp -issuer ca/issuing/cert.pem -cert cert.pem -no_nonce \
		-reqout req 2>/dev/null
	load "$url" "/ocsp/$(base64 -w0 req |
		sed 's,+,%2B,g; s,/,%2F,g; s,=,%3D,g')"
	memory ocsp
	load "$url" /issuing.crt
	curl -sS -o crl -w 'issuing.crl %{size_download} bytes in %{time_total} s\n' \
		"$url/issuing.crl"
	memory files
	kill $server
	wait $server
	server=
}

measure "$count"
measure 0
