/* For the tests of hooks that ask: answers them from a made-up model, and writes down what was
 * asked. */
#ifndef SUPPORT_HOOK_DRIVE_H
#define SUPPORT_HOOK_DRIVE_H

#include "support_hook.h"

/* The answer to one question. */
typedef nt_answer (*model)(const nt_network *network, const nt_case *question);

/* Each edited layer costs 8 of 1000 samples, plus its index. */
nt_answer by_index(const nt_network *network, const nt_case *question);

/* Answers `hook` until it ends: a line of questions for each time that it asks (NULL: not wanted),
 * then its cases. */
nt_status answer_all(nt_hook *hook, const nt_network *network, model answer_to, nt_text *transcript,
                     nt_text *ret, nt_error *error);

/* The same from the script's path; diagnostics take the place of the cases. */
nt_status drive_path(const char *path, const nt_network *network, const nt_hook_option *options,
                     int count, model answer_to, nt_text *transcript, nt_text *ret);

#endif
