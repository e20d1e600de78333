/* Figures on a page: the drawing as SVG with words that say what is seen, the numbers behind it as
 * a table, and a link that holds them as CSV. A figure that could not be drawn is said where it
 * would stand. */
#include "page_private.h"

#include "beneath.h"
#include "build_info.h"
#include "csv_table.h"
#include "figure_words.h"
#include "html.h"
#include <ctype.h>
#include <string.h>

enum {
    LARGEST_SVG = 1 << 26,
    BROAD = 1150 /* pixels: what is wider is not made smaller: it has many bars */
};

/* To which share of its size a figure is made smaller, at most: its letters are still read. */
static const double smallest = 0.7;

/* Whether `at` begins with `word`; then *at is moved behind it. */
static bool skip(const char **at, const char *word) {
    size_t length = strlen(word);
    if (strncmp(*at, word, length) != 0)
        return false;
    *at += length;
    return true;
}

/* To who can't see it the drawing is one picture, told in words. */
static void add_role(nt_text *html, const nt_figure *figure, const nt_record *record) {
    nt_text words;
    nt_text_init(&words);
    nt_figure_words(figure, record, &words);
    nt_text_add(html, "<svg role=\"img\" aria-label=\"");
    nt_html_text(html, words.bytes);
    nt_text_add(html, "\"");
    html->failed = html->failed || words.failed;
    nt_text_finish(&words);
}

/* The drawing without what stands before it in its file. Ink takes the colour of the page's text,
 * and the ground is left out, so that both follow the reader's choice of light or dark. */
static void add_svg(nt_text *html, const nt_figure *figure, const nt_record *record,
                    const char *svg) {
    const char *ground = figure->drawing ? "fill=\"white\"" : "fill=\"#ffffff\"";
    bool grounded = false;
    const char *at = strstr(svg, "<svg");
    if (at && skip(&at, "<svg"))
        add_role(html, figure, record);
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

/* A group's figures have one title: what tells them apart stands behind it. */
static void add_title(nt_text *html, const nt_figure *figure) {
    const char *own = figure->kind->order ? figure->kind->order : figure->kind->beside;
    nt_html_text(html, figure->title);
    if (own)
        nt_text_printf(html, ", %s", own);
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
    nt_text_add(html, "\">data (CSV)<span class=\"hide\">: ");
    add_title(html, figure);
    nt_text_add(html, "</span></a>");
}

static nt_status add_drawing(nt_text *html, const nt_figure *figure, const nt_record *record,
                             const char *folder, nt_error *error) {
    nt_arena arena;
    nt_bytes svg;
    nt_arena_init(&arena);
    const char *path = nt_arena_printf(&arena, "%s/%s.svg", folder, figure->name);
    nt_status status = path ? nt_beneath_read(NULL, path, LARGEST_SVG, &svg, error) : NT_NO_MEMORY;
    if (status == NT_OK) {
        nt_text_printf(html,
                       "<div class=\"plot scroll%s%s\" style=\"--least: %dpx\" role=\"group\" "
                       "tabindex=\"0\" aria-label=\"Figure: ",
                       figure->drawing ? " tall" : "", figure->width > BROAD ? " broad" : "",
                       (int)(smallest * figure->width));
        add_title(html, figure);
        nt_text_add(html, "\">");
        add_svg(html, figure, record, (const char *)svg.bytes);
        nt_text_add(html, "</div>\n");
        nt_bytes_finish(&svg);
    }
    nt_arena_finish(&arena);
    return status;
}

static void add_numbers(nt_text *html, const nt_figure *figure) {
    nt_text_add(html, "<details><summary>The figure's numbers<span class=\"hide\">: ");
    nt_html_text(html, figure->name);
    nt_text_add(html, "</span></summary>\n");
    nt_csv_table(html, figure->caption, figure->csv.bytes);
    nt_text_add(html, "</details>\n");
}

nt_status nt_page_figure(nt_text *html, const nt_figure *figure, const nt_record *record,
                         const char *folder, nt_error *error) {
    nt_text_add(html, "<figure>\n");
    if (nt_feature_plots.built)
        NT_TRY(add_drawing(html, figure, record, folder, error));
    else
        nt_text_add(html, "<p>Not drawn: the program was built without figures.</p>\n");
    nt_text_add(html, "<figcaption>");
    nt_html_text(html, figure->caption);
    nt_text_add(html, " ");
    add_data_link(html, figure);
    nt_text_add(html, "</figcaption>\n</figure>\n");
    add_numbers(html, figure);
    return NT_OK;
}
