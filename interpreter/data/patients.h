/* Who the files of a data set are of: patients, found in the files' names, who are drawn whole. */
#ifndef NT_PATIENTS_H
#define NT_PATIENTS_H

#include "arena.h"
#include "diagnostic.h"

/* A file: what it is called, where it is, and whose it is. */
typedef struct nt_patient_file {
    const char *name; /* what the pattern is sought in, after its last slash */
    const char *path;
    int32_t patient; /* numbered from 0 */
    bool test;
} nt_patient_file;

/* Numbers the patients in the order of their names: what the first group of the extended regular
 * expression `pattern` finds in a name, or all of it without a group; "": each file is of its own.
 * NT_INVALID for a file in whose name it finds nothing. */
nt_status nt_patients_number(const char *pattern, nt_arena *arena, nt_patient_file *files,
                             int32_t count, nt_error *error);

/* Draws a share of the numbered patients, each as likely as the others: sets `test` of their files.
 */
nt_status nt_patients_draw(double share, int32_t seed, nt_arena *arena, nt_patient_file *files,
                           int32_t count, nt_error *error);

/* NT_INVALID if a patient has files both to train and to test on. */
nt_status nt_patients_check_apart(nt_arena *arena, const nt_patient_file *files, int32_t count,
                                  nt_error *error);

#endif
