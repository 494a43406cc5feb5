#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# scep.sh SIGNET-CA SCEP_LOAD [COUNT [SIZE...]]: what an enrolment by SCEP costs
# the server, over HTTP and durably committed: CPU milliseconds of web and signer
# together, and that in signatures as "openssl speed" makes them in the same run.
# With an RSA-2048 and a P-256 CA, an RSA-2048 RA, and 0, 100,000 and a million
# certificates in the database (2 GB, in TMPDIR); then the time for an answer
# with 1 and 32 connections. What is promised: 4.94 signatures' worth with RSA,
# 3.95 with P-256; flat within 10 %; the 99th percentile at 32 connections below
# 10 times the mean; nothing lost or given twice.
set -euo pipefail

usage='usage: scep.sh SIGNET-CA SCEP_LOAD [COUNT [SIZE...]]'
ca=$(realpath "${1:?$usage}")
load=$(realpath "${2:?$usage}")
count=${3:-5000}
sizes=("${@:4}")
[ "${#sizes[@]}" -gt 0 ] || sizes=(0 100000 1000000)
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
cd "$work"

# Milliseconds that openssl takes to sign, now.
signature()
{
	openssl speed -seconds 2 rsa2048 2>/dev/null |
		awk '/^rsa/ { print 1000 / $6 }'
}

# Rows as enrolments leave them, but for the signatures in them.
seed()
{
	python3 - "$1" "$2" <<'END'
import hashlib, random, sqlite3, sys, time
folder, count, now = sys.argv[1], int(sys.argv[2]), int(time.time())
# A later call adds others.
random.seed(count)
db = sqlite3.connect(folder + '/ca.db')
columns = [c[1] for c in db.execute('PRAGMA table_info(certificates)')]
line = dict(zip(columns, db.execute('SELECT * FROM certificates '
                                    'WHERE request IS NOT NULL').fetchone()))
asked = [c[1] for c in db.execute('PRAGMA table_info(requests)')]
request = dict(zip(asked, db.execute('SELECT * FROM requests').fetchone()))
der, = db.execute('SELECT der FROM bodies WHERE cert = ?',
                  (line['id'],)).fetchone()
first = db.execute('SELECT max(id) FROM certificates').fetchone()[0] + 1
number = db.execute('SELECT max(id) FROM requests').fetchone()[0] + 1
def put(table, row):
    db.execute(f'INSERT INTO {table} ({",".join(row)}) VALUES '
               f'({",".join("?" * len(row))})', list(row.values()))
for i in range(count):
    serial = bytes([0x40 | i % 64]) + random.randbytes(15)
    put('requests', request | {'id': number + i, 'serial': serial})
    put('certificates', line | {'id': first + i, 'serial': serial,
        'request': number + i, 'label': f'host{i}',
        'subject': f'CN=host{i}', 'key_id': random.randbytes(20)})
    put('bodies', {'cert': first + i, 'der': der})
    h = random.randbytes(32)
    put('transactions', {'id': int.from_bytes(h[:8], 'big') >> 1, 'hash': h,
                         'asked': random.randbytes(32),
                         'request': number + i})
db.commit()
db.execute('PRAGMA wal_checkpoint(TRUNCATE)')
END
}

# CPU milliseconds of all of the server's processes until now.
cpu()
{
	local p
	for p in "$server" $(pgrep -P "$server"); do
		cut -d')' -f2 "/proc/$p/stat"
	done | awk -v hz="$(getconf CLK_TCK)" \
		'{ n += $12 + $13 } END { print n * 1000 / hz }'
}

start()
{
	: >serve.log
	"$ca" serve --dir "$1" 2>serve.log &
	server=$!
	for _ in $(seq 600); do
		! grep -q web-confined serve.log || break
		sleep 0.05
	done
	where=$(sed -n 's,.*web serves http://\(.*\)/$,\1,p' serve.log)
}

enroll()
{
	"$load" "$where" "$dir/ra/cert.pem" --challenge "$challenge" "$@"
}

# measure LABEL: COUNT enrolments by 8 connections.
measure()
{
	local before after said sign
	enroll --count 50 --clients 8 >/dev/null
	sign=$(signature)
	before=$(cpu)
	said=$(enroll --count "$count" --clients 8)
	after=$(cpu)
	awk -v a="$after" -v b="$before" -v n="$count" -v s="$sign" \
	    -v s2="$(signature)" -v what="$1" 'BEGIN {
		each = (a - b) / n; s = (s + s2) / 2
		printf "%-24s %.3f ms each, %.2f signatures of %.3f ms\n",
		    what, each, each / s, s }'
	echo "    $said"
}

for key in rsa2048 p256; do
	dir=$key
	"$ca" init --dir "$dir" --key $key --listen 127.0.0.1:0 >/dev/null
	printf '[scep]\nover-http = yes\n' >>"$dir/serve.conf"
	"$ca" template publish --dir "$dir" OfflineRouter
	challenge=$("$ca" challenge new --dir "$dir" --template OfflineRouter \
		--static)
	there=0
	for size in "${sizes[@]}"; do
		if ((size > there)); then
			seed "$dir" $((size - there))
			there=$size
		fi
		start "$dir"
		measure "$key, $size before"
		if ((size == ${sizes[0]})); then
			for n in 1 32; do
				echo "    $n connections: $(enroll --clients $n \
					--count $((n == 1 ? 200 : 2000)))"
			done
		fi
		kill "$server"
		wait "$server" || :
		server=
	done
	rm -rf "$dir"
done
