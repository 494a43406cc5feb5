#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The commands of docs/consumers.md, as they stand there, each with an RSA and a
# P-256 key. What the page shows and what is tried here cannot differ.
# shellcheck disable=SC2016	# the lab's shell expands what is quoted here
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/cases.sh
. tests/lib/cases.sh

lab=$PWD/tests/lab/lab
page=docs/consumers.md
work=$(mktemp -d)

cleanup()
{
	"$lab" down "$work/a" --remove || :
	rm -rf "$work"
}

# The words of the cases, on top of the page's own:
#	page NAME		a block of the page; Signet asks for the PIN
#	typed NAME		the same, with the PIN typed at the program
#	answers [LINE...]	what pinentry will be told
#	accepted		the TLS server has seen the certificate
# FreeRDP is not the only program that dislikes a module with a sanitizer.
prelude='
cd "$LAB_DIR"
. page/words
M=$LAB_HOST_MODULE CA=$LAB_CHAIN HOST=ca.corp.example
VPN=https://$HOST:4443
KEY=${1-} CERT=$KEY.crt
export KRB5CCNAME=FILE:/run/lab/ccache KRB5_CONFIG=$LAB_KRB5_PKINIT
PATH=$PATH:/opt/signet-setup/heimdal-clients/usr/bin
export SIGNET_CONFIG=/run/lab/signet.conf SIGNET_PIN_ENTRY=protected
export FAKE_PINENTRY_ANSWERS=/run/lab/answers FAKE_PINENTRY_LOG=/run/lab/said
answers() { : >"$FAKE_PINENTRY_LOG"; printf "%s\n" "$@" >"$FAKE_PINENTRY_ANSWERS"; }
page() { echo "$1" >>pages; . "page/$1"; }
typed() {
	export SIGNET_PIN_ENTRY=application M KEY CERT CA HOST
	local i
	echo "$1" >>pages
	rm -f keys tty
	mkfifo keys
	timeout 20 script -qefc "bash -eu page/$1" tty <keys >/dev/null &
	exec 4>keys
	for ((i = 0; i < 200; i++)); do
		[ ! -e tty ] || ! grep -qiE "(pin|pass phrase).*:" tty || break
		sleep 0.05
	done
	# Programs turn the echo off after the question, and drop what was
	# typed before.
	sleep 0.2
	echo "$LAB_PIN" >&4
	wait $! || { cat tty; return 1; }
	! grep -q GETPIN said
}
accepted() {
	local serial=$(openssl x509 -in $CERT -noout -serial | cut -d= -f2)
	sed -n "/BEGIN CERTIFICATE/,/END CERTIFICATE/p" tls.out |
	openssl x509 -noout -serial | grep -qx "serial=$serial"
}
answers "D $LAB_PIN" "D $LAB_PIN" "D $LAB_PIN"
'

# in_lab COMMANDS [KEY]
in_lab()
{
	timeout 60 "$lab" exec "$work/a" -- \
	    bash -euo pipefail -c "$prelude$1" sh "${2-}"
}

# each NAME COMMANDS: a case for each of the two keys.
each()
{
	is "$1 (RSA-2048)" in_lab "$2" login
	is "$1 (P-256)" in_lab "$2" ec
}

# A service that goes on in the lab after its case.
serve()
{
	"$lab" exec "$work/a" -- bash -c "cd \$LAB_DIR; $2" \
	    >"$work/a/log/$1.log" 2>&1 &
	disown
}

"$lab" up --dir "$work/a" --without rdp
mkdir "$work/a/page"
awk -v to="$work/a/page/" '
	/^```sh consumer=/ { split($2, w, "="); file = to w[2]; next }
	/^```/ { file = ""; next }
	file != "" { print >file }' "$page"

