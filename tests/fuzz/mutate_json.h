/* Changes to JSON that leave it JSON. One in four is libFuzzer's own, to bytes. What follows a zero
 * byte is data, and is kept, but for changes of the latter kind. */
#ifndef MUTATE_JSON_H
#define MUTATE_JSON_H

#include <stddef.h>
#include <stdint.h>

/* `words` are texts that mean something to the reader; NULL ends them. */
size_t mutate_json(uint8_t *data, size_t size, size_t most, unsigned seed,
                   const char *const *words);

#endif
