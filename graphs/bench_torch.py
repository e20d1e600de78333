#!/usr/bin/env python3
"""PyTorch's side of `nontrivial bench --peer torch`: a network that is timed as often as it is asked for.

Each line of standard input is answered by one of standard output. The first says, as JSON, what to time:

    {"peer": "torch" | "torch:PACKAGE:CALLABLE", "args": "num_classes=10", "network": "resnet34",
     "input": [3, 32, 32], "output": [10], "parameters": {"conv1.weight": [64, 3, 7, 7], …},
     "layers": {"conv1": [64, 16, 16], …}, "batch": 128, "threads": 2, "repeat": 5, "train": false,
     "keep_memory": true, "formats": ["contiguous_format", "channels_last"]}

and its answer says whose network that is, or why there is none and what to do about it:

    {"torch": "1.13.1", "network": "torchvision.models.resnet34", "parameters": 21289802}
    {"error": "…", "remedy": "…"}

Every line after it, whatever it is, has a round run, which gives the seconds of the fastest step, and the largest
resident memory of the process so far:

    {"eager": 0.08, "frozen": 0.06, "peak_bytes": 400000000}

Eager is the better of the memory formats (without "formats": both), frozen torch.jit.optimize_for_inference, which
fuses; it is null in training and of a network that can't be traced. Without PACKAGE:CALLABLE the network is
torchvision's of that name, if its parameters, and the sizes of the maps behind layers that have some, are those of
the request. With "keep_memory" what a step frees stays with the process for the next one; otherwise glibc gives large
blocks back, and each step has its pages mapped again, which on some virtual machines takes longer than computing.
Other errors are Python's own."""
import argparse
import ctypes
import importlib.machinery
import importlib.util
import inspect
import json
import os
import pathlib
import resource
import sys
import time
import warnings

ENOUGH_PAGES, MOST_CALLS = 1000, 8  # of warming up
FORMATS = ['contiguous_format', 'channels_last']
ALONE = {'aux_logits': False, 'init_weights': False}
AUXILIARY = {'aux_loss': True}
MORE = {'googlenet': ALONE, 'inception_v3': ALONE, 'fcn_resnet50': AUXILIARY, 'deeplabv3_resnet50': AUXILIARY}


class Refused(Exception):
    """Why there is nothing to time, and what to do about it."""


# --- the network ------------------------------------------------------------------------------------


def import_or_refuse(name, package):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Refused(f"python3 ({sys.executable}) can't import {name}: {error}",
                      f'install it (Debian: {package})') from error


def builder_of(name):
    """torchvision's function of that name, and where it is."""
    models = import_or_refuse('torchvision', 'python3-torchvision').models
    for place in models, models.segmentation:
        if inspect.isfunction(getattr(place, name, None)):
            return getattr(place, name), place
    raise Refused(f"torchvision has no network '{name}'", 'name what makes it: --peer torch:PACKAGE:CALLABLE')


def fit_stem(net, request):
    """The ResNets of graphs/ may begin for small images: with 3x3 and stride 1, perhaps without pooling."""
    from torch import nn
    wanted, conv = request['parameters'].get('conv1.weight', []), getattr(net, 'conv1', None)
    if isinstance(conv, nn.Conv2d) and conv.kernel_size == (7, 7) and wanted[2:] == [3, 3]:
        net.conv1 = nn.Conv2d(wanted[1], wanted[0], 3, 1, 1, bias=False)
        if 'maxpool' not in request['layers']:
            net.maxpool = nn.Identity()


def size_of(sizes):
    return 'x'.join(map(str, sizes)) if sizes else 'missing'


def sides(sizes):
    return sorted(size for size in sizes if size > 1)


def difference(net, request):
    """What makes it another network than the graph; None: nothing. Sizes are compared whatever their order, and without
    those of 1: PyTorch has channels last in places, and maps of one pixel where here are vectors."""
    ours, theirs = request['parameters'], {name: list(p.shape) for name, p in net.named_parameters()}
    for name in [*ours, *theirs]:
        if ours.get(name) != theirs.get(name):
            return f'the parameter {name} is {size_of(ours.get(name))} here and {size_of(theirs.get(name))} there'
    import torch
    layers, found = request['layers'], {}
    hooks = [module.register_forward_hook(lambda _, __, out, name=name: found.update({name: list(out.shape[1:])}))
             for name, module in net.named_modules() if name in layers and f'{name}.weight' in ours]
    with torch.no_grad():
        net.eval()(torch.randn(1, *request['input']))
    for hook in hooks:
        hook.remove()
    return next((f'what comes out of {name} is {size_of(layers[name])} here and {size_of(size)} there'
                 for name, size in found.items() if sides(size) != sides(layers[name])), None)


def torchvisions(request):
    name = request['network']
    builder, place = builder_of(name)
    more = dict(MORE.get(name, {}))
    if place.__name__.endswith('segmentation'):
        more['weights_backbone'] = None
    net = builder(num_classes=request['output'][0], **more)
    fit_stem(net, request)
    differs = difference(net, request)
    if differs:
        raise Refused(f"torchvision's {name} is another network: {differs}",
                      'name what makes this one: --peer torch:PACKAGE:CALLABLE')
    return net, f'{place.__name__}.{name}'


