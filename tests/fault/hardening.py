#!/usr/bin/env python3
"""What stands against attacks in the built program: position-independent, no writable code, addresses bound at start
and then read-only, stacks guarded, calls of the library checked. hardening.py NONTRIVIAL READELF"""
import re
import subprocess
import sys

PROGRAM, READELF = sys.argv[1:3]


def read(*options):
    return subprocess.run([READELF, '--wide', *options, PROGRAM], capture_output=True, text=True, check=True).stdout


header, segments, dynamic, symbols = read('--file-header'), read('--program-headers'), read('--dynamic'), read('--dyn-syms')
stack = re.search(r'GNU_STACK\s.*', segments)
wrong = [what for what, holds in (
    ('position-independent (-pie)', re.search(r'Type:\s+DYN', header) and '(FLAGS_1)' in dynamic
     and 'PIE' in re.search(r'\(FLAGS_1\).*', dynamic)[0]),
    ('relocations read-only (-z relro)', 'GNU_RELRO' in segments),
    ('bound at start (-z now)', 'BIND_NOW' in dynamic or re.search(r'\(FLAGS_1\).*NOW', dynamic)),
    ('stack not executable', stack and ' RWE ' not in stack[0]),
    ('no segment both writable and executable', not re.search(r'LOAD\s.*\sRWE\s', segments)),
    ('stacks guarded (-fstack-protector-strong)', '__stack_chk_fail' in symbols),
    ('calls checked (_FORTIFY_SOURCE)', re.search(r'__\w+_chk@', symbols.replace('__stack_chk_fail', ''))),
) if not holds]
print('\n'.join(f'lacks: {what}' for what in wrong) or 'all there')
sys.exit(bool(wrong))
