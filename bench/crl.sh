#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# crl.sh PROGRAM [COUNT]: a revocation list of COUNT entries (a million) by
# bench/crl and by "openssl ca -gencrl", one after the other, three times each:
# seconds on the processor, seconds, and the most memory in KiB.
set -euo pipefail

program=$(realpath "${1:?usage: crl.sh PROGRAM [COUNT]}")
count=${2:-1000000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem \
	-subj /CN=Bench -days 30 2>/dev/null
cat >ca.conf <<'X'
[ca]
default_ca = bench
[bench]
database = index.txt
certificate = cert.pem
private_key = key.pem
default_md = sha256
default_crl_days = 30
crlnumber = number
crl_extensions = extensions
[extensions]
authorityKeyIdentifier = keyid
X
echo 01 >number
python3 - "$count" >index.txt <<'X'
import random, sys
random.seed(1)
for i in range(int(sys.argv[1])):
    print(f'R\t331231235959Z\t250615150640Z,keyCompromise\t'
          f'4{random.getrandbits(60):015X}{i:016X}\tunknown\t/CN={i}')
X

measured()
{
	local name=$1
	shift
	/usr/bin/env python3 - "$name" "$@" <<'X'
import os, resource, subprocess, sys, time
start = time.monotonic()
subprocess.run(sys.argv[2:], check=True, stdout=subprocess.DEVNULL,
               stderr=subprocess.DEVNULL)
r = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f'{sys.argv[1]:8} cpu={r.ru_utime + r.ru_stime:.3f} '
      f'seconds={time.monotonic() - start:.3f} kib={r.ru_maxrss}')
X
}

for _ in 1 2 3; do
	measured signet "$program" "$count" key.pem cert.pem signet.crl
	measured openssl openssl ca -config ca.conf -gencrl -out openssl.crl
done
openssl crl -inform DER -in signet.crl -noout -CAfile cert.pem
stat -c '%n %s bytes' signet.crl
