#include "support_kind.h"

/* One line, and no full stop. */
static bool is_doc(const char *doc) {
    return doc && doc[0] && !strchr(doc, '\n') && doc[strlen(doc) - 1] != '.';
}

/* Words of small letters and digits, joined by _, or, a command's option, by -. */
static bool is_name(const char *name) {
    return name && islower((unsigned char)name[0]) &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-")] == '\0';
}

static const char *field_flaw(const nt_kind *kind, const nt_field *field) {
    if (!is_name(field->name) || !is_doc(field->doc))
        return "has a field without name or doc";
    for (const nt_field *other = kind->fields; other < field; other++)
        if (strcmp(other->name, field->name) == 0)
            return "has two fields of one name";
    if (field->type == NT_CHOICE && !field->choices)
        return "has a field without choices";
    return field->offset < kind->size ? NULL : "has a field outside its record";
}

static const char *kind_flaw(const nt_kind *kind) {
    char why[NT_FIELD_WHY];
    if (!is_name(kind->name))
        return "has no name";
    if (!is_doc(kind->doc) || !kind->fields)
        return "lacks its doc or fields";
    for (const nt_field *field = kind->fields; field->name; field++)
        if (field_flaw(kind, field))
            return field_flaw(kind, field);
    nt_arena arena;
    nt_arena_init(&arena);
    const void *record = nt_kind_record(kind, "", &arena, why);
    nt_arena_finish(&arena);
    return record ? NULL : "has a default that does not fit";
}

const char *family_flaw(const nt_kind *const *table) {
    static char text[300];
    if (!*table)
        return "it is empty";
    for (const nt_kind *const *at = table; *at; at++) {
        const char *flaw = kind_flaw(*at);
        for (const nt_kind *const *other = table; !flaw && other < at; other++)
            if (strcmp((*other)->name, (*at)->name) == 0)
                flaw = "has a name that another has";
        if (flaw) {
            snprintf(text, sizeof text, "%s %s", (*at)->name, flaw);
            return text;
        }
    }
    return NULL;
}
