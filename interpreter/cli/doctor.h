/* What this build and this machine offer, and what is amiss with them: gathered by doctor.c, shown
 * by cmd_doctor.c. */
#ifndef NT_DOCTOR_H
#define NT_DOCTOR_H

#include "arena.h"
#include "machine.h"
#include "op_library.h"
#include "status.h"
#include <stdbool.h>

/* A program that is run by name. */
typedef struct nt_helper {
    const char *name, *package; /* package: Debian's */
    const char *path;           /* NULL: it isn't installed */
    const char *version;        /* as it says itself; NULL: not known */
} nt_helper;

enum { NT_HELPERS = 2, NT_MOST_COMPLAINTS = 16 };

typedef struct nt_complaint {
    const char *what, *remedy;
    bool stops; /* suites can't be run as things stand */
} nt_complaint;

typedef struct nt_checkup {
    nt_machine machine;
    const char *library, *kernel;        /* "nontrivial", "avx512"; "BLIS 0.9.0", "zen3" */
    const char *kernels[NT_OPS_KERNELS]; /* that there are, the fastest first */
    bool kernel_fits;                    /* it is the fastest */
    const char *vectors_used;            /* by our own loops */
    int threads;                         /* unless --threads says otherwise */
    nt_threads_by threads_by;            /* and what decided it */
    const char *omp_num_threads;         /* the variables; NULL: not set */
    const char *data;
    bool data_exists;
    const char *share; /* the networks, hooks and suites that come along; NULL: not found */
    nt_helper helpers[NT_HELPERS]; /* gnuplot, dot */
    nt_complaint complaints[NT_MOST_COMPLAINTS];
    int complaint_count;
} nt_checkup;

/* Texts lie in `arena`. NT_NO_MEMORY or NT_OK. */
nt_status nt_checkup_make(nt_arena *arena, nt_checkup *ret);

/* Whether anything stops the main job, running a suite. */
bool nt_checkup_stops(const nt_checkup *checkup);

#endif
