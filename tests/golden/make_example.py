#!/usr/bin/env python3
"""Makes experiments/example/: a task small enough to ship, on which a study runs in seconds. Ten
classes of shapes and patterns in random colours, places and sizes, and a ResNet8 trained on them.
The output is committed; this needs running only to change it:
python3 tests/golden/make_example.py

test_batch.bin       100 images in CIFAR-10's binary layout, ten a class; never trained on
batches.meta.txt     the names of the classes
resnet8.safetensors  weights for graphs/resnet8.yaml, kernels F16
"""
import numpy as np
import torch
from torch import nn

from make_fixtures import HERE, ResNet8, normalised, save_cifar10, save_safetensors, to_half

EXAMPLE = HERE.parent.parent / 'experiments/example'
CLASSES = ['disc', 'square', 'triangle', 'cross', 'ring',
           'rows', 'columns', 'slanted', 'checkers', 'spots']
ROW, COLUMN = np.mgrid[0:32, 0:32].astype(float)


def mask(label, random):
    """Which pixels belong to the shape or pattern: 32 x 32 truth values."""
    size = random.uniform(6, 11)
    y, x = ROW - random.uniform(size, 31 - size), COLUMN - random.uniform(size, 31 - size)
    period, phase = random.uniform(5, 9), random.uniform(0, 9)
    thick = size * random.uniform(.25, .4)
    far = np.hypot(y, x)
    rows, columns = ((ROW + phase) // (period / 2)) % 2, ((COLUMN + phase) // (period / 2)) % 2
    return [
        lambda: far < size,
        lambda: np.maximum(abs(y), abs(x)) < size * .85,
        lambda: (y < size * .7) & (y > 2 * abs(x) - size * .9),
        lambda: ((abs(y) < thick) | (abs(x) < thick)) & (np.maximum(abs(y), abs(x)) < size),
        lambda: (far < size) & (far > size - 1.5 * thick),
        lambda: rows == 1,
        lambda: columns == 1,
        lambda: ((ROW + COLUMN + phase) // (period / 2)) % 2 == 1,
        lambda: rows != columns,
        lambda: np.hypot((ROW + phase) % period - period / 2,
                         (COLUMN + phase) % period - period / 2) < period * .3,
    ][label]()


def draw(label, random):
    """One image, uint8, 3 x 32 x 32: two colours that differ, a slanted light and noise."""
    inside, outside = random.uniform(20, 235, 3), random.uniform(20, 235, 3)
    while np.abs(inside - outside).max() < 60:
        outside = random.uniform(20, 235, 3)
    image = np.where(mask(label, random), inside[:, None, None], outside[:, None, None])
    slope = random.uniform(-1.5, 1.5, 2)
    image = image + slope[0] * (ROW - 16) + slope[1] * (COLUMN - 16)
    return np.clip(image + random.normal(0, 14, image.shape), 0, 255).astype(np.uint8)


def make(count, random):
    labels = np.arange(count) % len(CLASSES)
    return np.stack([draw(label, random) for label in labels]), labels


def train(net, images, labels, epochs, batch):
    x, y = normalised(images), torch.from_numpy(labels)
    optimiser = torch.optim.SGD(net.parameters(), .1, .9, nesterov=True, weight_decay=5e-4)
    steps = epochs * (len(x) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, .1, steps)
    for epoch in range(epochs):
        net.train()
        order = torch.randperm(len(x))
        for first in range(0, len(x) - batch + 1, batch):
            chosen = order[first:first + batch]
            loss = nn.functional.cross_entropy(net(x[chosen]), y[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        print(f'epoch {epoch + 1} of {epochs}: loss {loss.item():.3f}')


def main():
    torch.manual_seed(1)
    torch.set_num_threads(2)
    images, labels = make(100, np.random.RandomState(1))
    net = ResNet8()
    train(net, *make(5000, np.random.RandomState(2)), epochs=8, batch=50)
    to_half(net)
    net.eval()
    with torch.no_grad():
        right = (net(normalised(images)).argmax(1).numpy() == labels).sum()
    print(f'{right} of {len(labels)} right')
    save_cifar10(EXAMPLE / 'test_batch.bin', images, labels)
    (EXAMPLE / 'batches.meta.txt').write_text('\n'.join(CLASSES) + '\n')
    save_safetensors(EXAMPLE / 'resnet8.safetensors', net.state_dict(), half=True)


if __name__ == '__main__':
    main()
