/* Hooks that ask: questions, answers, and what goes wrong with either. */
#include "alloc.h"
#include "support_hook_drive.h"

static nt_network *network;

static int set_up(void **state) {
    (void)state;
    network = load("resnet8.yaml");
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    nt_network_free(network);
    return 0;
}

/* Question and answer, then the cases or the diagnostics, of a hook with this body. The script's
 * path is taken out. */
static void assert_dialogue(const char *body, model answer_to, nt_status status,
                            const char *expected) {
    char script[2000], path[PATH_SIZE];
    nt_text text, tail;
    nt_text_init(&text);
    nt_text_init(&tail);
    assert_true((size_t)snprintf(script, sizeof script, HOOK("%s"), body) < sizeof script);
    write_file(script, path);
    assert_int_equal(drive_path(path, network, NULL, 0, answer_to, &text, &tail), status);
    unlink(path);
    size_t skip = strncmp(tail.bytes, path, strlen(path)) == 0 ? strlen(path) : 0;
    nt_text_add(&text, tail.bytes + skip);
    assert_string_equal(text.bytes, expected);
    nt_text_finish(&tail);
    nt_text_finish(&text);
}

static void one_question(void **state) {
    (void)state;
    assert_dialogue("local r = net:evaluate{zero = 'conv1'}\n"
                    "assert(r.accuracy == 0.892 and r.change == -0.008 and r.loss == 1)\n"
                    "assert(r.correct == 892 and r.total == 1000)\n"
                    "assert(math.type(r.correct) == 'integer' and math.type(r.loss) == 'float')\n"
                    "return {{name = 'a', zero = 'fc'}}, 'change ' .. r.change",
                    by_index, NT_OK, "? conv1\na: fc\n(change -0.008)\n");
}

static void the_baseline(void **state) {
    (void)state;
    assert_dialogue("local r = net:evaluate{}\n"
                    "local s = net:evaluate{zero = {}}\n"
                    "assert(r.change == 0 and s.correct == 900) return {}",
                    by_index, NT_OK, "?\n?\n");
}

static void several_questions(void **state) {
    (void)state;
    assert_dialogue("local list = net:evaluate_all{{noise = 'fc', deviation = 0.5, seed = 3}, {},\n"
                    "  {zero = 'conv1', drop = 'layer1.0'}, {mean = 'conv1'}}\n"
                    "assert(#list == 4 and list[2].correct == 900 and list[4].correct == 892)\n"
                    "assert(list[1].correct < list[3].correct and list[3].loss == 2)\n"
                    "assert(#net:evaluate_all{} == 0)\n" /* asks nothing, and goes on */
                    "return {{name = 'x', zero = 'conv1'}}",
                    by_index, NT_OK,
                    "? noise(0.5,3)=fc,, conv1 drop=layer1.0.add, mean=conv1\nx: conv1\n");
}

static void answers_are_read_only(void **state) {
    (void)state;
    assert_dialogue("local r = net:evaluate{} r.accuracy = 1", by_index, NT_INVALID,
                    "?\n:2:1: error: answers can't be changed by a script\n"
                    "     2 | local r = net:evaluate{} r.accuracy = 1\n       | ^\n");
    assert_dialogue("return net:evaluate{}.acuracy", by_index, NT_INVALID,
                    "?\n:2:1: error: an answer has no field 'acuracy'; did you mean 'accuracy'?\n"
                    "     2 | return net:evaluate{}.acuracy\n       | ^\n");
}

/* --- what can't be answered ------------------------------------------------------------------- */

static nt_answer never_the_stem(const nt_network *of, const nt_case *question) {
    nt_answer answer = by_index(of, question);
    if (question->count > 0 && question->layers[0] == 0)
        answer.failure = "'conv1' is needed";
    return answer;
}

static void failures(void **state) {
    (void)state;
    assert_dialogue("net:evaluate{zero = 'fc'}\nnet:evaluate{zero = 'conv1'}", never_the_stem,
                    NT_INVALID,
                    "? fc\n? conv1\n:3:1: error: 'conv1' is needed\n"
                    "     3 | net:evaluate{zero = 'conv1'}\n       | ^\n");
    assert_dialogue("net:evaluate_all{\n{zero = 'fc'}, {zero = 'conv1'}}", never_the_stem,
                    NT_INVALID,
                    "? fc, conv1\n:2:1: error: question 2: 'conv1' is needed\n"
                    "     2 | net:evaluate_all{\n       | ^\n");
    assert_dialogue("local ok, why = pcall(net.evaluate, net, {zero = 'conv1'})\n"
                    "assert(not ok and why == \"'conv1' is needed\", why)\n"
                    "return {{name = 'a', zero = 'fc'}}, 'without it ' .. net:evaluate{}.correct",
                    never_the_stem, NT_OK, "? conv1\n?\na: fc\n(without it 900)\n");
}

