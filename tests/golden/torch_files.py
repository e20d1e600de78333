#!/usr/bin/env python3
"""What torch.save writes loads as it is: ResNet34 (torchvision's where that is installed, otherwise the module
of the same names in torch_networks.py), saved in every form that people save networks in, answers as PyTorch
does; and files that hold something else are refused with what to do. Exits 77 (skipped) without PyTorch, which
Debian has as python3-torch.

    torch_files.py NONTRIVIAL GRAPHS
"""
import collections
import pathlib
import struct
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import torch
    from torch_networks import MAKERS
except ImportError as missing:
    print(f'skipped: {missing}')
    sys.exit(77)

SIZE, CLASSES, WITHIN = 32, 10, 1e-5


def make_data(folder):
    """Noise: every logit matters, no class does."""
    random = np.random.RandomState(0)
    for prefix, count in (('train', 16), ('t10k', 8)):
        images = random.randint(0, 256, (count, SIZE, SIZE)).astype(np.uint8)
        labels = random.randint(0, CLASSES, count).astype(np.uint8)
        for name, header, array in (('images-idx3', (2051, *images.shape), images),
                                    ('labels-idx1', (2049, count), labels)):
            (folder / f'{prefix}-{name}-ubyte').write_bytes(
                struct.pack(f'>{len(header)}I', *header) + array.tobytes())
        if prefix == 'train':
            pixels = images.astype(np.float64) / 255
            mean, deviation = np.float32(pixels.mean()), np.float32(pixels.std())
    return (torch.from_numpy(images).float().div(255)[:, None] - mean) / deviation


def make_network(width):
    torch.manual_seed(0)
    if width == 64:
        try:
            from torchvision import models
            net = models.resnet34(num_classes=CLASSES)
            net.conv1 = torch.nn.Conv2d(1, 64, 7, 2, 3, bias=False)
        except ImportError:
            net = MAKERS['resnet34'](width=64, classes=CLASSES, image_channels=1)
    else:
        net = MAKERS['resnet34'](width=width, classes=CLASSES, image_channels=1)
    with torch.no_grad():
        for name, buffer in net.named_buffers():
            if name.endswith('running_mean'):
                buffer.normal_(0, .1)
            elif name.endswith('running_var'):
                buffer.uniform_(.5, 2)
    return net.eval()


def prefixed(state, prefix):
    return collections.OrderedDict((prefix + name, value) for name, value in state.items())


def views(state):
    """All tensors of a type in one storage, each a view; kernels with their columns outside."""
    result = collections.OrderedDict()
    flat = torch.cat([value.transpose(0, -1).flatten() if value.dim() > 1 else value.flatten()
                      for value in state.values() if value.is_floating_point()])
    at = 0
    for name, value in state.items():
        if value.is_floating_point():
            part = flat[at:at + value.numel()]
            turned = value.transpose(0, -1).shape if value.dim() > 1 else value.shape
            part = part.view(turned)
            result[name] = part.transpose(0, -1) if value.dim() > 1 else part
            at += value.numel()
        else:
            result[name] = value
    return result


def each(state, change):
    return collections.OrderedDict((name, change(value) if value.is_floating_point() else value)
                                   for name, value in state.items())


def save(path, what, **options):
    torch.save(what, path, **options)


LEGACY = {'_use_new_zipfile_serialization': False}


def checkpoint(net):
    optimiser = torch.optim.SGD(net.parameters(), .1, momentum=.9)
    for parameter in net.parameters():
        optimiser.state[parameter]['momentum_buffer'] = torch.zeros_like(parameter)
    return {'epoch': 3, 'arch': 'resnet34', 'best': .5, 'state_dict': net.state_dict(),
            'optimizer': optimiser.state_dict(), 'scheduler': None}


