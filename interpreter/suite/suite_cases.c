/* Hooks are run, each edit is tried on the graph, and equal cases are found: no batch is computed.
 */
#include "suite_cases.h"

#include "alloc.h"
#include "edit.h"
#include "results_words.h"
#include <string.h>

/* --- what scripts print ----------------------------------------------------------------------- */

/* Where the lines of one group's script go. */
typedef struct printing {
    nt_arena *arena;
    nt_group_look *look;
    size_t capacity;
    bool failed;
} printing;

/* A hook's lines begin with its path (hook.c), which the group says already. */
static void keep_line(void *context, const char *line) {
    printing *p = context;
    size_t path = strlen(p->look->group->hook);
    if (strncmp(line, p->look->group->hook, path) == 0 && strncmp(line + path, ": ", 2) == 0)
        line += path + 2;
    const char *kept = nt_arena_string(p->arena, line);
    size_t count = p->look->printed_count;
    if (kept && count == p->capacity) {
        p->capacity = 2 * count + 8;
        const char **more = NT_ARENA_ARRAY(p->arena, const char *, p->capacity);
        if (more && count > 0)
            memcpy(more, p->look->printed, count * sizeof *more);
        kept = more ? kept : NULL;
        p->look->printed = more ? more : p->look->printed;
    }
    if (kept)
        p->look->printed[p->look->printed_count++] = kept;
    p->failed = p->failed || !kept;
}

static nt_status list_group(nt_suite_look *look, nt_group_look *of, const nt_network *network,
                            nt_error *error) {
    printing print = {.arena = &look->arena, .look = of};
    const nt_progress progress = {.note = keep_line, .context = &print};
    NT_TRY(nt_group_list(of->group, network, &progress, &of->cases, error));
    return print.failed ? NT_NO_MEMORY : NT_OK;
}

/* --- one case --------------------------------------------------------------------------------- */

static nt_status describe(nt_suite_look *look, const nt_results *words, const nt_network *network,
                          const nt_case *item, nt_case_look *ret) {
    nt_edit_result *edits = NT_ARENA_ARRAY(&look->arena, nt_edit_result, item->count + 1);
    char why[NT_WHY];
    if (!edits)
        return NT_NO_MEMORY;
    for (int32_t i = 0; i < item->count; i++) {
        const nt_kind *kind = &item->edits[i].kind->kind;
        const void *options = item->edits[i].options;
        edits[i] = (nt_edit_result){.layer = network->layers[item->layers[i]].name,
                                    .kind = kind->name,
                                    .fields = options ? kind->fields : NULL,
                                    .options = options};
    }
    const nt_case_result shown = {.edits = edits, .edit_count = item->count};
    *ret = (nt_case_look){.name = item->name,
                          .words = nt_case_words(words, &shown, &look->arena),
                          .edits = edits,
                          .edit_count = item->count,
                          .same = ret->same};
    nt_status status = nt_edit_cuts(network->graph, item->edits, item->count, &ret->cut, why);
    if (status == NT_INVALID)
        ret->failure = nt_arena_string(&look->arena, why);
    return status == NT_NO_MEMORY || !ret->words || (status == NT_INVALID && !ret->failure)
               ? NT_NO_MEMORY
               : NT_OK;
}

static nt_status describe_group(nt_suite_look *look, const nt_results *words,
                                const nt_network *network, const nt_case_same *same,
                                nt_group_look *of) {
    of->items = NT_ARENA_ARRAY(&look->arena, nt_case_look, of->cases.count + 1);
    if (!of->items)
        return NT_NO_MEMORY;
    for (int32_t c = 0; c < of->cases.count; c++) {
        of->items[c].same = same[c];
        NT_TRY(describe(look, words, network, &of->cases.items[c], &of->items[c]));
    }
    return NT_OK;
}

/* --- all of them ------------------------------------------------------------------------------ */

/* What each is the same as, and in words. */
static nt_status describe_all(nt_suite_look *look, const nt_network *network, nt_error *error) {
    const nt_suite *suite = look->suite;
    int32_t count = 0;
    for (int g = 0; g < suite->group_count; g++)
        count += look->groups[g].cases.count;
    nt_cases *cases = NT_ARENA_ARRAY(&look->arena, nt_cases, suite->group_count + 1);
    nt_case_same *same = NT_ARENA_ARRAY(&look->arena, nt_case_same, count + 1);
    const char **kinds = NT_ARENA_ARRAY(&look->arena, const char *, nt_ablation_count() + 1);
    if (!cases || !same || !kinds)
        return NT_NO_MEMORY;
    for (int g = 0; g < suite->group_count; g++) /* lent: the look's own are finished */
        cases[g] = look->groups[g].cases;
    for (int k = 0; k < nt_ablation_count(); k++)
        kinds[k] = nt_ablations[k]->name;
    const nt_results words = {.kinds = kinds};
    NT_TRY(nt_groups_check_controls(suite, cases, false, error));
    NT_TRY(nt_suite_find_same(suite, network, cases, same, error));
    for (int g = 0; g < suite->group_count; g++) {
        NT_TRY(describe_group(look, &words, network, same, &look->groups[g]));
        same += look->groups[g].cases.count;
    }
    return NT_OK;
}

nt_status nt_suite_look_at_cases(const nt_suite *suite, const nt_network *network,
                                 nt_suite_look *ret, nt_error *error) {
    int said = error->count;
    *ret = (nt_suite_look){.suite = suite};
    nt_arena_init(&ret->arena);
    ret->groups = NT_ARENA_ARRAY(&ret->arena, nt_group_look, suite->group_count + 1);
    nt_status status = ret->groups ? NT_OK : NT_NO_MEMORY;
    for (int g = 0; ret->groups && g < suite->group_count; g++) {
        ret->groups[g].group = &suite->groups[g];
        nt_status listed = list_group(ret, &ret->groups[g], network, error);
        status = listed != NT_OK ? listed : status;
    }
    if (status == NT_OK)
        status = describe_all(ret, network, error);
    if (status == NT_NO_MEMORY && error->count == said)
        nt_error_say(error, status, "out of memory listing the cases of %s", suite->path);
    return status;
}

void nt_suite_look_finish(nt_suite_look *look) {
    for (int g = 0; look->groups && g < look->suite->group_count; g++)
        nt_cases_finish(&look->groups[g].cases);
    nt_arena_finish(&look->arena);
}
