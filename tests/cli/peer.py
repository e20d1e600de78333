#!/usr/bin/env python3
"""`nontrivial bench --peer torch`: peer.py NONTRIVIAL ROOT

What is missing is said with its remedy, and PyTorch's own errors are not touched, whether or not it is there. With
it: torchvision's network of the same name, with another stem too; one that is named; those that there are not or
that differ."""
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
ROOT = pathlib.Path(sys.argv[2]).resolve()
SMALL = ['--batch', '2', '--repeat', '1', '--threads', '1']

NET = """import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        print('a network that talks')
        self.conv, self.fc = nn.Conv2d(3, 8, 3, padding=1), nn.Linear(8, classes)

    def forward(self, x):
        return self.fc(torch.relu(self.conv(x)).mean((2, 3)))
"""
GRAPH = """version: 1
graph: talker
input: [3, 8, 8]
nodes:
  conv: {op: conv2d, channels: 8, kernel: 3, pad: 1}
  relu: {op: relu}
  pool: {op: global_avg_pool}
  fc: {op: linear, features: 10}
"""


def bench(*words, status=0, **variables):
    path = f'{pathlib.Path(sys.executable).parent}:{os.environ["PATH"]}'
    process = subprocess.run([PROGRAM, 'bench', *map(str, words), *SMALL], capture_output=True, text=True, check=False,
                             env={**os.environ, 'PATH': path, **variables})
    assert process.returncode == status, f'{words}: status {process.returncode}\n{process.stderr}'
    return process


def refused(message, *words, **more):
    """The whole of standard error."""
    said = bench(*words, status=2, **more).stderr
    assert said == f'error: {message}\n', f'{words}: {said}'


def with_fake_torch(folder, text, **more):
    """What is said where importing torch runs `text`."""
    (folder / 'fake').mkdir(exist_ok=True)
    (folder / 'fake/torch.py').write_text(text)
    return bench(folder / 'net.yaml', '--peer', 'torch', PYTHONPATH=str(folder / 'fake'), **more).stderr


def check_what_is_missing(folder, graph):
    (folder / 'none').mkdir()
    refused('--peer torch: cannot run python3: No such file or directory; install it (Debian: python3, and '
            'python3-torch)', graph, '--peer', 'torch', PATH=str(folder / 'none'))
    said = with_fake_torch(folder, "raise ImportError('not on this machine')\n", status=2)
    assert said.startswith('error: --peer torch: python3 (') and said.endswith(
        ") can't import torch: not on this machine; install it (Debian: python3-torch)\n"), said
    refused("--peer is 'torch' or 'torch:PACKAGE:CALLABLE', not 'tensorflow'", graph, '--peer', 'tensorflow')
    refused('--peer-args wants --peer torch:PACKAGE:CALLABLE', graph, '--peer', 'torch', '--peer-args', '10')
    refused('--rounds is of a comparison: it wants --peer', graph, '--rounds', '2')
    refused('--peer-memory is of a peer: it wants --peer', graph, '--peer-memory', 'kept')


def check_its_own_errors(folder):
    said = with_fake_torch(folder, "raise RuntimeError('it does not want to')\n", status=1)
    assert said.startswith('Traceback (most recent call last):\n') and said.endswith(
        'RuntimeError: it does not want to\n'
        'error: --peer torch: PyTorch ended with status 1; what it said stands above\n'), said
    said = with_fake_torch(folder, 'import os\nos.kill(os.getpid(), 9)\n', status=1)
    assert said == 'error: --peer torch: PyTorch was ended by signal 9 (Killed)\n', said


