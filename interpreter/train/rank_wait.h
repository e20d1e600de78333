/* Waiting for the other ranks that take part in a training. It ends, too, when one of them says
 * that it can't go on, or rank 0 that all is over: then it fails, and what was under way is given
 * up; MPI may go on reading and writing its memory, which must not be freed. */
#ifndef NT_RANK_WAIT_H
#define NT_RANK_WAIT_H

#include "dist.h"

/* The kinds of the messages of a training. While it lasts no others may come. */
enum {
    NT_TRAIN_HELLO = 900, /* to rank 0: what one works with */
    NT_TRAIN_START,       /* from rank 0: where the training stands */
    NT_TRAIN_DIGEST,      /* to rank 0: of all that is trained */
    NT_TRAIN_CULPRIT,     /* to rank 0, and back: what was not finite first */
    NT_TRAIN_DONE         /* from rank 0: all is written */
};

/* The tag of exchanges other than of rank_sum.h, which takes those below it. */
enum { NT_RANK_TAG_OTHERS = 32767 };

/* Looks once, without waiting. */
nt_status nt_rank_look(nt_error *error);

/* Until the exchange is done. */
nt_status nt_rank_wait(nt_dist_exchange **exchange, nt_error *error);

/* Until a message of this kind comes, which is then the caller's to finish. */
nt_status nt_rank_receive(int kind, nt_dist_message *ret, nt_error *error);

#endif
