/* What a paper takes: tables in LaTeX, in which no name means anything, and what to cite. */
#include "cite.h"
#include "latex.h"
#include "support_base.h"
#include "tables.h"
#include <math.h>

enum { ROWS = 41 };

static void names_mean_nothing(void **state) {
    (void)state;
    static const struct {
        const char *name, *latex;
    } texts[] = {
        {"layer1.0.conv1", "layer1.0.conv1"},
        {"50 % of a_b & {c} #1 $x$", "50 \\% of a\\_b \\& \\{c\\} \\#1 \\$x\\$"},
        {"\\input{x}~^", "\\textbackslash{}input\\{x\\}\\textasciitilde{}\\textasciicircum{}"},
        {"[1] *", "{[}1] {*}"},
        {"a<b>|\"c\"\n", "a\\textless{}b\\textgreater{}\\textbar{}''c'' "},
        {"-0.9565 to +0.0342", "$-$0.9565 to $+$0.0342"},
        {"co-conv-1", "co-conv-1"},
        {"± – … ä", "$\\pm$ -- \\ldots{} ä"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        nt_text text;
        nt_text_init(&text);
        nt_latex_text(&text, texts[i].name);
        assert_string_equal(text.bytes, texts[i].latex);
        nt_text_finish(&text);
    }
}

typedef struct run {
    nt_record record;
    nt_record_group group;
    nt_record_case cases[ROWS + 1];
    nt_record_finding finding;
    nt_record_layer layer;
    nt_results results;
    nt_judgement judgement;
    int32_t edited;
} run;

static void make_run(run *r, int32_t count) {
    *r = (run){.judgement = {.within_95 = {-0.3, -0.2}, .within_90 = {NAN, NAN}}};
    r->layer = (nt_record_layer){.name = "conv_1", .part = NT_PART_STEM};
    r->finding = (nt_record_finding){.judgement = &r->judgement};
    for (int32_t i = 0; i < count; i++)
        r->cases[i] = (nt_record_case){.name = "conv_1",
                                       .kind = "zero",
                                       .layers = &r->edited,
                                       .layer_count = 1,
                                       .findings = &r->finding,
                                       .value = {.mean = 0.65},
                                       .change = {.mean = -0.25},
                                       .verdicts = {[NT_CRITICAL] = 1}};
    r->group = (nt_record_group){.name = "each",
                                 .title = "Each at 100 %",
                                 .cases = r->cases,
                                 .case_count = count,
                                 .form = NT_FORM_SINGLE};
    r->results.provenance.program = "nontrivial 0.1.0";
    r->record = (nt_record){.metric = "accuracy",
                            .network = "n",
                            .data = "my_data",
                            .split = "test",
                            .samples = 100,
                            .margin = 0.01,
                            .baseline = {.mean = 0.9},
                            .seed_count = 1,
                            .layers = &r->layer,
                            .layer_count = 1,
                            .results = &r->results};
    nt_arena_init(&r->record.arena);
}

static void a_short_table(void **state) {
    (void)state;
    run r;
    nt_text text;
    make_run(&r, 1);
    nt_text_init(&text);
    nt_table_latex(&r.record, &r.group, "each", &text);
    assert_string_equal(
        text.bytes,
        "% \\usepackage{booktabs,graphicx}\n"
        "\\begin{table}\n"
        "  \\centering\\footnotesize\\tabcolsep=4pt\n"
        "  \\caption{Each at 100 \\%: accuracy of 100 test images of my\\_data, baseline 0.9000; "
        "margin 0.01.}\\label{tab:each}\n"
        "  \\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%\n"
        "  \\begin{tabular}{llrrrl}\n"
        "    \\toprule\n"
        "    layer & part & accuracy & change & 95 \\% interval & verdict \\\\\n"
        "    \\midrule\n"
        "    conv\\_1 & stem & 0.6500 & $-$0.2500 & $-$0.3000 to $-$0.2000 & critical \\\\\n"
        "    \\bottomrule\n"
        "  \\end{tabular}}\n"
        "\\end{table}\n");
    nt_text_finish(&text);
    nt_arena_finish(&r.record.arena);
}

/* More rows than a page has. */
static void a_long_table(void **state) {
    (void)state;
    run r;
    nt_text text;
    make_run(&r, ROWS + 1);
    r.cases[ROWS].name = "layer1.0.conv_1+layer2.0";
    nt_text_init(&text);
    nt_table_latex(&r.record, &r.group, "each", &text);
    assert_non_null(strstr(text.bytes, "% \\usepackage{array,booktabs,longtable}\n"));
    assert_non_null(strstr(text.bytes, "p{\\ntname}lrrrl}\n"));
    assert_non_null(strstr(text.bytes, "\\settowidth{\\dimen0}{partaccuracy"));
    assert_non_null(strstr(text.bytes, "\\endfirsthead"));
    assert_null(strstr(text.bytes, "tabular"));
    assert_non_null(strstr(text.bytes,
                           "layer1.\\allowbreak{}0.\\allowbreak{}conv\\_\\allowbreak{}1+"
                           "\\allowbreak{}layer2.\\allowbreak{}0 &"));
    int rows = 0;
    for (const char *at = text.bytes; (at = strstr(at, "conv\\_1 &")) != NULL; at++)
        rows++;
    assert_int_equal(rows, ROWS);
    nt_text_finish(&text);
    nt_arena_finish(&r.record.arena);
}

static void what_to_cite(void **state) {
    (void)state;
    run r;
    nt_text text;
    make_run(&r, 1);
    nt_text_init(&text);
    nt_cite_add(&r.record, &text);
    assert_non_null(strstr(text.bytes, "@inproceedings{wang2021layer,\n"));
    assert_non_null(strstr(text.bytes, "2009.09938"));
    assert_non_null(strstr(text.bytes, "@misc{nontrivial,\n"));
    assert_non_null(strstr(text.bytes, "version      = {0.1.0}"));
    int depth = 0;
    for (const char *c = text.bytes; *c; c++) {
        depth += (*c == '{') - (*c == '}');
        assert_true(depth >= 0);
    }
    assert_int_equal(depth, 0);
    nt_text_finish(&text);
    nt_arena_finish(&r.record.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_mean_nothing),
        cmocka_unit_test(a_short_table),
        cmocka_unit_test(a_long_table),
        cmocka_unit_test(what_to_cite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
