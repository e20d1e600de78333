#!/usr/bin/env python3
"""What is said of runs that are begun, interrupted, in parts, finished: runs.py NONTRIVIAL

One suite is trained until it is interrupted, trained to its end, measured in two parts and joined; `runs` and `watch`
say at each point how far it is and which command goes on, which is then given. `clean` removes what is no longer
needed of the finished run, and nothing before."""
import json
import os
import pathlib
import pty
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import small_run

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())

call = small_run.caller(PROGRAM)
SHARDS = 3 * 4 * 2  # 2,300 images, the baseline and three different cases, two seeds


def make_suite(folder, epochs):
    return small_run.write_suite(folder, 2300, hold_out=100, epochs=epochs)


def one(run):
    """What `runs` says of it, which is what `watch` does."""
    found = json.loads(call('runs', run, '--json').stdout)
    assert len(found) == 1 and found[0]['run'] == str(run), found
    watched = json.loads(call('watch', run, '--json').stdout)
    assert watched == found[0] or found[0]['at_work'], watched
    return found[0]


def refuses_to_clean(run, why):
    before = sorted(run.rglob('*'))
    refused = call('clean', run, status=3)
    assert why in refused.stderr and refused.stdout == '0 B freed\n', refused
    assert call('clean', '--all', run.parent).stdout == '0 B freed\n'
    left = sorted(run.rglob('*'))
    assert left == before or one(run)['at_work'], 'something of an unfinished run was removed'


def interrupted(folder):
    """While it trains, and once it is interrupted."""
    run = folder / 'runs' / 'long'
    make_suite(folder, 1000000)
    process = subprocess.Popen([PROGRAM, 'run', folder / 'suite.yaml', '--out', run, '--quiet'], stderr=subprocess.PIPE)
    until = time.monotonic() + 60
    while not (run / 'seed-3' / 'metrics.csv').exists() or one(run)['seeds'][0]['epochs'] < 2:
        assert time.monotonic() < until and process.poll() is None, 'it does not train'
        time.sleep(0.1)
    state = one(run)
    assert state['state'] == 'training' and state['at_work'] and state['epochs'] == 1000000, state
    assert state['seeds'][0]['loss'] > 0 and state['seeds'][0]['held_out_value'] > 0, state
    refuses_to_clean(run, 'is not a finished run')
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    process.stderr.close()
    state = one(run)
    assert not state['at_work'] and state['seeds'][0]['checkpoint'] and not state['seeds'][0]['trained'], state
    assert state['command'] == f'nontrivial run {run}' and state['seeds_trained'] == 0, state
    refuses_to_clean(run, f"'nontrivial run {run}' finishes it")
    shown = call('watch', run).stdout
    assert 'training: 0 of 2 seeds, seed 3 has' in shown and 'nobody is at work' in shown, shown


def planned(folder, run, *words):
    return json.loads(call('run', folder / 'suite.yaml', '--out', run, '--plan', '--json', *words).stdout)


def in_parts(folder):
    """Trained, then measured in two parts, which are joined."""
    run = folder / 'runs' / 'short'
    make_suite(folder, 2)
    plan = planned(folder, run)
    assert plan['done'] is None and plan['training']['epochs_left'] == 4, plan
    assert plan['training']['samples'] == 300 and plan['training']['seconds'] > 0, plan
    # forward, and a gradient of each kernel and of each input but the image
    assert plan['training']['executed'] == 2 * (12 + 12) + 3 * 6, plan
    call('train', folder / 'suite.yaml', '--out', run, '--quiet')
    state = one(run)
    assert state['state'] == 'measuring' and state['seeds_trained'] == 2, state
    assert (state['shards'], state['shards_wanted']) == (0, None), state
    plan = planned(folder, run)
    assert plan['done'] == state and plan['training']['epochs_left'] == 0, plan
    assert planned(folder, run, '--set', 'margin=0.5')['done'] is None, 'it is the folder of another suite'
    said = call('run', folder / 'suite.yaml', '--out', run, '--plan').stdout
    assert 'All seeds are trained' in said and f'Already in {run}: measuring: 0 shards' in said, said
    call('run', folder / 'suite.yaml', '--out', run, '--quiet', '--shard', '1/2')
    state = one(run)
    assert 0 < state['shards'] < SHARDS and state['shards_wanted'] == SHARDS and state['parts'] == 1, state
    assert state['command'] == f'nontrivial merge {run}' and state['samples'] == 2300, state
    refuses_to_clean(run, 'is not a finished run')
    call('run', folder / 'suite.yaml', '--out', run, '--quiet', '--shard', '2/2')
    assert one(run)['shards'] == SHARDS
    call(*one(run)['command'].split()[1:])
    state = one(run)
    assert state['finished'] and state['command'] == '' and state['parts'] == 2, state
    assert state['shards'] == SHARDS, state
    return run


