"""What ONNX's operator set 13 says of the operators that exported networks have, with PyTorch's functions: for what
OpenCV does not read, or computes otherwise. Only the attributes that exporting writes are known."""
import onnx
import onnx.numpy_helper
import torch
from torch.nn import functional

onnx_array = onnx.numpy_helper.to_array


def padded(x, pads, value=0., mode='constant'):
    """ONNX's pads of the last two axes, all those in front and then all those behind."""
    top, left, bottom, right = (int(p) for p in pads)
    return functional.pad(x, (left, right, top, bottom), mode, **({'value': value} if mode == 'constant' else {}))


def conv(has, x, w, b=None):
    return functional.conv2d(padded(x, has.get('pads', [0] * 4)), w, b, has.get('strides', [1, 1]), 0,
                             has.get('dilations', [1, 1]), has.get('group', 1))


def conv_transpose(has, x, w, b=None):
    return functional.conv_transpose2d(x, w, b, has['strides'], has['pads'][:2], has['output_padding'], has['group'],
                                       has['dilations'])


def max_pool(has, x):
    rows, columns = x.shape[2:]
    pads = has['pads']
    pooled, found = functional.max_pool2d(padded(x, pads, -torch.inf), has['kernel_shape'], has['strides'],
                                          dilation=has.get('dilations', [1, 1]), return_indices=True)
    wide = columns + pads[1] + pads[3]
    place = (found // wide - pads[0]) * columns + found % wide - pads[1]
    maps = torch.arange(x.shape[0] * x.shape[1]).reshape(*x.shape[:2], 1, 1)
    return pooled, place + maps * rows * columns


def max_unpool(has, x, found):
    size = [(x.shape[2 + d] - 1) * has['strides'][d] - 2 * has.get('pads', [0, 0])[d] + has['kernel_shape'][d]
            for d in (0, 1)]
    made = torch.zeros(x.shape[0], x.shape[1], *size)
    made.view(-1)[found.reshape(-1)] = x.reshape(-1)
    return made


def average_pool(has, x):
    pads, steps = has.get('pads', [0] * 4), (has['kernel_shape'], has.get('strides', [1, 1]))
    counted = padded(torch.ones_like(x), pads, float(has.get('count_include_pad', 0)))
    return functional.avg_pool2d(padded(x, pads), *steps) / functional.avg_pool2d(counted, *steps)


def resize(has, x, _, scales):
    size = [int(x.shape[2 + d] * float(scales[2 + d])) for d in (0, 1)]
    if has['mode'] == b'nearest':
        for axis in (2, 3):
            places = torch.floor(torch.arange(size[axis - 2]) / scales[axis]).long()
            x = x.index_select(axis, places)
        return x
    return functional.interpolate(x, size if b'align' in has['coordinate_transformation_mode'] else None,
                                  None if b'align' in has['coordinate_transformation_mode'] else
                                  tuple(float(s) for s in scales[2:]), 'bilinear',
                                  b'align' in has['coordinate_transformation_mode'])


def local_response_norm(has, x):
    before, behind = (has['size'] - 1) // 2, has['size'] // 2
    squares = functional.pad((x * x).movedim(1, -1), (before, behind)).unfold(-1, has['size'], 1).sum(-1).movedim(-1, 1)
    return x / (has['bias'] + has['alpha'] / has['size'] * squares) ** has['beta']


def normalised(has, x, axes, w, b):
    channels = (1, -1) + (1,) * (x.dim() - 2)
    apart = x - x.mean(axes, True)
    return apart / (apart.square().mean(axes, True) + has['epsilon']).sqrt() * w.reshape(channels) + b.reshape(channels)


def batch_norm(has, x, w, b, mean, variance):
    return functional.batch_norm(x, mean, variance, w, b, False, 0, has['epsilon'])


def sliced(_, x, starts, ends, axes):
    return x.narrow(int(axes[0]), int(starts[0]), int(ends[0] - starts[0]))


def pad(has, x, pads):
    assert not pads[:2].any() and not pads[4:6].any()
    mode = {b'constant': 'constant', b'reflect': 'reflect', b'edge': 'replicate'}[has.get('mode', b'constant')]
    return padded(x, [pads[2], pads[3], pads[6], pads[7]], mode=mode)


def reshape(_, x, shape):
    return x.reshape([x.shape[i] if s == 0 else int(s) for i, s in enumerate(shape)])


OPERATORS = {
    'Conv': conv, 'ConvTranspose': conv_transpose, 'MaxPool': max_pool, 'MaxUnpool': max_unpool,
    'AveragePool': average_pool, 'Resize': resize, 'LRN': local_response_norm, 'Slice': sliced, 'Pad': pad,
    'Reshape': reshape, 'BatchNormalization': batch_norm,
    'InstanceNormalization': lambda has, x, w, b: normalised(has, x, tuple(range(2, x.dim())), w, b),
    'Gemm': lambda has, x, w, b=0: x @ w.T + b,
    'MatMul': lambda has, x, w: x @ w,
    'GlobalAveragePool': lambda has, x: x.mean((2, 3), True),
    'ReduceMean': lambda has, x: x.mean(tuple(has['axes']), True),
    'Flatten': lambda has, x: x.reshape(x.shape[0], -1),
    'Transpose': lambda has, x: x.permute(*has['perm']),
    'Concat': lambda has, *x: torch.cat(x, has['axis']),
    'Gather': lambda has, x, places: x.index_select(has['axis'], places),
    'Shape': lambda has, x: torch.tensor(x.shape),
    'Expand': lambda has, x, shape: x.expand(*shape.tolist()),
    'Constant': lambda has: torch.from_numpy(onnx_array(has['value']).copy()),
    'Unsqueeze': lambda has, x, axes: x.unsqueeze(int(axes[0])),
    'Identity': lambda has, x: x,
    'Relu': lambda has, x: x.relu(),
    'LeakyRelu': lambda has, x: functional.leaky_relu(x, has['alpha']),
    'PRelu': lambda has, x, slope: torch.where(x > 0, x, slope * x),
    'Elu': lambda has, x: functional.elu(x, has['alpha']),
    'Sigmoid': lambda has, x: x.sigmoid(),
    'HardSigmoid': lambda has, x: (has['alpha'] * x + has['beta']).clamp(0, 1),
    'Softplus': lambda has, x: functional.softplus(x),
    'Softmax': lambda has, x: x.softmax(has['axis']),
    'Clip': lambda has, x, least=None, most=None: x.clamp(least, most),
    'Erf': lambda has, x: x.erf(),
    'Tanh': lambda has, x: x.tanh(),
    'Sqrt': lambda has, x: x.sqrt(),
    'Pow': lambda has, x, y: x ** y,
    'Add': lambda has, x, y: x + y,
    'Sub': lambda has, x, y: x - y,
    'Mul': lambda has, x, y: x * y,
    'Div': lambda has, x, y: x / y,
    'Max': lambda has, x, y: torch.maximum(x, y),
    'Min': lambda has, x, y: torch.minimum(x, y),
    'Greater': lambda has, x, y: x > y,
    'Where': lambda has, which, x, y: torch.where(which, x, y),
}


def compute(model, images):
    """The first output of a model that has one input."""
    values = {tensor.name: torch.from_numpy(onnx_array(tensor).copy()) for tensor in model.graph.initializer}
    values.update({'': None, model.graph.input[0].name: torch.from_numpy(images)})
    for node in model.graph.node:
        has = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        made = OPERATORS[node.op_type](has, *(values[name] for name in node.input))
        values.update(zip(node.output, made if isinstance(made, tuple) else (made,)))
    return values[model.graph.output[0].name].numpy()
