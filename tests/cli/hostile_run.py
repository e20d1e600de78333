#!/usr/bin/env python3
"""A run folder that somebody sent: hostile_run.py NONTRIVIAL [--full]

A small finished run is changed in one way at a time: links that lead out of it, FIFOs, devices and folders in place of
files, files too large, numbers that no run writes, names with ../ in them. Whatever reads a run folder then ends
within seconds, with status 0 or 3, without a crash; nothing outside is changed, made or shown. Of the numbers each
sixteenth is changed, with --full each."""
import json
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile

import small_run

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
SECRET = 'root:secret-word'
SECONDS = 60  # sanitizers are slow
# In place of gnuplot and dot, which write through links as these do, and are slow.
STUBS = {'dot': 'for word; do case $word in -o*) echo "<svg></svg>" > "${word#-o}";; esac; done\n',
         'gnuplot': "sed -n \"s/^set output '\\\\(.*\\\\)'$/\\\\1/p\" \"$2\" | while read -r name; do echo '<svg></svg>' > \"$name\"; done\n"}
PNG = bytes.fromhex('89504e470d0a1a0a0000000d4948445200000001000000010800000000 3a7e9b55'.replace(' ', ''))


def look(words, known=(0, 3)):
    done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=SECONDS, check=False,
                          errors='replace', env=look.environment)
    said = f'{words}: status {done.returncode}\n{done.stdout[-1000:]}{done.stderr[-2000:]}'
    assert done.returncode >= 0, f'killed: {signal.Signals(-done.returncode).name} {said}'
    assert done.returncode in known, said
    assert 'Sanitizer' not in done.stderr, said
    assert SECRET not in done.stdout + done.stderr, f'shown: {said}'
    assert not set(done.stdout + done.stderr) & set(map(chr, [*range(9), *range(11, 32), 127])), said
    assert len(done.stderr) < 100000, said[:1000]
    return done


class Place:
    """A folder with the run, and one beside it that nothing may happen to."""

    def __init__(self, folder, sound):
        self.run, self.outside, self.sound = folder / 'run', folder / 'outside', sound

    def fresh(self):
        for path in (self.run, self.outside):
            shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(self.sound, self.run, symlinks=True)
        self.outside.mkdir()
        (self.outside / 'secret').write_text(SECRET + '\n')
        (self.outside / 'checkpoint-0.safetensors').write_text(SECRET)
        (self.outside / 'index.html').write_text(SECRET)
        (self.outside / 'folder').mkdir()
        self.before = self.state()

    def state(self):
        return {str(path): path.read_text() if path.is_file() else None for path in sorted(self.outside.rglob('*'))}

    def check(self, what):
        assert self.state() == self.before, f'{what}: something outside was changed'
        for page in self.run.rglob('*.html'):
            text = '' if page.is_symlink() else page.read_text(errors='replace')
            assert SECRET not in text and 'cm9vdDpzZWNyZXQtd29yZ' not in text, f'{what}: shown in the page'

    def attempt(self, what, change, refused=(), few=False):
        """`refused`: the commands that must refuse it."""
        self.fresh()
        change(self)
        print(what[:70], flush=True)
        most = (['results', self.run, '--csv'], ['results', self.run, '--recompute'], ['report', self.run, '--quiet'])
        rest = (['watch', self.run, '--once'], ['runs', self.run], ['compare', self.run, self.sound],
                ['results', self.run], ['results', self.run, '--json'], ['clean', self.run])
        for words in most if few else (*rest, *most):
            try:
                done = look(words, (0, 1, 3) if '--recompute' in words else (0, 3))
            except AssertionError as error:
                raise AssertionError(f'{what}: {error}') from error
            if words[0] in refused:
                assert done.returncode == 3, f'{what}: {words[0]} took it'
            self.check(f'{what}, {words[0]}')


