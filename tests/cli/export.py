#!/usr/bin/env python3
"""Networks written as ONNX against the program itself: export.py NONTRIVIAL SOURCE [--full NAME...]

Graphs of this repository, made small, the example's network, and a graph for each form of each op are exported, batch
normalisation kept and folded. Each file must pass ONNX's checker with strict shape inference and hold the names of
nodes and parameters. What OpenCV computes of it, and what onnx_by_torch.py does, must be what `eval --logits` says, to
1e-5 of the largest logit. What OpenCV 4.6 does not read, or computes otherwise, is listed below. With --full, graphs
of this repository as they are published, on 224x224 pixels, in place of all that. Exits 77 (skipped) without onnx,
OpenCV or torch."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

try:
    import cv2
    import numpy as np
    import onnx
    import onnx.checker
    import onnx_by_torch
except ImportError as missing:
    print(f'skipped: {missing}')
    sys.exit(77)

MOST = 1e-5
IMAGES = 3
RANDOM = np.random.default_rng(20)

# One graph each: the shape of its input, and its nodes. What comes out as maps is flattened.
MAPS, VECTOR = '[6, 7, 8]', '[3, 2, 2]'
CASES = {
    'conv2d': (MAPS, 'a: {op: conv2d, channels: 4, kernel: [3, 2], stride: [2, 1], pad: [1, 0], dilation: [1, 2]}'),
    'conv2d_groups': (MAPS, 'a: {op: conv2d, channels: 9, kernel: 3, groups: 3, bias: false}'),
    'conv_transpose2d': (MAPS, 'a: {op: conv_transpose2d, channels: 5, kernel: 3, stride: 2, pad: 1, output_pad: 1}'),
    'conv_transpose2d_groups': (MAPS, 'a: {op: conv_transpose2d, channels: 4, kernel: 2, stride: 2, groups: 2, '
                                      'bias: false}'),
    'linear': (VECTOR, 'v: {op: flatten}\n  a: {op: linear, features: 5}'),
    'linear_plain': (VECTOR, 'v: {op: flatten}\n  a: {op: linear, features: 5, bias: false}'),
    'linear_maps': (MAPS, 'a: {op: linear, features: 5}'),
    'batch_norm': (MAPS, 'a: {op: batch_norm, eps: 0.01}'),
    'batch_norm_vector': (VECTOR, 'v: {op: flatten}\n  a: {op: linear, features: 5}\n  b: {op: batch_norm}'),
    'folded_shared': (MAPS, 'a: {op: conv2d, channels: 4, kernel: 3}\n  b: {op: batch_norm, from: a}\n'
                            '  c: {op: batch_norm, from: a, eps: 0.1}\n  d: {op: add, from: [a, b, c]}'),
    'folded_twice': (MAPS, 'a: {op: conv2d, channels: 4, kernel: 3}\n  b: {op: batch_norm}\n  c: {op: batch_norm}'),
    'folded_transpose': (MAPS, 'a: {op: conv_transpose2d, channels: 4, kernel: 3, bias: false}\n'
                               '  b: {op: batch_norm}'),
    'folded_transpose_groups': (MAPS, 'a: {op: conv_transpose2d, channels: 4, kernel: 3, groups: 2}\n'
                                      '  b: {op: batch_norm}'),
    'layer_norm': (MAPS, 'a: {op: layer_norm}'),
    'layer_norm_vector': (VECTOR, 'v: {op: flatten}\n  a: {op: layer_norm, affine: false}'),
    'group_norm': (MAPS, 'a: {op: group_norm, groups: 3}'),
    'group_norm_vector': (VECTOR, 'v: {op: flatten}\n  a: {op: group_norm, groups: 3, affine: false}'),
    'instance_norm': (MAPS, 'a: {op: instance_norm}'),
    'instance_norm_affine': (MAPS, 'a: {op: instance_norm, affine: true}'),
    'local_response_norm': (MAPS, 'a: {op: local_response_norm, size: 3, alpha: 0.5}'),
    'local_response_norm_even': (MAPS, 'a: {op: local_response_norm, size: 4, alpha: 0.5, k: 2}'),
    'scale': (MAPS, 'a: {op: scale}'),
    'parameter': (MAPS, 'p: {op: parameter, shape: [6, 7, 8]}\n  a: {op: mul, from: [input, p]}'),
    'scale_vector': (VECTOR, 'v: {op: flatten}\n  a: {op: scale}'),
    'relu': (MAPS, 'a: {op: relu}'),
    'relu6': (MAPS, 'a: {op: relu6}'),
    'clamp': (MAPS, 'a: {op: clamp, min: -0.5, max: 0.25}'),
    'clamp_below': (MAPS, 'a: {op: clamp, min: -0.5}'),
    'clamp_above': (MAPS, 'a: {op: clamp, max: 0.25}'),
    'leaky_relu': (MAPS, 'a: {op: leaky_relu, slope: 0.2}'),
    'prelu': (MAPS, 'a: {op: prelu}'),
    'prelu_channels': (MAPS, 'a: {op: prelu, num_parameters: 6}'),
    'elu': (MAPS, 'a: {op: elu, alpha: 0.7}'),
    'sigmoid': (MAPS, 'a: {op: sigmoid}'),
    'silu': (MAPS, 'a: {op: silu}'),
    'gelu': (MAPS, 'a: {op: gelu}'),
    'gelu_tanh': (MAPS, 'a: {op: gelu, approximate: tanh}'),
    'softplus': (MAPS, 'a: {op: softplus}'),
    'softplus_beta': (MAPS, 'a: {op: softplus, beta: 2}'),
    'softplus_threshold': (MAPS, 'a: {op: softplus, beta: 2, threshold: 1}'),
    'hardsigmoid': (MAPS, 'a: {op: hardsigmoid}'),
    'hardswish': (MAPS, 'a: {op: hardswish}'),
    'softmax': (MAPS, 'a: {op: softmax}'),
    'softmax_vector': (VECTOR, 'v: {op: flatten}\n  a: {op: softmax}'),
    'constant': (MAPS, 'a: {op: constant, shape: [6, 7, 8], value: 0.5}\n  b: {op: mul, from: [input, a]}'),
    'constant_vector': (MAPS, 'a: {op: global_avg_pool}\n  b: {op: constant, shape: [6, 2, 2], value: 0.5, from: a}'),
    'add': (MAPS, 'a: {op: relu}\n  b: {op: sigmoid, from: input}\n  c: {op: add, from: [input, a, b]}'),
    'weighted_sum': (MAPS, 'a: {op: relu}\n  b: {op: weighted_sum, weights: [0.5, -2], from: [input, a]}'),
    'weighted_one': (MAPS, 'a: {op: weighted_sum, weights: [3], from: [input]}'),
    'mul': (MAPS, 'a: {op: relu}\n  b: {op: mul, from: [input, a]}'),
    'sub': (MAPS, 'a: {op: relu}\n  b: {op: sub, from: [a, input]}'),
    'div': (MAPS, 'a: {op: softplus}\n  b: {op: div, from: [input, a]}'),
    'max': (MAPS, 'a: {op: silu}\n  b: {op: max, from: [input, a]}'),
    'min': (MAPS, 'a: {op: silu}\n  b: {op: min, from: [input, a]}'),
    'mul_channels': (MAPS, 'a: {op: global_avg_pool}\n  b: {op: mul, from: [input, a]}'),
    'mul_gate': (MAPS, 'a: {op: adaptive_avg_pool, size: 1}\n  b: {op: conv2d, channels: 6, kernel: 1}\n'
                       '  c: {op: sigmoid}\n  d: {op: mul, from: [input, c]}'),
    'sub_places': (MAPS, 'a: {op: conv2d, channels: 1, kernel: 1}\n  b: {op: sub, from: [input, a]}'),
    'max_channels': (MAPS, 'a: {op: global_avg_pool}\n  b: {op: max, from: [a, input]}'),
    'max_pool': (MAPS, 'a: {op: max_pool, kernel: 3, stride: 2, pad: 1}'),
    'max_pool_ceil': (MAPS, 'a: {op: max_pool, kernel: 3, stride: 2, ceil_mode: true}'),
    'max_pool_dilated': (MAPS, 'a: {op: max_pool, kernel: 2, stride: 1, dilation: 2}'),
    'max_unpool': ('[4, 8, 6]', 'a: {op: max_pool, kernel: 2, indices: true}\n'
                                '  b: {op: max_unpool, kernel: 2, from: [a, a.indices]}'),
    'avg_pool': (MAPS, 'a: {op: avg_pool, kernel: 3, stride: 2, pad: 1}'),
    'avg_pool_inside': (MAPS, 'a: {op: avg_pool, kernel: 3, stride: 2, pad: 1, count_include_pad: false}'),
    'avg_pool_ceil': (MAPS, 'a: {op: avg_pool, kernel: 2, stride: 2, ceil_mode: true}'),
    'avg_pool_ceil_pad': ('[4, 8, 8]', 'a: {op: avg_pool, kernel: 3, stride: 2, pad: 1, ceil_mode: true}'),
    'avg_pool_ceil_inside': ('[4, 8, 8]', 'a: {op: avg_pool, kernel: 3, stride: 2, pad: 1, ceil_mode: true, '
                                          'count_include_pad: false}'),
    'global_avg_pool': (MAPS, 'a: {op: global_avg_pool}'),
    'adaptive_avg_pool': (MAPS, 'a: {op: adaptive_avg_pool, size: [3, 5]}'),
    'adaptive_avg_pool_even': (MAPS, 'a: {op: adaptive_avg_pool, size: [7, 4]}'),
    'adaptive_avg_pool_more': ('[4, 2, 3]', 'a: {op: adaptive_avg_pool, size: 4}'),
    'resize': (MAPS, 'a: {op: resize, scale: [2]}'),
    'resize_size': (MAPS, 'a: {op: resize, size: [5, 11]}'),
    'resize_scale': (MAPS, 'a: {op: resize, scale: [1.7, 0.6]}'),
    'resize_bilinear': (MAPS, 'a: {op: resize, scale: [2], mode: bilinear}'),
    'resize_bilinear_size': (MAPS, 'a: {op: resize, size: [11, 5], mode: bilinear}'),
    'resize_bilinear_same': (MAPS, 'a: {op: resize, size: [7, 8], mode: bilinear}'),
    'resize_corners': (MAPS, 'a: {op: resize, size: [13, 15], mode: bilinear, align_corners: true}'),
    'resize_like': (MAPS, 'a: {op: max_pool, kernel: 2}\n  b: {op: resize, mode: bilinear, from: [a, input]}'),
    'flatten': (MAPS, 'a: {op: flatten}'),
    'concat': (MAPS, 'a: {op: relu}\n  b: {op: concat, from: [input, a]}'),
    'concat_constant': (MAPS, 'a: {op: constant, shape: [2, 7, 8], value: 3}\n  b: {op: concat, from: [input, a]}'),
    'slice': (MAPS, 'a: {op: slice, start: 1, count: 3}'),
    'channel_shuffle': (MAPS, 'a: {op: channel_shuffle, groups: 3}'),
    'channel_shuffle_vector': (VECTOR, 'v: {op: flatten}\n  a: {op: channel_shuffle, groups: 3}'),
    'roll': (MAPS, 'a: {op: roll, rows: 2, columns: -3}'),
    'roll_rows': (MAPS, 'a: {op: roll, rows: -9}'),
    'crop': (MAPS, 'a: {op: crop, size: [4, 3], top: 1}'),
    'crop_like': (MAPS, 'a: {op: max_pool, kernel: 2}\n  b: {op: crop, from: [input, a]}'),
    'pad': (MAPS, 'a: {op: pad, top: 1, right: 2}'),
    'pad_like': (MAPS, 'a: {op: max_pool, kernel: 2}\n  b: {op: pad, from: [a, input]}'),
    'reflect_pad': (MAPS, 'a: {op: reflect_pad, top: 1, left: 2, right: 3}'),
    'replicate_pad': (MAPS, 'a: {op: replicate_pad, bottom: 1, left: 2}'),
    'dropout': (MAPS, 'a: {op: dropout}\n  b: {op: dropout2d}\n  c: {op: stochastic_depth, probability: 0.5}\n'
                      '  d: {op: relu}'),
    'relu_of_input_name': (MAPS, 'output: {op: relu}\n  input.out: {op: relu}'),
}

# What OpenCV 4.6 has no layer for (Where), or reads in part only: Clip in the form of operator set 6, Gather of one
# place, sums of maps with maps of fewer channels, windows without gaps; what it expands, it leaves unwritten, and it
# folds batch normalisation wrongly into transposed convolutions of groups.
UNREAD = {'relu6', 'clamp', 'clamp_below', 'clamp_above', 'resize_size', 'resize_scale', 'layer_norm',
          'layer_norm_vector', 'sub_places', 'constant_vector', 'softplus_threshold', 'max_pool_dilated',
          'concat_constant', 'folded_transpose_groups'}

GRAPHS = {
    'unet': ('width=4', 'size=32'),
    'segnet': ('width=4', 'size=32'),
    'vgg16': ('width=4',),
    'resnet50': ('width=4',),
    'pspnet-resnet34': ('width=4', 'size=64'),
}
LOSSES = {'softmax_cross_entropy', 'dice_loss'}


def shapes_of_state(layer, shape):
    """The tensors of a layer with their shapes; those of normalisations are as many as channels."""
    name, has = layer['name'], layer['attributes']
    channels = shape[0]
    bias = {f'{name}.bias': [layer['output'][0]]} if has.get('bias') else {}
    pair = {f'{name}.weight': [channels], f'{name}.bias': [channels]}
    match layer['op']:
        case 'conv2d':
            return {f'{name}.weight': [has['channels'], channels // has['groups'], *has['kernel']], **bias}
        case 'conv_transpose2d':
            return {f'{name}.weight': [channels, has['channels'] // has['groups'], *has['kernel']], **bias}
        case 'linear':
            return {f'{name}.weight': [has['features'], channels], **bias}
        case 'batch_norm':
            return {**pair, f'{name}.running_mean': [channels], f'{name}.running_var': [channels],
                    f'{name}.num_batches_tracked': []}
        case 'layer_norm' | 'group_norm' | 'instance_norm' if has['affine']:
            return pair
        case 'prelu':
            return {f'{name}.weight': [has['num_parameters']]}
        case 'scale':
            return {name: [channels] + [1] * (len(shape) - 1)}
        case 'parameter':
            return {name: has['shape']}
    return {}


def values_of(name, shape):
    """Values under which signals neither vanish nor grow."""
    if name.endswith('num_batches_tracked'):
        return np.array(1, np.int64)
    if name.endswith('running_var'):
        return RANDOM.uniform(0.5, 2, shape).astype(np.float32)
    if len(shape) == 1:
        return (name.endswith('weight') + RANDOM.normal(0, 0.2, shape)).astype(np.float32)
    return (RANDOM.normal(0, 1, shape) * np.sqrt(2 / np.prod(shape[1:]))).astype(np.float32)


def write_weights(path, network):
    """Random ones, as safetensors: a header with places, then the elements."""
    shapes = {given['name']: given['shape'] for given in network['inputs']}
    header, data = {}, b''
    for layer in network['layers']:
        for name, shape in shapes_of_state(layer, shapes[layer['inputs'][0]] if layer['inputs'] else [0]).items():
            values = values_of(name, shape)
            header[name] = {'dtype': 'I64' if values.dtype == np.int64 else 'F32', 'shape': shape,
                            'data_offsets': [len(data), len(data) + values.nbytes]}
            data += values.tobytes()
        shapes[layer['name']] = layer['output']
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, 'little') + text + data)


class Work:
    """A folder, and the program that runs in it."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def run(self, *words):
        answer = subprocess.run([self.program, *words], cwd=self.folder, capture_output=True, text=True)
        if answer.returncode:
            sys.exit(f'{" ".join(map(str, words))}: {answer.stderr}')
        return answer.stdout

    def logits(self, graph, settings, images, classes):
        np.save(self.folder / 'x.npy', images)
        np.save(self.folder / 'y.npy', np.full(len(images), classes - 1, np.int32))
        self.run('eval', graph, '--weights', 'w.safetensors', '--data', 'npy:.,test_images=x.npy,test_labels=y.npy',
                 '--logits', 'l.npy', '--quiet', *settings)
        return np.load(self.folder / 'l.npy')

    def export(self, graph, settings, folded):
        self.run('export', graph, '--weights', 'w.safetensors', '--onnx', 'n.onnx', '--quiet',
                 *(['--fold-batch-norm'] if folded else []), *settings)
        return self.folder / 'n.onnx'


