#!/usr/bin/env python3
"""No file stands on itself: circles.py BUILD ROOT NM

Shows each circle in which files of interpreter/ and ops/ call each other, with the names that they call, and each in
which headers include each other. A file calls another if its object lacks a symbol that the other's defines. What is
called through a table or a pointer that was handed down is no such name: that is how the lower of two files reaches
the upper one.
"""
import collections
import json
import pathlib
import re
import subprocess
import sys

BUILD, ROOT, NM = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), sys.argv[3]
FOLDERS = ('interpreter', 'ops')


def sources():
    """The source of each object that the build makes in these folders: those of now, whatever else lies there."""
    ret = {}
    for command in json.loads((BUILD / 'compile_commands.json').read_text()):
        if command['output'].split('/')[0] in FOLDERS:
            path = (BUILD / command['file']).resolve()
            ret[command['output']] = str(path.relative_to(BUILD if BUILD in path.parents else ROOT))
    return ret


def calls():
    """{file: {the file that it calls: names}}"""
    source_of, users, owners = sources(), collections.defaultdict(set), collections.defaultdict(set)
    lines = subprocess.run([NM, '-A', '-P', '-g', *source_of], cwd=BUILD, check=True, text=True,
                           stdout=subprocess.PIPE).stdout.splitlines()
    for line in lines:
        place, symbol = line.split(': ', 1)
        name, kind = symbol.split()[:2]
        (users if kind in 'Uvw' else owners)[name].add(source_of[place])
    blind = set(source_of.values()) - set().union(*owners.values())
    if blind:
        sys.exit(f"{NM} finds no symbols of {', '.join(sorted(blind))}")
    ret = {source: collections.defaultdict(set) for source in source_of.values()}
    for name in owners.keys() & users.keys():
        for user in users[name]:
            for owner in owners[name] - {user}:
                ret[user][owner].add(name)
    return ret


def includes():
    """{header: {the header that it includes: its name}}"""
    paths = {path.name: path for folder in FOLDERS for path in (ROOT / folder).rglob('*.h')}
    ret = {}
    for path in paths.values():
        names = re.findall(r'^\s*#\s*include\s*"(.+?)"', path.read_text(), re.MULTILINE)
        ret[str(path.relative_to(ROOT))] = {str(paths[name].relative_to(ROOT)): {name}
                                            for name in names if name in paths}
    return ret


def circle_through(graph, start):
    """The shortest one, as [start, …, start], or None."""
    before, front = {}, collections.deque([start])
    while front:
        file = front.popleft()
        for other in sorted(graph[file]):
            if other not in before:
                before[other] = file
                front.append(other)
    if start not in before:
        return None
    circle = [start, before[start]]
    while circle[-1] != start:
        circle.append(before[circle[-1]])
    return circle[::-1]


def trim(graph):
    """Takes away the files from which no way leads to a circle."""
    while ends := [file for file in graph if not graph[file]]:
        for file in ends:
            del graph[file]
        for others in graph.values():
            for file in ends:
                others.pop(file, None)


def show_circles(graph, what):
    """One after the other, the shortest first; each is as good as broken once it is shown."""
    count = 0
    trim(graph)
    while graph:
        circle = min(filter(None, (circle_through(graph, file) for file in sorted(graph))), key=len)
        print(f'{what} in a circle:')
        for file, other in zip(circle, circle[1:]):
            print(f'  {file} -> {other}: {", ".join(sorted(graph[file].pop(other)))}')
        trim(graph)
        count += 1
    return count


if show_circles(calls(), 'files that call each other') + show_circles(includes(), 'headers that include each other'):
    sys.exit(1)