def replace(name, make):
    """A change: what is called so becomes something else."""
    def change(place):
        path = place.run / name
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.is_dir():
            shutil.rmtree(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        make(place, path)
    return change


def link_to(name):
    return lambda place, path: path.symlink_to(place.outside / name)


def fifo(_, path):
    os.mkfifo(path)


def folder(_, path):
    path.mkdir()


def device(_, path):
    path.symlink_to('/dev/zero')


def sparse(_, path):
    with open(path, 'wb') as file:
        file.truncate(1 << 36)


def content(data):
    return lambda _, path: path.write_bytes(data if isinstance(data, bytes) else data.encode())


FILES = ('results.json', 'outcomes.bin', 'outcomes.sqlite', 'results.csv', 'seed-3/metrics.csv', 'source/run.json',
         'source/suite.yaml', 'reliability.json', 'overlays/overlays.json')


def things_in_place():
    for name in FILES:
        for sort, make in (('link', link_to('secret')), ('FIFO', fifo), ('folder', folder), ('device', device),
                           ('64 GB', sparse), ('nothing in it', content(b'')), ('zeros', content(bytes(5000))),
                           ('deep JSON', content('[' * 100000)), ('not UTF-8', content(b'\xff\xfe\x1b[2J' * 100))):
            yield f'{name}: {sort}', replace(name, make)
    for name in ('seed-3', 'overlays', 'source'):
        yield f'{name}: link', replace(name, link_to('folder'))
    yield 'seed with checkpoints elsewhere', replace('seed-3', lambda place, path: path.symlink_to(place.outside))


def pictures(items):
    def change(place):
        overlays = place.run / 'overlays'
        overlays.mkdir(exist_ok=True)
        (overlays / 'overlays.json').write_text(items if isinstance(items, str) else json.dumps(items))
        (overlays / 'good.png').write_bytes(PNG + bytes(100))
        (overlays / 'x.png').symlink_to(place.outside / 'secret')
        (overlays / 'text.png').write_text('text ' * 100)
        (overlays / 'in').symlink_to(place.outside)
        os.mkfifo(overlays / 'pipe.png')
    return change


def picture(file, **more):
    return {'group': 'each', 'case': 'one', 'sample': 1, 'name': 'n', 'value': 0.5, 'file': file, **more}


def overlays():
    for file in ('x.png', 'text.png', 'pipe.png'):
        yield f'overlay {file}', pictures([picture(file)]), ('report',)
    for file in ('../../outside/secret', '../results.json', 'in/secret', '', '.', '..', 'x' * 5000, 'a\x1b[2J', 5, None):
        yield f'overlay {file!r:.40}', pictures([picture(file)]), ()
    yield 'overlays without number', pictures([picture('good.png')] * 1001), ('report',)
    yield 'overlays of numbers', pictures('[1, 2, null, {"file": []}]'), ()
    yield 'overlays an object', pictures('{"a": 1}'), ('report',)
    yield 'overlay of sample 1e300', pictures([picture('good.png', sample=1e300, value=1e308, name=['x'])]), ()


def into(name, target):
    """Something of the report leads elsewhere."""
    def change(place):
        path = place.run / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(place.outside / target)
    return change


def report_places():
    yield 'report: link', into('report', 'folder'), ('report',)
    yield 'report: link to what is not there', into('report', 'absent'), ('report',)
    for name in ('index.html', 'tables.md', 'cite.bib', 'network.svg', 'network.pdf', 'network.log', 'network.dot',
                 'each.svg', 'each.csv', 'each.log', 'each.gp', 'training.png'):
        yield f'report/{name}: link', into(f'report/{name}', 'secret'), ()
        yield f'report/{name}: link to what is not there', into(f'report/{name}', 'absent'), ()


def everywhere(place):
    """A link for every temporary file that a process of one of these numbers would make."""
    (place.run / 'report').mkdir()
    for pid in range(1, 4194304 if os.environ.get('NONTRIVIAL_EVERY_PID') else 100):
        (place.run / 'report' / f'index.html.{pid}.tmp').symlink_to(place.outside / 'secret')


def walk(value, path=()):
    """Every number and text of a JSON value, by its path."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from walk(item, (*path, key))
    elif isinstance(value, list):
        for i, item in enumerate(value[:2]):
            yield from walk(item, (*path, i))
    else:
        yield path, value


def put(root, path, value):
    for key in path[:-1]:
        root = root[key]
    root[path[-1]] = value


ODD_NUMBERS = (-1, 0, 1, 2 ** 31 - 1, -2 ** 31, 2 ** 31, 2 ** 63 - 1, -2 ** 63, 1e308, -0.5, 'text', None, [], {}, True)
ODD_TEXTS = ('../../outside/secret', '/etc/passwd', '', 'x' * 70000, 'a\x1b[2J', '\u202e', "'; system('touch /tmp/x') ; '",
             '$(id)', '<script>alert(1)</script>', 5, None, [], {})


def numbers(sound, name):
    """Each field of a JSON file, with values that it never has: a few of them for each, in turn."""
    root = json.loads((sound / name).read_text())
    turn = 0
    for path, value in walk(root):
        odd = ODD_TEXTS if isinstance(value, str) else ODD_NUMBERS
        turn += 1
        wrong = odd[turn % len(odd)]

        def change(place, path=path, wrong=wrong):
            changed = json.loads((place.run / name).read_text())
            put(changed, path, wrong)
            (place.run / name).write_text(json.dumps(changed))
        yield f'{name} {".".join(map(str, path))} = {wrong!r:.40}', change


def header(change):
    """A change of outcomes.bin's header, whose length is mended."""
    def make(place):
        path = place.run / 'outcomes.bin'
        data = path.read_bytes()
        length, = struct.unpack('<Q', data[:8])
        root = json.loads(data[8:8 + length])
        change(root)
        text = json.dumps(root).encode()
        path.write_bytes(struct.pack('<Q', len(text)) + text + data[8 + length:])
    return make


def packed(sound):
    data = (sound / 'outcomes.bin').read_bytes()
    root = json.loads(data[8:8 + struct.unpack('<Q', data[:8])[0]])
    for turn, (path, value) in enumerate(walk(root)):
        odd = ODD_TEXTS if isinstance(value, str) else ODD_NUMBERS
        for wrong in (odd[turn % len(odd)], odd[(turn * 7 + 3) % len(odd)]):
            yield f'outcomes.bin {".".join(map(str, path))} = {wrong!r:.40}', header(
                lambda changed, path=path, wrong=wrong: put(changed, path, wrong))
    for length in (0, 1, 7, 8, 9, 2 ** 32, 2 ** 63, 2 ** 64 - 1):
        yield f'outcomes.bin: a header of {length}', lambda place, length=length: (
            place.run / 'outcomes.bin').write_bytes(struct.pack('<Q', length) + data[8:])


def metrics(sound):
    lines = (sound / 'seed-3' / 'metrics.csv').read_text().splitlines()
    for row in ('-1' + lines[1][1:], '0' + lines[1][1:], '99999999999' + lines[1][1:], 'nan' + lines[1][1:],
                '1,,,,,,', '1,nan,nan,nan,nan,nan,nan', '1,1e999,-1e999,inf,-inf,0x1p9,1', '1,2', '', 'x' * 100000,
                ',' * 100000, '=1+1,2,3,4,5,6,7', '2147483647' + lines[1][1:]):
        yield f'metrics.csv {row[:30]!r}', replace('seed-3/metrics.csv', content('\n'.join([lines[0], row]) + '\n'))


def main():
    with tempfile.TemporaryDirectory() as top:
        top = pathlib.Path(top)
        sound = top / 'sound'
        suite = small_run.write_suite(top, 60, seeds=[3])
        small_run.caller(PROGRAM)('run', suite, '--out', sound, '--quiet')
        place, count = Place(top, sound), 0
        stubs = top / 'stubs'
        stubs.mkdir()
        for name, script in STUBS.items():
            (stubs / name).write_text('#!/bin/sh\n' + script)
            (stubs / name).chmod(0o755)
        look.environment = {**os.environ, 'NO_COLOR': '1', 'PATH': f'{stubs}:{os.environ["PATH"]}'}
        table = [(what, change, (), False) for what, change in things_in_place()]
        changed = [*numbers(sound, 'results.json'), *numbers(sound, 'source/run.json'), *packed(sound), *metrics(sound)]
        table += [(what, change, (), True) for what, change in changed[::1 if '--full' in sys.argv else 16]]
        table += [(*row, False) for row in (*overlays(), *report_places(), ('temporary files', everywhere, ()))]
        only = re.compile(os.environ.get('NONTRIVIAL_ONLY', ''))
        for what, change, refused, few in table:
            if only.search(what):
                place.attempt(what, change, refused, few)
                count += 1
        print(f'{count} attempts')
    return 0


sys.exit(main())
