/* nontrivial doctor: what this build and this machine offer, and what is amiss. */
#include "build_info.h"
#include "command.h"
#include "console.h"
#include "doctor.h"
#include "fit.h"
#include "json_out.h"
#include "table.h"
#include <string.h>

typedef struct doctor_options {
    bool json;
} doctor_options;

static const nt_field doctor_fields[] = {NT_OPTION_JSON(doctor_options), {0}};

static const char doctor_detail[] =
    "The exit status is 1 where something keeps suites from being run, 0 otherwise.\n";

/* --- text ------------------------------------------------------------------------------------- */

/* Names between commas, or a word for none. */
static const char *list_vectors(nt_arena *arena) {
    const char *names[NT_MACHINE_VECTORS];
    int count = nt_machine_vectors(names);
    const char *text = count ? names[0] : "none that are known";
    for (int i = 1; text && i < count; i++)
        text = nt_arena_printf(arena, "%s, %s", text, names[i]);
    return text;
}

static const char *list_features(nt_arena *arena, bool built) {
    const char *text = NULL;
    for (const nt_feature *const *f = nt_features; *f; f++)
        if ((*f)->built == built)
            text = text ? nt_arena_printf(arena, "%s, %s", text, (*f)->name) : (*f)->name;
    return text ? text : "nothing";
}

static void row(nt_table *table, const char *name, const char *text) {
    nt_table_cell(table, name);
    nt_table_cell(table, text);
}

static double gigabytes(int64_t bytes) {
    return 1e-9 * (double)bytes;
}

static void add_threads(nt_table *table, const nt_checkup *c) {
    const nt_machine *m = &c->machine;
    nt_table_cell(table, "threads");
    switch (c->threads_by) {
    case NT_THREADS_BY_PROCESSORS:
        nt_table_cellf(table, "%d: one a processor", c->threads);
        break;
    case NT_THREADS_BY_AFFINITY:
        nt_table_cellf(table, "%d: this process may run on %d of %d processors", c->threads,
                       m->allowed, m->processors);
        break;
    case NT_THREADS_BY_QUOTA:
        nt_table_cellf(table, "%d: a control group allows no more", c->threads);
        break;
    case NT_THREADS_BY_LAUNCHER:
        nt_table_cellf(table, "%d: one of several processes", c->threads);
        break;
    case NT_THREADS_BY_VARIABLE:
        nt_table_cellf(table, "%d: OMP_NUM_THREADS is %s", c->threads, c->omp_num_threads);
        break;
    }
    if (m->quota > 0) {
        nt_table_cell(table, "");
        nt_table_cellf(table, "a control group allows %.3g processors' time", m->quota);
    }
}

static void add_memory(nt_table *table, const nt_machine *m) {
    nt_table_cell(table, "memory");
    if (m->memory_limit > 0)
        nt_table_cellf(table, "%.1f GB, %.1f available; a control group allows %.1f",
                       gigabytes(m->memory), gigabytes(m->available), gigabytes(m->memory_limit));
    else
        nt_table_cellf(table, "%.1f GB, %.1f available", gigabytes(m->memory),
                       gigabytes(m->available));
}

static void add_complaint(const nt_complaint *complaint, nt_text *text) {
    enum { INDENT = 2 };
    size_t width = (size_t)nt_console_width(stdout);
    nt_text words;
    nt_text_init(&words);
    nt_text_printf(&words, "%s: %s; %s", complaint->stops ? "error" : "warning", complaint->what,
                   complaint->remedy);
    nt_text_add_wrapped(text, words.bytes, width ? width : SIZE_MAX, 0, INDENT);
    nt_text_add(text, "\n");
    text->failed = text->failed || words.failed;
    nt_text_finish(&words);
}

static void add_complaints(const nt_checkup *c, nt_text *text) {
    if (c->complaint_count == 0)
        nt_text_add(text, "\nNothing is amiss.\n");
    else
        nt_text_add(text, "\n");
    for (int i = 0; i < c->complaint_count; i++)
        add_complaint(&c->complaints[i], text);
}

static nt_status print_text(const nt_checkup *c, nt_arena *arena) {
    static const nt_column columns[] = {
        {NULL, .align = NT_LEFT}, {NULL, NT_LEFT, .wrap = true}, {0}};
    nt_table table;
    nt_text text;
    nt_table_init(&table, columns);
    nt_text_init(&text);
    nt_table_cell(&table, "version");
    nt_table_cellf(&table, "%s, %s build by %s", nt_build_version, nt_build_type,
                   nt_build_compiler);
    row(&table, "with", list_features(arena, true));
    row(&table, "without", list_features(arena, false));
    nt_table_cell(&table, "matrix products");
    nt_table_cellf(&table, "%s, kernel %s", c->library, c->kernel);
    row(&table, "vectors", list_vectors(arena));
    nt_table_cell(&table, "");
    nt_table_cellf(&table, "our own loops use %s", c->vectors_used);
    add_threads(&table, c);
    add_memory(&table, &c->machine);
    for (int i = 0; i < NT_HELPERS; i++) {
        const nt_helper *h = &c->helpers[i];
        nt_table_cell(&table, h->name);
        nt_table_cellf(&table, "%s%s%s", h->path ? h->path : "not installed",
                       h->version ? ": " : "", h->version ? h->version : "");
    }
    row(&table, "comes along", c->share ? c->share : "not found");
    nt_table_cell(&table, "NONTRIVIAL_DATA");
    nt_table_cellf(&table, "%s%s", c->data ? c->data : "not set",
                   c->data && !c->data_exists ? ": no such folder" : "");
    nt_table_room room = {.width = (size_t)nt_console_width(stdout)};
    nt_table_fit(&table, &room, &text);
    nt_table_finish(&table);
    add_complaints(c, &text);
    return nt_print(&text);
}

