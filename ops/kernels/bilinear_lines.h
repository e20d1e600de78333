/* The linear maps of the schemes of bilinear.h, compiled once for each set of vector instructions
 * from bilinear_lines.c: plain, and on x86-64 also avx2 and avx512, with
 * fused multiply-adds. */
#ifndef NT_BILINEAR_LINES_H
#define NT_BILINEAR_LINES_H

#include "bilinear.h"

extern const nt_bilinear nt_bilinear_lines_plain[];
#if defined __x86_64__
extern const nt_bilinear nt_bilinear_lines_avx2[];
extern const nt_bilinear nt_bilinear_lines_avx512[];
#endif

#endif
