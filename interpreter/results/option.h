#ifndef NT_OPTION_H
#define NT_OPTION_H

#include "scalar.h"

/* A name with a value, or with a list of them. */
typedef struct nt_option {
    const char *name;
    const nt_scalar *items;
    int32_t count;
    bool list;
} nt_option;

#endif
