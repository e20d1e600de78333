/* Included files are followed as the loader follows them (definitions.c), each once, whatever way
 * leads to it. Their names are replaced where they stand, from the end of the text on. */
#include "network_copies.h"

#include "alloc.h"
#include "file.h"
#include "reader.h"
#include "shipped.h"
#include "yaml_out.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* --- names ------------------------------------------------------------------------------------ */

void nt_copy_names_init(nt_copy_names *names, nt_arena *arena) {
    *names = (nt_copy_names){.arena = arena};
}

void nt_copy_names_finish(nt_copy_names *names) {
    nt_free(names->items, names->capacity * sizeof *names->items);
}

static bool is_taken(const nt_copy_names *names, const char *name) {
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], name) == 0)
            return true;
    return false;
}

const char *nt_copy_name(nt_copy_names *names, const char *path) {
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.'), *name = base;
    int stem = (int)(dot && dot > base ? (size_t)(dot - base) : strlen(base));
    for (int i = 2; name && is_taken(names, name); i++)
        name = nt_arena_printf(names->arena, "%.*s-%d%s", stem, base, i, base + stem);
    name = name ? nt_arena_string(names->arena, name) : NULL;
    void *items = names->items;
    if (!name || !nt_grow(&items, &names->capacity, names->count, sizeof *names->items))
        return NULL;
    names->items = items;
    return names->items[names->count++] = name;
}

/* --- files ------------------------------------------------------------------------------------ */

typedef struct found {
    const char *file; /* its identity */
    nt_network_copy copy;
} found;

typedef struct copying {
    nt_copy_names *names;
    found *items;
    size_t count, capacity;
    nt_error *error;
} copying;

/* A name in the file, and what will stand there. */
typedef struct patch {
    size_t at, length;
    const char *name;
} patch;

static nt_status no_memory(const copying *c) {
    return nt_error_say(c->error, NT_NO_MEMORY, "out of memory copying a graph");
}

/* The byte at which so many code points of a line are past. */
static const char *past(const char *text, uint32_t count) {
    for (; count > 0 && *text; count--)
        do
            text++;
        while (((unsigned char)*text & 0xC0) == 0x80);
    return text;
}

static nt_status find_patch(const copying *c, const nt_document *document, const nt_yaml *at,
                            const char *name, patch *ret) {
    nt_location location = at->location;
    const char *line = document->source.text;
    if (location.source == &document->source)
        for (uint32_t i = 1; line && i < location.line; i++)
            line = (line = strchr(line, '\n')) ? line + 1 : NULL;
    const char *from = line ? past(line, location.column - 1) : NULL;
    const char *end = from ? past(from, location.width) : NULL;
    if (!from || location.source != &document->source || memchr(from, '\n', (size_t)(end - from)) ||
        strstr(from, at->text) == NULL || strstr(from, at->text) > end)
        return nt_error_at(c->error, NT_INVALID, location,
                           "the name of an included file must stand on one line of the graph's "
                           "own file, since the run folder keeps a copy of both");
    *ret = (patch){(size_t)(from - document->source.text), (size_t)(end - from), name};
    return NT_OK;
}