def is_folded(layer, layers):
    before = layers.get(layer['inputs'][0]) if layer['op'] == 'batch_norm' else None
    return before is not None and (before['op'] in ('conv2d', 'conv_transpose2d', 'linear') or is_folded(before, layers))


def is_gone(layer, layers, folded):
    """Whether a layer is part of another, does nothing in evaluation, or is for a further output."""
    return (layer['op'] in ('dropout', 'dropout2d', 'stochastic_depth') or layer['name'].startswith('aux')
            or folded and is_folded(layer, layers))


def check_names(model, network, folded):
    """Every layer that still does something is a node of that name; parameters carry theirs."""
    nodes = [node.name for node in model.graph.node]
    parameters = {tensor.name for tensor in model.graph.initializer}
    layers = {layer['name']: layer for layer in network['layers']}
    for layer in network['layers']:
        name = layer['name']
        if is_gone(layer, layers, folded):
            continue
        if not any(node.split('/')[0] == name for node in nodes):
            return f'no node {name}'
        if layer['parameters'] and not any(tensor == name or tensor.startswith(name + '.') for tensor in parameters):
            return f'no parameter of {name}'
    return 'two nodes have one name' if len(set(nodes)) < len(nodes) else ''


def check_model(model, network, folded):
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, strict_mode=True)
    batch = model.graph.input[0].type.tensor_type.shape.dim[0].dim_param
    if (model.producer_name, model.graph.name, batch) != ('nontrivial', network['graph'], 'batch'):
        return f'written by {model.producer_name}, graph {model.graph.name}, first dimension {batch}'
    return check_names(model, network, folded)


