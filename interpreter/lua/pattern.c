/* A bound on the time that Lua's pattern matcher, which backtracks and can't be interrupted, may
 * take.
 *
 * A pattern with k items that repeat (*, +, -, and the linear %b and %1) tries, in the worst case,
 * every way to choose a start (unless ^ fixes it) and the k places where repeats end; these places
 * never decrease, so over n bytes there are at most C(n + k + 2, k + 1) ways. An item with ? at
 * most doubles them. Each step looks at no more than the pattern's own length. What is allowed
 * takes less than a second, after which limits and signals are looked at again. */
#include "sandbox_private.h"

#include <string.h>

static const double most_steps = 1e8;

/* Past the set that starts at pattern[i], "[^]...]". */
static size_t skip_set(const char *pattern, size_t length, size_t i) {
    i++;
    if (i < length && pattern[i] == '^')
        i++;
    if (i < length && pattern[i] == ']')
        i++;
    while (i < length && pattern[i] != ']')
        i += pattern[i] == '%' ? 2 : 1;
    return i + 1;
}

static void count_items(const char *pattern, size_t length, int *ret_repeats, int *ret_options) {
    *ret_repeats = *ret_options = 0;
    for (size_t i = 0; i < length;) {
        char c = pattern[i], next = i + 1 < length ? pattern[i + 1] : '\0';
        if (c == '(' || c == ')') {
            i++;
            continue;
        }
        if (c == '%' && (next == 'b' || (next >= '0' && next <= '9')))
            ++*ret_repeats;
        if (c == '[')
            i = skip_set(pattern, length, i);
        else if (c == '%' && next == 'b')
            i += 4;
        else
            i += c == '%' ? 2 : 1;
        if (i >= length)
            return;
        if (strchr("*+-", pattern[i]) && pattern[i] != '\0')
            ++*ret_repeats, i++;
        else if (pattern[i] == '?')
            ++*ret_options, i++;
    }
}

void nt_pattern_check(lua_State *L, const char *pattern, size_t length, size_t subject,
                      nt_pattern_use use) {
    int repeats = 0, options = 0;
    if (use != NT_PATTERN_PLAIN)
        count_items(pattern, length, &repeats, &options);
    bool anchored = use == NT_PATTERN_ONCE && length > 0 && pattern[0] == '^';
    double steps = (double)length + 1;
    for (int i = 1; i <= repeats + !anchored && steps <= most_steps; i++)
        steps *= ((double)subject + 1 + i) / i;
    for (int i = 0; i < options && steps <= most_steps; i++)
        steps *= 2;
    if (steps > most_steps)
        luaL_error(L, "this pattern could take too long on a text of %I bytes",
                   (LUAI_UACINT)subject);
}
