/* From outcomes to a verdict, and the words for an edit cut short. */
#include "finding.h"

#include "alloc.h"
#include <math.h>
#include <string.h>

static double value_of(const nt_comparison *with, const unsigned char *outcomes, int32_t sample) {
    size_t size = (size_t)nt_score_bytes(with->scoring);
    return nt_score_value(with->scoring, outcomes + (size_t)sample * size);
}

int nt_finding_moved(const nt_comparison *with, const unsigned char *outcomes, int32_t sample) {
    double before = value_of(with, with->baseline, sample);
    double after = value_of(with, outcomes, sample);
    return (after > before) - (after < before);
}

static void compare_classes(nt_finding *finding, const nt_comparison *with) {
    finding->change = nt_paired_change(finding->paired);
    finding->interval = nt_paired_interval(finding->paired, 1 - NT_ALPHA);
    finding->p = nt_paired_mcnemar(finding->paired);
    finding->margin = nt_paired_margin(finding->paired, with->margin);
}

/* One seed for all cases, so that two that are equal look equal. */
static nt_status compare_masks(nt_finding *finding, const nt_comparison *with,
                               const double *baseline, const double *other) {
    nt_bootstrap bootstrap;
    const nt_bootstrap_data data = {.baseline = baseline,
                                    .other = other,
                                    .clusters = with->patients,
                                    .samples = with->samples,
                                    .draws = NT_BOOTSTRAP_DRAWS};
    NT_TRY(nt_bootstrap_init(&bootstrap, &data));
    finding->change = bootstrap.change;
    finding->interval = nt_bootstrap_interval(&bootstrap, 1 - NT_ALPHA);
    finding->p = nt_bootstrap_p(&bootstrap);
    finding->margin = nt_bootstrap_margin(&bootstrap, with->margin);
    nt_bootstrap_finish(&bootstrap);
    return NT_OK;
}

nt_status nt_finding_compare(nt_finding *finding, const nt_comparison *with,
                             const unsigned char *outcomes) {
    finding->paired = (nt_paired){.samples = with->samples};
    for (int32_t i = 0; i < with->samples; i++) {
        int moved = nt_finding_moved(with, outcomes, i);
        finding->paired.lost += moved < 0;
        finding->paired.gained += moved > 0;
    }
    if (with->scoring.target == NT_TARGET_CLASS) {
        compare_classes(finding, with);
        return NT_OK;
    }
    size_t size = 2 * (size_t)with->samples * sizeof(double);
    double *values = nt_alloc(size);
    for (int32_t i = 0; values && i < with->samples; i++) {
        values[i] = value_of(with, with->baseline, i);
        values[with->samples + i] = value_of(with, outcomes, i);
    }
    nt_status status =
        values ? compare_masks(finding, with, values, values + with->samples) : NT_NO_MEMORY;
    nt_free(values, size);
    return status;
}

double nt_finding_change(const nt_finding *finding) {
    return finding->failure ? (double)NAN : finding->change;
}

/* --- together --------------------------------------------------------------------------------- */

/* Adjusts one number of each finding; the NaN of a failure isn't counted. */
static nt_status adjust(nt_finding *const *findings, int32_t count, bool outside, double *p) {
    for (int32_t i = 0; i < count; i++) {
        const nt_finding *finding = findings[i];
        p[i] = finding->failure ? (double)NAN : outside ? finding->margin.outside : finding->p;
    }
    NT_TRY(nt_holm(p, count, p));
    for (int32_t i = 0; i < count; i++)
        *(outside ? &findings[i]->margin.outside : &findings[i]->p_holm) = p[i];
    return NT_OK;
}

nt_status nt_findings_judge(nt_finding *const *findings, int32_t count) {
    size_t size = (size_t)count * sizeof(double) + 1;
    double *p = nt_alloc(size);
    nt_status status = p ? adjust(findings, count, false, p) : NT_NO_MEMORY;
    if (status == NT_OK)
        status = adjust(findings, count, true, p);
    nt_free(p, size);
    for (int32_t i = 0; status == NT_OK && i < count; i++)
        if (!findings[i]->failure)
            findings[i]->verdict = nt_verdict_of(findings[i]->margin, NT_ALPHA);
    return status;
}

/* --- words ------------------------------------------------------------------------------------ */

/* Appends what is done in one way, words[0 .. length): the kind, names and perhaps a remark in
 * parentheses, a blank before each. */
static void add_part(const char *words, size_t length, int32_t most, nt_text *text) {
    const char *end = words + length, *remark = memchr(words, '(', length), *cut = end;
    const char *names_end = remark ? remark - 1 : end;
    int32_t names = 0;
    for (const char *p = words; p < names_end; p++)
        if (*p == ' ' && names++ == most)
            cut = p;
    if (names <= most) {
        nt_text_add_bytes(text, words, length);
        return;
    }
    nt_text_add_bytes(text, words, (size_t)(cut - words));
    nt_text_printf(text, " and %d more", names - most);
    nt_text_add_bytes(text, names_end, (size_t)(end - names_end));
}

/* Parts are set apart by commas; no name has a comma or a parenthesis, a remark may have commas. */
const char *nt_words_shorten(const char *words, int32_t most, nt_arena *arena) {
    nt_text text;
    nt_text_init(&text);
    while (*words) {
        size_t length = strcspn(words, ",(");
        if (words[length] == '(')
            length += strcspn(words + length, ")");
        length += words[length] == ')';
        add_part(words, length, most, &text);
        words += length;
        size_t gap = strspn(words, ", ");
        nt_text_add_bytes(&text, words, gap);
        words += gap;
    }
    const char *copy = text.failed ? NULL : nt_arena_string(arena, text.bytes);
    nt_text_finish(&text);
    return copy;
}
