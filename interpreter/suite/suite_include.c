/* `include: FILE`: a suite that says only in what it differs from another. Each file of the chain
 * is laid over the one that it includes; places, and paths beside a file, stay those of the file
 * that has them. */
#include "suite_file_private.h"

#include "budget.h"
#include "file_sort.h"
#include "inherit.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static bool same_file(const char *a, const char *b) {
    char real_a[PATH_MAX], real_b[PATH_MAX];
    return realpath(a, real_a) && realpath(b, real_b) && strcmp(real_a, real_b) == 0;
}

static nt_status find_included(nt_suite_loader *l, const nt_yaml *node, const char **ret) {
    const nt_suite *suite = l->suite;
    NT_TRY(nt_suite_find_file(l, NT_SHIPPED_SUITE, "include", node, ret));
    for (int i = 0; i < suite->document_count; i++)
        if (same_file(*ret, suite->documents[i]->source.path))
            return nt_reader_say(&l->reader, node, "'%.200s' would include itself", *ret);
    if (suite->document_count == NT_MOST_INCLUDED)
        return nt_reader_say(&l->reader, node, "more than %d suites include one another",
                             NT_MOST_INCLUDED);
    return NT_OK;
}

/* Steps for its nodes are taken as they are read. */
static nt_status take(nt_budget *budget, const nt_document *document, nt_error *error) {
    budget->at = (nt_location){.source = &document->source};
    return nt_budget_take_bytes(budget, document->arena.held) ? NT_OK
                                                              : nt_budget_say(budget, NULL, error);
}

static nt_status load(nt_suite_loader *l, const char *path) {
    nt_suite *suite = l->suite;
    nt_document *document;
    NT_TRY(nt_document_load(path, &document, l->reader.error));
    suite->documents[suite->document_count++] = document;
    NT_TRY(take(suite->arena.budget, document, l->reader.error));
    return nt_file_want_suite(document, l->reader.error);
}

static nt_status load_included(nt_suite_loader *l, const nt_yaml *node, const char *path) {
    nt_error *error = l->reader.error;
    int before = error->count;
    nt_status status = load(l, path);
    if (status != NT_OK && error->count > before && !error->items[before].hint)
        nt_error_hint(error, "it is included at %s:%u", node->location.source->path,
                      (unsigned)node->location.line);
    return status;
}

nt_status nt_suite_load_tree(nt_suite_loader *l) {
    nt_suite *suite = l->suite;
    const nt_yaml *node;
    const char *path;
    NT_TRY(load(l, suite->path));
    const nt_document *last = suite->documents[0];
    while ((node = nt_yaml_get(last->root, "include"))) {
        NT_TRY(find_included(l, node, &path));
        NT_TRY(load_included(l, node, path));
        last = suite->documents[suite->document_count - 1];
    }
    const nt_yaml *root = last->root;
    for (int i = suite->document_count - 2; root && i >= 0; i--)
        root = nt_yaml_inherit(l->reader.arena, root, suite->documents[i]->root);
    root = root ? nt_yaml_without(l->reader.arena, root, "include") : NULL;
    l->root = root;
    return root ? NT_OK : nt_reader_no_memory(&l->reader);
}

nt_status nt_suite_read_include(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                                void *record) {
    (void)record;
    return nt_reader_say(&l->reader, node, "'%s' stands in the file; it can't be set from outside",
                         key->field.name);
}
