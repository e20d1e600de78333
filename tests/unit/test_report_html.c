/* Parts of pages: what is escaped, numbers of figures as tables, what cases do to layers. */
#include "case_edits.h"
#include "csv_table.h"
#include "figure_words.h"
#include "html.h"
#include "support_base.h"
#include <math.h>

/* --- tables ----------------------------------------------------------------------------------- */

static void markup_is_escaped(void **state) {
    (void)state;
    nt_text html;
    nt_text_init(&html);
    nt_html_text(&html, "a < \"b\" & c > 'd'");
    assert_string_equal(html.bytes, "a &lt; &quot;b&quot; &amp; c &gt; 'd'");
    nt_text_finish(&html);
}

/* The column that says what a row is of stands first, fractions are rounded, quotes are read. */
static void numbers_are_a_table(void **state) {
    (void)state;
    nt_text html;
    nt_text_init(&html);
    nt_csv_table(&html, "a & b",
                 "place,value_mean,case\n1,0.5495229322231051,\"x, \"\"y\"\"\"\n12,,\"<z>\"\n");
    assert_false(html.failed);
    assert_string_equal(
        html.bytes,
        "<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"Table: a &amp; b\">"
        "<table class=\"data\">\n<caption><span>a &amp; b</span></caption>\n"
        "<thead><tr><th scope=\"col\">case</th><th scope=\"col\" class=\"number\">place</th>"
        "<th scope=\"col\" class=\"number\">value mean</th></tr></thead>\n<tbody>\n"
        "<tr><th scope=\"row\">x, &quot;y&quot;</th><td class=\"number\">1</td>"
        "<td class=\"number\">0.54952</td></tr>\n"
        "<tr><th scope=\"row\">&lt;z&gt;</th><td class=\"number\">12</td>"
        "<td class=\"number\"></td></tr>\n"
        "</tbody></table></div>\n");
    nt_text_finish(&html);
}

/* Cut anywhere, it ends, and no row lacks a cell. */
static void broken_numbers_end(void **state) {
    (void)state;
    static const char whole[] = "case,\"b, c\"\n\"x\"\"y\",1\n,2\n";
    for (size_t length = 0; length < sizeof whole; length++) {
        char csv[sizeof whole];
        nt_text html;
        memcpy(csv, whole, length);
        csv[length] = '\0';
        nt_text_init(&html);
        nt_csv_table(&html, "", csv);
        size_t rows = 0, heads = 0;
        for (const char *at = html.bytes; (at = strstr(at, "<tr><th scope=\"row\"")) != NULL; at++)
            rows++;
        for (const char *at = html.bytes; (at = strstr(at, "</tr>")) != NULL; at++)
            heads++;
        assert_false(html.failed);
        assert_true(html.length == 0 ? !memchr(csv, '\n', length) : heads == rows + 1);
        nt_text_finish(&html);
    }
}

/* --- what cases do ---------------------------------------------------------------------------- */

enum { EDITS = 5 };

typedef struct made {
    nt_edit_result edits[EDITS];
    nt_case_result results[2];
    nt_record_case cases[2];
    nt_record_group group;
    nt_results all;
    nt_record record;
} made;

static const char *const kinds[] = {"zero", "mean", NULL};

/* Two cases, the second of `count` layers. */
static void make(made *m, const char *first, const char *second, int32_t count) {
    static const char *const layers[EDITS] = {"conv1", "layer1.0.conv1", "a", "b", "c"};
    *m = (made){.all = {.kinds = kinds}};
    for (int i = 0; i < EDITS; i++)
        m->edits[i] = (nt_edit_result){.layer = layers[i], .kind = "zero"};
    m->results[0] = (nt_case_result){.name = first, .edits = m->edits, .edit_count = 1};
    m->results[1] = (nt_case_result){.name = second, .edits = m->edits, .edit_count = count};
    for (int i = 0; i < 2; i++)
        m->cases[i] = (nt_record_case){.result = &m->results[i], .name = m->results[i].name};
    m->group = (nt_record_group){.cases = m->cases, .case_count = 2};
    m->record = (nt_record){.results = &m->all};
    nt_arena_init(&m->record.arena);
}

