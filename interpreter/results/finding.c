/* From numbers to verdicts, and the words for an edit cut short. */
#include "finding.h"

#include "alloc.h"
#include <math.h>
#include <string.h>

double nt_finding_value(const nt_finding *finding) {
    return finding->failure ? (double)NAN : finding->outcome.value;
}

double nt_finding_change(const nt_finding *finding) {
    return finding->failure ? (double)NAN : finding->change;
}

const char *nt_finding_no_interval(const nt_finding *finding) {
    if (finding->failure || !isnan(finding->judgement.within_95.low))
        return NULL;
    return finding->outcome.total - finding->outcome.uncounted > 1 ? "none: one patient"
                                                                   : "none: one image";
}

/* --- together --------------------------------------------------------------------------------- */

static const nt_judgement none = {
    .within_95 = {NAN, NAN}, .within_90 = {NAN, NAN}, .p = NAN, .margin = {NAN, NAN}};

nt_status nt_findings_judge(nt_finding *const *findings, int32_t count) {
    size_t pointers = (size_t)count * sizeof(nt_judgement *) + 1;
    size_t numbers = (size_t)count * sizeof(double) + 1;
    nt_judgement **judgements = nt_alloc(pointers);
    double *changes = nt_alloc(numbers);
    nt_status status = judgements && changes ? NT_OK : NT_NO_MEMORY;
    for (int32_t i = 0; status == NT_OK && i < count; i++) {
        if (findings[i]->failure)
            findings[i]->judgement = none;
        judgements[i] = &findings[i]->judgement;
        changes[i] = nt_finding_change(findings[i]);
    }
    if (status == NT_OK)
        status = nt_judge(judgements, changes, count);
    nt_free(judgements, pointers);
    nt_free(changes, numbers);
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
