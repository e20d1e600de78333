#!/usr/bin/env python3
"""How long the study's single-layer sweep takes: ResNet34's 36 convolutions zeroed in turn, all CIFAR-10 test
images; as one graph, case by case, and in PyTorch by a hand-written loop, in alternating rounds.

    ablate.py build/interpreter/nontrivial --weights W.safetensors --data FOLDER [--peer torch_peer.py]
              [--rounds 3] [--threads 2] [--count 10000]

The peer prints lines `name,correct,count` for `ablate --weights W --data FOLDER/cifar-10-batches-bin`. Every
image's outcome must be the same as one graph and case by case; the counts are compared with the peer's. Run
nothing else meanwhile."""
import argparse
import csv
import pathlib
import sqlite3
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SUITE = """version: 1
suite: sweep
graph: {root}/graphs/resnet34.yaml
data: {{kind: cifar10, root: {data}}}
weights: {weights}
evaluate: {{batch: 500, first: {count}}}
groups:
  each-layer: {{hook: {root}/experiments/lua/each_layer.lua}}
"""


def timed(command):
    began = time.perf_counter()
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return time.perf_counter() - began, out


def counts_of(folder):
    rows = csv.DictReader(open(folder / 'results.csv', encoding='utf-8'))
    return {row['case']: int(row['correct']) for row in rows}


def outcomes_of(folder):
    """Every image's outcome in every case."""
    store = sqlite3.connect(folder / 'outcomes.sqlite')
    rows = store.execute('SELECT key, number, outcomes, loss FROM shard ORDER BY key, number').fetchall()
    store.close()
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('program')
    parser.add_argument('--weights', required=True)
    parser.add_argument('--data', required=True)
    parser.add_argument('--peer')
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--count', type=int, default=10000)
    given = parser.parse_args()
    seconds = {'one graph': [], 'case by case': [], 'PyTorch': []}
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        (folder / 'suite.yaml').write_text(SUITE.format(root=ROOT, **vars(given)))
        for number in range(given.rounds):
            for name, flags in (('one graph', []), ('case by case', ['--one-by-one'])):
                out = folder / f'{name} {number}'
                seconds[name].append(timed([given.program, 'run', folder / 'suite.yaml', '--out', out, '--quiet',
                                            '--threads', str(given.threads), *flags])[0])
            together, apart = (outcomes_of(folder / f'{name} {number}') for name in ('one graph', 'case by case'))
            if not together or together != apart:
                raise SystemExit('one graph and case by case differ')
            if given.peer:
                took, text = timed(['/usr/bin/python3', given.peer, 'ablate', '--weights', given.weights, '--data',
                                    f'{given.data}/cifar-10-batches-bin', '--count', str(given.count), '--threads',
                                    str(given.threads)])
                seconds['PyTorch'].append(took)
        mine = counts_of(folder / 'one graph 0')
    for name, values in seconds.items():
        if values:
            print(f'{name}: {statistics.median(values):.1f} s ({min(values):.1f} to {max(values):.1f})')
    for name in ('case by case', 'PyTorch'):
        ratios = [b / a for a, b in zip(seconds['one graph'], seconds[name])]
        if ratios:
            print(f'{name} over one graph: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})')
    if given.peer:
        theirs = dict(line.split(',')[:2] for line in text.splitlines() if not line.startswith('#'))
        worst = max(abs(mine[name] - int(count)) for name, count in theirs.items())
        print(f'{len(theirs)} counts, the largest difference to the peer: {worst} images')


main()
