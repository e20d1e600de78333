#include "status.h"

int nt_status_exit(nt_status status) {
    switch (status) {
#define X(code, exit_status, meaning)                                                              \
    case code:                                                                                     \
        return exit_status;
        NT_STATUS_LIST(X)
#undef X
    }
    return 1;
}

const char *nt_status_text(nt_status status) {
    switch (status) {
#define X(code, exit_status, meaning)                                                              \
    case code:                                                                                     \
        return meaning;
        NT_STATUS_LIST(X)
#undef X
    }
    return "unknown status";
}
