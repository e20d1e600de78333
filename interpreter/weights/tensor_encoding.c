/* F16 and BF16 are widened exactly, subnormal numbers, infinities and NaN included; F64 is rounded
 * to nearest, and a finite number that float32 has no room for does not fit. A counter from
 * floating-point numbers, which averages of several networks have, is cut to a whole number. */
#include "tensor_encoding.h"

#include <endian.h>
#include <math.h>
#include <string.h>

static uint16_t load16(const unsigned char *p) {
    uint16_t word;
    memcpy(&word, p, sizeof word);
    return le16toh(word);
}

static uint32_t load32(const unsigned char *p) {
    uint32_t word;
    memcpy(&word, p, sizeof word);
    return le32toh(word);
}

static uint64_t load64(const unsigned char *p) {
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return le64toh(word);
}

static float float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static size_t from_f32(const unsigned char *from, size_t count, float *to) {
    for (size_t i = 0; i < count; i++)
        to[i] = float_of(load32(from + 4 * i));
    return count;
}

static size_t from_bf16(const unsigned char *from, size_t count, float *to) {
    for (size_t i = 0; i < count; i++)
        to[i] = float_of((uint32_t)load16(from + 2 * i) << 16);
    return count;
}

/* IEEE 754 binary16: sign, 5 bits of exponent with bias 15, 10 bits of fraction. */
static float widen(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31;
    uint32_t fraction = half & 0x3FF;
    if (exponent == 31)
        return float_of(sign | 0x7F800000 | fraction << 13);
    if (exponent == 0)
        return copysignf((float)fraction * 0x1p-24f, float_of(sign));
    return float_of(sign | (exponent + 127 - 15) << 23 | fraction << 13);
}

static size_t from_f16(const unsigned char *from, size_t count, float *to) {
    for (size_t i = 0; i < count; i++)
        to[i] = widen(load16(from + 2 * i));
    return count;
}

static size_t from_f64(const unsigned char *from, size_t count, float *to) {
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = load64(from + 8 * i);
        double value;
        memcpy(&value, &bits, sizeof value);
        to[i] = (float)value;
        if (isinf(to[i]) && !isinf(value))
            return i;
    }
    return count;
}

/* --- counters --------------------------------------------------------------------------------- */

/* How many of the numbers, up to the first that does not fit, are taken. */
static size_t from_reals(const float *values, size_t count, int32_t *to) {
    for (size_t i = 0; i < count; i++) {
        if (!(values[i] > -2147483648.0F && values[i] < 2147483648.0F))
            return i;
        to[i] = (int32_t)values[i];
    }
    return count;
}

#define COUNTERS_FROM_FLOATS(type, width)                                                          \
    static size_t counters_from_##type(const unsigned char *from, size_t count, int32_t *to) {     \
        for (size_t i = 0; i < count; i++) {                                                       \
            float value;                                                                           \
            if (from_##type(from + i * (width), 1, &value) < 1 ||                                  \
                from_reals(&value, 1, to + i) < 1)                                                 \
                return i;                                                                          \
        }                                                                                          \
        return count;                                                                              \
    }

COUNTERS_FROM_FLOATS(f32, 4)
COUNTERS_FROM_FLOATS(f16, 2)
COUNTERS_FROM_FLOATS(bf16, 2)
COUNTERS_FROM_FLOATS(f64, 8)

static size_t from_i64(const unsigned char *from, size_t count, int32_t *to) {
    for (size_t i = 0; i < count; i++) {
        int64_t value = (int64_t)load64(from + 8 * i);
        if (value < INT32_MIN || value > INT32_MAX)
            return i;
        to[i] = (int32_t)value;
    }
    return count;
}

static size_t from_u64(const unsigned char *from, size_t count, int32_t *to) {
    for (size_t i = 0; i < count; i++) {
        if (load64(from + 8 * i) > INT32_MAX)
            return i;
        to[i] = (int32_t)load64(from + 8 * i);
    }
    return count;
}

static size_t from_u32(const unsigned char *from, size_t count, int32_t *to) {
    for (size_t i = 0; i < count; i++) {
        if (load32(from + 4 * i) > INT32_MAX)
            return i;
        to[i] = (int32_t)load32(from + 4 * i);
    }
    return count;
}

#define COUNTERS_FROM_INTEGERS(name, width, load, type)                                            \
    static size_t from_##name(const unsigned char *from, size_t count, int32_t *to) {              \
        for (size_t i = 0; i < count; i++)                                                         \
            to[i] = (type)load(from + i * (width));                                                \
        return count;                                                                              \
    }

static uint8_t load8(const unsigned char *p) {
    return *p;
}

COUNTERS_FROM_INTEGERS(i32, 4, load32, int32_t)
COUNTERS_FROM_INTEGERS(i16, 2, load16, int16_t)
COUNTERS_FROM_INTEGERS(u16, 2, load16, uint16_t)
COUNTERS_FROM_INTEGERS(i8, 1, load8, int8_t)
COUNTERS_FROM_INTEGERS(u8, 1, load8, uint8_t)

/* --- the table -------------------------------------------------------------------------------- */

static const nt_encoding encodings[] = {
    {"F32", 4, from_f32, counters_from_f32},
    {"F16", 2, from_f16, counters_from_f16},
    {"BF16", 2, from_bf16, counters_from_bf16},
    {"F64", 8, from_f64, counters_from_f64},
    {"I64", 8, NULL, from_i64},
    {"I32", 4, NULL, from_i32},
    {"I16", 2, NULL, from_i16},
    {"I8", 1, NULL, from_i8},
    {"U64", 8, NULL, from_u64},
    {"U32", 4, NULL, from_u32},
    {"U16", 2, NULL, from_u16},
    {"U8", 1, NULL, from_u8},
    {"BOOL", 1, NULL, from_u8},
    {"F8_E4M3", 1, NULL, NULL},
    {"F8_E5M2", 1, NULL, NULL},
    {0},
};

const nt_encoding *nt_encoding_find(const char *name) {
    for (const nt_encoding *encoding = encodings; encoding->name; encoding++)
        if (strcmp(encoding->name, name) == 0)
            return encoding;
    return NULL;
}
