/* Repeating a run from its folder alone: the suite is the one in its source/ (run_source.h), its
 * data and its weights are found, or what is wanted is said. */
#ifndef NT_SUITE_REPEAT_H
#define NT_SUITE_REPEAT_H

#include "suite_file.h"

/* As nt_suite_load of the suite in the run folder. Where `settings` say nothing of them, weights
 * are sought where they were and beside the suite, with the recorded SHA-256, and data as the suite
 * says, under $NONTRIVIAL_DATA and where they were. Without settings, the suite has the digest that
 * it had. NT_INVALID where something is lacking. */
nt_status nt_suite_repeat(const char *run, const nt_setting *settings, int setting_count,
                          nt_suite **ret, nt_error *error);

#endif
