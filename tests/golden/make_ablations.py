#!/usr/bin/env python3
"""Makes the golden files of the kinds of ablation with PyTorch (Debian: python3-torch). They are
committed, so this needs running only to change them: python3 tests/golden/make_ablations.py

ablations/*-ubyte       56 training and 40 test images of 10x10 pixels, in 4 classes
ablations.safetensors   random weights for ablations.yaml: kernels F16, the rest F32
ablations.json          the cases: a list of edits each; and what they were evaluated with: the batch,
                        the number of calibration images, the seed of the initial values
ablations-logits.npy    what PyTorch makes of them: for each reading of batch normalisation (running,
                        batch, recalibrated) and each case, a row for each test image

How an ablation is done here:

zero         weight.zero_(); a bias stays
mean         the module's output becomes its mean per channel, over all places of all calibration
             images, in the network without edits. That runs with its running statistics, or, where
             cases are evaluated with those of the batch, with those of the calibration's batches
reinit       weight.copy_() of what training began with
rerandomise  weight.copy_() of fresh initial values
noise        weight.add_() of normal noise whose deviation is relative to that of the weight's elements
drop         the residual unit gives relu(short) in place of relu(branch + short)

Where cases are evaluated with recalibrated statistics, each edited network finds its own: momentum
None, reset_running_stats() and training mode for the normalisations alone, then whole batches of the
calibration images; what is left of them is not used.

Random values are drawn here once more from the description of how the program draws them (random.h,
hash.h, weights.h, derived_weights.h), with no help of the program."""
import copy
import json
import pathlib
import struct

import numpy as np
import torch
from make_fixtures import randomise, save_safetensors, to_half
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
TRAIN, TEST, SIDE, CLASSES = 56, 40, 10, 4
SEED = 2024
BATCH, CALIBRATION, INITIAL_SEED = 16, 50, 11  # neither 40 nor 50 is a number of whole batches
TOLERANCE = 1e-4  # of the test, on logits
EPS = .01  # where a map is the same everywhere, 1e-5 would blow up the rounding of float32
READINGS = 'running', 'batch', 'recalibrated'

CASES = {
    'baseline': [],
    'zero the stem, its bias stays': [('conv1', 'zero')],
    'zero without a bias': [('a.conv1', 'zero')],
    'zero without a normalisation behind it': [('c.conv2', 'zero')],
    'zero a short connection': [('b.downsample.0', 'zero')],
    'zero the last layer': [('fc2', 'zero')],
    'zero two': [('a.conv2', 'zero'), ('b.conv1', 'zero')],
    'mean of the stem, its bias in it': [('conv1', 'mean')],
    'mean without a bias': [('b.conv1', 'mean')],
    'mean without a normalisation behind it': [('c.conv2', 'mean')],
    'mean of a matrix': [('fc1', 'mean')],
    'means of the unedited network': [('a.conv1', 'zero'), ('b.conv2', 'mean'), ('c.conv1', 'mean')],
    'reinit the stem': [('conv1', 'reinit')],
    'reinit 18 channels': [('b.conv2', 'reinit')],
    'reinit a unit': [('c.conv1', 'reinit'), ('c.conv2', 'reinit')],
    'reinit matrices': [('fc1', 'reinit'), ('fc2', 'reinit')],
    'rerandomise': [('b.conv1', 'rerandomise', 0)],
    'rerandomise otherwise': [('b.conv1', 'rerandomise', 1)],
    'rerandomise a matrix': [('fc2', 'rerandomise', -3)],
    'noise': [('c.conv1', 'noise', 7, .5)],
    'noise, more of it': [('c.conv1', 'noise', 7, 2.)],
    'noise otherwise': [('c.conv1', 'noise', 1 << 40, .5)],
    'noise on the stem': [('conv1', 'noise', -1, 1.)],
    'noise on a matrix': [('fc1', 'noise', 2, 1.)],
    'drop': [('a.add', 'drop')],
    'drop without a normalisation': [('c.add', 'drop')],
    'drop two': [('a.add', 'drop'), ('c.add', 'drop')],
    'all kinds': [('conv1', 'noise', 5, .3), ('a.add', 'drop'), ('b.conv1', 'reinit'),
                  ('b.conv2', 'mean'), ('c.conv1', 'rerandomise', 9), ('fc1', 'zero')],
}


class Unit(nn.Module):
    """The block of ablations.yaml."""

    def __init__(self, before, channels, stride=1, norm=True):
        super().__init__()
        self.conv1 = nn.Conv2d(before, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels, EPS)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=not norm)
        self.bn2 = nn.BatchNorm2d(channels, EPS) if norm else nn.Identity()
        self.downsample = nn.Identity()
        if stride != 1 or before != channels:
            self.downsample = nn.Sequential(nn.Conv2d(before, channels, 1, stride, bias=False),
                                            nn.BatchNorm2d(channels, EPS))
        self.dropped = False

    def forward(self, x):
        short = self.downsample(x)
        if self.dropped:
            return torch.relu(short)
        return torch.relu(self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x))))) + short)


