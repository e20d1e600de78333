/* What scripts might try against the sandbox, and what must come of it. test_lua_escape.c runs each
 * as a hook's text, and as an expression of YAML where it can be one, with the limits below; the
 * process goes on after each. */
#ifndef SUPPORT_ESCAPES_H
#define SUPPORT_ESCAPES_H

#include <stddef.h>

enum {
    ESCAPE_INSTRUCTIONS = 3000000,
    ESCAPE_SECONDS = 5,
    ESCAPE_MEBIBYTES = 16,
    ESCAPE_QUESTIONS = 50
};

#define RAN "ran for more than 3000000 instructions"
#define NEEDS "needs more than 16 MiB of memory"
#define UNKNOWN(name) "nothing is called '" name "' here"
#define READ_ONLY " can't be changed: what the sandbox gives is read-only"

#define TEN(x) x x x x x x x x x x
#define HUNDREDS(x) TEN(TEN(x)) TEN(TEN(x)) TEN(TEN(x))

typedef enum escape_where { EVERYWHERE, HOOKS_ONLY, ASKING } escape_where;

typedef struct escape {
    const char *what, *body;   /* the body of a function */
    const char *expected;      /* "= text": it returns what tostring shows so; else the message */
    const char *in_expression; /* the same there; NULL: as above */
    escape_where where;
} escape;

