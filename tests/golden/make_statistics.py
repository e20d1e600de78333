#!/usr/bin/env python3
"""Makes statistics.txt, what tests/unit/test_statistics.c expects, with SciPy and mpmath (Debian:
python3-scipy, python3-mpmath). It is committed, so this needs running only to change it:
/usr/bin/python3 tests/golden/make_statistics.py

A line is a word and numbers: arguments, then results. Where SciPy 1.10 has fewer digits than the
tests ask for, mpmath's incomplete beta function stands in. Tango's score is found another way than
the program does it: the likelihood under the null hypothesis is maximised numerically, and the score
is the root of Pearson's chi-square of the counts against it.

normal_cdf x p              normal_quantile p x
binomial k n p cdf
student_cdf t freedom p     student_quantile p freedom t
mcnemar lost gained p
score samples lost gained change z
interval samples lost gained confidence low high
margin samples lost gained margin inside outside
holm count p... adjusted...
kendall count a... b... tau
kendall_mean cases seeds values... tau
spread count values... confidence mean deviation low high
bootstrap samples baseline... other... clusters... confidence margin change error
          low high p inside outside
recipe seeds samples changes... (seed after seed) clusters... margin change error freedom
       low_95 high_95 p inside outside crossed_low crossed_high
"""
import pathlib
from math import copysign, inf, nan, sqrt

import mpmath
import numpy as np
from scipy import stats
from scipy.optimize import brentq

mpmath.mp.dps = 40
LINES = []


def line(word, *numbers):
    flat = np.concatenate([np.ravel(n) for n in numbers])
    LINES.append(' '.join([word] + [repr(float(n)) for n in flat]))


# --- distributions --------------------------------------------------------------------------------

def binomial_cdf(k, n, p):
    return float(mpmath.betainc(n - k, k + 1, 0, 1 - mpmath.mpf(p), regularized=True))


def binomial_half(k, n):
    """The sum itself, for any n."""
    term = mpmath.binomial(n, k)
    total = mpmath.mpf(0)
    for i in range(k, -1, -1):
        total += term
        if term < total * mpmath.mpf(10) ** -25:
            break
        term = term * i / (n - i + 1)
    return float(total * mpmath.mpf(2) ** -n)


def student_cdf(t, freedom):
    t, freedom = mpmath.mpf(t), mpmath.mpf(freedom)
    tail = mpmath.betainc(freedom / 2, .5, 0, freedom / (freedom + t * t), regularized=True) / 2
    return tail if t < 0 else 1 - tail


def student_quantile(p, freedom):
    start = stats.t.ppf(p, freedom)
    return float(mpmath.findroot(lambda t: student_cdf(t, freedom) - p, start))


def distributions():
    for x in [-37, -12.5, -8, -3, -1.96, -.5, 0, .5, 1, 2.5, 6]:
        line('normal_cdf', x, float(mpmath.ncdf(x)))
    for p in [1e-280, 1e-100, 1e-20, 1e-6, .001, .025, .05, .3, .4999, .5, .7, .975, .999999]:
        line('normal_quantile', p, stats.norm.ppf(p))
    for k, n, p in [(0, 1, .5), (0, 7, .3), (3, 7, .3), (6, 7, .9), (40, 100, .35), (150, 1000, .2),
                    (250, 1000, .2), (3, 1000, .001)]:
        line('binomial', k, n, p, binomial_cdf(k, n, p))
    for k, n in [(450, 1000), (5000, 10000), (4700, 10000), (499000, 1000000), (490000, 1000000)]:
        line('binomial', k, n, .5, binomial_half(k, n))
    for freedom in [1, 2, 3, 4.5, 9, 44, 1000]:
        for t in [-1e4, -30, -2.2, -.01, 0, .7, 3, 8]:
            line('student_cdf', t, freedom, float(student_cdf(t, freedom)))
        for p in [1e-6, .025, .05, .4, .5, .9, .975, .9999]:
            line('student_quantile', p, freedom, 0 if p == .5 else student_quantile(p, freedom))


# --- paired proportions ---------------------------------------------------------------------------

def likeliest_loss(n, lost, gained, change):
    """P(loss) that maximises the likelihood among those with P(gain) = P(loss) + change."""
    low, high = max(0, -change), (1 - change) / 2
    same = n - lost - gained

    def slope(q):
        total = 0
        for count, share, sign in [(lost, q, 1), (gained, q + change, 1),
                                   (same, 1 - 2 * q - change, -2)]:
            if count:
                total += sign * count / share if share > 0 else sign * inf
        return total

    width = high - low
    a, b = low + 1e-13 * width, high - 1e-13 * width
    if slope(a) <= 0:
        return low
    if slope(b) >= 0:
        return high
    return brentq(slope, a, b, xtol=1e-16, rtol=1e-15)


