/* The copies of a node that says `repeat`: one for each value of its variable. Each further
 * variable runs anew for each value of those before it, which its range may read, as loops within
 * loops do; one without an end counts all copies. */
#include "expand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_VARIABLES = 16 };

/* What one variable goes through. */
typedef struct range {
    bool endless;        /* from `first` on, a copy a number */
    const nt_list *list; /* or NULL: the integers from `first` to `last` */
    int64_t first, last;
} range;

typedef struct copying {
    nt_loader *loader;
    nt_scope *level;
    const nt_frame *frame;
    const nt_yaml_entry *entry;
    const nt_yaml *repeat;
    nt_node_expander *expand;
    range *ranges;          /* one a variable; those with an end are read when their turn comes */
    nt_variable *variables; /* the values of now */
    char (*words)[NT_WHY];  /* the same for messages: "i = 3" */
    int64_t copies;
    nt_binding *previous;
    bool failed;
} copying;

/* "A..B", or "A.." */
static bool read_bounds(const char *text, range *ret) {
    char *end;
    long long first = strtoll(text, &end, 10);
    if (end == text || strncmp(end, "..", 2) != 0)
        return false;
    const char *second = end + 2;
    long long last = ret->endless ? first : strtoll(second, &end, 10);
    ret->first = first;
    ret->last = last;
    bool whole = ret->endless ? *second == '\0' : end != second && *end == '\0';
    return whole && first > INT32_MIN && first < INT32_MAX && last < INT32_MAX;
}

static bool is_endless(const nt_yaml *node) {
    size_t length = node->kind == NT_YAML_SCALAR ? strlen(node->text) : 0;
    return length >= 2 && strcmp(node->text + length - 2, "..") == 0;
}

static nt_status read_range(nt_reader *reader, const nt_yaml *node, range *ret) {
    nt_scalar value;
    int unknown = reader->unknown;
    range read = {.endless = is_endless(node)};
    if (node->kind == NT_YAML_MAP)
        NT_TRY(nt_read_single(reader, node, "a range"));
    NT_TRY(nt_read_value(reader, node, "a range", &value));
    if (reader->unknown > unknown)
        return NT_INVALID; /* said where it became unknown */
    if (value.kind == NT_SCALAR_LIST) {
        read.list = value.list;
        read.last = value.list->count - 1;
        return *ret = read, NT_OK;
    }
    const char *text = nt_scalar_text(value, reader->arena);
    if (!text)
        return value.kind == NT_SCALAR_RECORD
                   ? nt_reader_say(reader, node,
                                   "a range must be a list or two integers, not a map")
                   : nt_reader_no_memory(reader);
    if (!read_bounds(text, &read))
        return nt_reader_say(reader, node, "a range must be two integers such as 1..3, not '%.60s'",
                             text);
    return *ret = read, NT_OK;
}

/* The variables' names, and those ranges that have no end. */
static nt_status open(copying *c, nt_reader *reader) {
    const nt_yaml *repeat = c->repeat;
    NT_TRY(nt_read_map(reader, repeat, "repeat"));
    if (repeat->count > MOST_VARIABLES)
        return nt_reader_say(reader, repeat, "repeat has more than %d variables", MOST_VARIABLES);
    c->ranges = NT_ARENA_ARRAY(reader->arena, range, repeat->count + 1);
    c->variables = NT_ARENA_ARRAY(reader->arena, nt_variable, repeat->count + 1);
    c->words = nt_arena_alloc(reader->arena, ((size_t)repeat->count + 1) * sizeof *c->words);
    if (!c->ranges || !c->variables || !c->words)
        return nt_reader_no_memory(reader);
    bool ends = false;
    for (int32_t k = 0; k < repeat->count; k++) {
        const nt_yaml_entry *entry = &repeat->entries[k];
        c->variables[k].name = entry->key->text;
        if (!nt_is_name(entry->key->text))
            return nt_reader_say(reader, entry->key, "'%.60s' is no name for a variable",
                                 entry->key->text);
        if (is_endless(entry->value))
            NT_TRY(read_range(reader, entry->value, &c->ranges[k]));
        ends = ends || !is_endless(entry->value);
    }
    if (ends)
        return NT_OK;
    nt_reader_say(reader, repeat, "repeat must name %s",
                  repeat->count ? "a variable whose range has an end" : "a variable");
    nt_error_hint(reader->error, "write repeat: {i: \"1..3\"}");
    return NT_INVALID;
}

