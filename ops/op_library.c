/* What the ops run on. */
#include "op_library.h"

#include "gemm.h"
#include "peak.h"
#include <stdio.h>
#include <stdlib.h>

void nt_ops_library(char ret_text[NT_OPS_LIBRARY]) {
    char text[NT_LIBRARY_TEXT];
    nt_gemm_library(text);
    snprintf(ret_text, NT_OPS_LIBRARY, "%s", text);
}

int nt_ops_kernels(const char *ret_names[NT_OPS_KERNELS]) {
    return nt_gemm_names(ret_names);
}

double nt_ops_peak(const char *kernel) {
    nt_gemm gemm;
    return nt_gemm_named(kernel, &gemm) && gemm.peak ? nt_peak_measure(gemm.peak) : 0;
}

nt_status nt_ops_check_kernel(nt_error *error) {
    const char *asked = getenv("NONTRIVIAL_KERNEL"), *names[NT_GEMM_KERNELS];
    nt_gemm gemm;
    if (!asked || nt_gemm_named(asked, &gemm))
        return NT_OK;
    nt_text all;
    nt_text_init(&all);
    for (int i = 0, count = nt_gemm_names(names); i < count; i++)
        nt_text_printf(&all, "%s%s", i ? ", " : "", names[i]);
    nt_error_say(error, NT_USAGE, "NONTRIVIAL_KERNEL is '%.40s', which does not run here", asked);
    nt_error_hint(error, "unset it, or choose one of %s", all.bytes);
    nt_text_finish(&all);
    return NT_USAGE;
}
