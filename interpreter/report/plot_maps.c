/* Maps: squares in the colour of what the metric changes by, darker for a greater loss. */
#include "figure.h"

#include "csv_out.h"
#include <math.h>
#include <string.h>

/* Light yellow to dark red (ColorBrewer's YlOrRd), for losses; from nothing to the baseline. */
static void add_palette(nt_figure *figure, const nt_record *record) {
    nt_text_printf(
        &figure->script,
        "set palette defined (0 '#FFFFCC', 0.25 '#FED976', 0.5 '#FD8D3C', 0.75 "
        "'#E31A1C', 1 '#67000D')\n"
        "set cbrange [0:%.4f]\nset cbtics 0.2\nset cblabel 'loss of %s' noenhanced textcolor rgb "
        "'#222222'\n",
        record->baseline.mean > 0 ? record->baseline.mean : 1, record->metric);
}

/* Squares from columns x and y, the loss in `loss` and the words that a pointer shows. */
static void add_squares(nt_figure *figure, const nt_record *record, const char *words,
                        bool numbers) {
    const char *file = figure->name;
    nt_text_printf(&figure->script,
                   "plot '%s.csv' skip 1 using 1:2:(0.48):(0.48):3 with boxxyerror fillcolor "
                   "palette notitle, \\\n",
                   file);
    if (numbers)
        nt_text_printf(
            &figure->script,
            "  '%s.csv' skip 1 using 1:2:(sprintf('%%.2f', abs(column(3)) < 0.005 ? 0.0 : "
            "column(3))):(column(3) > %.4f ? "
            "0xFFFFFF : 0x111111) with labels font ',10' textcolor rgb variable notitle, \\\n",
            file, 0.6 * record->baseline.mean);
    nt_text_printf(&figure->script,
                   "  '%s.csv' skip 1 using 1:2:(%s) with labels hypertext point pointtype 7 "
                   "pointsize 0.1 linecolor rgb '#888888' notitle\n",
                   file, words);
}

static void add_tic(nt_text *tics, bool first, const char *name, int at) {
    nt_text_add(tics, first ? "" : ", ");
    nt_plot_quote(tics, name);
    nt_text_printf(tics, " %d", at);
}

/* --- stages ----------------------------------------------------------------------------------- */

/* The number of a layer's stage, from 1, in the order in which stages begin. */
static int stage_number(const nt_record *record, int32_t layer) {
    int number = 0;
    for (int32_t i = 0; i <= layer; i++) {
        const nt_record_layer *other = &record->layers[i];
        bool seen = other->part == NT_PART_NONE;
        for (int32_t j = 0; j < i && !seen; j++)
            seen = record->layers[j].part != NT_PART_NONE &&
                   strcmp(record->layers[j].stage, other->stage) == 0;
        number += !seen;
        if (!seen && strcmp(other->stage, record->layers[layer].stage) == 0)
            return number;
    }
    return number;
}

void nt_plot_stages(nt_figure *figure, const nt_record *record) {
    nt_text tics;
    int stages = 0, places = 0;
    nt_text_init(&tics);
    nt_text_add(&figure->csv, "place,stage,loss,layer,stage_name\n");
    for (int32_t i = 0; i < record->layer_count; i++) {
        const nt_record_layer *layer = &record->layers[i];
        if (layer->part == NT_PART_NONE || isnan(layer->cost))
            continue;
        int stage = stage_number(record, i);
        const char *name = layer->stage[0] ? layer->stage : "(no block)";
        if (stage > stages)
            add_tic(&tics, stages == 0, name, stage);
        stages = stage > stages ? stage : stages;
        places = layer->place > places ? layer->place : places;
        nt_text_printf(&figure->csv, "%d,%d,%.6f,", (int)layer->place, stage, -layer->cost);
        nt_csv_text(&figure->csv, layer->name);
        nt_text_add(&figure->csv, ",");
        nt_csv_text(&figure->csv, name);
        nt_text_add(&figure->csv, "\n");
    }
    figure->height = 44 * stages + 170;
    add_palette(figure, record);
    nt_text_printf(&figure->script,
                   "set yrange [%d.5:0.5]\nset xrange [0.5:%d.5]\nset xtics 1\nset ytics (%s)\n"
                   "set xlabel 'convolution of the stage'\n",
                   stages, places, tics.bytes);
    add_squares(figure, record, "sprintf('%s: %.4f', strcol(4), column(3))", places <= 20);
    figure->script.failed = figure->script.failed || tics.failed;
    nt_text_finish(&tics);
}

/* --- pairs ------------------------------------------------------------------------------------ */

/* The number of a layer among those that the group's cases edit, from 1. */
static int layer_number(const nt_record *record, const nt_record_group *group, int32_t layer) {
    int number = 0;
    for (int32_t i = 0; i <= layer && i < record->layer_count; i++) {
        bool edited = false;
        for (int32_t c = 0; c < group->case_count && !edited; c++)
            for (int32_t k = 0; k < group->cases[c].layer_count; k++)
                edited = edited || group->cases[c].layers[k] == i;
        number += edited;
    }
    return number;
}

static void add_pair(nt_figure *figure, const nt_record *record, const nt_record_group *group,
                     const nt_record_case *item, int32_t a, int32_t b) {
    nt_text_printf(&figure->csv, "%d,%d", layer_number(record, group, a),
                   layer_number(record, group, b));
    nt_csv_share(&figure->csv, -item->change.mean);
    nt_text_add(&figure->csv, ",");
    nt_csv_text(&figure->csv, item->name);
    nt_csv_share(&figure->csv, -(record->layers[a].cost + record->layers[b].cost));
    nt_text_add(&figure->csv, "\n");
}

void nt_plot_pairs(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    int layers = layer_number(record, group, record->layer_count);
    nt_text_add(&figure->csv, "one,other,loss,case,sum_of_single_losses\n");
    for (int32_t c = 0; c < group->case_count; c++) {
        const nt_record_case *item = &group->cases[c];
        int32_t a = item->layers[0], b = item->layers[item->layer_count - 1];
        if (a < 0 || b < 0 || isnan(item->change.mean))
            continue;
        add_pair(figure, record, group, item, a, b);
        if (a != b)
            add_pair(figure, record, group, item, b, a);
    }
    figure->width = 900;
    figure->height = 800;
    add_palette(figure, record);
    nt_text_printf(
        &figure->script,
        "set lmargin at screen 0.2\nset rmargin at screen 0.86\nset bmargin at screen "
        "0.22\nset tmargin at screen 0.97\nset xrange [0.5:%d.5]\nset yrange [%d.5:0.5]\n",
        layers, layers);
    nt_text_add(&figure->script, "set tics font ',8'\nset xtics rotate by 90 right (");
    for (int axis = 0; axis < 2; axis++) {
        bool first = true;
        for (int32_t i = 0; i < record->layer_count; i++)
            if (layer_number(record, group, i) > (i ? layer_number(record, group, i - 1) : 0)) {
                add_tic(&figure->script, first, record->layers[i].name,
                        layer_number(record, group, i));
                first = false;
            }
        nt_text_add(&figure->script, axis == 0 ? ")\nset ytics (" : ")\n");
    }
    add_squares(figure, record,
                "sprintf('%s: %.4f, one by one %.4f', strcol(4), column(3), column(5))", false);
}
