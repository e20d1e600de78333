/* Several runs held against each other as a page, of the same parts as a run's (html.h). */
#ifndef NT_COMPARE_PAGE_H
#define NT_COMPARE_PAGE_H

#include "runs_compared.h"
#include "runs_differences.h"

typedef struct nt_comparison_page {
    const char *const *folders; /* of the runs, as the user named them */
    const nt_runs_compared *compared;
    const nt_runs_differences *differences;
    const char *group; /* NULL: all */
} nt_comparison_page;

/* Writes index.html into `folder`, which is made if it isn't there. */
nt_status nt_compare_page_write(const nt_comparison_page *page, const char *folder,
                                nt_error *error);

#endif
