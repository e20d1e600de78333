#!/usr/bin/env python3
"""Every allocation and every file call of every command fails, is cut short, or is where the process dies; the power
is lost at every change to a file. What may come of it: the right outputs, or a refusal that says why. Never a crash, a
hang, memory or descriptors that are left, an exit status 0 with other outputs than those of an unharmed run (a false
success), or something that the same command, given again, can't make good.

    faults.py NONTRIVIAL SHIM [--full | --stacks | --sample N] [--family NAME] [--command NAME] [--minutes M]

Families: memory, file, kill, power, two (processes), output (that is full). --sample, as in test runs: so many points of each command, spread evenly; --stacks: of memory, one for each way that leads to an allocation; --full: every one. Prints a table."""
import argparse
import collections
import concurrent.futures
import errno
import itertools
import json
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

import power

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'cli'))
import small_run  # noqa: E402

DRAWERS = str(pathlib.Path(__file__).resolve().parent / 'drawers')  # other programs' faults are theirs
LIMIT = 60  # seconds for a process: it takes a tenth of one
ONCE, FOREVER, WHILE = 1, 1 << 30, 50
KILL_BEFORE, KILL_AFTER, HALF = -1, -2, 0
ERRORS = {  # that a call may give
    'open': ('EIO', 'EINTR', 'EMFILE'),
    'create': ('EIO', 'ENOSPC', 'EDQUOT', 'EINTR'),
    'read': ('EIO', 'EINTR', 'half'),
    'write': ('EIO', 'ENOSPC', 'EDQUOT', 'EINTR', 'half'),
    'fsync': ('EIO', 'ENOSPC', 'EDQUOT', 'EINTR'),
    'truncate': ('EIO', 'EINTR'),
    'rename': ('EIO', 'ENOSPC', 'EDQUOT'),
    'unlink': ('EIO',),
    'mkdir': ('EIO', 'ENOSPC', 'EDQUOT'),
    'mmap': ('ENOMEM', 'EAGAIN'),
    'close': ('EIO', 'ENOSPC', 'EDQUOT', 'EINTR'),
    'lock': ('ENOLCK', 'EINTR'),
}
# What can't be refused once memory runs out in their first use: BLIS aborts, by its own words, and OpenSSL may crash.
# The program uses both before anything is begun, so that only this first use is concerned.
KNOWN = ('libblis', 'libcrypto')

COMMANDS = {  # what is there before, the words
    'check': ('fresh', ('check', 'net.yaml')),
    'plan': ('fresh', ('run', 'suite.yaml', '--plan', '--out', 'run')),
    'train': ('fresh', ('train', 'suite.yaml', '--out', 'run')),
    'run': ('fresh', ('run', 'suite.yaml', '--out', 'run')),
    'resume': ('killed', ('run', 'suite.yaml', '--out', 'run')),
    'report': ('finished', ('report', 'run')),
    'shrink': ('finished', ('shrink', '--from', 'run:each:two', '--out', 'smaller', '--rounds', '0', '--data', 'random')),
    'merge': ('parts', ('merge', 'run')),
}
FAMILIES = ('memory', 'file', 'kill', 'power', 'two', 'output')
CHANGING = {'train', 'run', 'resume', 'report', 'shrink', 'merge'}


class Outcome:
    def __init__(self, status, stdout, stderr, report, seconds):
        self.status, self.stdout, self.stderr, self.seconds = status, stdout, stderr, seconds
        self.numbers, self.trace = {}, []
        for line in report.splitlines():
            words = line.split()
            if len(words) == 2 and words[1].isdigit():
                self.numbers[words[0]] = int(words[1])
            elif line.strip():
                self.trace.append(line)


