/* Parts of gnuplot scripts that several figures share: labels of tics, and the tips that an SVG
 * shows under the pointer. Texts are made safe for gnuplot's quotes and for an SVG's attributes
 * here, and nowhere else. */
#include "plot.h"

/* In single quotes only these themselves mean something; in a tic's label also the per cent sign.
 */
void nt_plot_tic(nt_text *tics, bool first, const char *name, int at) {
    nt_text_add(tics, first ? "'" : ", '");
    for (; *name; name++) {
        nt_text_add(tics, *name == '\'' ? "'" : *name == '%' ? "%" : "");
        nt_text_add_bytes(tics, name, 1);
    }
    nt_text_printf(tics, "' %d", at);
}

const char nt_plot_tips[] =
    "  $tips using 1:2:(strcol(3)) with labels hypertext point pointtype 7 pointsize 0.1 "
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

/* --- squares ---------------------------------------------------------------------------------- */

const unsigned char nt_cost_colours[NT_COST_COLOURS][3] = {{0xFF, 0xFF, 0xCC},
                                                           {0xFE, 0xD9, 0x76},
                                                           {0xFD, 0x8D, 0x3C},
                                                           {0xE3, 0x1A, 0x1C},
                                                           {0x67, 0, 0x0D}};

void nt_plot_palette(nt_figure *figure, const nt_record *record) {
    nt_text_add(&figure->script, "set palette defined (");
    for (int i = 0; i < NT_COST_COLOURS; i++)
        nt_text_printf(&figure->script, "%s%d '#%02X%02X%02X'", i ? ", " : "", i,
                       (unsigned)nt_cost_colours[i][0], (unsigned)nt_cost_colours[i][1],
                       (unsigned)nt_cost_colours[i][2]);
    nt_text_printf(&figure->script,
                   ")\nset cbrange [0:%.4f]\nset cbtics 0.2\nset cblabel 'loss of %s' noenhanced "
                   "textcolor rgb '#222222'\n",
                   record->baseline.mean > 0 ? record->baseline.mean : 1, record->metric);
}

void nt_plot_squares(nt_figure *figure, const nt_record *record, bool numbers) {
    const char *file = figure->name;
    nt_text_printf(&figure->script,
                   "plot '%s.csv' skip 1 using 1:2:(0.48):(0.48):3 with boxxyerror fillcolor "
                   "palette notitle, \\\n",
                   file);
    if (numbers)
        nt_text_printf(
            &figure->script,
            "  '%s.csv' skip 1 using 1:2:(sprintf('%%.2f', abs(column(3)) < 0.005 ? 0.0 : "
            "column(3))):(column(3) > %.4f ? 0xFFFFFF : 0x000000) with labels font ',10' textcolor "
            "rgb variable notitle, \\\n",
            file, NT_COST_DARK * record->baseline.mean);
    nt_text_add(&figure->script, nt_plot_tips);
}

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
