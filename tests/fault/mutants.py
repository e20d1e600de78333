#!/usr/bin/env python3
"""Whether the tests would miss a check: one bound, sync, checksum or answer after the other is taken out of a copy of
the sources, and at least one of the tests named must fail.

    mutants.py [--check] [NAME…]        in the sources' folder or anywhere else; takes minutes

--check: only that each still stands in the sources as the table has it. Prints a line each, and fails if any survives."""
import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]

# name, file, what stands there, what takes its place, tests of which one must fail
MUTANTS = [
    # --- what reaches the disk
    ('file-sync', 'interpreter/base/file.c', '(injected() || fsync(file->fd) != 0)', '(injected())', 'file_calls'),
    ('folder-sync', 'interpreter/base/file.c', '    fsync(fd); /*', '    /*', 'file_calls'),
    ('close-error', 'interpreter/base/file.c', 'if (close(file->fd) != 0 && file->failure == 0)',
     'if (close(file->fd) != 0 && file->failure < 0)', 'file_calls'),
    ('rename-error', 'interpreter/base/file.c', 'rename(file->temporary, file->path) != 0)',
     'rename(file->temporary, file->path) > 0)', 'file_calls'),
    ('write-error', 'interpreter/base/file.c', '        if (n < 0) {\n            file->failure = errno;\n            return;',
     '        if (n < 0) {\n            return;', 'file_calls base_file'),
    ('short-write', 'interpreter/base/file.c', '        p += n;\n        size -= (size_t)n;\n    }\n}\n',
     '        p += size;\n        size = 0;\n    }\n}\n', 'file_calls'),
    ('short-read', 'interpreter/base/file.c', '        got += (size_t)n;\n    }\n    return (int64_t)got;',
     '        got += size;\n    }\n    return (int64_t)got;', 'file_calls'),
    ('read-interrupted', 'interpreter/base/file.c',
     '        if (n < 0 && errno == EINTR)\n            continue;\n        if (n < 0)\n            return -1;',
     '        if (n < 0)\n            return -1;', 'file_calls'),
    ('temporary-left', 'interpreter/base/file.c', '        unlink(file->temporary);\n        errno', '        errno',
     'file_calls base_file'),
    ('file-limit', 'interpreter/base/file.c', 'if ((uint64_t)size > limit)', 'if (size < 0)', 'base_file yaml_document'),
    # --- checkpoints
    ('identity-length', 'interpreter/train/identity.c', '!value || strlen(value) >= NT_DIGEST_HEX', '!value', 'bounds'),
    ('checkpoint-metadata', 'interpreter/train/checkpoint.c', 'at->readable = strcmp(hex, digest) == 0;',
     'at->readable = true;', 'train_checkpoint'),
    ('checkpoint-tensors', 'interpreter/train/checkpoint.c', 'strcmp(hex, from->tensors) != 0', 'false',
     'train_checkpoint'),
    ('checkpoint-other-run', 'interpreter/train/checkpoint.c',
     'nt_identity_difference(&from->identity, identity, &words)', 'false', 'train_checkpoint'),
    ('weights-checksum', 'interpreter/train/trainer.c', '(!expected || strcmp(expected, digest) != 0)', 'false',
     'train_run train_checkpoint'),
    # --- the store
    ('shard-digest', 'interpreter/store/store.c', 'strcmp(digest, saved) != 0', 'false', 'store results_run'),
    ('shard-size', 'interpreter/store/store.c', '    if (shard_fits(&shard))\n', '    if (true)\n', 'store'),
    ('trusted-schema', 'interpreter/store/store_file.c', 'PRAGMA trusted_schema = OFF; ', '', 'bounds'),
    ('cell-size', 'interpreter/store/store_file.c', 'PRAGMA cell_size_check = ON;', '', 'bounds'),
    ('defensive', 'interpreter/store/store_file.c', 'SQLITE_DBCONFIG_DEFENSIVE, 1', 'SQLITE_DBCONFIG_DEFENSIVE, 0',
     'bounds'),
    # --- weights
    ('header-length', 'interpreter/weights/safetensors_header.c',
     'length > (uint64_t)file->size - PREFIX || ', '', 'weights_safetensors_format'),
    ('offsets-end', 'interpreter/weights/safetensors_header.c', 'entry->end > data_size', 'false',
     'weights_safetensors_format'),
    ('shape-overflow', 'interpreter/weights/safetensors_header.c', 'if (overflow || size', 'if (size',
     'weights_safetensors_format'),
    ('tensor-cover', 'interpreter/weights/safetensors_header.c', 'if (covered != data_size)', 'if (covered > data_size)',
     'weights_safetensors_format'),
    ('zip-outside', 'interpreter/weights/zip_directory.c', 'ret->begin > (uint64_t)at || ', '', 'weights_file fuzz_replay'),
    ('zip-member', 'interpreter/weights/zip_directory.c',
     'header > (uint64_t)file->size || packed > (uint64_t)file->size - header', 'false', 'weights_file fuzz_replay'),
    # --- data
    ('idx-label', 'interpreter/data/kind_idx.c', 'if (piece[j] >= classes)', 'if (piece[j] > 255)', 'data_kinds'),
    ('idx-counts', 'interpreter/data/kind_idx.c', 'if (images.count != labels.count)', 'if (images.count == 0)',
     'data_kinds'),
    ('npy-size', 'interpreter/data/array_file.c', 'size == f->unread && ', '', 'data_npy'),
    # --- pictures
    ('png-take', 'interpreter/picture/picture_png.c', 'if (size > d->input->have - d->at)', 'if (size > d->input->have)',
     'bounds'),
    ('picture-size', 'interpreter/picture/picture_png.c', 'status = nt_picture_check_size(input->path, &d.picture, error);',
     'status = NT_OK;', 'picture_formats data_picture_files'),
    # --- results
    ('other-metric', 'interpreter/results/results_read.c', 'if (finding->outcome.metric != results->setup.metric)',
     'if (false)', 'results_read'),
    ('other-seed', 'interpreter/results/results_read.c', 'if (finding->seed != results->baseline[s].seed)', 'if (false)',
     'results_read'),
    ('labels-range', 'interpreter/results/results_read.c', 's->labels[i] < 0 || s->labels[i] >= results->setup.class_count',
     'false', 'results_read'),
    # --- scripts
    ('instruction-limit', 'interpreter/lua/sandbox_state.c', 'if (sandbox->left < 0)', 'if (false)', 'lua_sandbox'),
    ('memory-limit', 'interpreter/lua/sandbox_state.c', 'size > sandbox->limits.memory - (sandbox->used - held)', 'false',
     'lua_sandbox'),
]


