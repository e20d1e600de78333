/* Which language a file is in, by its top keys: a graph or a suite. So a file of the one that is
 * given for the other is told in a sentence, not by each of its keys. */
#ifndef NT_FILE_SORT_H
#define NT_FILE_SORT_H

#include "document.h"

typedef enum nt_file_sort { NT_FILE_UNCLEAR, NT_FILE_GRAPH, NT_FILE_SUITE } nt_file_sort;

/* A key or two may be misspelt or lacking. */
nt_file_sort nt_file_sort_of(const nt_yaml *root);

/* NT_INVALID with that sentence if the document is a suite, or a graph. */
nt_status nt_file_want_graph(const nt_document *document, nt_error *error);
nt_status nt_file_want_suite(const nt_document *document, nt_error *error);

#endif
