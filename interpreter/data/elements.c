/* Elements may lie anywhere, so that they are copied out byte by byte. */
#include "elements.h"

#include <string.h>

void nt_elements_reverse(void *elements, size_t count, size_t size) {
    unsigned char *bytes = elements;
    for (size_t i = 0; i < count; i++, bytes += size)
        for (size_t a = 0, b = size - 1; a < b; a++, b--) {
            unsigned char kept = bytes[a];
            bytes[a] = bytes[b];
            bytes[b] = kept;
        }
}

static double half_value(uint16_t bits) {
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double sign = bits >> 15 ? -1 : 1;
    if (exponent == 31)
        return fraction ? (double)__builtin_nanf("") : sign * __builtin_inf();
    double value = exponent ? 1024 + fraction : fraction;
    return sign * __builtin_ldexp(value, (exponent ? exponent : 1) - 25);
}

#define TAKE(type, name)                                                                           \
    type name;                                                                                     \
    memcpy(&name, p, sizeof name)

static double signed_value(const unsigned char *p, int32_t size) {
    if (size == 1)
        return (double)(int8_t)*p;
    if (size == 2) {
        TAKE(int16_t, value);
        return value;
    }
    if (size == 4) {
        TAKE(int32_t, value);
        return value;
    }
    TAKE(int64_t, value);
    return (double)value;
}

static double unsigned_value(const unsigned char *p, int32_t size) {
    if (size == 1)
        return *p;
    if (size == 2) {
        TAKE(uint16_t, value);
        return value;
    }
    if (size == 4) {
        TAKE(uint32_t, value);
        return value;
    }
    TAKE(uint64_t, value);
    return (double)value;
}

static double real_value(const unsigned char *p, int32_t size) {
    if (size == 2) {
        TAKE(uint16_t, bits);
        return half_value(bits);
    }
    if (size == 4) {
        TAKE(float, value);
        return (double)value;
    }
    TAKE(double, value);
    return value;
}

double nt_element_value(char kind, int32_t size, const void *elements, int64_t i) {
    const unsigned char *p = (const unsigned char *)elements + (size_t)i * (size_t)size;
    switch (kind) {
    case 'b':
        return *p != 0;
    case 'u':
        return unsigned_value(p, size);
    case 'i':
        return signed_value(p, size);
    default:
        return real_value(p, size);
    }
}
