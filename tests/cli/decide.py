#!/usr/bin/env python3
"""Cases that end as soon as their verdict is certain: decide.py NONTRIVIAL

A network of three branches whose part in the answer is known: one decides all images but a few, one those few,
one none. So it is known which of them must be decided early, and in what way the others must come out."""
import csv
import io
import json
import os
import pathlib
import sqlite3
import struct
import subprocess
import sys
import tempfile

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
IMAGES, RARE = 2500, 30   # 1.2 % of the images take the branch `rare`
NAMES = ('main', 'rare', 'idle')

GRAPH = """version: 1
graph: branches
input: [1, 2, 2]
nodes:
  main: {op: conv2d, channels: 2, kernel: 2}
  rare: {op: conv2d, channels: 2, kernel: 2, bias: false, from: input}
  idle: {op: conv2d, channels: 2, kernel: 2, bias: false, from: input}
  some: {op: add, from: [main, rare]}
  all:  {op: add, from: [some, idle]}
  pool: {op: global_avg_pool}
"""
EACH = """return function(net)
  local cases = {}
  for _, conv in ipairs(net:nodes("conv2d")) do cases[#cases + 1] = {name = conv.name, zero = {conv}} end
  return cases
end
"""
SUITE = """version: 1
suite: branches
graph: net.yaml
data: {kind: idx, root: data, classes: 2, normalise: {mean: [0], deviation: [1]}}
weights: w.safetensors
evaluate: {batch: 256}
groups:
  each:  {hook: each.lua}
  again: {hook: each.lua}
"""


def write_weights(path):
    """Class 1 has logit 2 s - 1 + 4 up - 4 down against 0, for the pixels s, up and down."""
    zero, tensors = [0.0] * 4, {'main.weight': [0.0] * 4 + [2.0, 0.0, 0.0, 0.0], 'main.bias': [0.0, -1.0]}
    tensors['rare.weight'] = zero + [0.0, 4.0, -4.0, 0.0]
    tensors['idle.weight'] = zero + zero
    header, data = {}, b''
    for name, values in tensors.items():
        piece = struct.pack(f'<{len(values)}f', *values)
        header[name] = {'dtype': 'F32', 'shape': [2] if len(values) == 2 else [2, 1, 2, 2],
                        'data_offsets': [len(data), len(data) + len(piece)]}
        data += piece
    text = json.dumps(header).encode()
    text += b' ' * (-len(text) % 8)
    path.write_bytes(struct.pack('<Q', len(text)) + text + data)


