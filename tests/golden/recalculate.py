#!/usr/bin/env python3
"""Every number of finished runs against scipy and statsmodels: recalculate.py FOLDER...

Of each run in the folders, takes results.json and, where it is there, outcomes.bin, and computes from the counts
and the outcomes what the program says of them: values, changes, intervals, p values, their adjustments, verdicts,
spreads, agreement of the seeds, recipes. Prints the largest difference of each kind of number, and fails where one is larger
than rounding explains, or, of what is drawn at random, than other draws explain. Exits 77 (skipped) without scipy
and statsmodels."""
import collections
import itertools
import json
import math
import pathlib
import sys

try:
    import numpy as np
    from scipy import optimize, stats
    from statsmodels.stats.contingency_tables import mcnemar
    from statsmodels.stats.multitest import multipletests
except ImportError as lack:
    print(f'skipped: {lack}')
    sys.exit(77)

ALPHA, FEWEST_CLUSTERS, DRAWS = 0.05, 30, 100_000
EXACT = 1e-9         # of closed forms and roots: how far two ways of rounding may be apart
NUMBERS = ('p', 'inside', 'outside')
largest = collections.defaultdict(lambda: (0.0, ''))
counted = collections.Counter()
wrong = []


def compare(kind, where, said, found, allowed=EXACT):
    """null is NaN; p values that no double holds are 0 on one side and tiny on the other."""
    said, found = (math.nan if x is None else float(x) for x in (said, found))
    counted[kind] += 1
    if math.isnan(said) and math.isnan(found):
        return
    difference = abs(said - found)
    if not difference <= largest[kind][0]:
        largest[kind] = (difference, where)
    if not difference <= allowed:
        wrong.append(f'{where}: {kind} is {said}, here {found}')


# --- right or wrong ---

def tango(n, lost, gained, change):
    """Tango's score for a true change: its likeliest nuisance parameter is found by search, not by his formula."""
    if n == 0:
        return math.nan
    low, high = max(0.0, -change), (1 - change) / 2  # of P(lost), with P(gained) = P(lost) + change

    def slope(q):    # of the likelihood's logarithm, times all its denominators
        rest = 1 - 2 * q - change
        return (lost * (q + change) * rest + gained * q * rest - 2 * (n - lost - gained) * q * (q + change))

    q = low if slope(low) <= 0 else high
    if slope(low) > 0 > slope(high):
        q = optimize.brentq(slope, low, high, xtol=1e-18, rtol=1e-15)
    above = gained - lost - n * change
    if above == 0:
        return 0.0
    variance = n * (2 * q + change - change * change)
    return math.copysign(math.inf, above) if variance <= 0 else above / math.sqrt(variance)


def tango_interval(n, lost, gained, confidence):
    z, change = stats.norm.ppf((1 + confidence) / 2), (gained - lost) / n

    def limit(target, end):
        def distance(t):
            return min(max(tango(n, lost, gained, t), -1e6), 1e6) - target
        at_end = end * (1 - 1e-15)
        return end if distance(at_end) * distance(change) > 0 else optimize.brentq(
            distance, *sorted((change, at_end)), xtol=1e-14)
    return limit(z, -1.0), limit(-z, 1.0)


def paired(n, lost, gained, margin):
    top, bottom = tango(n, lost, gained, margin), tango(n, lost, gained, -margin)
    return {'p': mcnemar([[0, lost], [gained, 0]], exact=True).pvalue if lost + gained else 1.0,
            'inside': max(stats.norm.cdf(top), stats.norm.sf(bottom)),
            'outside': min(1.0, 2 * min(stats.norm.sf(top), stats.norm.cdf(bottom))),
            95: tango_interval(n, lost, gained, 0.95), 90: tango_interval(n, lost, gained, 0.90)}


