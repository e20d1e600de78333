/* Python's pickles (Lib/pickle.py, pickletools.py), protocols 2 to 5, read as data. A pickle is a
 * program for a machine with a stack, and can make Python call anything; here it can make dicts,
 * lists, tuples, numbers, texts, booleans, None and tensors. Any other opcode, and any global but
 * those that PyTorch's tensors and ordered dicts are made by, is refused by its name, before it
 * does anything: nothing of the file is ever run. */
#ifndef NT_PICKLE_H
#define NT_PICKLE_H

#include "tensor_file.h"

typedef enum nt_pickled_kind {
    NT_PICKLED_NONE,
    NT_PICKLED_BOOL,
    NT_PICKLED_INTEGER, /* of 64 bits */
    NT_PICKLED_REAL,
    NT_PICKLED_TEXT,
    NT_PICKLED_OPAQUE, /* a longer integer, a text that is not UTF-8 or holds a zero */
    NT_PICKLED_TUPLE,
    NT_PICKLED_LIST,
    NT_PICKLED_DICT,
    NT_PICKLED_GLOBAL,
    NT_PICKLED_STORAGE,
    NT_PICKLED_TENSOR
} nt_pickled_kind;

typedef struct nt_pickled nt_pickled;

/* Dicts have keys and values in turn. A list or dict may hold itself. */
typedef struct nt_pickled_items {
    nt_pickled **items;
    size_t count, capacity;
} nt_pickled_items;

/* Numbers that tensors are views of. */
typedef struct nt_pickled_storage {
    const nt_encoding *encoding;
    const char *key;
    int64_t count; /* elements */
    int64_t begin; /* in the file; below 0: not known yet */
} nt_pickled_storage;

/* All its elements lie in the storage. */
typedef struct nt_pickled_tensor {
    nt_pickled_storage *storage;
    int64_t first; /* element */
    int64_t span;  /* elements from the first to behind the last; 0: it has none */
    size_t rank;
    const int64_t *shape, *stride;
} nt_pickled_tensor;

struct nt_pickled {
    nt_pickled_kind kind;
    bool visited; /* for who walks over the values */
    union {
        int64_t integer; /* truth too; which of the known globals */
        double real;
        const char *text;
        nt_pickled_items list;
        nt_pickled_storage storage;
        nt_pickled_tensor tensor;
    };
};

enum { NT_PICKLE_MOST = 1 << 28 };

/* Where pickles are read from, one after the other. */
typedef struct nt_pickle_reader {
    const nt_tensor_file *file; /* its path, arena and error; read from unless `bytes` has all */
    const char *path;           /* what messages call it */
    int64_t begin, size;        /* of the file, the part that may hold pickles */
    unsigned char *bytes;    /* what was read of it, freed by nt_pickle_finish; or the caller's */
    size_t filled, capacity; /* capacity 0: they are the caller's */
    size_t at;               /* the next byte to be read */
    nt_pickled **storages;   /* all that were named */
    size_t storage_count, storage_capacity;
    size_t made; /* bytes of values, which may be NT_PICKLE_MOST: a byte of a pickle makes a hundred
                  * and more */
} nt_pickle_reader;

/* Reads one pickle; `at` is then behind it. Values lie in the file's arena. */
nt_status nt_pickle_read(nt_pickle_reader *reader, nt_pickled **ret);
void nt_pickle_finish(nt_pickle_reader *reader);

/* "NEWOBJ"; NULL for a byte that is no opcode. */
const char *nt_pickle_opcode(unsigned char byte);

#endif
