#!/usr/bin/env python3
"""An installed copy: install.py MESON BUILD NONTRIVIAL SOURCE

Installs the build into a folder, moves what was installed elsewhere, and gives each command by example there, in a
clean folder, while the source tree and the build can't be seen (where the system lets a process hide them from
itself; in any case no installed file names them). What comes with the program is found by name, one's own files
first, and makes no difference to what a run is: the program of the build goes on with an installed one's."""
import functools
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

MESON = sys.argv[1]
BUILD, PROGRAM, SOURCE = (pathlib.Path(word).resolve() for word in sys.argv[2:5])

# Mounts empty folders over the folders that are named before `--`, then runs what is behind it.
HIDE = 'while [ "$1" != -- ]; do mount -t tmpfs -o ro none "$1" || exit 99; shift; done; shift; exec "$@"'


def expect(truth, what):
    if not truth:
        sys.exit(str(what))


@functools.cache
def hiding():
    """What comes before a command that is not to see where the program was made."""
    inner = [str(BUILD)] if SOURCE not in BUILD.parents else []
    words = ['unshare', '--map-root-user', '--mount', 'sh', '-c', HIDE, 'sh', *inner, str(SOURCE), '--']
    try:
        if subprocess.run([*words, 'test', '!', '-e', str(PROGRAM)], capture_output=True, check=False).returncode == 0:
            return words
    except FileNotFoundError:
        pass
    print('the source tree is within reach: no namespace of mounts is to be had here')
    return []


class Copy:
    """The installed program, in a clean folder."""

    def __init__(self, prefix, folder):
        self.prefix, self.folder, self.used = prefix, folder, set()
        self.share, self.program = prefix / 'share/nontrivial', prefix / 'bin/nontrivial'
        self.environment = {name: value for name, value in os.environ.items() if 'SAN_OPTIONS' in name}
        self.environment |= {'PATH': f'{prefix}/bin:/usr/bin:/bin', 'HOME': str(folder), 'LC_ALL': 'C.UTF-8'}

    def __call__(self, *words, status=0):
        """What the command prints, or says where it is to fail."""
        words = [str(word) for word in words]
        done = subprocess.run([*hiding(), self.program, *words], cwd=self.folder, env=self.environment, text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, check=False)
        expect(done.returncode == status, f'{words}: status {done.returncode}\n{done.stdout}{done.stderr}')
        expect(str(SOURCE) not in done.stdout + done.stderr, f'{words} names the source tree:\n{done.stdout}')
        self.used.add(words[0])
        return done.stderr if status else done.stdout


def install(folder):
    """Where bin/ and share/ are, after they were moved."""
    subprocess.run([MESON, 'install', '-C', BUILD, '--no-rebuild', '--quiet', '--destdir', folder / 'stage'], check=True,
                   stdout=subprocess.DEVNULL)
    program, = (folder / 'stage').rglob('bin/nontrivial')
    prefix = folder / 'moved'
    program.parent.parent.rename(prefix)
    return prefix


def check_files(prefix):
    """All is there, and none of it knows of this machine."""
    share = prefix / 'share/nontrivial'
    for name in ('graphs/resnet18.yaml', 'graphs/blocks/residual.yaml', 'experiments/quickstart.yaml',
                 'experiments/lua/each_layer.lua', 'annotations/nontrivial.lua', 'schemas/graph.schema.json'):
        expect((share / name).is_file(), f'{name} is not installed')
    for name in ('experiments/results', 'experiments/init', 'experiments/lua/nontrivial.lua', 'graphs/from_torch.py'):
        expect(not (share / name).exists(), f'{name} is installed')
    for tool in ('nontrivial-from-torch', 'nontrivial-bench-torch'):
        expect(os.access(prefix / 'bin' / tool, os.X_OK), f'{tool} is no program')
    for path in (path for path in prefix.rglob('*') if path.is_file()):
        text = path.read_bytes()
        expect(str(SOURCE).encode() not in text and str(BUILD).encode() not in text, f'{path} names where it was made')


