/* A group's table for a paper, in LaTeX: booktabs' lines, and longtable's pages where there are
 * more rows than one page has. The packages that it needs stand in its first line. A table that is
 * wider than the text is made as wide as that: of one page as a whole; of several, which can't be
 * scaled, by words and names on more than one line, and by smaller letters where other columns
 * leave little to the names. The 90 % intervals, by which cases are called trivial, are left to the
 * CSV. */
#include "tables.h"

#include "latex.h"
#include <ctype.h>
#include <string.h>

enum { PAGE = 40 /* rows */, UNBROKEN = 14 /* letters of a cell, at most */, WORDS = 7 /* em */ };

typedef struct latex {
    nt_record *record;
    const nt_record_group *group;
    bool kept[NT_TABLE_COLUMNS], number[NT_TABLE_COLUMNS];
    const char *longest[NT_TABLE_COLUMNS]; /* cells */
    int count;
    bool breaks; /* the names may */
    nt_text *text;
} latex;

/* A column of numbers, with or without a sign, stands to the right: all others to the left. */
static bool is_number(const char *cell) {
    cell += *cell == '-' || *cell == '+';
    return isdigit((unsigned char)*cell) || strncmp(cell, "–", strlen("–")) == 0;
}

static size_t letters(const char *cell) {
    size_t count = 0;
    for (; *cell; cell++)
        count += ((unsigned char)*cell & 0xC0) != 0x80;
    return count;
}

static void find_columns(latex *l) {
    const char *cells[NT_TABLE_COLUMNS];
    l->count = nt_table_cells(l->record, l->group, NULL, l->longest);
    for (int i = 0; i < l->count; i++) {
        l->kept[i] = strncmp(l->longest[i], "90 %", 4) != 0;
        l->number[i] = i > 0;
    }
    for (int32_t c = 0; c < l->group->case_count; c++) {
        nt_table_cells(l->record, l->group, &l->group->cases[c], cells);
        for (int i = 0; i < l->count; i++) {
            l->number[i] = l->number[i] && is_number(cells[i]);
            if (letters(cells[i]) > letters(l->longest[i]))
                l->longest[i] = cells[i];
        }
    }
}

/* Whether a column, not the first, has words on more than one line. */
static bool has_lines(const latex *l, int i) {
    return l->breaks && !l->number[i] && letters(l->longest[i]) > UNBROKEN;
}

static void add_columns(const latex *l) {
    static const char lines[] = ">{\\raggedright\\arraybackslash}p";
    nt_text_add(l->text,
                l->breaks ? ">{\\raggedright\\hangindent=1em\\arraybackslash}p{\\ntname}" : "l");
    for (int i = 1; i < l->count; i++)
        if (l->kept[i] && has_lines(l, i))
            nt_text_printf(l->text, "%s{%dem}", lines, WORDS);
        else if (l->kept[i])
            nt_text_add(l->text, l->number[i] ? "r" : "l");
    nt_text_add(l->text, "}\n");
}

/* A long name may break behind what parts it; behind a hyphen it may anyway. */
static void add_name(const latex *l, const char *name) {
    nt_text piece;
    bool breaks = l->breaks && letters(name) > UNBROKEN;
    nt_text_init(&piece);
    while (breaks && *name) {
        size_t length = strcspn(name, "._+,/:");
        length += name[length] != '\0';
        nt_text_clear(&piece);
        nt_text_add_bytes(&piece, name, length);
        nt_latex_text(l->text, piece.bytes);
        name += length;
        nt_text_add(l->text, *name ? "\\allowbreak{}" : "");
    }
    nt_latex_text(l->text, name);
    l->text->failed = l->text->failed || piece.failed;
    nt_text_finish(&piece);
}

/* NULL: the head. */
static void add_row(const latex *l, const nt_record_case *item) {
    const char *cells[NT_TABLE_COLUMNS];
    nt_table_cells(l->record, l->group, item, cells);
    for (int i = 0; i < l->count; i++)
        if (l->kept[i]) {
            nt_text_add(l->text, i ? " & " : "    ");
            if (i == 0)
                add_name(l, cells[i]);
            else
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
    nt_text_printf(text, ", baseline %.4f", nt_record_baseline(record, l->group).mean);
    if (record->seed_count > 1)
        nt_text_printf(text, " $\\pm$ %.4f, mean over %d seeds",
                       nt_record_baseline(record, l->group).deviation, (int)record->seed_count);
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

/* The width of the column of names, \ntname, is what the others leave, at most the longest name's;
 * letters are as small as it takes to leave 8em, or that. */
static void add_width(const latex *l) {
    int gaps = 0, lines = 0;
    nt_text_add(l->text, "\\def\\ntfit#1#2{#1\\tabcolsep=#2\\settowidth{\\dimen0}{");
    for (int i = 0; i < l->count; i++) {
        gaps += l->kept[i] ? 2 : 0;
        lines += l->kept[i] && i > 0 && has_lines(l, i);
        if (l->kept[i] && i > 0 && !has_lines(l, i))
            nt_latex_text(l->text, l->longest[i]);
    }
    nt_text_printf(l->text,
                   "}%%\n  \\dimen0=\\dimexpr\\linewidth-\\dimen0-%dem-%d\\tabcolsep\\relax\n"
                   "  \\settowidth{\\dimen2}{",
                   WORDS * lines, gaps);
    nt_latex_text(l->text, l->longest[0]);
    nt_text_add(l->text, "}\\ifdim\\dimen2<\\dimen0 \\dimen0=\\dimen2\\fi\n"
                         "  \\edef\\ntname{\\the\\dimen0}\\ifdim\\dimen2>8em \\dimen2=8em\\fi}\n"
                         "\\ntfit\\footnotesize{4pt}\n"
                         "\\ifdim\\dimen0<\\dimen2 \\ntfit\\scriptsize{3pt}\\fi\n"
                         "\\ifdim\\dimen0<\\dimen2 "
                         "\\ntfit{\\fontsize{6}{7.2}\\selectfont}{2pt}\\fi\n");
}

static void add_pages(const latex *l, const char *label) {
    nt_text_add(l->text, "% \\usepackage{array,booktabs,longtable}\n{%\n");
    add_width(l);
    nt_text_add(l->text, "\\begin{longtable}{");
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
    l.breaks = group->case_count > PAGE;
    if (l.breaks)
        add_pages(&l, label);
    else
        add_page(&l, label);
}
