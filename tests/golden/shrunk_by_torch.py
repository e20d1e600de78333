#!/usr/bin/env python3
"""A smaller network against PyTorch: of a ResNet34 that PyTorch trained on CIFAR-10 layers are removed by `shrink`;
PyTorch, with the whole network and these kernels set to zero, says the same of the test images in evaluation mode.

    shrunk_by_torch.py NONTRIVIAL SOURCE [IMAGES]

Also whether the smaller network, loaded from its files alone, is valid and as often right. The weights and the
images are looked for as shared.py does. Exits 77 (skipped) without them or without PyTorch."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from shared import skip, unpack

try:
    import numpy as np
    import torch
    from make_fixtures import normalised
    from torch_loads import load_safetensors
    from torch_networks import MAKERS
except ImportError as missing:
    skip(missing)

WITHIN, IMAGES = 1e-4, 256  # of a logit, which is up to about 50

# What greedy.lua takes away before 5,000 training images lose a point: the last two units of two stages, but for one
# convolution.
REMOVED = ['layer3.4.conv1', 'layer3.4.conv2', 'layer3.5.conv1', 'layer3.5.conv2', 'layer4.1.conv1', 'layer4.1.conv2',
           'layer4.2.conv1']


def of_torch(weights, images):
    net = MAKERS['resnet34'](classes=10)
    net.load_state_dict(load_safetensors(weights), strict=True)
    modules = dict(net.named_modules())
    with torch.no_grad():
        for name in REMOVED:
            modules[name].weight.zero_()
        return net.eval()(images).numpy()


def test_images(folder, count):
    records = np.fromfile(folder / 'test_batch.bin', np.uint8).reshape(-1, 1 + 3 * 32 * 32)[:count]
    return normalised(records[:, 1:].reshape(-1, 3, 32, 32).copy()), records[:, 0]


def tell(program, folder, *words):
    return subprocess.run([program, *words], cwd=folder, check=True, capture_output=True, text=True).stdout


def shrink(program, source, weights, folder, count):
    """What `shrink` says, and the smaller network's logits and how many are right, from its files."""
    said = json.loads(tell(program, folder, 'shrink', source / 'graphs' / 'resnet34.yaml', '--weights', weights,
                           '--remove', ' '.join(REMOVED), '--data', 'cifar10:cifar-10-batches-bin', '--limit', '128',
                           '--rounds', '0', '--out', 'small', '--json', '--quiet'))
    tell(program, folder, 'check', 'small/graph.yaml')
    told = json.loads(tell(program, folder, 'eval', 'small/graph.yaml', '--weights', 'small/weights.safetensors',
                           '--data', 'cifar10:cifar-10-batches-bin', '--first', str(count), '--logits', 'logits.npy',
                           '--json', '--quiet'))
    return said, np.load(folder / 'logits.npy'), told['correct']


def compare(program, source, shared, folder, count):
    torch.set_num_threads(1)
    unpack(shared, folder)
    weights = shared / 'models' / 'resnet34-cifar10.safetensors'
    said, found, right = shrink(program, source, weights, folder, count)
    images, labels = test_images(folder / 'cifar-10-batches-bin', count)
    wanted = of_torch(weights, images)
    off = np.abs(found - wanted).max()
    print(f'{len(REMOVED)} layers gone, {said["before"]["parameters"]:,} to {said["after"]["parameters"]:,} parameters; '
          f'{count} images: logits within {off:.2g} of PyTorch\'s, up to {np.abs(wanted).max():.3g}; {right} right')
    return off <= WITHIN and right == int((wanted.argmax(1) == labels).sum())


def main():
    program, source = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else IMAGES
    shared = pathlib.Path(os.environ.get('NONTRIVIAL_SHARED', source.parent / 'shared')).resolve()
    if not (shared / 'models').is_dir():
        skip(f'there is no {shared}/models')
    with tempfile.TemporaryDirectory() as name:
        return 0 if compare(program, source, shared, pathlib.Path(name), count) else 1


if __name__ == '__main__':
    sys.exit(main())