def score(n, lost, gained, change):
    q = likeliest_loss(n, lost, gained, change)
    chi_square = 0
    for count, share in [(lost, q), (gained, q + change), (n - lost - gained, 1 - 2 * q - change)]:
        gap = count - n * share
        if abs(gap) > 1e-12 * n:
            chi_square += gap * gap / (n * share) if share > 0 else inf
    return copysign(sqrt(chi_square), gained - lost - n * change)


def interval(n, lost, gained, confidence):
    z, change = stats.norm.ppf((1 + confidence) / 2), (gained - lost) / n
    edge = 1 - 1e-9

    def limit(end, target):
        return brentq(lambda t: score(n, lost, gained, t) - target, change, end, xtol=1e-14)

    return (-1 if lost == n else limit(-edge, z), 1 if gained == n else limit(edge, -z))


def margin(n, lost, gained, m):
    top, bottom = score(n, lost, gained, m), score(n, lost, gained, -m)
    inside = max(stats.norm.cdf(top), stats.norm.sf(bottom))
    outside = 2 * min(stats.norm.sf(top), stats.norm.cdf(bottom))
    return inside, min(outside, 1)


def paired():
    for lost, gained in [(0, 0), (1, 0), (0, 6), (3, 9), (12, 12), (16, 6), (70, 41), (400, 300),
                         (5100, 4900), (500500, 499500), (505000, 495000)]:
        line('mcnemar', lost, gained,
             stats.binomtest(lost, lost + gained).pvalue if 0 < lost + gained < 10000
             else min(1, 2 * binomial_half(min(lost, gained), lost + gained)))
    for n, lost, gained in [(1, 1, 0), (5, 0, 2), (10, 3, 0), (10, 10, 0), (12, 0, 12), (20, 0, 0),
                            (21, 1, 7), (50, 25, 25), (161, 16, 6), (200, 150, 2),
                            (10000, 0, 0), (10000, 31, 12), (10000, 5200, 140)]:
        for change in [-.9, -.3, -.01, 0, .004, .2, .7]:
            line('score', n, lost, gained, change, score(n, lost, gained, change))
        for confidence in [.9, .95, .999]:
            line('interval', n, lost, gained, confidence, *interval(n, lost, gained, confidence))
        for m in [.001, .01, .2]:
            line('margin', n, lost, gained, m, *margin(n, lost, gained, m))


# --- Holm, Kendall, seeds -------------------------------------------------------------------------

def holm_rejects(p, alpha):
    """As published: from the smallest on, until one isn't small enough."""
    known = sorted((v, i) for i, v in enumerate(p) if v == v)
    rejected = set()
    for k, (value, i) in enumerate(known):
        if value > alpha / (len(known) - k) * (1 + 1e-12):
            break
        rejected.add(i)
    return rejected


def holm(p):
    """The least level at which each is rejected."""
    levels = sorted(v * k for v in p if v == v for k in range(1, len(p) + 1))
    return [nan if v != v else min([a for a in levels if i in holm_rejects(p, a)] + [1])
            for i, v in enumerate(p)]


def others(random):
    for p in [[.03], [.01, .04, .03, .005], [.02, .02, .02], [.5, .9, .001, .4, .5], [0, 1, 1],
              [.01, nan, .02, nan, .013], [nan, nan], list(random.uniform(0, .1, 40) ** 2)]:
        line('holm', len(p), p, holm(p))
    rankings = [([1, 2, 3, 4], [1, 2, 3, 4]), ([1, 2, 3, 4], [9, 5, 2, 1]),
                ([1, 2, 2, 3, 3, 3], [1, 1, 2, 3, 2, 3]), ([1, 1, 1], [1, 2, 3]), ([1], [1]),
                (random.uniform(0, 1, 36), random.uniform(0, 1, 36)),
                (random.randint(0, 9, 200), random.randint(0, 5, 200))]
    for a, b in rankings:
        line('kendall', len(a), a, b, stats.kendalltau(a, b, variant='b').statistic)
    values = np.round(random.uniform(0, 1, (36, 1)) + random.uniform(0, .5, (36, 4)), 1)
    taus = [stats.kendalltau(values[:, i], values[:, j]).statistic
            for i in range(4) for j in range(i)]
    line('kendall_mean', 36, 4, values, np.mean(taus))
    for values in [[.84, .85], [.8412, .8455, .8398], list(random.normal(1e6, 1, 12)), [3, 3, 3]]:
        mean, deviation = np.mean(values), np.std(values, ddof=1)
        reach = student_quantile(.975, len(values) - 1) * deviation / sqrt(len(values))
        line('spread', len(values), values, .95, mean, deviation, mean - reach, mean + reach)


# --- bootstrap ------------------------------------------------------------------------------------

def error_of(sums, sizes):
    """The standard error of sums.sum() / sizes.sum() over the last axis: of a ratio."""
    k = sums.shape[-1]
    mean = sums.sum(-1, keepdims=True) / sizes.sum(-1, keepdims=True)
    return np.sqrt(((sums - mean * sizes) ** 2).sum(-1) * k / (k - 1)) / sizes.sum(-1)


