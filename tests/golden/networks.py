#!/usr/bin/env python3
"""The networks of graphs/ held against PyTorch: what they answer in evaluation mode, with random weights
and random running statistics, and the losses of ten training steps from there.

    networks.py NONTRIVIAL GRAPHS           small ones against the fixtures in networks/; needs no PyTorch
    networks.py --full NONTRIVIAL GRAPHS    in full width, against PyTorch; exits 77 (skipped) without it
    networks.py --make                      makes the fixtures, which are committed

The program is run as a user would: `eval --logits`, and `train` with a suite in which one epoch is one
step over all images. The fixtures:

NAME.safetensors    the weights, kernels F16, the rest F32
NAME-logits.npy     PyTorch's answers to the test images
NAME.json           the losses of PyTorch's ten steps over the training images
classes/, masks/    the images, in CIFAR-10's layout, and as PNG files with masks"""
import array
import ast
import json
import math
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import time
import zlib

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE / 'networks'
STEPS, MOMENTUM, DECAY = 10, .9, 5e-4
RATES = {'small': 1e-3, 'full': 1e-4}  # steps of this size stay comparable: see `calm`
IMAGES = {'classes': 10, 'masks': 4}  # to train on
LOGITS_WITHIN, LOSSES_WITHIN = 1e-4, 1e-3
LABELS = {'background': 0, 'ring': 100, 'core': 255}
CROSS_ENTROPY, DICE = {'op': 'softmax_cross_entropy'}, {'op': 'dice_loss'}
AUXILIARY = {'op': 'softmax_cross_entropy', 'of': 'aux', 'weight': .4}


class Case:
    """A network. `small` and `full` override the graph's params; `weights` is another case of the same
    weights."""

    def __init__(self, name, graph, data, loss, both=None, small=None, full=None, weights=None, seed=5):
        self.name, self.graph, self.data, self.loss = name, graph, data, loss
        self.params = {'small': {**(both or {}), **(small or {})}, 'full': {**(both or {}), **(full or {})}}
        self.weights, self.seed = weights or name, seed


def classifier(name, graph, **more):
    return Case(name, graph, 'classes', [CROSS_ENTROPY], **more)


def segmenter(name, graph, loss=(CROSS_ENTROPY, DICE), both=None, small=None, **more):
    return Case(name, graph, 'masks', list(loss), both={'classes': len(LABELS), **(both or {})},
                small={'size': 40, **(small or {})}, full={'size': 48}, **more)


CASES = [
    classifier('resnet18', 'resnet18', small={'width': 3}),
    classifier('resnet34', 'resnet34', both={'stem': 'pool'}, small={'width': 2}),
    classifier('resnet50', 'resnet50', both={'stem': 'cifar'}, small={'width': 2}),
    classifier('plain34', 'plain34', both={'stem': 'cifar'}, small={'width': 4}),
    classifier('vgg16', 'vgg16', small={'width': 2}),
    classifier('vgg16-imagenet', 'vgg16', both={'head': 'imagenet', 'dropout': 0},
               small={'width': 2, 'hidden': 8}, full={'hidden': 512}),
    segmenter('unet', 'unet', small={'width': 2}),
    segmenter('unet-bilinear', 'unet', both={'up': 'bilinear'}, small={'width': 2}),
    segmenter('segnet', 'segnet', small={'width': 2}),
    segmenter('pspnet', 'pspnet-resnet34', loss=[CROSS_ENTROPY, DICE, AUXILIARY], both={'dropout': 0},
              small={'width': 2}),
    segmenter('pspnet-plain', 'pspnet-resnet34', loss=[CROSS_ENTROPY, DICE, AUXILIARY],
              both={'dropout': 0, 'dilated': False}, small={'width': 2}, weights='pspnet'),
]

# --- the program ------------------------------------------------------------------------------------


def read_npy(path):
    """All elements of a float32 array, one after the other."""
    raw = path.read_bytes()
    if raw[:8] != b'\x93NUMPY\x01\x00':
        raise SystemExit(f'{path} is no .npy file')
    length, = struct.unpack('<H', raw[8:10])
    header = ast.literal_eval(raw[10:10 + length].decode())
    if header['descr'] != '<f4' or header['fortran_order']:
        raise SystemExit(f'{path} holds something else than rows of float32')
    values = array.array('f', raw[10 + length:])
    if sys.byteorder == 'big':
        values.byteswap()
    return header['shape'], values


def settings_of(params):
    return [word for key, value in params.items()
            for word in ('--set', f'{key}={value if isinstance(value, str) else json.dumps(value)}')]


