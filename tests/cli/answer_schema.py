#!/usr/bin/env python3
"""The schemas of what commands print: answer_schema.py NONTRIVIAL ROOT

Holds each against what its command prints with --json, and against the same with one member misspelt or left out; what
`run --json` and `merge --json` print is as the schema of results says. Exits 77 (skipped) without python3-jsonschema."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import results_schema

try:
    import jsonschema
except ImportError as lack:
    print(f'skipped: {lack}')
    sys.exit(77)

OPTIONAL = {('predict', 'pictures', 'dice'), ('graphs', '', 'doc'),
            *(('ops', 'attributes', key) for key in ('min', 'above', 'max'))}
OPEN = {('train', 'epochs'): {'epoch'}, ('cases', 'edits'): {'layer', 'kind'}, ('diff', 'attributes'): set(),
        ('doctor', 'features'): set(), ('doctor', 'programs'): set(), ('graphs', 'params'): set()}  # what they must have
TRAIN = ['--set', 'train.epochs=2', '--set', 'data.train=4', '--set', 'data.test=1', '--set', 'data.hold_out=15',
         '--set', 'set.width=4', '--set', 'seeds=[0,3]', '--threads', '1', '--quiet']


def told(program, *words, folder=None):
    made = subprocess.run([program, *words], check=True, capture_output=True, text=True, cwd=folder)
    return json.loads(made.stdout)


def validator_of(program, kind):
    schema = told(program, 'schema', kind)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def hold(program, kind, answer):
    """What is wrong with the answer, or with a schema that is content with a spoilt one."""
    validator = validator_of(program, kind)
    wrong = [f'{kind}: {error.json_path}: {error.message[:200]}' for error in validator.iter_errors(answer)]
    count = 0
    for name, node in list(results_schema.objects_of(answer)):
        for key in list(node):
            kept = dict(node)
            del node[key]
            free = (kind, name) in OPEN and key not in OPEN[kind, name]
            if validator.is_valid(answer) != (free or (kind, name, key) in OPTIONAL):
                wrong.append(f'{kind}: {key} of {name}, left out')
            node[key + 'qz'] = kept[key]
            if validator.is_valid(answer) != free:
                wrong.append(f'{kind}: {key} of {name}, misspelt')
            node.clear()
            node.update(kept)
            count += 1
    print(f'{kind}: {count} members, {len(wrong)} wrong')
    return wrong + ([] if count else [f'{kind}: nothing to hold'])


def hold_all(program, root, folder, run):
    """What is wrong with those that need no more than the sources and a finished run."""
    cases, wrong = root / 'tests' / 'cli' / 'cases', []
    shared = cases.parent / 'shared'
    for path in shared / 'small.yaml', *(shared / 'cases').iterdir():
        shutil.copy(path, folder)
    (folder / 'bare').mkdir()
    shutil.copy(shared / 'small.yaml', folder / 'bare')
    shutil.copytree(run, folder / 'again')
    shutil.copytree(run, folder / 'again' / 'shard-1-of-1')
    for kind, *words in (('cases', 'suite.yaml'), ('compare', run, folder / 'again'), ('doctor',), ('graphs', 'bare'),
                         ('diff', 'small.yaml', root / 'graphs' / 'resnet8.yaml'), ('ops', 'conv2d'), ('ops',),
                         ('runs', folder), ('watch', run), ('clean', folder / 'again', '--dry-run')):
        answer = told(program, kind, *words, '--json', folder=folder)
        found = [error.message[:200] for error in validator_of(program, kind).iter_errors(answer)]
        if (kind, *words) != ('ops',):
            found += hold(program, kind, results_schema.shorten(answer))
        wrong += [f'{kind} {words}: {fault}' for fault in found]
    return wrong


def main():
    program, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    experiments, cases = root / 'experiments', root / 'tests' / 'cli' / 'cases'
    wrong = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        example = [experiments / 'example.yaml', '--quiet']
        (folder / 'bad.yaml').write_text('version: 1\ngraph: bad\ninput: [3, 8, 8]\nnodes: {conv: {op: conv2d, chanels: 2}}\n')
        made = subprocess.run([program, 'check', root / 'graphs' / 'resnet8.yaml', example[0], 'bad.yaml', '--json'],
                              cwd=folder, capture_output=True, text=True, check=False)
        answer = json.loads(made.stdout)
        if made.returncode != 3 or [file['valid'] for file in answer['files']] != [True, True, False]:
            wrong.append(f'check: {made}')
        if answer['files'][0]['has'] != {'convolution': 9, 'parameter': 78042}:
            wrong.append(f'check: {answer["files"][0]}')
        if answer['files'][2]['errors'][1]['where'] != 'bad.yaml:4:28':
            wrong.append(f'check: {answer["files"][2]}')
        wrong += hold(program, 'check', answer)
        wrong += hold(program, 'plan', told(program, 'run', *example, '--plan', '--json'))

        trained = told(program, 'train', experiments / 'phantom.yaml', '--out', folder / 'trained', *TRAIN, '--json')
        seeds = [(seed['seed'], len(seed['epochs'])) for seed in trained['seeds']]
        if seeds != [(0, 2), (3, 2)] or not pathlib.Path(trained['seeds'][1]['weights']).exists():
            wrong.append(f'train: {seeds}')
        wrong += hold(program, 'train', trained)

        shutil.copytree(cases / 'predict-classes', folder / 'classes')
        words = [root / 'graphs' / 'resnet8.yaml', '--weights', experiments / 'example' / 'resnet8.safetensors', '--quiet',
                 '--json']
        answer = told(program, 'predict', *words, 'a.png', 'b.png', folder=folder / 'classes')
        if [len(picture['classes']) for picture in answer['pictures']] != [5, 5]:
            wrong.append('predict: five classes each')
        wrong += hold(program, 'predict', answer)
        shutil.copytree(cases / 'predict-masks', folder / 'masks')
        answer = told(program, 'predict', 'graph.yaml', '--weights', 'weights.safetensors', '--out', 'out', '--labels',
                      'dark=0 bright=1', '--truth', 'truth', '--quiet', '--json', 'images', folder=folder / 'masks')
        if not all((folder / 'masks' / picture['mask']).exists() for picture in answer['pictures']):
            wrong.append('predict: no such masks')
        wrong += hold(program, 'predict', answer)

        results = told(program, 'run', *example, '--out', folder / 'run', '--json')
        wrong += [f'run: {fault}' for fault in
                  results_schema.faults_of(results_schema.validator_of(program), json.dumps(results))]
        wrong += hold_all(program, root, folder, folder / 'run')
        for part in ('1/2', '2/2'):
            subprocess.run([program, 'run', *example, '--out', folder / 'parts', '--shard', part], check=True,
                           capture_output=True)
        merged = told(program, 'merge', folder / 'parts', '--quiet', '--json')
        wrong += [f'merge: {fault}' for fault in
                  results_schema.faults_of(results_schema.validator_of(program), json.dumps(merged))]
        if merged['groups'] != results['groups']:
            wrong.append('merge: not the same groups')
        group, case = next((group, case) for group in results['groups'] for case in group['cases'] if not case.get('cut'))
        answer = told(program, 'shrink', *words, '--from', f'{folder / "run"}:{group["group"]}:{case["case"]}', '--out',
                      folder / 'small')
        if answer['from'] != f'{group["group"]}, {case["case"]}' or answer['edits'] != len(case['edits']):
            wrong.append(f'shrink: {answer}')
        wrong += hold(program, 'shrink', answer)
        if shutil.which('gnuplot') and shutil.which('dot'):
            answer = told(program, 'report', folder / 'run', '--quiet', '--json')
            if not pathlib.Path(answer['page']).exists():
                wrong.append('report: no page')
            wrong += hold(program, 'report', answer)
    print(*wrong, sep='\n')
    return 1 if wrong else 0


sys.exit(main())