def by_opencv(path, images):
    """Image by image: with several, it takes values of channels for others' (in 4.6)."""
    network, made = cv2.dnn.readNetFromONNX(str(path)), []
    for image in images:
        network.setInput(image[None])
        made.append(network.forward().copy())
    return np.concatenate(made)


def apart(theirs, ours):
    return float(np.abs(theirs.reshape(ours.shape) - ours).max() / np.abs(ours).max())


def compare(work, graph, settings, opencv):
    """The largest relative differences of OpenCV and of PyTorch over both files, or what is wrong."""
    network = json.loads(work.run('show', graph, '--json', *settings))
    images = RANDOM.normal(0, 1, (IMAGES, *network['inputs'][0]['shape'])).astype(np.float32)
    ours, worst = None, [0., 0.]
    for folded in (False, True):
        path = work.export(graph, settings, folded)
        model = onnx.load(str(path))
        wrong = check_model(model, network, folded)
        if wrong:
            return wrong
        if ours is None:
            classes = model.graph.output[0].type.tensor_type.shape.dim[1].dim_value
            ours = work.logits(graph, settings, images, classes)
        worst[1] = max(worst[1], apart(onnx_by_torch.compute(model, images), ours))
        if opencv:
            worst[0] = max(worst[0], apart(by_opencv(path, images), ours))
    return worst


