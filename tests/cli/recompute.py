#!/usr/bin/env python3
"""Numbers computed anew: recompute.py NONTRIVIAL ROOT

Of classes and of masks, with one seed and with two: results --recompute makes both files from outcomes.bin alone,
without the store; what it packs says, read here in its own way, what results.csv and the report's figures of classes say;
and whatever is changed, it notices. The README's ten lines of NumPy are run where there is NumPy."""
import array
import csv
import importlib.util
import json
import math
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
ROOT = pathlib.Path(sys.argv[2]).resolve()
FAULTS = []

HOOK = """return function(net)
  local cases = {{name = "all", zero = net:nodes("conv2d")}}
  for _, conv in ipairs(net:nodes("conv2d")) do cases[#cases + 1] = {name = conv.name, zero = {conv}} end
  return cases
end
"""
TRAIN = """train:
  epochs: 2
  batch: 4
  loss: {op: softmax_cross_entropy}
  optimiser: {kind: sgd, momentum: 0.9}
  schedule: {kind: constant, rate: 0.1}
groups: {each: {hook: each.lua}}
"""
MASKS = """version: 1
graph: masks
input: [1, 32, 32]
nodes:
  conv1: {op: conv2d, channels: 4, kernel: 3, pad: 1}
  relu: {op: relu}
  conv2: {op: conv2d, channels: 2, kernel: 1}
"""
PHANTOM = 'version: 1\nsuite: masks\ngraph: masks.yaml\ndata: {kind: phantom, size: 32, train: 6, test: 5, slices: 2}\n'


def expect(holds, what):
    if not holds:
        FAULTS.append(what)
        print(f'FAILED: {what}')


def run(*words, status=0):
    process = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, check=False)
    expect(process.returncode == status, f'{words}: status {process.returncode}\n{process.stdout}{process.stderr}')
    return process.stdout + process.stderr


