/* What must hold of every family of kinds. */
#ifndef SUPPORT_KIND_H
#define SUPPORT_KIND_H

#include "kind.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* What is wrong with a family, "relu has no name"; NULL: nothing. The text lasts until the next
 * call. */
const char *family_flaw(const nt_kind *const *table);

#endif
