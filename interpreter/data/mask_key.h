/* Which numbers, in masks or labels, are which class: what a user says under `labels` and
 * `ignore_labels`. */
#ifndef NT_MASK_KEY_H
#define NT_MASK_KEY_H

#include "diagnostic.h"
#include "field.h"

typedef struct nt_mask_key {
    nt_labels labels; /* number i of them is class i */
    nt_ints ignored;  /* numbers that become NT_NO_CLASS */
} nt_mask_key;

enum { NT_UNKNOWN_CLASS = -1 };

/* NT_INVALID unless it names at least two classes, each with a name and a number of its own, which
 * are not to be ignored as well. */
nt_status nt_mask_key_check(const nt_mask_key *key, nt_error *error);

/* The class of a number, NT_NO_CLASS of one to ignore, NT_UNKNOWN_CLASS where the key lacks it. */
int32_t nt_mask_key_class(const nt_mask_key *key, double number);

#endif