# The container, p11-kit, sshd's user and services. Of the machine's modules only
# p11-kit's own: others fail without their devices, and aloud.
in_lab 'cat >signet.conf <<-EOF
	[prompt]
	pinentry = $LAB_SRC/tests/lib/fake-pinentry
	EOF
	signet setup --pin-fd 3 3<<<"$LAB_PIN"
	signet cert import "$LAB_ROOT_CERT" --trust-root \
		--pin-fd 3 3<<<"$LAB_PIN"
	signet key new ec --type p256 --pin-fd 3 3<<<"$LAB_PIN"
	mkdir modules
	cp /usr/share/p11-kit/modules/p11-kit-trust.module modules/
	sed "s,^module:.*,module: $M," "$LAB_BUILD/data/signet.module" \
		>modules/signet.module
	mount --bind modules /usr/share/p11-kit/modules
	{ cat /etc/passwd; echo "sshd:x:991:991::/run/sshd:/bin/false"; } >pw
	mount --bind pw /etc/passwd
	mkdir -p /run/sshd "$HOME/.ssh"
	chmod 700 "$HOME/.ssh"
	ssh-keygen -q -t ed25519 -N "" -f hostkey
	echo "$HOST $(<hostkey.pub)" >"$HOME/.ssh/known_hosts"
	printf "%s\n" "#!/bin/sh" "echo asked >>askpass.log" "echo $LAB_PIN" \
		>askpass
	chmod +x askpass
	signet-ca server --dir "$LAB_CA" --template WebServer --dns "$HOST" \
		--key-out srv.key --out srv.crt' >"$work/setup" 2>&1 ||
    { cat "$work/setup"; exit 1; }
serve sshd 'exec /usr/sbin/sshd -D -e -f /dev/null -h $PWD/hostkey \
	-o PidFile=none -o StrictModes=no -o PasswordAuthentication=no \
	-o KbdInteractiveAuthentication=no -o ListenAddress=10.99.0.1'
# -www: the page that it serves shows the client's certificate.
serve tls 'exec openssl s_server -accept 10.99.0.1:443 -cert srv.crt \
	-key srv.key -cert_chain pki/ca-chain.crt -CAfile pki/ca-chain.crt \
	-Verify 3 -verify_return_error -www'

certified='
	signet request new --upn "$LAB_USER@$LAB_REALM" --key "$KEY" \
		--name "$KEY" --out "$KEY" --pin-fd 3 3<<<"$LAB_PIN"
	signet-ca issue --dir "$LAB_CA" --template SmartcardUser \
		--upn "$LAB_USER@$LAB_REALM" --email alice@corp.example \
		--in "$KEY.req" --out "$CERT" --chain-out chain.pem
	page accept'
is 'a certificate gets the name of its key (RSA-2048)' in_lab "$certified" login
is 'kinit with the only certificate' in_lab 'page kinit; klist -s && kdestroy' \
    login
is 'a certificate gets the name of its key (P-256)' in_lab "$certified" ec

# Keys and certificates by other programs
is 'programs make keys, store certificates and delete them again' \
    in_lab 'answers "D $LAB_PIN"{,}{,}{,}
	page keygen
	signet key list | grep -q "^made *p256"
	page keygen-p11tool
	signet key list | grep -q "^made2 *rsa2048"
	page store
	signet cert list | grep -q "^$KEY *personal"
	page delete
	! signet key list | grep "^made"' login

is 'p11-kit lists the token' in_lab 'page p11-kit | grep -q "token: Signet ("'

# MIT Kerberos
is 'kinit with one certificate of two' \
    in_lab 'page kinit-certid
	klist -s && kdestroy' login
is 'kinit asks for the PIN itself' \
    in_lab 'typed kinit-certid
	klist -s && kdestroy' login

# Heimdal
is 'Heimdal'"'"'s kinit asks for the PIN itself' \
    in_lab 'answers
	typed heimdal
	klist -s && kdestroy' login
is 'and leaves it to Signet where the token needs no login' \
    in_lab 'export SIGNET_PIN_ENTRY=on-use
	page heimdal
	klist -s && kdestroy
	grep -q GETPIN said' login
is 'but it cannot do P-256, for the reason that the page gives' \
    in_lab 'export SIGNET_PIN_ENTRY=on-use
	not page heimdal 2>why
	grep -q "ECDH not supported" why' ec

