#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# signet rdp to a host that does with delegated smart card credentials what a
# Windows host does (tests/rdphost): it opens the redirected card and signs in
# by PKINIT of its own, with a session PIN. What the host learns, what it does
# not, and what a host gets that does something else.
# shellcheck disable=SC2016	# the lab's shell expands what is quoted here
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/cases.sh
. tests/lib/cases.sh

lab=$PWD/tests/lab/lab
work=$(mktemp -d)

cleanup()
{
	"$lab" down "$work/a" --remove || :
	rm -rf "$work"
}

# The words of the cases:
#	begin ARGUMENT...	signet rdp to the host, in the background
#	shown COLOUR x 4	the client's screen, within a minute
#	leave			the person closes the window
#	ended			the host hangs up; the client ends by itself
#	host LINE		the host's log has it, since the last begin
#	value KEY		what it says there
prelude='
cd "$LAB_DIR"
memory=$LAB_SRC/tests/lib/memory
desktop="2a9d8f 457b9d 8ab17d 6d597a"
refusal="9b2226 9b2226 9b2226 9b2226"
begin() {
	rm -rf creds/* rdphost/traffic rdphost/session-pin
	wc -l <log/rdphost.log >host.before
	wc -l <$LAB_KDC_LOG >kdc.before
	signet rdp --module $LAB_HOST_MODULE --pin-fd 7 \
	    --port $LAB_RDPHOST_PORT "$@" $LAB_RDP_HOST 7<pin \
	    >client.log 2>&1 &
	echo $! >client.pid
}
shown() {
	frame shows $LAB_CLIENT_SCREEN "$@" 60 >/dev/null || {
		cat client.log log/rdphost.log; frame print $LAB_CLIENT_SCREEN
		return 1; }
}
since() { tail -n +$(($(<$1.before) + 1)) "$2"; }
host() { since host log/rdphost.log | grep -ax "$1"; }
value() { since host log/rdphost.log | sed -n "s/^$1=//p" | tail -n 1; }
leave() {
	kill $(<client.pid)
	while kill -0 $(<client.pid) 2>/dev/null; do sleep 0.05; done
	while ! host session=ended >/dev/null; do sleep 0.05; done
}
ended() {
	for i in $(seq 200); do
		if ! kill -0 $(<client.pid) 2>/dev/null; then
			host session=ended
			return
		fi
		sleep 0.05
	done
	return 1
}
# with SCRIPT: the host runs it in its logon'"'"'s place from now on.
with() {
	printf "#!/bin/bash\ncd $LAB_DIR\n%s\n" "$1" >rdphost/logon
	chmod +x rdphost/logon
	LAB_RDPHOST_LOGON=$LAB_DIR/rdphost/logon forest restart rdphost
}
pin_of() { sed -nE "s/.*\"pin\": \"([0-9]*)\".*/\1/p" "$1"; }
tries_used() { signet status --json | grep "\"tries_used\": *$1\b"; }
session_pin() { signet card --json | grep "\"session_pin\": *$1\b"; }
'

in_lab()
{
	timeout 120 "$lab" exec "$work/a" -- \
	    bash -euo pipefail -c "$prelude$1"
}

# Where nothing is, each search also finds something.
in_host_memory()
{
	is 'the search finds the principal in the host' in_lab '
    echo alice@CORP.EXAMPLE >canary
    ! "$memory" find $(value connection) canary'
	is '... and not the container PIN' \
    in_lab '"$memory" find $(value connection) pin
    "$memory" find $(<run/rdphost.pid) pin'
}

# The program that has the PIN, stopped at its end.
in_logon_memory()
{
	in_lab 'LAB_STAY=rdphost-logon forest restart rdphost
    begin
    for i in $(seq 400); do
	pid=$(pgrep -x rdphost-logon || :)
	! grep -q "^State:.T" "/proc/${pid:-0}/status" 2>/dev/null || break
	sleep 0.05
    done
    echo $pid >stays'
	is 'the host'"'"'s logon has the principal in memory, not the container PIN' \
    in_lab '! "$memory" find $(<stays) canary && "$memory" find $(<stays) pin'
	in_lab 'kill -CONT $(<stays); shown $desktop; leave'
}

sanitized=
if [[ $(ldd "${SIGNET_BUILD:-build}/tests/rdphost/rdphost") == *libasan* ]]; then
	sanitized=1
fi
"$lab" up --dir "$work/a" --without rdp --with card --with pcscd \
    --with rdphost
# The second is the reader that nobody may use.
in_lab 'printf "%s\n" "[card]" "slots = 2" >signetd.conf
for part in signetd card pcscd; do forest restart $part; done'
# As long as a password: the search for it finds pieces.
in_lab 'echo "Zq7-vuNf2Lp9_Wx4Rt6y" >pin
signet setup --pin-fd 7 7<pin >/dev/null
signet request new --upn alice@CORP.EXAMPLE --out alice --pin-fd 7 7<pin \
    >/dev/null
signet-ca issue --dir ca --template SmartcardLogon \
    --upn alice@CORP.EXAMPLE --sid $LAB_SID --in alice.req --out alice.crt \
    --chain-out chain.pem 2>/dev/null
signet request accept alice.crt chain.pem --trust-root --pin-fd 7 7<pin \
    >/dev/null' || exit

is 'the desktop is shown' in_lab 'begin; shown $desktop
    cp creds/001.der rdphost/creds.der; tscreds creds/001.der >creds.json
    pin_of creds.json >session.pin'
is '... the host opened the reader and the container that it was told' \
    in_lab 'host "reader=Signet Container 00 00"
    reader=$(value delegated-reader) name=$(value delegated-container)
    grep -F "\"readerName\": \"$reader\", \"containerName\": \"$name\"" \
	creds.json
    grep 5fc105 <<<"$name"'
is '... no other reader was redirected' \
    in_lab '[ "$(since host log/rdphost.log | grep -c "^redirected=")" = 1 ]'
is '... it signed in as alice with the certificate from the card' \
    in_lab 'host principal=alice@CORP.EXAMPLE; host outcome=signed-in
    serial=$(openssl x509 -in alice.crt -noout -serial)
    [ "$(value serial)" = "$(tr A-F a-f <<<"${serial#*=}")" ]'
is '... the KDC saw the certificate again after the ticket for the host' \
    in_lab 'since kdc $LAB_KDC_LOG |
	sed "1,/TGS_REQ.*alice@CORP.EXAMPLE for TERMSRV/d" |
	grep "PKINIT: client alice@CORP.EXAMPLE certificate"'
is '... the host has a ticket of its own' in_lab '
    klist -c FILE:rdphost/ccache.$(value connection) |
	grep "Default principal: alice@CORP.EXAMPLE"'
is '... it needed no more APDUs than one signature of OpenSC does' \
    in_lab 'n=$(value apdus); echo "$n APDUs"; [ "$n" -gt 10 ] &&
    [ "$n" -le 49 ]'
in_lab 'echo "        $(value apdus) APDUs, $(value calls) calls"'
is '... the session PIN is open as long as the desktop' \
    in_lab 'session_pin true'

echo '-- what the host learned'
is 'the traffic holds the session PIN, in the device channel' \
    in_lab '[ -s rdphost/traffic ]; ! "$memory" file rdphost/traffic session.pin'
is '... and so do the credentials' \
    in_lab '[ -s rdphost/creds.der ]
    ! "$memory" file rdphost/creds.der session.pin'
is 'the traffic does not hold the container PIN' \
    in_lab '"$memory" file rdphost/traffic pin'
is '... nor do the credentials' in_lab '"$memory" file rdphost/creds.der pin'
if [[ -z $sanitized ]]; then
	in_host_memory
else
	skip 'what is in its memory' 'a sanitizer keeps what is freed'
fi
is 'the client closes, and the session PIN is dead' in_lab 'leave
    session_pin false; tries_used 0'
is '... and the card is out of the reader, with whoever has it still' \
    in_lab 'for i in $(seq 100); do
	opensc-tool -l | grep "Yes.*Signet Container" || exit 0
	sleep 0.05
    done; exit 1'
is 'a second sign-in gets another session PIN' in_lab 'begin
    shown $desktop; tscreds creds/001.der >creds.json; leave
    [ "$(pin_of creds.json)" != "$(<session.pin)" ]'
[[ -n $sanitized ]] || in_logon_memory

echo '-- a host that does something else'
in_lab 'with "exec \"\$LAB_LOGON\" \"\$@\" 3<<<00000000"'
is 'a wrong PIN has its words on the screen and in the log' \
    in_lab 'begin; shown $refusal; host outcome=wrong-pin
    host "why=the card refused the PIN"'
is '... the host hangs up, and the session PIN with it' \
    in_lab 'ended; session_pin false'
is '... the container counts nothing' in_lab 'tries_used 0'
in_lab 'with "for i in 1 2 3 4; do
    \"\$LAB_LOGON\" \"\$@\" 3<<<0000000\$i; signet card --json >card.\$i
done; cat <&3 >rdphost/session-pin
exec \"\$LAB_LOGON\" \"\$@\" 3<rdphost/session-pin"'
is 'after three wrong ones the right one is wrong, too' \
    in_lab 'begin; shown $refusal; ended
    [ -s rdphost/session-pin ]; tries_used 0
    ! host outcome=signed-in'
is '... and the container signs on' in_lab 'signet key new sign --pin-fd 7 7<pin
    signet key delete sign --yes --pin-fd 7 7<pin; tries_used 0'

echo '-- refusals'
in_lab 'forest restart rdphost'
is 'without a redirected card' \
    in_lab 'begin --no-card; shown $refusal; host outcome=no-card
    host "why=no smart card reader is redirected"; ended
    grep "knows who alice.* is but refused the sign-in" client.log'
is 'with credentials that are no smart card'"'"'s' \
    in_lab 'begin --credential kerberos; shown $refusal
    host outcome=no-credentials; ended'
in_lab 'with "exec \"\$LAB_LOGON\" \"\$@\" --container other"'
is 'a container that the card does not have' \
    in_lab 'begin; shown $refusal; host outcome=no-certificate; ended'
in_lab 'with "exec \"\$LAB_LOGON\" \"\$@\" --reader \"Other 00 00\""'
is 'a reader that is not redirected' in_lab 'begin; shown $refusal
    host "why=the reader that the credentials name is not redirected"; ended'
# pcscd has a reader of that name, and FreeRDP keeps it out of its list only:
# SCARD_E_UNKNOWN_READER, not SCARD_E_NO_SMARTCARD, says that it was not asked.
is 'the machine has another reader' \
    in_lab 'opensc-tool -l | grep "Signet Container 00 01$"'
in_lab 'with "exec \"\$LAB_LOGON\" \"\$@\" --connect \"Signet Container 00 01\""'
is '... whose name is of no use to the host' \
    in_lab 'begin; shown $desktop; leave; host connect=0x80100009'
is '... and without what sees to that there is no sign-in' \
    says 1 'keeps your other card readers from the host' in_lab '
    SIGNET_ONE_READER=/none signet rdp --module $LAB_HOST_MODULE --pin-fd 7 \
	--port $LAB_RDPHOST_PORT $LAB_RDP_HOST 7<pin'
in_lab 'with "exec \"\$LAB_LOGON\" \"\$@\" --connect \"Signet Container 00 00\""'
is '... as that of the redirected one is' \
    in_lab 'begin; shown $desktop; leave; host connect=0x00000000'
in_lab 'with "exec \"\$LAB_LOGON\" \"\$@\" --user bob --domain corp.example"'
is 'another user'"'"'s certificate' \
    in_lab 'begin; shown $refusal; host outcome=other-user
    host "why=the certificate is another user'"'"'s"; ended'
in_lab 'with "cp alice.crt pki/gone.crt; pki-openssl revoke gone
forest restart kdc; exec \"\$LAB_LOGON\" \"\$@\""'
is 'a certificate that was revoked a moment ago' \
    in_lab 'begin; shown $refusal; host outcome=revoked; ended
    grep "the account may not sign in there" client.log
    host "why=the certificate is revoked"'
is '... the session PIN is over every time, and no try was used' \
    in_lab 'session_pin false; tries_used 0'
cases_end
