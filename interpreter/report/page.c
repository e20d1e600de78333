/* The page of a run: its order, and what stands ahead of the groups. What comes from the record is
 * escaped on its way in. Figures are set in as SVG, pictures as base64, and tables are made of the
 * same cells as the Markdown (tables.c). */
#include "page.h"

#include "file.h"
#include "html.h"
#include "page_private.h"
#include "paper.h"
#include "results_words.h"
#include <string.h>

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
    nt_text_add(html, "</dl>\n");
    if (strcmp(record->metric, nt_metric_names[NT_ACCURACY]) != 0)
        nt_text_printf(html,
                       "<p class=\"soft\">An image's %s is the mean over the classes but the "
                       "background that are in its mask or in the prediction: 1 where none is, an "
                       "empty mask that was predicted empty. Ignored pixels count nowhere, and an "
                       "image with no others has no %s and is in no mean.</p>\n",
                       record->metric, record->metric);
}

/* The question, and how its answers are called. */
static void add_lead(nt_text *html, const nt_record *record) {
    nt_text_add(html, "Which layers of ");
    nt_html_text(html, record->network);
    nt_text_printf(html, " matter for the %s on ", record->metric);
    nt_html_text(html, record->data);
    nt_text_printf(html,
                   "? A case is <em>trivial</em> if it is shown to leave the %s within %g of the "
                   "baseline, <em>critical</em> if it is shown not to, <em>undecided</em> "
                   "otherwise.",
                   record->metric, record->margin);
}

/* In the record's arena; NULL when out of memory. */
static const nt_html_link *links_of(nt_record *record, const nt_figures *figures) {
    nt_arena *arena = &record->arena;
    int32_t count = 0, most = record->group_count + figures->count + 3;
    nt_html_link *links = NT_ARENA_ARRAY(arena, nt_html_link, most);
    if (!links)
        return NULL;
    links[count++] = (nt_html_link){"method", "what was done"};
    for (int32_t g = 0; g < record->group_count; g++) {
        const char *id = nt_arena_printf(arena, "group-%d", (int)g);
        if (!id)
            return NULL;
        links[count++] = (nt_html_link){id, record->groups[g].name};
    }
    for (int32_t i = 0; i < figures->count; i++) {
        const nt_figure *figure = &figures->items[i];
        const char *id = nt_arena_printf(arena, "figure-%s", figure->name);
        if (!id)
            return NULL;
        if (!figure->group)
            links[count++] = (nt_html_link){id, figure->name};
    }
    links[count] = (nt_html_link){"provenance", "provenance"};
    return links;
}

static nt_status begin(nt_text *html, nt_record *record, const nt_figures *figures) {
    const nt_html_link *links = links_of(record, figures);
    nt_text lead;
    if (!links)
        return NT_NO_MEMORY;
    nt_text_init(&lead);
    add_lead(&lead, record);
    nt_html_begin(html, record->suite, lead.bytes, links);
    html->failed = html->failed || lead.failed;
    nt_text_finish(&lead);
    return NT_OK;
}

static nt_status add_all(nt_text *html, nt_record *record, const nt_figures *figures,
                         const char *folder, nt_error *error) {
    NT_TRY(begin(html, record, figures));
    add_facts(html, record);
    nt_page_method(html, record);
    for (int32_t g = 0; g < record->group_count; g++)
        NT_TRY(nt_page_group(html, record, &record->groups[g], figures, folder, error));
    NT_TRY(nt_page_overlays(html, record, error));
    for (int32_t i = 0; i < figures->count; i++) {
        const nt_figure *figure = &figures->items[i];
        if (figure->group)
            continue;
        nt_text_printf(html, "<h2 id=\"figure-%s\">%s</h2>\n", figure->name, figure->title);
        NT_TRY(nt_page_figure(html, figure, record, folder, error));
    }
    nt_page_provenance(html, record);
    nt_html_end(html, "Made by nontrivial from the run's results.json.");
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
    if (status == NT_OK && (html.failed || !nt_record_is_whole(record)))
        status = NT_NO_MEMORY;
    if (status == NT_NO_MEMORY)
        nt_error_say(error, status, "out of memory writing the page");
    if (status == NT_OK)
        status = nt_file_replace(path, html.bytes, html.length, error);
    nt_text_finish(&html);
    nt_arena_finish(&arena);
    return status;
}
