/* The store's list of results: which case has which outcome. */
#ifndef NT_RESULTS_LIST_H
#define NT_RESULTS_LIST_H

#include "results.h"
#include "store.h"

/* Puts which case has which key into the store, as far as something of it is measured; if nothing
 * is, leaves what there was. */
nt_status nt_results_store(const nt_results *results, nt_store *store, nt_error *error);

#endif
