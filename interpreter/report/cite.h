/* What a paper that uses a run's numbers cites. */
#ifndef NT_CITE_H
#define NT_CITE_H

#include "record.h"
#include "text.h"

/* Appends a BibTeX file: a sentence for the text, the study that the question is from, and this
 * program in the version that measured. */
void nt_cite_add(const nt_record *record, nt_text *text);

#endif
