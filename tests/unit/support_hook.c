#include "support_hook.h"

nt_network *load_path(const char *path) {
    nt_error error;
    nt_network *network = NULL;
    nt_error_init(&error);
    if (nt_network_load(path, NULL, 0, &network, &error) != NT_OK)
        fail_msg("%s: %s", error.items[0].where, error.items[0].message);
    nt_error_finish(&error);
    return network;
}

nt_network *load(const char *graph) {
    char path[512];
    snprintf(path, sizeof path, GRAPHS "/%s", graph);
    return load_path(path);
}

void write_file(const char *text, char ret_path[PATH_SIZE]) {
    snprintf(ret_path, PATH_SIZE, "/tmp/nontrivial-hook-XXXXXX");
    int fd = mkstemp(ret_path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

nt_hook_option text_option(const char *name, nt_scalar *scalar, const char *text) {
    *scalar = nt_scalar_read(text);
    return (nt_hook_option){.name = name, .items = scalar, .count = 1};
}

void add_edits(nt_text *text, const nt_network *network, const nt_case *item) {
    for (int32_t i = 0; i < item->count; i++) {
        const nt_layer *layer = &network->layers[item->layers[i]];
        const nt_edit *edit = &item->edits[i];
        assert_int_equal(edit->node, layer->value.node);
        assert_true(i == 0 || item->layers[i] > item->layers[i - 1]);
        const nt_kind *kind = &edit->kind->kind;
        nt_text_printf(text, " %s", strcmp(kind->name, "zero") == 0 ? "" : kind->name);
        int said = 0;
        for (const nt_field *field = kind->fields; field->name; field++) {
            if (nt_field_is_usual(field, edit->options))
                continue;
            nt_text_add(text, said++ ? "," : "(");
            nt_field_format(field, edit->options, text);
        }
        nt_text_add(text, said ? ")" : "");
        nt_text_printf(text, "%s%s", strcmp(kind->name, "zero") == 0 ? "" : "=", layer->name);
    }
}

void add_cases(nt_text *text, const nt_network *network, const nt_cases *cases) {
    for (int32_t c = 0; c < cases->count; c++) {
        nt_text_printf(text, "%s:", cases->items[c].name);
        add_edits(text, network, &cases->items[c]);
        nt_text_add(text, "\n");
    }
    if (cases->remark[0])
        nt_text_printf(text, "(%s)\n", cases->remark);
}

nt_status run_path(const char *path, const nt_network *network, const nt_hook_option *options,
                   int count, nt_text *ret) {
    nt_error error;
    nt_cases cases;
    nt_error_init(&error);
    nt_status status = nt_hook_run(path, network, options, count, NULL, NULL, NULL, &cases, &error);
    if (status == NT_OK) {
        add_cases(ret, network, &cases);
        nt_cases_finish(&cases);
    }
    nt_error_format(&error, false, ret);
    nt_error_finish(&error);
    return status;
}

nt_status run_text(const char *script, const nt_network *network, nt_text *ret) {
    char path[PATH_SIZE];
    write_file(script, path);
    nt_status status = run_path(path, network, NULL, 0, ret);
    unlink(path);
    return status;
}

void assert_cases(const nt_network *network, const char *script, const char *expected) {
    nt_text text;
    nt_text_init(&text);
    run_text(script, network, &text);
    assert_string_equal(text.bytes, expected);
    nt_text_finish(&text);
}

void assert_invalid(const nt_network *network, const char *script, const char *expected) {
    nt_text text;
    nt_text_init(&text);
    assert_int_equal(run_text(script, network, &text), NT_INVALID);
    if (!strstr(text.bytes, expected))
        fail_msg("expected '%s' in '%s'", expected, text.bytes);
    nt_text_finish(&text);
}

void assert_shipped(const char *graph, const char *hook, const char *name, const char *value,
                    const char *expected) {
    char path[512];
    nt_text text;
    nt_scalar scalar;
    nt_network *network = load(graph);
    nt_hook_option option = text_option(name, &scalar, value ? value : "");
    nt_text_init(&text);
    snprintf(path, sizeof path, HOOKS "/%s", hook);
    if (run_path(path, network, &option, name ? 1 : 0, &text) != NT_OK)
        fail_msg("%s", text.bytes);
    assert_string_equal(text.bytes, expected);
    nt_text_finish(&text);
    nt_network_free(network);
}