static void set(copying *c, int32_t k, int64_t i) {
    const range *r = &c->ranges[k];
    nt_variable *variable = &c->variables[k];
    variable->value =
        r->list ? r->list->items[i] : (nt_scalar){.kind = NT_SCALAR_INT, .integer = i};
    if (variable->value.kind == NT_SCALAR_INT)
        snprintf(c->words[k], sizeof *c->words, "%.60s = %lld", variable->name,
                 (long long)variable->value.integer);
    else
        snprintf(c->words[k], sizeof *c->words, "%.60s = item %lld", variable->name,
                 (long long)i + 1);
}

/* "with row = item 2, i = 3" of the first `count` variables that have a value. */
static void add_words(const copying *c, int32_t count, bool endless, nt_text *text) {
    for (int32_t k = 0; k < count; k++)
        if (endless || !c->ranges[k].endless)
            nt_text_printf(text, "%s%s", text->length ? ", " : "with ", c->words[k]);
}

static nt_status expand_from(copying *c, int32_t k, const nt_trail *outer);

/* The node itself, or, where variables are left, all that they are for these values. */
static nt_status expand_with(copying *c, int32_t k) {
    bool node = k == c->repeat->count;
    nt_reader reader = nt_loader_reader(c->loader, c->level, c->frame->trail);
    for (int32_t e = 0; node && e < k; e++)
        if (c->ranges[e].endless)
            set(c, e, c->ranges[e].first + c->copies);
    nt_text words;
    nt_text_init(&words);
    add_words(c, k, node, &words);
    const char *what = words.failed ? NULL : nt_arena_string(reader.arena, words.bytes);
    nt_text_finish(&words);
    if (!what)
        return nt_reader_no_memory(&reader);
    nt_trail trail = {.what = what, .location = nt_reader_location(&reader, c->repeat)};
    if (!node)
        return expand_from(c, k, &trail);
    nt_frame inner = *c->frame;
    inner.trail = &trail;
    nt_scope scope;
    nt_scope_init(&scope, c->loader, c->level);
    scope.variables = c->variables;
    scope.variable_count = k;
    c->copies++;
    return c->expand(c->loader, c->level, &scope, &inner, c->entry, c->previous);
}

/* Reads the range of variable k, which sees those before it that have an end. */
static nt_status read_next(copying *c, int32_t k, const nt_trail *trail) {
    nt_variable known[MOST_VARIABLES];
    int count = 0;
    nt_scope scope;
    nt_scope_init(&scope, c->loader, c->level);
    for (int32_t e = 0; e < k; e++)
        if (!c->ranges[e].endless)
            known[count++] = c->variables[e];
    scope.variables = known;
    scope.variable_count = count;
    nt_reader reader = nt_loader_reader(c->loader, &scope, trail);
    return read_range(&reader, c->repeat->entries[k].value, &c->ranges[k]);
}

/* Variable k and those behind it. Recurses once a variable. */
static nt_status expand_from(copying *c, int32_t k, const nt_trail *trail) {
    if (k == c->repeat->count || c->ranges[k].endless)
        return expand_with(c, k == c->repeat->count ? k : k + 1);
    int errors = c->loader->error->count, dropped = c->loader->error->dropped;
    bool failed = false;
    nt_status status = read_next(c, k, trail);
    nt_loader_drop_repeats(c->loader, errors, dropped);
    NT_TRY(nt_loader_settle(c->loader, status, &failed));
    c->failed = c->failed || failed;
    nt_reader reader = nt_loader_reader(c->loader, c->level, trail);
    for (int64_t i = c->ranges[k].first; !failed && i <= c->ranges[k].last; i++) {
        set(c, k, i);
        if (k + 1 < c->repeat->count)
            NT_TRY(nt_loader_visit(c->loader, &reader, c->entry->key));
        NT_TRY(expand_with(c, k + 1));
    }
    return NT_OK;
}

nt_status nt_expand_repeat(nt_loader *loader, nt_scope *level, const nt_frame *frame,
                           const nt_yaml_entry *entry, const nt_yaml *repeat,
                           nt_node_expander *expand, nt_binding *previous) {
    nt_reader reader = nt_loader_reader(loader, level, frame->trail);
    copying c = {.loader = loader,
                 .level = level,
                 .frame = frame,
                 .entry = entry,
                 .repeat = repeat,
                 .expand = expand,
                 .previous = previous};
    int errors = loader->error->count, dropped = loader->error->dropped;
    nt_status status = open(&c, &reader);
    nt_loader_drop_repeats(loader, errors, dropped);
    NT_TRY(nt_loader_settle(loader, status, &c.failed));
    if (!c.failed)
        NT_TRY(expand_from(&c, 0, frame->trail));
    if (c.failed) {
        level->incomplete = loader->incomplete = true;
        previous->unknown = true;
    }
    return NT_OK;
}
