/* `groups:` of a suite, and what their hooks list. */
#include "suite_file_private.h"

#include "control.h"
#include "json_schema.h"
#include "suite_same.h"
#include "suite_work.h"
#include "yaml_out.h"
#include <string.h>

static nt_status read_option(nt_suite_loader *l, const nt_yaml_entry *entry, nt_hook_option *ret) {
    bool list = entry->value->kind == NT_YAML_LIST;
    int count = list ? entry->value->count : 1;
    nt_scalar *items = NT_ARENA_ARRAY(l->reader.arena, nt_scalar, count);
    if (!items)
        return nt_reader_no_memory(&l->reader);
    NT_TRY(
        nt_check_line(&l->reader, entry->key, "an option's name", entry->key->text, NT_MOST_KEY));
    for (int i = 0; i < count; i++)
        NT_TRY(nt_read_scalar(&l->reader, list ? entry->value->items[i] : entry->value,
                              entry->key->text, &items[i]));
    *ret = (nt_hook_option){.name = entry->key->text,
                            .items = items,
                            .count = count,
                            .list = list,
                            .location = nt_reader_location(&l->reader, entry->key)};
    return NT_OK;
}

static nt_status read_options(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *map,
                              void *record) {
    nt_group *group = record;
    NT_TRY(nt_read_map(&l->reader, map, key->field.name));
    nt_hook_option *options = NT_ARENA_ARRAY(l->reader.arena, nt_hook_option, map->count);
    if (!options)
        return nt_reader_no_memory(&l->reader);
    for (int32_t i = 0; i < map->count; i++)
        NT_TRY(read_option(l, &map->entries[i], &options[i]));
    group->options = options;
    group->option_count = map->count;
    return NT_OK;
}

static json_t *options_schema(void) {
    return json_pack("{s:s, s:{}}", "type", "object", "default");
}

static void write_options(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    const nt_group *group = record;
    if (group->option_count == 0)
        return;
    nt_suite_begin_line(w, key->field.name);
    for (int i = 0; i < group->option_count; i++) {
        const nt_hook_option *option = &group->options[i];
        nt_text_add(w->text, i ? ", " : " {");
        nt_yaml_add_key(w->text, option->name);
        nt_text_add(w->text, option->list ? ": [" : ": ");
        for (int k = 0; k < option->count; k++) {
            nt_text_add(w->text, k ? ", " : "");
            nt_yaml_add_scalar(w->text, option->items[k], w->arena);
        }
        nt_text_add(w->text, option->list ? "]" : "");
    }
    nt_text_add(w->text, "}\n");
}

/* The record is the nt_group. */
static const nt_suite_key group_keys[] = {
    {{"hook", NT_STRING, offsetof(nt_group, hook),
      .doc = "a Lua script: a file relative to this one, or a name of those that come with the "
             "program, as each_layer"},
     .required = true,
     .sort = NT_SHIPPED_HOOK,
     .read = nt_suite_read_file,
     .write = nt_suite_write_path},
    {{"title", NT_STRING, offsetof(nt_group, title),
      .doc = "what tables and figures call the group"},
     .read = nt_suite_read_line},
    {{"decide", NT_CHOICE, offsetof(nt_group, decide), .choices = nt_decide_names,
      .doc = "in place of the suite's"},
     .read = nt_suite_read_choice,
     .schema = nt_suite_decide_schema,
     .write = nt_suite_write_choice},
    {{.name = "retrain",
      .doc = "train each case on before it is measured, and the baseline likewise: in what the "
             "recipe differs from train's"},
     .read = nt_suite_keep_retrain,
     .schema = nt_suite_retrain_schema,
     .write = nt_suite_write_retrain},
    {{.name = "options", .doc = "what the script is given"},
     .read = read_options,
     .schema = options_schema,
     .write = write_options},
    {.field = {0}},
};

json_t *nt_suite_groups_schema(void) {
    return json_pack("{s:s, s:o}", "type", "object", "additionalProperties",
                     nt_suite_schema_of(nt_no_fields, group_keys));
}

