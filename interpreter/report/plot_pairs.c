/* Layers are numbered as they stand in the network, those alone that the group's cases edit; each
 * pair has two squares, one the mirror of the other. */
#include "plot_pairs.h"

#include "csv_out.h"
#include <math.h>

typedef struct pairs {
    nt_figure *figure;
    const nt_record *record;
    const nt_record_group *group;
    nt_pairs_number number;
    int *numbers; /* of each layer of the network, from 1; 0: no case edits it */
    nt_grid grid;
} pairs;

/* A case's layers, twice the same of a case with one; -1: not known. */
static int32_t first_of(const nt_record_case *item) {
    return item->layers[0];
}

static int32_t last_of(const nt_record_case *item) {
    return item->layers[item->layer_count - 1];
}

static double sum_of_losses(const nt_record *record, const nt_record_case *item) {
    int32_t a = first_of(item), b = last_of(item);
    return a < 0 || b < 0 ? (double)NAN : -(record->layers[a].cost + record->layers[b].cost);
}

double nt_pairs_interaction(const nt_record *record, const nt_record_case *item) {
    return first_of(item) == last_of(item) ? (double)NAN
                                           : -item->change.mean - sum_of_losses(record, item);
}

static void number_layers(pairs *p) {
    const nt_record *record = p->record;
    int count = 0;
    for (int32_t c = 0; c < p->group->case_count; c++)
        for (int32_t k = 0; k < p->group->cases[c].layer_count; k++)
            if (p->group->cases[c].layers[k] >= 0)
                p->numbers[p->group->cases[c].layers[k]] = 1;
    for (int32_t i = 0; i < record->layer_count; i++)
        if (p->numbers[i]) {
            p->numbers[i] = ++count;
            nt_names_shown_add(&p->grid.columns, record->layers[i].name, count);
            nt_names_shown_add(&p->grid.rows, record->layers[i].name, count);
        }
}

/* --- squares ---------------------------------------------------------------------------------- */

static void add_tip(const pairs *p, const nt_record_case *item, int x, int y) {
    double loss = -item->change.mean, alone = sum_of_losses(p->record, item);
    if (x == y || isnan(alone))
        nt_plot_tip(p->figure, x, y, "%s: %.4f", item->name, loss);
    else
        nt_plot_tip(p->figure, x, y, "%s: %.4f, one by one %.4f, interaction %+.4f", item->name,
                    loss, alone, loss - alone);
}

static void add_square(const pairs *p, const nt_record_case *item, int32_t a, int32_t b) {
    nt_text *csv = &p->figure->csv;
    nt_text_printf(csv, "%d,%d", p->numbers[a], p->numbers[b]);
    if (p->number == NT_PAIRS_INTERACTION)
        nt_csv_real(csv, nt_pairs_interaction(p->record, item));
    nt_csv_real(csv, -item->change.mean);
    nt_csv_real(csv, sum_of_losses(p->record, item));
    nt_text_add(csv, ",");
    nt_csv_text(csv, item->name);
    nt_text_add(csv, "\n");
    add_tip(p, item, p->numbers[a], p->numbers[b]);
}

/* Returns the largest of the numbers, without their signs. */
static double add_squares(const pairs *p) {
    double most = 0;
    for (int32_t c = 0; c < p->group->case_count; c++) {
        const nt_record_case *item = &p->group->cases[c];
        int32_t a = first_of(item), b = last_of(item);
        double number =
            p->number == NT_PAIRS_LOSS ? item->change.mean : nt_pairs_interaction(p->record, item);
        if (a < 0 || b < 0 || isnan(number))
            continue;
        most = fmax(most, fabs(number));
        add_square(p, item, a, b);
        if (a != b)
            add_square(p, item, b, a);
    }
    return most;
}

static void draw(pairs *p) {
    nt_figure *figure = p->figure;
    bool interaction = p->number == NT_PAIRS_INTERACTION;
    number_layers(p);
    nt_text_printf(&figure->csv, "one,other,%sloss,sum_of_single_losses,case\n",
                   interaction ? "interaction," : "");
    nt_plot_tips_begin(figure);
    double most = fmax(add_squares(p), p->record->margin);
    nt_plot_tips_end(figure);
    if (interaction)
        nt_grid_diverging(figure, &p->grid, most, false, "interaction");
    else
        nt_grid_costs(figure, &p->grid, p->record);
    nt_grid_plot(figure, &p->grid);
}

void nt_pairs_draw(nt_figure *figure, const nt_record *record, const nt_record_group *group,
                   nt_pairs_number number) {
    nt_arena arena;
    nt_arena_init(&arena);
    pairs p = {.figure = figure, .record = record, .group = group, .number = number};
    p.numbers = NT_ARENA_ARRAY(&arena, int, record->layer_count + 1);
    nt_grid_init(&p.grid);
    if (p.numbers)
        draw(&p);
    else
        figure->script.failed = true;
    nt_grid_finish(&p.grid);
    nt_arena_finish(&arena);
}
