#include "name_map.h"

#include "alloc.h"
#include <ctype.h>
#include <regex.h>
#include <string.h>

enum { GROUPS = 10 };

typedef struct rule {
    regex_t pattern;
    char *name; /* what matches becomes it */
} rule;

struct nt_name_map {
    nt_arena arena;
    rule *rules;
    size_t count;
};

void nt_name_map_free(nt_name_map *map) {
    if (!map)
        return;
    for (size_t i = 0; i < map->count; i++)
        regfree(&map->rules[i].pattern);
    nt_arena_finish(&map->arena);
    nt_free(map, sizeof *map);
}

/* --- reading rules ---------------------------------------------------------------------------- */

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory reading 'map'");
}

static nt_status wrong(nt_error *error, const char *word, const char *why) {
    nt_error_say(error, NT_INVALID, "map: the rule '%s' %s", word, why);
    nt_error_hint(error, "rules are REGEX=NAME, as 'encoder\\.(.*)=\\1', apart by blanks");
    return NT_INVALID;
}

/* Groups that the new name asks for must be in the expression. */
static bool asks_too_much(const rule *added) {
    for (const char *p = added->name; *p; p++)
        if (*p == '\\' &&
            (!isdigit((unsigned char)p[1]) || (size_t)(p[1] - '0') > added->pattern.re_nsub))
            return true;
    return false;
}

static nt_status add_rule(nt_name_map *map, char *word, nt_error *error) {
    char why[160] = "has an expression that is wrong: ", *equals = strrchr(word, '=');
    if (!equals || equals == word)
        return wrong(error, word, "lacks its '='");
    rule *added = &map->rules[map->count];
    const char *whole = nt_arena_string(&map->arena, word);
    if (!whole)
        return no_memory(error);
    *equals = '\0';
    added->name = equals + 1;
    int code = regcomp(&added->pattern, word, REG_EXTENDED);
    if (code == REG_ESPACE)
        return no_memory(error);
    if (code != 0) {
        size_t length = strlen(why);
        regerror(code, &added->pattern, why + length, sizeof why - length);
        return wrong(error, whole, why);
    }
    map->count++;
    return asks_too_much(added) ? wrong(error, whole, "asks for a group that isn't there") : NT_OK;
}

static nt_status read_rules(nt_name_map *map, const char *rules, nt_error *error) {
    char *word = nt_arena_string(&map->arena, rules), *rest;
    map->rules = NT_ARENA_ARRAY(&map->arena, rule, strlen(rules) / 2 + 1);
    if (!word || !map->rules)
        return no_memory(error);
    for (word = strtok_r(word, " \t\n", &rest); word; word = strtok_r(NULL, " \t\n", &rest))
        NT_TRY(add_rule(map, word, error));
    return NT_OK;
}

nt_status nt_name_map_new(const char *rules, nt_name_map **ret, nt_error *error) {
    nt_name_map *map = nt_alloc_zero(sizeof *map);
    if (!map)
        return no_memory(error);
    nt_arena_init(&map->arena);
    nt_status status = read_rules(map, rules ? rules : "", error);
    if (status == NT_OK)
        *ret = map;
    else
        nt_name_map_free(map);
    return status;
}

/* --- applying them ---------------------------------------------------------------------------- */

static const char *replace(const rule *by, const char *name, const regmatch_t *groups,
                           nt_arena *arena) {
    nt_text text;
    nt_text_init(&text);
    for (const char *p = by->name; *p; p++) {
        if (*p != '\\') {
            nt_text_add_bytes(&text, p, 1);
            continue;
        }
        regmatch_t group = groups[*++p - '0'];
        if (group.rm_so >= 0)
            nt_text_add_bytes(&text, name + group.rm_so, (size_t)(group.rm_eo - group.rm_so));
    }
    const char *result = text.failed ? NULL : nt_arena_string(arena, text.bytes);
    nt_text_finish(&text);
    return result;
}

const char *nt_name_map_apply(const nt_name_map *map, const char *name, nt_arena *arena) {
    regmatch_t groups[GROUPS];
    for (size_t i = 0; i < map->count; i++)
        if (regexec(&map->rules[i].pattern, name, GROUPS, groups, 0) == 0 && groups[0].rm_so == 0 &&
            (size_t)groups[0].rm_eo == strlen(name))
            return replace(&map->rules[i], name, groups, arena);
    return name;
}