def check_told(told, network, parameters, ways, rounds):
    """All that JSON says: rates of one round divide to that round's ratio."""
    peer = told['peer']
    assert (peer['network'], peer['parameters'], len(peer['rounds'])) == (network, parameters, rounds), peer
    assert told['steps'] == rounds, told  # of one repeat each
    fastest = max(each['images_per_second'] for each in peer['rounds'])
    assert abs(told['images_per_second'] / fastest - 1) < 1e-9, told
    assert {way for way in ('eager', 'frozen') if way in peer} == set(ways), peer
    for way in ways:
        found = sorted(each['images_per_second'] / each[way] for each in peer['rounds'])
        ratio = peer[way]['ratio']
        wanted = (found[0], (found[(rounds - 1) // 2] + found[rounds // 2]) / 2, found[-1])
        for a, b in zip((ratio['least'], ratio['median'], ratio['greatest']), wanted):
            assert abs(a / b - 1) < 1e-9, (ratio, found)


def check_torchvision():
    graph = ROOT / 'graphs/resnet18.yaml'
    for memory in 'kept', 'returned':
        told = json.loads(bench(graph, '--set', 'stem=cifar', '--set', 'size=8', '--peer', 'torch', '--rounds', '2',
                                '--peer-memory', memory, '--json').stdout)
        check_told(told, 'torchvision.models.resnet18', 11_173_962, ['eager', 'frozen'], 2)
        assert told['peer']['memory'] == memory, told['peer']


FAULTS = '''
import sys, torch
sys.path.insert(0, sys.argv[1])
import bench_torch
if sys.argv[2] == 'keep':
    bench_torch.keep_memory()
make = lambda: torch.ones(10_000_000)
for _ in range(30):
    bench_torch.new_pages(make)
print(bench_torch.new_pages(make))
'''


def check_memory():
    """Blocks of 40 MB that are freed and made again are the same pages, or others each time."""
    kept, returned = (int(subprocess.run([sys.executable, '-B', '-c', FAULTS, str(ROOT / 'graphs'), what], check=True,
                                         stdout=subprocess.PIPE).stdout) for what in ('keep', 'return'))
    assert kept < 100, (kept, returned)
    print(f'page faults of 40 MB: {kept} kept, {returned} returned')


def check_other_networks():
    """Without a process for each."""
    spec = importlib.util.spec_from_file_location('bench_torch', ROOT / 'graphs/bench_torch.py')
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    net = script.builder_of('resnet18')[0]()
    request = {'network': 'resnet18', 'output': [1000], 'input': [3, 32, 32],
               'parameters': {name: list(p.shape) for name, p in net.named_parameters()},
               'layers': {'conv1': [64, 16, 16], 'layer4.0.bn1': [512, 1, 1], 'fc': [1000]}}
    assert script.torchvisions(request)[1] == 'torchvision.models.resnet18'
    narrow, larger = ({**request, what: {**request[what], name: size}} for what, name, size in (
        ('parameters', 'conv1.weight', [32, 3, 7, 7]), ('layers', 'layer4.0.bn1', [512, 2, 2])))
    for changed, why in (
            ({**request, 'network': 'unet'}, "torchvision has no network 'unet'"),
            (narrow, "torchvision's resnet18 is another network: the parameter conv1.weight is 32x3x7x7 here and "
                     '64x3x7x7 there'),
            (larger, "torchvision's resnet18 is another network: what comes out of layer4.0.bn1 is 512x2x2 here and "
                     '512x1x1 there')):
        try:
            script.torchvisions(changed)
        except script.Refused as refusal:
            assert refusal.args[0] == why, refusal.args
        else:
            sys.exit(f'taken, although {why}')


def check_named(folder, graph):
    peer = f'torch:{folder}/net.py:'
    process = bench(graph, '--peer', peer + 'Net', '--peer-args', 'classes=20', '--rounds', '1', '--train')
    assert process.stderr == 'a network that talks\n', process.stderr
    *_, heading, titles, _, mine, theirs = process.stdout.splitlines()
    assert heading.startswith('against PyTorch ') and heading.endswith(
        f', {folder}/net.py:Net, of 404 parameters (here 314); its memory kept; medians of 1 round'), heading
    assert titles.split() == ['images/s', 'ratio', 'least', 'greatest'], titles
    assert mine.split()[0] == 'nontrivial' and theirs.startswith('PyTorch, eager '), process.stdout
    rate, (other, *ratios) = mine.split()[1], theirs.split()[2:]
    assert len(set(ratios)) == 1 and abs(float(rate) / float(other) / float(ratios[0]) - 1) < .01, process.stdout


def main():
    with tempfile.TemporaryDirectory(prefix='nontrivial-') as temporary:
        folder = pathlib.Path(temporary)
        graph = folder / 'net.yaml'
        graph.write_text(GRAPH)
        (folder / 'net.py').write_text(NET)
        check_what_is_missing(folder, graph)
        check_its_own_errors(folder)
        try:
            import torchvision  # noqa: F401
        except ImportError as missing:
            print(f'skipped: {missing}')
            sys.exit(77)
        check_memory()
        check_torchvision()
        check_other_networks()
        check_named(folder, graph)


main()