class Packed:
    """outcomes.bin as its format says."""

    def __init__(self, path):
        raw = path.read_bytes()
        size = int.from_bytes(raw[:8], 'little')
        self.head, self.data = json.loads(raw[8:8 + size]), raw[8 + size:]

    def values(self, index):
        """Of each image whether it is right, or its Dice."""
        outcome = self.head['outcomes'][index]
        at = outcome['offset']
        if self.head['metric'] == 'accuracy':
            return [self.data[at + i // 8] >> i % 8 & 1 for i in range(outcome['samples'])]
        width, classes = outcome['bytes'], self.head['classes']
        count = [int.from_bytes(self.data[i:i + width], 'little')
                 for i in range(at, at + outcome['samples'] * classes * 3 * width, width)]
        images = [count[i:i + 3 * classes] for i in range(0, len(count), 3 * classes)]
        def dice(counts):
            present = [2 * b / (p + t) for b, p, t in zip(counts[3::3], counts[4::3], counts[5::3]) if p + t > 0]
            return sum(present) / len(present) if present else 1
        return [dice(counts) for counts in images]


    def classes(self, case, labels, names):
        """Of each class the share of its images that are right, or its Dice over all; None: it is nowhere."""
        outcome = self.head['outcomes'][case['outcome']]
        at, count = outcome['offset'], self.head['outcomes'][case['outcome']]['samples']
        if self.head['metric'] == 'accuracy':
            right = self.values(case['outcome'])
            of = [[right[i] for i in range(count) if labels[i] == c] for c in range(len(names))]
            return [sum(one) / len(one) if one else None for one in of]
        width, found = outcome['bytes'], []
        for c in range(len(names)):
            sums = [sum(int.from_bytes(self.data[start:start + width], 'little') for start in
                        range(at + (3 * c + k) * width, at + count * len(names) * 3 * width, len(names) * 3 * width))
                    for k in range(3)]
            found.append(2 * sums[0] / (sums[1] + sums[2]) if sums[1] + sums[2] else None)
        return found


def check_classes(folder):
    """The maps of classes, of each group with one, of all cases that did not fail."""
    if not shutil.which('gnuplot') or not shutil.which('dot'):
        print('no gnuplot or no dot: the maps of classes were not looked at')
        return
    packed, results = Packed(folder / 'outcomes.bin'), json.loads((folder / 'results.json').read_text())
    names, labels = results['setup']['classes'], results['samples'].get('labels')
    run('report', folder, '--quiet')
    for group in results['groups']:
        of_group = [case for case in packed.head['cases'] if case['group'] == group['group']]
        wanted = {}
        for case in of_group:
            own = packed.classes(case, labels, names)
            count = packed.head['outcomes'][case['outcome']]['samples']
            whole = {**packed.head['outcomes'][case['baseline']], 'samples': count}
            packed.head['outcomes'].append(whole)
            before = packed.classes({'outcome': len(packed.head['outcomes']) - 1}, labels, names)
            for name, a, b in zip(names, own, before):
                if a is not None and b is not None:
                    wanted.setdefault((case['case'], name), []).append(a - b)
        rows = list(csv.DictReader((folder / 'report' / f"{group['group']}-classes.csv").open(encoding='utf-8')))
        expect({(row['case_name'], row['class_name']) for row in rows} == set(wanted), f"classes of {group['group']}")
        for row in rows:
            changes = wanted.get((row['case_name'], row['class_name']), [9])
            expect(abs(sum(changes) / len(changes) - float(row['change'])) < 1e-12, f'{row}: {changes}')


def check_calibration(folder):
    """Of the baseline: the bins from the logits that eval writes, summed here."""
    kept = json.loads((folder / 'reliability.json').read_text())
    expect([case['case'] for case in kept['cases']][0] == 'baseline' and len(kept['cases']) == 2, 'no worst case')
    run('eval', ROOT / 'graphs/resnet8.yaml', '--weights', ROOT / 'experiments/example/resnet8.safetensors', '--data',
        f"cifar10:{ROOT / 'experiments/example'}", '--logits', folder / 'logits.npy')
    raw = (folder / 'logits.npy').read_bytes()
    values = array.array('f', raw[10 + int.from_bytes(raw[8:10], 'little'):])
    samples = json.loads((folder / 'results.json').read_text())['samples']
    bins = [[0, 0, 0.0] for _ in range(15)]
    for index, label in zip(samples['indexes'], samples['labels']):
        logits = values[10 * index:10 * index + 10]
        exponents = [math.exp(x - max(logits)) for x in logits]
        sure = max(exponents) / sum(exponents)
        one = bins[math.ceil(15 * sure) - 1]
        one[0], one[1], one[2] = one[0] + 1, one[1] + (logits.index(max(logits)) == label), one[2] + sure
    for mine, theirs in zip(bins, kept['cases'][0]['bins']):
        same = (mine[0], mine[1]) == (theirs['images'], theirs['right'])
        expect(same and abs(mine[2] - theirs['confidence']) < 1e-4, f'bins: {mine} {theirs}')
    before = (folder / 'reliability.json').stat().st_mtime_ns
    again = ['run', ROOT / 'experiments' / 'example.yaml', '--out', folder, '--quiet']
    run(*again, '--calibration')
    run(*again)
    expect((folder / 'reliability.json').stat().st_mtime_ns == before, 'it is made again')


def check_packed(folder):
    packed = Packed(folder / 'outcomes.bin')
    rows = list(csv.DictReader((folder / 'results.csv').open(encoding='utf-8')))
    cases = packed.head['cases']
    expect([(row['group'], row['case'], row['seed']) for row in rows]
           == [(case['group'], case['case'], str(case['seed'])) for case in cases], 'cases in another order')
    for row, case in zip(rows, cases):
        values, baseline = packed.values(case['outcome']), packed.values(case['baseline'])
        expect(abs(sum(values) / len(values) - float(row['value'])) < 1e-12, f'value of {row}')
        if row['change']:
            expect(len(values) == int(row['total']), f'{len(values)} images of {row}')
            lost = sum(a < b for a, b in zip(values, baseline))
            gained = sum(a > b for a, b in zip(values, baseline))
            expect((str(lost), str(gained)) == (row['lost'], row['gained']), f'lost and gained of {row}: {lost} {gained}')


def check_numpy(folder):
    """The lines that the README gives, as they stand there."""
    if not importlib.util.find_spec('numpy'):
        print('no NumPy: the lines of the README were not run')
        return
    text = (ROOT / 'README.md').read_text(encoding='utf-8')
    lines = re.search(r'```python\n(import json, numpy.*?)```', text, re.DOTALL).group(1)
    made = subprocess.run([sys.executable, '-c', lines], cwd=folder, capture_output=True, text=True, check=False)
    rows = list(csv.DictReader((folder / 'results.csv').open(encoding='utf-8')))
    expect(made.returncode == 0, made.stderr)
    expect(len(made.stdout.splitlines()) == len(rows), made.stdout)
    for row, line in zip(rows, made.stdout.splitlines()):
        group, case, seed, value = line.rsplit(maxsplit=1)[0].split()[0], row['case'], row['seed'], line.split()[-1]
        expect(group == row['group'] and f' {case} {seed} ' in line, line)
        expect(abs(float(value) - float(row['value'])) < 1e-12, f"{line}: {row['value']}")


def changed(folder, name, change):
    """What is said of a run whose file is another."""
    path = folder / name
    kept = path.read_bytes()
    path.write_bytes(change(kept))
    said = run('results', folder, '--recompute', status=1)
    path.write_bytes(kept)
    return said


def check(folder):
    good = run('results', folder, '--recompute')
    expect('byte for byte' in good, good)
    (folder / 'outcomes.sqlite').unlink()
    expect(run('results', folder, '--recompute') == good, 'it reads the store')
    check_packed(folder)
    check_classes(folder)
    check_numpy(folder)
    said = changed(folder, 'results.csv', lambda text: text.replace(b',undecided', b',trivial', 1).replace(b',critical', b',trivial', 1))
    expect('results.csv: error: line ' in said, said)
    said = changed(folder, 'results.csv', lambda text: text + b'\n')
    expect('results.csv: error: line ' in said, said)
    said = changed(folder, 'results.json', lambda text: re.sub(rb'"p": [0-9.e-]+', b'"p": 0.123', text, count=1))
    expect('0.123' in said and 'results.json' in said, said)
    if b'"recipe"' in (folder / 'results.json').read_bytes():
        said = changed(folder, 'results.json', lambda text: re.sub(rb'"freedom": [^,]+', b'"freedom": 0.123', text, count=1))
        expect('0.123' in said and 'freedom' in said, said)
    packed = Packed(folder / 'outcomes.bin')
    size = (folder / 'outcomes.bin').stat().st_size - len(packed.data)
    last = size + packed.head['outcomes'][packed.head['cases'][-1]['outcome']]['offset']
    changed(folder, 'outcomes.bin', lambda raw: raw[:last] + bytes([raw[last] ^ 1]) + raw[last + 1:])
    cut = folder / 'outcomes.bin'
    kept = cut.read_bytes()
    for broken in (b'', kept[:20], kept[:size], kept[:-1], kept.replace(b'"offset": 0', b'"offset": 99999999'),
                   kept.replace(b'"outcome": 0', b'"outcome": 9999')):
        cut.write_bytes(broken)
        said = run('results', folder, '--recompute', status=3)
        expect('outcomes.bin' in said, said)
    cut.unlink()
    said = run('results', folder, '--recompute', status=3)
    expect("outcomes.bin: error: isn't there" in said, said)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / 'each.lua').write_text(HOOK)
        (folder / 'masks.yaml').write_text(MASKS)
        shutil.copy(ROOT / 'tests/cli/cases/train-ok/graph.yaml', folder)
        shutil.copytree(ROOT / 'tests/cli/cases/train-ok/data', folder / 'data')
        (folder / 'classes-suite.yaml').write_text(
            'version: 1\nsuite: classes\ngraph: graph.yaml\ndata: {kind: idx, root: data, classes: 3}\n' + TRAIN)
        (folder / 'masks-suite.yaml').write_text(PHANTOM + TRAIN)
        decide = ['decide=true', 'groups.again.hook=lua/each_layer.lua', 'groups.again.decide=false']
        suites = [('early', ROOT / 'experiments' / 'example.yaml', [word for one in decide for word in ('--set', one)]),
                  ('class', ROOT / 'experiments' / 'example.yaml', ['--calibration']),
                  ('classes', folder / 'classes-suite.yaml', ['--set', 'seeds=[0,1]']),
                  ('mask', folder / 'masks-suite.yaml', ['--set', 'evaluate.metrics=[iou]']),
                  ('masks', folder / 'masks-suite.yaml', ['--set', 'seeds=[3,5]'])]
        for out, suite, words in suites:
            run('run', suite, '--out', folder / out, '--quiet', *words)
            if out == 'class':
                check_calibration(folder / out)
            if out != 'mask':
                check(folder / out)
            else:
                expect('byte for byte' in run('results', folder / out, '--recompute'), 'iou')
        said = run('results', folder / 'mask', '--recompute', '--csv', status=2)
        expect('goes with no other option' in said, said)
        (folder / 'mask' / 'results.json').unlink()
        run('results', folder / 'mask', '--recompute', status=3)
    print('failed' if FAULTS else 'passed')
    return 1 if FAULTS else 0


sys.exit(main())
