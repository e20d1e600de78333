#!/usr/bin/env python3
"""Makes corrupted test images in the layout of CIFAR-10-C from a file in CIFAR-10's binary layout:

    corrupt.py test_batch.bin FOLDER [--limit N]

writes gaussian_noise.npy, gaussian_blur.npy and contrast.npy, each N images at the severities 1 to 5, one after
the other (5 N x 32 x 32 x 3 bytes), and labels.npy, N labels five times. For who has CIFAR-10 but not the
download of CIFAR-10-C (Hendrycks and Dietterich, Benchmarking Neural Network Robustness to Common Corruptions and
Perturbations, ICLR 2019; https://zenodo.org/record/2535967), which has nineteen corruptions.

A pixel x is in [0, 1]; the results are cut to [0, 1], times 255, and rounded towards zero. c for the severities 1
to 5 is that of the authors' ImageNet-C/create_c/make_cifar_c.py (github.com/hendrycks/robustness):

    gaussian_noise   x + c z, z standard normal              c = 0.04 0.06 0.08 0.09 0.10
    gaussian_blur    x * a Gaussian of deviation c pixels     c = 0.4 0.6 0.7 0.8 1.0
    contrast         c (x - m) + m, m the channel's mean      c = 0.75 0.5 0.4 0.3 0.15

The Gaussian is cut off at four deviations, and the border is continued by its nearest pixel, as in scikit-image.
The noise is drawn by numpy's PCG64 with the seed 0: it isn't the same as in the published file."""
import argparse
import pathlib

import numpy as np

SEVERITIES = {
    'gaussian_noise': [0.04, 0.06, 0.08, 0.09, 0.10],
    'gaussian_blur': [0.4, 0.6, 0.7, 0.8, 1.0],
    'contrast': [0.75, 0.5, 0.4, 0.3, 0.15],
}


def gaussian_noise(x, c, random):
    return x + random.normal(size=x.shape, scale=c)


def gaussian_blur(x, c, _):
    radius = int(4 * c + 0.5)
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / c) ** 2)
    weights /= weights.sum()
    for axis in (1, 2):
        size = x.shape[axis]
        pad = [(radius, radius) if a == axis else (0, 0) for a in range(x.ndim)]
        wide = np.pad(x, pad, mode='edge')
        x = sum(w * wide.take(range(i, i + size), axis) for i, w in enumerate(weights))
    return x


def contrast(x, c, _):
    mean = x.mean(axis=(1, 2), keepdims=True)
    return c * (x - mean) + mean


def read_cifar(path, limit):
    records = np.fromfile(path, dtype=np.uint8).reshape(-1, 3073)[:limit]
    return records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), records[:, 0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('file', type=pathlib.Path)
    parser.add_argument('folder', type=pathlib.Path)
    parser.add_argument('--limit', type=int, help='the first images alone')
    words = parser.parse_args()
    images, labels = read_cifar(words.file, words.limit)
    words.folder.mkdir(parents=True, exist_ok=True)
    random = np.random.Generator(np.random.PCG64(0))
    for corrupt in (gaussian_noise, gaussian_blur, contrast):
        made = [(np.clip(corrupt(images / 255, c, random), 0, 1) * 255).astype(np.uint8)
                for c in SEVERITIES[corrupt.__name__]]
        np.save(words.folder / f'{corrupt.__name__}.npy', np.concatenate(made))
    np.save(words.folder / 'labels.npy', np.tile(labels, 5))


if __name__ == '__main__':
    main()
