/* Manual pages, made from the tables of commands, in man(7)'s macros. */
#ifndef NT_MAN_PAGE_H
#define NT_MAN_PAGE_H

#include "command.h"
#include "text.h"

void nt_man_program(nt_text *text);                            /* nontrivial.1 */
void nt_man_command(const nt_command *command, nt_text *text); /* nontrivial-run.1 */

#endif
