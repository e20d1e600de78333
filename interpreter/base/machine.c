/* Everything is read from where Linux tells it, and what can't be read counts as not known: nothing
 * here fails. Of nested control groups the tightest limit counts. */
#include "machine.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- control groups --------------------------------------------------------------------------- */

/* The first line of a file, without its end; false if there is none. */
static bool read_line(const char *path, char *line, int size) {
    FILE *file = fopen(path, "re");
    bool ok = file && fgets(line, size, file);
    if (file)
        fclose(file);
    if (ok)
        line[strcspn(line, "\n")] = '\0';
    return ok;
}

/* Whether `word` is one of the words between commas. */
static bool lists(const char *words, const char *word) {
    size_t length = strlen(word);
    for (; *words; words += strcspn(words, ","), words += *words == ',')
        if (strncmp(words, word, length) == 0 && (words[length] == ',' || words[length] == '\0'))
            return true;
    return false;
}

/* The group of this process under `controller`, or "" for version 2's only tree. */
static bool find_group(const char *controller, char group[PATH_MAX]) {
    char line[PATH_MAX];
    FILE *file = fopen("/proc/self/cgroup", "re");
    bool found = false;
    while (file && !found && fgets(line, sizeof line, file)) {
        char *words = strchr(line, ':'), *path = words ? strchr(words + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = '\0';
        path[strcspn(path, "\n")] = '\0';
        found = controller[0] ? lists(words + 1, controller) : words[1] == '\0';
        if (found)
            snprintf(group, PATH_MAX, "%s", path);
    }
    if (file)
        fclose(file);
    return found;
}

/* Calls `note` with the folder of the process's group and of each above it: the tightest limit
 * counts. Within a container the upper ones may lie outside of what can be seen. */
static void each_group(const char *mount, const char *controller, nt_machine *machine,
                       void (*note)(const char *folder, nt_machine *machine)) {
    char group[PATH_MAX], folder[2 * PATH_MAX];
    if (!find_group(controller, group))
        return;
    for (;;) {
        snprintf(folder, sizeof folder, "%s%s", mount, group);
        note(folder, machine);
        char *slash = strrchr(group, '/');
        if (!slash)
            return;
        *slash = '\0';
    }
}

static void take_quota(nt_machine *m, double quota, double period) {
    if (quota > 0 && period > 0 && (m->quota == 0 || quota / period < m->quota))
        m->quota = quota / period;
}

static void take_limit(nt_machine *m, const char *text) {
    long long limit = strtoll(text, NULL, 10);
    bool real = limit > 0 && (m->memory == 0 || limit < m->memory); /* version 1 says "none" so */
    if (real && (m->memory_limit == 0 || limit < m->memory_limit))
        m->memory_limit = limit;
}

static void note_second(const char *folder, nt_machine *m) {
    char path[3 * PATH_MAX], line[256];
    char *period;
    snprintf(path, sizeof path, "%s/cpu.max", folder); /* "150000 100000", or "max 100000" */
    if (read_line(path, line, sizeof line)) {
        double quota = strtod(line, &period);
        take_quota(m, quota, strtod(period, NULL));
    }
    snprintf(path, sizeof path, "%s/memory.max", folder);
    if (read_line(path, line, sizeof line))
        take_limit(m, line);
}

static void note_first_cpu(const char *folder, nt_machine *m) {
    char path[3 * PATH_MAX], quota[64], period[64];
    snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", folder);
    bool known = read_line(path, quota, sizeof quota);
    snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
    if (known && read_line(path, period, sizeof period))
        take_quota(m, strtod(quota, NULL), strtod(period, NULL));
}

static void note_first_memory(const char *folder, nt_machine *m) {
    char path[3 * PATH_MAX], line[64];
    snprintf(path, sizeof path, "%s/memory.limit_in_bytes", folder);
    if (read_line(path, line, sizeof line))
        take_limit(m, line);
}

/* --- the whole -------------------------------------------------------------------------------- */

static int64_t meminfo(const char *what) {
    char line[256];
    long long kilobytes = 0;
    size_t length = strlen(what);
    FILE *file = fopen("/proc/meminfo", "re");
    while (file && kilobytes == 0 && fgets(line, sizeof line, file))
        if (strncmp(line, what, length) == 0 && line[length] == ':')
            kilobytes = strtoll(line + length + 1, NULL, 10);
    if (file)
        fclose(file);
    return kilobytes * 1024;
}

void nt_machine_look(nt_machine *ret) {
    nt_machine m = {.processors = (int)sysconf(_SC_NPROCESSORS_ONLN)};
    cpu_set_t set;
    m.allowed = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : m.processors;
    m.memory = meminfo("MemTotal");
    m.available = meminfo("MemAvailable");
    each_group("/sys/fs/cgroup", "", &m, note_second);
    each_group("/sys/fs/cgroup/cpu", "cpu", &m, note_first_cpu);
    each_group("/sys/fs/cgroup/memory", "memory", &m, note_first_memory);
    *ret = m;
}

const char *const nt_threads_by_names[] = {"processors", "affinity", "quota", "launcher",
                                           "OMP_NUM_THREADS"};

/* The first number of "4" or "4,2"; 0 where it is none. */
static long first_number(const char *text) {
    char *end;
    long number = text ? strtol(text, &end, 10) : 0;
    return text && end != text && end[strspn(end, " ")] != '\0' && end[strspn(end, " ")] != ','
               ? 0
               : number;
}

int nt_machine_threads(const nt_machine *machine, const char *variable, int launched, int most,
                       nt_threads_by *ret_by) {
    long asked = first_number(variable), count = machine->allowed;
    *ret_by =
        machine->allowed < machine->processors ? NT_THREADS_BY_AFFINITY : NT_THREADS_BY_PROCESSORS;
    if (machine->quota > 0 && machine->quota < (double)count) {
        count = (long)machine->quota;
        *ret_by = NT_THREADS_BY_QUOTA;
    }
    if (launched > 0) {
        count = launched;
        *ret_by = NT_THREADS_BY_LAUNCHER;
    }
    if (asked > 0) {
        count = asked;
        *ret_by = NT_THREADS_BY_VARIABLE;
    }
    return count < 1 ? 1 : count > most ? most : (int)count;
}

int nt_machine_vectors(const char *ret_names[NT_MACHINE_VECTORS]) {
    int count = 0;
#if defined __x86_64__
#define ASK(name)                                                                                  \
    if (__builtin_cpu_supports(name))                                                              \
        ret_names[count++] = name;
    ASK("sse2")
    ASK("avx")
    ASK("avx2")
    ASK("fma")
    ASK("avx512f")
#undef ASK
#elif defined __aarch64__
    ret_names[count++] = "neon";
#else
    (void)ret_names;
#endif
    return count;
}

bool nt_machine_has(const char *vectors) {
    const char *names[NT_MACHINE_VECTORS];
    int count = nt_machine_vectors(names);
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], vectors) == 0)
            return true;
    return false;
}

size_t nt_machine_cache(void) {
    enum { USUAL = 1 << 20 };
    long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
    return bytes > 0 ? (size_t)bytes : USUAL;
}

void nt_machine_processor(char ret[NT_MACHINE_NAME]) {
    static const char key[] = "model name";
    char line[512];
    FILE *file = fopen("/proc/cpuinfo", "re");
    snprintf(ret, NT_MACHINE_NAME, "unknown");
    while (file && fgets(line, sizeof line, file)) {
        char *value = strncmp(line, key, sizeof key - 1) == 0 ? strchr(line, ':') : NULL;
        if (!value)
            continue;
        value += 1 + strspn(value + 1, " ");
        value[strcspn(value, "\n")] = '\0';
        snprintf(ret, NT_MACHINE_NAME, "%.*s", NT_MACHINE_NAME - 1, value);
        break;
    }
    if (file)
        fclose(file);
}
