#!/usr/bin/env python3
"""How fast networks run here and in PyTorch, on the same machine, in alternating rounds.

    compare.py build/interpreter/nontrivial [--rounds 5] [--threads 2] [--segment [GRAPH…]] [--alone]

`nontrivial bench --peer torch` does the timing, of ResNet34 on 32x32 images, or with --segment of the networks that
segment. The peak memory is that of a process of each that does nothing else. Printed are the medians of the rounds,
and the ratio's median with its least and greatest value; with --alone, our figures alone. Run nothing else
meanwhile."""
import argparse
import json
import os
import pathlib
import statistics
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESNET34 = [  # title, stem, batch, repeats, our flags, the peer's ways and what they add to the title
    ('ResNet34, stem imagenet, batch 128, inference', 'imagenet', 128, 8, [], {'eager': '', 'frozen': ', against jit'}),
    ('ResNet34, stem imagenet, batch 128, training', 'imagenet', 128, 8, ['--train'], {'eager': ''}),
    ('ResNet34, stem cifar, batch 64, inference', 'cifar', 64, 8, [], {'eager': ''}),
    ('ResNet34, stem cifar, batch 64, training', 'cifar', 64, 8, ['--train'], {'eager': ''}),
    ('ResNet34, stem imagenet, batch 1, inference', 'imagenet', 1, 100, [], {'eager': ''}),
]
SEGMENTING = [  # title, graph, function of tests/golden/torch_networks.py
    ('PSPNet-ResNet34, 128x128, batch 8', 'pspnet-resnet34', 'pspnet'),
    ('U-Net, 128x128, batch 8', 'unet', 'unet'),
    ('SegNet, 128x128, batch 8', 'segnet', 'segnet'),
]
DEBIANS = {**os.environ, 'PATH': f'/usr/bin:{os.environ["PATH"]}'}  # python3, which has PyTorch
NETWORKS = ROOT / 'tests/golden/torch_networks.py'


def run(command, text=None):
    """What a command prints, and its largest resident memory in bytes."""
    out = subprocess.run(['/usr/bin/time', '-f', '%M', *map(str, command)], check=True, input=text, env=DEBIANS,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return out.stdout, 1024 * int(out.stderr.split()[-1])


def bench(given, graph, batch, repeats, flags, peer='torch', threads=None):
    """What `bench` says, and its largest resident memory, which with a peer may be the peer's."""
    words = [] if given.alone or not peer else ['--peer', peer, '--peer-memory', given.peer_memory,
                                                         '--rounds', given.rounds]
    out, peak = run([given.program, 'bench', ROOT / f'graphs/{graph}.yaml', '--batch', batch, '--threads',
                     threads or given.threads, '--repeat', repeats, '--json', *flags, *words])
    return json.loads(out), peak


def number_of(rate):
    return f'{rate:.0f}' if rate >= 100 else f'{rate:.1f}'


def print_row(title, mine, other='', ratio=None):
    row = f'| {title} | {number_of(mine)} | {other} |'
    if ratio:
        row += f' {ratio["median"]:.2f} | {ratio["least"]:.2f} to {ratio["greatest"]:.2f} |'
    print(row if ratio else row + ' | |', flush=True)


def print_compared(told, ways):
    """`ways`: the peer's, with their titles."""
    peer = told.get('peer')
    for way, title in ways.items():
        if peer:
            print_row(title, peer['images_per_second'], number_of(peer[way]['images_per_second']), peer[way]['ratio'])
        else:
            print_row(title, told['images_per_second'])
            return


def print_pairs(title, mine, others, prefix=''):
    """Of numbers that are not the peer's rates, one of each a round."""
    ratios = [a / b for a, b in zip(mine, others)]
    ratio = ratios and {'median': statistics.median(ratios), 'least': min(ratios), 'greatest': max(ratios)}
    other = prefix + number_of(statistics.median(others)) if others else ''
    print_row(title, statistics.median(mine), other, ratio)


def torch_memory(given, stem, batch):
    """Of a process of PyTorch that trains ResNet34 in the memory format that suits it."""
    request = {'peer': f'torch:{NETWORKS}:resnet34', 'args': f'stem={stem!r}', 'input': [3, 32, 32], 'batch': batch,
               'threads': given.threads, 'repeat': 3, 'train': True, 'formats': ['channels_last']}
    lines = f'{json.dumps(request)}\nround\n'
    out, peak = run(['/usr/bin/python3', ROOT / 'graphs/bench_torch.py'], lines)
    assert 'eager' in json.loads(out.splitlines()[-1]), out
    return peak


def resnet34(given):
    for title, stem, batch, repeats, flags, ways in RESNET34:
        told, _ = bench(given, 'resnet34', batch, repeats, ['--set', f'stem={stem}', *flags])
        print_compared(told, {way: title + more for way, more in ways.items()})
    rounds, cifar = range(given.rounds), ['--set', 'stem=cifar', '--train']
    print_pairs('ResNet34, stem cifar, batch 64, training, peak memory in MB',
                [bench(given, 'resnet34', 64, 8, cifar, peer=None)[1] / 1e6 for _ in rounds],
                [] if given.alone else [torch_memory(given, 'cifar', 64) / 1e6 for _ in rounds])
    rates = [[bench(given, 'resnet34', 128, 8, ['--train'], None, threads)[0]['images_per_second']
              for threads in (2, 1)] for _ in rounds]
    print_pairs('ResNet34, stem imagenet, batch 128, training, two threads over one', *zip(*rates),
                prefix='one thread: ')


def segmenting(given):
    for title, graph, network in SEGMENTING:
        for more, flags in (('inference', []), ('training', ['--train'])):
            if not given.segment or graph in given.segment:
                told, _ = bench(given, graph, 8, 3, flags, f'torch:{NETWORKS}:{network}')
                print_compared(told, {'eager': f'{title}, {more}'})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('program')
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--peer-memory', choices=('kept', 'returned'), default='kept')
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--segment', nargs='*', metavar='GRAPH')
    parser.add_argument('--alone', action='store_true')
    given = parser.parse_args()
    print('| job | images/s | PyTorch | ratio | least to greatest |')
    print('| --- | --- | --- | --- | --- |')
    (resnet34 if given.segment is None else segmenting)(given)


main()