# OpenSSH; its server wants to change to other users.
openssh()
{
	each 'ssh signs in with the key' \
	    'page ssh-keygen >keys.pub
		grep " $KEY\$" keys.pub >"$HOME/.ssh/authorized_keys"
		page ssh | grep -qx "$(hostname)"
		grep -q GETPIN said'
	is 'ssh asks for the PIN itself' in_lab 'typed ssh' ec
	is 'ssh-agent keeps both keys' \
	    in_lab 'export SSH_ASKPASS=$PWD/askpass SSH_ASKPASS_REQUIRE=force
		page ssh-agent
		trap "ssh-agent -k" EXIT
		unset SSH_ASKPASS
		ssh-add -l
		[ "$(ssh-add -l | grep -c "login (RSA)\|ec (ECDSA)")" = 2 ]
		for key in login ec; do
			grep " $key\$" keys.pub >"$HOME/.ssh/authorized_keys"
			page ssh-agent-use | grep -qx "$(hostname)"
		done
		not grep -q GETPIN said
		[ "$(wc -l <askpass.log)" = 1 ]
		trap - EXIT
		page ssh-agent-end'
}
# In a user namespace sshd cannot become the person whom it lets in.
if [ "$(in_lab 'echo $LAB_KIND')" = root ]; then
	openssh
else
	skip 'ssh signs in with the key' 'sshd wants the machine'"'"'s root'
	in_lab 'printf "%s\n" ssh ssh-keygen ssh-agent ssh-agent-use \
		ssh-agent-end >>pages'
fi

# GnuTLS
each 'p11tool lists the certificate and signs' \
    'page p11tool >out 2>&1
	grep -q "Label: $KEY" out
	[ "$(grep -c "\.\.\. ok" out)" = 3 ]'
each 'gnutls-cli signs in to a TLS server' \
    'page gnutls-cli >tls.out; accepted'
each 'wget signs in to a TLS server' 'page wget >tls.out; accepted'
is 'p11tool asks for the PIN itself' in_lab 'typed p11tool' login

# openconnect, with a tunnel at its end; the script would set the network up.
vpn()
{
	in_lab 'cat >ocserv.conf <<-EOF
	auth = "certificate"
	tcp-port = 4443
	run-as-user = root
	run-as-group = root
	socket-file = $LAB_DIR/ocserv.socket
	server-cert = srv.chain
	server-key = srv.key
	ca-cert = $LAB_CHAIN
	cert-user-oid = 2.5.4.3
	isolate-workers = false
	device = vpns
	ipv4-network = 192.168.77.0/24
	use-occtl = false
	EOF
	cat srv.crt "$LAB_CHAIN" >srv.chain
	printf "%s\n" "#!/bin/sh" "echo \$reason \$INTERNAL_IP4_ADDRESS >>vpn" \
		>vpn-script
	chmod +x vpn-script'
	serve ocserv 'exec ocserv -f -c ocserv.conf'
	each 'openconnect opens a tunnel' \
	    'openconnect() {
		command openconnect --no-dtls -s ./vpn-script "$@" &
	}
	rm -f vpn
	for i in {1..50}; do
		! ss -ltn | grep -q :4443 || break
		sleep 0.1
	done
	page openconnect
	for i in {1..100}; do
		! grep -qs "^connect 192.168.77" vpn || break
		sleep 0.1
	done
	kill -INT $!
	wait || :
	grep -q "^connect 192.168.77" vpn
	grep -q GETPIN said'
}
if [ "$(in_lab 'echo $LAB_KIND; ls /dev/net/tun' | tr '\n' ' ')" = \
    "root /dev/net/tun " ]; then
	vpn
else
	skip 'openconnect opens a tunnel' 'that takes the machine'"'"'s root'
	in_lab 'echo openconnect >>pages'
fi

