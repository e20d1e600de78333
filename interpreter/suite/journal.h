/* What has been measured so far, so that a suite that was interrupted measures only what is
 * missing. A text file in the run folder, one line an outcome, added as soon as it is known:
 *
 *     key,total,correct,loss          key: SHA-256 of all that the outcome follows from
 *
 * A line that was cut short by a crash is cut off and measured again. */
#ifndef NT_JOURNAL_H
#define NT_JOURNAL_H

#include "evaluation.h"
#include "hash.h"

typedef struct nt_journal nt_journal;

nt_status nt_journal_open(const char *path, nt_journal **ret, nt_error *error);
void nt_journal_close(nt_journal *journal); /* takes NULL */

/* ret_before, if not NULL: whether it was known when the journal was opened. */
bool nt_journal_find(const nt_journal *journal, const char *key, nt_outcome *ret, bool *ret_before);
nt_status nt_journal_add(nt_journal *journal, const char *key, nt_outcome outcome, nt_error *error);

#endif
