#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# signet-ca serve as two processes: a web that has been taken over, a signer
# that is gone or hangs, starting and stopping under load, and what the two may
# do at all.
# shellcheck disable=SC2016	# inner shells expand what is quoted here
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/cases.sh
. tests/lib/cases.sh

build=$(realpath "${SIGNET_BUILD:-build}")
ca=$build/cmd/signet-ca/signet-ca
hostile=$build/tests/e2e/hostile_web
renewals=$build/tests/soak/renewals
load=$PWD/tests/e2e/load.py
work=$(mktemp -d)
server='' signer='' web=''

cleanup()
{
	local p
	for p in $server $signer $web; do
		kill -CONT "$p" 2>/dev/null || :
		kill "$p" 2>/dev/null || :
	done
	rm -rf "$work"
}
cd "$work"
chmod 755 .

# wait_for TEXT FILE PID: until a line of the file holds it.
wait_for()
{
	for _ in $(seq 600); do
		! grep -q -- "$1" "$2" || return 0
		kill -0 "$3" || break
		sleep 0.05
	done
	cat "$2"
	return 1
}

signer_start()
{
	"$ca" serve-signer --dir ca --desk "$work/desk" \
		--web-user "$(id -un)" 2>>signer.log &
	signer=$!
	wait_for signer-ready signer.log $signer
}

signer_stop()
{
	kill "${1--TERM}" $signer
	wait $signer 2>/dev/null || [ "${1-}" = -KILL ] || cat signer.log
	signer=
	: >signer.log
}

web_start()
{
	: >web.log
	"$ca" serve-web --desk "$work/desk" --listen 127.0.0.1:0 \
		--admin 127.0.0.1:0 2>>web.log &
	web=$!
	wait_for web-confined web.log $web
	url=$(sed -n 's,.*web serves \(http://.*\)/$,\1,p' web.log)
	admin=$(sed -n 's,.*web reports at \(http://.*\)/$,\1,p' web.log)
}

status()
{
	curl -sS -m 30 -o body -D headers -w '%{http_code}' "$@"
}

# gives STATUS URL...: that is what curl gets.
gives()
{
	local want=$1 got
	shift
	got=$(status "$@")
	cat headers
	echo "$got"
	[ "$got" = "$want" ]
}

is 'a CA is made' "$ca" init --dir ca --key p256 \
    --name 'CN=Corp Issuing CA,DC=corp,DC=example'

# user NAME RID: an account and a certificate, by an officer's word.
user()
{
	local sid=S-1-5-21-1004336348-1177238915-682003330-$2
	"$ca" account add --dir ca "CORP\\$1" --sid "$sid" \
		--upn "$1@corp.example" --group 'Domain Users' &&
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$1.key" -subj /CN=x -outform DER -out "$1.der" &&
	"$ca" issue --dir ca --template Staff --in "$1.der" --out "$1.pem" \
		--upn "$1@corp.example" --sid "$sid"
}
is 'alice and mallory have certificates' eval '
	"$ca" template duplicate --dir ca "Smartcard Logon" Staff \
		ca-compatibility=2012 recipient-compatibility=8 &&
	"$ca" template access --dir ca Staff --allow "Domain Users:enroll" &&
	"$ca" template publish --dir ca Staff &&
	user alice 1104 && user mallory 1105 && cp alice.der bare.der'
is '... and letters' "$renewals" make alice.pem alice.key renewal.der
is '... and one that is not alice'"'"'s' \
    "$renewals" make mallory.pem mallory.key stolen.der alice.pem
printf '[enroll]\nover-http = yes\n[scep]\nover-http = yes\n' >ca/serve.conf
"$ca" template publish --dir ca OfflineRouter >/dev/null
scep_letter()
{
	"$build/tests/e2e/scep_load" 127.0.0.1:1 ca/ra/cert.pem --write "$1" \
		--challenge "$2"
}
is '... and messages of SCEP' eval '
	scep_letter scep.der "$("$ca" challenge new --dir ca --template \
		OfflineRouter)" &&
	scep_letter unproved.der 00112233445566778899AABBCCDDEEFF'

# --- a web that has been taken over ---

