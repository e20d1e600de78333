#include "mutate_json.h"

#include "target.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

typedef struct source {
    uint64_t state;
    const char *const *words;
} source;

static uint32_t draw(source *s, size_t limit) {
    s->state = s->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return limit ? (uint32_t)(s->state >> 33) % (uint32_t)limit : 0;
}

static const char *pick(source *s) {
    size_t count = 0;
    while (s->words[count])
        count++;
    return s->words[draw(s, count)];
}

/* A value, in most cases of the kind that was there. */
static json_t *other(source *s, const json_t *old) {
    static const json_int_t integers[] = {0,         1,           -1,        2,         255,
                                          INT32_MAX, 2147483648L, INT64_MIN, INT64_MAX, 1000};
    static const double reals[] = {0, -0.0, 0.5, 1, 1e308, -1e308, 5e-324, 1e-9, 3};
    switch (draw(s, 4) ? (uint32_t)json_typeof(old) : draw(s, 8)) {
    case JSON_INTEGER:
        return json_integer(draw(s, 2)
                                ? integers[draw(s, sizeof integers / sizeof *integers)]
                                : (json_int_t)((uint64_t)json_integer_value(old) + draw(s, 5) - 2));
    case JSON_REAL:
        return json_real(reals[draw(s, sizeof reals / sizeof *reals)]);
    case JSON_STRING:
        return json_string(pick(s));
    case JSON_TRUE:
    case JSON_FALSE:
        return json_boolean(draw(s, 2));
    case JSON_NULL:
        return json_null();
    case JSON_ARRAY:
        return json_array();
    default:
        return json_object();
    }
}

static void change(source *s, json_t *within);

static void change_object(source *s, json_t *object) {
    size_t at = draw(s, json_object_size(object));
    void *iter = json_object_iter(object);
    while (iter && at-- > 0)
        iter = json_object_iter_next(object, iter);
    if (!iter)
        return;
    const char *key = json_object_iter_key(iter);
    json_t *value = json_object_iter_value(iter);
    uint32_t kind = draw(s, 16);
    if (json_is_object(value) || json_is_array(value) ? kind >= 3 : kind >= 15) {
        change(s, value);
    } else if (kind == 0) {
        json_object_set_new(object, pick(s), json_deep_copy(value));
    } else if (kind == 1) {
        json_object_del(object, key);
    } else {
        json_object_iter_set_new(object, iter, other(s, value));
    }
}

static void change_array(source *s, json_t *array) {
    size_t count = json_array_size(array), at = draw(s, count);
    json_t *value = json_array_get(array, at);
    uint32_t kind = draw(s, 16);
    if (!value)
        json_array_append_new(array, json_integer(draw(s, 4)));
    else if (json_is_object(value) || json_is_array(value) ? kind >= 4 : kind >= 15)
        change(s, value);
    else if (kind == 0)
        json_array_remove(array, at);
    else if (kind == 1)
        json_array_insert_new(array, draw(s, count + 1), json_deep_copy(value));
    else if (kind == 2)
        json_array_set(array, at, json_array_get(array, draw(s, count)));
    else
        json_array_set_new(array, at, other(s, value));
}

static void change(source *s, json_t *within) {
    if (json_is_object(within))
        change_object(s, within);
    else if (json_is_array(within))
        change_array(s, within);
}

size_t mutate_json(uint8_t *data, size_t size, size_t most, unsigned seed,
                   const char *const *words) {
    source s = {seed, words};
    draw(&s, 2);
    const uint8_t *zero = memchr(data, 0, size);
    size_t header = zero ? (size_t)(zero - data) : size;
    json_t *root = draw(&s, 4) ? json_loadb((const char *)data, header, 0, NULL) : NULL;
    if (!root)
        return LLVMFuzzerMutate(data, size, most);
    for (uint32_t times = 1 + draw(&s, 3); times > 0; times--)
        change(&s, root);
    char *text = json_dumps(root, 0);
    size_t length = text ? strlen(text) : 0, fresh = length + (size - header);
    if (text && fresh <= most) {
        memmove(data + length, data + header, size - header);
        memcpy(data, text, length);
        size = fresh;
    }
    free(text);
    json_decref(root);
    return size;
}
