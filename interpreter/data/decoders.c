/* libmatio, for HDF5 under it, which one file in a few hundred damaged ones makes write where it
 * should not. The others stay in the process: libpng, libjpeg-turbo, libtiff, libwebp, zlib and
 * libarchive, whose projects and distributions have fuzzed them for years, are given bytes in
 * memory whose sizes were checked; libnifti is given one header of 348 bytes, whose numbers were
 * checked, and computes with it. */
#include "decoders.h"

#include "t1_decoder.h"

const nt_confined_service *const nt_decoders[] = {&nt_t1_decoder, NULL};
