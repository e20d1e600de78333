"""Starting a program as several processes, with the launcher of the MPI that it was built with."""
import collections
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


RANK_NAMES = 'OMPI_COMM_WORLD_RANK', 'PMI_RANK', 'SLURM_PROCID'  # Open MPI's, MPICH's, srun's
Process = collections.namedtuple('Process', 'parent rank')


def find(program):
    """Its words; where there is none, nothing, with a word why."""
    said = subprocess.run([program, '--version'], capture_output=True, text=True, check=True).stdout
    if 'mpi: yes' not in said:
        print('skipped: the program was built without MPI')
        return []
    names = ('mpirun.mpich', 'mpirun') if 'MPICH' in said else ('mpirun.openmpi', 'mpirun')
    found = [name for name in names if shutil.which(name)]
    if not found:
        print(f'skipped: there is no {names[-1]}')
        return []
    tried = subprocess.run([found[0], '-n', '2', 'true'], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=TIME_LIMIT)
    if tried.returncode != 0:
        print(f'skipped: {found[0]} can\'t start two processes here: {tried.stdout}')
        return []
    return found[:1]


def launcher(program):
    """The same; ends the test as skipped where there is none."""
    found = find(program)
    if not found:
        sys.exit(SKIPPED)
    return found


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


def processes_of(program, name, value):
    """The program's processes that a launcher started with this variable: number to its parent's and its rank."""
    found = {}
    for entry in Path('/proc').iterdir():
        try:
            words = (entry / 'environ').read_bytes().decode(errors='replace').split('\0')
            mine = dict(word.split('=', 1) for word in words if '=' in word)
            ranks = [int(mine[rank]) for rank in RANK_NAMES if rank in mine]
            if not ranks or mine.get(name) != str(value) or (entry / 'exe').readlink() != Path(program):
                continue
            parent = int((entry / 'stat').read_text().rpartition(')')[2].split()[1])
        except OSError:
            continue
        found[int(entry.name)] = Process(parent, ranks[0])
    return found


def workers_of(processes):
    """Those of them that do the work: rank to process number. Their parents, which guard them, are among them, too."""
    return {process.rank: number for number, process in processes.items() if process.parent in processes}


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
