# Enrolling in shell tests; source it after cases.sh. The lab is "$lab" on
# "$work/a".
# shellcheck shell=bash disable=SC2016,SC2154	# "$lab" and "$work" are given

# row NAME KEY: of 'signet enroll list'.
row()
{
	in_lab "signet enroll list --json | python3 -c 'import json, sys
print([x.get(\"$2\") for x in json.load(sys.stdin) if x[\"name\"] == \"$1\"][0])'"
}

# provider LABEL: of the certificate.
provider()
{
	in_lab "signet cert list --json 2>/dev/null | python3 -c 'import json, sys
print([x[\"provider\"] for x in json.load(sys.stdin)
    if x[\"label\"] == \"$1\"][0])'"
}

no_request_waits()
{
	in_lab '[ "$(signet request list --json | tr -d "[] \n")" = "" ]'
}

# forget NAME...: enrollments.
forget()
{
	in_lab "for name in $*; do
		signet enroll delete \$name --yes
	done" >/dev/null
}
