/* A network with its weights as a file of ONNX: what it computes in evaluation, its first output
 * alone, in the order that others have maps in (samples, channels, rows, columns), for batches of
 * any size. Nodes and parameters keep their names. */
#ifndef NT_ONNX_EXPORT_H
#define NT_ONNX_EXPORT_H

#include "diagnostic.h"
#include "weights.h"

/* NT_USAGE with what to do where this was built without ONNX. */
nt_status nt_onnx_ready(nt_error *error);

/* `fold`: batch normalisations become part of the layers before them. NT_INVALID with all nodes
 * that ONNX has no form for, or where the file would be larger than such files may be. */
nt_status nt_onnx_export(const nt_weights *weights, bool fold, const char *path, nt_error *error);

#endif
