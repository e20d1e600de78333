/* Asking a long task to stop. SIGINT and SIGTERM only set a flag; whoever works in steps looks at
 * it between two of them, keeps what is done and returns. */
#ifndef NT_SIGNALS_H
#define NT_SIGNALS_H

#include "status.h"

/* From now on the first SIGINT or SIGTERM sets the flag; the next one, of either kind, ends the
 * process at once. */
void nt_signals_catch(void);

/* As if SIGTERM had been caught. */
void nt_signals_raise(void);

/* NT_OK, or NT_INTERRUPTED or NT_TERMINATED once a signal was caught. */
nt_status nt_signals_status(void);

#endif
