/* The bytes behind a URL, handed on piece by piece; download.c alone asks for them. */
#ifndef NT_TRANSFER_PRIVATE_H
#define NT_TRANSFER_PRIVATE_H

#include "status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NT_TRANSFER_WHY = 256 };

/* Where they go. Either function stops the transfer by giving false. */
typedef struct nt_transfer {
    bool (*take)(void *context, const void *bytes, size_t size);
    bool (*watch)(void *context, int64_t done, int64_t total); /* total: 0 while it isn't known */
    void *context;
} nt_transfer;

/* NT_FAILED, with why, unless all of it was taken; NT_NO_MEMORY. */
nt_status nt_transfer_file(const char *url, const nt_transfer *to, char ret_why[NT_TRANSFER_WHY]);
nt_status nt_transfer_http(const char *url, const nt_transfer *to, char ret_why[NT_TRANSFER_WHY]);

#endif
