/* Any text with expressions, as values in YAML have them: with whole numbers, reals, texts, lists,
 * records and unknown variables. The same text gives the same value in another sandbox
 * (looked at for half of the texts). */
#include "expression.h"
#include "mutate_lines.h"
#include "target.h"
#include <string.h>

static const char *const names[] = {"n", "x", "name", "flag", "list", "input", "unknown", NULL};

static bool find(void *context, const char *name, nt_scalar *ret) {
    static const nt_scalar items[] = {{.kind = NT_SCALAR_INT, .integer = 1},
                                      {.kind = NT_SCALAR_INT, .integer = 2}};
    static const nt_list list = {2, items};
    static const nt_member input[] = {
        {"channels", {.kind = NT_SCALAR_INT, .integer = 3}},
        {"rows", {.kind = NT_SCALAR_REAL, .real = 0.5}},
        {NULL, {.kind = NT_SCALAR_BOOL}},
    };
    static const nt_scalar values[] = {{.kind = NT_SCALAR_INT, .integer = 7},
                                       {.kind = NT_SCALAR_REAL, .real = 0.25},
                                       {.kind = NT_SCALAR_TEXT, .text = "word"},
                                       {.kind = NT_SCALAR_BOOL, .truth = true},
                                       {.kind = NT_SCALAR_LIST, .list = &list},
                                       {.kind = NT_SCALAR_RECORD, .members = input},
                                       {.kind = NT_SCALAR_UNKNOWN}};
    (void)context;
    for (int i = 0; names[i]; i++)
        if (strcmp(name, names[i]) == 0) {
            *ret = values[i];
            return true;
        }
    return false;
}

static const char *const *all_names(void *context) {
    (void)context;
    return names;
}

/* What it gives, in words. */
static void evaluate(const char *text, nt_expression_gives gives, nt_text *ret) {
    static const nt_sandbox_limits limits = {
        .instructions = 20000, .memory = 4 << 20, .seconds = 5};
    static const nt_variables variables = {find, all_names, NULL};
    const nt_location nowhere = {0};
    nt_sandbox *sandbox;
    nt_arena arena;
    nt_error error;
    nt_scalar value;
    nt_arena_init(&arena);
    nt_error_init(&error);
    nt_status status = nt_sandbox_new(&limits, &sandbox);
    assert(status == NT_OK);
    status =
        nt_expression_expand(sandbox, &arena, text, nowhere, &variables, gives, &value, &error);
    check_outcome(status, &error);
    nt_text_printf(ret, "%d ", (int)status);
    if (status == NT_OK) {
        const char *word = nt_scalar_text(value, &arena);
        nt_text_printf(ret, "%s %s", nt_scalar_describe(value), word ? word : "");
    }
    nt_error_format(&error, false, ret);
    nt_error_finish(&error);
    nt_arena_finish(&arena);
    nt_sandbox_free(sandbox);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    nt_arena arena;
    nt_text first, second;
    size_t before = nt_alloc_in_use();
    nt_arena_init(&arena);
    nt_text_init(&first);
    nt_text_init(&second);
    const char *text = nt_arena_substring(&arena, (const char *)data, size);
    for (int gives = NT_GIVES_SINGLE; gives <= NT_GIVES_ANY; gives++) {
        evaluate(text, (nt_expression_gives)gives, &first);
        if (size % 4 != (size_t)gives)
            continue;
        nt_text_clear(&first);
        evaluate(text, (nt_expression_gives)gives, &first);
        evaluate(text, (nt_expression_gives)gives, &second);
        assert(strcmp(first.bytes, second.bytes) == 0);
    }
    nt_text_finish(&first);
    nt_text_finish(&second);
    nt_arena_finish(&arena);
    assert(nt_alloc_in_use() == before);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
    static const char *const words[] = {"n",
                                        "x",
                                        "name",
                                        "flag",
                                        "list",
                                        "input.channels",
                                        "math.floor",
                                        "math.maxinteger",
                                        "string.rep",
                                        "string.format",
                                        "table.concat",
                                        "table.unpack",
                                        "select",
                                        "tostring",
                                        "not",
                                        "and",
                                        "or",
                                        "nil",
                                        "true",
                                        "function",
                                        "end",
                                        "return",
                                        "..",
                                        "//",
                                        "~",
                                        "<<",
                                        "#",
                                        "{}",
                                        "ipairs",
                                        "pcall",
                                        "error",
                                        "utf8.char",
                                        "math.mininteger",
                                        "unknown",
                                        "_ENV",
                                        "goto",
                                        NULL};
    static const char *const lines[] = {"${n}",
                                        "$name",
                                        "$$",
                                        "${(function() return 1 end)()}",
                                        "${table.concat(list)}",
                                        "${('%5.2f'):format(x)}",
                                        "${#list}",
                                        "${list[1]}",
                                        "${{1, 2}}",
                                        "${{a = 1}}",
                                        NULL};
    return mutate_lines(data, size, most, seed, words, lines);
}
