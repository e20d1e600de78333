/* A text is cut into lines; a line's tree is it and what follows deeper indented. Trees are
 * removed, doubled, moved, indented otherwise; words are replaced by others. */
#include "mutate_lines.h"

#include "target.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

typedef struct span {
    size_t begin, end;
} span;

typedef struct text {
    uint8_t *bytes;
    size_t size, most;
    uint64_t state;
} text;

static uint32_t draw(text *t, size_t limit) {
    t->state = t->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return limit ? (uint32_t)(t->state >> 33) % (uint32_t)limit : 0;
}

static const char *pick(text *t, const char *const *list) {
    size_t count = 0;
    while (list[count])
        count++;
    return list[draw(t, count)];
}

/* Puts `length` bytes in the place of a span, if they fit. */
static void replace(text *t, span where, const void *bytes, size_t length) {
    size_t left = t->size - (where.end - where.begin);
    if (left + length > t->most)
        return;
    uint8_t *copy = malloc(length ? length : 1);
    if (!copy)
        return;
    memcpy(copy, bytes, length); /* it may lie in the text itself */
    memmove(t->bytes + where.begin + length, t->bytes + where.end, t->size - where.end);
    memcpy(t->bytes + where.begin, copy, length);
    t->size = left + length;
    free(copy);
}

static size_t line_end(const text *t, size_t at) {
    const uint8_t *end = memchr(t->bytes + at, '\n', t->size - at);
    return end ? (size_t)(end - t->bytes) + 1 : t->size;
}

static size_t indent(const text *t, size_t at) {
    size_t depth = 0;
    while (at + depth < t->size && t->bytes[at + depth] == ' ')
        depth++;
    return depth;
}

static span any_line(text *t) {
    size_t at = draw(t, t->size), begin = at;
    while (begin > 0 && t->bytes[begin - 1] != '\n')
        begin--;
    return (span){begin, line_end(t, at)};
}

static span any_tree(text *t) {
    span tree = any_line(t);
    size_t depth = indent(t, tree.begin);
    while (tree.end < t->size && indent(t, tree.end) > depth)
        tree.end = line_end(t, tree.end);
    return tree;
}

static bool is_word(uint8_t c) {
    return isalnum(c) || c == '_' || c == '.' || c == '-' || c == '$';
}

/* A word or number; empty where there is none near. */
static span any_word(text *t) {
    size_t at = draw(t, t->size), end;
    while (at < t->size && !is_word(t->bytes[at]))
        at++;
    for (end = at; end < t->size && is_word(t->bytes[end]);)
        end++;
    while (at > 0 && is_word(t->bytes[at - 1]))
        at--;
    return (span){at, end};
}

/* The whole of a flow map or list, or of what is in quotes. */
static span any_group(text *t) {
    static const char open[] = "{[(\"'", close[] = "}])\"'";
    size_t at = draw(t, t->size), end;
    const char *kind = NULL;
    while (at < t->size && !(t->bytes[at] && (kind = strchr(open, t->bytes[at]))))
        at++;
    if (at >= t->size)
        return (span){t->size, t->size};
    const uint8_t *closing = memchr(t->bytes + at + 1, close[kind - open], t->size - at - 1);
    end = closing ? (size_t)(closing - t->bytes) + 1 : t->size;
    return (span){at, end};
}

static void insert(text *t, size_t at, const char *string) {
    replace(t, (span){at, at}, string, strlen(string));
}

static void wrap(text *t, span what, const char *before, const char *after) {
    insert(t, what.end, after);
    insert(t, what.begin, before);
}

static void insert_line(text *t, const char *const *lines) {
    char blanks[80];
    span after = any_line(t);
    size_t depth = indent(t, after.begin) + 2 * draw(t, 2);
    if (depth >= sizeof blanks)
        depth = sizeof blanks - 1;
    memset(blanks, ' ', depth);
    blanks[depth] = '\0';
    insert(t, after.end, "\n");
    insert(t, after.end, pick(t, lines));
    insert(t, after.end, blanks);
}

static void change(text *t, const char *const *words, const char *const *lines) {
    static const char *const numbers[] = {
        "0",          "1",          "-1", "2",    "3",   "255", "65536", "2147483647",
        "2147483648", "4294967296", "-0", "1e30", "0.5", "nan", "inf",   "9223372036854775807",
        "1e-320",     "''",         "~",  NULL};
    static const char *const wraps[][2] = {{"[", "]"},   {"{a: ", "}"}, {"\"${", "}\""}, {"'", "'"},
                                           {"\"", "\""}, {"&a ", ""},   {"$", ""}};
    span what, other;
    const char *word;
    switch (draw(t, 12)) {
    case 0:
        replace(t, any_tree(t), "", 0);
        break;
    case 1:
        what = any_tree(t);
        replace(t, (span){what.end, what.end}, t->bytes + what.begin, what.end - what.begin);
        break;
    case 2: /* a tree elsewhere */
        what = any_tree(t);
        other = any_line(t);
        replace(t, (span){other.begin, other.begin}, t->bytes + what.begin, what.end - what.begin);
        break;
    case 3:
        what = any_line(t);
        if (draw(t, 2))
            insert(t, what.begin, "  ");
        else if (indent(t, what.begin) >= 2)
            replace(t, (span){what.begin, what.begin + 2}, "", 0);
        break;
    case 4:
    case 5:
        word = pick(t, words);
        replace(t, any_word(t), word, strlen(word));
        break;
    case 6:
        word = pick(t, numbers);
        replace(t, any_word(t), word, strlen(word));
        break;
    case 7: /* one of its own words in another's place */
        what = any_word(t);
        replace(t, any_word(t), t->bytes + what.begin, what.end - what.begin);
        break;
    case 8: {
        size_t i = draw(t, sizeof wraps / sizeof *wraps);
        wrap(t, draw(t, 2) ? any_word(t) : any_group(t), wraps[i][0], wraps[i][1]);
        break;
    }
    case 9: /* one of its own groups in another's place */
        what = any_group(t);
        replace(t, draw(t, 2) ? any_group(t) : any_word(t), t->bytes + what.begin,
                what.end - what.begin);
        break;
    default:
        insert_line(t, lines);
    }
}

size_t mutate_lines(uint8_t *data, size_t size, size_t most, unsigned seed,
                    const char *const *words, const char *const *lines) {
    text t = {data, size, most, seed};
    draw(&t, 2);
    if (size == 0 || draw(&t, 4) == 0)
        return LLVMFuzzerMutate(data, size, most);
    for (uint32_t times = 1 + draw(&t, 4); times > 0; times--)
        change(&t, words, lines);
    return t.size;
}
