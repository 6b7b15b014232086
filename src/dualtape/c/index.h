/* Strided views: the odometer that walks one in C order, and the loads and stores of a block of it. Shapes and strides
 * come from tape->view: ndim, shape[ndim], stride[ndim], strides in slots. Called by segment.c and sweep.c. */
#ifndef DT_INDEX_H
#define DT_INDEX_H

#include <stddef.h>
#include <stdint.h>

enum { DT_MAX_NDIM = 32 };

typedef struct dt_odometer {
    int ndim;
    const int64_t *shape, *stride;
    int64_t index[DT_MAX_NDIM];
    int64_t place;            /* offset in slots of the present element */
} dt_odometer;

/* in  view   ndim, shape, stride
 * in  start  number, in C order, of the element to stand on */
void dt_odometer_set(dt_odometer *odometer, const int64_t *view, size_t start);

/* One element on. */
void dt_odometer_next(dt_odometer *odometer);

/* out[j, k] = base[place_j, k], j < n, k < p; moves the odometer n elements on. */
void dt_load(dt_odometer *odometer, size_t n, size_t p, const double *base, double *out);

/* base[place_j, k] += in[j, k]. */
void dt_scatter_add(dt_odometer *odometer, size_t n, size_t p, const double *in, double *base);

#endif
