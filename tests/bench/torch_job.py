#!/usr/bin/python3
"""One job in PyTorch, for what the usual peer does not measure: ResNet34 on 32x32 images with a batch of one
image or in a process of its own, whose memory counts, and the networks that segment.

    torch_job.py infer|train NETWORK BATCH THREADS

NETWORK: resnet34-imagenet, resnet34-cifar (the two stems), or a function of ../golden/torch_networks.py on
128x128 images of one channel: pspnet, unet, segnet. Training sums the cross-entropy of every output. Prints
JSON: the best images/s over both memory formats (of several passes), and the process's largest resident
memory in bytes. Needs python3-torch, and python3-torchvision for ResNet34."""
import json
import pathlib
import resource
import sys
import time

import torch


def resnet34(stem):
    import torchvision

    net = torchvision.models.resnet34(num_classes=10)
    if stem != 'imagenet':
        net.conv1 = torch.nn.Conv2d(3, 64, 3, 1, 1, bias=False)
    if stem == 'cifar':
        net.maxpool = torch.nn.Identity()
    return net


def make(name, batch):
    """The network, a batch of images, and its targets."""
    if name.startswith('resnet34-'):
        images, targets = torch.randn(batch, 3, 32, 32), torch.randint(0, 10, (batch,))
        return resnet34(name.removeprefix('resnet34-')), images, targets
    sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / 'golden'))
    import torch_networks

    images, targets = torch.randn(batch, 1, 128, 128), torch.randint(0, 2, (batch, 128, 128))
    return getattr(torch_networks, name)(), images, targets


def best(call, repeats):
    call()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return min(times)


def infer(name, batch, layout, repeats):
    net, images, _ = make(name, batch)
    net = net.eval().to(memory_format=layout)
    images = images.contiguous(memory_format=layout)
    with torch.no_grad():
        return best(lambda: net(images), repeats)


def train(name, batch, layout, repeats):
    net, images, targets = make(name, batch)
    net = net.train().to(memory_format=layout)
    images = images.contiguous(memory_format=layout)
    loss = torch.nn.CrossEntropyLoss()
    optimiser = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=.9, weight_decay=5e-4)

    def step():
        optimiser.zero_grad(set_to_none=True)
        outputs = net(images)
        outputs = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
        sum(loss(output, targets) for output in outputs).backward()
        optimiser.step()

    return best(step, repeats)


def main():
    job, name, batch, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    repeats = 20 if int(batch) == 1 else 3
    layouts = [torch.channels_last] if job == 'train' and name.startswith('resnet34-') else \
        [torch.contiguous_format, torch.channels_last]
    seconds = [{'infer': infer, 'train': train}[job](name, int(batch), layout, repeats) for layout in layouts]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    blas = [line.split()[-1] for line in open('/proc/self/maps') if 'blas' in line and '.so' in line]
    print(json.dumps({'images_per_second': int(batch) / min(seconds), 'peak_bytes': peak,
                      'torch': torch.__version__,
                      'blas': sorted({'/'.join(name.split('/')[-2:]) for name in blas})}))


main()
