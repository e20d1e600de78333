#!/usr/bin/env python3
"""The same cases in every process: hook_same.py NONTRIVIAL ROOT

Scripts that name cases by whatever could differ between processes (addresses, the order of tables, what sort does
with equal elements, random numbers, messages of errors, lengths of tables with holes), and all that come along, are
listed by processes with different addresses, environments, locales, folders and loads."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import small_run

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(sys.argv[2]).resolve()
PROCESSES = 5
SHIPPED = 'cifar10-resnet34.yaml', 'cifar10-vgg16.yaml', 'cardiac-t1.yaml', 'phantom.yaml'
HEAD = '''return function(net, options)
  local cases, seen = {}, {}
  local function name(...)
    local words = {}
    for i = 1, select("#", ...) do words[i] = tostring((select(i, ...))) end
    local text = table.concat(words, " "):gsub("%c", "?"):gsub("[\\128-\\255]", "?"):sub(1, 300)
    text = #cases + 1 .. ": " .. text
    cases[#cases + 1] = {name = text, zero = "one"}
  end
  local function fails(f, ...) name(select(2, pcall(f, ...))) end
'''
TAIL = '\n  return cases\nend\n'
BODIES = {
    'texts': 'name({}, print, net, net:node("one"), function() end, nil, true, 1.5, 0/0, -0.0)\n'
             'name(("%s|%10s|%-8.3s|%q"):format({}, print, {}, "x"))\n'
             'name(("\\0%s"):format({})) fails(string.format, "\\0%p", {}) fails(string.format, "%p", "x")\n'
             'name(#tostring(print), #tostring({}), tostring(string), tostring(_ENV))',
    'errors': 'fails(function() return {} .. "x" end) fails(function() return #print end)\n'
              'fails(function() return {} < {} end) fails(function() return print < 1 end)\n'
              'fails(function() local t = {} t[nil] = 1 end) fails(function() return net + 1 end)\n'
              'fails(error, {}) fails(error, print) fails(assert, false, {}) fails(ipairs) fails(net.node, {})\n'
              'fails(table.concat, {1, {}, 3}) fails(string.rep) fails(("x").rep, {}) fails(tostring)\n'
              'fails(function() return net.nowhere end) fails(function() return nowhere end)\n'
              'fails(function() string.x = {} end) fails(function() _ENV.print = {} end)\n'
              'fails(function() for i = {}, 1 do end end) fails(select, -9) fails(table.sort, {1, {}, "x"})\n'
              'fails(function() local x <close> = {} end) fails(string.format, "%d", {}) fails(tonumber, {}, 10)',
    'order': 'local t = {} for i = 1, 300 do t["k" .. i * 7919 % 1009] = i end\n'
             't[print] = 1 t[true] = 2 t[2.5] = 3 for i = -5, 5 do t[i] = i end\n'
             'local s = "" for k, v in pairs(t) do s = s .. tostring(k):sub(-2) .. v end name(s)\n'
             'local n, k = "", next(t) for i = 1, 50 do n = n .. tostring(k) k = next(t, k) end name(n)\n'
             'for _, lib in ipairs{string, math, table, utf8, _ENV} do local s = ""\n'
             '  for k in pairs(lib) do s = s .. k .. " " end name(s) end\n'
             'fails(function() for k in pairs{[{}] = 1, [{}] = 2} do end end)\n'
             'local o = {} for _, node in ipairs(net:nodes()) do o[node] = node.index end\n'
             'for node, i in pairs(o) do name(node, i) end',
    'sorts': 'local t = {} for i = 1, 200 do t[i] = {i % 7, i} end\n'
             'table.sort(t, function(a, b) return a[1] < b[1] end)\n'
             'local s = "" for _, v in ipairs(t) do s = s .. v[2] .. " " end name(s)\n'
             'local r = {} for i = 1, 60 do r[i] = i end\n'
             'table.sort(r, function() return math.random() < 0.5 end) name(table.concat(r, " "))\n'
             'local w = {"b", "B", "a", "\\u{e4}", "Z", "_", "1", "aa", "a\\0b"}\n'
             'table.sort(w) name(table.concat(w, " "))',
    'random': 'for i = 1, 5 do name(math.random(1 << 40), math.random()) end math.randomseed(7)\n'
              'name(math.random(1 << 40)) math.randomseed(0) name(math.random(1 << 40)) fails(math.randomseed)',
    'locale': 'name(1.5, ("%.3f"):format(2.5), tonumber("1.5"), tonumber("1,5"))\n'
              'name(("\\xe4\\xc4"):upper() == "\\xe4\\xc4", ("\\xe4"):find("%a"), ("a" < "B"), ("\\xe4" < "z"))',
    'holes': 'local s = "" for seed = 1, 40 do math.randomseed(seed) local t = {}\n'
             '  for i = 1, 200 do local k = math.random(60)\n'
             '    if math.random() < 0.5 then t[k] = nil else t[k] = i end end s = s .. #t .. " " end name(s)',
    'limits': 'fails(string.rep, "x", -1) local n = 0\n'
              'local function f(k) n = k return 1 + f(k + 1) end fails(f, 1) name(n)\n'
              'local function g() return ("x"):gsub("x", g) end fails(g)',
}


def environments(folder):
    for i in range(PROCESSES):
        beside = folder / f'place-{"x" * 7 * i}{i}'
        beside.mkdir()
        yield ['setarch', '-R'] if i == 0 else [], beside, {
            'PATH': os.environ['PATH'], 'NO_COLOR': '1', 'TZ': f'UTC{i}', 'LUA_PATH': '/nowhere/?.lua',
            'LC_ALL': ('C', 'C.UTF-8', 'de_DE.UTF-8', 'tr_TR', 'POSIX')[i], 'LUA_INIT': 'error("read")',
            'MALLOC_PERTURB_': str(17 * i), 'MALLOC_ARENA_MAX': '1', 'PADDING': 'y' * 1013 * i,
            **{key: os.environ[key] for key in os.environ if 'SAN_OPTIONS' in key}}


def listed(suite, folder):
    """What each process lists: the same."""
    found = []
    for before, beside, environment in environments(folder):
        done = subprocess.run([*before, PROGRAM, 'cases', suite, '--json'], cwd=beside, env=environment,
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        found.append(done.stdout)
        beside.rmdir()
    for other in found[1:]:
        for a, b in zip(found[0].splitlines(), other.splitlines()):
            assert a == b, f'differs:\n{a}\n{b}'
        assert other == found[0]
    return json.loads(found[0])


def main():
    with tempfile.TemporaryDirectory(prefix='nontrivial-') as name:
        folder, cases = pathlib.Path(name).resolve(), 0
        suite = small_run.write_suite(folder, 100)
        text = suite.read_text().split('groups:')[0] + 'groups:\n'
        for group, body in BODIES.items():
            (folder / f'{group}.lua').write_text(HEAD + body + TAIL)
            text += f'  {group}: {{hook: {group}.lua}}\n'
        suite.write_text(text)
        for group in listed(suite, folder)['groups']:
            names = [case['name'] for case in group['cases']]
            assert names and not [word for word in names if '0x5' in word or '0x7' in word], (group['name'], names)
            cases += len(names)
        for shipped in SHIPPED:
            cases += sum(len(group['cases']) for group in listed(ROOT / 'experiments' / shipped, folder)['groups'])
        print(f'{len(BODIES)} scripts, {len(SHIPPED)} suites, {cases} cases: the same in {PROCESSES} processes')


main()