static int compare_patches(const void *a, const void *b) {
    const patch *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

/* The text with its patches; one that stands where another does, by an alias, is the same. */
static nt_status apply(const copying *c, const nt_source *source, patch *patches, int count,
                       nt_network_copy *ret) {
    nt_text text;
    size_t at = 0;
    nt_text_init(&text);
    qsort(patches, (size_t)count, sizeof *patches, compare_patches);
    for (int i = 0; i < count; i++) {
        if (i > 0 && patches[i].at == patches[i - 1].at)
            continue;
        nt_text_add_bytes(&text, source->text + at, patches[i].at - at);
        nt_yaml_add_quoted(&text, patches[i].name, false);
        at = patches[i].at + patches[i].length;
    }
    nt_text_add_bytes(&text, source->text + at, source->length - at);
    ret->length = text.length;
    ret->text = text.failed ? NULL : nt_arena_substring(c->names->arena, text.bytes, text.length);
    nt_text_finish(&text);
    return ret->text ? NT_OK : no_memory(c);
}

static nt_status add_file(copying *c, const char *path, const nt_setting *settings, int count,
                          const char **ret_name);

/* Adds what `include` names, and how the file must name it then. */
static nt_status follow(copying *c, const nt_document *document, const nt_yaml *include,
                        patch **ret, int *ret_count) {
    nt_arena *arena = c->names->arena;
    nt_reader reader = {.arena = arena, .error = c->error};
    const char *const *paths;
    int count = 0, needed = 0;
    if (include)
        NT_TRY(nt_read_texts(&reader, include, "include", &paths, &count));
    patch *patches = NT_ARENA_ARRAY(arena, patch, count + 1);
    if (!patches)
        return no_memory(c);
    for (int i = 0; i < count; i++) {
        const nt_yaml *at = include->kind == NT_YAML_LIST ? include->items[i] : include;
        const nt_sought sought = {NT_SHIPPED_BLOCKS, paths[i], document->source.path};
        const char *path, *name;
        NT_TRY(nt_shipped_open(&sought, arena, &path, c->error));
        NT_TRY(add_file(c, path, NULL, 0, &name));
        if (strcmp(name, paths[i]) != 0)
            NT_TRY(find_patch(c, document, at, name, &patches[needed++]));
    }
    *ret = patches;
    *ret_count = needed;
    return NT_OK;
}

static nt_status read_file(copying *c, size_t number, const char *path, const nt_setting *settings,
                           int setting_count) {
    nt_document *document;
    const nt_yaml *root;
    patch *patches = NULL;
    int count = 0;
    NT_TRY(nt_document_load(path, &document, c->error));
    nt_status status = nt_override(c->names->arena, document->root, settings, setting_count, false,
                                   &root, c->error);
    if (status == NT_OK)
        status = follow(c, document, nt_yaml_get(root, "include"), &patches, &count);
    if (status == NT_OK)
        status = apply(c, &document->source, patches, count, &c->items[number].copy);
    nt_document_free(document);
    return status;
}

/* Unless it is there already. Recurses once a level of inclusion, of which the loader has seen that
 * they end. */
static nt_status add_file(copying *c, const char *path, const nt_setting *settings, int count,
                          const char **ret_name) {
    char real[PATH_MAX];
    const char *file = realpath(path, real) ? real : path;
    void *items = c->items;
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->items[i].file, file) == 0)
            return *ret_name = c->items[i].copy.name, NT_OK;
    if (!nt_grow(&items, &c->capacity, c->count, sizeof *c->items))
        return no_memory(c);
    c->items = items;
    size_t number = c->count++;
    c->items[number] = (found){.file = nt_arena_string(c->names->arena, file),
                               .copy = {.path = nt_arena_string(c->names->arena, path),
                                        .name = nt_copy_name(c->names, path)}};
    const nt_network_copy *copy = &c->items[number].copy;
    if (!c->items[number].file || !copy->path || !copy->name)
        return no_memory(c);
    *ret_name = copy->name;
    return read_file(c, number, copy->path, settings, count);
}

nt_status nt_network_copies(const char *path, const nt_setting *settings, int setting_count,
                            nt_copy_names *names, nt_network_copy **ret, size_t *ret_count,
                            nt_error *error) {
    copying c = {.names = names, .error = error};
    const char *name;
    nt_status status = add_file(&c, path, settings, setting_count, &name);
    nt_network_copy *copies = NT_ARENA_ARRAY(names->arena, nt_network_copy, c.count + 1);
    if (status == NT_OK && !copies)
        status = no_memory(&c);
    for (size_t i = 0; status == NT_OK && i < c.count; i++)
        copies[i] = c.items[i].copy;
    if (status == NT_OK) {
        *ret = copies;
        *ret_count = c.count;
    }
    nt_free(c.items, c.capacity * sizeof *c.items);
    return status;
}
