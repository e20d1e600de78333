/* nontrivial cases: what the hooks of a suite give, without running any of it. */
#include "command.h"
#include "console.h"
#include "findings_table.h"
#include "json_out.h"
#include "suite_cases.h"
#include <string.h>

typedef struct cases_options {
    const char *group;
    bool json;
} cases_options;

static const nt_field cases_fields[] = {
    {"group", NT_STRING, offsetof(cases_options, group), .doc = "only this group"},
    NT_OPTION_JSON(cases_options),
    {0},
};

static const nt_operand cases_operands[] = {
    {.name = "SUITE", .doc = "a suite file, or a name of those that come with the program"}, {0}};

static const char cases_detail[] =
    "Hooks are run, nothing else: neither data nor weights need be there. Of a hook that asks\n"
    "while the suite runs, the cases are not known before it has asked.\n"
    "\n"
    "A cut leaves no way from the image to the output. A case that is the same function as\n"
    "another gives the same whatever the weights are; one graph computes it once.\n";

/* --- words ------------------------------------------------------------------------------------ */

/* "the same function as 'b/c'" */
static void add_same(const nt_suite_look *look, int group, const nt_case_look *item,
                     nt_text *text) {
    const nt_case_same *same = &item->same;
    bool edits = same->how == NT_SAME_EDITS;
    if (same->how == NT_SAME_NOT)
        return;
    nt_text_add(text, text->length ? ", " : "");
    if (same->group < 0) {
        nt_text_add(text, edits ? "changes nothing" : "the same function as the whole network");
        return;
    }
    const nt_group_look *of = &look->groups[same->group];
    nt_text_add(text, edits ? "the same as '" : "the same function as '");
    if (same->group != group)
        nt_text_printf(text, "%s/", of->group->name);
    nt_text_printf(text, "%s'", of->items[same->index].name);
}

static void add_case(const nt_suite_look *look, int group, const nt_case_look *item,
                     nt_table *table) {
    nt_text remarks;
    nt_text_init(&remarks);
    nt_text_add(&remarks, item->cut ? "cuts the network" : "");
    if (item->failure)
        nt_text_printf(&remarks, "can't be made: %s", item->failure);
    add_same(look, group, item, &remarks);
    nt_table_cell(table, item->name);
    nt_table_edit(table, item->words);
    nt_table_count(table, item->edit_count);
    nt_table_cell(table, remarks.failed ? NULL : remarks.bytes);
    nt_text_finish(&remarks);
}

static void add_table(const nt_suite_look *look, int group, nt_text *text) {
    static const nt_column columns[] = {{"case", NT_LEFT, .cut = true},
                                        {"edit", NT_LEFT, .cut = true},
                                        {"layers", NT_RIGHT, .leaves = 2},
                                        {"remarks", NT_LEFT, .leaves = 1},
                                        {0}};
    const nt_group_look *of = &look->groups[group];
    nt_table table;
    nt_table_init(&table, columns);
    for (int32_t c = 0; c < of->cases.count; c++)
        add_case(look, group, &of->items[c], &table);
    nt_text_add(text, "\n");
    nt_console_table(&table, text);
    nt_table_finish(&table);
}

