#!/usr/bin/env python3
"""graphs/from_torch.py on the small networks of from_torch_nets.py and torchvision's resnet18: each as a graph
file, run by the program, held against the module; and the whole list of what can't be said of one. Exits 77
(skipped) without PyTorch, which Debian has as python3-torch.

    from_torch.py NONTRIVIAL GRAPHS
"""
import contextlib
import importlib.util
import io
import json
import pathlib
import re
import struct
import sys
import tempfile

try:
    import numpy
    import torch
except ImportError as missing:
    print(f'skipped: {missing}')
    sys.exit(77)

HERE = pathlib.Path(__file__).resolve().parent
NETS = f'{HERE}/from_torch_nets.py'
WITHIN = 1e-5

# What must be in the graph file.
NETWORKS = {
    'Residual': ['layer1.$i:       {block: unit, channels: 8, repeat: {i: "0..2"}}',
                 'layer2.0.every:  {op: max_pool, from: layer1.2, kernel: 1, stride: 2}',
                 'drop:            {op: dropout, probability: 0.1}'],
    'Squeeze': ['global_avg_pool:   {op: global_avg_pool}', 'mul1:              {op: mul, from: [act1, sigmoid]}',
                'drop_path:         {op: stochastic_depth, probability: 0.2}'],
    'Shuffle': ['gain:            {op: scale}', 'channel_shuffle: {op: channel_shuffle, groups: 3}', '{op: slice, from: stem, start: 6, count: 6}'],
    'Permuted': ['blocks.$i:            {block: next, repeat: {i: "0..1"}}', 'gamma:       {op: scale}',
                 'norm:        {op: layer_norm, eps: 1.0e-06}'],
    'Maps': ['{op: max_unpool, from: [max, max_pool.indices], kernel: 2}', 'outputs: {output: resize1, aux: resize2}'],
}

LACKS = '''error: this can not be said:
  conv: conv2d with padding_mode 'circular'
  part.1: Tanh: no op does that
  the network itself: add with what is computed from parameters
  the network itself: add with the parameter 'bias'
  again: Conv2d that is called more than once: a node has parameters of its own
  the network itself: cumsum: no op does that
  attention: MultiheadAttention: no op does that
  the network itself: dropout that also drops in evaluation (pass training=self.training)
'''


def run(tool, *arguments):
    """The status, standard output and standard error of a run of the script."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = tool.main([str(word) for word in arguments])
    return status, out.getvalue(), err.getvalue()


def expect(holds, what):
    if not holds:
        raise SystemExit(what)


def random_state(nets, name, folder):
    """A state dict in which nothing is 0 or 1, in a file."""
    torch.manual_seed(7)
    state = getattr(nets, name)().state_dict()
    for key, tensor in state.items():
        if key.endswith(('running_var', 'weight')) and tensor.dim() == 1:
            tensor.uniform_(.5, 1.5)
        elif key.endswith(('running_mean', 'bias')):
            tensor.normal_(0, .3)
        elif key.endswith('num_batches_tracked'):
            tensor.fill_(12)
    torch.save(state, folder / f'{name}.pt')
    return state


def check_weights(path, state):
    """That the file has the module's tensors, counters too."""
    raw = path.read_bytes()
    length, = struct.unpack('<Q', raw[:8])
    for name, entry in json.loads(raw[8:8 + length]).items():
        begin, end = (8 + length + offset for offset in entry['data_offsets'])
        values = numpy.frombuffer(raw[begin:end], {'F32': '<f4', 'I64': '<i8'}[entry['dtype']])
        expect(numpy.array_equal(values, state[name].numpy().ravel()), f'{path}: {name} has other values')
    written = set(json.loads(raw[8:8 + length]))
    expect(written == {name for name in state if name != 'mean'}, f'{path}: not all tensors are there')


def check_differences(name, out):
    found = [float(number) for number in re.findall(r'largest relative difference (\S+)', out)]
    expect(found and max(found) < WITHIN, f'{name}: too far:\n{out}')
    print(f'{name}: {max(found):.1e}')


def main(nontrivial, graphs):
    torch.set_num_threads(1)
    spec = importlib.util.spec_from_file_location('from_torch_tool', f'{graphs}/from_torch.py')
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    nets = tool.load_callable(f'{NETS}:nn').Module and sys.modules['from_torch_nets']
    folder = pathlib.Path(tempfile.mkdtemp())
    options = '--nontrivial', nontrivial, '--out', folder
    for name, texts in NETWORKS.items():
        state = random_state(nets, name, folder)
        status, out, err = run(tool, f'{NETS}:{name}', '--input', '3,16,16', '--state', folder / f'{name}.pt', *options)
        expect(status == 0, f'{name}: status {status}\n{out}{err}')
        check_differences(name, out)
        graph = (folder / f'{name.lower()}.yaml').read_text()
        for text in texts:
            expect(text in graph, f"{name}: '{text}' is not in\n{graph}")
        check_weights(folder / f'{name.lower()}.safetensors', state)
    status, out, err = run(tool, f'{NETS}:Lacking', '--input', '3,16,16', *options)
    expect((status, out, err) == (1, '', LACKS), f'Lacking: status {status}\n{out}{err}')
    expect(not (folder / 'lacking.yaml').exists(), 'Lacking: a file was written')
    if importlib.util.find_spec('torchvision'):
        status, out, err = run(tool, 'torchvision.models:resnet18', '--args', 'num_classes=10', '--input', '3,40,40',
                               '--name', 'eighteen', *options)
        expect(status == 0, f'resnet18: status {status}\n{out}{err}')
        check_differences('resnet18', out)
    else:
        print('torchvision is not there: resnet18 was left out')


main(*sys.argv[1:])