void nt_suite_write_groups(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    const nt_suite *suite = record;
    nt_suite_begin_line(w, key->field.name);
    nt_text_add(w->text, suite->group_count > 0 ? "\n" : " {}\n");
    for (int i = 0; i < suite->group_count; i++) {
        w->indent += 2;
        nt_suite_begin_line(w, suite->groups[i].name);
        nt_text_add(w->text, "\n");
        w->indent += 2;
        nt_suite_write_keys(w, group_keys, &suite->groups[i]);
        w->indent -= 4;
    }
}

static nt_status read_group(nt_suite_loader *l, const nt_yaml_entry *entry, nt_group *group) {
    const char *const *names;
    group->name = group->title = entry->key->text;
    group->decide = NT_AS_SUITE;
    group->limits = &l->suite->hook_limits;
    group->location = nt_reader_location(&l->reader, entry->key);
    group->trail =
        (nt_trail){.what = nt_arena_printf(l->reader.arena, "in the group '%.80s'", group->name),
                   .location = group->location};
    if (!group->trail.what)
        return nt_reader_no_memory(&l->reader);
    NT_TRY(nt_check_line(&l->reader, entry->key, "a group's name", group->name, NT_MOST_KEY));
    if (strcmp(group->name, "baseline") == 0)
        return nt_reader_say(&l->reader, entry->key,
                             "a group can't be called 'baseline': the results' first rows are");
    NT_TRY(nt_read_map(&l->reader, entry->value, "a group"));
    NT_TRY(nt_suite_names(l, group_keys, NULL, &names));
    NT_TRY(nt_read_keys(&l->reader, entry->value, "a group", names));
    if (!nt_yaml_get(entry->value, "hook"))
        return nt_suite_lacks(l, entry->key, "the group", "hook");
    return nt_suite_read_in_turn(l, entry->value, group_keys, group);
}

nt_status nt_suite_read_groups(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *map,
                               void *record) {
    nt_suite *suite = record;
    NT_TRY(nt_read_map(&l->reader, map, key->field.name));
    if (map->count > NT_MOST_GROUPS)
        return nt_reader_say(&l->reader, map, "'groups' has %d; at most %d are allowed",
                             (int)map->count, NT_MOST_GROUPS);
    nt_group *groups = NT_ARENA_ARRAY(l->reader.arena, nt_group, map->count);
    if (!groups)
        return nt_reader_no_memory(&l->reader);
    nt_status status = NT_OK;
    for (int32_t i = 0; i < map->count; i++)
        status = nt_suite_worse(status, read_group(l, &map->entries[i], &groups[i]));
    suite->groups = groups;
    suite->group_count = map->count;
    return status;
}

/* --- cases ------------------------------------------------------------------------------------ */

nt_decide nt_group_decide(const nt_suite *suite, int g) {
    int32_t own = suite->groups[g].decide;
    if (suite->groups[g].retrain)
        return NT_DECIDE_NOT;
    return (nt_decide)(own == NT_AS_SUITE ? suite->decide : own);
}

bool nt_suite_retrains(const nt_suite *suite) {
    for (int g = 0; g < suite->group_count; g++)
        if (suite->groups[g].retrain)
            return true;
    return false;
}

bool nt_suite_decides(const nt_suite *suite) {
    for (int g = 0; g < suite->group_count; g++)
        if (nt_group_decide(suite, g) != NT_DECIDE_NOT)
            return true;
    return false;
}

void nt_suite_decide_none(nt_suite *suite) {
    suite->decide = NT_DECIDE_NOT;
    for (int g = 0; g < suite->group_count; g++)
        suite->groups[g].decide = NT_AS_SUITE;
}

nt_status nt_suite_decide_all(nt_suite *suite, nt_error *error) {
    if (suite->decide == NT_DECIDE_NOT)
        suite->decide = NT_DECIDE_POPULATION;
    for (int g = 0; g < suite->group_count; g++)
        if (suite->groups[g].decide == NT_DECIDE_NOT)
            suite->groups[g].decide = NT_AS_SUITE;
    return nt_suite_check_decide(suite, error);
}

