/* Pickles and what torch.save puts around them, made by hand, byte by byte. */
#ifndef SUPPORT_PICKLE_H
#define SUPPORT_PICKLE_H

#include "pickle.h"
#include "support_base.h"

typedef struct made {
    unsigned char bytes[1 << 16];
    size_t size;
} made;

void put(made *to, const void *bytes, size_t size);
void put_number(made *to, uint64_t number, int bytes); /* little-endian */

/* A string literal's bytes, zeros among them. */
#define PUT(to, literal) put((to), (literal), sizeof(literal) - 1)

void put_text(made *to, const char *text);
void put_integer(made *to, int64_t number); /* BININT */

/* A view of storage `key`, of the class torch.CLASS, as _rebuild_tensor_v2 makes it. `legacy` gives
 * the storage's id its sixth item. */
typedef struct view {
    const char *class, *key;
    int64_t count, first;
    int rank;
    const int32_t *shape, *stride; /* stride NULL: rows, one after the other */
    bool legacy;
} view;
void put_tensor(made *to, view v);

/* A member of a zip archive. */
typedef struct member {
    const char *name;
    const void *bytes;
    size_t size;
    int method;
} member;

/* An archive of the members; `wide` writes all sizes and places in 64 bits. */
void put_zip(made *to, const member *members, int count, bool wide);

void write_made(const char *path, const made *what);

/* Reads the bytes as one pickle; the value lies in `arena`. */
nt_status read_pickle(const void *bytes, size_t size, nt_arena *arena, nt_pickled **ret,
                      nt_error *error);

#endif
