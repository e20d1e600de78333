/* Files of the sources that are in the program: embed.py makes each of these tables. */
#ifndef NT_EMBEDDED_H
#define NT_EMBEDDED_H

#include <stddef.h>

typedef struct nt_embedded {
    const char *name; /* "classify/suite.yaml" */
    const unsigned char *text;
    size_t length;
} nt_embedded;

/* A name of NULL ends each. */
extern const nt_embedded
    nt_start_files[]; /* of experiments/init/, and what editors know of hooks */
extern const nt_embedded nt_answer_schemas[]; /* of schemas/, by the word that `schema` takes */

#endif
