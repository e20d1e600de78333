/* An edit goes as the number of its node, the name of its kind and its options as texts, so that
 * the kinds need not know how they are sent. */
#include "suite_wire.h"

#include "dist.h"
#include <string.h>

enum { EXACT_DIGITS = 17 };

/* --- writing ---------------------------------------------------------------------------------- */

void nt_wire_put_int(nt_text *text, int64_t value) {
    nt_text_add_bytes(text, &value, sizeof value);
}

void nt_wire_put_bytes(nt_text *text, const void *bytes, size_t size) {
    nt_wire_put_int(text, (int64_t)size);
    nt_text_add_bytes(text, bytes, size);
}

void nt_wire_put_text(nt_text *text, const char *words) {
    if (words)
        nt_wire_put_bytes(text, words, strlen(words) + 1);
    else
        nt_wire_put_int(text, 0);
}

static void put_options(nt_text *text, const nt_edit *edit) {
    const nt_field *fields = edit->kind->kind.fields;
    nt_wire_put_int(text, edit->options != NULL);
    for (; edit->options && fields->name; fields++) {
        nt_text value;
        nt_text_init(&value);
        nt_field_format_digits(fields, edit->options, EXACT_DIGITS, &value);
        nt_wire_put_text(text, value.bytes);
        text->failed = text->failed || value.failed;
        nt_text_finish(&value);
    }
}

void nt_wire_put_edits(nt_text *text, const nt_edits *edits) {
    nt_wire_put_int(text, edits->count);
    for (int32_t i = 0; i < edits->count; i++) {
        nt_wire_put_int(text, edits->items[i].node);
        nt_wire_put_text(text, edits->items[i].kind->kind.name);
        put_options(text, &edits->items[i]);
    }
}

nt_status nt_wire_send(int to, nt_wire_kind kind, nt_text *text, nt_error *error) {
    nt_status status =
        text->failed ? NT_NO_MEMORY : nt_dist_send(to, (int)kind, text->bytes, text->length);
    nt_text_finish(text);
    return status == NT_OK ? NT_OK : nt_error_say(error, status, "out of memory for a message");
}

/* --- reading ---------------------------------------------------------------------------------- */

nt_wire nt_wire_of(const void *bytes, size_t size) {
    return (nt_wire){bytes, size, false};
}

static const void *take(nt_wire *w, size_t size) {
    const void *at = w->at;
    if (w->failed || size > w->left) {
        w->failed = true;
        return NULL;
    }
    w->at += size;
    w->left -= size;
    return at;
}

int64_t nt_wire_int(nt_wire *w) {
    int64_t value = 0;
    const void *at = take(w, sizeof value);
    if (at)
        memcpy(&value, at, sizeof value);
    return value;
}

const void *nt_wire_bytes(nt_wire *w, size_t *ret_size) {
    *ret_size = (size_t)nt_wire_int(w);
    const void *at = take(w, *ret_size);
    *ret_size = at ? *ret_size : 0;
    return at;
}

const char *nt_wire_text(nt_wire *w) {
    size_t size;
    const char *words = nt_wire_bytes(w, &size);
    if (size > 0 && words[size - 1] != '\0')
        w->failed = true;
    return size > 0 && !w->failed ? words : NULL;
}

static const void *take_options(nt_wire *w, const nt_ablation *kind, nt_arena *arena) {
    char why[NT_FIELD_WHY];
    if (!nt_wire_int(w))
        return NULL;
    void *record = nt_kind_record(&kind->kind, "", arena, why);
    for (const nt_field *field = kind->kind.fields; record && field->name; field++) {
        const char *value = nt_wire_text(w);
        if (!value || !nt_field_set_text(field, record, arena, value, why))
            w->failed = true;
    }
    w->failed = w->failed || !record;
    return record;
}

nt_edits nt_wire_edits(nt_wire *w, nt_arena *arena) {
    int32_t count = (int32_t)nt_wire_int(w);
    w->failed = w->failed || count < 0 || (size_t)count > w->left;
    nt_edit *items = w->failed ? NULL : NT_ARENA_ARRAY(arena, nt_edit, count + 1);
    w->failed = w->failed || !items;
    for (int32_t i = 0; !w->failed && i < count; i++) {
        items[i].node = (int32_t)nt_wire_int(w);
        const char *name = nt_wire_text(w);
        items[i].kind = name ? nt_ablation_find(name) : NULL;
        if (items[i].kind)
            items[i].options = take_options(w, items[i].kind, arena);
        else
            w->failed = true;
    }
    return w->failed ? (nt_edits){0} : (nt_edits){items, count};
}
