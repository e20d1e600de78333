/* By MPI: messages are point-to-point, in a communicator of their own; a message that was sent is
 * kept until MPI has taken it. MPI is begun only where a launcher started several processes, since
 * beginning takes it a good part of a second. Waiting processes sleep between looks, so that ranks
 * that share processors don't take them from those that work. */
#include "dist.h"

#include "alloc.h"
#include <limits.h>
#include <mpi.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

typedef struct posted {
    struct posted *next;
    MPI_Request request;
    size_t size;
    char bytes[];
} posted;

struct nt_dist_exchange {
    MPI_Request requests[2];
    int count;
};

static struct {
    bool on;
    bool over; /* NT_DIST_END has come */
    int rank, size, local_size, threads, end_status;
    char machine[MPI_MAX_PROCESSOR_NAME];
    MPI_Comm messages, exchanges;
    posted *posted;
    int looks; /* pauses since something came */
} dist = {.size = 1, .local_size = 1};

enum { SPIN = 64, MOST_NANOSECONDS = 1000000, FIRST_NANOSECONDS = 20000 };

const char *nt_dist_library(void) {
#ifdef OPEN_MPI
    static char name[64];
    snprintf(name, sizeof name, "Open MPI %d.%d.%d", OMPI_MAJOR_VERSION, OMPI_MINOR_VERSION,
             OMPI_RELEASE_VERSION);
    return name;
#elif defined MPICH_VERSION
    return "MPICH " MPICH_VERSION;
#else
    return "MPI";
#endif
}

/* --- beginning -------------------------------------------------------------------------------- */

/* The share of `set` that is the rank's: whole processors, one after the other; one that others
 * have too where there are fewer processors than ranks. */
static cpu_set_t share_of(const cpu_set_t *set, int rank, int ranks) {
    int processors = CPU_COUNT(set), seen = 0;
    int from = rank * processors / ranks, to = (rank + 1) * processors / ranks;
    cpu_set_t share;
    CPU_ZERO(&share);
    to = to > from ? to : from + 1;
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, set) && seen++ >= from && seen <= to)
            CPU_SET(i, &share);
    return share;
}

/* A launcher that has bound ranks to processors of their own is left to it. */
static bool share_processors(MPI_Comm machine) {
    cpu_set_t mine, *all = nt_alloc((size_t)dist.local_size * sizeof *all);
    bool same = true;
    if (!all)
        return false;
    CPU_ZERO(&mine);
    sched_getaffinity(0, sizeof mine, &mine);
    MPI_Allgather(&mine, sizeof mine, MPI_BYTE, all, sizeof mine, MPI_BYTE, machine);
    for (int i = 0; i < dist.local_size; i++)
        same = same && CPU_EQUAL(&all[i], &mine);
    nt_free(all, (size_t)dist.local_size * sizeof *all);
    if (same) {
        int rank;
        MPI_Comm_rank(machine, &rank);
        mine = share_of(&mine, rank, dist.local_size);
        sched_setaffinity(0, sizeof mine, &mine);
    }
    dist.threads = CPU_COUNT(&mine);
    return true;
}

static nt_status look_around(nt_error *error) {
    int length;
    MPI_Comm machine;
    MPI_Comm_rank(MPI_COMM_WORLD, &dist.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &dist.size);
    MPI_Get_processor_name(dist.machine, &length);
    if (dist.size == 1) {
        nt_error_say(error, NT_USAGE,
                     "it was started as %d processes that don't find one another: the launcher is "
                     "not one of %s",
                     nt_dist_launched(), nt_dist_library());
        nt_error_hint(error, "start it with the mpirun of %s", nt_dist_library());
        return NT_USAGE;
    }
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, dist.rank, MPI_INFO_NULL, &machine);
    MPI_Comm_size(machine, &dist.local_size);
    bool shared = share_processors(machine);
    MPI_Comm_free(&machine);
    return shared ? NT_OK : nt_error_say(error, NT_NO_MEMORY, "out of memory");
}

nt_status nt_dist_begin(nt_error *error) {
    int given;
    if (nt_dist_launched() == 1)
        return NT_OK;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &given) != MPI_SUCCESS)
        return nt_error_say(error, NT_FAILED, "MPI does not start");
    dist.on = true;
    NT_TRY(look_around(error));
    MPI_Comm_dup(MPI_COMM_WORLD, &dist.messages);
    MPI_Comm_dup(MPI_COMM_WORLD, &dist.exchanges);
    return NT_OK;
}

/* --- who is there ----------------------------------------------------------------------------- */

int nt_dist_rank(void) {
    return dist.rank;
}

int nt_dist_size(void) {
    return dist.size;
}

int nt_dist_local_size(void) {
    return dist.local_size;
}

int nt_dist_threads(void) {
    return dist.threads;
}

const char *nt_dist_machine(void) {
    return dist.machine;
}

void nt_dist_pause(void) {
    if (dist.looks++ < SPIN)
        return;
    long longer = (long)FIRST_NANOSECONDS * (dist.looks - SPIN);
    const struct timespec rest = {.tv_nsec = longer < MOST_NANOSECONDS ? longer : MOST_NANOSECONDS};
    nanosleep(&rest, NULL);
}

/* --- messages --------------------------------------------------------------------------------- */

/* Drops what MPI has taken. */
static void reap(void) {
    posted **link = &dist.posted;
    while (*link) {
        posted *p = *link;
        int done;
        MPI_Test(&p->request, &done, MPI_STATUS_IGNORE);
        if (done) {
            *link = p->next;
            nt_free(p, sizeof *p + p->size);
        } else {
            link = &p->next;
        }
    }
}

