#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The key storage providers: each certificate leads to the provider that holds
# its key, be that the TPM with or without the PIN, this disk, or a card that may
# be absent. SoftHSM is the card.
# shellcheck disable=SC2016	# the lab's shell expands what is quoted here
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/cases.sh
. tests/lib/cases.sh

lab=$PWD/tests/lab/lab
work=$(mktemp -d)

cleanup()
{
	[ ! -e "$work/a/others" ] || in_lab 'others_end' || :
	"$lab" down "$work/a" --remove || :
	rm -rf "$work"
}

# The words of the cases:
#	fails CODE TEXT COMMAND...
#	key, request NAME OPTION...	signet's, with both PINs
#	certify NAME		a certificate for NAME.req, accepted
#	cert NAME FIELD VALUE	what the list says of a certificate
#	card_out, card_in	the card leaves its reader, and is back
#	other N			environment of another signetd, without a TPM (1)
#				or with another TPM (2)
prelude='
cd "$LAB_DIR"
export SOFTHSM2_CONF=/run/lab/softhsm.conf
hsm=/usr/lib/softhsm/libsofthsm2.so
fails() {
	local code=$1 text=$2 rc=0 out; shift 2
	out=$("$@" 2>&1) || rc=$?
	printf "%s\n(exit %d)\n" "$out" "$rc"
	[ "$rc" = "$code" ] && grep -qF -- "$text" <<<"$out"
}
pins() {
	"$@" --pin-fd 3 --card-pin-fd 4 3<<<"${pin-$LAB_PIN}" \
	    4<<<"${card_pin-4321}"
}
key() { pins signet key new "$@"; }
request() { pins signet request new --upn "$LAB_USER@$LAB_REALM" \
	--name "$1" --out "$1" "${@:2}"; }
issue() {
	signet-ca issue --dir "$LAB_CA" --template SmartcardLogon \
	    --upn "$LAB_USER@$LAB_REALM" --sid "$LAB_SID" \
	    --in "$1.req" --out "$1.crt" 2>&1
}
certify() {
	issue "$1"
	pins signet request accept "$1.crt" "$LAB_CHAIN" --trust-root \
	    --label "$1"
}
cert() {
	signet cert list --json >list.json
	python3 - "$@" <<X
import json, sys
found = [c for c in json.load(open("list.json")) if c["label"] == "$1"]
print(found)
sys.exit(not found or str(found[0].get("$2")) != "$3")
X
}
card_out() { mv tokens away; mkdir tokens; }
card_in() { rm -r tokens; mv away tokens; }
token() {
	softhsm2-util --init-token --free --label "$1" --pin "${2-4321}" \
	    --so-pin 99999999
}
serial() { signet key list --json | grep -m 1 token_serial |
	sed "s/.*: *\"//;s/\".*//"; }
