/* The stack machine: one function an opcode, found by its byte; a byte without one is refused.
 * Each opcode makes at most one value, and what all of them take is counted and bounded. */
#include "pickle_private.h"

#include "alloc.h"
#include <endian.h>
#include <string.h>

/* --- the stack -------------------------------------------------------------------------------- */

static nt_status push(nt_pickle_machine *m, nt_pickled *value) {
    if (!nt_grow((void **)&m->stack, &m->stack_capacity, m->depth, sizeof *m->stack))
        return nt_pickle_no_memory(m->in);
    m->stack[m->depth++] = value;
    return NT_OK;
}

/* A new value, on the stack. */
static nt_status push_new(nt_pickle_machine *m, nt_pickled_kind kind, nt_pickled **ret) {
    *ret = nt_pickle_value(m, kind);
    return *ret ? push(m, *ret) : nt_pickle_no_memory(m->in);
}

static nt_status push_integer(nt_pickle_machine *m, nt_pickled_kind kind, int64_t integer) {
    nt_pickled *value;
    NT_TRY(push_new(m, kind, &value));
    value->integer = integer;
    return NT_OK;
}

/* The value on top, `below` values further down. */
static nt_status peek(const nt_pickle_machine *m, size_t below, nt_pickled **ret) {
    if (m->depth <= below || !m->stack[m->depth - 1 - below]) {
        nt_pickle_broken(m, "the stack has too few values");
        return NT_INVALID;
    }
    *ret = m->stack[m->depth - 1 - below];
    return NT_OK;
}

static nt_status pop(nt_pickle_machine *m, nt_pickled **ret) {
    NT_TRY(peek(m, 0, ret));
    m->depth--;
    return NT_OK;
}

/* Where the values above the newest mark begin. */
static nt_status find_mark(const nt_pickle_machine *m, size_t *ret) {
    size_t at = m->depth;
    while (at > 0 && m->stack[at - 1])
        at--;
    if (at == 0) {
        nt_pickle_broken(m, "there is no mark on the stack");
        return NT_INVALID;
    }
    *ret = at;
    return NT_OK;
}

/* --- numbers, texts --------------------------------------------------------------------------- */

/* A number of so many bytes after the opcode, little-endian. */
static nt_status take_number(nt_pickle_machine *m, size_t bytes, uint64_t *ret) {
    const unsigned char *p;
    NT_TRY(nt_pickle_take(m->in, bytes, &p));
    *ret = 0;
    for (size_t i = bytes; i-- > 0;)
        *ret = *ret << 8 | p[i];
    return NT_OK;
}

static nt_status op_proto(nt_pickle_machine *m) {
    uint64_t protocol;
    NT_TRY(take_number(m, 1, &protocol));
    if (protocol < 2 || protocol > 5)
        return nt_pickle_refuse(m, "pickles of protocol %d are not read", (int)protocol);
    return NT_OK;
}

static nt_status op_frame(nt_pickle_machine *m) {
    uint64_t length;
    return take_number(m, 8, &length); /* only a hint of how much to read ahead */
}

static nt_status op_none(nt_pickle_machine *m) {
    return push_integer(m, NT_PICKLED_NONE, 0);
}

static nt_status op_newtrue(nt_pickle_machine *m) {
    return push_integer(m, NT_PICKLED_BOOL, 1);
}

static nt_status op_newfalse(nt_pickle_machine *m) {
    return push_integer(m, NT_PICKLED_BOOL, 0);
}

static nt_status op_binint(nt_pickle_machine *m) {
    uint64_t number;
    NT_TRY(take_number(m, 4, &number));
    return push_integer(m, NT_PICKLED_INTEGER, (int32_t)(uint32_t)number);
}

static nt_status op_binint1(nt_pickle_machine *m) {
    uint64_t number;
    NT_TRY(take_number(m, 1, &number));
    return push_integer(m, NT_PICKLED_INTEGER, (int64_t)number);
}

static nt_status op_binint2(nt_pickle_machine *m) {
    uint64_t number;
    NT_TRY(take_number(m, 2, &number));
    return push_integer(m, NT_PICKLED_INTEGER, (int64_t)number);
}

