/* A file of tensors that is open for reading, and a tensor in it: what it is called there, of which
 * type its elements are and where they lie. Formats (weights_format.h) make these; everything else
 * reads files of any format by them alone. */
#ifndef NT_TENSOR_FILE_H
#define NT_TENSOR_FILE_H

#include "arena.h"
#include "diagnostic.h"
#include "network.h"
#include "tensor_encoding.h"

/* A view: who opened the file closes it. What is made of it lies in `arena`. */
typedef struct nt_tensor_file {
    int fd;
    int64_t size;
    const char *path; /* for messages too */
    nt_arena *arena;
    nt_error *error;
} nt_tensor_file;

typedef struct nt_entry {
    const char *name;
    const nt_encoding *encoding;
    size_t rank;
    const int64_t *shape;
    const int64_t *stride; /* in elements, none below 0; NULL: rows one after the other, dense */
    int64_t begin, end;    /* bytes of the file: from the first element to behind the last */
} nt_entry;

int64_t nt_entry_count(const nt_entry *entry); /* elements, saturating at INT64_MAX */

/* "F32 64x3x7x7" */
void nt_entry_describe(const nt_entry *entry, nt_text *text);

/* Reads exactly `size` bytes at `offset`. */
nt_status nt_tensor_file_pread(const nt_tensor_file *file, void *bytes, size_t size,
                               int64_t offset);

nt_status nt_tensor_file_no_memory(const nt_tensor_file *file);

/* A name from a file, fit to be shown: at most 80 bytes, control characters replaced, and others
 * where it isn't UTF-8. */
const char *nt_tensor_file_show(const nt_tensor_file *file, const char *name);

/* Reads an entry that has the state's shape and a type that its role can come from into `tensor`,
 * and refuses numbers that nothing can be measured with. A counter takes the first element,
 * whatever the shape; without any it is 0. */
nt_status nt_entry_read(const nt_tensor_file *file, const nt_entry *entry, const nt_state *state,
                        nt_tensor tensor);

#endif
