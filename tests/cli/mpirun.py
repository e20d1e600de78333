"""Starting a program as several processes, with the launcher of the MPI that it was built with."""
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

SKIPPED = 77
TIME_LIMIT = 60
ENVIRONMENT = {**os.environ, 'OMP_WAIT_POLICY': 'passive', 'OMPI_ALLOW_RUN_AS_ROOT': '1',
               'OMPI_ALLOW_RUN_AS_ROOT_CONFIRM': '1', 'OMPI_MCA_rmaps_base_oversubscribe': '1',
               'OMPI_MCA_btl_vader_single_copy_mechanism': 'none'}  # containers forbid it


RANK_NAMES = b'OMPI_COMM_WORLD_RANK', b'PMI_RANK'  # Open MPI's, MPICH's


def launcher(program):
    """Its words; ends the test as skipped, with a word why, where there is none."""
    said = subprocess.run([program, '--version'], capture_output=True, text=True, check=True).stdout
    if 'mpi: yes' not in said:
        print('skipped: the program was built without MPI')
        sys.exit(SKIPPED)
    names = ('mpirun.mpich', 'mpirun') if 'MPICH' in said else ('mpirun.openmpi', 'mpirun')
    found = [name for name in names if shutil.which(name)]
    if not found:
        print(f'skipped: there is no {names[-1]}')
        sys.exit(SKIPPED)
    tried = subprocess.run([found[0], '-n', '2', 'true'], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=TIME_LIMIT)
    if tried.returncode != 0:
        print(f'skipped: {found[0]} can\'t start two processes here: {tried.stdout}')
        sys.exit(SKIPPED)
    return found[:1]


def start(mpirun, ranks, words, **options):
    """With one rank as it is, without a launcher."""
    before = [*mpirun, '-n', str(ranks)] if ranks > 1 else []
    return subprocess.Popen([*before, *map(str, words)], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def finish(process):
    """Its status and its errors."""
    try:
        _, errors = process.communicate(timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired:
        for child in [*descendants(process.pid), process.pid]:
            os.kill(child, 9)
        process.wait()
        return 'it did not end', ''
    return process.returncode, errors


def run(mpirun, ranks, words):
    return finish(start(mpirun, ranks, words))


def descendants(pid):
    """Processes that it started, and those that they did."""
    found = []
    try:
        for task in Path(f'/proc/{pid}/task').iterdir():
            for child in (task / 'children').read_text().split():
                found += [int(child), *descendants(int(child))]
    except OSError:
        pass
    return found


def ranks_of(process, program):
    """The program's processes among the launcher's, once they are there."""
    def is_program(pid):
        try:
            return Path(f'/proc/{pid}/exe').resolve() == Path(program).resolve()
        except OSError:
            return False
    return [pid for pid in descendants(process.pid) if is_program(pid)]


def wait_until(condition, process):
    """False when the process has ended before."""
    end = time.monotonic() + TIME_LIMIT
    while process.poll() is None and time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.002)
    return False