/* Two's complement in as many bytes as it takes. */
static nt_status op_long1(nt_pickle_machine *m) {
    const unsigned char *p;
    uint64_t size, number = 0;
    NT_TRY(take_number(m, 1, &size));
    NT_TRY(nt_pickle_take(m->in, (size_t)size, &p));
    if (size > 8)
        return push_integer(m, NT_PICKLED_OPAQUE, 0);
    if (size > 0 && p[size - 1] & 0x80)
        number = UINT64_MAX;
    for (size_t i = (size_t)size; i-- > 0;)
        number = number << 8 | p[i];
    return push_integer(m, NT_PICKLED_INTEGER, (int64_t)number);
}

static nt_status op_binfloat(nt_pickle_machine *m) {
    const unsigned char *p;
    nt_pickled *value;
    uint64_t bits;
    NT_TRY(nt_pickle_take(m->in, 8, &p));
    memcpy(&bits, p, sizeof bits);
    bits = be64toh(bits);
    NT_TRY(push_new(m, NT_PICKLED_REAL, &value));
    memcpy(&value->real, &bits, sizeof bits);
    return NT_OK;
}

/* A text whose length is a number of so many bytes. */
static nt_status push_text(nt_pickle_machine *m, size_t width) {
    const unsigned char *p;
    nt_pickled *value;
    uint64_t length;
    NT_TRY(take_number(m, width, &length));
    NT_TRY(nt_pickle_take(m->in, (size_t)length, &p));
    bool readable = nt_text_is_utf8((const char *)p, (size_t)length) && !memchr(p, 0, length);
    const char *text = nt_arena_substring(m->in->file->arena, (const char *)p, (size_t)length);
    m->in->made += (size_t)length;
    if (!text)
        return nt_pickle_no_memory(m->in);
    NT_TRY(push_new(m, readable ? NT_PICKLED_TEXT : NT_PICKLED_OPAQUE, &value));
    value->text = text;
    return NT_OK;
}

static nt_status op_short_text(nt_pickle_machine *m) {
    return push_text(m, 1);
}

static nt_status op_text(nt_pickle_machine *m) {
    return push_text(m, 4);
}

static nt_status op_long_text(nt_pickle_machine *m) {
    return push_text(m, 8);
}

/* --- tuples, lists, dicts --------------------------------------------------------------------- */

static nt_status op_mark(nt_pickle_machine *m) {
    return push(m, NULL);
}

static nt_status op_empty_tuple(nt_pickle_machine *m) {
    nt_pickled *value;
    return push_new(m, NT_PICKLED_TUPLE, &value);
}

static nt_status op_empty_list(nt_pickle_machine *m) {
    nt_pickled *value;
    return push_new(m, NT_PICKLED_LIST, &value);
}

static nt_status op_empty_dict(nt_pickle_machine *m) {
    nt_pickled *value;
    return push_new(m, NT_PICKLED_DICT, &value);
}

/* The values from `first` on become a tuple, in their place. */
static nt_status make_tuple(nt_pickle_machine *m, size_t first) {
    nt_pickled *tuple = nt_pickle_value(m, NT_PICKLED_TUPLE);
    if (!tuple)
        return nt_pickle_no_memory(m->in);
    for (size_t i = first; i < m->depth; i++)
        NT_TRY(nt_pickle_append(m, tuple, m->stack[i]));
    m->depth = first;
    return push(m, tuple);
}

static nt_status tuple_of(nt_pickle_machine *m, size_t count) {
    nt_pickled *value;
    for (size_t i = 0; i < count; i++)
        NT_TRY(peek(m, i, &value));
    return make_tuple(m, m->depth - count);
}

static nt_status op_tuple1(nt_pickle_machine *m) {
    return tuple_of(m, 1);
}

static nt_status op_tuple2(nt_pickle_machine *m) {
    return tuple_of(m, 2);
}

static nt_status op_tuple3(nt_pickle_machine *m) {
    return tuple_of(m, 3);
}

static nt_status op_tuple(nt_pickle_machine *m) {
    size_t first;
    NT_TRY(find_mark(m, &first));
    NT_TRY(make_tuple(m, first));
    m->stack[first - 1] = m->stack[first];
    m->depth = first;
    return NT_OK;
}

