#!/usr/bin/env python3
"""Signals while scripts run, and SIGHUP anywhere: hook_signals.py NONTRIVIAL

Scripts that never end, in Lua and inside of the library's functions, in pcall and behind a question, end soon after
SIGINT with 130 and after SIGTERM and SIGHUP with 143, whatever they catch. SIGHUP makes a training, a measuring and a
report stop as SIGTERM does: what was done is kept, and the same command goes on to the same bytes. Under nohup it is
ignored."""
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import small_run

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
call = small_run.caller(PROGRAM)
SLACK = 10 if 'SAN_OPTIONS' in ' '.join(os.environ) else 1  # sanitizers are slow
WITHIN = 2 * SLACK  # seconds of processor time from a signal to the end: other tests run, too
UNLIMITED = ['--set', 'hook_limits={instructions: 1e15, seconds: 1e6, memory: 1}']
FOR_EVER = {
    'loop': 'while true do end',
    'pcall': 'while true do pcall(function() while true do end end) end',
    'pcall of pcall': 'local function f() return pcall(f) end while true do f() end',
    'asked before': 'net:evaluate{} while true do pcall(function() while true do end end) end',
    'rep': 'while true do local s = ("x"):rep(1 << 26) end',
    'empty rep': 'while true do string.rep("", 50000000) end',
    'concat': 'local t = {} for i = 1, 1000 do t[i] = ("x"):rep(100000) end while true do table.concat(t) end',
    'pattern': 'local s = ("a"):rep(100) while true do s:find("a-a-a-b") end',
    'gsub': 'local s = ("a"):rep(10000000) while true do s:gsub("a", "b") end',
    'format': 'local s = ("%99.99f"):rep(9000) local t = {} for i = 1, 9000 do t[i] = 1e308 end\n'
              'while true do pcall(string.format, s, table.unpack(t)) end',
    'sort': 'local t = {} for i = 1, 2000000 do t[i] = i end while true do table.sort(t, math.ult) end',
    'sort of texts': 'local t = {} for i = 1, 200 do t[i] = ("x"):rep(1000000) .. i end\n'
                     'while true do table.sort(t) end',
    'pairs': 'local t = {} for i = 1, 200000 do t["k" .. i] = i end while true do pairs(t) end',
    'next': 'local t = {} for i = 1, 2000000 do t[i] = i end while true do next(t) end',
    'move': 'local t = {} while true do table.move(t, 1, 10000000, 2) end',
    'insert': 'local t = {} for i = 1, 2000000 do t[i] = i end while true do table.insert(t, 1, 1) t[#t] = nil end',
    'collection': 'local t = {} for i = 1, 3000000 do t[i] = {} end while true do local x = {} end',
    'names': 'while true do pcall(net.node, net, ("x"):rep(1000000)) end',
    'print': 'while true do print("line") end',
}


def start(*words, **how):
    return subprocess.Popen([PROGRAM, *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                            env={**os.environ, 'NO_COLOR': '1'}, **how)


def used_by_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def end(process, number):
    """Its status and what it said, in time."""
    before = used_by_children()
    fields = pathlib.Path(f'/proc/{process.pid}/stat').read_text().rsplit(')', 1)[1].split()
    used = (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')
    process.send_signal(number)
    said = process.communicate(timeout=120)[1]
    took = used_by_children() - before - used
    assert took < WITHIN, f'it took {took:.1f} s of processor time\n{said}'
    return process.returncode, said, took


def in_hooks(folder):
    suite, longest = small_run.write_suite(folder, 1000, hold_out=50), (0, '')
    call('train', suite, '--out', folder / 'weights', '--set', 'seeds=[3]')
    for turn, (name, body) in enumerate(FOR_EVER.items()):
        (folder / 'each.lua').write_text(f'return function(net)\n{body}\nend\n')
        number, status = ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143))[turn % 3]
        run = folder / 'run'
        shutil.rmtree(run, ignore_errors=True)
        shutil.copytree(folder / 'weights', run)
        process = start('run', suite, '--out', run, '--set', 'seeds=[3]', '--threads', 1, *UNLIMITED)
        time.sleep(1.2 * SLACK)
        assert process.poll() is None, f'{name}: it ended by itself\n{process.communicate()[1]}'
        ended, said, took = end(process, number)
        assert ended == status, f'{name}: {ended}\n{said}'
        assert re.search('^error: (interrupted|terminated)', said, re.M), f'{name}: {said}'
        longest = max(longest, (took, name))
    print(f'{len(FOR_EVER)} scripts end within {longest[0]:.2f} s ({longest[1]})')


def bytes_of(run):
    return {path.name: path.read_bytes() for path in (run / 'seed-3').iterdir()
            if path.suffix in ('.safetensors',)} | {'results': (run / 'results.csv').read_bytes()}


def hang_up(folder):
    """In training, and in measuring."""
    many = {'epochs': 400, 'every': 600, 'seeds': '[3]'}
    suite, sound, run = small_run.write_suite(folder, 3000, **many), folder / 'sound', folder / 'hung'
    call('run', suite, '--out', sound, '--threads', 1)
    process = start('run', suite, '--out', run, '--threads', 1)
    while not (run / 'seed-3' / 'metrics.csv').exists():
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.01)
    process.send_signal(signal.SIGHUP)  # a closed terminal and its shell both send it
    status, said, _ = end(process, signal.SIGHUP)
    assert status == 143 and 'terminated at epoch' in said and 'the state is saved' in said, (status, said)
    assert list((run / 'seed-3').glob('checkpoint-*')), 'nothing was saved'
    call('run', suite, '--out', run, '--threads', 1)
    assert bytes_of(run) == bytes_of(sound), 'it went on to something else'


def ignored(folder):
    """A process that was started so keeps ignoring it."""
    suite = small_run.write_suite(folder, 1000, epochs=300, seeds='[3]')
    process = start('train', suite, '--out', folder / 'run', '--threads', 1,
                    preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    while not (folder / 'run' / 'seed-3').exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGHUP)
    said = process.communicate(timeout=120)[1]
    assert process.returncode == 0, said


def in_reports(folder):
    """The page that is there stays whole, and nothing half-written is left."""
    suite, run = small_run.write_suite(folder, 1000), folder / 'run'
    call('run', suite, '--out', run)
    call('report', run)
    page = (run / 'report' / 'index.html').read_bytes()
    names = {path.name for path in (run / 'report').iterdir()}
    stopped = 0
    for turn, (number, status) in enumerate(((signal.SIGHUP, 143), (signal.SIGTERM, 143), (signal.SIGINT, 130)) * 5):
        process = start('report', run, '--quiet')
        time.sleep(0.03 * (1 + turn))
        process.send_signal(number)
        said = process.communicate(timeout=60)[1]
        if process.returncode == -number:  # it came before the program was ready
            continue
        assert process.returncode in (0, status), (process.returncode, said)
        stopped += process.returncode == status
        assert {path.name for path in (run / 'report').iterdir()} == names, 'files were left'
        assert (run / 'report' / 'index.html').read_bytes() == page
    assert stopped > 0, 'no report was stopped'


def main():
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # which nohup ignores, and those whom it starts inherit that
    with tempfile.TemporaryDirectory(prefix='nontrivial-') as name:
        for check in in_hooks, hang_up, ignored, in_reports:
            folder = pathlib.Path(name).resolve() / check.__name__
            folder.mkdir()
            check(folder)
            print(f'{check.__name__}: passed', flush=True)


main()
