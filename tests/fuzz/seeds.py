"""Seeds and dictionaries of the fuzz targets: from what ships, from what the program writes, and by hand.

    seeds.py NONTRIVIAL SOURCE FOLDER     FOLDER/TARGET/… and FOLDER/TARGET.dict
"""
import base64
import io
import json
import pathlib
import pickle
import random
import re
import struct
import subprocess
import sys
import types
import zlib


def graphs(source):
    """Each with the blocks that it includes in itself, where they are one file."""
    for path in sorted((source / 'graphs').glob('*.yaml')):
        lines, blocks = path.read_text().splitlines(keepends=True), ''
        for line in lines:
            if line.startswith('include:') and '[' not in line:
                text = (source / 'graphs' / line.split()[1]).read_text()
                blocks = text[text.index('blocks:'):]
        if any(line.startswith('blocks:') for line in lines):
            blocks = ''
        yield path.name, ''.join(line for line in lines if not (blocks and line.startswith('include:'))) + blocks
    for path in sorted((source / 'tests/unit/yaml').rglob('*.yaml')):
        yield path.name, path.read_text()
    yield 'tiny', ('version: 1\ngraph: t\nparams: {width: 2}\ninput: [1, 4, 4]\nblocks:\n'
                   '  unit: {params: {channels: 2}, nodes: {0: {op: relu}, 1: {op: conv2d, channels: $channels, kernel: 1}}}\n'
                   'nodes:\n  c: {op: conv2d, channels: $width, kernel: 3, pad: 1}\n'
                   '  u$i: {block: unit, channels: "${width}", repeat: {i: "1..2"}}\n'
                   '  s: {op: add, from: [c, u1]}\n  p: {op: global_avg_pool}\noutputs: [p]\n')
    yield 'aliases', 'version: 1\ngraph: t\ninput: [1, 1, 1]\nnodes:\n  a: &x {op: relu}\n  b: *x\n  c: *x\n'


EXPRESSIONS = ['$n', '${n + 1}', '$name-${n}', '${x * 2}', '${n // 2}', '$$n', '${list[1]}', '${#list}', '${input.channels}',
               '${flag and 1 or 2}', "${('%d'):format(n)}", '${math.floor(x)}', '${table.concat(list, ",")}', '${unknown + 1}',
               '${name:upper()}', "${('x'):rep(1000)}", '${{1, 2, 3}}', '${{a = 1}}', '${(function() return n end)()}',
               '${string.format("%p", list)}', '${list[3]}', '${nope}', '${', '${}', '${1//0}', '${n == 7}']

HOOKS = ['return function(net) return {} end\n',
         'return function(net)\n  local cases = {}\n  for i, c in ipairs(net:nodes("conv2d")) do\n'
         '    cases[i] = {name = c.name, zero = {c}}\n  end\n  return cases, "remark"\nend\n',
         'return function(net)\n  local r = net:evaluate{zero = {"conv1"}}\n  print(r.value, r.change)\n'
         '  return {{name = "a", noise = "conv2", deviation = 0.5, seed = 1}}\nend\n',
         'return function(net)\n  local a = net:evaluate_all{{zero = {"conv1"}}, {mean = "conv2"}}\n'
         '  return {{name = "b", zero = {"conv1", "conv2"}}}, {remark = "r", control_of = "g/c"}\nend\n',
         'return function(net)\n  local t = {}\n  for _, n in ipairs(net:nodes{name = "conv*"}) do t[#t + 1] = n end\n'
         '  table.sort(t, function(a, b) return a.index < b.index end)\n'
         '  return {{name = ("%s"):format(t[1].name), prune = t, share = 0.5}}\nend\n',
         'return function(net) while true do end end\n',
         'return function(net) local ok, why = pcall(error, "x") error(why .. net:node("conv3").name) end\n']

SQL = ['UPDATE shard SET number = 5 WHERE number = 1;\n', 'UPDATE measured SET samples = 2147483647;\n',
       "UPDATE shard SET outcomes = X'0001';\n", 'UPDATE shard SET loss = NULL;\n', 'INSERT INTO sample VALUES (0, 5);\n',
       "PRAGMA writable_schema = 1;\nUPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '');\n",
       'CREATE TRIGGER t AFTER INSERT ON shard BEGIN DELETE FROM shard; END;\n', 'PRAGMA user_version = 3;\n',
       "UPDATE result SET decide = 'true', samples = 7, decision = 'trivial';\n", 'CREATE VIEW v AS SELECT 1;\n',
       b'\x10\x00\x01\x60\x00\x02', bytes(range(200))]

