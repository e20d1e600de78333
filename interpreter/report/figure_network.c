/* The network in Graphviz's language. Of its layers only convolutions, the heads' linear layers and
 * what has several inputs are drawn; a path through the others (batch normalisation, rectifiers,
 * pooling) becomes one arrow. */
#include "plot_grid.h"

#include "csv_out.h"
#include "figure_words.h"
#include <math.h>
#include <string.h>

static bool drawn(const nt_record_layer *layer) {
    return !isnan(layer->cost) || layer->part != NT_PART_NONE || layer->input_count != 1 ||
           strcmp(layer->op, "linear") == 0;
}

static void add_escaped(nt_text *text, const char *string) {
    for (; *string; string++) {
        if (*string == '"' || *string == '\\')
            nt_text_add(text, "\\");
        nt_text_add_bytes(text, string, 1);
    }
}

/* --- colours ---------------------------------------------------------------------------------- */

/* Between nt_cost_colours; share: 0 to 1. */
static void colour_of(double share, char ret[8]) {
    double at = fmin(fmax(share, 0), 1) * (NT_COST_COLOURS - 1);
    int low = at >= NT_COST_COLOURS - 1 ? NT_COST_COLOURS - 2 : (int)at;
    unsigned rgb[3];
    for (int c = 0; c < 3; c++) {
        double from = nt_cost_colours[low][c], to = nt_cost_colours[low + 1][c];
        rgb[c] = (unsigned)(from + (at - low) * (to - from) + 0.5) & 0xFF;
    }
    snprintf(ret, 8, "#%02X%02X%02X", rgb[0], rgb[1], rgb[2]);
}

/* --- nodes ------------------------------------------------------------------------------------ */

static void add_layer(nt_figure *figure, const nt_record *record, int32_t i) {
    const nt_record_layer *layer = &record->layers[i];
    char colour[8] = "#DDDDDD";
    double share = -layer->cost / (record->baseline.mean > 0 ? record->baseline.mean : 1);
    nt_text_printf(&figure->script, "  n%d [label=\"", (int)i);
    add_escaped(&figure->script, layer->part != NT_PART_NONE ? layer->name : layer->op);
    if (!isnan(layer->cost)) {
        colour_of(share, colour);
        nt_text_printf(&figure->script, "\\n%+.3f", layer->cost);
    }
    nt_text_add(&figure->script, "\", tooltip=\"");
    add_escaped(&figure->script, layer->name);
    nt_text_add(&figure->script, ": ");
    add_escaped(&figure->script, layer->op);
    nt_text_printf(&figure->script,
                   ", output %s, %lld parameters, %lld multiply-adds\", fillcolor=\"%s\", "
                   "fontcolor=\"%s\"%s%s];\n",
                   layer->output, (long long)layer->parameters, (long long)layer->multiply_adds,
                   colour, !isnan(layer->cost) && share > NT_COST_DARK ? "#ffffff" : "#000000",
                   layer->part == NT_PART_SHORTCUT ? ", style=\"filled,dashed\"" : "",
                   layer->part == NT_PART_NONE ? ", shape=ellipse" : "");
}

/* --- arrows ----------------------------------------------------------------------------------- */

/* The layer that an input's name stands for: its own, or, of "layer.output", the part before the
 * last dot; -1: an input of the network. */
static int32_t find(const nt_record *record, const char *name) {
    const char *dot = strrchr(name, '.');
    int32_t partly = -1;
    for (int32_t i = 0; i < record->layer_count; i++) {
        const char *other = record->layers[i].name;
        if (strcmp(other, name) == 0)
            return i;
        if (dot && strlen(other) == (size_t)(dot - name) &&
            strncmp(other, name, strlen(other)) == 0)
            partly = i;
    }
    return partly;
}

/* Through layers that aren't drawn to one that is; -1: an input of the network. A layer's inputs
 * come before it, so that this ends. */
static int32_t source(const nt_record *record, const char *name, int32_t reader) {
    int32_t layer = find(record, name);
    while (layer >= 0 && layer < reader && !drawn(&record->layers[layer])) {
        reader = layer;
        layer = find(record, record->layers[layer].inputs[0]);
    }
    return layer < reader ? layer : -1;
}

static void add_arrows(nt_figure *figure, const nt_record *record, int32_t i) {
    for (int32_t k = 0; k < record->layers[i].input_count; k++) {
        int32_t from = source(record, record->layers[i].inputs[k], i);
        if (from >= 0)
            nt_text_printf(&figure->script, "  n%d -> n%d;\n", (int)from, (int)i);
        else
            nt_text_printf(&figure->script, "  input -> n%d;\n", (int)i);
    }
}

static void draw(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    (void)group;
    figure->drawing = true;
    nt_text_add(&figure->csv, "layer,op,part,stage,change,output,parameters,multiply_adds\n");
    nt_text_add(&figure->script,
                "digraph {\n  bgcolor=\"white\"; ranksep=0.22; nodesep=0.25;\n"
                "  node [shape=box, style=filled, fontname=\"sans-serif\", fontsize=11, "
                "height=0.3, margin=\"0.08,0.03\", color=\"#555555\"];\n"
                "  edge [color=\"#777777\", arrowsize=0.6];\n"
                "  input [shape=ellipse, fillcolor=\"#FFFFFF\"];\n");
    for (int32_t i = 0; i < record->layer_count; i++) {
        const nt_record_layer *layer = &record->layers[i];
        if (!drawn(layer))
            continue;
        add_layer(figure, record, i);
        add_arrows(figure, record, i);
        nt_csv_text(&figure->csv, layer->name);
        nt_text_add(&figure->csv, ",");
        nt_csv_text(&figure->csv, layer->op);
        nt_text_printf(&figure->csv, ",%s,", nt_part_names[layer->part]);
        nt_csv_text(&figure->csv, layer->stage);
        nt_csv_real(&figure->csv, layer->cost);
        nt_text_printf(&figure->csv, ",%s,%lld,%lld\n", layer->output, (long long)layer->parameters,
                       (long long)layer->multiply_adds);
    }
    nt_text_add(&figure->script, "}\n");
}

static bool fits(const nt_record *record, const nt_record_group *group) {
    (void)group;
    for (int32_t i = 0; i < record->layer_count; i++)
        if (!isnan(record->layers[i].cost))
            return true;
    return false;
}

const nt_figure_kind nt_figure_kind_network = {
    .kind = {.name = "network",
             .doc = "the network as a graph, layers in the colour of what their loss costs",
             .fields = nt_no_fields},
    .title = "The network",
    .caption =
        "Layers in the colour of what their loss costs; dashed: on a shortcut; grey: not measured.",
    .fits = fits,
    .draw = draw,
    .describe = nt_describe_costs,
};