static void add_group(const nt_suite_look *look, int group, nt_text *text) {
    const nt_group_look *of = &look->groups[group];
    const nt_cases *cases = &of->cases;
    nt_text_printf(text, "%s%s: ", text->length ? "\n" : "", of->group->name);
    if (cases->asks)
        nt_text_add(text, "unknown before its hook asks");
    else
        nt_text_printf(text, "%d case%s", cases->count, cases->count == 1 ? "" : "s");
    nt_text_printf(text, ", by %s\n", of->group->hook);
    if (strcmp(of->group->title, of->group->name) != 0)
        nt_text_printf(text, "  title: %s\n", of->group->title);
    if (cases->remark && cases->remark[0])
        nt_text_printf(text, "  remark: %s\n", cases->remark);
    if (cases->control_of && cases->control_of[0])
        nt_text_printf(text, "  controls of: %s\n", cases->control_of);
    for (size_t i = 0; i < of->printed_count; i++)
        nt_text_printf(text, "  print: %s\n", of->printed[i]);
    if (cases->count > 0)
        add_table(look, group, text);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *edit_json(const nt_edit_result *edit) {
    json_t *all = json_pack("{s:s, s:s}", "layer", edit->layer, "kind", edit->kind);
    json_t *options = edit->fields ? nt_json_fields(edit->fields, edit->options) : json_object();
    if (all && json_object_update_missing(all, options) != 0) {
        json_decref(all);
        all = NULL;
    }
    json_decref(options);
    return all;
}

/* null, or {how, group, case}: both null for the whole network. */
static json_t *same_json(const nt_suite_look *look, const nt_case_same *same) {
    if (same->how == NT_SAME_NOT)
        return json_null();
    const nt_group_look *of = same->group < 0 ? NULL : &look->groups[same->group];
    return json_pack("{s:s, s:s?, s:s?}", "how", same->how == NT_SAME_EDITS ? "edits" : "function",
                     "group", of ? of->group->name : NULL, "case",
                     of ? of->items[same->index].name : NULL);
}

static json_t *case_json(const nt_suite_look *look, const nt_case_look *item) {
    json_t *edits = json_array();
    for (int32_t i = 0; i < item->edit_count; i++)
        edits = nt_json_append(edits, edit_json(&item->edits[i]));
    return json_pack("{s:s, s:o, s:b, s:s?, s:o}", "name", item->name, "edits", edits, "cut",
                     item->cut, "failure", item->failure, "same_as", same_json(look, &item->same));
}

static json_t *group_json(const nt_suite_look *look, int group) {
    const nt_group_look *of = &look->groups[group];
    const nt_cases *cases = &of->cases;
    json_t *items = json_array(), *printed = json_array();
    for (int32_t c = 0; c < cases->count; c++)
        items = nt_json_append(items, case_json(look, &of->items[c]));
    for (size_t i = 0; i < of->printed_count; i++)
        printed = nt_json_append(printed, nt_json_text(of->printed[i]));
    bool control = cases->control_of && cases->control_of[0];
    return json_pack("{s:s, s:s, s:s, s:b, s:s, s:s?, s:o, s:o}", "name", of->group->name, "title",
                     of->group->title, "hook", of->group->hook, "asks", cases->asks, "remark",
                     cases->remark ? cases->remark : "", "control_of",
                     control ? cases->control_of : NULL, "printed", printed, "cases", items);
}

/* --- the command ------------------------------------------------------------------------------ */

static nt_status print(const nt_suite_look *look, int only, bool json) {
    const nt_suite *suite = look->suite;
    json_t *groups = json ? json_array() : NULL;
    nt_text text;
    nt_text_init(&text);
    for (int g = 0; g < suite->group_count; g++) {
        if (only >= 0 && g != only)
            continue;
        if (json)
            groups = nt_json_append(groups, group_json(look, g));
        else
            add_group(look, g, &text);
    }
    if (!json)
        return nt_print(&text);
    nt_text_finish(&text);
    return nt_json_print(json_pack("{s:s, s:o}", "suite", suite->name, "groups", groups));
}

/* The number of the group, -1 without a name. */
static nt_status find_group(const nt_suite *suite, const char *name, int *ret, nt_error *error) {
    nt_arena arena;
    *ret = -1;
    for (int g = 0; name && g < suite->group_count && *ret < 0; g++)
        if (strcmp(suite->groups[g].name, name) == 0)
            *ret = g;
    if (!name || *ret >= 0)
        return NT_OK;
    nt_arena_init(&arena);
    const char **names = NT_ARENA_ARRAY(&arena, const char *, suite->group_count + 1);
    for (int g = 0; names && g < suite->group_count; g++)
        names[g] = suite->groups[g].name;
    nt_error_say(error, NT_USAGE, "%s has no group '%s'", suite->path, name);
    if (names)
        nt_error_suggest(error, name, names);
    nt_arena_finish(&arena);
    return NT_USAGE;
}

static nt_status look(const nt_suite *suite, const cases_options *options, nt_error *error) {
    nt_network *network;
    nt_suite_look look;
    int only;
    NT_TRY(find_group(suite, options->group, &only, error));
    NT_TRY(nt_network_load(suite->graph, suite->settings, suite->setting_count, &network, error));
    nt_status status = nt_suite_look_at_cases(suite, network, &look, error);
    if (status == NT_OK)
        status = print(&look, only, options->json);
    nt_suite_look_finish(&look);
    nt_network_free(network);
    return status;
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    nt_suite *suite;
    NT_TRY(nt_suite_load(arguments->words[0], arguments->settings, arguments->setting_count, &suite,
                         error));
    nt_status status = look(suite, arguments->record, error);
    nt_suite_free(suite);
    return status;
}

const nt_command nt_command_cases = {
    .kind = {.name = "cases",
             .doc = "list the cases that a suite's hooks give, without running them",
             .fields = cases_fields,
             .size = sizeof(cases_options)},
    .detail = cases_detail,
    .examples = "nontrivial cases suite.yaml --group each-layer\n",
    .syntax = {.operands = cases_operands,
               .settings = "override a value of the suite by its path: groups.kinds.hook=mine.lua"},
    .run = run,
};
