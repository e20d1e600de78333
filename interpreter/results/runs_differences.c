/* What results.json says of how a run was made is gone through leaf by leaf: an object leads on,
 * all else is a value. A member of the method may be missing in one run and be there in another. */
#include "runs_differences.h"

#include "alloc.h"
#include "json_out.h"
#include "results_file.h"
#include <string.h>

/* --- documents -------------------------------------------------------------------------------- */

/* Sets `name` of `object` to `value`, which is taken; false when out of memory. */
static bool set(json_t *object, const char *name, json_t *value) {
    return value && json_object_set_new(object, name, value) == 0;
}

static json_t *seeds_of(const nt_results *run) {
    json_t *seeds = json_array();
    for (int32_t s = 0; s < run->seed_count; s++)
        seeds = nt_json_append(seeds, json_integer(run->baseline[s].seed));
    return seeds;
}

/* By groups' names. */
static json_t *hooks_of(const json_t *document) {
    size_t i;
    json_t *group, *hooks = json_object();
    json_array_foreach(json_object_get(document, "groups"), i, group) {
        json_t *hook = json_pack("{s:O, s:O, s:O}", "hook", json_object_get(group, "hook"),
                                 "sha256", json_object_get(group, "hook_sha256"), "options",
                                 json_object_get(group, "options"));
        if (!hooks || !set(hooks, json_string_value(json_object_get(group, "group")), hook)) {
            json_decref(hooks);
            return NULL;
        }
    }
    return hooks;
}

/* By the files' names, not in a list. */
static bool name_source(json_t *provenance) {
    size_t i;
    json_t *item, *list = json_object_get(provenance, "source"), *named = json_object();
    bool good = named != NULL;
    json_array_foreach(list, i, item) good =
        good && json_object_set(named, json_string_value(json_object_get(item, "file")),
                                json_object_get(item, "sha256")) == 0;
    good = good && (!list || json_object_set(provenance, "source", named) == 0);
    json_decref(named);
    return good;
}

static json_t *document_of(const nt_results *run) {
    json_t *document = nt_results_json(run);
    if (document && set(document, "seeds", seeds_of(run)) &&
        set(document, "hooks", hooks_of(document)) &&
        name_source(json_object_get(document, "provenance")))
        return document;
    json_decref(document);
    return NULL;
}

/* --- values ----------------------------------------------------------------------------------- */

/* A way into a document, member by member. */
typedef struct place {
    const struct place *above; /* NULL: the document */
    const char *name;
} place;

static json_t *value_at(const json_t *document, const place *at) {
    const json_t *in = at->above ? value_at(document, at->above) : document;
    return in ? json_object_get(in, at->name) : NULL;
}

static const char *path_of(const place *at, nt_arena *arena) {
    const char *above = at->above ? path_of(at->above, arena) : "";
    return above ? nt_arena_printf(arena, "%s%s%s", above, at->above ? "." : "", at->name) : NULL;
}

static bool is_known(const nt_runs_differences *all, const char *path) {
    for (int32_t i = 0; i < all->count; i++)
        if (strcmp(all->items[i].path, path) == 0)
            return true;
    return false;
}

static bool is_same(const nt_runs_differences *all, const place *at) {
    const json_t *first = value_at(all->documents[0], at);
    for (int32_t r = 1; r < all->run_count; r++) {
        const json_t *value = value_at(all->documents[r], at);
        if (value != first && !(value && first && json_equal(value, first)))
            return false;
    }
    return true;
}

/* Notes the values at a place where they differ. */
static nt_status hold(nt_runs_differences *all, const place *at) {
    if (is_same(all, at))
        return NT_OK;
    const char *path = path_of(at, &all->arena);
    const json_t **values = NT_ARENA_ARRAY(&all->arena, const json_t *, all->run_count);
    void *items = all->items;
    if (!path || !values)
        return NT_NO_MEMORY;
    if (is_known(all, path))
        return NT_OK;
    if (!nt_grow(&items, &all->capacity, (size_t)all->count, sizeof *all->items))
        return NT_NO_MEMORY;
    all->items = items;
    for (int32_t r = 0; r < all->run_count; r++)
        values[r] = value_at(all->documents[r], at);
    all->items[all->count++] = (nt_run_difference){.path = path, .values = values};
    return NT_OK;
}

/* Goes through what run number r has at a place. */
static nt_status walk(nt_runs_differences *all, int32_t r, const place *at) {
    json_t *value = value_at(all->documents[r], at), *member;
    const char *name;
    if (!json_is_object(value))
        return value ? hold(all, at) : NT_OK;
    json_object_foreach(value, name, member) {
        const place below = {.above = at, .name = name};
        NT_TRY(walk(all, r, &below));
    }
    return NT_OK;
}

/* --- all of them ------------------------------------------------------------------------------ */

nt_status nt_runs_differences_find(const nt_results *const *runs, int32_t count,
                                   nt_runs_differences *ret) {
    static const char *const sections[] = {"suite",      "network", "setup", "method",
                                           "provenance", "samples", "seeds", "hooks"};
    *ret = (nt_runs_differences){.run_count = count};
    nt_arena_init(&ret->arena);
    ret->documents = NT_ARENA_ARRAY(&ret->arena, json_t *, count + 1);
    if (!ret->documents)
        return NT_NO_MEMORY;
    for (int32_t r = 0; r < count; r++)
        if (!(ret->documents[r] = document_of(runs[r])))
            return NT_NO_MEMORY;
    for (size_t s = 0; s < sizeof sections / sizeof *sections; s++)
        for (int32_t r = 0; r < count; r++)
            NT_TRY(walk(ret, r, &(place){.name = sections[s]}));
    return NT_OK;
}

void nt_runs_differences_finish(nt_runs_differences *differences) {
    for (int32_t r = 0; differences->documents && r < differences->run_count; r++)
        json_decref(differences->documents[r]);
    nt_free(differences->items, differences->capacity * sizeof *differences->items);
    nt_arena_finish(&differences->arena);
}
