/* The life of a loader, whose arena holds everything that is gone once the network is built, and
 * what every part of the graph language asks of it: a reader in a scope, how loading goes
 * on after an error so that one run reports many, each place once, and where it ends. */
#include "network_file_private.h"

#include "alloc.h"
#include <string.h>

nt_status nt_loader_begin(nt_loader *loader, nt_error *error) {
    *loader = (nt_loader){.error = error};
    nt_budget_init(&loader->budget);
    nt_arena_init(&loader->arena);
    loader->arena.budget = &loader->budget;
    nt_name_table_init(&loader->files, &loader->arena);
    nt_name_table_init(&loader->block_names, &loader->arena);
    nt_name_table_init(&loader->output_names, &loader->arena);
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
    bool go_on = status == NT_INVALID && !loader->stopped && !nt_error_full(loader->error) &&
                 loader->budget.passed == NT_BUDGET_KEPT;
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

void nt_loader_drop_repeats(nt_loader *loader, int first, int dropped) {
    enum { MOST_REPEATED = 300 };
    nt_error *error = loader->error;
    int kept = first;
    for (int i = first; i < error->count; i++) {
        error->items[kept] = error->items[i];
        if (!reported_before(error, kept))
            kept++;
    }
    if (kept < error->count)
        error->dropped = dropped; /* there is room again, and loading goes on */
    loader->repeated += error->count - kept;
    loader->stopped = loader->stopped || loader->repeated > MOST_REPEATED;
    error->count = kept;
}

nt_status nt_loader_take_document(nt_loader *loader, const nt_document *document,
                                  const nt_yaml *at) {
    enum { STEPS_A_NODE = 5 };
    loader->budget.at = at ? at->location : (nt_location){.source = &document->source};
    bool room = nt_budget_take_bytes(&loader->budget, document->arena.held) &&
                nt_budget_take_steps(&loader->budget, (int64_t)STEPS_A_NODE * document->root->size);
    return room ? NT_OK : nt_budget_say(&loader->budget, NULL, loader->error);
}

nt_status nt_loader_visit(nt_loader *loader, const nt_reader *reader, const nt_yaml *key) {
    enum { STEPS_A_NODE = 20 };
    NT_TRY(nt_reader_charge(reader, key, STEPS_A_NODE));
    if (++loader->visited <= NT_NETWORK_MOST_NODES)
        return NT_OK;
    loader->stopped = true;
    return nt_reader_say(reader, key, "the network expands to more than %d nodes",
                         NT_NETWORK_MOST_NODES);
}
