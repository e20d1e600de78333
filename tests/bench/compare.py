#!/usr/bin/env python3
"""How fast ResNet34 runs here and in PyTorch, on the same machine, in alternating rounds.

    compare.py build/interpreter/nontrivial [--peer torch_peer.py] [--rounds 5] [--threads 2]

Each round times this program (`nontrivial bench`, which takes the fastest of its repeats) and then the
peer, a script that prints lines such as

    torch.channels_last: infer 612.3 img/s, train 120.1 img/s
    jit: infer 640.0 img/s

for `net --stem STEM --batch N --threads N`. Of the peer's memory formats the better one counts. Printed are
the medians of the rounds, and the ratio's median with its least and greatest value. Without a peer, our
figures alone. Run nothing else meanwhile.
"""
import argparse
import json
import pathlib
import re
import statistics
import subprocess
import sys

GRAPH = pathlib.Path(__file__).resolve().parents[2] / 'graphs/resnet34.yaml'
JOBS = [  # title, stem, batch, ours, the peer's word
    ('stem imagenet, batch 128, inference', 'imagenet', 128, [], 'infer'),
    ('stem imagenet, batch 128, training', 'imagenet', 128, ['--train'], 'train'),
    ('stem imagenet, batch 128, inference, against jit', 'imagenet', 128, [], 'jit'),
    ('stem cifar, batch 64, inference', 'cifar', 64, [], 'infer'),
    ('stem cifar, batch 64, training', 'cifar', 64, ['--train'], 'train'),
]


def ours(program, stem, batch, flags, threads):
    out = subprocess.run([program, 'bench', GRAPH, '--set', f'stem={stem}', '--batch', str(batch),
                          '--threads', str(threads), '--repeat', '8', '--json', *flags],
                         check=True, capture_output=True, text=True).stdout
    return json.loads(out)['images_per_second']


def peers(peer, stem, batch, threads):
    """The peer's best rates: infer, train, jit."""
    out = subprocess.run(['/usr/bin/python3', peer, 'net', '--stem', stem, '--batch', str(batch),
                          '--threads', str(threads)], check=True, capture_output=True, text=True).stdout
    rates = {'infer': 0, 'train': 0, 'jit': 0}
    for line in out.splitlines():
        for word, rate in re.findall(r'(infer|train) ([\d.]+) img/s', line):
            word = 'jit' if line.startswith('jit') else word
            rates[word] = max(rates[word], float(rate))
    return rates


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('program')
    parser.add_argument('--peer')
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--threads', type=int, default=2)
    given = parser.parse_args()
    mine = {job[0]: [] for job in JOBS}
    theirs = {job[0]: [] for job in JOBS}
    for number in range(given.rounds):
        print(f'round {number + 1} of {given.rounds}', file=sys.stderr)
        seen = {}
        for title, stem, batch, flags, word in JOBS:
            mine[title].append(ours(given.program, stem, batch, flags, given.threads))
            if given.peer:
                if (stem, batch) not in seen:
                    seen[stem, batch] = peers(given.peer, stem, batch, given.threads)
                theirs[title].append(seen[stem, batch][word])
    print('| ResNet34, 32x32 | images/s | PyTorch | ratio | least to greatest |')
    print('| --- | --- | --- | --- | --- |')
    for title, *_ in JOBS:
        row = f'| {title} | {statistics.median(mine[title]):.0f} |'
        if given.peer:
            ratios = [a / b for a, b in zip(mine[title], theirs[title])]
            row += (f' {statistics.median(theirs[title]):.0f} | {statistics.median(ratios):.2f} |'
                    f' {min(ratios):.2f} to {max(ratios):.2f} |')
        else:
            row += ' | | |'
        print(row)


main()
