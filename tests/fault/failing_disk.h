/* A disk that fails: SQLite's own file system, but that the n-th write, truncation, sync or removal
 * can fail, and that it can list them. */
#ifndef FAILING_DISK_H
#define FAILING_DISK_H

#include "text.h"

/* What SQLite uses from now on. */
bool disk_start(void);
void disk_stop(void);

enum { DISK_KILLS = -1 };

/* The n-th call from now gives `code`, an error of SQLite's, and so do all that follow if
 * `from_then_on`; or it kills the process, for DISK_KILLS. A write has done half of its work by
 * then, other calls nothing. n = 0: no call does. */
void disk_fail(int n, int code, bool from_then_on);
int disk_failures(void); /* since then */

/* Adds a letter a call to `calls` (NULL: no more). j, J: a write to and a sync of the journal; d,
 * D: the same of the database; t, T: a truncation of either; x, X: a removal without and with a
 * sync of the folder. */
void disk_list(nt_text *calls);

#endif
