#include "shrink_run.h"

#include "results_file.h"
#include "run_results.h"
#include "shrink_cases.h"
#include "suite_repeat.h"
#include "trainer.h"
#include <string.h>

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory for what a run removes");
}

nt_status nt_shrink_run_init(nt_shrink_run *ret, const char *word, nt_arena *arena,
                             nt_error *error) {
    char *folder = nt_arena_string(arena, word);
    *ret = (nt_shrink_run){.arena = arena, .folder = folder};
    char *group = folder ? strchr(folder, ':') : NULL;
    char *cases = group ? strchr(group + 1, ':') : NULL;
    if (group) {
        *group = '\0';
        ret->group = group + 1;
    }
    if (cases) {
        *cases = '\0';
        ret->cases = cases + 1;
    }
    const char *path = folder ? nt_arena_printf(arena, "%s/%s", folder, NT_RESULTS_JSON) : NULL;
    return path ? nt_results_read(path, &ret->results, error) : no_memory(error);
}

void nt_shrink_run_finish(nt_shrink_run *run) {
    nt_results_free(run->results);
    nt_suite_free(run->suite);
    *run = (nt_shrink_run){0};
}

/* --- what it was measured with ---------------------------------------------------------------- */

nt_status nt_shrink_run_suite(nt_shrink_run *run, nt_error *error) {
    return run->suite ? NT_OK : nt_suite_repeat(run->folder, NULL, 0, &run->suite, error);
}

nt_status nt_shrink_run_weights(nt_shrink_run *run, const int32_t *seed, nt_weights_source *ret,
                                nt_error *error) {
    int32_t wanted = seed ? *seed : run->results->baseline[0].seed;
    bool there = false;
    for (int32_t s = 0; s < run->results->seed_count; s++)
        there = there || run->results->baseline[s].seed == wanted;
    if (!there)
        return nt_error_say(error, NT_USAGE, "the run has no seed %d", (int)wanted);
    NT_TRY(nt_shrink_run_suite(run, error));
    if (run->suite->weights.path) {
        *ret = run->suite->weights;
        return NT_OK;
    }
    *ret = (nt_weights_source){.path = nt_arena_printf(run->arena, "%s/seed-%d/" NT_WEIGHTS_FILE,
                                                       run->folder, (int)wanted)};
    return ret->path ? NT_OK : no_memory(error);
}

/* --- what one case removes -------------------------------------------------------------------- */

/* The kind's record of what a run says under the options' names, which may have other types there.
 */
static nt_status read_options(const nt_edit_result *from, const nt_ablation *kind, nt_arena *arena,
                              void **ret, nt_error *error) {
    enum { EXACT_DIGITS = 17 };
    char why[NT_FIELD_WHY] = "";
    void *record = nt_arena_alloc(arena, kind->kind.size + 1);
    if (!record || !nt_fields_default(kind->kind.fields, record, arena))
        return no_memory(error);
    for (const nt_field *said = from->fields; said && said->name; said++) {
        const nt_field *field = nt_field_find(kind->kind.fields, said->name);
        nt_text text;
        nt_text_init(&text);
        nt_field_format_digits(said, from->options, EXACT_DIGITS, &text);
        bool set =
            field && !text.failed && nt_field_set_text(field, record, arena, text.bytes, why);
        nt_text_finish(&text);
        if (!set)
            return nt_error_say(error, NT_INVALID, "the run's ablation '%s' has an option '%s'%s%s",
                                kind->kind.name, said->name, why[0] ? ", which " : "", why);
    }
    *ret = record;
    return NT_OK;
}

static nt_status add_edit(const nt_shrink_run *run, const nt_network *network,
                          const nt_edit_result *from, nt_edits *edits, nt_error *error) {
    const nt_layer *layer = nt_network_layer(network, from->layer);
    nt_edit edit = {.kind = nt_ablation_find(from->kind)};
    if (!layer)
        return nt_error_say(error, NT_INVALID,
                            "the run's case edits '%s', which the network has not", from->layer);
    if (!edit.kind)
        return nt_error_say(error, NT_INVALID, "the run's case has an ablation '%s'", from->kind);
    edit.node = layer->value.node;
    for (int32_t i = 0; i < edits->count; i++)
        if (edits->items[i].node == edit.node && edits->items[i].kind != edit.kind)
            return nt_error_say(error, NT_INVALID, "the cases do two things to '%s': %s and %s",
                                from->layer, edits->items[i].kind->kind.name, from->kind);
    void *options = NULL;
    if (edit.kind->kind.size > 0)
        NT_TRY(read_options(from, edit.kind, run->arena, &options, error));
    edit.options = options;
    return nt_shrink_append(edits, &edit, run->arena, error);
}

static nt_status add_case(const nt_shrink_run *run, const nt_network *network,
                          const nt_group_result *group, const nt_case_result *chosen,
                          nt_edits *edits, const char **name, nt_error *error) {
    for (int32_t i = 0; i < chosen->edit_count; i++)
        NT_TRY(add_edit(run, network, &chosen->edits[i], edits, error));
    *name = nt_arena_printf(run->arena, "%s%s%s, %s", *name ? *name : "", *name ? " and " : "",
                            group->name, chosen->name);
    return *name ? NT_OK : no_memory(error);
}

/* --- cases that are named --------------------------------------------------------------------- */

