/* Files for readers that want a path: a folder in memory, which goes when the process ends. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <stddef.h>

/* Under $TMPDIR or in /dev/shm; the same in each call. */
const char *scratch_folder(void);

/* A path in it; good for the next 16 calls. */
const char *scratch_path(const char *name);

/* Writes a file of that name, in place of one that is there. Returns its path. */
const char *scratch_put(const char *name, const void *bytes, size_t size);

/* The same of what formats of ours and of safetensors begin with: the length of the header in 8
 * bytes, the header, data. In the input a zero byte stands between both, so that however the header
 * grows, its length is right. */
const char *scratch_put_headed(const char *name, const void *bytes, size_t size);

void scratch_remove(const char *name); /* if it is there */

#endif
