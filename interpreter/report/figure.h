/* Figures of a report. A kind of figure is one file, figure_NAME.c, which exports one `const
 * nt_figure_kind nt_figure_kind_NAME`; report/meson.build lists them in the order of the page. It
 * says what it shows, data as CSV and a script of gnuplot (gnuplot.info) or Graphviz (graphviz.org)
 * that reads them; drawing.h makes files of both. */
#ifndef NT_FIGURE_H
#define NT_FIGURE_H

#include "kind.h"
#include "record.h"
#include "text.h"

typedef struct nt_figure_kind nt_figure_kind;

typedef struct nt_figure {
    const nt_figure_kind *kind;
    const char *name, *title, *caption; /* name: also its files' */
    const nt_record_group *group;       /* that it shows; NULL: the whole run */
    nt_text csv, script;
    bool drawing;      /* the script is Graphviz's */
    int width, height; /* of a plot, in CSS pixels; the PNG has twice as many */
} nt_figure;

struct nt_figure_kind {
    nt_kind kind;       /* without a record */
    bool of_group;      /* it shows one group; otherwise the whole run */
    nt_group_form form; /* of the groups that it shows */
    const char *title;  /* of one that shows the run; that of others is the group's */
    const char *caption;
    bool (*fits)(const nt_record *record); /* whether there is what it shows; NULL: always */

    /* Fills in csv and script, and the size where it is another; `group`: NULL for the run. */
    void (*draw)(nt_figure *figure, const nt_record *record, const nt_record_group *group);

    /* Appends what is seen, as sentences for who can't; NULL: of a group what its cases come to, of
     * the run its title. figure_words.h has some. */
    void (*describe)(const nt_record *record, nt_text *words);
};

extern const nt_kind *const nt_figure_kinds[];

#endif
