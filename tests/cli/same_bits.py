"""What must be the same bits whichever kernel or however many threads compute it: ResNet34's weights after two steps
of training, its logits, and those of a trained ResNet8."""
import pathlib
import random
import struct

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / 'experiments' / 'example'
SUITE = """version: 1
suite: short
graph: {root}/graphs/resnet34.yaml
set: {{size: 28, image_channels: 1, stem: {stem}}}
data: {{kind: idx, root: {data}}}
train:
  epochs: 1
  batch: 8
  loss: {{op: softmax_cross_entropy}}
  optimiser: {{kind: sgd, momentum: 0.9}}
  schedule: {{kind: constant, rate: 0.01}}
groups:
  each: {{hook: {root}/experiments/lua/each_layer.lua}}
"""


def write_data(folder):
    """Grey images of noise, 28x28, and labels."""
    folder.mkdir()
    noise = random.Random(1)
    for name, count in (('train', 16), ('t10k', 8)):
        pixels = noise.randbytes(count * 784)
        labels = bytes(i % 10 for i in range(count))
        (folder / f'{name}-images-idx3-ubyte').write_bytes(struct.pack('>4i', 2051, count, 28, 28) + pixels)
        (folder / f'{name}-labels-idx1-ubyte').write_bytes(struct.pack('>2i', 2049, count) + labels)


class Task:
    """In a folder: data, a suite, and a folder for each way in which it was computed."""

    def __init__(self, folder, stem):
        self.folder, self.stem = folder, stem
        write_data(folder / 'data')
        (folder / 'short.yaml').write_text(SUITE.format(root=ROOT, data=folder / 'data', stem=stem))

    def computed(self, name, run):
        """Bytes of all that is made, by name; `run` takes the program's words."""
        mine = self.folder / name
        mine.mkdir()
        run('train', self.folder / 'short.yaml', '--out', mine / 'run', '--quiet')
        weights = mine / 'run/seed-0/weights.safetensors'
        settings = ('--set', 'size=28', '--set', 'image_channels=1', '--set', f'stem={self.stem}')
        for graph, trained, images, more in (
                ('resnet34', weights, f'idx:{self.folder}/data', settings),
                ('resnet8', EXAMPLE / 'resnet8.safetensors', f'cifar10:{EXAMPLE}', ('--limit', '64'))):
            run('eval', ROOT / f'graphs/{graph}.yaml', '--weights', trained, '--data', images, *more,
                '--logits', mine / f'{graph}.npy', '--quiet')
        return {'weights': weights.read_bytes(), **{path.name: path.read_bytes() for path in mine.glob('*.npy')}}
