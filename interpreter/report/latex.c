/* Escaping for LaTeX: a table of what means something there. */
#include "latex.h"

#include <ctype.h>
#include <string.h>

/* In LaTeX's own words. */
static const struct {
    const char *from, *to;
} words[] = {{"\\", "\\textbackslash{}"},
             {"~", "\\textasciitilde{}"},
             {"^", "\\textasciicircum{}"},
             {"<", "\\textless{}"},
             {">", "\\textgreater{}"},
             {"|", "\\textbar{}"},
             {"\"", "''"},
             {"&", "\\&"},
             {"%", "\\%"},
             {"$", "\\$"},
             {"#", "\\#"},
             {"_", "\\_"},
             {"{", "\\{"},
             {"[", "{[}"}, /* which would be a row's height where a row begins with it, */
             {"*", "{*}"}, /* and this a break without a page's */
             {"}", "\\}"},
             {"–", "--"},
             {"±", "$\\pm$"},
             {"…", "\\ldots{}"}};
enum { WORDS = sizeof words / sizeof *words };

/* Whether a sign belongs to the number behind it. */
static bool is_sign(const char *text, const char *at) {
    return (*at == '-' || *at == '+') && isdigit((unsigned char)at[1]) &&
           (at == text || at[-1] == ' ');
}

void nt_latex_text(nt_text *latex, const char *text) {
    for (const char *at = text; *at;) {
        int w = 0;
        while (w < WORDS && strncmp(at, words[w].from, strlen(words[w].from)) != 0)
            w++;
        if (w < WORDS) {
            nt_text_add(latex, words[w].to);
            at += strlen(words[w].from);
        } else if (is_sign(text, at)) {
            nt_text_printf(latex, "$%c$", *at++);
        } else {
            nt_text_add_bytes(latex, iscntrl((unsigned char)*at) ? " " : at, 1);
            at++;
        }
    }
}
