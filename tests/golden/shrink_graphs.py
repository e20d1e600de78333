#!/usr/bin/env python3
"""Smaller networks of those in graphs/: with random weights and random statistics, `shrink` removes random layers
and says how far the logits are from the ablated network's, of the largest; or refuses, and says why.

    shrink_graphs.py NONTRIVIAL GRAPHS [--full] [NAME...]

Three cases each: two of random convolutions zeroed, one in which random channels have no weights in the file, too.
A draw that leaves no path from the image to the output is drawn again; of a network in which every convolution is
on the only path there are cases of channels alone. Without --full a few networks; with it all, in full width and
depth (but for the head of vgg) and on small images."""
import argparse
import array
import json
import math
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import time

from networks import settings_of

CASES, DRAWS, IMAGES = 3, 8, 4
SMALL = ['densenet-bc-100-12', 'mobilenet_v3_small', 'preact-resnet18', 'regnet_y_400mf', 'resnet8', 'resnet20',
         'shufflenet_v2_x1_0', 'squeezenet1_1', 'unet', 'vgg11']
NARROW = {'preact-resnet18': {'width': 8}, 'unet': {'width': 8}, 'vgg11': {'width': 8, 'hidden': 64}}  # of these few
HIDDEN = 512  # of vgg's head, whose 100 million numbers would only take time
SIZES = {'inception_v3': 96}  # the least that others take is 64 at most
CUT = 'nothing of the image reaches the output'
BLOCK = 65521  # a prime: no two rows of a kernel repeat each other


