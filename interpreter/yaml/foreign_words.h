/* What PyTorch, Keras and others call ops and attributes, for those who write their words: the
 * right name here, or why there is none. A name that is merely near may load and compute something
 * else. */
#ifndef NT_FOREIGN_WORDS_H
#define NT_FOREIGN_WORDS_H

#include "diagnostic.h"
#include "field.h"
#include <stdbool.h>

/* Gives the last error a hint, unless it is no such word. Case and underscores don't matter. Of an
 * attribute: to one of these fields, or to leave it out. */
bool nt_foreign_op(const char *word, nt_error *error);
bool nt_foreign_attribute(const char *word, const nt_field *fields, nt_error *error);

#endif
