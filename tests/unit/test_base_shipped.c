/* Names of files: one's own come first, then the program's, which here are those of the sources. */
#include "file.h"
#include "shipped.h"
#include "support_base.h"

static nt_error error;
static nt_arena arena;

static const char *found(const char *folder, nt_shipped sort, const char *name) {
    return nt_shipped_find(&(nt_sought){sort, name, path_in(folder, "from.yaml")}, &arena);
}

static void test_places(void **state) {
    const char *folder = *state;
    nt_arena_init(&arena);
    assert_string_equal(nt_shipped_folder(NT_SHIPPED_GRAPH, &arena), GRAPHS);
    assert_string_equal(nt_shipped_folder(NT_SHIPPED_HOOK, &arena), HOOKS);
    assert_string_equal(found(folder, NT_SHIPPED_GRAPH, "resnet18"), GRAPHS "/resnet18.yaml");
    assert_string_equal(found(folder, NT_SHIPPED_HOOK, "each_layer"), HOOKS "/each_layer.lua");
    assert_string_equal(found(folder, NT_SHIPPED_SUITE, "example"), EXPERIMENTS "/example.yaml");
    assert_string_equal(found(folder, NT_SHIPPED_BLOCKS, "fire"), GRAPHS "/blocks/fire.yaml");
    assert_string_equal(found(folder, NT_SHIPPED_BLOCKS, "blocks/fire.yaml"),
                        GRAPHS "/blocks/fire.yaml");
    write_bytes(path_in(folder, "resnet18.yaml"), "", 0);
    assert_string_equal(found(folder, NT_SHIPPED_GRAPH, "resnet18"),
                        path_in(folder, "resnet18.yaml"));
    write_bytes(path_in(folder, "resnet18"), "", 0);
    assert_string_equal(found(folder, NT_SHIPPED_GRAPH, "resnet18"), path_in(folder, "resnet18"));
    mkdir(path_in(folder, "resnet34"), 0777); /* a folder is no file */
    assert_string_equal(found(folder, NT_SHIPPED_GRAPH, "resnet34"), GRAPHS "/resnet34.yaml");
    nt_arena_finish(&arena);
}

/* A path is that file alone. */
static void test_paths(void **state) {
    const char *folder = *state;
    static const char *const names[] = {"resnet50.yaml", "./resnet50", "../graphs/resnet50.yaml",
                                        "-", "resnet50.yml"};
    nt_arena_init(&arena);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_null(found(folder, NT_SHIPPED_GRAPH, names[i]));
    assert_null(found(folder, NT_SHIPPED_HOOK, "lua/each_layer.lua"));
    const nt_sought path = {NT_SHIPPED_GRAPH, "../graphs/resnet50.yaml", NULL};
    assert_string_equal(nt_shipped_name(&path, &arena), "resnet50");
    const nt_sought own = {NT_SHIPPED_GRAPH, "../graphs/mine.yaml", NULL};
    assert_null(nt_shipped_name(&own, &arena));
    nt_arena_finish(&arena);
}

static void test_missing(void **state) {
    const char *folder = *state, *near, *ret;
    nt_arena_init(&arena);
    nt_error_init(&error);
    const nt_sought sought = {NT_SHIPPED_HOOK, "each_layr", path_in(folder, "from.yaml")};
    const char *text = nt_shipped_missing(&sought, &arena, &near);
    assert_non_null(strstr(text, "there is no hook 'each_layr': sought as "));
    assert_non_null(strstr(text, path_in(folder, "each_layr, ")));
    assert_non_null(strstr(text, path_in(folder, "each_layr.lua and " HOOKS "/each_layr.lua")));
    assert_string_equal(near, "each_layer");
    write_bytes(path_in(folder, "each_layr2.lua"), "", 0); /* nearer, and one's own */
    nt_shipped_missing(&sought, &arena, &near);
    assert_string_equal(near, "each_layr2");
    nt_status status = nt_shipped_open(&sought, &arena, &ret, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "did you mean 'each_layr2'?");
    const nt_sought blocks = {NT_SHIPPED_BLOCKS, "blocks/residul.yaml", NULL};
    text = nt_shipped_missing(&blocks, &arena, &near);
    assert_string_equal(near, "residual");
    assert_string_equal(text, "there is no file of blocks 'blocks/residul.yaml': sought as "
                              "blocks/residul.yaml and " GRAPHS "/blocks/residul.yaml");
    const nt_sought path = {NT_SHIPPED_HOOK, "no/hook.lua", NULL};
    EXPECT_OK(&error, nt_shipped_open(&path, &arena, &ret, &error)); /* who opens it will say */
    assert_string_equal(ret, "no/hook.lua");
    nt_arena_finish(&arena);
    nt_error_finish(&error);
}

int main(void) {
    const struct CMUnitTest tests[] = {WITH_FOLDER(test_places), WITH_FOLDER(test_paths),
                                       WITH_FOLDER(test_missing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