/* Images must not depend on one another where their number is not fixed beforehand. */
nt_status nt_suite_check_decide(const nt_suite *suite, nt_error *error) {
    nt_norm norm = (nt_norm)suite->evaluate.batch_norm;
    if (norm == NT_NORM_RUNNING || !nt_suite_decides(suite))
        return NT_OK;
    nt_error_in(error, NT_INVALID, suite->path, -1,
                "cases can't be decided early with 'batch_norm: %s', where what an image gives "
                "depends on others",
                nt_norm_names[norm]);
    nt_error_hint(error, "leave out 'decide', or 'batch_norm'");
    return NT_INVALID;
}

/* YAML's own words for yes and no are among the choices. */
json_t *nt_suite_decide_schema(void) {
    return nt_schema_text("{'enum': [true, false, 'test_set']}");
}

nt_status nt_group_list(const nt_group *group, const nt_network *network,
                        const nt_progress *progress, nt_cases *ret, nt_error *error) {
    return nt_hook_run(group->hook, network, group->options, group->option_count, group->limits,
                       &group->trail, progress, ret, error);
}

nt_status nt_groups_list(const nt_suite *suite, const nt_network *network,
                         const nt_progress *progress, nt_cases *ret, nt_error *error) {
    nt_status status = NT_OK;
    for (int g = 0; g < suite->group_count; g++) {
        nt_status hooked = nt_group_list(&suite->groups[g], network, progress, &ret[g], error);
        if (nt_suite_stopped(hooked))
            return hooked;
        status = hooked != NT_OK ? hooked : status;
    }
    if (status == NT_OK)
        status = nt_groups_check_controls(suite, ret, false, error);
    return status == NT_OK ? nt_suite_note_same(suite, network, ret, error) : status;
}

nt_status nt_group_open(const nt_group *group, const nt_network *network,
                        const nt_progress *progress, nt_hook **ret, nt_error *error) {
    return nt_hook_new(group->hook, network, group->options, group->option_count, group->limits,
                       &group->trail, progress, ret, error);
}

void nt_group_note(const nt_group *group, const nt_cases *cases, const nt_progress *progress) {
    for (int32_t i = 0; i < cases->note_count; i++) {
        bool why = cases->count == 0 && cases->remark[0];
        nt_progress_note(progress, "in the group '%s' %s%s%s", group->name, cases->notes[i],
                         why ? ": " : "", why ? cases->remark : "");
    }
}

/* --- controls --------------------------------------------------------------------------------- */

/* Whether a group's text names a case that there is, or that may yet come. */
static bool is_there(const nt_suite *suite, const nt_cases *cases, bool searched, int g,
                     const char *name) {
    for (int of = 0; of < suite->group_count; of++) {
        const char *rest = nt_control_within(name, suite->groups[of].name, of == g);
        for (int32_t c = 0; rest && c < cases[of].count; c++)
            if (strcmp(cases[of].items[c].name, rest) == 0)
                return true;
        if (rest && cases[of].asks && !searched)
            return true;
    }
    return false;
}

/* All that it may name; in `arena`. */
static const char **list_names(const nt_suite *suite, const nt_cases *cases, nt_arena *arena) {
    size_t count = 0;
    for (int g = 0; g < suite->group_count; g++)
        count += (size_t)cases[g].count;
    const char **names = NT_ARENA_ARRAY(arena, const char *, count + 1);
    count = 0;
    for (int g = 0; names && g < suite->group_count; g++)
        for (int32_t c = 0; c < cases[g].count; c++)
            if (!(names[count++] = nt_arena_printf(arena, "%s/%s", suite->groups[g].name,
                                                   cases[g].items[c].name)))
                return NULL;
    return names;
}

nt_status nt_groups_check_controls(const nt_suite *suite, const nt_cases *cases, bool searched,
                                   nt_error *error) {
    nt_status status = NT_OK;
    for (int g = 0; g < suite->group_count; g++) {
        const nt_group *group = &suite->groups[g];
        if (!cases[g].control_of[0] || is_there(suite, cases, searched, g, cases[g].control_of))
            continue;
        nt_arena arena;
        nt_arena_init(&arena);
        const char **names = list_names(suite, cases, &arena);
        status = nt_error_at(error, NT_INVALID, group->location,
                             "the group '%s' has the controls of '%s', which is no case here",
                             group->name, cases[g].control_of);
        if (names)
            nt_error_suggest(error, cases[g].control_of, names);
        nt_arena_finish(&arena);
    }
    return status;
}
