/* How long something takes. */
#ifndef NT_CLOCK_H
#define NT_CLOCK_H

double nt_clock(void); /* seconds, monotonic */

#endif
