#!/usr/bin/env python3
"""Units that can't be evaluated: failing.py NONTRIVIAL FAILING_UNITS

In the second program one shard of one case fails, at each attempt. By one process, by ranks and by parts the run goes
on with everything else, says which images of which case it lacks and why, and ends with status 1; the next start, of
the first program, measures what is lacking, and leaves what an undisturbed run does."""
import json
import os
import pathlib
import shutil
import sys
import tempfile

import mpirun
import small_run

PROGRAM, FAILING = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
ONCE = ['--one-by-one', '--threads', '1']
WHY = 'images 1000 to 1999 could not be evaluated, twice: images: cannot read: made to fail'
LACKING = {('two', 3), ('again', 3), ('two', 4), ('again', 4)}  # cases and seeds; one graph twice

call = small_run.caller(PROGRAM)
fail = small_run.caller(FAILING)


def failures_of(run):
    """The cases without numbers, and why."""
    results = json.loads((run / 'results.json').read_text())
    return {(case['case'], seed['seed']): seed['failure'] for group in results['groups'] for case in group['cases']
            for seed in case['results'] if 'failure' in seed}


def expect_failures(run, said, sound):
    assert failures_of(run) == dict.fromkeys(LACKING, WHY), failures_of(run)
    assert said.count(f'of 1 case {WHY}') == 2, said  # with each seed, once
    assert '4 of the cases could not be measured; their rows say why' in said, said
    lacking, all_rows = small_run.rows_of(run), small_run.rows_of(sound)
    assert set(lacking['shard']) < set(all_rows['shard']), 'a shard differs'
    assert len(all_rows['shard']) - len(lacking['shard']) == 2, 'more is lacking than what failed'
    state, = json.loads(call('runs', run, '--json').stdout)
    assert state['finished'] and state['failures'] == 4, state
    assert state['why'] == f'each/two, seed 3: {WHY}', state
    watched = call('watch', run).stdout
    assert 'finished, 4 cases without numbers' in watched and f'{WHY}; and so on' in watched, watched
    assert call('results', run, '--seeds').stdout.count(WHY) == 4


def expect_sound(run, sound):
    assert small_run.rows_of(run) == small_run.rows_of(sound), f'{run}: other rows'
    assert (run / 'results.json').read_bytes() == (sound / 'results.json').read_bytes(), f'{run}: other results'
    assert failures_of(run) == {}
    state, = json.loads(call('runs', run, '--json').stdout)
    assert state['failures'] == 0 and state['why'] is None, state


def begun(sound, run):
    """A run folder with the weights, and nothing measured."""
    shutil.copytree(sound, run, ignore=shutil.ignore_patterns('outcomes*', 'results*'))
    return run


def alone(suite, sound, folder):
    run = begun(sound, folder / 'alone')
    said = fail('run', suite, '--out', run, *ONCE, status=1).stderr
    expect_failures(run, said, sound)
    call('run', suite, '--out', run, *ONCE)
    expect_sound(run, sound)
    together = begun(sound, folder / 'merged')  # the baseline is in the graph of all
    os.environ['NONTRIVIAL_FAILS'] = 'none 1000'
    said = fail('run', suite, '--out', together, '--threads', '1', status=1).stderr
    os.environ['NONTRIVIAL_FAILS'] = 'two 1000'
    assert f'the baseline failed: {WHY}' in said, said
    return run


def by_ranks(suite, sound, folder):
    launcher = mpirun.find(PROGRAM)
    if not launcher:
        return
    run = begun(sound, folder / 'ranks')
    for program, status in (FAILING, 1), (PROGRAM, 0):
        process = mpirun.start(launcher, 3, [program, 'run', suite, '--out', run, *ONCE])
        ended, said = mpirun.finish(process)
        assert ended == status, (ended, said)
        if status == 1:
            expect_failures(run, said, sound)
    expect_sound(run, sound)


def by_parts(suite, sound, folder):
    run = begun(sound, folder / 'parts')
    parts = [('run', suite, '--out', run, '--shard', f'{number}/2', *ONCE) for number in (1, 2)]
    ended = [fail(*words, status=None) for words in parts]
    assert sorted(part.returncode for part in ended) == [0, 1], ended  # with both seeds it is the same part's
    said = ''.join(part.stderr for part in ended)
    assert said.count(WHY) == 2, said
    assert "2 of this part's 12 units could not be evaluated, twice; the notes say why; the same command" in said, said
    assert 'lack 1,000 images' in call('merge', run, status=1).stderr
    for words in parts:
        call(*words)
    call('merge', run, '--threads', '1')
    expect_sound(run, sound)


def main():
    with tempfile.TemporaryDirectory(prefix='nontrivial-') as name:
        folder = pathlib.Path(name).resolve()
        suite, sound = small_run.write_suite(folder, 2300), folder / 'sound'
        call('run', suite, '--out', sound, '--threads', '1')
        os.environ['NONTRIVIAL_FAILS'] = 'two 1000'
        mpirun.ENVIRONMENT['NONTRIVIAL_FAILS'] = 'two 1000'
        for check in alone, by_ranks, by_parts:
            check(suite, sound, folder)
            print(f'{check.__name__}: passed', flush=True)


main()
