/* A group on the page: what its cases came to in words, the figures, the table. */
#include "page_private.h"

#include "html.h"
#include "tables.h"
#include <math.h>

enum { OPEN_ROWS = 12 }; /* a longer table is opened by the reader */

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

static void add_cases(nt_text *html, nt_record *record, const nt_record_group *group) {
    nt_text_printf(html, "<details%s><summary>", group->case_count <= OPEN_ROWS ? " open" : "");
    if (group->case_count == 1)
        nt_text_add(html, "The case");
    else
        nt_text_printf(html, "All %d cases", (int)group->case_count);
    nt_text_add(html, "<span class=\"hide\">: ");
    nt_html_text(html, nt_group_title(group));
    nt_text_add(html, "</span></summary>\n");
    nt_table_html(record, group, html);
    nt_text_add(html, "</details>\n");
}

/* A choice of two figures that show the same in another order. It takes no script. */
static nt_status add_orders(nt_text *html, const nt_figure *figure, const nt_record *record,
                            int number, const char *folder, nt_error *error) {
    nt_text_add(html, "<div class=\"orders\" role=\"group\" aria-label=\"Order of the bars\">\n");
    for (int i = 0; i < 2; i++)
        nt_text_printf(html,
                       "<input type=\"radio\" name=\"order-%d\" id=\"order-%d-%d\"%s>"
                       "<label for=\"order-%d-%d\">%s</label>\n",
                       number, number, i, i ? "" : " checked", number, i, figure[i].kind->order);
    for (int i = 0; i < 2; i++) {
        nt_text_add(html, "<div>\n");
        NT_TRY(nt_page_figure(html, &figure[i], record, folder, error));
        nt_text_add(html, "</div>\n");
    }
    nt_text_add(html, "</div>\n");
    return NT_OK;
}

/* All figures of a group: they follow on one another. */
static nt_status add_group_figures(nt_text *html, const nt_figures *figures,
                                   const nt_record *record, const nt_record_group *group,
                                   const char *folder, nt_error *error) {
    const nt_figure *end = figures->items + figures->count, *other = NULL;
    const nt_figure *first = nt_figures_of_group(figures, group);
    for (const nt_figure *at = first; at && at < end && at->group == group; at++)
        if (at != first && at->kind->order)
            other = at;
    for (const nt_figure *at = first; at && at < end && at->group == group; at++)
        if (at == first && other) {
            const nt_figure both[] = {*first, *other};
            NT_TRY(add_orders(html, both, record, (int)(first - figures->items), folder, error));
        } else if (at != other) {
            NT_TRY(nt_page_figure(html, at, record, folder, error));
        }
    return NT_OK;
}

nt_status nt_page_group(nt_text *html, nt_record *record, const nt_record_group *group,
                        const nt_figures *figures, const char *folder, nt_error *error) {
    const nt_paper *paper = nt_paper_of(record);
    nt_text_printf(html, "<h2 id=\"group-%d\">", (int)(group - record->groups));
    nt_html_text(html, nt_group_title(group));
    nt_text_add(html, "</h2>\n");
    if (group->case_count > 0)
        add_verdicts(html, record, group);
    add_words(html, "", group->remark, "");
    add_words(html, "Each case is ", group->retrained ? group->retrained : "", ".");
    add_words(html, "", group->control, "");
    for (int32_t i = 0; i < group->note_count; i++)
        add_words(html, "Note: ", group->notes[i], ".");
    if (nt_paper_table(paper, group))
        nt_text_printf(html, "<p class=\"soft\">Beside the paper's %s. %s</p>\n",
                       nt_paper_table(paper, group), nt_paper_remark(paper));
    NT_TRY(add_group_figures(html, figures, record, group, folder, error));
    if (group->case_count > 0)
        add_cases(html, record, group);
    return NT_OK;
}