def from_torch():
    """The script that has PACKAGE:CALLABLE's meaning: beside this one, in the source tree or installed."""
    folder = pathlib.Path(__file__).resolve().parent
    path = next(path for path in (folder / 'from_torch.py', folder / 'nontrivial-from-torch') if path.exists())
    loader = importlib.machinery.SourceFileLoader('nontrivial_from_torch', str(path))
    sys.dont_write_bytecode = True
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def named(what, args):
    if ':' not in what:
        raise Refused(f"'torch:{what}' is not torch:PACKAGE:CALLABLE", 'as torch:torchvision.models:resnet18 or '
                      'torch:mynets.py:Net')
    try:
        return from_torch().load_model(argparse.Namespace(what=what, args=args, state=None)), what
    except (ImportError, OSError) as error:
        raise Refused(str(error)) from error


def make(request):
    """The network, and whose it is."""
    peer, _, what = request['peer'].partition(':')
    assert peer == 'torch'
    return named(what, request.get('args') or '') if what else torchvisions(request)


# --- timing -----------------------------------------------------------------------------------------


def new_pages(call):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    call()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def warm_up(call, kept):
    """Twice, as the profiling executor's second run compiles; if memory is kept, until there is enough of it."""
    call()
    calls = 1
    while new_pages(call) > ENOUGH_PAGES and kept and calls < MOST_CALLS:
        calls += 1


def fastest(call, repeats, kept):
    """Seconds."""
    warm_up(call, kept)
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return min(times)


def training_step(net, images):
    """A function of a step like that of `nontrivial bench --train`."""
    import torch
    optimiser = torch.optim.SGD(net.parameters(), lr=1e-4, momentum=.9, weight_decay=5e-4)
    loss = torch.nn.CrossEntropyLoss()

    def step():
        optimiser.zero_grad(set_to_none=True)
        outputs = net(images)
        outputs = list(outputs.values()) if isinstance(outputs, dict) else outputs
        outputs = outputs if isinstance(outputs, (tuple, list)) else [outputs]
        sum(loss(logits, torch.zeros_like(logits[:, 0], dtype=torch.int64)) for logits in outputs).backward()
        optimiser.step()

    return step


def keep_memory():
    """Large blocks come from the heap, and the heap never shrinks: see mallopt(3)."""
    m_trim_threshold, m_mmap_max = -1, -4  # malloc.h
    mallopt = ctypes.CDLL(None).mallopt
    assert mallopt(m_mmap_max, 0) and mallopt(m_trim_threshold, 2**31 - 1)


class Timer:
    """One network, ready to be timed again and again."""

    def __init__(self, net, request):
        import torch
        self.net, self.request, self.kept = net, request, request.get('keep_memory', False)
        self.images = torch.randn(request['batch'], *request['input'])
        self.formats = [getattr(torch, name) for name in request.get('formats', FORMATS)]
        self.frozen = None if request['train'] else self.freeze()

    def freeze(self):
        import torch
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter('ignore')
            try:
                traced = torch.jit.trace(self.net.eval(), self.images, strict=False)
                frozen = torch.jit.optimize_for_inference(traced)
                frozen(self.images)  # some are frozen and then don't run
                return frozen
            except Exception as error:  # for which network it fails, nobody knows beforehand
                print(f'note: no frozen network: {str(error).splitlines()[-1]}', file=sys.stderr)

    def eager(self):
        import torch
        took = []
        for layout in self.formats:
            net = self.net.train(self.request['train']).to(memory_format=layout)
            images = self.images.contiguous(memory_format=layout)
            with torch.set_grad_enabled(self.request['train']):
                step = training_step(net, images) if self.request['train'] else lambda: net(images)
                took.append(fastest(step, self.request['repeat'], self.kept))
        return min(took)

    def round(self):
        import torch
        with torch.no_grad():
            frozen = self.frozen and fastest(lambda: self.frozen(self.images), self.request['repeat'],
                                                    self.kept)
        eager = self.eager()
        return {'eager': eager, 'frozen': frozen,
                'peak_bytes': 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}


def start(request):
    """The timer, and what is said of its network."""
    if request.get('keep_memory'):
        keep_memory()
    torch = import_or_refuse('torch', 'python3-torch')
    torch.set_num_threads(request['threads'])
    net, whose = make(request)
    return Timer(net, request), {'torch': torch.__version__, 'network': whose,
                                 'parameters': sum(p.numel() for p in net.parameters())}


def main():
    answers = os.fdopen(os.dup(1), 'w')
    os.dup2(2, 1)  # what a network prints is no answer

    def answer(what):
        print(json.dumps(what), file=answers, flush=True)

    try:
        timer, said = start(json.loads(sys.stdin.readline()))
    except Refused as refused:
        answer(dict(zip(('error', 'remedy'), refused.args)))
        return
    answer(said)
    while sys.stdin.readline():
        answer(timer.round())


if __name__ == '__main__':
    try:
        main()
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(130)
