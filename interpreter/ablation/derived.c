#include "derived.h"

#include "alloc.h"
#include <string.h>

enum { EXACT_DIGITS = 17 };

void nt_derived_list_finish(nt_derived_list *list) {
    nt_free(list->items, list->capacity * sizeof *list->items);
    *list = (nt_derived_list){0};
}

const char *nt_derived_name(nt_arena *arena, const nt_edit *edit, const char *source) {
    nt_text text;
    nt_text_init(&text);
    nt_text_printf(&text, "%s %s", source, edit->kind->kind.name);
    for (const nt_field *field = edit->kind->kind.fields; field->name; field++) {
        if (nt_field_is_usual(field, edit->options))
            continue;
        nt_text_add(&text, " ");
        nt_field_format_digits(field, edit->options, EXACT_DIGITS, &text);
    }
    const char *name = text.failed ? NULL : nt_arena_string(arena, text.bytes);
    nt_text_finish(&text);
    return name;
}

nt_status nt_derived_fill(const nt_derived *item, nt_derivation from, nt_tensor to) {
    const nt_tensor made = to;
    from.node = item->node;
    for (int32_t i = 0; i <= item->more_count; i++) {
        from.edit = i == 0 ? &item->edit : &item->more[i - 1];
        NT_TRY(from.edit->kind->derive(&from, to));
        from.trained = &made;
    }
    return NT_OK;
}

nt_status nt_derived_list_add(nt_derived_list *list, const nt_derived *item) {
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].name, item->name) == 0)
            return NT_OK;
    void *items = list->items;
    if (!nt_grow(&items, &list->capacity, list->count, sizeof *list->items))
        return NT_NO_MEMORY;
    list->items = items;
    list->items[list->count++] = *item;
    return NT_OK;
}
