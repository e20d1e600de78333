/* The parts of reading a record. Private to record.c and the files that do
 * them. */
#ifndef NT_RECORD_PRIVATE_H
#define NT_RECORD_PRIVATE_H

#include "record.h"

/* The epochs of a seed; none, if it was not trained or that is no longer known. */
nt_status nt_record_read_training(nt_record *record, nt_record_seed *seed, nt_error *error);

/* Once there are seeds and layers. NT_NO_MEMORY or NT_OK. */
nt_status nt_record_add_groups(nt_record *record);

#endif
