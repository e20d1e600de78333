/* Whether a suite can be run, as far as that is seen before an image is read: files, data, sizes,
 * classes, splits, batches, the loss. */
#ifndef NT_SUITE_READY_H
#define NT_SUITE_READY_H

#include "suite_file.h"

/* Opens the data and holds images out. `cases`: of each group, as nt_groups_list gives them. All
 * that is wrong is said, what only follows from another mistake left out; what is found is noted.
 * On failure there is no data set. */
nt_status nt_suite_make_ready(const nt_suite *suite, const nt_network *network,
                              const nt_cases *cases, const nt_progress *progress, nt_dataset **ret,
                              nt_error *error);

/* The data alone, with the samples that the suite measures, for who measures another network on
 * them. Where the suite is repeated, they are its run's: NT_INVALID otherwise. */
nt_status nt_suite_open_samples(const nt_suite *suite, const nt_network *network,
                                nt_dataset **ret_dataset, nt_loader **ret_loader, nt_error *error);

/* The part of it that takes neither data nor weights. */
nt_status nt_suite_check_alone(const nt_suite *suite, const nt_network *network,
                               const nt_cases *cases, nt_error *error);

/* How many samples of the data are measured. */
int32_t nt_suite_count_samples(const nt_suite *suite, const nt_dataset *dataset);

/* The metric: as the suite says, or the usual one of the data. */
nt_metric nt_suite_metric(const nt_suite *suite, const nt_data_info *info);

#endif
