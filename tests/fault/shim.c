/* Between a program and the system (LD_PRELOAD): the k-th allocation or file call fails, once or
 * from then on, or is where the process is killed; every call is listed; every change to a file is
 * logged, so that a test can make of it what a loss of power would leave. Calls count from main's
 * beginning to its end, and of files those under one folder. Linux with glibc.
 *
 * Environment, taken away from what the process itself starts:
 *
 *     NT_FAULT_UNDER     the folder
 *     NT_FAULT_FAMILY    "memory" or "file": which calls are counted and fail
 *     NT_FAULT_AT        k, from 1; absent: none fails
 *     NT_FAULT_TIMES     how many fail from k on; absent: one
 *     NT_FAULT_ERROR     errno; 0: a read or write of half the bytes; -1: SIGKILL before the call;
 * -2: SIGKILL after half of a write, or after another call NT_FAULT_REPORT    a file, at main's
 * end: "allocations N", "calls N", "injected N", "blocks N" and "descriptors N" that are left; and
 * the stack of the first failure NT_FAULT_LIST      a file: a line a call, "k stack name path",
 * where equal stacks have equal numbers NT_FAULT_LOG       a file: the changes (power.py reads it)
 *
 * Blocks are those that the program itself, jansson or libyaml allocated: other libraries keep
 * some for good. */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_FILES = 4096, SLOTS = 1 << 19, DEPTH = 24, MOST_RANGES = 16 };
enum { HALF = 0, KILL_BEFORE = -1, KILL_AFTER = -2 };

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t align, size_t size);
void __libc_free(void *block);

static struct {
    bool memory, file; /* the family that is counted */
    long at, times;
    int error;
    const char *under, *report, *list_path, *log_path;
    int list, log;
} fault = {.list = -1, .log = -1};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local int inside; /* the shim itself is at work */
static volatile bool counting;
static long allocations, calls, injected;
static bool tracked[MOST_FILES];
static int trace = -1;

/* --- blocks ----------------------------------------------------------------------------------- */

static struct range { uintptr_t begin, end; } ranges[MOST_RANGES];
static int range_count;
static void *blocks[SLOTS];
static long live;

static int note_object(struct dl_phdr_info *info, size_t size, void *user) {
    (void)size, (void)user;
    bool wanted = info->dlpi_name[0] == '\0' || strstr(info->dlpi_name, "libjansson") ||
                  strstr(info->dlpi_name, "libyaml");
    for (int i = 0; wanted && i < info->dlpi_phnum && range_count < MOST_RANGES; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X)
            ranges[range_count++] = (struct range){info->dlpi_addr + info->dlpi_phdr[i].p_vaddr,
                                                   info->dlpi_addr + info->dlpi_phdr[i].p_vaddr +
                                                       info->dlpi_phdr[i].p_memsz};
    return 0;
}

static bool is_ours(const void *caller) {
    for (int i = 0; i < range_count; i++)
        if ((uintptr_t)caller >= ranges[i].begin && (uintptr_t)caller < ranges[i].end)
            return true;
    return false;
}

static size_t slot_of(const void *block) {
    return (size_t)(((uintptr_t)block >> 4) * UINT64_C(11400714819323198485) >> 45) % SLOTS;
}

static void note_block(void *block, const void *caller) {
    if (!counting || !block || !is_ours(caller))
        return;
    pthread_mutex_lock(&lock);
    size_t at = slot_of(block);
    while (blocks[at] && blocks[at] != (void *)1)
        at = (at + 1) % SLOTS;
    blocks[at] = block;
    live++;
    pthread_mutex_unlock(&lock);
}

/* Those that were never noted are none. */
static void forget_block(const void *block) {
    if (!block || live == 0)
        return;
    pthread_mutex_lock(&lock);
    for (size_t at = slot_of(block); blocks[at]; at = (at + 1) % SLOTS)
        if (blocks[at] == block) {
            blocks[at] = (void *)1; /* a slot that was in use */
            live--;
            break;
        }
    pthread_mutex_unlock(&lock);
}

/* --- failing ---------------------------------------------------------------------------------- */

