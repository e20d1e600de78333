/* The decoders of data files that run confined (confined.h): what each program that reads data
 * hands to nt_confined_child. */
#ifndef NT_DECODERS_H
#define NT_DECODERS_H

#include "confined.h"

extern const nt_confined_service *const nt_decoders[]; /* NULL-terminated */

#endif
