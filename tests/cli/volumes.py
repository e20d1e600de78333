#!/usr/bin/env python3
"""The kind `nifti` against nibabel: volumes.py NONTRIVIAL

nibabel writes volumes as scanners' software does: several orientations, scaled integers, frames in time. What a
network of one 1x1 convolution, whose logits are the pixels themselves, makes of them is held against nibabel's own
reading, turning and slicing, and against itself where no slice may be held in memory; then a small network is trained on them. Exits 77 (skipped) without nibabel."""
import gzip
import json
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

try:
    import nibabel
    import numpy as np
except ImportError as missing:
    print(f'skipped: {missing}')
    sys.exit(77)

GRAPH = '''
version: 1
graph: pixels
input: [1, {rows}, {columns}]
nodes:
  head: {{op: conv2d, channels: 2, kernel: 1}}
'''

SUITE = '''
version: 1
suite: volumes
graph: small.yaml
data: {kind: nifti, root: set, images: images, masks: labels, image_suffix: _0000, orient: RAS, size: [16, 16],
       empty_slices: skip, test_share: 0.34, hold_out: 1}
train:
  epochs: 60
  batch: 4
  loss: {op: softmax_cross_entropy}
  optimiser: {kind: sgd, momentum: 0.9}
  schedule: {kind: one_cycle, peak: 0.1}
  augment: [flip]
seeds: [0]
groups: {one: {hook: one.lua}}
'''

SMALL = '''
version: 1
graph: small
input: [1, 16, 16]
nodes:
  conv1: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}
  bn1:   {op: batch_norm}
  relu1: {op: relu}
  head:  {op: conv2d, channels: 2, kernel: 1}
'''

AFFINES = {  # nibabel's names of them
    'RAS': np.diag([1.5, 2, 4, 1]),
    'LPS': np.diag([-1.5, -2, 4, 1]),
    'PIR': np.array([[0, 0, 4, -3], [-1.5, 0, 0, 7], [0, 2, 0, 1], [0, 0, 0, 1.]]),
}


