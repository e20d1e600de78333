/* Progress on standard error: on a terminal one line (progress_line.h) that is drawn over itself,
 * at most ten times a second and once more at the end of each task, as wide as the terminal is
 * then; otherwise plain lines, at most one in five seconds and one at the end of each task. */
#ifndef NT_PROGRESS_BAR_H
#define NT_PROGRESS_BAR_H

#include <stdbool.h>
#include <stdint.h>

typedef struct nt_progress_bar {
    bool quiet, terminal;
    bool verbose;        /* a note says how long each task took */
    bool drawn;          /* a line on the terminal waits to be drawn over */
    bool complete;       /* the task has been shown as done */
    char task[64];       /* what is being done, as last told */
    int64_t done;        /* as last told */
    int64_t began_at;    /* what was done when the task began */
    double began, shown; /* seconds on the monotonic clock: this task, the last line */
    double ended;        /* and the end of the task before, or the start of all */
} nt_progress_bar;

void nt_progress_bar_init(nt_progress_bar *bar, bool quiet);

/* Notes what computes, and from now on how long each task took. */
void nt_progress_bar_be_verbose(nt_progress_bar *bar);

/* Tells how far a task is: `done` of `total` units; total 0: unknown. `detail` is shown behind it
 * and may change each time. A new `what` or a smaller `done` begins a new task. Made to be passed
 * as the callback of an nt_progress: `bar` is an nt_progress_bar. One thread at a time. */
void nt_progress_bar_show(void *bar, const char *what, const char *detail, int64_t done,
                          int64_t total);

/* Writes a line of its own, on a terminal broken at blanks, unless the bar is quiet. Made to be
 * passed as an nt_progress's `note`.
 */
void nt_progress_bar_note(void *bar, const char *line);

/* Leaves the terminal's line empty, for what is printed next. */
void nt_progress_bar_finish(nt_progress_bar *bar);

#endif
