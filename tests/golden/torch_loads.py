#!/usr/bin/env python3
"""PyTorch takes the weights that we write: trains ResNet8 for an epoch on images made here, loads the
weights file into the PyTorch module with load_state_dict(strict=True), and holds its logits against those
of `nontrivial eval`. Exits 77 (skipped) without PyTorch, which Debian has as python3-torch.

    torch_loads.py NONTRIVIAL GRAPHS
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import torch
    from make_fixtures import ResNet8
except ImportError as missing:
    print(f'skipped: {missing}')
    sys.exit(77)

SIZE, CLASSES = 16, 10
TYPES = {'F32': ('<f4', torch.float32), 'F16': ('<f2', torch.float32), 'I64': ('<i8', torch.int64)}

SUITE = '''
version: 1
suite: tiny
graph: {graphs}/resnet8.yaml
set: {{size: {size}, image_channels: 1}}
data: {{kind: idx, root: .}}
train:
  epochs: 1
  batch: 32
  loss: {{op: softmax_cross_entropy}}
  optimiser: {{kind: sgd, momentum: 0.9}}
  schedule: {{kind: constant, rate: 0.05}}
groups: {{}}
'''


def write_idx(folder, prefix, images, labels):
    (folder / f'{prefix}-images-idx3-ubyte').write_bytes(
        struct.pack('>4I', 2051, *images.shape) + images.tobytes())
    (folder / f'{prefix}-labels-idx1-ubyte').write_bytes(
        struct.pack('>2I', 2049, len(labels)) + labels.tobytes())


def make_data(folder):
    """A bright square whose place tells the class, in noise."""
    random = np.random.RandomState(0)
    for prefix, count in (('train', 320), ('t10k', 50)):
        labels = random.randint(0, CLASSES, count).astype(np.uint8)
        images = random.randint(0, 60, (count, SIZE, SIZE)).astype(np.uint8)
        for image, label in zip(images, labels):
            image[label // 4 * 5:label // 4 * 5 + 4, label % 4 * 4:label % 4 * 4 + 4] += 180
        write_idx(folder, prefix, images, labels)
        if prefix == 'train':
            pixels = images.astype(np.float64) / 255
            mean, deviation = np.float32(pixels.mean()), np.float32(pixels.std())
    x = torch.from_numpy(images).float().div(255)[:, None]
    return (x - mean) / deviation


def load_safetensors(path):
    raw = path.read_bytes()
    length, = struct.unpack('<Q', raw[:8])
    header, data = json.loads(raw[8:8 + length]), raw[8 + length:]
    state = {}
    for name, entry in header.items():
        if name != '__metadata__':
            begin, end = entry['data_offsets']
            array = np.frombuffer(data[begin:end], TYPES[entry['dtype']][0]).reshape(entry['shape'])
            state[name] = torch.from_numpy(array.copy()).to(TYPES[entry['dtype']][1])
    return state


def main(nontrivial, graphs):
    folder = pathlib.Path(tempfile.mkdtemp())
    images = make_data(folder)
    (folder / 'suite.yaml').write_text(SUITE.format(graphs=graphs, size=SIZE))
    subprocess.run([nontrivial, 'train', folder / 'suite.yaml', '--out', folder / 'run', '--quiet'],
                   check=True)
    weights = folder / 'run/seed-0/weights.safetensors'
    subprocess.run([nontrivial, 'eval', f'{graphs}/resnet8.yaml', '--set', f'size={SIZE}', '--set',
                    'image_channels=1', '--weights', weights, '--data', f'idx:{folder}', '--logits',
                    folder / 'logits.npy', '--quiet'], check=True, stdout=subprocess.DEVNULL)
    net = ResNet8(CLASSES)
    net.conv1 = torch.nn.Conv2d(1, 16, 3, 1, 1, bias=False)
    net.load_state_dict(load_safetensors(weights), strict=True)
    net.eval()
    with torch.no_grad():
        expected = net(images).numpy()
    found = np.load(folder / 'logits.npy')
    error = np.linalg.norm(found - expected) / np.linalg.norm(expected)
    print(f'relative distance of the logits {error:.2e}')
    tracked = net.bn1.num_batches_tracked.item()
    if not error < 1e-4 or tracked != 10:
        sys.exit(f'too far, or {tracked} batches tracked in place of 10')


if __name__ == '__main__':
    main(*sys.argv[1:])
