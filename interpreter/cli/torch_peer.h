/* PyTorch with the same network, timed in a process of its own: python3 with graphs/bench_torch.py,
 * which says what goes to and fro. What that process writes to standard error goes there as it is.
 */
#ifndef NT_TORCH_PEER_H
#define NT_TORCH_PEER_H

#include "network.h"

typedef struct nt_torch_peer nt_torch_peer;

/* What PyTorch's process does with the memory of a finished step: it keeps it for the next one, as
 * we do, or gives it back and has it mapped again, page by page, as glibc has it by default. */
typedef enum nt_peer_memory { NT_PEER_KEEPS, NT_PEER_RETURNS } nt_peer_memory;

typedef struct nt_torch_job {
    const nt_network *network; /* of one input */
    const char *peer;          /* "torch", "torch:PACKAGE:CALLABLE" */
    const char *args;          /* of the callable; "": none */
    int32_t batch, repeat;
    bool train;
    nt_peer_memory memory;
} nt_torch_job;

/* What PyTorch said of itself and of its network. */
typedef struct nt_torch_told {
    const char *version, *network;
    int64_t parameters;
} nt_torch_told;

/* Seconds of the fastest step; 0: there is no such way. */
typedef struct nt_torch_round {
    double eager, frozen;
} nt_torch_round;

/* NT_USAGE where python3 or PyTorch is missing or the network is another one; NT_FAILED where the
 * process ends by itself. */
nt_status nt_torch_peer_start(const nt_torch_job *job, nt_torch_peer **ret, nt_error *error);
void nt_torch_peer_stop(nt_torch_peer *peer); /* takes NULL */

nt_torch_told nt_torch_peer_told(const nt_torch_peer *peer); /* its texts are the peer's */

/* Has PyTorch run `repeat` steps by each way. */
nt_status nt_torch_peer_run(nt_torch_peer *peer, nt_torch_round *ret, nt_error *error);

#endif
