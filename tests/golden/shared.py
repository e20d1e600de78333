#!/usr/bin/env python3
"""A ResNet34 that PyTorch trained on CIFAR-10, held against PyTorch's own answers: its logits for 256 test
images, and how many of 1,000 are right with each convolution zeroed in turn, measured as a suite.

    shared.py NONTRIVIAL SOURCE

The weights, the answers and the images are not part of this repository: they are looked for in
$NONTRIVIAL_SHARED, or in ../shared beside SOURCE, and nothing is written there; the images in
$NONTRIVIAL_DATA first. Exits 77 (skipped) without them, or without what unpacks the images."""
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from networks import read_npy

LOGITS_WITHIN = 1e-4  # of logits up to about 10
COUNTS_WITHIN = 2  # of 1,000 images: some lie so near to a border that rounding decides

SUITE = '''
version: 1
suite: shared
graph: {source}/graphs/resnet34.yaml
weights: {weights}
data: {{kind: cifar10, root: cifar-10-batches-bin}}
evaluate: {{split: test, batch: 250, first: 1000}}
groups:
  each-layer: {{hook: {source}/experiments/lua/each_layer.lua}}
'''


def skip(why):
    print(f'skipped: {why}')
    sys.exit(77)


def unpack(shared, folder):
    """The test images. What isn't needed of the rest counts as unpacked when it is there."""
    images = folder / 'cifar-10-batches-bin'
    there = pathlib.Path(os.environ.get('NONTRIVIAL_DATA', '')) / images.name
    if (there / 'test_batch.bin').exists():
        images.symlink_to(there)
        return
    training = [images / f'data_batch_{i}.bin' for i in range(1, 6)]
    (folder / 'sunnybrook' / 'Data').mkdir(parents=True)
    images.mkdir()
    for path in training:
        path.touch()
    process = subprocess.run([shared / 'data' / 'unpack', folder], capture_output=True, text=True, check=False)
    if process.returncode != 0:
        skip('the images cannot be unpacked: ' + process.stderr.strip().splitlines()[-1])
    for path in training:
        path.unlink()


def run(program, folder, *words):
    subprocess.run([program, *words], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def check_logits(program, source, models, folder):
    run(program, folder, 'eval', source / 'graphs' / 'resnet34.yaml', '--weights',
        models / 'resnet34-cifar10.safetensors', '--data', 'cifar10:cifar-10-batches-bin', '--first', '256',
        '--logits', 'logits.npy', '--quiet')
    shape, expected = read_npy(models / 'resnet34-cifar10-logits256.npy')
    found_shape, found = read_npy(folder / 'logits.npy')
    if shape != found_shape:
        return f'logits have the shape {found_shape}, not {shape}'
    furthest = max(abs(a - b) for a, b in zip(expected, found))
    print(f'logits: within {furthest:.2g} of PyTorch\'s')
    return '' if furthest < LOGITS_WITHIN else f'a logit is {furthest:.3g} from PyTorch\'s'


def check_counts(program, source, models, folder):
    suite = folder / 'suite.yaml'
    suite.write_text(SUITE.format(source=source, weights=models / 'resnet34-cifar10.safetensors'))
    run(program, folder, 'run', suite, '--out', 'run', '--quiet')
    results = json.loads((folder / 'run' / 'results.json').read_text())
    found = {case['case']: case['results'][0]['correct'] for case in results['groups'][0]['cases']}
    found['baseline'] = results['baseline'][0]['correct']
    with open(models / 'resnet34-cifar10-each-layer-1000.csv', encoding='utf-8') as file:
        expected = {name: int(right) for name, right, _ in csv.reader(file)}
    if found.keys() != expected.keys() or len(expected) != 37:
        return f'cases in one of the lists alone: {sorted(found.keys() ^ expected.keys())}'
    wrong = [
        f'{name}: {found[name]} right, PyTorch has {right}'
        for name, right in expected.items()
        if abs(found[name] - right) > COUNTS_WITHIN
    ]
    print(f'counts: {len(expected) - len(wrong)} of {len(expected)} as PyTorch\'s')
    return '\n'.join(wrong)


def main():
    program, source = (pathlib.Path(word).resolve() for word in sys.argv[1:])
    shared = pathlib.Path(os.environ.get('NONTRIVIAL_SHARED', source.parent / 'shared')).resolve()
    if not (shared / 'models').is_dir():
        skip(f'there is no {shared}/models')
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        unpack(shared, folder)
        wrong = [check(program, source, shared / 'models', folder) for check in (check_logits, check_counts)]
    print('\n'.join(text for text in wrong if text))
    return 1 if any(wrong) else 0


if __name__ == '__main__':
    sys.exit(main())
