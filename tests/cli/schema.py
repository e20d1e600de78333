#!/usr/bin/env python3
"""The JSON Schemas against the program: schema.py NONTRIVIAL ROOT

Takes every graph and suite of the project, README's examples of graphs, and each of them again with one key
misspelt, for each key. What the schema refuses, `nontrivial check` must refuse; where `check` knows no such key,
attribute or option, the schema must refuse it too. The other way about, a suite may say each key that the schema
lists. Exits 77 (skipped) without python3-jsonschema and python3-yaml."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import language

try:
    import jsonschema
    import yaml
except ImportError as lack:
    print(f'skipped: {lack}')
    sys.exit(77)


class Loader(getattr(yaml, 'CSafeLoader', yaml.SafeLoader)):
    """Texts, numbers, true and false as in YAML 1.2; keys are texts."""
    yaml_implicit_resolvers = {}

    def construct_mapping(self, node, deep=False):
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}


Loader.add_constructor('tag:yaml.org,2002:map', Loader.construct_mapping)
Loader.add_implicit_resolver('tag:yaml.org,2002:bool', re.compile('^(true|false)$'), list('tf'))
Loader.add_implicit_resolver('tag:yaml.org,2002:null', re.compile('^(~|null|)$'), ['~', 'n', ''])
Loader.add_implicit_resolver('tag:yaml.org,2002:int', re.compile('^[-+]?[0-9]+$'), list('-+0123456789'))
Loader.add_implicit_resolver('tag:yaml.org,2002:float',
                             re.compile(r'^[-+]?(\.[0-9]+|[0-9]+\.?[0-9]*)([eE][-+]?[0-9]+)?$'),
                             list('-+.0123456789'))
Loader.add_constructor('tag:yaml.org,2002:float', lambda loader, node: float(node.value))
Loader.add_constructor('tag:yaml.org,2002:int', lambda loader, node: int(node.value))


def schema_of(program, kind):
    made = subprocess.run([program, 'schema', kind], check=True, capture_output=True).stdout
    schema = json.loads(made)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def undescribed(schema, root=None, at='#'):
    """Where the schema has a property without a word on it, itself or in what it refers to."""
    root = root or schema
    if isinstance(schema, list):
        return [place for i, part in enumerate(schema) for place in undescribed(part, root, f'{at}/{i}')]
    if not isinstance(schema, dict):
        return []
    found = []
    for name, part in schema.items():
        if name == 'if':
            continue  # it says no more than which kind is meant
        if name == 'properties':
            for key, of in part.items():
                while isinstance(of, dict) and 'description' not in of and '$ref' in of:
                    of = root['definitions'][of['$ref'].rsplit('/', 1)[1]]
                if isinstance(of, dict) and not of.get('description'):
                    found.append(f'{at}/{key}')
        found += undescribed(part, root, f'{at}/{name}')
    return found


def check(program, path):
    """The program's exit status and what it said."""
    done = subprocess.run([program, 'check', path.name], cwd=path.parent, capture_output=True, text=True)
    return done.returncode, done.stderr


NAMES = {'nodes', 'blocks', 'params', 'groups', 'labels', 'set', 'options'}  # maps whose keys the user thinks up


def keys_of(node, of=None, idle=False):
    """Where each key ends in the text, as an offset; what it says, in which kind of map; and whether it is of a
    node that has `when`: the program looks no further at one whose condition is false."""
    if isinstance(node, yaml.MappingNode):
        idle = idle or any(key.value == 'when' for key, _ in node.value)
        for word in 'op', 'kind', 'block', 'hook':
            of = next((value.value for key, value in node.value if key.value == word and value.id == 'scalar'), of)
        for key, value in node.value:
            what = of if of in NAMES else (of, key.value)
            yield key.end_mark.index, (what, idle), idle
            yield from keys_of(value, key.value, idle)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from keys_of(item, of, idle)


def is_no_such_key(said):
    """Whether all that the program says is that it knows no such key. (Of a block's params and a hook's
    options it knows more than a schema does.)"""
    lines = [line for line in said.splitlines() if re.match(r'.*: error: ', line)]
    return len(lines) == 1 and re.search(r"error: (?!the hook).* has no (key|attribute|option) '", lines[0])


def hold(program, validators, path, seen):
    """The file itself, and with each key misspelt that has not been seen in a map of the same kind: of the same
    op, say, or under the same key; of names one. Returns (how many, what is wrong)."""
    text = path.read_text()
    kind = 'suite' if re.search('^suite:', text, re.M) else 'graph'
    wrong = [f'{path.name}: {error.json_path}: {error.message}'
             for error in validators[kind].iter_errors(yaml.load(text, Loader))]
    count = 0
    part = kind == 'suite' and re.search('^include:', text, re.M)  # of which the schema knows the sections alone
    for end, what, idle in keys_of(yaml.compose(text, Loader)):
        if what in seen or (part and not re.fullmatch(r'\w+', text[text.rfind('\n', 0, end) + 1:end])):
            continue
        seen.add(what)
        count += 1
        path.write_text(text[:end] + 'qz' + text[end:])
        status, said = check(program, path)
        refused = not validators[kind].is_valid(yaml.load(path.read_text(), Loader))
        line = text.count('\n', 0, end) + 1
        if refused and status != 3 and not idle:
            wrong.append(f'{path.name}:{line}: the schema refuses what the program accepts')
        if not refused and is_no_such_key(said):
            wrong.append(f'{path.name}:{line}: the schema accepts what the program refuses: {said}')
    path.write_text(text)
    return count, wrong


