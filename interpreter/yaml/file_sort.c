#include "file_sort.h"

#include <string.h>

/* Keys that only one of the two has; `version` and `graph` both have. */
static const char *const graph_words[] = {"input", "inputs",  "params", "blocks",
                                          "nodes", "outputs", NULL};
static const char *const suite_words[] = {"suite", "set",     "data",   "groups", "evaluate",
                                          "seeds", "margin",  "decide", "train",  "weights",
                                          "conv",  "initial", NULL};

static int count(const nt_yaml *root, const char *const *words) {
    int found = 0;
    for (; *words; words++)
        found += nt_yaml_get(root, *words) != NULL;
    return found;
}

nt_file_sort nt_file_sort_of(const nt_yaml *root) {
    int graph = count(root, graph_words), suite = count(root, suite_words);
    return graph > suite ? NT_FILE_GRAPH : suite > graph ? NT_FILE_SUITE : NT_FILE_UNCLEAR;
}

nt_status nt_file_want_graph(const nt_document *document, nt_error *error) {
    if (nt_file_sort_of(document->root) != NT_FILE_SUITE)
        return NT_OK;
    const nt_yaml *graph = nt_yaml_get(document->root, "graph");
    nt_error_in(error, NT_INVALID, document->source.path, -1,
                "is a suite, where a graph is wanted");
    if (graph && graph->kind == NT_YAML_SCALAR && graph->text[0])
        nt_error_hint(error, "the suite's graph is '%.80s'", graph->text);
    return NT_INVALID;
}

nt_status nt_file_want_suite(const nt_document *document, nt_error *error) {
    if (nt_file_sort_of(document->root) != NT_FILE_GRAPH)
        return NT_OK;
    nt_error_in(error, NT_INVALID, document->source.path, -1,
                "is a graph, where a suite is wanted");
    nt_error_hint(error, "a suite names its graph under 'graph'; 'nontrivial init' writes one");
    return NT_INVALID;
}