CHECKPOINTS = [{}, {'epoch': '0', 'step': '1'}, {'epoch': '2', 'step': '2'}, {'epoch': '3', 'step': '0'},
               {'epoch': '-1'}, {'step': '1000000'}, {'epoch': '2147483647', 'step': '2147483647'}, {'loss_sum': 'nan'},
               {'correct': '-9223372036854775808'}, {'counted': '0'}, {'seconds': '-inf'}, {'numerics': None},
               {'tensors': ''}, {'build': 'x'}, {'epoch': '1x'}, {'step': ''}]

OVERLAYS = [[], [{'group': 'g', 'case': 'c', 'sample': 3, 'name': 'n', 'value': 0.5, 'file': 'a.png'},
                 {'group': 'g', 'case': 'baseline', 'sample': 3, 'value': None, 'file': 'a.png'}],
            [{'case': 'c', 'file': '../secret', 'sample': 1}], {'file': 'a.png'}, [1, None, 'x', []]]

METRICS = ['epoch,rate,loss,accuracy,held_out_loss,held_out_accuracy,seconds\n1,0.1,2.3,0.5,,,1.000\n2,0.1,1.2,0.6,2,0.4,1\n',
           'epoch\n', '1,,,,,,\n', 'h\n1,nan,inf,-inf,0x1p3,1e400,1\n', 'h\n3000000000,1,1,1,1,1,1\n']


def suites(source):
    """As they ship, and so that what they name is beside them in the target's folder."""
    for path in (*sorted((source / 'experiments').glob('*.yaml')), *sorted((source / 'experiments/init').rglob('suite.yaml')),
                 *sorted((source / 'tests/cli/cases').glob('*/suite.yaml'))):
        text = path.read_text()
        yield text
        yield re.sub(r'(hook: )[\w./-]+', r'\1each.lua', re.sub(r'(graph: )[\w./-]+', r'\1net.yaml', text))


def safetensors():
    def headed(tensors, data):
        return json.dumps(tensors).encode() + b'\0' + data

    weight = {'dtype': 'F32', 'shape': [3, 2], 'data_offsets': [0, 24]}
    bias = {'dtype': 'F32', 'shape': [3], 'data_offsets': [24, 36]}
    yield headed({'__metadata__': {'format': 'pt'}, 'fc.weight': weight, 'fc.bias': bias}, bytes(36))
    yield headed({'fc.weight': {**weight, 'dtype': 'F64', 'data_offsets': [0, 48]},
                  'fc.bias': {**bias, 'dtype': 'BF16', 'data_offsets': [48, 54]}}, bytes(54))
    yield headed({'a': {'dtype': 'I64', 'shape': [], 'data_offsets': [0, 8]}}, bytes(8))
    yield headed({}, b'')


def pickles():
    """What torch.save puts into its archives, without PyTorch."""
    torch, utils = types.ModuleType('torch'), types.ModuleType('torch._utils')
    known = {name: sys.modules.get(name) for name in ('torch', 'torch._utils')}

    class FloatStorage:
        pass

    def rebuild(*parts):
        return parts

    FloatStorage.__module__, FloatStorage.__qualname__ = 'torch', 'FloatStorage'
    rebuild.__module__, rebuild.__qualname__, rebuild.__name__ = 'torch._utils', '_rebuild_tensor_v2', '_rebuild_tensor_v2'
    torch.FloatStorage, utils._rebuild_tensor_v2 = FloatStorage, rebuild
    torch._utils = utils
    sys.modules.update({'torch': torch, 'torch._utils': utils})

    class Storage:
        pass

    class Tensor:
        def __init__(self, *shape):
            self.shape = shape

        def __reduce__(self):
            strides = tuple(int(__import__('math').prod(self.shape[i + 1:])) for i in range(len(self.shape)))
            return rebuild, (Storage(), 0, self.shape, strides, False, {})

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            return ('storage', FloatStorage, '0', 'cpu', 16) if isinstance(value, Storage) else None

    try:
        for value in ({'fc.weight': Tensor(3, 2), 'fc.bias': Tensor(3)}, {'state_dict': {'w': Tensor(2, 2, 2)}, 'epoch': 3},
                      {'a': [1, 2.5, None, True, 'x', (1, 2)], 'b': Tensor()}):
            for protocol in (2, 4):
                file = io.BytesIO()
                Pickler(file, protocol).dump(value)
                yield file.getvalue()
    finally:
        for name, module in known.items():
            sys.modules.pop(name)
            if module:
                sys.modules[name] = module


def arrays():
    for type_, order, shape, size in (('<f4', False, '(2, 3)', 24), ('|u1', False, '(2, 2, 2)', 8), ('>i2', True, '(3, 2)', 12),
                                      ('|b1', False, '(4,)', 4), ('<f8', True, '(1, 2, 2, 1)', 32), ('<f2', False, '(0, 3)', 0)):
        header = f"{{'descr': '{type_}', 'fortran_order': {order}, 'shape': {shape}, }}"
        yield header.encode() + bytes(range(size))
        yield b'\x93NUMPY\x01\0' + struct.pack('<H', len(header) + 1) + header.encode() + b'\n' + bytes(size)