def on_terminal(run, seconds):
    """What `watch` draws on a terminal within so many seconds, and its status after a Ctrl-C, if it is still there."""
    leader, follower = pty.openpty()
    with subprocess.Popen([PROGRAM, 'watch', run, '--interval', '0.2'], stdout=follower, stderr=follower,
                          env={**os.environ, 'TERM': 'xterm'}) as process:
        os.close(follower)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
        drawn = b''
        try:
            while more := os.read(leader, 65536):
                drawn += more
        except OSError:
            pass  # the other side is closed
        os.close(leader)
        return drawn.decode(), process.wait(20)


def drawn_over(finished, unfinished):
    text, status = on_terminal(finished, 20)
    assert status == 0 and text.count('finished') == 1 and '\033[J' not in text, (status, text)
    text, status = on_terminal(unfinished, 1.5)
    assert status == 130, (status, text)
    frames = text.split('\033[J')
    assert len(frames) > 2 and all(frame.count('training: 0 of 2') == 1 for frame in frames), text
    assert frames[0].endswith(f'\033[{frames[1].count(chr(10))}A'), 'it is not drawn over as many lines as there are'


def cleaned(run):
    """Checkpoints that were left, parts that are joined; not a part that has more, nor what is called alike."""
    kept = {path: path.read_bytes() for path in run.rglob('*') if path.is_file() and 'shard-' not in str(path)}
    (run / 'seed-3' / 'checkpoint-0.safetensors').write_bytes(b'x' * 1000)
    shutil.copytree(run / 'shard-1-of-2', run / 'shard-1-of-2x')
    (run / 'shard-2-of-2' / 'link').symlink_to(run / 'seed-3')
    said = call('clean', run, '--dry-run').stdout
    assert said.count('would remove') == 3 and 'checkpoint-0' in said and '2x' not in said, said
    assert (run / 'shard-1-of-2').exists()
    said = call('clean', '--all', run.parent).stdout
    assert said.count('removed') == 3 and said.endswith('kB freed\n'), said
    left = sorted(path.name for path in run.iterdir())
    assert 'shard-1-of-2x' in left and 'shard-1-of-2' not in left and 'shard-2-of-2' not in left, left
    assert {path: path.read_bytes() for path in kept} == kept, 'something was removed that is needed'
    assert not (run / 'seed-3' / 'checkpoint-0.safetensors').exists()
    assert call('clean', run).stdout == '0 B freed\n'


def kept(folder, run):
    """A part with outcomes of its own stays."""
    other = folder / 'other'
    call('run', folder / 'suite.yaml', '--out', other, '--quiet', '--set', 'seeds=[4]')
    shutil.copytree(other, run / 'shard-1-of-3')
    assert call('clean', run, '--dry-run').stdout.count('would remove') == 1, 'all its outcomes are known'
    call('run', folder / 'suite.yaml', '--out', other, '--quiet', '--set', 'evaluate.limit=100')
    shutil.rmtree(run / 'shard-1-of-3')
    shutil.copytree(other, run / 'shard-1-of-3')
    assert call('clean', run).stdout == '0 B freed\n'
    assert (run / 'shard-1-of-3' / 'outcomes.sqlite').exists()


def main():
    with tempfile.TemporaryDirectory(prefix='nontrivial-') as temporary:
        folder = pathlib.Path(temporary)
        interrupted(folder)
        run = in_parts(folder)
        shown = call('runs', folder / 'runs').stdout
        assert 'finished, 2 parts' in shown and 'to finish them:\n  nontrivial run ' in shown, shown
        drawn_over(run, folder / 'runs' / 'long')
        cleaned(run)
        kept(folder, run)
        assert call('runs', folder / 'data').stdout == f'no runs in {folder / "data"}\n'
        assert 'there is no such folder' in call('runs', folder / 'nowhere', status=3).stderr
        call('clean', status=2)
        call('clean', run, '--all', folder, status=2)
        call('watch', folder, status=3)
    print('what is said of runs is so')


if __name__ == '__main__':
    main()
