# SPDX-License-Identifier: BSD-2-Clause
"""What bench/run has found, as words: promises, and tables in markdown."""

KB = 1024
# What a run may add to memory that is no leak: an allocator's slack, and a
# byte for each signature.
SLACK_KB = 128

PROMISED = {'sign_rsa2048': 1.3, 'sign_p256': 1.7, 'first_ms': 20,
            'read': 0, 'sign': 3, 'boot_login': 15, 'login': 7,
            'idle_kb': 8 * KB, 'containers': 100, 'apdu_ms': 0.15,
            'card_sign': 1.5, 'card_kinit': 1.3, 'apdus': 49}
AHEAD = 2   # commands after the last signature of a long run, docs/tpm.md


def ms(us):
    """Three digits that mean something."""
    value = us / 1000
    return f'{value:.0f}' if value >= 100 else (
        f'{value:.1f}' if value >= 10 else f'{value:.2f}')


def mib(kilobytes):
    return f'{kilobytes / KB:.1f} MiB'


class Promise:
    """kept None: nothing was promised, or it was not measured."""

    def __init__(self, what, promised, measured, kept):
        self.what, self.promised = what, promised
        self.measured, self.kept = measured, kept


# --- the promises ---

def sign_promise(result, key_type, title):
    ours = result['signatures'][key_type]['signet']
    most = PROMISED[f'sign_{key_type}']
    return Promise(f'A signature after login, {title}',
                   f'at most {most} x raw ESAPI',
                   f'{ms(ours["p50"])} ms, {ours["ratio"]:.2f} x',
                   ours['ratio'] <= most)


def first_promise(result):
    ours = result['first']['p256']['signet']
    return Promise('From loading the module to the first signature, login '
                   'included, P-256', f'at most {PROMISED["first_ms"]} ms',
                   f'{ms(ours["total"])} ms',
                   ours['total'] <= PROMISED['first_ms'] * 1000)


def count_promises(result):
    found = result['commands']
    out = []
    for what, names, most, note in (
            ('to initialise, list and read', ('read', 'boot_list',
             'again_list', 'rsa_list'), 'read', ''),
            ('for a signature', ('boot_sign', 'again_sign', 'rsa_sign'),
             'sign', ''),
            ('for the first login of a boot', ('boot_login',), 'boot_login',
             f', and {found["open"]["n"]} to open the TPM'),
            ('for a login after that', ('again_login', 'rsa_login'),
             'login', '')):
        n = max(found[name]['n'] for name in names)
        out.append(Promise(f'TPM commands {what}',
                           'none' if PROMISED[most] == 0 else
                           f'at most {PROMISED[most]}', f'{n}{note}',
                           n <= PROMISED[most]))
    ten = max(found[f'{name}_sign_ten']['n']
              for name in ('boot', 'again', 'rsa'))
    out.append(Promise('TPM commands for ten signatures in a row',
                       f'at most {10 * PROMISED["sign"]}, and {AHEAD} ahead of '
                       'the next', str(ten),
                       ten <= 10 * PROMISED['sign'] + AHEAD))
    return out


def grown(found, who, name):
    return found['after'][who][name] - found['before'][who][name]


def leak_promise(result):
    found = result['leaks']
    slack = SLACK_KB + found['n'] / KB
    more = {name: found['tpm_after'][name] - found['tpm_before'][name]
            for name in found['tpm_before']}
    whole = all(grown(found, who, 'private') <= slack and
                grown(found, who, 'locked') <= 0 and
                grown(found, who, 'files') <= 0
                for who in ('signetd', 'client')) and not any(more.values())
    return Promise(
        f'{found["n"]:,} signatures leave nothing behind',
        'memory, descriptors, objects and sessions of the TPM',
        f'signetd {grown(found, "signetd", "private"):+d} kB, locked '
        f'{grown(found, "signetd", "locked"):+d} kB, '
        f'{grown(found, "signetd", "files"):+d} descriptors; its client '
        f'{grown(found, "client", "private"):+d} kB; '
        f'{sum(more.values()):+.0f} objects and sessions', whole)


def idle_promise(result):
    found = result['containers']
    title = f'signetd at rest with {PROMISED["containers"]} containers'
    promised = f'under {mib(PROMISED["idle_kb"])}'
    if 'used' not in found:
        return Promise(title, promised, found['why'], None)
    worst = max(found[when]['rss'] for when in ('started', 'read', 'used'))
    return Promise(title, promised,
                   f'{mib(worst)} resident, '
                   f'{mib(found["used"]["private"])} of it its own '
                   f'({found["n"]} containers)',
                   worst < PROMISED['idle_kb'])


