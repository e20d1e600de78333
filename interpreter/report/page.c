/* A report's page: one HTML file without references to others, so that it can be mailed. Figures
 * are set in as SVG, pictures as base64, and tables are made of the same cells as the Markdown
 * (tables.c). What comes from the record is escaped on its way in; a figure that could not be drawn
 * is said where it would stand. */
#include "page.h"

#include "base64.h"
#include "build_info.h"
#include "file.h"
#include "results_file.h"
#include "results_words.h"
#include "tables.h"
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LARGEST_SVG = 1 << 26, LARGEST_PICTURE = 1 << 24, OPEN_ROWS = 12, BROAD = 1150 };

/* --- figures ---------------------------------------------------------------------------------- */

/* Whether `at` begins with `word`; then *at is moved behind it. */
static bool skip(const char **at, const char *word) {
    size_t length = strlen(word);
    if (strncmp(*at, word, length) != 0)
        return false;
    *at += length;
    return true;
}

/* The drawing without what stands before it in its file. Ink takes the colour of the page's text,
 * and the ground is left out, so that both follow the reader's choice of light or dark. */
static void add_svg(nt_text *html, const char *svg, bool drawing) {
    const char *ground = drawing ? "fill=\"white\"" : "fill=\"#ffffff\"";
    bool grounded = false;
    const char *at = strstr(svg, "<svg");
    while (at && *at) {
        if (skip(&at, "rgb( 34,  34,  34)") || skip(&at, "rgb(34,34,34)"))
            nt_text_add(html, "currentColor");
        else if (skip(&at, " color=\"black\"")) /* text's own is inherited */
            continue;
        else if (!grounded && skip(&at, ground)) {
            nt_text_add(html, "fill=\"none\"");
            grounded = true;
        } else
            nt_text_add_bytes(html, at++, 1);
    }
}

/* Percent-encoded, as a link that holds its own bytes needs it (RFC 2397, RFC 3986). */
static void add_data_link(nt_text *html, const nt_figure *figure) {
    nt_text_printf(html, "<a download=\"%s.csv\" href=\"data:text/csv;charset=utf-8,",
                   figure->name);
    for (const char *c = figure->csv.bytes; *c; c++)
        if (isalnum((unsigned char)*c) || strchr("-._~,", *c))
            nt_text_add_bytes(html, c, 1);
        else
            nt_text_printf(html, "%%%02X", (unsigned)(unsigned char)*c);
    nt_text_add(html, "\">data (CSV)</a>");
}

static nt_status add_drawing(nt_text *html, const nt_figure *figure, const char *folder,
                             nt_error *error) {
    nt_arena arena;
    nt_bytes svg;
    nt_arena_init(&arena);
    const char *path = nt_arena_printf(&arena, "%s/%s.svg", folder, figure->name);
    nt_status status = path ? nt_file_read(path, LARGEST_SVG, &svg, error) : NT_NO_MEMORY;
    if (status == NT_OK) {
        nt_text_printf(html, "<div class=\"plot%s%s\" role=\"img\" aria-label=\"",
                       figure->drawing ? " tall" : "", figure->width > BROAD ? " broad" : "");
        nt_html_text(html, figure->title);
        nt_text_add(html, "\">");
        add_svg(html, (const char *)svg.bytes, figure->drawing);
        nt_text_add(html, "</div>\n");
        nt_bytes_finish(&svg);
    }
    nt_arena_finish(&arena);
    return status;
}

static nt_status add_figure(nt_text *html, const nt_figure *figure, const char *folder,
                            nt_error *error) {
    nt_text_add(html, "<figure>\n");
    if (nt_feature_plots.built)
        NT_TRY(add_drawing(html, figure, folder, error));
    else
        nt_text_add(html, "<p>Not drawn: the program was built without figures.</p>\n");
    nt_text_add(html, "<figcaption>");
    nt_html_text(html, figure->caption);
    nt_text_add(html, " ");
    add_data_link(html, figure);
    nt_text_add(html, "</figcaption>\n</figure>\n");
    return NT_OK;
}

/* --- groups ----------------------------------------------------------------------------------- */

static void add_verdicts(nt_text *html, const nt_record *record, const nt_record_group *group) {
    int verdicts[NT_VERDICTS] = {0}, failed = 0, mixed = 0;
    for (int32_t c = 0; c < group->case_count; c++) {
        const nt_record_case *item = &group->cases[c];
        bool same = false;
        for (int v = 0; v < NT_VERDICTS; v++)
            if (item->verdicts[v] == record->seed_count) {
                verdicts[v]++;
                same = true;
            }
        failed += item->failures > 0;
        mixed += !same && item->failures == 0;
    }
    nt_text_printf(html, "<p>Cases: %d. Critical: %d, trivial: %d, undecided: %d",
                   (int)group->case_count, verdicts[NT_CRITICAL], verdicts[NT_TRIVIAL],
                   verdicts[NT_UNDECIDED]);
    if (verdicts[NT_BETTER] > 0)
        nt_text_printf(html, ", better: %d", verdicts[NT_BETTER]);
    if (mixed > 0)
        nt_text_printf(html, ", not the same with all seeds: %d", mixed);
    if (failed > 0)
        nt_text_printf(html, ", failed: %d", failed);
    nt_text_add(html, ".");
    if (!isnan(group->tau)) {
        nt_text_add(html, " ");
        nt_table_agreement(group, "τ", html);
    }
    nt_text_add(html, "</p>\n");
}