def write_images(folder, prefix):
    folder.mkdir(exist_ok=True)
    pixels, labels = bytearray(), bytearray()
    for i in range(IMAGES):
        s, rare = i % 2, i % (IMAGES // RARE) == 0 and i // (IMAGES // RARE) < RARE
        pixels += bytes([255 * s, 255 * (rare and not s), 255 * (rare and s), i % 200])
        labels.append(s ^ rare)
    (folder / f'{prefix}-images-idx3-ubyte').write_bytes(struct.pack('>4I', 0x803, IMAGES, 2, 2) + pixels)
    (folder / f'{prefix}-labels-idx1-ubyte').write_bytes(struct.pack('>2I', 0x801, IMAGES) + labels)


class Work:
    def __init__(self, folder):
        self.folder = folder
        (folder / 'net.yaml').write_text(GRAPH)
        (folder / 'each.lua').write_text(EACH)
        (folder / 'suite.yaml').write_text(SUITE)
        write_weights(folder / 'w.safetensors')
        for prefix in ('train', 't10k'):
            write_images(folder / 'data', prefix)

    def call(self, *words, status=0):
        result = subprocess.run([PROGRAM, *words], cwd=self.folder, capture_output=True, text=True,
                                env={**os.environ, 'NO_COLOR': '1'}, check=False)
        assert result.returncode == status, f'{words}: status {result.returncode}\n{result.stdout}{result.stderr}'
        return result.stdout, result.stderr

    def run(self, out, *words):
        self.call('run', 'suite.yaml', '--out', out, *words)
        return {(r['group'], r['case']): r for r in csv.DictReader((self.folder / out / 'results.csv').open())}

    def text(self, out, name='results.csv'):
        return (self.folder / out / name).read_text()

    def dump(self, out):
        """What the store holds, whatever the order in which it came."""
        with sqlite3.connect(self.folder / out / 'outcomes.sqlite') as db:
            return [sorted(db.execute(f'SELECT {columns} FROM {table}'), key=repr) for table, columns in (
                ('measured', '*'), ('shard', '*'), ('sample', '*'), ('result', '*'))]


def early_ends_are_right(work):
    rows = work.run('early', '--decide')
    main, rare, idle = (rows['each', name] for name in NAMES)
    assert (main['total'], main['verdict']) == ('100', 'critical'), main
    assert idle['verdict'] == 'trivial' and 100 < int(idle['total']) < IMAGES, idle
    assert rare['verdict'] == 'undecided' and int(rare['total']) <= IMAGES, rare
    assert rows['baseline', 'baseline']['total'] == str(IMAGES)
    for row in (main, rare, idle):
        assert float(row['change_low_95']) <= float(row['change_low_90']) <= float(row['change']), row
        assert float(row['change']) <= float(row['change_high_90']) <= float(row['change_high_95']), row
    results = json.loads(work.text('early', 'results.json'))['groups'][0]['cases']
    said = {c['case']: c['results'][0] for c in results}
    assert all(r['decide'] == 'true' for r in said.values()), said
    assert said['main']['decision'] == 'critical' and said['idle']['decision'] == 'trivial', said
    assert said['rare'].get('decision') == ('given up' if int(rare['total']) < IMAGES else None), said
    with sqlite3.connect(work.folder / 'early' / 'outcomes.sqlite') as db:
        stored = db.execute('SELECT case_name, decide, samples, decision FROM result WHERE group_name = ?'
                            ' ORDER BY position', ('each',)).fetchall()
    assert stored == [(n, 'true', said[n]['total'], said[n].get('decision')) for n in NAMES], stored


def results_are_those_of_the_run(work):
    assert work.call('results', 'early', '--csv')[0] == work.text('early')
    assert 'byte for byte' in work.call('results', 'early', '--recompute')[0]
    assert "In 'each', 'again' a case ended as soon as" in work.call('results', 'early', '--method')[0]
    out = work.call('results', 'early', '--group', 'each')[0]
    assert 'images' in out and 'critical' in out, out


def nothing_is_measured_twice(work):
    before, bytes_before = work.dump('early'), work.text('early', 'results.json')
    _, err = work.call('run', 'suite.yaml', '--out', 'early', '--decide', '--quiet')
    assert work.dump('early') == before and work.text('early', 'results.json') == bytes_before, err
    work.run('alone', '--decide', '--one-by-one')
    assert work.text('alone') == work.text('early') and work.dump('alone') == before


def full_goes_on(work):
    work.run('full')
    work.run('early', '--full')
    assert work.text('early') == work.text('full') and work.dump('early') == work.dump('full')
    assert work.text('early', 'results.json') == work.text('full', 'results.json')
    fresh = work.run('whole', '--decide')     # and what is measured whole is decided in the same way
    work.run('full', '--decide')
    assert work.text('full') == work.text('whole'), fresh


def tensors_of_edits_serve_what_is_left(work):
    """Mean outputs and noisy kernels are made for all cases at once; those that are left go on with the same."""
    (work.folder / 'kinds.lua').write_text("""return function(net)
  local cases = {}
  for _, conv in ipairs(net:nodes("conv2d")) do
    cases[#cases + 1] = {name = "mean " .. conv.name, mean = {conv}}
    cases[#cases + 1] = {name = "noise " .. conv.name, noise = {conv, deviation = 0.2, seed = 3}}
  end
  return cases
end
""")
    kinds = '--set', 'groups.each.hook=kinds.lua', '--set', 'evaluate.calibration=500'
    rows = work.run('kinds', '--decide', *kinds)
    assert len({r['total'] for r in rows.values()}) > 2, rows
    work.run('kinds', '--full', *kinds)
    work.run('kinds-whole', *kinds)
    assert work.text('kinds') == work.text('kinds-whole') and work.dump('kinds') == work.dump('kinds-whole')


def groups_decide_for_themselves(work):
    rows = work.run('mixed', '--set', 'groups.each.decide=true')
    assert 'byte for byte' in work.call('results', 'mixed', '--recompute')[0]
    work.call('run', 'mixed', '--out', 'mixed-again', '--quiet')
    assert work.text('mixed-again', 'results.json') == work.text('mixed', 'results.json')
    assert (work.folder / 'mixed-again/outcomes.bin').read_bytes() == (work.folder / 'mixed/outcomes.bin').read_bytes()
    assert rows['each', 'main']['total'] == '100' and rows['again', 'main']['total'] == str(IMAGES), rows
    assert rows['again', 'main'] == {**next(
        r for r in csv.DictReader(io.StringIO(work.text('whole'))) if r['case'] == 'main'), **rows['again', 'main']}
    rows = work.run('forced', '--full', '--set', 'groups.each.decide=true')
    assert rows['each', 'main']['total'] == str(IMAGES), rows


def a_test_set_is_known_in_the_end(work):
    """Of these images the mean is -0.012 and no other; so the loss of more than 1 % is certain."""
    rows = work.run('set', '--set', 'decide=test_set')
    assert rows['each', 'rare']['verdict'] == 'critical' and rows['each', 'idle']['verdict'] == 'trivial', rows
    assert int(rows['each', 'rare']['total']) > 1000, rows


def what_cannot_be_is_refused(work):
    _, err = work.call('run', 'suite.yaml', '--out', 'no', '--decide', '--full', status=2)
    assert "--decide and --full don't go together" in err, err
    for words in (('--decide',), ('--set', 'decide=true')):
        _, err = work.call('run', 'suite.yaml', '--out', 'no', '--set', 'evaluate.batch_norm=batch', *words, status=3)
        assert "can't be decided early with 'batch_norm: batch'" in err, err
    _, err = work.call('check', 'suite.yaml', '--set', 'decide=maybe', status=3)
    assert "decide is 'false', 'true' or 'test_set', not 'maybe'" in err, err
    (work.folder / 'map.yaml').write_text("""version: 1
graph: map
input: [1, 16, 16]
nodes:
  head: {op: conv2d, channels: 2, kernel: 1}
""")
    (work.folder / 'patients.yaml').write_text("""version: 1
suite: patients
graph: map.yaml
data: {kind: phantom, train: 2, test: 2, slices: 1, size: 16, times: [1000]}
train: {epochs: 1, batch: 2, loss: {op: softmax_cross_entropy}, optimiser: {kind: sgd}, schedule: {kind: constant, rate: 0.01}}
groups: {each: {hook: each.lua}}
""")
    _, err = work.call('run', 'patients.yaml', '--out', 'no', '--decide', status=3)
    assert "can't be decided early on images of patients" in err, err
    assert not (work.folder / 'no').exists()


def main():
    with tempfile.TemporaryDirectory() as folder:
        work = Work(pathlib.Path(folder))
        for check in (early_ends_are_right, results_are_those_of_the_run, nothing_is_measured_twice, full_goes_on,
                      tensors_of_edits_serve_what_is_left, groups_decide_for_themselves,
                      a_test_set_is_known_in_the_end, what_cannot_be_is_refused):
            check(work)
            print(f'ok {check.__name__}')


main()
