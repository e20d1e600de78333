/* Every way to take the beginning off a name, up to a dot, so that a state's name is left, is a
 * vote for that beginning; the one with the most votes is the prefix. Counters have no vote: a
 * network has many of the same name. */
#include "name_map.h"

#include "alloc.h"
#include <stdlib.h>
#include <string.h>

typedef struct votes {
    const char **prefixes;
    size_t count, capacity;
    const char **states; /* names of those that vote, in order */
    size_t state_count, longest;
} votes;

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool find_states(votes *v, const nt_network *network) {
    v->states = nt_alloc(network->state_count * sizeof *v->states);
    for (size_t i = 0; v->states && i < network->state_count; i++) {
        const nt_state *state = &network->states[i];
        size_t length = strlen(state->name);
        if (state->role == NT_COUNTER)
            continue;
        v->states[v->state_count++] = state->name;
        v->longest = length > v->longest ? length : v->longest;
    }
    if (v->state_count)
        qsort(v->states, v->state_count, sizeof *v->states, by_text);
    return v->states != NULL;
}

static bool is_state(const votes *v, const char *name) {
    return v->state_count &&
           bsearch(&name, v->states, v->state_count, sizeof *v->states, by_text) != NULL;
}

static bool vote(votes *v, const char *prefix) {
    if (!prefix || !nt_grow((void **)&v->prefixes, &v->capacity, v->count, sizeof *v->prefixes))
        return false;
    v->prefixes[v->count++] = prefix;
    return true;
}

/* A name may have any number of dots: only as much of its end counts as a state's name is long. */
static bool vote_by(votes *v, const char *name, nt_arena *arena) {
    size_t length = strlen(name);
    const char *rest = name;
    if (length > v->longest) {
        rest = strchr(name + length - v->longest - 1, '.');
        rest = rest ? rest + 1 : NULL;
    }
    for (const char *dot; rest; rest = dot ? dot + 1 : NULL) {
        dot = strchr(rest, '.');
        if (is_state(v, rest) && !vote(v, nt_arena_substring(arena, name, (size_t)(rest - name))))
            return false;
    }
    return true;
}

/* The one with the most votes; `ret_rival` is another with as many, or NULL. Names as they are need
 * not win: they are the first. */
static const char *elect(const votes *v, const char **ret_rival) {
    const char *best = "";
    size_t most = 0;
    *ret_rival = NULL;
    for (size_t i = 0, j; i < v->count; i = j) {
        for (j = i; j < v->count && strcmp(v->prefixes[i], v->prefixes[j]) == 0; j++)
            ;
        if (j - i == most && best[0])
            *ret_rival = v->prefixes[i];
        if (j - i > most) {
            most = j - i;
            best = v->prefixes[i];
            *ret_rival = NULL;
        }
    }
    return best;
}

nt_status nt_name_prefix(const char *const *names, size_t count, const nt_network *network,
                         nt_arena *arena, const char **ret, const char **ret_rival) {
    votes v = {0};
    bool fine = find_states(&v, network);
    for (size_t i = 0; i < count && fine; i++)
        fine = !names[i] || vote_by(&v, names[i], arena);
    if (fine && v.count)
        qsort(v.prefixes, v.count, sizeof *v.prefixes, by_text);
    if (fine)
        *ret = elect(&v, ret_rival);
    nt_free(v.prefixes, v.capacity * sizeof *v.prefixes);
    nt_free(v.states, network->state_count * sizeof *v.states);
    return fine ? NT_OK : NT_NO_MEMORY;
}
