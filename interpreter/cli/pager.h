/* Text that may be longer than the screen. */
#ifndef NT_PAGER_H
#define NT_PAGER_H

#include "status.h"
#include "text.h"
#include <stdbool.h>

/* Prints and finishes `text`: through $PAGER, or `less -FRX`, where standard output is a terminal
 * of fewer lines, unless `direct` says not to or there is no such program; then as nt_print. An
 * empty $PAGER, and `cat`, are none. */
nt_status nt_page(nt_text *text, bool direct);

#endif
