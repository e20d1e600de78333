/* For the tests of hooks that ask: answers them from a made-up model, and writes down what was
 * asked. */
#ifndef NT_TEST_HOOK_DRIVE_H
#define NT_TEST_HOOK_DRIVE_H

#include "test_hook_support.h"

/* The answer to one question. */
typedef nt_answer (*model)(const nt_network *network, const nt_case *question);

/* Each edited layer costs 8 of 1000 samples, plus its index. */
static inline nt_answer by_index(const nt_network *network, const nt_case *question) {
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

static inline void add_questions(nt_text *ret, const nt_network *network, const nt_cases *asked) {
    nt_text_add(ret, "?");
    for (int32_t i = 0; i < asked->count; i++) {
        assert_string_equal(asked->items[i].name, "");
        nt_text_add(ret, i > 0 ? "," : "");
        add_edits(ret, network, &asked->items[i]);
    }
    nt_text_add(ret, "\n");
}

/* Answers `hook` until it ends: a line of questions for each time that it asks (NULL: not wanted),
 * then its cases. */
static inline nt_status answer_all(nt_hook *hook, const nt_network *network, model answer_to,
                                   nt_text *transcript, nt_text *ret, nt_error *error) {
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

/* The same from the script's path; diagnostics take the place of the cases. */
static inline nt_status drive_path(const char *path, const nt_network *network,
                                   const nt_hook_option *options, int count, model answer_to,
                                   nt_text *transcript, nt_text *ret) {
    nt_error error;
    nt_hook *hook = NULL;
    nt_error_init(&error);
    nt_status status = nt_hook_new(path, network, options, count, NULL, NULL, &hook, &error);
    if (status == NT_OK)
        status = answer_all(hook, network, answer_to, transcript, ret, &error);
    nt_hook_free(hook);
    nt_error_format(&error, false, ret);
    nt_error_finish(&error);
    return status;
}

#endif
