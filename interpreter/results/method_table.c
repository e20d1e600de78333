/* What results.json says of the method. */
#include "results_table.h"

#include "results.h"

#define PART(member) offsetof(nt_method_part, member)

static const nt_json_member part_members[] = {
    {"kind", NT_JSON_LINE, PART(kind), .doc = "its name"},
    {"options", NT_JSON_MAP, PART(options), PART(option_count), .doc = "with every default"},
    {0},
};

static const nt_json_table part_table = {
    .what = "a part of the method", .size = sizeof(nt_method_part), .members = part_members};

#define TERM(member) offsetof(nt_method_term, member)

static const nt_json_member term_members[] = {
    {"op", NT_JSON_OBJECT, TERM(op), .table = &part_table, .doc = "what it is"},
    {"weight", NT_JSON_REAL, TERM(weight), .doc = "what it counts"},
    {"of", NT_JSON_LINE, TERM(of), .optional = true, .doc = "an output; absent: the first"},
    {0},
};

static const nt_json_table term_table = {
    .what = "a term of the loss", .size = sizeof(nt_method_term), .members = term_members};

/* Without it there is no such member. */
enum { UNKNOWN = 1, KNOWN = 2 };

static unsigned variant_read(const json_t *object) {
    (void)object;
    return KNOWN;
}

#define TRAINING(member) offsetof(nt_method_training, member)

static const nt_json_member training_members[] = {
    {"images", NT_JSON_INT, TRAINING(images), .min = 1, .max = INT32_MAX, .in = KNOWN,
     .doc = "that were trained on"},
    {"epochs", NT_JSON_INT, TRAINING(epochs), .min = 1, .max = INT32_MAX, .in = KNOWN,
     .doc = "how often they were gone through"},
    {"batch", NT_JSON_INT, TRAINING(batch), .min = 1, .max = INT32_MAX, .in = KNOWN,
     .doc = "images a step"},
    {"shards", NT_JSON_INT, TRAINING(shards), .max = 64, .optional = true, .in = KNOWN,
     .doc = "that each batch was cut into; absent: it wasn't"},
    {"batch_statistics", NT_JSON_BOOL, TRAINING(batch_statistics), .optional = true, .in = KNOWN,
     .doc = "shards were normalised by the whole batch's statistics, not their own"},
    {"loss", NT_JSON_LIST, TRAINING(loss), TRAINING(loss_count), &term_table, .in = KNOWN,
     .doc = "the sum of these"},
    {"optimiser", NT_JSON_OBJECT, TRAINING(optimiser), .table = &part_table, .in = KNOWN,
     .doc = "how weights follow from gradients"},
    {"schedule", NT_JSON_OBJECT, TRAINING(schedule), .table = &part_table, .in = KNOWN,
     .doc = "the learning rate"},
    {"augment", NT_JSON_LIST, TRAINING(augment), TRAINING(augment_count), &part_table, .in = KNOWN,
     .doc = "what was done to training images, in turn"},
    {"from", NT_JSON_TEXT, TRAINING(from), .optional = true, .in = KNOWN,
     .doc = "the file of weights that it began with; absent: they were drawn with the seed"},
    {0},
};

static unsigned training_variant(const void *record) {
    return ((const nt_method_training *)record)->images > 0 ? KNOWN : UNKNOWN;
}

static const nt_json_table training_table = {"a training",     sizeof(nt_method_training),
                                             training_members, KNOWN,
                                             training_variant, variant_read};

#define METHOD(member) offsetof(nt_method, member)

static const nt_json_member method_members[] = {
    {"image", NT_JSON_LIST, METHOD(shape), METHOD(rank), .items = NT_JSON_INT, .in = KNOWN,
     .doc = "its channels, rows, columns"},
    {"data", NT_JSON_OBJECT, METHOD(data), .table = &part_table, .in = KNOWN,
     .doc = "what data, beside their files"},
    {"root", NT_JSON_TEXT, METHOD(root), .optional = true, .in = KNOWN,
     .doc = "the data's folder, without those above it; absent: none, or of an earlier version"},
    {"normalise", NT_JSON_OBJECT, METHOD(normalise), .table = &part_table, .in = KNOWN,
     .doc = "image: each by its own mean and deviation; channels: by these"},
    {"limit", NT_JSON_INT, METHOD(limit), .max = INT32_MAX, .optional = true, .in = KNOWN,
     .doc = "at most so many were measured, of each class or patient a share"},
    {"first", NT_JSON_INT, METHOD(first), .max = INT32_MAX, .optional = true, .in = KNOWN,
     .doc = "at most so many, the first, were measured"},
    {"training", NT_JSON_OBJECT, METHOD(training), .table = &training_table, .optional = true,
     .in = KNOWN, .doc = "the recipe; absent: the weights were given"},
    {"processor", NT_JSON_TEXT, METHOD(processor), .in = KNOWN,
     .doc = "of the machine, as it calls itself"},
    {0},
};

static unsigned method_variant(const void *record) {
    return ((const nt_method *)record)->processor ? KNOWN : UNKNOWN;
}

const nt_json_table nt_method_table = {"a method", sizeof(nt_method), method_members,
                                       KNOWN,      method_variant,    variant_read};
