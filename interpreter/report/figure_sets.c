/* A bar for each case, whatever it edits, with the paper's values where it has some. */
#include "plot_bars.h"

#include "paper.h"

static void draw(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    bool paper = nt_paper_table(nt_paper_of(record), group) != NULL;
    figure->height = 380;
    nt_bars_begin(figure, record, group);
    nt_text_printf(&figure->script,
                   "  '%s.csv' skip 1 using %d:%d with boxes linecolor rgb "
                   "'#56B4E9' title 'this run', \\\n",
                   figure->name, NT_BARS_POSITION, NT_BARS_MEAN);
    if (paper)
        nt_text_printf(&figure->script,
                       "  '%s.csv' skip 1 using %d:%d with points pointtype 9 pointsize 1.2 "
                       "linecolor rgb '#D55E00' title 'the paper', \\\n",
                       figure->name, NT_BARS_POSITION, NT_BARS_PAPER);
    nt_bars_end(figure, record);
}

const nt_figure_kind nt_figure_kind_sets = {
    .kind = {.name = "sets",
             .doc = "the metric of each case, one bar a case, beside the paper's",
             .fields = nt_no_fields},
    .of_group = true,
    .form = NT_FORM_SETS,
    .caption = "The metric of each case.",
    .draw = draw,
};