def volumes():
    for code, bits, dims in ((2, 8, (3, 2, 2, 1)), (16, 32, (4, 2, 2, 1, 2)), (4, 16, (3, 3, 1, 2))):
        head = bytearray(352)
        struct.pack_into('<i', head, 0, 348)
        struct.pack_into(f'<{len(dims)}h', head, 40, *dims)
        struct.pack_into('<hh', head, 70, code, bits)
        struct.pack_into('<8f', head, 76, 1, 1, 1, 1, 1, 0, 0, 0)
        struct.pack_into('<fff', head, 108, 352, 1, 0)
        struct.pack_into('<hh', head, 252, 0, 1)
        struct.pack_into('<12f', head, 280, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0)
        head[344:348] = b'n+1\0'
        yield bytes(head) + bytes(64)


def pngs():
    def chunk(name, data):
        return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))

    for depth, kind, channels, extra in ((8, 0, 1, b''), (8, 2, 3, b''), (16, 0, 2, b''), (8, 6, 4, b''), (1, 0, 1, b''),
                                         (8, 3, 1, chunk(b'PLTE', bytes(range(12))) + chunk(b'tRNS', b'\0\1'))):
        rows = b''.join(b'\0' + bytes(i % 4 for i in range(3 * channels if depth > 1 else 1)) for _ in range(2))
        yield (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 3, 2, depth, kind, 0, 0, 0)) + extra +
               chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))


def tiffs():
    for bits, kind, samples in ((8, 1, 1), (16, 1, 1), (8, 2, 3), (32, 1, 1)):
        size = 3 * 2 * samples * bits // 8
        entries = [(256, 3, 1, 3), (257, 3, 1, 2), (258, 3, 1, bits), (259, 3, 1, 1), (262, 3, 1, kind), (273, 4, 1, 8),
                   (277, 3, 1, samples), (278, 3, 1, 2), (279, 4, 1, size), (339, 3, 1, 3 if bits == 32 else 1)]
        if samples == 3:
            entries[2] = (258, 3, 3, 8 + size)
        more = struct.pack('<3H', bits, bits, bits)
        at = 8 + size + len(more)
        yield (b'II*\0' + struct.pack('<I', at) + bytes(size) + more + struct.pack('<H', len(entries)) +
               b''.join(struct.pack('<HHII', *entry) for entry in entries) + bytes(4))


JPEG = ('/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////'
        '////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=')
WEBP = ['UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==', 'UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAwA0JaQAA3AA/vuUAAA=']


def idx():
    images = struct.pack('>4I', 0x803, 3, 2, 3) + bytes(range(18))
    labels = struct.pack('>2I', 0x801, 3) + bytes([0, 1, 2])
    for flags in (0, 1, 7):
        yield bytes([flags]) + struct.pack('<H', len(images)) + images + labels
    yield bytes([7]) + struct.pack('<H', 100) + bytes(200)
    packed = zlib.compressobj(wbits=31)
    yield bytes([0]) + struct.pack('<H', 60) + packed.compress(images) + packed.flush()


def of_a_run(program, source, folder):
    """Files that the program itself writes."""
    sys.path.insert(0, str(source / 'tests' / 'cli'))
    import small_run
    suite, run = small_run.write_suite(folder, 1200, epochs=2), folder / 'run'
    subprocess.run([program, 'run', suite, '--out', run, '--quiet', '--threads', '1'], check=True, capture_output=True)
    packed = (run / 'outcomes.bin').read_bytes()
    length, = struct.unpack('<Q', packed[:8])
    yield 'results', [(run / 'results.json').read_bytes()]
    yield 'metrics', [(run / 'seed-3' / 'metrics.csv').read_bytes(), *METRICS]
    yield 'packed', [packed, packed[8:8 + length].rstrip() + b'\0' + packed[8 + length:]]
    key = '0' * 64
    case = {'group': 'baseline', 'case': 'baseline', 'key': key, 'numerics': 'n',
            'bins': [{'images': 1, 'right': 1, 'confidence': 0.5}] * 15}
    reliability = run / 'reliability.json'
    yield 'reliability', [reliability.read_bytes() if reliability.exists() else b'',
                          json.dumps({'version': 1, 'seed': 0, 'cases': [case]}).encode()]


