/* A shim around the file system that SQLite would use (sqlite.org/vfs.html). */
#include "failing_disk.h"

#include <signal.h>
#include <sqlite3.h>
#include <unistd.h>

static struct {
    sqlite3_vfs vfs, *real;
    int countdown; /* calls until one fails; 0: none does */
    int code;
    bool from_then_on;
    int failures;
    nt_text *calls; /* or NULL */
} disk;

typedef struct disk_file {
    sqlite3_file base;
    bool journal;
    sqlite3_file *real; /* behind this struct */
} disk_file;

static sqlite3_file *real_of(sqlite3_file *file) {
    return ((disk_file *)file)->real;
}

static bool disk_fails(void) {
    bool fails = disk.countdown > 0 && (--disk.countdown == 0);
    if (fails && disk.from_then_on)
        disk.countdown = 1;
    disk.failures += fails;
    return fails;
}

static int failure(void) {
    if (disk.code == DISK_KILLS)
        kill(getpid(), SIGKILL);
    return disk.code;
}

static void list_call(const char *call) {
    if (disk.calls)
        nt_text_add(disk.calls, call);
}

static int disk_close(sqlite3_file *file) {
    return real_of(file)->pMethods ? real_of(file)->pMethods->xClose(real_of(file)) : SQLITE_OK;
}

static int disk_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 at) {
    return real_of(file)->pMethods->xRead(real_of(file), bytes, size, at);
}

/* A write that fails has done half of its work. */
static int disk_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at) {
    bool fails = disk_fails();
    list_call(((disk_file *)file)->journal ? "j" : "d");
    int code = real_of(file)->pMethods->xWrite(real_of(file), bytes, fails ? size / 2 : size, at);
    return fails ? failure() : code;
}

static int disk_truncate(sqlite3_file *file, sqlite3_int64 size) {
    list_call(((disk_file *)file)->journal ? "t" : "T");
    return disk_fails() ? failure() : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int disk_sync(sqlite3_file *file, int flags) {
    list_call(((disk_file *)file)->journal ? "J" : "D");
    return disk_fails() ? failure() : real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int disk_size(sqlite3_file *file, sqlite3_int64 *ret) {
    return real_of(file)->pMethods->xFileSize(real_of(file), ret);
}

static int disk_lock(sqlite3_file *file, int kind) {
    return real_of(file)->pMethods->xLock(real_of(file), kind);
}

static int disk_unlock(sqlite3_file *file, int kind) {
    return real_of(file)->pMethods->xUnlock(real_of(file), kind);
}

static int disk_check_lock(sqlite3_file *file, int *ret) {
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), ret);
}

static int disk_control(sqlite3_file *file, int op, void *argument) {
    return real_of(file)->pMethods->xFileControl(real_of(file), op, argument);
}

static int disk_sector(sqlite3_file *file) {
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int disk_traits(sqlite3_file *file) {
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                     int *ret_flags) {
    static const sqlite3_io_methods methods = {.iVersion = 1,
                                               .xClose = disk_close,
                                               .xRead = disk_read,
                                               .xWrite = disk_write,
                                               .xTruncate = disk_truncate,
                                               .xSync = disk_sync,
                                               .xFileSize = disk_size,
                                               .xLock = disk_lock,
                                               .xUnlock = disk_unlock,
                                               .xCheckReservedLock = disk_check_lock,
                                               .xFileControl = disk_control,
                                               .xSectorSize = disk_sector,
                                               .xDeviceCharacteristics = disk_traits};
    (void)vfs;
    disk_file *own = (disk_file *)file;
    own->real = (sqlite3_file *)(own + 1);
    own->journal = flags & SQLITE_OPEN_MAIN_JOURNAL;
    int code = disk.real->xOpen(disk.real, name, own->real, flags, ret_flags);
    own->base.pMethods = own->real->pMethods ? &methods : NULL;
    return code;
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync_folder) {
    (void)vfs;
    list_call(sync_folder ? "X" : "x");
    return disk_fails() ? failure() : disk.real->xDelete(disk.real, name, sync_folder);
}

bool disk_start(void) {
    disk.real = sqlite3_vfs_find(NULL);
    disk.vfs = *disk.real;
    disk.vfs.zName = "failing";
    disk.vfs.szOsFile = (int)sizeof(disk_file) + disk.real->szOsFile;
    disk.vfs.xOpen = disk_open;
    disk.vfs.xDelete = disk_delete;
    return sqlite3_vfs_register(&disk.vfs, 1) == SQLITE_OK;
}

void disk_stop(void) {
    disk.countdown = 0;
    disk.calls = NULL;
    sqlite3_vfs_unregister(&disk.vfs);
    sqlite3_vfs_register(disk.real, 1);
}

void disk_fail(int n, int code, bool from_then_on) {
    disk.countdown = n;
    disk.code = code;
    disk.from_then_on = from_then_on;
    disk.failures = 0;
}

int disk_failures(void) {
    return disk.failures;
}

void disk_list(nt_text *calls) {
    disk.calls = calls;
}
