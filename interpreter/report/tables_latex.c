/* A group's table for a paper, in LaTeX: booktabs' lines, and longtable's pages where there are
 * more rows than one page has. The packages that it needs stand in its first line. A table that is
 * wider than the text is made as wide as that; the 90 % intervals, by which cases are called
 * trivial, are left to the CSV. */
#include "tables.h"

#include "latex.h"
#include <ctype.h>
#include <string.h>

enum { PAGE = 40 }; /* rows */

typedef struct latex {
    nt_record *record;
    const nt_record_group *group;
    bool kept[NT_TABLE_COLUMNS], number[NT_TABLE_COLUMNS];
    int count;
    nt_text *text;
} latex;

/* A column of numbers, with or without a sign, stands to the right: all others to the left. */
static bool is_number(const char *cell) {
    cell += *cell == '-' || *cell == '+';
    return isdigit((unsigned char)*cell) || strncmp(cell, "–", strlen("–")) == 0;
}

static void find_columns(latex *l) {
    const char *cells[NT_TABLE_COLUMNS];
    l->count = nt_table_cells(l->record, l->group, NULL, cells);
    for (int i = 0; i < l->count; i++) {
        l->kept[i] = strncmp(cells[i], "90 %", 4) != 0;
        l->number[i] = i > 0;
    }
    for (int32_t c = 0; c < l->group->case_count; c++) {
        nt_table_cells(l->record, l->group, &l->group->cases[c], cells);
        for (int i = 0; i < l->count; i++)
            l->number[i] = l->number[i] && is_number(cells[i]);
    }
}

static void add_columns(const latex *l) {
    for (int i = 0; i < l->count; i++)
        if (l->kept[i])
            nt_text_add(l->text, l->number[i] ? "r" : "l");
    nt_text_add(l->text, "}\n");
}

/* NULL: the head. */
static void add_row(const latex *l, const nt_record_case *item) {
    const char *cells[NT_TABLE_COLUMNS];
    nt_table_cells(l->record, l->group, item, cells);
    for (int i = 0; i < l->count; i++)
        if (l->kept[i]) {
            nt_text_add(l->text, i ? " & " : "    ");
            nt_latex_text(l->text, cells[i]);
        }
    nt_text_add(l->text, " \\\\\n");
}

static void add_rows(const latex *l) {
    for (int32_t c = 0; c < l->group->case_count; c++)
        add_row(l, &l->group->cases[c]);
}

static void add_caption(const latex *l, const char *label) {
    const nt_record *record = l->record;
    nt_text *text = l->text;
    nt_text_add(text, "\\caption{");
    nt_latex_text(text, l->group->title[0] ? l->group->title : l->group->name);
    nt_text_add(text, ": ");
    nt_latex_text(text, record->metric);
    nt_text_printf(text, " of %d ", (int)record->samples);
    nt_latex_text(text, record->split);
    nt_text_add(text, " images of ");
    nt_latex_text(text, record->data);
    nt_text_printf(text, ", baseline %.4f", record->baseline.mean);
    if (record->seed_count > 1)
        nt_text_printf(text, " $\\pm$ %.4f, mean over %d seeds", record->baseline.deviation,
                       (int)record->seed_count);
    nt_text_printf(text, "; margin %g.}\\label{tab:%s}", record->margin, label);
}

static void add_page(const latex *l, const char *label) {
    nt_text_add(l->text, "% \\usepackage{booktabs,graphicx}\n"
                         "\\begin{table}\n  \\centering\\footnotesize\\tabcolsep=4pt\n  ");
    add_caption(l, label);
    nt_text_add(l->text,
                "\n  \\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%\n"
                "  \\begin{tabular}{");
    add_columns(l);
    nt_text_add(l->text, "    \\toprule\n");
    add_row(l, NULL);
    nt_text_add(l->text, "    \\midrule\n");
    add_rows(l);
    nt_text_add(l->text, "    \\bottomrule\n  \\end{tabular}}\n\\end{table}\n");
}

static void add_pages(const latex *l, const char *label) {
    nt_text_add(l->text, "% \\usepackage{booktabs,longtable}\n"
                         "{\\footnotesize\\tabcolsep=4pt\n\\begin{longtable}{");
    add_columns(l);
    nt_text_add(l->text, "    ");
    add_caption(l, label);
    nt_text_add(l->text, " \\\\\n    \\toprule\n");
    add_row(l, NULL);
    nt_text_add(l->text, "    \\midrule\\endfirsthead\n    \\toprule\n");
    add_row(l, NULL);
    nt_text_add(l->text, "    \\midrule\\endhead\n    \\bottomrule\\endfoot\n");
    add_rows(l);
    nt_text_add(l->text, "\\end{longtable}}\n");
}

void nt_table_latex(nt_record *record, const nt_record_group *group, const char *label,
                    nt_text *text) {
    latex l = {.record = record, .group = group, .text = text};
    find_columns(&l);
    if (group->case_count > PAGE)
        add_pages(&l, label);
    else
        add_page(&l, label);
}
