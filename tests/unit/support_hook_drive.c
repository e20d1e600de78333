#include "support_hook_drive.h"

nt_answer by_index(const nt_network *network, const nt_case *question) {
    int64_t correct = 900;
    (void)network;
    for (int32_t i = 0; i < question->count; i++)
        correct -= 8 + question->layers[i];
    return (nt_answer){.metric = "accuracy",
                       .value = (double)correct / 1000,
                       .loss = (double)question->count,
                       .correct = correct,
                       .total = 1000,
                       .change = (double)(correct - 900) / 1000};
}

static void add_questions(nt_text *ret, const nt_network *network, const nt_cases *asked) {
    nt_text_add(ret, "?");
    for (int32_t i = 0; i < asked->count; i++) {
        assert_string_equal(asked->items[i].name, "");
        nt_text_add(ret, i > 0 ? "," : "");
        add_edits(ret, network, &asked->items[i]);
    }
    nt_text_add(ret, "\n");
}

nt_status answer_all(nt_hook *hook, const nt_network *network, model answer_to, nt_text *transcript,
                     nt_text *ret, nt_error *error) {
    nt_cases questions, cases;
    nt_answer *answers = NULL;
    nt_status status = NT_OK;
    for (;;) {
        status = nt_hook_next(hook, answers, &questions, error);
        free(answers);
        if (status != NT_OK || questions.count == 0)
            break;
        if (transcript)
            add_questions(transcript, network, &questions);
        answers = malloc((size_t)questions.count * sizeof *answers);
        for (int32_t i = 0; i < questions.count; i++)
            answers[i] = answer_to(network, &questions.items[i]);
    }
    if (status == NT_OK)
        status = nt_hook_result(hook, &cases, error);
    if (status == NT_OK) {
        add_cases(ret, network, &cases);
        nt_cases_finish(&cases);
    }
    return status;
}

/* The usual ones, but for the time that sanitizers take. */
static const nt_hook_limits limits = {
    .instructions = 1e8, .seconds = 600, .memory = 0.25, .questions = 100000};

nt_status drive_path(const char *path, const nt_network *network, const nt_hook_option *options,
                     int count, model answer_to, nt_text *transcript, nt_text *ret) {
    nt_error error;
    nt_hook *hook = NULL;
    nt_error_init(&error);
    nt_status status =
        nt_hook_new(path, network, options, count, &limits, NULL, NULL, &hook, &error);
    if (status == NT_OK)
        status = answer_all(hook, network, answer_to, transcript, ret, &error);
    nt_hook_free(hook);
    nt_error_format(&error, false, ret);
    nt_error_finish(&error);
    return status;
}
