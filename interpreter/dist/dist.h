/* The processes that work on one run: this one alone, or those that a launcher of MPI (mpirun,
 * srun) started together. Each has a rank, from 0; only rank 0 writes files and talks to the user.
 *
 * Two things go between them: messages, of a few kinds and any size, from and to rank 0, and
 * exchanges of floats between two ranks, for training. Nothing here waits unless it says so; a
 * process that waits for others calls nt_dist_pause between two looks. Only the thread that called
 * nt_dist_begin may call any of it. A process that is lost takes all others with it, as MPI has it,
 * and the job's exit status is then 1: no error of MPI comes back from here.
 *
 * dist_mpi.c and dist_guard.c do it by MPI, dist_serial.c for one process without MPI; either is
 * built. */
#ifndef NT_DIST_H
#define NT_DIST_H

#include "diagnostic.h"
#include <stddef.h>
#include <stdint.h>

/* What MPI the program was built with, "Open MPI 4.1.4"; NULL: none. */
const char *nt_dist_library(void);

/* Where a launcher started several, this process becomes two, of which the other goes on: then it
 * returns true once that one has ended, and there is nothing left to do but to say what `error`
 * has, if anything, and exit with what nt_dist_guard_end makes of the status. To be called first of
 * all, before there are threads. */
bool nt_dist_guard(int *ret_exit_status, nt_error *error);
int nt_dist_guard_end(int exit_status);

/* Joins the processes that this one was started with; where it was started alone, MPI is left
 * alone, too. Where those on a machine may all run on the same processors, each keeps to its share
 * of them from now on. NT_USAGE where several were started and the program was built without MPI.
 * To be called once, before any of the rest. */
nt_status nt_dist_begin(nt_error *error);

/* Last of all, by every one of them: rank 0 tells the others that it is over, with its exit status;
 * others wait for that. Returns the status to exit with, which is rank 0's. */
int nt_dist_end(int exit_status);

/* How many processes a launcher said that it started, whatever was built; 1: it is alone. And which
 * of them this one is. */
int nt_dist_launched(void);
int nt_dist_launched_rank(void);

int nt_dist_rank(void);
int nt_dist_size(void);
int nt_dist_local_size(void); /* of them, those on this machine */
int nt_dist_threads(void); /* how many processors are this one's; 0: it is alone, nobody counted */
const char *nt_dist_machine(void); /* this machine's name */

void nt_dist_pause(void); /* lets others have the processor: a look's worth, up to a millisecond */

/* --- messages --------------------------------------------------------------------------------- */

/* What rank 0 sends last of all: who has received it must not wait for anything any more. And what
 * another rank sends that can't go on: why, in words for the user, without an end. */
enum { NT_DIST_END = 1023, NT_DIST_FAILED = 1022 };

typedef struct nt_dist_message {
    int from, kind;
    size_t size;
    void *bytes; /* the message's own */
} nt_dist_message;

/* Sends a copy. `kind`: 0 to 1021. NT_NO_MEMORY or NT_OK. */
nt_status nt_dist_send(int to, int kind, const void *bytes, size_t size);

/* The next message that has come. `*ret_came` false: there is none yet. NT_NO_MEMORY or NT_OK. */
nt_status nt_dist_receive(nt_dist_message *ret, bool *ret_came);
void nt_dist_message_finish(nt_dist_message *message);

/* --- exchanges -------------------------------------------------------------------------------- */

/* Floats on their way between this process and another one, or among all. */
typedef struct nt_dist_exchange nt_dist_exchange;

/* Sends `mine` to rank `with`, which sends its own, of the same number and tag (0 to 32767), to
 * `theirs`; neither may be touched until the exchange is done. Two exchanges of a pair may be under
 * way at once if their tags differ. NT_NO_MEMORY or NT_OK. */
nt_status nt_dist_swap(int with, int tag, const float *mine, float *theirs, int64_t count,
                       nt_dist_exchange **ret);

/* The sum over all ranks in place of each one's, in an order that MPI chooses. All ranks must begin
 * theirs in the same order. */
nt_status nt_dist_sum(float *values, int64_t count, nt_dist_exchange **ret);

/* Rank 0's bytes become everybody's: all must call it, in the same order, and wait. */
void nt_dist_share(void *bytes, size_t size);

/* Whether it is done; then it is freed and *exchange is NULL. True of NULL. */
bool nt_dist_done(nt_dist_exchange **exchange);
void nt_dist_wait(nt_dist_exchange **exchange); /* until it is done */

#endif
