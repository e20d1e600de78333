"""A suite that is trained and measured in a second, and what its runs leave: what tests of whole runs share."""
import os
import pathlib
import random
import sqlite3
import struct
import subprocess

GRAPH = """version: 1
graph: small
input: [1, 2, 2]
nodes:
  one:  {op: conv2d, channels: 3, kernel: 2}
  two:  {op: conv2d, channels: 3, kernel: 2, bias: false, from: input}
  sum:  {op: add, from: [one, two]}
  relu: {op: relu}
  last: {op: conv2d, channels: 2, kernel: 1}
  pool: {op: global_avg_pool}
"""
# Three different cases, and one of them again.
EACH = """return function(net)
  local cases = {}
  for _, conv in ipairs(net:nodes("conv2d")) do cases[#cases + 1] = {name = conv.name, zero = {conv}} end
  cases[#cases + 1] = {name = "again", zero = {net:node("two")}}
  return cases
end
"""
SUITE = """version: 1
suite: small
graph: net.yaml
data: {{kind: idx, root: {data}, classes: 2, hold_out: {hold_out}, normalise: {{mean: [0.5], deviation: [0.5]}}}}
train:
  epochs: {epochs}
  batch: {batch}
  loss: {{op: softmax_cross_entropy}}
  optimiser: {{kind: sgd, momentum: 0.9}}
  schedule: {{kind: constant, rate: 0.1}}
  checkpoint_every: {every}
seeds: {seeds}
evaluate: {{batch: 500}}
groups:
  each: {{hook: each.lua}}
"""


def write_images(folder, prefix, count):
    """Of two classes, by which of two pixels is brighter, but for a tenth of them."""
    pixels, labels = bytearray(), bytearray()
    draw = random.Random(prefix)
    for _ in range(count):
        image = bytes(draw.randrange(256) for _ in range(4))
        pixels += image
        labels.append((image[0] > image[3]) ^ (draw.random() < 0.1))
    (folder / f'{prefix}-images-idx3-ubyte').write_bytes(struct.pack('>4I', 0x803, count, 2, 2) + pixels)
    (folder / f'{prefix}-labels-idx1-ubyte').write_bytes(struct.pack('>2I', 0x801, count) + labels)


def write_suite(folder, images, name='suite.yaml', **settings):
    """With its graph, hook and data, of which so many are measured on; gives its path."""
    data = folder / 'data'
    data.mkdir(parents=True, exist_ok=True)
    write_images(data, 'train', 400)
    write_images(data, 't10k', images)
    (folder / 'net.yaml').write_text(GRAPH)
    (folder / 'each.lua').write_text(EACH)
    usual = {'data': data, 'hold_out': 0, 'epochs': 1, 'batch': 100, 'every': 600, 'seeds': [3, 4]}
    (folder / name).write_text(SUITE.format(**{**usual, **settings}))
    return folder / name


def caller(program):
    """A function that gives it words and looks at its status, unless that is None."""
    program = pathlib.Path(program).resolve()

    def call(*words, status=0):
        process = subprocess.run([program, *map(str, words)], capture_output=True, text=True, check=False,
                                 env={**os.environ, 'NO_COLOR': '1'})
        assert status in (None, process.returncode), \
            f'{words}: status {process.returncode}\n{process.stdout}{process.stderr}'
        return process

    return call


def rows_of(folder):
    """All rows of a store, in an order that doesn't depend on when they came."""
    store = sqlite3.connect(f'file:{folder}/outcomes.sqlite?mode=ro', uri=True)
    tables = [name for name, in store.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    rows = {table: sorted(map(repr, store.execute(f'SELECT * FROM {table}'))) for table in tables}
    store.close()
    assert rows['shard'] and rows['result'], folder
    return rows
