#!/usr/bin/env python3
"""The committed results: results.py NONTRIVIAL EXPERIMENTS

Makes the report of each run in experiments/results anew, into a temporary folder, and holds the tables and
the figures' data against the committed ones, byte for byte; and where every image's outcome is there, all numbers of
results.json and results.csv likewise, computed from these. Exits 77 (skipped) without gnuplot or dot."""
import pathlib
import shutil
import subprocess
import sys
import tempfile


def recomputed(program, run):
    if not (run / 'outcomes.bin').exists():
        return True
    told = subprocess.run([program, 'results', run, '--recompute'], check=False, capture_output=True, text=True)
    good = told.returncode == 0 and 'byte for byte' in told.stdout
    print(f'{run.name}: {"the numbers are those of the outcomes" if good else told.stdout + told.stderr}')
    return good


def compare(program, run, out):
    subprocess.run([program, 'report', run, '--out', out, '--quiet'], check=True, stdout=subprocess.DEVNULL)
    committed = {path.name: path.read_bytes() for path in (run / 'report').iterdir() if path.suffix in ('.md', '.csv')}
    made = {path.name: path.read_bytes() for path in out.iterdir() if path.suffix in ('.md', '.csv')}
    bad = sorted(name for name in committed.keys() | made.keys() if committed.get(name) != made.get(name))
    drawn = sorted(path.stem for path in out.glob('*.svg'))
    lacking = [name for name in drawn if not (run / 'report' / f'{name}.svg').exists()]
    print(f'{run.name}: {len(made)} files' + (f', not as committed: {bad}' if bad else '')
          + (f', no picture of {lacking}' if lacking else ''))
    return not bad and not lacking and len(committed) > 0


def main():
    program, results = sys.argv[1], pathlib.Path(sys.argv[2]) / 'results'
    missing = [name for name in ('gnuplot', 'dot') if not shutil.which(name)]
    if missing:
        print('skipped: there is no ' + ' and no '.join(missing))
        return 77
    runs = sorted(path.parent for path in results.glob('*/results.json'))
    with tempfile.TemporaryDirectory() as folder:
        good = [compare(program, run, pathlib.Path(folder) / run.name) and recomputed(program, run)
                for run in runs]
    return 0 if good and all(good) else 1


sys.exit(main())
