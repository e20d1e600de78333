#!/usr/bin/env python3
"""The kinds of ablation as they are written down: ablations.py NONTRIVIAL ROOT

Holds the README's table of kinds and the classes `Options` and `Edits` of experiments/lua/nontrivial.lua against
what `nontrivial ablations --json` says: the same kinds in the same order, with the same options and meanings."""
import json
import pathlib
import subprocess
import sys


def rows_of(kinds):
    """The README's table."""
    for kind in kinds:
        options = ', '.join(f'`{option["name"]}`' for option in kind['options'])
        yield f'| `{kind["name"]}` | {options + " " if options else ""}| {kind["doc"]} |'


def option_lines(kinds):
    """Each option once, in byte order, as an editor is told of it."""
    options = {option['name']: option for kind in kinds for option in kind['options']}
    for name, option in sorted(options.items()):
        words = option['takes'].split()
        first = {'true': 'boolean', 'one': 'string'}.get(words[0])
        kind = first or {'integer': 'integer', 'number': 'number', 'text': 'string', 'list': 'integer[]'}[words[1]]
        yield f'---@field {name} {kind}? {option["doc"]}'


def edit_lines(kinds):
    for kind in kinds:
        lists = any(option['takes'].startswith('a list') for option in kind['options'])
        takes = 'Nodes|Options|Options[]?' if lists else 'Nodes|Options?' if kind['options'] else 'Nodes?'
        yield f'---@field {kind["name"]} {takes} {kind["doc"]}'
    yield from option_lines(kinds)


def block(text, head, start):
    """The lines after `head` that begin with `start`."""
    lines = text.split('\n')
    at = lines.index(head) + 1
    end = at
    while lines[end].startswith(start):
        end += 1
    return lines[at:end]


def main():
    program, root = sys.argv[1], pathlib.Path(sys.argv[2])
    listed = subprocess.run([program, 'ablations', '--json'], check=True, capture_output=True).stdout
    kinds = json.loads(listed)
    readme = (root / 'README.md').read_text(encoding='utf-8')
    lua = (root / 'experiments' / 'lua' / 'nontrivial.lua').read_text(encoding='utf-8')
    options = {}
    for option in (option for kind in kinds for option in kind['options']):
        assert options.setdefault(option['name'], option['doc']) == option['doc'], \
            f'{option["name"]} means two things'
    for found, expected, where in [
            (block(readme, '| key | options | what becomes of the layer |', '|')[1:], rows_of(kinds), 'README.md'),
            (block(lua, '---@class Options', '---@field')[1:], option_lines(kinds), 'class Options'),
            (block(lua, '---@class Edits', '---@field'), edit_lines(kinds), 'class Edits')]:
        expected = list(expected)
        if found != expected:
            sys.exit('\n'.join([f'{where} has', *found, 'and not', *expected]))


if __name__ == '__main__':
    main()
