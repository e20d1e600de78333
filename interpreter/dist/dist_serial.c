/* One process, and no MPI. */
#include "dist.h"

const char *nt_dist_library(void) {
    return NULL;
}

bool nt_dist_guard(int *ret_exit_status, nt_error *error) {
    (void)ret_exit_status, (void)error;
    return false;
}

int nt_dist_guard_end(int exit_status) {
    return exit_status;
}

nt_status nt_dist_begin(nt_error *error) {
    int launched = nt_dist_launched();
    if (launched == 1)
        return NT_OK;
    nt_error_say(error, NT_USAGE,
                 "it was started as %d processes, but was built without MPI: each would do all of "
                 "the work",
                 launched);
    nt_error_hint(error, "build with -Dmpi=enabled, start it alone, or give each process its part "
                         "by --shard");
    return NT_USAGE;
}

int nt_dist_end(int exit_status) {
    return exit_status;
}

int nt_dist_rank(void) {
    return 0;
}

int nt_dist_size(void) {
    return 1;
}

int nt_dist_local_size(void) {
    return 1;
}

int nt_dist_threads(void) {
    return 0;
}

const char *nt_dist_machine(void) {
    return "here";
}

void nt_dist_pause(void) {}

/* With nobody to talk to, nothing of the rest is ever called. */

nt_status nt_dist_send(int to, int kind, const void *bytes, size_t size) {
    (void)to, (void)kind, (void)bytes, (void)size;
    return NT_OK;
}

nt_status nt_dist_receive(nt_dist_message *ret, bool *ret_came) {
    (void)ret;
    *ret_came = false;
    return NT_OK;
}

void nt_dist_message_finish(nt_dist_message *message) {
    (void)message;
}

nt_status nt_dist_swap(int with, int tag, const float *mine, float *theirs, int64_t count,
                       nt_dist_exchange **ret) {
    (void)with, (void)tag, (void)mine, (void)theirs, (void)count;
    *ret = NULL;
    return NT_OK;
}

nt_status nt_dist_sum(float *values, int64_t count, nt_dist_exchange **ret) {
    (void)values, (void)count;
    *ret = NULL;
    return NT_OK;
}

void nt_dist_share(void *bytes, size_t size) {
    (void)bytes, (void)size;
}

bool nt_dist_done(nt_dist_exchange **exchange) {
    (void)exchange;
    return true;
}

void nt_dist_wait(nt_dist_exchange **exchange) {
    (void)exchange;
}
