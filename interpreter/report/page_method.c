/* What was done, and what all numbers follow from. */
#include "page_private.h"

#include "html.h"
#include "json_in.h"
#include "results_file.h"
#include "results_words.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- the method ------------------------------------------------------------------------------- */

static void add_brief(nt_text *html, const nt_record *record, const nt_brief *brief) {
    nt_text text;
    nt_text_init(&text);
    brief->add(record->results, &text);
    nt_text_printf(html, "<div><dt>%s</dt><dd>", brief->subject);
    nt_html_text(html, text.bytes);
    nt_text_add(html, "</dd></div>\n");
    html->failed = html->failed || text.failed;
    nt_text_finish(&text);
}

/* A paragraph for each line. */
static void add_method(nt_text *html, const nt_record *record) {
    nt_text text;
    nt_text_init(&text);
    nt_results_add_method(record->results, &text);
    html->failed = html->failed || text.failed;
    for (char *line = text.bytes, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        nt_text_add(html, "<p>");
        nt_html_text(html, line);
        nt_text_add(html, "</p>\n");
    }
    nt_text_finish(&text);
}

void nt_page_method(nt_text *html, const nt_record *record) {
    nt_text_add(html, "<h2 id=\"method\">What was done</h2>\n<dl class=\"brief\">\n");
    for (const nt_brief *brief = nt_briefs; brief->subject; brief++)
        add_brief(html, record, brief);
    nt_text_add(html, "</dl>\n<details><summary>The method in full</summary>\n");
    add_method(html, record);
    nt_text_add(html, "</details>\n<p class=\"soft\">");
    nt_results_add_legend(record->results, html);
    nt_text_add(html, "</p>\n");
}

/* --- what it follows from --------------------------------------------------------------------- */

static void add_value(nt_text *html, const char *name, const json_t *value) {
    char *text = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    nt_html_key(html, name,
                json_is_string(value) ? json_string_value(value)
                : text                ? text
                                      : "",
                true);
    html->failed =
        html->failed || nt_json_any_failed(); /* with a text, too, of which it lost some */
    free(text);
}

/* Takes the object. */
static void add_members(nt_text *html, json_t *object) {
    const char *key;
    json_t *value;
    html->failed = html->failed || !object;
    json_object_foreach(object, key, value) add_value(html, key, value);
    json_decref(object);
}

static void add_seed(nt_text *html, const nt_record_seed *seed) {
    nt_text name, words;
    double seconds = 0;
    for (int32_t e = 0; e < seed->epoch_count; e++)
        seconds += isfinite(seed->epochs[e].seconds) ? seed->epochs[e].seconds : 0;
    nt_text_init(&name);
    nt_text_init(&words);
    nt_text_printf(&name, "seed %d", (int)seed->seed);
    nt_text_printf(&words, "%d epochs, %.1f minutes of training", (int)seed->epoch_count,
                   seconds / 60);
    if (seed->epoch_count > 0)
        nt_html_key(html, name.bytes, words.bytes, false);
    html->failed = html->failed || name.failed || words.failed;
    nt_text_finish(&words);
    nt_text_finish(&name);
}

void nt_page_provenance(nt_text *html, const nt_record *record) {
    nt_text_add(html, "<h2 id=\"provenance\">Provenance</h2>\n<p>All numbers follow from these. A "
                      "digest is the SHA-256 of the file, or of the data set's files.</p>\n");
    nt_html_keys_begin(html, "The set-up, and what the numbers were computed from");
    add_members(html, nt_setup_json(&record->results->setup));
    add_members(html, nt_provenance_json(&record->results->provenance));
    for (int32_t s = 0; s < record->seed_count; s++)
        add_seed(html, &record->seeds[s]);
    nt_html_table_end(html);
}
