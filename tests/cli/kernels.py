#!/usr/bin/env python3
"""The kernels for matrix products that this processor can run: kernels.py NONTRIVIAL ROOT

All that multiply and add in one give the same bits: ResNet34's weights after two steps of training and its logits,
and those of a trained ResNet8. So a run that one of them began may be resumed by another: its numerics are the
same. A name that is none of a kernel is refused."""
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
ROOT = pathlib.Path(sys.argv[2]).resolve()
EXAMPLE = ROOT / 'experiments' / 'example'
FAULTS = []

SUITE = """version: 1
suite: short
graph: {graph}
set: {{size: 28, image_channels: 1}}
data: {{kind: idx, root: {data}}}
train:
  epochs: 1
  batch: 8
  loss: {{op: softmax_cross_entropy}}
  optimiser: {{kind: sgd, momentum: 0.9}}
  schedule: {{kind: constant, rate: 0.01}}
groups:
  each: {{hook: {hook}}}
"""


def run(kernel, *words, status=0):
    process = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, check=False,
                             env={**os.environ, 'NONTRIVIAL_KERNEL': kernel})
    expect(process.returncode == status, f'{kernel}, {words}: status {process.returncode}\n{process.stderr}')
    return process


def expect(holds, what):
    if not holds:
        FAULTS.append(what)
        print(f'FAILED: {what}')


def write_data(folder):
    """Grey images of noise, 28x28, and labels."""
    folder.mkdir()
    noise = random.Random(1)
    for name, count in (('train', 16), ('t10k', 8)):
        pixels = noise.randbytes(count * 784)
        labels = bytes(i % 10 for i in range(count))
        (folder / f'{name}-images-idx3-ubyte').write_bytes(struct.pack('>4i', 2051, count, 28, 28) + pixels)
        (folder / f'{name}-labels-idx1-ubyte').write_bytes(struct.pack('>2i', 2049, count) + labels)


def computed(kernel, folder, suite, data):
    """Bytes of all that a kernel makes, by name."""
    mine = folder / kernel
    mine.mkdir()
    run(kernel, 'train', suite, '--out', mine / 'run', '--quiet')
    weights = mine / 'run/seed-0/weights.safetensors'
    for name, graph, trained, images, settings in (
            ('resnet34', 'resnet34', weights, f'idx:{data}', ('--set', 'size=28', '--set', 'image_channels=1')),
            ('resnet8', 'resnet8', EXAMPLE / 'resnet8.safetensors', f'cifar10:{EXAMPLE}', ('--limit', '64'))):
        run(kernel, 'eval', ROOT / f'graphs/{graph}.yaml', '--weights', trained, '--data', images, *settings,
            '--logits', mine / f'{name}.npy', '--quiet')
    return {'weights': weights.read_bytes(), **{path.name: path.read_bytes() for path in mine.glob('*.npy')}}


def main():
    doctor = json.loads(subprocess.run([PROGRAM, 'doctor', '--json'], capture_output=True, check=False).stdout)
    kernels = doctor['matrix_products']['kernels']
    ours = [kernel for kernel in kernels if kernel != 'blis']
    expect('blis' in kernels, f'there is no blis in {kernels}')
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_data(folder / 'data')
        suite = folder / 'short.yaml'
        suite.write_text(SUITE.format(graph=ROOT / 'graphs/resnet34.yaml', data=folder / 'data',
                                      hook=ROOT / 'experiments/lua/each_layer.lua'))
        made = {kernel: computed(kernel, folder, suite, folder / 'data') for kernel in ours}
        for kernel in ours[1:]:
            for what, value in made[kernel].items():
                expect(value == made[ours[0]][what], f'{what}: {kernel} and {ours[0]} differ')
    for kernel in kernels:
        version = json.loads(run(kernel, '--version', '--json').stdout)['matrix_products']
        expect(version.startswith('BLIS ') if kernel == 'blis' else version == f'nontrivial, {kernel}', version)
    for words in (('doctor',), ('--version', '--json')):
        refused = run('sup', *words, status=2).stderr
        expect("'sup'" in refused and ', '.join(kernels) in refused, refused)
    print('failed' if FAULTS else f"passed: {', '.join(kernels)}")
    return 1 if FAULTS else 0


sys.exit(main())
