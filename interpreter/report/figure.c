#include "figure.h"

#include "alloc.h"
#include "file.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* --- which there are -------------------------------------------------------------------------- */

static bool taken(const nt_figures *figures, const char *name) {
    for (int32_t i = 0; i < figures->count; i++)
        if (figures->items[i].name && strcmp(figures->items[i].name, name) == 0)
            return true;
    return false;
}

/* A group's name may be empty, or hold what a file's name, or gnuplot's quotes, should not, or
 * begin as the tables' names do, and then be like another's; NULL when out of memory. */
static const char *file_name(const nt_figures *figures, const char *name) {
    bool odd = !isalnum((unsigned char)name[0]) || strncmp(name, "tables", 6) == 0;
    char *safe = nt_arena_printf(figures->arena, "%s%s", odd ? "group-" : "", name);
    for (char *c = safe; c && *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
            *c = '-';
    const char *free_name = safe;
    for (int number = 2; free_name && taken(figures, free_name); number++)
        free_name = nt_arena_printf(figures->arena, "%s-%d", safe, number);
    return free_name;
}

static nt_figure *append(nt_figures *figures, const char *name, const char *title,
                         const char *caption) {
    const char *unique = file_name(figures, name);
    nt_figure *figure = &figures->items[figures->count++];
    *figure = (nt_figure){
        .name = unique, .title = title, .caption = caption, .width = 960, .height = 440};
    nt_text_init(&figure->csv);
    nt_text_init(&figure->script);
    return figure;
}

static void append_group(nt_figures *figures, const nt_record *record,
                         const nt_record_group *group) {
    static const char *const captions[] = {
        [NT_FORM_SETS] = "The metric of each case.",
        [NT_FORM_SINGLE] = "The metric of each case, one layer each, the others untouched.",
        [NT_FORM_PAIRS] = "What the loss of two layers costs; on the diagonal, of one.",
        [NT_FORM_NESTED] = "The metric as one layer after the other goes.",
    };
    if (group->case_count == 0)
        return;
    nt_figure *figure = append(figures, group->name, group->title[0] ? group->title : group->name,
                               captions[group->form]);
    figure->group = group;
    switch (group->form) {
    case NT_FORM_SINGLE:
        nt_plot_layers(figure, record, group);
        break;
    case NT_FORM_PAIRS:
        nt_plot_pairs(figure, record, group);
        break;
    case NT_FORM_NESTED:
        nt_plot_nested(figure, record, group);
        break;
    case NT_FORM_SETS:
        nt_plot_sets(figure, record, group);
        break;
    }
}

static bool any_cost(const nt_record *record, bool of_convolution) {
    for (int32_t i = 0; i < record->layer_count; i++)
        if (!isnan(record->layers[i].cost) &&
            (!of_convolution || record->layers[i].part != NT_PART_NONE))
            return true;
    return false;
}

static bool any_training(const nt_record *record) {
    for (int32_t s = 0; s < record->seed_count; s++)
        if (record->seeds[s].epoch_count > 1)
            return true;
    return false;
}

nt_status nt_figures_init(nt_figures *figures, const nt_record *record, nt_arena *arena) {
    int32_t most = record->group_count + 3;
    *figures = (nt_figures){.capacity = most, .arena = arena};
    figures->items = nt_alloc_zero((size_t)most * sizeof *figures->items);
    if (!figures->items)
        return NT_NO_MEMORY;
    for (int32_t g = 0; g < record->group_count; g++)
        append_group(figures, record, &record->groups[g]);
    if (any_cost(record, true))
        nt_plot_stages(append(figures, "stages", "Where the layers that matter are",
                              "What the loss of each convolution costs, by stage and place in it."),
                       record);
    if (any_cost(record, false))
        nt_draw_network(append(figures, "network", "The network",
                               "Layers in the colour of what their loss costs; dashed: on a "
                               "shortcut; grey: not measured."),
                        record);
    if (any_training(record))
        nt_plot_training(append(figures, "training", "Training",
                                "The metric on the held-out images (solid) and the training loss "
                                "(dashed) after each epoch."),
                         record);
    for (int32_t i = 0; i < figures->count; i++)
        if (!figures->items[i].name || figures->items[i].csv.failed ||
            figures->items[i].script.failed)
            return NT_NO_MEMORY;
    return NT_OK;
}

void nt_figures_finish(nt_figures *figures) {
    for (int32_t i = 0; i < figures->count; i++) {
        nt_text_finish(&figures->items[i].csv);
        nt_text_finish(&figures->items[i].script);
    }
    nt_free(figures->items, (size_t)figures->capacity * sizeof *figures->items);
    *figures = (nt_figures){0};
}

const nt_figure *nt_figures_of_group(const nt_figures *figures, const nt_record_group *group) {
    for (int32_t i = 0; i < figures->count; i++)
        if (figures->items[i].group == group)
            return &figures->items[i];
    return NULL;
}

/* --- programs --------------------------------------------------------------------------------- */

static nt_status start(char *const *words, const char *folder, const char *log, pid_t *ret) {
    posix_spawn_file_actions_t actions;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed)
        return NT_NO_MEMORY;
    failed = posix_spawn_file_actions_addchdir_np(&actions, folder);
    if (!failed)
        failed = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!failed)
        failed = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log,
                                                  O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    if (!failed)
        failed = posix_spawnp(ret, words[0], &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    errno = failed;
    return failed ? NT_FAILED : NT_OK;
}

