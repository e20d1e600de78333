/* Asking a long task to stop. SIGINT, SIGTERM, SIGHUP, which a terminal sends that is closed, and
 * SIGUSR1, which batch systems send some time before they end a job, only set a flag; whoever works
 * in steps looks at it between two of them, keeps what is done and returns. */
#ifndef NT_SIGNALS_H
#define NT_SIGNALS_H

#include "status.h"

/* From now on the first of these signals sets the flag; the next one, of any kind, ends the process
 * at once. One that reaches this process and, passed on, once more counts once; so does SIGHUP,
 * which a closed terminal and its shell both send. A process that was started to ignore SIGHUP, as
 * by nohup, goes on ignoring it. */
void nt_signals_catch(void);

/* As if SIGTERM had been caught. */
void nt_signals_raise(void);

/* NT_OK, or NT_INTERRUPTED of SIGINT and NT_TERMINATED of the others once one was caught. */
nt_status nt_signals_status(void);

#endif
