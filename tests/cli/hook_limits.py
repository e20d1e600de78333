#!/usr/bin/env python3
"""What hooks may use: hook_limits.py NONTRIVIAL ROOT

At the limit of memory the process has grown by no more than that, whatever the script fills it with, but for holes
that freed blocks leave and larger ones don't fit into. All limits are of a hook's whole life, set in the suite or by --set, and change no identity. README's example is one of the tests."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import small_run

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(sys.argv[2]).resolve()
SANITIZED = 'SAN_OPTIONS' in ' '.join(os.environ)  # whose own memory counts, too
call = small_run.caller(PROGRAM)
USUAL, LESS = 256, 128  # mebibytes
FILLING = {
    'tables': 'local t = {} for i = 1, 1e9 do t[i] = {} end',
    'tables with a field': 'local t = {} for i = 1, 1e9 do t[i] = {i} end',
    'short texts': 'local t = {} for i = 1, 1e9 do t[i] = "text " .. i end',
    'texts of a page': 'local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(4000) .. i end',
    'long texts': 'local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(3000000) .. i end',
    'one text': 'local s = "x" while true do s = s .. s end',
    'an array': 'local t = {} for i = 1, 1e9 do t[i] = i end',
    'names': 'local t = {} for i = 1, 1e9 do t["n" .. i] = i end',
    'functions': 'local t = {} for i = 1, 1e9 do t[i] = function() return i end end',
    'a concat': 'local t = {} for i = 1, 4000 do t[i] = ("x"):rep(100000) end return table.concat(t)',
    'a gsub': 'return (("x"):rep(100000):gsub("x", ("y"):rep(10000)))',
    'holes': 'local t = {} for i = 1, 1000000 do t[i] = "text " .. i end\n'
             'for i = 1, 1000000, 2 do t[i] = nil end for i = 1, 1e9 do t[-i] = ("x"):rep(200) .. i end',
    'holes of pages': 'local t = {} for i = 1, 50000 do t[i] = ("x"):rep(4000) .. i end\n'
                      'for i = 1, 50000, 2 do t[i] = nil end for i = 1, 1e9 do t[-i] = ("x"):rep(9000) .. i end',
    'pairs': 'local t = {} for i = 1, 900000 do t[i] = i end local p = {} for i = 1, 100 do p[i] = {pairs(t)} end',
    'cases': 'local all, t = net:nodes("conv2d"), {} for i = 1, 100000 do t[i] = {name = ("n"):rep(900) .. i,\n'
             'noise = {{"one", deviation = 0.1}, {"two", deviation = 0.2}, {"last", deviation = 0.3}}} end return t',
    'questions': 'local t = {} for i = 1, 99000 do t[i] = {noise = {{"one", deviation = 0.1}, {"two",\n'
                 'deviation = 0.2}, {"last", deviation = 0.3}}} end local s = ("x"):rep(150000000)\n'
                 'net:evaluate_all(t)',
}

def used(*words):
    """Status, what it said, and the most mebibytes that it had."""
    process = subprocess.Popen([PROGRAM, *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               env={**os.environ, 'NO_COLOR': '1'})
    said = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, said, usage.ru_maxrss / 1024


def write_hook(folder, body):
    (folder / 'each.lua').write_text(f'return function(net)\n{body}\nend\n')


def memory(folder):
    suite, table = small_run.write_suite(folder, 100), []
    write_hook(folder, 'return {}')
    status, said, least = used('cases', suite)
    assert status == 0, said
    for name, body in FILLING.items():
        write_hook(folder, body)
        limit = USUAL if name in ('tables', 'cases') else LESS
        status, said, most = used('cases', suite, '--set', 'hook_limits.instructions=1e12', '--set',
                                  'hook_limits.seconds=600', '--set', f'hook_limits.memory={limit / 1024}')
        table.append((most - least, limit, name, status))
        assert status == 0 or f'needs more than {limit} MiB of memory' in said, f'{name}: {status} {said[:500]}'
        allowed = limit * (1.5 if name.startswith('holes') else 1.25)
        assert SANITIZED or most - least < allowed, f'{name}: {most - least:.0f} MiB more than {least:.0f}'
    for grown, limit, name, status in table:
        print(f'  {grown:6.0f} of {limit} MiB  {name}{"" if status else " (not refused)"}')
    assert sum(status != 0 for *_, status in table) > 10, 'hardly anything reached the limit'
    write_hook(folder, FILLING['tables'])
    _, said, most = used('cases', suite, '--set', 'hook_limits.memory=0.0625')
    assert 'needs more than 64 MiB of memory' in said and (SANITIZED or most - least < 80), (said, most)


def life(folder):
    """Questions renew nothing: what is worked between them adds up."""
    suite = small_run.write_suite(folder, 200, hold_out=50, seeds='[3]')
    base = folder / 'base'
    call('train', suite, '--out', base)
    asked = 'for i = 1, 100 do {} net:evaluate{{}} end return {{}}'
    for key, limit, work, message in (
            ('seconds', 0.5, 'for k = 1, 3000000 do end', 'took longer than 0.5 s'),
            ('instructions', 1e6, 'for k = 1, 100000 do end', 'ran for more than 1000000 instructions'),
            ('questions', 7, '', 'the script asks more than 7 questions')):
        write_hook(folder, asked.format(work))
        run = folder / key
        shutil.copytree(base, run)
        begun = time.monotonic()
        said = call('run', suite, '--out', run, '--set', f'hook_limits.{key}={limit}',
                    *(['--set', 'hook_limits.instructions=1e12'] if key == 'seconds' else []), status=3).stderr
        assert message in said, said
        assert time.monotonic() - begun < (30 if SANITIZED else 8), 'it went on'


def set_in_suites(folder):
    suite = small_run.write_suite(folder, 200, seeds='[3]')
    write_hook(folder, 'string.rep("", 90000000) string.rep("", 90000000) return {{name = "a", zero = "one"}}')
    said = call('run', suite, '--out', folder / 'run', status=3).stderr
    assert 'ran for more than 100000000 instructions' in said, said
    plain = suite.read_text()
    suite.write_text(plain + 'hook_limits: {instructions: 1e9}\n')
    call('run', suite, '--out', folder / 'run')
    call('run', suite, '--out', folder / 'other', '--set', 'hook_limits.seconds=30')
    assert small_run.rows_of(folder / 'run') == small_run.rows_of(folder / 'other'), 'limits change identities'
    rows = small_run.rows_of(folder / 'run')
    call('run', suite, '--out', folder / 'run', '--set', 'hook_limits.memory=0.5')
    assert small_run.rows_of(folder / 'run') == rows, 'the run was done again'
    results = [json.loads((folder / run / 'results.json').read_text()) for run in ('run', 'other')]
    assert results[0]['provenance']['suite_sha256'] == results[1]['provenance']['suite_sha256'], 'a limit is in the suite\'s digest'
    kept = (folder / 'run' / 'source' / 'suite.yaml').read_text()
    assert 'instructions: 1e' in kept or 'instructions: 1000000000' in kept, kept
    for wrong, message in (('seconds=0', 'seconds'), ('memory=-1', 'memory'), ('minutes=1', 'minutes')):
        said = call('check', suite, '--set', f'hook_limits.{wrong}', status=3).stderr
        assert message in said, said


def as_documented(folder):
    """README's example."""
    readme = (ROOT / 'README.md').read_text()
    example, = re.findall('`(hook_limits: .*?)`', readme)
    suite = small_run.write_suite(folder, 100)
    suite.write_text(f'{suite.read_text()}{example}\n')
    call('check', suite)
    line, = re.findall('nontrivial run suite.yaml (--set hook_limits[^`\n]*)', readme)
    call('run', suite, '--plan', '--out', folder / 'run', *line.split('#')[0].split())


def main():
    with tempfile.TemporaryDirectory(prefix='nontrivial-') as name:
        for check in memory, life, set_in_suites, as_documented:
            folder = pathlib.Path(name).resolve() / check.__name__
            folder.mkdir()
            check(folder)
            print(f'{check.__name__}: passed', flush=True)


main()
