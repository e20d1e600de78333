#!/usr/bin/env python3
"""How long suites and trainings take with 1 to 1,024 processes, and what holds them up.

    scaling.py measure NONTRIVIAL --weights W --data FOLDER > measured.json
    scaling.py predict SIMULATE [measured.json] [--out FOLDER] [--alpha S] [--beta S] ...
    scaling.py hold NONTRIVIAL SIMULATE [measured.json] --weights W --data FOLDER
    scaling.py check SIMULATE

`measure` takes from the program what a process of one thread needs for each layer of ResNet34 (bench), for a shard
of 1,000 CIFAR-10 images in all cases at once, to make a graph, to save a unit, and for a training step of one of 8
logical shards. `predict` replays that through the program's own queue of units (tests/bench/simulate.c) and prints a
table: the study's sweep with all pairs of layers and ten seeds, then its training; with --out also JSON, CSV, and a
picture as SVG and PNG (gnuplot). `hold` runs the sweep by mpirun with 1 and 2 processes and holds the prediction
against it. `check` sees that the simulator obeys what must be so; it is a test. measured.json's default is the one
beside this file; of it and the options, all can be changed: the network, the machines, how often they fail."""
import argparse
import csv
import json
import math
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RANKS = [2 ** i for i in range(11)]
SHARD, AHEAD, UNITS_A_HAND, FEWEST_CASES, BUSY_FROM = 1000, 2, 3, 4, 9  # as case_units.c and suite_crew.c have them
LOGICAL_SHARDS, BUCKETS = 8, 10
SUITE = """version: 1
suite: sweep
graph: {root}/graphs/resnet34.yaml
data: {{kind: cifar10, root: {data}}}
weights: {weights}
evaluate: {{batch: 500, first: {count}}}
groups: {{each-layer: {{hook: {root}/experiments/lua/each_layer.lua}}}}
"""
NOTHING = """return function() return {}, "nothing" end
"""


# --- what one process needs -------------------------------------------------------------------------------------

