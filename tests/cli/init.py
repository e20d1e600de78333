#!/usr/bin/env python3
"""What `init` writes: init.py NONTRIVIAL ROOT

Each start is valid as it is, holds the texts of experiments/init/, and runs: `classify` and `segment` on pictures that
are drawn here (with Pillow), `weights` on the example's, `torch` (with PyTorch) from the module to the results."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(sys.argv[2]).resolve()
EXAMPLE = ROOT / 'experiments' / 'example'
FILES = {'classify': {'suite.yaml': 'classify/suite.yaml', 'net.yaml': 'common/resnet.yaml'},
         'segment': {'suite.yaml': 'segment/suite.yaml', 'net.yaml': 'segment/net.yaml'},
         'weights': {'suite.yaml': 'weights/suite.yaml', 'net.yaml': 'common/resnet.yaml'},
         'torch': {'suite.yaml': 'torch/suite.yaml', 'mynet.py': 'torch/mynet.py'}}
COMMON = {'layers.lua': 'common/layers.lua', '.luarc.json': 'common/.luarc.json',
          'editor/nontrivial.lua': '../lua/nontrivial.lua'}
SCHEMAS = {'editor/suite.schema.json': 'suite', 'editor/graph.schema.json': 'graph'}


def run(*words, cwd=None, status=0):
    done = subprocess.run([str(word) for word in words], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != status:
        sys.exit(f'{words}: status {done.returncode}\n{done.stdout}{done.stderr}')
    return done.stdout


def nontrivial(*words, cwd=None, status=0):
    return run(PROGRAM, *words, cwd=cwd, status=status)


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob('*') if path.is_file()}


def init(folder, kind):
    said = nontrivial('init', kind, folder)
    expected = {name: (ROOT / 'experiments/init' / source).read_bytes()
                for name, source in {**FILES[kind], **COMMON}.items()}
    expected |= {name: nontrivial('schema', schema).encode() for name, schema in SCHEMAS.items()}
    assert contents(folder) == expected, f'{kind}: {sorted(contents(folder))}'
    library = json.loads(expected['.luarc.json'])['workspace.library']
    assert [str(path) for path in library] == ['editor'] and (folder / 'editor/nontrivial.lua').exists()
    for line in (line for name in expected for line in expected[name].decode().splitlines()[:1]):
        if '$schema=' in line:
            assert (folder / line.split('$schema=')[1]).exists(), line
    nontrivial('init', kind, folder, status=2)
    assert contents(folder) == expected, 'something was overwritten'
    return said


def results(folder, suite, cases, *settings):
    nontrivial('run', 'suite.yaml', '--quiet', *settings, cwd=folder)
    found = json.loads((folder / 'runs' / suite / 'results.json').read_text())
    counts = [len(group['cases']) for group in found['groups']]
    assert counts == cases, f'{suite}: {counts} cases, not {cases}'


def classify(folder, image):
    for split, count in (('train', 24), ('test', 5)):
        for number, colour in enumerate(((200, 40, 30), (20, 60, 210))):
            for i in range(count):
                path = folder / 'pictures' / split / f'class{number}' / f'{i}.png'
                path.parent.mkdir(parents=True, exist_ok=True)
                picture = image.effect_noise((70, 80), 40).convert('RGB')
                picture.paste(colour, (10 + i, 12, 40 + i, 50))
                picture.save(path)
    results(folder, 'classify', [9, 9], '--set', 'train.epochs=1')


def segment(folder, image):
    for name in ('images', 'masks'):
        (folder / 'my-data' / name).mkdir(parents=True)
    for i in range(20):
        where = (4 + i, 6, 20 + i, 30)
        picture, mask = image.effect_noise((48, 40), 30), image.new('L', (48, 40))
        picture.paste(250, where)
        mask.paste(255, where)
        picture.save(folder / 'my-data/images' / f'{i}.png')
        mask.save(folder / 'my-data/masks' / f'{i}.png')
    results(folder, 'segment', [13, 13], '--set', 'train.epochs=1', '--set', 'set.size=32', '--set',
            'data.size=[32, 32]')


def copy_example(folder):
    shutil.copytree(EXAMPLE, folder / 'cifar-10-batches-bin')


def weights(folder):
    copy_example(folder)
    shutil.copy(EXAMPLE / 'resnet8.safetensors', folder / 'weights.safetensors')
    results(folder, 'weights', [9])
    whole = json.loads((folder / 'runs/weights/results.json').read_text())['baseline'][0]['value']
    assert whole > 0.9, f'the network is not the weights\' own: {whole}'


def torch(folder, said):
    nontrivial('check', 'suite.yaml', cwd=folder, status=3)  # the network is not made yet
    command, = (line for line in said.splitlines() if 'mynet.py:Net' in line)
    command = command.strip()
    if command.startswith('nontrivial-from-torch'):
        sys.exit('the tool of the source tree is not named')
    run('sh', '-c', f'{sys.executable} {command} --nontrivial {PROGRAM}', cwd=folder)
    copy_example(folder)
    nontrivial('check', 'suite.yaml', cwd=folder)
    results(folder, 'torch', [5])


def module_of(name):
    try:
        return __import__(name, fromlist=['Image'])
    except ImportError:
        print(f'without {name}')
        return None


def main():
    with tempfile.TemporaryDirectory(prefix='nontrivial-') as temporary:
        folders = {kind: pathlib.Path(temporary) / kind for kind in FILES}
        said = {kind: init(folder, kind) for kind, folder in folders.items()}
        for kind in ('classify', 'segment', 'weights'):
            nontrivial('check', 'suite.yaml', 'net.yaml', '--no-data', cwd=folders[kind])
        pillow = module_of('PIL.Image')
        if pillow:
            classify(folders['classify'], pillow)
            segment(folders['segment'], pillow)
        weights(folders['weights'])
        if module_of('torch'):
            torch(folders['torch'], said['torch'])


if __name__ == '__main__':
    main()
