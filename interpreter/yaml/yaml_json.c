#include "yaml_json.h"

#include "expression.h"
#include "json_out.h"

static json_t *scalar_json(const nt_yaml *node) {
    nt_scalar scalar = nt_scalar_read(node->text);
    if (nt_yaml_absent(node))
        return json_null();
    if (node->quoted || scalar.kind == NT_SCALAR_TEXT)
        return json_string(node->text);
    if (scalar.kind == NT_SCALAR_BOOL)
        return json_boolean(scalar.truth);
    if (scalar.kind == NT_SCALAR_INT)
        return json_integer(scalar.integer);
    return scalar.kind == NT_SCALAR_REAL ? nt_json_real(scalar.real) : json_null();
}

json_t *nt_yaml_json(const nt_yaml *node) {
    if (!node)
        return json_null();
    if (node->kind == NT_YAML_SCALAR)
        return scalar_json(node);
    json_t *whole = node->kind == NT_YAML_LIST ? json_array() : json_object();
    for (int32_t i = 0; whole && i < node->count; i++) {
        if (node->kind == NT_YAML_LIST) {
            whole = nt_json_append(whole, nt_yaml_json(node->items[i]));
        } else if (json_object_set_new(whole, node->entries[i].key->text,
                                       nt_yaml_json(node->entries[i].value)) != 0) {
            json_decref(whole);
            whole = NULL;
        }
    }
    return whole;
}