def bench(program, *words):
    command = [program, 'bench', str(ROOT / 'graphs/resnet34.yaml'), '--set', 'stem=imagenet', '--threads', '1',
               '--json', *words]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def run_with(program, suite, folder, count, words, launcher=()):
    """Seconds of a run of so many images into a new folder."""
    with tempfile.TemporaryDirectory(dir=folder) as out:
        began = time.perf_counter()
        subprocess.run([*launcher, program, 'run', str(suite), '--out', out, '--quiet', *words, '--set',
                        f'evaluate.first={count}'], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        return time.perf_counter() - began


COUNTING = """import os, resource, subprocess, sys
status = subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1] + os.environ.get('OMPI_COMM_WORLD_RANK', '0'), 'w') as file:
    file.write(str(used.ru_utime + used.ru_stime))
sys.exit(status)
"""


def run_counted(program, suite, folder, count, launcher):
    """The same, and the processor's seconds of the process that took most."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        counting = [*launcher, sys.executable, '-c', COUNTING, f'{name}/used-', program]
        seconds = run_with(counting[-1], suite, folder, count, ['--threads', '1'], counting[:-1])
        return seconds, max(float(path.read_text()) for path in pathlib.Path(name).iterdir())


def time_saving(folder, rows, size):
    """Seconds of one transaction as the store makes them, on this disk."""
    base = sqlite3.connect(pathlib.Path(folder) / 'saving.sqlite', isolation_level=None)
    base.execute('PRAGMA synchronous = EXTRA')
    base.execute('CREATE TABLE shard(key TEXT, outcomes BLOB)')
    times = []
    for _ in range(7):
        began = time.perf_counter()
        base.execute('BEGIN IMMEDIATE')
        base.executemany('INSERT INTO shard VALUES (?, ?)', [('k' * 64, b'\1' * size)] * rows)
        base.execute('COMMIT')
        times.append(time.perf_counter() - began)
    base.close()
    return sorted(times)[len(times) // 2]


def write_suite(folder, given):
    suite = pathlib.Path(folder) / 'sweep.yaml'
    text = SUITE.format(root=ROOT, data=pathlib.Path(given.data).resolve(),
                        weights=pathlib.Path(given.weights).resolve(), count=SHARD)
    suite.write_text(text, encoding='utf-8')
    (suite.parent / 'nothing.lua').write_text(NOTHING, encoding='utf-8')
    (suite.parent / 'baseline.yaml').write_text(text.replace(f'{ROOT}/experiments/lua/each_layer.lua', 'nothing.lua'),
                                                encoding='utf-8')
    return suite


def measure(given):
    evaluation = bench(given.program, '--batch', '250')
    step = min((bench(given.program, '--batch', '16', '--train', '--repeat', '20') for _ in range(5)),
               key=lambda found: found['seconds'])
    backward = sum(node['seconds'] for node in step['nodes'] if node['gradient'])
    forward = sum(node['seconds'] for node in step['nodes'] if not node['gradient'])
    with tempfile.TemporaryDirectory() as folder:
        suite = write_suite(folder, given)
        def best(which, count):
            return min(run_counted(given.program, which, folder, count, ())[1] for _ in range(3))

        start, one = best(suite.parent / 'baseline.yaml', 1), best(suite, 1)
        half, whole = best(suite, SHARD // 2), best(suite, SHARD)
        saving = time_saving(folder, 37, SHARD)
    print(json.dumps({
        'network': 'resnet34', 'threads': 1, 'cases': 37,
        'nodes': [[node['node'], node['op'], node['seconds'] / evaluation['batch']] for node in evaluation['nodes']],
        'shard': 2 * (whole - half), 'setup': max(one - start, 0.02), 'start': start,
        'save': saving, 'weights': 4 * 21289802,
        'step': {'batch': 16, 'forward': forward, 'backward': backward,
                 'update': max(step['seconds'] - forward - backward, 0.001)}}, indent=1))


# --- what graphs of cases cost ----------------------------------------------------------------------------------

class Network:
    """Layers as a chain: what a case computes anew begins behind the first layer that it zeroes."""

    def __init__(self, nodes):
        self.nodes = nodes
        self.layers = [i for i, (_, op, _) in enumerate(nodes) if 'conv2d' in op]

    def constant(self, node, zeroed):
        """A unit's second layer, when its first is zeroed, has the same input for all images."""
        name = self.nodes[node][0]
        return name.endswith('.conv2') and zeroed and self.nodes[zeroed[-1]][0] == name[:-1] + '1'

    def cost(self, cases):
        """Seconds an image, of one graph of these cases: what has the same layers zeroed before it is there once."""
        total = 0
        for node, (_, _, seconds) in enumerate(self.nodes):
            before = {tuple(z for z in case if z < node) for case in cases if node not in case}
            total += seconds * sum(not self.constant(node, zeroed) for zeroed in before)
        return total

    def single(self):
        return [(), *((a,) for a in self.layers)]

    def pairs(self):
        return sorted(self.single() + [(a, b) for a in self.layers for b in self.layers if a < b])


class Sweep:
    """Cases of a network on so many images, with some seeds."""

    def __init__(self, measured, cases, images, seeds):
        self.measured, self.cases, self.images, self.seeds = measured, cases, images, seeds
        self.network = Network(measured['nodes'])
        # the bench's layers are alone, with what they need in the cache: held against a whole shard
        self.scale = measured['shard'] / SHARD / self.network.cost(self.network.single())
        self.known = {}

    def graphs(self, ranks):
        """Seconds an image, and how many cases, of each graph that so many processes share out."""
        pieces = math.ceil(self.images / SHARD)
        if ranks == 1:
            parts = 1
        else:
            parts = max(1, min(math.ceil(UNITS_A_HAND * ranks / pieces), len(self.cases) // FEWEST_CASES))
        if parts not in self.known:
            cuts = [len(self.cases) * g // parts for g in range(parts + 1)]
            self.known[parts] = [(self.scale * self.network.cost(self.cases[a:b]), b - a)
                                 for a, b in zip(cuts, cuts[1:])]
        return self.known[parts]

    def model(self, ranks, machines, together=False, **changed):
        """`together`: the units of all seeds at once, in place of one seed after another; whoever comes to a seed
        gets its weights then."""
        m = self.measured
        s = {'seeds': self.seeds, 'tree': 1, 'handle': 5e-5, 'pause': 5e-4, 'failing': 0, **changed}
        alone = int(ranks >= BUSY_FROM)
        each = m['save'] / m['cases']
        graphs = self.graphs(math.ceil(ranks / self.seeds) if together else ranks)
        if together:
            graphs, s['seeds'] = graphs * self.seeds, 1
        setup = m['setup'] / self.network.cost(self.network.single()) / self.scale
        lines = [f'machines {ranks} {machines}',
                 f"sweep {s['seeds']} {AHEAD} {alone} {0 if together else m['weights']} {s['tree']} {m['start']} "
                 f"{s['handle']} {0.6 * m['save']} {0.4 * each / SHARD} {s['pause']} {s['failing']}"]
        for cost, cases in graphs:  # making one takes longer the more nodes it has
            lines.append(f"graph {cost * setup + 0.02} {160 * cases + (m['weights'] if together else 0)}")
        for graph, (cost, cases) in enumerate(graphs):
            for first in range(0, self.images, SHARD):
                count = min(SHARD, self.images - first)
                lines.append(f'unit {graph} {cost * count} {8 * cases + 32} {(count + 8) * cases}')
        return '\n'.join(lines) + '\n'


def training_model(measured, ranks, machines, steps):
    step = measured['step']
    return (f'machines {ranks} {machines}\n'
            f"training {steps} {LOGICAL_SHARDS} {BUCKETS} {step['forward']} {step['backward']} {step['update']} 0 "
            f"{measured['weights']} 1e-10 600\n")


def simulate(program, model):
    process = subprocess.run([program], input=model, capture_output=True, text=True, check=False)
    if process.returncode != 0:
        sys.exit(f'{program}: {process.stderr or "a unit was not committed once: " + process.stdout}')
    return json.loads(process.stdout)


# --- predicting -------------------------------------------------------------------------------------------------

REMEDIES = {
    'none': '',
    'units': 'too few units, or they end unevenly: smaller shards of images (500), or several seeds at once',
    'shared work': 'graphs of few cases repeat what they had in common: cut images finer in place of cases',
    'graphs': 'making graphs: units of several shards for each graph, or all seeds with the same graph',
    'weights': "every seed's weights are sent on from rank to rank while all wait: send the next seed's ahead",
    'rank 0': 'rank 0 takes in and saves every unit: several writers, whose stores are merged',
    'rank 0 idle': 'rank 0 computes nothing: of no weight with more ranks',
    'failures': 'every failure ends the job: shorter jobs by --shard, of which only one is lost'}


def explain(times, ranks, one, alone):
    """Where the processes' time goes beyond computing what one process computes, each as seconds of the whole."""
    parts = {'shared work': (times['computing'] - one) / ranks,
             'graphs': times['setup'] / ranks,
             'weights': times['weights'],
             'rank 0': min(times['starved'] / ranks, times['leading']),
             'rank 0 idle': times['total'] / ranks if alone else 0}
    parts['units'] = max(times['total'] - one / ranks - sum(parts.values()), 0)
    worst = max(parts, key=parts.get)
    return parts, worst if parts[worst] > 0.05 * times['total'] else 'none'


def machines_of(given, stragglers, failures, draw=0):
    sigma = given.straggler if stragglers else 0
    return (f'{given.alpha} {given.beta} {sigma} {sigma} {given.mtbf * 86400 if failures else 0} {given.restart} '
            f'{given.seed + draw}')


def average(given, model, failures=False):
    """Over some draws of who is slow and what fails; `model` makes one of a line of machines."""
    found = [simulate(given.simulate, model(machines_of(given, True, failures, draw))) for draw in range(given.draws)]
    return {name: sum(times[name] for times in found) / len(found) for name in found[0]}


def predict_sweep(given, measured):
    network = Network(measured['nodes'])
    sweep = Sweep(measured, network.pairs(), given.images, given.seeds)
    rows, one = [], None
    for ranks in RANKS:
        plain = simulate(given.simulate, sweep.model(ranks, machines_of(given, False, False)))
        uneven = average(given, lambda machines, n=ranks: sweep.model(n, machines))
        failing = average(given, lambda machines, n=ranks: sweep.model(n, machines), True)
        copies = average(given, lambda machines, n=ranks: sweep.model(n, machines, tree=0))
        together = average(given, lambda machines, n=ranks: sweep.model(n, machines, together=True))
        one = one or plain['computing']
        parts, worst = explain(uneven, ranks, one, ranks >= BUSY_FROM)
        rows.append({'ranks': ranks, 'units': plain['committed'] // given.seeds, 'graphs': len(sweep.graphs(ranks)),
                     'ideal': one / ranks, 'seconds': plain['total'], 'stragglers': uneven['total'],
                     'failures': failing['total'], 'restarts': failing['restarts'], 'copies': copies['total'],
                     'together': together['total'], 'efficiency': one / ranks / uneven['total'], 'bottleneck': worst,
                     'lost': parts})
    return rows


def predict_training(given, measured):
    steps = given.epochs * (given.train_images // (measured['step']['batch'] * LOGICAL_SHARDS))
    rows, one = [], None
    for ranks in RANKS:
        team = min(ranks, LOGICAL_SHARDS)
        times = average(given, lambda machines, n=team: training_model(measured, n, machines, steps))
        alone = average(given, lambda machines: training_model(measured, 1, machines, steps))
        one = one or alone['total'] * given.seeds
        apart = alone['total'] * math.ceil(given.seeds / min(ranks, given.seeds))
        at_once = max(1, min(given.seeds, ranks // LOGICAL_SHARDS))
        both = times['total'] * math.ceil(given.seeds / at_once)
        network, waiting = times['network'] / times['step'], times['waiting'] / times['step']
        worst = 'network' if network > 0.05 and network >= waiting else 'stragglers' if waiting > 0.05 else 'none'
        rows.append({'ranks': ranks, 'ideal': one / ranks, 'seeds': apart, 'shards': times['total'] * given.seeds,
                     'both': min(both, apart) if ranks >= LOGICAL_SHARDS else apart, 'step': times['step'],
                     'network': network, 'waiting': waiting,
                     'bottleneck': 'no more seeds' if ranks > given.seeds else 'none', 'within': worst})
    return rows


def words_of(seconds):
    size, unit = (1, 's') if seconds < 120 else (60, 'min') if seconds < 7200 else (3600, 'h')
    return f'{seconds / size:.1f} {unit}'


def print_sweep(given, rows, measured):
    print(f"{len(Network(measured['nodes']).pairs())} cases of {measured['network']} (each layer, each pair, the "
          f'baseline), {given.images:,} images, {given.seeds} seeds; alpha {given.alpha:g} s, beta {given.beta:g} s a '
          f'byte; stragglers {given.straggler:g}; a rank fails every {given.mtbf:g} days\n')
    print('| processes | units a seed | graphs | ideal | predicted | with stragglers | and failures | efficiency | '
          'held up by | were weights not sent on | seeds together |')
    print('| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: |')
    for row in rows:
        times = [words_of(row[name]) for name in ('ideal', 'seconds', 'stragglers', 'failures')]
        print(f"| {row['ranks']} | {row['units']} | {row['graphs']} | {' | '.join(times)} | {row['efficiency']:.2f} | "
              f"{row['bottleneck']} | {words_of(row['copies'])} | {words_of(row['together'])} |")
    print()
    for name in dict.fromkeys(row['bottleneck'] for row in rows):
        if REMEDIES.get(name):
            first = next(row['ranks'] for row in rows if row['bottleneck'] == name)
            print(f'From {first} processes on, {name}: {REMEDIES[name]}.')


def print_training(given, rows, measured):
    print(f"\nTraining {measured['network']}, {given.epochs} epochs of {given.train_images:,} images in batches of "
          f"{measured['step']['batch'] * LOGICAL_SHARDS}, {given.seeds} seeds\n")
    print('| processes | ideal | a seed each | one seed by all | both | step | network | waiting | within a seed |')
    print('| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |')
    for row in rows:
        print(f"| {row['ranks']} | {words_of(row['ideal'])} | {words_of(row['seeds'])} | {words_of(row['shards'])} | "
              f"{words_of(row['both'])} | {1e3 * row['step']:.0f} ms | {row['network']:.0%} | {row['waiting']:.0%} | "
              f"{row['within']} |")
    print(f'\nPast {given.seeds} processes there is no seed for each: each seed by {LOGICAL_SHARDS} processes takes '
          f'{given.seeds * LOGICAL_SHARDS}; past them more logical shards, which is another training.')


# --- the picture ------------------------------------------------------------------------------------------------

PLOT = """set terminal {terminal}
set output '{out}'
set multiplot layout 1,2
set logscale x 2
set logscale y 10
set format y '%g'
set xlabel 'processes of one thread'
set xrange [0.8:1300]
set xtics (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
set grid lc rgb '#dddddd'
set key bottom left samplen 2 spacing 1.1
set title '{cases} cases of ResNet34, {images} images, {seeds} seeds; {rate:.3g} Gbit/s'
set ylabel 'minutes'
{labels}
plot 'sweep.csv' using 1:(column('ideal')/60) with lines lc rgb '#999999' dt 2 title 'ideal', \\
  '' using 1:(column('failures')/60) with linespoints lc rgb '#d55e00' pt 9 title 'with stragglers and failures', \\
  '' using 1:(column('copies')/60) with linespoints lc rgb '#009e73' pt 5 title 'were weights sent by rank 0 alone', \\
  '' using 1:(column('together')/60) with linespoints lc rgb '#cc79a7' pt 13 title 'all seeds in one queue', \\
  '' using 1:(column('stragglers')/60) with linespoints lc rgb '#0072b2' pt 7 title 'with stragglers', \\
  '' using 1:(column('seconds')/60) with lines lc rgb '#000000' title 'as predicted'
unset label
{limits}
set title 'Training ResNet34, {epochs} epochs, {seeds} seeds'
set ylabel 'hours'
plot 'training.csv' using 1:(column('ideal')/3600) with lines lc rgb '#999999' dt 2 title 'ideal', \\
  '' using 1:(column('shards')/3600) with linespoints lc rgb '#d55e00' pt 9 title 'seeds in turn, by up to 8', \\
  '' using 1:(column('seeds')/3600) with linespoints lc rgb '#0072b2' pt 7 title 'a seed for each', \\
  '' using 1:(column('both')/3600) with linespoints lc rgb '#009e73' pt 5 title 'both: 8 for each seed'
unset multiplot
"""


def write_csv(path, rows):
    columns = [name for name, value in rows[0].items() if not isinstance(value, dict)]
    with open(path, 'w', encoding='utf-8', newline='') as file:
        writer = csv.DictWriter(file, columns, extrasaction='ignore', lineterminator='\n')
        writer.writeheader()
        writer.writerows(rows)


def draw(given, sweep, training, measured):
    out = pathlib.Path(given.out)
    out.mkdir(parents=True, exist_ok=True)
    write_csv(out / 'sweep.csv', sweep)
    write_csv(out / 'training.csv', training)
    (out / 'scaling.json').write_text(json.dumps({'sweep': sweep, 'training': training}, indent=1) + '\n')
    words = {'units': 'too few units', 'weights': 'sending weights', 'rank 0': 'rank 0 saves units',
             'shared work': 'graphs repeat work', 'graphs': 'making graphs'}
    labels, last = [], None
    for row in sweep:  # where what holds it up becomes another
        if row['bottleneck'] not in (last, 'none'):
            labels.append(f"set label \"{words.get(row['bottleneck'], row['bottleneck'])}\" at "
                          f"{row['ranks'] * 1.1},{row['stragglers'] / 60 * 4} tc rgb '#0072b2'")
        last = row['bottleneck']
    network = next((row for row in training if row['within'] == 'network'), None)
    alone = next((row for row in training if row['bottleneck'] != 'none'), None)
    limits = [f"set label '{text}' at {x},{row[name] / 3600 * above} tc rgb '{colour}'"
              for text, row, name, x, above, colour in (
                  ('the network, within a seed', network, 'shards', 16, 0.6, '#d55e00'),
                  ('no more seeds', alone, 'seeds', 32, 0.6, '#0072b2')) if row]
    for terminal, name in (("svg size 1200,520 font 'sans,13' background 'white'", 'scaling.svg'),
                           ("pngcairo size 1200,520 font 'sans,11' background 'white'", 'scaling.png')):
        script = "set datafile separator ','\n" + PLOT.format(
            terminal=terminal, out=name, labels='\n'.join(labels), limits='\n'.join(limits),
            images=f'{given.images:,}', seeds=given.seeds, epochs=given.epochs, rate=8e-9 / given.beta,
            cases=len(Network(measured['nodes']).pairs()))
        (out / 'scaling.gnuplot').write_text(script, encoding='utf-8')
        subprocess.run(['gnuplot', 'scaling.gnuplot'], cwd=out, check=True)


def predict(given):
    measured = json.loads(pathlib.Path(given.measured).read_text(encoding='utf-8'))
    sweep, training = predict_sweep(given, measured), predict_training(given, measured)
    print_sweep(given, sweep, measured)
    print_training(given, training, measured)
    if given.out:
        draw(given, sweep, training, measured)


# --- against reality --------------------------------------------------------------------------------------------

def hold(given):
    """One process of one thread, and two; the best of some rounds each, in turns. On a machine that others use too,
    what the processor worked for the busiest process tells more than the clock: it leaves out waiting for it."""
    measured = json.loads(pathlib.Path(given.measured).read_text(encoding='utf-8'))
    network = Network(measured['nodes'])
    sweep = Sweep(measured, network.single(), given.images, 1)
    mpirun = ['mpirun', '--oversubscribe', '--bind-to', 'none', *(['--allow-run-as-root'] if os.getuid() == 0 else [])]
    found = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as folder:
        suite = write_suite(folder, given)
        for _ in range(given.rounds):
            for ranks in (1, 2):
                launcher = [] if ranks == 1 else [*mpirun, '-n', '2']
                found[ranks].append(run_counted(given.program, suite, folder, given.images, launcher))
    print('| processes | predicted | by the clock | ratio | processor, busiest process | ratio |')
    print('| ---: | ---: | ---: | ---: | ---: | ---: |')
    for ranks in (1, 2):
        predicted = simulate(given.simulate, sweep.model(ranks, machines_of(given, False, False)))['total']
        clock, used = (min(pair[i] for pair in found[ranks]) for i in (0, 1))
        print(f'| {ranks} | {predicted:.2f} s | {clock:.2f} s | {predicted / clock:.2f} | {used:.2f} s | '
              f'{predicted / used:.2f} |')


# --- what must be so --------------------------------------------------------------------------------------------

def check(given):
    def run(ranks, units, machines='0 0 0 0 0 0 1', sweep='1 2 0 0 0 0 0 0 0 0 0'):
        lines = [f'machines {ranks} {machines}', f'sweep {sweep}', 'graph 0 0']
        return simulate(given.simulate, '\n'.join(lines + [f'unit 0 {cost} 100 1000' for cost in units]) + '\n')

    costs = [1 + (7 * i % 13) / 13 for i in range(600)]
    total, longest = sum(costs), max(costs)
    for ranks in (1, 2, 3, 8, 60, 599):
        times = run(ranks, costs)
        assert times['committed'] == len(costs) and abs(times['computing'] - total) < 1e-6, times
        assert max(total / ranks, longest) - 1e-9 <= times['total'] <= total / ranks + longest + 1e-9, (ranks, times)
    assert abs(run(1, costs)['total'] - total) < 1e-6
    assert abs(run(2, [10] * 10)['total'] - 50) < 1e-6, 'two hands of ten equal units take five each'
    busy = run(1024, [1] * 4000, sweep='1 2 1 0 0 0 0 0.01 0 0 0')  # saving 4,000 units takes rank 0 40 s
    assert 40 <= busy['total'] < 46 and busy['leading'] >= 40, busy
    slow = run(64, [1] * 640, sweep='1 2 1 1e9 0 0 0 0 0 0 0', machines='0 1e-9 0 0 0 0 1')
    assert abs(slow['weights'] - 63) < 1e-6 and slow['total'] > 73, slow
    tree = run(64, [1] * 640, sweep='1 2 1 1e9 1 0 0 0 0 0 0', machines='0 1e-9 0 0 0 0 1')
    assert abs(tree['weights'] - 6) < 1e-6, tree
    failing = run(16, costs, sweep='3 2 0 0 0 0 0 0 0 0 0.1', machines='0 0 0.2 0.2 2000 10 5')
    assert failing['each_once'] and failing['restarts'] > 0 and failing['failed'] > 50, failing
    assert failing['total'] > 3 * total / 16 + 10 * failing['restarts'], failing
    step = simulate(given.simulate, 'machines 8 0 0 0 0 0 0 1\ntraining 100 8 10 0.1 0.2 0.05 0 1e8 0 600\n')
    assert abs(step['step'] - 0.35) < 1e-9 and step['network'] == 0, step
    bound = simulate(given.simulate, 'machines 8 0 1e-8 0 0 0 0 1\ntraining 100 8 10 0.1 0.2 0.05 0 1e8 0 600\n')
    assert 3.05 < bound['step'] < 3.35, bound  # three rounds of a second each
    cost = Network([['a', 'conv2d', 1.0], ['b', 'conv2d', 1.0], ['c', 'conv2d', 1.0]]).cost
    assert cost([()]) == 3 and cost([(), (0,), (1,), (2,)]) == 6 and cost([(0,), (0, 1)]) == 3, 'the tree of cases'
    print('passed')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest='verb', required=True)
    for name in ('measure', 'predict', 'hold', 'check'):
        verb = verbs.add_parser(name)
        if name in ('measure', 'hold'):
            verb.add_argument('program')
            verb.add_argument('--weights', required=True)
            verb.add_argument('--data', required=True)
        if name != 'measure':
            verb.add_argument('simulate')
        if name in ('predict', 'hold'):
            verb.add_argument('measured', nargs='?', default=HERE / 'scaling.json')
            verb.add_argument('--alpha', type=float, default=2e-5, help='seconds a message (10 gigabit Ethernet)')
            verb.add_argument('--beta', type=float, default=8e-10, help='seconds a byte')
            verb.add_argument('--straggler', type=float, default=0.08, help='sigma of ranks, and of units')
            verb.add_argument('--mtbf', type=float, default=100, help="days between two failures of a rank")
            verb.add_argument('--restart', type=float, default=120, help='seconds until a job that failed goes on')
            verb.add_argument('--seed', type=int, default=1, help='of chance')
        if name == 'predict':
            verb.add_argument('--images', type=int, default=10000)
            verb.add_argument('--seeds', type=int, default=10)
            verb.add_argument('--draws', type=int, default=5, help='of chance, over which times are averaged')
            verb.add_argument('--epochs', type=int, default=30)
            verb.add_argument('--train-images', type=int, default=50000)
            verb.add_argument('--out')
        if name == 'hold':
            verb.add_argument('--images', type=int, default=3000)
            verb.add_argument('--rounds', type=int, default=2)
    given = parser.parse_args()
    {'measure': measure, 'predict': predict, 'hold': hold, 'check': check}[given.verb](given)


main()
