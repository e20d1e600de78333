/* Folders of pictures, sorted by name so that an order of samples never depends on the file system.
 * A TIFF of several pages is as many pictures. What has another ending is counted. */
#include "picture_list.h"

#include "alloc.h"
#include "picture.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

typedef struct listing {
    nt_arena *arena;
    size_t root; /* length of the folder's path, with the slash */
    nt_picture_file *items;
    size_t count, capacity;
    nt_passed_over *passed;
    size_t passed_count, passed_capacity;
    nt_error *error;
} listing;

static nt_status no_memory(nt_error *error, const char *path) {
    return nt_error_in(error, NT_NO_MEMORY, path, -1, "out of memory listing pictures");
}

/* --- walking ---------------------------------------------------------------------------------- */

static nt_status add_picture(listing *l, const char *path) {
    const char *inside = path + l->root;
    if (!nt_grow((void **)&l->items, &l->capacity, l->count, sizeof *l->items))
        return no_memory(l->error, path);
    nt_picture_file *file = &l->items[l->count];
    file->path = path;
    file->page = 0;
    file->stem = nt_arena_substring(l->arena, inside, (size_t)(strrchr(inside, '.') - inside));
    l->count++;
    return file->stem ? NT_OK : no_memory(l->error, path);
}

enum { ENDING = 12 };

/* In lower case; of compressed NIfTI both parts. What is long or a number is part of a name. */
static void ending_of(const char *name, char ret[ENDING]) {
    const char *dot = strrchr(name, '.');
    size_t length = strlen(name);
    ret[0] = '\0';
    if (length > 7 && strcasecmp(name + length - 7, ".nii.gz") == 0)
        dot = name + length - 7;
    if (!dot || strlen(dot + 1) >= ENDING || dot[1 + strspn(dot + 1, "0123456789")] == '\0')
        return;
    for (size_t i = 0; i <= strlen(dot + 1); i++)
        ret[i] = (char)tolower((unsigned char)dot[1 + i]);
}

static nt_status pass_over(listing *l, const char *path, const char *name) {
    char ending[ENDING];
    ending_of(name, ending);
    for (size_t i = 0; i < l->passed_count; i++)
        if (strcmp(l->passed[i].ending, ending) == 0) {
            nt_passed_over *p = &l->passed[i];
            p->example = strcmp(path, p->example) < 0 ? path : p->example;
            p->count++;
            return NT_OK;
        }
    const char *kept = nt_arena_string(l->arena, ending);
    if (!kept ||
        !nt_grow((void **)&l->passed, &l->passed_capacity, l->passed_count, sizeof *l->passed))
        return no_memory(l->error, path);
    l->passed[l->passed_count++] = (nt_passed_over){kept, path, 1};
    return NT_OK;
}

static nt_status walk(listing *l, const char *folder, int depth);

static nt_status add_entry(listing *l, const char *folder, const char *name, int depth) {
    struct stat info;
    if (name[0] == '.')
        return NT_OK;
    const char *path = nt_arena_printf(l->arena, "%s/%s", folder, name);
    if (!path)
        return no_memory(l->error, folder);
    if (stat(path, &info) != 0)
        return nt_error_in(l->error, NT_INVALID, path, -1, "%s", strerror(errno));
    if (S_ISDIR(info.st_mode))
        return walk(l, path, depth + 1);
    if (!S_ISREG(info.st_mode) && !nt_picture_named(name))
        return NT_OK; /* a FIFO, say; one that is called like a picture is refused when it is read
                       */
    return nt_picture_named(name) ? add_picture(l, path) : pass_over(l, path, name);
}

static nt_status walk(listing *l, const char *folder, int depth) {
    enum { DEEPEST = 32 }; /* a link may lead back */
    nt_status status = NT_OK;
    if (depth > DEEPEST)
        return nt_error_in(l->error, NT_INVALID, folder, -1, "lies more than %d folders deep",
                           DEEPEST);
    DIR *dir = opendir(folder);
    if (!dir)
        return nt_error_in(l->error, NT_INVALID, folder, -1, "cannot be listed: %s",
                           strerror(errno));
    for (struct dirent *entry; status == NT_OK && (entry = readdir(dir)) != NULL;)
        status = add_entry(l, folder, entry->d_name, depth);
    closedir(dir);
    return status;
}

/* --- pages ------------------------------------------------------------------------------------ */

/* Of one file; count 0: it is one picture, or no good, as reading it will tell. */
typedef struct pages {
    int32_t *numbers;
    int32_t count;
} pages;

typedef struct counting {
    const nt_picture_file *files;
    pages *pages;
} counting;

static bool may_have_pages(const nt_picture_file *file) {
    const char *dot = strrchr(file->path, '.');
    return strcasecmp(dot, ".tif") == 0 || strcasecmp(dot, ".tiff") == 0;
}

static nt_status count_pages(const void *context, int32_t i, nt_error *error) {
    const counting *c = context;
    nt_error passing;
    if (!may_have_pages(&c->files[i]) || c->pages[i].count > 0)
        return NT_OK;
    nt_error_init(&passing);
    nt_status status =
        nt_picture_pages(c->files[i].path, &c->pages[i].numbers, &c->pages[i].count, &passing);
    nt_error_finish(&passing);
    return status == NT_NO_MEMORY ? no_memory(error, c->files[i].path) : NT_OK;
}