def build_and_test(copy, build, tests):
    process = subprocess.run(['meson', 'test', '-C', build, '--num-processes', '1', *tests.split()], cwd=copy,
                             capture_output=True, text=True, check=False)
    if 'ninja: build stopped' in process.stdout + process.stderr or 'Could not rebuild' in process.stdout + process.stderr:
        return 'does not build'
    return 'killed' if process.returncode != 0 else 'SURVIVES'


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--check', action='store_true')
    parser.add_argument('name', nargs='*')
    given = parser.parse_args()
    stale = [name for name, file, old, _, _ in MUTANTS if (SOURCE / file).read_text().count(old) != 1]
    if stale:
        sys.exit('not once in the sources as the table has them: ' + ', '.join(stale))
    if given.check:
        return
    survivors = []
    with tempfile.TemporaryDirectory(prefix='nontrivial-mutants-') as name:
        copy = pathlib.Path(name) / 'source'
        files = subprocess.run(['git', '-C', SOURCE, 'ls-files', '-z'], capture_output=True, check=True).stdout
        for file in files.decode().split('\0'):
            if file and (SOURCE / file).is_file():
                (copy / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(SOURCE / file, copy / file)
        build = copy / 'build'
        subprocess.run(['meson', 'setup', build], cwd=copy, check=True, capture_output=True)
        for name, file, old, new, tests in MUTANTS:
            if given.name and name not in given.name:
                continue
            text = (copy / file).read_text()
            (copy / file).write_text(text.replace(old, new))
            outcome = build_and_test(copy, build, tests)
            (copy / file).write_text(text)
            print(f'{name:22} {file:46} {outcome}', flush=True)
            if outcome != 'killed':
                survivors.append(name)
    if survivors:
        sys.exit('no test fails without: ' + ', '.join(survivors))


main()
