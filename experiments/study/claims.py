#!/usr/bin/env python3
"""Conditions against claims: claims.py RUN…

Reads each run's results.json and prints, as Markdown, one row a run: what of the paper's claims held there, with
the numbers that it follows from; then the values of the paper's tables beside the paper's, and how far the run is
from them (root mean square); then what one convolution costs, by its place: the mean over seeds and, of those that
are not feature decomposition, over the layers of each stage, apart for units that begin a stage; then, of each run of the
first one's layers, whether the layers have the verdicts over all seeds (of the recipe) and the order that they have
there. A claim held, or didn't, if it did with every seed by the verdicts of the run; else it is undecided:

  most      more than half of the convolutions are trivial, one at a time
  fd        every feature-decomposition layer but the stem is critical (not: one of them is trivial)
  rest      every other convolution but the stem is trivial (not: one of them is critical)
  order     no block costs more than the one before it, and the last less than the first, beyond the margin
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

    def __init__(self, name, results, kind=''):
        self.results = results
        self.name = f'{name}, {kind}' if kind else name
        self.margin = self.results['setup']['margin']
        self.baseline = [row['value'] for row in self.results['baseline']]
        self.groups, self.recipe = {}, {}
        for group in results['groups']:
            cases = {case['case'].removesuffix(f' {kind}'): case for case in group['cases']
                     if not kind or case['case'].endswith(f' {kind}')}
            self.groups[group['group']] = {name: case['results'] for name, case in cases.items()}
            if group['group'] == 'each-layer':
                self.recipe = {name: case.get('recipe', {}).get('verdict') for name, case in cases.items()}
        self.layers = {layer['name']: layer for layer in self.results['layers']}

    def group(self, *names):
        return next((self.groups[name] for name in names if self.groups.get(name)), {})

    def case(self, name, *groups):
        return self.group(*groups).get(name)


def runs_of(folder):
    """One, or one for each kind of edit that its cases are named by; none if layers weren't zeroed one by one."""
    results = json.loads((pathlib.Path(folder) / 'results.json').read_text())
    names = [case['case'] for group in results['groups'] if group['group'] == 'each-layer' for case in group['cases']]
    kinds = sorted({name.split(' ')[1] if ' ' in name else '' for name in names})
    return [Run(pathlib.Path(folder).resolve().name, results, kind) for kind in kinds]


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
    rises = [blocks[-1][s]['value'] > blocks[0][s]['value'] + run.margin and
             all(later[s]['value'] >= earlier[s]['value'] - run.margin for earlier, later in zip(blocks, blocks[1:]))
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


def place(layer):
    """Where a convolution is: 'stem', 'fd 2', 'shortcut 2', 'first 2' (the rest of a stage's first unit), 'later 2'."""
    if not layer['stage']:
        return 'stem'
    unit = layer['block'].split('.')[-1]
    kind = 'shortcut' if layer['shortcut'] else 'fd' if layer['fd'] else 'first' if unit == '0' else 'later'
    return f'{kind} {layer["stage"].removeprefix("layer")}'


def by_place(run):
    costs = {}
    for name, results in run.group('each-layer').items():
        costs.setdefault(place(run.layers[name]), []).append(mean(changes(results)))
    return {key: f'{mean(values):+.3f}' for key, values in costs.items()}


def tau(one, other):
    """Kendall's, a: of all pairs, those in the same order less those in the opposite one."""
    signs = [(one[a] - one[b]) * (other[a] - other[b]) for i, a in enumerate(one) for b in list(one)[:i]]
    return sum((sign > 0) - (sign < 0) for sign in signs) / len(signs)


def beside_first(first, run):
    costs = [{name: mean(changes(results)) for name, results in r.group('each-layer').items()} for r in (first, run)]
    words = [[r.recipe.get(name) for name in costs[0]] for r in (first, run)]
    opposite = sum({a, b} == {'trivial', 'critical'} for a, b in zip(*words))
    return [run.name, f'{sum(a == b for a, b in zip(*words))} of {len(costs[0])}', str(opposite), f'{tau(*costs):.2f}']


PLACES = ['stem'] + [f'{kind} {stage}' for stage in range(1, 5) for kind in ('fd', 'shortcut', 'first', 'later')][2:]


def table(head, rows):
    print('| ' + ' | '.join(head) + ' |\n|' + ' --- |' * len(head))
    for row in rows:
        print('| ' + ' | '.join(row) + ' |')


def main():
    runs = [run for folder in sys.argv[1:] for run in runs_of(folder)]
    if not runs:
        sys.exit(__doc__)
    table(['condition', 'seeds', 'baseline', 'most', 'fd', 'rest', 'order (blocks 1 to 4)', 'shortcuts', 'cause'],
          [[run.name, str(len(run.baseline)), f'{mean(run.baseline):.3f}', most(run),
            by_layer(run, True, 'critical', 'trivial'), by_layer(run, False, 'trivial', 'critical'), order(run),
            shortcuts(run), cause(run)] for run in runs])
    print()
    table(['condition', 'seeds', *PAPER, 'distance'],
          [['the paper', '', *(f'{value:.2f}' for value in PAPER.values()), '0']] +
          sorted((row for row in map(beside_paper, runs) if any(row[3:])), key=lambda row: row[-1] or '9'))
    print()
    table(['condition', *PLACES],
          [[run.name, *(costs.get(key, '') for key in PLACES)] for run in runs for costs in [by_place(run)]])
    print()
    table(['condition', f'verdicts as {runs[0].name} has them', 'opposite verdicts', "Kendall's tau"],
          [beside_first(runs[0], run) for run in runs[1:]
           if run.group('each-layer').keys() == runs[0].group('each-layer').keys()])


if __name__ == '__main__':
    main()
