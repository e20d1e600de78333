#include "compared_words.h"

#include "hash.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- values ----------------------------------------------------------------------------------- */

enum { SHOWN = 40, DIGEST_SHOWN = 12, ITEMS_SHOWN = 3 };

static bool is_digest(const char *text) {
    return strlen(text) == NT_DIGEST_HEX - 1 &&
           strspn(text, "0123456789abcdef") == NT_DIGEST_HEX - 1;
}

/* As much of a text as there is room for, cut between characters. */
static void add_shown(const char *string, nt_text *text) {
    size_t length = strlen(string), kept = SHOWN;
    if (is_digest(string)) {
        nt_text_printf(text, "%.*s", DIGEST_SHOWN, string);
    } else if (length <= SHOWN) {
        nt_text_add(text, string);
    } else {
        while (kept > 0 && ((unsigned char)string[kept] & 0xC0) == 0x80)
            kept--;
        nt_text_add_bytes(text, string, kept);
        nt_text_add(text, "…");
    }
}

/* Of what isn't a text, the JSON on one line. */
static void add_json(const json_t *value, nt_text *text) {
    char *dumped = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(10));
    text->failed = text->failed || !dumped;
    if (dumped)
        add_shown(dumped, text);
    free(dumped);
}

void nt_compared_add_value(const json_t *value, nt_text *text) {
    size_t count = json_array_size(value);
    if (json_is_string(value))
        add_shown(json_string_value(value), text);
    else if (value && !json_is_array(value))
        add_json(value, text);
    for (size_t i = 0; i < count && i < ITEMS_SHOWN; i++) {
        const json_t *item = json_array_get(value, i);
        nt_text_add(text, i ? ", " : "");
        if (json_is_string(item))
            add_shown(json_string_value(item), text);
        else
            add_json(item, text);
    }
    if (count > ITEMS_SHOWN)
        nt_text_printf(text, " and %zu more", count - ITEMS_SHOWN);
}

/* --- cases ------------------------------------------------------------------------------------ */

const char *nt_compared_verdict(const nt_case_result *item) {
    const nt_judgement *judgement = item ? nt_case_judgement(item) : NULL;
    return !item ? "" : judgement ? nt_verdict_name(judgement->verdict) : "failed";
}

void nt_compared_add_tau(const nt_runs_compared *all, const nt_compared_group *group,
                         nt_text *text) {
    for (int32_t a = 0; a < all->run_count; a++)
        for (int32_t b = a + 1; b < all->run_count; b++) {
            double tau = group->tau[a * all->run_count + b];
            if (!isnan(tau))
                nt_text_printf(text, "Kendall's tau between %d and %d: %.2f\n", (int)a + 1,
                               (int)b + 1, tau);
        }
}

void nt_compared_add_odd(const nt_runs_compared *all, const nt_compared_group *group,
                         nt_text *text) {
    for (int32_t c = 0; c < group->case_count; c++)
        if (group->cases[c].edits)
            nt_text_printf(text, "the case '%s' does not edit the same in all runs\n",
                           group->cases[c].name);
    for (int32_t r = 0; r < all->run_count; r++) {
        int32_t missing = 0;
        for (int32_t c = 0; c < group->case_count; c++)
            missing += !group->cases[c].of[r];
        if (!group->of[r])
            nt_text_printf(text, "run %d has no such group\n", (int)r + 1);
        else if (missing > 0)
            nt_text_printf(text, "run %d lacks %d of these cases\n", (int)r + 1, (int)missing);
    }
}
