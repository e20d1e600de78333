/* What the readers and writers of a suite's sections share. Private to suite_file.c, suite_data.c,
 * suite_estimate.c, suite_evaluate.c, suite_groups.c, suite_include.c, suite_limits.c,
 * suite_lines.c, suite_retrain_keys.c, suite_sections.c, suite_train.c, suite_train_parts.c,
 * suite_schema.c and suite_write.c. */
#ifndef NT_SUITE_FILE_PRIVATE_H
#define NT_SUITE_FILE_PRIVATE_H

#include "reader.h"
#include "shipped.h"
#include "suite_file.h"
#include "suite_write.h"
#include <jansson.h>

typedef struct nt_suite_loader {
    nt_suite *suite;
    const nt_yaml *root;
    nt_reader reader;
} nt_suite_loader;

/* Writing a suite with every default, line by line. */
typedef struct nt_suite_writer {
    nt_text *text;
    nt_arena *arena; /* for as long as it takes */
    const nt_suite *suite;
    const nt_suite_resolved *resolved;
    int indent; /* blanks before a line */
} nt_suite_writer;

/* A key of a section that has a reader of its own. Its field says what it is called, what it means
 * and, unless `schema` does, what it may be. */
typedef struct nt_suite_key {
    nt_field field; /* a name that is NULL ends a table */
    bool required;
    nt_shipped sort; /* for nt_suite_read_file */
    nt_status (*read)(nt_suite_loader *l, const struct nt_suite_key *key, const nt_yaml *node,
                      void *record);
    json_t *(*schema)(void); /* a new reference, NULL when out of memory */
    /* Writes the key with its value, or nothing; NULL: the field is written. */
    void (*write)(nt_suite_writer *w, const struct nt_suite_key *key, const void *record);
} nt_suite_key;

/* Readers of texts, and of files that a path or a bare name means (shipped.h), into the field. */
nt_status nt_suite_read_text(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                             void *record);
nt_status nt_suite_read_line(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                             void *record);
nt_status nt_suite_read_file(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                             void *record);
nt_status nt_suite_find_file(nt_suite_loader *l, nt_shipped sort, const char *key,
                             const nt_yaml *node, const char **ret);

/* The file's tree over those of the files that it includes, into the loader's root. */
nt_status nt_suite_load_tree(nt_suite_loader *l);
nt_status nt_suite_read_include(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                                void *record);

/* The file that the node stands in, which paths there are beside. */
const char *nt_suite_file_of(const nt_suite *suite, const nt_yaml *node);

/* A reader of one of the field's choices. */
nt_status nt_suite_read_choice(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                               void *record);
json_t *nt_suite_decide_schema(void); /* of a suite and of a group */
nt_status nt_suite_check_decide(const nt_suite *suite, nt_error *error);

/* Reads what the map has of the keys, in the table's order; says of those that it must have that
 * `what` lacks them, unless that is NULL. The second ends with the first mistake. */
nt_status nt_suite_read_keys(nt_suite_loader *l, const nt_yaml *map, const nt_suite_key *keys,
                             const char *what, void *record);
nt_status nt_suite_read_in_turn(nt_suite_loader *l, const nt_yaml *map, const nt_suite_key *keys,
                                void *record);

/* Writers. A line begins with a key and what follows it up to its end, or a section below it. */
void nt_suite_begin_line(nt_suite_writer *w, const char *key);
void nt_suite_write_keys(nt_suite_writer *w, const nt_suite_key *keys, const void *record);
void nt_suite_write_fields(nt_suite_writer *w, const nt_field *fields, const void *record);
void nt_suite_write_path(nt_suite_writer *w, const nt_suite_key *key, const void *record);
const char *nt_suite_written_path(const nt_suite_writer *w, const char *path); /* a copy's name */
void nt_suite_write_choice(nt_suite_writer *w, const nt_suite_key *key,
                           const void *record); /* nothing below 0 */

/* "name: value, name: value" of all fields, "" of none; `more`: a comma before each. */
void nt_suite_add_record(nt_suite_writer *w, const nt_kind *kind, const void *record, bool more);

/* The names of the keys, after `first` unless that is NULL, NULL-terminated. */
nt_status nt_suite_names(const nt_suite_loader *l, const nt_suite_key *keys, const char *first,
                         const char *const **ret);

/* What each of the keys may be, by its name; and a map of fields and keys, and of nothing else. */
json_t *nt_suite_schema_of_keys(const nt_suite_key *keys);
json_t *nt_suite_schema_of(const nt_field *fields, const nt_suite_key *keys);

/* The first of the two that is not NT_OK. */
nt_status nt_suite_worse(nt_status a, nt_status b);

/* A path at `node` is relative to the file that it stands in; ~ and $NAME are expanded. */
nt_status nt_suite_beside(const nt_suite_loader *l, const nt_yaml *node, const char *path,
                          const char **ret);

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

/* The file's own keys, in the order in which they are read; their record is the nt_suite. */
extern const nt_suite_key nt_suite_keys[];

/* The sections, each into the loader's suite, and what they may be. */
nt_status nt_suite_read_data(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *map,
                             void *suite);
nt_status nt_suite_read_train(nt_suite_loader *l, const nt_yaml *map);
nt_status nt_suite_read_groups(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *map,
                               void *suite);
nt_status nt_suite_read_evaluate(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *map,
                                 void *suite);
void nt_suite_write_data(nt_suite_writer *w, const nt_suite_key *key, const void *suite);
void nt_suite_write_train(nt_suite_writer *w, const nt_suite_key *key, const void *suite);
void nt_suite_write_groups(nt_suite_writer *w, const nt_suite_key *key, const void *suite);
void nt_suite_write_evaluate(nt_suite_writer *w, const nt_suite_key *key, const void *suite);
json_t *nt_suite_data_schema(void);
json_t *nt_suite_train_schema(void);
json_t *nt_suite_groups_schema(void);
json_t *nt_suite_evaluate_schema(void);

nt_status nt_suite_read_estimate(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                                 void *suite);
void nt_suite_write_estimate(nt_suite_writer *w, const nt_suite_key *key, const void *suite);
json_t *nt_suite_estimate_schema(void);

nt_status nt_suite_read_limits(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *map,
                               void *suite);
void nt_suite_write_limits(nt_suite_writer *w, const nt_suite_key *key, const void *suite);
json_t *nt_suite_limits_schema(void);

/* Where weights come from, at `node`; if training begins with them, they may lack some. */
nt_status nt_suite_read_source(nt_suite_loader *l, const nt_yaml *node, const char *what,
                               bool begins, nt_weights_source *ret);
void nt_suite_write_given(nt_suite_writer *w, const char *key, const nt_weights_source *source);
json_t *nt_suite_source_schema(void);
json_t *nt_suite_begin_schema(void); /* where training begins with them */

/* `retrain:` of a group is put by until `train:` is known, then read. */
nt_status nt_suite_keep_retrain(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *map,
                                void *group);
nt_status nt_suite_read_retrains(nt_suite_loader *l);
void nt_suite_write_retrain(nt_suite_writer *w, const nt_suite_key *key, const void *group);
json_t *nt_suite_retrain_schema(void);

/* What a recipe says, wherever it stands; the record is the nt_recipe. */
extern const nt_field nt_suite_train_fields[];
extern const nt_suite_key nt_suite_recipe_keys[];
nt_status nt_suite_check_shards(nt_suite_loader *l, const nt_yaml *map, const nt_recipe *recipe);

/* What a suite has that doesn't say how to evaluate. */
bool nt_suite_default_evaluate(nt_suite *suite);
bool nt_suite_default_limits(nt_suite *suite);

#endif