def data_of(case, folder):
    """As a suite says it, and as the command line does."""
    if case.data == 'classes':
        return {'kind': 'cifar10', 'root': str(folder)}, f'cifar10:{folder}'
    options = {f'{split}_{what}': f'{split}/{what}' for split in ('train', 'test')
               for what in ('images', 'masks')}
    words = ''.join(f',{key}={value}' for key, value in options.items())
    labels = ' '.join(f'{name}={value}' for name, value in LABELS.items())
    return ({'kind': 'pairs', 'root': str(folder), **options, 'labels': LABELS},
            f'pairs:{folder}{words},labels={labels}')


def answers(nontrivial, graph, case, mode, weights, data, scratch):
    logits = scratch / 'logits.npy'
    subprocess.run([nontrivial, 'eval', graph, *settings_of(case.params[mode]), '--weights', weights, '--data',
                    data_of(case, data)[1], '--logits', logits, '--quiet'],
                   check=True, stdout=subprocess.DEVNULL)
    return read_npy(logits)


def losses(nontrivial, graph, case, mode, weights, data, scratch):
    """JSON is YAML, too."""
    suite, run = scratch / 'suite.yaml', scratch / 'run'
    suite.write_text(json.dumps({
        'version': 1, 'suite': case.name, 'graph': str(graph), 'set': case.params[mode],
        'data': data_of(case, data)[0],
        'train': {'from': str(weights), 'epochs': STEPS, 'batch': IMAGES[case.data], 'loss': case.loss,
                  'optimiser': {'kind': 'sgd', 'momentum': MOMENTUM, 'weight_decay': DECAY},
                  'schedule': {'kind': 'constant', 'rate': RATES[mode]}},
        'groups': {}}))
    subprocess.run([nontrivial, 'train', suite, '--out', run, '--quiet'], check=True)
    rows = (run / 'seed-0/metrics.csv').read_text().splitlines()
    column = rows[0].split(',').index('loss')
    return [float(row.split(',')[column]) for row in rows[1:]]


# --- the comparison ---------------------------------------------------------------------------------


def compare(name, found, expected, seconds):
    """Prints one line; returns whether the two agree."""
    (shape, values), steps = found
    (wanted_shape, wanted), wanted_steps = expected
    if tuple(shape) != tuple(wanted_shape) or len(steps) != STEPS or len(wanted_steps) != STEPS:
        print(f'{name}: logits of shape {shape}, not {wanted_shape}, or {len(steps)} losses')
        return False
    size = math.sqrt(math.fsum(w * w for w in wanted))
    off = math.sqrt(math.fsum((v - w) ** 2 for v, w in zip(values, wanted))) / size
    most = max(abs(a - b) for a, b in zip(steps, wanted_steps))
    moved = abs(wanted_steps[-1] - wanted_steps[0])
    print(f'{name:16} logits {off:.1e}  losses {most:.1e}, from {wanted_steps[0]:.4f} to '
          f'{wanted_steps[-1]:.4f}{seconds}', flush=True)
    return off <= LOGITS_WITHIN and most <= LOSSES_WITHIN and moved > 30 * LOSSES_WITHIN


def small(nontrivial, graphs):
    """Against the fixtures."""
    good = True
    for case in CASES:
        with tempfile.TemporaryDirectory() as scratch:
            graph, weights = graphs / f'{case.graph}.yaml', FIXTURES / f'{case.weights}.safetensors'
            common = (nontrivial, graph, case, 'small', weights, FIXTURES / case.data,
                      pathlib.Path(scratch))
            expected = (read_npy(FIXTURES / f'{case.name}-logits.npy'),
                        json.loads((FIXTURES / f'{case.name}.json').read_text())['losses'])
            good &= compare(case.name, (answers(*common), losses(*common)), expected, '')
    return good


def full(nontrivial, graphs):
    """Against PyTorch itself."""
    import torch_networks
    good = True
    print(f'names and shapes are those of {torch_networks.like_torchvision()} networks of torchvision')
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write_classes(folder / 'classes')
        write_masks(folder / 'masks', 48)
        for case in CASES:
            with tempfile.TemporaryDirectory() as scratch:
                scratch = pathlib.Path(scratch)
                data, weights = folder / case.data, scratch / 'weights.safetensors'
                begun = time.monotonic()
                expected = Peer(case, 'full').expect(data, weights)
                between = time.monotonic()
                common = nontrivial, graphs / f'{case.graph}.yaml', case, 'full', weights, data, scratch
                found = answers(*common), losses(*common)
                good &= compare(case.name, found, expected, f'; {between - begun:.0f} s of PyTorch, '
                                f'{time.monotonic() - between:.0f} s')
    return good


