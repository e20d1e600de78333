#!/usr/bin/env python3
"""What is made of the tables of commands: pages.py NONTRIVIAL PAGE...

bash completes commands, verbs, options and their values; zsh and fish read their scripts, where they are there;
manual pages are formatted without a warning, and each names every option that the command's help does."""
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

from terminal import FAULTS, hold


def completed(script, line):
    """What bash offers for the last word of the line, as typed up to there."""
    words = line.split(' ')
    quoted = ' '.join(f"'{word}'" for word in words)
    commands = (f"source '{script}'; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; "
                'complete -p nontrivial > /dev/null && _nontrivial; printf "%s\\n" "${COMPREPLY[@]}"')
    out = subprocess.run(['bash', '--norc', '-uc', commands], check=True, capture_output=True, text=True).stdout
    return out.split()


def check_bash(script):
    for line, wanted in {'nontrivial ru': ['run'], 'nontrivial re': ['results', 'report'],
                         'nontrivial data fe': ['fetch'], 'nontrivial run --pl': ['--plan'],
                         'nontrivial run --conv ': ['fastest', 'direct'], 'nontrivial run --conv d': ['direct'],
                         'nontrivial results RUN --verdict c': ['critical'], 'nontrivial help lan': ['language'],
                         'nontrivial data fetch --fo': ['--force'], 'nontrivial show gra': [],
                         'nontrivial ops --th': []}.items():
        offered = completed(script, line)
        hold(set(wanted) <= set(offered) if wanted else not offered, f'{line}<TAB>: {offered}')
    hold('-o' in completed(script, 'nontrivial run -'), 'letters, too')


def check_syntax(shell, script):
    if shutil.which(shell):
        hold(subprocess.run([shell, '-n', script], check=False).returncode == 0, f'{shell} reads its script')
    text = script.read_text()
    try:
        words = shlex.split(text.replace("\\'", '') if shell == 'fish' else text, comments=True)
    except ValueError as error:
        words = [str(error)]
    hold('one-by-one' in text and 'language' in text and len(words) > 100, f'the script for {shell}: {words[:3]}')


def check_man(program, page):
    words = page.stem.split('-')[1:]
    text = page.read_text()
    hold(text.startswith('.TH NONTRIVIAL') and '\n.SH NAME\n' in text and '\n.SH SYNOPSIS\n' in text,
         f'{page.name} has its sections')
    if words:
        told = subprocess.run([program, 'help', *words], check=True, capture_output=True, text=True).stdout
        lacking = [name for name in re.findall(r'^(?:  -., |      )--([\w-]+)', told, re.MULTILINE)
                   if '\\-\\-' + name.replace('-', '\\-') not in text]
        hold(not lacking, f'{page.name} has every option: {lacking}')
    if shutil.which('groff'):
        made = subprocess.run(['groff', '-man', '-Tutf8', '-Kutf8', '-ww', '-rLL=78n', page], check=False,
                              capture_output=True, text=True)
        hold(made.returncode == 0 and not made.stderr and 'nontrivial' in made.stdout, f'groff: {made.stderr[:200]}')


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    pages = [pathlib.Path(name).resolve() for name in sys.argv[2:]]
    kinds = {kind: [page for page in pages if page.name.endswith(kind)] for kind in ('.bash', '.fish', '.1')}
    check_bash(kinds['.bash'][0])
    check_syntax('bash', kinds['.bash'][0])
    check_syntax('fish', kinds['.fish'][0])
    check_syntax('zsh', next(page for page in pages if page.name == '_nontrivial'))
    hold(len(kinds['.1']) > 15, f"{len(kinds['.1'])} manual pages")
    for page in kinds['.1']:
        check_man(program, page)
    return 1 if FAULTS else 0


sys.exit(main())
