#!/usr/bin/env python3
"""However many threads there are, more than processors too, the bits are the same: threads.py NONTRIVIAL"""
import os
import pathlib
import subprocess
import sys
import tempfile

from same_bits import Task

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
COUNTS = 1, 3, 16, 64


def run_with(threads):
    def run(*words):
        process = subprocess.run([PROGRAM, *map(str, words), '--threads', str(threads)], capture_output=True, text=True,
                                 check=False, env={**os.environ, 'OMP_WAIT_POLICY': 'passive'})
        if process.returncode != 0:
            sys.exit(f'{threads} threads, {words}: status {process.returncode}\n{process.stderr}')
    return run


def main():
    with tempfile.TemporaryDirectory(prefix='nontrivial-') as temporary:
        task = Task(pathlib.Path(temporary), 'cifar')
        made = {threads: task.computed(str(threads), run_with(threads)) for threads in COUNTS}
    assert set(made[1]) == {'weights', 'resnet34.npy', 'resnet8.npy'}, set(made[1])
    differ = [f'{threads} threads: {what}' for threads in COUNTS for what, value in made[threads].items()
              if value != made[1][what]]
    sys.exit(f'other bits than with one thread: {", ".join(differ)}' if differ else 0)


main()
