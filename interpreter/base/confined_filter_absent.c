/* In place of confined_filter.c where there is no libseccomp: the other restrictions hold alone. */
#include "confined_private.h"

void nt_confined_filter(void) {}
