#!/usr/bin/env python3
"""The committed results: results.py NONTRIVIAL EXPERIMENTS

Of each run in experiments/results that has a report, makes it anew, into a temporary folder, and holds the tables and
the figures' data against the committed ones, byte for byte; where every image's outcome is there, all numbers of
results.json and results.csv likewise, computed from these. Of the study's runs the table of claims must be the one in
experiments/results/README.md. Exits 77 (skipped) without gnuplot or dot."""
import json
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


def claims(experiments):
    """Whether README has all rows that claims.py makes of the study's classification."""
    suites = ['base', *sorted(path.stem for path in (experiments / 'study').glob('*.yaml') if path.stem != 'base')]
    runs = [path for path in (experiments / 'results' / name for name in suites) if path.exists() and
            json.loads((path / 'results.json').read_text())['setup']['metric'] == 'accuracy']
    told = subprocess.run([sys.executable, experiments / 'study/claims.py', *runs], check=True, capture_output=True,
                          text=True).stdout
    text = (experiments / 'results/README.md').read_text()
    lacking = [line for line in told.splitlines() if line.startswith('| ') and line not in text]
    print(f'{len(runs)} runs of the study', *(f'README lacks: {line}' for line in lacking), sep='\n')
    return runs and not lacking


def compare(program, run, out):
    if not (run / 'report').exists():
        return True
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
    return 0 if good and all(good) and claims(results.parent) else 1


sys.exit(main())