# OpenSSL
in_lab 'printf "From the container\n" >file'
for by in engine provider; do
	each "openssl signs with the $by" \
	    "rm -f file.sig; page $by-sign; page verify"
	each "S/MIME is signed with the $by" \
	    "rm -f mail; page $by-smime
	page smime-verify | grep -q 'From the container'"
	is "S/MIME is opened with the $by (RSA-2048)" \
	    in_lab "openssl cms -encrypt -aes256 -in file -out secret \$CERT
	page $by-decrypt | grep -q 'From the container'" login
	each "openssl signs in to a TLS server with the $by" \
	    "page $by-tls >tls.out; accepted"
	is "openssl signs PSS with the $by (RSA-2048)" \
	    in_lab "for b in $by-sign verify; do
		sed 's/-sha256/& -sigopt rsa_padding_mode:pss/' page/\$b >pss
		grep -q pss pss
		. ./pss
	done" login
	is "openssl with the $by asks for the PIN itself" \
	    in_lab "typed $by-sign; page verify" login
done
each 'curl signs in to a TLS server' 'page curl >tls.out; accepted'

# NSS
sed -i 's/Signet (alice)/Signet (root)/' "$work/a/page/"*
is 'NSS takes the module' \
    in_lab 'page modutil </dev/null
	modutil -dbdir sql:nss -list | grep -q "token: Signet ("'
each 'NSS finds key and certificate' \
    'page certutil >out
	grep -q "^<.*> [a-z]* .* $KEY\$" out
	grep -q "Signet (root):$KEY .*u,u,u" out'
each 'an NSS client signs in to a TLS server' 'page tstclnt >tls.out; accepted'
each 'NSS signs S/MIME' \
    'rm -f file.p7; page cmsutil
	page cmsutil-verify | grep -q "From the container"'
is 'NSS asks for the PIN itself' in_lab 'typed tstclnt' login

# Chromium; as root it refuses its own sandbox. The policy's folder is ours.
is 'Chromium takes the module and a policy' \
    in_lab 'export HOME=$PWD/home
	mkdir -p home chromium
	[ "$LAB_KIND" != root ] || mkdir -p /etc/chromium
	mount --bind chromium /etc/chromium
	page chromium-nssdb </dev/null
	page chromium-policy
	python3 -m json.tool /etc/chromium/policies/managed/signet.json'
each 'Chromium without a window signs in to a TLS server' \
    'export HOME=$PWD/home
	chromium() {
		command chromium --no-sandbox --disable-gpu \
			--disable-dev-shm-usage "$@"
	}
	export SIGNET_CERT=$(openssl x509 -in $CERT -outform DER | sha256sum |
		cut -c-64)
	page chromium >tls.out
	accepted
	[ "$(grep -c GETPIN said)" = 1 ]'

# Programs that have nothing to do with it
is 'programs on p11-kit see nothing of a module without its daemon' \
    in_lab 'export SIGNET_SOCKET=/run/lab/none
	p11tool --list-tokens >out 2>said
	grep -q "System Trust" out
	not grep -qi signet out
	[ ! -s said ]'
is 'and wait not for it' \
    in_lab 'export SIGNET_SOCKET=/run/lab/none TIMEFORMAT=%R
	time p11tool --list-tokens >out
	{ time p11tool --list-tokens >out; } 2>took
	[ "$(tr -d . <took)" -lt 0500 ]'
# What the programs themselves say of a token without a key may stay.
silence='
	{ p11-kit list-modules; p11tool --list-tokens; trust list
	  ssh-keygen -D "$M" || :
	  openssl list -provider default -provider pkcs11 -providers -verbose
	} >out 2>noise
	grep -q p11-kit-trust out
	sed -i "/^cannot read public key from pkcs11/d" noise
	cat noise
	[ ! -s noise ]'
is 'programs hear nothing of a missing daemon' \
    in_lab "export SIGNET_SOCKET=/run/lab/none$silence"
is 'the module says nothing by itself' \
    in_lab 'page provider-sign 2>noise; page kinit-certid 2>>noise
	cat noise; [ ! -s noise ]' login
is 'programs hear nothing of a missing container' \
    in_lab "signet reset --yes$silence"
is 'every block of the page was run' \
    in_lab 'cd page
	diff <(ls) <({ echo words; cat ../pages; } | sort -u)'

cases_end