class Network(nn.Module):
    """ablations.yaml."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 3, 1, 1)
        self.bn1 = nn.BatchNorm2d(6, EPS)
        self.a, self.b, self.c = Unit(6, 6), Unit(6, 18, 2), Unit(18, 18, norm=False)
        self.fc1 = nn.Linear(18, 12)
        self.bn2 = nn.BatchNorm1d(12, EPS)
        self.dropout = nn.Dropout(.4)
        self.fc2 = nn.Linear(12, CLASSES)

    def forward(self, x):
        x = self.c(self.b(self.a(torch.relu(self.bn1(self.conv1(x))))))
        return self.fc2(self.dropout(torch.relu(self.bn2(self.fc1(x.mean((2, 3)))))))


# --- random numbers ---------------------------------------------------------------------------------

WORD, LONG = (1 << 32) - 1, (1 << 64) - 1


def hash_word(seed, word):
    """The finaliser of SplitMix64."""
    z = ((seed ^ word) + 0x9E3779B97F4A7C15) & LONG
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & LONG
    z = (z ^ z >> 27) * 0x94D049BB133111EB & LONG
    return z ^ z >> 31


def hash_string(text):
    """The length, the words of eight bytes, and the rest, with zeros after it, even if it is empty."""
    data = text.encode()
    h = hash_word(0, len(data))
    for i in range(0, len(data) // 8 * 8 + 1, 8):
        h = hash_word(h, int.from_bytes(data[i:i + 8], 'little'))
    return h


def philox(key, stream, counter):
    """Philox 4x32-10 of Salmon et al., SC11."""
    c = [counter & WORD, counter >> 32, stream & WORD, stream >> 32]
    k = [key & WORD, key >> 32]
    for _ in range(10):
        p, q = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [q >> 32 ^ c[1] ^ k[0], q & WORD, p >> 32 ^ c[3] ^ k[1], p & WORD]
        k = [(k[0] + 0x9E3779B9) & WORD, (k[1] + 0xBB67AE85) & WORD]
    return c


assert philox(0, 0, 0) == [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]  # Random123's known answer


def words(key, name, count):
    """Of the stream that belongs to the tensor."""
    blocks = [philox(key, hash_string(name), i) for i in range((count + 3) // 4)]
    return np.array(blocks, np.float64).reshape(-1)[:count]


def normals(key, name, count):
    """Box and Muller's: two words each."""
    u, v = words(key, name, 2 * count).reshape(-1, 2).T
    return np.sqrt(-2 * np.log((u + 1) / 2**32)) * np.cos(2 * np.pi * (v / 2**32))


def initial_values(layer, name, key):
    """Kaiming's by fan out for convolutions, as torchvision has it; PyTorch's own for matrices."""
    shape = layer.weight.shape
    if len(shape) == 4:
        values = np.sqrt(2 / (shape[0] * shape[2] * shape[3])) * normals(key, name, shape.numel())
    else:
        values = (2 * words(key, name, shape.numel()) / 2**32 - 1) / np.sqrt(shape[1])
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def edit_key(kind, seed):
    return hash_word(hash_string(kind), seed & LONG)


# --- ablations --------------------------------------------------------------------------------------


def norms(net):
    return [m for m in net.modules() if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d))]


def find_mean(net, layer, reading, images):
    """Of the layer's output, over the calibration images, as one sample of that output."""
    net, sums = copy.deepcopy(net).eval(), []
    for norm in norms(net):
        norm.train(reading == 'batch')
    net.get_submodule(layer).register_forward_hook(
        lambda module, inputs, output: sums.append(output.double().sum(0)))
    with torch.no_grad():
        for batch in images.split(BATCH):
            net(batch)
    mean = sum(sums) / len(images)
    if mean.dim() == 3:
        mean = mean.mean((1, 2))[:, None, None]
    return mean.float()


def edit(net, layer, kind, seed, deviation, mean):
    parent, _, last = layer.rpartition('.')
    if kind == 'drop':
        assert last == 'add'
        net.get_submodule(parent).dropped = True
        return
    module, name = net.get_submodule(layer), layer + '.weight'
    if kind == 'zero':
        module.weight.zero_()
    elif kind == 'mean':
        module.register_forward_hook(lambda module, inputs, output: mean.expand_as(output))
    elif kind == 'reinit':
        module.weight.copy_(initial_values(module, name, INITIAL_SEED))
    elif kind == 'rerandomise':
        module.weight.copy_(initial_values(module, name, edit_key(kind, seed)))
    elif kind == 'noise':
        weight = module.weight.numpy().astype(np.float64)
        noise = deviation * weight.std() * normals(edit_key(kind, seed), name, weight.size)
        module.weight.copy_(torch.from_numpy((weight + noise.reshape(weight.shape)).astype(np.float32)))
    else:
        raise ValueError(kind)