static void drop(made *m) {
    nt_arena_finish(&m->record.arena);
}

static void names_may_say_all(void **state) {
    (void)state;
    made m;
    make(&m, "conv1", "conv1 + layer1.0.conv1", 2);
    assert_string_equal(nt_edits_named(&m.record, &m.group), "zero");
    m.edits[1].kind = "mean";
    assert_null(nt_edits_named(&m.record, &m.group));
    drop(&m);
    make(&m, "conv1", "conv1 + layer1.0.conv1", 3);
    assert_null(nt_edits_named(&m.record, &m.group)); /* a is not in the name */
    drop(&m);
    make(&m, "layer1.0.conv1", "conv1", 1);
    assert_null(nt_edits_named(&m.record, &m.group)); /* conv1 is but a part of another's name */
    drop(&m);
}

static void edits_of(made *m, nt_text *html) {
    nt_text_init(html);
    nt_edits_html(&m->record, &m->cases[1], html);
    assert_false(html->failed);
}

static void many_layers_open(void **state) {
    (void)state;
    made m;
    nt_text html;
    make(&m, "x", "y", 2);
    edits_of(&m, &html);
    assert_string_equal(html.bytes, "zero conv1 layer1.0.conv1");
    nt_text_finish(&html);
    drop(&m);
    make(&m, "x", "y", EDITS);
    edits_of(&m, &html);
    assert_string_equal(html.bytes, "<details><summary>zero 5 layers: conv1, layer1.0.conv1, "
                                    "…</summary>\n<ul class=\"names\">\n"
                                    "<li><code>conv1</code></li>\n"
                                    "<li><code>layer1.0.conv1</code></li>\n"
                                    "<li><code>a</code></li>\n<li><code>b</code></li>\n"
                                    "<li><code>c</code></li>\n</ul>\n</details>");
    nt_text_finish(&html);
    m.edits[4].kind = "mean";
    edits_of(&m, &html);
    assert_non_null(strstr(html.bytes, "<summary>5 layers: conv1, "));
    assert_non_null(strstr(html.bytes, "<li><code>b</code> zero</li>\n<li><code>c</code> mean"));
    nt_text_finish(&html);
    drop(&m);
}

/* --- figures in words ------------------------------------------------------------------------- */

static void ends_are_named(void **state) {
    (void)state;
    static const double values[] = {0.5, NAN, 0.1, 0.9, 0.3};
    static const nt_figure_kind kind = {.caption = "C."};
    nt_record_case cases[5];
    for (int i = 0; i < 5; i++)
        cases[i] = (nt_record_case){.name = (const char *[]){"a", "b", "c", "d", "e"}[i],
                                    .value = {.mean = values[i]},
                                    .verdicts = {[NT_CRITICAL] = i == 2}};
    const nt_record_group group = {.cases = cases, .case_count = 5};
    const nt_record record = {.metric = "dice", .seed_count = 1, .baseline = {.mean = 0.9}};
    const nt_figure figure = {.kind = &kind, .title = "T", .caption = "C.", .group = &group};
    nt_text words;
    nt_text_init(&words);
    nt_figure_words(&figure, &record, &words);
    assert_string_equal(words.bytes,
                        "T. C. 5 cases; the whole network has a dice of 0.9000. Lowest: c 0.1000, "
                        "e 0.3000, a 0.5000. Highest: d 0.9000, a 0.5000, e 0.3000. Verdicts: 1 "
                        "critical.");
    nt_text_finish(&words);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markup_is_escaped),  cmocka_unit_test(numbers_are_a_table),
        cmocka_unit_test(broken_numbers_end), cmocka_unit_test(names_may_say_all),
        cmocka_unit_test(many_layers_open),   cmocka_unit_test(ends_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
