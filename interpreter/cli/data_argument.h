/* A data set as the command line names it: KIND:ROOT,option=value. */
#ifndef NT_DATA_ARGUMENT_H
#define NT_DATA_ARGUMENT_H

#include "dataset.h"
#include "kind_print.h"
#include "overrides.h"

extern const nt_kind_family nt_data_family;

/* Opens `word`, "cifar10:some/folder", or a kind alone, whose folder is then sought under
 * $NONTRIVIAL_DATA; or the images of one array, "some/images.npy". Options of the kind may follow:
 * "cifar100:some/folder,labels=coarse"; the settings are such options, too. The record of options
 * lies in `arena`, which must outlive the data set. NT_USAGE when the kind or an option does not
 * exist. */
nt_status nt_data_argument_open(const char *word, const nt_setting *settings, int count,
                                nt_arena *arena, nt_dataset **ret, nt_error *error);

/* Whether a mean and a deviation go together and are of so many channels, or not there. NT_USAGE.
 */
nt_status nt_data_argument_check_norm(const nt_reals *mean, const nt_reals *deviation,
                                      int32_t channels, nt_error *error);

#endif
