#include "method_words.h"

#include <stdlib.h>
#include <string.h>

const char *nt_words_between(int32_t i, int32_t count) {
    return i == 0 ? "" : i + 1 < count ? ", " : " and ";
}

const char *nt_words_plural(int64_t count) {
    return count == 1 ? "" : "s";
}

/* --- options ---------------------------------------------------------------------------------- */

void nt_words_add_real(nt_text *text, double value) {
    char digits[32];
    snprintf(digits, sizeof digits, "%g", value);
    if (strtod(digits, NULL) == value)
        nt_text_add(text, digits);
    else
        nt_text_add_real(text, value);
}

static void add_scalar(nt_text *text, nt_scalar scalar) {
    if (scalar.kind == NT_SCALAR_BOOL)
        nt_text_add(text, scalar.truth ? "true" : "false");
    else if (scalar.kind == NT_SCALAR_INT)
        nt_text_printf(text, "%lld", (long long)scalar.integer);
    else if (scalar.kind == NT_SCALAR_REAL)
        nt_words_add_real(text, scalar.real);
    else
        nt_text_add(text, scalar.text && scalar.text[0] ? scalar.text : "none");
}

void nt_words_add_value(nt_text *text, const nt_option *option) {
    if (option->list)
        nt_text_add(text, "[");
    for (int32_t i = 0; i < option->count; i++) {
        nt_text_add(text, i ? ", " : "");
        add_scalar(text, option->items[i]);
    }
    if (option->list)
        nt_text_add(text, "]");
}

void nt_words_add_options(nt_text *text, const nt_option *options, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        nt_text_printf(text, "%s%s ", i ? ", " : " (", options[i].name);
        nt_words_add_value(text, &options[i]);
    }
    nt_text_add(text, count ? ")" : "");
}

void nt_words_add_part(nt_text *text, const nt_method_part *part) {
    nt_text_add(text, part->kind);
    nt_words_add_options(text, part->options, part->option_count);
}

/* --- of a run --------------------------------------------------------------------------------- */

void nt_words_add_seeds(const nt_results *results, nt_text *text) {
    for (int32_t s = 0; s < results->seed_count; s++)
        nt_text_printf(text, "%s%d", nt_words_between(s, results->seed_count),
                       results->baseline[s].seed);
}

bool nt_words_normalises(const nt_results *results) {
    for (int32_t i = 0; i < results->layer_count; i++)
        if (strcmp(results->layers[i].op, "batch_norm") == 0)
            return true;
    return false;
}

const char *nt_words_norm(const char *norm) {
    return strcmp(norm, "batch") == 0          ? "the statistics of the batch itself"
           : strcmp(norm, "recalibrated") == 0 ? "statistics that were found again after each edit"
                                               : "the running statistics of training";
}

bool nt_words_has_kind(const nt_group_result *group, const char *kind) {
    for (int32_t c = 0; c < group->case_count; c++)
        for (int32_t e = 0; e < group->cases[c].edit_count; e++)
            if (strcmp(group->cases[c].edits[e].kind, kind) == 0)
                return true;
    return false;
}

int32_t nt_words_convolutions(const nt_results *results) {
    int32_t count = 0;
    for (int32_t i = 0; i < results->layer_count; i++)
        count += results->layers[i].convolution;
    return count;
}

int64_t nt_words_parameters(const nt_results *results) {
    int64_t count = 0;
    for (int32_t i = 0; i < results->layer_count; i++)
        count += results->layers[i].parameters;
    return count;
}
