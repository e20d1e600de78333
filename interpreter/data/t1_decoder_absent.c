/* In place of t1_decoder.c where there is no libmatio. */
#include "t1_decoder.h"

const nt_confined_service nt_t1_decoder = {"t1", NULL};
