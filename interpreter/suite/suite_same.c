/* Cases that are the same function of the image, though they edit different layers: in the graph
 * that evaluates all of them, after the passes, their outputs are one value. So it is where zeros
 * go through the layers behind the one that was zeroed. Cases whose edits are the same, which their
 * hook's notes tell of (hook_notes.c), are one value before the passes already. */
#include "suite_same.h"

#include "case_graph.h"
#include "passes.h"

enum {
    MOST_NODES = 1 << 19, /* of all cases that are compared, each by itself: a second's work */
    MOST_NOTES = 10,      /* of a group */
    MOST_NAMED = 6        /* cases, in one note */
};

typedef struct member {
    int32_t group, index; /* -1: the baseline; a group's stand together */
    int32_t edited, made; /* the numbers of its output's value before and after the passes */
} member;

typedef struct members {
    member *items;
    nt_edits *edits; /* of each, until their values are found */
    int32_t count;
    int32_t edited_count, made_count;   /* values that there are */
    int32_t *first_edited, *first_made; /* by value: the first member that has it */
} members;

/* --- finding ---------------------------------------------------------------------------------- */

/* The baseline and all cases, as far as they are compared. What is retrained becomes another
 * network, whatever function it was before. */
static void list_members(const nt_suite *suite, const nt_network *network, const nt_cases *cases,
                         members *all) {
    int32_t most = 1 + MOST_NODES / nt_graph_size(network->graph);
    all->items[all->count++] = (member){.group = -1, .index = -1};
    for (int32_t g = 0; g < suite->group_count; g++)
        for (int32_t c = 0; !suite->groups[g].retrain && c < cases[g].count && all->count < most;
             c++) {
            const nt_case *item = &cases[g].items[c];
            all->edits[all->count] = (nt_edits){item->edits, item->count};
            all->items[all->count++] = (member){.group = g, .index = c};
        }
}

/* Leaves out those that can't be made. */
static nt_status drop_failing(const nt_network *network, members *all) {
    nt_case_graph alone;
    char why[NT_WHY];
    int32_t kept = 0;
    for (int32_t i = 0; i < all->count; i++) {
        nt_status status = nt_case_graph_init(&alone, network, &all->edits[i], 1, why);
        if (status == NT_INVALID)
            continue;
        NT_TRY(status);
        nt_case_graph_finish(&alone);
        all->edits[kept] = all->edits[i];
        all->items[kept++] = all->items[i];
    }
    all->count = kept;
    return NT_OK;
}

/* Fills in the first members of the values. */
static void index_values(members *all) {
    for (int32_t i = all->count; i-- > 0;) {
        all->first_edited[all->items[i].edited] = i;
        all->first_made[all->items[i].made] = i;
    }
}

/* Leaves out those whose edits are the same as those of a member before them. */
static void drop_repeated(members *all) {
    int32_t kept = 0;
    for (int32_t i = 0; i < all->count; i++)
        if (all->first_edited[all->items[i].edited] == i)
            all->items[kept++] = all->items[i];
    all->count = kept;
    index_values(all);
}

static nt_status find_values(const nt_suite *suite, const nt_network *network, members *all,
                             nt_error *error) {
    const nt_pass_options passes = {.norm = (nt_norm)suite->evaluate.batch_norm,
                                    .conv = suite->conv};
    nt_case_graph graph;
    nt_graph *made;
    char why[NT_WHY];
    nt_status status = nt_case_graph_init(&graph, network, all->edits, all->count, why);
    if (status == NT_INVALID) {
        NT_TRY(drop_failing(network, all));
        status = nt_case_graph_init(&graph, network, all->edits, all->count, why);
    }
    NT_TRY(status);
    status = nt_passes_run(graph.graph, &passes, &made, error);
    for (int32_t i = 0; status == NT_OK && i < graph.count; i++) {
        member *of = &all->items[graph.case_of[i]];
        of->edited = nt_graph_value_number(graph.graph, nt_graph_output(graph.graph, i)->value);
        of->made = nt_graph_value_number(made, nt_graph_output(made, i)->value);
    }
    if (status == NT_OK) {
        all->edited_count = nt_graph_value_count(graph.graph);
        all->made_count = nt_graph_value_count(made);
        nt_graph_free(made);
    }
    nt_case_graph_finish(&graph);
    return status;
}

/* --- notes ------------------------------------------------------------------------------------ */

static const char *name_of(const nt_cases *cases, const member *of) {
    return cases[of->group].items[of->index].name;
}

/* The member number `first` of a group and those behind it that are what `like` is. */
static const char *sentence(const nt_suite *suite, nt_cases *cases, const members *all,
                            int32_t first, const member *like) {
    int32_t group = all->items[first].group, named = 0, count = 0;
    const char *result = NULL;
    nt_text text;
    nt_text_init(&text);
    for (int32_t i = first; i < all->count && all->items[i].group == group; i++)
        count += all->items[i].made == like->made;
    nt_text_add(&text, count > 1 ? "the cases" : "the case");
    for (int32_t i = first; i < all->count && named < MOST_NAMED; i++)
        if (all->items[i].group == group && all->items[i].made == like->made) {
            nt_text_add(&text, named == 0 ? " " : named == count - 1 ? " and " : ", ");
            nt_text_printf(&text, "'%s'", name_of(cases, &all->items[i]));
            named++;
        }
    if (count > named)
        nt_text_printf(&text, " and %d more", (int)(count - named));
    nt_text_printf(&text, " %s the same function as ", count > 1 ? "are" : "is");
    if (like->group < 0)
        nt_text_add(&text, "the whole network");
    else if (like->group == group)
        nt_text_printf(&text, "'%s'", name_of(cases, like));
    else
        nt_text_printf(&text, "'%s/%s'", suite->groups[like->group].name, name_of(cases, like));
    nt_text_add(&text, ": one graph computes it once");
    if (!text.failed)
        result = nt_arena_string(&cases[group].arena, text.bytes);
    nt_text_finish(&text);
    return result;
}