/* The last line that a program wrote: what made it give up. */
static const char *last_line(nt_arena *arena, const char *log) {
    nt_error unread;
    nt_bytes file;
    nt_error_init(&unread);
    const char *line = NULL;
    if (nt_file_read(log, 1 << 20, &file, &unread) == NT_OK) {
        size_t end = file.size;
        while (end > 0 && strchr("\n ", file.bytes[end - 1]))
            end--;
        size_t start = end;
        while (start > 0 && file.bytes[start - 1] != '\n')
            start--;
        line = nt_arena_substring(arena, (const char *)file.bytes + start, end - start);
        nt_bytes_finish(&file);
    }
    nt_error_finish(&unread);
    return line && *line ? line : "it doesn't say why";
}

/* Runs a program in `folder`, where its words go into NAME.log, which stays if it fails. */
static nt_status run(char *const *words, const char *package, const char *folder,
                     const nt_figure *figure, nt_arena *arena, nt_error *error) {
    char *log = nt_arena_printf(arena, "%s.log", figure->name);
    char *path = log ? nt_arena_printf(arena, "%s/%s", folder, log) : NULL;
    pid_t child;
    int how;
    if (!path)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    if (start(words, folder, log, &child) != NT_OK) {
        nt_error_say(error, NT_FAILED, "cannot run %s: %s", words[0], strerror(errno));
        nt_error_hint(error, "install it: apt-get install %s", package);
        unlink(path);
        return NT_FAILED;
    }
    while (waitpid(child, &how, 0) < 0)
        if (errno != EINTR)
            return nt_error_say(error, NT_FAILED, "cannot wait for %s: %s", words[0],
                                strerror(errno));
    if (!WIFEXITED(how) || WEXITSTATUS(how) != 0)
        return nt_error_in(error, NT_FAILED, path, -1, "%s failed on %s: %s", words[0], words[1],
                           last_line(arena, path));
    unlink(path);
    return NT_OK;
}

/* --- files ------------------------------------------------------------------------------------ */

const unsigned char nt_cost_colours[NT_COST_COLOURS][3] = {{0xFF, 0xFF, 0xCC},
                                                           {0xFE, 0xD9, 0x76},
                                                           {0xFD, 0x8D, 0x3C},
                                                           {0xE3, 0x1A, 0x1C},
                                                           {0x67, 0, 0x0D}};

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

/* What all plots share: both files, neutral ink, data from the CSV file. */
static void frame(const nt_figure *figure, nt_text *text) {
    nt_text_printf(
        text,
        "# Draws %s.svg and %s.png from %s.csv: gnuplot %s.gp\n"
        "set datafile separator ','\n"
        "set encoding utf8\n"
        "set key outside top center horizontal samplen 2 font ',11' noenhanced textcolor rgb "
        "'#222222'\n"
        "set style fill solid noborder\n"
        "set border 3 linecolor rgb '#222222'\n"
        "set tics nomirror out scale 0.5 noenhanced textcolor rgb '#222222'\n"
        "set xlabel noenhanced textcolor rgb '#222222'\n"
        "set ylabel noenhanced textcolor rgb '#222222'\n"
        "set terminal svg size %d,%d font 'sans-serif,13' background 'white'\n"
        "set output '%s.svg'\n",
        figure->name, figure->name, figure->name, figure->name, figure->width, figure->height,
        figure->name);
    nt_text_add(text, figure->script.bytes);
    nt_text_printf(text,
                   "set terminal pngcairo size %d,%d font 'sans-serif,13' fontscale 2 linewidth 2 "
                   "pointscale 2\nset output '%s.png'\nreplot\nset output\n",
                   2 * figure->width, 2 * figure->height, figure->name);
}

nt_status nt_write_into(const char *folder, const char *name, const nt_text *text,
                        nt_error *error) {
    nt_text path;
    nt_text_init(&path);
    nt_text_printf(&path, "%s/%s", folder, name);
    nt_status status = path.failed || text->failed
                           ? nt_error_say(error, NT_NO_MEMORY, "out of memory writing the report")
                           : nt_file_replace(path.bytes, text->bytes, text->length, error);
    nt_text_finish(&path);
    return status;
}

static nt_status plot(const nt_figure *figure, const char *folder, nt_arena *arena,
                      nt_error *error) {
    char *file = nt_arena_printf(arena, "./%s.gp", figure->name);
    char *words[] = {"gnuplot", file, NULL};
    nt_text text;
    nt_text_init(&text);
    frame(figure, &text);
    nt_status status = file ? nt_write_into(folder, file, &text, error) : NT_NO_MEMORY;
    nt_text_finish(&text);
    return status == NT_OK ? run(words, "gnuplot-nox", folder, figure, arena, error) : status;
}

static nt_status draw(const nt_figure *figure, const char *folder, nt_arena *arena,
                      nt_error *error) {
    static const char *const forms[] = {"svg", "png"};
    char *file = nt_arena_printf(arena, "./%s.dot", figure->name);
    if (!file)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    NT_TRY(nt_write_into(folder, file, &figure->script, error));
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char *form = nt_arena_printf(arena, "-T%s", forms[i]);
        char *out = nt_arena_printf(arena, "-o%s.%s", figure->name, forms[i]);
        char *words[] = {"dot", file, form, out, NULL};
        if (!form || !out)
            return nt_error_say(error, NT_NO_MEMORY, "out of memory");
        NT_TRY(run(words, "graphviz", folder, figure, arena, error));
    }
    return NT_OK;
}

nt_status nt_figure_draw(const nt_figure *figure, const char *folder, nt_error *error) {
    nt_arena arena;
    nt_arena_init(&arena);
    const char *file = nt_arena_printf(&arena, "%s.csv", figure->name);
    nt_status status = file ? nt_write_into(folder, file, &figure->csv, error) : NT_NO_MEMORY;
    if (status == NT_OK)
        status = figure->drawing ? draw(figure, folder, &arena, error)
                                 : plot(figure, folder, &arena, error);
    nt_arena_finish(&arena);
    return status;
}
