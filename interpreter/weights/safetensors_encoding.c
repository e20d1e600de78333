/* The element types of the safetensors format, and decoding those that a network's state can come
 * from. F16 and BF16 are widened exactly, subnormal numbers, infinities and NaN included; F64 is
 * rounded to nearest, and a finite number that float32 has no room for does not fit. */
#include "safetensors_header.h"

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

static size_t from_i32(const unsigned char *from, size_t count, int32_t *to) {
    for (size_t i = 0; i < count; i++)
        to[i] = (int32_t)load32(from + 4 * i);
    return count;
}

static size_t from_i64(const unsigned char *from, size_t count, int32_t *to) {
    for (size_t i = 0; i < count; i++) {
        int64_t value = (int64_t)load64(from + 8 * i);
        if (value < INT32_MIN || value > INT32_MAX)
            return i;
        to[i] = (int32_t)value;
    }
    return count;
}

static const nt_encoding encodings[] = {
    {"F32", 4, from_f32, NULL},   {"F16", 2, from_f16, NULL},
    {"BF16", 2, from_bf16, NULL}, {"F64", 8, from_f64, NULL},
    {"I64", 8, NULL, from_i64},   {"I32", 4, NULL, from_i32},
    {"I16", 2, NULL, NULL},       {"I8", 1, NULL, NULL},
    {"U64", 8, NULL, NULL},       {"U32", 4, NULL, NULL},
    {"U16", 2, NULL, NULL},       {"U8", 1, NULL, NULL},
    {"BOOL", 1, NULL, NULL},      {"F8_E4M3", 1, NULL, NULL},
    {"F8_E5M2", 1, NULL, NULL},   {0},
};

const nt_encoding *nt_encoding_find(const char *name) {
    for (const nt_encoding *encoding = encodings; encoding->name; encoding++)
        if (strcmp(encoding->name, name) == 0)
            return encoding;
    return NULL;
}
