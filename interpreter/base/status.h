/* The outcome of every fallible function, and the process's exit status that it leads to. */
#ifndef NT_STATUS_H
#define NT_STATUS_H

/* code, exit status of the process, what it means */
#define NT_STATUS_LIST(X)                                                                          \
    X(NT_OK, 0, "done")                                                                            \
    X(NT_FAILED, 1, "the run failed")                                                              \
    X(NT_NO_MEMORY, 1, "out of memory")                                                            \
    X(NT_IO, 1, "reading or writing failed")                                                       \
    X(NT_USAGE, 2, "wrong usage")                                                                  \
    X(NT_INVALID, 3, "an input is invalid")                                                        \
    X(NT_INTERRUPTED, 130, "interrupted")                                                          \
    X(NT_TERMINATED, 143, "terminated")

typedef enum nt_status {
#define X(code, exit_status, meaning) code,
    NT_STATUS_LIST(X)
#undef X
} nt_status;

int nt_status_exit(nt_status status);
const char *nt_status_text(nt_status status);

/* Returns from the calling function when `expression` is not NT_OK. */
#define NT_TRY(expression)                                                                         \
    do {                                                                                           \
        nt_status nt_try_status = (expression);                                                    \
        if (nt_try_status != NT_OK)                                                                \
            return nt_try_status;                                                                  \
    } while (0)

#endif
