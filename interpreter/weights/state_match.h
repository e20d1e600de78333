/* Which tensor of a file is which of the network's states, and reading them all. The file must hold
 * the network's tensors, all of them and no others; counters may be absent, and are then 0. */
#ifndef NT_STATE_MATCH_H
#define NT_STATE_MATCH_H

#include "tensor_file.h"
#include "weights.h"

/* A view of the file's entries; the rest lies in the file's arena. */
typedef struct nt_match {
    const nt_tensor_file *file;
    const nt_network *network;
    const nt_entry *entries;
    size_t count;
    const char *const *names; /* one an entry: as the network may call it; NULL: passed over */
    const nt_entry **found;   /* one a state; NULL: not in the file */
} nt_match;

/* `names` may be NULL: the entries' own. NT_INVALID if two are one state. */
nt_status nt_match_new(const nt_tensor_file *file, const nt_network *network,
                       const nt_entry *entries, size_t count, const char *const *names,
                       nt_match *ret);

/* How many states but counters the file has, as `shaped` in a shape and of a type that fits. */
typedef struct nt_match_score {
    size_t shaped, named;
} nt_match_score;
nt_match_score nt_match_rate(const nt_match *match);

/* NT_INVALID with one list of all that is missing (unless the file `may_lack` some, not all),
 * extra or misshapen. */
nt_status nt_match_check(const nt_match *match, bool may_lack);

/* Whether a state that is no counter is not in the file. */
bool nt_match_lacks(const nt_match *match, size_t state);

/* Reads what was found into `weights`, which change only on success; counters that the file lacks
 * are 0, other states that it lacks stay. */
nt_status nt_match_read(const nt_match *match, nt_weights *weights);

/* What reading did beyond copying, so that the caller can say it once. */
typedef struct nt_weights_note {
    int32_t tensors;             /* that the file holds */
    int32_t from_f64;            /* of those read so many were rounded to float32 */
    int32_t from_f16, from_bf16; /* and these were widened, which is exact */
    int32_t absent_counters;     /* that the file lacks */
} nt_weights_note;
nt_weights_note nt_match_note(const nt_match *match);

/* "37 tensors converted from F16 to float32"; false if there is nothing to tell. */
enum { NT_WEIGHTS_NOTE_TEXT = 128 };
bool nt_weights_describe(const nt_weights_note *note, char ret_text[NT_WEIGHTS_NOTE_TEXT]);

#endif
