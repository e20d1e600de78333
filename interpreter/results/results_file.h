/* The files in which results are kept: results.csv and results.json. */
#ifndef NT_RESULTS_FILE_H
#define NT_RESULTS_FILE_H

#include "results.h"
#include <jansson.h>

/* Appends what results.csv (see finding.h) and results.json hold. NT_NO_MEMORY or NT_OK. */
nt_status nt_results_format(const nt_results *results, nt_text *csv, nt_text *json);

/* Writes both into `folder`, each replaced as a whole, and where there are estimates
 * estimates.csv. */
nt_status nt_results_write(const nt_results *results, const char *folder, nt_error *error);

/* --- JSON ------------------------------------------------------------------------------------- */

#define NT_RESULTS_JSON "results.json"
#define NT_RESULTS_CSV "results.csv"

/* New references, NULL when out of memory: what results.json holds, three of its members, and its
 * JSON Schema. */
json_t *nt_results_json(const nt_results *results);
json_t *nt_setup_json(const nt_setup *setup);
json_t *nt_provenance_json(const nt_provenance *provenance);
json_t *nt_control_json(const nt_control *control);
json_t *nt_results_schema(void);

/* Reads a results.json. NT_INVALID, with the file, the place in it and what to do, for one that
 * isn't there, is of another version or is in any respect not as this program writes it; what was
 * accepted is written again byte for byte. */
nt_status nt_results_read(const char *path, nt_results **ret, nt_error *error);

#endif
