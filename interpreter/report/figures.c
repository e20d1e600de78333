/* The list of a report's figures: asks each kind which figures it makes of the record, and gives
 * each a file name that no other figure has and that no tables' file can have. */
#include "figures.h"

#include "alloc.h"
#include <ctype.h>
#include <string.h>

static bool taken(const nt_figures *figures, const char *name) {
    for (int32_t i = 0; i < figures->count; i++)
        if (figures->items[i].name && strcmp(figures->items[i].name, name) == 0)
            return true;
    return false;
}

enum { LONGEST = 100 /* bytes of a name: endings follow, and most file systems allow 255 */ };

/* A group's name may be empty, or very long, or hold what a file's name, or gnuplot's quotes,
 * should not, or begin as the tables' names do, and then be like another's; NULL when out of
 * memory. */
static const char *file_name(const nt_figures *figures, const char *name) {
    bool odd = !isalnum((unsigned char)name[0]) || strncmp(name, "tables", 6) == 0;
    char *safe = nt_arena_printf(figures->arena, "%s%.*s", odd ? "group-" : "", LONGEST, name);
    for (char *c = safe; c && *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
            *c = '-';
    const char *free_name = safe;
    for (int number = 2; free_name && taken(figures, free_name); number++)
        free_name = nt_arena_printf(figures->arena, "%s-%d", safe, number);
    return free_name;
}

/* NULL when out of memory; until the next one is appended. */
static nt_figure *append(nt_figures *figures, const nt_figure_kind *kind, const char *name,
                         const char *title) {
    const char *unique = file_name(figures, name);
    void *items = figures->items;
    if (!unique || !nt_grow(&items, &figures->capacity, (size_t)figures->count, sizeof(nt_figure)))
        return NULL;
    figures->items = items;
    nt_figure *figure = &figures->items[figures->count++];
    *figure = (nt_figure){.kind = kind,
                          .name = unique,
                          .title = title,
                          .caption = kind->caption,
                          .width = 960,
                          .height = 440};
    nt_text_init(&figure->csv);
    nt_text_init(&figure->script);
    return figure;
}

static nt_status draw(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    if (!figure)
        return NT_NO_MEMORY;
    figure->group = group;
    figure->kind->draw(figure, record, group);
    return figure->csv.failed || figure->script.failed || !nt_record_is_whole(record) ? NT_NO_MEMORY
                                                                                      : NT_OK;
}

static bool fits(const nt_figure_kind *kind, const nt_record *record,
                 const nt_record_group *group) {
    if (group ? !(kind->forms & NT_OF(group->form)) || group->case_count == 0 : kind->forms != 0)
        return false;
    return !kind->fits || kind->fits(record, group);
}

static nt_status add_group(nt_figures *figures, const nt_record *record,
                           const nt_record_group *group) {
    for (const nt_kind *const *at = nt_figure_kinds; *at; at++) {
        const nt_figure_kind *kind = (const nt_figure_kind *)*at;
        if (!fits(kind, record, group))
            continue;
        const char *name = group->name;
        if (kind->beside)
            name = nt_arena_printf(figures->arena, "%s-%s", group->name, kind->beside);
        NT_TRY(name ? draw(append(figures, kind, name, nt_group_title(group)), record, group)
                    : NT_NO_MEMORY);
    }
    return NT_OK;
}

static nt_status add_run(nt_figures *figures, const nt_record *record) {
    for (const nt_kind *const *at = nt_figure_kinds; *at; at++) {
        const nt_figure_kind *kind = (const nt_figure_kind *)*at;
        if (fits(kind, record, NULL))
            NT_TRY(draw(append(figures, kind, kind->kind.name, kind->title), record, NULL));
    }
    return NT_OK;
}

nt_status nt_figures_init(nt_figures *figures, const nt_record *record, nt_arena *arena) {
    *figures = (nt_figures){.arena = arena};
    for (int32_t g = 0; g < record->group_count; g++)
        NT_TRY(add_group(figures, record, &record->groups[g]));
    return add_run(figures, record);
}

void nt_figures_finish(nt_figures *figures) {
    for (int32_t i = 0; i < figures->count; i++) {
        nt_text_finish(&figures->items[i].csv);
        nt_text_finish(&figures->items[i].script);
    }
    nt_free(figures->items, figures->capacity * sizeof *figures->items);
    *figures = (nt_figures){0};
}

const nt_figure *nt_figures_of_group(const nt_figures *figures, const nt_record_group *group) {
    for (int32_t i = 0; i < figures->count; i++)
        if (figures->items[i].group == group)
            return &figures->items[i];
    return NULL;
}
