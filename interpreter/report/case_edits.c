#include "case_edits.h"

#include "html.h"
#include "results_words.h"
#include <ctype.h>
#include <string.h>

enum {
    PLAIN = 3,
    IN_SUMMARY = 2
}; /* layers that stand in a line, and of more, ahead of the rest */

/* In the record's arena; NULL when out of memory. */
static const char *how(nt_record *record, const nt_edit_result *edit) {
    nt_text text;
    nt_text_init(&text);
    nt_edit_add_how(edit, &text);
    const char *kept = text.failed ? NULL : nt_arena_string(&record->arena, text.bytes);
    nt_text_finish(&text);
    return kept;
}

/* --- names that say all ----------------------------------------------------------------------- */

static bool in_name(char c) {
    return isalnum((unsigned char)c) || c == '.' || c == '_';
}

/* Whether a name has a layer's in it, and not only as a part of another's. */
static bool has_word(const char *name, const char *layer) {
    size_t length = strlen(layer);
    for (const char *at = name; (at = strstr(at, layer)) != NULL; at++)
        if ((at == name || !in_name(at[-1])) && !in_name(at[length]))
            return true;
    return false;
}

/* The same is done to all its layers, as `done` says unless it is NULL, and its name has them;
 * returns what is done, or NULL. */
static const char *named(nt_record *record, const nt_case_result *item, const char *done) {
    for (int32_t e = 0; e < item->edit_count; e++) {
        const char *own = how(record, &item->edits[e]);
        if (!own || (done && strcmp(own, done) != 0) || !has_word(item->name, item->edits[e].layer))
            return NULL;
        done = own;
    }
    return item->edit_count > 0 ? done : NULL;
}

const char *nt_edits_named(nt_record *record, const nt_record_group *group) {
    const char *done = NULL;
    for (int32_t c = 0; c < group->case_count; c++)
        if (!(done = named(record, group->cases[c].result, done)))
            return NULL;
    return done;
}

/* --- a case ----------------------------------------------------------------------------------- */

/* What is done to all its layers; NULL: not the same to all. */
static const char *common(nt_record *record, const nt_case_result *item) {
    const char *done = item->edit_count > 0 ? how(record, &item->edits[0]) : NULL;
    for (int32_t e = 1; done && e < item->edit_count; e++) {
        const char *own = how(record, &item->edits[e]);
        if (!own || strcmp(own, done) != 0)
            return NULL;
    }
    return done;
}

static void add_summary(const nt_case_result *item, const char *done, nt_text *html) {
    if (done) {
        nt_html_text(html, done);
        nt_text_add(html, " ");
    }
    nt_text_printf(html, "%d layers: ", (int)item->edit_count);
    for (int32_t e = 0; e < IN_SUMMARY; e++) {
        nt_html_text(html, item->edits[e].layer);
        nt_text_add(html, ", ");
    }
    nt_text_add(html, "…");
}

static void add_list(nt_record *record, const nt_case_result *item, const char *done,
                     nt_text *html) {
    nt_text_add(html, "<ul class=\"names\">\n");
    for (int32_t e = 0; e < item->edit_count; e++) {
        const char *own = done ? "" : how(record, &item->edits[e]);
        nt_text_add(html, "<li><code>");
        nt_html_text(html, item->edits[e].layer);
        nt_text_add(html, done ? "</code>" : "</code> ");
        nt_html_text(html, own ? own : "");
        nt_text_add(html, "</li>\n");
    }
    nt_text_add(html, "</ul>\n");
}

void nt_edits_html(nt_record *record, const nt_record_case *item, nt_text *html) {
    const nt_case_result *result = item->result;
    if (result->edit_count <= PLAIN) {
        const char *words = nt_case_words(record->results, result, &record->arena);
        html->failed = html->failed || !words;
        nt_html_text(html, words ? words : "");
        return;
    }
    const char *done = common(record, result);
    nt_text_add(html, "<details><summary>");
    add_summary(result, done, html);
    nt_text_add(html, "</summary>\n");
    add_list(record, result, done, html);
    nt_text_add(html, "</details>");
}
