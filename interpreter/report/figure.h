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
    unsigned forms;     /* of the groups that it shows, a bit NT_OF(form) each; 0: the whole run */
    const char *beside; /* of a group's further figures: what is put behind the group's name; NULL
                         * of its first, which there is for every form */
    const char *order;  /* of one that shows the same as the group's first, in an order of its own:
                         * in words, both; else NULL */
    const char *title;  /* of one that shows the run; that of others is the group's */
    const char *caption;

    /* Whether there is what it shows, of the group or, where that is NULL, of the run; NULL: always
     */
    bool (*fits)(const nt_record *record, const nt_record_group *group);

    /* Fills in csv and script, and the size where it is another; `group`: NULL for the run. */
    void (*draw)(nt_figure *figure, const nt_record *record, const nt_record_group *group);

    /* Appends what is seen, as sentences for who can't; NULL: of a group what its cases come to, of
     * the run its title. `group`: NULL for the run. figure_words.h has some. */
    void (*describe)(const nt_record *record, const nt_record_group *group, nt_text *words);
};

#define NT_OF(form) (1U << (form))

extern const nt_kind *const nt_figure_kinds[];

#endif