def every_target(program, source, scratch):
    """Names with their seeds, texts or bytes."""
    draw = random.Random(20090)
    yield 'network', [text for _, text in graphs(source) if len(text) < 6000]
    yield 'expansion', [bytes(draw.randrange(256) for _ in range(40 * n)) for n in range(1, 9)]
    yield 'expression', EXPRESSIONS
    yield 'hook', HOOKS + [path.read_text() for path in sorted((source / 'experiments/lua').glob('*.lua'))]
    yield 'suite', list(suites(source))
    yield 'safetensors', list(safetensors())
    yield 'pytorch', list(pickles())
    yield 'npy', list(arrays())
    yield 'nifti', list(volumes())
    yield 'idx', list(idx())
    yield 'cifar', [bytes([flags]) + bytes(range(12)) for flags in range(4)]
    yield 'png', list(pngs())
    yield 'jpeg', [base64.b64decode(JPEG)]
    yield 'tiff', list(tiffs())
    yield 'webp', [base64.b64decode(text) for text in WEBP]
    yield 'matlab', [b'', bytes(range(60))]
    yield 'checkpoint', [json.dumps(changes) for changes in CHECKPOINTS]
    yield 'store', SQL
    yield 'overlays', [json.dumps(overlays) for overlays in OVERLAYS]
    yield from of_a_run(program, source, scratch)


def words_of(schema, found):
    """Names of members and choices, however deep."""
    if isinstance(schema, dict):
        found.update(schema.get('properties', {}))
        found.update(word for word in schema.get('enum', []) if isinstance(word, str))
        if isinstance(schema.get('const'), str):
            found.add(schema['const'])
        for value in schema.values():
            words_of(value, found)
    elif isinstance(schema, list):
        for value in schema:
            words_of(value, found)
    return found


def dictionaries(program):
    def schema(kind):
        return words_of(json.loads(subprocess.run([program, 'schema', kind], check=True, capture_output=True).stdout), set())

    graph, results = schema('graph'), schema('results')
    yield 'network', graph | {'${', '}', '$', ': ', '- ', '&a', '*a', '<<', '\n  ', '1..3', '!!'}
    yield 'suite', schema('suite') | {': ', '- ', '\n  ', '[', ']', '{', '}'}
    for target in 'results', 'packed', 'reliability', 'overlays':
        yield target, results | {'null', 'true', '\\u0000', '[]', '{}', '1e400'}
    lua = {'function', 'return', 'end', 'local', 'for', 'in', 'while', 'do', 'repeat', 'until', 'if', 'then', 'else', 'goto',
           'string', 'table', 'math', 'utf8', 'pcall', 'error', 'select', '...', '..', '//', '<close>', '<const>', '::a::',
           '[[', ']]', '%s', '%p', '%a', '%q', '\\0', '\\x', '\\u{7FFFFFFF}', '\\z', '--[['}
    yield 'hook', lua | {'net', 'nodes', 'node', 'evaluate', 'evaluate_all', 'zero', 'name'}
    yield 'expression', lua | {'${', '}', '$', '$$'}
    yield 'store', {'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'FROM', 'WHERE', 'SET', 'VALUES', 'PRAGMA', 'CREATE', 'shard',
                    'measured', 'result', 'numerics', 'sample', 'NULL', 'zeroblob('}
    yield 'npy', {'descr', 'fortran_order', 'shape', 'True', 'False', '<f4', '<f8', '>i2', '|u1', '|b1', '<i8', '|O', '|S1'}
    yield 'safetensors', {'__metadata__', 'dtype', 'shape', 'data_offsets', 'F32', 'F16', 'BF16', 'I64'}
    yield 'checkpoint', {'epoch', 'step', 'loss_sum', 'correct', 'seconds', 'counted', 'numerics', 'tensors'}
    yield 'png', {'IHDR', 'IDAT', 'PLTE', 'tRNS', 'IEND', 'eXIf', 'gAMA', 'iCCP', 'sBIT', 'bKGD', 'zTXt', 'acTL', 'fdAT'}
    yield 'jpeg', {'\xff\xc0', '\xff\xc2', '\xff\xc4', '\xff\xda', '\xff\xdb', '\xff\xdd', '\xff\xe1', '\xff\xd9', 'Exif', 'Adobe'}
    yield 'webp', {'VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ANMF', 'EXIF', 'ICCP', 'WEBP'}


def write(program, source, folder, scratch):
    for target, seeds in every_target(program, source, scratch):
        (folder / target).mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds):
            name = folder / target / f'seed-{number:03}'
            name.write_bytes(seed.encode() if isinstance(seed, str) else seed)
    for target, words in dictionaries(program):
        lines = [''.join(c if ' ' <= c < '\x7f' and c not in '"\\' else f'\\x{ord(c):02x}' for c in word)
                 for word in sorted(words) if word and max(word) < '\u0100']
        (folder / f'{target}.dict').write_text(''.join(f'"{line}"\n' for line in lines))


if __name__ == '__main__':
    import tempfile
    with tempfile.TemporaryDirectory(prefix='nontrivial-seeds-') as name:
        write(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), pathlib.Path(sys.argv[3]),
              pathlib.Path(name))