class Weights:
    """Random ones of a network, as a file of safetensors."""

    def __init__(self, layers, seed):
        self.random = random.Random(seed)
        self.normal = [self.random.gauss(0, 1) for _ in range(BLOCK)]
        self.tensors, channels = {}, {'': 0}
        for layer in layers:
            channels[layer['name']] = layer['output'][0]
            before = channels.get((layer['inputs'] or [''])[0], self.channels_in)
            self.add(layer['name'], layer['op'], layer['attributes'], before, layer['output'])

    channels_in = 3

    def drawn(self, shape, deviation):
        count, start = math.prod(shape), self.random.randrange(BLOCK)
        block = array.array('f', (deviation * x for x in self.normal[start:] + self.normal[:start]))
        return list(shape), (block * (count // BLOCK + 1))[:count]

    def uniform(self, shape, low, high):
        return shape, array.array('f', (self.random.uniform(low, high) for _ in range(math.prod(shape))))

    def add(self, name, op, attributes, before, output):
        after = output[0]
        if op in ('conv2d', 'linear', 'conv_transpose2d'):
            groups, kernel = attributes.get('groups', 1), attributes.get('kernel', [])
            shape = ((before, after // groups) if op == 'conv_transpose2d' else (after, before // groups)) + tuple(kernel)
            self.tensors[f'{name}.weight'] = self.drawn(shape, (2 / math.prod((before // groups, *kernel))) ** .5)
            if attributes['bias']:
                self.tensors[f'{name}.bias'] = self.drawn([after], .3)
        elif op in ('batch_norm', 'layer_norm'):
            self.tensors[f'{name}.weight'] = self.uniform([after], .5, 1.5)
            self.tensors[f'{name}.bias'] = self.drawn([after], .3)
            if op == 'batch_norm':
                self.tensors[f'{name}.running_mean'] = self.drawn([after], .5)
                self.tensors[f'{name}.running_var'] = self.uniform([after], .5, 2)
        elif op == 'scale':
            self.tensors[name] = self.uniform([after] + [1 for _ in output[1:]], .5, 1.5)

    def empty_channels(self, share):
        """Takes the weights of some output channels out of kernels, and of some that these read, but of images."""
        for name, (shape, values) in self.tensors.items():
            if len(shape) != 4:
                continue
            row, each = math.prod(shape[1:]), math.prod(shape[2:])
            gone = [o for o in range(shape[0]) if self.random.random() < share]
            unread = [c for c in range(shape[1]) if shape[1] > 3 and self.random.random() < share]
            for at, length in ([(o * row, row) for o in gone] +
                               [(o * row + c * each, each) for o in range(shape[0]) for c in unread]):
                values[at:at + length] = array.array('f', bytes(4 * length))

    def write(self, path):
        header, at = {}, 0
        for name, (shape, values) in self.tensors.items():
            header[name] = {'dtype': 'F32', 'shape': shape, 'data_offsets': [at, at + 4 * len(values)]}
            at += 4 * len(values)
        text = json.dumps(header).encode()
        with open(path, 'wb') as file:
            file.write(struct.pack('<Q', len(text)) + text)
            for _, values in self.tensors.values():
                if sys.byteorder == 'big':
                    values.byteswap()
                values.tofile(file)


def shrink(program, graph, settings, weights, removed, folder):
    """What it says, or why it refuses."""
    out = folder / 'small'
    words = ['--remove', ' '.join(removed)] if removed else ['--remove', '']
    made = subprocess.run([program, 'shrink', graph, *settings, '--weights', weights, *words, '--out', out, '--limit',
                           str(IMAGES), '--batch', str(IMAGES), '--rounds', '0', '--json', '--quiet'],
                          capture_output=True, text=True, check=False)
    if made.returncode != 0:
        return None, made.stderr.strip() or f'status {made.returncode}'
    for path in out.iterdir():
        path.unlink()
    out.rmdir()
    return json.loads(made.stdout), ''


def draw_case(program, graph, settings, weights, convs, number, folder):
    """One case with something left: what was removed, and what came of it."""
    rng = random.Random(f'{graph.stem} {number}')
    for draw in range(DRAWS):
        share = .1 if draw < DRAWS // 2 else 1 / len(convs)
        removed = [name for name in convs if rng.random() < share]
        if not removed:
            continue
        said, why = shrink(program, graph, settings, weights, removed, folder)
        if CUT not in why:
            return removed, said, why
    return [], None, CUT


def tell(name, number, removed, said, why, seconds):
    what = f'{name}, case {number}: {len(removed)} of its layers'
    if said:
        before, after = said['before'], said['after']
        print(f'{what}: exact, {said["comparison"]["relative"]:.1e} of the largest logit; parameters '
              f'{before["parameters"]:,} to {after["parameters"]:,}, multiply-adds {before["multiply_adds"]:,} to '
              f'{after["multiply_adds"]:,}; {seconds:.1f} s', flush=True)
    else:
        print(f'{what}: refused: {why}; {seconds:.1f} s', flush=True)


def settings_for(graph, params, full):
    chosen = {} if full else dict(NARROW.get(graph.stem, {}))
    if full and graph.stem.startswith('vgg'):
        chosen['hidden'] = HIDDEN
    if 'size' in params and params['size'] > 64:
        chosen['size'] = SIZES.get(graph.stem, 64)
    return settings_of(chosen)


def shown(program, graph, settings=()):
    made = subprocess.run([program, 'show', graph, '--json', *settings], capture_output=True, text=True, check=False)
    return json.loads(made.stdout) if made.returncode == 0 else None


def params_of(program, folder):
    made = subprocess.run([program, 'graphs', folder, '--json'], capture_output=True, text=True, check=True)
    return {pathlib.Path(one['file']).stem: one['params'] for one in json.loads(made.stdout)}


def shrink_graph(program, graph, params, full, folder):
    """Returns whether each case was exact, or refused with its reason before anything was made."""
    settings = settings_for(graph, params, full)
    network = shown(program, graph, settings)
    Weights.channels_in = network['inputs'][0]['shape'][0]
    convs = [layer['name'] for layer in network['layers'] if layer['op'].startswith('conv')]
    weights, good = Weights(network['layers'], graph.stem), True
    for number in range(CASES):
        begun = time.monotonic()
        path = folder / 'w.safetensors'
        if number in (0, CASES - 1):
            if number:
                weights.empty_channels(.2)
            weights.write(path)
        removed, said, why = draw_case(program, graph, settings, path, convs, number, folder)
        if why == CUT:  # channels alone
            weights.empty_channels(.1)
            weights.write(path)
            said, why = shrink(program, graph, settings, path, [], folder)
        tell(graph.stem, number, removed, said, why, time.monotonic() - begun)
        good &= said is not None
    return good


def main():
    parser = argparse.ArgumentParser(description='Shrink the networks of graphs/.')
    parser.add_argument('program', type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument('graphs', type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument('--full', action='store_true')
    parser.add_argument('names', nargs='*', metavar='NAME')
    arguments = parser.parse_intermixed_args()
    params = params_of(arguments.program, arguments.graphs)
    names = arguments.names or (sorted(params) if arguments.full else SMALL)
    wrong = [name for name in names if name not in params]
    for name in names:
        if name in params:
            with tempfile.TemporaryDirectory() as folder:
                if not shrink_graph(arguments.program, arguments.graphs / f'{name}.yaml', params[name], arguments.full,
                                    pathlib.Path(folder)):
                    wrong.append(name)
    print(f'{len(names) - len(wrong)} of {len(names)} networks in every case')
    return '' if not wrong else f'not in every case, or not there: {", ".join(wrong)}'


if __name__ == '__main__':
    sys.exit(main() or 0)
