#!/usr/bin/env python3
"""What a terminal gets: terminal.py NONTRIVIAL EXPERIMENTS

Runs the program on pseudo-terminals of several sizes and looks at the raw bytes: no line is wider than the
terminal is, and progress is drawn at most ten times a second."""
import fcntl
import os
import pathlib
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unicodedata

DRAWN = b'\r\x1b[K'


def columns(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in 'WF' else 1 for c in text)


def set_size(fd, size):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', size[1], size[0], 0, 0))


def on_terminal(words, size, env=None, at=None, keys=b''):
    """The bytes that the command writes to a terminal of `size` (columns, rows), its status, and when which came.
    `at`: {seconds: another size}."""
    child, fd = pty.fork()
    if child == 0:
        time.sleep(0.2)  # the size is set by then
        os.environ.update({'TERM': 'xterm', 'LC_ALL': 'C.UTF-8', 'PAGER': 'cat', **(env or {})})
        os.execvp(words[0], [str(word) for word in words])
    set_size(fd, size)
    if keys:
        os.write(fd, keys)
    began, out, at = time.monotonic(), [], dict(at or {})
    while True:
        if at and time.monotonic() - began > min(at):
            set_size(fd, at.pop(min(at)))
        if not select.select([fd], [], [], 0.02)[0]:
            continue
        try:
            piece = os.read(fd, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        out.append((time.monotonic(), piece))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(fd)
    return b''.join(piece for _, piece in out), status, out


def lines_of(raw):
    """What was ever on a line of its own, colours aside."""
    text = re.sub(r'\x1b\[[0-9;]*[A-Za-z]', '', raw.decode())
    return [line for line in re.split(r'[\r\n]+', text) if line]


def too_wide(raw, width):
    return [line for line in lines_of(raw) if columns(line) > width]


FAULTS = []


def hold(fine, what):
    print(f"{'ok' if fine else 'NOT OK'}: {what}")
    if not fine:
        FAULTS.append(what)


TRAIN = ['--set', 'train.epochs=4', '--set', 'data.train=4', '--set', 'data.test=1', '--set', 'data.hold_out=15',
         '--set', 'set.width=4', '--threads', '1']


def check_progress(program, experiments, folder):
    for start, then in ((40, 40), (80, 40)):
        words = [program, 'train', experiments / 'phantom.yaml', '--out', folder / f'{start}-{then}', *TRAIN]
        raw, status, pieces = on_terminal(words, (start, 24), at={0.8: (then, 24)})
        drawn = [line.split(b'\r')[0].decode() for line in raw.split(DRAWN)[1:]]
        drawn = [line for line in drawn if '%' in line]
        what = f'{start} columns, then {then}'
        hold(status == 0 and len(drawn) >= 5, f'{len(drawn)} lines of progress at {what}')
        hold(all(columns(line) < start for line in drawn), f'none is wider at {what}')
        hold(bool(drawn) and columns(drawn[-1]) < then, f'the last is not wider at {what}: {drawn[-1:]}')
        hold(any('100 %' in line for line in drawn), f'the last step is drawn at {what}')
        hold(not too_wide(raw, start), f'nothing wraps at {what}: {too_wide(raw, start)}')
        last = sum('100 %' in line for line in drawn)
        seconds = pieces[-1][0] - pieces[0][0]
        hold(len(drawn) - last <= 10 * seconds + 1, f'{len(drawn)} lines, {last} last ones, in {seconds:.2f} s')


def check_tables(program, experiments, run, other):
    """Runs of two seeds, of other training."""
    graph = experiments.parent / 'graphs' / 'resnet8.yaml'
    piped = subprocess.run([program, 'results', run], check=True, capture_output=True, text=True).stdout
    hold(max(map(len, piped.splitlines())) > 100 and 'no room' not in piped, 'a pipe gets every column')
    hold('mean change' in piped and '  recipe' in piped, 'of several seeds there is a row a case')
    one = subprocess.run([program, 'results', run, '--seeds'], check=True, capture_output=True, text=True).stdout
    hold('mean change' not in one and '90 % interval' in one, '--seeds has a row for each')
    data = run.parent / 'a-folder-whose-name-is-long' / 'and-one-more-that-is-longer-still'
    data.mkdir(parents=True)
    env = {'NONTRIVIAL_DATA': str(data)}
    for width in (80, 40):
        for words in (['show', graph], ['results', run], ['results', run, '--seeds'], ['results', run, '--by', 'case'],
                      ['results', run, '--by', 'group'], ['compare', run, other], ['graphs'], ['ops'], ['ops', 'relu6'], ['doctor'],
                      ['run', experiments / 'example.yaml', '--plan', '--quiet']):
            raw, status, _ = on_terminal([program, *words], (width, 24), env)
            what = f"{' '.join(map(str, words[:1] + words[2:]))} at {width}"
            hold(status == 0 and raw and not too_wide(raw, width), f'{what}: nothing is wider: {too_wide(raw, width)}')
        raw = on_terminal([program, 'results', run], (width, 24))[0].decode()
        hold(' '.join(raw.split()).endswith('; --wide prints them, --json all there is'), f'it says so at {width}')
        hold('edit' not in raw.split('---')[0], f'the edit has left at {width}')
    raw = on_terminal([program, 'doctor'], (40, 24), env)[0]
    whole = re.sub(r'\s', '', raw.decode())
    hold(not too_wide(raw, 40) and f'NONTRIVIAL_DATA{data}' in whole, 'a long word is broken, and nothing of it lost')
    raw = on_terminal([program, 'results', run, '--wide'], (40, 24))[0].decode().replace('\r\n', '\n')
    hold(raw == piped, '--wide is as a pipe gets it')


def check_pager(program, experiments, run):
    env = {'PAGER': 'sed s/^/@/'}
    graph = experiments.parent / 'graphs' / 'resnet8.yaml'

    def paged(words, height=24, **other):
        raw, status, _ = on_terminal([program, *words], (80, height), {**env, **other})
        lines = lines_of(raw)
        hold(status == 0 and lines, f"{words[0]} is shown")
        return all(line.startswith('@') for line in lines)

    hold(paged(['show', graph]), 'what is longer than the screen goes through $PAGER')
    hold(paged(['results', run]), 'results, too')
    hold(not paged(['show', graph], 200), 'what is shorter does not')
    hold(not paged(['show', graph, '--no-pager']), '--no-pager')
    hold(not paged(['show', graph, '--json']), 'JSON does not')
    hold(not paged(['show', graph], PAGER='cat'), 'PAGER=cat is none')
    hold(not paged(['show', graph], PAGER='/no/such/program 2> /dev/null'), 'one that is not there is none')
    raw, status, _ = on_terminal([program, 'show', graph], (80, 5), {'PAGER': 'head -n 2'})
    hold(status == 0 and len(lines_of(raw)) == 2, 'one that ends early')


def check_closed_pipe(program, run):
    """Who reads but the beginning leaves no error behind."""
    for words in (['results', run, '--seeds'], ['ops'], ['schema', 'suite']):
        with subprocess.Popen([program, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            process.stdout.close()
            told = process.stderr.read()
            hold(process.wait() == 0 and not told, f'{words[0]}: a closed pipe ends quietly: {told}')


def check_verbose(program, experiments, folder):
    words = [program, 'train', experiments / 'phantom.yaml', '--out', folder / 'verbose', *TRAIN, '-v']
    first, second = (subprocess.run(words, check=True, capture_output=True, text=True).stderr for _ in range(2))
    hold(re.search(r'(?m)^\S.*, 1 thread$', first), '--verbose says what computes')
    hold(re.search(r'(?m)^training, 4 epochs: took \d+\.\d\d s$', first), 'how long it took')
    hold('is trained' not in first and 'seed 0 is trained: its weights are in' in second, 'and what is there')
    weights = ['--weights', experiments / 'example' / 'resnet8.safetensors', '--threads', '1', '--verbose']
    pictures = pathlib.Path(__file__).parent / 'cases' / 'predict-classes'
    for words, task in ((['eval', '--data', f"cifar10:{experiments / 'example'}"], 'images'),
                        (['predict', pictures], 'pictures')):
        told = subprocess.run([program, words[0], experiments.parent / 'graphs' / 'resnet8.yaml', *words[1:], *weights],
                              check=True, capture_output=True, text=True).stderr
        hold(re.search(rf'(?m)^\S.*, 1 thread$(.|\n)*^{task}: took \d+\.\d\d s$', told), f'{words[0]} --verbose')


def main():
    program, experiments = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        check_progress(program, experiments, folder)
        check_verbose(program, experiments, folder)
        run, other = folder / 'two', folder / 'other'
        measured = [program, 'run', experiments / 'phantom.yaml', '--quiet', '--set', 'seeds=[0,1]', *TRAIN,
                    '--set', 'evaluate.batch=15', '--set', 'train.epochs=1']
        subprocess.run([*measured, '--out', run], check=True, stdout=subprocess.DEVNULL)
        raw, status, _ = on_terminal([*measured, '--set', 'train.batch=4', '--out', other], (40, 24))
        hold(status == 0 and not too_wide(raw, 40), f'what a run prints fits 40 columns: {too_wide(raw, 40)}')
        check_tables(program, experiments, run, other)
        check_pager(program, experiments, run)
        check_closed_pipe(program, run)
    return 1 if FAULTS else 0


if __name__ == '__main__':
    sys.exit(main())
