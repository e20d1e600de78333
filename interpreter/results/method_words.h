/* Words that the method in full (method.c) and in short (method_brief.c) have in common. */
#ifndef NT_METHOD_WORDS_H
#define NT_METHOD_WORDS_H

#include "results.h"

const char *nt_words_between(int32_t i, int32_t count); /* items: "a, b and c" */
const char *nt_words_plural(int64_t count);             /* "s", or "" of one */

/* 150, and not 1.5e+02, where so few digits are exact. */
void nt_words_add_real(nt_text *text, double value);

void nt_words_add_value(nt_text *text, const nt_option *option); /* of an option alone */

/* " (momentum 0.9, nesterov true)"; nothing without options. */
void nt_words_add_options(nt_text *text, const nt_option *options, int32_t count);
void nt_words_add_part(nt_text *text, const nt_method_part *part);

void nt_words_add_seeds(const nt_results *results, nt_text *text); /* "0, 1 and 2" */

bool nt_words_normalises(const nt_results *results); /* the network has batch normalisation */
const char *nt_words_norm(const char *batch_norm);   /* by which statistics it is */

bool nt_words_has_kind(const nt_group_result *group, const char *kind); /* of edits */
int32_t nt_words_convolutions(const nt_results *results);
int64_t nt_words_parameters(const nt_results *results);

#endif