static void list_call(long k, const char *name, const char *path) {
    void *stack[DEPTH];
    char line[600];
    uint64_t hash = 14695981039346656037ULL;
    inside++;
    int depth = backtrace(stack, DEPTH);
    for (int i = 2; i < depth; i++)
        hash = (hash ^ (uintptr_t)stack[i]) * 1099511628211ULL;
    int length = snprintf(line, sizeof line, "%ld %016llx %s %s\n", k, (unsigned long long)hash,
                          name, path ? path : "");
    if (write(fault.list, line, (size_t)length) != length)
        abort();
    inside--;
}

static void leave_trace(void) {
    void *stack[DEPTH];
    if (!fault.report || trace >= 0)
        return;
    inside++;
    trace = open(fault.report, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    backtrace_symbols_fd(stack, backtrace(stack, DEPTH), trace);
    inside--;
}

/* Counts a call of the family; whether it is to fail. */
static bool fails(long *count, const char *name, const char *path) {
    long k = __atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
    if (fault.list >= 0)
        list_call(k, name, path);
    if (fault.at == 0 || k < fault.at || k - fault.at >= fault.times)
        return false;
    __atomic_add_fetch(&injected, 1, __ATOMIC_RELAXED);
    leave_trace();
    if (fault.error == KILL_BEFORE)
        kill(getpid(), SIGKILL);
    return true;
}

static bool memory_fails(void) {
    return counting && !inside && fault.memory && fails(&allocations, "allocate", NULL);
}

void *malloc(size_t size) {
    if (memory_fails()) {
        errno = ENOMEM;
        return NULL;
    }
    void *block = __libc_malloc(size);
    note_block(block, __builtin_return_address(0));
    return block;
}

void *calloc(size_t count, size_t size) {
    if (memory_fails()) {
        errno = ENOMEM;
        return NULL;
    }
    void *block = __libc_calloc(count, size);
    note_block(block, __builtin_return_address(0));
    return block;
}

void *realloc(void *block, size_t size) {
    if (size > 0 && memory_fails()) {
        errno = ENOMEM;
        return NULL;
    }
    forget_block(block);
    void *fresh = __libc_realloc(block, size);
    note_block(fresh, __builtin_return_address(0));
    return fresh;
}

void *memalign(size_t align, size_t size) {
    if (memory_fails()) {
        errno = ENOMEM;
        return NULL;
    }
    void *block = __libc_memalign(align, size);
    note_block(block, __builtin_return_address(0));
    return block;
}

void *aligned_alloc(size_t align, size_t size) {
    if (memory_fails()) {
        errno = ENOMEM;
        return NULL;
    }
    void *block = __libc_memalign(align, size);
    note_block(block, __builtin_return_address(0));
    return block;
}

int posix_memalign(void **ret, size_t align, size_t size) {
    if (memory_fails())
        return ENOMEM;
    *ret = __libc_memalign(align, size);
    note_block(*ret, __builtin_return_address(0));
    return *ret ? 0 : ENOMEM;
}

void free(void *block) {
    forget_block(block);
    __libc_free(block);
}

/* --- files ------------------------------------------------------------------------------------ */

/* The function of this name behind this one; `ret` is a pointer to it. */
static void find_real(const char *name, void *ret) {
    inside++;
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(ret, &found, sizeof found);
    inside--;
}

static bool is_under(const char *path) {
    char whole[4096], folder[2048];
    if (!fault.under || !path)
        return false;
    if (path[0] != '/' && getcwd(folder, sizeof folder)) {
        snprintf(whole, sizeof whole, "%s/%s", folder, path);
        path = whole;
    }
    return strncmp(path, fault.under, strlen(fault.under)) == 0;
}

static bool is_tracked(int fd) {
    return counting && !inside && fd >= 0 && fd < MOST_FILES && tracked[fd];
}

/* Whether the call is to fail; then errno is set. -1 and nothing done is for the caller. */
static bool file_fails(const char *name, const char *path) {
    if (!fault.file || !fails(&calls, name, path))
        return false;
    errno = fault.error;
    return fault.error > 0;
}

static void kill_after(bool was) {
    if (was && fault.error == KILL_AFTER)
        kill(getpid(), SIGKILL);
}

/* A record: a line, then perhaps bytes. */
static void log_change(const void *bytes, size_t size, const char *format, ...) {
    char line[9000];
    va_list arguments;
    if (fault.log < 0)
        return;
    inside++;
    int saved = errno;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (write(fault.log, line, (size_t)length) != length ||
        (size && write(fault.log, bytes, size) != (ssize_t)size))
        abort();
    errno = saved;
    inside--;
}

static unsigned long inode_of(int fd) {
    struct stat info;
    return fstat(fd, &info) == 0 ? (unsigned long)info.st_ino : 0;
}

/* A folder is named by its path, since what it syncs are names. */
static void log_sync(int fd) {
    char link[40], path[4096];
    struct stat info;
    if (fault.log < 0 || fstat(fd, &info) != 0)
        return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    if (S_ISDIR(info.st_mode))
        log_change(NULL, 0, "settle %s\n", path);
    else
        log_change(NULL, 0, "sync %lu\n", (unsigned long)info.st_ino);
}

static void log_write(int fd, const void *bytes, size_t size, off_t at) {
    log_change(bytes, size, "write %lu %lld %zu\n", inode_of(fd), (long long)at, size);
}

static int open_any(int folder, const char *path, int flags, mode_t mode) {
    static int (*real)(int, const char *, int, ...);
    bool ours = counting && !inside && is_under(path);
    struct stat info;
    if (!real)
        find_real("openat", &real);
    if (ours && file_fails(flags & O_CREAT ? "create" : "open", path))
        return -1;
    bool fresh = ours && flags & O_CREAT && fstatat(folder, path, &info, 0) != 0;
    int fd = real(folder, path, flags, mode);
    if (fd >= 0 && fd < MOST_FILES)
        tracked[fd] = ours;
    if (ours && fd >= 0 && fresh)
        log_change(NULL, 0, "create %lu %s\n", inode_of(fd), path);
    else if (ours && fd >= 0 && flags & O_TRUNC)
        log_change(NULL, 0, "truncate %lu 0\n", inode_of(fd));
    if (ours && fault.file && fault.error == KILL_AFTER && fault.at == calls)
        kill_after(true);
    return fd;
}

#define OPEN(name)                                                                                 \
    int name(const char *path, int flags, ...) {                                                   \
        va_list arguments;                                                                         \
        va_start(arguments, flags);                                                                \
        mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;                             \
        va_end(arguments);                                                                         \
        return open_any(AT_FDCWD, path, flags, mode);                                              \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                               \
    int name(int folder, const char *path, int flags, ...) {                                       \
        va_list arguments;                                                                         \
        va_start(arguments, flags);                                                                \
        mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;                             \
        va_end(arguments);                                                                         \
        return open_any(folder, path, flags, mode);                                                \
    }
OPENAT(openat)
OPENAT(openat64)

int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __open_2(const char *path, int flags) {
    return open_any(AT_FDCWD, path, flags, 0);
}
int __open64_2(const char *path, int flags) {
    return open_any(AT_FDCWD, path, flags, 0);
}

/* What is left of a size where half is asked for. */
static size_t half_of(size_t size) {
    return fault.error == HALF || fault.error == KILL_AFTER ? (size + 1) / 2 : size;
}

static ssize_t read_any(int fd, void *bytes, size_t size, off_t at, bool placed) {
    static ssize_t (*real)(int, void *, size_t);
    static ssize_t (*real_at)(int, void *, size_t, off_t);
    if (!real) {
        find_real("read", &real);
        find_real("pread", &real_at);
    }
    bool ours = is_tracked(fd);
    long before = injected;
    if (ours && file_fails("read", NULL))
        return -1;
    if (ours && injected > before && fault.error == HALF)
        size = half_of(size);
    return placed ? real_at(fd, bytes, size, at) : real(fd, bytes, size);
}

ssize_t __read_chk(int fd, void *bytes, size_t size, size_t room);
ssize_t __pread_chk(int fd, void *bytes, size_t size, off_t at, size_t room);
ssize_t __pread64_chk(int fd, void *bytes, size_t size, off_t at, size_t room);

ssize_t read(int fd, void *bytes, size_t size) {
    return read_any(fd, bytes, size, 0, false);
}
ssize_t __read_chk(int fd, void *bytes, size_t size, size_t room) {
    (void)room;
    return read_any(fd, bytes, size, 0, false);
}
ssize_t pread(int fd, void *bytes, size_t size, off_t at) {
    return read_any(fd, bytes, size, at, true);
}
ssize_t pread64(int fd, void *bytes, size_t size, off_t at) {
    return read_any(fd, bytes, size, at, true);
}
ssize_t __pread_chk(int fd, void *bytes, size_t size, off_t at, size_t room) {
    (void)room;
    return read_any(fd, bytes, size, at, true);
}
ssize_t __pread64_chk(int fd, void *bytes, size_t size, off_t at, size_t room) {
    (void)room;
    return read_any(fd, bytes, size, at, true);
}

static ssize_t write_any(int fd, const void *bytes, size_t size, off_t at, bool placed) {
    static ssize_t (*real)(int, const void *, size_t);
    static ssize_t (*real_at)(int, const void *, size_t, off_t);
    if (!real) {
        find_real("write", &real);
        find_real("pwrite", &real_at);
    }
    bool ours = is_tracked(fd);
    long before = injected;
    if (ours && file_fails("write", NULL))
        return -1;
    bool was = ours && injected > before;
    if (was)
        size = half_of(size);
    if (ours && !placed && fault.log >= 0)
        at = lseek(fd, 0, SEEK_CUR);
    ssize_t done = placed ? real_at(fd, bytes, size, at) : real(fd, bytes, size);
    if (ours && done > 0)
        log_write(fd, bytes, (size_t)done, at);
    kill_after(was);
    return done;
}

ssize_t write(int fd, const void *bytes, size_t size) {
    return write_any(fd, bytes, size, 0, false);
}
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
    return write_any(fd, bytes, size, at, true);
}
ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t at) {
    return write_any(fd, bytes, size, at, true);
}

