#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What can happen to a CA while it issues: kill -9, a full disk, another
# process in its way, a damaged database. After each it goes on, and nothing is
# half done.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/cases.sh
. tests/lib/cases.sh

build=$(realpath "${SIGNET_BUILD:-build}")
ca=$build/cmd/signet-ca/signet-ca
load=$build/tests/e2e/ca_load
work=$(mktemp -d)
kills=${CA_KILLS:-30}
small=

cleanup()
{
	[ -z "$small" ] || umount "$work/small"
	rm -rf "$work"
}
cd "$work"

# database PYTHON: with the CA's database as db.
database()
{
	python3 -c "import sqlite3, sys, time
db = sqlite3.connect('ca/ca.db', isolation_level=None)
$1"
}

# Everything that was handed out is there, once, with its request and its
# record; and what is there was asked for, but for the RA's that init made.
whole()
{
	"$ca" audit verify --dir "$1" &&
	"$ca" cert list --dir "$1" | cut -d' ' -f1 | sort >there &&
	sort told >handed &&
	test "$(uniq -d there | wc -l)" = 0 &&
	test "$(comm -13 there handed | wc -l)" = 0 &&
	"$ca" audit list --dir "$1" | grep -oE 'serial=[0-9a-f]+' |
		cut -d= -f2 | sort | cmp - there &&
	{ "$ca" request list --dir "$1" | grep issued | awk '{ print $6 }'
	"$ca" ra list --dir "$1" | awk '{ print $NF }'; } |
		sort | cmp - there
}

# One kill, after some hundredths of a second of work, alone or in groups.
kill_one()
{
	local group=$1 pause=$2 pid
	"$load" ca req.csr issue 0 "$group" >>told 2>load.err &
	pid=$!
	sleep "$pause"
	kill -9 "$pid" 2>/dev/null || { cat load.err; return 1; }
	wait "$pid" 2>/dev/null || :
	# A line may have been cut off: nobody got that certificate.
	python3 -c "import re
lines = open('told').read().split('\n')
open('told', 'w').write(''.join(x + '\n' for x in lines
    if re.fullmatch('[0-9a-f]{32}', x)))"
}

killed()
{
	local i
	: >told
	for ((i = 0; i < kills; i++)); do
		kill_one $((i % 3 == 0 ? 1 : 16)) "0.$((RANDOM % 40 + 10))" ||
			return
		whole ca >whole.out 2>&1 || { cat whole.out; return 1; }
	done
	test -s told
}

# A small disk: CA and all.
small_disk()
{
	mkdir small && mount -t tmpfs -o size=2m tmpfs small && small=1
}

full()
{
	local rc=0
	cp -r ca small/ca && : >told &&
	{ "$load" small/ca req.csr issue 0 16 >told 2>full.err & } &&
	wait $! || rc=$?
	head -3 full.err
	[ "$rc" != 0 ] && grep -qE 'disk is full|No space' full.err
}

is 'there is a CA' eval '"$ca" init --dir ca --key p256 >/dev/null &&
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout key -subj /CN=load -out req.csr 2>/dev/null'
is 'it issues alone and in groups' eval '
	"$load" ca req.csr issue 20 1 >told && "$load" ca req.csr issue 40 16 \
		>>told && test "$(wc -l <told)" = 60 && whole ca'
is "$kills kills lose nothing that was handed out" killed
is 'its database is whole' database \
    "assert db.execute('PRAGMA integrity_check').fetchone() == ('ok',)"

is 'while another writes it is said to be busy' eval '
	database "db.execute(\"BEGIN IMMEDIATE\"); time.sleep(14)" &
	sleep 1
	says 3 "another process keeps it locked" "$ca" issue --dir ca \
		--template SmartcardLogon --in req.csr --out x.pem \
		--upn a@b.example &&
	"$ca" list --dir ca --limit 1 && wait && test ! -e x.pem'
is 'afterwards it is not' "$ca" issue --dir ca --template SmartcardLogon \
    --in req.csr --out x.pem --upn a@b.example
is 'whoever waits long enough gets his turn' eval '
	database "db.execute(\"BEGIN IMMEDIATE\"); time.sleep(2)" &
	sleep 1
	"$ca" issue --dir ca --template SmartcardLogon --in req.csr \
		--out x.pem --upn a@b.example && wait'
is 'two at once do not get in their way' eval '
	"$load" ca req.csr issue 50 1 >one & "$load" ca req.csr issue 50 8 >two &
	wait; test "$(sort one two | uniq | wc -l)" = 100 &&
	"$ca" audit verify --dir ca'

if small_disk 2>/dev/null; then
	rm -rf ca && "$ca" init --dir ca --key p256 >/dev/null
	is 'a full disk is told' full
	is 'what was handed out before is there' whole small/ca
	is 'with room it goes on' eval 'mount -o remount,size=16m small &&
		"$load" small/ca req.csr issue 20 4 >>told && whole small/ca'
else
	skip 'a full disk is told' 'mounting needs root'
fi

is 'a damaged database is told' eval '
	"$load" ca req.csr issue 200 16 >told &&
	python3 -c "import os
f = open(\"ca/ca.db\", \"r+b\")
for page in range(4, os.path.getsize(\"ca/ca.db\") // 4096):
    f.seek(page * 4096)
    f.write(b\"\\xa5\" * 100)" &&
	says 1 damaged "$ca" list --dir ca &&
	says 1 damaged "$ca" issue --dir ca --template SmartcardLogon \
		--in req.csr --out y.pem --upn a@b.example'
is 'nothing is handed out from it' not test -e y.pem
is 'nor is it saved as if it were good' eval '
	says 1 damaged "$ca" backup --dir ca backup && test ! -e backup'
is 'one that is gone is not made anew' eval 'rm ca/ca.db* &&
	says 1 "must come from a backup" "$ca" list --dir ca &&
	test ! -e ca/ca.db'

cases_end
