/* Numbers as other programs' files hold them, in this machine's byte order once they are reversed
 * where need be. */
#ifndef NT_ELEMENTS_H
#define NT_ELEMENTS_H

#include <stddef.h>
#include <stdint.h>

/* The bytes of each element are turned round. */
void nt_elements_reverse(void *elements, size_t count, size_t size);

/* Element i: 'b' truth values, 'u' and 'i' integers of 1, 2, 4 or 8 bytes, 'f' reals of 2, 4 or 8.
 */
double nt_element_value(char kind, int32_t size, const void *elements, int64_t i);

#endif
