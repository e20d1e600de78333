/* Each part of the recipe is one text, made of names and of all their fields (see
 * nt_fields_format_exact), and kept as its digest. */
#include "identity.h"

#include "describe.h"
#include "param_rates.h"
#include <stdio.h>
#include <string.h>

/* Of the metadata; raised when parts come or go or mean something else. Version 1 had one digest,
 * `identity`, which followed from the passes as well, and no number. */
#define VERSION "2"

static const char version_key[] = "format", version_1_key[] = "identity";

/* Its key in the metadata; and either what its value is called or, of a digest, that it differs. */
static const struct part {
    const char *key, *noun, *differs;
} parts[NT_IDENTITY_PARTS] = {
    [NT_PART_NETWORK] = {"network", NULL, "the network differs"},
    [NT_PART_DATA] = {"data", NULL, "the data or how they are shown differ"},
    [NT_PART_LOSS] = {"loss", NULL, "the loss differs"},
    [NT_PART_OPTIMISER] = {"optimiser", NULL, "the optimiser differs"},
    [NT_PART_SCHEDULE] = {"schedule", NULL, "the schedule differs"},
    [NT_PART_AUGMENTATION] = {"augmentation", NULL, "the augmentation differs"},
    [NT_PART_EPOCHS] = {"epochs", "number of epochs", NULL},
    [NT_PART_BATCH] = {"batch", "batch", NULL},
    [NT_PART_SEED] = {"seed", "seed", NULL},
    [NT_PART_INITIAL] = {"initial", NULL, "what it began with differs"},
    [NT_PART_RATES] = {"rates", NULL,
                       "what is frozen, or at which rate parts of it learn, differs"},
};

/* --- finding ---------------------------------------------------------------------------------- */

static void add_record(nt_text *text, const nt_kind *kind, const void *record) {
    nt_text_add(text, kind->name);
    nt_fields_format_exact(kind->fields, record, text);
    nt_text_add(text, "\n");
}

static void add_network(const nt_training *training, nt_text *text) {
    nt_graph_describe(training->network->graph, text);
}

static void add_data(const nt_training *training, nt_text *text) {
    nt_text_printf(text, "%s\n", training->data_digest);
    nt_loader_describe(training->loader, text);
}

static void add_loss(const nt_training *training, nt_text *text) {
    for (int32_t i = 0; i < training->recipe->loss_count; i++) {
        const nt_loss_term *term = &training->recipe->loss[i];
        nt_text_printf(text, "%a of ", term->weight);
        nt_text_add_quoted(text, term->of);
        nt_text_printf(text, " %d ", term->op->revision);
        add_record(text, &term->op->kind, term->attrs);
    }
}

static void add_optimiser(const nt_training *training, nt_text *text) {
    const nt_recipe *recipe = training->recipe;
    add_record(text, &recipe->optimiser->kind, recipe->optimiser_options);
}

static void add_schedule(const nt_training *training, nt_text *text) {
    const nt_recipe *recipe = training->recipe;
    add_record(text, &recipe->schedule->kind, recipe->schedule_options);
}

static void add_augmentation(const nt_training *training, nt_text *text) {
    const nt_augment_step *steps = training->recipe->augment;
    for (int32_t i = 0; i < training->recipe->augment_count; i++)
        add_record(text, &steps[i].augment->kind, steps[i].options);
}

/* What is as usual is no digest: then there is nothing to describe. */
static bool find_rates(const nt_training *training, char ret[NT_DIGEST_HEX]) {
    nt_text text;
    nt_text_init(&text);
    nt_param_rates_describe(training->recipe, training->network, &text);
    snprintf(ret, NT_DIGEST_HEX, "%s", NT_USUAL_RATES);
    bool ok = !text.failed && (text.length == 0 || nt_digest_bytes(text.bytes, text.length, ret));
    nt_text_finish(&text);
    return ok;
}