/* --- JSON ------------------------------------------------------------------------------------- */

/* null for what is not known, or not limited. */
static json_t *known(int64_t number) {
    return number > 0 ? json_integer(number) : json_null();
}

static json_t *build_json(void) {
    json_t *features = json_object();
    for (const nt_feature *const *f = nt_features; *f; f++)
        json_object_set_new(features, (*f)->name, json_boolean((*f)->built));
    return json_pack("{s:s, s:s, s:o}", "type", nt_build_type, "compiler", nt_build_compiler,
                     "features", features);
}

static json_t *vectors_json(const nt_checkup *c) {
    const char *names[NT_MACHINE_VECTORS + 1];
    names[nt_machine_vectors(names)] = NULL;
    return json_pack("{s:o, s:s}", "processor", nt_json_names(names), "used", c->vectors_used);
}

static json_t *threads_json(const nt_checkup *c) {
    const nt_machine *m = &c->machine;
    return json_pack("{s:i, s:s, s:i, s:i, s:o, s:s?}", "default", c->threads, "decided_by",
                     nt_threads_by_names[c->threads_by], "processors", m->processors, "allowed",
                     m->allowed, "quota", m->quota > 0 ? nt_json_real(m->quota) : json_null(),
                     "omp_num_threads", c->omp_num_threads);
}

static json_t *helpers_json(const nt_checkup *c) {
    json_t *all = json_object();
    for (int i = 0; i < NT_HELPERS; i++) {
        const nt_helper *h = &c->helpers[i];
        json_object_set_new(all, h->name,
                            h->path ? json_pack("{s:o, s:o}", "path", nt_json_text(h->path),
                                                "version", nt_json_text(h->version))
                                    : json_null());
    }
    return all;
}

static json_t *complaints_json(const nt_checkup *c) {
    json_t *list = json_array();
    for (int i = 0; i < c->complaint_count; i++)
        list = nt_json_append(list, json_pack("{s:o, s:o, s:b}", "what",
                                              nt_json_text(c->complaints[i].what), "remedy",
                                              nt_json_text(c->complaints[i].remedy), "stops",
                                              (int)c->complaints[i].stops));
    return list;
}

static nt_status print_json(const nt_checkup *c) {
    const nt_machine *m = &c->machine;
    json_t *memory = json_pack("{s:o, s:o, s:o}", "total", known(m->memory), "available",
                               known(m->available), "limit", known(m->memory_limit));
    const char *kernels[NT_OPS_KERNELS + 1] = {0};
    memcpy(kernels, c->kernels, sizeof c->kernels);
    return nt_json_print(json_pack(
        "{s:s, s:o, s:{s:s, s:s, s:b, s:o}, s:o, s:o, s:o, s:o, s:{s:o, s:b}, s:o, s:o, s:b}",
        "version", nt_build_version, "build", build_json(), "matrix_products", "library",
        c->library, "kernel", c->kernel, "fits", (int)c->kernel_fits, "kernels",
        nt_json_names(kernels), "vectors", vectors_json(c), "threads", threads_json(c), "memory",
        memory, "programs", helpers_json(c), "data", "path", nt_json_text(c->data), "exists",
        (int)c->data_exists, "share", nt_json_text(c->share), "complaints", complaints_json(c),
        "ready", (int)!nt_checkup_stops(c)));
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const doctor_options *options = arguments->record;
    nt_arena arena;
    nt_arena_init(&arena);
    nt_checkup checkup;
    nt_status status = nt_checkup_make(&arena, &checkup);
    if (status == NT_OK)
        status = options->json ? print_json(&checkup) : print_text(&checkup, &arena);
    if (status == NT_OK && nt_checkup_stops(&checkup))
        status = nt_error_say(error, NT_FAILED, "suites cannot be run as things stand");
    nt_arena_finish(&arena);
    return status;
}

const nt_command nt_command_doctor = {
    .kind = {.name = "doctor",
             .doc = "say what this build and machine offer, and what is amiss",
             .fields = doctor_fields,
             .size = sizeof(doctor_options)},
    .detail = doctor_detail,
    .examples = "nontrivial doctor\n",
    .run = run,
};