def bootstrap(baseline, other, clusters, confidence, m):
    """Studentised, in so many words: draws of whole clusters, each draw's t."""
    change = np.asarray(other) - np.asarray(baseline)
    kept = np.isfinite(change)
    groups = [change[kept & (clusters == c)] for c in np.unique(np.asarray(clusters)[kept])]
    sums, sizes = np.array([g.sum() for g in groups]), np.array([len(g) for g in groups], float)
    mean, error = sums.sum() / sizes.sum(), error_of(sums, sizes)
    drawn = np.random.RandomState(7).randint(len(groups), size=(400000, len(groups)))
    s, n = sums[drawn], sizes[drawn]
    with np.errstate(divide='ignore', invalid='ignore'):
        t = (s.sum(1) / n.sum(1) - mean) / error_of(s, n)

    def above(value):
        return np.mean(t >= (mean - value) / error)

    def below(value):
        return np.mean(t <= (mean - value) / error)

    tails = np.quantile(t, [(1 + confidence) / 2, (1 - confidence) / 2], method='inverted_cdf')
    inside = max(above(-m), below(m)) if len(groups) >= 30 else nan
    outside = min(1, 2 * min(above(m), below(-m)))
    line('bootstrap', len(baseline), baseline, other, clusters, confidence, m, mean, error,
         mean - tails * error, min(1, 2 * min(above(0), below(0))), inside, outside)


def bootstraps(random):
    baseline = np.round(random.uniform(.7, .95, 16), 3)
    loss = np.round(random.exponential(.03, 16) ** 1.5 * 4, 3)
    bootstrap(baseline, baseline - loss + .02, np.arange(16), .95, .02)
    clusters = np.array([4, 4, 4, 4, 4, 4, -7, -7, 1, 1, 1, 1, 9, 9, 9, 12, 13, 13, 13, 13, 13, 13,
                         13, 13, 14, 15, 15, 16, 16, 17, 18, 18, 19, 1, 20, 21, 22, 22, 23, 24, 25, 26,
                         27, 28, 28, 28, 29, 30, 31, 32, 33, 34, 34, 35, 36, 37, 38, 39, 40])
    baseline = np.round(random.uniform(.6, .95, len(clusters)), 3)
    other = np.round(baseline - random.exponential(.02, len(clusters))
                     - .15 * (clusters == 9) + .03, 3)
    other[5] = nan
    baseline[30] = nan
    bootstrap(baseline, other, clusters, .9, .03)


def recipe(random, seeds, sizes, loss, margin):
    """Seeds crossed with samples in clusters; one sample is lacking with the first seed."""
    clusters = np.repeat(np.arange(len(sizes)), sizes)
    n = len(clusters)
    changes = (-loss + random.normal(0, .01, (seeds, 1)) + random.normal(0, .02, len(sizes))[clusters]
               + random.normal(0, .01, (seeds, n))).round(4)
    changes[0, 1] = nan
    total = np.array([[np.nansum(c[clusters == k]) for k in range(len(sizes))] for c in changes])
    count = np.array([[np.sum(~np.isnan(c[clusters == k])) for k in range(len(sizes))]
                      for c in changes])
    means = np.nanmean(changes, axis=1)
    mean, k = means.mean(), len(sizes)
    of_seeds = means.var(ddof=1) / seeds
    residue = total.sum(0) - mean * count.sum(0)
    of_samples = (residue ** 2).sum() / count.sum() ** 2 * k / (k - 1)
    error = sqrt(of_seeds + of_samples)
    freedom = error ** 4 / (of_seeds ** 2 / (seeds - 1) + of_samples ** 2 / (k - 1))
    t = stats.t(freedom, mean, error)
    reach = error * student_quantile(.975, freedom)
    below = t.cdf
    above = t.sf                          # of the mean, seen from a value: symmetric
    draws = []
    for _ in range(200000):
        rows = random.randint(0, k, k)
        columns = random.randint(0, seeds, seeds)
        draws.append((total[columns][:, rows].sum(1) / count[columns][:, rows].sum(1)).mean())
    line('recipe', seeds, n, changes, clusters, margin, mean, error, freedom, mean - reach, mean + reach,
         min(1, 2 * min(below(0), above(0))), max(below(-margin), above(margin)),
         min(1, 2 * min(below(margin), above(-margin))), *np.percentile(draws, [2.5, 97.5]))


def recipes(random):
    recipe(random, 3, np.full(40, 1), .03, .01)
    recipe(random, 5, [3, 1, 4, 1, 5, 2, 2, 3], .0, .02)


def main():
    random = np.random.RandomState(2009)
    distributions()
    paired()
    others(random)
    bootstraps(random)
    recipes(random)
    (pathlib.Path(__file__).resolve().parent / 'statistics.txt').write_text('\n'.join(LINES) + '\n')


if __name__ == '__main__':
    main()
