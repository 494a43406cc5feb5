#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Root in the folder of somebody else's CA: links that the owner lays give him
# nothing of root's, what root makes there is the owner's, and the files that
# root names are root's.
# shellcheck disable=SC2016	# the inner shell expands what is quoted here
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/cases.sh
. tests/lib/cases.sh

build=$(realpath "${SIGNET_BUILD:-build}")
ca=$build/cmd/signet-ca/signet-ca
work=$(mktemp -d)
server=
# Who changes his rights cannot be traced, which is how leaks are looked for;
# other tests do that.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0

cleanup()
{
	[ -z "$server" ] || kill "$server" 2>/dev/null || :
	rm -rf "$work"
}
cd "$work"
chmod 711 .

if [ "$(id -u)" != 0 ]; then
	skip 'root in the folder of another' 'only root has the rights'
	cases_end
	exit
fi
owner=$(id -u daemon)
group=$(id -g daemon)
mkdir roots
chmod 700 roots
"$ca" init --dir owned --key p256 --host pki.corp.example >/dev/null
chown -R "$owner:$group" owned

# a COMMAND...: with the rights of the folder's owner.
a()
{
	setpriv --reuid "$owner" --regid "$group" --clear-groups -- "$@"
}

all_owned()
{
	find owned ! -uid "$owner" | tee strange
	[ ! -s strange ]
}

openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	-subj / -keyout roots/key -out roots/request 2>/dev/null
issue()
{
	"$ca" issue --dir owned --template SmartcardLogon \
		--upn alice@corp.example --sid S-1-5-21-1-2-3-1104 \
		--in roots/request --out roots/cert --chain-out roots/chain
}

is 'root issues from its own files into its own' issue
is '... which are root'\''s' test "$(stat -c %u-%a roots/cert)" = 0-644
is '... and what it leaves in the folder is the owner'\''s' all_owned
is '... in the audit log it is root' grep -q ' issue who="root" ' owned/audit.log
is 'lists are the owner'\''s, too' "$ca" crl --dir owned
is '... all of them' all_owned
is 'a backup is root'\''s' "$ca" backup --dir owned roots/backup
is '... alone' test "$(stat -c %u-%a roots/backup)" = 0-600
is '... and nothing of it stays with the owner' all_owned
is '... and no second one is written over it' \
    not "$ca" backup --dir owned roots/backup
is 'it is a backup' "$ca" restore --dir anew roots/backup
is 'a template goes out and comes in' bash -c '
	"$0" template export --dir owned --out roots/t SmartcardLogon &&
	"$0" template duplicate --dir owned SmartcardLogon Own &&
	[ "$(stat -c %u roots/t)" = 0 ]' "$ca"
is '... as the owner'\''s' all_owned

# lays NAME: in place of the owner's file a link to one of root's.
echo gold >roots/treasure
lays()
{
	a rm -rf "owned/$1"
	a ln -s "$work/roots/treasure" "owned/$1"
}
# untouched COMMAND...: whatever it says, the treasure stays, and is not told.
untouched()
{
	"$@" >said 2>&1 || :
	cat said
	! grep -q gold said && [ "$(cat roots/treasure)" = gold ] &&
		[ "$(stat -c %u-%a roots/treasure)" = 0-644 ]
}

lays audit.log
is 'a link in place of the audit log' untouched issue
a rm owned/audit.log
is '... which is whole again without it' issue
lays ca.conf
is 'a link in place of ca.conf' untouched "$ca" cert list --dir owned
a rm owned/ca.conf
"$ca" restore --dir other roots/backup >/dev/null
cp other/ca.conf owned/
chown "$owner:$group" owned/ca.conf
for list in issuing/ca.crl root/ca.crl; do
	lays $list
	is "a link in place of $list" untouched "$ca" crl --dir owned
	a rm -f owned/$list
done
is '... and lists are made again' "$ca" crl --dir owned
lays serve.conf
is 'a link in place of serve.conf' untouched "$ca" reload --dir owned
a rm owned/serve.conf
cp -p other/serve.conf owned/ 2>/dev/null || :
chown "$owner:$group" owned/serve.conf 2>/dev/null || :
a mv owned/ca.db owned/kept
lays ca.db
is 'a link in place of the database' untouched issue
a mv -f owned/kept owned/ca.db
a mv owned/issuing/key.pem owned/kept
lays issuing/key.pem
is 'a link in place of the key' untouched issue
a mv -f owned/kept owned/issuing/key.pem
a mv owned/templates owned/kept 2>/dev/null || :
a ln -s "$work/roots" owned/templates
is 'a link in place of a folder' untouched \
    "$ca" template duplicate --dir owned SmartcardLogon Other
is '... where nothing appears' test -z "$(find roots -name 'Other*')"
a rm owned/templates
a mv owned/kept owned/templates 2>/dev/null || :
is 'all is as it was' issue

"$ca" serve --dir owned --listen 127.0.0.1:0 2>log &
server=$!
for _ in $(seq 200); do
	! grep -q web-confined log || break
	sleep 0.05
done
is 'root asks a server of root'\''s' "$ca" reload --dir owned
kill $server
wait $server || :
server=
is '... which leaves the folder to its owner' all_owned

cases_end
