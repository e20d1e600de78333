/* HTML as the living standard has it. Landmarks, headings, scopes and captions are what a reader
 * without eyes goes by; tests/cli/page.py looks at them in a browser. */
#include "html.h"

#include "embedded.h"

/* page.css and page.js: meson.build makes it of them. */
extern const nt_embedded nt_page_files[];

void nt_html_text(nt_text *html, const char *text) {
    for (; *text; text++)
        switch (*text) {
        case '&':
            nt_text_add(html, "&amp;");
            break;
        case '<':
            nt_text_add(html, "&lt;");
            break;
        case '>':
            nt_text_add(html, "&gt;");
            break;
        case '"':
            nt_text_add(html, "&quot;");
            break;
        default:
            nt_text_add_bytes(html, text, 1);
        }
}

/* --- the frame -------------------------------------------------------------------------------- */

static void add_file(nt_text *html, const char *name) {
    const nt_embedded *file = nt_embedded_find(nt_page_files, name);
    nt_text_add_bytes(html, file->bytes, file->size);
}

static void add_links(nt_text *html, const nt_html_link *links) {
    nt_text_add(html, "<nav aria-label=\"Contents\"><ul>\n");
    for (; links->id; links++) {
        nt_text_printf(html, "<li><a href=\"#%s\">", links->id);
        nt_html_text(html, links->words);
        nt_text_add(html, "</a></li>\n");
    }
    nt_text_add(html, "</ul></nav>\n");
}

void nt_html_begin(nt_text *html, const char *title, const char *lead, const nt_html_link *links) {
    nt_text_add(html,
                "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
                "name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>");
    nt_html_text(html, title);
    nt_text_add(html, "</title>\n<style>\n");
    add_file(html, "page.css");
    nt_text_add(html, "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the "
                      "results</a>\n<header>\n<h1>");
    nt_html_text(html, title);
    nt_text_printf(html, "</h1>\n<p>%s</p>\n", lead);
    add_links(html, links);
    nt_text_add(html, "</header>\n<main id=\"main\" tabindex=\"-1\">\n");
}

void nt_html_end(nt_text *html, const char *footer) {
    nt_text_add(html, "<div id=\"tip\" role=\"status\"></div>\n</main>\n<footer><p>");
    nt_html_text(html, footer);
    nt_text_add(html, "</p></footer>\n<script>\n");
    add_file(html, "page.js");
    nt_text_add(html, "</script>\n</body>\n</html>\n");
}

/* --- tables ----------------------------------------------------------------------------------- */

static void begin(nt_text *html, const char *class, const char *caption) {
    nt_text_add(html, "<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"Table: ");
    nt_html_text(html, caption);
    nt_text_printf(html, "\"><table class=\"%s\">\n<caption><span>", class);
    nt_html_text(html, caption);
    nt_text_add(html, "</span></caption>\n");
}

void nt_html_table_begin(nt_text *html, const char *caption, const nt_html_column *columns) {
    begin(html, "data", caption);
    nt_text_add(html, "<thead><tr>");
    for (; columns->title; columns++) {
        nt_text_printf(html, "<th scope=\"col\"%s>", columns->number ? " class=\"number\"" : "");
        nt_html_text(html, columns->title);
        nt_text_add(html, "</th>");
    }
    nt_text_add(html, "</tr></thead>\n<tbody>\n");
}

void nt_html_table_end(nt_text *html) {
    nt_text_add(html, "</tbody></table></div>\n");
}

static void add_row(nt_text *html, const nt_html_column *columns, const char *const *cells,
                    const char *class, bool above) {
    bool classed = class || above;
    nt_text_printf(html, "<tr%s%s%s%s%s>", classed ? " class=\"" : "", class ? class : "",
                   class && above ? " " : "", above ? "split" : "", classed ? "\"" : "");
    for (int i = 0; columns[i].title; i++) {
        const char *tag = i ? "td" : "th";
        nt_text_printf(html, "<%s%s%s>", tag, i ? "" : " scope=\"row\"",
                       columns[i].number ? " class=\"number\"" : "");
        nt_html_text(html, cells[i]);
        nt_text_printf(html, "</%s>", tag);
    }
    nt_text_add(html, "</tr>\n");
}

void nt_html_row(nt_text *html, const nt_html_column *columns, const char *const *cells,
                 const char *class) {
    add_row(html, columns, cells, class, false);
}

void nt_html_row_above(nt_text *html, const nt_html_column *columns, const char *const *cells,
                       const char *class) {
    add_row(html, columns, cells, class, true);
}

void nt_html_under_begin(nt_text *html, const nt_html_column *columns) {
    int count = 0;
    while (columns[count].title)
        count++;
    nt_text_printf(html, "<tr class=\"under\"><td colspan=\"%d\">", count);
}

void nt_html_under_end(nt_text *html) {
    nt_text_add(html, "</td></tr>\n");
}

void nt_html_keys_begin(nt_text *html, const char *caption) {
    begin(html, "keys", caption);
    nt_text_add(html, "<tbody>\n");
}

void nt_html_key(nt_text *html, const char *name, const char *value, bool code) {
    nt_text_add(html, "<tr><th scope=\"row\">");
    nt_html_text(html, name);
    nt_text_add(html, code ? "</th><td><code>" : "</th><td>");
    nt_html_text(html, value);
    nt_text_add(html, code ? "</code></td></tr>\n" : "</td></tr>\n");
}