def check_pages(prefix, commands):
    manual = {path.name for path in (prefix / 'share/man/man1').iterdir()}
    lacking = [name for name in commands if f'nontrivial-{name}.1' not in manual and name != 'help']
    expect(not lacking and 'nontrivial.1' in manual, f'no manual page for {lacking}')
    for name in ('bash-completion/completions/nontrivial.bash', 'zsh/site-functions/_nontrivial',
                 'fish/vendor_completions.d/nontrivial.fish'):
        text = (prefix / 'share' / name).read_text()
        expect(all(command in text for command in commands), f'{name} lacks a command')


def names(run):
    """Own files come first, then the program's; what is nowhere is said with where it was sought."""
    graph = run('show', 'resnet18', '--where').strip()
    expect(graph == str(run.share / 'graphs/resnet18.yaml'), graph)
    shutil.copy(graph, run.folder / 'resnet18.yaml')
    expect(run('show', 'resnet18', '--where') == 'resnet18.yaml\n', 'the own file does not come first')
    run('check', 'resnet18')  # which includes blocks/residual.yaml, from elsewhere
    run('diff', 'resnet18', graph)
    (run.folder / 'resnet18.yaml').rename(run.folder / 'own.yaml')
    run('check', 'own.yaml')
    said = run('show', 'resnet81', status=3)
    for words in ("'resnet18'", 'resnet81.yaml', str(run.share / 'graphs/resnet81.yaml')):
        expect(words in said, f'{words} is not in: {said}')
    suite = 'version: 1\nsuite: wrong\ngraph: resnet81\nweights: w\ndata: {kind: cifar10, root: example}\n'
    (run.folder / 'wrong.yaml').write_text(suite + 'groups: {one: {hook: each_layr}, two: {hook: lua/pairs.lua}}\n')
    said = run('check', 'wrong.yaml', '--no-data', status=3)
    for words in ("'resnet18'", "'each_layer'", str(run.share / 'experiments/lua/each_layr.lua'), "'pairs'"):
        expect(words in said, f'{words} is not in: {said}')
    (run.folder / 'block.yaml').write_text('version: 1\ngraph: own\ninput: [3, 32, 32]\ninclude: residual\nnodes:\n'
                                           '  unit: {block: basic, channels: 8}\n')
    run('check', 'block.yaml')
    for path in (run.folder / name for name in ('own.yaml', 'wrong.yaml', 'block.yaml')):
        path.unlink()


def tables(run):
    run('doctor')
    for words in (('ops', 'conv2d'), ('ablations', 'noise'), ('figures',), ('data',), ('data', 'phantom'),
                  ('help', 'suites')):
        run(*words)
    listed = {graph['graph'] for graph in json.loads(run('graphs', '--json'))}
    there = {path.stem for path in (run.share / 'graphs').glob('*.yaml')}
    expect(len(listed) == len(there) > 40, f'{listed ^ there}')
    kinds = re.findall(r'^  KIND +(.*(?:\n {7,}.*)*)', run('help', 'schema'), re.M)[0]
    schemas = {path.name.split('.')[0]: path for path in (run.share / 'schemas').iterdir()}
    for kind, path in schemas.items():
        expect(kind in kinds and run('schema', kind) == path.read_text(), f'{path} is not what the program says')
    words = set(re.findall(r'[a-z]+', re.sub(r'\([^)]*\)', '', kinds)))
    for kind in words - set(schemas):
        expect('there is no schema' in run('schema', kind, status=2), f'the schema {kind} is not installed')


def write_picture(path):
    """A PNG of noise, 40 × 40."""
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    rows = b''.join(b'\0' + bytes((7 * x * x + 13 * y + c * 50) % 256 for x in range(40) for c in range(3))
                    for y in range(40))
    path.write_bytes(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 40, 40, 8, 2, 0, 0, 0)) +
                     chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))


