/* What the ops run on: the kernels for matrix products. */
#ifndef NT_OP_LIBRARY_H
#define NT_OP_LIBRARY_H

#include "diagnostic.h"
#include "status.h"

/* The one that runs, for a run's provenance: "nontrivial, avx512", or where no kernel
 * of our own runs "BLIS 0.9.0, zen3". */
enum { NT_OPS_LIBRARY = 64 };
void nt_ops_library(char ret_text[NT_OPS_LIBRARY]);

/* The kernels for matrix products that this processor can run, those before others first, which
 * NONTRIVIAL_KERNEL in the environment may choose from; and what it can do at most with the vectors
 * of each, on all threads, in GFLOP/s, which takes some milliseconds (0: not known). */
enum { NT_OPS_KERNELS = 4 };
int nt_ops_kernels(const char *ret_names[NT_OPS_KERNELS]);
double nt_ops_peak(const char *kernel);

/* NT_USAGE: NONTRIVIAL_KERNEL is none of them. */
nt_status nt_ops_check_kernel(nt_error *error);

#endif
