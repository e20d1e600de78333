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
} votes;

static bool vote(votes *v, const char *prefix) {
    if (!prefix || !nt_grow((void **)&v->prefixes, &v->capacity, v->count, sizeof *v->prefixes))
        return false;
    v->prefixes[v->count++] = prefix;
    return true;
}

static bool vote_by(votes *v, const char *name, const nt_network *network, nt_arena *arena) {
    for (const char *rest = name; rest; rest = strchr(rest, '.') ? strchr(rest, '.') + 1 : NULL) {
        const nt_state *state = nt_network_state(network, rest);
        if (state && state->role != NT_COUNTER &&
            !vote(v, nt_arena_substring(arena, name, (size_t)(rest - name))))
            return false;
    }
    return true;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
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
    bool fine = true;
    for (size_t i = 0; i < count && fine; i++)
        fine = !names[i] || vote_by(&v, names[i], network, arena);
    if (fine && v.count)
        qsort(v.prefixes, v.count, sizeof *v.prefixes, by_text);
    if (fine)
        *ret = elect(&v, ret_rival);
    nt_free(v.prefixes, v.capacity * sizeof *v.prefixes);
    return fine ? NT_OK : NT_NO_MEMORY;
}
