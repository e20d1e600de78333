/* Every attempt of support_escapes.h, as a hook and as an expression. What a message must be is
 * compared with the text behind "error: "; the process must go on as before. */
#include "support_escapes.h"
#include "support_hook_drive.h"

#include "expression.h"

enum { COUNT = sizeof escapes / sizeof *escapes };

static nt_network *network;
static nt_sandbox *expressions;

static const nt_hook_limits limits = {.instructions = ESCAPE_INSTRUCTIONS,
                                      .seconds = ESCAPE_SECONDS,
                                      .memory = ESCAPE_MEBIBYTES / 1024.0,
                                      .questions = ESCAPE_QUESTIONS};

static int set_up(void **state) {
    (void)state;
    const nt_sandbox_limits each = {.instructions = ESCAPE_INSTRUCTIONS,
                                    .seconds = ESCAPE_SECONDS,
                                    .memory = (size_t)ESCAPE_MEBIBYTES << 20};
    network = load("resnet8.yaml");
    return nt_sandbox_new(&each, &expressions);
}

static int tear_down(void **state) {
    (void)state;
    nt_sandbox_free(expressions);
    nt_network_free(network);
    return 0;
}

/* What came of it: "= " and what it gave, or the first message. */
static void describe(const nt_error *error, nt_status status, const char *gave, nt_text *ret) {
    if (status == NT_OK)
        nt_text_printf(ret, "= %s", gave);
    else
        nt_text_add(ret, error->count > 0 ? error->items[0].message : nt_status_text(status));
}

/* Whether it is what is expected: of a message that holds a part of a long text, that part. */
static bool is_expected(const char *expected, const char *is) {
    size_t length = strlen(expected);
    if (strcmp(expected, is) == 0)
        return true;
    return length > 0 && expected[length - 1] == ' ' && expected[0] != '=' && strlen(is) < 3000 &&
           strstr(is, expected);
}

static bool fits(const escape *e, const char *as, const char *expected, const char *is) {
    if (is_expected(expected, is))
        return true;
    print_error("%s (%s): expected '%s', got '%.300s'\n", e->what, as, expected, is);
    return false;
}

/* --- hooks ------------------------------------------------------------------------------------ */

static void run_hook(const char *body, nt_text *ret) {
    char path[PATH_SIZE];
    nt_text script;
    nt_error error;
    nt_hook *hook = NULL;
    nt_cases questions, cases = {0};
    nt_answer answers[ESCAPE_QUESTIONS];
    nt_text_init(&script);
    nt_error_init(&error);
    nt_text_printf(&script,
                   "return function(net, options)\nlocal function attempt() %s\nend\n"
                   "local gave = attempt()\n"
                   "return {{name = 'gives', zero = 'conv1'}}, tostring(gave)\nend",
                   body);
    write_file(script.bytes, path);
    nt_status status = nt_hook_new(path, network, NULL, 0, &limits, NULL, NULL, &hook, &error);
    for (bool first = true; status == NT_OK; first = false) {
        status = nt_hook_next(hook, first ? NULL : answers, &questions, &error);
        if (status != NT_OK || questions.count == 0)
            break;
        for (int32_t i = 0; i < questions.count; i++)
            answers[i] = by_index(network, &questions.items[i]);
    }
    if (status == NT_OK)
        status = nt_hook_result(hook, &cases, &error);
    describe(&error, status, cases.remark, ret);
    nt_cases_finish(&cases);
    nt_hook_free(hook);
    nt_error_finish(&error);
    nt_text_finish(&script);
    unlink(path);
}

static void hooks(void **state) {
    (void)state;
    int wrong = 0;
    for (int i = 0; i < COUNT; i++) {
        nt_text is;
        nt_text_init(&is);
        run_hook(escapes[i].body, &is);
        wrong += !fits(&escapes[i], "hook", escapes[i].expected, is.bytes);
        nt_text_clear(&is);
        run_hook("return 'well'", &is);
        wrong += !fits(&escapes[i], "afterwards", "= well", is.bytes);
        nt_text_finish(&is);
    }
    assert_int_equal(wrong, 0);
}

/* --- expressions ------------------------------------------------------------------------------ */

static bool find(void *context, const char *name, nt_scalar *ret) {
    (void)context, (void)name, (void)ret;
    return false;
}

static const char *const *names(void *context) {
    static const char *const none[] = {NULL};
    (void)context;
    return none;
}

static void evaluate(const char *body, nt_text *ret) {
    const nt_variables variables = {.find = find, .names = names};
    nt_text text;
    nt_error error;
    nt_arena arena;
    nt_scalar scalar = {.kind = NT_SCALAR_NIL};
    nt_text_init(&text);
    nt_error_init(&error);
    nt_arena_init(&arena);
    nt_text_printf(&text, "${tostring((function() %s\nend)())}", body);
    nt_status status = nt_expression_expand(expressions, &arena, text.bytes, (nt_location){0},
                                            &variables, NT_GIVES_ANY, &scalar, &error);
    describe(&error, status, status == NT_OK ? nt_scalar_text(scalar, &arena) : NULL, ret);
    nt_arena_finish(&arena);
    nt_error_finish(&error);
    nt_text_finish(&text);
}

static void expressions_too(void **state) {
    (void)state;
    int wrong = 0, tried = 0;
    for (int i = 0; i < COUNT; i++) {
        const escape *e = &escapes[i];
        nt_text is;
        if (e->where != EVERYWHERE)
            continue;
        tried++;
        nt_text_init(&is);
        evaluate(e->body, &is);
        wrong +=
            !fits(e, "expression", e->in_expression ? e->in_expression : e->expected, is.bytes);
        nt_text_clear(&is);
        evaluate("return ('well'):rep(1)", &is);
        wrong += !fits(e, "afterwards", "= well", is.bytes);
        nt_text_finish(&is);
    }
    assert_true(COUNT >= 60 && tried >= 60);
    print_message("%d attempts as hooks, %d as expressions\n", (int)COUNT, tried);
    assert_int_equal(wrong, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hooks),
        cmocka_unit_test(expressions_too),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
