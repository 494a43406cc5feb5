#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What the shell completes is what the programs take: verb by verb, option by
# option.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/cases.sh
. tests/lib/cases.sh

build=$(realpath "${SIGNET_BUILD:-build}")
PATH=$build/cmd/signet:$build/cmd/signet-ca:$PATH
work=$(mktemp -d)

cleanup()
{
	rm -rf "$work"
}
# shellcheck source=data/completions/signet
. data/completions/signet
# shellcheck source=data/completions/signet-ca
. data/completions/signet-ca
# shellcheck disable=SC2034	# eval uses it
pages=$PWD/man
cd "$work"

# offers PROGRAM WORD...: what is offered for the last word, a line each.
offers()
{
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
	"_${1//-/_}"
	printf '%s\n' "${COMPREPLY[@]}"
}

# offered WANTED PROGRAM WORD...
offered()
{
	local wanted=$1
	shift
	offers "$@" >offers.out
	grep -qxF -e "$wanted" offers.out || { cat offers.out; return 1; }
}

# Each verb of two words by its first and then its second.
every_verb()
{
	local first second
	while read -r first second; do
		offered "$first" "$@" "${first:0:1}" || return
		[[ -z $second ]] ||
			offered "$second" "$@" "$first" "" || return
	done < <("$1" help --names)
}

is 'signet: every verb' every_verb signet
is 'signet-ca: every verb' every_verb signet-ca
is '... for its help, too' every_verb signet-ca help
is '... and nothing behind a verb that is whole' \
    eval '[ -z "$(offers signet-ca help cert list "")" ]'

# takes OPTION VERB...: the program knows the option there. Without --dir it
# does nothing else.
takes()
{
	local option=$1
	shift
	not says 2 'there is no option' signet-ca "$@" "$option" </dev/null
}
every_option()
{
	local verb option
	while read -r verb; do
		# shellcheck disable=SC2086	# a verb may be two words
		offers signet-ca $verb -- >options
		[ -s options ] || { echo "$verb: none"; return 1; }
		while read -r option; do
			# shellcheck disable=SC2086
			takes "$option" $verb && grep -qrE -- \
			    "Fl -${option#--}( |$)" "$pages"/signet-ca*.1 ||
				{ echo "$verb $option"; return 1; }
		done <options
	done < <(signet-ca help --names)
}
is 'signet-ca: every option is one, and in the manual' every_option
is '... --dir is among them' offered --dir signet-ca cert list --d
is '... but not what is for another verb' \
    not offered --reason signet-ca cert list --
every_help()
{
	local verb option
	while read -r verb; do
		# shellcheck disable=SC2086
		signet-ca help $verb >help || return
		# shellcheck disable=SC2086
		while read -r option; do
			grep -qE -- "(^|[^a-z-])$option([^a-z-]|$)" help ||
				{ echo "$verb $option"; missing=1; }
		done < <(signet-ca help --options $verb)
	done < <(signet-ca help --names)
	[ -z "${missing-}" ]
}
is '... and in the help of its verb' every_help
mkdir -p folder/below
: >file
is 'signet-ca: --dir wants a folder' eval '
	offered folder signet-ca cert list --dir f &&
	not offered file signet-ca cert list --dir f'
is '... --in a file' offered file signet-ca issue --in f
is '... --reason one of those there are' \
    offered keyCompromise signet-ca cert revoke --reason key
is 'signet: options' offered --json signet status --

cases_end
