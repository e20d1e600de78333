#include "shrink_cases.h"

#include <string.h>

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory for what is to be removed");
}

nt_status nt_shrink_append(nt_edits *edits, const nt_edit *edit, nt_arena *arena, nt_error *error) {
    nt_edit *items = NT_ARENA_ARRAY(arena, nt_edit, edits->count + 1);
    if (!items)
        return no_memory(error);
    for (int32_t i = 0; i < edits->count; i++) {
        if (edits->items[i].node == edit->node)
            return NT_OK;
        items[i] = edits->items[i];
    }
    items[edits->count] = *edit;
    *edits = (nt_edits){items, edits->count + 1};
    return NT_OK;
}

/* Whether a word means the layer: by its name, or by that of a block or group that it is in. */
static bool means(const char *pattern, const char *name, bool *ret_exactly) {
    *ret_exactly = nt_text_matches(name, pattern);
    size_t length = strlen(name);
    char outer[512];
    for (size_t i = 0; !*ret_exactly && i < length && i < sizeof outer; i++) {
        outer[i] = '\0';
        if (name[i] == '.' && nt_text_matches(outer, pattern))
            return true;
        outer[i] = name[i];
    }
    return *ret_exactly;
}

static nt_status say_no_layer(const nt_network *network, const char *word, nt_arena *arena,
                              nt_error *error) {
    const char **names = NT_ARENA_ARRAY(arena, const char *, network->layer_count + 1);
    nt_error_say(error, NT_USAGE, "the network '%s' has no layer '%s'", network->name, word);
    for (size_t i = 0; names && i < network->layer_count; i++)
        names[i] = network->layers[i].name;
    if (names)
        nt_error_suggest(error, word, names);
    return NT_USAGE;
}

/* Whether an edit can be made, by itself. */
static nt_status try(const nt_network *network, const nt_edit *edit, bool *ret, char why[NT_WHY]) {
    bool cut;
    nt_status status = nt_edit_cuts(network->graph, edit, 1, &cut, why);
    *ret = status == NT_OK;
    return status == NT_INVALID ? NT_OK : status;
}

/* Of the layers that a pattern or a block means those whose edits can be made. */
static nt_status add_layers(const nt_network *network, const char *word, nt_edit edit,
                            nt_arena *arena, nt_edits *edits, nt_error *error) {
    bool any = false, found = false, exactly, named = nt_network_layer(network, word) != NULL;
    char why[NT_WHY] = "";
    const char *unfit = NULL;
    for (size_t i = 0; i < network->layer_count; i++) {
        const nt_layer *layer = &network->layers[i];
        if (!means(word, layer->name, &exactly))
            continue;
        any = true;
        unfit = layer->name;
        edit.node = layer->value.node;
        if (!edit.kind->fits(network->graph, nt_graph_node(network->graph, edit.node)))
            continue;
        bool made = true;
        if (!named && try(network, &edit, &made, why) != NT_OK)
            return no_memory(error);
        found = found || made;
        if (made)
            NT_TRY(nt_shrink_append(edits, &edit, arena, error));
    }
    if (!any)
        return say_no_layer(network, word, arena, error);
    if (!found && why[0])
        return nt_error_say(error, NT_USAGE, "%s", why);
    return found ? NT_OK : nt_error_say(error, NT_USAGE, "'%s' %s", unfit, edit.kind->unfit);
}

/* KIND,OPTION=VALUE: what stands in front of a word. */
static nt_status read_kind(const char *text, nt_arena *arena, nt_edit *edit, nt_error *error) {
    char why[NT_FIELD_WHY];
    char *name = nt_arena_string(arena, text);
    if (!name)
        return no_memory(error);
    char *options = name + strcspn(name, ",");
    bool list = false; /* within [0,3], whose commas stay */
    for (char *at = options; *at; at++) {
        list = *at == '[' || (list && *at != ']');
        *at = *at == ',' && !list ? ' ' : *at;
    }
    if (*options)
        *options++ = '\0';
    edit->kind = nt_ablation_find(name);
    if (!edit->kind) {
        nt_error_say(error, NT_USAGE, "there is no kind of ablation '%s'", name);
        const char *near = nt_kind_nearest(nt_ablations, NULL, name);
        if (near)
            nt_error_hint(error, "did you mean '%s'?", near);
        return NT_USAGE;
    }
    edit->options = nt_kind_record(&edit->kind->kind, options, arena, why);
    return edit->options ? NT_OK : nt_error_say(error, NT_USAGE, "%s: %s", name, why);
}

nt_status nt_shrink_words(const nt_network *network, const char *words, nt_arena *arena,
                          nt_edits *edits, nt_error *error) {
    static const char blanks[] = " \t\n";
    for (words += strspn(words, blanks); *words; words += strspn(words, blanks)) {
        size_t length = strcspn(words, blanks);
        char *word = nt_arena_substring(arena, words, length);
        nt_edit edit = {.kind = nt_ablation_find("zero")};
        words += length;
        if (!word)
            return no_memory(error);
        char *colon = strrchr(word, ':');
        if (colon) {
            *colon = '\0';
            NT_TRY(read_kind(word, arena, &edit, error));
            word = colon + 1;
        }
        NT_TRY(add_layers(network, word, edit, arena, edits, error));
    }
    return NT_OK;
}
