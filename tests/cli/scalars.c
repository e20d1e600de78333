/* What every scalar of YAML files is to this program, for yaml_numbers.py: a line each of its
 * place, its kind and its value. Where nothing is written is left out. */
#include "document.h"
#include "expression.h"
#include <stdio.h>

static void show(const nt_yaml *node) {
    nt_scalar scalar = nt_scalar_read(node->text);
    if (nt_yaml_absent(node))
        return;
    printf("%u %u ", node->location.line, node->location.column);
    if (node->quoted || scalar.kind == NT_SCALAR_TEXT)
        puts("text");
    else if (scalar.kind == NT_SCALAR_BOOL)
        printf("bool %d\n", scalar.truth);
    else
        printf("number %.17g\n",
               scalar.kind == NT_SCALAR_INT ? (double)scalar.integer : scalar.real);
}

static void walk(const nt_yaml *node) {
    if (node->kind == NT_YAML_SCALAR)
        show(node);
    for (int32_t i = 0; i < node->count; i++) {
        if (node->kind == NT_YAML_MAP)
            show(node->entries[i].key);
        walk(node->kind == NT_YAML_MAP ? node->entries[i].value : node->items[i]);
    }
}

int main(int argc, char **argv) {
    nt_error error;
    nt_error_init(&error);
    nt_status status = NT_OK;
    for (int i = 1; i < argc && status == NT_OK; i++) {
        nt_document *document;
        status = nt_document_load(argv[i], &document, &error);
        if (status != NT_OK)
            continue;
        printf("file %s\n", argv[i]);
        walk(document->root);
        nt_document_free(document);
    }
    if (status != NT_OK)
        fprintf(stderr, "%s: %s\n", error.items[0].where, error.items[0].message);
    nt_error_finish(&error);
    return status == NT_OK ? 0 : 1;
}
