/* Fetching a data set: the archive that a kind's source names is downloaded, held against the MD5
 * published for it, unpacked and moved into place.
 *
 * All of that happens in a folder of its own, DIR/.nontrivial-fetch-KIND, which is gone afterwards,
 * whatever the outcome; the data appear in DIR at the very end, by one rename, or not at all. What
 * a killed process left there is thrown away by the next: nothing is resumed. DIR is locked
 * meanwhile. */
#ifndef NT_DOWNLOAD_H
#define NT_DOWNLOAD_H

#include "dataset.h"
#include "progress.h"
#include <stdbool.h>

typedef struct nt_fetch {
    const nt_data_kind *kind;
    const char *folder;          /* DIR: gets the kind's folder; made if need be */
    const char *url;             /* http, https or file; NULL: the kind's own */
    const char *md5;             /* of the archive there, 32 digits; NULL: the kind's own */
    bool force;                  /* replace data that are there already */
    const nt_progress *progress; /* told of bytes downloaded and unpacked; may be NULL */
} nt_fetch;

/* *ret_fetched is false when a complete folder was there already and has been left alone. NT_USAGE
 * for a kind without an archive, another URL scheme or what can't be an MD5; NT_FAILED when the
 * download fails, its MD5 is another, the archive holds anything but plain files in the kind's
 * folder, its data are not complete, or an incomplete folder is in the way; NT_IO when writing
 * fails; NT_INTERRUPTED or NT_TERMINATED after a signal (signals.h). */
nt_status nt_data_fetch(const nt_fetch *fetch, bool *ret_fetched, nt_error *error);

#endif
