/* The order of the page: the runs, what differs in how they were made, and group by group the cases
 * in pairs: a drawing, what is odd about them, the table. Runs are called by their numbers. */
#include "compare_page.h"

#include "compare_dots.h"
#include "compared_words.h"
#include "file.h"
#include "html.h"
#include <math.h>
#include <string.h>

typedef struct comparing {
    const nt_comparison_page *page;
    const nt_runs_compared *all;
    nt_arena arena;
    nt_text *html;
} comparing;

/* A text of the arena; "" when out of memory, which is noted. */
static const char *say(comparing *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

static const char *say(comparing *c, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const char *text = nt_arena_vprintf(&c->arena, format, arguments);
    va_end(arguments);
    c->html->failed = c->html->failed || !text;
    return text ? text : "";
}

static const char *number(comparing *c, const char *format, double value) {
    char digits[32];
    snprintf(digits, sizeof digits, format, value);
    return isnan(value) ? "–" : say(c, "%s", digits);
}

/* Room for the columns or the cells of a table; NULL when out of memory, which is noted. */
static void *room(comparing *c, int32_t count, size_t size) {
    void *items = nt_arena_alloc(&c->arena, (size_t)(count + 1) * size);
    c->html->failed = c->html->failed || !items;
    return items;
}

static bool is_wanted(const comparing *c, const nt_compared_group *group) {
    return !c->page->group || strcmp(c->page->group, group->name) == 0;
}

/* --- the runs --------------------------------------------------------------------------------- */

static void add_runs(comparing *c) {
    static const nt_html_column columns[] = {
        {"run", false},   {"number", true}, {"suite", false},  {"network", false}, {"data", false},
        {"images", true}, {"seeds", true},  {"metric", false}, {"baseline", true}, {0}};
    nt_text_add(c->html, "<h2 id=\"runs\">The runs</h2>\n");
    nt_html_table_begin(c->html, "The runs and their numbers", columns);
    for (int32_t r = 0; r < c->all->run_count; r++) {
        const nt_results *run = c->all->runs[r];
        double sum = 0;
        for (int32_t s = 0; s < run->seed_count; s++)
            sum += nt_finding_value(&run->baseline[s]);
        const char *cells[] = {c->page->folders[r],
                               say(c, "%d", (int)r + 1),
                               run->suite,
                               run->network,
                               run->setup.data,
                               say(c, "%d", (int)run->setup.samples),
                               say(c, "%d", (int)run->seed_count),
                               nt_metric_names[run->setup.metric],
                               number(c, "%.4f", sum / run->seed_count)};
        nt_html_row(c->html, columns, cells, NULL);
    }
    nt_html_table_end(c->html);
}

static void add_difference_rows(comparing *c, const nt_html_column *columns, const char **cells) {
    const nt_runs_differences *found = c->page->differences;
    nt_text value;
    for (int32_t i = 0; i < found->count; i++) {
        cells[0] = found->items[i].path;
        for (int32_t r = 0; r < c->all->run_count; r++) {
            nt_text_init(&value);
            nt_compared_add_value(found->items[i].values[r], &value);
            cells[r + 1] = value.length ? say(c, "%s", value.bytes) : "–";
            c->html->failed = c->html->failed || value.failed;
            nt_text_finish(&value);
        }
        nt_html_row(c->html, columns, cells, NULL);
    }
}

static void add_differences(comparing *c) {
    int32_t runs = c->all->run_count;
    nt_html_column *columns = room(c, runs + 1, sizeof *columns);
    const char **cells = room(c, runs + 1, sizeof *cells);
    nt_text_add(c->html, "<h2 id=\"set-up\">How they were made</h2>\n");
    if (c->page->differences->count == 0)
        nt_text_add(c->html, "<p>The runs were made in the same way.</p>\n");
    if (!columns || !cells || c->page->differences->count == 0)
        return;
    columns[0] = (nt_html_column){"set-up", false};
    for (int32_t r = 0; r < runs; r++)
        columns[r + 1] = (nt_html_column){say(c, "run %d", (int)r + 1), false};
    nt_html_table_begin(c->html, "What differs, as results.json calls it", columns);
    add_difference_rows(c, columns, cells);
    nt_html_table_end(c->html);
}

/* --- a group ---------------------------------------------------------------------------------- */

/* Of two runs there is a column more: by how much the changes differ. */
static const nt_html_column *case_columns(comparing *c) {
    int32_t runs = c->all->run_count, n = 0;
    nt_html_column *columns = room(c, 3 * runs + 3, sizeof *columns);
    if (!columns)
        return NULL;
    columns[n++] = (nt_html_column){"case", false};
    for (int32_t r = 0; r < runs; r++) {
        columns[n++] = (nt_html_column){say(c, "value %d", (int)r + 1), true};
        columns[n++] = (nt_html_column){say(c, "change %d", (int)r + 1), true};
        columns[n++] = (nt_html_column){say(c, "verdict %d", (int)r + 1), false};
    }
    if (runs == 2)
        columns[n++] = (nt_html_column){"2 minus 1", true};
    columns[n] = (nt_html_column){"verdicts", false};
    return columns;
}

static void add_case(comparing *c, const nt_compared_case *item, const nt_html_column *columns,
                     const char **cells) {
    int32_t runs = c->all->run_count, n = 0;
    double changes[2] = {0};
    cells[n++] = item->name;
    for (int32_t r = 0; r < runs; r++) {
        const nt_case_result *of = item->of[r];
        double change = of ? of->change.mean : (double)NAN;
        changes[r & 1] = change;
        cells[n++] = number(c, "%.4f", of ? of->value.mean : (double)NAN);
        cells[n++] = number(c, "%+.4f", change);
        cells[n++] = nt_compared_verdict(of);
    }
    if (runs == 2)
        cells[n++] = number(c, "%+.4f", changes[1] - changes[0]);
    cells[n] = item->verdict ? "another" : item->present > 1 ? "same" : "";
    nt_html_row(c->html, columns, cells, item->verdict ? "changed" : NULL);
}

static void add_cases(comparing *c, const nt_compared_group *group) {
    const nt_html_column *columns = case_columns(c);
    const char **cells = room(c, 3 * c->all->run_count + 3, sizeof *cells);
    if (!columns || !cells)
        return;
    nt_html_table_begin(c->html, say(c, "%s: value, change and verdict in each run", group->name),
                        columns);
    for (int32_t i = 0; i < group->case_count; i++)
        add_case(c, &group->cases[i], columns, cells);
    nt_html_table_end(c->html);
}

/* The cases whose verdict is another, each with what the runs say of it. */
static void add_changed(comparing *c, const nt_compared_group *group) {
    if (group->verdicts == 0)
        return;
    nt_text_add(c->html, "<h3>Other verdicts</h3>\n<ul>\n");
    for (int32_t i = 0; i < group->case_count; i++) {
        const nt_compared_case *item = &group->cases[i];
        const char *before = ": ";
        if (!item->verdict)
            continue;
        nt_text_add(c->html, "<li><code>");
        nt_html_text(c->html, item->name);
        nt_text_add(c->html, "</code>");
        for (int32_t r = 0; r < c->all->run_count; r++) {
            if (!item->of[r])
                continue;
            nt_text_printf(c->html, "%s%s", before, nt_compared_verdict(item->of[r]));
            before = " → ";
        }
        nt_text_add(c->html, "</li>\n");
    }
    nt_text_add(c->html, "</ul>\n");
}

/* Lines, each as a paragraph of its own. */
static void add_lines(comparing *c, nt_text *lines) {
    for (char *line = lines->bytes, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        nt_text_add(c->html, "<p>");
        nt_html_text(c->html, line);
        nt_text_add(c->html, ".</p>\n");
    }
    c->html->failed = c->html->failed || lines->failed;
}

static void add_group(comparing *c, const nt_compared_group *group, int32_t g) {
    nt_text lines;
    nt_text_printf(c->html, "<h2 id=\"group-%d\">", (int)g);
    nt_html_text(c->html, group->name);
    nt_text_printf(
        c->html,
        "</h2>\n<p>Cases: %d, in all runs that have the group: %d; with another verdict: %d.</p>\n",
        (int)group->case_count, (int)group->shared, (int)group->verdicts);
    nt_text_init(&lines);
    nt_compared_add_tau(c->all, group, &lines);
    nt_compared_add_odd(c->all, group, &lines);
    add_lines(c, &lines);
    nt_text_finish(&lines);
    nt_compare_dots(c->all, group, c->html);
    add_changed(c, group);
    nt_text_add(c->html, "<h3>All cases</h3>\n");
    add_cases(c, group);
}

/* --- the page --------------------------------------------------------------------------------- */

static const nt_html_link *links_of(comparing *c) {
    int32_t count = 0;
    nt_html_link *links = room(c, c->all->group_count + 2, sizeof *links);
    if (!links)
        return NULL;
    links[count++] = (nt_html_link){"runs", "the runs"};
    links[count++] = (nt_html_link){"set-up", "how they were made"};
    for (int32_t g = 0; g < c->all->group_count; g++)
        if (is_wanted(c, &c->all->groups[g]))
            links[count++] = (nt_html_link){say(c, "group-%d", (int)g), c->all->groups[g].name};
    return links;
}

static void add_all(comparing *c) {
    const nt_html_link *links = links_of(c);
    if (!links)
        return;
    nt_html_begin(c->html, say(c, "%d runs compared", (int)c->all->run_count),
                  "Cases are paired by group and name. With several seeds, values and changes are "
                  "means over them and verdicts the recipe's. Kendall's tau says how well two runs "
                  "agree on the order of the cases by their change: 1 if fully.",
                  links);
    add_runs(c);
    add_differences(c);
    for (int32_t g = 0; g < c->all->group_count; g++)
        if (is_wanted(c, &c->all->groups[g]))
            add_group(c, &c->all->groups[g], g);
    nt_html_end(c->html, "Made by nontrivial compare from the runs' results.json.");
}

nt_status nt_compare_page_write(const nt_comparison_page *page, const char *folder,
                                nt_error *error) {
    nt_text html;
    comparing c = {.page = page, .all = page->compared, .html = &html};
    NT_TRY(nt_folder_make(folder, error));
    nt_text_init(&html);
    nt_arena_init(&c.arena);
    add_all(&c);
    const char *path = say(&c, "%s/index.html", folder);
    nt_status status = html.failed
                           ? nt_error_say(error, NT_NO_MEMORY, "out of memory writing the page")
                           : nt_file_replace(path, html.bytes, html.length, error);
    nt_arena_finish(&c.arena);
    nt_text_finish(&html);
    return status;
}