def networks(run):
    example = run.share / 'experiments/example'
    weights = ['--weights', example / 'resnet8.safetensors']
    write_picture(run.folder / 'picture.png')
    run('bench', 'resnet8', '--batch', 1, '--repeat', 1)
    run('eval', 'resnet8', *weights, '--data', f'cifar10:{example}', '--limit', 10, '--quiet')
    run('predict', 'resnet8', *weights, '--resize', 'picture.png', '--quiet')
    run('shrink', 'resnet8', *weights, '--remove', 'layer3.0.conv2', '--out', 'small', '--quiet')
    run('check', 'small/graph.yaml')
    run('data', f'cifar10:{example}')
    onnx = json.loads(run('doctor', '--json'))['build']['features']['onnx']
    run('export', 'resnet8', *weights, '--onnx', 'resnet8.onnx', status=0 if onnx else 2)


def starts(run):
    for kind in ('classify', 'segment', 'weights', 'torch'):
        run('init', kind, kind)
        run('check', f'{kind}/suite.yaml', '--no-data', status=3 if kind == 'torch' else 0)


def suites(run):
    """What comes along, whole and in parts, trained and not."""
    few = ['--set', 'evaluate.limit=20', '--quiet']
    run('check', 'example', 'phantom', 'resnet34')
    for path in sorted((run.share / 'experiments').glob('*.yaml')):
        run('check', path.stem, '--no-data')
        run('cases', path.stem)
    run('run', 'example', '--plan', *few)
    run('run', 'example', *few)
    run('run', 'example', *few[:2], '--out', 'runs/parts', '--shard', '1/2')
    run('run', 'example', *few[:2], '--out', 'runs/parts', '--shard', '2/2')
    run('merge', 'runs/parts', '--quiet')
    run('compare', 'runs/example', 'runs/parts')
    run('results', 'runs/example', '--recompute')
    run('report', 'runs/example', '--quiet')
    expect((run.folder / 'runs/example/report/index.html').is_file(), 'no page')
    tiny = {'set.width': 4, 'set.size': 32, 'data.size': 32, 'data.train': 4, 'data.test': 2, 'data.times': [500],
            'data.hold_out': 3, 'train.epochs': 1, 'train.batch': 4, 'groups': '{one: {hook: shortcuts}}'}
    run('train', 'phantom', '--quiet', *(word for key, value in tiny.items() for word in ('--set', f'{key}={value}')))
    run('runs')
    run('watch', 'runs/example', '--once')
    run('clean', '--all', 'runs', '--dry-run')


def same(run):
    """A run of the installed program is one of the program in the build, which finds other files by the same names."""
    folder = run.folder / 'runs/example'
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    words = ['run', 'example', '--set', 'evaluate.limit=20', '--quiet', '--out', folder]
    subprocess.run([PROGRAM, *words], check=True, stdout=subprocess.DEVNULL, cwd=run.folder)
    after = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    expect(before.keys() == after.keys(), f'other files: {before.keys() ^ after.keys()}')
    expect(before['results.csv'] == after['results.csv'], 'the results depend on where files were found')
    where = subprocess.run([PROGRAM, 'show', 'resnet18', '--where'], check=True, capture_output=True, text=True,
                           cwd=run.folder).stdout.strip()
    expect(where == str(SOURCE / 'graphs/resnet18.yaml'), f'in the build: {where}')


def main():
    with tempfile.TemporaryDirectory(prefix='nontrivial-') as temporary:
        temporary = pathlib.Path(temporary).resolve()
        (temporary / 'clean').mkdir()
        run = Copy(install(temporary), temporary / 'clean')
        commands = re.findall(r'^  ([a-z]+) ', run('help').split('nontrivial help TOPIC')[0], re.M)
        check_files(run.prefix)
        check_pages(run.prefix, commands)
        for part in (names, tables, networks, starts, suites, same):
            part(run)
        expect(set(commands) <= run.used, f'never given: {set(commands) - run.used}')
        print(f'{len(commands)} commands' + (', the source tree out of sight' if hiding() else ''))


if __name__ == '__main__':
    main()
