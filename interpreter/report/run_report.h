/* The report of a finished run. */
#ifndef NT_RUN_REPORT_H
#define NT_RUN_REPORT_H

#include "figures.h"
#include "progress.h"

/* Reads the run folder (record.h) and writes into `out`, which is made if it isn't there: the page
 * index.html, the tables as tables.md and, of each group, as tables-GROUP.csv and tables-GROUP.tex,
 * what to cite as cite.bib, and each figure's files (drawing.h). `paper`: of these what a paper in
 * LaTeX takes, figures as PDF, tables and cite.bib. The tables follow from results.json alone, byte
 * for byte. Of a signal that nt_signals_catch caught NT_INTERRUPTED or NT_TERMINATED, without an
 * error: each file there is whole, and the page the one from before. */
nt_status nt_run_report_write(const char *folder, const char *out, bool paper,
                              const nt_progress *progress, nt_error *error);

/* The tables of it alone. */
nt_status nt_report_write_tables(nt_record *record, const nt_figures *figures, const char *out,
                                 bool paper, nt_error *error);

#endif
