/* What differs is sought in the files themselves, since a digest tells a user nothing. */
#include "merge_source.h"

#include "document.h"
#include "run_source.h"
#include <string.h>

typedef struct checking {
    nt_arena arena;
    const char *run, *first;
    nt_run_source mine, other;
    nt_error *error;
} checking;

static nt_status no_memory(const checking *c) {
    return nt_error_say(c->error, NT_NO_MEMORY, "out of memory reading %s", c->run);
}

static nt_status say_hint(const checking *c) {
    nt_error_hint(c->error, "parts of one run have the same suite, graph, hooks, weights and data: "
                            "measure this part anew, or leave it out");
    return NT_INVALID;
}

/* A file in the folder source/ of a run. */
static const char *path_in(checking *c, const char *run, const char *name) {
    return nt_arena_printf(&c->arena, "%s/" NT_SOURCE_FOLDER "/%s", run, name);
}

/* --- keys of YAML files ----------------------------------------------------------------------- */

static void add_value(const nt_yaml *node, nt_text *text) {
    if (!node)
        nt_text_add(text, "not given");
    else if (node->kind == NT_YAML_SCALAR)
        nt_text_add_quoted(text, node->text);
    else
        nt_text_printf(text, "a %s of %d", node->kind == NT_YAML_MAP ? "map" : "list", node->count);
}

/* The first key in which they differ, behind what `key` has; false if there is none. Then *a and *b
 * are what it has, NULL where it isn't. */
static bool find_difference(const nt_yaml **a, const nt_yaml **b, nt_text *key) {
    const nt_yaml *x = *a, *y = *b;
    size_t length = key->length;
    if (!x || !y || x->kind != y->kind)
        return x != y;
    if (x->kind == NT_YAML_SCALAR)
        return strcmp(x->text, y->text) != 0;
    if (x->kind == NT_YAML_LIST && x->count != y->count)
        return true;
    int32_t count = x->kind == NT_YAML_LIST ? x->count : x->count + y->count;
    for (int32_t i = 0; i < count; i++) { /* the keys of both */
        if (x->kind == NT_YAML_LIST) {
            nt_text_printf(key, "[%d]", (int)i);
            *a = x->items[i];
            *b = y->items[i];
        } else {
            const nt_yaml_entry *entry = i < x->count ? &x->entries[i] : &y->entries[i - x->count];
            nt_text_printf(key, "%s%s", key->length > 0 ? "." : "", entry->key->text);
            *a = nt_yaml_get(x, entry->key->text);
            *b = nt_yaml_get(y, entry->key->text);
        }
        if (find_difference(a, b, key))
            return true;
        key->bytes[length] = '\0'; /* back to where it was */
        key->length = length;
    }
    return false;
}

static nt_status say_key(checking *c, const char *path, const char *other, const nt_yaml *mine,
                         const nt_yaml *others) {
    nt_text key, is, was;
    nt_text_init(&key);
    nt_text_init(&is);
    nt_text_init(&was);
    bool found = find_difference(&mine, &others, &key);
    add_value(mine, &is);
    add_value(others, &was);
    nt_status status = NT_INVALID;
    if (key.failed || is.failed || was.failed)
        status = no_memory(c);
    else if (found)
        nt_error_in(c->error, status, path, -1, "'%s' is %s, where in %s it is %s", key.bytes,
                    is.bytes, other, was.bytes);
    else
        nt_error_in(c->error, status, path, -1, "is laid out otherwise than %s", other);
    nt_text_finish(&was);
    nt_text_finish(&is);
    nt_text_finish(&key);
    return status == NT_INVALID ? say_hint(c) : status;
}

static bool ends_in(const char *name, const char *ending) {
    size_t length = strlen(name), end = strlen(ending);
    return length > end && strcmp(name + length - end, ending) == 0;
}

/* Two files of that name have other bytes. */
static nt_status say_file(checking *c, const char *name) {
    nt_document *mine = NULL, *others = NULL;
    const char *path = path_in(c, c->run, name), *other = path_in(c, c->first, name);
    nt_status status = path && other ? NT_OK : no_memory(c);
    if (status == NT_OK && !ends_in(name, ".yaml")) {
        nt_error_in(c->error, NT_INVALID, path, -1, "is another file than %s", other);
        return say_hint(c);
    }
    if (status == NT_OK)
        status = nt_document_load(path, &mine, c->error);
    if (status == NT_OK)
        status = nt_document_load(other, &others, c->error);
    if (status == NT_OK)
        status = say_key(c, path, other, mine->root, others->root);
    nt_document_free(others);
    nt_document_free(mine);
    return status;
}

/* --- what run.json says ----------------------------------------------------------------------- */

static const nt_source_file *find_file(const nt_source_file *files, int32_t count,
                                       const char *name) {
    for (int32_t i = 0; i < count; i++)
        if (strcmp(files[i].file, name) == 0)
            return &files[i];
    return NULL;
}

/* Something of `key` in run.json. */
static nt_status say_record(checking *c, const char *key, const char *mine, const char *others) {
    const char *path = path_in(c, c->run, NT_SOURCE_RUN);
    if (!path)
        return no_memory(c);
    nt_error_in(c->error, NT_INVALID, path, -1, "'%s' has %s, where %s has %s", key, mine, c->first,
                others);
    return say_hint(c);
}

static nt_status check_files(checking *c) {
    for (int32_t i = 0; i < c->mine.file_count; i++) {
        const nt_source_file *file = &c->mine.files[i];
        const nt_source_file *like = find_file(c->other.files, c->other.file_count, file->file);
        if (like && strcmp(like->digest, file->digest) != 0)
            return say_file(c, file->file);
    }
    for (int32_t i = 0; i < c->mine.file_count; i++)
        if (!find_file(c->other.files, c->other.file_count, c->mine.files[i].file))
            return say_record(c, "files", c->mine.files[i].file, "no such file");
    for (int32_t i = 0; i < c->other.file_count; i++)
        if (!find_file(c->mine.files, c->mine.file_count, c->other.files[i].file))
            return say_record(c, "files", "no such file", c->other.files[i].file);
    return NT_OK;
}

/* Which are given, the suite says: only that they are the same is left to see. */
static nt_status check_weights(checking *c) {
    for (int32_t i = 0; i < c->mine.weight_count && i < c->other.weight_count; i++) {
        const nt_source_file *mine = &c->mine.weights[i], *other = &c->other.weights[i];
        if (strcmp(mine->digest, other->digest) != 0)
            return say_record(c, mine->key ? mine->key : "weights", mine->digest, other->digest);
    }
    if (c->mine.weight_count != c->other.weight_count)
        return say_record(c, "weights",
                          c->mine.weight_count < c->other.weight_count ? "less" : "more", "others");
    return NT_OK;
}

static nt_status check(checking *c) {
    NT_TRY(nt_run_source_read(c->run, &c->arena, &c->mine, c->error));
    NT_TRY(nt_run_source_read(c->first, &c->arena, &c->other, c->error));
    NT_TRY(check_files(c));
    NT_TRY(check_weights(c));
    return strcmp(c->mine.data_digest, c->other.data_digest) == 0
               ? NT_OK
               : say_record(c, "data_sha256", c->mine.data_digest, c->other.data_digest);
}

nt_status nt_merge_check_source(const char *run, const char *first, nt_error *error) {
    checking c = {.run = run, .first = first, .error = error};
    nt_arena_init(&c.arena);
    nt_status status = check(&c);
    nt_arena_finish(&c.arena);
    return status;
}
