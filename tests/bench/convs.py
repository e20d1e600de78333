#!/usr/bin/python3
"""Single convolutions, as networks for 224x224 images have them, here and in PyTorch (oneDNN), in alternating rounds.

    convs.py build/interpreter/nontrivial [--batch 1 8] [--threads 1 2] [--rounds 5] [--only WORD…] [--alone]

Ours is the time of the node in `nontrivial bench --json` of a graph with that convolution alone, with its bias; of
PyTorch's two memory formats the better one counts. Both take the fastest of a few tenths of a second. Printed are the
medians of the rounds in GFLOP/s, counted by the definition without padding's products; the share of the peak of this
processor's fused multiply-adds, which is measured first; and the ratio's median with its least and greatest value.
--alone leaves PyTorch out. Needs python3-torch and cc. Run nothing else meanwhile.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

CONVS = [  # network and name, channels in, side, channels out, kernel, stride, groups, dilation
    ('MobileNetV2 dw3x3', 32, 112, 32, 3, 1, 32, 1),
    ('MobileNetV2 dw3x3/2', 96, 112, 96, 3, 2, 96, 1),
    ('MobileNetV2 dw3x3', 144, 56, 144, 3, 1, 144, 1),
    ('MobileNetV2 dw3x3', 384, 14, 384, 3, 1, 384, 1),
    ('MobileNetV2 dw3x3', 960, 7, 960, 3, 1, 960, 1),
    ('MobileNetV3 dw5x5/2', 72, 56, 72, 5, 2, 72, 1),
    ('MobileNetV3 dw5x5', 120, 28, 120, 5, 1, 120, 1),
    ('MNASNet dw5x5', 576, 14, 576, 5, 1, 576, 1),
    ('EfficientNet dw5x5/2', 672, 14, 672, 5, 2, 672, 1),
    ('EfficientNet dw5x5', 1152, 7, 1152, 5, 1, 1152, 1),
    ('ShuffleNetV2 dw3x3', 58, 28, 58, 3, 1, 58, 1),
    ('ShuffleNetV2 dw3x3/2', 116, 28, 116, 3, 2, 116, 1),
    ('ConvNeXt dw7x7', 96, 56, 96, 7, 1, 96, 1),
    ('ConvNeXt dw7x7', 384, 14, 384, 7, 1, 384, 1),
    ('ConvNeXt dw7x7', 768, 7, 768, 7, 1, 768, 1),
    ('DeepLab dw3x3 d2', 960, 14, 960, 3, 1, 960, 2),
    ('ResNeXt50 g32x4', 128, 56, 128, 3, 1, 32, 1),
    ('ResNeXt50 g32x8/2', 256, 56, 256, 3, 2, 32, 1),
    ('ResNeXt50 g32x8', 256, 28, 256, 3, 1, 32, 1),
    ('ResNeXt50 g32x16', 512, 14, 512, 3, 1, 32, 1),
    ('ResNeXt50 g32x32', 1024, 7, 1024, 3, 1, 32, 1),
    ('RegNetX g4x16/2', 64, 56, 64, 3, 2, 4, 1),
    ('RegNetX g10x16', 160, 28, 160, 3, 1, 10, 1),
    ('RegNetX g25x16', 400, 14, 400, 3, 1, 25, 1),
    ('RegNetY g26x8', 208, 28, 208, 3, 1, 26, 1),
    ('AlexNet 11x11/4', 3, 224, 64, 11, 4, 1, 1),
    ('AlexNet 5x5', 64, 27, 192, 5, 1, 1, 1),
    ('ResNet 7x7/2', 3, 224, 64, 7, 2, 1, 1),
    ('U-Net 7x7/2, grey', 1, 224, 64, 7, 2, 1, 1),
    ('ResNet 3x3/2', 64, 56, 128, 3, 2, 1, 1),
    ('ResNet 3x3/2', 256, 14, 512, 3, 2, 1, 1),
    ('ResNet 1x1/2', 256, 56, 512, 1, 2, 1, 1),
    ('MobileNetV2 3x3/2', 3, 224, 32, 3, 2, 1, 1),
    ('Inception 1x7', 160, 17, 192, (1, 7), 1, 1, 1),
    ('Inception 7x1', 160, 17, 192, (7, 1), 1, 1, 1),
    ('Inception 5x5', 48, 35, 64, 5, 1, 1, 1),
    ('DeepLab 3x3 d12', 256, 28, 256, 3, 1, 1, 12),
    ('ResNet50 1x1', 64, 56, 256, 1, 1, 1, 1),
    ('ResNet50 1x1', 1024, 14, 256, 1, 1, 1, 1),
    ('ResNet50 1x1', 512, 7, 2048, 1, 1, 1, 1),
    ('MobileNetV2 1x1', 16, 112, 96, 1, 1, 1, 1),
    ('MobileNetV2 1x1', 144, 56, 24, 1, 1, 1, 1),
    ('MobileNetV2 1x1', 960, 7, 160, 1, 1, 1, 1),
]

# Ten sums under way in each of the processor's widest vectors.
PEAK = r'''
#include <stdio.h>
#include <time.h>
#if defined __AVX512F__
enum { LANES = 16 };
#else
enum { LANES = 8 };
#endif
typedef float lanes __attribute__((vector_size(4 * LANES)));
int main(void) {
    double best = 0;
    for (int r = 0; r < 20; r++) {
        lanes s[10], a = {0}, b = {0};
        a += 0.999f, b += 0.001f;
        for (int i = 0; i < 10; i++) s[i] = a;
        struct timespec t0, t1;
        clock_gettime(CLOCK_MONOTONIC, &t0);
        for (int n = 0; n < 1000000; n++) {
            for (int i = 0; i < 10; i++) s[i] = s[i] * a + b;
            __asm__ volatile("" : "+v"(s[0]), "+v"(s[1]), "+v"(s[2]), "+v"(s[3]), "+v"(s[4]));
            __asm__ volatile("" : "+v"(s[5]), "+v"(s[6]), "+v"(s[7]), "+v"(s[8]), "+v"(s[9]));
        }
        clock_gettime(CLOCK_MONOTONIC, &t1);
        double rate = 20e6 * LANES / ((t1.tv_sec - t0.tv_sec) * 1e9 + (t1.tv_nsec - t0.tv_nsec));
        best = rate > best ? rate : best;
    }
    printf("%f\n", best);
}
'''


def peak(folder):
    """GFLOP/s of one core."""
    source, program = folder / 'peak.c', folder / 'peak'
    source.write_text(PEAK)
    subprocess.run(['cc', '-O3', '-march=native', '-ffp-contract=fast', source, '-o', program], check=True)
    return float(subprocess.run([program], check=True, stdout=subprocess.PIPE, text=True).stdout)


def pair(n):
    return n if isinstance(n, tuple) else (n, n)


def pads_of(conv):
    _, channels, side, _, kernel, _, _, dilation = conv
    return tuple((k - 1) * dilation // 2 if k != 11 else 2 for k in pair(kernel))


def flops(conv, batch):
    """Of the products that don't meet padding."""
    _, channels, side, out, kernel, stride, groups, dilation = conv
    taps = 1
    for k, pad in zip(pair(kernel), pads_of(conv)):
        places = (side + 2 * pad - dilation * (k - 1) - 1) // stride + 1
        taps *= sum(0 <= p * stride + t * dilation - pad < side for p in range(places) for t in range(k))
    return 2 * batch * taps * channels // groups * out


