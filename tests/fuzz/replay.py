#!/usr/bin/env python3
"""Every input that once was found wrong, every seed, and a second of changes of the seeds, through each fuzz target:

    replay.py NONTRIVIAL SOURCE REPLAY_TARGET…
"""
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile

import seeds

SECONDS = 1.0  # of changes, shared by a target's files


def replay(program, corpus, made, scratch):
    target = pathlib.Path(program).name.removeprefix('replay_')
    past, folder = corpus / target, made / target
    files = len(list(folder.iterdir()))
    words = [program, '-mutations=200', f'-seconds={SECONDS / files:.4f}', folder, *([past] if past.exists() else [])]
    process = subprocess.run(list(map(str, words)), capture_output=True, text=True, errors='replace', check=False,
                             env={**os.environ, 'TMPDIR': scratch})
    return target, process


def main():
    program, source = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
    wrong = []
    memory = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix='nontrivial-replay-', dir=memory) as name:
        folder = pathlib.Path(name)
        (folder / 'run').mkdir()
        seeds.write(program, source, folder / 'seeds', folder / 'run')
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            calls = [pool.submit(replay, word, source / 'tests/fuzz/corpus', folder / 'seeds', name)
                     for word in sys.argv[3:]]
            for call in calls:
                target, process = call.result()
                print(f'{target}: {process.stdout.strip()}', flush=True)
                if process.returncode != 0:
                    wrong.append(target)
                    print(f'status {process.returncode}, at the file named last:\n{process.stderr[-3000:]}', flush=True)
    if wrong:
        sys.exit('wrong: ' + ', '.join(wrong))


main()
