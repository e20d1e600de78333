#!/usr/bin/env python3
"""How fast networks run here and in PyTorch, on the same machine, in alternating rounds.

    compare.py build/interpreter/nontrivial [--peer torch_peer.py] [--rounds 5] [--threads 2] [--segment [GRAPH…]]

Each round times this program (`nontrivial bench`, which takes the fastest of its repeats) and then the
peer, a script that prints lines such as

    torch.channels_last: infer 612.3 img/s, train 120.1 img/s
    jit: infer 640.0 img/s

for `net --stem STEM --batch N --threads N`; of its memory formats the better one counts. A batch of one
image and the peak memory are measured against torch_job.py beside this file; with --segment so are, in place
of ResNet34, the networks that segment, which need no other peer. Printed are the medians of the rounds, and
the ratio's median with its least and greatest value. Without a peer, our figures alone. Run nothing else
meanwhile.
"""
import argparse
import json
import pathlib
import re
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
GRAPHS = HERE.parents[1] / 'graphs'
RATES = [  # title, stem, batch, our flags, the peer's word
    ('ResNet34, stem imagenet, batch 128, inference', 'imagenet', 128, [], 'infer'),
    ('ResNet34, stem imagenet, batch 128, training', 'imagenet', 128, ['--train'], 'train'),
    ('ResNet34, stem imagenet, batch 128, inference, against jit', 'imagenet', 128, [], 'jit'),
    ('ResNet34, stem cifar, batch 64, inference', 'cifar', 64, [], 'infer'),
    ('ResNet34, stem cifar, batch 64, training', 'cifar', 64, ['--train'], 'train'),
    ('ResNet34, stem imagenet, batch 1, inference', 'imagenet', 1, [], 'single'),
]
SEGMENTING = [  # title, graph, torch_job.py's network, batch
    ('PSPNet-ResNet34, 128x128, batch 8', 'pspnet-resnet34', 'pspnet', 8),
    ('U-Net, 128x128, batch 8', 'unet', 'unet', 8),
    ('SegNet, 128x128, batch 8', 'segnet', 'segnet', 8),
]
MEMORY = 'ResNet34, stem cifar, batch 64, training, peak memory in MB'
THREADS = 'ResNet34, stem imagenet, batch 128, training, two threads over one'


def run(command):
    """What a command prints, and the largest resident memory of it in bytes."""
    out = subprocess.run(['/usr/bin/time', '-f', '%M', *map(str, command)], check=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return out.stdout, 1024 * int(out.stderr.split()[-1])


def bench(program, graph, batch, flags, threads, repeats):
    out, peak = run([program, 'bench', GRAPHS / f'{graph}.yaml', '--batch', batch, '--threads', threads,
                     '--repeat', repeats, '--json', *flags])
    return json.loads(out)['images_per_second'], peak


def ours(program, stem, batch, flags, threads):
    return bench(program, 'resnet34', batch, ['--set', f'stem={stem}', *flags], threads,
                 100 if batch == 1 else 8)


def torch_job(job, network, batch, threads):
    return json.loads(run(['/usr/bin/python3', HERE / 'torch_job.py', job, network, batch, threads])[0])


def peers(peer, stem, batch, threads):
    """The peer's best rates: infer, train, jit."""
    out, _ = run(['/usr/bin/python3', peer, 'net', '--stem', stem, '--batch', batch, '--threads', threads])
    rates = {'infer': 0, 'train': 0, 'jit': 0}
    for line in out.splitlines():
        for word, rate in re.findall(r'(infer|train) ([\d.]+) img/s', line):
            word = 'jit' if line.startswith('jit') else word
            rates[word] = max(rates[word], float(rate))
    if not all(rates.values()):
        raise SystemExit(f'the peer says nothing of {[word for word in rates if not rates[word]]}:\n{out}')
    return rates


def one_round(given, mine, theirs):
    seen = {}
    for title, stem, batch, flags, word in RATES:
        mine.setdefault(title, []).append(ours(given.program, stem, batch, flags, given.threads)[0])
        if not given.peer:
            continue
        if (stem, batch) not in seen:
            seen[stem, batch] = (
                {'single': torch_job('infer', f'resnet34-{stem}', batch, given.threads)['images_per_second']}
                if word == 'single' else peers(given.peer, stem, batch, given.threads))
        theirs.setdefault(title, []).append(seen[stem, batch][word])
    mine.setdefault(MEMORY, []).append(ours(given.program, 'cifar', 64, ['--train'], given.threads)[1] / 1e6)
    if given.peer:
        peak = torch_job('train', 'resnet34-cifar', 64, given.threads)['peak_bytes']
        theirs.setdefault(MEMORY, []).append(peak / 1e6)
    one, two = (ours(given.program, 'imagenet', 128, ['--train'], threads)[0] for threads in (1, 2))
    mine.setdefault(THREADS, []).append(two)
    theirs.setdefault(THREADS, []).append(one)


def number_of(rate):
    return f'{rate:.0f}' if rate >= 100 else f'{rate:.1f}'


def one_segmenting_round(given, mine, theirs):
    for title, graph, network, batch in SEGMENTING:
        if given.segment and graph not in given.segment:
            continue
        for job, flags in (('infer', []), ('train', ['--train'])):
            name = f'{title}, ' + {'infer': 'inference', 'train': 'training'}[job]
            mine.setdefault(name, []).append(
                bench(given.program, graph, batch, flags, given.threads, 3)[0])
            theirs.setdefault(name, []).append(
                torch_job(job, network, batch, given.threads)['images_per_second'])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('program')
    parser.add_argument('--peer')
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--segment', nargs='*', metavar='GRAPH')
    given = parser.parse_args()
    mine, theirs = {}, {}
    for number in range(given.rounds):
        print(f'round {number + 1} of {given.rounds}', file=sys.stderr)
        (one_round if given.segment is None else one_segmenting_round)(given, mine, theirs)
    print('| job | images/s | PyTorch | ratio | least to greatest |')
    print('| --- | --- | --- | --- | --- |')
    for title, rates in mine.items():
        row = f'| {title} | {number_of(statistics.median(rates))} |'
        others = theirs.get(title)
        if others:
            ratios = [a / b for a, b in zip(rates, others)]
            name = 'one thread: ' * (title == THREADS) + number_of(statistics.median(others))
            row += f' {name} | {statistics.median(ratios):.2f} | {min(ratios):.2f} to {max(ratios):.2f} |'
        else:
            row += ' | | |'
        print(row)
    if given.peer or given.segment is not None:
        told = torch_job('infer', 'resnet34-imagenet', 1, 1)
        print(f"\nPyTorch {told['torch']}, BLAS {', '.join(told['blas']) or 'built in'}")


main()