: >signer.log
signer_start || exit 1
resident()
{
	awk '/^VmRSS/ { print $2 }' "/proc/$signer/status"
}
# attack NAME: whatever it does, afterwards an honest web is served by a signer
# that holds no more than before.
attack()
{
	local fds fds_now
	"$hostile" "$work/desk" honest || return 1
	fds=$(ls "/proc/$signer/fd" | wc -l)
	timeout 120 "$hostile" "$work/desk" "$1" || return 1
	"$hostile" "$work/desk" honest || { echo 'honest: refused'; return 1; }
	kill -0 $signer || return 1
	for _ in $(seq 100); do
		fds_now=$(ls "/proc/$signer/fd" | wc -l)
		[ "$fds_now" -gt "$fds" ] || break
		sleep 0.05
	done
	echo "descriptors: $fds_now after $fds; memory: $(resident) KiB"
	[ "$fds_now" -le "$fds" ] && [ "$(resident)" -lt "$memory_max" ]
}
is 'an honest web is answered' "$hostile" "$work/desk" honest
# What it may need for all connections, beyond what it has now.
memory_max=$(($(resident) + 8192))
# Sanitizers keep what was freed.
! grep -q __asan_init "$ca" || memory_max=$((memory_max + 524288))
for name in unknown-verbs wrong-fields truncated oversized silence thousand \
    deaf paths descriptors garbage another-process; do
	is "hostile web: $name" attack $name
done
kept=$("$ca" request list --dir ca | wc -l)
certs=$("$ca" cert list --dir ca | wc -l)
for name in enroll-altered enroll-unproved enroll-replayed enroll-retrieved \
    enroll-oversized enroll-flooded; do
	is "hostile web: $name" attack $name
done
is 'of all that, one certificate came' \
    test "$("$ca" cert list --dir ca | wc -l)" = $((certs + 1))
is '... and its request, and no other, is in the books' \
    test "$("$ca" request list --dir ca | wc -l)" = $((kept + 1))
kept=$("$ca" request list --dir ca | wc -l)
certs=$("$ca" cert list --dir ca | wc -l)
for name in scep-altered scep-replayed scep-unproved scep-oversized \
    scep-asked scep-flooded; do
	is "hostile web: $name" attack $name
done
is 'of all that by SCEP, one certificate came' \
    test "$("$ca" cert list --dir ca | wc -l)" = $((certs + 1))
is '... and of SCEP one request is in the books' \
    test "$("$ca" request list --dir ca | wc -l)" = $((kept + 1))
if [ "$(id -u)" = 0 ]; then
	is 'hostile web: another-user' attack another-user
	is '... is in the log, once' eval '
		[ "$(grep -c "stranger uid=65534" signer.log)" = 1 ]'
else
	skip 'hostile web: another-user' 'only root becomes another user'
fi
is 'nothing of what it sent is in the log' eval '
	cat signer.log; ! grep -q "S3CRET" signer.log'
is 'nor any key' eval '! grep -qi "private" signer.log'
is 'the signer takes new lists still' says 0 CRL "$ca" crl --dir ca --publish
is 'the audit chain is whole' "$ca" audit verify --dir ca

# --- what the two may do ---

web_start || exit 1
is 'web is confined' eval '
	cat /proc/$web/status; grep -q "^NoNewPrivs:.1" /proc/$web/status &&
	grep -q "^Seccomp:.2" /proc/$web/status &&
	grep -q "Max core file size *0 *0" /proc/$web/limits'
is '... and so is the signer' eval '
	grep -q "^NoNewPrivs:.1" /proc/$signer/status &&
	grep -q "^Seccomp:.2" /proc/$signer/status &&
	grep -q "Max core file size *0 *0" /proc/$signer/limits'
is 'web has no file of the CA open' eval '
	ls -l /proc/$web/fd | tee fds; ! grep -q "$work/ca" fds'
is 'web is served' gives 200 "$url/issuing.crl"

# --- the signer gone, hanging, back ---

is 'all is well' gives 200 "$admin/health"
is '... in words' grep -qx \
    '{"healthy":true,"signer":true,"list":true,"database":true}' body
is 'the world does not read that' eval '
	gives 404 "$url/health" && gives 404 "$url/metrics"'
