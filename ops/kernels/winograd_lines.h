/* The linear maps of the schemes of winograd.h, compiled once for each set of vector instructions
 * from winograd_lines.c: plain, and on x86-64 also avx2 and avx512, with
 * fused multiply-adds. */
#ifndef NT_WINOGRAD_LINES_H
#define NT_WINOGRAD_LINES_H

#include "winograd.h"

extern const nt_winograd nt_winograd_lines_plain[];
#if defined __x86_64__
extern const nt_winograd nt_winograd_lines_avx2[];
extern const nt_winograd nt_winograd_lines_avx512[];
#endif

#endif
