/* How bytes come from a URL is transfer_file.c's and transfer_http.c's, reading tar and gzip is
 * libarchive's; nothing that an archive says about paths is left to the latter. A member must be a
 * plain file or a folder whose path, name by name, stays in the kind's folder. Links are refused,
 * so what is written under the new, private folder stays there. Owners, modes and times are not
 * taken over. */
#include "download.h"

#include "build_info.h"
#include "file.h"
#include "signals.h"
#include "transfer_private.h"
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct job {
    const nt_fetch *fetch;
    nt_arena arena;
    const char *url, *md5;
    const char *target;  /* DIR/FOLDER, where the data are to be */
    const char *work;    /* holds all that is temporary: */
    const char *archive; /* the download */
    const char *fresh;   /* FOLDER, unpacked */
    int64_t size;        /* bytes downloaded */
    nt_error *error;
} job;

static nt_status out_of_memory(job *j) {
    return nt_error_say(j->error, NT_NO_MEMORY, "out of memory fetching %s",
                        j->fetch->kind->kind.name);
}

static nt_status cannot(job *j, const char *verb, const char *path) {
    return nt_error_in(j->error, NT_IO, path, -1, "cannot %s: %s", verb, strerror(errno));
}

/* --- interruption and progress ---------------------------------------------------------------- */

static nt_status check_signals(job *j) {
    nt_status status = nt_signals_status();
    if (status != NT_OK)
        nt_error_say(j->error, status, "%s; nothing was changed", nt_status_text(status));
    return status;
}

static void tell(const job *j, const char *what, int64_t done, int64_t total) {
    char detail[64];
    if (total > 0)
        snprintf(detail, sizeof detail, "%.1f of %.1f MB", 1e-6 * (double)done,
                 1e-6 * (double)total);
    else
        snprintf(detail, sizeof detail, "%.1f MB", 1e-6 * (double)done);
    nt_progress_step(j->fetch->progress, what, detail, (done + 999) / 1000, (total + 999) / 1000);
}

/* --- downloading ------------------------------------------------------------------------------ */

typedef struct download {
    job *job;
    FILE *file;
    nt_digest *digest;
    int failure; /* errno of the write that failed, or 0 */
} download;

static bool take(void *context, const void *bytes, size_t size) {
    download *d = context;
    if (fwrite(bytes, 1, size, d->file) != size) {
        d->failure = errno;
        return false;
    }
    nt_digest_add(d->digest, bytes, size);
    d->job->size += (int64_t)size;
    return nt_signals_status() == NT_OK;
}

static bool watch(void *context, int64_t done, int64_t total) {
    const download *d = context;
    if (done > 0)
        tell(d->job, "downloading (kB)", done, total);
    return nt_signals_status() == NT_OK;
}

static nt_status say_undelivered(job *j, const char *why) {
    const nt_data_source *source = j->fetch->kind->source;
    nt_error_say(j->error, NT_FAILED, "cannot download %s: %s", j->url, why);
    nt_error_hint(j->error, "by hand: get %s elsewhere, check that its MD5 is %s, unpack it in %s",
                  source->url, source->md5, j->fetch->folder);
    return NT_FAILED;
}

static bool is_file(const char *url) {
    return strncasecmp(url, "file:", 5) == 0;
}

static nt_status transfer(download *d) {
    job *j = d->job;
    char why[NT_TRANSFER_WHY] = "";
    const nt_transfer to = {take, watch, d};
    nt_status status =
        is_file(j->url) ? nt_transfer_file(j->url, &to, why) : nt_transfer_http(j->url, &to, why);
    NT_TRY(check_signals(j));
    if (d->failure != 0) {
        errno = d->failure;
        return cannot(j, "write", j->archive);
    }
    if (status == NT_NO_MEMORY)
        return out_of_memory(j);
    return status == NT_OK ? NT_OK : say_undelivered(j, why);
}

static nt_status check_md5(job *j, const char *found) {
    if (strcasecmp(found, j->md5) == 0)
        return NT_OK;
    nt_error_say(j->error, NT_FAILED, "the MD5 of %s is %s, not %s: it is damaged or another file",
                 j->url, found, j->md5);
    nt_error_hint(j->error, "nothing was unpacked; try again, or another address");
    return NT_FAILED;
}

