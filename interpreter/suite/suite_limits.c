/* `hook_limits:` of a suite: what each hook may use. No result depends on them, only whether there
 * is one, so that they are in nobody's identity. */
#include "suite_file_private.h"

#include <string.h>

static const nt_field fields[] = {
    {"instructions", NT_REAL, offsetof(nt_hook_limits, instructions), "1e8", 1, 1e15,
     .doc = "of Lua's virtual machine, from the script's first line to its last case"},
    {"seconds", NT_REAL, offsetof(nt_hook_limits, seconds), "10", 0.001, 1e7,
     .doc = "of processor time; while a script waits for answers none is its own"},
    {"memory", NT_REAL, offsetof(nt_hook_limits, memory), "0.25", 0.001, 1024,
     .doc = "gigabytes at once, with what its cases take"},
    {"questions", NT_INT, offsetof(nt_hook_limits, questions), "100000", 0, 2147483647,
     .doc = "that it may ask by net:evaluate and net:evaluate_all"},
    {0},
};

json_t *nt_suite_limits_schema(void) {
    static const nt_suite_key none[] = {{.field = {0}}};
    return nt_suite_schema_of(fields, none);
}

bool nt_suite_default_limits(nt_suite *suite) {
    return nt_fields_default(fields, &suite->hook_limits, &suite->arena);
}

nt_status nt_suite_read_limits(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *map,
                               void *suite) {
    NT_TRY(nt_read_map(&l->reader, map, key->field.name));
    return nt_read_fields(&l->reader, map, map, key->field.name, "key", fields, NULL,
                          &((nt_suite *)suite)->hook_limits);
}

/* Where all is as usual nothing is said. */
void nt_suite_write_limits(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    const nt_hook_limits *limits = &((const nt_suite *)record)->hook_limits;
    const nt_hook_limits *usual = &nt_hook_usual;
    if (limits->instructions == usual->instructions && limits->seconds == usual->seconds &&
        limits->memory == usual->memory && limits->questions == usual->questions)
        return;
    nt_suite_begin_line(w, key->field.name);
    nt_text_add(w->text, "\n");
    w->indent += 2;
    nt_suite_write_fields(w, fields, limits);
    w->indent -= 2;
}

bool nt_suite_is_limit(const char *key) {
    static const char name[] = "hook_limits";
    size_t length = sizeof name - 1;
    return strncmp(key, name, length) == 0 && (key[length] == '\0' || key[length] == '.');
}