/* A paragraph of plain text, if there is any. */
static void add_words(nt_text *html, const char *before, const char *words, const char *after) {
    if (!words[0])
        return;
    nt_text_printf(html, "<p>%s", before);
    nt_html_text(html, words);
    nt_text_printf(html, "%s</p>\n", after);
}

/* A choice of two figures that show the same in another order. It takes no script. */
static nt_status add_orders(nt_text *html, const nt_figure *figure, int number, const char *folder,
                            nt_error *error) {
    nt_text_add(html, "<div class=\"orders\" role=\"group\" aria-label=\"Order of the bars\">\n");
    for (int i = 0; i < 2; i++)
        nt_text_printf(html,
                       "<input type=\"radio\" name=\"order-%d\" id=\"order-%d-%d\"%s>"
                       "<label for=\"order-%d-%d\">%s</label>\n",
                       number, number, i, i ? "" : " checked", number, i, figure[i].kind->order);
    for (int i = 0; i < 2; i++) {
        nt_text_add(html, "<div>\n");
        NT_TRY(add_figure(html, &figure[i], folder, error));
        nt_text_add(html, "</div>\n");
    }
    nt_text_add(html, "</div>\n");
    return NT_OK;
}

/* All figures of a group: they follow on one another. */
static nt_status add_group_figures(nt_text *html, const nt_figures *figures,
                                   const nt_record_group *group, const char *folder,
                                   nt_error *error) {
    const nt_figure *end = figures->items + figures->count, *other = NULL;
    const nt_figure *first = nt_figures_of_group(figures, group);
    for (const nt_figure *at = first; at && at < end && at->group == group; at++)
        if (at != first && at->kind->order)
            other = at;
    for (const nt_figure *at = first; at && at < end && at->group == group; at++)
        if (at == first && other) {
            const nt_figure both[] = {*first, *other};
            NT_TRY(add_orders(html, both, (int)(first - figures->items), folder, error));
        } else if (at != other) {
            NT_TRY(add_figure(html, at, folder, error));
        }
    return NT_OK;
}

static nt_status add_group(nt_text *html, nt_record *record, nt_record_group *group,
                           const nt_figures *figures, const char *folder, nt_error *error) {
    const nt_paper *paper = nt_paper_of(record);
    nt_text_printf(html, "<h2 id=\"group-%d\">", (int)(group - record->groups));
    nt_html_text(html, group->title[0] ? group->title : group->name);
    nt_text_add(html, "</h2>\n");
    if (group->case_count > 0)
        add_verdicts(html, record, group);
    add_words(html, "", group->remark, "");
    add_words(html, "", group->control, "");
    for (int32_t i = 0; i < group->note_count; i++)
        add_words(html, "Note: ", group->notes[i], ".");
    if (nt_paper_table(paper, group))
        nt_text_printf(html, "<p class=\"soft\">Beside the paper's %s. %s</p>\n",
                       nt_paper_table(paper, group), nt_paper_remark(paper));
    NT_TRY(add_group_figures(html, figures, group, folder, error));
    if (group->case_count == 0)
        return NT_OK;
    nt_text_printf(html, "<details%s><summary>All %d cases</summary>\n",
                   group->case_count <= OPEN_ROWS ? " open" : "", (int)group->case_count);
    nt_table_html(record, group, html);
    nt_text_add(html, "</details>\n");
    return NT_OK;
}

/* --- overlays --------------------------------------------------------------------------------- */

static nt_status add_picture(nt_text *html, const nt_record *record, const json_t *item,
                             nt_arena *arena, nt_error *error) {
    const char *file = json_string_value(json_object_get(item, "file"));
    const char *name = json_string_value(json_object_get(item, "case"));
    const char *path = file && name && !strchr(file, '/')
                           ? nt_arena_printf(arena, "%s/overlays/%s", record->folder, file)
                           : NULL;
    const json_t *value = json_object_get(item, "value");
    nt_bytes png;
    if (!path || access(path, F_OK) != 0) /* the figures are whole without it */
        return NT_OK;
    NT_TRY(nt_file_read(path, LARGEST_PICTURE, &png, error));
    nt_text_add(html, "<figure><img alt=\"\" src=\"data:image/png;base64,");
    nt_text_add_base64(html, png.bytes, png.size);
    nt_text_add(html, "\"><figcaption>");
    nt_html_text(html, name);
    if (json_is_number(value))
        nt_text_printf(html, "<br>%.3f", json_number_value(value));
    nt_text_add(html, "</figcaption></figure>\n");
    nt_bytes_finish(&png);
    return NT_OK;
}

