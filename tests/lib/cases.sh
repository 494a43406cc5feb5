# Cases of a shell test; source it. A case is a sentence and a command that
# succeeds. The last line says how many did:
#
#	is 'the CA signs the request' signet-ca sign request.pem
#	is 'but not a foreign one' not signet-ca sign foreign.pem
#	skip 'two users are apart' 'this machine has one user only'
#	cases_end
#
# The function "cleanup" is the test's own; it runs however the test ends.
# shellcheck shell=bash

cases_passed=0
cases_failed=0
cases_skipped=0
cases_said=$(mktemp)

cleanup()
{
	:
}

cases_leave()
{
	local rc=$?
	cleanup || :
	rm -f "$cases_said"
	exit "$rc"
}
trap cases_leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# is NAME COMMAND...: what it says is shown only if it fails.
is()
{
	local name=$1
	shift
	if "$@" >"$cases_said" 2>&1 </dev/null; then
		cases_passed=$((cases_passed + 1))
		echo "ok      $name"
	else
		cases_failed=$((cases_failed + 1))
		echo "FAILED  $name"
		sed 's/^/        /' "$cases_said"
	fi
}

skip()
{
	cases_skipped=$((cases_skipped + 1))
	echo "skipped $1 ($2)"
}

# Fails if the command succeeds. In the middle of what runs under "set -e" a "!"
# does not: the shell goes on (tools/check-bang refuses it).
not()
{
	! "$@"
}
export -f not

# says CODE TEXT COMMAND: it ends with the code, and its words hold the text.
says()
{
	local code=$1 text=$2 rc=0 out
	shift 2
	out=$("$@" 2>&1) || rc=$?
	printf '%s\n(exit %d)\n' "$out" "$rc"
	[ "$rc" = "$code" ] && grep -qF -- "$text" <<<"$out"
}

# Print the totals; fail if a case has failed or none has run.
cases_end()
{
	local skipped=''
	((!cases_skipped)) || skipped=", $cases_skipped skipped"
	echo "$cases_passed passed, $cases_failed failed$skipped"
	((cases_passed > 0 && cases_failed == 0))
}
