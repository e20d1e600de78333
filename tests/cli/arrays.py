#!/usr/bin/env python3
"""The kind `npy` against the kind `cifar10`, and the suite of corrupted images: arrays.py NONTRIVIAL SOURCE

numpy writes the example's images as arrays of several types and layouts, plain and in archives: the example's
network must give the same bits as on the file itself, also where hardly an image may be held in memory, and where
nobody says what the images are. Then experiments/corrupt.py corrupts them, which must be less the nearer its c is to
none, and the suite measures a severity. Exits 77 (skipped) without numpy."""
import json
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError as missing:
    print(f'skipped: {missing}')
    sys.exit(77)

MEAN, DEVIATION = [.4914, .4822, .4465], [.2470, .2435, .2616]


def logits_of(program, source, folder, data, network):
    subprocess.run([program, 'eval', source / 'graphs' / 'resnet8.yaml', '--weights',
                    source / 'experiments' / 'example' / 'resnet8.safetensors', '--data', data, '--normalise', network,
                    '--logits', 'logits.npy', '--quiet'], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return np.load(folder / 'logits.npy')


def check_arrays(program, source, folder):
    records = np.fromfile(source / 'experiments' / 'example' / 'test_batch.bin', dtype=np.uint8).reshape(-1, 3073)
    images, labels = records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0]
    floats = (images.astype(np.float32) / np.float32(255)
              - np.float32(MEAN).reshape(3, 1, 1)) / np.float32(DEVIATION).reshape(3, 1, 1)
    last = images.transpose(0, 2, 3, 1)
    np.save(folder / 'y.npy', labels)
    np.save(folder / 'first.npy', images)
    np.save(folder / 'last.npy', last)
    np.save(folder / 'fortran.npy', np.asfortranarray(images))
    np.save(folder / 'float.npy', floats)
    np.save(folder / 'double.npy', floats.astype('>f8'))
    np.savez_compressed(folder / 'packed.npz', images=np.ascontiguousarray(last), labels=labels.astype('>i4'))
    of_file = {how: logits_of(program, source, folder, f'cifar10:{source}/experiments/example', how)
               for how in ('usual', 'image')}
    for name, how, more in [('first.npy', 'image', ''), ('last.npy', 'image', ',layout=nhwc'),
                            ('fortran.npy', 'image', ''), ('packed.npz#images', 'image', ',layout=nhwc'),
                            ('float.npy', 'usual', ''), ('double.npy', 'usual', '')]:
        of = 'packed.npz#labels' if '#' in name else 'y.npy'
        found = logits_of(program, source, folder, f'npy:.,test_images={name},test_labels={of}{more}', how)
        if not np.array_equal(found, of_file[how]):
            return f'{name}: logits differ from those of the file, by {np.abs(found - of_file[how]).max()}'
    print('arrays: the same bits')
    return ''


def check_memory(program, source, folder):
    """Of the same arrays and one archive that isn't packed, with a few images' memory."""
    np.savez(folder / 'stored.npz', images=np.load(folder / 'last.npy'), labels=np.load(folder / 'y.npy'))
    for images, labels, more in (('first.npy', 'y.npy', ''), ('double.npy', 'packed.npz#labels', ''),
                                 ('stored.npz#images', 'stored.npz#labels', ',layout=nhwc')):
        data = f'npy:.,test_images={images},test_labels={labels}{more}'
        held, read = (logits_of(program, source, folder, data + memory, 'image') for memory in ('', ',memory=3e-5'))
        if not np.array_equal(held, read):
            return f'{images}: logits differ where images are read again'
    for images, why in (('packed.npz#images', 'is packed'), ('fortran.npy', "is in Fortran's order")):
        data = f'npy:.,test_images={images},test_labels=y.npy,memory=3e-5'
        if images.startswith('packed'):
            data += ',layout=nhwc'
        found = subprocess.run([program, 'eval', source / 'graphs' / 'resnet8.yaml', '--weights',
                                source / 'experiments' / 'example' / 'resnet8.safetensors', '--data', data,
                                '--normalise', 'image', '--quiet'], cwd=folder, capture_output=True, text=True)
        if found.returncode != 3 or f'{why}, so that its samples must all be in memory' not in found.stderr:
            return f'{images}: status {found.returncode}, {found.stderr}'
    print('memory: the same bits')
    return ''


