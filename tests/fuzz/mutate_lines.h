/* Changes to texts of lines that keep most of them meaningful: YAML's trees by indentation, Lua,
 * SQL. Half of the changes are libFuzzer's own, to bytes. */
#ifndef MUTATE_LINES_H
#define MUTATE_LINES_H

#include <stddef.h>
#include <stdint.h>

/* `words` take the places of values and keys, `lines` stand by themselves, indented like what they
 * follow; both end with NULL. */
size_t mutate_lines(uint8_t *data, size_t size, size_t most, unsigned seed,
                    const char *const *words, const char *const *lines);

#endif
