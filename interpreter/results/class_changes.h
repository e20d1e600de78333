/* What each case does to each class: of images with a class to the share of its images that are
 * right, of masks to its Dice over all images together. */
#ifndef NT_CLASS_CHANGES_H
#define NT_CLASS_CHANGES_H

#include "results.h"

/* Counts the outcomes.bin of a run folder, if it is there, and for images with a class the results
 * say the labels. (*ret)[group][case]: a number for each class, the mean over the seeds, NaN where
 * no image has it; NULL where it isn't known. All in `arena`. NT_NO_MEMORY, NT_OK, and what
 * nt_packed_read says of a file that is wrong. */
nt_status nt_class_changes_read(const nt_results *results, const char *folder, nt_arena *arena,
                                const double *const *const **ret, nt_error *error);

#endif
