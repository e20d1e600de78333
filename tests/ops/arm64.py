#!/usr/bin/env python3
"""The portable kernel for matrix products, built for arm64 and emulated: arm64.py ROOT

Skipped without Debian's gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and qemu-user."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(sys.argv[1]).resolve()
KERNELS = ROOT / 'ops/kernels'
SKIPPED = 77

COMPILER, EMULATOR = shutil.which('aarch64-linux-gnu-gcc'), shutil.which('qemu-aarch64')


def main():
    if not COMPILER or not EMULATOR:
        print(f"skipped: {'qemu-user' if COMPILER else 'gcc-aarch64-linux-gnu'} is not installed")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        program = f'{folder}/test'
        subprocess.run([COMPILER, '-std=c11', '-O3', '-static', '-ffp-contract=off', '-fno-math-errno',
                        f'-I{KERNELS}', f"-I{ROOT / 'interpreter/base'}", '-DNT_TILES=portable',
                        KERNELS / 'gemm_tile.c', ROOT / 'tests/ops/gemm_arm64.c', '-lm', '-o', program], check=True)
        return subprocess.run([EMULATOR, program], check=False).returncode


sys.exit(main())