def forms(net):
    """Names, what is saved, options of torch.save, options of the program, part of the file."""
    state = net.state_dict()
    wrapped = torch.nn.DataParallel(net).state_dict()
    named = {f'encoder.{name}' if name[:3] != 'fc.' else f'head.{name[3:]}': value
             for name, value in state.items()}
    yield 'zip.pt', state, {}, [], ''
    yield 'legacy.pth', state, LEGACY, [], ''
    for protocol in (3, 4, 5):
        yield f'protocol{protocol}.bin', state, {'pickle_protocol': protocol}, [], ''
        yield f'legacy{protocol}.bin', state, {'pickle_protocol': protocol, **LEGACY}, [], ''
    yield 'wrapped.pt', wrapped, {}, [], ''
    yield 'nested-prefix.pt', prefixed(state, '_orig_mod.module.model.backbone.'), {}, [], ''
    yield 'checkpoint.pt', checkpoint(net), {}, [], ''
    yield 'checkpoint-legacy.pt', checkpoint(net), LEGACY, [], ''
    yield 'lightning.pt', {'epoch': 1, 'state_dict': prefixed(state, 'model.')}, {}, [], ''
    yield 'average.pt', {'model': state, 'ema': each(state, torch.zeros_like)}, {}, [], '#model'
    yield 'list.pt', [state, 3], {}, [], ''
    yield 'parameters.pt', each(state, torch.nn.Parameter), {}, [], ''
    yield 'views.pt', views(state), {}, [], ''
    yield 'views-legacy.pt', views(state), LEGACY, [], ''
    yield 'channels-last.pt', {name: value.contiguous(memory_format=torch.channels_last)
                               if value.dim() == 4 else value for name, value in state.items()}, {}, [], ''
    yield 'double.pt', each(state, torch.Tensor.double), {}, [], ''
    yield 'counters.pt', {name: value if value.is_floating_point() else value.float()[None]
                          for name, value in state.items()}, {}, [], ''
    yield 'profiled.pt', {**state, 'total_ops': torch.zeros(1), 'layer1.total_params': torch.zeros(1)}, {}, [], ''
    yield 'mapped.pt', named, {}, ['--map', r'encoder\.(.*)=\1 head\.(.*)=fc.\1'], ''
    yield 'extra.pt', {**state, 'projector.0.weight': torch.zeros(3)}, {}, ['--extra', 'projector.*'], ''


REFUSED = {
    'module.pt': (lambda net: net, {}, [], "'torch_networks.ResNet' is refused"),
    'module-legacy.pt': (lambda net: net, LEGACY, [], 'is refused'),
    'two.pt': (lambda net: {'a': net.state_dict(), 'b': each(net.state_dict(), torch.zeros_like)}, {}, [],
               "several of its parts fit the network; say which: "),
    'arguments.pt': (lambda net: {'state_dict': net.state_dict(), 'args': collections.Counter()}, {}, [],
                     "the global 'collections.Counter' is refused"),
    'tensor.pt': (lambda net: torch.zeros(3), {}, [], 'holds no tensors that have names'),
    'numbers.pt': (lambda net: {'state_dict': net.state_dict(), 'best': np.float64(.5)}, {}, [],
                   "the global 'numpy.core.multiarray.scalar' is refused"),
    'teacher.pt': (lambda net: {**prefixed(net.state_dict(), 'student.'),
                                **prefixed(net.state_dict(), 'teacher.')}, {}, [],
                   "without 'student.' as without 'teacher.'"),
}


def logits_of(nontrivial, graphs, folder, width, weights, options):
    run = subprocess.run([nontrivial, 'eval', graphs / 'resnet34.yaml', '--set', 'image_channels=1', '--set',
                          f'width={width}', '--set', f'size={SIZE}', '--weights', weights, *options, '--data',
                          f'idx:{folder}', '--logits', folder / 'logits.npy', '--conv', 'direct'],
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    return run, np.load(folder / 'logits.npy') if run.returncode == 0 else None


def compare(nontrivial, graphs, folder, width, wanted=None):
    """Returns whether all forms (or those that are wanted) give PyTorch's logits."""
    net, images = make_network(width), make_data(folder)
    good = True
    with torch.no_grad():
        expected = net(images).numpy()
    for name, what, saving, options, part in forms(net):
        if wanted and name not in wanted:
            continue
        save(folder / name, what, **saving)
        run, found = logits_of(nontrivial, graphs, folder, width, f'{folder / name}{part}', options)
        (folder / name).unlink()
        if found is None:
            print(f'{name}: {run.stderr.strip()}')
            good = False
            continue
        error = np.linalg.norm(found - expected) / np.linalg.norm(expected)
        print(f'{name:22} width {width:2}  relative distance of the logits {error:.1e}')
        good = good and bool(error < WITHIN)
    return good


def refuse(nontrivial, graphs, folder):
    """Returns whether each file is refused with what it should be refused with."""
    net = make_network(2)
    good = True
    for name, (make, saving, options, said) in REFUSED.items():
        save(folder / name, make(net), **saving)
        run, _ = logits_of(nontrivial, graphs, folder, 2, folder / name, options)
        if run.returncode != 3 or said not in run.stderr or run.stderr.count('\n') != 1:
            print(f'{name}: exit status {run.returncode}, {run.stderr.strip()}')
            good = False
    return good


def main(nontrivial, graphs):
    with tempfile.TemporaryDirectory() as folder:
        folder, graphs = pathlib.Path(folder), pathlib.Path(graphs)
        results = [compare(nontrivial, graphs, folder, 64, {'zip.pt', 'legacy.pth', 'nested-prefix.pt'}),
                   compare(nontrivial, graphs, folder, 4), refuse(nontrivial, graphs, folder)]
    sys.exit(not all(results))


main(*sys.argv[1:])
