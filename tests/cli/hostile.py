#!/usr/bin/env python3
"""No document takes the program's memory or time: hostile.py NONTRIVIAL ROOT [--full] [--only WORD] [--scale N]

Makes documents of up to a megabyte, each of which has all of one thing, and gives each to the program: it must say
what the document is or what is wrong with it, within two seconds of processor time and 200 MB. --full shows each in
each form, too, and takes 10,000 of the graphs that come with the program, damaged. --scale N allows N times the
seconds and half as much memory again, for machines that are slow or busy, and from 20 on any memory, for builds that
look at each access. --list prints seconds and megabytes of each."""
import argparse
import os
import pathlib
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time

SECONDS, MEGABYTES, MEGABYTE = 2, 200, 1 << 20
SANITIZED = 20  # the scale of a build whose memory says nothing
MASK = (1 << 64) - 1
HEAD = 'version: 1\ngraph: net\ninput: [3, 8, 8]\n'
RELU = '{op: relu}'


# --- running ---

class Run:
    def __init__(self, command, cwd, limit):
        self.command = command
        began = time.monotonic()
        with tempfile.TemporaryFile() as errors:
            child = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                     stderr=errors, start_new_session=True)
            timer = began + limit
            while True:
                done, status, used = os.wait4(child.pid, os.WNOHANG)
                if done:
                    break
                if time.monotonic() > timer:
                    os.kill(child.pid, signal.SIGKILL)
                    _, status, used = os.wait4(child.pid, 0)
                    break
                time.sleep(0.002)
            child.returncode = 0
            errors.seek(0)
            self.errors = errors.read().decode(errors='replace')
        self.status = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        self.seconds = used.ru_utime + used.ru_stime
        self.megabytes = used.ru_maxrss / 1024

    def flaws(self, scale):
        ret = []
        if self.status not in (0, 3):
            ret.append(f'exit status {self.status}')
        if self.status == 3 and 'error: ' not in self.errors:
            ret.append('an exit status 3 without an error')
        if self.seconds > SECONDS * scale:
            ret.append(f'{self.seconds:.1f} s')
        if self.megabytes > MEGABYTES * (1 if scale == 1 else 1.5) and scale < SANITIZED:
            ret.append(f'{self.megabytes:.0f} MB')
        return ret


# --- documents ---

def graph(nodes, *more):
    """A graph of these lines of nodes; `more` are lines of the top level."""
    return HEAD + ''.join(line + '\n' for line in more) + 'nodes:\n' + ''.join(f'  {node}\n' for node in nodes)


def up_to(size, make):
    """make(0), make(1), ... as long as all together are below a size."""
    ret, length = [], 0
    for i in range(10 ** 7):
        line = make(i)
        length += len(line) + 3
        if length > size:
            return ret
        ret.append(line)
    return ret


