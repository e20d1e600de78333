#!/usr/bin/env python3
"""Files that are none, wherever a file is asked for: odd_files.py NONTRIVIAL SOURCE

A FIFO, a socket, a device and a folder as a graph, a suite, what they include, a hook, weights, a picture and the
files of each kind of data: each is refused at once, by its path and by what it is."""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile

PROGRAM, SOURCE = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
EXAMPLE, GRAPH = SOURCE / 'experiments' / 'example', SOURCE / 'graphs' / 'resnet8.yaml'
WEIGHTS = EXAMPLE / 'resnet8.safetensors'
SECONDS = 20  # a FIFO that is opened waits for ever
SUITE = f"""version: 1
suite: odd
graph: GRAPH
data: {{kind: cifar10, root: "{EXAMPLE}"}}
weights: WEIGHTS
evaluate: {{split: test, batch: 10}}
groups:
  each: {{hook: HOOK}}
"""
INCLUDING = """version: 1
graph: odd
input: [1, 4, 4]
include: ODD
nodes:
  one: {op: conv2d, channels: 3, kernel: 2}
"""
HOOK = 'return function(net) return {{name = "one", zero = {net:nodes("conv2d")[1]}}} end\n'
FEATURES = json.loads(subprocess.run([PROGRAM, 'doctor', '--json'], capture_output=True, text=True,
                                     check=False).stdout)['build']['features']


def make_odd(folder, sort):
    """A file of the sort that is called `odd`; what the program is to call it."""
    odd = folder / 'odd'
    if sort == 'fifo':
        os.mkfifo(odd)
        return 'is a FIFO (named pipe), not a regular file'
    if sort == 'folder':
        odd.mkdir()
        return 'is a folder, not a regular file'
    if sort == 'socket':
        here = os.getcwd()
        os.chdir(folder)  # the path of a socket is short
        with socket.socket(socket.AF_UNIX) as end:
            end.bind('odd')
        os.chdir(here)
        return 'is a socket, not a regular file'
    odd.symlink_to('/dev/zero')
    return 'is a device, not a regular file'


def suite(folder, **parts):
    text = SUITE
    for name, path in {'GRAPH': GRAPH, 'WEIGHTS': WEIGHTS, 'HOOK': folder / 'hook.lua', **parts}.items():
        text = text.replace(name, f'"{path}"')
    path = folder / 'suite.yaml'
    path.write_text(text)
    return path


def data_of(folder, kind, name, more=''):
    """Words of an evaluation on data of a kind, of which the file of that name is the odd one."""
    root = folder / kind
    root.mkdir()
    (root / name).symlink_to(folder / 'odd')
    return ['eval', GRAPH, '--weights', WEIGHTS, '--data', f'{kind}:{root}{more}', '--quiet']


def uses(folder):
    """(where an odd file is used, the command's words); of a data root all that can be said is that it is no folder."""
    odd = folder / 'odd'
    (folder / 'hook.lua').write_text(HOOK)
    (folder / 'including.yaml').write_text(INCLUDING.replace('ODD', f'"{odd}"'))
    idx, npy, t1 = folder / 'idx', folder / 'npy', folder / 't1'
    yield 'a graph', ['check', odd]
    yield 'a graph to show', ['show', odd]
    yield 'an include', ['check', folder / 'including.yaml']
    yield 'a suite', ['cases', odd]
    yield 'the graph of a suite', ['check', suite(folder, GRAPH=odd)]
    yield 'a hook', ['check', suite(folder, HOOK=odd)]
    yield 'the weights of a suite', ['run', suite(folder, WEIGHTS=odd), '--out', folder / 'run']
    yield 'weights', ['eval', GRAPH, '--weights', odd, '--data', f'cifar10:{EXAMPLE}', '--quiet']
    yield 'a picture', ['predict', GRAPH, '--weights', WEIGHTS, odd]
    yield 'a data root', ['data', f'idx:{odd}']
    yield 'cifar10', data_of(folder, 'cifar10', 'test_batch.bin')
    yield 'cifar100', data_of(folder, 'cifar100', 'test.bin')
    for name in ('train-images-idx3-ubyte', 't10k-images-idx3-ubyte.gz'):
        shutil.rmtree(idx, ignore_errors=True)
        words = data_of(folder, 'idx', name)
        (idx / name.replace('images-idx3', 'labels-idx1')).write_bytes(b'\0\0\x08\x01\0\0\0\0')
        yield f'idx, {name}', words
    words = data_of(folder, 'npy', 'x.npy', ',test_images=x.npy,test_labels=y.npy')
    (npy / 'y.npy').write_bytes(b'')
    yield 'npy', words
    (folder / 'folder' / 'test').mkdir(parents=True)
    for name in ('ant', 'bee'):
        (folder / 'folder' / 'test' / name).mkdir()
        (folder / 'folder' / 'test' / name / 'a.png').symlink_to(odd)
    yield 'folder', ['data', f'folder:{folder}/folder']
    (folder / 'pairs').mkdir()
    for part in ('images', 'masks'):
        (folder / 'pairs' / part).mkdir()
        (folder / 'pairs' / part / 'a.png').symlink_to(odd)
    yield 'pairs', ['eval', GRAPH, '--weights', WEIGHTS, '--data',
                    f'pairs:{folder}/pairs,images=images,masks=masks', '--quiet']
    if FEATURES['matio']:
        yield 't1', data_of(folder, 't1', 'T1Dataset210.mat')
    if FEATURES['nifti']:
        (folder / 'nifti').mkdir()
        for part in ('images', 'masks'):
            (folder / 'nifti' / part).mkdir()
            (folder / 'nifti' / part / 'a.nii.gz').symlink_to(odd)
        yield 'nifti', ['eval', GRAPH, '--weights', WEIGHTS, '--data',
                        f'nifti:{folder}/nifti,images=images,masks=masks', '--quiet']


def run(where, words, folder):
    try:
        return subprocess.run([PROGRAM, *words], cwd=folder, capture_output=True, text=True, timeout=SECONDS,
                              check=False, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        sys.exit(f'{where}: it waits: {words}')


def main():
    count = 0
    for sort in ('fifo', 'socket', 'device', 'folder'):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            what = make_odd(folder, sort)
            for where, words in uses(folder):
                if sort == 'folder' and where in ('nifti', 'folder', 'pairs', 'a picture', 'a data root'):
                    continue  # which are empty
                done = run(where, words, folder)
                expected = what
                if where == 'a data root':
                    expected = 'no folder'
                elif sort == 'folder' and where in ('an include', 'the graph of a suite', 'a hook'):
                    expected = 'there is no '
                status = 1 if where == 'a picture' else 3  # others might be good
                if done.returncode != status or expected not in done.stderr:
                    sys.exit(f'{sort} as {where}: status {done.returncode}, not "{what}":\n{done.stderr}')
                count += 1
    print(f'{count} refused at once')


main()
