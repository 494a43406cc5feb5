# Signing in to the lab's RDP host in shell tests; source it after cases.sh. The
# lab is "$lab" on "$work/a", the person alice, the certificate NAME.crt there.
# shellcheck shell=bash disable=SC2016,SC2154	# "$lab" and "$work" are given

in_lab()
{
	timeout 120 "$lab" exec "$work/a" -- bash -euo pipefail -c \
	    "cd /run/lab; $1"
}

# rdp ARGUMENT...: sign in and leave at once.
rdp()
{
	in_lab "signet rdp --module \$LAB_HOST_MODULE --pin-fd 7 $* \
	    7<<<\${pin-\$LAB_PIN}"
}

# Both credentials say the same.
both_say()
{
	local code=$1 text=$2
	shift 2
	says "$code" "$text" rdp "$@" '$LAB_RDP_HOST -- +auth-only' &&
	    says "$code" "$text" rdp --credential kerberos "$@" \
	    '$LAB_RDP_HOST -- +auth-only'
}

# desktop ARGUMENT...: sign in and stay until the client shows what the server
# does; then leave the window open for a look around, then close it.
desktop()
{
	in_lab "rm -rf creds/* seen
	: >>\$LAB_RDP_KRB5_LOG
	wc -l <\$LAB_KDC_LOG >kdc.before
	wc -l <\$LAB_RDP_KRB5_LOG >host.before
	signet rdp --module \$LAB_HOST_MODULE --pin-fd 7 $* \
	    \$LAB_RDP_HOST 7<<<\$LAB_PIN >log/client.log 2>&1 &
	signet=\$!
	frame same \$LAB_SERVER_SCREEN \$LAB_CLIENT_SCREEN 60 || {
		cat log/client.log; exit 1; }
	signet status --json >during.json
	cat /tmp/signet-\$(id -u)/*/krb5.conf
	ls -l /tmp/signet-\$(id -u)/*/
	kill \$signet
	rc=0; wait \$signet || rc=\$?
	tscreds creds/001.der | tee creds.json
	[ \$rc = 5 ]"
}

delegated()
{
	in_lab "[ \"\$(cat creds.json)\" = '$1' ]"
}

# What was logged since the last desktop began: since LOG BEFORE.
since()
{
	in_lab "tail -n +\$((\$(cat $2 2>/dev/null || echo 0) + 1)) $1"
}

# The KDC took alice for who she is by this certificate.
kdc_saw()
{
	local serial
	serial=$(in_lab "openssl x509 -in $1.crt -noout -serial")
	since '$LAB_KDC_LOG' kdc.before |
		grep "PKINIT: client alice@CORP.EXAMPLE certificate serial " |
		grep -i "serial ${serial#*=} "
}

host_saw()
{
	since '$LAB_RDP_KRB5_LOG' host.before |
		grep "AP-REQ ticket: alice@CORP.EXAMPLE ->\
 TERMSRV/rdp.corp.example@"
}
