/* What the processes of a run say to each other (dist.h), as bytes: integers of 64 bits, reals,
 * texts and arrays, each after its length, as this machine holds them; all processes are the same
 * program on the same kind of machine, which is looked at first of all.
 *
 *     READY    a worker is as far as rank 0: the lines that must be the same (dist_same.h)
 *     SEED     the seed's number, and after which epochs its weights were kept; these are shared
 *              next
 *     GRAPH    a graph's number, which images it is for, its cases
 *     UNIT     a unit of the last graph: number, samples, losses so far
 *     ANSWER   of a unit: number, status and why, or outcomes and losses
 *     TRAIN    numbers of the seeds that the worker is to train by itself, one after the other
 *     TOGETHER the number of a seed that so many ranks are to train together
 *     TRAINED  they are, or status and why
 *     STOP     to end training as at a signal */
#ifndef NT_SUITE_WIRE_H
#define NT_SUITE_WIRE_H

#include "case_graph.h"

typedef enum nt_wire_kind {
    NT_WIRE_READY,
    NT_WIRE_SEED,
    NT_WIRE_GRAPH,
    NT_WIRE_UNIT,
    NT_WIRE_ANSWER,
    NT_WIRE_TRAIN,
    NT_WIRE_TOGETHER,
    NT_WIRE_TRAINED,
    NT_WIRE_STOP
} nt_wire_kind;

/* --- writing ---------------------------------------------------------------------------------- */

void nt_wire_put_int(nt_text *text, int64_t value);
void nt_wire_put_bytes(nt_text *text, const void *bytes, size_t size);
void nt_wire_put_text(nt_text *text, const char *words); /* or NULL */
void nt_wire_put_edits(nt_text *text, const nt_edits *edits);

/* Sends the text as a message, and finishes it. NT_NO_MEMORY if it is incomplete. */
nt_status nt_wire_send(int to, nt_wire_kind kind, nt_text *text, nt_error *error);

/* --- reading ---------------------------------------------------------------------------------- */

/* Once something isn't there, `failed` stays, and what is taken is zero or NULL. */
typedef struct nt_wire {
    const unsigned char *at;
    size_t left;
    bool failed;
} nt_wire;

nt_wire nt_wire_of(const void *bytes, size_t size);

int64_t nt_wire_int(nt_wire *wire);
const void *nt_wire_bytes(nt_wire *wire, size_t *ret_size); /* in the message, not aligned */
const char *nt_wire_text(nt_wire *wire);                    /* in the message, or NULL */

/* Options and all in `arena`. */
nt_edits nt_wire_edits(nt_wire *wire, nt_arena *arena);

#endif