static nt_status get_archive(job *j) {
    download d = {.job = j, .digest = nt_digest_new_md5()};
    char found[NT_DIGEST_HEX];
    if (!d.digest)
        return nt_error_say(j->error, NT_FAILED,
                            "cannot compute an MD5: out of memory, or forbidden on this system");
    d.file = fopen(j->archive, "wbxe");
    nt_status status = d.file ? transfer(&d) : cannot(j, "write", j->archive);
    nt_digest_end(d.digest, found);
    if (d.file && fclose(d.file) != 0 && status == NT_OK)
        status = cannot(j, "write", j->archive);
    return status == NT_OK ? check_md5(j, found) : status;
}

/* --- unpacking -------------------------------------------------------------------------------- */

/* Whether a member's path is `folder` or lies in it, with no empty, "." or ".." name on the way. */
static bool lies_in(const char *path, const char *folder) {
    size_t length = strlen(folder);
    if (strncmp(path, folder, length) != 0 || (path[length] != '/' && path[length] != '\0'))
        return false;
    for (const char *name = path + length; *name == '/'; name += length) {
        length = strcspn(++name, "/");
        bool last = name[length] == '\0';
        if ((length == 0 && !last) || (length == 1 && name[0] == '.') ||
            (length == 2 && name[0] == '.' && name[1] == '.'))
            return false;
    }
    return true;
}

