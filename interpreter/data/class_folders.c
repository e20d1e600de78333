/* Names are compared without case and without what isn't a letter: "Training_Set" is "trainingset".
 * A folder with such a name that holds pictures itself is a class all the same. */
#include "class_folders.h"

#include "file.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROLES = NT_HELD_OUT + 1,
    VALIDATION = NT_HELD_OUT
}; /* the splits, and one that isn't used */

static const char *const words[ROLES][8] = {
    [NT_TRAIN] = {"train", "training", "trainset", "trainingset", "traindata", "trainingdata"},
    [NT_TEST] = {"test", "testing", "testset", "testingset", "testdata", "testingdata"},
    [VALIDATION] = {"val", "valid", "validation", "valset", "validset", "validationset", "dev"},
};

/* Which split a folder's name says it is; ROLES: none. */
static int role_of(const char *name) {
    enum { LONGEST = 20 };
    char letters[LONGEST + 1];
    size_t length = 0;
    for (; *name && length < LONGEST; name++)
        if (isalpha((unsigned char)*name))
            letters[length++] = (char)tolower((unsigned char)*name);
    letters[length] = '\0';
    for (int role = 0; role < ROLES; role++)
        for (const char *const *word = words[role]; *word; word++)
            if (strcmp(*word, letters) == 0)
                return role;
    return ROLES;
}

static nt_status no_memory(const char *folder, nt_error *error) {
    return nt_error_in(error, NT_NO_MEMORY, folder, -1, "out of memory listing folders");
}

/* "'a', 'b' and 3 more" */
static void add_names(const nt_names *folders, nt_text *text) {
    enum { NAMED = 4 };
    for (int32_t i = 0; i < folders->count && i < NAMED; i++)
        nt_text_printf(text, "%s'%s'", i ? ", " : "", folders->names[i]);
    if (folders->count > NAMED)
        nt_text_printf(text, " and %d more", folders->count - NAMED);
}

static nt_status note(nt_data_info *info, nt_arena *arena, const nt_text *line, nt_error *error) {
    const char *kept = line->failed ? NULL : nt_arena_string(arena, line->bytes);
    return kept && nt_data_add_note(info, arena, kept) ? NT_OK : no_memory(info->folder, error);
}

/* --- splits ----------------------------------------------------------------------------------- */

static const char *const options[NT_HELD_OUT] = {"train", "test"};
static const char *const usual[NT_HELD_OUT] = {NT_CLASS_FOLDERS_TRAIN, NT_CLASS_FOLDERS_TEST};

/* The only folder whose name says that it is this split; NULL: none. */
static nt_status find_by_word(int role, const nt_names *folders, const char *root, const char **ret,
                              nt_error *error) {
    const char *found = NULL;
    for (int32_t i = 0; i < folders->count; i++) {
        if (role_of(folders->names[i]) != role)
            continue;
        if (found) {
            nt_error_in(error, NT_INVALID, root, -1, "both '%s' and '%s' could be the split '%s'",
                        found, folders->names[i], options[role]);
            nt_error_hint(error, "say which: '%s: %s'", options[role], found);
            return NT_INVALID;
        }
        found = folders->names[i];
    }
    *ret = found;
    return NT_OK;
}

/* The name of a split's folder, NULL if there is none. */
static nt_status find_split(int split, const char *wished, const nt_names *folders, nt_arena *arena,
                            nt_data_info *info, const char **ret, nt_error *error) {
    const char *root = info->folder, *path = nt_arena_printf(arena, "%s/%s", root, wished);
    const char *found = NULL;
    if (!path)
        return no_memory(root, error);
    if (nt_folder_exists(path)) {
        *ret = wished;
        return NT_OK;
    }
    if (strcmp(wished, usual[split]) != 0) {
        nt_error_in(error, NT_INVALID, path, -1, "there is no such folder, which '%s' names",
                    options[split]);
        return NT_INVALID;
    }
    NT_TRY(find_by_word(split, folders, root, &found, error));
    *ret = found;
    if (!found)
        return NT_OK;
    const char *line =
        nt_arena_printf(arena, "the folder '%s' is taken as the split '%s'", found, options[split]);
    return line && nt_data_add_note(info, arena, line) ? NT_OK : no_memory(root, error);
}

