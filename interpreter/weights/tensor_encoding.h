/* The element types of weights files, by the names that safetensors gives them, and decoding those
 * that a network's state can come from: floats from floating-point numbers, counters from all. */
#ifndef NT_TENSOR_ENCODING_H
#define NT_TENSOR_ENCODING_H

#include <stddef.h>
#include <stdint.h>

typedef struct nt_encoding {
    const char *name; /* "F16"; NULL ends the table */
    int width;        /* bytes */
    /* Decodes `count` elements; returns how many came before one that does not fit. NULL: none such
     * are read. */
    size_t (*to_floats)(const unsigned char *from, size_t count, float *to);
    size_t (*to_counters)(const unsigned char *from, size_t count, int32_t *to);
} nt_encoding;

const nt_encoding *nt_encoding_find(const char *name); /* NULL: there is no such type */

#endif
