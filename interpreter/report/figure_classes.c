/* A square for each case and class, by what the case does to the class. */
#include "plot_grid.h"

#include "csv_out.h"
#include <math.h>

enum { MOST_CLASSES = 128, MOST_CASES = 400 };

static void add_case(nt_figure *figure, const nt_record *record, const nt_record_case *item,
                     int row) {
    for (int32_t c = 0; item->classes && c < record->class_count; c++) {
        if (isnan(item->classes[c]))
            continue;
        nt_text_printf(&figure->csv, "%d,%d", (int)c + 1, row);
        nt_csv_real(&figure->csv, item->classes[c]);
        nt_text_add(&figure->csv, ",");
        nt_csv_text(&figure->csv, record->classes[c]);
        nt_text_add(&figure->csv, ",");
        nt_csv_text(&figure->csv, item->name);
        nt_text_add(&figure->csv, "\n");
        nt_plot_tip(figure, c + 1, row, "%s: %s %+.4f", item->name, record->classes[c],
                    item->classes[c]);
    }
}

static double largest(const nt_record *record, const nt_record_group *group) {
    double most = record->margin;
    for (int32_t i = 0; i < group->case_count; i++)
        for (int32_t c = 0; group->cases[i].classes && c < record->class_count; c++)
            if (!isnan(group->cases[i].classes[c]))
                most = fmax(most, fabs(group->cases[i].classes[c]));
    return most;
}

static void draw(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    double most = largest(record, group);
    nt_grid grid;
    nt_grid_init(&grid);
    grid.below = "classes";
    for (int32_t c = 0; c < record->class_count; c++)
        nt_names_shown_add(&grid.columns, record->classes[c], c + 1);
    nt_text_add(&figure->csv, "class,case,change,class_name,case_name\n");
    nt_plot_tips_begin(figure);
    for (int32_t i = 0; i < group->case_count; i++) {
        nt_names_shown_add(&grid.rows, group->cases[i].name, i + 1);
        add_case(figure, record, &group->cases[i], (int)i + 1);
    }
    nt_plot_tips_end(figure);
    nt_grid_diverging(figure, &grid, most, true, "change");
    nt_grid_plot(figure, &grid);
    nt_grid_finish(&grid);
}

/* Of each class the case that takes the most from it. */
static void describe(const nt_record *record, const nt_record_group *group, nt_text *words) {
    const char *before = "Greatest loss of each class: ";
    for (int32_t c = 0; c < record->class_count; c++) {
        const nt_record_case *worst = NULL;
        for (int32_t i = 0; i < group->case_count; i++) {
            const nt_record_case *item = &group->cases[i];
            if (item->classes && !isnan(item->classes[c]) &&
                (!worst || item->classes[c] < worst->classes[c]))
                worst = item;
        }
        if (!worst)
            continue;
        nt_text_printf(words, "%s%s %+.4f by %s", before, record->classes[c], worst->classes[c],
                       worst->name);
        before = ", ";
    }
    nt_text_add(words, ".");
}

static bool fits(const nt_record *record, const nt_record_group *group) {
    if (record->class_count < 2 || record->class_count > MOST_CLASSES ||
        group->case_count > MOST_CASES)
        return false;
    for (int32_t i = 0; i < group->case_count; i++)
        if (group->cases[i].classes)
            return true;
    return false;
}

const nt_figure_kind nt_figure_kind_classes = {
    .kind = {.name = "classes", .doc = "which classes a case matters for", .fields = nt_no_fields},
    .forms =
        NT_OF(NT_FORM_SETS) | NT_OF(NT_FORM_SINGLE) | NT_OF(NT_FORM_KINDS) | NT_OF(NT_FORM_NESTED),
    .beside = "classes",
    .caption = "Which classes a case matters for: the change of each class's accuracy, the share "
               "of its images that are right, or of masks of its Dice over all images together.",
    .fits = fits,
    .draw = draw,
    .describe = describe,
};
