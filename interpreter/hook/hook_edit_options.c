/* What a hook's case says of each ablation kind: its nodes, and the kind's options in either form,
 * `noise = {conv, deviation = 0.1}` or, beside the kinds, `deviation = 0.1`. All of it follows from
 * the kinds' field tables; no kind is named here. Whatever does not fit raises a Lua error that
 * names the case. */
#include "hook_edit_options.h"

#include <string.h>

enum { LONGEST_LIST = 2048, NUMBER = 32 };

static const nt_kind *kind_at(int kind) {
    return nt_ablations[kind];
}

int nt_case_nodes_at(const nt_case_reading *r, int kind) {
    return r->values + 2 * kind;
}

static int own_at(const nt_case_reading *r, int kind) {
    return r->values + 2 * kind + 1;
}

/* --- nodes and options ------------------------------------------------------------------------ */

static void refuse_option(const nt_case_reading *r, const nt_kind *kind, const char *key) {
    const char *near = nt_field_nearest(kind->fields, key);
    if (near)
        luaL_error(r->state, "%s: '%s' has no option '%s'; did you mean '%s'?", r->what, kind->name,
                   key, near);
    luaL_error(r->state, "%s: '%s' has no option '%s'", r->what, kind->name, key);
}

/* Whether the table at `table` has keys that are texts; raises unless they name options. */
static bool has_options(const nt_case_reading *r, const nt_kind *kind, int table) {
    const char *unknown = NULL;
    bool any = false;
    lua_pushnil(r->state);
    while (lua_next(r->state, table)) {
        const char *key = lua_type(r->state, -2) == LUA_TSTRING ? lua_tostring(r->state, -2) : NULL;
        any = any || key;
        if (key && !nt_field_find(kind->fields, key) && (!unknown || strcmp(key, unknown) < 0))
            unknown = key;
        lua_pop(r->state, 1);
    }
    if (unknown)
        refuse_option(r, kind, unknown);
    return any;
}

/* Whether the table on top of the stack has keys that are texts. */
static bool has_texts(lua_State *state) {
    int table = lua_gettop(state);
    bool any = false;
    lua_pushnil(state);
    while (!any && lua_next(state, table)) {
        any = lua_type(state, -2) == LUA_TSTRING;
        lua_pop(state, 1);
    }
    lua_settop(state, table);
    return any;
}

/* Puts nodes in place of the table at `table`, that has options among them: what it has under other
 * keys than texts, or, where that is but one list without options, that list. */
static void leave_nodes(lua_State *state, int table) {
    if (lua_rawlen(state, table) == 1) {
        if (lua_rawgeti(state, table, 1) == LUA_TTABLE && !has_texts(state)) {
            lua_replace(state, table);
            return;
        }
        lua_pop(state, 1);
    }
    lua_newtable(state);
    lua_pushnil(state);
    while (lua_next(state, table)) {
        lua_pushvalue(state, -2);
        lua_insert(state, -2);
        if (lua_type(state, -2) == LUA_TSTRING)
            lua_pop(state, 2);
        else
            lua_rawset(state, -4);
    }
    lua_replace(state, table);
}

/* How many nodes a list has, those of the lists in it included; whether it has any of its own. */
static lua_Integer count_nodes(lua_State *state, int list, lua_Integer length, bool *ret_own) {
    lua_Integer count = 0;
    for (lua_Integer i = 1; i <= length; i++) {
        bool part = lua_rawgeti(state, list, i) == LUA_TTABLE;
        count += part ? (lua_Integer)lua_rawlen(state, -1) : 1;
        *ret_own = *ret_own || !part;
        lua_pop(state, 1);
    }
    nt_sandbox_charge(state, count);
    return count;
}

/* Pushes nodes and options of one kind. Returns how many nodes there are. */
static lua_Integer push_kind(nt_case_reading *r, int k) {
    lua_State *state = r->state;
    const nt_kind *kind = kind_at(k);
    int type = lua_getfield(state, r->table, kind->name), nodes = lua_gettop(state);
    r->alone[k] = type != LUA_TNIL && type != LUA_TTABLE;
    lua_pushnil(state);
    if (type != LUA_TTABLE)
        return type != LUA_TNIL;
    if (kind->fields->name && has_options(r, kind, nodes)) {
        lua_copy(state, nodes, nodes + 1);
        nt_sandbox_charge(state, (int64_t)lua_rawlen(state, nodes));
        leave_nodes(state, nodes);
    }
    const char *what = lua_pushfstring(state, "%s: '%s' is", r->what, kind->name);
    lua_Integer count = nt_lua_list_length(state, nodes, what, "list its nodes");
    lua_pop(state, 1);
    return kind->fields->name ? count_nodes(state, nodes, count, &r->alone[k]) : count;
}

lua_Integer nt_case_push_kinds(nt_case_reading *r) {
    lua_Integer total = 0;
    r->values = lua_gettop(r->state) + 1;
    for (int k = 0; k < r->kinds; k++)
        total += push_kind(r, k);
    return total;
}

/* --- values ----------------------------------------------------------------------------------- */

/* The value at `index` as a field takes it; NULL: not of a type that the field has. */
static const char *text_of(lua_State *state, int index, nt_field_type type, char number[NUMBER]) {
    bool texts = type == NT_STRING || type == NT_CHOICE || type == NT_LABELS;
    int is_integer;
    switch (lua_type(state, index)) {
    case LUA_TSTRING:
        return texts ? lua_tostring(state, index) : NULL;
    case LUA_TBOOLEAN:
        return type != NT_BOOL ? NULL : lua_toboolean(state, index) ? "true" : "false";
    case LUA_TNUMBER: {
        lua_Integer integer = lua_tointegerx(state, index, &is_integer);
        if (is_integer)
            snprintf(number, NUMBER, "%lld", (long long)integer);
        else
            snprintf(number, NUMBER, "%.17g", lua_tonumber(state, index));
        return texts || type == NT_BOOL ? NULL : number;
    }
    default:
        return NULL;
    }
}