tries_used() { signet status --json | grep -q "\"tries_used\": *$1\b"; }
other() { export SIGNET_SOCKET=/run/lab/others/$1/sock; }
other_start() {
	local d=/run/lab/others/$1
	mkdir -p "$d/state"
	printf "[container]\nwithout-tpm = yes\n" >"$d/conf"
	rm -f "$d/sock"
	"$LAB_BUILD/cmd/signetd/signetd" --socket "$d/sock" --state "$d/state" \
	    --config "$d/conf" --tcti "${2-swtpm:path=$d/none}" \
	    >>"$d/log" 2>&1 & echo $! >"$d/signetd.pid"
	for ((i = 0; i < 100; i++)); do [ ! -S "$d/sock" ] || return 0
		sleep 0.05; done
	return 1
}
gone() {
	kill "$(cat "$1")" 2>/dev/null || return 0
	for ((i = 0; i < 200; i++)); do
		kill -0 "$(cat "$1")" 2>/dev/null || { rm -f "$1"; return 0; }
		sleep 0.05
	done
	return 1
}
others_end() { local p; for p in others/*/*.pid; do gone "$p"; done; }
'

in_lab()
{
	timeout 120 "$lab" exec "$work/a" -- \
	    bash -euo pipefail -c "$prelude$1"
}

"$lab" up --dir "$work/a"
in_lab 'mkdir -p tokens home/.config/signet
printf "directories.tokendir = /run/lab/tokens\nlog.level = ERROR\n" \
    >softhsm.conf
printf "[smartcard]\nmodule = %s\n" "$hsm" >home/.config/signet/signet.conf
signet setup --pin-fd 3 3<<<"$LAB_PIN" >code' || exit

# --- the card ---

is 'without a card a key on one asks for it' in_lab '
    fails 1 "no card is there: insert one" key badge --provider smartcard
    fails 1 "insert the card '\''staff'\''" \
	key badge --provider smartcard --token staff'
is 'a key is made on the card, a request for it is signed there' in_lab '
    token staff
    request card --provider smartcard --key badge --token staff
    signet key list; signet key list --json | tee keys.json
    grep -q "\"provider\": *\"Microsoft Smart Card Key Storage Provider\"" \
	keys.json
    grep -qi "Smart Card Key Storage Provider" card.inf
    openssl req -in card.req -verify -noout'
is 'a wrong PIN of the card is tried once, and said' in_lab '
    card_pin=0000; fails 3 "wrong PIN for the card '\''staff'\'' (serial" \
	request no --key badge
    tries_used 0'
is '... with what the card says of the tries that are left' in_lab '
    card_pin=0000; fails 3 "few tries may be left" request no --key badge'
is 'its certificate is accepted, and stored on the card too' in_lab '
    certify card | tee accepted
    pkcs11-tool --module $hsm --list-objects --type cert | tee objects
    grep -q "label: *card" objects
    grep -x "Next: signet rdp --credential kerberos HOST" accepted'
is 'the list shows provider, card and presence' in_lab '
    signet cert list | tee list
    grep "^card " list | grep -q "present *staff ("
    cert card provider "Microsoft Smart Card Key Storage Provider"
    cert card presence present
    cert card token staff
    signet cert show card | grep -q "Presence: *present"'
is 'PKINIT with it by signet rdp: its own module, its own PIN' in_lab '
    signet rdp --credential kerberos --cert card --card-pin-fd 4 \
	4<<<4321 $LAB_RDP_HOST -- +auth-only
    n=$(openssl x509 -in card.crt -noout -serial)
    grep -qi "PKINIT: client alice@CORP.EXAMPLE .*serial ${n#*=}" \
	$LAB_KDC_LOG
    signet status --json | grep -q "\"logins\": *0"'
is '... whose PIN no host gets to see' in_lab '
    fails 2 "whose PIN no host gets to see" signet rdp --cert card \
	--card-pin-fd 4 $LAB_RDP_HOST 4<<<4321'
is 'our module does not show it a second time' in_lab '
    pkcs11-tool --module $LAB_HOST_MODULE --list-objects --type cert |
	tee objects
    ! grep -q "Certificate Object" objects'
is 'the card is taken out: absent, and asked for by name' in_lab '
    card_out
    cert card presence absent
    signet cert list | grep "^card " | grep -q "absent *staff ("
    fails 1 "insert the card '\''staff'\'' (serial $(serial))" \
	pins signet request renew card --name again --out again
    fails 1 "insert the card '\''staff'\''" signet rdp --cert card \
	--credential kerberos --card-pin-fd 4 $LAB_RDP_HOST 4<<<4321'
is 'another card of that label is not it' in_lab '
    token staff
    cert card presence absent
    fails 1 "insert the card '\''staff'\'' (serial $(serial))" \
	pins signet request renew card --name again --out again'
is 'brought back, it works' in_lab '
    card_in
    cert card presence present
    pins signet request renew card --name again --out again
    signet request delete again --yes'
is 'two cards of one label want a serial number' in_lab '
    token staff
    fails 2 "2 cards fit: '\''staff'\'' (serial" \
	key second --provider smartcard --token staff
    key second --provider smartcard --token "$(serial)"
    cert card presence present'
is 'what p11-kit has registered reaches a card, too' in_lab '
    mkdir modules
    echo "module: $hsm" >modules/hsm.module
    sed "s,^module:.*,module: $LAB_HOST_MODULE," \
	"$LAB_BUILD/data/signet.module" >modules/signet.module
    mount --bind modules /usr/share/p11-kit/modules
    : >none; export SIGNET_CONFIG=/run/lab/none
    cert card presence present
    pins signet request renew card --name kit --out kit
    signet request delete kit --yes
    printf "[smartcard]\nmodule = none\n" >none
    cert card presence absent'
is 'a key on the card may be forgotten, or erased' in_lab '
    pins signet key delete second --yes
    pkcs11-tool --module $hsm --token staff --list-objects --login \
	--pin 4321 --type privkey | tee objects
    token spare
    key third --provider smartcard --token spare --type p256
    pins signet key delete third --erase --yes
    pkcs11-tool --module $hsm --token-label spare --login --pin 4321 \
	--list-objects | tee objects
    ! grep -q third objects'
is 'what a card has from elsewhere is copied, without a PIN' in_lab '
    pkcs11-tool --module $hsm --token-label spare --login --pin 4321 \
	--keypairgen --key-type rsa:2048 --id 77 --label there
    openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out x.pem \
	-days 9 -subj /CN=elsewhere -addext basicConstraints=CA:FALSE
    openssl pkey -in k.pem -out k8.pem
    softhsm2-util --import k8.pem --token spare --label x --id 78 --pin 4321
    openssl x509 -in x.pem -outform DER -out x.der
    pkcs11-tool --module $hsm --token-label spare --login --pin 4321 \
	--write-object x.der --type cert --id 78 --label x
    cert elsewhere presence present
    cert elsewhere token spare
    signet cert delete elsewhere --yes'
is 'another key in its place is found out' in_lab '
    id=$(signet key list --json | grep -m 1 token_id | sed "s/.*: *\"//;s/\".*//")
    slot=$(softhsm2-util --show-slots | awk -v want="$(serial)" \
	"/^Slot / { slot = \$2 } /Serial number/ && \$3 == want { print slot }")
    for type in privkey pubkey; do
	pkcs11-tool --module $hsm --slot $slot --login --pin 4321 \
	    --delete-object --type $type --id $id
    done
    fails 1 "has no key '\''badge'\'' any more" \
	pins signet request renew card --name again --out again
    pkcs11-tool --module $hsm --slot $slot --login --pin 4321 --keypairgen \
	--key-type rsa:2048 --id $id --label badge
    fails 1 "has another key in the place of '\''badge'\''" \
	pins signet request renew card --name again --out again'

# --- software ---

is 'a software key is made, and used for a request and a certificate' in_lab '
    key soft --provider software
    grep -q "BEGIN PRIVATE" signetd/*.container && exit 1
    request soft --key soft
    grep -q "Microsoft Software Key Storage Provider" soft.inf
    certify soft
    cert soft provider "Microsoft Software Key Storage Provider"
    cert soft presence present'
is '... and to sign in, by PKINIT through the module' in_lab '
    KRB5_CONFIG=$LAB_KRB5_PKINIT SIGNET_PIN_ENTRY=application kinit \
	-c FILE:soft.cc -X X509_user_identity=PKCS11:$LAB_HOST_MODULE \
	alice <<<$LAB_PIN
    n=$(openssl x509 -in soft.crt -noout -serial)
    grep -qi "PKINIT: client alice@CORP.EXAMPLE .*serial ${n#*=}" \
	$LAB_KDC_LOG'
is 'the TPM counts wrong PINs for it too' in_lab '
    pin=000001; fails 3 "wrong PIN" request no --key soft
    tries_used 1
    pin=$LAB_PIN; pins signet request renew soft --name again --out right
    tries_used 0
    signet request delete again --yes'
is 'a key name that is taken, a provider that is none' in_lab '
    fails 1 "there is a key '\''soft'\'' already" key soft --provider software
    fails 2 "is no key storage provider" key x --provider cloud
    fails 2 "goes with --provider" key x --token staff'
is 'its file, on a machine with another TPM, does not open' in_lab '
    mkdir -p others/2/tpm others/2/state
    swtpm_setup --tpm2 --tpmstate others/2/tpm --overwrite >/dev/null
    swtpm socket --tpm2 --tpmstate dir=others/2/tpm --server \
	type=unixio,path=/run/lab/others/2/t --ctrl \
	type=unixio,path=/run/lab/others/2/t.ctrl \
	--flags not-need-init,startup-clear >/dev/null 2>&1 &
    echo $! >others/2/swtpm.pid
    for ((i = 0; i < 100; i++)); do [ ! -S others/2/t ] || break
	sleep 0.05; done
    cp signetd/*.container others/2/state/
    other_start 2 swtpm:path=/run/lab/others/2/t
    other 2
    fails 1 "another TPM" request no --key soft'

# --- platform ---

is 'a platform key works without a PIN' in_lab '
    signet key new box --provider platform --type rsa2048
    signet request new --upn "$LAB_USER@$LAB_REALM" --key box --name box \
	--out box
    openssl req -in box.req -verify -noout
    grep -q "Microsoft Platform Crypto Provider" box.inf
    issue box
    signet request accept box.crt "$LAB_CHAIN" --label box </dev/null
    cert box provider "Microsoft Platform Crypto Provider"
    signet status --json | grep -q "\"logins\": *0"'
is '... and is its owner'\''s alone' in_lab '
    strings -n 3 signetd/*.container >/dev/null
    [ "$(stat -c %a signetd)" = 700 ]'

# --- a machine without a TPM ---

is 'without a TPM a container is made only if it is asked for' in_lab '
    other_start 1
    other 1
    fails 1 "TPM" signet setup --pin-fd 3 3<<<$LAB_PIN
    fails 2 "too short: at least 10" signet setup --without-tpm --pin-fd 3 \
	3<<<$LAB_PIN
    signet setup --without-tpm --tries 3 --pin-fd 3 3<<<"correct horse" >code1
    signet key list | grep -q software'
is '... and not where there is one' in_lab '
    other 2
    signet reset --yes
    fails 2 "this machine has a TPM" signet setup --without-tpm --pin-fd 3 \
	3<<<"correct horse"'
is '... nor where its administrator has not allowed it' in_lab '
    gone others/1/signetd.pid
    mkdir -p others/3
    sed -i "s/yes/no/" others/1/conf
    cp -r others/1/state others/3/kept
    rm others/1/state/*.container
    d=/run/lab/others/1
    "$LAB_BUILD/cmd/signetd/signetd" --socket $d/sock --state $d/state \
	--config $d/conf --tcti swtpm:path=$d/none >>$d/log 2>&1 &
    echo $! >$d/signetd.pid
    sleep 0.2; other 1
    for ((i = 0; i < 100; i++)); do signet status >/dev/null 2>&1 && break
	sleep 0.05; done
    fails 1 "not allowed here" signet setup --without-tpm --pin-fd 3 \
	3<<<"correct horse"
    gone $d/signetd.pid
    cp others/3/kept/*.container others/1/state/
    other_start 1'
is 'its software key signs; the others say what is missing' in_lab '
    other 1
    pin="correct horse"
    request plain --key login
    openssl req -in plain.req -verify -noout
    key two --provider software --type p256
    fails 1 "made without a TPM" key x --provider passport
    fails 1 "made without a TPM" key x --provider platform'
is 'its wrong PINs are counted over a restart, until it is blocked' in_lab '
    other 1
    pin="wrong horses"; fails 3 "2 tries left" request no --key login
    gone others/1/signetd.pid
    other_start 1
    fails 3 "1 try left" request no --key login
    fails 4 "blocked" request no --key login
    pin="correct horse"; fails 4 "blocked" request no --key login'
is 'the recovery code opens it, with its keys' in_lab '
    other 1
    code=$(grep -oE "([0-9A-Z]{4}-){6}[0-9A-Z]{4}" code1)
    signet pin recover --pin-fd 3 --new-pin-fd 4 3<<<$code \
	4<<<"battery staple"
    pin="battery staple"; request more --key login
    signet pin change --pin-fd 3 --new-pin-fd 4 3<<<"battery staple" \
	4<<<"correct horse"
    pin="correct horse"; request most --key two'
is 'a damaged file is refused by name' in_lab '
    other 1
    f=$(echo others/1/state/*.container)
    gone others/1/signetd.pid
    cp $f good
    python3 - $f <<X
import sys
b = bytearray(open(sys.argv[1], "rb").read())
b[len(b) // 2] ^= 1
open(sys.argv[1], "wb").write(b)
X
    other_start 1
    fails 1 "damaged" request no --key login
    gone others/1/signetd.pid'
is 'a software key that was changed, with its checksum, does not open' in_lab '
    other 1
    f=$(echo others/1/state/*.container)
    python3 - good $f <<X
import hashlib, sys
b = bytearray(open(sys.argv[1], "rb").read())[:-32]
b[-1] ^= 1
open(sys.argv[2], "wb").write(b + hashlib.sha256(b).digest())
X
    other_start 1
    pin="correct horse"; fails 1 "the software key '\''two'\'': it was damaged" \
	request no --key two
    request yes --key login'

cases_end