static nt_status add_pages(listing *l, nt_picture_file file, const pages *p) {
    for (int32_t k = 0; k < p->count; k++) {
        int32_t page = p->numbers[k];
        nt_picture_file of_page = {nt_arena_printf(l->arena, "%s#%d", file.path, page),
                                   nt_arena_printf(l->arena, "%s#%d", file.stem, page), page};
        if (!of_page.path || !of_page.stem ||
            !nt_grow((void **)&l->items, &l->capacity, l->count, sizeof *l->items))
            return no_memory(l->error, file.path);
        l->items[l->count++] = of_page;
    }
    return NT_OK;
}

/* Puts the pages in the places of files that have several. */
static nt_status expand(listing *l, const pages *all) {
    size_t files = l->count, kept = 0;
    nt_status status = NT_OK;
    for (size_t i = 0; status == NT_OK && i < files; i++)
        if (all[i].count > 1)
            status = add_pages(l, l->items[i], &all[i]);
    for (size_t i = 0; i < l->count; i++)
        if (i >= files || all[i].count <= 1)
            l->items[kept++] = l->items[i];
    l->count = kept;
    return status;
}

static nt_status find_pages(listing *l) {
    size_t files = l->count, size = files * sizeof(pages);
    bool any = false;
    for (size_t i = 0; i < files; i++)
        any = any || may_have_pages(&l->items[i]);
    if (!any)
        return NT_OK;
    pages *all = nt_alloc_zero(size);
    if (!all)
        return no_memory(l->error, l->items[0].path);
    nt_status status =
        nt_read_samples((int32_t)files, count_pages, &(counting){l->items, all}, l->error);
    if (status == NT_OK)
        status = expand(l, all);
    for (size_t i = 0; i < files; i++)
        nt_free(all[i].numbers, (size_t)all[i].count * sizeof *all[i].numbers);
    nt_free(all, size);
    return status;
}

/* --- order ------------------------------------------------------------------------------------ */

size_t nt_picture_stem_length(const nt_picture_file *file) {
    return file->page ? (size_t)(strrchr(file->stem, '#') - file->stem) : strlen(file->stem);
}

bool nt_picture_same_file(const nt_picture_file *a, const nt_picture_file *b) {
    size_t length = nt_picture_stem_length(a);
    return a->page && b->page && length == nt_picture_stem_length(b) &&
           memcmp(a->stem, b->stem, length) == 0;
}

static int by_name(const void *a, const void *b) {
    const nt_picture_file *x = a, *y = b;
    int order = strcmp(x->stem, y->stem);
    return order != 0 ? order : strcmp(x->path, y->path);
}

static int by_file(const void *a, const void *b) {
    const nt_picture_file *x = a, *y = b;
    size_t of_x = nt_picture_stem_length(x), of_y = nt_picture_stem_length(y);
    int order = memcmp(x->stem, y->stem, of_x < of_y ? of_x : of_y);
    if (order != 0)
        return order;
    return of_x != of_y ? (of_x > of_y) - (of_x < of_y) : (x->page > y->page) - (x->page < y->page);
}

static int by_count(const void *a, const void *b) {
    const nt_passed_over *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count) - (x->count > y->count)
                                : strcmp(x->ending, y->ending);
}

static nt_status check_names(const listing *l) {
    for (size_t i = 1; i < l->count; i++)
        if (strcmp(l->items[i - 1].stem, l->items[i].stem) == 0)
            return nt_error_in(l->error, NT_INVALID, l->items[i].path, -1,
                               "has the name of %s but for the ending", l->items[i - 1].path);
    return NT_OK;
}

static nt_status finish(listing *l, const char *folder, nt_picture_files *ret) {
    nt_picture_files files = {.count = (int32_t)l->count,
                              .passed_over_count = (int32_t)l->passed_count};
    if (l->passed_count > 0) {
        qsort(l->passed, l->passed_count, sizeof *l->passed, by_count);
        files.passed_over = nt_arena_copy(l->arena, l->passed, l->passed_count * sizeof *l->passed);
        if (!files.passed_over)
            return no_memory(l->error, folder);
    }
    if (l->count > 0) {
        qsort(l->items, l->count, sizeof *l->items, by_name);
        NT_TRY(check_names(l));
        NT_TRY(find_pages(l));
        qsort(l->items, l->count, sizeof *l->items, by_name);
        NT_TRY(check_names(l));
        qsort(l->items, l->count, sizeof *l->items, by_file);
        files.count = (int32_t)l->count;
        files.items = nt_arena_copy(l->arena, l->items, l->count * sizeof *l->items);
        if (!files.items)
            return no_memory(l->error, folder);
    }
    *ret = files;
    return NT_OK;
}

nt_status nt_picture_files_list(const char *folder, nt_arena *arena, nt_picture_files *ret,
                                nt_error *error) {
    listing l = {.arena = arena, .root = strlen(folder) + 1, .error = error};
    nt_status status = walk(&l, folder, 0);
    if (status == NT_OK)
        status = finish(&l, folder, ret);
    nt_free(l.items, l.capacity * sizeof *l.items);
    nt_free(l.passed, l.passed_capacity * sizeof *l.passed);
    return status;
}
