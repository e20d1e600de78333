/* How library code tells its caller what goes on, since it never prints itself. */
#ifndef NT_PROGRESS_H
#define NT_PROGRESS_H

#include <stdint.h>

typedef struct nt_progress {
    /* How far a task is: `done` of `total` units (0: unknown) of `what`; `detail`, which may change
     * each time, says how it goes: "loss 0.412  accuracy 0.861". NULL: nobody wants to know. */
    void (*step)(void *context, const char *what, const char *detail, int64_t done, int64_t total);
    /* Something that a user should know, one line without its end, visible (visible.h). NULL:
     * nobody wants to know. */
    void (*note)(void *context, const char *line);
    void *context;
} nt_progress;

/* `progress` may be NULL. */
void nt_progress_step(const nt_progress *progress, const char *what, const char *detail,
                      int64_t done, int64_t total);
void nt_progress_note(const nt_progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
