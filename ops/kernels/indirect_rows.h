/* The products of indirect.h, compiled once for each set of fused vector instructions from
 * indirect_rows.c. */
#ifndef NT_INDIRECT_ROWS_H
#define NT_INDIRECT_ROWS_H

#include "indirect.h"

#if defined __x86_64__
void nt_indirect_rows_avx2(const nt_indirect_product *product);
void nt_indirect_rows_avx512(const nt_indirect_product *product);
#endif

#endif
