/* Files that are in the program: embed.py makes a table of them, each followed by a zero byte. */
#ifndef NT_EMBEDDED_H
#define NT_EMBEDDED_H

#include <stddef.h>

typedef struct nt_embedded {
    const char *name; /* NULL ends a table */
    const unsigned char *bytes;
    size_t size;
} nt_embedded;

/* NULL: there is no such file. */
const nt_embedded *nt_embedded_find(const nt_embedded *table, const char *name);

#endif