/* Adds the values from `first` on to the list or dict below them, `below` further down. */
static nt_status extend(nt_pickle_machine *m, nt_pickled_kind kind, size_t first, size_t marks) {
    size_t depth = m->depth;
    nt_pickled *list;
    m->depth = first - marks;
    NT_TRY(peek(m, 0, &list));
    if (list->kind != kind)
        return nt_pickle_broken(m, "items are added to what is no %s",
                                kind == NT_PICKLED_DICT ? "dict" : "list");
    if (kind == NT_PICKLED_DICT && (depth - first) % 2 != 0)
        return nt_pickle_broken(m, "a key has no value");
    for (size_t i = first; i < depth; i++)
        NT_TRY(nt_pickle_append(m, list, m->stack[i]));
    return NT_OK;
}

static nt_status extend_from_mark(nt_pickle_machine *m, nt_pickled_kind kind) {
    size_t first;
    NT_TRY(find_mark(m, &first));
    return extend(m, kind, first, 1);
}

static nt_status extend_by(nt_pickle_machine *m, nt_pickled_kind kind, size_t count) {
    nt_pickled *value;
    for (size_t i = 0; i <= count; i++)
        NT_TRY(peek(m, i, &value));
    return extend(m, kind, m->depth - count, 0);
}

static nt_status op_append(nt_pickle_machine *m) {
    return extend_by(m, NT_PICKLED_LIST, 1);
}

static nt_status op_appends(nt_pickle_machine *m) {
    return extend_from_mark(m, NT_PICKLED_LIST);
}

static nt_status op_setitem(nt_pickle_machine *m) {
    return extend_by(m, NT_PICKLED_DICT, 2);
}

static nt_status op_setitems(nt_pickle_machine *m) {
    return extend_from_mark(m, NT_PICKLED_DICT);
}

/* --- memo ------------------------------------------------------------------------------------- */

/* Python numbers what it remembers from 0 on, so that no number can be far off. */
static nt_status remember(nt_pickle_machine *m, uint64_t number) {
    nt_pickled *value;
    NT_TRY(peek(m, 0, &value));
    if (number > m->memo_count)
        return nt_pickle_broken(m, "what is remembered has the number %llu, after %zu others",
                                (unsigned long long)number, m->memo_count);
    if (number == m->memo_count) {
        if (!nt_grow((void **)&m->memo, &m->memo_capacity, m->memo_count, sizeof *m->memo))
            return nt_pickle_no_memory(m->in);
        m->memo_count++;
    }
    m->memo[number] = value;
    return NT_OK;
}

static nt_status recall(nt_pickle_machine *m, uint64_t number) {
    if (number >= m->memo_count)
        return nt_pickle_broken(m, "nothing was remembered with the number %llu",
                                (unsigned long long)number);
    return push(m, m->memo[number]);
}

static nt_status op_binput(nt_pickle_machine *m) {
    uint64_t number;
    NT_TRY(take_number(m, 1, &number));
    return remember(m, number);
}

static nt_status op_long_binput(nt_pickle_machine *m) {
    uint64_t number;
    NT_TRY(take_number(m, 4, &number));
    return remember(m, number);
}

static nt_status op_memoize(nt_pickle_machine *m) {
    return remember(m, m->memo_count);
}

static nt_status op_binget(nt_pickle_machine *m) {
    uint64_t number;
    NT_TRY(take_number(m, 1, &number));
    return recall(m, number);
}

static nt_status op_long_binget(nt_pickle_machine *m) {
    uint64_t number;
    NT_TRY(take_number(m, 4, &number));
    return recall(m, number);
}

/* --- what is made by globals ------------------------------------------------------------------ */

static nt_status push_global(nt_pickle_machine *m, const char *module, const char *name) {
    nt_pickled *value;
    NT_TRY(nt_pickle_global(m, module, name, &value));
    return push(m, value);
}

static nt_status op_global(nt_pickle_machine *m) {
    const char *module, *name;
    NT_TRY(nt_pickle_take_line(m->in, &module));
    NT_TRY(nt_pickle_take_line(m->in, &name));
    return push_global(m, module, name);
}

