/* nontrivial data: the kinds of data sets, or what one data set holds. */
#include "command.h"
#include "console.h"
#include "data_argument.h"
#include "dataset.h"
#include "json_out.h"
#include "kind_print.h"
#include "table.h"
#include <string.h>

typedef struct data_options {
    bool json;
} data_options;

static const nt_field data_fields[] = {NT_OPTION_JSON(data_options), {0}};

static const nt_operand data_operands[] = {
    {"KIND[:ROOT]", "a data set: its kind and its folder", .optional = true},
    {0},
};

/* --- kinds ------------------------------------------------------------------------------------ */

static void add_kind(const nt_data_kind *kind, nt_text *text) {
    nt_text_printf(text, "%s: %s\n", kind->kind.name, kind->kind.doc);
    if (kind->folder)
        nt_text_printf(text, "  folder   %s\n", kind->folder);
    if (kind->source && kind->source->url)
        nt_text_printf(text, "  source   %s\n", kind->source->url);
    nt_kind_add_lines(&kind->kind, "option", text);
}

static nt_status print_kinds(void) {
    nt_text text;
    nt_text_init(&text);
    for (const nt_kind *const *kind = nt_data_kinds; *kind; kind++) {
        if (kind != nt_data_kinds)
            nt_text_add(&text, "\n");
        add_kind((const nt_data_kind *)*kind, &text);
    }
    return nt_print(&text);
}

static json_t *kind_json(const nt_kind *kind, nt_arena *arena) {
    (void)arena;
    const nt_data_kind *data = (const nt_data_kind *)kind;
    return json_pack("{s:s, s:s, s:s?, s:s?, s:o}", "name", kind->name, "doc", kind->doc, "folder",
                     data->folder, "source", data->source ? data->source->url : NULL, "options",
                     nt_kind_fields_json(kind));
}

/* --- one data set ----------------------------------------------------------------------------- */

static void add_numbers(const char *title, const float *numbers, int32_t count, nt_text *text) {
    nt_text_printf(text, "%s", title);
    for (int32_t i = 0; i < count; i++)
        nt_text_printf(text, " %.6g", (double)numbers[i]);
    nt_text_add(text, "\n");
}

static nt_status print_info(const nt_data_info *info, const char *digest) {
    char shape[NT_SHAPE_TEXT];
    nt_text text;
    nt_text_init(&text);
    nt_text_printf(&text, "kind       %s\nfolder     %s\nsample     %s, %s\n",
                   info->kind->kind.name, info->folder, nt_shape_format(info->shape, shape),
                   info->pixel == NT_PIXEL_BYTE ? "bytes" : "float32");
    for (int split = 0; split < NT_SPLITS; split++) {
        if (info->counts[split] == 0)
            continue;
        nt_text_printf(&text, "%-11s", nt_split_name((nt_split)split));
        nt_text_count(&text, info->counts[split]);
        int32_t patients = nt_data_patients(info, (nt_split)split);
        if (patients > 0)
            nt_text_printf(&text, ", of %d patient%s", patients, patients == 1 ? "" : "s");
        nt_text_add(&text, "\n");
    }
    nt_text_printf(&text, info->unlabelled ? "classes    none" : "classes    %d:", info->classes);
    for (int32_t i = 0; i < info->classes && !info->unlabelled; i++)
        nt_text_printf(&text, " %s", info->class_names[i]);
    nt_text_add(&text, "\n");
    if (info->usual == NT_USUAL_IMAGE)
        nt_text_add(&text, "normalised by each image's own mean and deviation\n");
    if (info->usual == NT_USUAL_CHANNELS) {
        add_numbers("mean      ", info->mean, nt_shape_channels(info->shape), &text);
        add_numbers("deviation ", info->deviation, nt_shape_channels(info->shape), &text);
    }
    for (int32_t i = 0; i < info->trait_count; i++) {
        const nt_data_trait *trait = &info->traits[i];
        nt_text_printf(&text, "%-10s %s (%s: %d)\n", trait->name, trait->value, trait->unit,
                       trait->count);
    }
    nt_text_printf(&text, "digest     %s\n", digest);
    for (int32_t i = 0; i < info->note_count; i++)
        nt_text_printf(&text, "note       %s\n", info->notes[i]);
    return nt_print(&text);
}