def check_classes(where, case, margin):
    found = paired(case['total'], case['lost'], case['gained'], margin)
    compare('value', where, case['value'], case['correct'] / case['total'])
    compare('change', where, case['change'], (case['gained'] - case['lost']) / case['total'])
    for level in (95, 90):
        compare(f'{level} % interval, Tango', where, case[f'change_low_{level}'], found[level][0])
        compare(f'{level} % interval, Tango', where, case[f'change_high_{level}'], found[level][1])
    for name in NUMBERS:
        compare(f'{name}, {"McNemar" if name == "p" else "Tango"}', where, case[name], found[name])


# --- means over patients ---

def clusters_of(changes, patients):
    kept = np.isfinite(changes)
    _, number = np.unique(np.asarray(patients)[kept], return_inverse=True)
    return np.bincount(number, changes[kept]), np.bincount(number).astype(float)


def ratio_error(sums, sizes):
    """Of sum / size over clusters, the last axis."""
    count, total = sums.shape[-1], sizes.sum(-1)
    mean = sums.sum(-1) / total
    residual = ((sums - mean[..., None] * sizes) ** 2).sum(-1)
    return mean, np.sqrt(residual * count / (count - 1)) / total


def studentised(sums, sizes):
    """mean, its error, and drawn (mean - truth) / error, in order."""
    random, count = np.random.default_rng(1), len(sums)
    mean, error = ratio_error(sums, sizes)
    draws = []
    for _ in range(DRAWS // 1000):
        chosen = random.integers(0, count, (1000, count))
        drawn, spread = ratio_error((sums - mean * sizes)[chosen], sizes[chosen])
        with np.errstate(divide='ignore', invalid='ignore'):
            draws.append(np.where(spread > 1e-13 * np.abs(sums / sizes).max(), drawn / spread,
                                  np.where(np.abs(drawn) < 1e-13, 0, np.sign(drawn) * np.inf)))
    return mean, error, np.sort(np.concatenate(draws))


def check_masks(where, case, margin, values, baseline, patients):
    changes = values - baseline
    sums, sizes = clusters_of(changes, patients)
    compare('value', where, case['value'], np.nanmean(values))
    compare('change', where, case['change'], sums.sum() / sizes.sum())
    if len(sums) < 2 or np.allclose(changes[np.isfinite(changes)], 0, atol=1e-15):
        return
    mean, error, draws = studentised(sums, sizes)

    def share(alpha):    # both sides of what 10,000 draws may give for a quantile of the share alpha
        spread = 4 * math.sqrt(alpha * (1 - alpha) / 10_000) + 1e-4
        return [np.quantile(draws, min(max(a, 0), 1)) for a in (alpha - spread, alpha, alpha + spread)]
    for level in (95, 90):
        alpha = (1 - level / 100) / 2
        for name, part in (('low', 1 - alpha), ('high', alpha)):
            least, middle, most = (mean - error * q for q in share(part))
            if all(map(math.isfinite, (least, middle, most))):
                compare(f'{level} % interval, studentised', where, case[f'change_{name}_{level}'], middle,
                        abs(least - most) + 1e-9)

    def above(value):
        return (np.sum(draws >= (mean - value) / error) + 1) / (DRAWS + 1)

    def below(value):
        return (np.sum(draws <= (mean - value) / error) + 1) / (DRAWS + 1)
    found = {'p': min(1, 2 * min(above(0), below(0))), 'outside': min(1, 2 * min(above(margin), below(-margin))),
             'inside': max(above(-margin), below(margin)) if len(sums) >= FEWEST_CLUSTERS else math.nan}
    for name in NUMBERS:
        p = found[name]
        tolerance = 8 * math.sqrt(p * (1 - min(p, 1)) / 10_000) + 4e-4 if math.isfinite(p) else 0
        compare(f'{name}, studentised', where, case[name], p, tolerance)


# --- outcomes.bin ---

def read_outcomes(path):
    """{(group, case, seed): (value of each image, the baseline's)}"""
    raw = path.read_bytes()
    size = int.from_bytes(raw[:8], 'little')
    head, data = json.loads(raw[8:8 + size]), raw[8 + size:]

    def values(o):
        if head['metric'] == 'accuracy':
            bits = np.frombuffer(data, 'u1', (o['samples'] + 7) // 8, o['offset'])
            return np.unpackbits(bits, count=o['samples'], bitorder='little').astype(float)
        shape = (o['samples'], head['classes'], 3)
        both, predicted, there = np.moveaxis(np.frombuffer(
            data, f'<u{o["bytes"]}', math.prod(shape), o['offset']).reshape(shape).astype(float), 2, 0)
        top, below = (2 * both, predicted + there) if head['metric'] == 'dice' else (both, predicted + there - both)
        found = predicted + there > 0
        found[:, 0] = False
        scores = np.where(found, top / np.maximum(below, 1), 0).sum(1) / np.maximum(found.sum(1), 1)
        return np.where(there.sum(1) == 0, np.nan, np.where(found.any(1), scores, 1))
    each = [values(o) for o in head['outcomes']]
    return {(c['group'], c['case'], c['seed']): (each[c['outcome']], each[c['baseline']]) for c in head['cases']}


# --- several cases, several seeds ---

def verdict_of(change, inside, outside):
    if inside is not None and inside < ALPHA:
        return 'trivial'
    return 'undecided' if outside is None or outside >= ALPHA else 'critical' if change < 0 else 'better'


def check_together(where, findings, changes):
    """Holm over cases, and the verdicts."""
    for name in NUMBERS:
        known = [f for f in findings if f[name] is not None]
        if known:
            adjusted = multipletests([f[name] for f in known], method='holm')[1]
            for f, p in zip(known, adjusted):
                compare(f'{name}, Holm', where, f[f'{name}_holm'], p)
    for f, change in zip(findings, changes):
        counted['verdict'] += 1
        expected = verdict_of(change, f['inside_holm'], f['outside_holm'])
        if f['verdict'] != expected:
            wrong.append(f'{where}: a verdict is {f["verdict"]}, here {expected}')


def mean_tau(rows):
    """Of the changes, [case][seed]."""
    columns = [np.array([math.nan if r[s] is None else r[s] for r in rows], float) for s in range(len(rows[0]))]
    taus = []
    for a, b in itertools.combinations(columns, 2):
        both = np.isfinite(a) & np.isfinite(b)
        taus.append(stats.kendalltau(a[both], b[both], variant='b').statistic if both.sum() > 1 else math.nan)
    taus = [t for t in taus if math.isfinite(t)]
    return np.mean(taus) if taus else math.nan


def check_spread(where, case, name):
    known = [r[name] for r in case['results'] if 'failure' not in r]
    compare('mean and deviation', where, case[f'{name}_mean'], np.mean(known) if known else math.nan)
    compare('mean and deviation', where, case[f'{name}_sd'], np.std(known, ddof=1) if len(known) > 1 else math.nan)


def check_recipe(where, recipe, margin, pairs, patients):
    """The seeds' means vary, and so do the images' over the seeds."""
    changes = np.array([a - b for a, b in pairs])
    seeds, means = len(changes), np.nanmean(changes, 1)
    change, of_seeds = means.mean(), means.var(ddof=1)
    _, number = np.unique(patients, return_inverse=True)
    sums = np.bincount(number, np.nansum(changes, 0))
    sizes = np.bincount(number, np.isfinite(changes).sum(0).astype(float))
    clusters = len(sums)
    of_images = ((sums - change * sizes) ** 2).sum() / sizes.sum() ** 2 * clusters / (clusters - 1)
    error = math.sqrt(of_seeds / seeds + of_images)
    compare('recipe: change', where, recipe['change'], change)
    if error == 0:
        return
    freedom = error ** 4 / ((of_seeds / seeds) ** 2 / (seeds - 1) + of_images ** 2 / (clusters - 1))
    for level in (95, 90):
        reach = stats.t.ppf((1 + level / 100) / 2, freedom) * error
        compare('recipe: interval', where, recipe[f'change_low_{level}'], change - reach)
        compare('recipe: interval', where, recipe[f'change_high_{level}'], change + reach)
    top, bottom = (change - margin) / error, (change + margin) / error
    compare('recipe: p', where, recipe['p'], 2 * stats.t.sf(abs(change / error), freedom))
    compare('recipe: inside', where, recipe['inside'], max(stats.t.cdf(top, freedom), stats.t.sf(bottom, freedom)))
    compare('recipe: outside', where, recipe['outside'],
            min(1, 2 * min(stats.t.sf(top, freedom), stats.t.cdf(bottom, freedom))))


# --- a run ---

def check_group(run, group, outcomes, setup, patients):
    margin, cases = setup['margin'], group['cases']
    for case in cases:
        for finding in case['results']:
            where = f'{run}: {group["group"]}, {case["case"]}, seed {finding["seed"]}'
            key = group['group'], case['case'], finding['seed']
            if 'failure' in finding or 'decide' in finding:
                continue
            if key in outcomes:
                values, baseline = outcomes[key]
                compare('lost and gained', where, finding['lost'], np.sum(values < baseline))
                compare('lost and gained', where, finding['gained'], np.sum(values > baseline))
            if 'correct' in finding:
                check_classes(where, finding, margin)
            elif key in outcomes:
                check_masks(where, finding, margin, *outcomes[key], patients)
        for name in ('value', 'change'):
            check_spread(f'{run}: {group["group"]}, {case["case"]}', case, name)
        if case.get('recipe') and outcomes:
            pairs = [outcomes[group['group'], case['case'], r['seed']] for r in case['results'] if 'failure' not in r]
            check_recipe(f'{run}: {group["group"]}, {case["case"]}', case['recipe'], margin, pairs, patients)
    where = f'{run}: {group["group"]}'
    for s in range(len(cases[0]['results']) if cases else 0):
        known = [c['results'][s] for c in cases if 'failure' not in c['results'][s]]
        check_together(where, known, [f['change'] for f in known])
    recipes = [c['recipe'] for c in cases if c.get('recipe')]
    check_together(where + ', recipes', recipes, [r['change'] for r in recipes])
    changes = [[r.get('change') for r in c['results']] for c in cases]
    if cases:
        compare("Kendall's tau", where, group['kendall_tau'], mean_tau(changes))
        other = [row for row, c in zip(changes, cases) if any(r.get('verdict') != 'trivial' for r in c['results'])]
        compare("Kendall's tau", where, group['kendall_tau_not_trivial'], mean_tau(other) if other else math.nan)


def check_run(folder):
    results = json.loads((folder / 'results.json').read_text())
    packed = folder / 'outcomes.bin'
    outcomes = read_outcomes(packed) if packed.exists() else {}
    samples = results.get('samples', {})
    patients = samples.get('patients') or list(range(results['setup']['samples']))
    for group in results['groups']:
        check_group(folder.name, group, outcomes, results['setup'], patients)
    return len(outcomes)


def main():
    folders = [path.parent for top in sys.argv[1:] for path in sorted(pathlib.Path(top).glob('**/results.json'))]
    for folder in folders:
        packed = check_run(folder)
        print(f'{folder.name}: {"from each image" if packed else "from the counts"}')
    print('\nlargest difference, of how many, where')
    for kind in sorted(counted):
        print(f'{largest[kind][0]:9.2g} {counted[kind]:8d}  {kind}{": " if largest[kind][1] else ""}{largest[kind][1]}')
    print(*wrong[:40], sep='\n')
    print(f'{len(wrong)} of {sum(counted.values())} numbers are wrong')
    return 1 if wrong or not counted else 0


sys.exit(main())
