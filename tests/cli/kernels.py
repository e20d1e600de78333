#!/usr/bin/env python3
"""The kernels for matrix products that this processor can run: kernels.py NONTRIVIAL

All that multiply and add in one give the same bits: ResNet34's weights after two steps of training and its logits,
and those of a trained ResNet8. So a run that one of them began may be resumed by another: its numerics are the
same. A name that is none of a kernel is refused."""
import functools
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from same_bits import Task

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
FAULTS = []


def run(kernel, *words, status=0):
    process = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, check=False,
                             env={**os.environ, 'NONTRIVIAL_KERNEL': kernel})
    expect(process.returncode == status, f'{kernel}, {words}: status {process.returncode}\n{process.stderr}')
    return process


def expect(holds, what):
    if not holds:
        FAULTS.append(what)
        print(f'FAILED: {what}')


def main():
    doctor = json.loads(subprocess.run([PROGRAM, 'doctor', '--json'], capture_output=True, check=False).stdout)
    kernels = doctor['matrix_products']['kernels']
    ours = [kernel for kernel in kernels if kernel != 'blis']
    expect('blis' in kernels, f'there is no blis in {kernels}')
    with tempfile.TemporaryDirectory() as name:
        task = Task(pathlib.Path(name), 'imagenet')
        made = {kernel: task.computed(kernel, functools.partial(run, kernel)) for kernel in ours}
        for kernel in ours[1:]:
            for what, value in made[kernel].items():
                expect(value == made[ours[0]][what], f'{what}: {kernel} and {ours[0]} differ')
    for kernel in kernels:
        version = json.loads(run(kernel, '--version', '--json').stdout)['matrix_products']
        expect(version.startswith('BLIS ') if kernel == 'blis' else version == f'nontrivial, {kernel}', version)
    for words in (('doctor',), ('--version', '--json')):
        refused = run('sup', *words, status=2).stderr
        expect("'sup'" in refused and ', '.join(kernels) in refused, refused)
    print('failed' if FAULTS else f"passed: {', '.join(kernels)}")
    return 1 if FAULTS else 0


sys.exit(main())
