#include "signals.h"

#include <signal.h>

static volatile sig_atomic_t caught;

/* Raised again from its own handler, a signal waits until that has returned. */
static void catch_signal(int number) {
    if (caught) {
        signal(number, SIG_DFL);
        raise(number);
    }
    caught = number;
}

void nt_signals_catch(void) {
    struct sigaction action = {.sa_handler = catch_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
}

void nt_signals_raise(void) {
    caught = SIGTERM;
}

nt_status nt_signals_status(void) {
    switch (caught) {
    case 0:
        return NT_OK;
    case SIGTERM:
    case SIGUSR1:
        return NT_TERMINATED;
    default:
        return NT_INTERRUPTED;
    }
}
