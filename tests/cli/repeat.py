#!/usr/bin/env python3
"""Runs that describe themselves: repeat.py NONTRIVIAL ROOT

What a run folder holds in source/, repeating a run from it (in place, elsewhere, after the folder was moved and
what it came from is gone), and what is said where weights or data are lacking."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
ROOT = pathlib.Path(sys.argv[2]).resolve()
EXAMPLE = ROOT / 'experiments' / 'example'
FAULTS = []

BLOCKS = """version: 1
blocks:
  unit:
    nodes:
      conv: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}
      bn: {op: batch_norm}
      relu: {op: relu}
"""
GRAPH = """version: 1
graph: small          # a comment that stays
include: [parts/unit.yaml, "../other/unit.yaml"]
input: [1, 32, 32]
nodes:
  first: {block: unit}
  second: {block: other}
  head: {op: conv2d, channels: 2, kernel: 1}
"""
HOOK = """return function(net, options)
  local cases = {}
  for _, conv in ipairs(net:nodes("conv2d")) do
    if conv.name ~= options.but then cases[#cases + 1] = {name = conv.name, zero = {conv}} end
  end
  return cases, options.list and type(options.list[3]) or ""
end
"""
SUITE = """version: 1
suite: masks
graph: nets/small.yaml
data: {kind: phantom, size: 32, train: 4, test: 3, slices: 1, hold_out: 1}
train:
  epochs: 1
  batch: 4
  loss: [{op: softmax_cross_entropy}, {op: dice_loss, weight: 0.5}]
  optimiser: {kind: sgd, momentum: 0.9}
  schedule: {kind: constant, rate: 0.01}
  augment: [flip, {crop: {pad: 2}}]
seeds: [0, 1]
groups:
  one: {hook: a/each.lua, title: 'A "title": é', options: {but: "head", list: [1, 2.5, "true"]}}
  two: {hook: b/each.lua, options: {but: 'no: such'}}
"""


def run(*words, status=0, **environment):
    values = {name: value for name, value in os.environ.items() if name != 'NONTRIVIAL_DATA'}
    process = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, check=False,
                             env={**values, **environment})
    expect(process.returncode == status, f'{words}: status {process.returncode}\n{process.stderr}')
    return process


def expect(holds, what):
    if not holds:
        FAULTS.append(what)
        print(f'FAILED: {what}')


def bytes_of(path):
    """Of metrics.csv all but the last column, the seconds."""
    if path.name != 'metrics.csv':
        return path.read_bytes()
    return b'\n'.join(line.rpartition(b',')[0] for line in path.read_bytes().splitlines())


def contents(folder):
    return {str(path.relative_to(folder)): bytes_of(path) for path in sorted(pathlib.Path(folder).rglob('*'))
            if path.is_file() and path.name != 'outcomes.sqlite'}


def equal(a, b):
    """Whether two run folders hold the same but for when and from where they were run."""
    a, b = contents(a), contents(b)
    return {name for name in a.keys() | b.keys() if a.get(name) != b.get(name)} <= {'source/run.json'}


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding='utf-8')


def make_suite(folder):
    write(folder, 'masks.yaml', SUITE)
    write(folder, 'nets/small.yaml', GRAPH)
    write(folder, 'nets/parts/unit.yaml', BLOCKS)
    write(folder, 'other/unit.yaml', BLOCKS.replace('unit:', 'other:'))
    write(folder, 'a/each.lua', HOOK)
    write(folder, 'b/each.lua', '-- another\n' + HOOK)


def check_source(folder):
    """Names and digests of what is there, in run.json and in results.json."""
    source = folder / 'source'
    record = json.loads((source / 'run.json').read_text())
    provenance = json.loads((folder / 'results.json').read_text())['provenance']
    named = {item['file']: item['sha256'] for item in record['files']}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in source.iterdir()
             if path.name != 'run.json'}
    expect(named == found, f'run.json names {named}, there is {found}')
    expect({item['file']: item['sha256'] for item in provenance['source']} == named, 'results.json names other files')
    expect(record['suite_sha256'] == provenance['suite_sha256'], 'suite_sha256')
    expect(record['data_sha256'] == provenance['data_sha256'], 'data_sha256')
    expect('date' in record and record['processor'] and record['build'] == provenance['build'], 'run.json lacks something')
    return record


def trained(folder):
    make_suite(folder)
    first = folder / 'first'
    run('run', folder / 'masks.yaml', '--set', 'train.batch=3', '--out', first, '--quiet')
    record = check_source(first)
    expect(record['overrides'] == ['train.batch=3'], f"overrides {record['overrides']}")
    expect(record['command'][:2] == ['nontrivial', 'run'] and '--set' in record['command'], f"command {record['command']}")
    names = sorted(path.name for path in (first / 'source').iterdir())
    expect(names == ['each-2.lua', 'each.lua', 'run.json', 'small.yaml', 'suite.yaml', 'unit-2.yaml', 'unit.yaml'], names)
    copy = (first / 'source' / 'small.yaml').read_text()
    expect(copy == GRAPH.replace('parts/unit.yaml', '"unit.yaml"').replace('"../other/unit.yaml"', '"unit-2.yaml"'), copy)
    results = json.loads((first / 'results.json').read_text())
    expect([group['hook'] for group in results['groups']] == ['each.lua', 'each-2.lua'], 'hooks are not called as their copies')
    expect(results['groups'][0]['remark'] == 'string', 'an option is of another type')
    expect('batch: 3\n' in (first / 'source' / 'suite.yaml').read_text(), 'the override is not in suite.yaml')
    for name in ('masks.yaml', 'nets', 'other', 'a', 'b'):  # only the folder is left
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    moved = folder / 'moved'
    before = contents(first)
    first.rename(moved)
    run('run', moved, '--quiet')
    expect(contents(moved) == before, 'repeating in place changed the folder')
    again = folder / 'again'
    run('run', moved, '--out', again, '--quiet')
    expect(equal(moved, again), 'repeating elsewhere gave another run')
    shutil.rmtree(again / 'seed-1')
    (again / 'results.json').unlink()
    run('run', again, '--quiet')
    expect(equal(moved, again), 'what was lost was not made again')
    refused = run('run', again, '--set', 'train.epochs=2', '--quiet', status=3)
    expect('epochs' in refused.stderr, refused.stderr)
    expect(equal(moved, again), 'a training that was refused changed the folder')
    run('run', again, '--set', 'groups.two.title=Other', '--quiet')
    expect('title: "Other"' in (again / 'source' / 'suite.yaml').read_text(), 'the title is not kept')
    check_source(again)


def given(folder):
    """Weights and data stay where they are, and are missed where they aren't."""
    folder.mkdir()
    data, weights = folder / 'data' / 'example', folder / 'weights.safetensors'
    shutil.copytree(EXAMPLE, data)
    shutil.copy(EXAMPLE / 'resnet8.safetensors', weights)
    first, again = folder / 'first', folder / 'again'
    suite = (ROOT / 'experiments' / 'example.yaml').read_text()
    suite = suite.replace('root: example', 'root: data/example').replace('example/resnet8', 'weights')
    write(folder, 'given.yaml', suite + 'evaluate: {limit: 10}\n')
    run('run', folder / 'given.yaml', '--out', first, '--quiet')
    record = check_source(first)
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    expect([(w['key'], w['file'], w['from'], w['sha256']) for w in record['weights']]
           == [('weights', 'weights.safetensors', str(weights.resolve()), digest)], record['weights'])
    run('run', first, '--out', again, '--quiet')
    expect(equal(first, again), 'repeating with the weights where they were gave another run')
    away = folder / 'away.safetensors'
    weights.rename(away)
    missed = run('run', first, '--out', folder / 'none', '--quiet', status=3).stderr
    expect(digest in missed and str(weights) in missed and '--set weights=' in missed, missed)
    expect(not (folder / 'none').exists(), 'a run that lacks weights left a folder')
    write(folder, 'weights.safetensors', 'another')
    missed = run('run', first, '--quiet', status=3).stderr
    expect('another file' in missed, missed)
    run('run', first, '--set', f'weights={away}', '--out', folder / 'set', '--quiet')
    expect((folder / 'set/results.csv').read_bytes() == (first / 'results.csv').read_bytes(), 'weights given by --set')
    shutil.copy(away, first / 'source' / 'weights.safetensors')
    shutil.rmtree(again)
    run('run', first, '--out', again, '--quiet')
    (first / 'source' / 'weights.safetensors').unlink()
    expect(equal(first, again), 'repeating with the weights beside the suite gave another run')
    away.rename(folder / 'w') and (folder / 'w').replace(weights)
    (folder / 'data').rename(folder / 'elsewhere')
    missed = run('run', first, '--quiet', status=3).stderr
    expect(record['data_sha256'] in missed and 'NONTRIVIAL_DATA' in missed and 'data.root' in missed, missed)
    (folder / 'shared').mkdir()
    (folder / 'elsewhere').rename(folder / 'shared' / 'data')
    shutil.rmtree(again)
    run('run', first, '--out', again, '--quiet', NONTRIVIAL_DATA=str(folder / 'shared'))
    expect(equal(first, again), 'repeating with the data under NONTRIVIAL_DATA gave another run')
    images = folder / 'shared' / 'data' / 'example' / 'test_batch.bin'
    images.write_bytes(images.read_bytes()[:-1] + b'\0')
    other = run('run', first, '--quiet', status=3, NONTRIVIAL_DATA=str(folder / 'shared')).stderr
    expect('are not those of the run' in other, other)


def without(folder):
    """A folder of an earlier version has no source/, and can still be asked."""
    folder.mkdir()
    old = folder / 'old'
    run('run', ROOT / 'experiments' / 'example.yaml', '--set', 'evaluate.limit=5', '--out', old, '--quiet')
    shutil.rmtree(old / 'source')
    refused = run('run', old, status=3).stderr
    expect("doesn't hold the suite" in refused, refused)
    expect(run('results', old, '--csv').stdout == (old / 'results.csv').read_text(), 'results of an old folder')


def main():
    with tempfile.TemporaryDirectory() as name:
        for check in (trained, given, without):
            check(pathlib.Path(name).resolve() / check.__name__)
    print('failed' if FAULTS else 'passed')
    return 1 if FAULTS else 0


sys.exit(main())
