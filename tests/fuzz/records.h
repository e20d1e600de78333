/* Inputs for formats whose files are cut by bytes alone. */
#ifndef RECORDS_H
#define RECORDS_H

#include <stddef.h>
#include <stdint.h>

/* Takes a number of up to `bytes` bytes, low one first, off the front; 0 once the input has ended.
 */
static inline uint32_t take_number(const uint8_t **data, size_t *size, int bytes) {
    uint32_t value = 0;
    for (int i = 0; i<bytes && * size> 0; i++, (*size)--)
        value |= (uint32_t) * (*data)++ << (8 * i);
    return value;
}

#endif