def graph_of(conv):
    _, channels, side, out, kernel, stride, groups, dilation = conv
    kernel, pad = list(pair(kernel)), list(pads_of(conv))
    return (f'version: 1\ngraph: one\ninput: [{channels}, {side}, {side}]\nnodes:\n  conv: {{op: conv2d, '
            f'channels: {out}, kernel: {kernel}, stride: {stride}, pad: {pad}, groups: {groups}, '
            f'dilation: {dilation}}}\n')


def ours(program, folder, conv, batch, threads, seconds):
    graph = folder / 'one.yaml'
    graph.write_text(graph_of(conv))
    repeats = max(5, min(10000, int(seconds * 60e9 / flops(conv, batch))))
    out = subprocess.run([program, 'bench', graph, '--batch', str(batch), '--threads', str(threads), '--repeat',
                          str(repeats), '--json'], check=True, stdout=subprocess.PIPE, text=True).stdout
    nodes = [node for node in json.loads(out)['nodes'] if 'conv2d' in node['op']]
    assert len(nodes) == 1
    return nodes[0]['seconds'], nodes[0]['algorithm']


def theirs(torch, conv, batch, threads, seconds):
    _, channels, side, out, kernel, stride, groups, dilation = conv
    torch.set_num_threads(threads)
    best = float('inf')
    for layout in (torch.contiguous_format, torch.channels_last):
        net = torch.nn.Conv2d(channels, out, kernel, stride, pads_of(conv), dilation, groups)
        net = net.eval().to(memory_format=layout)
        x = torch.randn(batch, channels, side, side).contiguous(memory_format=layout)
        with torch.no_grad():
            net(x)
            end = time.perf_counter() + seconds / 2
            while (began := time.perf_counter()) < end:
                net(x)
                best = min(best, time.perf_counter() - began)
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('program')
    parser.add_argument('--batch', type=int, nargs='+', default=[1, 8])
    parser.add_argument('--threads', type=int, nargs='+', default=[1, 2])
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--seconds', type=float, default=0.2, help='of each measurement, about')
    parser.add_argument('--only', nargs='*', default=[''], help='convolutions whose names have one of these')
    parser.add_argument('--alone', action='store_true')
    given = parser.parse_args()
    convs = [c for c in CONVS if any(word in c[0] for word in given.only)]
    if not given.alone:
        import torch
        assert torch.backends.mkldnn.is_available()
    mine, other, algorithm = {}, {}, {}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        most = peak(folder)
        for number in range(given.rounds):
            print(f'round {number + 1} of {given.rounds}', file=sys.stderr)
            for threads in given.threads:
                for batch in given.batch:
                    for conv in convs:
                        key = (conv, batch, threads)
                        took, algorithm[key] = ours(given.program, folder, conv, batch, threads, given.seconds)
                        mine.setdefault(key, []).append(flops(conv, batch) / took / 1e9)
                        if not given.alone:
                            took = theirs(torch, conv, batch, threads, given.seconds)
                            other.setdefault(key, []).append(flops(conv, batch) / took / 1e9)
    model = next(line.split(':')[1].strip() for line in open('/proc/cpuinfo') if line.startswith('model name'))
    print(f'{model}; {most:.0f} GFLOP/s a core' + ('' if given.alone else f'; PyTorch {torch.__version__}'))
    print('| convolution | batch | threads | algorithm | GFLOP/s | of the peak | PyTorch | ratio | least to greatest |')
    print('| --- | --- | --- | --- | --- | --- | --- | --- | --- |')
    for key, rates in mine.items():
        conv, batch, threads = key
        rate = statistics.median(rates)
        row = (f'| {conv[0]}, {conv[1]}@{conv[2]}' + f' to {conv[3]}' * (conv[3] != conv[1]) + f' | {batch} | {threads} '
               f'| {algorithm[key]} | {rate:.1f} | {100 * rate / most / threads:.0f} % |')
        if key in other:
            ratios = [a / b for a, b in zip(rates, other[key])]
            row += (f' {statistics.median(other[key]):.1f} | {statistics.median(ratios):.2f} | {min(ratios):.2f} to '
                    f'{max(ratios):.2f} |')
        else:
            row += '  |  |  |'
        print(row)


main()
