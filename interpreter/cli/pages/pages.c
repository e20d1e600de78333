/* Writes what is made of the tables of commands when the program is built:
 *
 *     pages bash|zsh|fish
 *     pages man [COMMAND [VERB]]
 *
 * to standard output. Not installed. */
#include "completions.h"
#include "man_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool add_page(const char *const *words, int count, nt_text *text) {
    const nt_command *command;
    int taken = 0;
    if (count == 0) {
        nt_man_program(text);
        return true;
    }
    nt_error error;
    nt_error_init(&error);
    bool found = nt_command_find(words, count, &command, &taken, &error) == NT_OK && taken == count;
    nt_error_finish(&error);
    if (found)
        nt_man_command(command, text);
    return found;
}

static bool add(const char *what, const char *const *words, int count, nt_text *text) {
    if (strcmp(what, "man") == 0)
        return add_page(words, count, text);
    if (strcmp(what, "bash") == 0)
        nt_completions_bash(text);
    else if (strcmp(what, "zsh") == 0)
        nt_completions_zsh(text);
    else if (strcmp(what, "fish") == 0)
        nt_completions_fish(text);
    else
        return false;
    return count == 0;
}

int main(int argc, char **argv) {
    nt_text text;
    nt_text_init(&text);
    bool ok = argc > 1 && add(argv[1], (const char *const *)argv + 2, argc - 2, &text);
    ok = ok && !text.failed && fwrite(text.bytes, 1, text.length, stdout) == text.length &&
         fflush(stdout) == 0;
    nt_text_finish(&text);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
