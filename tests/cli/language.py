#!/usr/bin/env python3
"""README's page on the graph language: language.py NONTRIVIAL ROOT

`nontrivial check` must pass each of its examples, and each key that the JSON Schema of graphs knows must be in
one of them. An example that begins with "# NAME.yaml" is a file of that name, for others to include."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

HEAD = 'version: 1\ngraph: example\ninput: [3, 32, 32]\n'  # which the page says that examples leave out


def examples(readme):
    """Each example's file name, text, and the line of the README before it."""
    page = re.search('^## The graph language$.*?(?=^## )', readme, re.M | re.S)
    for n, block in enumerate(re.finditer('^```yaml\n(.*?)^```$', page[0], re.M | re.S)):
        text, line = block[1], readme.count('\n', 0, page.start() + block.start()) + 1
        name = re.match('# (.*[.]yaml)\n', text)
        head = '' if re.search('^version:', text, re.M) else HEAD
        yield name[1] if name else f'example-{n + 1}.yaml', head + text, line


def keys_of(schema):
    """The keys of the language, but for the ops' attributes."""
    definitions = schema['definitions']
    found = set(schema['properties'])
    for name in ('block', 'op node', 'block node', 'group node'):
        found |= set(definitions[name]['properties'])
    for name in ('input', 'params'):
        forms = definitions[name].get('anyOf') or definitions[name]['additionalProperties']['anyOf']
        found |= {key for form in forms for key in form.get('properties', ())}
    return found


def main():
    program, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    every = list(examples((root / 'README.md').read_text()))
    schema = subprocess.run([program, 'schema', 'graph'], check=True, capture_output=True).stdout
    said = {key for _, text, _ in every for key in re.findall(r'([a-z]+):', re.sub('#.*', '', text))}
    keys = keys_of(json.loads(schema))
    wrong = [f'{key} is in no example' for key in sorted(keys - said)]
    checked = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, text, line in every:
            path = pathlib.Path(folder, name)
            path.write_text(text)
            if not re.search('^nodes:', text, re.M):
                continue
            done = subprocess.run([program, 'check', name], cwd=folder, capture_output=True, text=True)
            checked += 1
            if done.returncode != 0:
                wrong.append(f'README.md:{line}: {done.stderr}')
    print(*wrong, sep='\n')
    print(f'{len(every)} examples, {checked} networks, {len(keys)} keys: {len(wrong)} wrong')
    return 0 if checked and keys and not wrong else 1


if __name__ == '__main__':
    sys.exit(main())
