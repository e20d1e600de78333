#!/usr/bin/env python3
"""Training on several ranks: dist_training.py NONTRIVIAL RANK_FAULTS

The weights are the same bytes with 1, 2, 4 and 8 ranks and any number of threads, and after a signal with 4 ranks
and going on with 2 or without a launcher. Where one rank can't go on, all end, and it is said why."""
import json
import pathlib
import random
import signal
import struct
import sys
import tempfile

import mpirun

PROGRAM, FAULTS = (str(pathlib.Path(word).resolve()) for word in sys.argv[1:3])
ROOT = pathlib.Path(__file__).resolve().parents[2]
MPIRUN = mpirun.launcher(PROGRAM)

SUITE = """version: 1
suite: {name}
graph: {root}/graphs/{graph}.yaml
set: {settings}
data: {data}
train:
  epochs: {epochs}
  batch: 16
  shards: 8
  batch_statistics: {statistics}
  checkpoint_every: {every}
  loss: {loss}
  optimiser: {{kind: {optimiser}}}
  schedule: {{kind: constant, rate: 0.01}}
  augment: [flip]
evaluate: {{batch: 8}}
groups: {{}}
"""
GREY = '{kind: idx, root: grey, hold_out: 8}'
ENTROPY = '{op: softmax_cross_entropy, label_smoothing: 0.1}'
# A graph's, or of one that they name. ResNet8 this wide has more gradients than go in one bucket.
NETWORKS = {
    'resnet8': {'settings': '{size: 28, image_channels: 1, width: 64}', 'data': GREY, 'loss': ENTROPY,
                'optimiser': 'sgd, momentum: 0.9, nesterov: true'},
    'mobilenet_v2': {'settings': '{size: 28, image_channels: 1, width: 0.25, classes: 10}', 'data': GREY,
                     'loss': ENTROPY, 'optimiser': 'adamw'},
    'common': {'graph': 'mobilenet_v2', 'statistics': 'batch', 'data': GREY, 'loss': ENTROPY, 'optimiser': 'adamw',
               'settings': '{size: 28, image_channels: 1, width: 0.25, classes: 10}'},
    'unet': {'settings': '{width: 8, size: 32}', 'optimiser': 'sgd, momentum: 0.9',
             'data': '{kind: phantom, size: 32, train: 5, test: 1, slices: 1, hold_out: 1}',
             'loss': '[{op: softmax_cross_entropy}, {op: dice_loss}]'},
}
FAILURES = []


def check(holds, what):
    if not holds:
        FAILURES.append(what)
        print(f'FAILED: {what}', flush=True)


def write_grey(folder, count=40):
    """Grey images of noise, 28x28, and labels."""
    folder.mkdir()
    noise = random.Random(1)
    for name in 'train', 't10k':
        (folder / f'{name}-images-idx3-ubyte').write_bytes(
            struct.pack('>4i', 2051, count, 28, 28) + noise.randbytes(count * 784))
        (folder / f'{name}-labels-idx1-ubyte').write_bytes(
            struct.pack('>2i', 2049, count) + bytes(i % 10 for i in range(count)))


def write_suite(folder, name, graph, epochs=1, every=0):
    path = folder / f'{name}.yaml'
    path.write_text(SUITE.format(name=name, root=ROOT, epochs=epochs, every=every,
                                 **{'graph': graph, 'statistics': 'shard', **NETWORKS[graph]}))
    return path


def train(suite, out, ranks=1, threads=1):
    return mpirun.run(MPIRUN, ranks, [PROGRAM, 'train', suite, '--out', out, '--threads', threads])


def weights_of(out):
    path = out / 'seed-0' / 'weights.safetensors'
    return path.read_bytes() if path.exists() else b''


def without_seconds(out):
    return [line.rsplit(',', 1)[0] for line in (out / 'seed-0' / 'metrics.csv').read_text().splitlines()]


def test_ranks(folder):
    for graph in NETWORKS:
        suite = write_suite(folder, graph, graph)
        first, metrics = b'', []
        for ranks, threads in (1, 1), (1, 2), (2, 2), (4, 1), (8, 1):
            out = folder / f'{graph}-{ranks}-{threads}'
            status, errors = train(suite, out, ranks, threads)
            check(status == 0, f'{graph}, {ranks} ranks: status {status}\n{errors}')
            if status != 0:
                continue
            first, metrics = first or weights_of(out), metrics or without_seconds(out)
            check(weights_of(out) == first, f'{graph}: other bytes with {ranks} ranks and {threads} threads')
            check(without_seconds(out) == metrics, f'{graph}: other metrics with {ranks} ranks, {threads} threads')
            left = sorted(path.name for path in (out / 'seed-0').iterdir())
            check(left == ['initial.safetensors', 'metrics.csv', 'weights.safetensors'], f'{graph}: {left} is left')
        again, errors = train(suite, folder / f'{graph}-1-1', 2)
        check(again == 0 and 'epoch' not in errors, f'{graph}: what is finished is trained again: {errors}')


# --- signals ---

def step_of(out):
    """The steps of the newest checkpoint, counted over epochs."""
    found = 0
    for path in (out / 'seed-0').glob('checkpoint-?.safetensors'):
        try:
            bytes_ = path.read_bytes()
            about = json.loads(bytes_[8:8 + struct.unpack('<Q', bytes_[:8])[0]])['__metadata__']
        except (OSError, struct.error, ValueError):
            continue
        found = max(found, int(about['epoch']) * 2 + int(about['step']))
    return found


