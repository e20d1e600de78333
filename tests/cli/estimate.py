#!/usr/bin/env python3
"""Estimates beside a run: estimate.py NONTRIVIAL ROOT

They are the same at any number of threads and batch size, in one run and in parts of it, and whatever else is estimated;
tau is what scipy's kendalltau (tau-b) would say, computed here by counting pairs; recomputing keeps them, a suite that no
longer asks takes them away; the README's table is that of the program."""
import csv
import itertools
import json
import math
import pathlib
import sys
import tempfile

from small_run import caller, write_suite

GRAPH = """version: 1
graph: small
input: [1, 2, 2]
nodes:
  one:  {op: conv2d, channels: 4, kernel: 2, bias: false}
  norm: {op: batch_norm}
  relu: {op: relu}
  two:  {op: conv2d, channels: 4, kernel: 1}
  sum:  {op: add, from: [two, relu]}
  three: {op: conv2d, channels: 4, kernel: 1}
  also: {op: add, from: [three, sum]}
  four: {op: conv2d, channels: 4, kernel: 1}
  then: {op: add, from: [four, also]}
  last: {op: conv2d, channels: 2, kernel: 1}
  pool: {op: global_avg_pool}
"""
UNITS = """return function(net)
  local cases = {}
  for _, sum in ipairs(net:nodes("add")) do cases[#cases + 1] = {name = sum.name, drop = {sum}} end
  return cases
end
"""
ALL = 'taylor, taylor_squared, fisher, magnitude, batch_norm_scale, block_influence, branch_share, answers_changed'


def kendall(pairs):
    """Tau-b of pairs of numbers."""
    agree = first = second = 0
    for (a, b), (c, d) in itertools.combinations(pairs, 2):
        x, y = (a > c) - (a < c), (b > d) - (b < d)
        agree, first, second = agree + x * y, first + abs(x), second + abs(y)
    return agree / math.sqrt(first * second) if first and second else None


def check_ranks(results):
    """Each tau follows from the values and the findings."""
    seeds = [one['seed'] for one in results['baseline']]
    ranked = 0
    for estimate in results['estimates']:
        values = {one['layer']: one['value'] for one in estimate['values']}
        ranks = {one['group']: one for one in estimate['ranks']}
        for group in results['groups']:
            pairs = []
            for case in group['cases']:
                found = case['results'][seeds.index(estimate['seed'])]
                value = values.get(case['edits'][0]['layer'])
                if not case.get('cut') and len(case['edits']) == 1 and value is not None:
                    pairs.append((value, -found['change']))
            if len(pairs) < 3:
                assert group['group'] not in ranks, (estimate['by'], group['group'])
                continue
            rank, tau = ranks[group['group']], kendall(pairs)
            assert rank['layers'] == len(pairs), rank
            assert rank['kendall_tau'] == tau or abs(rank['kendall_tau'] - tau) < 1e-12, (rank, tau)
            ranked += 1
    return ranked


def check_readme(root, results):
    text = (root / 'README.md').read_text(encoding='utf-8')
    for one in results['estimates']:
        after = f' ({one["after"]})' if one['after'] else ''
        of = 'units' if one['values'][0]['layer'] == 'sum' else 'kernels'
        row = f'| `{one["by"]}` | {of} | {one["doc"]}{after} |'
        assert row in text, f'README.md lacks: {row}'


def main():
    call, root = caller(sys.argv[1]), pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        suite = write_suite(folder, 300, epochs=2)
        (folder / 'net.yaml').write_text(GRAPH)
        (folder / 'units.lua').write_text(UNITS)
        suite.write_text(suite.read_text() + f'  units: {{hook: units.lua}}\nestimate: {{of: [{ALL}], images: 90}}\n')
        (folder / 'each.lua').write_text(UNITS.replace('"add"', '"conv2d"').replace('drop', 'zero'))

        def run(out, *words):
            call('run', suite, '--out', folder / out, *words)
            return (folder / out / 'estimates.csv').read_bytes(), json.loads((folder / out / 'results.json').read_text())

        rows, results = run('one')
        assert len(results['estimates']) == 8 * 2, results['estimates']
        assert check_ranks(results) == (4 + 3) * 2  # one and last are cuts, and no other layer has a normalisation
        check_readme(root, results)
        images = {one['by']: (one['split'], one['images']) for one in results['estimates']}
        assert images['taylor'] == ('train', 90) and images['magnitude'] == (None, 0), images
        lines = list(csv.DictReader(rows.decode().splitlines()))
        assert len(lines) == 2 * (5 * 5 + 3 * 3), len(lines)
        assert all((line['cost in each'] != '') == (line['layer'] in {'two', 'three', 'four'}) or
                   line['layer'] in {'sum', 'also', 'then'} for line in lines), rows

        # Neither threads, batches nor what else is asked for changes a bit; nor does running in parts.
        assert run('threads', '--threads', 3, '--set', 'evaluate.batch=77')[0] == rows
        fewer = run('fewer', '--set', 'estimate.of=[fisher, block_influence]')[0].decode().splitlines()
        assert fewer[1:] and set(fewer) <= set(rows.decode().splitlines())
        call('train', suite, '--out', folder / 'parts')
        for part in '1/2', '2/2':
            call('run', suite, '--out', folder / 'parts', '--shard', part)
        call('merge', folder / 'parts')
        assert (folder / 'parts' / 'estimates.csv').read_bytes() == rows

        call('results', folder / 'one', '--recompute')
        said = call('run', suite, '--out', folder / 'one').stdout
        assert "Kendall's tau, mean of the seeds" in said and 'the values are in estimates.csv' in said, said
        text = suite.read_text()
        suite.write_text(text[:text.index('estimate:')])
        call('run', suite, '--out', folder / 'one')
        assert not (folder / 'one' / 'estimates.csv').exists()
        assert 'estimates' not in json.loads((folder / 'one' / 'results.json').read_text())

        # The short form, and what is refused.
        suite.write_text(text[:text.index('estimate:')] + 'estimate: magnitude\n')
        call('run', suite, '--out', folder / 'one')
        assert len(json.loads((folder / 'one' / 'results.json').read_text())['estimates']) == 2
        for wrong, expected in [('[taylr]', "there is no estimator 'taylr'; did you mean 'taylor'?"),
                                ('{images: 5}', "'estimate' lacks 'of'"),
                                ('{of: [taylor], images: 0}', 'images'),
                                ('{of: [taylor], split: held_out}', 'hold_out')]:
            suite.write_text(text[:text.index('estimate:')] + f'estimate: {wrong}\n')
            said = call('run', suite, '--out', folder / 'no', status=3).stderr
            assert expected in said, said
    print('estimates are as they should be')


main()