is 'refusals are logged, escaped' eval '
	status "$url/%22%0apeer=1.2.3.4" && cat web.log &&
	grep -q "^refused peer=127.0.0.1 method=\"GET\" path=\"/??peer?1.2.3.4\" status=404$" web.log'
is 'metrics are what Prometheus reads' eval '
	gives 200 "$admin/metrics" && cat body &&
	grep -q "^signet_ca_http_requests_total{route=\"/\",status=\"200\"} 1$" body &&
	grep -q "^signet_ca_desk_requests_total{request=\"FILE\",result=\"ok\"}" body &&
	grep -q "^signet_ca_list_expires_timestamp_seconds{list=\"base\"} [1-9]" body &&
	! grep -vE "^(#.*|[a-z_]+(\{[a-z]+=\"[^\"]*\"(,[a-z]+=\"[^\"]*\")*\})? [0-9.]+)$" body'
signer_stop -KILL
is 'without the signer, later' eval '
	gives 503 "$url/issuing.crl" && grep -qi "^Retry-After: [0-9]" headers'
is '... and it is told' eval 'gives 503 "$admin/health" && grep -qx \
	"{\"healthy\":false,\"signer\":false,\"list\":false,\"database\":false}" body'
is '... and counted' eval 'gives 200 "$admin/metrics" &&
	grep -qx "signet_ca_signer_up 0" body'
signer_start
is 'when it is back, web asks it again' gives 200 "$url/issuing.crl"
kill -STOP $signer
is 'a signer that hangs: later' eval '
	gives 503 "$url/issuing.crl" && grep -qi "^Retry-After: [0-9]" headers'
kill -CONT $signer
is 'when it goes on, so does web' gives 200 "$url/issuing.crl"
is 'a restart of the signer loses nothing' eval '
	python3 "$load" --seconds 3 "$url/ocsp/MAA=" "$url/issuing.crl" &
	l=$!; sleep 1
	signer_stop && signer_start && wait $l'
kill $web; wait $web || :
web=
signer_stop

# --- both, in the foreground ---

serve_start()
{
	: >serve.log
	"$ca" serve --dir ca --listen 127.0.0.1:0 2>>serve.log &
	server=$!
	wait_for web-confined serve.log $server
	url=$(sed -n 's,.*web serves \(http://.*\)/$,\1,p' serve.log)
}
child()
{
	pgrep -P "$server" -f "$1"
}
serve_start || exit 1
is 'serve starts both' eval 'gives 200 "$url/issuing.crt" &&
	child serve-web && [ "$(pgrep -c -P $server)" = 2 ]'
is 'web gets no environment' eval '
	tr "\0" "\n" </proc/$(child serve-web)/environ | tee env
	! grep -vE "^(LISTEN_(PID|FDS|FDNAMES)|JOURNAL_STREAM)=" env'
is 'a web that dies is started anew' eval '
	old=$(child serve-web); kill -KILL $old
	for _ in $(seq 100); do
		new=$(child serve-web) && [ "$new" != "$old" ] && break
		sleep 0.05
	done
	gives 200 "$url/issuing.crl"'
is 'reload reads serve.conf' eval '
	printf "[crl]\ndelta-url = http://x/d.crl\n" >ca/serve.conf &&
	gives 404 "$url/issuing-delta.crl" &&
	says 0 CRL "$ca" reload --dir ca && gives 200 "$url/issuing-delta.crl"'
is '... and tells a mistake' eval '
	printf "[crl]\nnonsense = 1\n" >ca/serve.conf &&
	says 1 nonsense "$ca" reload --dir ca; rc=$?; rm ca/serve.conf
	gives 200 "$url/issuing-delta.crl" && [ $rc = 0 ]'
is 'without a signer nothing goes on' eval '
	kill -KILL $(pgrep -P $server | grep -v "$(child serve-web)")
	rc=0; wait $server || rc=$?
	cat serve.log; [ $rc = 1 ] && grep -q "signer has ended" serve.log'
server=

