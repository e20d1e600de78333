/* The keys of a recipe that single out parts of a network, or of the way of its training: which are
 * not trained, which at a rate of their own, and after which epochs the weights are kept. Each is
 * read into the nt_recipe, and written from it; see nt_suite_key. */
#ifndef NT_SUITE_TRAIN_PARTS_H
#define NT_SUITE_TRAIN_PARTS_H

#include "suite_file_private.h"

nt_status nt_suite_read_frozen(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                               void *recipe);
void nt_suite_write_frozen(nt_suite_writer *w, const nt_suite_key *key, const void *recipe);
json_t *nt_suite_frozen_schema(void);

nt_status nt_suite_read_rates(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                              void *recipe);
void nt_suite_write_rates(nt_suite_writer *w, const nt_suite_key *key, const void *recipe);
json_t *nt_suite_rates_schema(void);

nt_status nt_suite_read_snapshots(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                                  void *recipe);
void nt_suite_write_snapshots(nt_suite_writer *w, const nt_suite_key *key, const void *recipe);
json_t *nt_suite_snapshots_schema(void);

#endif
