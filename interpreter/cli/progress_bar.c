/* On a terminal one line that is drawn over, ten times a second at most; elsewhere a plain line
 * every few seconds. A task's last step is always shown. The pace is that since the task began
 * here, so that work done by an earlier process doesn't count. */
#include "progress_bar.h"

#include "console.h"
#include "table.h"
#include "text.h"
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

enum { BAR_WIDTH = 24, PLAIN_SECONDS = 5 };

static double now_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void nt_progress_bar_init(nt_progress_bar *bar, bool quiet) {
    *bar = (nt_progress_bar){.quiet = quiet || nt_console_muted(),
                             .terminal = nt_console_terminal(stderr)};
}

static void add_duration(nt_text *text, double seconds) {
    int64_t s = (int64_t)(seconds + 0.5);
    if (s >= 3600)
        nt_text_printf(text, "%lld:%02d:%02d", (long long)(s / 3600), (int)(s / 60 % 60),
                       (int)(s % 60));
    else
        nt_text_printf(text, "%d:%02d", (int)(s / 60), (int)(s % 60));
}

/* Rate and time left, or the time taken once all is done. */
static void add_pace(const nt_progress_bar *bar, int64_t done, int64_t total, double now,
                     nt_text *text) {
    double elapsed = now - bar->began, gained = (double)(done - bar->began_at);
    if (gained <= 0 || elapsed <= 0)
        return;
    double rate = gained / elapsed;
    nt_text_printf(text, rate < 10 ? "  %.2g/s" : "  %.0f/s", rate);
    nt_text_add(text, "  ");
    if (total > done)
        add_duration(text, (double)(total - done) / rate);
    else
        add_duration(text, elapsed);
    nt_text_add(text, total > done ? " left" : total > 0 ? " in all" : " so far");
}

/* Whether a line with a bar fits the terminal: a wrapped line can't be drawn over. */
static bool has_room(const nt_progress_bar *bar, const char *detail) {
    enum { REST = BAR_WIDTH + 40 };
    struct winsize size;
    if (!bar->terminal || ioctl(fileno(stderr), TIOCGWINSZ, &size) != 0)
        return false;
    return nt_text_width(bar->task) + nt_text_width(detail) + REST < size.ws_col;
}

static void add_bar(int64_t done, int64_t total, nt_text *text) {
    int filled = (int)((double)done / (double)total * BAR_WIDTH);
    nt_text_add(text, "  [");
    for (int i = 0; i < BAR_WIDTH; i++)
        nt_text_add(text, i < filled ? "#" : ".");
    nt_text_add(text, "]");
}

static void draw(const nt_progress_bar *bar, const char *detail, int64_t done, int64_t total,
                 double now) {
    nt_text text;
    nt_text_init(&text);
    nt_text_printf(&text, "%s%s", bar->terminal ? "\r\033[K" : "", bar->task);
    if (total > 0 && has_room(bar, detail))
        add_bar(done, total, &text);
    if (total > 0)
        nt_text_printf(&text, "  %d %%", (int)(100.0 * (double)done / (double)total));
    else
        nt_text_printf(&text, "  %lld", (long long)done);
    add_pace(bar, done, total, now, &text);
    if (detail[0])
        nt_text_printf(&text, "  %s", detail);
    nt_text_add(&text, bar->terminal ? "" : "\n");
    fputs(text.bytes, stderr);
    fflush(stderr);
    nt_text_finish(&text);
}

static void begin(nt_progress_bar *bar, const char *what, int64_t done, double now) {
    snprintf(bar->task, sizeof bar->task, "%s", what);
    bar->began = now;
    bar->began_at = done;
    bar->shown = bar->terminal ? 0 : now;
    bar->complete = false;
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
    draw(bar, detail, done, total, now);
    bar->shown = now;
    bar->drawn = bar->terminal;
    bar->complete = last;
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
    fprintf(stderr, "%s\n", line);
}
