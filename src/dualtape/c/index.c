/* See index.h. The innermost axis is a plain strided loop; the odometer turns once per row. */
#include "index.h"

void dt_odometer_set(dt_odometer *odometer, const int64_t *view, size_t start)
{
    odometer->ndim = (int)view[0];
    odometer->shape = view + 1;
    odometer->stride = view + 1 + view[0];
    odometer->place = 0;
    int64_t rest = (int64_t)start;
    for (int axis = odometer->ndim - 1; axis >= 0; axis--) {
        const int64_t length = odometer->shape[axis];
        odometer->index[axis] = length ? rest % length : 0;
        rest = length ? rest / length : 0;
        odometer->place += odometer->index[axis] * odometer->stride[axis];
    }
}

/* Elements left in the present row, at most n. */
static size_t row(const dt_odometer *odometer, size_t n, int64_t *step)
{
    const int last = odometer->ndim - 1;
    if (last < 0) { *step = 0; return n ? 1 : 0; }
    const size_t left = (size_t)(odometer->shape[last] - odometer->index[last]);
    *step = odometer->stride[last];
    return left < n ? left : n;
}

static void advance(dt_odometer *odometer, size_t count)
{
    int axis = odometer->ndim - 1;
    if (axis < 0) return;
    odometer->index[axis] += (int64_t)count;
    odometer->place += (int64_t)count * odometer->stride[axis];
    while (odometer->index[axis] >= odometer->shape[axis] && axis > 0) {
        odometer->place -= odometer->index[axis] * odometer->stride[axis];
        odometer->index[axis] = 0;
        axis--;
        odometer->index[axis]++;
        odometer->place += odometer->stride[axis];
    }
}

void dt_odometer_next(dt_odometer *odometer) { advance(odometer, 1); }

void dt_load(dt_odometer *odometer, size_t n, size_t p, const double *base, double *out)
{
    while (n) {
        int64_t step;
        const size_t count = row(odometer, n, &step);
        const double *from = base + odometer->place * (int64_t)p;
        if (p == 1)
            for (size_t j = 0; j < count; j++) out[j] = from[(int64_t)j * step];
        else
            for (size_t j = 0; j < count; j++)
                for (size_t k = 0; k < p; k++) out[j * p + k] = from[(int64_t)j * step * (int64_t)p + (int64_t)k];
        out += count * p;
        n -= count;
        advance(odometer, count);
    }
}

void dt_scatter_add(dt_odometer *odometer, size_t n, size_t p, const double *in, double *base)
{
    while (n) {
        int64_t step;
        const size_t count = row(odometer, n, &step);
        double *to = base + odometer->place * (int64_t)p;
        for (size_t j = 0; j < count; j++)
            for (size_t k = 0; k < p; k++) to[(int64_t)j * step * (int64_t)p + (int64_t)k] += in[j * p + k];
        in += count * p;
        n -= count;
        advance(odometer, count);
    }
}
