/* Draws go by the order of the patients' names, so that the order on the disk changes nothing. */
#include "patients.h"

#include "random.h"
#include <regex.h>
#include <stdlib.h>
#include <string.h>

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory finding patients");
}

/* NT_INVALID: the pattern isn't in the name. */
static nt_status find_patient(const regex_t *pattern, const char *name, nt_arena *arena,
                              const char **ret) {
    regmatch_t found[2];
    const char *slash = strrchr(name, '/');
    if (regexec(pattern, name, 2, found, 0) != 0)
        return slash ? find_patient(pattern, slash + 1, arena, ret) : NT_INVALID;
    regmatch_t match = pattern->re_nsub > 0 && found[1].rm_so >= 0 ? found[1] : found[0];
    *ret = nt_arena_substring(arena, name + match.rm_so, (size_t)(match.rm_eo - match.rm_so));
    return *ret ? NT_OK : NT_NO_MEMORY;
}

static nt_status find_all(const regex_t *pattern, nt_arena *arena, const nt_patient_file *files,
                          int32_t count, const char **ret_names, nt_error *error) {
    nt_status status = NT_OK;
    for (int32_t i = 0; i < count; i++) {
        nt_status found = find_patient(pattern, files[i].name, arena, &ret_names[i]);
        if (found == NT_NO_MEMORY)
            return no_memory(error);
        if (found != NT_OK)
            status = nt_error_in(error, NT_INVALID, files[i].path, -1,
                                 "does not match the pattern of 'patient'");
    }
    return status;
}

/* A pattern that puts nothing together, or everything, doesn't find patients. */
static nt_status check_found(const nt_patient_file *first, const char *name, int32_t patients,
                             int32_t count, nt_error *error) {
    if (count < 2 || (patients > 1 && patients < count))
        return NT_OK;
    if (patients == 1) {
        nt_error_in(error, NT_INVALID, first->path, -1,
                    "is of patient '%s' by the pattern of 'patient', and so are all %d images",
                    name, count);
        nt_error_hint(error, "its first group must find what differs from patient to patient; "
                             "without 'patient' each file is of its own");
    } else {
        nt_error_in(error, NT_INVALID, first->path, -1,
                    "is of patient '%s' by the pattern of 'patient', and each of the %d images is "
                    "of another",
                    name, count);
        nt_error_hint(error, "its first group must find what the images of a patient share; leave "
                             "'patient' out if each has one");
    }
    return NT_INVALID;
}

static int compare(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static nt_status number(const regex_t *pattern, nt_arena *arena, nt_patient_file *files,
                        int32_t count, nt_error *error) {
    const char **names = NT_ARENA_ARRAY(arena, const char *, count + 1);
    const char **sorted = NT_ARENA_ARRAY(arena, const char *, count + 1);
    if (!names || !sorted)
        return no_memory(error);
    NT_TRY(find_all(pattern, arena, files, count, names, error));
    for (int32_t i = 0; i < count; i++)
        sorted[i] = names[i];
    qsort(sorted, (size_t)count, sizeof *sorted, compare);
    int32_t patients = 0;
    for (int32_t i = 0; i < count; i++)
        if (i == 0 || strcmp(sorted[patients - 1], sorted[i]) != 0)
            sorted[patients++] = sorted[i];
    for (int32_t i = 0; i < count; i++) {
        const char **at = bsearch(&names[i], sorted, (size_t)patients, sizeof *sorted, compare);
        files[i].patient = (int32_t)(at - sorted);
    }
    return count > 0 ? check_found(&files[0], names[0], patients, count, error) : NT_OK;
}

nt_status nt_patients_number(const char *pattern, nt_arena *arena, nt_patient_file *files,
                             int32_t count, nt_error *error) {
    regex_t compiled;
    char why[120];
    for (int32_t i = 0; i < count; i++)
        files[i].patient = i == 0 ? 0 : files[i - 1].patient + !files[i].further;
    if (!pattern[0])
        return NT_OK;
    int code = regcomp(&compiled, pattern, REG_EXTENDED);
    if (code != 0) {
        regerror(code, &compiled, why, sizeof why);
        return nt_error_say(error, NT_INVALID, "'patient' is no regular expression: %s", why);
    }
    nt_status status = number(&compiled, arena, files, count, error);
    regfree(&compiled);
    return status;
}

nt_status nt_patients_by_path(const char *pattern, nt_arena *arena, const nt_patient_file *files,
                              int32_t count, bool *ret, nt_error *error) {
    regex_t compiled;
    bool differs = false;
    nt_status status = NT_OK;
    if (!pattern[0] || regcomp(&compiled, pattern, REG_EXTENDED) != 0) {
        *ret = false;
        return NT_OK;
    }
    for (int32_t i = 0; status == NT_OK && !differs && i < count; i++) {
        const char *slash = strrchr(files[i].name, '/'), *whole, *last;
        if (!slash || find_patient(&compiled, slash + 1, arena, &last) == NT_INVALID)
            continue;
        status = find_patient(&compiled, files[i].name, arena, &whole);
        differs = status == NT_OK && last && strcmp(whole, last) != 0;
    }
    regfree(&compiled);
    *ret = differs;
    return status == NT_OK ? NT_OK : no_memory(error);
}

static int32_t count_patients(const nt_patient_file *files, int32_t count) {
    int32_t patients = 0;
    for (int32_t i = 0; i < count; i++)
        patients = files[i].patient >= patients ? files[i].patient + 1 : patients;
    return patients;
}

nt_status nt_patients_draw(double share, int32_t seed, nt_arena *arena, nt_patient_file *files,
                           int32_t count, nt_error *error) {
    nt_random random;
    int32_t patients = count_patients(files, count);
    bool *drawn = NT_ARENA_ARRAY(arena, bool, patients + 1);
    if (!drawn)
        return no_memory(error);
    nt_random_init(&random, (uint64_t)seed, NT_STREAM_SPLIT);
    nt_random_choose(&random, patients, (int32_t)(share * patients + 0.5), drawn);
    for (int32_t i = 0; i < count; i++)
        files[i].test = drawn[files[i].patient];
    return NT_OK;
}

nt_status nt_patients_check_apart(nt_arena *arena, const nt_patient_file *files, int32_t count,
                                  nt_error *error) {
    const nt_patient_file **training =
        NT_ARENA_ARRAY(arena, const nt_patient_file *, count_patients(files, count) + 1);
    if (!training)
        return no_memory(error);
    for (int32_t i = count - 1; i >= 0; i--)
        if (!files[i].test)
            training[files[i].patient] = &files[i];
    for (int32_t i = 0; i < count; i++)
        if (files[i].test && training[files[i].patient])
            return nt_error_in(error, NT_INVALID, files[i].path, -1,
                               "is of the patient of %s, but one is for training and the other "
                               "for testing",
                               training[files[i].patient]->path);
    return NT_OK;
}