static nt_status find_group(const nt_results *results, const char *name,
                            const nt_group_result **ret, nt_error *error) {
    const char *names[NT_ERROR_LIMIT + 1] = {NULL};
    for (int32_t g = 0; g < results->group_count; g++) {
        if (strcmp(results->groups[g].name, name) == 0) {
            *ret = &results->groups[g];
            return NT_OK;
        }
        if (g < NT_ERROR_LIMIT)
            names[g] = results->groups[g].name;
    }
    nt_error_say(error, NT_USAGE, "the run has no group '%s'", name);
    nt_error_suggest(error, name, names);
    return NT_USAGE;
}

static const nt_case_result *find_case(const nt_group_result *group, const char *name) {
    for (int32_t c = 0; c < group->case_count; c++)
        if (strcmp(group->cases[c].name, name) == 0)
            return &group->cases[c];
    return NULL;
}

/* CASE, of the group so far, or GROUP:CASE. */
static nt_status add_named(const nt_shrink_run *run, const nt_network *network, char *word,
                           const nt_group_result **group, nt_edits *edits, const char **name,
                           nt_error *error) {
    const nt_case_result *found = find_case(*group, word);
    char *colon = found ? NULL : strchr(word, ':');
    if (colon) {
        *colon = '\0';
        NT_TRY(find_group(run->results, word, group, error));
        word = colon + 1;
        found = find_case(*group, word);
    }
    if (!found)
        return nt_error_say(error, NT_USAGE, "the run has no case '%s' in a group '%s'", word,
                            (*group)->name);
    return add_case(run, network, *group, found, edits, name, error);
}

/* A name may have commas of its own. */
static nt_status add_list(const nt_shrink_run *run, const nt_network *network,
                          const nt_group_result *group, nt_edits *edits, const char **name,
                          nt_error *error) {
    const nt_case_result *whole = find_case(group, run->cases);
    if (whole)
        return add_case(run, network, group, whole, edits, name, error);
    for (const char *at = run->cases;; at++) {
        size_t length = strcspn(at, ",");
        char *word = nt_arena_substring(run->arena, at, length);
        if (!word)
            return no_memory(error);
        NT_TRY(add_named(run, network, word + strspn(word, " "), &group, edits, name, error));
        at += length;
        if (!*at)
            return NT_OK;
    }
}

/* --- the largest ------------------------------------------------------------------------------ */

/* Whether its edits put nothing in the place of what they take away. */
static bool takes_away(const nt_case_result *c) {
    for (int32_t i = 0; i < c->edit_count; i++) {
        const nt_ablation *kind = nt_ablation_find(c->edits[i].kind);
        if (!kind || kind->needs || kind->derive)
            return false;
    }
    return !c->cut;
}

/* By results.json, or by what the outcomes say within another margin. */
static bool is_trivial(const nt_results *results, const nt_group_result *group,
                       const nt_case_result *c, const nt_run_results *anew) {
    int32_t seeds = 0;
    for (int32_t i = 0; !anew && i < c->finding_count; i++)
        if (c->findings[i].failure || c->findings[i].judgement.verdict != NT_TRIVIAL)
            return false;
    for (size_t i = 0; anew && i < anew->row_count; i++) {
        const nt_run_row *row = &anew->rows[i];
        if (strcmp(row->group, group->name) != 0 || strcmp(row->name, c->name) != 0 ||
            strcmp(row->split, results->setup.split) != 0)
            continue;
        if (row->finding.failure || row->finding.judgement.verdict != NT_TRIVIAL)
            return false;
        seeds++;
    }
    return c->finding_count > 0 && (!anew || seeds == c->finding_count);
}

static nt_status add_largest(const nt_shrink_run *run, const nt_network *network,
                             const nt_run_results *anew, nt_edits *edits, const char **name,
                             nt_error *error) {
    const nt_results *results = run->results;
    const nt_group_result *of = NULL;
    const nt_case_result *best = NULL;
    for (int32_t g = 0; g < results->group_count; g++)
        for (int32_t c = 0; c < results->groups[g].case_count; c++) {
            const nt_group_result *group = &results->groups[g];
            const nt_case_result *at = &group->cases[c];
            if ((best && at->edit_count <= best->edit_count) || !takes_away(at) ||
                !is_trivial(results, group, at, anew))
                continue;
            best = at;
            of = group;
        }
    if (!best)
        return nt_error_say(error, NT_INVALID, "the run shows no case that is trivial");
    return add_case(run, network, of, best, edits, name, error);
}

/* Of those of one group with as many layers the last. */
static nt_status add_end(const nt_shrink_run *run, const nt_network *network,
                         const nt_group_result *group, nt_edits *edits, const char **name,
                         nt_error *error) {
    const nt_case_result *best = NULL;
    for (int32_t c = 0; c < group->case_count; c++)
        if (!best || group->cases[c].edit_count >= best->edit_count)
            best = &group->cases[c];
    if (!best)
        return nt_error_say(error, NT_INVALID, "the run's group '%s' has no case", group->name);
    return add_case(run, network, group, best, edits, name, error);
}

nt_status nt_shrink_run_edits(const nt_shrink_run *run, const nt_network *network,
                              const double *margin, nt_edits *edits, const char **ret_name,
                              nt_error *error) {
    const nt_group_result *group;
    nt_run_results *anew = NULL;
    *ret_name = NULL;
    if (run->group) {
        NT_TRY(find_group(run->results, run->group, &group, error));
        return (run->cases ? add_list : add_end)(run, network, group, edits, ret_name, error);
    }
    if (margin && *margin != run->results->setup.margin)
        NT_TRY(nt_run_results_read(run->folder, margin, &anew, error));
    nt_status status = add_largest(run, network, anew, edits, ret_name, error);
    nt_run_results_free(anew);
    return status;
}
