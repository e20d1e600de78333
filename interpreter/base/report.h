/* How library code tells its caller what goes on, since it never prints itself. */
#ifndef NT_REPORT_H
#define NT_REPORT_H

#include <stdint.h>

typedef struct nt_report {
    /* How far a task is: `done` of `total` units (0: unknown) of `what`; `detail`, which may change
     * each time, says how it goes: "loss 0.412  accuracy 0.861". NULL: nobody wants to know. */
    void (*progress)(void *context, const char *what, const char *detail, int64_t done,
                     int64_t total);
    /* Something that a user should know, one line without its end. NULL: nobody wants to know. */
    void (*note)(void *context, const char *line);
    void *context;
} nt_report;

/* `report` may be NULL. */
void nt_report_progress(const nt_report *report, const char *what, const char *detail, int64_t done,
                        int64_t total);
void nt_report_note(const nt_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
