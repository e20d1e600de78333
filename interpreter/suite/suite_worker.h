/* A process of a run that is not rank 0: it prepares as rank 0 does, says so, and then does what it
 * is told. It prints nothing and writes nothing but the folders of seeds that it is told to train.
 */
#ifndef NT_SUITE_WORKER_H
#define NT_SUITE_WORKER_H

#include "suite_work.h"

/* Until rank 0 says that it is over. The work is prepared and described. */
nt_status nt_suite_serve(nt_suite_work *work);

#endif
