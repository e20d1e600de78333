/* Where a case stands among its controls. Changes are differences of quotients, and means of them:
 * those that are nearly equal are equal. */
#include "control.h"

#include <math.h>
#include <string.h>

static const double tie = 1e-9;

const char *nt_control_within(const char *of, const char *group, bool own) {
    size_t length = strlen(group);
    if (strncmp(of, group, length) == 0 && of[length] == '/')
        return of + length + 1;
    return own ? of : NULL;
}

void nt_control_place(nt_control *control, double change, const double *controls, int32_t count) {
    control->sets = control->as_costly = 0;
    control->p = (double)NAN;
    if (isnan(change))
        return;
    for (int32_t i = 0; i < count; i++) {
        control->sets += !isnan(controls[i]);
        control->as_costly += controls[i] <= change + tie;
    }
    if (control->sets > 0)
        control->p = (control->as_costly + 1.0) / (control->sets + 1.0);
}

const char *nt_control_words(const nt_control *control, nt_arena *arena) {
    if (control->sets == 0)
        return nt_arena_printf(
            arena, "'%s' has no place among these controls: numbers are lacking.", control->of);
    return nt_arena_printf(arena, "Of %d control%s of '%s', %d cost%s as much or more (p = %.4f).",
                           (int)control->sets, control->sets == 1 ? "" : "s", control->of,
                           (int)control->as_costly, control->as_costly == 1 ? "s" : "", control->p);
}