static nt_status op_stack_global(nt_pickle_machine *m) {
    nt_pickled *module, *name;
    NT_TRY(pop(m, &name));
    NT_TRY(pop(m, &module));
    if (module->kind != NT_PICKLED_TEXT || name->kind != NT_PICKLED_TEXT)
        return nt_pickle_broken(m, "a global is named by what is no text");
    return push_global(m, module->text, name->text);
}

static nt_status op_reduce(nt_pickle_machine *m) {
    nt_pickled *arguments, *global, *value;
    NT_TRY(pop(m, &arguments));
    NT_TRY(pop(m, &global));
    if (global->kind != NT_PICKLED_GLOBAL || arguments->kind != NT_PICKLED_TUPLE)
        return nt_pickle_broken(m, "what is called is no global, or its arguments no tuple");
    NT_TRY(nt_pickle_call(m, global, arguments, &value));
    return push(m, value);
}

static nt_status op_binpersid(nt_pickle_machine *m) {
    nt_pickled *id, *value;
    NT_TRY(pop(m, &id));
    NT_TRY(nt_pickle_persistent(m, id, &value));
    return push(m, value);
}

/* Attributes of an ordered dict, as a state dict's `_metadata`, are passed over. */
static nt_status op_build(nt_pickle_machine *m) {
    nt_pickled *attributes, *value;
    NT_TRY(pop(m, &attributes));
    NT_TRY(peek(m, 0, &value));
    return value->kind == NT_PICKLED_DICT
               ? NT_OK
               : nt_pickle_refuse(m, "opcode BUILD of what is no dict is refused");
}

/* --- the machine ------------------------------------------------------------------------------ */

enum { STOP = '.' };

static nt_status (*const operations[256])(nt_pickle_machine *) = {
    [0x80] = op_proto,      [0x95] = op_frame,        ['N'] = op_none,       [0x88] = op_newtrue,
    [0x89] = op_newfalse,   ['J'] = op_binint,        ['K'] = op_binint1,    ['M'] = op_binint2,
    [0x8a] = op_long1,      ['G'] = op_binfloat,      ['U'] = op_short_text, ['T'] = op_text,
    [0x8c] = op_short_text, ['X'] = op_text,          [0x8d] = op_long_text, ['('] = op_mark,
    [')'] = op_empty_tuple, [']'] = op_empty_list,    ['}'] = op_empty_dict, [0x85] = op_tuple1,
    [0x86] = op_tuple2,     [0x87] = op_tuple3,       ['t'] = op_tuple,      ['a'] = op_append,
    ['e'] = op_appends,     ['s'] = op_setitem,       ['u'] = op_setitems,   ['q'] = op_binput,
    ['r'] = op_long_binput, [0x94] = op_memoize,      ['h'] = op_binget,     ['j'] = op_long_binget,
    ['c'] = op_global,      [0x93] = op_stack_global, ['R'] = op_reduce,     ['Q'] = op_binpersid,
    ['b'] = op_build,
};

/* Runs opcodes up to STOP. */
static nt_status run(nt_pickle_machine *m, nt_pickled **ret) {
    const unsigned char *byte;
    for (;;) {
        m->opcode_at = m->in->at;
        NT_TRY(nt_pickle_take(m->in, 1, &byte));
        unsigned char opcode = *byte;
        const char *name = nt_pickle_opcode(opcode);
        if (opcode == STOP)
            return pop(m, ret);
        if (!name)
            return nt_pickle_broken(m, "0x%02x is no opcode of a pickle", opcode);
        if (!operations[opcode])
            return nt_pickle_refuse(m, "opcode %s is refused", name);
        NT_TRY(operations[opcode](m));
        if (m->in->made + (m->stack_capacity + m->memo_capacity) * sizeof *m->stack >
            NT_PICKLE_MOST)
            return nt_pickle_broken(m, "its values take more than %d MiB", NT_PICKLE_MOST >> 20);
    }
}

nt_status nt_pickle_read(nt_pickle_reader *reader, nt_pickled **ret) {
    nt_pickle_machine machine = {.in = reader};
    nt_pickled *value = NULL;
    nt_status status = run(&machine, &value);
    nt_free(machine.stack, machine.stack_capacity * sizeof *machine.stack);
    nt_free(machine.memo, machine.memo_capacity * sizeof *machine.memo);
    if (status == NT_OK)
        *ret = value;
    return status;
}
