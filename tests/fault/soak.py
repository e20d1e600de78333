#!/usr/bin/env python3
"""Runs that are disturbed again and again: soak.py NONTRIVIAL SHIM SOAK_CYCLES [--cycles N]

First in one process (soak_cycles.c), whose memory and descriptors must not grow. Then with processes: a cycle starts a
run, kills it at a file call that a seed decides, goes on with a fault at another, goes on to the end, reports, and
measures one case more in the same folder. After each the outputs are those of an undisturbed run, and no file is left
that it lacks; no process has more memory at its peak than those of the cycles before, but for 5 %."""
import argparse
import errno
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'cli'))
import small_run  # noqa: E402

DRAWERS = str(pathlib.Path(__file__).resolve().parent / 'drawers')
MORE = 'return function(net) return {{name = "both", zero = {"one", "two"}}} end\n'


class Process:
    def __init__(self, program, shim, case, words, **fault):
        environment = {**os.environ, 'PATH': DRAWERS, 'NO_COLOR': '1', 'OMP_NUM_THREADS': '1'}
        if fault:
            environment |= {'LD_PRELOAD': str(shim), 'NT_FAULT_UNDER': str(case), 'NT_FAULT_FAMILY': 'file',
                            **{f'NT_FAULT_{name.upper()}': str(value) for name, value in fault.items()}}
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen([program, *words], cwd=case, env=environment, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=errors)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = self.status = os.waitstatus_to_exitcode(status)
            self.peak = usage.ru_maxrss
            errors.seek(0)
            self.errors = errors.read().decode(errors='replace')


def outputs(run):
    found = {name: run.joinpath(name).read_bytes() for name in ('results.json', 'results.csv', 'outcomes.bin')}
    found['rows'] = small_run.rows_of(run)
    found['weights'] = (run / 'seed-3/weights.safetensors').read_bytes()
    found['files'] = sorted(str(path.relative_to(run)) for path in run.rglob('*') if path.is_file())
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('program', type=pathlib.Path)
    parser.add_argument('shim', type=pathlib.Path)
    parser.add_argument('in_process', type=pathlib.Path)
    parser.add_argument('--cycles', type=int, default=200)
    given = parser.parse_args()
    program, shim = given.program.resolve(), given.shim.resolve()
    process = subprocess.run([given.in_process.resolve(), str(5 * given.cycles if given.cycles < 20 else given.cycles), DRAWERS],
                             capture_output=True, text=True, check=False)
    print(process.stdout + process.stderr, end='', flush=True)
    if process.returncode != 0:
        sys.exit('in one process: it grows, or fails')
    memory = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
    draw, peaks, interrupted = random.Random(20090), [], 0
    with tempfile.TemporaryDirectory(prefix='nontrivial-soak-', dir=memory) as name:
        folder = pathlib.Path(name).resolve()
        suite = small_run.write_suite(folder / 'case', 1200, epochs=2, seeds=[3])
        case = suite.parent
        suite.write_text(suite.read_text().replace(str(case / 'data'), 'data'))
        (case / 'more.lua').write_text(MORE)
        more = case / 'more.yaml'
        more.write_text(suite.read_text() + '  more: {hook: more.lua}\n')

        def call(words, **fault):
            return Process(program, shim, case, words, **fault)

        def must(words):
            process = call(words)
            if process.status != 0:
                sys.exit(f'{words}: status {process.status}\n{process.errors}')
            return process.peak

        run, widened, report = ('run', 'suite.yaml', '--out', 'run'), ('run', 'more.yaml', '--out', 'run'), ('report', 'run')
        expected = None
        for cycle in range(given.cycles + 1):  # the first is not disturbed
            if cycle > 0:
                killed = call(run, at=draw.randint(1, 250), error=draw.choice((-1, -2)))
                failed = call(run, at=draw.randint(1, 250), error=draw.choice((errno.EIO, errno.ENOSPC)), times=1 << 30)
                interrupted += (killed.status != 0) + (failed.status != 0)
                if failed.status not in (0, 1, 3):
                    sys.exit(f'cycle {cycle}: status {failed.status}\n{failed.errors}')
            peak = max(must(run), must(widened), must(report))
            peaks.append(peak)
            found = outputs(case / 'run')
            expected = expected or found
            other = [part for part in expected if found[part] != expected[part]]
            if other:
                sys.exit(f'cycle {cycle}: other {other}; {set(found["files"]) ^ set(expected["files"])}')
            if cycle % max(1, given.cycles // 10) == 0:
                print(f'{cycle:4} {peak:8} kB at the peak, {len(found["files"])} files', flush=True)
            shutil.rmtree(case / 'run')
    print(f'{interrupted} processes of {2 * given.cycles} were ended by their fault')
    early = max(peaks[:max(2, given.cycles // 10)])
    if max(peaks) > 1.05 * early:
        sys.exit(f'a peak of {max(peaks)} kB, after {early} in the first cycles')
    if interrupted == 0:
        sys.exit('no fault was met')


main()
