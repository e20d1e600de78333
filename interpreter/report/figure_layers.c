/* A bar for each layer, coloured by its part, with the baseline, chance, each seed's value and
 * bounds: figures 1 and 2 of the study. */
#include "plot_bars.h"

/* Okabe and Ito's colours, which most people with a colour vision deficiency tell apart. */
static const char *const colours[NT_PARTS] = {"#999999", "#CC79A7", "#56B4E9",
                                              "#0072B2", "#E69F00", "#009E73"};

enum { WIDEST = 16000 }; /* pixels: cairo has 32767 */

static void draw(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    bool seen[NT_PARTS] = {false};
    figure->height = 380;
    if (14 * group->case_count + 120 > figure->width)
        figure->width = 14 * group->case_count + 120;
    if (figure->width > WIDEST)
        figure->width = WIDEST;
    for (int32_t c = 0; c < group->case_count; c++)
        seen[nt_bars_part(record, &group->cases[c])] = true;
    nt_bars_begin(figure, record, group);
    for (int p = 0; p < NT_PARTS; p++) {
        if (!seen[p])
            continue;
        nt_text_printf(
            &figure->script,
            "  '%s.csv' skip 1 using %d:(strcol(%d) eq '%s' ? column(%d) : NaN) with boxes "
            "linecolor rgb '%s' title '%s', \\\n",
            figure->name, NT_BARS_POSITION, NT_BARS_PART, nt_part_names[p], NT_BARS_MEAN,
            colours[p], p ? nt_part_names[p] : "other");
    }
    nt_bars_end(figure, record);
}

const nt_figure_kind nt_figure_kind_layers = {
    .kind = {.name = "layers",
             .doc = "the metric with each layer edited, one bar a layer",
             .fields = nt_no_fields},
    .of_group = true,
    .form = NT_FORM_SINGLE,
    .caption = "The metric of each case, one layer each, the others untouched.",
    .draw = draw,
};
