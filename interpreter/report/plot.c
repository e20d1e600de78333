/* Parts of gnuplot scripts that several figures share: labels of tics, and the tips that an SVG
 * shows under the pointer. Texts are made safe for gnuplot's quotes and for an SVG's attributes
 * here, and nowhere else. */
#include "plot.h"

/* --- tips ------------------------------------------------------------------------------------- */

const char nt_plot_tips[] =
    "  $tips using 1:2:(strcol(3)) with labels hypertext point pointtype 7 pointsize 0.01 "
    "linecolor rgb '#888888' notitle\n";

void nt_plot_tips_begin(nt_figure *figure) {
    nt_text_add(&figure->script, "$tips << END\n");
}

/* A comma would end the field, and gnuplot writes quotes as they are into an attribute's script. */
void nt_plot_tip(nt_figure *figure, double x, double y, const char *format, ...) {
    nt_text text;
    va_list arguments;
    nt_text_init(&text);
    va_start(arguments, format);
    nt_text_vprintf(&text, format, arguments);
    va_end(arguments);
    nt_text_printf(&figure->script, "%.9g,%.9g,", x, y);
    for (const char *c = text.bytes; *c; c++)
        switch (*c) {
        case ',':
            nt_text_add(&figure->script, ";");
            break;
        case '\'':
        case '"':
        case '\\':
            nt_text_add(&figure->script, "’");
            break;
        default:
            nt_text_add_bytes(&figure->script, c, 1);
        }
    nt_text_add(&figure->script, "\n");
    figure->script.failed = figure->script.failed || text.failed;
    nt_text_finish(&text);
}

void nt_plot_tips_end(nt_figure *figure) {
    nt_text_add(&figure->script, "END\n");
}

/* --- lines ------------------------------------------------------------------------------------ */

void nt_plot_spread(nt_text *script, const nt_record *record, int x, int mean) {
    bool several = record->seed_count > 1;
    if (several)
        nt_text_printf(script, "%d:(column(%d) - column(%d)):(0):(2 * column(%d))", x, mean,
                       mean + 1, mean + 1);
    else
        nt_text_printf(script, "%d:%d:(0):(column(%d) - column(%d))", x, mean + 2, mean + 3,
                       mean + 2);
    nt_text_printf(script,
                   " with vectors nohead linewidth 1.4 linecolor rgb '#222222' title '%s', \\\n",
                   several ? "deviation over the seeds" : "95 % interval");
}
