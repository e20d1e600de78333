/* All that is wrong with picture files, once something is. */
#ifndef NT_PICTURE_FAULTS_H
#define NT_PICTURE_FAULTS_H

#include "diagnostic.h"

/* After a failure, `found`, that may hide others: reads each of the files wholly, of very many the
 * first ones, and reports those that can't be read; if none is such, what was found. Empties
 * `found`. Returns `status`, that of the failure, or another one where that can't be done. */
nt_status nt_picture_faults(const char *const *paths, int32_t count, nt_status status,
                            nt_error *found, nt_error *error);

#endif