static bool same_sample(const json_t *a, const json_t *b) {
    return json_integer_value(json_object_get(a, "sample")) ==
           json_integer_value(json_object_get(b, "sample"));
}

/* A strip for each sample, with its cases in the order of the list. */
static nt_status add_strips(nt_text *html, const nt_record *record, const json_t *list,
                            nt_arena *arena, nt_error *error) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *first = json_array_get(list, i);
        const char *name = json_string_value(json_object_get(first, "name"));
        bool begun = false;
        for (size_t k = 0; k < i && !begun; k++)
            begun = same_sample(json_array_get(list, k), first);
        if (begun)
            continue;
        nt_text_add(html, "<p class=\"soft\">");
        nt_html_text(html, name ? name : "");
        nt_text_add(html, "</p>\n<div class=\"strip\">");
        for (size_t k = i; k < json_array_size(list); k++)
            if (same_sample(json_array_get(list, k), first))
                NT_TRY(add_picture(html, record, json_array_get(list, k), arena, error));
        nt_text_add(html, "</div>\n");
    }
    return NT_OK;
}

/* Where the run left any (suite_overlays.c). */
static nt_status add_overlays(nt_text *html, const nt_record *record, nt_error *error) {
    nt_arena arena;
    nt_bytes file;
    nt_arena_init(&arena);
    const char *path = nt_arena_printf(&arena, "%s/overlays/overlays.json", record->folder);
    nt_status status = path ? NT_OK : NT_NO_MEMORY;
    if (path && access(path, F_OK) == 0 &&
        (status = nt_file_read(path, LARGEST_PICTURE, &file, error)) == NT_OK) {
        json_t *list = json_loadb((const char *)file.bytes, file.size, 0, NULL);
        if (json_array_size(list) > 0)
            nt_text_printf(
                html,
                "<h2>Before and after</h2>\n<p>A sample of which the baseline makes less than "
                "of most, one in the middle, one of the best, with the first seed: the "
                "network's mask in colour, the truth outlined in white, and the %s.</p>\n",
                record->metric);
        status = add_strips(html, record, list, &arena, error);
        json_decref(list);
        nt_bytes_finish(&file);
    }
    nt_arena_finish(&arena);
    return status;
}

/* --- what it follows from --------------------------------------------------------------------- */

static void add_value(nt_text *html, const json_t *value) {
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    if (json_is_string(value))
        nt_html_text(html, json_string_value(value));
    else
        nt_html_text(html, text ? text : "");
    free(text);
}

/* Takes the object. */
static void add_members(nt_text *html, json_t *object) {
    const char *key;
    json_t *value;
    html->failed = html->failed || !object;
    json_object_foreach(object, key, value) {
        nt_text_add(html, "<tr><td>");
        nt_html_text(html, key);
        nt_text_add(html, "</td><td><code>");
        add_value(html, value);
        nt_text_add(html, "</code></td></tr>\n");
    }
    json_decref(object);
}

/* A paragraph for each line. */
static void add_method(nt_text *html, const nt_record *record) {
    nt_text text;
    nt_text_init(&text);
    nt_results_add_method(record->results, &text);
    html->failed = html->failed || text.failed;
    nt_text_add(html, "<h2 id=\"method\">Method</h2>\n");
    for (char *line = text.bytes, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        nt_text_add(html, "<p>");
        nt_html_text(html, line);
        nt_text_add(html, "</p>\n");
    }
    nt_text_finish(&text);
}

static void add_provenance(nt_text *html, const nt_record *record) {
    nt_text_add(html, "<h2 id=\"provenance\">Provenance</h2>\n<p>All numbers follow from these. A "
                      "digest is the SHA-256 of the file, or of the data set's files.</p>\n<div "
                      "class=\"wide\"><table class=\"keys\">\n");
    add_members(html, nt_setup_json(&record->results->setup));
    add_members(html, nt_provenance_json(&record->results->provenance));
    for (int32_t s = 0; s < record->seed_count; s++) {
        const nt_record_seed *seed = &record->seeds[s];
        double seconds = 0;
        for (int32_t e = 0; e < seed->epoch_count; e++)
            seconds += isfinite(seed->epochs[e].seconds) ? seed->epochs[e].seconds : 0;
        if (seed->epoch_count > 0)
            nt_text_printf(
                html, "<tr><td>seed %d</td><td>%d epochs, %.1f minutes of training</td></tr>\n",
                (int)seed->seed, (int)seed->epoch_count, seconds / 60);
    }
    nt_text_add(html, "</table></div>\n");
}

