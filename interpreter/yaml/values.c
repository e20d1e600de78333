/* What is written as the value that an expression sees, and back: a list that an expression gives
 * becomes a tree, so that whoever reads lists reads it as if it had been written out. */
#include "reader.h"

#include <string.h>

static nt_status read_leaf(nt_reader *reader, const nt_yaml *node, const char *what,
                           nt_expression_gives gives, nt_scalar *ret) {
    NT_TRY(nt_read_single(reader, node, what));
    NT_TRY(nt_reader_charge_text(reader, node));
    nt_scalar scalar = {.kind = NT_SCALAR_TEXT, .text = node->text};
    if (reader->sandbox && nt_expression_in(node->text)) {
        NT_TRY(nt_expression_expand(reader->sandbox, reader->arena, node->text,
                                    nt_reader_location(reader, node), reader->variables, gives,
                                    &scalar, reader->error));
        if (scalar.kind == NT_SCALAR_NIL)
            return nt_reader_say(reader, node, "%s must be a value, not nil", what);
        if (scalar.kind == NT_SCALAR_UNKNOWN)
            reader->unknown++;
    } else if (!node->quoted) {
        scalar = nt_scalar_read(node->text);
    }
    *ret = scalar;
    return NT_OK;
}

nt_status nt_read_scalar(nt_reader *reader, const nt_yaml *node, const char *what, nt_scalar *ret) {
    return read_leaf(reader, node, what, NT_GIVES_SINGLE, ret);
}

static nt_status read_list_value(nt_reader *reader, const nt_yaml *node, const char *what,
                                 nt_scalar *ret) {
    NT_TRY(nt_reader_charge(reader, node, node->count));
    nt_scalar *items = NT_ARENA_ARRAY(reader->arena, nt_scalar, node->count + 1);
    nt_list *list = NT_ARENA_NEW(reader->arena, nt_list);
    if (!items || !list)
        return nt_reader_no_memory(reader);
    nt_status status = NT_OK;
    for (int32_t i = 0; i < node->count; i++) {
        nt_status one = nt_read_value(reader, node->items[i], what, &items[i]);
        status = one != NT_OK ? one : status;
    }
    *list = (nt_list){.count = node->count, .items = items};
    *ret = (nt_scalar){.kind = NT_SCALAR_LIST, .list = list};
    return status;
}

static nt_status read_map_value(nt_reader *reader, const nt_yaml *node, nt_scalar *ret) {
    NT_TRY(nt_reader_charge(reader, node, node->count));
    nt_member *members = NT_ARENA_ARRAY(reader->arena, nt_member, node->count + 1);
    if (!members)
        return nt_reader_no_memory(reader);
    nt_status status = NT_OK;
    for (int32_t i = 0; i < node->count; i++) {
        const nt_yaml_entry *entry = &node->entries[i];
        members[i].name = entry->key->text;
        nt_status one = nt_read_value(reader, entry->value, entry->key->text, &members[i].value);
        status = one != NT_OK ? one : status;
    }
    members[node->count] = (nt_member){0};
    *ret = (nt_scalar){.kind = NT_SCALAR_RECORD, .members = members};
    return status;
}

/* Recurses once a level of the document. */
nt_status nt_read_value(nt_reader *reader, const nt_yaml *node, const char *what, nt_scalar *ret) {
    nt_scalar value = {.kind = NT_SCALAR_NIL};
    int unknown = reader->unknown;
    if (node->kind == NT_YAML_LIST)
        NT_TRY(read_list_value(reader, node, what, &value));
    else if (node->kind == NT_YAML_MAP)
        NT_TRY(read_map_value(reader, node, &value));
    else
        NT_TRY(read_leaf(reader, node, what, NT_GIVES_ANY, &value));
    if (reader->unknown > unknown)
        value.kind = NT_SCALAR_UNKNOWN;
    *ret = value;
    return NT_OK;
}

/* --- values as trees ------------------------------------------------------------------------- */

/* The value as if it were written at `at`; NULL when out of memory. Recurses once a level. */
static nt_yaml *tree_of(nt_reader *reader, const nt_yaml *at, nt_scalar value);

static bool fill_list(nt_reader *reader, const nt_yaml *at, const nt_list *list, nt_yaml *ret) {
    const nt_yaml **items = NT_ARENA_ARRAY(reader->arena, const nt_yaml *, list->count + 1);
    ret->kind = NT_YAML_LIST;
    ret->count = list->count;
    ret->items = items;
    for (int32_t i = 0; items && i < list->count; i++)
        if (!(items[i] = tree_of(reader, at, list->items[i])))
            return false;
    return items != NULL;
}

static bool fill_map(nt_reader *reader, const nt_yaml *at, const nt_member *members, nt_yaml *ret) {
    ret->kind = NT_YAML_MAP;
    while (members[ret->count].name)
        ret->count++;
    nt_yaml_entry *entries = NT_ARENA_ARRAY(reader->arena, nt_yaml_entry, ret->count + 1);
    ret->entries = entries;
    for (int32_t i = 0; entries && i < ret->count; i++) {
        nt_yaml *key = tree_of(reader, at, (nt_scalar){.kind = NT_SCALAR_TEXT, .text = ""});
        entries[i] = (nt_yaml_entry){.key = key, .value = tree_of(reader, at, members[i].value)};
        if (!key || !entries[i].value)
            return false;
        key->text = members[i].name;
    }
    return entries != NULL;
}

/* Dollars of a text are doubled, since who reads the tree expands it. */
static bool fill_scalar(nt_reader *reader, nt_scalar value, nt_yaml *ret) {
    const char *text = nt_scalar_text(value, reader->arena);
    ret->quoted = value.kind == NT_SCALAR_TEXT;
    ret->text = text;
    if (!text || !strchr(text, '$'))
        return text != NULL;
    char *doubled = nt_arena_alloc(reader->arena, 2 * strlen(text) + 1), *to = doubled;
    ret->text = doubled;
    for (; doubled && *text; text++) {
        if (*text == '$')
            *to++ = '$';
        *to++ = *text;
    }
    if (doubled)
        *to = '\0';
    return doubled != NULL;
}

static nt_yaml *tree_of(nt_reader *reader, const nt_yaml *at, nt_scalar value) {
    nt_yaml *tree = NT_ARENA_NEW(reader->arena, nt_yaml);
    if (!tree)
        return NULL;
    *tree = (nt_yaml){.kind = NT_YAML_SCALAR, .location = at->location, .size = 1, .depth = 1};
    bool filled;
    if (value.kind == NT_SCALAR_LIST)
        filled = fill_list(reader, at, value.list, tree);
    else if (value.kind == NT_SCALAR_RECORD)
        filled = fill_map(reader, at, value.members, tree);
    else
        filled = fill_scalar(reader, value, tree);
    return filled ? tree : NULL;
}

nt_status nt_read_tree(nt_reader *reader, const nt_yaml *node, const char *what,
                       const nt_yaml **ret) {
    nt_scalar value;
    *ret = node;
    if (!reader->sandbox || node->kind != NT_YAML_SCALAR || !nt_expression_in(node->text))
        return NT_OK;
    NT_TRY(nt_read_value(reader, node, what, &value));
    if (value.kind == NT_SCALAR_UNKNOWN)
        value = (nt_scalar){.kind = NT_SCALAR_TEXT, .text = ""};
    *ret = tree_of(reader, node, value);
    return *ret ? NT_OK : nt_reader_no_memory(reader);
}
