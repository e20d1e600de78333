#!/usr/bin/env python3
"""Cases that are trained on, and layers that go back in time: retrain.py NONTRIVIAL

A retrained group is compared with the network retrained likewise; killed at any step it goes on to the same bits; its
numbers follow from outcomes.bin; what was taken away stays away. Snapshots and reinit's epoch say what they should."""
import json
import os
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile
import time

import small_run

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
call = small_run.caller(PROGRAM)

HOOK = """return function()
  return {
    {name = "two", zero = {"two"}},
    {name = "pruned", prune = {"one", share = 0.5}},
    {name = "fewer", channels = {"one", share = 0.5, whole = false}},
    {name = "mean", mean = {"two"}},
    {name = "cut", zero = {"last"}},
  }
end
"""
REWIND = """return function()
  local cases = {}
  for _, epoch in ipairs{0, 1, 2, 3} do
    cases[#cases + 1] = {name = "one @ " .. epoch, reinit = {"one", epoch = epoch}}
  end
  return cases
end
"""
GROUPS = """groups:
  each: {hook: each.lua}
  on: {hook: few.lua, retrain: {epochs: 2, schedule: {kind: constant, rate: 0.02}}}
  anew: {hook: few.lua, retrain: {from: initial}}
  later: {hook: few.lua, retrain: {from: epoch 1, epochs: 1, frozen: [one]}}
  back: {hook: back.lua}
"""


def write(folder, **settings):
    suite = small_run.write_suite(folder, 1500, **{'epochs': 3, 'seeds': [3], **settings})
    text = suite.read_text().split('groups:')[0] + GROUPS
    suite.write_text(text.replace('  checkpoint_every', '  snapshots: [0, 1, 2, end]\n  checkpoint_every'))
    (folder / 'few.lua').write_text(HOOK)
    (folder / 'back.lua').write_text(REWIND)
    return suite


def tensors(path):
    """By name, the bytes of each tensor of a safetensors file."""
    raw = path.read_bytes()
    size, = struct.unpack('<Q', raw[:8])
    head = json.loads(raw[8:8 + size])
    return {name: raw[8 + size + of['data_offsets'][0]:8 + size + of['data_offsets'][1]]
            for name, of in head.items() if name != '__metadata__'}


def floats(raw):
    return struct.unpack(f'<{len(raw) // 4}f', raw)


def results(folder):
    return json.loads((folder / 'results.json').read_text())


def groups_of(folder):
    return {group['group']: group for group in results(folder)['groups']}


def value(finding):
    return finding['correct'], finding['total']


def compared_with_its_own(run):
    """The changes of a retrained group are of its own baseline, which the others don't have."""
    groups = groups_of(run)
    assert 'baseline' not in groups['each'] and 'retrained' not in groups['each']
    assert groups['on']['retrained'] == {'from': 'trained', 'epochs': 2}, groups['on']['retrained']
    assert groups['anew']['retrained'] == {'from': 'initial', 'epochs': 3}
    assert groups['later']['retrained'] == {'from': 'epoch 1', 'epochs': 1}
    for name in 'on', 'anew', 'later':
        baseline, = groups[name]['baseline']
        assert baseline['epoch_seconds'] > 0
        for case in groups[name]['cases']:
            finding, = case['results']
            if case['case'] == 'cut':
                assert 'nothing of the image reaches the output' in finding['failure'], finding
                continue
            assert finding['epoch_seconds'] > 0
            lost = (finding['correct'] - baseline['correct']) / finding['total']
            assert abs(finding['change'] - lost) < 1e-12, (name, case['case'])
    # From the start with the recipe that it was trained by, the whole network is what it was.
    assert value(groups['anew']['baseline'][0]) == value(results(run)['baseline'][0])
    rows = (run / 'results.csv').read_text().splitlines()
    assert [row.split(',')[:2] for row in rows[1:5]] == \
        [['baseline', name] for name in ('baseline', 'on', 'anew', 'later')], rows[:5]