def check(work, name, graph, settings, opencv=True):
    found = compare(work, graph, settings, opencv)
    if isinstance(found, str):
        return f'{name}: {found}'
    print(f'{name:26}', f'{found[0]:.1e}' if opencv else 'not read', f'{found[1]:.1e}')
    return '' if max(found) <= MOST else f'{name}: differs by {max(found)}'


def write_random(work, graph, settings):
    write_weights(work.folder / 'w.safetensors', json.loads(work.run('show', graph, '--json', *settings)))


def check_cases(work):
    used = set()
    for case, (shape, nodes) in CASES.items():
        flat = '' if case == 'flatten' else '\n  flat: {op: flatten}'
        (work.folder / 'g.yaml').write_text(f'version: 1\ngraph: {case}\ninput: {shape}\nnodes:\n  {nodes}{flat}\n')
        used |= {layer['op'] for layer in json.loads(work.run('show', 'g.yaml', '--json'))['layers']}
        write_random(work, 'g.yaml', ())
        wrong = check(work, case, 'g.yaml', (), case not in UNREAD)
        if wrong:
            return wrong
    ops = {op['name'] for op in json.loads(work.run('ops', '--json'))} - LOSSES
    return f'no case has {", ".join(sorted(ops - used))}' if ops - used else ''


