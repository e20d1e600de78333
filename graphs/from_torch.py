#!/usr/bin/env python3
"""A PyTorch module as a graph file of Nontrivial's and its weights.

    from_torch.py PACKAGE:CALLABLE --out DIR [--args num_classes=10] [--input 3,224,224] [--state FILE.pt]
    from_torch.py mynets.py:Net --out DIR

writes DIR/NAME.yaml and DIR/NAME.safetensors, then has `nontrivial` and the module answer the same random
inputs and prints the largest relative difference. What can't be said is listed, all at once, with its place;
nothing is written then. Exit status: 0 done, 1 it can't be said or the answers differ, 2 wrong usage.

The module is traced with torch.fx while an example goes through it, so that shapes and all that depends on
them are plain numbers (see Tracer). A tensor of the trace is a View: a node of the graph, and for each of the
tensor's dimensions which of the node's axes it holds. Permuting, reshaping and squeezing change views alone;
an op asks for the order that it needs, and what no op has in that order can't be said. Nodes have the paths
of the modules that they stand for, so that parameters have the names of the state dict."""
import argparse
import ast
import collections
import importlib
import importlib.util
import inspect
import itertools
import json
import math
import os
import pathlib
import pickle
import re
import shutil
import struct
import subprocess
import sys
import tempfile

import torch
from torch import fx, nn

BATCH = 2  # of the example that is traced
WITHIN = 1e-3  # a larger relative difference is an error
WIDTH = 110  # of a line of YAML
CLASSES = 65536  # as many as a data set may have

# --- what is said -----------------------------------------------------------------------------------


class Unsaid(Exception):
    """What the language has no words for."""


class Follows(Exception):
    """The input already could not be said."""


class Node:
    """One node. `path` is its name if it must have that one, otherwise `scope` and `hint` make one."""

    def __init__(self, op, shape, inputs=(), attrs=None, path=None, scope='', hint=None):
        self.op, self.shape, self.inputs, self.attrs = op, tuple(shape), list(inputs), attrs or {}
        self.path, self.scope, self.hint = path, scope, hint


