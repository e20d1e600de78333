/* Which tensors of a pickle belong together: those that are values of the same dict. */
#ifndef NT_PYTORCH_PARTS_H
#define NT_PYTORCH_PARTS_H

#include "pickle.h"
#include "weights_format.h"

/* Every dict (or list) that holds tensors, with its path of keys, "state_dict", "a.b"; the root's
 * is
 * "". The storages' places must be known. NT_INVALID if there are none. */
nt_status nt_pytorch_parts(const nt_tensor_file *file, nt_pickled *root, nt_weights_parts *ret);

#endif
