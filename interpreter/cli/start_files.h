/* The files of experiments/init/ and what editors know of hooks, as they are in the sources:
 * embed.py makes the table. */
#ifndef NT_START_FILES_H
#define NT_START_FILES_H

#include <stddef.h>

typedef struct nt_start_file {
    const char *name; /* "classify/suite.yaml" */
    const unsigned char *text;
    size_t length;
} nt_start_file;

extern const nt_start_file nt_start_files[]; /* a name of NULL ends it */

#endif
