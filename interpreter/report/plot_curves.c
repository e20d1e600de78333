/* Curves: the metric as layers go, and as training goes. */
#include "figure.h"

#include "csv_out.h"
#include <math.h>
#include <string.h>

static const char *const colours[] = {"#0072B2", "#D55E00", "#009E73",
                                      "#CC79A7", "#E69F00", "#56B4E9"};
enum { COLOURS = sizeof colours / sizeof *colours };

/* The layer that a case edits beside those of the one before. */
static const char *gone(const nt_record *record, const nt_record_group *group, int32_t c) {
    const nt_record_case *item = &group->cases[c];
    for (int32_t i = 0; i < item->layer_count; i++) {
        bool before = false;
        for (int32_t j = 0; c > 0 && j < group->cases[c - 1].layer_count; j++)
            before = before || group->cases[c - 1].layers[j] == item->layers[i];
        if (!before && item->layers[i] >= 0)
            return record->layers[item->layers[i]].name;
    }
    return "";
}

static void add_steps(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    nt_text_printf(&figure->csv, "layers,%s,low,high,gone\n0,%.6f,,,nothing\n", record->metric,
                   record->baseline.mean);
    nt_plot_tips_begin(figure);
    nt_plot_tip(figure, 0, record->baseline.mean, "nothing gone: %.4f", record->baseline.mean);
    for (int32_t c = 0; c < group->case_count; c++) {
        const nt_record_case *item = &group->cases[c];
        nt_text_printf(&figure->csv, "%d", (int)item->layer_count);
        nt_csv_share(&figure->csv, item->value.mean);
        nt_csv_share(&figure->csv, item->low);
        nt_csv_share(&figure->csv, item->high);
        nt_text_add(&figure->csv, ",");
        nt_csv_text(&figure->csv, gone(record, group, c));
        nt_text_add(&figure->csv, "\n");
        if (!isnan(item->value.mean))
            nt_plot_tip(figure, item->layer_count, item->value.mean, "%d gone, last %s: %.4f",
                        (int)item->layer_count, gone(record, group, c), item->value.mean);
    }
    nt_plot_tips_end(figure);
}

void nt_plot_nested(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    add_steps(figure, record, group);
    nt_text_printf(
        &figure->script,
        "set grid ytics linecolor rgb '#888888' linewidth 0.3\n"
        "set yrange [0:1]\nset xlabel 'layers gone'\nset ylabel '%s'\nset xtics 1\n"
        "plot '%s.csv' skip 1 using 1:2 with linespoints pointtype 7 pointsize 0.4 "
        "linecolor rgb '#0072B2' title '%s', \\\n"
        "  '' skip 2 using 1:3:(0):(column(4) - column(3)) with vectors nohead linewidth "
        "1.4 linecolor rgb '#222222' title '%s', \\\n"
        "  %.6f with lines dashtype 3 linecolor rgb '#D55E00' title 'baseline minus the "
        "margin', \\\n",
        record->metric, figure->name, record->metric, nt_record_spread_words(record),
        record->baseline.mean - record->margin);
    nt_text_add(&figure->script, nt_plot_tips);
}

/* --- training --------------------------------------------------------------------------------- */

static bool held_out(const nt_record *record) {
    for (int32_t s = 0; s < record->seed_count; s++)
        for (int32_t e = 0; e < record->seeds[s].epoch_count; e++)
            if (!isnan(record->seeds[s].epochs[e].held_value))
                return true;
    return false;
}

static void add_epochs(nt_figure *figure, const nt_record *record) {
    nt_text_printf(&figure->csv, "seed,epoch,rate,loss,accuracy,held_out_loss,held_out_%s\n",
                   record->metric);
    for (int32_t s = 0; s < record->seed_count; s++)
        for (int32_t e = 0; e < record->seeds[s].epoch_count; e++) {
            const nt_record_epoch *at = &record->seeds[s].epochs[e];
            nt_text_printf(&figure->csv, "%d,%d", (int)record->seeds[s].seed, (int)at->epoch);
            nt_csv_share(&figure->csv, at->rate);
            nt_csv_share(&figure->csv, at->loss);
            nt_csv_share(&figure->csv, at->accuracy);
            nt_csv_share(&figure->csv, at->held_loss);
            nt_csv_share(&figure->csv, at->held_value);
            nt_text_add(&figure->csv, "\n");
        }
}

static void add_epoch_tips(nt_figure *figure, const nt_record *record, bool held) {
    nt_plot_tips_begin(figure);
    for (int32_t s = 0; s < record->seed_count; s++)
        for (int32_t e = 0; e < record->seeds[s].epoch_count; e++) {
            const nt_record_epoch *at = &record->seeds[s].epochs[e];
            double value = held ? at->held_value : at->accuracy;
            if (!isnan(value))
                nt_plot_tip(figure, at->epoch, value, "seed %d, epoch %d: %.4f, loss %.4f",
                            (int)record->seeds[s].seed, (int)at->epoch, value, at->loss);
        }
    nt_plot_tips_end(figure);
}

/* Without held-out images, the accuracy on the training images. */
void nt_plot_training(nt_figure *figure, const nt_record *record) {
    bool held = held_out(record);
    figure->height = 380;
    add_epochs(figure, record);
    add_epoch_tips(figure, record, held);
    nt_text_printf(&figure->script,
                   "set border 11 linecolor rgb '#222222'\nset y2tics nomirror\nset yrange [0:1]\n"
                   "set y2range [0:*]\nset grid ytics linecolor rgb '#888888' linewidth 0.3\n"
                   "set xlabel 'epoch'\nset ylabel '%s'\n"
                   "set y2label 'training loss' noenhanced textcolor rgb '#222222'\nplot \\\n",
                   held ? record->metric : "training accuracy");
    for (int32_t s = 0; s < record->seed_count; s++) {
        int seed = (int)record->seeds[s].seed;
        if (record->seeds[s].epoch_count == 0)
            continue;
        nt_text_printf(
            &figure->script,
            "  '%s.csv' skip 1 using 2:(column(1) == %d ? column(%d) : NaN) with lines "
            "linewidth 1.5 linecolor rgb '%s' title 'seed %d', \\\n"
            "  '%s.csv' skip 1 using 2:(column(1) == %d ? column(4) : NaN) axes x1y2 with "
            "lines dashtype 2 linecolor rgb '%s' notitle, \\\n",
            figure->name, seed, held ? 7 : 5, colours[s % COLOURS], seed, figure->name, seed,
            colours[s % COLOURS]);
    }
    nt_text_add(&figure->script, nt_plot_tips);
}