static json_t *floats(const float *numbers, int32_t count) {
    json_t *list = json_array();
    for (int32_t i = 0; i < count; i++)
        list = nt_json_append(list, nt_json_float(numbers[i]));
    return list;
}

static json_t *normalisation_json(const nt_data_info *info) {
    int32_t channels = nt_shape_channels(info->shape);
    if (info->usual == NT_USUAL_IMAGE)
        return json_string("image");
    if (info->usual == NT_USUAL_NONE)
        return json_null();
    return json_pack("{s:o, s:o}", "mean", floats(info->mean, channels), "deviation",
                     floats(info->deviation, channels));
}

static json_t *traits_json(const nt_data_info *info) {
    json_t *list = json_array();
    for (int32_t i = 0; i < info->trait_count; i++) {
        const nt_data_trait *trait = &info->traits[i];
        list = nt_json_append(list,
                              json_pack("{s:s, s:s, s:i, s:s}", "name", trait->name, "value",
                                        trait->value, "count", trait->count, "unit", trait->unit));
    }
    return list;
}

static nt_status print_info_json(const nt_data_info *info, const char *digest) {
    json_t *names = json_array();
    for (int32_t i = 0; i < info->classes; i++)
        names = nt_json_append(names, json_string(info->class_names[i]));
    json_t *counts = json_object();
    for (int split = 0; counts && split < NT_SPLITS; split++)
        if (info->counts[split] > 0 &&
            json_object_set_new(counts, nt_split_name((nt_split)split),
                                json_integer(info->counts[split])) != 0) {
            json_decref(counts);
            counts = NULL;
        }
    json_t *notes = info->note_count > 0 ? json_array() : NULL;        /* left out without any */
    json_t *traits = info->trait_count > 0 ? traits_json(info) : NULL; /* likewise */
    for (int32_t i = 0; i < info->note_count; i++)
        notes = nt_json_append(notes, nt_json_text(info->notes[i]));
    return nt_json_print(json_pack(
        "{s:s, s:o, s:o, s:s, s:o, s:i, s:o, s:o, s:o*, s:o*, s:s}", "kind", info->kind->kind.name,
        "folder", nt_json_text(info->folder), "shape", nt_json_shape(info->shape), "pixel",
        info->pixel == NT_PIXEL_BYTE ? "byte" : "float32", "counts", counts, "classes",
        info->classes, "class_names", names, "normalisation", normalisation_json(info), "traits",
        traits, "notes", notes, "digest", digest));
}

/* --- the command ------------------------------------------------------------------------------ */

static nt_status describe(const nt_arguments *arguments, nt_arena *arena, nt_error *error) {
    nt_dataset *dataset;
    NT_TRY(nt_data_argument_open(arguments->words[0], arguments->settings, arguments->setting_count,
                                 arena, &dataset, error));
    char digest[NT_DIGEST_HEX];
    nt_status status = nt_dataset_digest(dataset, digest, error);
    if (status == NT_OK) {
        const data_options *options = arguments->record;
        const nt_data_info *info = nt_dataset_info(dataset);
        status = options->json ? print_info_json(info, digest) : print_info(info, digest);
    }
    nt_dataset_free(dataset);
    return status;
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const data_options *options = arguments->record;
    if (arguments->word_count == 0 && arguments->setting_count > 0)
        return nt_error_say(error, NT_USAGE, "--set needs a data set to set options of");
    if (arguments->word_count == 0)
        return options->json ? nt_kinds_print_json(&nt_data_family, kind_json) : print_kinds();
    nt_arena arena;
    nt_arena_init(&arena);
    nt_status status = describe(arguments, &arena, error);
    nt_arena_finish(&arena);
    return status;
}

extern const nt_command nt_command_data_fetch;

static const nt_command *const verbs[] = {&nt_command_data_fetch, NULL};

const nt_command nt_command_data = {
    .kind = {.name = "data",
             .doc = "list the kinds of data sets, or describe one data set",
             .fields = data_fields,
             .size = sizeof(data_options)},
    .detail =
        "A relative folder is sought in the working folder, then under $NONTRIVIAL_DATA, which is\n"
        "also where a data set without a folder is sought.\n",
    .examples = "nontrivial data\n"
                "nontrivial data cifar10:data/cifar-10-batches-bin\n",
    .syntax = {.operands = data_operands, .settings = "set an option of the kind"},
    .verbs = verbs,
    .run = run,
};
