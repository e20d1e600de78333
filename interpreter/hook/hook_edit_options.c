/* What a hook's case says of each ablation kind: its nodes, and the kind's options in either form,
 * `noise = {conv, deviation = 0.1}` or, beside the kinds, `deviation = 0.1`. All of it follows from
 * the kinds' field tables; no kind is named here. Whatever does not fit raises a Lua error that
 * names the case. */
#include "hook_edit_options.h"

#include <string.h>

enum { LONGEST_LIST = 64, NUMBER = 40 };

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

/* Puts nodes in place of the table at `table`, that has options among them: what it has under other
 * keys than texts, or, where that is but one list, that list. */
static void leave_nodes(lua_State *state, int table) {
    if (lua_rawlen(state, table) == 1) {
        if (lua_rawgeti(state, table, 1) == LUA_TTABLE) {
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

/* Pushes nodes and options of one kind. Returns how many nodes there are. */
static lua_Integer push_kind(const nt_case_reading *r, const nt_kind *kind) {
    lua_State *state = r->state;
    int type = lua_getfield(state, r->table, kind->name), nodes = lua_gettop(state);
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
    return count;
}

lua_Integer nt_case_push_kinds(nt_case_reading *r) {
    lua_Integer total = 0;
    r->values = lua_gettop(r->state) + 1;
    for (int k = 0; k < r->kinds; k++)
        total += push_kind(r, kind_at(k));
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
    if (!nt_field_set(field, record, r->arena, texts, count, list, why))
        luaL_error(state, "%s: '%s' %s", r->what, field->name, why);
    lua_settop(state, value);
}

/* --- options ---------------------------------------------------------------------------------- */

static void make_records(nt_case_reading *r) {
    for (int k = 0; k < r->kinds; k++) {
        const nt_kind *kind = kind_at(k);
        r->options[k] = NULL;
        if (lua_isnil(r->state, nt_case_nodes_at(r, k)) || kind->size == 0)
            continue;
        r->options[k] = nt_arena_alloc(r->arena, kind->size);
        if (!r->options[k] || !nt_fields_default(kind->fields, r->options[k], r->arena))
            nt_sandbox_no_memory(r->state);
    }
}

/* Raises for an option of the case that no kind in it has. */
static void refuse_stray(const nt_case_reading *r, const char *name) {
    char kinds[NT_ABLATION_NAMES];
    int count = nt_ablation_names(name, " and ", kinds);
    luaL_error(r->state, "%s has a '%s', which only %s take%s", r->what, name, kinds,
               count == 1 ? "s" : "");
}

/* Reads one option of one kind; what the case says of it is on top of the stack. */
static void read_option(const nt_case_reading *r, int k, const nt_field *field) {
    lua_State *state = r->state;
    if (lua_istable(state, own_at(r, k)))
        lua_getfield(state, own_at(r, k), field->name);
    else
        lua_pushnil(state);
    if (lua_isnil(state, -1))
        lua_copy(state, -2, -1);
    if (!lua_isnil(state, -1))
        set_field(r, field, r->options[k]);
    else if (!field->fallback)
        luaL_error(state, "%s has '%s' without a '%s'; give it %s", r->what, kind_at(k)->name,
                   field->name, field->doc);
    lua_pop(state, 1);
}

void nt_case_read_options(nt_case_reading *r) {
    const char *names[NT_MOST_ABLATION_OPTIONS];
    int count = nt_ablation_options(names);
    make_records(r);
    for (int i = 0; i < count; i++) {
        bool taken = lua_getfield(r->state, r->table, names[i]) == LUA_TNIL;
        for (int k = 0; k < r->kinds; k++) {
            const nt_field *field =
                r->options[k] ? nt_field_find(kind_at(k)->fields, names[i]) : NULL;
            if (field)
                read_option(r, k, field);
            taken = taken || field;
        }
        if (!taken)
            refuse_stray(r, names[i]);
        lua_pop(r->state, 1);
    }
}