def what_is_gone_stays_gone(run):
    """No kernel comes back, zeros of a pruned one stay, a mean is no weight, what is frozen is as it was."""
    seen = set()
    trained = tensors(run / 'seed-3' / 'weights.safetensors')
    early = tensors(run / 'seed-3' / 'epoch-1.safetensors')
    for folder in (run / 'seed-3' / 'retrained').iterdir():
        now = tensors(folder / 'weights.safetensors')
        assert not list(folder.glob('checkpoint-*')) and not (folder / 'initial.safetensors').exists()
        zeros = sum(number == 0 for number in floats(now['one.weight']))
        kind = 'mean' if 'two mean' in now else 'two' if 'two.weight' not in now else \
            {0: 'whole', 6: 'pruned', 8: 'fewer'}[zeros]
        assert zeros == 0 or kind in ('pruned', 'fewer'), (folder, zeros)
        again = now == trained  # the whole network, from the start, by the same recipe
        assert again or now['last.weight'] != trained['last.weight'], folder
        kind += ' again' * again
        if now['one.bias'] == early['one.bias']:
            kind += ' frozen'
        seen.add(kind)
    assert {'mean', 'two', 'pruned', 'fewer', 'whole', 'whole again', 'whole frozen'} <= seen, seen


def goes_back(run):
    """At the last epoch nothing is changed; earlier ones are those of the snapshots; 0 is as ever."""
    cases = {case['case']: case for case in groups_of(run)['back']['cases']}
    assert cases['one @ 3']['results'][0]['lost'] == cases['one @ 3']['results'][0]['gained'] == 0
    assert 'epoch' not in cases['one @ 0']['edits'][0] and cases['one @ 2']['edits'][0]['epoch'] == 2
    first, second = (tensors(run / 'seed-3' / f'epoch-{epoch}.safetensors') for epoch in (1, 2))
    assert first['one.weight'] != second['one.weight']
    # The same by hand: the trained weights with one kernel of epoch 1.
    path = run / 'seed-3' / 'weights.safetensors'
    mixed = path.read_bytes().replace(tensors(path)['one.weight'], first['one.weight'])
    (run / 'mixed.safetensors').write_bytes(mixed)


def tables(run):
    out = call('results', run, '--group', 'on', '--wide').stdout
    assert 'retrained for 2 epochs from the trained weights' in out and 's/epoch' in out, out
    assert out.count('\nbaseline ') == 1, out
    assert 'group' not in json.loads(call('results', run, '--json').stdout)['baseline'][0]
    call('results', run, '--recompute')


def killed(folder, whole):
    """Ended by a signal again and again, the same comes of it."""
    suite, run, ends = write(folder, every=1e-9), folder / 'run', 0
    for attempt in range(60):
        process = subprocess.Popen([PROGRAM, 'run', suite, '--out', run], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True, env={**os.environ, 'NO_COLOR': '1'})
        time.sleep(0.05 + 0.03 * attempt)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate()
        if process.returncode == 1:  # some cases have no numbers
            break
        assert process.returncode in (143, -signal.SIGTERM), said
        ends += 1
    call('run', suite, '--out', run, status=1)
    assert ends > 2, ends
    ours, theirs = small_run.rows_of(run), small_run.rows_of(whole)
    assert ours['shard'] == theirs['shard'] and ours['result'] == theirs['result']
    for path in (whole / 'seed-3').rglob('weights.safetensors'):
        assert (run / path.relative_to(whole)).read_bytes() == path.read_bytes(), path


