/* Looks the build and the machine over. Facts first, then what is amiss by them: each complaint
 * comes with what to do, and says whether it stops the main job. Nothing is changed, and the only
 * programs that run are those that are asked for their version. */
#include "doctor.h"

#include "build_info.h"
#include "dist.h"
#include "file.h"
#include "parallel.h"
#include "shipped.h"
#include "vectorise.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LEAST_MEMORY = 256, /* MB: the smallest suite that is shipped needs about half */
    USUAL_MEMORY = 1024 /* MB: those of ResNet34 need three quarters */
};

/* --- facts ------------------------------------------------------------------------------------ */

/* Where a program is, as a shell would find it; NULL: nowhere. */
static const char *find_program(nt_arena *arena, const char *name) {
    const char *folders = getenv("PATH");
    while (folders && *folders) {
        size_t length = strcspn(folders, ":");
        const char *path = nt_arena_printf(arena, "%.*s/%s", (int)length, folders, name);
        if (path && access(path, X_OK) == 0)
            return path;
        folders += length + (folders[length] == ':');
    }
    return NULL;
}

/* The first line of what it prints of its version. */
static const char *ask_version(nt_arena *arena, const char *command) {
    char line[128];
    FILE *output = popen(command, "re");
    const char *version = NULL;
    if (output && fgets(line, sizeof line, output)) {
        line[strcspn(line, "\n")] = '\0';
        version = nt_arena_string(arena, line);
    }
    if (output)
        pclose(output);
    return version;
}

static void find_helpers(nt_arena *arena, nt_checkup *c) {
    static const char *const commands[NT_HELPERS] = {"gnuplot --version 2>&1", "dot -V 2>&1"};
    c->helpers[0] = (nt_helper){.name = "gnuplot", .package = "gnuplot-nox"};
    c->helpers[1] = (nt_helper){.name = "dot", .package = "graphviz"};
    for (int i = 0; i < NT_HELPERS; i++) {
        c->helpers[i].path = find_program(arena, c->helpers[i].name);
        if (c->helpers[i].path)
            c->helpers[i].version = ask_version(arena, commands[i]);
    }
}

static nt_status look(nt_arena *arena, nt_checkup *c) {
    char library[NT_OPS_LIBRARY];
    nt_machine_look(&c->machine);
    nt_ops_library(library); /* "nontrivial, avx512" */
    char *name = nt_arena_string(arena, library), *comma = name ? strchr(name, ',') : NULL;
    if (!name)
        return NT_NO_MEMORY;
    c->library = name;
    c->kernel = comma ? comma + strspn(comma, ", ") : "";
    if (comma)
        *comma = '\0';
    nt_ops_kernels(c->kernels);
    c->kernel_fits =
        !getenv("NONTRIVIAL_KERNEL") || strcmp(getenv("NONTRIVIAL_KERNEL"), c->kernels[0]) == 0;
    c->vectors_used = nt_vectors_wide() ? "avx2" : nt_machine_has("sse2") ? "sse2" : "plain C";
    c->omp_num_threads = getenv("OMP_NUM_THREADS");
    c->threads = nt_machine_threads(&c->machine, c->omp_num_threads, nt_dist_threads(),
                                    NT_MAX_THREADS, &c->threads_by);
    c->data = getenv("NONTRIVIAL_DATA");
    c->data_exists = c->data && nt_folder_exists(c->data);
    find_helpers(arena, c);
    return NT_OK;
}

/* --- complaints ------------------------------------------------------------------------------- */

static void complain(nt_checkup *c, bool stops, const char *what, const char *remedy) {
    if (what && remedy && c->complaint_count < NT_MOST_COMPLAINTS)
        c->complaints[c->complaint_count++] = (nt_complaint){what, remedy, stops};
}

/* A package's build is plain, and brings its own flags. */
static bool is_fast_build(void) {
    return strcmp(nt_build_type, "release") == 0 || strcmp(nt_build_type, "debugoptimized") == 0 ||
           (strcmp(nt_build_type, "plain") == 0 && strstr(nt_build_flags, "-O"));
}

