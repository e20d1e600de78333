/* What mpirun ends with when a process is lost is the signal that killed it, 137 or 139, and who it
 * was nobody says. So a process that a launcher started among several forks before anything else,
 * when there are no threads and no MPI yet: the child does the work, and the parent, which is the
 * one that the launcher knows, waits for it.
 *
 *     launcher ── guard ── worker     one process group; the same descriptors and environment
 *
 * The worker's exit status becomes the guard's; of its death by a signal the guard makes a sentence
 * and NT_FAILED's. Either dies with its parent. A launcher signals its process, all of that one's
 * group or all of its descendants: so what asks to end is passed on by sigqueue, by which the
 * worker knows it from what reached it directly (signals.c).
 *
 * A guard that is killed itself takes its worker with it, and the launcher then tells of the
 * signal: Open MPI's by 137, MPICH's by 9. */
#include "dist.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static bool lost; /* the worker died of a signal that nobody asked for */

static const int passed_on[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};

enum { PASSED_ON = sizeof passed_on / sizeof *passed_on, SIGNALLED = 128, HOST_NAME = 256 };

static bool is_passed_on(int number) {
    for (int i = 0; i < PASSED_ON; i++)
        if (number == passed_on[i])
            return true;
    return false;
}

static void die_with(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* it was faster */
        raise(SIGKILL);
}

/* How the worker ended, as waitpid has it; *ret_told: it was asked to end. */
static int wait_for(pid_t worker, const sigset_t *signals, bool *ret_told) {
    int state;
    *ret_told = false;
    do {
        int number = sigwaitinfo(signals, NULL);
        if (is_passed_on(number)) {
            sigqueue(worker, number, (union sigval){0});
            *ret_told = true;
        }
    } while (waitpid(worker, &state, WNOHANG) != worker);
    return state;
}

static void say(int number, nt_error *error) {
    char host[HOST_NAME] = "";
    int rank = nt_dist_launched_rank();
    lost = true;
    gethostname(host, sizeof host - 1);
    if (number == SIGKILL)
        nt_error_say(error, NT_FAILED,
                     "rank %d on %s was killed by signal %d, as it is where memory runs out", rank,
                     host, number);
    else
        nt_error_say(error, NT_FAILED, "rank %d on %s died of signal %d (%s)", rank, host, number,
                     strsignal(number));
    nt_error_hint(error, "what was saved stays, and the same command goes on from there");
}

/* Whoever asked for the end may kill what has not ended in time, which needs no words. */
static int exit_status_of(int state, bool told, nt_error *error) {
    if (WIFEXITED(state))
        return WEXITSTATUS(state);
    int number = WTERMSIG(state);
    if (is_passed_on(number))
        return SIGNALLED + number;
    if (!told || number != SIGKILL)
        say(number, error);
    return nt_status_exit(NT_FAILED);
}

bool nt_dist_guard(int *ret_exit_status, nt_error *error) {
    sigset_t signals, before;
    bool told;
    if (nt_dist_launched() == 1)
        return false;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    for (int i = 0; i < PASSED_ON; i++)
        sigaddset(&signals, passed_on[i]);
    signal(SIGCHLD, SIG_DFL); /* where it is ignored, nobody can be waited for */
    sigprocmask(SIG_BLOCK, &signals, &before);
    pid_t launcher = getppid(), guard = getpid(), worker = fork();
    die_with(worker == 0 ? guard : launcher);
    if (worker > 0) {
        int state = wait_for(worker, &signals, &told);
        *ret_exit_status = exit_status_of(state, told, error);
        return true;
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return false; /* also where there is no process to be had: then it works unguarded */
}

/* MPICH's Hydra kills the other processes by signal 9 once one has failed, and mixes that into the
 * status that it ends with, unless it is asked for the end with a status, in the words of PMI 1,
 * as by MPI_Abort. Others take the first status that there is. */
int nt_dist_guard_end(int exit_status) {
    enum { SECONDS = 2 };
    const char *hydra = getenv("MPI_LOCALNRANKS"), *connection = getenv("PMI_FD");
    if (lost && hydra && connection &&
        dprintf(atoi(connection), "cmd=abort exitcode=%d\n", exit_status) > 0)
        sleep(SECONDS); /* it ends this process, too */
    return exit_status;
}
