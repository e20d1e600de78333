#!/usr/bin/env python3
"""Makes the golden files of this folder with PyTorch (Debian: python3-torch). They are committed,
so this needs running only to change them: python3 tests/golden/make_fixtures.py

blobs/test_batch.bin    16 synthetic images in CIFAR-10's binary layout
                        (--data cifar10:tests/golden/blobs)
resnet8.safetensors     random weights for graphs/resnet8.yaml: kernels F16, the rest F32,
                        counters I64
resnet8-logits.npy      its answers to the 16 images: evaluation mode, CIFAR-10's usual
                        normalisation
resnet8-zeroed-logits.npy
                        the same with each convolution's kernel zeroed in turn: 9 times 16 rows, in
                        the order of the network's convolutions (see CONVOLUTIONS)
resnet8-losses.npy      training: the losses of ten steps on all 16 images, from the weights above, by
                        SGD (rate 0.001, momentum 0.9, weight decay 5e-4), no augmentation
resnet8-gradients.npy   the first step's gradients, in the order of the parameters, one row; of those
                        with more than 10,000 elements every fourth
resnet8-statistics.npy  bn1's running mean and variance after the ten steps
biased.safetensors, biased-logits.npy, biased-zeroed-logits.npy
                        the same for biased.yaml, whose convolutions have biases; zeroed:
                        conv2.weight, by PyTorch's weight.zero_(), so that its bias stays
"""
import copy
import json
import pathlib
import struct

import numpy as np
import torch
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
MEAN, DEVIATION = (.4914, .4822, .4465), (.2470, .2435, .2616)
RATE = .001  # at ten times this, PyTorch's own losses in float32 and float64 part by 4e-4
CONVOLUTIONS = ['conv1', 'layer1.0.conv1', 'layer1.0.conv2',
                'layer2.0.conv1', 'layer2.0.conv2', 'layer2.0.downsample.0',
                'layer3.0.conv1', 'layer3.0.conv2', 'layer3.0.downsample.0']


