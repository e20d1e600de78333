/* What launchers tell the processes that they start, by their environment: Open MPI's mpirun;
 * MPICH's Hydra and others that speak PMI; Slurm's srun, whose batch scripts have no
 * SLURM_STEP_NUM_TASKS of more than one. */
#include "dist.h"

#include <stdlib.h>

int nt_dist_launched(void) {
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MPI_LOCALNRANKS",
                                        "SLURM_STEP_NUM_TASKS"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        int count = value ? atoi(value) : 0;
        if (count > 1)
            return count;
    }
    return 1;
}
