/* The product of an im2col matrix (im2col.h), whose rows are places of a grid, with packed panels
 * of result channels: what a convolution and its gradient to the data are. */
#ifndef NT_MAP_PRODUCT_H
#define NT_MAP_PRODUCT_H

#include "conv.h"
#include "epilogue.h"
#include "im2col.h"

typedef struct nt_map_product {
    nt_im2col left;
    const float *right;    /* for each group: panels of NT_PANEL result channels over all columns */
    int64_t panel_size;    /* floats; */
    int64_t panels;        /* of a group */
    int32_t lanes, groups; /* result channels of a group */
    nt_epilogue epilogue;
    float *result; /* [samples][size[0]][size[1]][pitch] */
    int32_t size[2], pitch;
    int32_t first[2], stride[2];  /* where the grid's place (i, j) lies in the result */
    const nt_conv_memory *memory; /* each worker's has nt_map_product_bytes() */
} nt_map_product;

size_t nt_map_product_bytes(void);
void nt_map_product_run(const nt_map_product *product);

#endif
