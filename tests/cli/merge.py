#!/usr/bin/env python3
"""The parts of a run, joined: merge.py NONTRIVIAL

Parts are made from a finished run: each has some of its shards, and none has all. Joined in whatever order, they are
that run again, row for row; parts of another run and outcomes that differ are refused, and what is missing is said."""
import hashlib
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile

import small_run

call = small_run.caller(sys.argv[1])
IMAGES = 4300      # five shards a case
DRAW = random.Random(21)

ROWS = ('SELECT line FROM numerics ORDER BY line',
        'SELECT key, line, samples, sample_bytes FROM measured JOIN numerics ON id = numerics ORDER BY key, line',
        'SELECT key, line, number, outcomes, loss, digest FROM shard JOIN numerics ON id = numerics'
        ' ORDER BY key, line, number',
        'SELECT group_name, case_name, seed, split, edit, key, line, failure, decide, samples, decision, position'
        ' FROM result LEFT JOIN numerics ON id = numerics ORDER BY position',
        'SELECT * FROM sample ORDER BY position')


def ask(store, *commands):
    """The rows that each of these gives; changes are kept."""
    base = sqlite3.connect(store / 'outcomes.sqlite')
    with base:
        rows = [base.execute(*(command if isinstance(command, tuple) else (command,))).fetchall()
                for command in commands]
    base.close()
    return rows


def dump(folder):
    return ask(folder, *ROWS)


def files(folder):
    return {name: (folder / name).read_bytes() for name in ('results.csv', 'results.json', 'outcomes.bin')}


def keep_only(part, kept):
    """Leaves these shards, by row, and what belongs to them."""
    marks = ','.join(map(str, kept)) or '-1'
    ask(part, f'DELETE FROM shard WHERE rowid NOT IN ({marks})',
        'DELETE FROM result WHERE NOT EXISTS'
        ' (SELECT 1 FROM shard AS s WHERE s.key = result.key AND s.numerics = result.numerics)',
        'DELETE FROM measured WHERE NOT EXISTS'
        ' (SELECT 1 FROM shard AS s WHERE s.key = measured.key AND s.numerics = measured.numerics)',
        'UPDATE result SET position = position + 1000',  # in another order than at first
        'UPDATE result SET position = 1999 - position')


class Run:
    """A run folder with so many parts, each of which has some of the finished run's shards."""

    def __init__(self, serial, folder, parts, shared=0.1):
        self.serial, self.folder, self.parts = serial, folder, parts
        folder.mkdir()
        for seed in serial.glob('seed-*'):
            shutil.copytree(seed, folder / seed.name)
        rows = [row for row, in ask(serial, 'SELECT rowid FROM shard')[0]]
        dealt = {row: {DRAW.randrange(parts)} | {p for p in range(parts) if DRAW.random() < shared} for row in rows}
        for number in range(parts):
            part = self.part(number)
            part.mkdir()
            shutil.copytree(serial / 'source', part / 'source')
            shutil.copy(serial / 'outcomes.sqlite', part)
            keep_only(part, [row for row in rows if number in dealt[row]])

    def part(self, number):
        return self.folder / f'shard-{number + 1}-of-{self.parts}'

    def all(self):
        return [self.part(number) for number in range(self.parts)]

    def merge(self, *parts, status=0):
        return call('merge', self.folder, *parts, status=status)

    def check_whole(self):
        assert dump(self.folder) == dump(self.serial), 'the rows are not those of the run by one process'
        assert files(self.folder) == files(self.serial), 'the results are not those of the run by one process'


# --- what is joined ---------------------------------------------------------------------------------------------

def any_order(serial, folder):
    """All at once; then one after the other in a random order, some of them twice."""
    for parts in (1, 3, 7):
        run = Run(serial, folder / f'all-{parts}', parts)
        before = [dump(part) for part in run.all()]
        printed = run.merge()
        run.check_whole()
        assert 'one' in printed.stdout and 'mean change' in printed.stdout, printed.stdout
        assert [dump(part) for part in run.all()] == before, 'a part was changed'
        again = run.merge('--json')
        assert again.stdout.startswith('{') and again.stderr.count('has nothing new') == parts, again
        run.check_whole()

        single = Run(serial, folder / f'single-{parts}', parts)
        order = single.all()
        DRAW.shuffle(order)
        for count, part in enumerate(order, 1):
            words = [part, DRAW.choice(order[:count])]
            single.merge(*words, status=0 if count == parts else 1)
        single.check_whole()


