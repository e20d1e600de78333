/* Results in words: what a case does, how verdicts are to be read, how it was all done. */
#ifndef NT_RESULTS_WORDS_H
#define NT_RESULTS_WORDS_H

#include "results.h"

/* What a case does, in words: "zero conv1 layer1.0.conv1, drop layer2.1.add". In `arena`; NULL when
 * out of memory. */
const char *nt_case_words(const nt_results *results, const nt_case_result *item, nt_arena *arena);

/* Appends what is done to a layer: "noise (deviation 0.1, seed 7)". */
void nt_edit_add_how(const nt_edit_result *edit, nt_text *text);

/* Appends what was done, as the methods of a paper say it: of what is known, paragraphs that end
 * with a line's end. */
void nt_results_add_method(const nt_results *results, nt_text *text);

/* The same in short, a line for each subject. A name of NULL ends the table. */
typedef struct nt_brief {
    const char *subject; /* "Data" */
    void (*add)(const nt_results *results, nt_text *text);
} nt_brief;

extern const nt_brief nt_briefs[];

/* Appends how verdicts and intervals are to be read, as sentences. */
void nt_results_add_legend(const nt_results *results, nt_text *text);

/* Where there are too few patients for any case to be called trivial, appends that and why, between
 * `before` and `after`. */
void nt_results_add_few(const nt_results *results, const char *before, const char *after,
                        nt_text *text);

/* Where the seeds leave a case undecided although its own interval is not, appends why, between
 * `before` and `after`. */
void nt_results_add_adjusted(const nt_results *results, const char *before, const char *after,
                             nt_text *text);

/* Appends what the seeds conclude together of a case: "critical", "undecided (9 seeds)", as many as
 * might decide; nothing where fewer than two have numbers. */
void nt_recipe_add_verdict(const nt_recipe_finding *recipe, nt_text *text);

#endif