/* The first that a member is the same function as: itself, or one before it. */
static int32_t first_like(const members *all, int32_t i) {
    return all->first_made[all->items[i].made];
}

/* `noted`: by value, 1 + the last group that has a note of it: of a group only the first after the
 * one that it is the same function as begins one. */
static nt_status note_group(const nt_suite *suite, nt_cases *cases, const members *all,
                            int32_t group, int32_t *noted) {
    nt_cases *of = &cases[group];
    const char **notes = NT_ARENA_ARRAY(&of->arena, const char *, of->note_count + MOST_NOTES + 1);
    int32_t count = 0;
    if (!notes)
        return NT_NO_MEMORY;
    for (int32_t i = 0; i < of->note_count; i++)
        notes[i] = of->notes[i];
    for (int32_t i = 1; i < all->count && count <= MOST_NOTES; i++) {
        int32_t like = first_like(all, i), value = all->items[i].made;
        if (all->items[i].group != group || like == i || noted[value] == 1 + group)
            continue;
        noted[value] = 1 + group;
        const char *note = count == MOST_NOTES ? "more of the cases are the same function as others"
                                               : sentence(suite, cases, all, i, &all->items[like]);
        if (!note)
            return NT_NO_MEMORY;
        notes[of->note_count + count++] = note;
    }
    of->notes = notes;
    of->note_count += count;
    return NT_OK;
}

/* --- together --------------------------------------------------------------------------------- */

/* Room for all cases, and the values of those that are compared. */
static nt_status gather(const nt_suite *suite, const nt_network *network, const nt_cases *cases,
                        nt_arena *arena, members *ret, nt_error *error) {
    int32_t count = 1;
    for (int32_t g = 0; g < suite->group_count; g++)
        count += cases[g].count;
    *ret = (members){.items = NT_ARENA_ARRAY(arena, member, count),
                     .edits = NT_ARENA_ARRAY(arena, nt_edits, count)};
    if (!ret->items || !ret->edits)
        return NT_NO_MEMORY;
    list_members(suite, network, cases, ret);
    NT_TRY(find_values(suite, network, ret, error));
    ret->first_edited = NT_ARENA_ARRAY(arena, int32_t, ret->edited_count + 1);
    ret->first_made = NT_ARENA_ARRAY(arena, int32_t, ret->made_count + 1);
    if (!ret->first_edited || !ret->first_made)
        return NT_NO_MEMORY;
    index_values(ret);
    return NT_OK;
}

static nt_status end(nt_status status, int32_t said, nt_error *error) {
    if (status == NT_NO_MEMORY && error->count == said)
        nt_error_say(error, status, "out of memory comparing the cases");
    return status;
}

nt_status nt_suite_note_same(const nt_suite *suite, const nt_network *network, nt_cases *cases,
                             nt_error *error) {
    nt_arena arena;
    members all;
    int32_t said = error->count;
    nt_arena_init(&arena);
    nt_status status = gather(suite, network, cases, &arena, &all, error);
    int32_t *noted = status == NT_OK ? NT_ARENA_ARRAY(&arena, int32_t, all.made_count + 1) : NULL;
    if (status == NT_OK && !noted)
        status = NT_NO_MEMORY;
    if (status == NT_OK)
        drop_repeated(&all);
    for (int32_t g = 0; status == NT_OK && g < suite->group_count; g++)
        status = note_group(suite, cases, &all, g, noted);
    nt_arena_finish(&arena);
    return end(status, said, error);
}

/* The first member with the same value before the passes, or after them. */
static nt_case_same same_as(const members *all, int32_t i) {
    int32_t k = all->first_edited[all->items[i].edited], like = first_like(all, i);
    const member *as = &all->items[k < i ? k : like];
    return (nt_case_same){.how = k < i      ? NT_SAME_EDITS
                                 : like < i ? NT_SAME_FUNCTION
                                            : NT_SAME_NOT,
                          .group = as->group,
                          .index = as->index,
                          .graph = k < i};
}

/* What the hooks' notes tell of is not found by values: a share of 0 that is pruned is an edit. */
static void take_likes(const nt_cases *cases, int32_t group, nt_case_same *ret) {
    for (int32_t c = 0; c < cases->count; c++)
        if (cases->like[c] < 0)
            ret[c] = (nt_case_same){NT_SAME_EDITS, -1, -1, ret[c].graph};
        else if (cases->like[c] != c)
            ret[c] = (nt_case_same){NT_SAME_EDITS, group, cases->like[c], ret[c].graph};
}

nt_status nt_suite_find_same(const nt_suite *suite, const nt_network *network,
                             const nt_cases *cases, nt_case_same *ret, nt_error *error) {
    nt_arena arena;
    members all;
    int32_t said = error->count;
    nt_arena_init(&arena);
    nt_status status = gather(suite, network, cases, &arena, &all, error);
    nt_case_same *of = ret;
    int32_t i = 1;
    for (int32_t g = 0; status == NT_OK && g < suite->group_count; g++) {
        for (int32_t c = 0; c < cases[g].count; c++) {
            bool compared = i < all.count && all.items[i].group == g && all.items[i].index == c;
            of[c] = compared ? same_as(&all, i++) : (nt_case_same){.how = NT_SAME_NOT};
        }
        take_likes(&cases[g], g, of);
        of += cases[g].count;
    }
    nt_arena_finish(&arena);
    return end(status, said, error);
}
