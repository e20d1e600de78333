#!/usr/bin/env python3
"""How fast the networks of graphs/ evaluate here and in PyTorch, as published (224x224 pixels, most of them), on
the same machine, in alternating rounds.

    compare_zoo.py build/interpreter/nontrivial [NAME...] [--rounds 3] [--threads 1 2] [--batches 1 8 32]

NAME is a graph that tests/golden/zoo.py holds against torchvision's; without names, all. A round times each
network by `nontrivial bench`, then in a process of PyTorch: eager, in the better of its two memory formats,
and frozen (torch.jit.optimize_for_inference), which fuses. Both take the fastest of their repeats. Printed are
the medians of the rounds, and of each ratio the median with its least and greatest value. Run nothing else
meanwhile."""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve()
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / 'tests/golden'))
sys.path.insert(0, '/usr/lib/python3/dist-packages')
import zoo  # noqa: E402
from networks import settings_of  # noqa: E402

REPEATS = {1: 20, 8: 5}  # by batch; of others FEWEST
FEWEST = 3


def cases(names):
    """Each graph once, as published."""
    found = {}
    for case in zoo.CASES:
        found.setdefault(case.graph, case)
    unknown = set(names) - set(found)
    if unknown:
        raise SystemExit(f'no case is called {", ".join(sorted(unknown))}')
    return [case for name, case in found.items() if not names or name in names]


def ours(given, case, batch, threads):
    out = subprocess.run([given.program, 'bench', ROOT / f'graphs/{case.graph}.yaml', '--json',
                          *settings_of(case.settings('full')), '--batch', str(batch), '--threads', str(threads),
                          '--repeat', str(REPEATS.get(batch, FEWEST))], check=True, capture_output=True).stdout
    return json.loads(out)['images_per_second']


def theirs(case, batches, threads):
    """{batch: {'eager': rate, 'jit': rate}}, from a process of its own."""
    out = subprocess.run(['/usr/bin/python3', HERE, '--peer', case.graph, '--threads', str(threads),
                          '--batches', *map(str, batches)], check=True, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL).stdout
    return {int(batch): rates for batch, rates in json.loads(out.splitlines()[-1]).items()}


# --- PyTorch ----------------------------------------------------------------------------------------


def fastest(call, repeats):
    call()
    call()  # the profiling executor's second run compiles
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return min(times)


def peer(name, batches, threads):
    import torch
    torch.set_num_threads(threads)
    [case] = cases([name])
    net = zoo.build(case, 'full').eval()
    size, rates = case.sizes['full'], {}
    with torch.no_grad():
        frozen = torch.jit.optimize_for_inference(torch.jit.trace(net, torch.randn(1, 3, size, size), strict=False))
        for batch in batches:
            images, repeats = torch.randn(batch, 3, size, size), REPEATS.get(batch, FEWEST)
            seconds = {'jit': fastest(lambda: frozen(images), repeats)}
            for layout in torch.contiguous_format, torch.channels_last:
                laid = net.to(memory_format=layout)
                own = images.contiguous(memory_format=layout)
                took = fastest(lambda: laid(own), repeats)
                seconds['eager'] = min(took, seconds.get('eager', took))
            rates[batch] = {kind: batch / took for kind, took in seconds.items()}
    print(json.dumps(rates))


# --- the table --------------------------------------------------------------------------------------


def number_of(rate):
    return f'{rate:.0f}' if rate >= 100 else f'{rate:.1f}'


def print_row(case, batch, threads, mine, others):
    row = f'| {case.graph} | {batch} | {threads} | {number_of(statistics.median(mine))} |'
    for kind in 'eager', 'jit':
        rates = [other[kind] for other in others]
        ratios = [a / b for a, b in zip(mine, rates)]
        row += (f' {number_of(statistics.median(rates))} | {statistics.median(ratios):.2f} '
                f'({min(ratios):.2f} to {max(ratios):.2f}) |')
    print(row, flush=True)


def compare(given):
    print('| network | batch | threads | images/s | PyTorch, eager | ratio | frozen | ratio |')
    print('| --- | --- | --- | --- | --- | --- | --- | --- |')
    for case in cases(given.names):
        mine, others = {}, {}
        for number in range(given.rounds):
            for threads in given.threads:
                print(f'{case.graph}: round {number + 1} of {given.rounds}, {threads} threads', file=sys.stderr)
                for batch in given.batches:
                    mine.setdefault((batch, threads), []).append(ours(given, case, batch, threads))
                for batch, rates in theirs(case, given.batches, threads).items():
                    others.setdefault((batch, threads), []).append(rates)
        for (batch, threads), rates in mine.items():
            print_row(case, batch, threads, rates, others[batch, threads])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('program', nargs='?')
    parser.add_argument('names', nargs='*', metavar='NAME')
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--threads', type=int, nargs='+', default=[1, 2])
    parser.add_argument('--batches', type=int, nargs='+', default=[1, 8, 32])
    parser.add_argument('--peer', metavar='NAME', help='time PyTorch alone, and print JSON')
    given = parser.parse_intermixed_args()
    if given.peer:
        peer(given.peer, given.batches, given.threads[0])
    elif given.program:
        compare(given)
    else:
        parser.error('which program?')


main()
