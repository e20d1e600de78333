/* What a run came from, in the folder source/ of its run folder: copies of the suite, of the graph
 * and what it includes and of the hooks, and run.json, which says where these were, how the run was
 * begun and what it took that isn't copied, each with its SHA-256.
 *
 *     source/suite.yaml     the suite with its defaults and the command line's settings; its paths
 *                           name the files beside it
 *     source/NAME.yaml      the graph, and what it includes
 *     source/NAME.lua       the hooks
 *     source/run.json       an nt_run_source, and the only place that has a date
 *
 * Texts are of who fills it in, or in the arena that it was read into. */
#ifndef NT_RUN_SOURCE_H
#define NT_RUN_SOURCE_H

#include "arena.h"
#include "diagnostic.h"
#include <stdbool.h>
#include <stdint.h>

#define NT_SOURCE_FOLDER "source"
#define NT_SOURCE_SUITE "suite.yaml"
#define NT_SOURCE_RUN "run.json"

/* A file in source/, or one of weights. */
typedef struct nt_source_file {
    const char *file;   /* its name */
    const char *from;   /* where it was: an absolute path */
    const char *digest; /* of the file in source/, of weights of the file where it was */
    const char *key;    /* of weights: what the suite calls them; else NULL */
} nt_source_file;

typedef struct nt_run_source {
    const char *date; /* in UTC: "2026-11-29T08:00:35Z" */
    const char *const *command;
    int32_t command_count;
    const char *folder; /* where it was given */
    const char *const *overrides;
    int32_t override_count;
    const char *suite_digest; /* provenance.suite_sha256: of the suite as it was written */
    const char *processor, *build;
    const nt_source_file *files; /* the suite first, then the graph */
    int32_t file_count;
    const nt_source_file *weights;
    int32_t weight_count;
    const char *data, *data_digest; /* the data's folder; "" of data that are made */
} nt_run_source;

/* Whether both say the same of all that results follow from: files, weights and data, not how and
 * when. */
bool nt_run_source_same(const nt_run_source *a, const nt_run_source *b);

/* In the run folder; all of it in `arena`. NT_INVALID where it isn't there or isn't one. */
nt_status nt_run_source_read(const char *run, nt_arena *arena, nt_run_source *ret, nt_error *error);
nt_status nt_run_source_write(const nt_run_source *source, const char *run, nt_error *error);

#endif
