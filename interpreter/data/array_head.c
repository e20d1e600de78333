/* Of Python's literals only those are known that numpy writes here: texts, truth values, and tuples
 * of whole numbers, to which Python 2 appended an L. */
#include "array_head.h"

#include <endian.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct reader {
    const char *at;
    const char *wrong; /* NULL while all is well */
} reader;

static const char malformed[] = "has a header that is not a dictionary of 'descr', "
                                "'fortran_order' and 'shape'";

static bool fail(reader *r, const char *why) {
    if (!r->wrong)
        r->wrong = why;
    return false;
}

static bool take(reader *r, char c) {
    r->at += strspn(r->at, " \t\n");
    if (*r->at != c)
        return false;
    r->at++;
    return true;
}

static bool take_text(reader *r, char *ret, size_t size) {
    char quote = take(r, '\'') ? '\'' : take(r, '"') ? '"' : '\0';
    const char *end = quote ? strchr(r->at, quote) : NULL;
    if (!end || (size_t)(end - r->at) >= size)
        return false;
    memcpy(ret, r->at, (size_t)(end - r->at));
    ret[end - r->at] = '\0';
    r->at = end + 1;
    return true;
}

static bool take_word(reader *r, const char *word) {
    r->at += strspn(r->at, " \t\n");
    size_t length = strlen(word);
    if (strncmp(r->at, word, length) != 0)
        return false;
    r->at += length;
    return true;
}

/* --- the three values ------------------------------------------------------------------------- */

static const char *refuse_type(char kind) {
    switch (kind) {
    case 'O':
        return "holds Python objects, which are stored as pickles: those can run code and are not "
               "read";
    case 'V':
        return "holds records or raw bytes, not numbers";
    case 'S':
    case 'a':
    case 'U':
        return "holds texts, not numbers";
    case 'M':
    case 'm':
        return "holds times, not numbers";
    case 'c':
        return "holds complex numbers";
    default:
        return "holds elements of a type that is not known here";
    }
}

static bool is_known(char kind, long size) {
    if (kind == 'b')
        return size == 1;
    if (kind == 'u' || kind == 'i')
        return size == 1 || size == 2 || size == 4 || size == 8;
    return kind == 'f' && (size == 2 || size == 4 || size == 8);
}

static bool take_type(reader *r, nt_array_head *head) {
    char text[32], order = '=', *end;
    if (take(r, '['))
        return fail(r, refuse_type('V'));
    if (!take_text(r, text, sizeof text))
        return fail(r, malformed);
    const char *at = text;
    if (strchr("<>|=", *at) && *at)
        order = *at++;
    char kind = *at ? *at++ : '\0';
    long size = strtol(at, &end, 10);
    if (!is_known(kind, size) || *end)
        return fail(r, kind == 'f' ? "holds reals of another size than 2, 4 or 8 bytes"
                                   : refuse_type(kind));
    bool little = __BYTE_ORDER == __LITTLE_ENDIAN;
    head->kind = kind;
    head->size = (int32_t)size;
    head->swapped = size > 1 && (little ? order == '>' : order == '<');
    return true;
}

static bool take_order(reader *r, nt_array_head *head) {
    head->fortran = take_word(r, "True");
    return head->fortran || take_word(r, "False") || fail(r, malformed);
}

static bool take_shape(reader *r, nt_array_head *head) {
    if (!take(r, '('))
        return fail(r, malformed);
    head->rank = 0;
    while (!take(r, ')')) {
        char *end;
        r->at += strspn(r->at, " ");
        if (*r->at < '0' || *r->at > '9')
            return fail(r, malformed);
        long long side = strtoll(r->at, &end, 10);
        r->at = end;
        take(r, 'L');
        if (head->rank == NT_ARRAY_RANK)
            return fail(r, "has more than four dimensions");
        if (side == LLONG_MAX)
            return fail(r, "has a side that is too large");
        head->dims[head->rank++] = side;
        if (!take(r, ',') && *r->at != ')')
            return fail(r, malformed);
    }
    return head->rank > 0 || fail(r, "holds one value, not a row of samples");
}

/* --- the dictionary --------------------------------------------------------------------------- */

static bool take_entry(reader *r, nt_array_head *head, bool seen[3]) {
    static const char *const keys[] = {"descr", "fortran_order", "shape"};
    static bool (*const values[])(reader *, nt_array_head *) = {take_type, take_order, take_shape};
    char key[32];
    if (!take_text(r, key, sizeof key) || !take(r, ':'))
        return fail(r, malformed);
    for (int k = 0; k < 3; k++)
        if (strcmp(key, keys[k]) == 0 && !seen[k])
            return seen[k] = true, values[k](r, head);
    return fail(r, malformed);
}

const char *nt_array_head_read(const char *text, nt_array_head *ret) {
    reader r = {text, NULL};
    nt_array_head head = {0};
    bool seen[3] = {false};
    if (!take(&r, '{'))
        return malformed;
    while (!take(&r, '}')) {
        if (!take_entry(&r, &head, seen))
            return r.wrong;
        if (!take(&r, ',') && *r.at != '}')
            return malformed;
    }
    r.at += strspn(r.at, " \t\n");
    if (*r.at || !seen[0] || !seen[1] || !seen[2])
        return malformed;
    *ret = head;
    return NULL;
}

/* --- in words --------------------------------------------------------------------------------- */

const char *nt_array_type(const nt_array_head *head, char ret[NT_ARRAY_TEXT]) {
    const char *name = head->kind == 'b'   ? "bool"
                       : head->kind == 'u' ? "uint"
                       : head->kind == 'i' ? "int"
                                           : "float";
    if (head->kind == 'b')
        snprintf(ret, NT_ARRAY_TEXT, "%s", name);
    else
        snprintf(ret, NT_ARRAY_TEXT, "%s%d", name, 8 * head->size);
    return ret;
}

const char *nt_array_shape(const nt_array_head *head, char ret[NT_ARRAY_TEXT]) {
    size_t at = 0;
    for (int32_t d = 0; d < head->rank; d++)
        at += (size_t)snprintf(ret + at, NT_ARRAY_TEXT - at, "%s%lld", d ? "x" : "",
                               (long long)head->dims[d]);
    return ret;
}