/* What lies beside the splits and is none of them. */
static nt_status note_others(const nt_names *folders, const char *const names[NT_HELD_OUT],
                             nt_arena *arena, nt_data_info *info, nt_error *error) {
    const char **left = NT_ARENA_ARRAY(arena, const char *, folders->count + 1);
    nt_names others = {.names = left};
    const char *validation = NULL;
    if (!left)
        return no_memory(info->folder, error);
    for (int32_t i = 0; i < folders->count; i++) {
        const char *name = folders->names[i];
        bool taken = false;
        for (int s = 0; s < NT_HELD_OUT; s++)
            taken = taken || (names[s] && strncmp(names[s], name, strlen(name)) == 0 &&
                              strchr("/", names[s][strlen(name)]));
        if (taken)
            continue;
        left[others.count++] = name;
        if (role_of(name) == VALIDATION)
            validation = name;
    }
    if (others.count == 0)
        return NT_OK;
    nt_text line;
    nt_text_init(&line);
    nt_text_add(&line, "beside the splits' folders nothing is read: ");
    add_names(&others, &line);
    if (validation && !names[NT_TEST])
        nt_text_printf(&line, "; there is no test split: 'test: %s' would test on that",
                       validation);
    nt_status status = note(info, arena, &line, error);
    nt_text_finish(&line);
    return status;
}

/* Splits beside classes: neither can be meant. */
static nt_status check_root(const nt_names *folders, const char *root, nt_error *error) {
    for (int32_t i = 0; i < folders->count; i++) {
        if (role_of(folders->names[i]) != VALIDATION)
            continue;
        nt_error_in(error, NT_INVALID, root, -1,
                    "'%s' has a split's name, but there is no folder of the training images",
                    folders->names[i]);
        nt_error_hint(error,
                      "put the folders of the classes to train on into one folder '%s' beside it",
                      usual[NT_TRAIN]);
        return NT_INVALID;
    }
    return NT_OK;
}

nt_status nt_class_folders_find(const char *const wished[NT_HELD_OUT], nt_arena *arena,
                                nt_data_info *info, nt_class_folders *ret, nt_error *error) {
    nt_names folders;
    const char *names[NT_HELD_OUT] = {NULL};
    nt_class_folders found = {{NULL}};
    NT_TRY(nt_folders_in(info->folder, arena, &folders, error));
    for (int s = 0; s < NT_HELD_OUT; s++)
        NT_TRY(find_split(s, wished[s], &folders, arena, info, &names[s], error));
    if (!names[NT_TRAIN] && !names[NT_TEST])
        NT_TRY(check_root(&folders, info->folder, error));
    else
        NT_TRY(note_others(&folders, names, arena, info, error));
    for (int s = 0; s < NT_HELD_OUT; s++)
        if (names[s] &&
            !(found.splits[s] = nt_arena_printf(arena, "%s/%s", info->folder, names[s])))
            return no_memory(info->folder, error);
    *ret = found;
    return NT_OK;
}

/* --- classes ---------------------------------------------------------------------------------- */

/* Whether a stem lies in the folder `name`. */
static bool lies_in(const char *stem, const char *name) {
    size_t length = strlen(name);
    return strncmp(stem, name, length) == 0 && stem[length] == '/';
}

static int compare_stem(const void *stem, const void *name) {
    const char *of = *(const char *const *)name;
    size_t length = strcspn(stem, "/");
    int order = strncmp(stem, of, length);
    return order != 0 ? order : -(of[length] != '\0');
}

int32_t nt_class_number(const char *const *names, int32_t count, const char *stem) {
    const char *const *at = bsearch(stem, names, (size_t)count, sizeof *names, compare_stem);
    return at ? (int32_t)(at - names) : -1;
}

/* How many pictures lie in each class; returns whether some lie in a class's folder itself. */
static bool count_pictures(const nt_picture_files *files, const nt_names *classes,
                           int32_t *ret_counts) {
    bool direct = false;
    for (int32_t i = 0; i < files->count; i++) {
        const char *stem = files->items[i].stem;
        int32_t class = nt_class_number(classes->names, classes->count, stem);
        if (class < 0)
            continue;
        ret_counts[class]++;
        direct = direct || !strchr(stem + strlen(classes->names[class]) + 1, '/');
    }
    return direct;
}

