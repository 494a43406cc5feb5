# SPDX-License-Identifier: BSD-2-Clause
"""The result as a picture: bars, shorter is better."""

from xml.sax.saxutils import escape

WIDTH = 760
LABEL = 290
BAR = 380
ROW = 22
HEAD = 40
OURS = '#2a9d8f'
OTHERS = '#b8c4cc'
INK = '#264653'


def panels(result):
    """Titles, and in each panel names with their milliseconds."""
    titles = result['titles']
    for key_type, title in (('p256', 'P-256'), ('rsa2048', 'RSA-2048')):
        if 'signatures' in result:
            yield (f'A signature after login, {title}',
                   [(titles[n], s['p50'] / 1000, n == 'signet') for n, s in
                    result['signatures'][key_type].items()])
    if 'first' in result:
        yield ('From loading to the first signature, login included, P-256',
               [(titles[n], s['total'] / 1000, n == 'signet') for n, s in
                result['first']['p256'].items()])
    if 'desktops' in result:
        names = {'password': 'xfreerdp3 with a password',
                 'smartcard': 'signet rdp, smartcard',
                 'kerberos': 'signet rdp, kerberos'}
        yield ('From the command to the remote desktop',
               [(names[n], s['us'] / 1000, n != 'password') for n, s in
                result['desktops'].items()])


def digits(value):
    return f'{value:.2f}' if value < 10 else (
        f'{value:.1f}' if value < 100 else f'{value:.0f}')


def panel(title, bars, top):
    longest = max(value for _, value, _ in bars)
    out = [f'<text x="16" y="{top + 22}" font-weight="bold">'
           f'{escape(title)} (ms)</text>']
    for i, (name, value, ours) in enumerate(bars):
        y = top + HEAD + i * ROW
        width = max(1, BAR * value / longest)
        out += [f'<text x="{LABEL - 8}" y="{y + 11}" text-anchor="end"'
                f'{" font-weight=" + chr(34) + "bold" + chr(34) if ours else ""}'
                f'>{escape(name)}</text>',
                f'<rect x="{LABEL}" y="{y}" width="{width:.1f}" height="14" '
                f'rx="2" fill="{OURS if ours else OTHERS}"/>',
                f'<text x="{LABEL + width + 6:.1f}" y="{y + 11}">'
                f'{digits(value)}</text>']
    return out, top + HEAD + len(bars) * ROW + 14


def svg(result):
    body, top = [], 4
    for title, bars in panels(result):
        lines, top = panel(title, bars, top)
        body += lines
    return '\n'.join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
        f'height="{top}" viewBox="0 0 {WIDTH} {top}" '
        f'font-family="sans-serif" font-size="12" fill="{INK}">',
        f'<rect width="{WIDTH}" height="{top}" rx="6" fill="#ffffff"/>',
        *body, '</svg>', ''])