def write_tensors(path, tensors):
    header, data = {}, b''
    for name, values in tensors.items():
        raw = values.astype('<f4').tobytes()
        header[name] = {'dtype': 'F32', 'shape': values.shape, 'data_offsets': [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack('<Q', len(text)) + text + data)


def save(path, values, affine, dtype, slope=1.0, form='s'):
    image = nibabel.Nifti1Image(values.astype(dtype), affine, dtype=dtype)
    image.header.set_slope_inter(slope, 3 if slope != 1 else 0)
    image.set_sform(affine, code=1 if form == 's' else 0)
    image.set_qform(affine, code=1 if form == 'q' else 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(image, path)


def make_set(folder, random):
    """Bright balls in noise; the file's own axes differ, so that sides do, too."""
    for i, (name, affine) in enumerate(list(AFFINES.items()) * 2):
        shape = np.array([14, 16, 5]) + i % 2
        x, y, z = np.meshgrid(*map(np.arange, shape), indexing='ij')
        at = shape / 2 + random.uniform(-1, 1, 3)
        ball = ((x - at[0]) ** 2 + (y - at[1]) ** 2 + (2 * (z - at[2])) ** 2 < 16).astype(float)
        image = 150 * ball + random.uniform(0, 200, shape)
        save(folder / 'images' / f'p{i}_0000.nii.gz', image, affine, np.int16, 0.5 if i else 1, 'sq'[i % 2])
        save(folder / 'labels' / f'p{i}.nii.gz', ball, affine, np.uint8, form='sq'[i % 2])


def expected_slices(path, orient, axis, mask):
    image = nibabel.load(path)
    if orient:
        turn = nibabel.orientations.ornt_transform(
            nibabel.orientations.io_orientation(image.affine), nibabel.orientations.axcodes2ornt(orient))
        image = image.as_reoriented(turn)
    values = image.get_fdata()
    if not mask:
        values = (values - values.mean()) / values.std()
    values = np.moveaxis(values, 'xyz'.index(axis), 0)  # slices, then the other two in order: columns come first
    return values.transpose(0, 2, 1)


def logits_of(program, folder, options, rows, columns):
    (folder / 'pixels.yaml').write_text(GRAPH.format(rows=rows, columns=columns))
    found = subprocess.run(
        [program, 'eval', 'pixels.yaml', '--weights', 'pixels.safetensors', '--data', ','.join(['nifti:one', *options]),
         '--split', 'train', '--logits', 'logits.npy', '--quiet', '--json'], cwd=folder, check=True, stdout=subprocess.PIPE)
    return np.load(folder / 'logits.npy'), json.loads(found.stdout)


def check_pixels(program, folder):
    """Of each volume alone, packed or not, along each axis, turned and as it is."""
    furthest = 0
    for number, source in enumerate(sorted((folder / 'set' / 'images').iterdir())):
        label = folder / 'set' / 'labels' / source.name.replace('_0000', '')
        for place, path in (('images', source), ('labels', label)):
            shutil.rmtree(folder / 'one' / place, ignore_errors=True)
            (folder / 'one' / place).mkdir(parents=True)
            packed = path.read_bytes()
            if number % 2:
                (folder / 'one' / place / 'v.nii').write_bytes(gzip.decompress(packed))
            else:
                (folder / 'one' / place / 'v.nii.gz').write_bytes(packed)
        for orient in ('', 'RAS', 'SLA'):
            for axis in 'xyz':
                want = expected_slices(source, orient, axis, False)
                options = ['images=images', 'masks=labels', 'test_share=0', f'axis={axis}']
                options += [f'orient={orient}'] if orient else []
                logits, report = logits_of(program, folder, options, *want.shape[1:])
                if logits.shape != (want.shape[0], 2) + want.shape[1:]:
                    return f'{source.name} {orient} {axis}: logits are {logits.shape}'
                furthest = max(furthest, np.abs(logits[:, 1] - want).max())
                wrong = check_masks(logits, expected_slices(label, orient, axis, True), report)
                again, _ = logits_of(program, folder, options + ['memory=1e-6'], *want.shape[1:])
                if not wrong and not np.array_equal(again, logits):
                    wrong = 'logits differ where slices are read again'
                if wrong:
                    return f'{source.name} {orient} {axis}: {wrong}'
    print(f'pixels: within {furthest:.2g} of nibabel\'s')
    return '' if furthest < 1e-5 else f'a pixel is {furthest:.3g} from nibabel\'s'


def check_masks(logits, masks, report):
    """The mean Dice of class 1, in the images that have it in the mask or the prediction."""
    guess, truth = logits[:, 1] > logits[:, 0], masks > 0.5
    size = guess.sum((1, 2)) + truth.sum((1, 2))
    dice = np.where(size > 0, 2 * (guess & truth).sum((1, 2)) / np.maximum(size, 1), 1).mean()
    found = report['value']
    return '' if abs(found - dice) < 1e-6 else f'Dice {found}, not {dice}'


def check_training(program, folder):
    (folder / 'suite.yaml').write_text(SUITE)
    (folder / 'small.yaml').write_text(SMALL)
    (folder / 'one.lua').write_text('return function() return {{name = "conv1", zero = "conv1"}} end')
    subprocess.run([program, 'run', 'suite.yaml', '--out', 'run', '--quiet'], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL)
    dice = json.loads((folder / 'run' / 'results.json').read_text())['baseline'][0]['value']
    print(f'trained: Dice {dice}')
    return '' if dice > 0.8 else f'trained on volumes, a network comes to a Dice of {dice}'


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make_set(folder / 'set', np.random.Generator(np.random.PCG64(0)))
        write_tensors(folder / 'pixels.safetensors',
                      {'head.weight': np.array([-1, 1]).reshape(2, 1, 1, 1), 'head.bias': np.zeros(2)})
        wrong = [check(program, folder) for check in (check_pixels, check_training)]
    print('\n'.join(text for text in wrong if text))
    return 1 if any(wrong) else 0


if __name__ == '__main__':
    sys.exit(main())
