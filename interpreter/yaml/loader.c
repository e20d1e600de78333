/* The life of a loader, whose arena holds everything that is gone once the network is built, and
 * what every part of the graph language asks of it: a reader in a scope, how loading goes
 * on after an error so that one run reports many, each place once, and where it ends. */
#include "network_file_private.h"

#include "alloc.h"
#include <string.h>

nt_status nt_loader_begin(nt_loader *loader, nt_error *error) {
    *loader = (nt_loader){.error = error};
    nt_arena_init(&loader->arena);
    nt_name_table_init(&loader->files, &loader->arena);
    nt_name_table_init(&loader->block_names, &loader->arena);
    nt_bindings_init(&loader->paths, &loader->arena);
    nt_status status = nt_sandbox_new(&nt_expression_limits, &loader->sandbox);
    return status == NT_OK ? NT_OK : nt_error_say(error, status, "out of memory");
}

void nt_loader_end(nt_loader *loader) {
    nt_sandbox_free(loader->sandbox);
    for (size_t i = 0; i < loader->document_count; i++)
        nt_document_free(loader->documents[i]);
    nt_free(loader->documents, loader->document_capacity * sizeof *loader->documents);
    nt_free(loader->definitions, loader->definition_capacity * sizeof *loader->definitions);
    nt_arena_finish(&loader->arena);
}

nt_reader nt_loader_reader(nt_loader *loader, const nt_scope *scope, const nt_trail *trail) {
    return (nt_reader){.arena = &loader->arena,
                       .error = loader->error,
                       .sandbox = scope ? loader->sandbox : NULL,
                       .variables = scope ? &scope->view : NULL,
                       .trail = trail};
}

nt_status nt_loader_settle(const nt_loader *loader, nt_status status, bool *failed) {
    if (status == NT_OK)
        return NT_OK;
    *failed = true;
    bool go_on = status == NT_INVALID && !loader->stopped && !nt_error_full(loader->error);
    return go_on ? NT_OK : status;
}

static bool reported_before(const nt_error *error, int i) {
    const char *where = error->items[i].where;
    for (int j = 0; where[0] && j < i; j++)
        if (strcmp(error->items[j].where, where) == 0 &&
            strcmp(error->items[j].excerpt, error->items[i].excerpt) != 0)
            return true;
    return false;
}

void nt_loader_drop_repeats(const nt_loader *loader, int first, int dropped) {
    nt_error *error = loader->error;
    int kept = first;
    for (int i = first; i < error->count; i++) {
        error->items[kept] = error->items[i];
        if (!reported_before(error, kept))
            kept++;
    }
    if (kept < error->count)
        error->dropped = dropped; /* there is room again, and loading goes on */
    error->count = kept;
}

nt_status nt_loader_visit(nt_loader *loader, const nt_reader *reader, const nt_yaml *key) {
    if (++loader->visited <= NT_NETWORK_MOST_NODES)
        return NT_OK;
    loader->stopped = true;
    return nt_reader_say(reader, key, "the network expands to more than %d nodes",
                         NT_NETWORK_MOST_NODES);
}
