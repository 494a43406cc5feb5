#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# issue.sh PROGRAM [COUNT [SIZE...]]: what a certificate costs (bench/issue),
# with a CA of each kind of key, by requests of each kind, in databases of 0,
# 100,000 and a million certificates (2 GB, in TMPDIR); before it, this
# machine's own pace as "openssl speed" gives it.  With GROUP of them waiting
# for the disk together, as under load.
set -euo pipefail

program=$(realpath "${1:?usage: issue.sh PROGRAM [COUNT [SIZE...]]}")
count=${2:-3200}
sizes=("${@:3}")
[ "${#sizes[@]}" -gt 0 ] || sizes=(0 100000 1000000)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

openssl speed -seconds 2 rsa2048 ecdsap256 2>/dev/null | tail -4
"$program" "$work/ca" "$count" "${sizes[@]}"