class View:
    """A tensor without its batch dimension. Each of `dims` is a list of factors (axis, stride, size) of the
    node's axes, outermost first; a dimension of size 1 has none."""

    def __init__(self, node, dims=None, output=None):
        whole = [[(axis, 1, size)] if size > 1 else [] for axis, size in enumerate(node.shape)]
        self.node, self.output = node, output
        self.dims = whole if dims is None else [merged(dim) for dim in dims]
        self.is_whole = self.dims == whole

    def sizes(self):
        return [math.prod(size for _, _, size in dim) for dim in self.dims]

    def ref(self):
        return self.node, self.output

    def with_dims(self, dims):
        return View(self.node, dims, self.output)

    def holds(self, dim, axis):
        """Whether dimension `dim` is the node's whole axis, and nothing else."""
        size = self.node.shape[axis] if axis < len(self.node.shape) else 1
        return self.dims[dim] == ([(axis, 1, size)] if size > 1 else [])

    def reshaped(self, sizes):
        rest, dims = [factor for dim in self.dims for factor in dim], []
        for size in sizes:
            dim = []
            while size > 1:
                axis, stride, have = rest.pop(0)
                if size % have and have % size:
                    raise Unsaid(f'reshaping to {sizes}')
                if have > size:
                    rest.insert(0, (axis, stride, have // size))
                    axis, stride, have = axis, stride * (have // size), size
                dim.append((axis, stride, have))
                size //= have
            dims.append(dim)
        return self.with_dims(dims)


class Part:
    """One of the pieces of a split, which becomes a node where it is taken."""

    def __init__(self, view, dim, start, count):
        self.view, self.dim, self.start, self.count = view, dim, start, count


class Stored:
    """A tensor that doesn't depend on the input: a parameter or a buffer, which has a name, or what is computed
    from such. `trained`: of parameters."""

    def __init__(self, name, tensor, trained=False):
        self.name, self.tensor, self.trained = name, tensor, trained


def merged(dim):
    result = []
    for axis, stride, size in dim:
        if result and result[-1][0] == axis and result[-1][1] == stride * size:
            size *= result.pop()[2]
        result.append((axis, stride, size))
    return result


def pair(value):
    """Rows and columns as one number where they are the same."""
    if isinstance(value, (tuple, list)):
        value = list(value) * (2 if len(value) == 1 else 1)
        return value[0] if value[0] == value[1] else value
    return value


def both(value):
    return list(value) * (2 if len(value) == 1 else 1) if isinstance(value, (tuple, list)) else [value, value]


# --- from the trace to nodes ------------------------------------------------------------------------


class Speaker:
    """Says one node of the trace after the other; `nodes` is what came of it."""

    def __init__(self, model):
        self.model, self.nodes, self.lacks, self.extra, self.notes = model, [], [], {}, []
        self.calls = collections.Counter()
        self.here = self.path = self.shape = self.function = None

    def lack(self, place, what):
        if (place, what) not in self.lacks:
            self.lacks.append((place, what))

    def emit(self, op, inputs, shape, /, dims=None, hint=None, path=None, **attrs):
        """A new node, and its view. Without `hint` it is what the module or function stands for."""
        defaults = DEFAULTS.get(op, {})
        attrs = {key: value for key, value in attrs.items() if defaults.get(key) != value}
        if path is None and hint is None:
            path = self.path
        node = Node(op, shape, [view.ref() for view in inputs], attrs, path, self.here, hint or op)
        self.nodes.append(node)
        return View(node, dims)

    def maps(self, view):
        """The view as maps: channels, rows, columns. May add a node."""
        self.known(view)
        if len(view.dims) != 3:
            raise Unsaid(f'{self.function} of a tensor with {len(view.dims) + 1} dimensions')
        if view.is_whole:
            return view
        if len(view.node.shape) == 1 and view.dims[1:] == [[], []] and view.holds(0, 0):
            return self.emit('constant', [view], view.sizes(), hint='maps', shape=view.sizes(), value=0)
        if len(view.node.shape) == 3 and len(view.dims[0]) == 2 and view.holds(1, 1) and view.holds(2, 2):
            (axis, one, inner), (same, stride, groups) = view.dims[0]
            if axis == same == 0 and one == 1 and stride == inner:
                return self.emit('channel_shuffle', [view], view.node.shape, hint='channel_shuffle', groups=groups)
        raise Unsaid(f'{self.function} of dimensions in another order than channels, rows, columns')

    def vector(self, view):
        self.known(view)
        if view.is_whole:
            return view
        axes = [axis for axis, size in enumerate(view.node.shape) if size > 1]
        if [(axis, stride) for axis, stride, _ in view.dims[0]] != [(axis, 1) for axis in axes]:
            raise Unsaid('flattening in another order than channels, rows, columns')
        return self.emit('flatten', [view], view.sizes(), hint='flatten')

    def settled(self, view):
        return self.vector(view) if len(view.dims) == 1 else self.maps(view)

    def reordered(self, view):
        """After a change of dimensions: as a node at once, where an op says just that."""
        try:
            flat = len(view.dims) == 1 and len(view.node.shape) > 1
            return self.settled(view) if flat or len(view.dims) == 3 and len(view.dims[0]) > 1 else view
        except Unsaid:
            return view

    def known(self, view):
        if not isinstance(view, View):
            raise Unsaid(f'{self.function} of what does not depend on the input')
        if view.node.op is None:
            raise Follows

    def owner(self, **stored):
        """The path of the module whose parameters these are."""
        found = set()
        for role, value in stored.items():
            if value is None:
                continue
            if not isinstance(value, Stored) or not value.name:
                raise Unsaid(f'{self.function} with a computed {role}')
            place, _, last = value.name.rpartition('.')
            if last != role or not place:
                raise Unsaid(f"{self.function} whose {role} is called '{value.name}', not MODULE.{role}")
            found.add(place)
        if len(found) != 1:
            raise Unsaid(f'{self.function} with parameters of several modules' if found else
                         f'{self.function} without parameters')
        return found.pop()

    def channels_last(self, view, what):
        """Checks that the last dimension is the channels and all others are whole axes."""
        self.known(view)
        if not view.holds(len(view.dims) - 1, 0) or len(view.node.shape) not in (1, 3):
            raise Unsaid(f'{what} over something else than the channels')


FUNCTIONS, MODULES = {}, {}


def function(*names):
    def add(rule):
        FUNCTIONS.update(dict.fromkeys(names, rule))
        return rule
    return add


def module(*names):
    def add(rule):
        MODULES.update(dict.fromkeys(names, rule))
        return rule
    return add


def weights_of(say, m):
    """A module's own tensors by their names."""
    tensors = itertools.chain(m.named_parameters(recurse=False), m.named_buffers(recurse=False))
    return {name: Stored(f'{say.path}.{name}', tensor, isinstance(tensor, nn.Parameter)) for name, tensor in tensors}


DEFAULTS = {
    'conv2d': {'stride': 1, 'pad': 0, 'dilation': 1, 'groups': 1, 'bias': True},
    'conv_transpose2d': {'stride': 1, 'pad': 0, 'output_pad': 0, 'dilation': 1, 'groups': 1, 'bias': True},
    'linear': {'bias': True}, 'batch_norm': {'eps': 1e-5, 'momentum': .1},
    'layer_norm': {'eps': 1e-5, 'affine': True}, 'group_norm': {'eps': 1e-5, 'affine': True},
    'instance_norm': {'eps': 1e-5, 'affine': False}, 'leaky_relu': {'slope': .01}, 'elu': {'alpha': 1},
    'prelu': {'num_parameters': 1}, 'gelu': {'approximate': 'none'}, 'softplus': {'beta': 1, 'threshold': 20},
    'max_pool': {'stride': 0, 'pad': 0, 'dilation': 1, 'ceil_mode': False, 'indices': False},
    'max_unpool': {'stride': 0, 'pad': 0},
    'avg_pool': {'stride': 0, 'pad': 0, 'ceil_mode': False, 'count_include_pad': True},
    'dropout': {'probability': .5}, 'dropout2d': {'probability': .5}, 'stochastic_depth': {'mode': 'row'},
    'resize': {'mode': 'nearest', 'align_corners': False}, 'slice': {'start': 0}, 'constant': {'value': 0},
    'local_response_norm': {'alpha': 1e-4, 'beta': .75, 'k': 1}, 'roll': {'rows': 0, 'columns': 0},
    **dict.fromkeys(('pad', 'reflect_pad', 'replicate_pad'), {'top': 0, 'bottom': 0, 'left': 0, 'right': 0}),
}

ORDER = ('channels', 'features', 'kernel', 'stride', 'pad', 'output_pad', 'dilation', 'groups', 'bias', 'top',
         'bottom', 'left', 'right')
NORM = ('weight', 'bias')
PARAMETERS = {'conv2d': NORM, 'conv_transpose2d': NORM, 'linear': NORM, 'layer_norm': NORM, 'group_norm': NORM,
              'instance_norm': NORM, 'prelu': ('weight',), 'scale': (),
              'batch_norm': (*NORM, 'running_mean', 'running_var', 'num_batches_tracked')}

# --- convolutions, linear layers, norms -------------------------------------------------------------


def padded(say, x, op, left, right, top, bottom):
    shape = x.node.shape[0], x.node.shape[1] + top + bottom, x.node.shape[2] + left + right
    return say.emit(op, [x], shape, hint=op, top=top, bottom=bottom, left=left, right=right)


PADS = {'constant': 'pad', 'zeros': 'pad', 'reflect': 'reflect_pad', 'replicate': 'replicate_pad'}


def out_sizes(say):
    return say.shape[1:]


@function('conv2d')
def conv2d(say, input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1, padding_mode='zeros'):
    path = say.owner(weight=weight, bias=bias)
    if padding_mode not in PADS:
        raise Unsaid(f"conv2d with padding_mode '{padding_mode}'")
    out, _, *kernel = weight.tensor.shape
    dilation = both(dilation)
    if padding == 'valid':
        padding = 0
    around = [d * (k - 1) for d, k in zip(dilation, kernel)] if padding == 'same' else [2 * p for p in both(padding)]
    x = say.maps(input)
    if any(a % 2 for a in around) or padding_mode != 'zeros' and any(around):
        (top, left), (bottom, right) = [a // 2 for a in around], [a - a // 2 for a in around]
        x, around = padded(say, x, PADS[padding_mode], left, right, top, bottom), [0, 0]
    return say.emit('conv2d', [x], out_sizes(say), path=path, channels=out, kernel=pair(kernel),
                    stride=pair(stride), pad=pair([a // 2 for a in around]), dilation=pair(dilation),
                    groups=groups, bias=bias is not None)


@module('Conv2d')
def conv2d_module(say, m, x):
    own = weights_of(say, m)
    return conv2d(say, x, own.get('weight'), own.get('bias'), m.stride, m.padding, m.dilation, m.groups,
                  m.padding_mode)


@function('conv_transpose2d')
def conv_transpose2d(say, input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    path = say.owner(weight=weight, bias=bias)
    _, out, *kernel = weight.tensor.shape
    return say.emit('conv_transpose2d', [say.maps(input)], out_sizes(say), path=path, channels=out * groups,
                    kernel=pair(kernel), stride=pair(stride), pad=pair(padding), output_pad=pair(output_padding),
                    dilation=pair(dilation), groups=groups, bias=bias is not None)


@module('ConvTranspose2d')
def conv_transpose2d_module(say, m, x, output_size=None):
    own = weights_of(say, m)
    if output_size is not None:
        raise Unsaid('ConvTranspose2d with output_size')
    return conv_transpose2d(say, x, own.get('weight'), own.get('bias'), m.stride, m.padding, m.output_padding,
                            m.groups, m.dilation)


@function('linear')
def linear(say, input, weight, bias=None):
    path = say.owner(weight=weight, bias=bias)
    say.channels_last(input, 'linear')
    features = weight.tensor.shape[0]
    return say.emit('linear', [input], (features, *input.node.shape[1:]),
                    [*input.dims[:-1], [(0, 1, features)] if features > 1 else []], path=path,
                    features=features, bias=bias is not None)


@module('Linear')
def linear_module(say, m, x):
    own = weights_of(say, m)
    return linear(say, x, own.get('weight'), own.get('bias'))


@function('batch_norm')
def batch_norm(say, input, running_mean, running_var, weight=None, bias=None, training=False, momentum=.1, eps=1e-5):
    if running_mean is None or running_var is None or training:
        raise Unsaid('batch_norm without running statistics')
    path = say.owner(weight=weight, bias=bias, running_mean=running_mean, running_var=running_var)
    for name, tensor, value in ('weight', weight, 1.), ('bias', bias, 0.):
        if tensor is None:
            say.extra[f'{path}.{name}'] = torch.full_like(running_mean.tensor, value)
            say.notes.append(f'{path}: batch_norm has no {name}; it gets one of {value:g}, which training would change')
    if momentum is None:
        momentum = .1
        say.notes.append(f'{path}: batch_norm averages over all batches; training it would use momentum {momentum}')
    x = say.settled(input)
    return say.emit('batch_norm', [x], x.node.shape, path=path, eps=eps, momentum=momentum)


@function('torch.batch_norm')
def torch_batch_norm(say, input, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled=True):
    return batch_norm(say, input, running_mean, running_var, weight, bias, training, momentum, eps)


@module('FrozenBatchNorm2d')
def frozen_batch_norm(say, m, x):
    own = weights_of(say, m)
    say.notes.append(f'{say.path}: batch_norm is frozen in the module, and would be trained here')
    return batch_norm(say, x, own['running_mean'], own['running_var'], own['weight'], own['bias'], eps=m.eps)


@module('BatchNorm2d', 'BatchNorm1d', 'SyncBatchNorm')
def batch_norm_module(say, m, x):
    own = weights_of(say, m)
    return batch_norm(say, x, own.get('running_mean'), own.get('running_var'), own.get('weight'), own.get('bias'),
                      False, m.momentum, m.eps)


@function('layer_norm')
def layer_norm(say, input, normalized_shape, weight=None, bias=None, eps=1e-5, cudnn_enable=True):
    affine = weight is not None
    if affine != (bias is not None):
        raise Unsaid('layer_norm with a weight but no bias, or the other way round')
    path = say.owner(weight=weight, bias=bias) if affine else say.path
    if len(normalized_shape) == 3 and not affine:
        x = say.maps(input)
        return say.emit('group_norm', [x], x.node.shape, path=path, groups=1, eps=eps, affine=False)
    if len(normalized_shape) != 1:
        raise Unsaid(f'layer_norm over {len(normalized_shape)} dimensions')
    say.channels_last(input, 'layer_norm')
    return say.emit('layer_norm', [input], input.node.shape, input.dims, path=path, eps=eps, affine=affine)


@module('LayerNorm')
def layer_norm_module(say, m, x):
    own = weights_of(say, m)
    return layer_norm(say, x, m.normalized_shape, own.get('weight'), own.get('bias'), m.eps)


@function('group_norm')
def group_norm(say, input, num_groups, weight=None, bias=None, eps=1e-5, cudnn_enabled=True):
    path = say.owner(weight=weight, bias=bias) if weight is not None else say.path
    x = say.settled(input)
    return say.emit('group_norm', [x], x.node.shape, path=path, groups=num_groups, eps=eps, affine=weight is not None)


@module('GroupNorm')
def group_norm_module(say, m, x):
    own = weights_of(say, m)
    return group_norm(say, x, m.num_groups, own.get('weight'), own.get('bias'), m.eps)


@module('InstanceNorm2d')
def instance_norm(say, m, x):
    if m.track_running_stats:
        raise Unsaid('instance_norm with running statistics')
    x = say.maps(x)
    return say.emit('instance_norm', [x], x.node.shape, eps=m.eps, affine=m.affine)


@function('local_response_norm')
def local_response_norm(say, input, size, alpha=1e-4, beta=.75, k=1.):
    x = say.maps(input)
    return say.emit('local_response_norm', [x], x.node.shape, size=size, alpha=alpha, beta=beta, k=k)


# --- element by element -----------------------------------------------------------------------------


def each(say, op, x, **attrs):
    """An op that treats every element alike, whatever the order of dimensions."""
    say.known(x)
    return say.emit(op, [x], x.node.shape, x.dims, **attrs)


for plain in ('relu', 'relu6', 'sigmoid', 'silu', 'hardsigmoid', 'hardswish'):
    FUNCTIONS[plain] = lambda say, input, inplace=False, op=plain: each(say, op, input)


@function('leaky_relu')
def leaky_relu(say, input, negative_slope=.01, inplace=False):
    return each(say, 'leaky_relu', input, slope=negative_slope)


@function('elu')
def elu(say, input, alpha=1., inplace=False):
    return each(say, 'elu', input, alpha=alpha)


@function('gelu')
def gelu(say, input, approximate='none'):
    return each(say, 'gelu', input, approximate=approximate)


@function('softplus')
def softplus(say, input, beta=1, threshold=20):
    return each(say, 'softplus', input, beta=beta, threshold=threshold)


@function('clamp', 'clip')
def clamp(say, input, min=None, max=None):
    if isinstance(min, (View, Stored)) or isinstance(max, (View, Stored)):
        raise Unsaid('clamp between tensors')
    return each(say, 'clamp', input, **{key: value for key, value in (('min', min), ('max', max)) if value is not None})


@function('hardtanh')
def hardtanh(say, input, min_val=-1., max_val=1., inplace=False):
    return each(say, 'clamp', input, min=min_val, max=max_val)


@function('prelu')
def prelu(say, input, weight):
    path, count = say.owner(weight=weight), weight.tensor.numel()
    say.known(input)
    if count > 1 and not input.holds(0, 0):
        raise Unsaid('prelu over something else than the channels')
    return say.emit('prelu', [input], input.node.shape, input.dims, path=path, num_parameters=count)


@function('softmax')
def softmax(say, input, dim=None, _stacklevel=3, dtype=None):
    say.known(input)
    if dim is None or not input.holds(dim % len(say.shape) - 1, 0):
        raise Unsaid('softmax over something else than the channels')
    return each(say, 'softmax', input)


@function('dropout', 'feature_dropout')
def dropout(say, input, p=.5, training=True, inplace=False, op='dropout'):
    if training:
        raise Unsaid(f'{op} that also drops in evaluation (pass training=self.training)')
    return each(say, op, input, probability=p)


@function('dropout2d')
def dropout2d(say, input, p=.5, training=True, inplace=False):
    return dropout(say, say.maps(input), p, training, op='dropout2d')


@function('stochastic_depth')
def stochastic_depth(say, input, p, mode, training=True):
    if training:
        raise Unsaid('stochastic_depth that also drops in evaluation')
    return each(say, 'stochastic_depth', input, probability=p, mode=mode)


@module('DropPath')
def drop_path(say, m, x):
    return each(say, 'stochastic_depth', x, probability=float(m.drop_prob or 0))


@module('StochasticDepth')
def stochastic_depth_module(say, m, x):
    return stochastic_depth(say, x, m.p, m.mode, False)


def by_rule(name, *fields):
    """A module that is a function of its input and these fields of its own."""
    def rule(say, m, *inputs):
        return FUNCTIONS[name](say, *inputs, **{key: getattr(m, field) for key, field in fields})
    return rule


def same(*names):
    return [(name, name) for name in names]


MODULES.update({
    'ReLU': by_rule('relu'), 'ReLU6': by_rule('relu6'), 'Sigmoid': by_rule('sigmoid'), 'SiLU': by_rule('silu'),
    'Hardsigmoid': by_rule('hardsigmoid'), 'Hardswish': by_rule('hardswish'),
    'LeakyReLU': by_rule('leaky_relu', *same('negative_slope')), 'ELU': by_rule('elu', *same('alpha')),
    'GELU': by_rule('gelu', *same('approximate')), 'Softplus': by_rule('softplus', *same('beta', 'threshold')),
    'Hardtanh': by_rule('hardtanh', *same('min_val', 'max_val')), 'Softmax': by_rule('softmax', *same('dim')),
    'Softmax2d': lambda say, m, x: softmax(say, x, 1), 'Dropout2d': lambda say, m, x: dropout2d(say, x, m.p, False),
    'Dropout': lambda say, m, x: dropout(say, x, m.p, False), 'Identity': lambda say, m, x, *_: x,
    'PReLU': lambda say, m, x: prelu(say, x, weights_of(say, m)['weight']),
    'LocalResponseNorm': by_rule('local_response_norm', *same('size', 'alpha', 'beta', 'k')),
})


def spread(say, op, a, b):
    """Of two tensors, one of which may have sizes of 1. Both are brought to channels, rows, columns, in
    the order that the result's dimensions then have."""
    say.known(a)
    say.known(b)
    if len(a.dims) != len(b.dims):
        raise Unsaid(f'{op} of tensors with {len(a.dims) + 1} and {len(b.dims) + 1} dimensions')
    if a.node.shape == b.node.shape and a.dims == b.dims:
        return say.emit(op, [a, b], a.node.shape, a.dims)
    shape = [max(pair) for pair in zip(a.sizes(), b.sizes())]
    if shape not in (a.sizes(), b.sizes()):
        raise Unsaid(f'{op} of {a.sizes()} and {b.sizes()}, neither of which has the size of the result')
    for order in itertools.permutations(range(len(shape))):
        if all(view.holds(dim, axis) for view in (a, b) for axis, dim in enumerate(order)):
            result = [shape[dim] for dim in order]
            whole = View(Node(None, result)).dims
            return say.emit(op, [a, b], result, [whole[order.index(dim)] for dim in range(len(shape))])
    a, b = say.settled(a), say.settled(b)
    return say.emit(op, [a, b], shape)


def constant(say, values, like):
    """Numbers as nodes: one for all, or one for each channel."""
    ones = [1] * len(like.dims)
    if len(values) > 64:
        raise Unsaid(f'{say.function} with {len(values)} fixed numbers')
    parts = [say.emit('constant', [], ones, hint='constant', shape=ones, value=value) for value in values]
    if len(parts) == 1:
        return parts[0]
    return say.emit('concat', parts, [len(values), *ones[1:]], hint='constants')


def stored_as_view(say, stored, like, op):
    tensor = stored.tensor
    sizes = [1] * (len(like.dims) + 1 - tensor.dim()) + list(tensor.shape)
    if tensor.numel() > 1 and (sizes[0] != 1 or sizes[1] != tensor.numel() or not like.holds(0, 0)):
        raise Unsaid(f'{op} with a fixed tensor that is not one number, or one for each channel')
    return constant(say, [float(value) for value in tensor.flatten()], like)


def scaled(say, x, factor):
    return each(say, 'weighted_sum', x, weights=[float(factor)])


def trained_scale(say, x, stored):
    """A parameter times channels: its own node, which has its name."""
    count, say_dims = stored.tensor.numel(), len(x.dims)
    sizes = [1] * (say_dims + 1 - stored.tensor.dim()) + list(stored.tensor.shape)
    dim = next((d for d in range(say_dims) if x.holds(d, 0)), None)
    if dim is None or count != x.node.shape[0] or sizes[dim + 1] != count:
        raise Unsaid(f"mul by the parameter '{stored.name}', which is not one for each channel")
    return say.emit('scale', [x], x.node.shape, x.dims, path=stored.name)


def binary(say, op, a, b):
    if not isinstance(a, View) and op in ('add', 'mul', 'max', 'min'):
        a, b = b, a
    for value in (a, b):
        if isinstance(value, Stored) and value.trained and (op != 'mul' or value is a or not value.name):
            raise Unsaid(f"{op} with the parameter '{value.name}'" if value.name else
                         f'{op} with what is computed from parameters')
    if not isinstance(a, View):
        say.known(b)
        a = stored_as_view(say, a, b, op) if isinstance(a, Stored) else constant(say, [float(a)], b)
    say.known(a)
    if isinstance(b, Stored):
        if b.trained:
            return trained_scale(say, a, b)
        b = stored_as_view(say, b, a, op)
    elif not isinstance(b, View):
        if op in ('mul', 'div'):
            return scaled(say, a, b if op == 'mul' else 1 / b)
        b = constant(say, [float(b)], a)
    return spread(say, op, a, b)


@function('add', 'iadd')
def add(say, input, other, alpha=1):
    if alpha != 1 and isinstance(other, View):
        other = scaled(say, other, alpha)
    return binary(say, 'add', input, other if isinstance(other, (View, Stored)) else other * alpha)


@function('sub', 'isub')
def sub(say, input, other, alpha=1):
    if alpha != 1:
        raise Unsaid('sub with alpha')
    return binary(say, 'sub', input, other)


@function('rsub')
def rsub(say, input, other):
    return binary(say, 'sub', other, input)


@function('div', 'truediv', 'itruediv')
def div(say, input, other, rounding_mode=None):
    if rounding_mode:
        raise Unsaid('div that rounds')
    return binary(say, 'div', input, other)


for names, word in {('mul', 'imul'): 'mul', ('maximum',): 'max', ('minimum',): 'min'}.items():
    function(*names)(lambda say, input, other, op=word: binary(say, op, input, other))


@function('neg')
def neg(say, input):
    return scaled(say, input, -1)


@function('pow', 'ipow')
def power(say, input, exponent):
    if exponent != 2:
        raise Unsaid(f'pow with exponent {exponent}')
    return spread(say, 'mul', input, input)


@function('square')
def square(say, input):
    return spread(say, 'mul', input, input)


# --- pools and sizes --------------------------------------------------------------------------------


def window(kernel, stride):
    """The attributes of a pool's window; a stride of 0 is the kernel's."""
    stride = pair(stride) if stride else 0
    return {'kernel': pair(kernel), 'stride': 0 if stride == pair(kernel) else stride}


@function('max_pool2d', 'max_pool2d_with_indices')
def max_pool2d(say, input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    return_indices = isinstance(say.shape[0], list)
    x, shape = say.maps(input), say.shape[0][1:] if return_indices else out_sizes(say)
    pool = say.emit('max_pool', [x], shape, **window(kernel_size, stride), pad=pair(padding),
                    dilation=pair(dilation), ceil_mode=ceil_mode, indices=return_indices)
    return (pool, View(pool.node, output='indices')) if return_indices else pool


@function('max_unpool2d')
def max_unpool2d(say, input, indices, kernel_size, stride=None, padding=0, output_size=None):
    say.known(indices)
    like = indices.node.inputs[0]
    inputs = [say.maps(input), indices]
    if output_size is not None and list(output_size)[-2:] == list(like[0].shape[1:]):
        inputs.append(View(like[0], output=like[1]))
    elif output_size is not None:
        raise Unsaid('max_unpool2d to another size than that of what was pooled')
    return say.emit('max_unpool', inputs, out_sizes(say), **window(kernel_size, stride), pad=pair(padding))


@function('avg_pool2d')
def avg_pool2d(say, input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
               divisor_override=None):
    if divisor_override:
        raise Unsaid('avg_pool2d with divisor_override')
    return say.emit('avg_pool', [say.maps(input)], out_sizes(say), **window(kernel_size, stride),
                    pad=pair(padding), ceil_mode=ceil_mode, count_include_pad=count_include_pad)


@function('adaptive_avg_pool2d')
def adaptive_avg_pool2d(say, input, output_size):
    return say.emit('adaptive_avg_pool', [say.maps(input)], out_sizes(say), size=pair(out_sizes(say)[1:]))


@function('adaptive_max_pool2d')
def adaptive_max_pool2d(say, input, output_size, return_indices=False):
    x = say.maps(input)
    before, after = x.node.shape[1:], out_sizes(say)[1:]
    if return_indices or any(b % a for b, a in zip(before, after)):
        raise Unsaid(f'adaptive_max_pool2d of {list(before)} to {after}')
    return say.emit('max_pool', [x], out_sizes(say), kernel=pair([b // a for b, a in zip(before, after)]))


def reduced(say, x, dim, keepdim, what):
    """Over rows and columns, whole: what is left are the channels."""
    say.known(x)
    dims = [d % (len(x.dims) + 1) - 1 for d in (dim if isinstance(dim, (tuple, list)) else [dim])]
    factors = sorted(factor for d in dims if d >= 0 for factor in x.dims[d])
    rows_and_columns = [factor for part in View(x.node).dims[1:] for factor in part]
    if len(x.node.shape) != 3 or -1 in dims or factors != rows_and_columns:
        raise Unsaid(f'{what} over something else than rows and columns')
    return [[] if d in dims else part for d, part in enumerate(x.dims) if keepdim or d not in dims]


@function('mean')
def mean(say, input, dim, keepdim=False, dtype=None):
    left = reduced(say, input, dim, keepdim, 'mean')
    if keepdim:
        return say.emit('adaptive_avg_pool', [input], (input.node.shape[0], 1, 1), left, size=1)
    return say.emit('global_avg_pool', [input], input.node.shape[:1], left)


@function('amax')
def amax(say, input, dim, keepdim=False):
    left = reduced(say, input, dim, keepdim, 'amax')
    pool = say.emit('max_pool', [input], (input.node.shape[0], 1, 1), left, kernel=pair(input.node.shape[1:]))
    return say.reordered(pool)


@function('interpolate', 'upsample')
def interpolate(say, input, size=None, scale_factor=None, mode='nearest', align_corners=None,
                recompute_scale_factor=None, antialias=False):
    if mode not in ('nearest', 'bilinear') or antialias:
        raise Unsaid(f"interpolate with mode '{mode}'" + (' and antialias' if antialias else ''))
    x, target = say.maps(input), out_sizes(say)
    if scale_factor is not None and not recompute_scale_factor:
        scales = scale_factor if isinstance(scale_factor, (tuple, list)) else [scale_factor]
        how = {'scale': [float(scale) for scale in scales]}
    else:
        how = {'size': pair(target[1:])}
    return say.emit('resize', [x], target, **how, mode=mode, align_corners=bool(align_corners))


@function('upsample_nearest2d')
def upsample_nearest2d(say, input, output_size=None, scale_factors=None):
    return interpolate(say, input, output_size, scale_factors)


@function('upsample_bilinear2d')
def upsample_bilinear2d(say, input, output_size, align_corners, scale_factors=None):
    return interpolate(say, input, output_size, scale_factors, 'bilinear', align_corners)


def upsample(say, m, x):
    return interpolate(say, x, m.size, m.scale_factor, m.mode, m.align_corners)


@function('pad')
def pad(say, input, pad, mode='constant', value=None):
    say.known(input)
    sides = [(0, 0)] * 3
    for count, (before, after) in enumerate(zip(pad[::2], pad[1::2])):
        dim = len(input.dims) - 1 - count
        axis = next((a for a in range(3) if dim >= 0 and input.holds(dim, a)), None)
        if (before or after) and (axis is None or len(input.node.shape) != 3):
            raise Unsaid('pad of something else than channels, rows and columns')
        if before or after:
            sides[axis] = before, after
    if mode not in PADS or value or min(min(side) for side in sides) < 0:
        raise Unsaid(f"pad with mode '{mode}', value {value or 0} and {list(pad)}")
    (front, back), (top, bottom), (left, right) = sides
    if any(sides[0]) and mode != 'constant':
        raise Unsaid(f"pad of channels with mode '{mode}'")
    x = View(input.node, output=input.output)
    if any((top, bottom, left, right)):
        x = padded(say, x, PADS[mode], left, right, top, bottom)
    for count, first in ((front, True), (back, False)):
        if count:
            shape = [count, *x.node.shape[1:]]
            zeros = say.emit('constant', [], shape, hint='zeros', shape=shape)
            whole = [x.node.shape[0] + count, *x.node.shape[1:]]
            x = say.emit('concat', [zeros, x] if first else [x, zeros], whole, hint='concat')
    order = [next(a for a in range(3) if input.holds(dim, a)) for dim in range(3)]
    return x.with_dims([x.dims[axis] for axis in order])


def pad_module(mode):
    return lambda say, m, x: pad(say, x, list(both(m.padding) * (1 if isinstance(m.padding, tuple) else 2)), mode)


MODULES.update({
    'MaxPool2d': by_rule('max_pool2d', *same('kernel_size', 'stride', 'padding', 'dilation', 'ceil_mode',
                                             'return_indices')),
    'MaxUnpool2d': lambda say, m, x, indices, output_size=None: max_unpool2d(
        say, x, indices, m.kernel_size, m.stride, m.padding, output_size),
    'AvgPool2d': by_rule('avg_pool2d', *same('kernel_size', 'stride', 'padding', 'ceil_mode', 'count_include_pad',
                                             'divisor_override')),
    'AdaptiveAvgPool2d': by_rule('adaptive_avg_pool2d', *same('output_size')),
    'AdaptiveMaxPool2d': by_rule('adaptive_max_pool2d', *same('output_size', 'return_indices')),
    **dict.fromkeys(('Upsample', 'UpsamplingNearest2d', 'UpsamplingBilinear2d'), upsample),
    'ZeroPad2d': pad_module('constant'), 'ReflectionPad2d': pad_module('reflect'),
    'ReplicationPad2d': pad_module('replicate'),
})

# --- dimensions -------------------------------------------------------------------------------------


@function('contiguous', 'clone', 'detach', 'to', 'float', 'type_as', 'requires_grad', 'alias')
def unchanged(say, input, *_, **__):
    return input


@function('view', 'reshape', 'flatten', 'squeeze', 'unsqueeze', 'unflatten')
def reshape(say, input, *_, **__):
    say.known(input)
    if not say.shape or say.shape[0] != BATCH:
        raise Unsaid(f'{say.function} that mixes samples')
    return say.reordered(input.reshaped(list(say.shape[1:])))


@module('Flatten', 'Unflatten')
def reshape_module(say, m, x):
    return reshape(say, x)


@function('permute')
def permute(say, input, *dims):
    say.known(input)
    dims = dims[0] if len(dims) == 1 and isinstance(dims[0], (tuple, list)) else dims
    order = [dim % len(dims) for dim in dims]
    if order[0]:
        raise Unsaid('permute that moves samples')
    return input.with_dims([input.dims[dim - 1] for dim in order[1:]])


@function('transpose', 'swapaxes', 'swapdims')
def transpose(say, input, dim0, dim1):
    order = list(range(len(input.dims) + 1)) if isinstance(input, View) else []
    if order:
        order[dim0], order[dim1] = order[dim1], order[dim0]
    return permute(say, input, order)


@function('cat', 'concat', 'concatenate')
def cat(say, tensors, dim=0):
    for view in tensors:
        say.known(view)
    if len(tensors) == 1:
        return tensors[0]
    at = dim % (len(tensors[0].dims) + 1) - 1
    if len(tensors[0].dims) in (1, 3) and at == 0:
        views, order = [say.settled(view) for view in tensors], None
    else:
        views, order = tensors, tensors[0].dims
        if not all(v.holds(at, 0) and v.node.shape[1:] == views[0].node.shape[1:] for v in views):
            raise Unsaid('cat along something else than the channels')
    if len(views) > 64:
        raise Unsaid(f'cat of {len(views)} tensors')
    channels = sum(view.node.shape[0] for view in views)
    dims = order and [[(0, 1, channels)] if d == at else part for d, part in enumerate(order)]
    return say.emit('concat', views, (channels, *views[0].node.shape[1:]), dims, hint=None)


def taken(say, x, dim, start, stop, step=1):
    """A range of one dimension, as the op that says it."""
    axis = next((a for a in range(3) if x.holds(dim, a)), None)
    shape = list(x.node.shape)
    if axis is None or axis >= len(shape) or step < 1 or axis == 0 and step > 1:
        raise Unsaid('taking part of something else than channels, rows and columns')
    if stop - start != shape[axis]:
        shape[axis] = stop - start
        dims = [View(Node(None, shape)).dims[axis] if d == dim else part for d, part in enumerate(x.dims)]
        if axis == 0:
            return say.emit('slice', [x], shape, dims, hint='slice', start=start, count=stop - start)
        return say.emit('crop', [x], shape, dims, hint='crop', size=pair(shape[1:]), top=start * (axis == 1),
                        left=start * (axis == 2))
    return x


def thinned(say, x, steps):
    """Every so many rows and columns: a max_pool that sees one place each."""
    x = say.maps(x)
    shape = [x.node.shape[0]] + [-(-size // step) for size, step in zip(x.node.shape[1:], steps)]
    return say.emit('max_pool', [x], shape, hint='every', kernel=1, stride=pair(list(steps)))


@function('getitem')
def getitem(say, value, index):
    if not isinstance(value, View):
        item = value[index]
        return taken(say, item.view, item.dim, item.start, item.start + item.count) if isinstance(item, Part) else item
    say.known(value)
    index = list(index) if isinstance(index, tuple) else [index]
    if Ellipsis in index:
        at, have = index.index(Ellipsis), sum(i is not None for i in index) - 1
        index[at:at + 1] = [slice(None)] * (len(value.dims) + 1 - have)
    if not isinstance(index[0], slice) or index[0] != slice(None):
        raise Unsaid('taking samples out of the batch')
    x, dim, dropped, steps = value, 0, [], [1, 1, 1]
    for item in index[1:]:
        if item is None:
            x = x.with_dims([*x.dims[:dim], [], *x.dims[dim:]])
        elif isinstance(item, int):
            item %= x.sizes()[dim]
            x = taken(say, x, dim, item, item + 1)
            dropped.append(dim)
        elif isinstance(item, slice):
            start, stop, step = item.indices(x.sizes()[dim])
            x = taken(say, x, dim, start, stop, 1)
            steps[dim if dim < 3 else 0] = step
        else:
            raise Unsaid('taking elements by a list or a tensor')
        dim += 1
    if steps != [1, 1, 1]:
        if steps[0] != 1 or dropped:
            raise Unsaid('taking every so many channels')
        x = thinned(say, x, steps[1:])
    return x.with_dims([part for d, part in enumerate(x.dims) if d not in dropped]) if dropped else x


@function('slice')
def slice_of(say, input, dim=0, start=None, end=None, step=1):
    return getitem(say, input, (*[slice(None)] * (dim % len(say.shape)), slice(start, end, step)))


@function('select')
def select(say, input, dim, index):
    return getitem(say, input, (*[slice(None)] * (dim % (len(say.shape) + 1)), index))


@function('chunk', 'split', 'tensor_split', 'split_with_sizes')
def split(say, input, *_, dim=None, **__):
    """Into the sizes that the example's parts have."""
    say.known(input)
    sizes, result = say.shape, []
    whole = [BATCH, *input.sizes()]
    along = [d for d in range(len(whole)) if any(part[d] != whole[d] for part in sizes)] or [1]
    start = 0
    for part in sizes:
        result.append(Part(input, along[0] - 1, start, part[along[0]]))
        start += part[along[0]]
    if along[0] == 0:
        raise Unsaid(f'{say.function} of the batch')
    return tuple(result)


@function('channel_shuffle')
def channel_shuffle(say, input, groups):
    x = say.maps(input)
    return say.emit('channel_shuffle', [x], x.node.shape, groups=groups)


@module('ChannelShuffle')
def channel_shuffle_module(say, m, x):
    return channel_shuffle(say, x, m.groups)


@function('roll')
def roll(say, input, shifts, dims=None):
    say.known(input)
    moved = {'rows': 0, 'columns': 0}
    listed = (lambda value: value if isinstance(value, (tuple, list)) else [value])
    for shift, dim in zip(listed(shifts), listed(dims)):
        at = None if dim is None else dim % (len(input.dims) + 1) - 1
        if at is None or at < 0 or not (input.holds(at, 1) or input.holds(at, 2)) or len(input.node.shape) != 3:
            raise Unsaid('roll of something else than rows and columns')
        moved['rows' if input.holds(at, 1) else 'columns'] += shift
    return say.emit('roll', [input], input.node.shape, input.dims, **moved)


@function('_assert')
def nothing(say, *_, **__):
    return None


# --- the trace --------------------------------------------------------------------------------------


class Concrete(fx.Proxy):
    """A proxy that knows the example's value: its shape and type are plain."""

    def __getattr__(self, name):
        value = self.node.meta.get('value')
        if name in ('shape', 'ndim', 'dtype', 'device', 'layout', 'requires_grad') or name.startswith('is_'):
            return getattr(value, name)
        return super().__getattr__(name)

    def __len__(self):
        return len(self.node.meta['value'])

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __bool__(self):
        return bool(self.node.meta['value'])


class Tracer(fx.Tracer):
    """Traces while an example goes through: whatever is no tensor, such as a size or a comparison of
    sizes, is its value and not part of the trace. node.meta has `value`, and `scope`, the module in
    whose forward the node stands."""

    def __init__(self, examples):
        super().__init__()
        self.examples, self.scopes, self.running = list(examples), [''], False

    def is_leaf_module(self, m, path):
        return type(m).__name__ in MODULES or super().is_leaf_module(m, path)

    def proxy(self, node):
        return Concrete(node, self)

    def create_node(self, *args, **kwargs):
        node = super().create_node(*args, **kwargs)
        node.meta['scope'] = self.scopes[-1]
        return node

    def call_module(self, m, forward, args, kwargs):
        if self.running:
            return forward(*args, **kwargs)
        self.scopes.append(self.path_of_module(m))
        try:
            if self.is_leaf_module(m, self.scopes[-1]):
                path = self.scopes.pop()
                self.scopes.append(path.rpartition('.')[0])
                return self.create_proxy('call_module', path, args, kwargs)
            return forward(*args, **kwargs)
        finally:
            self.scopes.pop()

    def getattr(self, attr, attr_val, parameter_proxy_cache):
        return attr_val if self.running else super().getattr(attr, attr_val, parameter_proxy_cache)

    def _module_getattr(self, attr, attr_val, parameter_proxy_cache):
        return attr_val if self.running else super()._module_getattr(attr, attr_val, parameter_proxy_cache)

    def create_proxy(self, kind, target, args, kwargs, *more, **others):
        proxy = super().create_proxy(kind, target, args, kwargs, *more, **others)
        if kind == 'output':
            return proxy
        value = self.examples.pop(0) if kind == 'placeholder' else self.evaluate(proxy.node)
        proxy.node.meta['value'] = value
        if kind == 'placeholder' or has_tensor(value):
            return proxy
        self.graph.erase_node(proxy.node)
        return value

    def evaluate(self, node):
        args, kwargs = fx.node.map_arg((node.args, node.kwargs), self.value_of)
        self.running = True
        try:
            if node.op == 'get_attr':
                return attribute(self.root, node.target)
            if node.op == 'call_module':
                return self.root.get_submodule(node.target)(*args, **kwargs)
            if node.op == 'call_method':
                return getattr(args[0], node.target)(*args[1:], **kwargs)
            return node.target(*args, **kwargs)
        finally:
            self.running = False

    def value_of(self, node):
        if 'value' not in node.meta:
            node.meta['value'] = self.evaluate(node)
        return node.meta['value']


def attribute(root, path):
    for word in path.split('.'):
        root = getattr(root, word)
    return root


def has_tensor(value):
    if isinstance(value, dict):
        value = list(value.values())
    return isinstance(value, torch.Tensor) or (
        isinstance(value, (tuple, list)) and any(has_tensor(item) for item in value))


def shapes(value):
    if isinstance(value, torch.Tensor):
        return list(value.shape)
    if isinstance(value, (tuple, list)):
        return [shapes(item) for item in value]
    return None


def exported(model, examples):
    """The trace by torch.export of newer PyTorch, in the form that Tracer's has. What stands within a module
    of MODULES stands for it: node.meta['module']."""
    whole = torch.export.export(model, tuple(examples)).module()
    for node in list(whole.graph.nodes):
        if node.op == 'call_module':  # checks of the inputs
            whole.graph.erase_node(node)
            continue
        stack = list((node.meta.get('nn_module_stack') or {}).values())
        path = re.sub(r"^L\['self'\]\.?", '', stack[-1][0]) if stack else ''
        if path and type(model.get_submodule(path)).__name__ in MODULES:
            node.meta['module'], path = path, path.rpartition('.')[0]
        node.meta['scope'] = path
        node.meta['value'] = attribute(whole, node.target) if node.op == 'get_attr' else node.meta.get('val')
    return whole.graph


def traced(model, examples):
    with torch.no_grad():
        try:
            return Tracer(examples).trace(model)
        except Exception as error:
            if not hasattr(torch, 'export') or not hasattr(torch.export, 'export'):
                raise Unsaid(f'torch.fx can not trace it: {type(error).__name__}: {error}') from error
        try:
            return exported(model, examples)
        except Exception as error:
            raise Unsaid(f'neither torch.fx nor torch.export can trace it: {error}') from error


# --- along the trace --------------------------------------------------------------------------------


def function_name(node):
    name = node.target if isinstance(node.target, str) else getattr(node.target, '__name__', str(node.target))
    name = name.split('.')[0]  # torch.export's have overloads: add.Tensor
    if name == 'batch_norm' and node.target is not nn.functional.batch_norm:
        return 'torch.batch_norm'  # has its arguments in another order
    return name if name.startswith('_') else name.rstrip('_')


def call(say, rule, args, kwargs):
    try:
        inspect.signature(rule).bind(say, *args, **kwargs)
    except TypeError as error:
        raise Unsaid(f'{say.function} with such arguments ({error})') from None
    return rule(say, *args, **kwargs)


def say_module(say, node, args, kwargs):
    m, path = say.model.get_submodule(node.target), node.target
    kind = type(m).__name__
    say.function, say.calls[path] = kind, say.calls[path] + 1
    if hasattr(m, 'parametrizations') or hasattr(m, 'weight_g') or hasattr(m, 'weight_orig'):
        raise Unsaid(f'{kind} whose weight is computed from other parameters')
    if kind not in MODULES:
        raise Unsaid(f'{kind}: no op does that')
    if say.calls[path] > 1 and any(True for _ in m.parameters()):
        raise Unsaid(f'{kind} that is called more than once: a node has parameters of its own')
    say.path = path
    return call(say, MODULES[kind], (m, *args), kwargs)


def say_function(say, node, args, kwargs):
    say.path, name = node.meta.get('module'), function_name(node)
    say.function = name
    if node.op == 'call_function' and node.target is getattr:
        if args[1] in ('data',):
            return args[0]
        raise Unsaid(f"a tensor's attribute '{args[1]}'")
    if name not in FUNCTIONS:
        raise Unsaid(f'{name}: no op does that')
    return call(say, FUNCTIONS[name], args, kwargs)


def unsaid_view(value):
    """Stands for a tensor that can't be said, so that what follows is looked at, too."""
    if isinstance(value, torch.Tensor):
        return View(Node(None, value.shape[1:]))
    return tuple(unsaid_view(item) for item in value) if isinstance(value, (tuple, list)) else value


def as_shaped(say, view, value):
    """A check of our own: the view has the example's shape."""
    if isinstance(view, View) and view.node.op and isinstance(value, torch.Tensor):
        if [BATCH, *view.sizes()] != list(value.shape):
            raise Unsaid(f'{say.function} to {list(value.shape)}, which would be {[BATCH, *view.sizes()]} here')
    return view


def folded(reads, node, value):
    """What is computed from stored tensors is stored, too; reshaped, it is still the same one."""
    same_one = function_name(node) in ('view', 'reshape', 'flatten', 'unsqueeze', 'squeeze', 'contiguous', 'detach')
    trained = any(stored.trained for stored in reads)
    if not isinstance(value, torch.Tensor):
        return tuple(Stored(None, item, trained) for item in value)
    if node.op == 'call_module':
        return Stored(None, value, True)
    return Stored(reads[0].name if same_one else None, value, trained)


def say_node(say, node, env):
    args, kwargs = fx.node.map_arg((node.args, node.kwargs), lambda n: env[n])
    value = node.meta.get('value')
    say.here, say.shape = node.meta['scope'], shapes(value)
    if node.op == 'get_attr':
        tensor = value if value is not None else attribute(say.model, node.target)
        return Stored(node.target if node.target in say.state else None, tensor, node.target in say.parameters)
    reads = [env[n] for n in node.all_input_nodes]
    if reads and all(isinstance(value, Stored) for value in reads):
        return folded(reads, node, value)
    try:
        rule = say_module if node.op == 'call_module' else say_function
        return as_shaped(say, rule(say, node, args, kwargs), value)
    except Unsaid as error:
        say.lack(node.target if node.op == 'call_module' else node.meta['scope'], str(error))
    except Follows:
        pass
    except (TypeError, ValueError, IndexError, KeyError, AttributeError) as error:
        say.lack(node.meta['scope'], f'{say.function} in this way ({type(error).__name__}: {error})')
    return unsaid_view(value)


def results_of(say, value):
    """The network's outputs by name."""
    if isinstance(value, dict):
        named = {str(key): item for key, item in value.items()}
    elif isinstance(value, (tuple, list)):
        named = {'output' if i == 0 else f'output{i}': item for i, item in enumerate(value)}
    else:
        named = {'output': value}
    result = {}
    for name, item in named.items():
        say.here, say.path, say.function = '', None, 'output'
        try:
            result[name] = say.settled(item)
        except Unsaid as error:
            say.lack('', f"output '{name}': {error}")
        except Follows:
            pass
    return result


def say_all(model, examples, names):
    """The whole network: the Speaker, its input nodes, its outputs."""
    say = Speaker(model)
    say.state, say.parameters = dict(model.state_dict()), dict(model.named_parameters())
    graph, env, inputs, outputs = traced(model, examples), {}, [], {}
    say.graph = graph
    for node in graph.nodes:
        if node.op == 'placeholder':
            shape = examples[len(inputs)].shape[1:] if len(inputs) < len(examples) else ()
            inputs.append(Node('input', shape, path=names[len(inputs)] if len(inputs) < len(names) else node.name))
            env[node] = View(inputs[-1])
        elif node.op == 'output':
            outputs = results_of(say, fx.node.map_arg(node.args[0], lambda n: env[n]))
        else:
            env[node] = say_node(say, node, env)
    return say, inputs[:len(examples)], outputs

# --- nodes in order ---------------------------------------------------------------------------------


def joined_pools(nodes, outputs):
    """A mean of each channel that is only read as a vector is global_avg_pool."""
    readers = collections.Counter(ref[0] for node in nodes for ref in node.inputs)
    readers.update(view.node for view in outputs.values())
    for node in list(nodes):
        pool = node.inputs[0][0] if node.op == 'flatten' else None
        if pool and pool.op == 'adaptive_avg_pool' and pool.attrs['size'] == 1 and readers[pool] == 1:
            pool.op, pool.attrs, pool.shape = 'global_avg_pool', {}, node.shape
            pool.hint = pool.op if pool.hint == 'adaptive_avg_pool' else pool.hint
            nodes.remove(node)
            for reader in nodes:
                reader.inputs = [(pool, None) if ref[0] is node else ref for ref in reader.inputs]
            for name, view in outputs.items():
                if view.node is node:
                    outputs[name] = View(pool)


def chained(nodes):
    """A concatenation that goes on from another one reads that one."""
    before = {}
    for node in nodes:
        if node.op == 'concat':
            parts = tuple(node.inputs)
            if len(parts) > 2 and parts[:-1] in before:
                node.inputs = [(before[parts[:-1]], None), parts[-1]]
            before.setdefault(parts, node)


def living(nodes, outputs):
    needed = {view.node for view in outputs.values()}
    for node in reversed(nodes):
        if node in needed:
            needed.update(ref[0] for ref in node.inputs)
    return [node for node in nodes if node in needed]


def join(scope, name):
    return f'{scope}.{name}' if scope else name


def name_all(say, nodes, inputs):
    """Gives every node its path. Parameters' owners have theirs; of others with one name, numbers follow."""
    counts = collections.Counter(node.path for node in nodes if node.path)
    for node in nodes:
        if node.path and counts[node.path] > 1:
            if node.op in PARAMETERS:
                say.lack(node.path, f'{node.op} whose parameters are used more than once')
            else:
                node.scope, _, last = node.path.rpartition('.')
                node.path, node.hint = None, node.op if last.isdigit() else last
    taken_names = {name for name, _ in say.model.named_modules()} | {node.path for node in nodes + inputs}
    hints = collections.Counter((node.scope, node.hint) for node in nodes if not node.path)
    kept = {name for name, count in say.calls.items() if count > 1}
    for node in nodes:
        if node.path:
            continue
        plain, number = join(node.scope, node.hint), 0
        name = plain
        while name in taken_names and not (name in kept and hints[node.scope, node.hint] == 1) or (
                number == 0 and hints[node.scope, node.hint] > 1):
            number += 1
            name = f'{plain}{number}'
        node.path = name
        taken_names.add(name)


def state_of(say, nodes):
    """The tensors to write, and a complaint of those that are not where a node looks for them."""
    have, result = {**say.state, **say.extra}, {}
    for node in nodes:
        for role in PARAMETERS.get(node.op, ()):
            if role == 'bias' and not node.attrs.get('bias', True) or not node.attrs.get(
                    'affine', DEFAULTS[node.op].get('affine', True)):
                continue
            name = f'{node.path}.{role}'
            if name in have:
                result[name] = have[name]
            elif role != 'num_batches_tracked':
                say.lack(node.path, f"{node.op}: the state dict has no '{name}'")
        if node.op == 'scale':
            result[node.path] = have[node.path].reshape(node.shape[:1] + (1,) * (len(node.shape) - 1))
            if result[node.path].shape != have[node.path].shape:
                say.notes.append(f'{node.path}: written as {list(result[node.path].shape)}, '
                                 f'in the module {list(have[node.path].shape)}')
    left = sorted({name.rpartition('.')[0] or name for name in say.state if name not in result})
    if left and not say.lacks:
        say.notes.append('not written, for no node reads it: ' + ', '.join(left))
    return result


# --- blocks -----------------------------------------------------------------------------------------


class Entry:
    """A line of YAML: a node, or a call of a block. `reads` are (node, output) as in Node; `gives` is the
    node that its name stands for; `nodes` is all that is within."""

    def __init__(self, path, kind, what, attrs, reads, gives, nodes):
        self.path, self.kind, self.what, self.attrs = path, kind, what, attrs
        self.reads, self.gives, self.nodes = reads, gives, nodes


class Scope:
    """A module with more than a node of its own; `body` has Entries and Scopes, in order."""

    def __init__(self, path):
        self.path, self.body = path, []

    def height(self):
        return 1 + max((item.height() for item in self.body if isinstance(item, Scope)), default=0)

    def entries(self):
        for item in self.body:
            yield from item.entries() if isinstance(item, Scope) else [item]

    def scopes(self):
        for item in self.body:
            if isinstance(item, Scope):
                yield item
                yield from item.scopes()


def tree_of(nodes, modules):
    """The nodes in the modules that they belong to. A module that is left and entered again is none."""
    root = Scope('')
    stack = [root]
    for node in nodes:
        words = node.path.split('.')
        parents = ['.'.join(words[:count]) for count in range(1, len(words))]
        parents = [path for path in parents if path in modules]
        while stack[-1].path and stack[-1].path not in parents:
            stack.pop()
        for path in parents[len(stack) - 1:]:
            stack[-1].body.append(Scope(path))
            stack.append(stack[-1].body[-1])
        stack[-1].body.append(Entry(node.path, 'op', node.op, node.attrs, node.inputs, node, [node]))
    return root


def named(ref, entries, local):
    """What an entry calls the ref of a node within one of `entries`."""
    node, output = ref
    for entry in entries:
        if node in entry.nodes:
            name = local(entry.path)
            if node is not entry.gives:
                name += node.path[len(entry.path):]
            return f'{name}.{output}' if output else name
    return None


INPUT_NAMES = {1: ['input'], 2: ['first', 'second'], 3: ['first', 'second', 'third']}


class Shape:
    """How a scope would be as a block: its outside inputs, its lines with local names, its output."""

    def __init__(self, scope, all_readers):
        self.scope, self.entries = scope, list(scope.entries())
        self.nodes = [node for entry in self.entries for node in entry.nodes]
        within = set(self.nodes)
        self.inputs = list(dict.fromkeys(ref for e in self.entries for ref in e.reads if ref[0] not in within))
        given = [node for node in self.nodes if any(r not in within for r in all_readers[node])]
        self.gives = given[-1] if given else None
        names = INPUT_NAMES.get(len(self.inputs), [])
        self.names = dict(zip(self.inputs, names))
        cut = len(scope.path) + 1
        self.lines = [(e.path[cut:], e.kind, e.what, tuple(
            self.names.get(ref) or named(ref, self.entries, lambda path: path[cut:]) for ref in e.reads))
            for e in self.entries] if names else []
        self.output = next((i for i, e in enumerate(self.entries) if e.gives is self.gives), None)

    def key(self):
        return tuple(self.lines), self.output

    def fits(self):
        taken_names = {line[0] for line in self.lines}
        return bool(self.lines) and len(self.entries) > 1 and self.output is not None and not (
            taken_names & set(self.names.values()))


def attribute_columns(shapes, blocks):
    """For each line and attribute its value in every instance."""
    for i, (name, kind, what, _) in enumerate(shapes[0].lines):
        defaults = DEFAULTS.get(what, {}) if kind == 'op' else blocks[what].params
        keys = {key for shape in shapes for key in shape.entries[i].attrs}
        order = list(ORDER) if kind == 'op' else list(blocks[what].params)
        for key in sorted(keys, key=lambda key: (order.index(key) if key in order else len(order), key)):
            default = defaults.get(key)
            yield i, name, key, [shape.entries[i].attrs.get(key, default) for shape in shapes], default


class Block:
    """What several modules have in common. `params` are names with their defaults, or None."""

    def __init__(self, name, shapes, blocks):
        self.name, self.params, self.shape = name, {}, shapes[0]
        self.attrs = [{} for _ in shapes[0].lines]
        self.args = [{} for _ in shapes]
        names = {}
        for i, line, key, values, default in attribute_columns(shapes, blocks):
            if all(value == values[0] for value in values):
                if values[0] != default:
                    self.attrs[i][key] = values[0]
                continue
            column = repr(values)
            if column not in names:
                names[column] = self.param(line, key)
                self.params[names[column]] = default if default in values else None
            self.attrs[i][key] = '$' + names[column]
            for args, value in zip(self.args, values):
                if value != self.params[names[column]]:
                    args[names[column]] = value

    def param(self, line, key):
        word = re.sub(r'\W', '_', line)
        for name in (key, f'{key}_{word}' if word[0].isdigit() else f'{word}_{key}'):
            if name not in self.params:
                return name
        return f'{name}_{len(self.params)}'


def block_name(model, path, blocks):
    kind = type(model.get_submodule(path)).__name__
    if kind in ('Sequential', 'ModuleList', 'ModuleDict'):
        words = [word.rstrip('0123456789_') for word in path.split('.')]
        kind = ([word for word in words if word] or ['sequence'])[-1]
    name = re.sub(r'(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])', '_', kind).lower().strip('_')
    return next(n for n in itertools.chain([name], (f'{name}_{i}' for i in itertools.count(2))) if n not in blocks)


def find_blocks(model, root, outputs):
    """Puts calls in place of modules with equal structure, innermost first."""
    readers = collections.defaultdict(list)
    for node in (node for entry in root.entries() for node in entry.nodes):
        for ref in node.inputs:
            readers[ref[0]].append(node)
    for view in outputs.values():
        readers[view.node].append(None)
    blocks = {}
    for height in range(1, root.height()):
        alike = collections.defaultdict(list)
        for scope in root.scopes():
            if scope.height() == height:
                shape = Shape(scope, readers)
                if shape.fits():
                    alike[shape.key()].append(shape)
        for shapes in alike.values():
            if (len(shapes) - 1) * (len(shapes[0].lines) - 1) < 3:
                continue
            block = Block(block_name(model, shapes[0].scope.path, blocks), shapes, blocks)
            blocks[block.name] = block
            for shape, args in zip(shapes, block.args):
                path = shape.scope.path
                shape.scope.body = [Entry(path, 'block', block.name, args, shape.inputs, shape.gives, shape.nodes)]
                shape.scope.height = lambda value=height: value
    return blocks


# --- YAML -------------------------------------------------------------------------------------------


def scalar(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return '[' + ', '.join(scalar(item) for item in value) + ']'
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e9:
            return repr(int(value))
        digits, power, exponent = repr(value).partition('e')  # YAML 1.1 wants a point: 1.0e-06
        return digits + ('.0' if power and '.' not in digits else '') + power + exponent
    text = str(value)
    return text if re.fullmatch(r'\$?[\w.$-]+', text) or isinstance(value, int) else json.dumps(text)


def fields_text(pairs):
    return [f'{key}: {value}' for key, value in pairs]


def line_of(name, pairs, indent, width):
    """A node in flow style, or where that is too long one key a line."""
    fields = fields_text(pairs)
    start = f'{indent}{name}:'
    text = f'{start:<{width + len(indent) + 1}} {{{", ".join(fields)}}}'
    if len(text) <= WIDTH:
        return [text]
    text = f'{indent}  {{{", ".join(fields)}}}'
    lines = [start]
    if len(text) <= WIDTH:
        return [start, text]
    for field in fields:
        parts = [field] if len(indent) + 2 + len(field) <= WIDTH else wrapped(field, indent)
        lines += [f'{indent}  {part}' for part in parts]
    return lines


def wrapped(field, indent):
    """A long list on several lines."""
    key, _, value = field.partition(': ')
    lines, row = [], f'{key}: ['
    for word in value[1:-1].split(', '):
        if len(indent) + len(row) + len(word) + 4 > WIDTH:
            lines.append(row.rstrip())
            row = '  '
        row += f'{word}, '
    return [*lines, row[:-2] + ']']


def body(lines, indent, first='input'):
    """`lines` are (name, kind, what, reads, attrs). Reads that are the line before's are left out, and runs
    of one block are one line with `repeat`."""
    rows, before, i = [], first, 0
    while i < len(lines):
        name, kind, what, reads, attrs = lines[i]
        count = run_length(lines, i)
        pairs = [(kind, what)]
        if reads and (list(reads) != [before] or what == 'constant'):
            pairs.append(('from', scalar(reads[0] if len(reads) == 1 else list(reads))))
        pairs += [(key, scalar(value)) for key, value in attrs.items()]
        label = name
        if count > 1:
            stem, number = re.fullmatch(r'(.*?)(0|[1-9]\d*)', name).groups()
            letter = next(a for a in 'ijklmnopqrstuvwxyz' if scalar(f'{stem}${a}') not in dict(rows))
            label = f'{stem}${letter}'
            pairs.append(('repeat', f'{{{letter}: "{number}..{int(number) + count - 1}"}}'))
        i += count
        before = lines[i - 1][0]
        rows.append((scalar(label), pairs))
    width = max((len(name) for name, _ in rows if len(name) <= 24), default=0)
    return [text for name, pairs in rows for text in line_of(name, pairs, indent, width)]


def run_length(lines, i):
    """How many lines from i on are one block, numbered through, each reading the one before."""
    name, kind, what, reads, attrs = lines[i]
    match, count = re.fullmatch(r'(.*?)(0|[1-9]\d*)', name), 1
    if kind != 'block' or not match or i == 0 or list(reads) != [lines[i - 1][0]]:
        return 1
    while i + count < len(lines) and lines[i + count] == (
            f'{match[1]}{int(match[2]) + count}', kind, what, (lines[i + count - 1][0],), attrs):
        count += 1
    return count


def block_text(block):
    names = list(block.shape.names.values())
    lines = [f'  {block.name}:']
    if names != ['input']:
        lines.append(f'    inputs: [{", ".join(names)}]')
    params = [f'{key}: {"" if value is None else scalar(value)}' for key, value in block.params.items()]
    text = f'    params: {{{", ".join(params)}}}'
    if len(text) <= WIDTH:
        lines += [text] if params else []
    else:
        lines += ['    params:'] + [f'      {param}'.rstrip() for param in params]
    lines.append('    nodes:')
    listed = [(*line, attrs) for line, attrs in zip(block.shape.lines, block.attrs)]
    lines += body(listed, '      ', names[0])
    if block.shape.output != len(listed) - 1:
        lines.append(f'    output: {block.shape.lines[block.shape.output][0]}')
    return lines


def graph_text(name, origin, inputs, root, blocks, outputs):
    entries = list(root.entries())
    inside = [Entry(node.path, 'op', 'input', {}, [], node, [node]) for node in inputs] + entries
    refer = (lambda ref: named(ref, inside, lambda path: path))
    lines = [f'# {origin}, written by from_torch.py.', 'version: 1', f'graph: {scalar(name)}']
    if len(inputs) == 1:
        lines.append(f'input: {scalar(inputs[0].shape)}')
    else:
        lines += ['inputs:'] + [f'  {node.path}: {scalar(node.shape)}' for node in inputs]
    if blocks:
        lines += ['', 'blocks:']
        for i, block in enumerate(blocks.values()):
            lines += ([''] if i else []) + block_text(block)
    listed = [(e.path, e.kind, e.what, tuple(refer(ref) for ref in e.reads), e.attrs) for e in entries]
    lines += ['', 'nodes:'] + body(listed, '  ', inputs[0].path)
    refs = {key: refer(view.ref()) for key, view in outputs.items()}
    tail = [] if list(refs.items()) == [('output', entries[-1].path)] else [
        'outputs: {' + ', '.join(f'{scalar(key)}: {scalar(value)}' for key, value in refs.items()) + '}']
    return lines, tail, refs


# --- weights ----------------------------------------------------------------------------------------

TYPES = {torch.float32: 'F32', torch.float64: 'F64', torch.float16: 'F16', torch.bfloat16: 'BF16',
         torch.int64: 'I64', torch.int32: 'I32', torch.int16: 'I16', torch.int8: 'I8', torch.uint8: 'U8',
         torch.bool: 'BOOL'}


def bytes_of(tensor):
    tensor = tensor.detach().cpu().contiguous()
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.view(torch.int16)
    return tensor.numpy().tobytes()


def write_safetensors(path, tensors):
    header, offset, parts = {}, 0, []
    for name, tensor in tensors.items():
        parts.append(bytes_of(tensor))
        header[name] = {'dtype': TYPES[tensor.dtype], 'shape': list(tensor.shape),
                        'data_offsets': [offset, offset + len(parts[-1])]}
        offset += len(parts[-1])
    text = json.dumps(header).encode()
    text += b' ' * (-len(text) % 8)
    with open(path, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text)
        file.writelines(parts)


# --- the check --------------------------------------------------------------------------------------


def find_program(given):
    beside = pathlib.Path(__file__).resolve().parent.parent / 'build/interpreter/nontrivial'
    return given or shutil.which('nontrivial') or (str(beside) if beside.exists() else None)


def compared_part(ref, shape, image):
    """How an output is compared: lines that are added to the graph, the node that is then looked at, the key
    of its targets in the data set, and the rows that are seen."""
    if len(shape) == 1 or shape[1:] == image[1:] and 2 <= shape[0] < 256:
        return [], ref, 'test_labels' if len(shape) == 1 else 'test_masks', None
    lines, rows, name = [], None, ref
    if math.prod(shape) > CLASSES:
        count = CLASSES // (shape[0] * shape[2])
        top = (shape[1] - count) // 2
        rows, name = slice(top, top + count), 'from_torch_crop'
        size = scalar([count, shape[2]])
        lines.append(f'  {name}: {{op: crop, from: {scalar(ref)}, size: {size}, top: {top}, left: 0}}')
    lines.append(f'  from_torch: {{op: flatten, from: {scalar(name)}}}')
    return lines, 'from_torch', 'test_labels', rows


def answers(program, graph, weights, images, targets, classes):
    import numpy
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / 'graph.yaml').write_text(graph)
        numpy.save(folder / 'x.npy', images.numpy())
        shape = images[:, 0].shape if targets == 'test_masks' else images.shape[:1]
        numpy.save(folder / 'y.npy', numpy.zeros(shape, 'uint8'))
        subprocess.run([program, 'eval', folder / 'graph.yaml', '--weights', weights, '--quiet', '--data',
                        f'npy:{folder},test_images=x.npy,{targets}=y.npy,classes={classes}',
                        '--logits', folder / 'logits.npy'], check=True, stdout=subprocess.DEVNULL)
        return torch.from_numpy(numpy.load(folder / 'logits.npy'))


def compare(program, lines, refs, weights, model, shape):
    """Prints the largest relative difference of each output; returns whether all are small."""
    torch.manual_seed(1)
    images, fine = torch.randn(4, *shape), True
    with torch.no_grad():
        theirs = model(images)
    theirs = list(theirs.values()) if isinstance(theirs, dict) else theirs
    for (name, ref), value in zip(refs.items(), theirs if isinstance(theirs, (tuple, list)) else [theirs]):
        added, node, targets, rows = compared_part(ref, list(value.shape[1:]), shape)
        value = value if rows is None else value[:, :, rows]
        value = value.flatten(1) if targets == 'test_labels' else value
        graph = '\n'.join([*lines, *added, f'outputs: {{output: {scalar(node)}}}', ''])
        mine = answers(program, graph, weights, images, targets, value.shape[1])
        difference = ((mine - value).abs().max() / value.abs().max().clamp(min=1e-30)).item()
        fine = fine and difference <= WITHIN
        seen = '' if rows is None else f' (of rows {rows.start} to {rows.stop - 1})'
        print(f'{name}: largest relative difference {difference:.1e}{seen}')
    return fine


# --- the command ------------------------------------------------------------------------------------


def load_callable(text):
    place, _, name = text.rpartition(':')
    if place.endswith('.py'):
        path = pathlib.Path(place).resolve()
        sys.path.insert(0, str(path.parent))
        spec = importlib.util.spec_from_file_location(path.stem, path)
        source = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = source
        spec.loader.exec_module(source)
    else:
        sys.path.insert(0, os.getcwd())
        source = importlib.import_module(place)
    if not hasattr(source, name):
        raise ImportError(f"'{place}' has no '{name}'")
    return getattr(source, name)


def load_model(options):
    found = load_callable(options.what)
    if not isinstance(found, nn.Module):
        call_of = ast.parse(f'f({options.args})', mode='eval').body
        found = found(*[ast.literal_eval(arg) for arg in call_of.args],
                      **{word.arg: ast.literal_eval(word.value) for word in call_of.keywords})
    if options.state:
        found.load_state_dict(load_state(options.state))
    return found.cpu().eval()


def load_state(path):
    safe = 'weights_only' in inspect.signature(torch.load).parameters
    state = torch.load(path, map_location='cpu', **({'weights_only': True} if safe else {}))
    return state.get('state_dict', state)


def options_of(arguments):
    parser = argparse.ArgumentParser(description='Writes a PyTorch module as a graph file and its weights.')
    parser.add_argument('what', metavar='PACKAGE:CALLABLE', help='what makes the module, as '
                        'torchvision.models:resnet18 or mynets.py:Net')
    parser.add_argument('--out', metavar='DIR', type=pathlib.Path, required=True, help='folder for both files')
    parser.add_argument('--args', metavar='ARGUMENTS', default='', help='of the callable: num_classes=10, …')
    parser.add_argument('--input', metavar='SIZES', action='append', help='of an input, by default 3,224,224; '
                        'once for each')
    parser.add_argument('--state', metavar='FILE', help='a state dict to load')
    parser.add_argument('--name', help='of the network and the files; by default the callable\'s')
    parser.add_argument('--nontrivial', metavar='PATH', help='the program that checks the result')
    options = parser.parse_args(arguments)
    if ':' not in options.what:
        parser.error(f"'{options.what}' is not PACKAGE:CALLABLE")
    options.shapes = [[int(size) for size in text.split(',')] for text in options.input or ['3,224,224']]
    options.name = options.name or options.what.rpartition(':')[2].lower()
    return options


def input_names(model, count):
    if count == 1:
        return ['input']
    return list(inspect.signature(model.forward).parameters)[:count]


def complain(lacks):
    print('error: this can not be said:', file=sys.stderr)
    for place, what in lacks:
        print(f'  {place or "the network itself"}: {what}', file=sys.stderr)
    return 1


def convert(options, model):
    """Says the module; returns the text, the tensors, and notes. Raises Unsaid with a
    list of all that lacks."""
    torch.manual_seed(0)
    examples = [torch.randn(BATCH, *shape) for shape in options.shapes]
    say, inputs, outputs = say_all(model, examples, input_names(model, len(examples)))
    nodes = say.nodes
    if not say.lacks:
        joined_pools(nodes, outputs)
        nodes = living(nodes, outputs)
        chained(nodes)
        nodes = living(nodes, outputs)
    name_all(say, nodes, inputs)
    tensors = state_of(say, nodes)
    if say.lacks:
        raise Unsaid(say.lacks)
    root = tree_of(nodes, {name for name, _ in model.named_modules()})
    blocks = find_blocks(model, root, outputs)
    text = graph_text(options.name, options.what, inputs, root, blocks, outputs)
    return text, tensors, say.notes


def main(arguments):
    options = options_of(arguments)
    torch.manual_seed(0)  # for weights that nobody gave
    try:
        model = load_model(options)
    except (ImportError, OSError, RuntimeError, pickle.UnpicklingError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    try:
        (lines, tail, refs), tensors, notes = convert(options, model)
    except Unsaid as error:
        lacks = error.args[0]
        return complain(lacks if isinstance(lacks, list) else [('', lacks)])
    options.out.mkdir(parents=True, exist_ok=True)
    graph, weights = (options.out / f'{options.name}.{ending}' for ending in ('yaml', 'safetensors'))
    graph.write_text('\n'.join([*lines, *tail, '']))
    write_safetensors(weights, tensors)
    for note in notes:
        print(f'note: {note}')
    print(f'wrote {graph} and {weights}')
    program = find_program(options.nontrivial)
    if not program:
        print('not compared: nontrivial was not found; --nontrivial PATH says where it is')
        return 0
    if len(options.shapes) != 1 or len(options.shapes[0]) != 3:
        print('not compared: that takes a network with one input of channels, rows and columns')
        return subprocess.run([program, 'check', graph]).returncode and 1
    try:
        if compare(program, lines, refs, weights, model, options.shapes[0]):
            return 0
    except subprocess.CalledProcessError:
        return 1
    print('too far: this is not the same network', file=sys.stderr)
    return 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
