#!/usr/bin/env python3
"""Names that nobody expects: odd_names.py NONTRIVIAL [--full]

Suites with odd titles, names of groups, cases, suites, networks and classes: each is refused before anything is
measured, with status 3, or the run is finished, and then everything that reads a run reads it: `report` (where there
is gnuplot and dot), `results` as a table, CSV and JSON, `results --recompute`, `watch`, and the same command again.
Without --full each third of the names and two drawn ones. Nothing that a terminal would act on is printed, and every
cell of CSV that a spreadsheet would compute is text."""
import csv
import io
import itertools
import json
import pathlib
import random
import shutil
import struct
import sys
import tempfile
import unicodedata
import zlib

import small_run

DRAWS = shutil.which('gnuplot') and shutil.which('dot')
drawn = itertools.count()

call = small_run.caller(sys.argv[1])

# Whether each may be a title, and a name.
ODD = {
    'plain': (True, True), 'with blanks': (True, True), ' leading and trailing ': (True, True),
    'quotes \' " `': (True, True), 'commas, and; semicolons': (True, True), '=1+2': (True, True),
    '@SUM(A1)': (True, True), '+3': (True, True), '-3.5': (True, True), '-x': (True, True), '|': (True, True),
    '<b>&amp;</b>': (True, True), '$HOME ${1 + 1} %d %s %n': (True, True), '\\input{x} \\ ^ _ ~ # & %': (True, True),
    'é ß 日本語 ∑ 𝄞 ❤️': (True, True), 'null': (True, True), 'true': (True, True), '0': (True, True), '1e5': (True, True),
    '~': (True, True), '#': (True, True), '- a': (True, True), '{a: b}': (True, True), '[1]': (True, True),
    '*': (True, True), '..': (True, True), '../../etc/passwd': (True, True), 'a/b': (True, True), '': (True, False),
    'n' * 150: (True, True), 'w' * 201: (True, False), 'é' * 90: (True, True), 'long ' * 300: (True, False),
    'x' * 5000: (False, False),
    'baseline': (True, False),
    'line\nbreak': (False, False), 'ends in one\n': (False, False), 'carriage\rreturn': (False, False),
    'tab\there': (False, False), 'bell\a': (False, False), 'escape \x1b[31m': (False, False), 'del \x7f': (False, False),
    'c1 \x9b31m': (False, False), 'next line \x85': (False, False), 'bidi \u202e txt': (False, False),
    'isolate \u2066x\u2069': (False, False), 'mark \u200f': (False, False), 'zero \u200b width': (False, False),
    'bom \ufeff': (False, False), 'tag \U000e0041': (False, False), 'separator \u2028': (False, False),
    'soft\u00adhyphen': (False, False),
}
UNSEEN = {c for c in map(chr, itertools.chain(range(32), range(0x7f, 0xa0))) if c not in '\n'} | set(
    '\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff')


def quoted(text):
    """As YAML and as Lua read it, in ASCII."""
    escapes = {'"': '\\"', '\\': '\\\\'}
    return '"' + ''.join(escapes.get(c) or (c if ' ' <= c <= '~' else f'\\U{ord(c):08x}') for c in text) + '"'


def lua(text):
    return '"' + ''.join(f'\\{byte:03d}' for byte in text.encode('utf-8', 'surrogateescape')) + '"'


def expect_harmless(text):
    found = sorted(set(text) & UNSEEN)
    assert not found, f'{found!r} in {text[:500]!r}'


def expect_no_formula(text):
    rows = list(csv.reader(io.StringIO(text)))
    assert len({len(row) for row in rows}) == 1, text[:500]
    for cell in itertools.chain(*rows):
        if cell[:1] in ('=', '+', '-', '@', '\t', '\r'):
            float(cell)  # a number


def look_at(run, suite):
    """All that reads a run."""
    for words in (('results', run), ('results', run, '--json'), ('results', run, '--csv'), ('watch', run, '--once'),
                  ('results', run, '--recompute'), ('run', suite, '--out', run, '--quiet')):
        done = call(*words)
        expect_harmless(done.stdout + done.stderr)
        if '--csv' in words:
            expect_no_formula(done.stdout)
        if words[0] == 'results' and '--json' in words:
            json.loads(done.stdout)
    expect_no_formula((run / 'results.csv').read_text())
    if DRAWS and next(drawn) % 6 == 0:
        out = run / 'elsewhere'
        call('report', run, '--out', out, '--quiet')
        for path in out.glob('*.csv'):
            expect_no_formula(path.read_text())