# Whenever the one that starts the others is killed, none of them stays.
killed_early()
{
	local p i=0 left='' all=()
	while [ $i -lt 40 ]; do
		i=$((i + 1))
		setsid "$ca" serve --dir ca --listen 127.0.0.1:0 2>/dev/null &
		p=$!
		all+=("$p")
		sleep "0.$((i % 2))$((RANDOM % 10))"
		kill -KILL $p
		wait $p 2>/dev/null || :
	done
	for _ in $(seq 200); do
		left=$(for p in "${all[@]}"; do pgrep -s "$p" || :; done)
		[ -n "$left" ] || return 0
		sleep 0.05
	done
	echo "they stay:" $left
	# shellcheck disable=SC2086	# numbers
	kill $left
	return 1
}
is 'a server killed while it starts leaves nobody behind' killed_early

# A socket that outlives the server, as systemd keeps one: clients that come
# while nobody serves wait, and none is turned away.
is 'stop and start lose no request' timeout 120 python3 "$load" --restart 3 \
    --seconds 8 -- "$ca" serve --dir ca

# --- users of their own ---

if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	cp /etc/passwd passwd
	cp /etc/group group
	grep -v '^signet-ca' passwd >strangers
	echo 'signet-ca-web:x:64901:64901::/:/bin/false' >>passwd
	echo 'signet-ca-signer:x:64902:64902::/:/bin/false' >>passwd
	cp -r ca owned
	rm -f owned/serve.lock
	chown -R 64902:64902 owned
	# The owner of the folder may prepare it for root.
	keeps_treasure()
	{
		local rc=0
		timeout 20 "$ca" serve --dir owned --listen 127.0.0.1:0 ||
			rc=$?
		rm -f owned/serve.lock
		stat -c 'of %u' treasure
		[ $rc = 1 ] && [ "$(stat -c %u treasure)" = 0 ]
	}
	echo gold >treasure
	ln -s "$work/treasure" owned/serve.lock
	is 'root gives no file away for a lock: a link' keeps_treasure
	ln treasure owned/serve.lock
	is '... another name' keeps_treasure
	is 'as root, each has a user of its own' unshare -m bash -euc '
		mount --make-rprivate / && mount --bind passwd /etc/passwd
		"$0" serve --dir owned --listen 127.0.0.1:0 2>users.log &
		p=$!
		trap "kill $p 2>/dev/null || :" EXIT
		for _ in $(seq 200); do
			! grep -q web-confined users.log || break
			sleep 0.05
		done
		cat users.log
		uids=$(ps -o uid= --ppid $p | sort -n | xargs)
		url=$(sed -n "s,.*web serves \(http://.*\)/$,\1,p" users.log)
		code=$(curl -sS -o body -w "%{http_code}" "$url/issuing.crl")
		ps -o pid,uid,args --ppid $p
		grep -H ^Groups: /proc/$(pgrep -P $p -f serve-web)/status
		kill $p; wait $p; trap - EXIT
		not grep -q one-user users.log
		[ "$uids" = "64901 64902" ] && [ "$code" = 200 ]' "$ca"
	is '... and web is never root' unshare -m bash -euc '
		mount --make-rprivate / && mount --bind strangers /etc/passwd
		"$0" serve --dir ca --listen 127.0.0.1:0 2>users.log &
		p=$!
		trap "kill $p 2>/dev/null || :" EXIT
		for _ in $(seq 200); do
			! grep -q web-confined users.log || break
			sleep 0.05
		done
		cat users.log
		grep -q "no-web-user" users.log
		[ "$(ps -o uid= -p "$(pgrep -P $p -f serve-web)")" -eq 65534 ]
		url=$(sed -n "s,.*web serves \(http://.*\)/$,\1,p" users.log)
		[ "$(curl -sS -o body -w "%{http_code}" "$url/issuing.crl")" = \
			200 ]' "$ca"
else
	skip 'as root, each has a user of its own' 'no mount namespace'
fi

# --- units ---

exposure()
{
	local score
	systemd-analyze security --offline=true --no-pager \
		"$build/data/$1" >exposure
	cat exposure
	score=$(sed -n 's/.*exposure level for .*: \([0-9.]*\).*/\1/p' exposure)
	python3 -c 'import sys; sys.exit(not float(sys.argv[1]) <= 1.5)' "$score"
}
if command -v systemd-analyze >/dev/null; then
	for unit in signet-ca-web signet-ca-signer; do
		is "$unit.service exposes little" exposure $unit.service
	done
else
	skip 'the units expose little' 'there is no systemd-analyze'
fi

cases_end
