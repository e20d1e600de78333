/* Completions for shells, made from the tables of commands. */
#ifndef NT_COMPLETIONS_H
#define NT_COMPLETIONS_H

#include "text.h"

/* Each appends a script that its shell reads: `complete`, `compdef`, `complete -c`. */
void nt_completions_bash(nt_text *text);
void nt_completions_zsh(nt_text *text);
void nt_completions_fish(nt_text *text);

#endif