def check_answers(program, source, folder):
    """Images alone, and with classes that aren't the network's: logits, and no measurement."""
    network = [source / 'graphs' / 'resnet8.yaml', '--weights', source / 'experiments' / 'example' / 'resnet8.safetensors']
    norm = ['--mean', json.dumps(MEAN), '--deviation', json.dumps(DEVIATION)]

    def evaluate(data, *words):
        return subprocess.run([program, 'eval', *network, '--data', data, '--quiet', *words], cwd=folder,
                              capture_output=True, text=True)
    expected = logits_of(program, source, folder, f'cifar10:{source}/experiments/example', 'usual')
    for data in ('first.npy', f'{folder}/first.npy', 'stored.npz#images,layout=nhwc',
                 'npy:.,test_images=first.npy,test_labels=y.npy,classes=11'):
        found = evaluate(data, *norm, '--logits', 'answers.npy')
        if found.returncode or found.stdout != 'logits of 100 images in answers.npy; nothing is measured\n':
            return f'{data}: status {found.returncode}, {found.stdout}{found.stderr}'
        if not np.array_equal(np.load(folder / 'answers.npy'), expected):
            return f'{data}: logits differ from those with classes'
    for data, words, why in (('first.npy', norm, 'have no classes to measure by'),
                             ('first.npy', ['--logits', 'answers.npy'], 'give the mean and the deviation'),
                             ('float.npy', ['--logits', 'a.npy', '--confusion', 'c.csv'], 'have no classes'),
                             ('first.npy', [*norm[:2], '--logits', 'a.npy'], 'a number for each of 3 channels')):
        found = evaluate(data, *words)
        if found.returncode not in (2, 3) or why not in found.stderr:
            return f'{data}: status {found.returncode}, {found.stderr}'
    values = np.load(folder / 'float.npy')
    values[7] = 3e38
    np.save(folder / 'large.npy', values)
    found = evaluate('large.npy', '--logits', 'a.npy')
    if found.returncode != 1 or "the logits of image 7 ('7') are not finite" not in found.stderr:
        return f'an image too large for the network: status {found.returncode}, {found.stderr}'
    print('answers: the same bits')
    return ''


def check_corrupted(program, source, folder):
    example = source / 'experiments' / 'example' / 'test_batch.bin'
    subprocess.run([sys.executable, source / 'experiments' / 'corrupt.py', example, folder / 'made'], check=True)
    clean = np.fromfile(example, dtype=np.uint8).reshape(-1, 3073)[:, 1:].reshape(-1, 3, 32, 32)
    clean = clean.transpose(0, 2, 3, 1).astype(float)
    for name in ('gaussian_noise', 'gaussian_blur', 'contrast'):
        parts = np.split(np.load(folder / 'made' / f'{name}.npy').astype(float), 5)
        apart = [np.abs(part - clean).mean() for part in parts]
        if apart != sorted(apart) or apart[0] < 1:
            return f'{name}: the severities are {apart} from the images'
    words = ['--set', f'data.root={folder}/made', '--set', 'data.test_images=contrast.npy']
    accuracy = []
    for severity in (1, 5):
        subprocess.run([program, 'run', source / 'experiments' / 'example-corrupted.yaml', *words, '--set',
                        f'data.test_part=[{severity},5]', '--out', folder / f'run-{severity}', '--quiet'], check=True,
                       stdout=subprocess.DEVNULL)
        results = json.loads((folder / f'run-{severity}' / 'results.json').read_text())
        accuracy.append(results['baseline'][0]['value'])
        if len(results['groups'][0]['cases']) != 9:
            return 'the suite does not measure all nine convolutions'
    print(f'contrast: accuracy {accuracy[0]} at severity 1, {accuracy[1]} at 5')
    return '' if accuracy[0] > accuracy[1] + 0.05 else 'a higher severity costs nothing'


def main():
    program, source = (pathlib.Path(word).resolve() for word in sys.argv[1:])
    with tempfile.TemporaryDirectory() as name:
        wrong = [check(program, source, pathlib.Path(name))
                 for check in (check_arrays, check_memory, check_answers, check_corrupted)]
    print('\n'.join(text for text in wrong if text))
    return 1 if any(wrong) else 0


if __name__ == '__main__':
    sys.exit(main())