def recalibrate(net, images):
    for norm in norms(net):
        norm.momentum = None  # PyTorch's cumulative mean
        norm.reset_running_stats()
        norm.train()
    for batch in images[:len(images) // BATCH * BATCH].split(BATCH):
        net(batch)


def logits_of(net, edits, reading, images, calibration):
    """Each norm's own batch statistics, running ones, or those found again after the edits."""
    edited = copy.deepcopy(net).eval()
    with torch.no_grad():
        for layer, kind, seed, deviation in edits:
            mean = find_mean(net, layer, reading, calibration) if kind == 'mean' else None
            edit(edited, layer, kind, seed, deviation, mean)
        if reading == 'recalibrated':
            recalibrate(edited, calibration)
        for norm in norms(edited):
            norm.train(reading == 'batch')
        return torch.cat([edited(batch) for batch in images.split(BATCH)]).numpy()


# --- files ------------------------------------------------------------------------------------------


def make_images(count, random):
    """Soft spots over a slanted ground."""
    row, column = np.mgrid[0:SIDE, 0:SIDE] / (SIDE - 1)
    light = np.zeros((count, SIDE, SIDE))
    for image in light:
        image += random.uniform(-1, 1) + random.uniform(-1, 1) * row + random.uniform(-1, 1) * column
        for _ in range(4):
            y, x, size = random.uniform(0, 1), random.uniform(0, 1), random.uniform(.1, .3)
            image += random.uniform(-2, 2) * np.exp(-((row - y)**2 + (column - x)**2) / (2 * size**2))
    return np.clip(128 + 64 * light, 0, 255).astype(np.uint8)


def save_idx(prefix, images, labels):
    folder = HERE / 'ablations'
    folder.mkdir(exist_ok=True)
    (folder / f'{prefix}-images-idx3-ubyte').write_bytes(
        struct.pack('>4I', 0x803, *images.shape) + images.tobytes())
    (folder / f'{prefix}-labels-idx1-ubyte').write_bytes(
        struct.pack('>2I', 0x801, len(labels)) + labels.astype(np.uint8).tobytes())


def full(one):
    layer, kind, seed, deviation = (*one, 0, 0.)[:4]
    return layer, kind, seed, deviation


def check(logits):
    """That no image's answer hangs on the tolerance, and that no two cases give the same, at least
    with running statistics: those of a batch also undo differences."""
    best = np.sort(logits, -1)
    gap = (best[..., -1] - best[..., -2]).min()
    if gap < 3 * TOLERANCE:
        raise SystemExit(f'an answer leads by {gap:.1e} only: choose another seed')
    for i, one in enumerate(logits[0]):
        for other in logits[0][:i]:
            assert np.abs(one - other).max() > 100 * TOLERANCE


def main():
    torch.set_num_threads(1)
    random = np.random.RandomState(SEED)
    pixels = make_images(TRAIN, random), make_images(TEST, random)
    mean, deviation = (np.float32(f(pixels[0] / 255.)) for f in (np.mean, np.std))
    train, test = [(torch.from_numpy(p).float().div(255)[:, None] - mean) / deviation for p in pixels]

    net = Network()
    randomise(net, torch.Generator().manual_seed(SEED))
    to_half(net)
    cases = {name: [full(one) for one in edits] for name, edits in CASES.items()}
    logits = np.array([[logits_of(net, edits, reading, test, train[:CALIBRATION])
                        for edits in cases.values()] for reading in READINGS])
    check(logits)

    labels = np.where(random.rand(TEST) < .6, logits[0, 0].argmax(-1), random.randint(0, CLASSES, TEST))
    save_idx('train', pixels[0], random.randint(0, CLASSES, TRAIN))
    save_idx('t10k', pixels[1], labels)
    save_safetensors(HERE / 'ablations.safetensors', net.state_dict(), half=True)
    np.save(HERE / 'ablations-logits.npy', logits.reshape(-1, CLASSES).astype('<f4'))
    about = {'batch': BATCH, 'calibration': CALIBRATION, 'initial_seed': INITIAL_SEED,
             'cases': [{'name': name, 'edits': [
                 {'layer': layer, 'kind': kind, 'seed': seed, 'deviation': deviation}
                 for layer, kind, seed, deviation in edits]} for name, edits in cases.items()]}
    (HERE / 'ablations.json').write_text(json.dumps(about, indent=1) + '\n')


if __name__ == '__main__':
    main()
