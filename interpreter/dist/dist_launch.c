/* What launchers tell the processes that they start, by their environment: Open MPI's mpirun;
 * MPICH's Hydra and others that speak PMI; Slurm's srun, whose batch scripts have no
 * SLURM_STEP_NUM_TASKS of more than one. */
#include "dist.h"

#include <stdlib.h>

static const struct launcher {
    const char *size, *rank;
} launchers[] = {{"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"},
                 {"PMI_SIZE", "PMI_RANK"},
                 {"MPI_LOCALNRANKS", "MPI_LOCALRANKID"},
                 {"SLURM_STEP_NUM_TASKS", "SLURM_PROCID"}};

enum { LAUNCHERS = sizeof launchers / sizeof *launchers };

static int number_of(const char *name) {
    const char *value = getenv(name);
    return value ? atoi(value) : 0;
}

/* The one that started several; NULL: there is none. */
static const struct launcher *find_launcher(void) {
    for (int i = 0; i < LAUNCHERS; i++)
        if (number_of(launchers[i].size) > 1)
            return &launchers[i];
    return NULL;
}

int nt_dist_launched(void) {
    const struct launcher *launcher = find_launcher();
    return launcher ? number_of(launcher->size) : 1;
}

int nt_dist_launched_rank(void) {
    const struct launcher *launcher = find_launcher();
    return launcher ? number_of(launcher->rank) : 0;
}
