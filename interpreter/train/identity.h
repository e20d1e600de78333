/* What a training is, in parts, so that of two that aren't the same it can be said what differs.
 * The parts are what was described: the network as it was written, before any pass; the data and
 * how they are shown; the recipe; the seed; what it begins with. How it is computed takes no part
 * (ops/numerics.h), nor does how often it is saved. */
#ifndef NT_IDENTITY_H
#define NT_IDENTITY_H

#include "hash.h"
#include "safetensors.h"
#include "trainer.h"

typedef enum nt_identity_part {
    NT_PART_NETWORK,
    NT_PART_DATA,
    NT_PART_LOSS,
    NT_PART_OPTIMISER,
    NT_PART_SCHEDULE,
    NT_PART_AUGMENTATION,
    NT_PART_EPOCHS,
    NT_PART_BATCH,
    NT_PART_SEED,
    NT_PART_INITIAL,
    NT_PART_RATES, /* NT_USUAL_RATES, or a digest of what nt_param_rates_describe says */
    NT_IDENTITY_PARTS
} nt_identity_part;

#define NT_USUAL_RATES "usual" /* all is trained, at one rate */

/* Each part is a short text, or the digest of a longer one. */
typedef struct nt_identity {
    char parts[NT_IDENTITY_PARTS][NT_DIGEST_HEX];
} nt_identity;

/* NT_NO_MEMORY or NT_OK. */
nt_status nt_identity_find(const nt_training *training, nt_identity *ret);

/* What tells two identities apart, in words: "its seed is 3, not 4, and the optimiser differs".
 * Returns whether there is anything. */
bool nt_identity_difference(const nt_identity *theirs, const nt_identity *ours, nt_text *words);

/* A line for each part, "seed 3". */
void nt_identity_add_lines(const nt_identity *identity, nt_text *text);

/* --- in the metadata of a file ---------------------------------------------------------------- */

/* Its entries: the version of these metadata, then the parts, but not the rates where they are the
 * usual ones, which files of old don't say. They refer to the identity. Returns how many they are.
 */
enum { NT_IDENTITY_ENTRIES = 1 + NT_IDENTITY_PARTS };
int nt_identity_write(const nt_identity *identity, nt_metadata ret[NT_IDENTITY_ENTRIES]);

/* Reads them. Returns NULL, or in words why nothing can be compared: the file "was written by an
 * earlier version of this program, …". */
const char *nt_identity_read(const nt_metadata *metadata, nt_identity *ret);

#endif
