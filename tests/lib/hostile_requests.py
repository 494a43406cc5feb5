#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Certificate requests (RFC 2986) as nobody honest makes them, each of them
signed as well as its key allows, so that a refusal is for what is wrong.

	hostile_requests.py FOLDER

writes FOLDER/NAME.csr, and to standard output one line for each: the name, a
tab, and the words that a refusal has to hold.
"""

import hashlib
import random
import subprocess
import sys
from math import gcd
from pathlib import Path

# --- DER, X.690 ---


def length(n):
    if n < 0x80:
        return bytes([n])
    b = n.to_bytes((n.bit_length() + 7) // 8, 'big')
    return bytes([0x80 | len(b)]) + b


def tlv(tag, *parts):
    body = b''.join(parts)
    return bytes([tag]) + length(len(body)) + body


def seq(*parts):
    return tlv(0x30, *parts)


def setof(*parts):
    return tlv(0x31, *parts)


def integer(n):
    return tlv(2, n.to_bytes(n.bit_length() // 8 + 1, 'big', signed=True))


def bits(b, unused=0):
    return tlv(3, bytes([unused]), b)


def octets(b):
    return tlv(4, b)


def utf8(text):
    return tlv(12, text if isinstance(text, bytes) else text.encode())


def oid(dotted):
    first, second, *rest = map(int, dotted.split('.'))
    out = b''
    for n in [40 * first + second, *rest]:
        chunk = [n & 0x7f]
        while n := n >> 7:
            chunk.append(0x80 | n & 0x7f)
        out += bytes(reversed(chunk))
    return tlv(6, out)


NULL = b'\x05\x00'
RSA = seq(oid('1.2.840.113549.1.1.1'), NULL)
EC = '1.2.840.10045.2.1'
P256 = oid('1.2.840.10045.3.1.7')
SHA256_RSA = seq(oid('1.2.840.113549.1.1.11'), NULL)
SHA1_RSA = seq(oid('1.2.840.113549.1.1.5'), NULL)
MD5_RSA = seq(oid('1.2.840.113549.1.1.4'), NULL)
SHA256_ECDSA = seq(oid('1.2.840.10045.4.3.2'))
ED25519 = seq(oid('1.3.101.112'))
HASH_HEAD = {
    'sha256': bytes.fromhex('3031300d060960864801650304020105000420'),
    'sha1': bytes.fromhex('3021300906052b0e03021a05000414'),
    'md5': bytes.fromhex('3020300c06082a864886f70d020505000410'),
}

# --- keys: arithmetic as in textbooks, good enough to be tried on ---

RNG = random.Random(20261122)


SMALL = [n for n in range(3, 2000, 2)
         if all(n % d for d in range(3, int(n**0.5) + 1, 2))]


def probably_prime(n):
    return all(n % p for p in SMALL) and pow(2, n - 1, n) == 1


def prime(size):
    return int(subprocess.check_output(
        ['openssl', 'prime', '-generate', '-bits', str(size)]))


def phi_of(factors):
    out = 1
    for p in factors:
        out *= p - 1
    return out


class Rsa:
    """A modulus of these factors."""

    def __init__(self, *factors, e=65537):
        self.n = 1
        for p in factors:
            self.n *= p
        self.e = e
        self.d = pow(e, -1, phi_of(factors)) if e % 2 else 0

    def spki(self):
        return seq(RSA, bits(seq(integer(self.n), integer(self.e))))

    def sign(self, data, name='sha256'):
        digest = hashlib.new(name, data).digest()
        size = (self.n.bit_length() + 7) // 8
        body = HASH_HEAD[name] + digest
        block = b'\0\1' + b'\xff' * (size - 3 - len(body)) + b'\0' + body
        number = pow(int.from_bytes(block, 'big'), self.d, self.n)
        return number.to_bytes(size, 'big')


FIELD = 2**256 - 2**224 + 2**192 + 2**96 - 1
ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
BASE = (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
        0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)


def add(p, q):
    if p is None or q is None:
        return p or q
    if p[0] == q[0] and (p[1] + q[1]) % FIELD == 0:
        return None
    slope = ((3 * p[0] * p[0] - 3) * pow(2 * p[1], -1, FIELD) if p == q else
             (q[1] - p[1]) * pow(q[0] - p[0], -1, FIELD)) % FIELD
    x = (slope * slope - p[0] - q[0]) % FIELD
    return x, (slope * (p[0] - x) - p[1]) % FIELD


def times(k, p):
    out = None
    while k:
        if k & 1:
            out = add(out, p)
        p, k = add(p, p), k >> 1
    return out


class Ec:
    def __init__(self):
        self.d = RNG.randrange(1, ORDER)
        self.q = times(self.d, BASE)

    def point(self):
        return b'\4' + b''.join(x.to_bytes(32, 'big') for x in self.q)

    def spki(self, curve=P256, point=None):
        return seq(seq(oid(EC), curve), bits(point or self.point()))

    def rs(self, data):
        z = int.from_bytes(hashlib.sha256(data).digest(), 'big')
        k = RNG.randrange(1, ORDER)
        r = times(k, BASE)[0] % ORDER
        return r, pow(k, -1, ORDER) * (z + r * self.d) % ORDER

    def sign(self, data, name='sha256'):
        del name
        return seq(*map(integer, self.rs(data)))


GOOD_P, GOOD_Q = prime(1024), prime(1024)
GOOD = Rsa(GOOD_P, GOOD_Q)
CURVE = Ec()

# --- requests ---

NAME = seq(setof(seq(oid('2.5.4.3'), utf8('alice'))))
EXTENSIONS = '1.2.840.113549.1.9.14'
EXTENSIONS_MS = '1.3.6.1.4.1.311.2.1.14'


def attribute(name, *values):
    return seq(oid(name), setof(*values))


def extension(name, value, critical=False):
    return seq(oid(name), b'\1\1\xff' if critical else b'', octets(value))


def asks(*extensions, by=EXTENSIONS):
    return attribute(by, seq(*extensions))


def info(key, *attributes, subject=NAME, version=0):
    spki = key if isinstance(key, bytes) else key.spki()
    return seq(integer(version), subject, spki,
               tlv(0xa0, *attributes))


def request(key, *attributes, algorithm=None, name='sha256', by=None, **rest):
    """Signed by the key, or by another one."""
    body = info(key, *attributes, **rest)
    signer = by or key
    if algorithm is None:
        algorithm = SHA256_ECDSA if isinstance(signer, Ec) else SHA256_RSA
    return seq(body, algorithm, bits(signer.sign(body, name)))


CA = extension('2.5.29.19', seq(b'\1\1\xff'), True)
SAN = extension('2.5.29.17', seq(tlv(0x82, b'host.example')))
SIGNS_CERTS = extension('2.5.29.15', bits(b'\x06', 1), True)
GOOD_REQUEST = request(GOOD)


def indefinite(der):
    """The outer SEQUENCE as BER."""
    head = 2 + (der[1] & 0x7f if der[1] & 0x80 else 0)
    return b'\x30\x80' + der[head:] + b'\0\0'


def long_length(der):
    """The outer length with a zero byte in front."""
    n = der[1] & 0x7f
    return bytes([0x30, 0x80 | n + 1, 0]) + der[2:2 + n] + der[2 + n:]


def nested(depth):
    out = NULL
    for _ in range(depth):
        out = seq(out)
    return out


def unused_bits():
    body = info(GOOD)
    return seq(body, SHA256_RSA, bits(GOOD.sign(body), 3))


def confused(key, algorithm):
    """Says one algorithm and is signed by another."""
    body = info(key)
    return seq(body, algorithm, bits(key.sign(body)))


def ecdsa(r=None, s=None, pad=b''):
    body = info(CURVE)
    right = CURVE.rs(body)
    sig = seq(integer(right[0] if r is None else r),
              integer(right[1] if s is None else s)) + pad
    return seq(body, SHA256_ECDSA, bits(sig))


def roca_prime():
    """A power of 65537 modulo each of the primes that tell."""
    product = 1
    for p in SMALL:
        if p < 168:
            product *= p
    short = 1024 - product.bit_length()
    while True:
        n = (RNG.getrandbits(short + 1) | 3 << (short - 1)) * product + \
            pow(65537, RNG.getrandbits(100), product)
        if n >> 1022 == 3 and n % 2 and probably_prime(n):
            return n


def roca():
    return Rsa(roca_prime(), roca_prime())


def huge_name():
    return seq(*[setof(seq(oid('2.5.4.3'), utf8(f'alice {i}')))
                 for i in range(300)])


def cases():
    size = 'is not supported'
    yield 'ca-true', request(GOOD, asks(CA)), '0x800b0103'
    yield 'cert-sign', request(GOOD, asks(SIGNS_CERTS)), '0x800b0103'
    yield 'critical-unknown', request(GOOD, asks(extension(
        '1.3.6.1.4.1.99999.1', NULL, True))), '0x800b0105'
    yield 'other-template', request(GOOD, asks(extension(
        '1.3.6.1.4.1.311.20.2', tlv(0x1e, 'Administrator'.encode(
            'utf-16-be'))))), '0x80094802'
    yield 'other-bytes', seq(info(GOOD), SHA256_RSA, bits(GOOD.sign(
        info(GOOD, asks(SAN))))), '0x80090006'
    yield 'other-key', request(GOOD, by=Rsa(prime(1024), prime(1024))), \
        '0x80090006'
    yield 'no-signature', seq(info(GOOD), SHA256_RSA, bits(b'')), '0x80090006'
    yield 'unused-bits', unused_bits(), '0x80090006'
    yield 'md5', request(GOOD, algorithm=MD5_RSA, name='md5'), '0x80090008'
    yield 'sha1', request(GOOD, algorithm=SHA1_RSA, name='sha1'), '0x80090008'
    yield 'rsa-called-ecdsa', confused(GOOD, SHA256_ECDSA), '0x80090006'
    yield 'ecdsa-called-rsa', confused(CURVE, SHA256_RSA), '0x80090006'
    yield 'called-ed25519', confused(GOOD, ED25519), '0x80090008'
    yield 'algorithm-with-junk', confused(GOOD, seq(oid(
        '1.2.840.113549.1.1.11'), octets(b'junk'))), '0x80090008'
    yield 'ecdsa-r-zero', ecdsa(r=0), '0x80090006'
    yield 'ecdsa-s-zero', ecdsa(s=0), '0x80090006'
    yield 'ecdsa-r-order', ecdsa(r=ORDER), '0x80090006'
    yield 'ecdsa-negative', ecdsa(r=-1), '0x80090006'
    yield 'ecdsa-with-a-tail', ecdsa(pad=b'\0'), '0x80090006'
    yield 'rsa-512', request(Rsa(prime(256), prime(256))), size
    yield 'rsa-1024', request(Rsa(prime(512), prime(512))), '0x80094811'
    yield 'rsa-9216', request(Rsa(*[prime(1024) for _ in range(9)])), size
    yield 'rsa-e-1', request(Rsa(GOOD_P, GOOD_Q, e=1)), '0x80090003'
    yield 'rsa-e-3', request(Rsa(*rsa_for(3), e=3)), '0x80090003'
    yield 'rsa-e-even', request(Rsa(GOOD_P, GOOD_Q, e=2)), '0x80090003'
    yield 'rsa-e-long', request(Rsa(GOOD_P, GOOD_Q, e=long_exponent())), \
        '0x80090003'
    yield 'rsa-n-even', request(Rsa(2, GOOD_P, prime(1023))), '0x80090003'
    yield 'rsa-small-factor', request(Rsa(701, GOOD_P, prime(1016))), \
        '0x80090003'
    yield 'rsa-roca', request(roca()), '0x80090003'
    yield 'rsa-n-negative', resigned(seq(RSA, bits(seq(
        integer(-GOOD.n), integer(65537))))), '0x80090003'
    yield 'rsa-n-zero', resigned(seq(RSA, bits(seq(
        integer(0), integer(65537))))), '0x8009000'
    yield 'ec-off-the-curve', resigned(CURVE.spki(
        point=CURVE.point()[:-1] + bytes([CURVE.point()[-1] ^ 1])), CURVE), \
        '0x8009000'
    yield 'ec-infinity', resigned(CURVE.spki(point=b'\0'), CURVE), '0x8009000'
    yield 'ec-compressed', resigned(CURVE.spki(
        point=bytes([2 + CURVE.q[1] % 2]) + CURVE.point()[1:33]), CURVE), \
        '0x8009000'
    yield 'ec-explicit-curve', resigned(CURVE.spki(curve=explicit()), CURVE), \
        '0x8009000'
    yield 'ec-secp256k1', resigned(CURVE.spki(curve=oid('1.3.132.0.10')),
                                   CURVE), '0x8009000'
    yield 'ed25519-key', resigned(seq(ED25519, bits(bytes(32)))), '0x8009000'
    yield 'dsa-key', resigned(seq(seq(oid('1.2.840.10040.4.1'), seq(
        integer(GOOD_P), integer(251), integer(4))), bits(integer(4)))), \
        '0x8009000'
    yield 'extension-twice', request(GOOD, asks(SAN, SAN)), 'twice'
    yield 'request-for-extensions-twice', request(
        GOOD, asks(SAN), asks(SAN)), 'twice'
    yield 'both-requests-for-extensions', request(
        GOOD, asks(SAN), asks(SAN, by=EXTENSIONS_MS)), 'twice'
    yield 'attribute-with-two-values', request(GOOD, attribute(
        EXTENSIONS, seq(SAN), seq(CA))), 'not one value'
    yield 'attribute-without-value', request(GOOD, attribute(EXTENSIONS)), \
        'not one value'
    yield 'attributes-300', request(GOOD, *[attribute(
        f'1.3.6.1.4.1.99999.{i}', NULL) for i in range(300)]), 'too many'
    yield 'extensions-are-no-list', request(GOOD, attribute(
        EXTENSIONS, octets(b'none'))), 'SEQUENCE'
    yield 'extension-with-a-tail', request(GOOD, asks(extension(
        '2.5.29.19', seq(b'\1\1\0') + NULL))), 'extension'
    yield 'deep', request(GOOD, attribute(
        '1.3.6.1.4.1.99999.1', nested(5000))), 'request'
    yield 'names-300', request(GOOD, subject=huge_name()), 'request'
    yield 'name-with-nul', request(GOOD, asks(extension('2.5.29.17', seq(
        tlv(0x82, b'host.example\0.evil.example'))))), 'request'
    yield 'subject-no-utf8', request(GOOD, subject=seq(setof(seq(
        oid('2.5.4.3'), utf8(b'\xc0\xaf\xff'))))), 'request'
    yield 'version-2', request(GOOD, version=1), 'version'
    yield 'indefinite-length', indefinite(GOOD_REQUEST), 'DER'
    yield 'long-length', long_length(GOOD_REQUEST), 'DER'
    yield 'tail', GOOD_REQUEST + b'\0', 'request'
    yield 'truncated', GOOD_REQUEST[:-1], 'request'
    yield 'two', GOOD_REQUEST + GOOD_REQUEST, 'request'
    yield 'empty', b'', 'request'
    yield 'zeros', bytes(4096), 'request'
    yield 'length-4-gib', b'\x30\x84\xff\xff\xff\xff' + bytes(64), 'request'
    yield 'ten-mib', seq(info(GOOD, attribute('1.3.6.1.4.1.99999.1', octets(
        bytes(10 << 20)))), SHA256_RSA, bits(bytes(256))), 'large'


def long_exponent():
    while True:
        e = RNG.getrandbits(2000) | 1
        if gcd(e, phi_of((GOOD_P, GOOD_Q))) == 1:
            return e


def rsa_for(e):
    """Two primes whose p - 1 has no factor e."""
    while True:
        p, q = prime(1024), prime(1024)
        if (p - 1) % e and (q - 1) % e:
            return p, q


def resigned(spki, by=GOOD):
    return request(spki, by=by)


def explicit():
    """P-256 by its parameters, the base point included (CVE-2020-0601)."""
    a, b = FIELD - 3, \
        0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b
    return seq(integer(1), seq(oid('1.2.840.10045.1.1'), integer(FIELD)),
               seq(octets(a.to_bytes(32, 'big')), octets(b.to_bytes(32,
                                                                    'big'))),
               octets(CURVE.point()), integer(ORDER), integer(1))


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'honest.csr').write_bytes(GOOD_REQUEST)
    (folder / 'honest-ec.csr').write_bytes(request(CURVE))
    for name, der, words in cases():
        (folder / f'{name}.csr').write_bytes(der)
        print(f'{name}\t{words}')


if __name__ == '__main__':
    main()
