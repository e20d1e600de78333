#!/usr/bin/env python3
"""One run by several processes: together.py NONTRIVIAL ROOT [--full]

By mpirun: the store is that of one process, row for row, with trained seeds, hooks that ask, cases that end early and
mean outputs; a process that is killed, held up or odd; a signal; and a fourth that can't begin. By --shard, parts in
any order, and merge. With --full a worker and rank 0 are killed at 20 random moments each,
and sixty units are held up at random.

Exits 77 (skipped) where the program was built without MPI or there is no mpirun."""
import argparse
import hashlib
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import mpirun
import small_run

ROOT = pathlib.Path(__file__).resolve().parents[2]
SUITE = """version: 1
suite: together
graph: {root}/graphs/resnet8.yaml
set: {{width: 4}}
data: {{kind: cifar10, root: data, hold_out: 100}}
train:
  epochs: 1
  batch: 50
  loss: {{op: softmax_cross_entropy}}
  optimiser: {{kind: sgd, momentum: 0.9}}
  schedule: {{kind: constant, rate: 0.05}}
  checkpoint_every: 0.05
seeds: [0, 1]
evaluate: {{batch: 100, calibration: 100}}
groups:
  each-layer: {{hook: {root}/experiments/lua/each_layer.lua}}
"""
ASKING = """  kinds: {{hook: {root}/experiments/lua/kinds.lua}}
  early: {{hook: {root}/experiments/lua/each_layer.lua, decide: true}}
  greedy: {{hook: {root}/experiments/lua/greedy.lua, options: {{margin: 0.05}}}}
"""
SAMPLES = 3200  # four shards
PATIENCE = 30  # seconds until a job that lost a process must be over


def make_data(folder, samples=SAMPLES):
    """CIFAR-10's files from the example's 100 images, each time with other lowest bits."""
    draw = random.Random(7)
    images = (ROOT / 'experiments/example/test_batch.bin').read_bytes()
    folder.mkdir()
    shutil.copy(ROOT / 'experiments/example/batches.meta.txt', folder)

    def batch(count):
        out = bytearray()
        for i in range(count):
            row = bytearray(images[3073 * (i % 100):3073 * (i % 100 + 1)])
            for _ in range(40):
                row[1 + draw.randrange(3072)] ^= 1 + draw.randrange(63)
            out += row
        return bytes(out)

    for i in range(5):
        (folder / f'data_batch_{i + 1}.bin').write_bytes(batch(200))
    (folder / 'test_batch.bin').write_bytes(batch(samples))


def digests_of(folder):
    return {path.parent.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.glob('seed-*/weights.safetensors'))}


def same(title, folder, wanted):
    """Equal to the run of one process: store, weights, results."""
    mine, theirs = small_run.rows_of(folder), small_run.rows_of(wanted)
    for table in theirs:
        assert mine[table] == theirs[table], f'{title}: table {table} differs'
    assert digests_of(folder) == digests_of(wanted), f'{title}: weights differ'
    for name in 'results.json', 'results.csv':
        assert (folder / name).read_bytes() == (wanted / name).read_bytes(), f'{title}: {name} differs'
    print(f'{title}: as alone', flush=True)