def hash_word(seed, word):
    z = ((seed ^ word) + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def colliding(count, share=8):
    """Names of eight bytes that, in tables whose hash has the seed 0, all want the first places."""
    ret, first, i = [], hash_word(0, 8), 0
    while len(ret) < count:
        name = f'k{i:07x}'
        i += 1
        if hash_word(hash_word(first, int.from_bytes(name.encode(), 'little')), 0) & 0xFFFF < 0x10000 // share:
            ret.append(name)
    return ret


def rep(character, count):
    return f"${{('{character}'):rep({count})}}"


def chain(count):
    return [f'n$i: {{op: relu, repeat: {{i: "1..{count}"}}}}']


def with_blocks(blocks, nodes):
    return HEAD + 'blocks:\n' + ''.join(f'  {line}\n' for line in blocks) + 'nodes:\n' + ''.join(
        f'  {line}\n' for line in nodes)


def aliases():
    lines = up_to(675_000, lambda i: f'a{i}: &anchor{i} x')
    return HEAD + ''.join(line + '\n' for line in lines) + ''.join(
        f'b{i}: *anchor{i}\n' for i in range(0, len(lines), 60))


def laughs():
    lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
    lines += [f'a{i}: &a{i} [{", ".join([f"*a{i - 1}"] * 10)}]' for i in range(1, 9)]
    return HEAD + '\n'.join(lines) + '\nnodes: {r: {op: relu}}\n'


def includes(folder):
    names = [f'f{i}.yaml' for i in range(300)]
    for i, name in enumerate(names):
        (folder / name).write_text(f'version: 1\ninclude: [{", ".join(n for n in names if n != name)}]\n'
                                   f'blocks: {{b{i}: {{nodes: {{r: {RELU}}}}}}}\n')
    return graph(['a: {block: b7}'], 'include: f0.yaml')


def one_included_often(folder):
    (folder / 'blocks.yaml').write_text(f'version: 1\nblocks: {{b: {{nodes: {{r: {RELU}}}}}}}\n')
    return graph(['a: {block: b}'], f'include: [{", ".join(["blocks.yaml"] * 70_000)}]')


def large_includes(folder):
    for i in range(40):
        (folder / f'g{i}.yaml').write_text('version: 1\nblocks:\n' + ''.join(
            f'  b{i}_{k}: {{nodes: {{r: {RELU}}}}}\n' for k in range(14_000)))
    return graph(['a: {block: b0_0}'], f'include: [{", ".join(f"g{i}.yaml" for i in range(40))}]')


DOCUMENTS = {
    # what libyaml and the tree's composer see
    'deep-flow': lambda: HEAD + 'nodes: ' + '[' * MEGABYTE,
    'deep-flow-maps': lambda: HEAD + 'nodes: ' + '{a: ' * 250_000,
    'deep-blocks': lambda: HEAD + 'nodes:\n' + ''.join(' ' * i + 'a:\n' for i in range(1400)),
    'deep-lists': lambda: HEAD + 'nodes: ' + '- ' * 500_000,
    'deep-questions': lambda: HEAD + '? ' * 500_000,
    'wide-map': lambda: HEAD + ''.join(f'k{i}: 0\n' for i in range(95_000)),
    'wide-list': lambda: graph([f'a: {{op: concat, from: [{", ".join(["b"] * 90_000)}]}}']),
    'long-key': lambda: HEAD + f'{"k" * 1000}: 0\n' + f'? "{"k" * MEGABYTE}"\n: 0\n',
    'long-scalar': lambda: HEAD + f'doc: "{"x" * MEGABYTE}"\nnodes: {{r: {RELU}}}\n',
    'long-number': lambda: graph([f'a: {{op: conv2d, channels: {"9" * MEGABYTE}, kernel: 3}}']),
    'long-block': lambda: HEAD + 'doc: |\n' + '  text\n' * 150_000 + f'nodes: {{r: {RELU}}}\n',
    'folded-block': lambda: HEAD + 'doc: >\n' + '  text\n\n' * 130_000 + f'nodes: {{r: {RELU}}}\n',
    'comments': lambda: '# comment\n' * 100_000 + graph([f'r: {RELU}']),
    'blanks': lambda: '\n' * MEGABYTE + graph([f'r: {RELU}']),
    'directives': lambda: ''.join(up_to(MEGABYTE, lambda i: f'%TAG !{i:x}! x\n')) + '--- \n' + graph([f'r: {RELU}']),
    'tags': lambda: HEAD + 'nodes: ' + '!a ' * 300_000 + 'x\n',
    'anchors': aliases,
    'one-anchor': lambda: HEAD + ''.join(f'a{i}: &a x\n' for i in range(45_000)) + 'b: *a\n',
    'laughs': laughs,
    'escapes': lambda: HEAD + 'doc: "' + '\\u0041' * 170_000 + f'"\nnodes: {{r: {RELU}}}\n',
    'documents': lambda: '--- a\n' * 170_000,

    # tables
    'colliding-keys': lambda: HEAD + ''.join(f'{name}: 0\n' for name in colliding(24_000)),
    'colliding-nodes': lambda: graph([f'{name}: {RELU}' for name in colliding(24_000)]),
    'colliding-blocks': lambda: with_blocks([f'{name}: {{nodes: {{r: {RELU}}}}}' for name in colliding(20_000)],
                                            [f'r: {RELU}']),
    'params': lambda: graph([f'r: {RELU}'], 'params:', *up_to(700_000, lambda i: f'  p{i}: {i}')),
    'params-of-params': lambda: graph([f'r: {RELU}'], 'params:', '  p0: 1',
                                      *up_to(700_000, lambda i: f'  p{i + 1}: $p{i}')),
    'params-given': lambda: with_blocks(
        ['b:', '  params: {' + ', '.join(f'p{i}: ' for i in range(30_000)) + '}', f'  nodes: {{r: {RELU}}}'],
        ['a: {block: b, ' + ', '.join(f'p{i}: 1' for i in range(30_000)) + '}']),
    'params-lacking': lambda: with_blocks(
        ['b:', '  params: {' + ', '.join(f'parameter{i}: ' for i in range(30_000)) + '}', f'  nodes: {{r: {RELU}}}'],
        ['a: {block: b, ' + ', '.join(f'paramter{i}: 1' for i in range(18)) + '}']),
    'blocks-of-blocks': lambda: with_blocks(
        [f'b0: {{nodes: {{r: {RELU}}}}}', *(f'b{i}: {{nodes: {{a: {{block: b{i - 1}}}}}}}' for i in range(1, 25_000))],
        ['a: {block: b24999}']),
    'inputs': lambda: 'version: 1\ngraph: net\ninputs:\n' + ''.join(
        f'  x{i}: [1, 1, 1]\n' for i in range(40_000)) + 'nodes: {r: {op: add, from: [x1, x39999]}}\n',
    'outputs': lambda: graph(chain(60_000), 'outputs: [' + ', '.join(f'n{i}' for i in range(1, 60_001)) + ']'),

    # what expands
    'repeat': lambda: graph(chain(99_999)),
    'repeat-too-often': lambda: graph(['n$i: {op: relu, repeat: {i: "1..2000000000"}}']),
    'repeat-in-repeat': lambda: graph(['n$a-$b-$c-$d: {op: relu, repeat: {a: "1..17", b: "1..17", c: "1..17", d: '
                                       '"1..17"}}']),
    'empty-repeats': lambda: graph(['n$a-$b: {op: relu, repeat: {a: "1..2000000000", b: "1..0"}}']),
    'nested-repeats': lambda: with_blocks(
        [f'b0: {{nodes: {{r: {RELU}}}}}', *(f'b{i}: {{nodes: {{n$i: {{block: b{i - 1}, repeat: {{i: "1..9"}}}}}}}}'
                                          for i in range(1, 9))], ['a: {block: b8}']),
    'doubled': lambda: with_blocks(
        [f'b0: {{nodes: {{r: {RELU}}}}}', *(f'b{i}: {{nodes: {{x: {{block: b{i - 1}}}, y: {{block: b{i - 1}}}}}}}'
                                          for i in range(1, 40))], ['a: {block: b39}']),
    'listed': lambda: graph(up_to(MEGABYTE, lambda i: f'n{i}: {RELU}')),
    'convolutions': lambda: graph(['n$i: {op: conv2d, channels: 3, kernel: 1, repeat: {i: "1..99999"}}']),
    'norms': lambda: graph(['n$i: {op: batch_norm, repeat: {i: "1..99999"}}']),
    'fan': lambda: graph(['n$i: {op: relu, from: input, repeat: {i: "1..1000"}}',
                          'c$i: {op: conv2d, channels: 1, kernel: 1, from: input, repeat: {i: "1..40000"}}']),
    'groups': lambda: graph(['g$i: {nodes: {r: {op: relu}}, repeat: {i: "1..49000"}}']),
    'stages': lambda: with_blocks([f'b: {{nodes: {{r: {RELU}}}}}'], ['g$i: {block: b, repeat: {i: "1..49000"}}']),
    'sums': lambda: graph(['a$i: {op: add, from: [input, "${i == 1 and \'input\' or \'a\' .. i - 1}"], repeat: '
                           '{i: "1..90000"}}']),
    'sums-of-convolutions': lambda: graph([
        'c$i: {op: conv2d, channels: 3, kernel: 1, from: "${i == 1 and \'input\' or \'a\' .. i - 1}", repeat: '
        '{i: "1..1"}}', 'a1: {op: add, from: [c1, input]}',
        'a$i: {op: add, from: [input, "a${i - 1}"], repeat: {i: "2..30000"}}']),
    'sums-of-sums': lambda: graph(['a1: {op: relu}', 'a$i: {op: add, from: ["a${i - 1}", "a${i - 1}"], repeat: '
                                   '{i: "2..60000"}}']),
    'products': lambda: graph(['p: {op: global_avg_pool}', 'm$i: {op: mul, repeat: {i: "1..30000"}, from: '
                               '[p, "${i == 1 and \'p\' or \'m\' .. i - 1}"]}']),
    'concats': lambda: graph(['r: {op: relu}', 'c$i: {op: concat, from: [' + ', '.join(['r'] * 64) +
                              '], repeat: {i: "1..30000"}}']),
    'concats-of-long-names': lambda: graph([
        f'{"n" * 390}$i: {{op: relu, from: input, repeat: {{i: "1..64"}}}}',
        'c$i: {op: concat, from: [' + ', '.join(f'{"n" * 390}{i}' for i in range(1, 65)) +
        '], repeat: {i: "1..90000"}}']),
    'one-long-row': lambda: graph([
        f'{"n" * 390}$i: {{op: relu, from: input, repeat: {{i: "1..64"}}}}',
        'c: {op: concat, from: [' + ', '.join(f'{"n" * 390}{i}' for i in range(1, 65)) + ']}',
        'r$i: {op: relu, repeat: {i: "1..90000"}}']),
    'long-names': lambda: graph([f'{"n" * 390}$i: {{op: relu, repeat: {{i: "1..60000"}}}}']),
    'long-paths': lambda: graph([f'{"n" * 200}: {{nodes: {{{"m" * 190}$i: {{op: relu, repeat: {{i: "1..60000"}}}}}}}}']),
    'wide-node': lambda: graph(['a$i: {op: relu, repeat: {i: "1..90000"}, ' +
                                ', '.join(f'k{i}: 0' for i in range(60_000)) + '}']),
    'resolved-names': lambda: graph(['g: {nodes: {' * 30 + f'r: {RELU}' + '}}' * 30,
                                     'n$i: {op: add, repeat: {i: "1..30000"}, from: [g.' + 'g.' * 28 + 'g.r, input]}']),

    # what expressions make
    'rep-in-names': lambda: HEAD + 'nodes: {"' + rep('a', 60_000) + '$i": {op: relu, repeat: {i: "1..99999"}}}\n',
    'rep-in-prefixes': lambda: graph(['"' + rep('a', 100) + '": {nodes: {"' + rep('b', 280) +
                                      '$i": {op: relu, repeat: {i: "1..99999"}}}}']),
    'rep-in-tags': lambda: graph(['n$i: {op: relu, tags: ["' + rep('a', 100_000) + '"], repeat: {i: "1..99999"}}']),
    'many-tags': lambda: graph(['g: {tags: [' + ', '.join(f't{i}' for i in range(60_000)) +
                                '], nodes: {n$i: {op: relu, repeat: {i: "1..90000"}}}}']),
    'rep-in-params': lambda: with_blocks(['b: {params: {k: }, nodes: {r: {op: relu}}}'],
                                         ['n$i: {block: b, k: "' + rep('a', 1_000_000) +
                                          '", repeat: {i: "1..40000"}}']),
    'text-in-params': lambda: with_blocks(['b: {params: {k: }, nodes: {r: {op: relu, when: "${k ~= 1}"}}}'],
                                          [f'n$i: {{block: b, k: "{"a" * 900_000}", repeat: {{i: "1..40000"}}}}']),
    'lists-in-params': lambda: with_blocks(
        ['b: {params: {k: }, nodes: {r: {op: relu}}}'],
        ['n$i: {block: b, k: [' + ', '.join('1' for _ in range(90_000)) + '], repeat: {i: "1..40000"}}']),
    'lists-by-expressions': lambda: graph([
        'n$i: {op: relu, tags: "${(function() local t = {} for k = 1, 50000 do t[k] = k end return t end)()}", repeat: '
        '{i: "1..40000"}}']),
    'rep-in-from': lambda: graph(['n$i: {op: relu, from: "' + rep('a', 1_000_000) + '", repeat: {i: "1..40000"}}']),
    'rep-in-when': lambda: graph(['n$i: {op: relu, when: "${#(\'a\'):rep(1000000) > 0}", repeat: {i: "1..40000"}}']),
    'rep-in-ops': lambda: graph(['n$i: {op: "' + rep('a', 1_000_000) + '", repeat: {i: "1..40000"}}']),
    'rep-in-doc': lambda: HEAD + 'doc: "' + rep('a', 10_000_000) * 20_000 + f'"\nnodes: {{r: {RELU}}}\n',
    'joined': lambda: graph([f'r: {RELU}'], 'params:', '  a: "' + rep('a', 1_000_000) + '"',
                            '  b: "' + '$a' * 300_000 + '"'),
    'dollars': lambda: graph([f'r: {RELU}'], 'params:', '  b: "' + '$$' * 500_000 + '"'),
    'pieces': lambda: graph([f'r: {RELU}'], 'params:', '  a: 1', '  b: "' + '${a}' * 240_000 + '"'),
    'different-pieces': lambda: graph([f'r: {RELU}'], 'params:', '  a: 1', '  b: "' + ''.join(
        up_to(900_000, lambda i: '${a + %d}' % i)) + '"'),
    'loops': lambda: graph(['n$i: {op: relu, when: "${(function() for k = 1, 90000 do end return true end)()}", repeat: '
                            '{i: "1..40000"}}']),
    'long-loops': lambda: graph(['n$i: {op: relu, when: "${(function() while true do end end)()}", repeat: '
                                 '{i: "1..40000"}}']),
    'colliding-integers': lambda: graph([
        'n$i: {op: relu, when: "${(function() local t = {} for k = 1, 20000 do t[k * 32767] = 1 end return true '
        'end)()}", repeat: {i: "1..40000"}}']),
    'sorts': lambda: graph(['n$i: {op: relu, when: "${(function() local t = {} for k = 1, 5000 do t[k] = k % 7 end '
                            'table.sort(t) return true end)()}", repeat: {i: "1..40000"}}']),
    'patterns': lambda: graph(['n$i: {op: relu, when: "${(\'a\'):rep(300):find((\'a-\'):rep(3) .. \'b\') == nil}", '
                               'repeat: {i: "1..40000"}}']),
    'caught': lambda: graph(['n$i: {op: relu, when: "${(function() for k = 1, 9000 do pcall(function() return nowhere '
                             'end) end return true end)()}", repeat: {i: "1..40000"}}']),
    'when': lambda: graph(['n$i: {op: relu, when: "${i % 2 == 0}", repeat: {i: "1..99999"}}']),
    'when-of-shapes': lambda: graph(['a: {op: relu}', 'n$i: {op: relu, when: "${a.channels > 1 and input.rows > 1}", '
                                     'repeat: {i: "1..99999"}}']),
    'false-when': lambda: graph(['n: {op: relu, when: false, repeat: {i: "1..99999"}}']),
    'braces': lambda: graph([f'r: {RELU}'], 'params:', '  b: "' + '${{' * 300_000 + '"'),
    'parentheses': lambda: graph([f'r: {RELU}'], 'params:', '  b: "${' + '(' * 500_000 + '}"'),
    'sum-in-expression': lambda: graph([f'r: {RELU}'], 'params:', '  b: "${' + '+'.join(['1'] * 480_000) + '}"'),
    'concat-in-expression': lambda: graph([f'r: {RELU}'], 'params:', '  b: "${' + '..'.join(['1 '] * 240_000) + '}"'),

    # what is wrong, often
    'unknown-attributes': lambda: graph(up_to(MEGABYTE, lambda i: f'n{i}: {{op: relu, strde: 1}}')),
    'unknown-keys': lambda: graph(['n: {op: conv2d, ' + ', '.join(f'{"k" * 50}{i}: 0' for i in range(15_000)) + '}']),
    'foreign-words': lambda: graph(up_to(MEGABYTE, lambda i: f'n{i}: {{op: Conv2D, filters: 3, kernel_size: 3}}')),
    'foreign-attributes': lambda: graph(['n: {op: conv2d, ' + ', '.join(
        f'kernel_size{"_" * (i % 400)}: 0' for i in range(400)) + '}']),
    'no-such-node': lambda: graph([*up_to(600_000, lambda i: f'{"n" * 50}{i}: {RELU}'),
                                   *(f'm{i}: {{op: relu, from: {"n" * 49}x{i}}}' for i in range(40))]),
    'no-such-variable': lambda: graph([*up_to(600_000, lambda i: f'{"n" * 50}{i}: {RELU}'),
                                       f'm$i: {{op: relu, when: "${{{"n" * 49}x}}", repeat: {{i: "1..20000"}}}}']),
    'no-such-block': lambda: with_blocks(up_to(600_000, lambda i: f'{"b" * 50}{i}: {{nodes: {{r: {RELU}}}}}'),
                                         [f'm$i: {{block: {"b" * 49}x, repeat: {{i: "1..20000"}}}}']),
    'wrong-in-a-block': lambda: with_blocks(['b: {nodes: {r: {op: relu, from: nowhere}}}'],
                                            ['g$i: {block: b, repeat: {i: "1..40000"}}']),
    'wrong-at-the-end': lambda: with_blocks([f'b: {{nodes: {{r: {{op: relu, from: nowhere}}}}}}'] +
                                            up_to(800_000, lambda i: f'b{i}: {{nodes: {{r: {RELU}}}}}'),
                                            ['g$i: {block: b, repeat: {i: "1..40000"}}']),
    'taken-names': lambda: graph(['n: {op: relu, repeat: {i: "1..90000"}}']),
    'one-line': lambda: HEAD + 'nodes: {' + ', '.join(up_to(MEGABYTE, lambda i: f'n{i}: {{op: rleu}}')) + '}\n',

    # files
    'includes': includes,
    'one-included-often': one_included_often,
    'large-includes': large_includes,
    'no-such-includes': lambda: graph(['r: {op: relu}'],
                                      f'include: [{", ".join(f"nowhere{i}.yaml" for i in range(50_000))}]'),
}


SHOWN = 'outputs', 'one-long-row', 'groups', 'listed'


def suite(*more, graph='net.yaml', groups='  all: {hook: hook.lua}'):
    return (f'version: 1\nsuite: s\ngraph: {graph}\ndata: {{kind: phantom}}\n'
            f'train: {{epochs: 1, batch: 4, loss: {{op: softmax_cross_entropy}}, optimiser: {{kind: sgd}}, '
            f'schedule: {{kind: constant, rate: 0.1}}}}\ngroups:\n{groups}\n') + ''.join(line + '\n' for line in more)


EVERY = 'return function(net) local c = {} for i, n in ipairs(net:nodes("conv2d")) do c[i] = {name = n.name, zero = ' \
        '{n}} end return c end\n'
FIRST = 'return function(net) return {{name = "first", zero = {net:nodes("conv2d")[1]}}} end\n'
SMALL = ('version: 1\ngraph: small\ninput: [1, 128, 128]\nnodes:\n  c: {op: conv2d, channels: 2, kernel: 3, pad: 1}\n'
         '  r: {op: relu}\n  h: {op: conv2d, channels: 2, kernel: 1}\n')


def deep(count, more='  h: {op: conv2d, channels: 2, kernel: 1}\n'):
    return SMALL.replace('  h: {op: conv2d, channels: 2, kernel: 1}\n', '') + (
        f'  n$i: {{op: relu, repeat: {{i: "1..{count}"}}}}\n') + more


def fan(count):
    return SMALL.replace('  h: {op: conv2d, channels: 2, kernel: 1}\n', '') + (
        f'  f$i: {{op: scale, from: c, repeat: {{i: "1..{count}"}}}}\n'
        '  s0: {op: add, from: [f1, f2]}\n'
        f'  s$i: {{op: add, from: ["s${{i - 1}}", "f$i"], repeat: {{i: "1..{count}"}}}}\n'
        '  h: {op: conv2d, channels: 2, kernel: 1}\n')


# Each: the suite, its graph, its hook.
SUITES = {
    'suite': lambda: (suite(), SMALL, EVERY),
    'suite-groups': lambda: (suite(groups='\n'.join(up_to(MEGABYTE, lambda i: f'  g{i}: {{hook: hook.lua}}'))), SMALL,
                             FIRST),
    'suite-many-groups': lambda: (suite(groups='\n'.join(f'  g{i}: {{hook: hook.lua}}' for i in range(300))), SMALL,
                                  FIRST),
    'suite-no-hooks': lambda: (suite(groups='\n'.join(f'  g{i}: {{hook: nowhere{i}.lua}}' for i in range(1000))), SMALL,
                               FIRST),
    'suite-set': lambda: (suite('set:', *up_to(500_000, lambda i: f'  p{i}: {i}')),
                          SMALL + 'params:\n' + '\n'.join(up_to(500_000, lambda i: f'  p{i}: 0')) + '\n', FIRST),
    'suite-seeds': lambda: (suite(f'seeds: [{", ".join(map(str, range(90_000)))}]'), SMALL, FIRST),
    'suite-options': lambda: (suite(groups='  all:\n    hook: hook.lua\n    options:\n' + '\n'.join(
        up_to(800_000, lambda i: f'      o{i}: {i}'))), SMALL, FIRST),
    'suite-keys': lambda: (suite(*up_to(800_000, lambda i: f'k{i}: {i}')), SMALL, FIRST),
    'suite-aliases': lambda: (suite(*(f'x{i}: &a{i} [{", ".join(["*a%d" % (i - 1)] * 9 if i else ["0"] * 9)}]'
                                      for i in range(8))), SMALL, FIRST),
    'suite-deep': lambda: (suite(), deep(20_000), FIRST),
    'suite-fan': lambda: (suite(), fan(3_000), FIRST),
    'suite-frozen': lambda: (suite().replace('train: {', 'train: {frozen: [' + ', '.join(
        f'"c*{i}*"' for i in range(60_000)) + '], '), SMALL, FIRST),
    'suite-snapshots': lambda: (suite().replace('epochs: 1,', 'epochs: 90000,').replace('train: {', 'train: {snapshots: [' + ', '.join(
        str(i) for i in range(90_000)) + '], '), SMALL, FIRST),
    'suite-cases': lambda: (suite(), SMALL, 'return function(net) local c = {} for i = 1, 20000 do c[i] = {name = '
                            '"c" .. i, zero = {net:node("c")}} end return c end\n'),
}


# --- damage ---

WORDS = ['$', '${i}', '${1/0}', '-1', '0', '1e9', '65536', '1048576', '2147483648', '1..99999', '1..3', 'true', 'input',
         '[input, input]', '{}', '[]', '"${input.channels}"', '"${(\'a\'):rep(1000)}"', '~', '.nan', '0x10', '&a x',
         '*a', '<<', '!!int 3', '"\\0"', 'relu', 'conv2d', 'add', 'concat', 'basic', 'stage', '[64, 64]']


def blocks_of(lines):
    """Ranges of lines that are one entry with all that is below it."""
    ret = []
    for i, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        end = i + 1
        while end < len(lines) and (not lines[end].strip() or len(lines[end]) - len(lines[end].lstrip()) > indent):
            end += 1
        ret.append((i, end))
    return ret


def damage(text, rng):
    """One piece of damage that keeps, mostly, the text YAML: an entry is copied, moved, dropped or put within itself,
    a value, a key or a range is exchanged, a flow entry is doubled, a byte falls out."""
    lines = text.split('\n')
    i, end = rng.choice(blocks_of(lines))
    kind = rng.randrange(11)
    if kind == 0:
        lines[end:end] = lines[i:end] * rng.choice([1, 2, 20])
    elif kind == 1:
        del lines[i:end]
    elif kind == 2:
        entry = lines[i:end]
        del lines[i:end]
        at = rng.randrange(len(lines) + 1)
        lines[at:at] = entry
    elif kind == 3:
        lines[i + 1:i + 1] = ['  ' + line for line in lines[i:end]]
    elif kind == 4 and ':' in lines[i]:
        lines[i] = lines[i].split(':')[0] + ': ' + rng.choice(WORDS)
    elif kind == 5:
        values = list(re.finditer(r'(?<=: )[^,{}\[\]]+(?=[,}\]]|$)', lines[i]))
        if values:
            v = rng.choice(values)
            lines[i] = lines[i][:v.start()] + rng.choice(WORDS) + lines[i][v.end():]
    elif kind == 6:
        lines[i] = re.sub(r'\d+', lambda m: rng.choice(['0', '1', '7', '4096', '100000', m[0] * 3]), lines[i], count=1)
    elif kind == 7:
        lines[i] = re.sub(r'[A-Za-z_]+', lambda m: rng.choice([m[0] * 2, m[0][::-1], m[0] + '$i', 'from', 'when',
                                                             'repeat', 'nodes', 'block']), lines[i], count=1)
    elif kind == 8:
        lines[i] = lines[i].replace('}', ', repeat: {i: "1..%d"}}' % rng.choice([2, 50, 3000]), 1)
    elif kind == 9:
        lines[i] = lines[i].replace('{', '{when: "${i == nil}", ', 1)
    else:
        at = rng.randrange(len(lines[i]) + 1)
        lines[i] = lines[i][:at] + lines[i][at + 1:]
    return '\n'.join(lines)


def mutants(root, count, seed):
    """Damaged graphs, with the blocks that they include in the same file."""
    rng = random.Random(seed)
    texts = [path.read_text() for path in sorted((root / 'graphs').glob('*.yaml'))]
    for _ in range(count):
        text = rng.choice(texts)
        for _ in range(rng.choice([1, 1, 2, 3, 5])):
            text = damage(text, rng)
        yield text


# --- all ---

class Report:
    def __init__(self, options):
        self.options, self.failures, self.count, self.slowest, self.largest = options, [], 0, (0, ''), (0, '')

    def run(self, name, words, cwd):
        run = Run([self.options.program, *words], cwd, 30 * self.options.scale)
        self.count += 1
        self.slowest = max(self.slowest, (run.seconds, f'{name}: {words[0]}'))
        self.largest = max(self.largest, (run.megabytes, f'{name}: {words[0]}'))
        if self.options.list:
            said = next((line for line in run.errors.splitlines() if 'error: ' in line), '')
            print(f'{run.seconds:7.2f} s {run.megabytes:7.0f} MB {run.status:4}  {name}: {" ".join(words)[:60]}  '
                  f'{said[:110]}', flush=True)
        for flaw in run.flaws(self.options.scale):
            self.failures.append(f'{name}: {" ".join(words)}: {flaw}\n{run.errors[:600]}')
        return run


def take_documents(report):
    for name, make in DOCUMENTS.items():
        if report.options.only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / 'net.yaml').write_text(make(folder) if make.__code__.co_argcount else make())
            refused = report.run(name, ['check', 'net.yaml'], folder).status != 0
            if refused or not (report.options.full or name in SHOWN):
                continue
            for form in [], ['--json'], ['--dot'], ['--resolved']:
                report.run(name, ['show', 'net.yaml', *form], folder)


