/* What the ops run on. */
#include "gemm.h"
#include "op.h"
#include <stdio.h>

void nt_ops_library(char ret_text[NT_OPS_LIBRARY]) {
    char text[NT_LIBRARY_TEXT];
    nt_gemm_library(text);
    snprintf(ret_text, NT_OPS_LIBRARY, "%s", text);
}