def try_suite(folder, good, what, change):
    print(what[:60], flush=True)
    """`change` makes the suite odd."""
    shutil.rmtree(folder / 'run', ignore_errors=True)
    suite = small_run.write_suite(folder, 60, seeds=[3])
    change(suite)
    done = call('run', suite, '--out', folder / 'run', '--quiet', status=None)
    expect_harmless(done.stdout + done.stderr)
    assert done.returncode == (0 if good else 3), f'{what}: status {done.returncode}, {done.stderr[:1000]}'
    if good:
        look_at(folder / 'run', suite)
    else:
        assert not (folder / 'run' / 'outcomes.sqlite').exists(), f'{what}: begun'
        assert len(done.stderr) < 10000, what


def edit(old, new):
    def change(suite):
        text = suite.read_text()
        assert old in text
        suite.write_text(text.replace(old, new))
    return change


def case_called(name):
    def change(suite):
        (suite.parent / 'each.lua').write_text(
            f'return function(net) return {{{{name = {lua(name)}, zero = {{net:node("one")}}}}, '
            '{name = "other", zero = {net:node("two")}}}, ' + lua('a remark') + ' end\n')
    return change


def network_called(name):
    def change(suite):
        net = suite.parent / 'net.yaml'
        net.write_text(net.read_text().replace('graph: small', 'graph: ' + quoted(name.replace('$', '$$'))))
    return change


def png(pixels):
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 2, 2, 8, 0, 0, 0, 0))
            + chunk(b'IDAT', zlib.compress(b''.join(b'\0' + pixels[r:r + 2] for r in (0, 2)))) + chunk(b'IEND', b''))


def class_called(name):
    """A folder of pictures for each of two classes, one of them called so: bytes."""
    def change(suite):
        draw = random.Random(1)
        data = suite.parent / 'classes'
        shutil.rmtree(data, ignore_errors=True)
        for part, count in (('train', 30), ('test', 10)):
            for folder in (name, b'zz'):
                path = bytes(data) + b'/' + part.encode() + b'/' + folder
                pathlib.Path(path.decode('utf-8', 'surrogateescape')).mkdir(parents=True)
                for i in range(count):
                    with open(path + b'/%d.png' % i, 'wb') as file:
                        file.write(png(bytes(draw.randrange(256) for _ in range(4))))
        text = suite.read_text()
        start, end = text.index('data:'), text.index('train:')
        suite.write_text(text[:start] + f'data: {{kind: folder, root: {quoted(str(data))}, '
                         'normalise: {mean: [0.5], deviation: [0.5]}}\n' + text[end:].replace('batch: 100', 'batch: 20'))
    return change


def generated(count):
    """More of the same kinds: characters of all sorts, in any order."""
    draw = random.Random(20)
    letters = 'ab01 ,;"\'=@+-/\\.$%&<>{}[]()#*~éß日∑𝄞'
    bad = '\n\r\t\x1b\x7f\x9b\u202e\u200b'
    for _ in range(count):
        name = ''.join(draw.choice(letters) for _ in range(draw.randrange(1, 30)))
        if draw.random() < 0.3:
            at = draw.randrange(len(name) + 1)
            name = name[:at] + draw.choice(bad) + name[at:]
        good = not set(name) & set(bad)
        yield name, (good, good)


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        full = '--full' in sys.argv
        for name, (title, plain) in itertools.chain(list(ODD.items())[::1 if full else 3], generated(12 if full else 2)):
            key = '  ' + quoted(name) + ':' if len(name) < 900 else '  ? ' + quoted(name) + '\n  :'
            changes = {'title': (title, edit('{hook: each.lua}', '{hook: each.lua, title: ' + quoted(name) + '}')),
                       'group': ((plain or name == '') and len(name.encode()) <= 200, edit('  each:', key)),
                       'case': (plain, case_called(name))}
            if name == 'w' * 201:
                changes['case'] = (True, case_called(name))
            good = [change for right, change in changes.values() if right]
            if good:
                try_suite(folder, True, f'{name!r}', lambda suite, good=good: [change(suite) for change in good])
            for what, (right, change) in changes.items():
                if not right:
                    try_suite(folder, False, f'{what} {name!r}', change)
        for name, (title, _) in list(ODD.items())[1::3 if full else 9]:
            try_suite(folder, title, f'network {name!r}', network_called(name))
            folders = title and name and '/' not in name and name[0] != '.' and len(name.encode()) <= 200
            try_suite(folder, folders, f'suite {name!r}', edit('suite: small', 'suite: ' + quoted(name)))
        for name, good in ((b'caf\xc3\xa9', True), (b'=a', True), (b'a, b', True), (b'caf\xe9', False),
                           (b'a\x1b[2J', False), (b'a\nb', False), (b'\xe2\x80\xaea', False), (b'baseline', True)):
            try_suite(folder, good, f'class {name!r}', class_called(name))
    return 0


sys.exit(main())