def elsewhere(serial, folder):
    """Parts may be anywhere and be called anything, and the run folder may be new but for its weights."""
    run = Run(serial, folder / 'run', 3)
    for number, part in enumerate(run.all()):
        part.rename(folder / f'elsewhere-{number}')
    refused = run.merge(status=3).stderr
    assert 'has no folder of a part' in refused, refused
    run.merge(*(folder / f'elsewhere-{number}' for number in (2, 0, 1)))
    run.check_whole()
    refused = run.merge(run.folder, status=3).stderr
    assert 'is the run folder itself' in refused, refused


def killed(serial, folder):
    """What a killed part left half-written is undone; one that was killed at once has nothing."""
    run = Run(serial, folder / 'run', 3)
    child = subprocess.run([sys.executable, '-c', f"""
import os, signal, sqlite3
base = sqlite3.connect({str(run.part(1) / 'outcomes.sqlite')!r}, isolation_level=None)
base.execute('PRAGMA cache_size = 1')
base.execute('BEGIN')
base.execute('DELETE FROM shard')
base.execute('DELETE FROM result')
os.kill(os.getpid(), signal.SIGKILL)
"""], check=False)
    assert child.returncode == -signal.SIGKILL
    journal = run.part(1) / 'outcomes.sqlite-journal'
    assert journal.stat().st_size > 0
    late = folder / 'late'
    shutil.copytree(serial / 'source', late / 'source')
    (folder / 'first').mkdir()
    (late / 'outcomes.sqlite').touch()
    told = run.merge(*run.all(), late, folder / 'first').stderr
    run.check_whole()
    assert not journal.exists()
    assert f'{late} has measured nothing yet' in told and 'first has measured nothing yet' in told, told


# --- what is missing --------------------------------------------------------------------------------------------

def missing(serial, folder):
    run = Run(serial, folder / 'run', 7, shared=0)
    last = run.part(4)
    last.rename(folder / 'kept')
    lacking = ask(folder / 'kept', 'SELECT DISTINCT seed, s.key, number, length(outcomes) FROM shard AS s'
                  ' JOIN result AS r ON r.key = s.key AND r.numerics = s.numerics')[0]
    seed = min(row[0] for row in lacking)  # the first that lacks any is told of
    images = sum(row[3] for row in lacking if row[0] == seed)
    told = run.merge(status=1).stderr
    expected = f'{len({row[1] for row in lacking if row[0] == seed})} of 5 cases lack {images:,} images in all'
    assert expected in told, (expected, told)
    assert '5/7' in told and '4/7' not in told, told
    assert not (run.folder / 'results.csv').exists()
    (folder / 'kept').rename(last)
    run.merge(last)  # the others are in the run already
    run.check_whole()

    run = Run(serial, folder / 'unmeasured', 1)
    keep_only(run.part(0), [])
    assert f'4 of 5 cases lack {4 * IMAGES:,} images' in run.merge(status=1).stderr
    shutil.copy(serial / 'outcomes.sqlite', run.part(0))
    shutil.rmtree(run.folder / 'seed-4')
    told = run.merge(status=1).stderr
    assert 'seed-4/weights.safetensors: error: is missing' in told, told

    run = Run(serial, folder / 'case', 1)  # of one case there is nothing at all
    key = ask(serial, "SELECT key FROM result WHERE case_name = 'two' AND seed = 4")[0][0][0]
    keep_only(run.part(0), [row for row, in ask(serial, ('SELECT rowid FROM shard WHERE key <> ?', (key,)))[0]])
    told = run.merge(status=1).stderr
    assert f'1 of 5 cases lack {IMAGES:,} images in all' in told, told


# --- what is refused --------------------------------------------------------------------------------------------

def digest_of(row, numerics):
    """As the store computes it."""
    key, samples, sample_bytes, number, outcomes, loss = row
    mantissa, exponent = loss.hex().split('p')
    mantissa = mantissa.rstrip('0').rstrip('.')
    line = f'{key} {samples} {sample_bytes} {number} {mantissa}p{exponent}\n{numerics}\n'
    return hashlib.sha256(line.encode() + outcomes).hexdigest()