def smaller(folder, run):
    """What shrink leaves of a case is trained on by the run's recipe, and measured beside the whole network."""
    out, cut = folder / 'smaller', folder / 'cut'
    words = ['shrink', '--from', f'{run}:each:two', '--rounds', 0, '--retrain', 2, '--retrain-rate', 0.02]
    answer = json.loads(call(*words, '--out', out, '--json').stdout)
    retrained, metric = answer['retrained'], answer['metric']
    assert (retrained['epochs'], retrained['rate']) == (2, 0.02), retrained
    assert retrained['metric']['before'] == metric['before'] == results(run)['baseline'][0]['value']
    assert retrained['metric']['after'] != metric['after'], answer
    assert json.loads((out / 'shrink.json').read_text()) == {**answer, 'folder': str(out)}
    weights = out / 'retrained' / 'seed-3' / 'weights.safetensors'
    now, start = tensors(weights), tensors(out / 'weights.safetensors')
    assert now.keys() == start.keys() and now['last.weight'] != start['last.weight'] and 'two.weight' not in now
    assert (out / 'retrained' / 'seed-3' / 'metrics.csv').read_text().count('\n') == 3
    # The suite that is left goes on from wherever it was ended, and is one like any other.
    call(*words, '--out', cut)
    (cut / 'retrained' / 'seed-3' / 'weights.safetensors').unlink()
    call('train', cut / 'retrain.yaml', '--out', cut / 'retrained')
    assert (cut / 'retrained' / 'seed-3' / 'weights.safetensors').read_bytes() == weights.read_bytes()
    run_of = json.loads(call('run', out / 'retrain.yaml', '--out', out / 'retrained', '--json').stdout)
    assert run_of['baseline'][0]['value'] == retrained['metric']['after'], run_of['baseline']
    said = call('shrink', folder / 'net.yaml', '--weights', run / 'seed-3' / 'weights.safetensors', '--remove', 'two',
                '--retrain', 1, '--out', folder / 'none', status=2).stderr
    assert '--retrain wants --from RUN' in said, said


def refusals(folder):
    suite = write(folder)
    said = call('run', suite, '--out', folder / 'part', '--shard', '1/2', status=2).stderr
    assert 'leave out --shard' in said, said
    text = suite.read_text()
    for before, after, message in [
            ('from: epoch 1', 'from: epoch 7', 'suite.yaml:19:42: error: the weights after epoch 7 are not kept'),
            ('from: initial', 'from: start', "'trained', 'initial' or 'epoch N', not 'start'"),
            ('frozen: [one]', 'frozen: [onne]', "has no layer and no parameter 'onne'; did you mean 'one'?"),
            ('epochs: 1, frozen', 'epochs: 1, shards: 3, frozen', 'shards must be a power of two, not 3'),
            ('retrain: {from: initial}', 'decide: true, retrain: {from: initial}', "leave out 'decide'"),
            ('snapshots: [0, 1, 2, end]', 'snapshots: [0, 1, end]', "add it to 'snapshots' under 'train'"),
            ('snapshots: [0, 1, 2, end]', 'snapshots: [9]', 'training ends after epoch 3, before 9')]:
        assert before in text
        (folder / 'wrong.yaml').write_text(text.replace(before, after))
        said = call('check', folder / 'wrong.yaml', status=3).stderr.replace('wrong.yaml', 'suite.yaml')
        assert message in said, (message, said)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        suite, run = write(folder / 'whole'), folder / 'whole' / 'run'
        plan = json.loads(call('run', suite, '--plan', '--json', '--out', run).stdout)
        assert plan['retraining']['trainings'] == 15 and plan['retraining']['epochs'] == 5 * (2 + 3 + 1), plan
        call('run', suite, '--out', run, status=1)  # the cuts fail
        compared_with_its_own(run)
        what_is_gone_stays_gone(run)
        goes_back(run)
        tables(run)
        before = (run / 'results.json').read_bytes()
        call('run', run, status=1)  # all is known
        assert (run / 'results.json').read_bytes() == before
        smaller(folder / 'whole', run)
        call('clean', run)
        killed(folder / 'killed', run)
        refusals(folder / 'wrong')


main()
