/* What is said of a node, at its place with the reader's trail, and the check of a node's kind that
 * says it. Values and records (values.c, reader.c) are read by means of this; it reads none. */
#include "reader.h"

#include "budget.h"
#include <string.h>

nt_location nt_reader_location(const nt_reader *reader, const nt_yaml *node) {
    nt_location location = node->location;
    location.trail = reader->trail;
    return location;
}

nt_status nt_reader_say(const nt_reader *reader, const nt_yaml *node, const char *format, ...) {
    va_list arguments;
    nt_text message;
    nt_text_init(&message);
    va_start(arguments, format);
    nt_text_vprintf(&message, format, arguments);
    va_end(arguments);
    nt_status status = nt_error_at(reader->error, NT_INVALID, nt_reader_location(reader, node),
                                   "%s", message.bytes);
    nt_text_finish(&message);
    return status;
}

nt_status nt_reader_no_memory(const nt_reader *reader) {
    return nt_budget_say(reader->arena->budget, reader->trail, reader->error);
}

nt_status nt_reader_charge(const nt_reader *reader, const nt_yaml *node, int64_t steps) {
    nt_budget *budget = reader->arena->budget;
    if (!budget)
        return NT_OK;
    budget->at = node->location;
    return nt_budget_take_steps(budget, steps) ? NT_OK : nt_reader_no_memory(reader);
}

nt_status nt_reader_charge_text(const nt_reader *reader, const nt_yaml *scalar) {
    enum { BYTES_A_STEP = 128 };
    return nt_reader_charge(reader, scalar, 1 + (int64_t)(strlen(scalar->text) / BYTES_A_STEP));
}

static const char *kind_name(const nt_yaml *node) {
    if (nt_yaml_absent(node))
        return "nothing";
    return node->kind == NT_YAML_SCALAR ? "a single value"
           : node->kind == NT_YAML_MAP  ? "a map"
                                        : "a list";
}

static nt_status expect(const nt_reader *reader, const nt_yaml *node, const char *what,
                        nt_yaml_kind kind, const char *wanted) {
    if (node->kind == kind && !nt_yaml_absent(node))
        return NT_OK;
    return nt_reader_say(reader, node, "%s must be %s, not %s", what, wanted, kind_name(node));
}

nt_status nt_read_map(const nt_reader *reader, const nt_yaml *node, const char *what) {
    return expect(reader, node, what, NT_YAML_MAP, "a map");
}

nt_status nt_read_list(const nt_reader *reader, const nt_yaml *node, const char *what) {
    return expect(reader, node, what, NT_YAML_LIST, "a list");
}

nt_status nt_read_single(const nt_reader *reader, const nt_yaml *node, const char *what) {
    return expect(reader, node, what, NT_YAML_SCALAR, "a single value");
}
