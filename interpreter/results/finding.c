/* From numbers to verdicts, and the words for an edit cut short. */
#include "finding.h"

#include "alloc.h"
#include <math.h>
#include <string.h>

bool nt_finding_given_up(const nt_finding *finding) {
    return finding->decision && strcmp(finding->decision, NT_GIVEN_UP) == 0;
}

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

nt_judged nt_finding_judged(nt_finding *finding) {
    if (finding->failure)
        finding->judgement = none;
    return (nt_judged){&finding->judgement, nt_finding_change(finding)};
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