class Runs:
    def __init__(self, program, folder, launcher):
        self.program, self.folder, self.launcher = program, folder, launcher
        self.environment = {**mpirun.ENVIRONMENT, 'NONTRIVIAL_TOGETHER': str(folder)}

    def mpirun(self, ranks):
        return [*self.launcher, '-n', str(ranks)]

    def start(self, command, **more):
        return subprocess.Popen(list(map(str, command)), cwd=self.folder, env={**self.environment, **more},
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(self, command, status=0, **more):
        process = self.start(command, **more)
        out, _ = process.communicate(timeout=300)
        assert process.returncode == status, f'status {process.returncode}, not {status}, of {command}:\n{out}'
        return out

    def processes(self):
        return mpirun.processes_of(self.program, 'NONTRIVIAL_TOGETHER', self.folder)

    def workers(self):
        return mpirun.workers_of(self.processes())

    def guards(self):
        found = self.processes()
        return {rank: found[process].parent for rank, process in mpirun.workers_of(found).items()}


def test_equal(runs, alone, suite, title, all_ranks):
    for ranks in all_ranks:
        out = runs.run([*runs.mpirun(ranks), runs.program, 'run', suite, '--out', f'{title}-{ranks}'])
        assert f'{ranks} processes' in out, out
        same(f'{title}, {ranks} processes', runs.folder / f'{title}-{ranks}', alone)


def kill_one(runs, suite, out, victim, which, wait):
    """Starts three ranks and kills a process of one; gives the status and what was said, or None if it was too late."""
    job = runs.start([*runs.mpirun(3), runs.program, 'run', suite, '--out', out])
    deadline = time.monotonic() + 20
    while victim not in which() and job.poll() is None and time.monotonic() < deadline:
        time.sleep(.01)
    time.sleep(wait)
    victims = which()
    killed = job.poll() is None and victim in victims
    if killed:
        os.kill(victims[victim], signal.SIGKILL)
    began = time.monotonic()
    said, _ = job.communicate(timeout=PATIENCE)
    while runs.processes() and time.monotonic() - began < PATIENCE:
        time.sleep(.05)
    assert not runs.processes(), 'orphans'
    return (job.returncode, said) if killed else None


def test_kills(runs, alone, suite, times):
    """A killed process ends the job with status 1, and the next start completes it."""
    draw = random.Random(11)
    for victim in (0, 1):
        hit = 0
        for i in range(times):
            out = f'killed-{victim}-{i}'
            killed = kill_one(runs, suite, out, victim, runs.workers, draw.uniform(0, 3 if times > 1 else 1))
            if killed:
                hit += 1
                status, said = killed
                assert status == 1, (status, said)
                assert said.count(' was killed by signal 9') == 1 and f'rank {victim} on ' in said, said
            runs.run([*runs.mpirun(2), runs.program, 'run', suite, '--out', out])
            same(f'rank {victim} of 3 killed, {killed and killed[0]}, gone on with by 2', runs.folder / out, alone)
        assert hit > 0, 'each kill came too late'


def test_guard_killed(runs, alone, suite):
    """Where what is killed is who would say so, mpirun tells of the signal, and the worker is gone, too."""
    killed = kill_one(runs, suite, 'guard', 1, runs.guards, .5)
    assert killed and killed[0] != 0, killed
    runs.run([*runs.mpirun(2), runs.program, 'run', suite, '--out', 'guard'])
    same(f'the guard of rank 1 of 3 killed, {killed[0]}, gone on with by 2', runs.folder / 'guard', alone)


def test_delays(runs, alone, suite, ranks=4):
    """Processes that are held up at random."""
    draw = random.Random(13)
    name = f'delayed-{suite.stem}-{ranks}'
    job = runs.start([*runs.mpirun(ranks), runs.program, 'run', suite, '--out', name])
    deadline = time.monotonic() + 120
    while job.poll() is None and time.monotonic() < deadline:
        for process in [p for p in runs.workers().values() if draw.random() < .5]:
            try:
                os.kill(process, signal.SIGSTOP)
                time.sleep(draw.uniform(0, .1))
                os.kill(process, signal.SIGCONT)
            except ProcessLookupError:
                pass
        time.sleep(.05)
    out, _ = job.communicate(timeout=60)
    assert job.returncode == 0, out
    same(f'{ranks} processes, held up at random', runs.folder / name, alone)
    return runs.folder / name


def transactions_of(folder):
    """How often something was committed: SQLite counts it in the file's header."""
    return int.from_bytes((folder / 'outcomes.sqlite').read_bytes()[24:28], 'big')


def test_many_units(runs, suite):
    """Sixty units, 30 shards with two seeds each, are committed once each."""
    make_data(runs.folder / 'many', 30000)
    many = runs.folder / 'many.yaml'
    many.write_text(suite.read_text().replace('root: data', 'root: many'))
    runs.run([runs.program, 'run', many, '--out', 'many-alone', '--threads', '1'])
    wanted = transactions_of(runs.folder / 'many-alone')
    assert wanted >= 60, wanted
    for ranks in 2, 4:
        counted = transactions_of(test_delays(runs, runs.folder / 'many-alone', many, ranks))
        assert counted == wanted, (counted, wanted)
        print(f'60 units, {ranks} processes: {counted} transactions, as many as alone')


def test_signal(runs, alone, suite):
    """One rank gets SIGTERM, its worker alone or the guard too, as from a launcher: all stop, the next start goes on."""
    for whom in 'worker', 'both':
        out = f'stopped-{whom}'
        job = runs.start([*runs.mpirun(3), runs.program, 'run', suite, '--out', out])
        while 2 not in runs.workers() or not (runs.folder / out / 'outcomes.sqlite').exists():
            time.sleep(.01)
            assert job.poll() is None, job.communicate()
        guard, worker = runs.guards()[2], runs.workers()[2]
        for process in [worker] if whom == 'worker' else [guard, worker]:
            os.kill(process, signal.SIGTERM)
        said, _ = job.communicate(timeout=PATIENCE)
        assert job.returncode == 143 and 'saved' in said, (job.returncode, said)
        runs.run([runs.program, 'run', suite, '--out', out, '--threads', '1'])
        same(f'SIGTERM to rank 2, {whom}, gone on with alone', runs.folder / out, alone)


def test_odd(runs, suite):
    """What isn't the same everywhere is named; so is one that can't begin."""
    begin = runs.mpirun(1)
    mine = [runs.program, 'run', suite, '--out', 'odd']
    out = runs.run([*begin, *mine, ':', '-n', '1', 'env', 'NONTRIVIAL_KERNEL=blis', *mine], status=1)
    assert 'process 1 on ' in out and 'numerics' in out, out
    out = runs.run([*begin, *mine, ':', '-n', '1', runs.program, 'run', 'none.yaml', '--out', 'odd'], status=1)
    assert 'process 1 could not go on' in out and 'none.yaml' in out, out
    out = runs.run([*begin, runs.program, 'check', suite, ':', '-n', '1', runs.program, 'check', suite], status=2)
    assert "'check' is for one process" in out and out.count('error:') == 1, out
    out = runs.run([runs.program, 'run', suite], status=2, OMPI_COMM_WORLD_SIZE='4')
    assert 'don\'t find one another' in out, out
    print('odd processes are named')


def test_parts(runs, alone, suite, all_parts):
    """Parts that know nothing of each other, in any order."""
    draw = random.Random(17)
    for parts in all_parts:
        out = f'parts-{parts}'
        numbers = list(range(1, parts + 1))
        draw.shuffle(numbers)
        for part in numbers:
            runs.run([runs.program, 'train', suite, '--out', out, '--shard', f'{part}/{parts}', '--threads', '1'])
        for part in numbers[1:] + numbers[:1] + numbers[-1:]:  # the last one twice
            runs.run([runs.program, 'run', suite, '--out', out, '--shard', f'{part}/{parts}', '--threads', '1'])
        runs.run([runs.program, 'merge', out, '--threads', '1'])
        same(f'{parts} parts', runs.folder / out, alone)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('program')
    parser.add_argument('root')
    parser.add_argument('--full', action='store_true')
    given = parser.parse_args()
    program = pathlib.Path(given.program).resolve()
    launcher = mpirun.launcher(program)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch).resolve()
        make_data(folder / 'data')
        runs = Runs(program, folder, launcher)
        plain, asking = folder / 'suite.yaml', folder / 'asking.yaml'
        plain.write_text(SUITE.format(root=ROOT))
        asking.write_text((SUITE + ASKING).format(root=ROOT).replace('[0, 1]', '[3]'))
        for suite, name in (plain, 'alone'), (asking, 'asked'):
            runs.run([program, 'run', suite, '--out', name, '--threads', '1'])
        test_odd(runs, plain)
        test_equal(runs, folder / 'alone', plain, 'plain', (2, 3, 4) if given.full else (2, 4))
        test_equal(runs, folder / 'asked', asking, 'asking', (2, 3, 4) if given.full else (3,))
        test_delays(runs, folder / 'alone', plain)
        if given.full:
            test_many_units(runs, plain)
        test_signal(runs, folder / 'alone', plain)
        test_kills(runs, folder / 'alone', plain, 20 if given.full else 1)
        test_guard_killed(runs, folder / 'alone', plain)
        test_parts(runs, folder / 'alone', plain, (1, 3, 7) if given.full else (3,))
    return 0


if __name__ == '__main__':
    sys.exit(main())