def stop_one(suite, out, number, whom):
    """Starts four ranks and signals one of them, or all at once, in the second epoch."""
    process = mpirun.start(MPIRUN, 4, [PROGRAM, 'train', suite, '--out', out, '--threads', 1])
    check(mpirun.wait_until(lambda: step_of(out) >= 3, process), f'{out.name}: it ended too early')
    for pid in whom(mpirun.ranks_of(process, PROGRAM)):
        try:
            mpirun.os.kill(pid, number)
        except ProcessLookupError:
            pass
    return mpirun.finish(process)


def test_signals(folder):
    suite = write_suite(folder, 'long', 'mobilenet_v2', epochs=8, every=1e-9)
    undisturbed = folder / 'undisturbed'
    status, errors = train(suite, undisturbed, threads=2)
    check(status == 0, f'the undisturbed run: {errors}')
    for number, whom, then in (signal.SIGTERM, lambda ranks: ranks[1:2], 2), (signal.SIGUSR1, lambda ranks: ranks, 1):
        out = folder / f'stopped-{number}'
        status, errors = stop_one(suite, out, number, whom)
        check(status == 143, f'signal {number}: status {status}\n{errors}')
        check('the state is saved' in errors, f'signal {number}: {errors}')
        check(0 < step_of(out) < 16, f'signal {number}: no checkpoint')
        status, errors = train(suite, out, then, 2)
        check(status == 0 and 'resuming at epoch ' in errors, f'going on with {then}: {status}\n{errors}')
        check(weights_of(out) == weights_of(undisturbed), f'signal {number}: other bytes after going on with {then}')


# --- what goes wrong ---

def fault(folder, ranks, *words):
    """What rank_faults makes of it in a folder of its own."""
    out = folder / '-'.join(['fault', *map(str, words)])
    out.mkdir(exist_ok=True)
    return out, *mpirun.run(MPIRUN, ranks, [FAULTS, out, *words])


def test_faults(folder):
    sound, status, errors = fault(folder, 4, 'none')
    check(status == 0 and (sound / 'weights.safetensors').exists(), f'without a fault: {status}\n{errors}')
    for words, expected in (
            (('odd', 2), ['rank 2 (', 'weights that are not those of rank ', 'as all should be']),
            (('odd', 0), ['rank 0 (', 'weights that are not those of rank 1 ']),
            (('seed', 3), ['process 3 on ', " is odd: it has 'seed 1' where process 0 on ", " has 'seed 0'"]),
            (('mute', 1), ['rank 1: error: this rank has other plans']),
            (('image', 3), ['not finite at epoch 1, step 1', "'conv1' (conv2d)"]),
            (('disk', 12), ['cannot write: No space left on device'])):
        out, status, errors = fault(folder, 4, *words)
        check(status == 1, f'{words}: status {status}\n{errors}')
        for text in expected:
            check(text in errors, f'{words}: {text!r} is not in {errors!r}')
        check(not (out / 'weights.safetensors').exists(), f'{words}: there are weights')
    status, errors = mpirun.run(MPIRUN, 2, [FAULTS, folder / 'fault-disk-12', 'none'])
    check(status == 0, f'going on after a full disk: {status}\n{errors}')
    check((folder / 'fault-disk-12/weights.safetensors').read_bytes() == (sound / 'weights.safetensors').read_bytes(),
          'other bytes after a full disk')


def test_numerics(folder):
    """Another kernel for matrix products on one of two ranks; where there is no other, nothing is tested."""
    doctor = json.loads(mpirun.subprocess.run([PROGRAM, 'doctor', '--json'], capture_output=True, check=False).stdout)
    if doctor['matrix_products']['kernels'] == ['blis']:
        return
    words = [PROGRAM, 'train', write_suite(folder, 'odd', 'unet'), '--out', folder / 'odd', '--threads', 1]
    process = mpirun.start([], 1, [*MPIRUN, '-n', 1, *words, ':', '-n', 1, 'env', 'NONTRIVIAL_KERNEL=blis', *words])
    status, errors = mpirun.finish(process)
    check(status == 1, f'other numerics: status {status}\n{errors}')
    check(not (folder / 'odd/seed-0/initial.safetensors').exists(), 'other numerics: it has begun')
    check('error: process 1 on ' in errors and "it has 'numerics conv fastest, float32; " in errors, errors)


def test_any_order(folder):
    out, status, errors = fault(folder, 4, 'any')
    check(status == 0, f'MPI adds up: {status}\n{errors}')
    check(b'; gradients summed by MPI' in (out / 'weights.safetensors').read_bytes()[:4000], 'numerics say nothing')
    check(b'summed by MPI' not in (folder / 'fault-none/weights.safetensors').read_bytes()[:4000], 'numerics say it')


def main():
    with tempfile.TemporaryDirectory(prefix='nontrivial-') as name:
        folder = pathlib.Path(name)
        write_grey(folder / 'grey')
        test_ranks(folder)
        test_signals(folder)
        test_faults(folder)
        test_numerics(folder)
        test_any_order(folder)
    sys.exit(1 if FAILURES else 0)


main()
