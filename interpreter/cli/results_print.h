/* What `nontrivial results` prints of the rows that were chosen: as tables, CSV or JSON. */
#ifndef NT_RESULTS_PRINT_H
#define NT_RESULTS_PRINT_H

#include "run_results.h"
#include "table.h"

typedef enum nt_results_view {
    NT_VIEW_SEED,   /* a row for each case and seed */
    NT_VIEW_CASE,   /* over the seeds */
    NT_VIEW_GROUP,  /* over the cases too */
    NT_VIEW_IMAGES, /* of each row, which samples it lost and gained */
    NT_VIEW_MEANS   /* as tables: a row for each case, with the baseline; else as NT_VIEW_CASE */
} nt_results_view;

typedef struct nt_results_query {
    const nt_run_results *results;
    nt_run_rows baselines, rows; /* as chosen; of NT_VIEW_SEED and NT_VIEW_IMAGES */
    nt_run_summaries summaries;  /* of the others */
    const nt_run_images *images; /* of NT_VIEW_IMAGES: one for each row; empty where it failed */
    nt_results_view view;
} nt_results_query;

/* Each appends all that the query has in its view. */
void nt_results_tables(const nt_results_query *query, nt_table_room *room, nt_text *text);
void nt_results_csv(const nt_results_query *query, nt_text *csv);
json_t *nt_results_query_json(const nt_results_query *query); /* a new reference, or NULL */

#endif