def card_promises(result):
    found = result['cards']
    apdu, sign = found['commands']['discovery']['p50'], found['sign']
    most = PROMISED['card_sign'] * sign['softhsm']['us'] + sign['tpm']['us']
    ratio = found['kinit']['card']['ratio']
    return [
        Promise("A command to the card through pcscd",
                f'at most {PROMISED["apdu_ms"]} ms', f'{ms(apdu)} ms',
                apdu <= PROMISED['apdu_ms'] * 1000),
        Promise('OpenSC signs once on the card, login included',
                f'at most {PROMISED["card_sign"]} x SoftHSM, and the TPM, '
                f'{ms(most)} ms', f'{ms(sign["card"]["us"])} ms',
                sign['card']['us'] <= most),
        Promise('Commands to the card for that',
                f'at most {PROMISED["apdus"]}', str(found['apdus']),
                found['apdus'] <= PROMISED['apdus']),
        Promise('kinit through OpenSC and the card',
                f'at most {PROMISED["card_kinit"]} x our module',
                f'{ms(found["kinit"]["card"]["us"])} ms, {ratio:.2f} x',
                ratio <= PROMISED['card_kinit'])]


def promises(result):
    out = []
    if 'signatures' in result:
        out += [sign_promise(result, 'rsa2048', 'RSA-2048'),
                sign_promise(result, 'p256', 'P-256')]
    if 'first' in result:
        out.append(first_promise(result))
    if 'commands' in result:
        out += count_promises(result)
    if 'cards' in result:
        out += card_promises(result)
    if 'leaks' in result:
        out.append(leak_promise(result))
    if 'containers' in result:
        out.append(idle_promise(result))
    return out


# --- tables ---

def table(head, rows):
    lines = [head, ['---'] + ['--:'] * (len(head) - 1)] + rows
    return '\n'.join('| ' + ' | '.join(map(str, line)) + ' |'
                     for line in lines) + '\n'


def promise_table(found):
    word = {True: 'yes', False: '**no**', None: 'not measured'}
    lines = [['what', 'promised', 'measured', 'kept'], ['---'] * 4]
    lines += [[p.what, p.promised, p.measured, word[p.kept]] for p in found]
    return '\n'.join('| ' + ' | '.join(line) + ' |' for line in lines) + '\n'


def signature_table(result, key_type):
    rows = []
    for name, s in result['signatures'][key_type].items():
        cpu = ms(s['cpu'])
        if 'daemon_cpu' in s:
            cpu += f' + {ms(s["daemon_cpu"])}'
        rows.append([result['titles'][name], ms(s['p50']), ms(s['p95']),
                     f'{s["rate"]:.0f}', f'{s["ratio"]:.2f}', cpu])
    return table(['', 'median ms', '95 % ms', 'per second', 'x raw ESAPI',
                  'CPU ms'], rows)


def first_table(result, key_type):
    rows = []
    for name, s in result['first'][key_type].items():
        start = s['load'] + s.get('initialize', 0)
        rows.append([result['titles'][name], ms(start),
                     ms(s['find']) if 'find' in s else '',
                     ms(s.get('login', s.get('key', 0))), ms(s['sign']),
                     f'**{ms(s["total"])}**', ms(s['p95']),
                     f'{s["ratio"]:.2f}'])
    return table(['', 'load', 'find', 'login', 'sign', 'in all', '95 %',
                  'x SoftHSM'], rows)


def command_table(result):
    rows = [['opening the TPM, once', 'open'],
            ['listing and reading', 'read'],
            ['first login of a boot', 'boot_login'],
            ['later login', 'again_login'],
            ["a key's first use", 'again_first_use'],
            ['signature, P-256', 'again_sign'],
            ['signature, RSA-2048', 'rsa_sign'],
            ['logout', 'again_logout']]
    lines = [['what', 'commands', 'which'], ['---', '--:', '---']]
    for title, name in rows:
        found = result['commands'][name]
        lines.append([title, str(found['n']), ', '.join(found['which'])])
    return '\n'.join('| ' + ' | '.join(line) + ' |' for line in lines) + '\n'


DESKTOPS = {'password': 'xfreerdp3 with a password',
            'smartcard': 'signet rdp, credential smartcard',
            'kerberos': 'signet rdp, credential kerberos'}


