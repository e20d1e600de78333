/* What the readers of a suite's sections share. Private to suite_file.c, suite_data.c,
 * suite_train.c, suite_groups.c and suite_schema.c. */
#ifndef NT_SUITE_FILE_PRIVATE_H
#define NT_SUITE_FILE_PRIVATE_H

#include "reader.h"
#include "suite_file.h"

typedef struct nt_suite_loader {
    nt_suite *suite;
    nt_reader reader;
} nt_suite_loader;

/* The first of the two that is not NT_OK. */
nt_status nt_suite_worse(nt_status a, nt_status b);

/* A path in the suite is relative to the suite; NULL when out of memory. */
const char *nt_suite_beside(const nt_suite_loader *l, const char *path);

/* "there is no optimiser 'sdg'; did you mean 'sgd'?" at `node`; `near` may be NULL. */
nt_status nt_suite_no_such(const nt_suite_loader *l, const nt_yaml *node, const char *what,
                           const char *name, const char *near);

/* "the suite lacks 'graph'" at `node`. */
nt_status nt_suite_lacks(const nt_suite_loader *l, const nt_yaml *node, const char *what,
                         const char *key);

/* The one of a family that `name`, at `node`, names; `what` as above. */
nt_status nt_suite_find(const nt_suite_loader *l, const nt_yaml *node, const char *what,
                        const char *name, const nt_kind *const *table, nt_kind_filter *filter,
                        const nt_kind **ret);

/* The text under `key` of a map that must have it. */
nt_status nt_suite_read_kind(nt_suite_loader *l, const nt_yaml *map, const char *what,
                             const char *key, const nt_yaml **ret_node, const char **ret);

/* The keys of `train:` and `evaluate:` that hold a single value. */
extern const nt_field nt_suite_train_fields[], nt_suite_evaluate_fields[];

/* The sections, each into the loader's suite. */
nt_status nt_suite_read_data(nt_suite_loader *l, const nt_yaml *map);
nt_status nt_suite_read_train(nt_suite_loader *l, const nt_yaml *map);
nt_status nt_suite_read_groups(nt_suite_loader *l, const nt_yaml *map);

#endif
