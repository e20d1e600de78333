/* What is likely no mistake against the API, but not what was meant either: two cases that change
 * the same, a case that changes nothing, a hook without any case. Cases are compared by what they
 * change of the output that a network is measured by: edits of auxiliary layers, and options that
 * leave a kernel as it is, take no part. Weights aren't known here: a kernel of zeros is. */
#include "hook_private.h"

#include "edit.h"
#include "signals.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_NOTES = 10 };

/* A case while they are sorted. */
typedef struct entry {
    const nt_case *item;
    const bool *changes; /* of each edit: it changes something */
    int32_t number;
} entry;

static bool changes(const nt_network *network, const nt_case *item, int32_t i,
                    nt_ablation_memo *memo) {
    const nt_edit *edit = &item->edits[i];
    return !network->layers[item->layers[i]].auxiliary &&
           !(edit->kind->idle && edit->kind->idle(network->graph, edit->node, edit->options, memo));
}

/* Asked once for each edit, in `arena`. */
static nt_status make_entries(const nt_network *network, const nt_cases *cases, nt_arena *arena,
                              entry *ret) {
    nt_ablation_memo memo = {0};
    nt_status status = NT_OK;
    nt_arena_init(&memo.arena);
    for (int32_t c = 0; status == NT_OK && c < cases->count; c++) {
        const nt_case *item = &cases->items[c];
        bool *all = NT_ARENA_ARRAY(arena, bool, item->count + 1);
        for (int32_t i = 0; all && i < item->count; i++)
            all[i] = changes(network, item, i, &memo);
        ret[c] = (entry){item, all, c};
        status = all ? nt_signals_status() : NT_NO_MEMORY;
    }
    nt_arena_finish(&memo.arena);
    return status;
}

/* The place of the next edit that changes something, from `i` on; the case's count: none does. */
static int32_t next_change(const entry *e, int32_t i) {
    while (i < e->item->count && !e->changes[i])
        i++;
    return i;
}

static int compare_changes(const entry *x, const entry *y) {
    int32_t i = next_change(x, 0), k = next_change(y, 0);
    while (i < x->item->count && k < y->item->count) {
        int order = nt_edit_compare(&x->item->edits[i], &y->item->edits[k]);
        if (order != 0)
            return order;
        i = next_change(x, i + 1);
        k = next_change(y, k + 1);
    }
    return (i < x->item->count) - (k < y->item->count);
}

static int compare(const void *a, const void *b) {
    const entry *x = a, *y = b;
    int order = compare_changes(x, y);
    return order != 0 ? order : x->number < y->number ? -1 : x->number > y->number;
}

/* like[c]: the first case that changes what case c changes: itself, or one before it; -1: case c
 * changes nothing. */
static void find_like(entry *entries, int32_t count, int32_t *ret_like) {
    int32_t first = 0;
    qsort(entries, (size_t)count, sizeof *entries, compare);
    for (int32_t i = 0; i < count; i++) {
        if (i > 0 && compare_changes(&entries[first], &entries[i]) != 0)
            first = i;
        bool idle = next_change(&entries[i], 0) == entries[i].item->count;
        ret_like[entries[i].number] = idle ? -1 : entries[first].number;
    }
}

/* --- notes ------------------------------------------------------------------------------------ */

static nt_status add(nt_cases *cases, const char **notes, const char *text) {
    notes[cases->note_count++] = text;
    return text ? NT_OK : NT_NO_MEMORY;
}

static nt_status add_like(nt_cases *cases, const char **notes, const int32_t *like) {
    int32_t more = 0;
    for (int32_t c = 0; c < cases->count; c++) {
        const char *name = cases->items[c].name;
        if (like[c] == c)
            continue;
        if (cases->note_count == MOST_NOTES)
            more++;
        else if (like[c] < 0)
            NT_TRY(add(cases, notes,
                       nt_arena_printf(&cases->arena,
                                       "the case '%s' changes nothing: it is the baseline", name)));
        else
            NT_TRY(add(cases, notes,
                       nt_arena_printf(&cases->arena, "the cases '%s' and '%s' are the same",
                                       cases->items[like[c]].name, name)));
    }
    if (more == 0)
        return NT_OK;
    return add(cases, notes,
               nt_arena_printf(&cases->arena, "%d more cases are like others, or change nothing",
                               (int)more));
}

static const char *file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

nt_status nt_hook_note(nt_hook *hook) {
    nt_cases *cases = &hook->cases;
    int32_t count = cases->count;
    const char **notes = NT_ARENA_ARRAY(&cases->arena, const char *, MOST_NOTES + 1);
    int32_t *like = NT_ARENA_ARRAY(&cases->arena, int32_t, count + 1);
    nt_arena arena;
    nt_arena_init(&arena);
    entry *entries = NT_ARENA_ARRAY(&arena, entry, count + 1);
    nt_status status = notes && entries && like ? NT_OK : NT_NO_MEMORY;
    cases->notes = notes;
    if (status == NT_OK && count == 0)
        status = add(cases, notes,
                     nt_arena_printf(&cases->arena, "the hook %s returned no case",
                                     file_name(hook->source.path)));
    if (status == NT_OK)
        status = make_entries(hook->network, cases, &arena, entries);
    if (status == NT_OK) {
        find_like(entries, count, like);
        status = add_like(cases, notes, like);
        cases->like = count > 0 ? like : NULL;
    }
    nt_arena_finish(&arena);
    return status;
}
