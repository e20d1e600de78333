/* In place of transfer_http.c where there is no libcurl: nt_data_fetch refuses such URLs before. */
#include "transfer_private.h"

#include <stdio.h>

nt_status nt_transfer_http(const char *url, const nt_transfer *to, char ret_why[NT_TRANSFER_WHY]) {
    (void)url;
    (void)to;
    snprintf(ret_why, NT_TRANSFER_WHY, "this build has no libcurl");
    return NT_FAILED;
}