class Bench:
    """The program, and folders to begin with."""

    def __init__(self, program, shim, folder):
        self.program, self.shim, self.folder, self.local = program, shim, folder, threading.local()
        self.count = itertools.count()
        self.make('fresh')
        for name, words in (('finished', (COMMANDS['run'][1],)),
                            ('parts', [COMMANDS['train'][1], *((*COMMANDS['run'][1], '--shard', f'{part}/2') for part in (1, 2))])):
            self.make(name)
            for each in words:
                self.must(folder / name, each)
        self.make('killed')
        self.kill_after_a_checkpoint(folder / 'killed')
        self.expected = {}
        for command in COMMANDS:
            self.expected[command] = self.unharmed(command)

    def make(self, name):
        suite = small_run.write_suite(self.folder / name / 'case', 1200, epochs=2, seeds=[3])
        suite.write_text(suite.read_text().replace(str(suite.parent / 'data'), 'data'))

    def run(self, case, words, **fault):
        report = case.parent / f'{case.name}.report'
        report.unlink(missing_ok=True)
        environment = {**os.environ, 'PATH': DRAWERS, 'NO_COLOR': '1', 'OMP_NUM_THREADS': '1',
                       'LD_PRELOAD': str(self.shim), 'NT_FAULT_UNDER': str(case), 'NT_FAULT_REPORT': str(report),
                       'TMPDIR': str(case),
                       **{f'NT_FAULT_{name.upper()}': str(value) for name, value in fault.items()}}
        begun = time.monotonic()
        try:
            process = subprocess.run([self.program, *words], cwd=case, env=environment, stdin=subprocess.DEVNULL,
                                     capture_output=True, text=True, errors='replace', check=False, timeout=LIMIT)
            status, out, err = process.returncode, process.stdout, process.stderr
        except subprocess.TimeoutExpired:
            status, out, err = 'hang', '', ''
        text = report.read_text(errors='replace') if report.exists() else ''
        return Outcome(status, out, err, text, time.monotonic() - begun)

    def must(self, folder, words):
        outcome = self.run(folder / 'case', words)
        if outcome.status != 0:
            sys.exit(f'{words}: status {outcome.status}\n{outcome.stderr}')
        return outcome

    def kill_after_a_checkpoint(self, folder):
        """Dies as the second checkpoint is to take its name."""
        calls = self.calls_of(folder, COMMANDS['run'][1], 'file')
        names = [number for number, name, path in calls if name == 'rename' and 'checkpoint-' in path]
        shutil.rmtree(folder)
        self.make(folder.name)
        self.run(folder / 'case', COMMANDS['run'][1], family='file', at=names[1], error=KILL_BEFORE)
        if not list((folder / 'case/run').rglob('checkpoint-?.safetensors')):
            sys.exit('no checkpoint was kept')

    def calls_of(self, folder, words, family, stacks=False):
        path = folder / 'list'
        outcome = self.run(folder / 'case', words, family=family, list=path)
        if outcome.status != 0:
            sys.exit(f'{words}: status {outcome.status}\n{outcome.stderr}')
        found = [line.split(' ', 3) for line in path.read_text().splitlines()]
        path.unlink()
        return [(int(k), stack if stacks else name, where) for k, stack, name, where in found]

    def fresh(self, command):
        """A folder of its own in which the command may be given."""
        place = self.folder / f'w{next(self.count):06}'
        shutil.copytree(self.folder / COMMANDS[command][0] / 'case', place / 'case')
        return place

    def calls(self, command, family, stacks=False):
        place = self.fresh(command)
        try:
            return self.calls_of(place, COMMANDS[command][1], family, stacks)
        finally:
            shutil.rmtree(place)

    def unharmed(self, command):
        """What it leaves; twice, since what differs then can't be compared."""
        found = []
        for _ in range(2):
            place = self.fresh(command)
            outcome = self.must(place, COMMANDS[command][1])
            if outcome.numbers.get('blocks') or outcome.numbers.get('descriptors'):
                sys.exit(f'{command} leaves {outcome.numbers}')
            found.append((outputs_of(place / 'case'), same_print(outcome.stdout)))
            shutil.rmtree(place)
        differing = {name for name in found[0][0] if found[0][0][name] != found[1][0].get(name)}
        if differing or found[0][1] != found[1][1]:
            sys.exit(f'{command}: unharmed runs differ in {differing or "what they print"}')
        return found[0]