/* Refuses a member, named so that it can't drive a terminal. */
static nt_status refuse(job *j, const char *path, const char *why) {
    char *shown = nt_arena_string(&j->arena, path ? path : "?");
    if (!shown)
        return out_of_memory(j);
    for (char *p = shown; *p; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
    return nt_error_say(j->error, NT_FAILED, "refused to unpack %s: its member '%s' %s", j->url,
                        shown, why);
}

static nt_status say_unreadable(job *j, struct archive *in) {
    const char *why = archive_error_string(in);
    return nt_error_say(j->error, NT_FAILED, "cannot unpack %s: %s", j->url,
                        why ? why : "it is no tar.gz archive");
}

static nt_status copy_bytes(job *j, struct archive *in, nt_file *file) {
    char piece[1 << 15];
    la_ssize_t size;
    while ((size = archive_read_data(in, piece, sizeof piece)) > 0) {
        nt_file_write(file, piece, (size_t)size);
        NT_TRY(check_signals(j));
        tell(j, "unpacking (kB)", archive_filter_bytes(in, -1), j->size);
    }
    return size < 0 ? say_unreadable(j, in) : NT_OK;
}

/* Writes one file; the folder that it is in may have no member of its own. */
static nt_status write_member(job *j, struct archive *in, const char *path) {
    nt_file *file;
    const char *folder = nt_arena_substring(&j->arena, path, (size_t)(strrchr(path, '/') - path));
    if (!folder)
        return out_of_memory(j);
    NT_TRY(nt_folder_make(folder, j->error));
    NT_TRY(nt_file_create(path, &file, j->error));
    nt_status status = copy_bytes(j, in, file);
    if (status == NT_OK)
        return nt_file_commit(file, j->error);
    nt_file_abandon(file);
    return status;
}

static nt_status unpack_member(job *j, struct archive *in, struct archive_entry *entry) {
    const char *name = archive_entry_pathname(entry);
    mode_t type = archive_entry_filetype(entry);
    if (!name || !lies_in(name, j->fetch->kind->folder))
        return refuse(j, name, "lies outside of the data's folder");
    if ((type != AE_IFREG && type != AE_IFDIR) || archive_entry_hardlink(entry))
        return refuse(j, name, "is neither a plain file nor a folder");
    const char *path = nt_arena_printf(&j->arena, "%s/%s", j->work, name);
    if (!path)
        return out_of_memory(j);
    return type == AE_IFDIR ? nt_folder_make(path, j->error) : write_member(j, in, path);
}

static nt_status unpack_members(job *j, struct archive *in, int file) {
    enum { READ_SIZE = 1 << 16 };
    struct archive_entry *entry;
    if (archive_read_support_format_tar(in) != ARCHIVE_OK ||
        archive_read_support_filter_gzip(in) != ARCHIVE_OK ||
        archive_read_open_fd(in, file, READ_SIZE) != ARCHIVE_OK)
        return say_unreadable(j, in);
    for (;;) {
        int got = archive_read_next_header(in, &entry);
        if (got == ARCHIVE_EOF)
            return NT_OK;
        if (got != ARCHIVE_OK && got != ARCHIVE_WARN)
            return say_unreadable(j, in);
        NT_TRY(unpack_member(j, in, entry));
    }
}

static nt_status unpack(job *j) {
    int64_t size;
    int file;
    NT_TRY(nt_file_open(j->archive, &file, &size, j->error));
    struct archive *in = archive_read_new();
    nt_status status = in ? unpack_members(j, in, file) : out_of_memory(j);
    if (in)
        archive_read_free(in);
    close(file);
    if (status == NT_OK)
        tell(j, "unpacking (kB)", j->size, j->size);
    return status;
}

/* --- the folders ------------------------------------------------------------------------------ */

/* Whether `folder` holds training and test data of the kind; if not, `why` says what is wrong. */
static nt_status check_data(const nt_data_kind *kind, const char *folder, nt_error *why) {
    nt_dataset *dataset;
    struct stat info;
    if (stat(folder, &info) != 0 || !S_ISDIR(info.st_mode))
        return nt_error_say(why, NT_INVALID, "there is no such folder");
    NT_TRY(nt_dataset_open(kind, NULL, folder, NULL, &dataset, why));
    nt_status status = NT_OK;
    for (int split = NT_TRAIN; split <= NT_TEST && status == NT_OK; split++)
        if (nt_dataset_count(dataset, (nt_split)split) == 0)
            status = nt_error_say(why, NT_INVALID, "it has no %s images",
                                  nt_split_name((nt_split)split));
    nt_dataset_free(dataset);
    return status;
}

/* What check_data said, with a file in `folder` called by its name there; NULL without memory. */
static const char *reason(job *j, const nt_error *why, const char *folder) {
    const char *where = why->items[0].where;
    size_t length = strlen(folder);
    if (strncmp(where, folder, length) == 0)
        where += length + (where[length] == '/');
    return where[0] ? nt_arena_printf(&j->arena, "%s: %s", where, why->items[0].message)
                    : nt_arena_string(&j->arena, why->items[0].message);
}

static bool exists(const char *path) {
    struct stat info;
    return lstat(path, &info) == 0;
}

/* *ret: there is nothing to do. NT_FAILED when something else is where the data are to be. */
static nt_status look_at_target(job *j, bool *ret) {
    *ret = false;
    if (j->fetch->force || !exists(j->target))
        return NT_OK;
    nt_error why;
    nt_error_init(&why);
    nt_status status = check_data(j->fetch->kind, j->target, &why);
    if (status == NT_OK) {
        *ret = true;
    } else {
        const char *text = reason(j, &why, j->target);
        status = nt_error_in(j->error, NT_FAILED, j->target, -1, "is there, but not complete: %s",
                             text ? text : nt_status_text(NT_NO_MEMORY));
        nt_error_hint(j->error, "move it away, or replace it with --force");
    }
    nt_error_finish(&why);
    return status;
}

static nt_status check_fresh(job *j) {
    nt_error why;
    nt_error_init(&why);
    nt_status status = check_data(j->fetch->kind, j->fresh, &why);
    if (status != NT_OK) {
        const char *text = reason(j, &why, j->fresh);
        status =
            nt_error_say(j->error, NT_FAILED, "%s does not hold the data of %s: %s", j->url,
                         j->fetch->kind->kind.name, text ? text : nt_status_text(NT_NO_MEMORY));
    }
    nt_error_finish(&why);
    return status;
}

/* Data to be replaced change places with the new in one step and vanish with the work folder. */
static nt_status move_into_place(job *j) {
    NT_TRY(check_signals(j));
    unsigned int how = exists(j->target) ? RENAME_EXCHANGE : RENAME_NOREPLACE;
    if (renameat2(AT_FDCWD, j->fresh, AT_FDCWD, j->target, how) == 0)
        return NT_OK;
    if (errno == EINVAL && how == RENAME_NOREPLACE && rename(j->fresh, j->target) == 0)
        return NT_OK; /* the file system has no such flags */
    return cannot(j, how == RENAME_EXCHANGE ? "replace" : "make", j->target);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *place) {
    (void)info;
    (void)type;
    (void)place;
    remove(path);
    return 0;
}

/* What can't be removed shows later: the folder then can't be made anew. */
static void remove_all(const char *folder) {
    enum { OPEN_FOLDERS = 16 };
    nftw(folder, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}

static nt_status work(job *j) {
    remove_all(j->work);
    if (mkdir(j->work, 0777) != 0)
        return cannot(j, "make the folder", j->work);
    nt_status status = get_archive(j);
    if (status == NT_OK)
        status = unpack(j);
    if (status == NT_OK)
        status = check_fresh(j);
    if (status == NT_OK)
        status = move_into_place(j);
    remove_all(j->work);
    return status;
}

/* --- the whole -------------------------------------------------------------------------------- */

static nt_status check_request(const job *j) {
    static const char *const schemes[] = {"https://", "http://", "file://"};
    bool known = false;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        known = known || strncasecmp(j->url, schemes[i], strlen(schemes[i])) == 0;
    if (!known)
        return nt_error_say(j->error, NT_USAGE, "'%s' is no http, https or file URL", j->url);
    if (strlen(j->md5) != 32 || strspn(j->md5, "0123456789abcdefABCDEF") != 32)
        return nt_error_say(j->error, NT_USAGE, "'%s' is no MD5: it has 32 hexadecimal digits",
                            j->md5);
    if (!is_file(j->url) && !nt_feature_curl.built) {
        nt_error_say(j->error, NT_USAGE, "this build cannot download %s: it has no libcurl",
                     j->url);
        nt_feature_hint(&nt_feature_curl, j->error);
        return NT_USAGE;
    }
    return NT_OK;
}

static nt_status name_paths(job *j) {
    const nt_fetch *fetch = j->fetch;
    const char *folder = fetch->kind->folder;
    j->target = nt_arena_printf(&j->arena, "%s/%s", fetch->folder, folder);
    j->work = nt_arena_printf(&j->arena, "%s/.nontrivial-fetch-%s", fetch->folder,
                              fetch->kind->kind.name);
    j->archive = nt_arena_printf(&j->arena, "%s/archive", j->work ? j->work : "");
    j->fresh = nt_arena_printf(&j->arena, "%s/%s", j->work ? j->work : "", folder);
    return j->target && j->work && j->archive && j->fresh ? NT_OK : out_of_memory(j);
}

static nt_status fetch_locked(job *j, bool *ret_fetched) {
    bool done;
    NT_TRY(look_at_target(j, &done));
    if (!done)
        NT_TRY(work(j));
    *ret_fetched = !done;
    return NT_OK;
}

static nt_status fetch_into(job *j, bool *ret_fetched) {
    int lock;
    NT_TRY(check_request(j));
    NT_TRY(name_paths(j));
    NT_TRY(nt_folder_make(j->fetch->folder, j->error));
    NT_TRY(nt_folder_lock(j->fetch->folder, &lock, j->error));
    nt_status status = fetch_locked(j, ret_fetched);
    nt_folder_unlock(lock);
    return status;
}

nt_status nt_data_fetch(const nt_fetch *fetch, bool *ret_fetched, nt_error *error) {
    const nt_data_source *source = fetch->kind->source;
    if (!source || !source->url) {
        nt_error_say(error, NT_USAGE, "%s has no archive to fetch", fetch->kind->kind.name);
        if (source)
            nt_error_hint(error, "%s", source->advice);
        return NT_USAGE;
    }
    job j = {.fetch = fetch,
             .url = fetch->url ? fetch->url : source->url,
             .md5 = fetch->md5 ? fetch->md5 : source->md5,
             .error = error};
    nt_arena_init(&j.arena);
    nt_status status = fetch_into(&j, ret_fetched);
    nt_arena_finish(&j.arena);
    return status;
}