# --- images -----------------------------------------------------------------------------------------


def soft_spots(size, generator):
    """A picture of a few soft spots over a slanted ground, in noise: rows of numbers about 0."""
    slope = [generator.uniform(-1, 1) for _ in range(3)]
    spots = [(generator.uniform(0, 1), generator.uniform(0, 1), generator.uniform(.05, .3),
              generator.uniform(-2, 2)) for _ in range(6)]
    steps = [i / (size - 1) for i in range(size)]
    return [[slope[0] + slope[1] * y + slope[2] * x + generator.uniform(-.2, .2) +
             sum(high * math.exp(-((y - a) ** 2 + (x - b) ** 2) / (2 * wide ** 2))
                 for a, b, wide, high in spots)
             for x in steps] for y in steps]


def to_bytes(rows):
    """Nothing is cut off: in an even part of an image all elements of a pooling window are the same but for
    rounding, and which of them is the largest, as SegNet remembers, would be anybody's guess."""
    return bytes(round(128 + 120 * value / (1 + abs(value))) for row in rows for value in row)


def write_classes(folder):
    """Ten training images and four test images in CIFAR-10's binary layout."""
    generator = random.Random(9938)
    folder.mkdir(parents=True)
    names = [f'data_batch_{i}.bin' for i in range(1, 6)] + ['test_batch.bin']
    for file, name in enumerate(names):
        (folder / name).write_bytes(b''.join(
            bytes([(2 * file + i) % 10]) + b''.join(to_bytes(soft_spots(32, generator)) for _ in range(3))
            for i in range(4 if name == names[-1] else 2)))


def write_png(path, size, pixels):
    """Grey, 8 bits: ISO/IEC 15948, each row behind a zero for "no filter"."""
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = b''.join(b'\0' + pixels[r * size:(r + 1) * size] for r in range(size))
    path.write_bytes(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>2I5B', size, size, 8, 0, 0, 0, 0)) +
                     chunk(b'IDAT', zlib.compress(rows, 9)) + chunk(b'IEND', b''))


def write_masks(folder, size):
    """Four training and two test images of a bright disc in a ring, in soft spots, with their masks."""
    generator = random.Random(2009)
    for split, count in ('train', 4), ('test', 2):
        for i in range(count):
            rows, mask = soft_spots(size, generator), bytearray()
            radius = size * generator.uniform(.12, .2)
            y, x = (generator.uniform(.3, .7) * size for _ in range(2))
            for r in range(size):
                for c in range(size):
                    far = math.hypot(r - y, c - x)
                    inside = 'core' if far < radius else 'ring' if far < 1.6 * radius else 'background'
                    rows[r][c] += {'core': 1, 'ring': -.7, 'background': 0}[inside]
                    mask.append(LABELS[inside])
            write_png(folder / split / 'images' / f'{i}.png', size, to_bytes(rows))
            write_png(folder / split / 'masks' / f'{i}.png', size, bytes(mask))


# --- PyTorch ----------------------------------------------------------------------------------------


def read_png(path):
    """One of our own: the size and the pixels."""
    raw, at, data = path.read_bytes(), 8, b''
    while at < len(raw):
        length, kind = struct.unpack('>I4s', raw[at:at + 8])
        if kind == b'IHDR':
            size, = struct.unpack('>I', raw[at + 8:at + 12])
        data += raw[at + 8:at + 8 + length] if kind == b'IDAT' else b''
        at += length + 12
    rows = zlib.decompress(data)
    return size, b''.join(rows[r * (size + 1) + 1:(r + 1) * (size + 1)] for r in range(size))


