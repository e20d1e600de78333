#!/usr/bin/env python3
"""Do other readers see the numbers that the program sees? yaml_numbers.py NONTRIVIAL SCALARS SOURCE

Reads every YAML file that comes with the program, README's, and what the program writes with PyYAML, which reads
YAML 1.1, and holds each scalar against what SCALARS says it is to the program: to both the same number, truth or
text. Exits 77 (skipped) without python3-yaml."""
import pathlib
import re
import subprocess
import sys
import tempfile

try:
    import yaml
except ImportError as lack:
    print(f'skipped: {lack}')
    sys.exit(77)

PROGRAM, SCALARS, SOURCE = (pathlib.Path(word).resolve() for word in sys.argv[1:4])
CONSTRUCTOR = yaml.SafeLoader('')


def kind_of(node):
    """As SCALARS says it."""
    value = CONSTRUCTOR.construct_object(node)
    if value is None:
        return 'null', ''
    if isinstance(value, bool):
        return 'bool', str(int(value))
    return ('number', float(value)) if isinstance(value, (int, float)) else (
        'text' if isinstance(value, str) else type(value).__name__, '')


def scalars(node, found):
    """{place: node} of all that is written; an alias stands where its anchor does."""
    children = [node] if node.id == 'scalar' else [
        part for item in node.value for part in (item if node.id == 'mapping' else (item,))]
    for child in children:
        if child.id == 'scalar' and (child.value or child.style):
            found[child.start_mark.line + 1, child.start_mark.column + 1] = child
        elif child.id != 'scalar':
            scalars(child, found)
    return found


def of_program(paths):
    said = subprocess.run([SCALARS, *paths], check=True, capture_output=True, text=True).stdout
    files, name = {}, None
    for line in said.splitlines():
        words = line.split(' ', 3)
        if words[0] == 'file':
            name = line[len('file '):]
            files[name] = {}
        else:
            value = float(words[3]) if words[2] == 'number' else words[3] if len(words) > 3 else ''
            files[name][int(words[0]), int(words[1])] = words[2], value
    return files


def differences(paths):
    count, wrong = 0, []
    for name, program in of_program(paths).items():
        try:
            other = scalars(yaml.compose(pathlib.Path(name).read_text(), yaml.SafeLoader), {})
        except yaml.YAMLError as error:
            wrong.append(f'{name}: PyYAML can\'t read it: {error}')
            continue
        if other.keys() != program.keys():
            wrong.append(f'{name}: other scalars: {sorted(other.keys() ^ program.keys())[:5]}')
            continue
        count += len(other)
        wrong += [f'{name}:{line}:{column}: {node.value!r} is {program[line, column][0]} to the program, '
                  f'{kind_of(node)[0]} to YAML 1.1' for (line, column), node in other.items()
                  if kind_of(node) != program[line, column]]
    return count, wrong


def written(folder):
    """What the program writes: networks with nothing left to expand, the suite of a run, what `init` gives."""
    for name in ('convnext_tiny', 'mnasnet1_0', 'pspnet-resnet34'):
        text = subprocess.run([PROGRAM, 'show', name, '--resolved'], check=True, capture_output=True).stdout
        (folder / f'{name}.yaml').write_bytes(text)
    subprocess.run([PROGRAM, 'run', 'example', '--quiet', '--out', folder / 'run', '--set', 'evaluate.limit=2', '--set',
                    'margin=0.00001', '--set', 'data.normalise={mean: [1.0e-7, 0, 0], deviation: [1.0e-6, 1, 1]}'],
                   check=True, stdout=subprocess.DEVNULL)
    for kind in ('classify', 'segment', 'weights', 'torch'):
        subprocess.run([PROGRAM, 'init', kind, folder / kind], check=True, stdout=subprocess.DEVNULL)
    for number, text in enumerate(re.findall(r'^```yaml\n(.*?)^```', (SOURCE / 'README.md').read_text(), re.M | re.S)):
        (folder / f'readme-{number}.yaml').write_text(text)


def main():
    paths = [path for part in ('graphs', 'experiments') for path in sorted((SOURCE / part).rglob('*.yaml'))
             if 'results' not in path.parts]
    with tempfile.TemporaryDirectory(prefix='nontrivial-') as folder:
        written(pathlib.Path(folder))
        mine = sorted(pathlib.Path(folder).rglob('*.yaml'))
        count, wrong = differences(paths + mine)
        texts = ''.join(path.read_text() for path in mine)
    if 'e-0' not in texts:
        wrong.append('the program wrote no small number')
    print(*wrong, sep='\n')
    print(f'{len(paths)} files, {len(mine)} that the program wrote, {count} scalars: {len(wrong)} wrong')
    return 1 if wrong or not count else 0


sys.exit(main())
