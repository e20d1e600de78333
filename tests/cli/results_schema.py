#!/usr/bin/env python3
"""The schema of results.json: results_schema.py NONTRIVIAL ROOT

Holds it against every results.json of the project, and against each of them again with one member misspelt, and
with one left out, for each member: the schema must refuse that, unless the member is optional or stands in an
object of any names. (What the cases of run.py write, run.py holds against it.) Exits 77 (skipped) without
python3-jsonschema."""
import json
import pathlib
import subprocess
import sys

try:
    import jsonschema
except ImportError as lack:
    if __name__ == '__main__':
        print(f'skipped: {lack}')
        sys.exit(77)
    jsonschema = None

OPTIONAL = {('', 'samples'), ('', 'method'), ('method', 'limit'), ('method', 'first'), ('method', 'training'),
            ('training', 'from'), ('loss', 'of'), ('provenance', 'source'), ('provenance', 'build'),
            ('provenance', 'numerics'), ('provenance', 'training_numerics'), ('samples', 'indexes'),
            ('samples', 'names'), ('samples', 'patients'), ('samples', 'labels'), ('groups', 'notes'), ('groups', 'control'),
            ('results', 'unfinished'), ('results', 'uncounted'), ('results', 'decide'), ('results', 'decision'),
            ('baseline', 'uncounted'), ('cases', 'cut'), ('cases', 'recipe'), ('cases', 'cost'), ('', 'cost'),
            ('cost', 'multiply_adds'), ('cost', 'parameters'), ('method', 'root')}
OPEN = {'set', 'options'}
EDIT = {'layer', 'kind'}


def validator_of(program):
    """What results.json is held against; None without python3-jsonschema."""
    if jsonschema is None:
        return None
    made = subprocess.run([program, 'schema', 'results'], check=True, capture_output=True).stdout
    schema = json.loads(made)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def faults_of(validator, text):
    """What is wrong with the text of a results.json."""
    return [f'{error.json_path}: {error.message[:200]}' for error in validator.iter_errors(json.loads(text))]


def shorten(node):
    """Of each list only the first two items: the rest is alike."""
    if isinstance(node, dict):
        return {key: shorten(value) for key, value in node.items()}
    return [shorten(item) for item in node[:2]] if isinstance(node, list) else node


def objects_of(node, name=''):
    """Every object with the name of what it is in."""
    if isinstance(node, dict):
        yield name, node
        for key, value in node.items():
            yield from objects_of(value, key)
    elif isinstance(node, list):
        for item in node:
            yield from objects_of(item, name)


def is_free(name, key):
    return name in OPEN or (name == 'edits' and key not in EDIT)


def hold(validator, path):
    """Returns (how many members, what is wrong)."""
    text = path.read_text()
    wrong = [f'{path}: {fault}' for fault in faults_of(validator, text)]
    root, count = shorten(json.loads(text)), 0
    for name, node in list(objects_of(root)):
        for key in [key for key in node if not is_free(name, key)]:
            kept = dict(node)
            del node[key]
            if validator.is_valid(root) != ((name, key) in OPTIONAL):
                wrong.append(f'{path}: {key} of {name}, left out')
            node[key + 'qz'] = kept[key]
            if validator.is_valid(root) and name != 'edits':
                wrong.append(f'{path}: {key} of {name}, misspelt, is accepted')
            node.clear()
            node.update(kept)
            count += 1
    return count, wrong


def main():
    program, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    validator = validator_of(program)
    paths = sorted((root / 'experiments' / 'results').glob('*/results.json'))
    paths.append(root / 'tests' / 'cli' / 'cases' / 'report-hostile' / 'run' / 'results.json')
    held = [hold(validator, path) for path in paths]
    wrong = [fault for _, found in held for fault in found]
    print(*wrong, sep='\n')
    print(f'{len(paths)} files, {sum(count for count, _ in held)} members: {len(wrong)} wrong')
    return 0 if len(paths) > 5 and not wrong else 1


if __name__ == '__main__':
    sys.exit(main())