/* --- the page --------------------------------------------------------------------------------- */

static void add_fact(nt_text *html, const char *what, const char *format, double value) {
    nt_text_printf(html, "<div><dt>%s</dt><dd>", what);
    nt_text_printf(html, format, value);
    nt_text_add(html, "</dd></div>\n");
}

static void add_facts(nt_text *html, const nt_record *record) {
    nt_text_add(html, "<dl class=\"facts\">\n");
    add_fact(html, "baseline", "%.4f", record->baseline.mean);
    if (record->seed_count > 1)
        add_fact(html, "deviation over the seeds", "%.4f", record->baseline.deviation);
    if (nt_paper_of(record))
        add_fact(html, "the paper's baseline", "%.2f", nt_paper_baseline(nt_paper_of(record)));
    add_fact(html, "seeds", "%.0f", record->seed_count);
    add_fact(html, "images", "%.0f", record->samples);
    if (record->uncounted > 0)
        add_fact(html, "in no value: every pixel ignored", "%.0f", record->uncounted);
    add_fact(html, "margin", "%g", record->margin);
    nt_text_add(html, "</dl>\n<p class=\"soft\">");
    nt_results_add_legend(record->results, html);
    nt_text_add(html, "</p>\n");
}

static void add_links(nt_text *html, const nt_record *record) {
    nt_text_add(html, "<nav>");
    for (int32_t g = 0; g < record->group_count; g++) {
        nt_text_printf(html, "<a href=\"#group-%d\">", (int)g);
        nt_html_text(html, record->groups[g].name);
        nt_text_add(html, "</a>");
    }
    nt_text_add(html,
                "<a href=\"#method\">method</a><a href=\"#provenance\">provenance</a></nav>\n");
}

static void add_head(nt_text *html, const nt_record *record) {
    nt_text_add(html,
                "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
                "name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>");
    nt_html_text(html, record->suite);
    nt_text_printf(html, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>", nt_page_style);
    nt_html_text(html, record->suite);
    nt_text_add(html, "</h1>\n<p>Which layers of ");
    nt_html_text(html, record->network);
    nt_text_printf(html, " matter for the %s on ", record->metric);
    nt_html_text(html, record->data);
    nt_text_printf(html,
                   "? A case is <em>trivial</em> if it is shown to leave the %s within %g of the "
                   "baseline, <em>critical</em> if it is shown not to, <em>undecided</em> "
                   "otherwise.</p>\n",
                   record->metric, record->margin);
    if (strcmp(record->metric, nt_metric_names[NT_ACCURACY]) != 0)
        nt_text_printf(html,
                       "<p class=\"soft\">An image's %s is the mean over the classes but the "
                       "background that are in its mask or in the prediction: 1 where none is, an "
                       "empty mask that was predicted empty. Ignored pixels count nowhere, and an "
                       "image with no others has no %s and is in no mean.</p>\n",
                       record->metric, record->metric);
    add_links(html, record);
    add_facts(html, record);
}

static nt_status add_all(nt_text *html, nt_record *record, const nt_figures *figures,
                         const char *folder, nt_error *error) {
    add_head(html, record);
    for (int32_t g = 0; g < record->group_count; g++)
        NT_TRY(add_group(html, record, &record->groups[g], figures, folder, error));
    NT_TRY(add_overlays(html, record, error));
    for (int32_t i = 0; i < figures->count; i++) {
        const nt_figure *figure = &figures->items[i];
        if (figure->group)
            continue;
        nt_text_printf(html, "<h2>%s</h2>\n", figure->title);
        NT_TRY(add_figure(html, figure, folder, error));
    }
    add_method(html, record);
    add_provenance(html, record);
    nt_text_printf(
        html, "<div id=\"tip\" role=\"status\"></div>\n<script>\n%s</script>\n</body>\n</html>\n",
        nt_page_script);
    return NT_OK;
}

nt_status nt_page_write(nt_record *record, const nt_figures *figures, const char *folder,
                        nt_error *error) {
    nt_arena arena;
    nt_text html;
    nt_arena_init(&arena);
    nt_text_init(&html);
    const char *path = nt_arena_printf(&arena, "%s/index.html", folder);
    nt_status status = path ? add_all(&html, record, figures, folder, error) : NT_NO_MEMORY;
    if (status == NT_OK && html.failed)
        status = nt_error_say(error, NT_NO_MEMORY, "out of memory writing the page");
    if (status == NT_OK)
        status = nt_file_replace(path, html.bytes, html.length, error);
    nt_text_finish(&html);
    nt_arena_finish(&arena);
    return status;
}
