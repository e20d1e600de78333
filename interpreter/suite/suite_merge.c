/* The order of things: the parts are found and held against each other, then joined, one
 * transaction each. What is missing, running the suite finds. */
#include "suite_merge.h"

#include "file.h"
#include "merge_source.h"
#include "run_source.h"
#include "store.h"
#include "suite_repeat.h"
#include "suite_run.h"
#include "trainer.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct part {
    const char *folder;
    int number, of;       /* by its name; `of` 0: its name doesn't say */
    bool empty;           /* nothing is measured yet */
    const char *numerics; /* how it was computed, for the most part; NULL: nothing was */
} part;

typedef struct merge {
    const nt_merging *m;
    nt_arena arena;
    part *parts;
    int32_t count;
    const char *source; /* the folder that says what run it is */
    nt_suite *suite;
    nt_store *store;
    int lock; /* of the run folder; -1: not taken */
    nt_error *error;
} merge;

static nt_status no_memory(const merge *me) {
    return nt_error_say(me->error, NT_NO_MEMORY, "out of memory joining %s", me->m->run);
}

static const char *path_in(merge *me, const char *folder, const char *name) {
    return nt_arena_printf(&me->arena, "%s/%s", folder, name);
}

/* --- the parts -------------------------------------------------------------------------------- */

/* Whether its last name is one of a part, and which. */
static bool read_name(const char *folder, int *ret_number, int *ret_of) {
    char name[64], exactly[64];
    size_t length = strlen(folder);
    while (length > 0 && folder[length - 1] == '/')
        length--;
    size_t start = length;
    while (start > 0 && folder[start - 1] != '/')
        start--;
    if (length - start >= sizeof name)
        return false;
    memcpy(name, folder + start, length - start);
    name[length - start] = '\0';
    if (sscanf(name, NT_PART_FOLDER, ret_number, ret_of) != 2 || *ret_number < 0 ||
        *ret_number > *ret_of)
        return false;
    snprintf(exactly, sizeof exactly, NT_PART_FOLDER, *ret_number, *ret_of);
    return strcmp(exactly, name) == 0;
}

