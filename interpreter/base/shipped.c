/* Where a name is sought is a list of paths; the first that is there is meant. */
#include "shipped.h"

#include "build_info.h"
#include "file.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct sort {
    const char *what;    /* in messages */
    const char *folder;  /* below the root */
    const char *ending;  /* of its files */
    const char *by_path; /* how files of elsewhere name the folder; NULL: not at all */
} sorts[] = {
    [NT_SHIPPED_GRAPH] = {"graph", "graphs", ".yaml", NULL},
    [NT_SHIPPED_BLOCKS] = {"file of blocks", "graphs/blocks", ".yaml", "blocks/"},
    [NT_SHIPPED_SUITE] = {"suite", "experiments", ".yaml", NULL},
    [NT_SHIPPED_HOOK] = {"hook", "experiments/lua", ".lua", NULL},
};

/* --- where they are --------------------------------------------------------------------------- */

/* The source tree, if the program is in a build folder: Meson writes there which it is. */
static const char *source_tree(const char *program, nt_arena *arena) {
    enum { LONGEST = 1 << 16 };
    nt_bytes file;
    nt_error ignored;
    const char *note = nt_arena_printf(arena, "%s/" NT_BUILD_SOURCE_NOTE, program);
    struct stat info;
    if (!note || stat(note, &info) != 0)
        return NULL;
    nt_error_init(&ignored);
    nt_status status = nt_file_read(note, LONGEST, &file, &ignored);
    nt_error_finish(&ignored);
    if (status != NT_OK)
        return NULL;
    const char *text = (const char *)file.bytes;
    const char *folder = nt_arena_substring(arena, text, strcspn(text, "\n"));
    nt_bytes_finish(&file);
    return folder;
}

const char *nt_shipped_root(nt_arena *arena) {
    char real[PATH_MAX];
    const char *program = nt_program_folder(arena);
    const char *folder = program ? source_tree(program, arena) : NULL;
    if (folder)
        return nt_folder_exists(folder) ? folder : NULL;
    if (nt_build_share[0] == '/')
        folder = nt_build_share;
    else if (program)
        folder = nt_arena_printf(arena, "%s/%s", program, nt_build_share);
    return folder && realpath(folder, real) ? nt_arena_string(arena, real) : NULL;
}

const char *nt_shipped_folder(nt_shipped sort, nt_arena *arena) {
    const char *root = nt_shipped_root(arena);
    const char *folder = root ? nt_arena_printf(arena, "%s/%s", root, sorts[sort].folder) : NULL;
    return folder && nt_folder_exists(folder) ? folder : NULL;
}

/* --- where a name is sought ------------------------------------------------------------------- */

bool nt_shipped_is_bare(const char *name) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    return name[0] != '\0' && name[0] != '-' && name[strspn(name, letters)] == '\0';
}

/* What can't be looked at counts as there: opening it says why. */
static bool is_there(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 ? !S_ISDIR(info.st_mode) : errno != ENOENT && errno != ENOTDIR;
}

static const char *own(const nt_sought *sought, const char *ending, nt_arena *arena) {
    const char *name = nt_arena_printf(arena, "%s%s", sought->name, ending);
    return !name || !sought->beside ? name : nt_path_beside(arena, sought->beside, name);
}

enum { MOST_PLACES = 3 };

/* In their order. Returns how many; a path that memory lacked for is NULL. */
static int list_places(const nt_sought *sought, nt_arena *arena, const char *ret[MOST_PLACES]) {
    const struct sort *sort = &sorts[sought->sort];
    const char *folder = nt_shipped_folder(sought->sort, arena);
    size_t by_path = sort->by_path ? strlen(sort->by_path) : 0;
    int count = 0;
    ret[count++] = own(sought, "", arena);
    if (nt_shipped_is_bare(sought->name)) {
        ret[count++] = own(sought, sort->ending, arena);
        if (folder)
            ret[count++] = nt_arena_printf(arena, "%s/%s%s", folder, sought->name, sort->ending);
    } else if (folder && by_path > 0 && strncmp(sought->name, sort->by_path, by_path) == 0) {
        ret[count++] = nt_arena_printf(arena, "%s/%s", folder, sought->name + by_path);
    }
    return count;
}