/* A call on a descriptor without bytes: it fails, or is done, logged and perhaps the last. */
#define ON_FILE(declaration, name, call, what, logged)                                             \
    declaration {                                                                                  \
        static __typeof__(&name) real;                                                             \
        if (!real)                                                                                 \
            find_real(#name, &real);                                                               \
        bool ours = is_tracked(fd);                                                                \
        long before = injected;                                                                    \
        if (ours && file_fails(what, NULL))                                                        \
            return -1;                                                                             \
        int status = real call;                                                                    \
        if (ours && status == 0)                                                                   \
            logged;                                                                                \
        kill_after(ours &&injected > before);                                                      \
        return status;                                                                             \
    }

ON_FILE(int fsync(int fd), fsync, (fd), "fsync", log_sync(fd))
ON_FILE(int fdatasync(int fd), fdatasync, (fd), "fsync", log_sync(fd))
ON_FILE(int ftruncate(int fd, off_t size), ftruncate, (fd, size), "truncate",
        log_change(NULL, 0, "truncate %lu %lld\n", inode_of(fd), (long long)size))
ON_FILE(int ftruncate64(int fd, off_t size), ftruncate64, (fd, size), "truncate",
        log_change(NULL, 0, "truncate %lu %lld\n", inode_of(fd), (long long)size))
ON_FILE(int flock(int fd, int what), flock, (fd, what), "lock", (void)0)

/* Whatever close says, the descriptor is gone. */
int close(int fd) {
    static int (*real)(int);
    if (!real)
        find_real("close", &real);
    bool ours = is_tracked(fd);
    if (fd >= 0 && fd < MOST_FILES)
        tracked[fd] = false;
    bool failed = ours && file_fails("close", NULL);
    int saved = errno, status = real(fd);
    if (!failed)
        return status;
    errno = saved;
    return -1;
}

static int lock_call(int fd, int command, void *argument, const char *symbol) {
    static int (*real)(int, int, ...);
    if (!real)
        find_real(symbol, &real);
    bool locks = command == F_SETLK || command == F_SETLKW;
    if (locks && is_tracked(fd) && ((struct flock *)argument)->l_type != F_UNLCK &&
        file_fails("lock", NULL))
        return -1;
    return real(fd, command, argument);
}

#define FCNTL(name)                                                                                \
    int name(int fd, int command, ...) {                                                           \
        va_list arguments;                                                                         \
        va_start(arguments, command);                                                              \
        void *argument = va_arg(arguments, void *);                                                \
        va_end(arguments);                                                                         \
        return lock_call(fd, command, argument, "fcntl");                                          \
    }
FCNTL(fcntl)
FCNTL(fcntl64)

#define MMAP(name)                                                                                 \
    void *name(void *at, size_t size, int access, int flags, int fd, off_t offset) {               \
        static void *(*real)(void *, size_t, int, int, int, off_t);                                \
        if (!real)                                                                                 \
            find_real("mmap", &real);                                                              \
        if (is_tracked(fd) && file_fails("mmap", NULL))                                            \
            return MAP_FAILED;                                                                     \
        return real(at, size, access, flags, fd, offset);                                          \
    }
MMAP(mmap)
MMAP(mmap64)

/* A call on paths. */
#define ON_PATH(declaration, name, call, path, what, logged)                                       \
    declaration {                                                                                  \
        static __typeof__(&name) real;                                                             \
        if (!real)                                                                                 \
            find_real(#name, &real);                                                               \
        bool ours = counting && !inside && is_under(path);                                         \
        long before = injected;                                                                    \
        if (ours && file_fails(what, path))                                                        \
            return -1;                                                                             \
        int status = real call;                                                                    \
        if (ours && status == 0)                                                                   \
            logged;                                                                                \
        kill_after(ours &&injected > before);                                                      \
        return status;                                                                             \
    }

ON_PATH(int rename(const char *from, const char *to), rename, (from, to), from, "rename",
        log_change(NULL, 0, "rename %s\n%s\n", from, to))
ON_PATH(int unlink(const char *path), unlink, (path), path, "unlink",
        log_change(NULL, 0, "unlink %s\n", path))
ON_PATH(int mkdir(const char *path, mode_t mode), mkdir, (path, mode), path, "mkdir",
        log_change(NULL, 0, "mkdir %s\n", path))

/* --- main ------------------------------------------------------------------------------------- */

static int (*real_main)(int, char **, char **);

static long number(const char *name, long otherwise) {
    const char *text = getenv(name);
    return text ? atol(text) : otherwise;
}

static int open_new(const char *path) {
    return path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666) : -1;
}

static void begin(void) {
    static const char *const names[] = {"LD_PRELOAD",      "NT_FAULT_UNDER", "NT_FAULT_FAMILY",
                                        "NT_FAULT_AT",     "NT_FAULT_TIMES", "NT_FAULT_ERROR",
                                        "NT_FAULT_REPORT", "NT_FAULT_LIST",  "NT_FAULT_LOG"};
    const char *family = getenv("NT_FAULT_FAMILY");
    void *stack[2];
    backtrace(stack, 2); /* which loads what it needs */
    dl_iterate_phdr(note_object, NULL);
    fault.memory = family && strcmp(family, "memory") == 0;
    fault.file = family && strcmp(family, "file") == 0;
    fault.at = number("NT_FAULT_AT", 0);
    fault.times = number("NT_FAULT_TIMES", 1);
    fault.error = (int)number("NT_FAULT_ERROR", EIO);
    fault.under = getenv("NT_FAULT_UNDER");
    fault.report = getenv("NT_FAULT_REPORT");
    fault.list = open_new(getenv("NT_FAULT_LIST"));
    fault.log = open_new(getenv("NT_FAULT_LOG"));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]); /* the texts stay where they are */
}

/* Of the first `limit`, those that are open. */
static int open_files(void) {
    int count = 0;
    for (int fd = 3; fd < MOST_FILES; fd++)
        count += tracked[fd] && fcntl(fd, F_GETFD) >= 0;
    return count;
}

static int counted_main(int argc, char **argv, char **environment) {
    begin();
    counting = true;
    int status = real_main(argc, argv, environment);
    counting = false;
    char text[300];
    int fd = trace >= 0     ? trace
             : fault.report ? open(fault.report, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)
                            : -1;
    int length = snprintf(text, sizeof text,
                          "allocations %ld\ncalls %ld\ninjected %ld\nblocks %ld\ndescriptors %d\n",
                          allocations, calls, injected, live, open_files());
    if (fd >= 0 && write(fd, text, (size_t)length) != length)
        abort();
    return status;
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end);

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end) {
    real_main = main;
    __typeof__(&__libc_start_main) real;
    find_real("__libc_start_main", &real);
    return real(counted_main, argc, argv, init, fini, rtld_fini, stack_end);
}
