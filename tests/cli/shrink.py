#!/usr/bin/env python3
"""What `shrink` takes from a run: shrink.py NONTRIVIAL ROOT

A run of the example is made, once with given weights and once trained with two seeds; of these the cases that are
named, a group's largest and the largest that is trivial are removed, with the run's graph, weights and images. What
is said of the metric is what `eval` says of both networks. The README's lines are run on the example as it is."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HOOK = '''return function(net)
  return {
    {name = "one", zero = {"layer3.0.downsample.0"}},
    {name = "one, and more", zero = {"layer2.0.downsample.0"}},
    {name = "two", zero = {"layer1.0.conv1", "layer3.0.downsample.0"}},
    {name = "noisy", noise = {"layer1.0.conv1", "layer1.0.conv2", "layer2.0.conv1"}, deviation = 1e-6, seed = 1},
    {name = "dropped", drop = {"layer1.0"}},
    {name = "noise on one", noise = {"layer3.0.downsample.0"}, deviation = 0.1, seed = 1},
  }
end
'''


class Shrinking:
    def __init__(self, program, root, folder):
        self.program, self.root, self.folder, self.wrong = program, root, folder, []
        self.example = root / 'experiments' / 'example'
        (folder / 'cases.lua').write_text(HOOK)
        suite = (root / 'experiments' / 'example.yaml').read_text()
        shutil.copytree(self.example, folder / 'example')
        for i in range(1, 6):  # to train on
            shutil.copy(self.example / 'test_batch.bin', folder / 'example' / f'data_batch_{i}.bin')
        head = suite[:suite.index('groups:')]
        (folder / 'suite.yaml').write_text(head + 'groups: {sets: {hook: cases.lua}, again: {hook: cases.lua}}\nmargin: 0.2\n')
        self.say('run', 'suite.yaml', '--out', 'run', '--quiet')
        if self.wrong:
            sys.exit('\n'.join(self.wrong))

    def say(self, *words, status=0):
        made = subprocess.run([self.program, *words], cwd=self.folder, capture_output=True, text=True, check=False)
        if made.returncode != status:
            self.wrong.append(f'{words}: {made.returncode}\n{made.stderr}')
        return made.stdout if status == 0 else made.stderr

    def shrink(self, *words):
        said = self.say('shrink', *words, '--rounds', '0', '--out', 'small', '--json', '--quiet', '--threads', '1')
        if not said:
            return {'from': None, 'edits': None, 'metric': None}
        kept = (self.folder / 'small' / 'shrink.json').read_text()
        if kept != said:
            self.wrong.append(f'{words}: shrink.json is not what is printed')
        shutil.copytree(self.folder / 'small', self.folder / 'last', dirs_exist_ok=True)
        shutil.rmtree(self.folder / 'small')
        return json.loads(said)

    def expect(self, what, found, wanted):
        if found != wanted:
            self.wrong.append(f'{what}: {found}, not {wanted}')

    def names(self, *cases):
        """Who is removed by what is named."""
        run = 'run:sets:'
        for words, wanted, edits in (('one', 'sets, one', 1), ('one, and more', 'sets, one, and more', 1),
                                     ('one,two', 'sets, one and sets, two', 2),
                                     ('one, again:dropped', 'sets, one and again, dropped', 2)):
            said = self.shrink('--from', run + words)
            self.expect(words, (said['from'], said['edits']), (wanted, edits))
        said = self.shrink('--from', 'run:sets', '--limit', '8')
        self.expect('a group', (said['from'], said['edits']), ('sets, noisy', 3))
        for words, wanted in ((run + 'none', "has no case 'none'"), ('run:set', "did you mean 'sets'?"),
                              (run + 'one,noise on one', 'do two things'), ('run:sets:one,other:one', "no group 'other'")):
            found = self.say('shrink', '--from', words, '--out', 'small', '--quiet', status=3 if 'do two' in wanted else 2)
            if wanted not in found:
                self.wrong.append(f'{words}: {found}')

    def margins(self):
        """The largest that is trivial, and what is measured of it."""
        said = self.shrink('--from', 'run')
        results = json.loads((self.folder / 'run' / 'results.json').read_text())
        case = results['groups'][0]['cases'][0]
        finding, metric = case['results'][0], said['metric']
        self.expect('the largest', (said['from'], finding['verdict'], metric['verdict']), ('sets, one', 'trivial', 'trivial'))
        for key in ('change', 'change_low_95', 'change_high_90', 'lost', 'gained', 'p', 'inside', 'outside'):
            self.expect(key, metric[key], finding[key])
        self.expect('the metric', (metric['before'], metric['after'], metric['margin'], metric['images']),
                    (results['baseline'][0]['value'], finding['value'], .2, 100))
        told = json.loads(self.say('eval', 'last/graph.yaml', '--weights', 'last/weights.safetensors', '--data',
                                   f'cifar10:{self.example}', '--json', '--quiet'))
        self.expect('eval', told['value'], metric['after'])
        self.expect('a wide margin', self.shrink('--from', 'run', '--margin', '1')['edits'], 2)
        found = self.say('shrink', '--from', 'run', '--margin', '0.0001', '--out', 'small', '--quiet', status=3)
        if 'no case that is trivial' not in found:
            self.wrong.append(f'a narrow margin: {found}')
        said = self.shrink('--from', 'run', '--limit', '20', '--batch', '7')
        self.expect('a limit', (said['metric']['images'], said['comparison']['images'], said['batch']), (20, 20, 7))
        said = self.shrink('--from', 'run', '--data', 'random')
        self.expect('random images', (said['metric'], said['comparison']['data'], said['comparison']['images']),
                    (None, None, 64))

    def seeds(self):
        """Of weights that were trained those of one seed, the first unless another is named."""
        trained = ['--set', 'seeds=[3,5]', '--set', 'train={epochs: 1, batch: 10, loss: {op: softmax_cross_entropy}, '
                   'optimiser: {kind: sgd}, schedule: {kind: constant, rate: 0.01}}']
        text = (self.folder / 'suite.yaml').read_text().splitlines()
        (self.folder / 'trained.yaml').write_text('\n'.join(x for x in text if not x.startswith('weights:')) + '\n')
        self.say('run', 'trained.yaml', *trained, '--out', 'trained', '--quiet')
        if self.wrong:
            return
        results = json.loads((self.folder / 'trained' / 'results.json').read_text())
        for words, seed in ((), 0), (('--seed', '5'), 1):
            said = self.shrink('--from', 'trained:sets:one', *words)
            self.expect(f'seed {seed}', said['metric'] and said['metric']['before'], results['baseline'][seed]['value'])
        found = self.say('shrink', '--from', 'trained:sets:one', '--seed', '4', '--out', 'small', '--quiet', status=2)
        if 'the run has no seed 4' not in found:
            self.wrong.append(f'no such seed: {found}')

    def readme(self):
        text = (self.root / 'README.md').read_text(encoding='utf-8')
        page = text[text.index('## A smaller network'):text.index('## The tree')]
        lines = re.search(r'```sh\n(.*?)```', page, re.S).group(1).splitlines()
        self.say('run', self.root / 'experiments' / 'example.yaml', '--out', 'runs/example', '--quiet')
        for line in lines:
            self.say(*line.split()[1:])
        said = json.loads((self.folder / 'both' / 'shrink.json').read_text())
        self.expect('the README', (len(lines), said['edits'], said['timing']['rounds']), (3, 2, 5))


def main():
    program, root = (pathlib.Path(word).resolve() for word in sys.argv[1:])
    with tempfile.TemporaryDirectory() as name:
        shrinking = Shrinking(program, root, pathlib.Path(name))
        shrinking.names()
        shrinking.margins()
        shrinking.seeds()
        shrinking.readme()
    print(*shrinking.wrong, sep='\n')
    return 1 if shrinking.wrong else 0


sys.exit(main())