class Basic(nn.Module):
    """The residual unit of He et al. 2015, with torchvision's names."""

    def __init__(self, before, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = None
        if stride != 1 or before != channels:
            self.downsample = nn.Sequential(nn.Conv2d(before, channels, 1, stride, bias=False),
                                            nn.BatchNorm2d(channels))

    def forward(self, x):
        short = x if self.downsample is None else self.downsample(x)
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(y + short)


class ResNet8(nn.Module):
    """graphs/resnet8.yaml: the CIFAR stem, three stages of one unit each."""

    def __init__(self, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.relu = nn.ReLU()
        self.layer1 = nn.Sequential(Basic(16, 16, 1))
        self.layer2 = nn.Sequential(Basic(16, 32, 2))
        self.layer3 = nn.Sequential(Basic(32, 64, 2))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(64, classes)

    def forward(self, x):
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.avgpool(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(x, 1))


class Biased(nn.Module):
    """biased.yaml."""

    def __init__(self, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, 1, 1)
        self.conv2 = nn.Conv2d(8, 12, 3, 2, 1)
        self.conv3 = nn.Conv2d(12, 16, 1)
        self.fc = nn.Linear(16, classes)

    def forward(self, x):
        x = torch.relu(self.conv1(x))
        x = torch.relu(self.conv2(x))
        x = torch.relu(self.conv3(x))
        return self.fc(x.mean((2, 3)))


def randomise(net, generator):
    """Weights at which no layer is idle: He's deviation for kernels, statistics off 0 and 1."""
    def normal(like, deviation):
        return torch.randn(like.shape, generator=generator) * deviation

    def uniform(like, low, high):
        return low + (high - low) * torch.rand(like.shape, generator=generator)

    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
                fan_in = module.weight[0].numel()
                module.weight.copy_(normal(module.weight, (2 / fan_in) ** .5))
                if module.bias is not None:
                    module.bias.copy_(normal(module.bias, .3))
            if isinstance(module, nn.BatchNorm2d):
                module.weight.copy_(uniform(module.weight, .5, 1.5))
                module.bias.copy_(normal(module.bias, .3))
                module.running_mean.copy_(normal(module.running_mean, .5))
                module.running_var.copy_(uniform(module.running_var, .5, 2))
                module.num_batches_tracked.fill_(1234)


def to_half(net):
    """Rounds kernels and matrices to float16, so that storing them so loses nothing."""
    with torch.no_grad():
        for value in net.parameters():
            if value.dim() > 1:
                value.copy_(value.half().float())


def save_safetensors(path, state, half):
    """https://github.com/huggingface/safetensors, with kernels and matrices as F16 if `half`."""
    header, data, end = {}, [], 0
    for name, value in state.items():
        if value.dtype == torch.int64:
            kind, array = 'I64', value.numpy().astype('<i8')
        elif half and value.dim() > 1:
            kind, array = 'F16', value.numpy().astype('<f2')
        else:
            kind, array = 'F32', value.numpy().astype('<f4')
        header[name] = {'dtype': kind, 'shape': list(value.shape),
                        'data_offsets': [end, end + array.nbytes]}
        data.append(array.tobytes())
        end += array.nbytes
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)
    path.write_bytes(struct.pack('<Q', len(text)) + text + b''.join(data))


def save_cifar10(path, images, labels):
    """images: uint8, count x 3 x 32 x 32."""
    path.parent.mkdir(parents=True, exist_ok=True)
    records = np.concatenate([labels.astype(np.uint8)[:, None], images.reshape(len(images), -1)], 1)
    path.write_bytes(records.tobytes())


def normalised(images):
    """As torchvision's ToTensor and Normalize: each step in float32."""
    x = torch.from_numpy(images).float().div(255)
    return (x - torch.tensor(MEAN)[:, None, None]) / torch.tensor(DEVIATION)[:, None, None]


def blobs(count, random):
    """Sums of a few soft spots in each colour, over a slanted ground."""
    row, column = np.mgrid[0:32, 0:32] / 31
    images = np.empty((count, 3, 32, 32), np.uint8)
    for image in images:
        ground = random.uniform(-1, 1, (3, 3))
        light = np.stack([g[0] + g[1] * row + g[2] * column for g in ground])
        for _ in range(6):
            y, x, size = random.uniform(0, 1), random.uniform(0, 1), random.uniform(.05, .3)
            spot = np.exp(-((row - y) ** 2 + (column - x) ** 2) / (2 * size ** 2))
            light += random.uniform(-2, 2, 3)[:, None, None] * spot
        image[:] = np.clip(128 + 64 * light, 0, 255).astype(np.uint8)
    return images


def save_logits(path, net, images):
    net.eval()
    with torch.no_grad():
        logits = net(normalised(images)).numpy().astype('<f4')
    if path:
        np.save(path, logits)
    return logits


def zeroed_logits(net, name, images):
    weight = net.get_submodule(name).weight
    kept = weight.detach().clone()
    with torch.no_grad():
        weight.zero_()
        logits = save_logits(None, net, images)
        weight.copy_(kept)
    return logits


def train(net, images, labels):
    x, y = normalised(images).to(net.fc.weight.dtype), torch.from_numpy(labels).long()
    optimiser = torch.optim.SGD(net.parameters(), lr=RATE, momentum=.9, weight_decay=5e-4)
    losses, gradients = [], None
    net.train()
    for _ in range(10):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        losses.append(loss.item())
        if gradients is None:
            gradients = [p.grad.flatten()[::4 if p.numel() > 10000 else 1].clone()
                         for p in net.parameters()]
        optimiser.step()
    return losses, torch.cat(gradients), torch.stack([net.bn1.running_mean, net.bn1.running_var])


def save_row(path, values):
    np.save(path, np.asarray(values, '<f4').reshape(1, -1))


def main():
    torch.set_num_threads(1)
    images = blobs(16, np.random.RandomState(2009))
    save_cifar10(HERE / 'blobs/test_batch.bin', images, np.arange(16) % 10)

    net = ResNet8()
    randomise(net, torch.Generator().manual_seed(9938))
    to_half(net)
    save_safetensors(HERE / 'resnet8.safetensors', net.state_dict(), half=True)
    save_logits(HERE / 'resnet8-logits.npy', net, images)
    np.save(HERE / 'resnet8-zeroed-logits.npy',
            np.concatenate([zeroed_logits(net, name, images) for name in CONVOLUTIONS]))
    labels = np.arange(16) % 10
    exact, _, _ = train(copy.deepcopy(net).double(), images, labels)
    losses, gradients, statistics = train(net, images, labels)
    if max(abs(np.divide(losses, exact) - 1)) > 1e-5:
        raise SystemExit('the losses depend on rounding: no program can be held to them')
    save_row(HERE / 'resnet8-losses.npy', losses)
    save_row(HERE / 'resnet8-gradients.npy', gradients)
    save_row(HERE / 'resnet8-statistics.npy', statistics)

    net = Biased()
    randomise(net, torch.Generator().manual_seed(5))
    save_safetensors(HERE / 'biased.safetensors', net.state_dict(), half=False)
    save_logits(HERE / 'biased-logits.npy', net, images)
    np.save(HERE / 'biased-zeroed-logits.npy', zeroed_logits(net, 'conv2', images))


if __name__ == '__main__':
    main()