static nt_status say_empty(const char *path, const nt_picture_files *files, nt_error *error) {
    nt_error_in(error, NT_INVALID, path, -1, "is a class's folder without a picture");
    for (int32_t i = 0; i < files->passed_over_count; i++) {
        const nt_passed_over *passed = &files->passed_over[i];
        nt_text advice;
        nt_text_init(&advice);
        bool known = lies_in(passed->example, path) && nt_passed_over_advise(passed, &advice);
        if (known)
            nt_error_hint(error, ".%s files are passed over: %s", passed->ending, advice.bytes);
        nt_text_finish(&advice);
        if (known)
            return NT_INVALID;
    }
    nt_error_hint(error, "take it away, or put pictures into it");
    return NT_INVALID;
}

/* A single folder: the classes may lie deeper. */
static nt_status say_single(const char *folder, const char *name, nt_arena *arena,
                            nt_data_info *info, nt_error *error) {
    const char *path = nt_arena_printf(arena, "%s/%s", folder, name);
    nt_names inner;
    nt_text deeper;
    if (!path)
        return no_memory(folder, error);
    NT_TRY(nt_folders_in(path, arena, &inner, error));
    if (inner.count < 2) {
        const char *line = nt_arena_printf(
            arena, "%s holds a single class, '%s': there is nothing to tell apart", folder, name);
        return line && nt_data_add_note(info, arena, line) ? NT_OK : no_memory(folder, error);
    }
    nt_error_in(error, NT_INVALID, folder, -1, "holds a single class, '%s'", name);
    nt_text_init(&deeper);
    add_names(&inner, &deeper);
    nt_error_hint(error, "if %s are the classes, say that the folder is %s", deeper.bytes, path);
    nt_text_finish(&deeper);
    return NT_INVALID;
}

/* Classes that all hold the same folders, and nothing else, could be splits with unusual names. */
static nt_status note_alike(const char *folder, const nt_names *classes, nt_arena *arena,
                            nt_data_info *info, nt_error *error) {
    nt_names first = {0};
    for (int32_t c = 0; c < classes->count; c++) {
        nt_names inner;
        const char *path = nt_arena_printf(arena, "%s/%s", folder, classes->names[c]);
        if (!path)
            return no_memory(folder, error);
        NT_TRY(nt_folders_in(path, arena, &inner, error));
        if (c == 0)
            first = inner;
        if (inner.count < 2 || inner.count != first.count)
            return NT_OK;
        for (int32_t i = 0; i < inner.count; i++)
            if (strcmp(inner.names[i], first.names[i]) != 0)
                return NT_OK;
    }
    nt_text line;
    nt_text_init(&line);
    nt_text_add(&line, "the classes ");
    add_names(classes, &line);
    nt_text_add(&line, " all hold the folders ");
    add_names(&first, &line);
    nt_text_add(&line, ": if those are the classes, name the splits' folders by 'train' and "
                       "'test'");
    nt_status status = note(info, arena, &line, error);
    nt_text_finish(&line);
    return status;
}

nt_status nt_class_folders_check(const char *folder, const nt_picture_files *files, nt_arena *arena,
                                 nt_data_info *info, nt_error *error) {
    nt_names classes;
    NT_TRY(nt_folders_in(folder, arena, &classes, error));
    if (files->count == 0)
        return nt_picture_files_none(folder, files, error);
    int32_t *counts = NT_ARENA_ARRAY(arena, int32_t, classes.count + 1);
    if (!counts)
        return no_memory(folder, error);
    bool direct = count_pictures(files, &classes, counts);
    nt_status status = NT_OK;
    for (int32_t c = 0; c < classes.count; c++) {
        const char *path = nt_arena_printf(arena, "%s/%s", folder, classes.names[c]);
        if (!path)
            return no_memory(folder, error);
        if (counts[c] == 0)
            status = say_empty(path, files, error);
    }
    NT_TRY(status);
    for (int32_t i = 0; i < files->count; i++)
        if (!strchr(files->items[i].stem, '/'))
            return nt_error_in(error, NT_INVALID, files->items[i].path, -1,
                               "lies in no class's folder");
    if (classes.count == 1)
        return say_single(folder, classes.names[0], arena, info, error);
    return direct ? NT_OK : note_alike(folder, &classes, arena, info, error);
}