class Peer:
    """A case in PyTorch, with random weights."""

    def __init__(self, case, mode):
        import torch
        import torch_networks
        from make_fixtures import randomise, to_half
        self.case, self.half, self.rate = case, mode == 'small', RATES[mode]
        self.net = torch_networks.MAKERS[case.graph](**case.params[mode])
        randomise(self.net, torch.Generator().manual_seed(case.seed))
        torch_networks.calm(self.net)
        if self.half:
            to_half(self.net)

    def expect(self, data, weights):
        """Writes its weights; returns its answers and its losses."""
        import torch
        from make_fixtures import save_safetensors
        save_safetensors(weights, self.net.state_dict(), half=self.half)
        self.net.eval()
        with torch.no_grad():
            logits = self.net(self.load(data, 'test')[0])
        return (tuple(logits.shape), logits.flatten().tolist()), self.train(*self.load(data, 'train'))

    def load(self, folder, split):
        return load_classes(folder, split) if self.case.data == 'classes' else load_masks(folder, split)

    def train(self, images, targets):
        import torch
        self.net.train()
        optimiser = torch.optim.SGD(self.net.parameters(), lr=self.rate, momentum=MOMENTUM,
                                    weight_decay=DECAY)
        found = []
        for _ in range(STEPS):
            outputs = self.net(images)
            outputs = outputs if isinstance(outputs, tuple) else (outputs,)
            loss = sum(term.get('weight', 1) * term_loss(term, outputs[1 if 'of' in term else 0], targets)
                       for term in self.case.loss)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            found.append(loss.item())
        return found


def load_classes(folder, split):
    import numpy as np
    import torch
    from make_fixtures import normalised
    names = ['test_batch.bin'] if split == 'test' else [f'data_batch_{i}.bin' for i in range(1, 6)]
    records = np.frombuffer(b''.join((folder / name).read_bytes() for name in names), np.uint8)
    records = records.reshape(-1, 1 + 3 * 32 * 32)
    return (normalised(records[:, 1:].reshape(-1, 3, 32, 32).copy()),
            torch.from_numpy(records[:, 0].astype(np.int64)))


def load_masks(folder, split):
    """Each image with its own mean and deviation."""
    import torch
    images, masks = [], []
    for path in sorted((folder / split / 'images').iterdir()):
        for what, into in ('images', images), ('masks', masks):
            size, pixels = read_png(folder / split / what / path.name)
            into.append(torch.tensor(list(pixels)).reshape(size, size))
    images = torch.stack(images).float().div(255).double()[:, None]
    places = (1, 2, 3)
    images = (images - images.mean(places, True)) / images.std(places, unbiased=False, keepdim=True)
    classes = torch.zeros(256, dtype=torch.int64)
    classes[list(LABELS.values())] = torch.arange(len(LABELS))
    return images.float(), classes[torch.stack(masks)]


def term_loss(term, logits, targets):
    """Dice: 1 - the mean over images and classes, but for the background."""
    import torch
    if term['op'] == 'softmax_cross_entropy':
        return torch.nn.functional.cross_entropy(logits, targets)
    p = logits.softmax(1)[:, 1:]
    t = torch.nn.functional.one_hot(targets, len(LABELS)).movedim(-1, 1)[:, 1:]
    places = (2, 3)
    return 1 - ((2 * (p * t).sum(places) + 1) / (p.sum(places) + t.sum(places) + 1)).mean()


def make():
    import numpy as np
    import torch
    torch.set_num_threads(1)
    for name in 'classes', 'masks':
        if (FIXTURES / name).exists():
            raise SystemExit(f'remove {FIXTURES / name} first')
    write_classes(FIXTURES / 'classes')
    write_masks(FIXTURES / 'masks', 40)
    for case in CASES:
        peer, data = Peer(case, 'small'), FIXTURES / case.data
        exact = Peer(case, 'small')
        exact.net.double()
        (shape, logits), steps = peer.expect(data, FIXTURES / f'{case.weights}.safetensors')
        images, targets = exact.load(data, 'train')
        off = max(abs(a - b) for a, b in zip(steps, exact.train(images.double(), targets)))
        if off > LOSSES_WITHIN / 100:
            raise SystemExit(f'{case.name}: rounding moves the losses by {off:.1e}: choose another seed')
        np.save(FIXTURES / f'{case.name}-logits.npy', np.array(logits, '<f4').reshape(shape))
        (FIXTURES / f'{case.name}.json').write_text(json.dumps({'losses': steps}) + '\n')


def main(arguments):
    if arguments == ['--make']:
        return make()
    wants_full = arguments[:1] == ['--full']
    if wants_full:
        try:
            import torch  # noqa: F401
        except ImportError as missing:
            print(f'skipped: {missing}')
            sys.exit(77)
    if len(arguments) != wants_full + 2:
        raise SystemExit('usage: networks.py [--full] NONTRIVIAL GRAPHS | --make')
    nontrivial, graphs = arguments[wants_full:]
    graphs = pathlib.Path(graphs).resolve()
    good = (full if wants_full else small)(nontrivial, graphs)
    sys.exit(0 if good else 'too far from PyTorch')


if __name__ == '__main__':
    main(sys.argv[1:])
