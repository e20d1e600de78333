/* The files of experiments/init/ and what editors know of hooks, as they are in the sources. */
#ifndef NT_START_FILES_H
#define NT_START_FILES_H

#include "embedded.h"

extern const nt_embedded nt_start_files[]; /* "classify/suite.yaml" … */

#endif
