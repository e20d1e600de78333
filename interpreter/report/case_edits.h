/* What the cases of a group do to which layers, as the page says it. */
#ifndef NT_CASE_EDITS_H
#define NT_CASE_EDITS_H

#include "record.h"
#include "text.h"

/* What is done, "zero" or "noise (deviation 0.1, seed 7)", if it is the same in all cases of a
 * group and each case has the names of all its layers in its own, so that nothing more need be
 * said; otherwise NULL. In the record's arena. */
const char *nt_edits_named(nt_record *record, const nt_record_group *group);

/* What a case does and, where these are many, a list of its layers that opens. */
void nt_edits_html(nt_record *record, const nt_record_case *item, nt_text *html);

#endif
