#include "support_yaml.h"

nt_network *load_with(const char *text, const nt_setting *settings, int count) {
    nt_network *network = NULL;
    nt_error error;
    nt_error_init(&error);
    nt_status status =
        nt_network_load_text("net.yaml", text, strlen(text), settings, count, &network, &error);
    if (status != NT_OK)
        assert_errors(&error, "");
    nt_error_finish(&error);
    return network;
}

nt_network *load(const char *text) {
    return load_with(text, NULL, 0);
}

void describe(const nt_network *network, nt_text *text) {
    nt_text resolved;
    nt_text_init(&resolved);
    assert_int_equal(nt_network_resolve(network, &resolved), NT_OK);
    const char *nodes = strstr(resolved.bytes, "nodes:\n");
    assert_non_null(nodes);
    nt_text_add(text, nodes);
    nt_text_finish(&resolved);
}

void assert_expands_with(const char *text, const nt_setting *settings, int count,
                         const char *expected) {
    nt_text found;
    nt_text_init(&found);
    nt_network *network = load_with(text, settings, count);
    describe(network, &found);
    assert_string_equal(found.bytes, expected);
    nt_text_finish(&found);
    nt_network_free(network);
}

void assert_expands(const char *text, const char *expected) {
    assert_expands_with(text, NULL, 0, expected);
}

void assert_refused_with(const char *text, const nt_setting *settings, int count,
                         const char *expected) {
    nt_network *network = NULL;
    nt_error error;
    nt_error_init(&error);
    nt_status status =
        nt_network_load_text("net.yaml", text, strlen(text), settings, count, &network, &error);
    assert_errors(&error, expected);
    assert_int_equal(status, NT_INVALID);
    assert_null(network);
    nt_error_finish(&error);
}

void assert_refused(const char *text, const char *expected) {
    assert_refused_with(text, NULL, 0, expected);
}