def rows_of(path):
    with tempfile.TemporaryDirectory(dir='/dev/shm') as other:
        copy = shutil.copy(path, other)
        store = sqlite3.connect(copy)
        try:
            tables = [name for name, in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {table: sorted(map(repr, store.execute(f'SELECT * FROM {table}'))) for table in tables}
        finally:
            store.close()


def same_place(content):
    """As if all had been done in one folder, at one time."""
    return re.sub(rb'w\d{6}/|\d{4}-\d\d-\d\dT[\d:]*Z', b'', content)


def same_print(text):
    """But for how fast the machine is."""
    return re.sub(r'\d+\.\d+ billion|\d:\d\d:\d\d|w\d{6}/', '', text)


def outputs_of(case):
    """All files, as far as they follow from what was asked."""
    found = {}
    for path in sorted(case.rglob('*')):
        name = str(path.relative_to(case))
        if not path.is_file():
            continue
        if path.name == 'outcomes.sqlite':
            found[name] = rows_of(path)
        elif path.name == 'metrics.csv':  # the last column is the seconds
            found[name] = [line.rpartition(',')[0] for line in path.read_text().splitlines()]
        else:
            found[name] = same_place(path.read_bytes())
    return found


# What a process that was ended leaves of a folder that was to be made at once: it can't be told whose it was.
LEFT = re.compile(r'smaller\.\w{6}/')


def difference(found, expected):
    found = {name: content for name, content in found.items() if not LEFT.match(name)}
    names = sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name))
    return ', '.join(f'{name} ({"missing" if name not in found else "more" if name not in expected else "other"})'
                     for name in names)


