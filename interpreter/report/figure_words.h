/* What is seen in a figure, in words for who can't see it: the ends of what it shows and how much
 * there is of it. All its numbers are in the table behind it. */
#ifndef NT_FIGURE_WORDS_H
#define NT_FIGURE_WORDS_H

#include "figure.h"

/* Appends the figure's title, its caption and what is seen. */
void nt_figure_words(const nt_figure *figure, const nt_record *record, nt_text *words);

/* For nt_figure_kind.describe: what layers cost, how groups' verdicts are shared out, how far each
 * seed's training came. */
void nt_describe_costs(const nt_record *record, const nt_record_group *group, nt_text *words);
void nt_describe_verdicts(const nt_record *record, const nt_record_group *group, nt_text *words);
void nt_describe_training(const nt_record *record, const nt_record_group *group, nt_text *words);

#endif
