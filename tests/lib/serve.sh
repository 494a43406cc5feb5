# A CA's server in shell tests; source it after cases.sh. The program is "$ca",
# what the server says is in ./serve.log.
# shellcheck shell=bash disable=SC2154	# "$ca" is given

server=

# serves DIR [OPTION...]: starts it, and waits until it answers; sets url.
serves()
{
	: >serve.log
	"$ca" serve --dir "$@" 2>>serve.log &
	server=$!
	for _ in $(seq 600); do
		url=$(sed -n 's,.* serves \(http://.*\)/$,\1,p' serve.log)
		[ -z "$url" ] || return 0
		kill -0 $server || break
		sleep 0.05
	done
	cat serve.log
	return 1
}
