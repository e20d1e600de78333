#!/usr/bin/python3
"""One job of ResNet34 on 32x32 images in PyTorch, for what the usual peer does not measure: a batch of one
image, and the memory of a single job in a process of its own.

    torch_job.py infer|train STEM BATCH THREADS

Prints JSON: the best images/s over both memory formats (of several passes), and the process's largest
resident memory in bytes. Needs python3-torch and python3-torchvision."""
import json
import resource
import sys
import time

import torch
import torchvision


def network(stem):
    net = torchvision.models.resnet34(num_classes=10)
    if stem != 'imagenet':
        net.conv1 = torch.nn.Conv2d(3, 64, 3, 1, 1, bias=False)
    if stem == 'cifar':
        net.maxpool = torch.nn.Identity()
    return net


def best(call, repeats):
    call()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return min(times)


def infer(stem, batch):
    net, images = network(stem).eval(), torch.randn(batch, 3, 32, 32)
    with torch.no_grad():
        seconds = []
        for layout in (torch.contiguous_format, torch.channels_last):
            moved, x = net.to(memory_format=layout), images.contiguous(memory_format=layout)
            seconds.append(best(lambda: moved(x), 20))
    return batch / min(seconds)


def train(stem, batch):
    net = network(stem).train().to(memory_format=torch.channels_last)
    x = torch.randn(batch, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    y = torch.randint(0, 10, (batch,))
    loss = torch.nn.CrossEntropyLoss()
    optimiser = torch.optim.SGD(net.parameters(), lr=.01, momentum=.9, weight_decay=5e-4)

    def step():
        optimiser.zero_grad(set_to_none=True)
        loss(net(x), y).backward()
        optimiser.step()

    return batch / best(step, 3)


def main():
    job, stem, batch, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    rate = {'infer': infer, 'train': train}[job](stem, int(batch))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    blas = [line.split()[-1] for line in open('/proc/self/maps') if 'blas' in line and '.so' in line]
    print(json.dumps({'images_per_second': rate, 'peak_bytes': peak, 'torch': torch.__version__,
                      'blas': sorted({'/'.join(name.split('/')[-2:]) for name in blas})}))


main()