def keys_are_known(program, schema, suite):
    """Adds each key that the schema lists where the suite lacks it: the program may not like its value, but
    it must know the key. Returns (how many, what is wrong)."""
    text, count, wrong = suite.read_text(), 0, []
    suite_keys = schema['else']['properties']
    for section, keys in [(None, suite_keys), ('data', suite_keys['data']['properties']),
                          ('train', suite_keys['train']['properties']),
                          ('evaluate', suite_keys['evaluate']['properties'])]:
        for key in keys:
            lines, at = text.splitlines(), 0
            if section:
                at = next(i for i, line in enumerate(lines) if line.startswith(section + ':')) + 1
            lines.insert(at, f'{"  " if section else ""}{key}: 0')
            suite.write_text('\n'.join(lines) + '\n')
            _, said = check(program, suite)
            count += 1
            if re.search(rf"has no (key|option) '{key}'", said):
                wrong.append(f'the schema lists {key} of {section}: {said}')
    suite.write_text(text)
    return count, wrong


def blocks_are_known(program, root):
    """The schema of one file takes every network of the project as it is, and refuses what its own blocks, and those
    that it includes, refuse: a param that they lack, one that isn't given, another value than they may have. Returns
    (how many calls were looked at, what is wrong)."""
    count, wrong = 0, []
    for path in sorted((root / 'graphs').glob('*.yaml')):
        made = subprocess.run([program, 'schema', 'graph', '--for', path], check=True, capture_output=True).stdout
        validator = jsonschema.Draft7Validator(json.loads(made))
        jsonschema.Draft7Validator.check_schema(validator.schema)
        graph = yaml.load(path.read_text(), Loader)
        wrong += [f'{path.name}: {error.json_path}: {error.message}' for error in validator.iter_errors(graph)]
        calls = [node for node in graph['nodes'].values() if '$' not in node.get('block', '$')]
        if not calls or any(name in path.name for name in ('resnet101', 'resnet152', 'densenet1', 'vgg')):
            continue
        call, count = calls[0], count + 1
        given = [key for key in call if key not in ('block', 'from', 'when', 'repeat', 'tags', 'flat', 'doc')]
        for key, value in (('qz', 1), ('block', 'qz')):
            kept = call.pop(key, None)
            call[key] = value
            if validator.is_valid(graph):
                wrong.append(f'{path.name}: its schema takes {key}: {value} of a call')
            del call[key]
            call.update({key: kept} if kept else {})
        block = next(form['then'] for form in validator.schema['definitions']['block node']['allOf']
                     if form['if']['properties']['block']['const'] == call['block'])
        for key in set(given) & set(block['required']):
            kept = call.pop(key)
            if validator.is_valid(graph):
                wrong.append(f'{path.name}: its schema takes a call without {key}')
            call[key] = kept
    return count, wrong + ([] if count > 10 else ['few networks call blocks'])


def main():
    program, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    validators = {kind: schema_of(program, kind) for kind in ('graph', 'suite')}
    count, wrong, seen = 0, [], set()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for part in ('graphs', 'experiments'):
            shutil.copytree(root / part, folder / part, ignore=shutil.ignore_patterns('results'))
        for name, text, _ in language.examples((root / 'README.md').read_text()):
            (folder / 'graphs' / name).write_text(text)
        files = sorted(folder.rglob('*.yaml'))
        for path in files:
            misspelt, found = hold(program, validators, path, seen)
            count += misspelt
            wrong += found
        added, found = keys_are_known(program, validators['suite'].schema,
                                      folder / 'experiments' / 'cifar10-resnet34.yaml')
    wrong += found
    for kind in ('graph', 'suite', 'results', 'cases', 'check', 'clean', 'compare', 'diff', 'doctor', 'graphs', 'ops',
                 'plan', 'predict', 'report', 'runs', 'shrink', 'train', 'watch'):
        wrong += [f'{kind} {place} has no description' for place in undescribed(schema_of(program, kind).schema)]
    called, found = blocks_are_known(program, root)
    wrong += found
    print(*wrong, sep='\n')
    print(f'{len(files)} files, {count} misspelt keys, {added} added keys, {called} calls: {len(wrong)} wrong')
    return 0 if files and count and added and not wrong else 1


sys.exit(main())
