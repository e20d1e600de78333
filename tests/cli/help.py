#!/usr/bin/env python3
"""The help: help.py NONTRIVIAL GRAPHS

Each page fits its width, and the examples of the topics are valid files."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from terminal import FAULTS, hold, on_terminal, too_wide


def told(program, *words):
    return subprocess.run([program, *words], check=True, capture_output=True, text=True).stdout


def commands_of(program):
    text = told(program, 'help')
    names = re.findall(r'^  (\w+)  ', text.split('nontrivial help TOPIC')[0], re.MULTILINE)
    return [name for name in names if name != 'help'], re.findall(r'^  (\w+)  ', text.split('help TOPIC')[1], re.MULTILINE)


def example(text):
    """The first block that is laid out by hand, as a file."""
    block = re.search(r'^\n((?:    .*\n)+)', text, re.MULTILINE)[1]
    return re.sub('^    ', '', block, flags=re.MULTILINE)


def check_pages(program, commands, topics):
    hold({'run', 'results', 'check'} <= set(commands) and topics == ['language', 'suites', 'hooks'], 'the lists')
    for words in [[], ['data', 'fetch'], *([name] for name in commands + topics)]:
        text, what = told(program, 'help', *words), ' '.join(['help', *words])
        hold(all(len(line) <= 80 for line in text.splitlines()), f'{what}: up to 80 columns in a pipe')
        hold(': a text' not in text and text.startswith('nontrivial'), f'{what}: nothing but what it takes')
    for name in ('run', 'results', 'predict'):
        raw, status, _ = on_terminal([program, name, '--help'], (72, 24))
        hold(status == 0 and not too_wide(raw, 72), f'help {name}: up to 72 columns of a terminal')
        hold(b'examples:' in raw and b'-h, --help' in raw, f'help {name}: with examples and letters')


def check_examples(program, graphs, folder):
    pages = {topic: told(program, 'help', topic) for topic in ('language', 'suites', 'hooks')}
    (folder / 'net.yaml').write_text(example(pages['language']))
    (folder / 'suite.yaml').write_text(example(pages['suites']))
    (folder / 'each_layer.lua').write_text(example(pages['hooks']))
    shutil.copy(graphs / 'resnet8.yaml', folder)
    said = told(program, 'check', '--no-data', folder / 'net.yaml', folder / 'suite.yaml')
    hold('4 convolutions' in said and '1 group, 9 cases' in said, said)


def main():
    program, graphs = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    check_pages(program, *commands_of(program))
    with tempfile.TemporaryDirectory() as name:
        check_examples(program, graphs, pathlib.Path(name))
    return 1 if FAULTS else 0


sys.exit(main())
