/* Files of the sources that this folder keeps in the program. */
#ifndef NT_EMBEDDED_FILES_H
#define NT_EMBEDDED_FILES_H

#include "embedded.h"

extern const nt_embedded nt_start_files[]; /* of experiments/init/, and what editors know of hooks:
                                              "classify/suite.yaml" … */
extern const nt_embedded nt_answer_schemas[]; /* of schemas/, by the word that `schema` takes */

#endif
