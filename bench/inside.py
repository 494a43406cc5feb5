# SPDX-License-Identifier: BSD-2-Clause
"""bench/run starts this in its lab; the result goes to bench/result.json of the
lab's folder, and what happens meanwhile to standard error."""

import argparse
import json
import os
import sys
import time

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import cards
import contestants as who
import counts
import hosts
import memory
import speeds


class Plan:
    """How much of everything: about five minutes, or as little as possible."""

    def __init__(self, args):
        small = args.smoke
        self.rounds = 1 if small else 15
        self.seconds = 0.01 if small else 0.25
        self.times = 1 if small else 3
        self.containers = 3 if small else 100
        self.desktops = 1 if small else 7
        self.loads = 1 if small else 21
        self.signatures = args.signatures or (20 if small else 100000)


def teller(section):
    """One line that is written over, on a terminal; else one per section."""
    if not sys.stderr.isatty():
        print(f'  {section}', file=sys.stderr, flush=True)
        return lambda text: None

    def tell(text):
        line = f'  {section}: {text}'[:79]
        print(f'\r{line:<79}', end='', file=sys.stderr, flush=True)
    return tell


def bring_up():
    up = []
    for kind in who.ALL:
        contestant = kind()
        try:
            contestant.up()
        except who.Missing as missing:
            print(f'  {kind.title}: {missing} is not installed',
                  file=sys.stderr)
            continue
        up.append(contestant)
    return up


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--smoke', action='store_true')
    p.add_argument('--signatures', type=int)
    p.add_argument('--only', action='append')
    args = p.parse_args()
    plan = Plan(args)
    os.environ.setdefault('TSS2_LOG', 'all+none')
    who.HERE.mkdir()
    all_of_them = bring_up()
    raw = next(c for c in all_of_them if c.name == 'raw')
    softhsm = next(c for c in all_of_them if c.name == 'softhsm')
    sections = {
        'pace': ("this machine's own pace", lambda t: speeds.pace(
            raw, plan, t)),
        'signatures': ('signatures', lambda t: speeds.signatures(
            all_of_them, plan, t)),
        'first': ('first uses', lambda t: speeds.first_uses(
            all_of_them, plan, t)),
        'commands': ('TPM commands', counts.commands),
        'desktops': ('remote desktops', lambda t: hosts.desktops(plan, t)),
        'cards': ('the smart card', lambda t: cards.measure(
            softhsm, plan, t)),
        'kit': ('programs on p11-kit', lambda t: hosts.kit(plan, t)),
        'containers': ('containers', lambda t: memory.containers(plan, t)),
        'leaks': ('leaks', lambda t: memory.leaks(plan, t)),
    }
    result = {'titles': {c.name: c.title for c in all_of_them},
              'rounds': plan.rounds}
    start = time.monotonic()
    for name, (title, measure) in sections.items():
        if args.only and name not in args.only:
            continue
        result[name] = measure(teller(title))
    result['seconds'] = round(time.monotonic() - start)
    if sys.stderr.isatty():
        print(f'\r{"":79}\r', end='', file=sys.stderr)
    (who.HERE / 'result.json').write_text(json.dumps(result, indent=1))


main()
