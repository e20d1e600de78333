/* A group on the page: what its cases came to in words, the figure, the table. */
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
    nt_text_printf(html, "<details%s><summary>All %d cases<span class=\"hide\">: ",
                   group->case_count <= OPEN_ROWS ? " open" : "", (int)group->case_count);
    nt_html_text(html, nt_group_title(group));
    nt_text_add(html, "</span></summary>\n");
    nt_table_html(record, group, html);
    nt_text_add(html, "</details>\n");
}

nt_status nt_page_group(nt_text *html, nt_record *record, const nt_record_group *group,
                        const nt_figures *figures, const char *folder, nt_error *error) {
    const nt_paper *paper = nt_paper_of(record);
    const nt_figure *figure = nt_figures_of_group(figures, group);
    nt_text_printf(html, "<h2 id=\"group-%d\">", (int)(group - record->groups));
    nt_html_text(html, nt_group_title(group));
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
    if (figure)
        NT_TRY(nt_page_figure(html, figure, record, folder, error));
    if (group->case_count > 0)
        add_cases(html, record, group);
    return NT_OK;
}