static const escape escapes[] = {
    /* --- files, processes, the machine --- */
    {"open a file", "return io.open('/etc/passwd')", UNKNOWN("io"), "no variable 'io'", 0},
    {"list lines", "for l in io.lines('/etc/passwd') do return l end", UNKNOWN("io"),
     "no variable 'io'", 0},
    {"start a process", "return os.execute('id')", UNKNOWN("os"), "no variable 'os'", 0},
    {"read a process", "return io.popen('id')", UNKNOWN("io"), "no variable 'io'", 0},
    {"end the process", "os.exit(0)", UNKNOWN("os"), "no variable 'os'", 0},
    {"remove a file", "os.remove('x')", UNKNOWN("os"), "no variable 'os'", 0},
    {"read the environment", "return os.getenv('HOME')", UNKNOWN("os"), "no variable 'os'", 0},
    {"tell the time", "return os.time()", UNKNOWN("os"), "no variable 'os'", 0},
    {"take processor time", "return os.clock()", UNKNOWN("os"), "no variable 'os'", 0},
    {"load a module", "return require('os')", UNKNOWN("require"), "no variable 'require'", 0},
    {"load a C library", "return package.loadlib('libc.so.6', 'system')", UNKNOWN("package"),
     "no variable 'package'", 0},
    {"warn", "warn('@on')", UNKNOWN("warn"), "no variable 'warn'", 0},

    /* --- code --- */
    {"load a text", "return load('return 1')()", UNKNOWN("load"), "no variable 'load'", 0},
    {"load bytecode", "return load('\\27Lua', 'x', 'b')", UNKNOWN("load"), "no variable 'load'", 0},
    {"load from a function", "return load(function() return nil end)", UNKNOWN("load"),
     "no variable 'load'", 0},
    {"load the old way", "return loadstring('return 1')",
     UNKNOWN("loadstring") "; did you mean 'tostring'?", "no variable 'loadstring'", 0},
    {"run a file", "return dofile('/etc/passwd')", UNKNOWN("dofile"), "no variable 'dofile'", 0},
    {"load a file", "return loadfile('/etc/passwd')", UNKNOWN("loadfile"), "no variable 'loadfile'",
     0},
    {"dump a function", "return string.dump(function() end)",
     "attempt to call a nil value (field 'dump')", NULL, 0},
    {"dump through a text", "return (''):dump()", "attempt to call a nil value (method 'dump')",
     NULL, 0},

    /* --- metatables, debug, collection --- */
    {"see the registry", "return debug.getregistry()", UNKNOWN("debug"), "no variable 'debug'", 0},
    {"set an upvalue", "return debug.setupvalue(print, 1, nil)", UNKNOWN("debug"),
     "no variable 'debug'", 0},
    {"see the texts' metatable", "return getmetatable('').__index", UNKNOWN("getmetatable"),
     "no variable 'getmetatable'", 0},
    {"set a metatable", "return setmetatable({}, {__index = string})", UNKNOWN("setmetatable"),
     "no variable 'setmetatable'", 0},
    {"a metatable for the globals", "setmetatable(_ENV, {})", UNKNOWN("setmetatable"),
     "no variable 'setmetatable'", 0},
    {"a metatable for _G", "setmetatable(_G, {})", UNKNOWN("setmetatable"),
     "no variable 'setmetatable'", 0},
    {"a finaliser", "setmetatable({}, {__gc = function() end})", UNKNOWN("setmetatable"),
     "no variable 'setmetatable'", 0},
    {"__gc as a field", "local t = {__gc = error} t = nil return ('x'):rep(3)", "= xxx", NULL, 0},
    {"close a variable", "local x <close> = {__close = error} return 1",
     "variable 'x' got a non-closable value", NULL, 0},
    {"close nil", "local x <close> = nil return 1", "= 1", NULL, 0},
    {"go past a metatable", "return rawset({}, 1, 2)", UNKNOWN("rawset") "; did you mean 'assert'?",
     "no variable 'rawset'", 0},
    {"read past a metatable", "return rawget(string, 'rep')", UNKNOWN("rawget"),
     "no variable 'rawget'", 0},
    {"collect", "return collectgarbage('count')", UNKNOWN("collectgarbage"),
     "no variable 'collectgarbage'", 0},
    {"tune the collector", "collectgarbage('stop')", UNKNOWN("collectgarbage"),
     "no variable 'collectgarbage'", 0},
    {"a handler of errors", "return xpcall(error, print)",
     UNKNOWN("xpcall") "; did you mean 'pcall'?", "no variable 'xpcall'", 0},

    /* --- coroutines --- */
    {"make a coroutine", "return coroutine.wrap(print)", UNKNOWN("coroutine"),
     "no variable 'coroutine'", 0},
    {"close a coroutine", "return coroutine.close(coroutine.running())", UNKNOWN("coroutine"),
     "no variable 'coroutine'", 0},
    {"a coroutine in pcall", "return pcall(function() return coroutine.create(print) end)",
     "= false", NULL, 0},
    {"yield", "return coroutine.yield(1)", UNKNOWN("coroutine"), "no variable 'coroutine'", 0},

    /* --- what is given --- */
    {"set a global function", "print = nil",
     "'print'" READ_ONLY "; call yours otherwise, or make it local",
     "an expression can't set 'print'", 0},
    {"set it through _ENV", "_ENV.pcall = function(f) return f() end",
     "'pcall'" READ_ONLY "; call yours otherwise, or make it local",
     "an expression can't set 'pcall'", 0},
    {"define it anew", "function tostring() return 'mine' end",
     "'tostring'" READ_ONLY "; call yours otherwise, or make it local",
     "an expression can't set 'tostring'", 0},
    {"set a library", "string = {}",
     "'string'" READ_ONLY "; call yours otherwise, or make it local",
     "an expression can't set 'string'", 0},
    {"set a library's function", "string.rep = nil", "string" READ_ONLY, NULL, 0},
    {"add to a library", "math.tau = 2 * math.pi", "math" READ_ONLY, NULL, 0},
    {"insert into a library", "table.insert(utf8, 1)", "utf8" READ_ONLY, NULL, 0},
    {"move into a library", "table.move({1, 2}, 1, 2, 1, table)", "table" READ_ONLY, NULL, 0},
    {"remove from a library", "return table.remove(string)", "string" READ_ONLY, NULL, 0},
    {"sort a library", "table.sort(string) return #string", "= 0", NULL, 0},
    {"next of a library", "return (next(utf8))", "= char", NULL, 0},
    {"walk a library", "local s = '' for k in pairs(utf8) do s = s .. k .. ' ' end return s",
     "= char charpattern codepoint codes len offset ", NULL, 0},
    {"what pairs walks is a copy",
     "local _, t = pairs(string) t.rep = nil return ('x'):rep(2) .. string.rep('y', 2)", "= xxyy",
     NULL, 0},
    {"a method of texts", "('').rep = nil", "attempt to index a string value (constant '')", NULL,
     0},
    {"an own global", "mine = 1 mine = mine + 1 return mine", "= 2",
     "an expression can't set 'mine'", 0},
    {"an _ENV of its own", "local _ENV = {} string = 1 return string", "= 1", NULL, 0},
    {"no _G", "return _G.print", UNKNOWN("_G"), "no variable '_G'", 0},

    /* --- time --- */
    {"a loop", "while true do end", RAN, NULL, 0},
    {"goto", "::top:: goto top", RAN, NULL, 0},
    {"a loop in pcall", "while true do pcall(function() while true do end end) end", RAN, NULL, 0},
    {"pcall of pcall", "local function f() return pcall(f) end while true do f() end", RAN, NULL,
     0},
    {"a loop to the largest integer",
     "for i = math.maxinteger - 1, math.maxinteger do end return 1", "= 1", NULL, 0},
    {"a loop past the largest integer", "for i = 1, math.huge do end", RAN, NULL, 0},
    {"a step of zero", "for i = 1, 2, 0 do end", "'for' step is zero", NULL, 0},
    {"calls without end", "local function f() return f() end return f()", RAN, NULL, 0},
    {"gsub whose callback never ends", "return ('x'):gsub('x', function() while true do end end)",
     RAN, NULL, 0},
    {"gsub with a table", "return (('x'):rep(3):gsub('x', {x = 'yy'}))", "= yyyyyy", NULL, 0},
    {"gmatch of nothing", "for _ in ('x'):rep(4000000):gmatch('') do end", RAN, NULL, 0},
    {"a pattern that backtracks", "return ('a'):rep(3000):find(('a-'):rep(9) .. 'b')",
     "this pattern could take too long on a text of 3000 bytes", NULL, 0},
    {"a pattern of optional items", "return ('a'):rep(30):match(('a?'):rep(30) .. ('a'):rep(30))",
     "this pattern could take too long on a text of 30 bytes", NULL, 0},
    {"balanced twice", "return ('('):rep(90000):find('%b()%b()x')",
     "this pattern could take too long on a text of 90000 bytes", NULL, 0},
    {"a long plain search", "return ('a'):rep(90000):find(('a'):rep(20000) .. 'b', 1, true)",
     "this pattern could take too long on a text of 90000 bytes", NULL, 0},
    {"a sort that answers at random",
     "local t = {} for i = 1, 1000 do t[i] = i end\n"
     "table.sort(t, function() return math.random() < 0.5 end)\n"
     "local s = 0 for _, v in ipairs(t) do s = s + v end return s",
     "= 500500", NULL, 0},
    {"a sort that is never done", "table.sort({1, 2}, function() while true do end end)", RAN, NULL,
     0},
    {"a sort by a C function",
     "local t = {} for i = 1, 100000 do t[i] = i end while true do table.sort(t, math.ult) end",
     RAN, NULL, 0},
    {"a sort of long texts",
     "local s, t = ('x'):rep(1000000), {} for i = 1, 1000 do t[i] = s end table.sort(t)", RAN, NULL,
     0},
    {"many empty repeats", "return string.rep('', math.maxinteger)", RAN, NULL, 0},
    {"a long move", "table.move({}, 1, math.maxinteger - 1, 2)", RAN, NULL, 0},
    {"a long concat", "return table.concat({}, '', 1, math.maxinteger)", RAN, NULL, 0},
    {"a long unpack", "return table.unpack({}, 1, 1e7)", RAN, NULL, 0},
    {"inserts in front", "local t = {} for i = 1, 50000 do table.insert(t, 1, i) end", RAN, NULL,
     0},
    {"pairs again and again",
     "local t = {} for i = 1, 9000 do t[i] = i end\n"
     "while true do pairs(t) end",
     RAN, NULL, 0},
    {"pairs of long names",
     "local s, t = ('x'):rep(40000), {} for i = 1, 200 do t[s .. i] = i end\n"
     "while true do pairs(t) end",
     RAN, NULL, 0},
    {"a long number", "while true do tonumber(('9'):rep(100000)) end", RAN, NULL, 0},
    {"a format of many values",
     "return #string.format(('%d'):rep(20000), table.unpack({}, 1, 20000))",
     "a format with more than 10000 values", NULL, 0},

    /* --- memory --- */
    {"tables", "local t = {} for i = 1, 1e9 do t[i] = {} end", NEEDS, NULL, 0},
    {"a text", "return #('x'):rep(1 << 25)", NEEDS, NULL, 0},
    {"a text too large for any", "return ('xy'):rep(math.maxinteger)", RAN, NULL, 0},
    {"texts in pcall", "while true do pcall(string.rep, 'x', 1 << 25) end", NEEDS, NULL, 0},
    {"doubling", "local s = 'x' while true do s = s .. s end", NEEDS, NULL, 0},
    {"a blown up gsub", "return #('x'):rep(10000):gsub('x', ('y'):rep(10000))", NEEDS, NULL, 0},
    {"a blown up concat",
     "local s, t = ('x'):rep(100000), {} for i = 1, 1000 do t[i] = s end\n"
     "return #table.concat(t)",
     NEEDS, NULL, 0},
    {"a blown up format",
     "local s = ('x'):rep(1000000) return #('%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s'):"
     "format(s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s)",
     NEEDS, NULL, 0},
    {"a wide format", "return #('%99999d'):format(1)",
     "invalid conversion specification: '%99999d'", NULL, 0},
    {"names of globals", "for i = 1, 1e9 do _ENV['g' .. i] = i end", NEEDS,
     "an expression can't set 'g1'", 0},
    {"unpack too much",
     "local t = {} for i = 1, 100000 do t[i] = i end\n"
     "return select('#', table.unpack(t), table.unpack(t, 1, 1e5))",
     "= 100001", NULL, 0},

    /* --- the stack --- */
    {"deep calls, whose stack is memory",
     "local function f(n) return 1 + f(n + 1) end\n"
     "return pcall(f, 1)",
     NEEDS, NULL, 0},
    {"deep C calls",
     "local function f() return ('x'):gsub('x', f) end\n"
     "local ok, why = pcall(f) return why:match('C stack overflow')",
     "= C stack overflow", NULL, 0},
    {"deep sorts",
     "local function f() table.sort({1, 2}, f) end\n"
     "local ok, why = pcall(f) return why:match('C stack overflow')",
     "= C stack overflow", NULL, 0},
    {"deep pcalls", "local function f() return pcall(f) end return (f())", "= true", NULL, 0},
    {"many nested parentheses", "return " HUNDREDS("(") "1" HUNDREDS(")"), "C stack overflow", NULL,
     0},

    /* --- errors --- */
    {"an error that is a table", "error({})", "raised an error that is a table, not a text", NULL,
     0},
    {"an error that shows itself", "error({__tostring = function() while true do end end})",
     "raised an error that is a table, not a text", NULL, 0},
    {"nil as an error", "error()", "raised an error that is a nil, not a text", NULL, 0},
    {"a long error", "error(('x'):rep(5000000), 0)", "bytes more] ", NULL, 0},
    {"an error with an escape", "error('\\27[2J\\155\\0after', 0)", "\\x1b[2J\\x9b\\x00after", NULL,
     0},
    {"an error that turns the line", "error('\\u{202e}', 0)", "\\u202e", NULL, 0},
    {"an assertion's object", "assert(false, {})", "raised an error that is a table, not a text",
     NULL, 0},

    /* --- addresses --- */
    {"the address of a table", "return tostring({})", "= table", NULL, 0},
    {"the address of a function", "return tostring(print)", "= function", NULL, 0},
    {"in a format", "return ('%s %10s'):format({}, print)", "= table   function", NULL, 0},
    {"%p", "return ('%p'):format({})",
     "calling 'format' on bad self (%p is not offered: addresses differ from run to run)", NULL, 0},
    {"%p behind a zero byte", "return ('\\0%p'):format({})",
     "calling 'format' on bad self (%p is not offered: addresses differ from run to run)", NULL, 0},
    {"%p of a text", "return ('%%%-20p'):format('x')",
     "calling 'format' on bad self (%p is not offered: addresses differ from run to run)", NULL, 0},
    {"%s behind a zero byte", "return (('\\0%s'):format({}):gsub('%z', '0'))", "= 0table", NULL, 0},
    {"%q of a table", "return ('%q'):format({})",
     "bad argument #1 to 'format' (value has no literal form)", NULL, 0},
    {"a pointer in bytes", "return string.pack('j', 1)",
     "attempt to call a nil value (field 'pack')", NULL, 0},
    {"a table as a name", "_ENV[{}] = 1 return 1", "= 1", "an expression can't set 'table'", 0},
    {"a seed from the clock", "math.randomseed()",
     "bad argument #1 to 'randomseed' (number expected, got no value)", NULL, 0},
    {"keys without order", "for k in pairs({[{}] = 1, [{}] = 2}) do end",
     "a table with several keys that are tables or functions has no fixed order; keep them in a "
     "list",
     NULL, 0},

    /* --- hooks alone --- */
    {"change a node", "net:node('conv1').name = 'x'",
     "networks and their nodes can't be changed by a script", NULL, HOOKS_ONLY},
    {"change an option", "options.x = 1", "options can't be changed by a script", NULL, HOOKS_ONLY},
    {"a long filter", "while true do net:nodes{name = ('*'):rep(100000)} end", RAN, NULL,
     HOOKS_ONLY},
    {"a long unknown name", "while true do pcall(net.node, net, ('x'):rep(1000000)) end", RAN, NULL,
     HOOKS_ONLY},
    {"a long unknown field",
     "local s = ('x'):rep(1000000)\n"
     "while true do pcall(function() return net[s] end) end",
     RAN, NULL, HOOKS_ONLY},
    {"print without end", "while true do print('line') end", RAN, NULL, HOOKS_ONLY},
    {"print much", "print(('x'):rep(3000000)) return 1", "= 1", NULL, HOOKS_ONLY},
    {"ask without end", "while true do net:evaluate{} end",
     "the script asks more than 50 questions", NULL, ASKING},
    {"ask without end in pcall",
     "for i = 1, 60 do pcall(net.evaluate, net, {}) end while true do end", RAN, NULL, ASKING},
    {"work between questions", "for i = 1, 40 do string.rep('', 100000) net:evaluate{} end", RAN,
     NULL, ASKING},
    {"keep between questions",
     "local t = {} for i = 1, 40 do t[i] = ('x'):rep(1 << 20)\n"
     "net:evaluate{} end",
     NEEDS, NULL, ASKING},
    {"many questions at once", "local t = {} for i = 1, 60 do t[i] = {} end net:evaluate_all(t)",
     "the script asks more than 50 questions", NULL, ASKING},
    {"ask inside a sort", "table.sort({1, 2}, function() net:evaluate{} end)",
     "net:evaluate can't be called from inside table.sort", NULL, ASKING},
    {"change an answer", "net:evaluate{}.value = 1", "answers can't be changed by a script", NULL,
     ASKING},
};

#endif
