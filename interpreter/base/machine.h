/* The machine as this process may use it, for advice and provenance, and for how many threads
 * are usual: no result depends on it. Linux:
 * /proc, the process's affinity, and control groups of either version, where they can be read. */
#ifndef NT_MACHINE_H
#define NT_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct nt_machine {
    int processors;       /* that are switched on */
    int allowed;          /* that this process may run on */
    double quota;         /* processors' worth of time; 0: no limit, or not known */
    int64_t memory;       /* bytes; 0: not known */
    int64_t available;    /* of them, without swapping */
    int64_t memory_limit; /* of the control group; 0: none, or not known */
} nt_machine;

void nt_machine_look(nt_machine *ret);

/* What decided how many threads are usual. */
typedef enum nt_threads_by {
    NT_THREADS_BY_PROCESSORS, /* one each */
    NT_THREADS_BY_AFFINITY,   /* one for each that this process may run on */
    NT_THREADS_BY_QUOTA,      /* one for each whole one of a control group's time */
    NT_THREADS_BY_LAUNCHER,   /* the share of one of several processes */
    NT_THREADS_BY_VARIABLE    /* OMP_NUM_THREADS */
} nt_threads_by;

extern const char *const nt_threads_by_names[]; /* "processors" … */

/* How many threads are usual, 1 to `most`. `variable`: what OMP_NUM_THREADS is, of a list the first
 * number; NULL, or none from 1 on: it decides nothing. `launched`: this process's share as its
 * launcher says; 0: it is alone. */
int nt_machine_threads(const nt_machine *machine, const char *variable, int launched, int most,
                       nt_threads_by *ret_by);

/* Bytes of a processor's second-level cache; where the system doesn't say, as many as are usual. */
size_t nt_machine_cache(void);

/* What the processor calls itself, or "unknown". */
enum { NT_MACHINE_NAME = 128 };

void nt_machine_processor(char ret[NT_MACHINE_NAME]);

/* Vector instructions that matter here, as the compiler calls them: "avx2", "fma". */
enum { NT_MACHINE_VECTORS = 8 };

/* Those that the processor has; returns how many. */
int nt_machine_vectors(const char *ret_names[NT_MACHINE_VECTORS]);
bool nt_machine_has(const char *vectors);

#endif
