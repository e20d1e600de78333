/* `--set key=value` as an edit of the tree. Nodes may be shared by aliases, so nothing is changed
 * in place: the maps and lists on the way to the value are copied. The new value stands in a source
 * of its own, "key=value", so that an error in it is shown like any other. */
#include "overrides.h"

#include "budget.h"

#include <stdlib.h>
#include <string.h>

typedef struct override {
    nt_arena *arena;
    nt_error *error;
    bool add; /* keys that aren't there are added */
    const nt_setting *setting;
    const nt_yaml *value; /* the scalar or list that will be put in */
    const nt_yaml *key;   /* for messages */
} override;

static nt_yaml *new_scalar(nt_arena *arena, const char *text, nt_location location) {
    nt_yaml *node = NT_ARENA_NEW(arena, nt_yaml);
    if (node)
        *node = (nt_yaml){
            .kind = NT_YAML_SCALAR, .text = text, .location = location, .size = 1, .depth = 1};
    return node;
}

static uint32_t code_points(const char *text) {
    uint32_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

/* "[a, b]" as a list of scalars, for values that are lists; NULL when out of memory. */
static const nt_yaml *new_list(nt_arena *arena, const char *text, nt_location location) {
    nt_yaml *list = new_scalar(arena, text, location);
    char *copy = nt_arena_substring(arena, text + 1, strlen(text) - 2), *rest = NULL;
    const nt_yaml **items = NT_ARENA_ARRAY(arena, const nt_yaml *, strlen(text));
    if (!list || !copy || !items)
        return NULL;
    list->kind = NT_YAML_LIST;
    list->items = items;
    for (char *word = strtok_r(copy, ", ", &rest); word; word = strtok_r(NULL, ", ", &rest)) {
        items[list->count] = new_scalar(arena, word, location);
        if (!items[list->count++])
            return NULL;
    }
    list->size += list->count;
    list->depth = 2;
    return list;
}

/* A copy in `arena` whose places are in `source`; recurses once a level of the document, of which
 * there are not many. NULL when out of memory. */
static const nt_yaml *copy_tree(nt_arena *arena, const nt_yaml *node, const nt_source *source) {
    nt_yaml *copy = nt_arena_copy(arena, node, sizeof *node);
    const nt_yaml **items = NT_ARENA_ARRAY(arena, const nt_yaml *, node->count + 1);
    nt_yaml_entry *entries = NT_ARENA_ARRAY(arena, nt_yaml_entry, node->count + 1);
    if (!copy || !items || !entries)
        return NULL;
    copy->location.source = source;
    copy->text = node->text ? nt_arena_string(arena, node->text) : NULL;
    copy->items = items;
    copy->entries = entries;
    bool good = copy->text || !node->text;
    for (int32_t i = 0; good && i < node->count; i++)
        if (node->kind == NT_YAML_LIST) {
            items[i] = copy_tree(arena, node->items[i], source);
            good = items[i] != NULL;
        } else {
            entries[i].key = copy_tree(arena, node->entries[i].key, source);
            entries[i].value = copy_tree(arena, node->entries[i].value, source);
            good = entries[i].key && entries[i].value;
        }
    return good ? copy : NULL;
}

/* A map or a list in YAML's flow style, "{a: 0, b: [1, 2]}", read as it would be in the file; it
 * keeps its text, for fields that want one. *ret NULL: it is none. False when out of memory. */
static bool read_flow(nt_arena *arena, const char *value, nt_location location,
                      const nt_yaml **ret) {
    nt_document *document;
    nt_error ignored;
    *ret = NULL;
    if (value[0] != '{' && value[0] != '[')
        return true;
    const char *text = nt_arena_printf(arena, "%*s%s", (int)location.column - 1, "", value);
    if (!text)
        return false;
    nt_error_init(&ignored);
    nt_status status =
        nt_document_parse(location.source->path, text, strlen(text), &document, &ignored);
    nt_error_finish(&ignored);
    if (status != NT_OK)
        return status != NT_NO_MEMORY;
    nt_yaml *copy = (nt_yaml *)(uintptr_t)copy_tree(arena, document->root, location.source);
    if (copy && copy->kind != NT_YAML_SCALAR) {
        copy->text = value;
        copy->location = location;
        *ret = copy;
    }
    nt_document_free(document);
    return copy != NULL;
}

static bool is_list(const char *text) {
    size_t length = strlen(text);
    return length >= 2 && text[0] == '[' && text[length - 1] == ']';
}

static bool make_nodes(override *o) {
    nt_arena *arena = o->arena;
    nt_source *source = NT_ARENA_NEW(arena, nt_source);
    const char *key = nt_arena_string(arena, o->setting->key);
    const char *value = nt_arena_string(arena, o->setting->value);
    const char *text = nt_arena_printf(arena, "%s=%s", o->setting->key, o->setting->value);
    if (!source || !key || !value || !text)
        return false;
    *source = (nt_source){.path = "--set", .text = text, .length = strlen(text)};
    uint32_t width = code_points(key);
    o->key = new_scalar(arena, key,
                        (nt_location){.source = source, .line = 1, .column = 1, .width = width});
    nt_location location = {
        .source = source, .line = 1, .column = width + 2, .width = code_points(value)};
    if (!read_flow(arena, value, location, &o->value))
        return false;
    if (!o->value)
        o->value =
            is_list(value) ? new_list(arena, value, location) : new_scalar(arena, value, location);
    return o->key && o->value;
}

static nt_status no_memory(const override *o) {
    if (o->arena->budget)
        o->arena->budget->at = o->key ? o->key->location : (nt_location){0};
    return nt_budget_say(o->arena->budget, NULL, o->error);
}

/* A copy of `map` whose entry i has another value; i == count: a further entry. */
static nt_status with_entry(const override *o, const nt_yaml *map, int32_t i, const nt_yaml *key,
                            const nt_yaml *value, const nt_yaml **ret) {
    nt_arena *arena = o->arena;
    nt_yaml *copy = nt_arena_copy(arena, map, sizeof *map);
    nt_yaml_entry *entries = NT_ARENA_ARRAY(arena, nt_yaml_entry, map->count + 1);
    if (!copy || !entries)
        return no_memory(o);
    if (map->count)
        memcpy(entries, map->entries, sizeof *entries * (size_t)map->count);
    entries[i] = (nt_yaml_entry){.key = key, .value = value};
    copy->entries = entries;
    copy->count += i == map->count;
    return *ret = copy, NT_OK;
}

static nt_status with_item(const override *o, const nt_yaml *list, int32_t i, const nt_yaml *value,
                           const nt_yaml **ret) {
    nt_arena *arena = o->arena;
    nt_yaml *copy = nt_arena_copy(arena, list, sizeof *list);
    const nt_yaml **items = nt_arena_copy(arena, list->items, sizeof *items * (size_t)list->count);
    if (!copy || !items)
        return no_memory(o);
    items[i] = value;
    copy->items = items;
    return *ret = copy, NT_OK;
}

static int32_t find_entry(const nt_yaml *map, const char *key, size_t length) {
    for (int32_t i = 0; map->kind == NT_YAML_MAP && i < map->count; i++) {
        const char *text = map->entries[i].key->text;
        if (strlen(text) == length && memcmp(text, key, length) == 0)
            return i;
    }
    return -1;
}

static nt_status say_not_single(const override *o) {
    return nt_error_at(o->error, NT_INVALID, o->key->location, "'%.60s' is not a single value",
                       o->key->text);
}

/* Suggests among the keys of `map`, and of its params. */
static nt_status say_no_key(const override *o, const nt_yaml *map, const char *word) {
    nt_arena *arena = o->arena;
    const nt_yaml *params = nt_yaml_get(map, "params");
    int32_t param_count = params && params->kind == NT_YAML_MAP ? params->count : 0;
    int32_t own_count = map->kind == NT_YAML_MAP ? map->count : 0;
    const char **names = NT_ARENA_ARRAY(arena, const char *, own_count + param_count + 1);
    if (!names)
        return no_memory(o);
    for (int32_t i = 0; i < param_count; i++)
        names[i] = params->entries[i].key->text;
    for (int32_t i = 0; i < own_count; i++)
        names[param_count + i] = map->entries[i].key->text;
    nt_error_at(o->error, NT_INVALID, o->key->location, "no param or key '%.60s'", o->key->text);
    nt_error_suggest(o->error, word, names);
    return NT_INVALID;
}

/* Follows the dots of `path` from `node`. Recurses once a level of the document at most. */
static nt_status set_path(const override *o, const nt_yaml *node, const char *path,
                          const nt_yaml **ret);

/* `map` with a further key, the first of `path`, and below it the maps that the rest names. */
static nt_status add_path(const override *o, const nt_yaml *map, const char *path, size_t length,
                          const char *rest, const nt_yaml **ret) {
    nt_location location = o->key->location;
    location.column += (uint32_t)(path - o->key->text);
    location.width = (uint32_t)length;
    const char *name = nt_arena_substring(o->arena, path, length);
    nt_yaml *key = name ? new_scalar(o->arena, name, location) : NULL;
    nt_yaml *below = new_scalar(o->arena, "", location);
    if (!key || !below)
        return no_memory(o);
    below->kind = NT_YAML_MAP;
    const nt_yaml *value = o->value;
    if (*rest)
        NT_TRY(set_path(o, below, rest, &value));
    return with_entry(o, map, map->count, key, value, ret);
}

static nt_status set_path(const override *o, const nt_yaml *node, const char *path,
                          const nt_yaml **ret) {
    if (*path == '\0')
        return node->kind == NT_YAML_SCALAR || o->value->kind != NT_YAML_SCALAR
                   ? (*ret = o->value, NT_OK)
                   : say_not_single(o);
    size_t length = strcspn(path, ".");
    const char *rest = path[length] ? path + length + 1 : path + length;
    const nt_yaml *changed;
    if (node->kind == NT_YAML_LIST) {
        char *end;
        long i = strtol(path, &end, 10);
        if (end != path + length || length == 0 || i < 0 || i >= node->count)
            return say_no_key(o, node, path);
        NT_TRY(set_path(o, node->items[i], rest, &changed));
        return with_item(o, node, (int32_t)i, changed, ret);
    }
    int32_t i = find_entry(node, path, length);
    if (i < 0 && o->add && node->kind == NT_YAML_MAP && length > 0)
        return add_path(o, node, path, length, rest, ret);
    if (i < 0)
        return say_no_key(o, node, path);
    NT_TRY(set_path(o, node->entries[i].value, rest, &changed));
    return with_entry(o, node, i, node->entries[i].key, changed, ret);
}

/* A param is set as a whole, or by its `default`. */
static nt_status set_param(const override *o, const nt_yaml *root, int32_t params_at,
                           int32_t param_at, const nt_yaml **ret) {
    const nt_yaml *params = root->entries[params_at].value;
    const nt_yaml *param = params->entries[param_at].value, *changed = o->value;
    if (param->kind == NT_YAML_LIST && o->value->kind != NT_YAML_LIST)
        return say_not_single(o);
    if (param->kind == NT_YAML_MAP) {
        int32_t i = find_entry(param, "default", strlen("default"));
        const nt_yaml *key =
            i >= 0 ? param->entries[i].key : new_scalar(o->arena, "default", param->location);
        if (!key)
            return no_memory(o);
        NT_TRY(with_entry(o, param, i >= 0 ? i : param->count, key, o->value, &changed));
    }
    NT_TRY(with_entry(o, params, param_at, params->entries[param_at].key, changed, &changed));
    return with_entry(o, root, params_at, root->entries[params_at].key, changed, ret);
}

nt_status nt_override(nt_arena *arena, const nt_yaml *root, const nt_setting *settings, int count,
                      bool add, const nt_yaml **ret, nt_error *error) {
    nt_status status = NT_OK;
    for (int i = 0; i < count; i++) {
        override o = {.arena = arena, .error = error, .add = add, .setting = &settings[i]};
        if (!make_nodes(&o))
            return no_memory(&o);
        int32_t params = find_entry(root, "params", strlen("params")), param = -1;
        if (params >= 0)
            param = find_entry(root->entries[params].value, o.key->text, strlen(o.key->text));
        nt_status one = param >= 0 ? set_param(&o, root, params, param, &root)
                                   : set_path(&o, root, o.key->text, &root);
        status = one != NT_OK ? one : status;
    }
    *ret = root;
    return status;
}
