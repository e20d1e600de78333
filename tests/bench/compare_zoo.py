#!/usr/bin/env python3
"""How fast the networks of graphs/ evaluate here and in PyTorch, as published (224x224 pixels, most of them), on
the same machine, in alternating rounds.

    compare_zoo.py build/interpreter/nontrivial [NAME...] [--rounds 3] [--threads 1 2] [--batches 1 8 32]

NAME is a graph that tests/golden/zoo.py holds against torchvision's; without names, all. `nontrivial bench
--peer torch` does the timing, with the networks of zoo.py: eager, in the better of two memory formats, and frozen.
Printed are the medians of the rounds, and of each ratio the median with its least and greatest value. Run nothing
else meanwhile."""
import argparse
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests/golden'))
import zoo  # noqa: E402
from networks import settings_of  # noqa: E402

REPEATS = {1: 6, 8: 2}  # by batch; of others FEWEST
FEWEST = 1
DEBIANS = {**os.environ, 'PATH': f'/usr/bin:{os.environ["PATH"]}'}  # python3, which has PyTorch


def cases(names):
    """Each graph once, as published."""
    found = {}
    for case in zoo.CASES:
        found.setdefault(case.graph, case)
    unknown = set(names) - set(found)
    if unknown:
        raise SystemExit(f'no case is called {", ".join(sorted(unknown))}')
    return [case for name, case in found.items() if not names or name in names]


def bench(given, case, batch, threads):
    out = subprocess.run([given.program, 'bench', ROOT / f'graphs/{case.graph}.yaml', '--json',
                          *settings_of(case.settings('full')), '--batch', str(batch), '--threads', str(threads),
                          '--repeat', str(given.repeat or REPEATS.get(batch, FEWEST)), '--rounds', str(given.rounds),
                          '--peer-memory', given.peer_memory,
                          '--peer', f'torch:{ROOT}/tests/golden/zoo.py:published_network',
                          '--peer-args', repr(case.graph)], check=True, env=DEBIANS, stdout=subprocess.PIPE).stdout
    return json.loads(out)['peer']


def number_of(rate):
    return f'{rate:.0f}' if rate >= 100 else f'{rate:.1f}'


def row_of(case, batch, threads, peer):
    row = f'| {case.graph} | {batch} | {threads} | {number_of(peer["images_per_second"])} |'
    for kind in 'eager', 'frozen':
        if kind in peer:
            ratio = peer[kind]['ratio']
            row += (f' {number_of(peer[kind]["images_per_second"])} | {ratio["median"]:.2f} '
                    f'({ratio["least"]:.2f} to {ratio["greatest"]:.2f}) |')
        else:
            row += ' | |'
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('program')
    parser.add_argument('names', nargs='*', metavar='NAME')
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--repeat', type=int, help='steps a round, of which the fastest counts; by batch unless given')
    parser.add_argument('--peer-memory', choices=('kept', 'returned'), default='kept')
    parser.add_argument('--threads', type=int, nargs='+', default=[1, 2])
    parser.add_argument('--batches', type=int, nargs='+', default=[1, 8, 32])
    given = parser.parse_intermixed_args()
    print('| network | batch | threads | images/s | PyTorch, eager | ratio | frozen | ratio |')
    print('| --- | --- | --- | --- | --- | --- | --- | --- |')
    for case in cases(given.names):
        for threads in given.threads:
            for batch in given.batches:
                print(row_of(case, batch, threads, bench(given, case, batch, threads)), flush=True)


main()
