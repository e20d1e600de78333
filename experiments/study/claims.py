#!/usr/bin/env python3
"""Conditions against claims: claims.py RUN…

Reads each run's results.json and prints, as Markdown, one row a run: what of the paper's claims held there, with
the numbers that it follows from; then the values of the paper's tables beside the paper's, and how far the run is
from them. A claim held, or didn't, if it did with every seed by the verdicts of the run; else it is undecided:

  most      more than half of the convolutions are trivial, one at a time
  fd        every feature-decomposition layer but the stem is critical (not: one of them is trivial)
  rest      every other convolution but the stem is trivial (not: one of them is critical)
  order     no block costs more than the one before it, beyond the margin
  shortcuts each shortcut's feature-decomposition layer costs at least half of what the network is above chance; of
            shortcuts that only halve the map the cost is listed, too
  cause     in every unit that has both, the feature-decomposition layer of the path costs more, beyond the margin,
            than the path's other convolutions. (Zeroing either makes the unit's branch a constant.)
"""
import json
import pathlib
import sys

PAPER = {'baseline': 0.84, 'block 1': 0.51, 'block 2': 0.61, 'block 3': 0.83, 'block 4': 0.84,
         'layer2.0.downsample.0': 0.28, 'layer3.0.downsample.0': 0.33, 'layer4.0.downsample.0': 0.16}
CHANCE = 0.1
BLOCKS = ('blocks-after', 'layer-blocks')  # by these names the suites have the group


def mean(values):
    return sum(values) / len(values)


class Run:
    """What results.json says, by group and case."""

    def __init__(self, folder):
        self.results = json.loads((pathlib.Path(folder) / 'results.json').read_text())
        self.name = pathlib.Path(folder).resolve().name.removeprefix('study-')
        self.margin = self.results['setup']['margin']
        self.baseline = [row['value'] for row in self.results['baseline']]
        self.groups = {group['group']: {case['case']: case['results'] for case in group['cases']}
                       for group in self.results['groups']}
        self.layers = {layer['name']: layer for layer in self.results['layers']}

    def group(self, *names):
        return next((self.groups[name] for name in names if self.groups.get(name)), {})

    def case(self, name, *groups):
        return self.group(*groups).get(name)


def verdicts(results):
    """The verdict that all seeds share, or 'undecided'."""
    seen = {result.get('verdict', 'undecided') for result in results}
    return seen.pop() if len(seen) == 1 else 'undecided'


def changes(results):
    return [result['change'] for result in results if 'change' in result]


def spread(values):
    return f'{mean(values):+.3f} ({min(values):+.3f} to {max(values):+.3f})' if values else ''


def say(held, words):
    return f'**{ {True: "held", False: "not held", None: "undecided"}[held] }**: {words}'


def of_all(outcomes):
    """True if all are, False if one is not, None if that isn't known: of True, False and None."""
    return True if all(outcome is True for outcome in outcomes) else False if False in outcomes else None


def most(run):
    each = {name: verdicts(results) for name, results in run.group('each-layer').items()}
    trivial, critical = (sum(v == word for v in each.values()) for word in ('trivial', 'critical'))
    held = True if 2 * trivial > len(each) else False if 2 * (len(each) - critical) < len(each) else None
    return say(held, f'{trivial} trivial, {critical} critical of {len(each)}')


def by_layer(run, fd, wanted, unwanted):
    each = run.group('each-layer')
    names = [name for name in each if run.layers[name]['fd'] == fd and run.layers[name]['stage']]
    seen = {name: verdicts(each[name]) for name in names}
    held = of_all([True if v == wanted else False if v == unwanted else None for v in seen.values()])
    words = f'{sum(v == wanted for v in seen.values())} of {len(names)} {wanted}'
    odd = sorted((name for name in names if seen[name] == unwanted), key=lambda name: mean(changes(each[name])))
    if odd:
        worst = odd[0] if unwanted == 'critical' else odd[-1]
        words += f'; {len(odd)} {unwanted}, {worst} {spread(changes(each[worst]))}'
    return say(held, words) if names else ''


def order(run):
    blocks = [results for name, results in sorted(run.group(*BLOCKS).items()) if name.startswith('block ')]
    if len(blocks) < 2:
        return ''
    rises = [all(later[s]['value'] >= earlier[s]['value'] - run.margin for earlier, later in zip(blocks, blocks[1:]))
             for s in range(len(run.baseline))]
    held = True if all(rises) else False if not any(rises) else None
    return say(held, ', '.join(f'{mean([r["value"] for r in results]):.3f}' for results in blocks))


def shortcuts(run):
    each = run.group('each-layer')
    share = {name: [-r['change'] / (base - CHANCE) for r, base in zip(each[name], run.baseline)]
             for name in each if run.layers[name]['shortcut']}
    outcomes = [True if min(values) >= 0.5 else False if max(values) < 0.5 else None
                for name, values in share.items() if run.layers[name]['fd']]
    words = [f'{100 * mean(values):.0f} %' + ('' if run.layers[name]['fd'] else ' (stride alone)')
             for name, values in share.items()]
    return say(of_all(outcomes), ', '.join(words)) if outcomes else ''


def cause(run):
    units, outcomes, words = {}, [], []
    for name, results in run.group('each-layer').items():
        layer = run.layers[name]
        if layer['stage'] and not layer['shortcut']:
            units.setdefault(layer['block'], ([], []))[0 if layer['fd'] else 1].append(changes(results))
    for unit, (decomposing, others) in units.items():
        if decomposing and others:
            gaps = [mean(b) - mean(a) for a, b in zip(zip(*decomposing), zip(*others))]
            outcomes.append(True if min(gaps) > run.margin else False if max(gaps) <= run.margin else None)
            words.append(f'{unit} {spread(gaps)}')
    return say(of_all(outcomes), '; '.join(words[:4])) if outcomes else ''


def beside_paper(run):
    values = {'baseline': run.baseline}
    for name in PAPER:
        results = run.case(name, *BLOCKS) if name.startswith('block') else run.case(name, 'shortcuts')
        if results:
            values[name] = [result['value'] for result in results]
    gaps = [mean(values[name]) - PAPER[name] for name in PAPER if name in values]
    distance = mean([gap * gap for gap in gaps]) ** 0.5 if len(gaps) == len(PAPER) else None
    cells = [f'{mean(values[name]):.3f}' if name in values else '' for name in PAPER]
    return [run.name, str(len(run.baseline)), *cells, f'{distance:.3f}' if distance is not None else '']


def table(head, rows):
    print('| ' + ' | '.join(head) + ' |\n|' + ' --- |' * len(head))
    for row in rows:
        print('| ' + ' | '.join(row) + ' |')


def main():
    runs = [Run(folder) for folder in sys.argv[1:]]
    if not runs:
        sys.exit(__doc__)
    table(['condition', 'seeds', 'baseline', 'most', 'fd', 'rest', 'order (blocks 1 to 4)', 'shortcuts', 'cause'],
          [[run.name, str(len(run.baseline)), f'{mean(run.baseline):.3f}', most(run),
            by_layer(run, True, 'critical', 'trivial'), by_layer(run, False, 'trivial', 'critical'), order(run),
            shortcuts(run), cause(run)] for run in runs])
    print()
    table(['condition', 'seeds', *PAPER, 'distance'],
          [['paper', '', *(f'{value:.2f}' for value in PAPER.values()), '0']] +
          sorted(map(beside_paper, runs), key=lambda row: row[-1] or '9'))


if __name__ == '__main__':
    main()