def flattened(work, path, settings):
    """The same graph, in full, whose first output is a vector, as eval takes it of images that have one class."""
    settings = [f'--set={setting}' for setting in settings]
    nodes, outputs = work.run('show', path, '--resolved', *settings).split('outputs:\n')
    first, others = outputs.split('\n', 1)
    (work.folder / 'g.yaml').write_text(f'{nodes}  flat: {{op: flatten, from: [{first.split(": ")[1]}]}}\n'
                                        f'outputs:\n  output: flat\n{others}')


def check_graphs(work, source):
    for graph, settings in GRAPHS.items():
        flattened(work, source / 'graphs' / f'{graph}.yaml', settings)
        write_random(work, 'g.yaml', ())
        wrong = check(work, graph, 'g.yaml', ())
        if wrong:
            return wrong
    shutil.copy(source / 'experiments' / 'example' / 'resnet8.safetensors', work.folder / 'w.safetensors')
    return check(work, 'resnet8', source / 'graphs' / 'resnet8.yaml', ())


def check_published(work, source, names):
    """Of each, though another is wrong; by PyTorch alone, what OpenCV does not read."""
    wrong = []
    for name in names:
        graph, settings = source / 'graphs' / f'{name}.yaml', ('--set=classes=1000', '--set=size=224')
        write_random(work, graph, settings)
        try:
            wrong.append(check(work, name, graph, settings))
        except cv2.error:
            wrong.append(check(work, name, graph, settings, opencv=False))
    return '; '.join(filter(None, wrong))


def main():
    source, full = pathlib.Path(sys.argv[2]).resolve(), sys.argv[3:4] == ['--full']
    with tempfile.TemporaryDirectory() as folder:
        work = Work(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(folder))
        if full:
            return check_published(work, source, sys.argv[4:])
        return check_cases(work) or check_graphs(work, source)


if __name__ == '__main__':
    sys.exit(main() or None)
