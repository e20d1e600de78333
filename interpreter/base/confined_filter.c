/* System calls of a confined decoder, by libseccomp: those by which a process computes, allocates
 * and reads, and no others, which fail with EPERM. No memory becomes code, signals go to nobody
 * else, and files are opened to be read alone. */
#include "confined_private.h"

#include <fcntl.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

static const int harmless[] = {
    SCMP_SYS(read),         SCMP_SYS(write),         SCMP_SYS(readv),
    SCMP_SYS(writev),       SCMP_SYS(pread64),       SCMP_SYS(preadv),
    SCMP_SYS(lseek),        SCMP_SYS(_llseek),       SCMP_SYS(close),
    SCMP_SYS(fstat),        SCMP_SYS(fstat64),       SCMP_SYS(newfstatat),
    SCMP_SYS(fstatat64),    SCMP_SYS(statx),         SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),   SCMP_SYS(munmap),        SCMP_SYS(mremap),
    SCMP_SYS(brk),          SCMP_SYS(madvise),       SCMP_SYS(futex),
    SCMP_SYS(exit),         SCMP_SYS(exit_group),    SCMP_SYS(sigreturn),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigaction),  SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(sigaltstack),  SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
    SCMP_SYS(time),         SCMP_SYS(getpid),        SCMP_SYS(gettid),
    SCMP_SYS(getrandom),    SCMP_SYS(sched_yield),   SCMP_SYS(flock),
    SCMP_SYS(fcntl),        SCMP_SYS(fcntl64),       SCMP_SYS(getrlimit),
    SCMP_SYS(ugetrlimit),   SCMP_SYS(sysinfo),       SCMP_SYS(restart_syscall),
};

/* Allows a call where the argument has none of the bits. */
static int allow_without(scmp_filter_ctx filter, int call, unsigned argument, scmp_datum_t bits) {
    struct scmp_arg_cmp none = {argument, SCMP_CMP_MASKED_EQ, bits, 0};
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &none);
}

static int allow_for(scmp_filter_ctx filter, int call, unsigned argument, scmp_datum_t value) {
    struct scmp_arg_cmp same = {argument, SCMP_CMP_EQ, value, 0};
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &same);
}

static int add_rules(scmp_filter_ctx filter) {
    const scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC;
    scmp_datum_t self = (scmp_datum_t)getpid();
    int failed = 0;
    for (size_t i = 0; !failed && i < sizeof harmless / sizeof *harmless; i++)
        failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, harmless[i], 0);
    if (!failed)
        failed = allow_without(filter, SCMP_SYS(mmap), 2, PROT_EXEC);
    if (!failed)
        failed = allow_without(filter, SCMP_SYS(mmap2), 2, PROT_EXEC);
    if (!failed)
        failed = allow_without(filter, SCMP_SYS(mprotect), 2, PROT_EXEC);
    if (!failed)
        failed = allow_without(filter, SCMP_SYS(open), 1, writing);
    if (!failed)
        failed = allow_without(filter, SCMP_SYS(openat), 2, writing);
    if (!failed)
        failed = allow_for(filter, SCMP_SYS(tgkill), 0, self);
    if (!failed)
        failed = allow_for(filter, SCMP_SYS(prlimit64), 0, 0); /* its own */
    return failed ? failed : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(setrlimit), 0);
}

void nt_confined_filter(void) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(1 /* EPERM */));
    if (!filter)
        return;
    if (add_rules(filter) == 0)
        seccomp_load(filter);
    seccomp_release(filter);
}
