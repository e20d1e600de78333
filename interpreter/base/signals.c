#include "signals.h"

#include <signal.h>

static volatile sig_atomic_t caught;
static volatile sig_atomic_t came[2]; /* directly, and passed on */

/* Who guards this process passes on by sigqueue what may have reached this one as well (dist/
 * dist_guard.c): either way counts by itself. Raised again from its own handler, a signal waits
 * until that has returned. */
static void catch_signal(int number, siginfo_t *info, void *context) {
    int way = info->si_code == SI_QUEUE;
    (void)context;
    if (number == SIGHUP && caught == SIGHUP)
        return;
    if (came[way]) {
        signal(number, SIG_DFL);
        raise(number);
    }
    came[way] = 1;
    caught = number;
}

void nt_signals_catch(void) {
    struct sigaction action = {.sa_sigaction = catch_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    struct sigaction before;
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &action, NULL);
}

void nt_signals_raise(void) {
    caught = SIGTERM;
}

nt_status nt_signals_status(void) {
    switch (caught) {
    case 0:
        return NT_OK;
    case SIGTERM:
    case SIGHUP:
    case SIGUSR1:
        return NT_TERMINATED;
    default:
        return NT_INTERRUPTED;
    }
}