def evenly(items, count):
    if count is None or len(items) <= count:
        return items
    return [items[i * len(items) // count] for i in range(count)]


class Judge:
    """The table, and what is wrong."""

    COLUMNS = ('points', 'right', 'refused', 'killed', 'known', 'crashes', 'hangs', 'blocks', 'descriptors', 'silent',
               'false', 'not made good')

    def __init__(self, bench):
        self.bench, self.table, self.wrong = bench, collections.defaultdict(collections.Counter), []
        self.lock = threading.Lock()

    def count(self, row, column, what=None):
        with self.lock:
            self.table[row][column] += 1
            if what:
                self.wrong.append(f'{row[0]}, {row[1]}: {column}: {what}')

    def look(self, row, command, point, outcome, place):
        """Whether the command is to be given again."""
        expected, printed = self.bench.expected[command]
        self.count(row, 'points')
        where = f'{point}: {outcome.stderr.strip()[-300:]}\n    ' + '\n    '.join(outcome.trace[2:12])
        status = outcome.status
        if status == -signal.SIGKILL and row[1].startswith('SIGKILL'):
            self.count(row, 'killed')
        elif status == 'hang':
            self.count(row, 'hangs', where)
        elif isinstance(status, int) and (status < 0 or status > 128):
            known = any(name in line for line in outcome.trace for name in KNOWN)
            self.count(row, 'known' if known else 'crashes', None if known else f'status {status}, {where}')
        elif status == 0:
            other = difference(outputs_of(place / 'case'), expected)
            if other or same_print(outcome.stdout) != printed:
                self.count(row, 'false', f'{other or "what it prints"}; {where}')
            else:
                self.count(row, 'right')
        else:
            self.count(row, 'refused')
            if 'error' not in outcome.stderr:
                self.count(row, 'silent', f'status {status}, {where}')
        if isinstance(status, int) and 0 <= status <= 128:
            for what in ('blocks', 'descriptors'):
                if outcome.numbers.get(what):
                    self.count(row, what, f'{outcome.numbers[what]}; {where}')
        return status != 0 and command in CHANGING

    def again(self, row, command, point, place):
        """The same command, unharmed, leaves what it should."""
        outcome = self.bench.run(place / 'case', COMMANDS[command][1])
        other = difference(outputs_of(place / 'case'), self.bench.expected[command][0]) if outcome.status == 0 else None
        if outcome.status != 0 or other:
            self.count(row, 'not made good', f'{point}: status {outcome.status}, {other}: {outcome.stderr[-300:]}')

    def try_point(self, row, command, point, **fault):
        place = self.bench.fresh(command)
        try:
            outcome = self.bench.run(place / 'case', COMMANDS[command][1], **fault)
            if self.look(row, command, point, outcome, place):
                self.again(row, command, point, place)
        finally:
            shutil.rmtree(place)

    def print(self):
        used = [column for column in self.COLUMNS if any(row[column] for row in self.table.values())]
        print(f'{"command":8} {"fault":18} ' + ' '.join(f'{column:>{max(7, len(column))}}' for column in used))
        for (command, fault), row in self.table.items():
            print(f'{command:8} {fault:18} ' + ' '.join(f'{row[column]:{max(7, len(column))}}' for column in used))
        total = sum(self.table.values(), collections.Counter())
        print(f'{"all":8} {"":18} ' + ' '.join(f'{total[column]:{max(7, len(column))}}' for column in used))


def memory_points(bench, command, given):
    calls = bench.calls(command, 'memory', stacks=True)
    if given.full:
        points = [k for k, _, _ in calls]
    else:
        first = {}
        for k, stack, _ in calls:
            first.setdefault(stack, k)
        points = evenly(sorted(first.values()), given.sample)
    for times, name in ((ONCE, 'no memory, once'), (FOREVER, 'no memory, on')):
        for k in points:
            yield (command, name), f'allocation {k}', {'family': 'memory', 'at': k, 'times': times}


def file_points(bench, command, given):
    pairs = [(error, k, name, path) for k, name, path in bench.calls(command, 'file') for error in ERRORS[name]]
    for error, k, name, path in evenly(pairs, given.sample and 4 * given.sample):
        code = HALF if error == 'half' else getattr(errno, error)
        for times, when in ((ONCE, 'once'), (WHILE if error in ('EINTR', 'half') else FOREVER, 'on')):
            yield ((command, f'{error}, {when}'), f'call {k}, {name} {path}',
                   {'family': 'file', 'at': k, 'times': times, 'error': code})


def kill_points(bench, command, given):
    if command not in CHANGING:
        return
    calls = [(k, name, path) for k, name, path in bench.calls(command, 'file') if name not in ('read', 'mmap', 'lock')]
    for k, name, path in evenly(calls, given.sample):
        for error, when in ((KILL_BEFORE, 'SIGKILL before'), (KILL_AFTER, 'SIGKILL after')):
            yield (command, when), f'call {k}, {name} {path}', {'family': 'file', 'at': k, 'error': error}


def newest(folder):
    """Epochs that the checkpoints know, or the finished weights."""
    best = -1
    for path in folder.rglob('checkpoint-?.safetensors'):
        data = path.read_bytes()
        try:
            about = json.loads(data[8:8 + int.from_bytes(data[:8], 'little')])['__metadata__']
            best = max(best, int(about['epoch']))
        except (ValueError, KeyError, MemoryError, OverflowError):
            pass
    return 1000 if list(folder.rglob('weights.safetensors')) else best


def lose_power(judge, command, given):
    """At every change, in four ways; then the command again."""
    bench, words = judge.bench, COMMANDS[command][1]
    place = bench.fresh(command)
    log = place / 'log'
    before = power.Disk(place / 'case')
    bench.run(place / 'case', words, log=log)
    changes = power.read_log(log)
    points = evenly(list(range(len(changes) + 1)), given.sample and 2 * given.sample)
    draw, row = random.Random(20090), (command, 'power lost')
    disk, done = before, 0
    for at in points:
        for change in changes[done:at]:
            disk.change(change)
        done = at
        for how in ('dropped', 'names', 'some', 'all'):
            other = bench.folder / f'w{next(bench.count):06}'
            (other / 'case').mkdir(parents=True)
            disk.leave(other / 'case', how, draw)
            epochs = newest(other / 'case')
            if how == 'dropped':
                dropped = epochs
            judge.count(row, 'points')
            outcome = bench.run(other / 'case', words)
            missing = difference(outputs_of(other / 'case'), bench.expected[command][0])
            if outcome.status != 0 or missing:
                judge.count(row, 'not made good', f'change {at}, {how}: status {outcome.status}, {missing}: '
                                                  f'{outcome.stderr[-300:]}')
            else:
                judge.count(row, 'right')
            if how == 'all' and epochs < 1000 and dropped < epochs - 1:
                judge.count(row, 'false', f'change {at}: {epochs} epochs were saved, {dropped} are left')
            shutil.rmtree(other)
            if given.out_of_time():
                return
    shutil.rmtree(place)


def two_processes(judge, given):
    """At once in one folder: one works, the other is refused or finds all done."""
    bench, row = judge.bench, ('run', 'two processes')
    for turn in range(given.sample or 50):
        place = bench.fresh('run')
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            calls = [pool.submit(bench.run, place / 'case', COMMANDS['run'][1]) for _ in range(2)]
            outcomes = [call.result() for call in calls]
        judge.count(row, 'points')
        statuses = sorted(outcome.status for outcome in outcomes)
        refused = [outcome for outcome in outcomes if outcome.status == 1 and 'is in use by another' in outcome.stderr]
        other = difference(outputs_of(place / 'case'), bench.expected['run'][0])
        if statuses[0] != 0 or other or (statuses[1] != 0 and not refused):
            judge.count(row, 'false', f'turn {turn}: statuses {statuses}, {other}')
        else:
            judge.count(row, 'refused' if refused else 'right')
        shutil.rmtree(place)


def full_output(judge):
    """What can't be printed was not said."""
    bench = judge.bench
    for command, (_, words) in COMMANDS.items():
        place, row = bench.fresh(command), (command, 'output full')
        with open('/dev/full', 'w') as full:
            process = subprocess.run([bench.program, *words], cwd=place / 'case', stdin=subprocess.DEVNULL, stdout=full,
                                     stderr=subprocess.PIPE, text=True, check=False,
                                     env={**os.environ, 'PATH': DRAWERS, 'OMP_NUM_THREADS': '1'})
        judge.count(row, 'points')
        if bench.expected[command][1] and process.returncode == 0:
            judge.count(row, 'false', process.stderr)
        else:
            judge.count(row, 'refused' if process.returncode else 'right')
        shutil.rmtree(place)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program', type=pathlib.Path)
    parser.add_argument('shim', type=pathlib.Path)
    parser.add_argument('--full', action='store_true')
    parser.add_argument('--stacks', action='store_true')
    parser.add_argument('--sample', type=int)
    parser.add_argument('--family', action='append', choices=FAMILIES)
    parser.add_argument('--command', action='append', choices=COMMANDS)
    parser.add_argument('--minutes', type=float, default=1e6)
    given = parser.parse_args()
    end = float('inf')
    given.out_of_time = lambda: time.monotonic() > end
    families, commands = given.family or FAMILIES, given.command or tuple(COMMANDS)
    memory = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix='nontrivial-faults-', dir=memory) as name:
        bench = Bench(given.program.resolve(), given.shim.resolve(), pathlib.Path(name).resolve())
        judge = Judge(bench)
        end = time.monotonic() + 60 * given.minutes
        makers = {'memory': memory_points, 'file': file_points, 'kill': kill_points}
        workers = os.cpu_count()
        left = 0
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            for family, command in itertools.product(families, commands):
                if family not in makers:
                    continue
                waiting = set()
                for row, point, fault in makers[family](bench, command, given):
                    if given.out_of_time():
                        left += 1
                        continue
                    waiting.add(pool.submit(judge.try_point, row, command, point, **fault))
                    if len(waiting) > 2 * workers:
                        done, waiting = concurrent.futures.wait(waiting, return_when='FIRST_COMPLETED')
                        for call in done:
                            call.result()
                for call in waiting:
                    call.result()
        for command in ('run', 'report'):
            if 'power' in families and command in commands:
                lose_power(judge, command, given)
        if 'two' in families and 'run' in commands:
            two_processes(judge, given)
        if 'output' in families:
            full_output(judge)
        judge.print()
        if left:
            print(f'{left} points were left out: the time was over')
        for line in judge.wrong[:40]:
            print(line)
        sys.exit(bool(judge.wrong))


main()
