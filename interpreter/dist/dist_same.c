#include "dist_same.h"

#include "build_info.h"
#include <string.h>

void nt_same_begin(nt_text *lines, const char *numerics) {
    nt_build_describe(lines);
    nt_text_printf(lines, "\nnumerics %s\n", numerics);
}

void nt_same_message(nt_text *message, const char *lines) {
    const char *machine = nt_dist_machine();
    nt_text_add_bytes(message, machine, strlen(machine) + 1);
    nt_text_add_bytes(message, lines, strlen(lines) + 1);
}

/* Two texts, one after the other, each with its end. */
static bool read_message(const nt_dist_message *message, const char **ret_machine,
                         const char **ret_lines) {
    const char *bytes = message->bytes;
    size_t first = strnlen(bytes, message->size) + 1;
    *ret_machine = bytes;
    *ret_lines = bytes + first;
    return first < message->size &&
           first + strnlen(*ret_lines, message->size - first) + 1 == message->size;
}

nt_status nt_same_compare(const nt_dist_message *message, const char *lines, nt_error *error) {
    const char *machine, *theirs;
    size_t i = 0, line = 0;
    if (!read_message(message, &machine, &theirs))
        return nt_error_say(error, NT_FAILED, "process %d said something that can't be read",
                            message->from);
    while (lines[i] && lines[i] == theirs[i]) {
        line = lines[i] == '\n' ? i + 1 : line;
        i++;
    }
    if (lines[i] == theirs[i])
        return NT_OK;
    nt_error_say(error, NT_FAILED,
                 "process %d on %s is odd: it has '%.*s' where process 0 on %s has '%.*s'",
                 message->from, machine, (int)strcspn(theirs + line, "\n"), theirs + line,
                 nt_dist_machine(), (int)strcspn(lines + line, "\n"), lines + line);
    nt_error_hint(error, "give all machines the same program, data and files; NONTRIVIAL_KERNEL "
                         "makes different processors compute alike");
    return NT_FAILED;
}
