"""Writes files into a C file as a table of embedded.h: embed.py OUTPUT TABLE NAME PATH [NAME PATH]…"""
import pathlib
import sys

output, table, *words = sys.argv[1:]
arrays, rows = [], []
for number, (name, path) in enumerate(zip(words[::2], words[1::2])):
    text = pathlib.Path(path).read_bytes() + b'\0'
    lines = (', '.join(map(str, text[at:at + 24])) for at in range(0, len(text), 24))
    arrays.append(f'static const unsigned char text{number}[] = {{\n' + ',\n'.join(lines) + '};\n')
    rows.append(f'    {{"{name}", text{number}, sizeof text{number} - 1}},\n')
pathlib.Path(output).write_text(f'#include "embedded.h"\n\nextern const nt_embedded {table}[];\n\n' + ''.join(arrays) +
                                f'\nconst nt_embedded {table}[] = {{\n' + ''.join(rows) + '    {0}};\n')
