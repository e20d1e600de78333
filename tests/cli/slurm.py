#!/usr/bin/env python3
"""The batch scripts of experiments/cluster, by Slurm: slurm.py NONTRIVIAL ROOT [--transcript FILE]

Starts munged, slurmctld and slurmd on this machine in a scratch folder, runs one small suite alone, as an MPI job, as a
job array and by mpirun with a hostfile, a job that is told to stop and one that loses a rank, and ends the daemons.
What they leave must equal what the run alone left. Exits 77 (skipped), with a word, where not all of it is there, or
not started by root."""
import argparse
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import mpirun
import small_run

DAEMONS = ('munged', 'slurmctld', 'slurmd')
TOOLS = ('sbatch', 'srun', 'squeue', 'scontrol', 'scancel', 'sinfo', 'mpirun')
PATIENCE = 60  # seconds, for anything

CONFIGURATION = """ClusterName=scratch
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
SlurmctldPort={port}
SlurmdPort={next_port}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
ReturnToService=2
MpiDefault=none
JobRequeue=1
KillWait=5
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MailProg=/bin/true
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=500 State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE OverSubscribe=FORCE:4 State=UP
"""


def find_program(name):
    return shutil.which(name, path=os.environ.get('PATH', '') + ':/usr/sbin:/usr/bin')


def skip(why):
    print(f'skipped: {why}')
    sys.exit(77)


class Cluster:
    """Slurm on this machine, in a folder; what is said on it is kept as a transcript."""

    def __init__(self, folder, program, root):
        self.folder, self.program, self.root = folder, program, root
        self.daemons, self.said = [], []
        (folder / 'state').mkdir()
        (folder / 'spool').mkdir()
        (folder / 'bin').mkdir()
        (folder / 'bin' / 'nontrivial').symlink_to(program)
        self.environment = {
            **mpirun.ENVIRONMENT, 'PATH': f"{folder}/bin:{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin",
            'SLURM_CONF': f'{folder}/slurm.conf', 'NO_COLOR': '1'}

    def begin(self):
        folder = self.folder
        host, port = socket.gethostname().split('.')[0], random.randrange(20000, 30000)
        text = CONFIGURATION.format(folder=folder, host=host, port=port, next_port=port + 1)
        (folder / 'slurm.conf').write_text(text)
        (folder / 'key').write_bytes(os.urandom(1024))
        (folder / 'key').chmod(0o400)
        self.daemon('munged', '--foreground', f'--key-file={folder}/key', f'--socket={folder}/munge.socket',
                    f'--pid-file={folder}/munged.pid', f'--log-file={folder}/munged.log',
                    f'--seed-file={folder}/munged.seed')
        self.wait_for((folder / 'munge.socket').exists, 'munged')
        self.daemon('slurmctld', '-D')
        self.daemon('slurmd', '-D', '-N', host)
        self.wait_for(lambda: 'idle' in self.call('sinfo', '-h', '-o', '%t', quiet=True), 'slurmd')
        self.call('sinfo')

    def daemon(self, name, *words):
        log = open(self.folder / f'{name}.out', 'wb')
        self.daemons.append(subprocess.Popen([find_program(name), *words], env=self.environment, stdout=log,
                                             stderr=subprocess.STDOUT, cwd=self.folder))

    def end(self):
        """Jobs first, then the daemons, whatever happened."""
        for command in (['scancel', '--signal=KILL', '--full', '--state=RUNNING'], ['scancel', '--state=PENDING']):
            try:
                subprocess.run(command, env=self.environment, timeout=10, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, check=False)
            except (OSError, subprocess.TimeoutExpired):
                pass
        for process in reversed(self.daemons):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def call(self, *words, quiet=False, status=0):
        process = subprocess.run(list(map(str, words)), cwd=self.folder / 'work', env=self.environment, check=False,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE)
        if not quiet:
            self.said.append('$ ' + ' '.join(map(str, words)) + '\n' + process.stdout)
        if status is not None:
            assert process.returncode == status, f'{words}: status {process.returncode}\n{process.stdout}'
        return process.stdout

    def wait_for(self, holds, what):
        until = time.monotonic() + PATIENCE
        while not holds():
            for process in self.daemons:
                assert process.poll() is None, f'{process.args[0]} ended: ' + \
                    (self.folder / f'{pathlib.Path(process.args[0]).name}.out').read_text()[-2000:]
            assert time.monotonic() < until, f'waiting for {what} in vain\n' + self.call('squeue', '-l', status=None)
            time.sleep(0.1)

    def state_of(self, job):
        """All of its states: an array has several."""
        found = self.call('scontrol', 'show', 'job', job, quiet=True, status=None)
        return re.findall(r'JobState=(\S+)', found)

    def wait_for_job(self, job):
        self.wait_for(lambda: all(state in ('COMPLETED', 'FAILED', 'CANCELLED', 'TIMEOUT', 'NODE_FAIL')
                                  for state in self.state_of(job)), f'job {job}')
        return self.state_of(job)

    def show(self, *names):
        """What jobs wrote, into the transcript."""
        for name in names:
            for path in sorted((self.folder / 'work').glob(name)):
                self.said.append(f'$ cat {path.name}\n{path.read_text()}')


