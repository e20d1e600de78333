/* The header of an array of NumPy, a Python dictionary as text. */
#ifndef NT_ARRAY_HEAD_H
#define NT_ARRAY_HEAD_H

#include "array_file.h"

/* Reads a dictionary of the three keys that numpy writes, in any order. Returns NULL, or what is
 * wrong with it, to stand after the name of the array: "holds Python objects, which …". */
const char *nt_array_head_read(const char *text, nt_array_head *ret);

#endif
