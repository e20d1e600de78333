/* On a terminal one line that is drawn over, ten times a second at most; elsewhere a plain line
 * every few seconds. A task's last step is always shown. The pace is that since the task began
 * here, so that work done by an earlier process doesn't count. */
#include "progress_bar.h"

#include "console.h"
#include "fit.h"
#include "op_library.h"
#include "parallel.h"
#include "progress_line.h"
#include "status.h"
#include "visible.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PLAIN_SECONDS = 5 };

static double now_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void nt_progress_bar_init(nt_progress_bar *bar, bool quiet) {
    *bar = (nt_progress_bar){.quiet = quiet || nt_console_muted(),
                             .terminal = nt_console_terminal(stderr),
                             .ended = now_seconds()};
}

void nt_progress_bar_be_verbose(nt_progress_bar *bar) {
    char library[NT_OPS_LIBRARY], line[NT_OPS_LIBRARY + 32];
    nt_ops_library(library);
    snprintf(line, sizeof line, "%s, %d thread%s", library, nt_threads(),
             nt_threads() == 1 ? "" : "s");
    nt_progress_bar_note(bar, line);
    bar->verbose = true;
}

/* Columns of the terminal as it is now, less one, as some break a line that takes the last. */
static size_t room(void) {
    int width = nt_console_width(stderr);
    return width > 1 ? (size_t)width - 1 : 1;
}

static void draw(const nt_progress_bar *bar, const char *detail, int64_t total, double now) {
    nt_text text, task, about;
    nt_text_init(&text);
    nt_text_init(&task);
    nt_text_init(&about);
    nt_visible_line(&task, bar->task, strlen(bar->task), 0);
    nt_visible_line(&about, detail, strlen(detail), NT_VISIBLE_MOST);
    const nt_progress_step step = {.task = task.bytes,
                                   .detail = about.bytes,
                                   .done = bar->done,
                                   .total = total,
                                   .seconds = now - bar->began,
                                   .gained = bar->done - bar->began_at};
    nt_text_add(&text, bar->terminal ? "\r\033[K" : "");
    nt_progress_line(&step, bar->terminal ? room() : 0, &text);
    nt_text_add(&text, bar->terminal ? "" : "\n");
    if (!text.failed)
        fputs(text.bytes, stderr);
    fflush(stderr);
    nt_text_finish(&text);
    nt_text_finish(&task);
    nt_text_finish(&about);
}

static void begin(nt_progress_bar *bar, const char *what, int64_t done, double now) {
    snprintf(bar->task, sizeof bar->task, "%s", what);
    bar->began = now;
    bar->began_at = done;
    if (!bar->terminal)
        bar->shown = now;
    bar->complete = false;
}

void nt_progress_bar_finish(nt_progress_bar *bar) {
    if (bar->drawn)
        fputs("\r\033[K", stderr);
    bar->drawn = false;
}

void nt_progress_bar_note(void *context, const char *line) {
    nt_progress_bar *bar = context;
    if (bar->quiet)
        return;
    nt_progress_bar_finish(bar);
    nt_text text, shown;
    nt_text_init(&text);
    nt_text_init(&shown);
    nt_visible_lines(&text, line, strlen(line));
    if (bar->terminal)
        nt_text_add_wrapped(&shown, text.bytes, room(), 0, 2);
    else
        nt_text_add(&shown, text.bytes);
    bool failed = text.failed || shown.failed;
    fprintf(stderr, "%s\n", failed ? nt_status_text(NT_NO_MEMORY) : shown.bytes);
    nt_text_finish(&text);
    nt_text_finish(&shown);
}

/* "training, 3 epochs: took 5.31 s": since the task before it, with what it had to prepare. */
static void note_duration(nt_progress_bar *bar, double now) {
    nt_text line;
    nt_text_init(&line);
    nt_text_printf(&line, "%s: took %.2f s", bar->task, now - bar->ended);
    if (!line.failed)
        nt_progress_bar_note(bar, line.bytes);
    nt_text_finish(&line);
}

void nt_progress_bar_show(void *context, const char *what, const char *detail, int64_t done,
                          int64_t total) {
    nt_progress_bar *bar = context;
    if (bar->quiet)
        return;
    double now = now_seconds();
    bool renamed = strncmp(bar->task, what, sizeof bar->task - 1) != 0;
    if (renamed || done < bar->done)
        begin(bar, what, done, now);
    bar->done = done;
    bool last = total > 0 && done >= total && !bar->complete;
    if (!last && (bar->complete || now - bar->shown < (bar->terminal ? 0.1 : PLAIN_SECONDS)))
        return;
    draw(bar, detail, total, now);
    bar->shown = now;
    bar->drawn = bar->terminal;
    bar->complete = last;
    if (last && bar->verbose)
        note_duration(bar, now);
    if (last)
        bar->ended = now;
}
