#include "embedded.h"

#include <string.h>

const nt_embedded *nt_embedded_find(const nt_embedded *table, const char *name) {
    for (; table->name; table++)
        if (strcmp(table->name, name) == 0)
            return table;
    return NULL;
}