static void check_build(nt_arena *arena, nt_checkup *c) {
    if (!is_fast_build())
        complain(c, false, nt_arena_printf(arena, "this is a slow build (%s)", nt_build_type),
                 "meson configure -Dbuildtype=release");
    for (const nt_feature *const *f = nt_features; *f; f++)
        if (!(*f)->built && *f != &nt_feature_tests)
            complain(c, false, nt_arena_printf(arena, "built without %s", (*f)->gives),
                     nt_arena_printf(arena, "meson configure -D%s=enabled", (*f)->name));
}

static void check_processor(nt_arena *arena, nt_checkup *c) {
    if (!c->kernel_fits)
        complain(c, false,
                 nt_arena_printf(arena,
                                 "NONTRIVIAL_KERNEL has matrix products run with '%s', though "
                                 "'%s' is faster here",
                                 getenv("NONTRIVIAL_KERNEL"), c->kernels[0]),
                 "unset it");
    if (!nt_machine_has("avx2"))
        complain(c, false,
                 "the processor has no AVX2: convolutions run as plain C, several times "
                 "slower",
                 "use an x86-64 processor of 2013 or later");
}

static void check_threads(nt_arena *arena, nt_checkup *c) {
    double quota = c->machine.quota;
    int whole = quota > 1 ? (int)quota : 1;
    if (quota > 0 && whole < c->threads)
        complain(c, false,
                 nt_arena_printf(arena,
                                 "a control group allows %.3g processors, and %d threads "
                                 "would wait for each other",
                                 quota, c->threads),
                 nt_arena_printf(arena, "set OMP_NUM_THREADS to %d, or give commands --threads %d",
                                 whole, whole));
    if (c->omp_num_threads && c->threads_by != NT_THREADS_BY_VARIABLE)
        complain(c, false,
                 nt_arena_printf(arena, "OMP_NUM_THREADS is '%.20s', which is no number of threads",
                                 c->omp_num_threads),
                 "set it to one, or unset it");
}

static void check_memory(nt_arena *arena, nt_checkup *c) {
    int64_t limit = c->machine.memory_limit, free = c->machine.available;
    int64_t most = limit > 0 && limit < free ? limit : free;
    if (most == 0 || most >= (int64_t)USUAL_MEMORY * 1000000)
        return;
    bool stops = most < (int64_t)LEAST_MEMORY * 1000000;
    complain(c, stops,
             nt_arena_printf(arena, "%lld MB of memory can be had", (long long)most / 1000000),
             stops ? "end other programs, or raise the control group's limit"
                   : "use smaller batches, or smaller networks than ResNet34");
}

static void check_helpers(nt_arena *arena, nt_checkup *c) {
    for (int i = 0; i < NT_HELPERS && nt_feature_plots.built; i++)
        if (!c->helpers[i].path)
            complain(c, false,
                     nt_arena_printf(arena, "%s is not installed: 'report' cannot draw its figures",
                                     c->helpers[i].name),
                     nt_arena_printf(arena, "apt-get install %s", c->helpers[i].package));
}

nt_status nt_checkup_make(nt_arena *arena, nt_checkup *ret) {
    nt_checkup c = {0};
    NT_TRY(look(arena, &c));
    check_build(arena, &c);
    check_processor(arena, &c);
    check_threads(arena, &c);
    check_memory(arena, &c);
    check_helpers(arena, &c);
    c.share = nt_shipped_root(arena);
    if (!c.share)
        complain(&c, false, "the networks, hooks and suites that come along are not found",
                 "install again: they belong in share/nontrivial beside the program's folder");
    if (c.data && !c.data_exists)
        complain(&c, true,
                 nt_arena_printf(arena, "NONTRIVIAL_DATA names no folder: %.200s", c.data),
                 "set it to the folder that holds the data sets, or unset it");
    *ret = c;
    return NT_OK;
}

bool nt_checkup_stops(const nt_checkup *checkup) {
    for (int i = 0; i < checkup->complaint_count; i++)
        if (checkup->complaints[i].stops)
            return true;
    return false;
}
