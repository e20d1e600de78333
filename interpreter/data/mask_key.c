/* Keys are short, so that they are searched from their beginning. */
#include "mask_key.h"

#include "tensor.h"
#include <string.h>

/* Whether one of the first `count` classes has the name or the number of class i; else `count`. */
static int32_t find_twin(const nt_labels *labels, int32_t i) {
    int32_t j = 0;
    while (j < i && labels->values[j] != labels->values[i] &&
           strcmp(labels->names[j], labels->names[i]) != 0)
        j++;
    return j;
}

nt_status nt_mask_key_check(const nt_mask_key *key, nt_error *error) {
    const nt_labels *labels = &key->labels;
    if (labels->count < 2 || labels->count >= NT_NO_CLASS)
        return nt_error_say(error, NT_INVALID, "'labels' must name 2 to %d classes, not %d",
                            NT_NO_CLASS - 1, labels->count);
    for (int32_t i = 0; i < labels->count; i++) {
        int32_t j = find_twin(labels, i);
        if (j < i)
            return nt_error_say(error, NT_INVALID, "'labels' says %s=%d and %s=%d",
                                labels->names[j], labels->values[j], labels->names[i],
                                labels->values[i]);
        for (int32_t k = 0; k < key->ignored.count; k++)
            if (labels->values[i] == key->ignored.items[k])
                return nt_error_say(error, NT_INVALID,
                                    "%d is both in 'labels' (%s) and in 'ignore_labels'",
                                    labels->values[i], labels->names[i]);
    }
    return NT_OK;
}

int32_t nt_mask_key_class(const nt_mask_key *key, double number) {
    for (int32_t i = 0; i < key->labels.count; i++)
        if (key->labels.values[i] == number)
            return i;
    for (int32_t i = 0; i < key->ignored.count; i++)
        if (key->ignored.items[i] == number)
            return NT_NO_CLASS;
    return NT_UNKNOWN_CLASS;
}