def other_run(suite, serial, folder):
    """Another limit, another graph, another hook, other data: the file is named, and the key in it."""
    run = Run(serial, folder / 'run', 3)
    other = folder / 'other'

    def refuse(*said):
        shutil.rmtree(run.part(1))
        shutil.copytree(other, run.part(1), ignore=shutil.ignore_patterns('seed-*'))
        refused = run.merge(status=3).stderr
        for words in said:
            assert words in refused, (words, refused)
        assert not (run.folder / 'outcomes.sqlite').exists(), 'something was joined'
        shutil.rmtree(other)

    def again(*words):
        shutil.copytree(serial, other, ignore=shutil.ignore_patterns('outcomes*', 'source'))
        call('run', suite, '--out', other, '--quiet', *words)

    again('--set', 'evaluate.limit=100')
    refuse(f"{run.part(1)}/source/suite.yaml: error: 'evaluate.limit' is \"100\", where in "
           f'{run.part(0)}/source/suite.yaml it is ', 'measure this part anew')
    again('--conv', 'direct')
    refuse("'conv' is \"direct\"")
    text = (suite.parent / 'net.yaml').read_text()
    (suite.parent / 'net.yaml').write_text(text.replace('relu: {op: relu}', 'relu: {op: sigmoid}'))
    shutil.copytree(serial, other, ignore=shutil.ignore_patterns('outcomes*', 'source', 'seed-*'))
    call('run', suite, '--out', other, '--quiet')
    refuse("source/net.yaml: error: 'nodes.relu.op' is \"sigmoid\"")
    (suite.parent / 'net.yaml').write_text(text)
    (suite.parent / 'each.lua').write_text(small_run.EACH + '\n')
    again()
    refuse('source/each.lua: error: is another file than')
    (suite.parent / 'each.lua').write_text(small_run.EACH)
    shutil.copytree(serial, other)
    record = other / 'source' / 'run.json'
    record.write_text(re.sub('"data_sha256": "....', '"data_sha256": "0000', record.read_text()))
    refuse("source/run.json: error: 'data_sha256' has 0000")


def other_outcomes(serial, folder):
    """One row that differs, with a digest of its own."""
    run = Run(serial, folder / 'run', 3, shared=1)
    columns = 'SELECT s.rowid, s.key, samples, sample_bytes, number, outcomes, loss, line, digest FROM shard AS s' \
        ' JOIN measured AS m ON m.key = s.key AND m.numerics = s.numerics JOIN numerics ON id = s.numerics LIMIT 1'
    (rowid, key, samples, size, number, outcomes, loss, line, digest), = ask(run.part(2), columns)[0]
    assert digest_of((key, samples, size, number, outcomes, loss), line) == digest
    changed = bytes([outcomes[0] ^ 1]) + outcomes[1:]
    ask(run.part(2), ('UPDATE shard SET outcomes = ?, digest = ? WHERE rowid = ?',
                      (changed, digest_of((key, samples, size, number, changed, loss), line), rowid)))
    refused = run.merge(status=1).stderr
    assert f'{run.folder}/outcomes.sqlite: error: shard {number} of {key[:16]}' in refused, refused
    assert f"{run.part(2)}/outcomes.sqlite: error: shard {number} of {key[:16]}" in refused, refused
    assert 'was measured again, with other outcomes' in refused, refused
    assert ask(run.folder, ROWS[2]) == ask(serial, ROWS[2]), 'a shard was changed'
    ask(run.part(2), ('UPDATE shard SET outcomes = ? WHERE rowid = ?', (b'\0' * len(outcomes), rowid)))
    assert 'is damaged' in run.merge(status=3).stderr


def other_numerics(serial, folder):
    """A part that was computed otherwise, by the word of its store, is named; it doesn't complete the others."""
    run = Run(serial, folder / 'run', 3, shared=0)
    line = ask(run.part(1), 'SELECT line FROM numerics')[0][0][0]
    other = line.replace('float32', 'float16')
    assert other != line, line
    rows = ask(run.part(1), 'SELECT s.rowid, s.key, samples, sample_bytes, number, outcomes, loss FROM shard AS s'
               ' JOIN measured AS m ON m.key = s.key AND m.numerics = s.numerics')[0]
    ask(run.part(1), ('UPDATE numerics SET line = ?', (other,)),
        *(('UPDATE shard SET digest = ? WHERE rowid = ?', (digest_of(row[1:], other), row[0])) for row in rows))
    refused = run.merge(status=1).stderr
    assert f"{run.part(1)}: error: was computed with '{other}', where {run.part(0)} was with '{line}'" in refused, refused
    assert refused.count('error: ') == 1, refused


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name).resolve()
        suite, serial = small_run.write_suite(folder, IMAGES), folder / 'serial'
        call('run', suite, '--out', serial, '--quiet')
        for check in (any_order, elsewhere, killed, missing, other_outcomes, other_numerics):
            (folder / check.__name__).mkdir()
            check(serial, folder / check.__name__)
        (folder / 'other_run').mkdir()
        other_run(suite, serial, folder / 'other_run')
    print('passed')


main()