static void refuse_type(const nt_case_reading *r, const nt_field *field, int index) {
    char takes[NT_FIELD_WHY];
    nt_text text;
    nt_text_init(&text);
    nt_field_describe(field, &text);
    snprintf(takes, sizeof takes, "%s", text.bytes);
    nt_text_finish(&text);
    luaL_error(r->state, "%s: '%s' must be %s, not a %s", r->what, field->name, takes,
               luaL_typename(r->state, index));
}

/* Sets the field from the value on top of the stack. */
static void set_field(const nt_case_reading *r, const nt_field *field, void *record) {
    lua_State *state = r->state;
    const char *texts[LONGEST_LIST];
    char numbers[LONGEST_LIST][NUMBER], why[NT_FIELD_WHY];
    int value = lua_gettop(state), count = 1;
    size_t bytes = 0;
    bool list = lua_istable(state, value);
    if (list) {
        const char *what = lua_pushfstring(state, "%s: '%s' is", r->what, field->name);
        count = (int)nt_lua_list_length(state, value, what, "list its values");
        if (count > LONGEST_LIST)
            luaL_error(state, "%s: '%s' has more than %d values", r->what, field->name,
                       LONGEST_LIST);
    }
    luaL_checkstack(state, count + 2, NULL);
    for (int i = 0; i < count; i++) {
        if (list)
            lua_rawgeti(state, value, i + 1);
        else
            lua_pushvalue(state, value);
        texts[i] = text_of(state, -1, field->type, numbers[i]);
        if (!texts[i])
            refuse_type(r, field, -1);
    }
    for (int i = 0; i < count; i++)
        bytes += strlen(texts[i]) + 1;
    nt_hook_hold(state, nt_lua_hook(state), 2 * bytes);
    if (!nt_field_set(field, record, r->arena, texts, count, list, why))
        luaL_error(state, "%s: '%s' %s", r->what, field->name, why);
    lua_settop(state, value);
}

/* --- options ---------------------------------------------------------------------------------- */

/* Pushes what is said of an option: in the table at `part` (0: none), with the kind's nodes, or in
 * the case. */
static void push_option(const nt_case_reading *r, int k, int part, const char *name) {
    const int tables[] = {part, own_at(r, k), r->table};
    lua_pushnil(r->state);
    for (int i = 0; i < 3 && lua_isnil(r->state, -1); i++)
        if (tables[i] && lua_istable(r->state, tables[i])) {
            lua_pop(r->state, 1);
            lua_getfield(r->state, tables[i], name);
        }
}

/* Fills a record of the kind. `needed`: it is some node's. */
static void read_record(const nt_case_reading *r, int k, int part, bool needed, void *record) {
    for (const nt_field *field = kind_at(k)->fields; field->name; field++) {
        push_option(r, k, part, field->name);
        if (!lua_isnil(r->state, -1))
            set_field(r, field, record);
        else if (!field->fallback && needed)
            luaL_error(r->state, "%s has '%s' without a '%s'; give it %s", r->what,
                       kind_at(k)->name, field->name, field->doc);
        lua_pop(r->state, 1);
    }
}

static void *new_record(const nt_case_reading *r, const nt_kind *kind) {
    void *record = nt_arena_alloc(r->arena, kind->size);
    if (!record || !nt_fields_default(kind->fields, record, r->arena))
        nt_sandbox_no_memory(r->state);
    return record;
}

const void *nt_case_part_options(const nt_case_reading *r, int k, int part) {
    void *record = new_record(r, kind_at(k));
    if (!has_options(r, kind_at(k), part))
        luaL_error(r->state, "%s: '%s' holds table where a node is wanted", r->what,
                   kind_at(k)->name);
    read_record(r, k, part, true, record);
    return record;
}

/* Raises for an option of the case that no kind in it has. */
static void refuse_stray(const nt_case_reading *r, const char *name) {
    char kinds[NT_ABLATION_NAMES];
    int count = nt_ablation_names(name, " and ", kinds);
    luaL_error(r->state, "%s has a '%s', which only %s take%s", r->what, name, kinds,
               count == 1 ? "s" : "");
}

static void check_strays(const nt_case_reading *r) {
    const char *names[NT_MOST_ABLATION_OPTIONS];
    int count = nt_ablation_options(names);
    for (int i = 0; i < count; i++) {
        bool taken = lua_getfield(r->state, r->table, names[i]) == LUA_TNIL;
        for (int k = 0; k < r->kinds && !taken; k++)
            taken = r->options[k] && nt_field_find(kind_at(k)->fields, names[i]);
        if (!taken)
            refuse_stray(r, names[i]);
        lua_pop(r->state, 1);
    }
}

void nt_case_read_options(nt_case_reading *r) {
    for (int k = 0; k < r->kinds; k++) {
        r->options[k] = NULL;
        if (lua_isnil(r->state, nt_case_nodes_at(r, k)) || kind_at(k)->size == 0)
            continue;
        r->options[k] = new_record(r, kind_at(k));
        read_record(r, k, 0, r->alone[k], r->options[k]);
    }
    check_strays(r);
}
