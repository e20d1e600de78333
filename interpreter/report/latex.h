/* Texts of others in a LaTeX file. */
#ifndef NT_LATEX_H
#define NT_LATEX_H

#include "text.h"

/* Appends with what means something in LaTeX as itself; a sign before a number as a minus or plus.
 * What is not ASCII stays as it is, in UTF-8, but dashes, ± and …. */
void nt_latex_text(nt_text *latex, const char *text);

#endif