def take_suites(report):
    for name, make in SUITES.items():
        if report.options.only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            for file, text in zip(('suite.yaml', 'net.yaml', 'hook.lua'), make()):
                (folder / file).write_text(text)
            status = report.run(name, ['check', 'suite.yaml'], folder).status
            if name == 'suite' and status != 0:  # or the others test nothing
                report.failures.append('the plain suite is refused')


def take_mutants(report, count):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / 'blocks').symlink_to(report.options.root.resolve() / 'graphs' / 'blocks')
        for i, text in enumerate(mutants(report.options.root, count, 2009)):
            (folder / 'net.yaml').write_text(text)
            run = report.run(f'mutant {i}', ['check', 'net.yaml'], folder)
            if report.failures and report.failures[-1].startswith(f'mutant {i}:') and report.options.keep:
                (report.options.keep / f'mutant-{i}.yaml').write_text(text)
            report.loaded = getattr(report, 'loaded', 0) + (run.status == 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('program', type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument('root', type=pathlib.Path)
    parser.add_argument('--full', action='store_true')
    parser.add_argument('--only', default='')
    parser.add_argument('--scale', type=int, default=1)
    parser.add_argument('--list', action='store_true')
    parser.add_argument('--keep', type=pathlib.Path, help='a folder for mutants that fail')
    report = Report(parser.parse_args())
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if report.options.scale < SANITIZED:
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    take_documents(report)
    take_suites(report)
    if not report.options.only:
        take_mutants(report, 10_000 if report.options.full else 50)
    for failure in report.failures:
        print(failure)
    print(f'{report.count} runs, {len(report.failures)} failures; at most {report.slowest[0]:.2f} s ({report.slowest[1]}) '
          f'and {report.largest[0]:.0f} MB ({report.largest[1]})')
    sys.exit(1 if report.failures else 0)


main()
