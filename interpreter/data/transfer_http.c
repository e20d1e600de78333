/* http and https, by libcurl. A server may send us on to another address, but not from https to
 * less, nor to a file; one that falls silent is given up. */
#include "transfer_private.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static size_t take(char *bytes, size_t one, size_t count, void *context) {
    const nt_transfer *to = context;
    return to->take(to->context, bytes, one * count) ? one * count : CURL_WRITEFUNC_ERROR;
}

static int watch(void *context, curl_off_t total, curl_off_t done, curl_off_t to_send,
                 curl_off_t sent) {
    const nt_transfer *to = context;
    (void)to_send;
    (void)sent;
    return !to->watch(to->context, done, total);
}

static bool configure(CURL *curl, const char *url, const nt_transfer *to,
                      char why[CURL_ERROR_SIZE]) {
    enum { CONNECT_SECONDS = 30, STALL_SECONDS = 60, MOST_REDIRECTS = 10 };
    bool secure = strncasecmp(url, "https:", 6) == 0;
    const char *onward = secure ? "https" : "http,https";
    return curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, onward) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)MOST_REDIRECTS) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)STALL_SECONDS) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_USERAGENT, "nontrivial") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_XFERINFODATA, to) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, to) == CURLE_OK;
}

static void explain(CURLcode code, long answer, const char *why, char ret_why[NT_TRANSFER_WHY]) {
    if (code == CURLE_HTTP_RETURNED_ERROR)
        snprintf(ret_why, NT_TRANSFER_WHY, "the server answered %ld", answer);
    else
        snprintf(ret_why, NT_TRANSFER_WHY, "%s", why[0] ? why : curl_easy_strerror(code));
}

static nt_status transfer(const char *url, const nt_transfer *to, char ret_why[NT_TRANSFER_WHY]) {
    char why[CURL_ERROR_SIZE] = "";
    long answer = 0;
    CURL *curl = curl_easy_init();
    if (!curl || !configure(curl, url, to, why)) {
        curl_easy_cleanup(curl); /* takes NULL */
        return NT_NO_MEMORY;
    }
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
    curl_easy_cleanup(curl);
    if (code != CURLE_OK)
        explain(code, answer, why, ret_why);
    return code == CURLE_OK ? NT_OK : NT_FAILED;
}

nt_status nt_transfer_http(const char *url, const nt_transfer *to, char ret_why[NT_TRANSFER_WHY]) {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return NT_NO_MEMORY;
    nt_status status = transfer(url, to, ret_why);
    curl_global_cleanup();
    return status;
}