def desktop_table(result):
    return table(['', 'first frame ms', 'x password'],
                 [[title, f'{result["desktops"][name]["us"] / 1000:.0f}',
                   f'{result["desktops"][name]["ratio"]:.2f}']
                  for name, title in DESKTOPS.items()])


def card_table(result):
    found = result['cards']
    rows = [['a command that pcscd and the card answer',
             found['commands']['discovery']['p50'], ''],
            ['a command that signetd answers',
             found['commands']['status']['p50'], ''],
            ['pkcs11-tool signs once, SoftHSM', found['sign']['softhsm']['us'],
             '1.00'],
            ['... and with the card', found['sign']['card']['us'],
             f'{found["sign"]["card"]["ratio"]:.2f}'],
            ['PIN and signature behind the card, signetd and TPM', found['sign']['tpm']['us'], ''],
            ['kinit through our module', found['kinit']['module']['us'],
             '1.00'],
            ['kinit through OpenSC and the card', found['kinit']['card']['us'],
             f'{found["kinit"]["card"]["ratio"]:.2f}']]
    return table(['', 'ms', 'x'],
                 [[title, ms(us), ratio] for title, us, ratio in rows])


def part_table(result):
    """Where the time of a program goes that uses the card through OpenSC."""
    rows = []
    for name, title in (('sign', 'pkcs11-tool signs once'),
                        ('kinit', 'kinit')):
        p = result['cards']['parts'][name]
        rows.append([title, ms(p['us']), ms(p['own_us'])] + [
            f'{ms(p[f"{kind}_us"])} ({p[kind]:.0f})'
            for kind in ('unchanged', 'key', 'command', 'other')])
    return table(['ms (calls)', 'in all', 'program, OpenSC, KDC',
                  'libpcsclite: has anything changed?',
                  'PIN and signature', 'other commands', 'other calls'], rows)


def kit_table(result):
    rows = []
    for name, s in result['kit'].items():
        rows.append([name, ms(s['without']['us'])] + [
            f'{ms(s[how]["us"])} ({s[how]["ratio"]:.2f} x)'
            for how in ('with', 'down')])
    return table(['ms', 'without our module', 'with it',
                  'with it, signetd down'], rows)


def memory_table(result):
    found = result['containers']
    rows = [[title, *(mib(found[when][name])
                      for name in ('rss', 'pss', 'private'))]
            for when, title in (('started', 'started'),
                                ('read', 'every container was listed'),
                                ('used', 'everybody logged in and signed'))]
    return table([f'{found["n"]} containers', 'resident', 'its share',
                  'its own'], rows)


def pace_line(result):
    p = result['pace']
    return (f'libcrypto alone signs in {ms(p["openssl_rsa2048"])} ms '
            f'(RSA-2048) and {ms(p["openssl_p256"])} ms (P-256); a round trip '
            f'to the software TPM takes {ms(p["round_trip"])} ms.\n')


def machine_line(result):
    m = result['machine']
    versions = ', '.join(f'{k} {v}' for k, v in m['versions'].items())
    return (f'{m["date"]}, {m["processors"]} x {m["processor"]}, Linux '
            f'{m["kernel"]}; {versions}; {m["build"]}. '
            f'{result["rounds"]} rounds, {result["seconds"]} seconds; before '
            f'them others kept {m["load"]:.1f} processors busy.\n')


def markdown(result):
    parts = [machine_line(result), pace_line(result)] \
        if 'pace' in result else [machine_line(result)]
    parts += ['### What was promised\n', promise_table(promises(result))]
    for name, title, make in (
            ('signatures', 'Signatures after login, P-256',
             lambda: signature_table(result, 'p256')),
            ('signatures', 'Signatures after login, RSA-2048',
             lambda: signature_table(result, 'rsa2048')),
            ('first', 'From nothing to a signature, P-256 (ms)',
             lambda: first_table(result, 'p256')),
            ('first', 'From nothing to a signature, RSA-2048 (ms)',
             lambda: first_table(result, 'rsa2048')),
            ('commands', 'What the TPM is sent',
             lambda: command_table(result)),
            ('desktops', 'A remote desktop', lambda: desktop_table(result)),
            ('cards', 'The smart card', lambda: card_table(result)),
            ('cards', 'Where the time goes through OpenSC',
             lambda: part_table(result)),
            ('kit', 'Programs that want nothing of us',
             lambda: kit_table(result)),
            ('containers', 'Memory of signetd',
             lambda: memory_table(result))):
        if name in result and 'why' not in result[name]:
            parts += [f'### {title}\n', make()]
    return '\n'.join(parts)