static void questions_inside_pcall(void **state) {
    (void)state;
    assert_dialogue("local ok, r = pcall(function()\n"
                    "  local ok, r = pcall(net.evaluate, net, {zero = 'conv1'})\n"
                    "  assert(ok and r.correct == 892)\n"
                    "  return net:evaluate{zero = {'conv1', 'layer1.0.conv1'}}\n"
                    "end)\n"
                    "return {}, tostring(ok) .. r.loss",
                    by_index, NT_OK, "? conv1\n? conv1 layer1.0.conv1\n(true2.0)\n");
}

/* A question that pcall saw fail was not asked, whatever had been read of it. */
static void mistakes_inside_pcall(void **state) {
    (void)state;
    assert_dialogue("local ok, why = pcall(net.evaluate_all, net, {{zero = 'conv1'}, {zero = 5}})\n"
                    "assert(not ok)\n"
                    "pcall(table.sort, {1, 2}, function() net:evaluate{zero = 'fc'} end)\n"
                    "return {}, why",
                    by_index, NT_OK, "(question 2: 'zero' holds number where a node is wanted)\n");
}

static void mistakes_are_explained(void **state) {
    (void)state;
    static const struct {
        const char *body, *message;
    } cases[] = {
        {"net:evaluate{zeros = 'conv1'}",
         "the question has an unknown key 'zeros'; did you mean 'zero'?"},
        {"net:evaluate{name = 'a', zero = 'conv1'}",
         "the question has a 'name'; only the cases that a script returns do"},
        {"net:evaluate{zero = 'conv11'}",
         "the question: the network has no node 'conv11'; did you mean 'conv1'?"},
        {"net:evaluate{noise = 'conv1'}",
         "the question has 'noise' without a 'deviation'; give it relative to that of the kernel's "
         "elements, such as 0.1"},
        {"net:evaluate()", "the question is nil, not a table such as {zero = {…}}"},
        {"net:evaluate('conv1')", "the question is string, not a table such as {zero = {…}}"},
        {"net.evaluate{}", "'evaluate' is called with a colon: net:evaluate"},
        {"net.evaluate_all{}", "'evaluate_all' is called with a colon: net:evaluate_all"},
        {"net:evaluate_all{zero = 'conv1'}",
         "net:evaluate_all was given a table with other keys than 1 to 0; give it a list of "
         "questions {{zero = {…}}, …}"},
        {"net:evaluate_all{'conv1'}", "question 1 is string, not a table such as {zero = {…}}"},
        {"net:evaluate_all(3)", "net:evaluate_all was given number; give it a list of questions "
                                "{{zero = {…}}, …}"},
        {"net:evaluate_all{{}, {mean = 'relu'}}",
         "question 2: 'relu' (relu) has no kernel, which 'mean' needs"},
        {"net:evalute{}", "a network has no field 'evalute'; did you mean 'evaluate'?"},
        {"table.sort({1, 2}, function() net:evaluate{} end)",
         "net:evaluate can't be called from inside table.sort"},
        {"string.gsub('x', 'x', function() net:evaluate_all{{}} end)",
         "net:evaluate_all can't be called from inside string.gsub"},
        {"local t = {} for i = 1, 100001 do t[i] = {} end net:evaluate_all(t)",
         "the script asks more than 100000 questions"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char expected[500];
        snprintf(expected, sizeof expected, ":2:1: error: %s\n     2 | %s\n       | ^\n",
                 cases[i].message, cases[i].body);
        assert_dialogue(cases[i].body, by_index, NT_INVALID, expected);
    }
}

/* --- limits ----------------------------------------------------------------------------------- */

/* Counts what is asked; the transcript would be long. */
static int answered;

static nt_answer counted(const nt_network *of, const nt_case *question) {
    answered++;
    return by_index(of, question);
}

static void too_many_questions(void **state) {
    (void)state;
    char path[PATH_SIZE];
    nt_text tail;
    nt_text_init(&tail);
    write_file(HOOK("local t = {} for i = 1, 30000 do t[i] = {} end\n"
                    "for i = 1, 4 do net:evaluate{}\n net:evaluate_all(t) end"),
               path);
    answered = 0;
    assert_int_equal(drive_path(path, network, NULL, 0, counted, NULL, &tail), NT_INVALID);
    assert_int_equal(answered, 90004);
    assert_non_null(strstr(tail.bytes, ":4:1: error: the script asks more than 100000 questions"));
    unlink(path);
    nt_text_finish(&tail);
}

/* What is named is counted for each list alone, of questions or of cases. */
static void many_nodes(void **state) {
    (void)state;
    char path[PATH_SIZE];
    nt_text tail;
    nt_network *large = load("resnet34.yaml");
    nt_text_init(&tail);
    write_file(HOOK("local all, sums, t = net:nodes('conv2d'), net:nodes('add'), {}\n"
                    "for i = 1, 40000 do t[i] = {zero = all, drop = sums} end\n"
                    "net:evaluate_all(t) net:evaluate_all(t)\n"
                    "for i, case in ipairs(t) do case.name = 'c' .. i end return t"),
               path);
    nt_status status = drive_path(path, large, NULL, 0, counted, NULL, &tail);
    if (status != NT_OK)
        fail_msg("%s", tail.bytes);
    unlink(path);
    nt_text_finish(&tail);
    nt_network_free(large);
}

/* One budget for the whole life: more than half of the usual instructions (string.rep counts its
 * repeats) before each question is too many at the second one. */
static void budgets(void **state) {
    (void)state;
    assert_dialogue("for i = 1, 3 do pcall(string.rep, '', 60000000) net:evaluate{} end", by_index,
                    NT_INVALID,
                    "?\n:2:1: error: ran for more than 100000000 instructions\n"
                    "     2 | for i = 1, 3 do pcall(string.rep, '', 60000000) net:evaluate{} end\n"
                    "       | ^\n");
}

static void memory(void **state) {
    (void)state;
    assert_dialogue("local t = {}\n"
                    "for i = 1, 9 do t[i] = ('x'):rep(60000000) net:evaluate{} end",
                    by_index, NT_INVALID,
                    "?\n?\n?\n:3:1: error: needs more than 256 MiB of memory\n"
                    "     3 | for i = 1, 9 do t[i] = ('x'):rep(60000000) net:evaluate{} end\n"
                    "       | ^\n");
}

/* --- life ------------------------------------------------------------------------------------- */

/* Wanders about by chance and by what it is told. */
static const char *const wanderer =
    HOOK("local convs, trail = net:nodes('conv2d'), {}\n"
         "math.randomseed(options.seed or 0)\n"
         "for i = 1, 12 do\n"
         "  local pick = {}\n"
         "  for k, conv in ipairs(convs) do if math.random() < 0.3 then pick[conv] = k end end\n"
         "  local list = {}\n"
         "  for conv in pairs(pick) do list[#list + 1] = conv end\n"
         "  local r = net:evaluate{zero = list}\n"
         "  if r.correct % 2 == 0 then table.remove(convs, 1 + r.correct % #convs) end\n"
         "  if #list > 0 then trail[#trail + 1] = {name = 'step ' .. i, zero = list} end\n"
         "end\n"
         "return trail");

static void the_same_each_time(void **state) {
    (void)state;
    char path[PATH_SIZE];
    nt_scalar scalar;
    nt_hook_option option = text_option("seed", &scalar, "5");
    nt_text text[4];
    write_file(wanderer, path);
    for (int i = 0; i < 4; i++) {
        nt_text_init(&text[i]);
        assert_int_equal(
            drive_path(path, network, &option, i < 3 ? 1 : 0, by_index, &text[i], &text[i]), NT_OK);
    }
    assert_non_null(strstr(text[0].bytes, "step 12: "));
    assert_string_equal(text[0].bytes, text[1].bytes);
    assert_string_equal(text[0].bytes, text[2].bytes);
    assert_string_not_equal(text[0].bytes, text[3].bytes);
    for (int i = 0; i < 4; i++)
        nt_text_finish(&text[i]);
    unlink(path);
}

/* nt_hook_run can't answer: it says so, whatever the script would have returned. */
static void run_ends_at_the_first_question(void **state) {
    (void)state;
    char path[PATH_SIZE];
    nt_error error;
    nt_cases cases;
    nt_scalar scalar;
    nt_hook_option option = text_option("seed", &scalar, "5");
    nt_error_init(&error);
    write_file(wanderer, path);
    assert_int_equal(nt_hook_run(path, network, &option, 1, NULL, NULL, NULL, &cases, &error),
                     NT_OK);
    assert_true(cases.asks);
    assert_int_equal(cases.count, 0);
    assert_string_equal(cases.remark, "");
    assert_int_equal(strlen(cases.digest), NT_DIGEST_HEX - 1);
    nt_cases_finish(&cases);
    unlink(path);
    write_file(HOOK("return {}, #net:evaluate_all{} .. ''"), path);
    assert_int_equal(nt_hook_run(path, network, NULL, 0, NULL, NULL, NULL, &cases, &error), NT_OK);
    assert_false(cases.asks);
    assert_string_equal(cases.remark, "0");
    nt_cases_finish(&cases);
    unlink(path);
    nt_error_finish(&error);
}

static void results(void **state) {
    (void)state;
    char path[PATH_SIZE];
    nt_error error;
    nt_cases questions, cases;
    nt_hook *hook;
    nt_error_init(&error);
    write_file(HOOK("net:evaluate{zero = 'fc'} return {{name = 'a', zero = 'fc'}}"), path);
    assert_int_equal(nt_hook_new(path, network, NULL, 0, NULL, NULL, NULL, &hook, &error), NT_OK);
    unlink(path); /* it has been read */
    assert_int_equal(nt_hook_next(hook, NULL, &questions, &error), NT_OK);
    assert_int_equal(questions.count, 1);
    assert_int_equal(strlen(questions.digest), NT_DIGEST_HEX - 1);
    nt_answer answer = by_index(network, &questions.items[0]);
    assert_int_equal(nt_hook_next(hook, &answer, &questions, &error), NT_OK);
    assert_int_equal(questions.count, 0);
    assert_int_equal(nt_hook_result(hook, &cases, &error), NT_OK);
    nt_hook_free(hook);
    assert_true(cases.asks); /* and they outlive the hook */
    assert_int_equal(cases.count, 1);
    assert_string_equal(cases.items[0].name, "a");
    assert_int_equal(strlen(cases.digest), NT_DIGEST_HEX - 1);
    nt_cases_finish(&cases);
    nt_error_finish(&error);
}

/* Options are looked for all through the script, so a misspelt one is only known at its end. */
static void options_after_questions(void **state) {
    (void)state;
    char path[PATH_SIZE];
    nt_text text;
    nt_scalar scalar;
    nt_hook_option option = text_option("sead", &scalar, "5");
    nt_text_init(&text);
    write_file(HOOK("net:evaluate{} local s = options.seed return {{name = 'a', zero = 'fc'}}"),
               path);
    assert_int_equal(drive_path(path, network, &option, 1, by_index, NULL, &text), NT_INVALID);
    assert_non_null(strstr(text.bytes, "has no option 'sead'; did you mean 'seed'?"));
    unlink(path);
    nt_text_finish(&text);
}

static void note(void *context, const char *line) {
    nt_text_add(context, line);
}

/* A wrong result is the script's as a whole, and whoever asked for it is named; what is printed
 * between questions is passed on. */
static void mistakes_in_results(void **state) {
    (void)state;
    char path[PATH_SIZE], expected[4 * PATH_SIZE];
    nt_error error;
    nt_cases questions, cases;
    nt_hook *hook;
    nt_text text;
    nt_error_init(&error);
    nt_text_init(&text);
    const nt_progress progress = {.note = note, .context = &text};
    const nt_source suite = {.path = "suite.yaml", .text = "", .length = 0};
    const nt_trail trail = {.what = "in the group 'g'",
                            .location = {.source = &suite, .line = 3, .column = 1}};
    write_file(HOOK("print(net:evaluate{}.correct) return {5}"), path);
    assert_int_equal(nt_hook_new(path, network, NULL, 0, NULL, &trail, &progress, &hook, &error),
                     NT_OK);
    assert_int_equal(nt_hook_next(hook, NULL, &questions, &error), NT_OK);
    nt_answer answer = by_index(network, &questions.items[0]);
    assert_int_equal(nt_hook_next(hook, &answer, &questions, &error), NT_OK);
    assert_int_equal(nt_hook_result(hook, &cases, &error), NT_INVALID);
    nt_hook_free(hook);
    nt_error_format(&error, false, &text);
    snprintf(expected, sizeof expected,
             "%s: 900%s: error: case 1 is number, not a table {name = …, zero = {…}}\n", path,
             path);
    assert_memory_equal(text.bytes, expected, strlen(expected));
    assert_non_null(strstr(text.bytes, "in the group 'g'"));
    unlink(path);
    nt_text_finish(&text);
    nt_error_finish(&error);
}

static void freed_in_the_middle(void **state) {
    (void)state;
    char path[PATH_SIZE];
    nt_error error;
    nt_cases questions;
    nt_hook *hook;
    size_t before = nt_alloc_in_use();
    nt_error_init(&error);
    write_file(HOOK("local t = {} pcall(function()\n"
                    "for i = 1, 9 do t[i] = net:evaluate_all{{zero = 'fc'}, {}} end end)"),
               path);
    for (int steps = 0; steps < 4; steps++) {
        nt_answer answers[2] = {{.total = 1}, {.total = 1}};
        assert_int_equal(nt_hook_new(path, network, NULL, 0, NULL, NULL, NULL, &hook, &error),
                         NT_OK);
        for (int i = 0; i < steps; i++)
            assert_int_equal(nt_hook_next(hook, answers, &questions, &error), NT_OK);
        nt_hook_free(hook);
        assert_int_equal(nt_alloc_in_use(), before);
    }
    nt_hook_free(NULL);
    unlink(path);
    nt_error_finish(&error);
}

/* --- the machine's memory --------------------------------------------------------------------- */

static int allocations_left; /* that still succeed */
static bool once;            /* only the one after them fails, not all that follow */

static void *fail_later(void *user, void *block, size_t old_size, size_t new_size) {
    (void)user;
    if (new_size == 0)
        return free(block), NULL;
    if (allocations_left-- == 0 || (allocations_left < 0 && !once))
        return NULL;
    void *fresh = aligned_alloc(NT_ALIGN, (new_size + NT_ALIGN - 1) / NT_ALIGN * NT_ALIGN);
    if (fresh && block) {
        memcpy(fresh, block, old_size < new_size ? old_size : new_size);
        free(block);
    }
    return fresh;
}

static nt_status ask_with_failure(const char *path, int allocations, bool only_one) {
    size_t before = nt_alloc_in_use();
    nt_hook *hook = NULL;
    nt_error error;
    nt_text text;
    nt_error_init(&error);
    nt_text_init(&text);
    allocations_left = allocations;
    once = only_one;
    nt_status status = nt_hook_new(path, network, NULL, 0, NULL, NULL, NULL, &hook, &error);
    if (status == NT_OK)
        status = answer_all(hook, network, by_index, NULL, &text, &error);
    nt_hook_free(hook);
    nt_error_finish(&error);
    nt_text_finish(&text);
    assert_int_equal(nt_alloc_in_use(), before);
    allocations_left = INT32_MAX;
    return status;
}

/* Each allocation fails in turn, alone or with all that follow: a status, never a crash or a leak.
 * A single failure may also be overcome, by collecting garbage. */
static void out_of_memory(void **state) {
    (void)state;
    char path[PATH_SIZE];
    nt_status status = NT_NO_MEMORY;
    int failed = 0;
    write_file(HOOK("local nothing = options.nothing\n"
                    "local ok, list = pcall(net.evaluate_all, net,\n"
                    "  {{zero = net:nodes('conv2d')}, {noise = 'fc', deviation = 1}})\n"
                    "local r = net:evaluate{drop = 'layer1.0'}\n"
                    "return {{name = 'a', zero = net:nodes('conv2d')}}, list[1].correct .. 'x'"),
               path);
    nt_network_free(network);
    allocations_left = INT32_MAX;
    nt_alloc_set_hook(fail_later, NULL);
    network = load("resnet8.yaml");
    for (int n = 0; n < 5000 && status != NT_OK; n++) {
        status = ask_with_failure(path, n, false);
        assert_true(status == NT_OK || status == NT_NO_MEMORY);
        failed += status != NT_OK;
        nt_status alone = ask_with_failure(path, n, true);
        assert_true(alone == NT_OK || alone == NT_NO_MEMORY);
    }
    assert_int_equal(status, NT_OK);
    assert_true(failed > 100);
    nt_network_free(network);
    nt_alloc_set_hook(NULL, NULL);
    network = load("resnet8.yaml");
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_question),
        cmocka_unit_test(the_baseline),
        cmocka_unit_test(several_questions),
        cmocka_unit_test(answers_are_read_only),
        cmocka_unit_test(failures),
        cmocka_unit_test(questions_inside_pcall),
        cmocka_unit_test(mistakes_inside_pcall),
        cmocka_unit_test(mistakes_are_explained),
        cmocka_unit_test(too_many_questions),
        cmocka_unit_test(many_nodes),
        cmocka_unit_test(budgets),
        cmocka_unit_test(memory),
        cmocka_unit_test(the_same_each_time),
        cmocka_unit_test(run_ends_at_the_first_question),
        cmocka_unit_test(results),
        cmocka_unit_test(options_after_questions),
        cmocka_unit_test(mistakes_in_results),
        cmocka_unit_test(freed_in_the_middle),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