const char *nt_shipped_find(const nt_sought *sought, nt_arena *arena) {
    const char *places[MOST_PLACES];
    int count = list_places(sought, arena, places);
    for (int i = 0; i < count; i++)
        if (places[i] && is_there(places[i]))
            return places[i];
    return NULL;
}

/* --- where there is none ---------------------------------------------------------------------- */

/* The names of a folder's files, without their ending, after the `count` names of `names`. */
static const char **add_names(const char *folder, const char *ending, const char **names,
                              int32_t *count, nt_arena *arena) {
    nt_names files;
    nt_error ignored;
    nt_error_init(&ignored);
    nt_status status = folder ? nt_files_in(folder, ending, arena, &files, &ignored) : NT_INVALID;
    nt_error_finish(&ignored);
    if (status != NT_OK)
        return names;
    const char **all = NT_ARENA_ARRAY(arena, const char *, *count + files.count + 1);
    if (!all)
        return names;
    if (*count > 0)
        memcpy(all, names, (size_t)*count * sizeof *all);
    for (int32_t i = 0; i < files.count; i++)
        if ((all[*count] = nt_arena_substring(arena, files.names[i],
                                              strlen(files.names[i]) - strlen(ending))))
            ++*count;
    return all;
}

/* Of the program's own files, and unless it is NULL of those in `folder`. */
static const char *nearest(nt_shipped sort, const char *folder, const char *name, nt_arena *arena) {
    const char **names = NULL;
    int32_t count = 0;
    names = add_names(folder, sorts[sort].ending, names, &count, arena);
    names = add_names(nt_shipped_folder(sort, arena), sorts[sort].ending, names, &count, arena);
    return names ? nt_nearest(name, names) : NULL;
}

/* "residual" of "blocks/residual.yaml" and of itself. */
static const char *stem(const char *name, nt_arena *arena) {
    const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
    const char *dot = strrchr(base, '.');
    return nt_arena_substring(arena, base, dot ? (size_t)(dot - base) : strlen(base));
}

const char *nt_shipped_missing(const nt_sought *sought, nt_arena *arena, const char **ret_near) {
    const char *places[MOST_PLACES];
    const struct sort *sort = &sorts[sought->sort];
    int count = list_places(sought, arena, places);
    const char *folder = sought->beside ? nt_path_beside(arena, sought->beside, ".") : ".";
    const char *text = nt_arena_printf(arena, "there is no %s '%.80s'", sort->what, sought->name);
    bool told = count == 1 && places[0] && strcmp(places[0], sought->name) == 0;
    for (int i = 0; text && i < count && !told; i++) {
        const char *before = i == 0 ? ": sought as " : i == count - 1 ? " and " : ", ";
        text = nt_arena_printf(arena, "%s%s%s", text, before, places[i] ? places[i] : "");
    }
    if (text && !nt_shipped_folder(sought->sort, arena))
        text = nt_arena_printf(arena,
                               "%s; what comes with the program is not where it was "
                               "installed",
                               text);
    const char *name = stem(sought->name, arena);
    *ret_near = name ? nearest(sought->sort, folder, name, arena) : NULL;
    return text;
}

const char *nt_shipped_name(const nt_sought *sought, nt_arena *arena) {
    const char *name = stem(sought->name, arena);
    const char *folder = nt_shipped_folder(sought->sort, arena), *path;
    if (!name || !folder || !nt_shipped_is_bare(name))
        return NULL;
    path = nt_arena_printf(arena, "%s/%s%s", folder, name, sorts[sought->sort].ending);
    return path && is_there(path) ? name : NULL;
}

nt_status nt_shipped_open(const nt_sought *sought, nt_arena *arena, const char **ret,
                          nt_error *error) {
    const char *near = NULL, *path = nt_shipped_find(sought, arena);
    if (!path && !nt_shipped_is_bare(sought->name))
        path = own(sought, "", arena);
    if (path) {
        *ret = path;
        return NT_OK;
    }
    const char *text =
        nt_shipped_is_bare(sought->name) ? nt_shipped_missing(sought, arena, &near) : NULL;
    if (!text)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    nt_error_say(error, NT_INVALID, "%s", text);
    if (near)
        nt_error_hint(error, "did you mean '%s'?", near);
    return NT_INVALID;
}
