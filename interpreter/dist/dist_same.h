/* What must be the same on all ranks before they do anything together: which program it is, how it
 * computes, and what of, as lines of text. Each other rank sends its lines to rank 0, which looks
 * for the first that differs. How the message goes is the caller's. */
#ifndef NT_DIST_SAME_H
#define NT_DIST_SAME_H

#include "dist.h"

/* Adds the first of the lines: the program's build, and its numerics (ops/numerics.h). */
void nt_same_begin(nt_text *lines, const char *numerics);

/* The message for rank 0: this machine's name, and the lines. */
void nt_same_message(nt_text *message, const char *lines);

/* On rank 0: whether another rank's message has the lines, too. NT_FAILED with that rank, its
 * machine, and what it has in place of what. */
nt_status nt_same_compare(const nt_dist_message *message, const char *lines, nt_error *error);

#endif
