#!/usr/bin/env python3
"""Cases that are the same function: same.py NONTRIVIAL ROOT

Three convolutions in series in a branch, without biases: whichever is zeroed, and if the branch is dropped, the
network is the same function. That is said, it is computed once, and the results are those of each case by itself; a
case that can't be made is no obstacle.
"""
import csv
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
ROOT = pathlib.Path(sys.argv[2]).resolve()

GRAPH = """version: 1
graph: series
input: [3, 32, 32]
nodes:
  stem: {op: conv2d, channels: 4, kernel: 3, stride: 2, pad: 1}
  branch:
    nodes:
      a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}
      relu: {op: relu}
      b: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}
      pool: {op: max_pool, kernel: 3, stride: 1, pad: 1}
      c: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}
  add: {op: add, from: [branch, stem]}
  mixed: {op: relu}
  late: {op: conv2d, channels: 8, kernel: 3, pad: 1}
  last: {op: relu}
  left: {op: conv2d, channels: 8, kernel: 1, bias: false}
  right: {op: conv2d, from: last, channels: 8, kernel: 1, bias: false}
  two: {op: add, from: [left, right]}
  pool: {op: global_avg_pool}
  fc: {op: linear, features: 10}
"""
CASES = {'first': [('stem', 'zero', 'stem'), ('late', 'zero', 'late'), ('a', 'zero', 'branch.a')],
         'more': [('b', 'zero', 'branch.b'), ('c', 'zero', 'branch.c'), ('late', 'zero', 'late')],
         'other': [('broken', 'drop', 'two'), ('drop', 'drop', 'add')]}
SUITE = """version: 1
suite: series
graph: net.yaml
data: {{kind: cifar10, root: {root}}}
weights: net.safetensors
groups:
"""
NOTES = {'more': ["the cases 'b' and 'c' are the same function as 'first/a': one graph computes it once"],
         'other': ["the case 'drop' is the same function as 'first/a': one graph computes it once"]}


def write_weights(path, shapes):
    header, data, number = {}, b'', 0
    for name, shape in shapes.items():
        count = 1
        for size in shape:
            count *= size
        scale = 0.01 if name.endswith('bias') else 1
        values = [scale * ((number + i) * 7919 % 1009 - 504) / 1000 for i in range(count)]
        number += count
        header[name] = {'dtype': 'F32', 'shape': shape, 'data_offsets': [len(data), len(data) + 4 * count]}
        data += struct.pack(f'<{count}f', *values)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack('<Q', len(text)) + text + data)


def hook_of(cases):
    rows = ', '.join(f'{{name = "{name}", {kind} = "{layer}"}}' for name, kind, layer in cases)
    return f'return function(net) return {{{rows}}} end\n'


def write_suite(folder, name, groups):
    text = SUITE.format(root=ROOT / 'experiments' / 'example')
    for group in groups:
        text += f'  {group}: {{hook: {group}.lua}}\n'
    (folder / name).write_text(text)


def run(*words, cwd, status=0):
    done = subprocess.run([PROGRAM, *words], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != status:
        sys.exit(f'{words}: status {done.returncode}\n{done.stdout}{done.stderr}')
    return done


def expect(found, wanted, what):
    if found != wanted:
        sys.exit(f'{what}: {found!r}, not {wanted!r}')


def check_plan(folder):
    """Cases that are the same function as others take nothing: of `late`, its repetition shares all, too."""
    plans = [json.loads(run('run', f'{name}.yaml', '--plan', '--json', cwd=folder).stdout)
             for name in ('first', 'all')]
    expect([plan['cases'] for plan in plans], [4, 9], 'cases with the baseline')
    for key in ('executed', 'nodes'):
        expect(plans[1]['merged'][key], plans[0]['merged'][key], f'{key} of one graph')
    if plans[1]['loop']['executed'] <= plans[0]['loop']['executed']:
        sys.exit('cases by themselves take nothing')


def main():
    with tempfile.TemporaryDirectory(prefix='nontrivial-') as temporary:
        folder = pathlib.Path(temporary)
        (folder / 'net.yaml').write_text(GRAPH)
        conv = [4, 4, 3, 3]
        write_weights(folder / 'net.safetensors',
                      {'stem.weight': [4, 3, 3, 3], 'stem.bias': [4], 'branch.a.weight': conv, 'branch.b.weight': conv,
                       'branch.c.weight': conv, 'late.weight': [8, 4, 3, 3], 'late.bias': [8],
                       'left.weight': [8, 8, 1, 1], 'right.weight': [8, 8, 1, 1],
                       'fc.weight': [10, 8], 'fc.bias': [10]})
        for group, cases in CASES.items():
            (folder / f'{group}.lua').write_text(hook_of(cases))
        write_suite(folder, 'first.yaml', ['first'])
        write_suite(folder, 'all.yaml', CASES)

        said = [f"in the group '{group}' {note}" for group, notes in NOTES.items() for note in notes]
        for suite, notes in (('first.yaml', []), ('all.yaml', said)):
            lines = run('check', suite, cwd=folder).stderr.splitlines()
            expect([line for line in lines if 'function' in line], notes, f'check {suite}')
        check_plan(folder)
        run('run', 'all.yaml', '--out', 'one', '--quiet', cwd=folder, status=1)  # for the broken one
        run('run', 'all.yaml', '--out', 'each', '--one-by-one', '--quiet', cwd=folder, status=1)
        for name in ('results.csv', 'outcomes.bin'):
            expect((folder / 'one' / name).read_bytes(), (folder / 'each' / name).read_bytes(), f'{name} one by one')
        groups = {group['group']: group for group in json.loads((folder / 'one/results.json').read_text())['groups']}
        for group in CASES:
            expect(groups[group].get('notes', []), NOTES.get(group, []), f'notes of {group}')
        with open(folder / 'one/results.csv', encoding='utf-8') as table:
            correct = {row['case']: row['correct'] for row in csv.DictReader(table)}
        expect({name for name in correct if correct[name] == correct['a']}, {'a', 'b', 'c', 'drop'}, 'cases like a')


if __name__ == '__main__':
    main()
