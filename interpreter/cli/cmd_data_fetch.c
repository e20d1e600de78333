/* nontrivial data fetch: download a data set. */
#include "command.h"
#include "console.h"
#include "data_argument.h"
#include "download.h"
#include "progress_bar.h"
#include "signals.h"

typedef struct fetch_options {
    const char *from, *md5;
    bool force, quiet;
} fetch_options;

static const nt_field fetch_fields[] = {
    {"from", NT_STRING, offsetof(fetch_options, from),
     .doc = "the archive's URL (http, https, file) in place of the kind's own"},
    {"md5", NT_STRING, offsetof(fetch_options, md5),
     .doc = "the archive's MD5 in place of the published one"},
    {"force", NT_BOOL, offsetof(fetch_options, force), "false",
     .doc = "replace data that are there already"},
    NT_OPTION_QUIET(fetch_options),
    {0},
};

static const nt_operand fetch_operands[] = {
    {.name = "KIND", .doc = "the kind of data set: cifar10"},
    {.name = "DIR", .doc = "the folder that gets the data's folder"},
    {0},
};

static nt_status print_outcome(const nt_fetch *fetch, bool fetched) {
    nt_text text;
    nt_text_init(&text);
    nt_text_printf(&text, "%s/%s: %s\n", fetch->folder, fetch->kind->folder,
                   fetched ? "fetched" : "is there already and complete; left as it is");
    return nt_print(&text);
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const fetch_options *options = arguments->record;
    const nt_kind *kind;
    NT_TRY(nt_kind_argument(&nt_data_family, arguments->words[0], &kind, error));
    nt_progress_bar bar;
    nt_progress_bar_init(&bar, options->quiet);
    const nt_progress progress = {.step = nt_progress_bar_show, .context = &bar};
    const nt_fetch fetch = {.kind = (const nt_data_kind *)kind,
                            .folder = arguments->words[1],
                            .url = options->from,
                            .md5 = options->md5,
                            .force = options->force,
                            .progress = &progress};
    bool fetched;
    nt_signals_catch();
    nt_status status = nt_data_fetch(&fetch, &fetched, error);
    nt_progress_bar_finish(&bar);
    return status == NT_OK ? print_outcome(&fetch, fetched) : status;
}

const nt_command nt_command_data_fetch = {
    .kind = {.name = "data fetch",
             .doc = "download a data set, check it and unpack it",
             .fields = fetch_fields,
             .size = sizeof(fetch_options)},
    .detail = "Unless the archive's MD5 is the published one, nothing is unpacked; on any failure "
              "nothing\n"
              "in DIR is changed. Without a network: get the URL that 'nontrivial data' shows "
              "elsewhere,\n"
              "then fetch it with --from file:///its/path, or unpack it in DIR yourself.\n",
    .examples = "nontrivial data fetch cifar10 data\n",
    .syntax = {.operands = fetch_operands},
    .run = run,
};
