/* Who the files of a data set are of: patients, found in the files' names, who are drawn whole. */
#ifndef NT_PATIENTS_H
#define NT_PATIENTS_H

#include "arena.h"
#include "diagnostic.h"

/* A file: what it is called, where it is, and whose it is. */
typedef struct nt_patient_file {
    const char *name; /* its path inside the folder, without the ending */
    const char *path;
    bool further;    /* it is of the one before it, as pages of one file are */
    int32_t patient; /* numbered from 0 */
    bool test;
} nt_patient_file;

/* Numbers the patients in the order of their names: what the first group of the extended regular
 * expression `pattern` finds in a file's name, or all of it without a group; where it finds
 * nothing there, in what comes after the last slash. "": each file is of its own. NT_INVALID, all
 * of them at once, for files in whose names it finds nothing, and if all of several files would be
 * of one patient, or each of its own. */
nt_status nt_patients_number(const char *pattern, nt_arena *arena, nt_patient_file *files,
                             int32_t count, nt_error *error);

/* Whether what comes after the last slash, sought alone, would have given a file to another patient
 * than its whole name did. The pattern is one that numbered them. */
nt_status nt_patients_by_path(const char *pattern, nt_arena *arena, const nt_patient_file *files,
                              int32_t count, bool *ret, nt_error *error);

/* Draws a share of the numbered patients, each as likely as the others: sets `test` of their files.
 */
nt_status nt_patients_draw(double share, int32_t seed, nt_arena *arena, nt_patient_file *files,
                           int32_t count, nt_error *error);

/* NT_INVALID if a patient has files both to train and to test on. */
nt_status nt_patients_check_apart(nt_arena *arena, const nt_patient_file *files, int32_t count,
                                  nt_error *error);

#endif