nt_status nt_identity_find(const nt_training *training, nt_identity *ret) {
    static void (*const longer[])(const nt_training *, nt_text *) = {
        [NT_PART_NETWORK] = add_network,   [NT_PART_DATA] = add_data,
        [NT_PART_LOSS] = add_loss,         [NT_PART_OPTIMISER] = add_optimiser,
        [NT_PART_SCHEDULE] = add_schedule, [NT_PART_AUGMENTATION] = add_augmentation,
    };
    for (size_t i = 0; i < sizeof longer / sizeof *longer; i++) {
        nt_text text;
        nt_text_init(&text);
        longer[i](training, &text);
        bool ok = !text.failed && nt_digest_bytes(text.bytes, text.length, ret->parts[i]);
        nt_text_finish(&text);
        if (!ok)
            return NT_NO_MEMORY;
    }
    snprintf(ret->parts[NT_PART_EPOCHS], NT_DIGEST_HEX, "%d", training->recipe->epochs);
    int length = snprintf(ret->parts[NT_PART_BATCH], NT_DIGEST_HEX, "%d", training->recipe->batch);
    if (training->recipe->shards > 1)
        snprintf(ret->parts[NT_PART_BATCH] + length, NT_DIGEST_HEX - (size_t)length,
                 " in %d shards%s", training->recipe->shards,
                 nt_recipe_joins(training->recipe) ? " with common statistics" : "");
    snprintf(ret->parts[NT_PART_SEED], NT_DIGEST_HEX, "%d", training->seed);
    snprintf(ret->parts[NT_PART_INITIAL], NT_DIGEST_HEX, "%s",
             training->initial ? training->initial_digest : "drawn");
    return find_rates(training, ret->parts[NT_PART_RATES]) ? NT_OK : NT_NO_MEMORY;
}

/* --- comparing -------------------------------------------------------------------------------- */

bool nt_identity_difference(const nt_identity *theirs, const nt_identity *ours, nt_text *words) {
    int count = 0, said = 0;
    for (int i = 0; i < NT_IDENTITY_PARTS; i++)
        count += strcmp(theirs->parts[i], ours->parts[i]) != 0;
    for (int i = 0; i < NT_IDENTITY_PARTS; i++) {
        if (strcmp(theirs->parts[i], ours->parts[i]) == 0)
            continue;
        nt_text_add(words, said == 0 ? "" : said < count - 1 ? ", " : " and ");
        if (parts[i].noun)
            nt_text_printf(words, "its %s is %s, not %s", parts[i].noun, theirs->parts[i],
                           ours->parts[i]);
        else
            nt_text_add(words, parts[i].differs);
        said++;
    }
    return count > 0;
}

void nt_identity_add_lines(const nt_identity *identity, nt_text *text) {
    for (int i = 0; i < NT_IDENTITY_PARTS; i++)
        nt_text_printf(text, "%s %s\n", parts[i].key, identity->parts[i]);
}

/* --- metadata --------------------------------------------------------------------------------- */

static bool is_usual(int part, const char *value) {
    return part == NT_PART_RATES && strcmp(value, NT_USUAL_RATES) == 0;
}

int nt_identity_write(const nt_identity *identity, nt_metadata ret[NT_IDENTITY_ENTRIES]) {
    int count = 0;
    ret[count++] = (nt_metadata){version_key, VERSION};
    for (int i = 0; i < NT_IDENTITY_PARTS; i++)
        if (!is_usual(i, identity->parts[i]))
            ret[count++] = (nt_metadata){parts[i].key, identity->parts[i]};
    return count;
}

const char *nt_identity_read(const nt_metadata *metadata, nt_identity *ret) {
    static const char none[] = "does not say which run it is of";
    const char *version = nt_metadata_find(metadata, version_key);
    nt_identity found;
    if (!version && nt_metadata_find(metadata, version_1_key))
        return "was written by an earlier version of this program, whose runs can't be compared "
               "with this one";
    if (version && strcmp(version, VERSION) != 0)
        return "was written by a newer version of this program";
    for (int i = 0; i < NT_IDENTITY_PARTS; i++) {
        const char *value = nt_metadata_find(metadata, parts[i].key);
        if (!value && i == NT_PART_RATES)
            value = NT_USUAL_RATES;
        if (!version || !value || strlen(value) >= NT_DIGEST_HEX)
            return none;
        strcpy(found.parts[i], value);
    }
    *ret = found;
    return NULL;
}