nt_status nt_dist_send(int to, int kind, const void *bytes, size_t size) {
    reap();
    posted *p = size <= INT_MAX ? nt_alloc(sizeof *p + size) : NULL;
    if (!p)
        return NT_NO_MEMORY;
    p->size = size;
    if (size > 0)
        memcpy(p->bytes, bytes, size);
    MPI_Isend(p->bytes, (int)size, MPI_BYTE, to, kind, dist.messages, &p->request);
    p->next = dist.posted;
    dist.posted = p;
    return NT_OK;
}

nt_status nt_dist_receive(nt_dist_message *ret, bool *ret_came) {
    int came, size;
    MPI_Status status;
    reap();
    MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, dist.messages, &came, &status);
    *ret_came = came;
    if (!came)
        return NT_OK;
    MPI_Get_count(&status, MPI_BYTE, &size);
    void *bytes = nt_alloc((size_t)size + 1);
    if (!bytes)
        return NT_NO_MEMORY;
    MPI_Recv(bytes, size, MPI_BYTE, status.MPI_SOURCE, status.MPI_TAG, dist.messages,
             MPI_STATUS_IGNORE);
    dist.looks = 0;
    if (status.MPI_TAG == NT_DIST_END) {
        dist.over = true;
        memcpy(&dist.end_status, bytes, sizeof dist.end_status);
    }
    *ret = (nt_dist_message){status.MPI_SOURCE, status.MPI_TAG, (size_t)size, bytes};
    return NT_OK;
}

void nt_dist_message_finish(nt_dist_message *message) {
    nt_free(message->bytes, message->size + 1);
    *message = (nt_dist_message){0};
}

/* --- exchanges -------------------------------------------------------------------------------- */

nt_status nt_dist_swap(int with, int tag, const float *mine, float *theirs, int64_t count,
                       nt_dist_exchange **ret) {
    nt_dist_exchange *x = nt_alloc_zero(sizeof *x);
    if (!x)
        return NT_NO_MEMORY;
    MPI_Irecv(theirs, (int)count, MPI_FLOAT, with, tag, dist.exchanges, &x->requests[x->count++]);
    MPI_Isend(mine, (int)count, MPI_FLOAT, with, tag, dist.exchanges, &x->requests[x->count++]);
    *ret = x;
    return NT_OK;
}

nt_status nt_dist_sum(float *values, int64_t count, nt_dist_exchange **ret) {
    nt_dist_exchange *x = nt_alloc_zero(sizeof *x);
    if (!x)
        return NT_NO_MEMORY;
    MPI_Iallreduce(MPI_IN_PLACE, values, (int)count, MPI_FLOAT, MPI_SUM, dist.exchanges,
                   &x->requests[x->count++]);
    *ret = x;
    return NT_OK;
}

void nt_dist_share(void *bytes, size_t size) {
    enum { AT_ONCE = 1 << 30 }; /* MPI counts in ints */
    for (size_t done = 0; done < size;) {
        size_t part = size - done < AT_ONCE ? size - done : AT_ONCE;
        nt_dist_exchange x = {.count = 1};
        int came = 0;
        MPI_Ibcast((char *)bytes + done, (int)part, MPI_BYTE, 0, dist.exchanges, x.requests);
        for (MPI_Test(x.requests, &came, MPI_STATUS_IGNORE); !came;
             MPI_Test(x.requests, &came, MPI_STATUS_IGNORE))
            nt_dist_pause();
        dist.looks = 0;
        done += part;
    }
}

bool nt_dist_done(nt_dist_exchange **exchange) {
    int done = 1;
    MPI_Status ignored[2]; /* MPICH's MPI_STATUSES_IGNORE makes gcc warn */
    if (!*exchange)
        return true;
    MPI_Testall((*exchange)->count, (*exchange)->requests, &done, ignored);
    if (!done)
        return false;
    dist.looks = 0;
    nt_free(*exchange, sizeof **exchange);
    *exchange = NULL;
    return true;
}

void nt_dist_wait(nt_dist_exchange **exchange) {
    while (!nt_dist_done(exchange))
        nt_dist_pause();
}

/* --- ending ----------------------------------------------------------------------------------- */

/* What is under way to rank 0 must be taken, or its sender would wait for ever: each of the others
 * answers the end with the end, which comes after all that it has sent. */
static void tell_all(int exit_status) {
    for (int r = 1; r < dist.size; r++)
        nt_dist_send(r, NT_DIST_END, &exit_status, sizeof exit_status);
    for (int left = dist.size - 1; left > 0;) {
        nt_dist_message message;
        bool came;
        if (nt_dist_receive(&message, &came) == NT_OK && came) {
            left -= message.kind == NT_DIST_END;
            nt_dist_message_finish(&message);
        } else {
            nt_dist_pause();
        }
    }
}

static void wait_for_end(void) {
    while (!dist.over) {
        nt_dist_message message;
        bool came;
        if (nt_dist_receive(&message, &came) == NT_OK && came)
            nt_dist_message_finish(&message);
        else
            nt_dist_pause();
    }
    nt_dist_send(0, NT_DIST_END, &dist.end_status, sizeof dist.end_status);
}

int nt_dist_end(int exit_status) {
    if (!dist.on)
        return exit_status;
    if (dist.size > 1 && dist.rank == 0)
        tell_all(exit_status);
    else if (dist.size > 1)
        wait_for_end();
    for (reap(); dist.posted; reap())
        nt_dist_pause();
    MPI_Finalize();
    dist.on = false;
    return dist.rank == 0 ? exit_status : dist.end_status;
}
