/* One recursion, told what to do with each file and with each folder after its files. */
#include "folder_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { DEEPEST = 64 };

/* Below 0: no more of it. `path` is for messages. */
typedef int visit(void *context, int folder, const char *name, const struct stat *info,
                  const char *path);

static int walk(int folder, const char *path, int depth, visit *each, void *context);

static int enter(int above, const char *name, const char *path, int depth, visit *each,
                 void *context) {
    int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 || depth == DEEPEST ? (fd < 0 ? 0 : close(fd))
                                      : walk(fd, path, depth + 1, each, context);
}

/* Takes `folder`. */
static int walk(int folder, const char *path, int depth, visit *each, void *context) {
    int result = 0;
    DIR *stream = fdopendir(folder);
    if (!stream)
        return close(folder);
    for (const struct dirent *item; result == 0 && (item = readdir(stream));) {
        nt_text below;
        struct stat info;
        if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0 ||
            fstatat(dirfd(stream), item->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        nt_text_init(&below);
        nt_text_printf(&below, "%s/%s", path, item->d_name);
        if (S_ISDIR(info.st_mode))
            result = enter(dirfd(stream), item->d_name, below.bytes, depth, each, context);
        result = result == 0 && below.failed ? -1 : result;
        if (result == 0)
            result = each(context, dirfd(stream), item->d_name, &info, below.bytes);
        nt_text_finish(&below);
    }
    closedir(stream);
    return result;
}

/* --- size ------------------------------------------------------------------------------------- */

static int add_size(void *context, int folder, const char *name, const struct stat *info,
                    const char *path) {
    nt_folder_size *size = context;
    (void)folder, (void)name, (void)path;
    if (S_ISDIR(info->st_mode))
        return 0;
    size->bytes += info->st_size;
    if (info->st_mtime > size->changed)
        size->changed = info->st_mtime;
    return 0;
}

void nt_folder_measure(const char *path, nt_folder_size *ret) {
    *ret = (nt_folder_size){0};
    enter(AT_FDCWD, path, path, 0, add_size, ret);
}

/* --- removing --------------------------------------------------------------------------------- */

static nt_status cannot(nt_error *error, const char *path) {
    return nt_error_in(error, NT_IO, path, -1, "cannot remove it: %s", strerror(errno));
}

static int drop(void *context, int folder, const char *name, const struct stat *info,
                const char *path) {
    if (unlinkat(folder, name, S_ISDIR(info->st_mode) ? AT_REMOVEDIR : 0) == 0)
        return 0;
    cannot(context, path);
    return -1;
}

nt_status nt_folder_remove(const char *path, nt_error *error) {
    if (enter(AT_FDCWD, path, path, 0, drop, error) != 0)
        return NT_IO;
    return rmdir(path) == 0 ? NT_OK : cannot(error, path);
}

/* --- locks ------------------------------------------------------------------------------------ */

bool nt_folder_in_use(const char *path) {
    struct stat info;
    char line[256];
    bool found = false;
    FILE *locks = stat(path, &info) == 0 ? fopen("/proc/locks", "re") : NULL;
    while (locks && !found && fgets(line, sizeof line, locks)) {
        unsigned upper, lower;
        unsigned long long inode;
        char kind[16];
        if (sscanf(line, "%*d: %15s %*s %*s %*d %x:%x:%llu", kind, &upper, &lower, &inode) == 4)
            found = strcmp(kind, "FLOCK") == 0 && inode == (unsigned long long)info.st_ino &&
                    makedev(upper, lower) == info.st_dev;
    }
    if (locks)
        fclose(locks);
    return found;
}