class Test:
    def __init__(self, cluster):
        self.cluster = cluster
        self.work = cluster.folder / 'work'
        self.scripts = cluster.root / 'experiments' / 'cluster'

    def lines(self, folder, name):
        """But for how many threads there were."""
        return [line for line in (self.work / folder / name).read_text().splitlines() if '"threads":' not in line]

    def same(self, what, folder, alone='alone'):
        mine, theirs = small_run.rows_of(self.work / folder), small_run.rows_of(self.work / alone)
        for table in theirs:
            assert mine[table] == theirs[table], f'{what}: the table {table} differs from the run alone'
        for name in ('results.csv', 'results.json'):
            assert self.lines(folder, name) == self.lines(alone, name), f'{what}: {name} differs from the run alone'
        self.cluster.said.append(f'# {what}: equal to the run alone\n')

    def submit(self, *words):
        job = self.cluster.call('sbatch', '--parsable', *words).strip()
        states = self.cluster.wait_for_job(job)
        assert states == ['COMPLETED'], (words, states, [path.read_text() for path in self.work.glob(f'*-{job}.txt')])

    def plain(self):
        """A job that does nothing of ours."""
        (self.work / 'plain.sbatch').write_text('#!/bin/sh\n#SBATCH --ntasks=2 --output=plain.txt\nsrun hostname\n')
        self.submit('plain.sbatch')
        self.cluster.show('plain.txt')
        assert (self.work / 'plain.txt').read_text().split() == 2 * [socket.gethostname()]

    def together(self):
        self.submit('--ntasks=3', '--cpus-per-task=1', self.scripts / 'suite.sbatch', 'suite.yaml', '--out', 'together')
        self.cluster.show('nontrivial-[0-9]*.txt')
        self.same('suite.sbatch', 'together')
        assert any('3 processes' in path.read_text() for path in self.work.glob('nontrivial-*.txt')), 'not together'

    def apart(self):
        out = self.cluster.call('sh', self.scripts / 'array.sbatch', 'suite.yaml', 'apart', '3')
        last = out.split()[-1]
        states = self.cluster.wait_for_job(last)
        self.cluster.show('nontrivial-*-*.txt')
        assert states == ['COMPLETED'], (states, self.cluster.said[-3:])
        assert len(list((self.work / 'apart').glob('shard-*-of-3'))) == 3
        self.same('array.sbatch', 'apart')

    def hostfile(self):
        text = (self.scripts / 'hostfile').read_text()
        hosts = re.findall(r'^(\w+) slots=2$', text, re.M)
        assert hosts == ['node1', 'node2'], hosts
        (self.work / 'hostfile').write_text(re.sub(r'^node2 .*\n', '', text, flags=re.M).replace('node1', 'localhost'))
        self.cluster.call('mpirun', '--hostfile', 'hostfile', 'nontrivial', 'run', 'suite.yaml', '--out', 'by-hosts',
                          '--quiet')
        self.same('mpirun with the hostfile', 'by-hosts')

    def stopped(self):
        """A job that gets its signal saves, waits for its next turn, and goes on to the same results."""
        cluster, out = self.cluster, self.work / 'stopped'
        cluster.call('nontrivial', 'run', 'long.yaml', '--out', 'long', '--quiet')
        job = cluster.call('sbatch', '--parsable', '--ntasks=2', '--cpus-per-task=1', self.scripts / 'suite.sbatch',
                           'long.yaml', '--out', 'stopped', '--quiet').strip()
        cluster.wait_for(lambda: any(out.glob('seed-3/*')), 'training to begin')
        cluster.call('scancel', '--signal=TERM', job)
        log = self.work / f'nontrivial-{job}.txt'
        cluster.wait_for(lambda: 'Restarts=1' in cluster.call('scontrol', 'show', 'job', job, quiet=True),
                         'another turn')
        assert not (out / 'results.csv').exists(), 'it was over before the signal'
        states = cluster.wait_for_job(job)
        cluster.show(log.name)
        assert states == ['COMPLETED'], (states, log.read_text())
        self.same('suite.sbatch, stopped and begun again', 'stopped', 'long')

    def lost(self):
        """A rank that is killed ends the job with status 1; nothing is left."""
        cluster = self.cluster
        job = cluster.call('sbatch', '--parsable', '--ntasks=2', '--cpus-per-task=1', self.scripts / 'suite.sbatch',
                           'long.yaml', '--out', 'lost', '--quiet').strip()
        cluster.wait_for(lambda: any((self.work / 'lost').glob('seed-3/*')), 'training to begin')
        os.kill(mpirun.workers_of(self.processes())[1], signal.SIGKILL)
        states = cluster.wait_for_job(job)
        log = (self.work / f'nontrivial-{job}.txt').read_text()
        cluster.show(f'nontrivial-{job}.txt')
        assert states == ['FAILED'] and 'rank 1 on ' in log and log.count('was killed by signal 9') == 1, (states, log)
        assert 'ExitCode=1:0' in cluster.call('scontrol', 'show', 'job', job, quiet=True)
        cluster.wait_for(lambda: not self.processes(), 'the end of all processes')

    def processes(self):
        return mpirun.processes_of(self.cluster.program, 'SLURM_CONF', self.cluster.folder / 'slurm.conf')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('program')
    parser.add_argument('root')
    parser.add_argument('--transcript')
    given = parser.parse_args()
    program, root = pathlib.Path(given.program).resolve(), pathlib.Path(given.root).resolve()
    missing = [name for name in (*DAEMONS, *TOOLS) if not find_program(name)]
    if missing:
        skip(f"there is no {', '.join(missing)}")
    if os.geteuid() != 0:
        skip('only root can start the daemons')
    mpi = subprocess.run([program, '--version'], check=True, capture_output=True, text=True).stdout
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the daemons are ended
    with tempfile.TemporaryDirectory(prefix='slurm-') as name:
        folder = pathlib.Path(name).resolve()
        folder.chmod(0o755)
        settings = {'batch': 80, 'every': 0.05}
        small_run.write_suite(folder / 'work', 2600, epochs=2, **settings)
        small_run.write_suite(folder / 'work', 2600, 'long.yaml', epochs=400, seeds=[3], **settings)
        cluster = Cluster(folder, program, root)
        test = Test(cluster)
        try:
            cluster.begin()
            test.plain()
            cluster.call('nontrivial', 'run', 'suite.yaml', '--out', 'alone', '--quiet')
            checks = [test.apart]
            if 'Open MPI' in mpi:
                checks = [test.together, test.apart, test.hostfile, test.stopped, test.lost]
            else:
                print('built without Open MPI: only the job array is looked at')
            for check in checks:
                began = time.monotonic()
                check()
                print(f'{check.__name__}: {time.monotonic() - began:.1f} s', flush=True)
        finally:
            cluster.end()
            if given.transcript:
                pathlib.Path(given.transcript).write_text('\n'.join(cluster.said), encoding='utf-8')
    print('passed')


main()