static bool same_folder(const char *a, const char *b) {
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static nt_status add_part(merge *me, const char *folder) {
    part *p = &me->parts[me->count];
    struct stat info;
    *p = (part){.folder = folder};
    if (!nt_folder_exists(folder))
        return nt_error_in(me->error, NT_INVALID, folder, -1, "is not a folder");
    if (same_folder(folder, me->m->run))
        return nt_error_in(me->error, NT_INVALID, folder, -1, "is the run folder itself");
    if (!read_name(folder, &p->number, &p->of))
        p->of = 0;
    const char *store = path_in(me, folder, NT_STORE_NAME);
    if (!store)
        return no_memory(me);
    p->empty = stat(store, &info) != 0 || info.st_size == 0;
    me->count++;
    return NT_OK;
}

static nt_status find_parts(merge *me) {
    const nt_merging *m = me->m;
    nt_names found = {0};
    int number, of;
    if (m->part_count == 0)
        NT_TRY(nt_folders_in(m->run, &me->arena, &found, me->error));
    me->parts = NT_ARENA_ARRAY(&me->arena, part, m->part_count + found.count + 1);
    if (!me->parts)
        return no_memory(me);
    for (int32_t i = 0; i < m->part_count; i++)
        NT_TRY(add_part(me, m->parts[i]));
    for (int32_t i = 0; i < found.count; i++) {
        const char *folder = path_in(me, m->run, found.names[i]);
        if (!folder)
            return no_memory(me);
        if (read_name(folder, &number, &of))
            NT_TRY(add_part(me, folder));
    }
    if (me->count > 0)
        return NT_OK;
    nt_error_in(me->error, NT_INVALID, m->run, -1, "has no folder of a part");
    nt_error_hint(me->error, "'run SUITE --shard I/N' makes one, shard-I-of-N; folders elsewhere "
                             "are to be given after the run's");
    return NT_INVALID;
}

static bool has_source(merge *me, const char *folder) {
    const char *path = path_in(me, folder, NT_SOURCE_FOLDER "/" NT_SOURCE_RUN);
    return path && access(path, F_OK) == 0;
}

/* The run folder says what run it is, or else the first part does. */
static nt_status check_sources(merge *me) {
    me->source = has_source(me, me->m->run) ? me->m->run : NULL;
    for (int32_t i = 0; i < me->count; i++) {
        const part *p = &me->parts[i];
        if (p->empty && !has_source(me, p->folder)) /* it was ended before it began */
            continue;
        if (me->source)
            NT_TRY(nt_merge_check_source(p->folder, me->source, me->error));
        else
            me->source = p->folder;
    }
    if (me->source)
        return nt_suite_repeat(me->source, NULL, 0, &me->suite, me->error);
    return nt_error_in(me->error, NT_INVALID, me->m->run, -1,
                       "none of its parts has begun: they have no " NT_SOURCE_FOLDER
                       "/" NT_SOURCE_RUN);
}

/* --- joining ---------------------------------------------------------------------------------- */

static nt_status join_part(merge *me, part *p) {
    const nt_progress *progress = me->m->progress;
    int64_t fresh;
    nt_store *store;
    if (p->empty) {
        nt_progress_note(progress, "%s has measured nothing yet", p->folder);
        return NT_OK;
    }
    NT_TRY(nt_store_open_to_read(p->folder, &store, me->error));
    nt_status status = nt_store_join(me->store, store, &fresh, me->error);
    if (status == NT_OK)
        status = nt_store_usual_numerics(store, &me->arena, &p->numerics, me->error);
    nt_store_close(store);
    NT_TRY(status);
    if (fresh > 0)
        nt_progress_note(progress, "joined %s: %lld shards of outcomes are new", p->folder,
                         (long long)fresh);
    else
        nt_progress_note(progress, "%s has nothing new", p->folder);
    return NT_OK;
}

static nt_status join(merge *me) {
    const char *run = me->m->run;
    NT_TRY(nt_folder_make(run, me->error));
    NT_TRY(nt_folder_lock(run, &me->lock, me->error));
    nt_folder_sweep(run);
    NT_TRY(nt_store_open(run, &me->store, me->error));
    for (int32_t i = 0; i < me->count; i++)
        NT_TRY(join_part(me, &me->parts[i]));
    return NT_OK;
}

/* --- what doesn't fit ------------------------------------------------------------------------- */

static bool computes_like(const part *p, const part *other) {
    return p->numerics && other->numerics && strcmp(p->numerics, other->numerics) == 0;
}

/* The first of those that were computed like most of them are; NULL: none was computed. */
static const part *find_usual(const merge *me) {
    const part *usual = NULL;
    int32_t most = 0;
    for (int32_t i = 0; i < me->count; i++) {
        int32_t alike = 0;
        for (int32_t k = 0; k < me->count; k++)
            alike += computes_like(&me->parts[i], &me->parts[k]);
        if (alike > most) {
            usual = &me->parts[i];
            most = alike;
        }
    }
    return usual;
}

/* Outcomes of one case go together if they were computed alike: where not all are, and cases lack
 * some, those parts are to blame that were computed otherwise than most. */
static nt_status check_numerics(merge *me) {
    const part *usual = find_usual(me);
    nt_status status = NT_OK;
    int64_t open = 0;
    NT_TRY(nt_store_count_open(me->store, &open, me->error));
    for (int32_t i = 0; open > 0 && i < me->count; i++) {
        const part *p = &me->parts[i];
        if (!p->numerics || computes_like(p, usual))
            continue;
        status = nt_error_in(me->error, NT_FAILED, p->folder, -1,
                             "was computed with '%s', where %s was with '%s': their outcomes are "
                             "not of one case",
                             p->numerics, usual->folder, usual->numerics);
        nt_error_hint(me->error, "measure this part again, with the same program on a processor "
                                 "like the others', or with their NONTRIVIAL_KERNEL");
    }
    return status;
}

/* --- what is missing -------------------------------------------------------------------------- */

static bool is_there(const merge *me, int number, int of) {
    for (int32_t i = 0; i < me->count; i++)
        if (me->parts[i].of == of && me->parts[i].number == number && !me->parts[i].empty)
            return true;
    return false;
}

/* Whether any part is called number 0: they are counted from there, or else from 1. */
static int first_number(const merge *me) {
    for (int32_t i = 0; i < me->count; i++)
        if (me->parts[i].of > 0 && me->parts[i].number == 0)
            return 0;
    return 1;
}

/* " 3/7 5/7": of the first part's number of parts those that are not there. */
static void add_absent(const merge *me, nt_text *text) {
    int of = 0, first = first_number(me), named = 0;
    for (int32_t i = 0; of == 0 && i < me->count; i++)
        of = me->parts[i].of;
    for (int number = first; number < first + of; number++)
        if (!is_there(me, number, of) && named++ < 20)
            nt_text_printf(text, " %d/%d", number, of);
    if (named > 20)
        nt_text_add(text, " and more");
}

/* For whoever finds that something is missing. */
static nt_status note_absent(merge *me) {
    nt_text absent;
    nt_text_init(&absent);
    add_absent(me, &absent);
    if (absent.length > 0)
        nt_progress_note(me->m->progress, "these parts are not there:%s", absent.bytes);
    nt_status status = absent.failed ? no_memory(me) : NT_OK;
    nt_text_finish(&absent);
    return status;
}

/* Without its weights a seed would be trained anew for the sake of their digest. */
static nt_status check_weights(merge *me) {
    const nt_suite *suite = me->suite;
    for (int s = 0; suite->recipe && s < suite->seed_count; s++) {
        const char *path = nt_arena_printf(&me->arena, "%s/seed-%d/" NT_WEIGHTS_FILE, me->m->run,
                                           (int)suite->seeds[s]);
        if (!path)
            return no_memory(me);
        if (access(path, R_OK) == 0)
            continue;
        nt_error_in(me->error, NT_FAILED, path, -1, "is missing: the run's results name it");
        nt_error_hint(me->error, "put back the seed's folder, or train it again by 'run'");
        return NT_FAILED;
    }
    return NT_OK;
}

static nt_status merge_all(merge *me) {
    NT_TRY(find_parts(me));
    NT_TRY(check_sources(me));
    NT_TRY(join(me));
    NT_TRY(note_absent(me));
    NT_TRY(check_numerics(me));
    return check_weights(me);
}

nt_status nt_suite_merge(const nt_merging *merging, nt_suite **ret, nt_error *error) {
    merge me = {.m = merging, .lock = -1, .error = error};
    nt_arena_init(&me.arena);
    nt_status status = merge_all(&me);
    nt_store_close(me.store);
    if (me.lock >= 0)
        nt_folder_unlock(me.lock);
    if (status == NT_OK)
        *ret = me.suite;
    else
        nt_suite_free(me.suite);
    nt_arena_finish(&me.arena);
    return status;
}
