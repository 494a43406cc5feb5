# SPDX-License-Identifier: BSD-2-Clause
"""How fast: signatures, first uses, and this machine's own pace."""

import re
import statistics

from contestants import run

TYPES = ('p256', 'rsa2048')


def medians(samples):
    """Of dictionaries, key by key."""
    return {key: statistics.median(s[key] for s in samples)
            for key in samples[0]}


def compare(samples, by, against):
    """
    {contestant: [sample of each round]} to {contestant: medians}, each with
    the median of its ratios to the one that it is held against. Ratios are
    taken within a round, so that a machine that slows down meanwhile does not
    change them.
    """
    out = {}
    for name, each in samples.items():
        out[name] = medians(each)
        if against in samples:
            out[name]['ratio'] = statistics.median(
                mine[by] / theirs[by]
                for mine, theirs in zip(each, samples[against]))
    return out


def interleaved(rounds, names, measure, tell):
    """measure(name) once a round; who begins changes with the round."""
    samples = {name: [] for name in names}
    names = list(names)
    for i in range(rounds):
        tell(f'round {i + 1} of {rounds}')
        for name in names[i % len(names):] + names[:i % len(names)]:
            samples[name].append(measure(name))
    return samples


def signatures(contestants, plan, tell):
    """Warm: after a login, one after the other."""
    by_name = {c.name: c for c in contestants}
    return {t: compare(interleaved(
        plan.rounds, by_name, lambda n, t=t: by_name[n].warm(t, plan.seconds),
        tell), 'p50', 'raw') for t in TYPES}


def first_uses(contestants, plan, tell):
    """From nothing to a signature, each in a process of its own."""
    by_name = {c.name: c for c in contestants if c.name != 'raw'}
    return {t: compare(interleaved(
        plan.rounds, by_name, lambda n, t=t: by_name[n].fresh(t, plan.times),
        tell), 'total', 'softhsm') for t in TYPES}


def openssl_us(what, seconds):
    """What libcrypto itself takes for a signature."""
    said = run('openssl', 'speed', '-seconds', seconds, what)
    numbers = re.findall(r'([\d.]+)', said.strip().splitlines()[-1])
    return 1e6 / float(numbers[-2])


def pace(raw, plan, tell):
    """Of this machine without anything of ours."""
    tell('libcrypto, and a round trip to the TPM')
    seconds = max(1, round(plan.seconds))
    return {'openssl_rsa2048': openssl_us('rsa2048', seconds),
            'openssl_p256': openssl_us('ecdsap256', seconds),
            'round_trip': raw.round_trip(200)['p50']}
