/* A suite that is written with all that it leaves unsaid reads back as the same suite, and a
 * graph's copies stand in one folder. */
#include "file.h"
#include "network_copies.h"
#include "suite_write.h"
#include "support_base.h"
#include <string.h>

static nt_error error;

static void write_text(const char *folder, const char *name, const char *text) {
    write_bytes(path_in(folder, name), text, strlen(text));
}

/* The suite at `path` as it is written; the caller finishes the text. */
static void written(const char *path, const nt_suite_resolved *resolved, nt_text *ret) {
    nt_suite *suite;
    nt_text_init(ret);
    EXPECT_OK(&error, nt_suite_load(path, NULL, 0, &suite, &error));
    assert_int_equal(nt_suite_write(suite, resolved, ret), NT_OK);
    nt_suite_free(suite);
}

/* Suites that between them say most of what a suite may say. */
static void what_is_written_reads_back(void **folder) {
    static const char *const names[] = {
        "cardiac-pspnet", "cardiac-segnet", "cardiac-t1",       "cardiac-unet", "cifar10-plain34",
        "cifar10-vgg16",  "example",        "cifar10-resnet34", "phantom",      "quickstart"};
    const nt_data_info info = {.usual = NT_USUAL_IMAGE};
    const nt_suite_resolved resolved = {.info = &info, .metric = NT_ACCURACY};
    char path[PATH_SIZE];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        nt_text first, second;
        snprintf(path, sizeof path, "%s/%s.yaml", EXPERIMENTS, names[i]);
        written(path, &resolved, &first);
        write_text(*folder, "suite.yaml", first.bytes);
        written(path_in(*folder, "suite.yaml"), &resolved, &second);
        assert_string_equal(first.bytes, second.bytes);
        nt_text_finish(&first);
        nt_text_finish(&second);
    }
}

/* Each value is what it was: the text as a whole. */
static void all_is_written(void **folder) {
    static const float mean[] = {.1F}, deviation[] = {1.F / 3};
    nt_data_info info = {.usual = NT_USUAL_CHANNELS, .shape = nt_shape_of(3, (int32_t[]){1, 4, 4})};
    nt_text text;
    memcpy(info.mean, mean, sizeof mean);
    memcpy(info.deviation, deviation, sizeof deviation);
    write_text(*folder, "g.yaml", "");
    write_text(*folder, "h.lua", "");
    write_text(*folder, "suite.yaml",
               "version: 1\nsuite: \"a \\\"b\\\"\"\ngraph: g.yaml\nset: {width: 4}\n"
               "data: {kind: idx, root: x}\nweights: w.safetensors\n"
               "groups: {\"1: a\": {hook: h.lua, options: {n: 3, t: \"3\", l: [true, 0.1]}}}\n");
    const nt_suite_copy copies[] = {{path_in(*folder, "h.lua"), "hook.lua"},
                                    {path_in(*folder, "g.yaml"), "graph.yaml"},
                                    {path_in(*folder, "w.safetensors"), "weights"}};
    const nt_suite_resolved resolved = {
        .info = &info, .metric = NT_ACCURACY, .copies = copies, .copy_count = 3};
    written(path_in(*folder, "suite.yaml"), &resolved, &text);
    assert_string_equal(text.bytes, "version: 1\n"
                                    "suite: \"a \\\"b\\\"\"\n"
                                    "graph: \"graph.yaml\"\n"
                                    "set: {width: \"4\"}\n"
                                    "data:\n"
                                    "  kind: idx\n"
                                    "  classes: 10\n"
                                    "  root: \"x\"\n"
                                    "  normalise: {mean: [0.1], deviation: [0.33333334]}\n"
                                    "  hold_out: 0\n"
                                    "  memory: 0\n"
                                    "groups:\n"
                                    "  \"1: a\":\n"
                                    "    hook: \"hook.lua\"\n"
                                    "    title: \"1: a\"\n"
                                    "    options: {\"n\": 3, t: \"3\", l: [true, 0.1]}\n"
                                    "evaluate:\n"
                                    "  split: test\n"
                                    "  batch: 256\n"
                                    "  limit: 0\n"
                                    "  first: 0\n"
                                    "  batch_norm: running\n"
                                    "  calibration: 5000\n"
                                    "  metrics: [accuracy]\n"
                                    "margin: 0.01\n"
                                    "decide: false\n"
                                    "conv: fastest\n"
                                    "weights: \"weights\"\n");
    nt_text_finish(&text);
}

/* --- copies ----------------------------------------------------------------------------------- */

static nt_status copy(const char *folder, const nt_setting *settings, int count, nt_arena *arena,
                      nt_network_copy **ret, size_t *ret_count) {
    nt_copy_names names;
    nt_copy_names_init(&names, arena);
    assert_string_equal(nt_copy_name(&names, "x/suite.yaml"), "suite.yaml");
    nt_status status = nt_network_copies(path_in(folder, "suite.yaml"), settings, count, &names,
                                         ret, ret_count, &error);
    nt_copy_names_finish(&names);
    return status;
}

/* A name that is taken gets a number, and whoever includes the file says so; one file that is
 * included twice is one copy. */
static void copies_name_each_other(void **folder) {
    nt_arena arena;
    nt_network_copy *copies;
    size_t count;
    nt_arena_init(&arena);
    EXPECT_OK(&error, nt_folder_make(path_in(*folder, "in"), &error));
    write_text(
        *folder, "suite.yaml",
        "version: 1 # \xc3\xa4\ninclude: [in/a.yaml, 'in/../in/a.yaml', b.yaml] # in/a.yaml\n");
    write_text(*folder, "in/a.yaml", "version: 1\ninclude: ../b.yaml\nblocks: {}\n");
    write_text(*folder, "b.yaml", "version: 1\nblocks: {}\n");
    EXPECT_OK(&error, copy(*folder, NULL, 0, &arena, &copies, &count));
    assert_int_equal(count, 3);
    assert_string_equal(copies[0].name, "suite-2.yaml");
    assert_string_equal(copies[0].text, "version: 1 # \xc3\xa4\ninclude: [\"a.yaml\", \"a.yaml\", "
                                        "b.yaml] # in/a.yaml\n");
    assert_string_equal(copies[1].name, "a.yaml");
    assert_string_equal(copies[1].text, "version: 1\ninclude: \"b.yaml\"\nblocks: {}\n");
    assert_string_equal(copies[2].text, "version: 1\nblocks: {}\n");
    nt_arena_finish(&arena);
}

/* What a setting includes can't be said in the file. */
static void a_setting_that_includes_is_refused(void **folder) {
    const nt_setting settings[] = {{"include", "in/a.yaml"}};
    nt_arena arena;
    nt_network_copy *copies;
    size_t count;
    nt_arena_init(&arena);
    EXPECT_OK(&error, nt_folder_make(path_in(*folder, "in"), &error));
    write_text(*folder, "suite.yaml", "version: 1\ninclude: b.yaml\n");
    write_text(*folder, "in/a.yaml", "version: 1\nblocks: {}\n");
    EXPECT_ERROR(&error, copy(*folder, settings, 1, &arena, &copies, &count), NT_INVALID,
                 "must stand on one line of the graph's own file");
    nt_arena_finish(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(what_is_written_reads_back),
        WITH_FOLDER(all_is_written),
        WITH_FOLDER(copies_name_each_other),
        WITH_FOLDER(a_setting_that_includes_is_refused),
    };
    nt_error_init(&error);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
