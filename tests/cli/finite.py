#!/usr/bin/env python3
"""Numbers that are no measurement: finite.py NONTRIVIAL

Gives the program weights, images, masks and batches from which nothing can be measured, and looks at what it
makes of each: a refusal that names the place, a case's failure, or an empty cell with its reason, never a number.
With --show, prints what it says instead."""
import csv
import io
import json
import math
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import zlib

SHOW = '--show' in sys.argv
PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
NAN = re.compile(r'(?<![a-z])[-+]?(nan|inf)(?![a-z])', re.IGNORECASE)


# --- files ---

def write_png(path, rows):
    def chunk(name, data):
        return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))
    head = struct.pack('>2I5B', len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    data = zlib.compress(b''.join(b'\0' + bytes(row) for row in rows))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', head) + chunk(b'IDAT', data) + chunk(b'IEND', b''))


def write_weights(path, tensors):
    """Safetensors of {name: (shape, values)}; integers are I64."""
    header, data = {}, b''
    for name, (shape, values) in tensors.items():
        whole = all(isinstance(v, int) for v in values)
        piece = struct.pack(f'<{len(values)}' + ('q' if whole else 'f'), *values)
        header[name] = {'dtype': 'I64' if whole else 'F32', 'shape': shape,
                        'data_offsets': [len(data), len(data) + len(piece)]}
        data += piece
    text = json.dumps(header).encode()
    text += b' ' * (-len(text) % 8)
    path.write_bytes(struct.pack('<Q', len(text)) + text + data)


SIZE = 8
GRAPH = """version: 1
graph: sum
input: [1, 8, 8]
nodes:
  bn:    {op: batch_norm}
  big:   {op: conv2d, channels: 2, kernel: 1, bias: false}
  minus: {op: conv2d, channels: 2, kernel: 1, bias: false, from: bn}
  add:   {op: add, from: [big, minus]}
  head:  {op: conv2d, channels: 2, kernel: 1}
"""
HOOK = """return function(net)
  return {{name = "minus", zero = "minus"}, {name = "head", zero = "head"}}
end
"""


def weights(**changed):
    """What `big` makes, `minus` takes away again; without it, what `head` makes of a bright pixel overflows."""
    tensors = {'bn.weight': ([1], [1.0]), 'bn.bias': ([1], [0.0]), 'bn.running_mean': ([1], [0.0]),
               'bn.running_var': ([1], [1.0]), 'bn.num_batches_tracked': ([], [0]),
               'big.weight': ([2, 1, 1, 1], [3e38, 3e38]), 'minus.weight': ([2, 1, 1, 1], [-3e38, -3e38]),
               'head.weight': ([2, 2, 1, 1], [1.0, 1.0, 1.0, 1.0]), 'head.bias': ([2], [0.0, 1.0])}
    for name, values in changed.items():
        tensors[name.replace('__', '.')] = (tensors[name.replace('__', '.')][0], values)
    return tensors


OVERFLOWS = {'minus__weight': [0.0, 0.0], 'head__weight': [2.0] * 4}


class Work:
    """A folder with a network, its weights, images with masks, and a suite of them."""

    def __init__(self, folder, patients='abcd', ignored=(), bright=2, exact=False):
        self.folder = folder
        (folder / 'net.yaml').write_text(GRAPH)
        (folder / 'hook.lua').write_text(HOOK)
        write_weights(folder / 'w.safetensors', weights())
        for part in ('train', 'test'):
            for i, patient in enumerate(patients if part == 'test' else patients + patients[-1]):
                name = f'{patient if part == "test" else chr(ord(patient) + 10)}_{i}.png'
                level = 250 if i == bright else 60 + 5 * i
                write_png(folder / 'data' / part / 'images' / name,
                          [[level if column < 4 + (0 if exact else i % 2) else 10 for column in range(SIZE)] for _ in range(SIZE)])
                write_png(folder / 'data' / part / 'masks' / name,
                          [[77 if i in ignored or row == 0 else 255 if column < 4 else 0 for column in range(SIZE)]
                           for row in range(SIZE)])
        self.suite()

    def suite(self, extra='weights: w.safetensors', evaluate='{batch: 2}', graph='net.yaml', hook='hook.lua'):
        (self.folder / 'suite.yaml').write_text(f"""version: 1
suite: finite
graph: {graph}
data:
  kind: pairs
  root: data
  train_images: train/images
  train_masks: train/masks
  test_images: test/images
  test_masks: test/masks
  patient: ^([a-z])_
  ignore_labels: [77]
  normalise: {{mean: [0], deviation: [1]}}
{extra}
evaluate: {evaluate}
groups:
  g: {{hook: {hook}, title: Two}}
""")

    def run(self, *words, status=0):
        result = subprocess.run([PROGRAM, *words], cwd=self.folder, capture_output=True, text=True,
                                env={**os.environ, 'NO_COLOR': '1'}, check=False)
        self.out, self.err = result.stdout, result.stderr
        if SHOW:
            print(f'$ nontrivial {" ".join(words)}\n{self.out}{self.err}[{result.returncode}]')
        else:
            assert result.returncode == status, f'{words}: status {result.returncode}\n{self.out}{self.err}'
        return self

    def says(self, *texts):
        for text in texts:
            assert SHOW or text in self.out + self.err, f'lacks {text!r}:\n{self.out}{self.err}'
        return self

    def read(self, name):
        path = self.folder / name
        return path.read_text(encoding='utf-8') if path.exists() else ''

    def rows(self, name):
        return list(csv.DictReader(io.StringIO(self.read(name))))


def check(condition, *what):
    if SHOW:
        print('holds:' if condition else 'DOES NOT HOLD:', *what)
    else:
        assert condition, what


DATA = ('pairs:data,train_images=train/images,train_masks=train/masks,test_images=test/images,'
        'test_masks=test/masks,ignore_labels=[77]')
RECIPE = ('train:\n  epochs: 1\n  batch: 2\n  loss: {op: softmax_cross_entropy}\n'
          '  optimiser: {kind: sgd}\n  schedule: {kind: constant, rate: 1e-30}\n')


# --- 1. weights ---

def test_weights(folder):
    work = Work(folder)
    for name, values, words in [
            ('big__weight', [0.0, math.nan], "element 1 of 'big.weight' is not a number"),
            ('head__weight', [0.0, 0.0, math.inf, 0.0], "element 2 of 'head.weight' is infinite"),
            ('head__bias', [-math.inf, 0.0], "element 0 of 'head.bias' is infinite"),
            ('bn__running_mean', [math.nan], "element 0 of 'bn.running_mean' is not a number"),
            ('bn__running_var', [math.inf], "element 0 of 'bn.running_var' is infinite"),
            ('bn__running_var', [-0.25], "element 0 of 'bn.running_var' is -0.25, but no variance is below 0")]:
        write_weights(folder / 'w.safetensors', weights(**{name: values}))
        where = 'w.safetensors: byte '
        work.suite()
        work.run('run', 'suite.yaml', '--out', 'out', '--quiet', status=3).says(where, words, 'save the weights again')
        work.run('eval', 'net.yaml', '--weights', 'w.safetensors', '--data', DATA, '--normalise', 'image', '--quiet',
                 status=3).says(where, words)
        work.run('predict', 'net.yaml', '--weights', 'w.safetensors', '--out', 'masks', '--quiet',
                 'data/test/images', status=3).says(where, words)
        work.suite(RECIPE + '  from: w.safetensors')
        work.run('run', 'suite.yaml', '--out', 'trained', '--quiet', status=3).says(where, words)
        work.run('train', 'suite.yaml', '--out', 'trained', '--quiet', status=3).says(where, words)
    work.suite('weights: ok.safetensors\ninitial: w.safetensors', hook='reinit.lua')
    (folder / 'reinit.lua').write_text('return function() return {{name = "r", reinit = "big"}} end\n')
    write_weights(folder / 'ok.safetensors', weights())
    work.run('run', 'suite.yaml', '--out', 'initial', '--quiet', status=3).says('w.safetensors: byte ', words)


def test_run_folder(folder):
    """Weights inside a run folder."""
    work = Work(folder)
    work.suite(RECIPE)
    work.run('train', 'suite.yaml', '--out', 'out', '--quiet')
    path = folder / 'out' / 'seed-0' / 'weights.safetensors'
    data = path.read_bytes()
    path.write_bytes(data[:-4] + struct.pack('<f', math.nan))
    work.run('run', 'suite.yaml', '--out', 'out', '--quiet', status=3).says(
        'weights.safetensors: byte ', 'is not a number', 'remove this one')


# --- 2. logits ---

def test_baseline(folder):
    work = Work(folder)
    write_weights(folder / 'w.safetensors', weights(**OVERFLOWS))
    for again in range(2):
        work.run('run', 'suite.yaml', '--out', 'out', '--quiet', status=1).says(
            "the logits of image 2 ('c_2') are not finite: the first such value is in 'head'")
    check(not work.read('out/results.csv'), 'there are no results')
    write_weights(folder / 'w.safetensors', weights(
        big__weight=[3.3e38, 3.3e38], minus__weight=[0.0, 0.0], bn__weight=[2.0], head__weight=[0.5] * 4))
    work.run('eval', 'net.yaml', '--weights', 'w.safetensors', '--data', DATA, '--normalise', 'image', '--quiet',
             status=1).says("are not finite: the first such value is in 'big'")
    work.run('predict', 'net.yaml', '--weights', 'w.safetensors', '--out', 'masks', '--quiet',
             '--mean', '[0]', '--deviation', '[1]', 'data/test/images', status=1).says(
                 "the logits of data/test/images/c_2.png are not finite: the first such value is in 'big'",
                 '1 of 4 pictures')
    check(not (folder / 'masks' / 'c_2.mask.png').exists(), 'no mask is written')
    check((folder / 'masks' / 'b_1.mask.png').exists(), 'the others go on')


def test_case(folder):
    work = Work(folder)
    words = "the logits of image 2 ('c_2') are not finite"
    write_weights(folder / 'w.safetensors', weights(head__weight=[2.0] * 4))
    texts = []
    for arguments in ([], [], ['--one-by-one']):
        work.run('run', 'suite.yaml', '--out', 'out', *arguments, status=1).says(f'failed: {words}')
        rows = {row['case']: row for row in work.rows('out/results.csv')}
        check(rows['minus']['failure'] == words and rows['minus']['value'] == '', rows['minus'])
        check(rows['head']['failure'] == '' and rows['head']['value'] != '', rows['head'])
        texts.append([work.read('out/results.csv'), work.read('out/results.json')])
    check(texts[0] == texts[1] == texts[2], 'a run again gives the same, byte for byte')
    check('2 outcomes were known' in work.err or '3 outcomes were known' in work.err, 'nothing is measured again')
    work.run('results', 'out', '--csv').says(words)
    work.run('results', 'out', '--recompute').says('byte for byte')
    (folder / 'out' / 'results.json').unlink()
    work.run('results', 'out').says(words)


# --- 3. pixels that count nowhere ---

def test_ignored(folder):
    work = Work(folder, ignored=(1,), bright=9, exact=True)
    right = weights(big__weight=[-40.0, 40.0], minus__weight=[6.0, -6.0],
                    head__weight=[1.0, 0.0, 0.0, 1.0], head__bias=[4.0, -4.0])
    write_weights(folder / 'w.safetensors', right)
    work.suite(RECIPE + '  from: w.safetensors')
    work.run('run', 'suite.yaml', '--out', 'out')
    work.says('every pixel of 1 of the 4 images is ignored; they are in no value')
    metrics = work.rows('out/seed-0/metrics.csv')
    check(metrics and float(metrics[0]['accuracy']) == 1, 'all that counts is right:', metrics)
    rows = work.rows('out/results.csv')
    check(all(row['total'] == '3' for row in rows), rows)
    results = json.loads(work.read('out/results.json'))
    check(results['baseline'][0].get('uncounted') == 1, 'results.json says how many images have no value')
    work.run('results', 'out', '--recompute').says('byte for byte')
    work.run('report', 'out', '--quiet')
    check('of 1 images every pixel is ignored' in work.read('out/report/tables.md'), 'and so do the tables')
    check('every pixel ignored' in work.read('out/report/index.html'), 'and the page')
    (folder / 'nothing').mkdir()
    nothing = Work(folder / 'nothing', ignored=(0, 1, 2, 3))
    write_weights(nothing.folder / 'w.safetensors', right)
    nothing.run('run', 'suite.yaml', '--out', 'out', '--quiet', status=3).says('there is nothing to measure')
    nothing.run('eval', 'net.yaml', '--weights', 'w.safetensors', '--data', DATA, '--normalise', 'image', '--quiet',
                status=3).says('there is nothing to measure')


# --- 4. statistics of one value, intervals of one patient ---

def test_one_value(folder):
    work = Work(folder)
    (folder / 'net.yaml').write_text("""version: 1
graph: pyramid
input: [1, 8, 8]
nodes:
  conv: {op: conv2d, channels: 2, kernel: 1}
  pool: {op: adaptive_avg_pool, size: 1}
  norm: {op: batch_norm}
  wide: {op: resize, size: 8}
  add:  {op: add, from: [wide, conv]}
""")
    (folder / 'hook.lua').write_text('return function() return {} end\n')
    work.suite(RECIPE.replace('batch: 2', 'batch: 1'))
    for command in (['check', 'suite.yaml'], ['run', 'suite.yaml', '--out', 'out', '--quiet'],
                    ['train', 'suite.yaml', '--out', 'out', '--quiet']):
        work.run(*command, status=3).says("'norm' (batch_norm of 2x1x1) has one value per channel in a batch of one",
                                          'suite.yaml:')
    work.suite(RECIPE.replace('batch: 2', 'batch: 2\n  shards: 2'))
    work.run('check', 'suite.yaml', status=3).says("'norm'", 'batch of one', 'take fewer shards: of 2 images a batch',
                                                   'suite.yaml:')
    check(not (folder / 'out').exists(), 'nothing is written')
    work.suite(RECIPE, evaluate='{batch: 1, batch_norm: batch}')
    work.run('check', 'suite.yaml', status=3).says("'norm'", 'batch of one', 'take at least two')
    work.suite(RECIPE, evaluate='{batch: 1, batch_norm: recalibrated}')
    work.run('check', 'suite.yaml', status=3).says("'norm'", 'batch of one', 'take at least two')
    (folder / 'data' / 'test' / 'images' / 'd_3.png').unlink()
    (folder / 'data' / 'test' / 'masks' / 'd_3.png').unlink()
    work.suite(RECIPE, evaluate='{batch: 2, batch_norm: batch}')
    for command in (['check', 'suite.yaml'], ['run', 'suite.yaml', '--out', 'out', '--quiet']):
        work.run(*command, status=3).says(
            "'norm'", 'the last batch: 3 images in batches of 2 leave one', 'take another batch')
    work.suite(RECIPE, evaluate='{batch: 2}')
    work.run('run', 'suite.yaml', '--out', 'out', '--quiet')
    for batch, status in (('1', 3), ('2', 3), ('3', 0)):
        work.run('eval', 'net.yaml', '--weights', 'out/seed-0/weights.safetensors', '--data', DATA, '--normalise',
                 'image', '--quiet', '--batch-norm', 'batch', '--batch', batch, status=status)
        work.says(*(["'norm'"] if status else []))


def test_one_patient(folder):
    for patients, words in (('aaaa', 'none: one patient'), ('a', 'none: one image')):
        (folder / patients).mkdir()
        work = Work(folder / patients, patients=patients, bright=9)
        write_weights(work.folder / 'w.safetensors', weights(
            big__weight=[-1.0, 1.0], minus__weight=[0.1, -0.1], head__weight=[1.0, 0.0, 0.0, 1.0]))
        work.run('run', 'suite.yaml', '--out', 'out').says(words)
        check(not NAN.search(work.out), 'no table has a NaN')
        work.run('results', 'out').says(words)
        check(not NAN.search(work.out), 'nor those of `results`')
        work.run('report', 'out', '--quiet')
        check(words in work.read('out/report/tables.md'), 'the report says why')
        for path in sorted((work.folder / 'out').rglob('*')):
            if path.suffix in ('.csv', '.json', '.md', '.svg'):
                check(not NAN.search(path.read_text(encoding='utf-8')), path.name, 'has no NaN')
        rows = work.rows('out/results.csv')
        check(all(row['change_low_95'] == row['change_high_90'] == row['p'] == row['inside'] == '' for row in rows), rows)
        check(all(row['verdict'] in ('', 'undecided') for row in rows), rows)


def test_absent_class(folder):
    """A class that is nowhere has no Dice."""
    work = Work(folder, bright=9)
    for path in (folder / 'data' / 'test' / 'masks').iterdir():
        write_png(path, [[0] * SIZE for _ in range(SIZE)])
    write_weights(folder / 'w.safetensors', weights(
        big__weight=[-1.0, 1.0], minus__weight=[1.0, -1.0], head__bias=[5.0, 0.0]))
    work.run('eval', 'net.yaml', '--weights', 'w.safetensors', '--data', DATA, '--normalise', 'image', '--quiet')
    work.says('dice      1.0000', '–: in no mask and in no prediction')
    check(not NAN.search(work.out), 'no NaN')


def main():
    for name, test in list(globals().items()):
        if name.startswith('test_'):
            print(f'--- {name}' if SHOW else name, flush=True)
            with tempfile.TemporaryDirectory() as folder:
                try:
                    test(pathlib.Path(folder))
                except (AssertionError, KeyError, IndexError) as error:
                    if not SHOW:
                        raise
                    print('ends with', repr(error))


main()
