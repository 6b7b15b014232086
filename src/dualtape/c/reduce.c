/* See reduce.h. The order is that of np.add.reduce, checked against it bit for bit in the tests: axes from the widest
 * stride to the narrowest, neighbours joined where they are one; then row by row. A row along a summed axis is added
 * pairwise and then to its element, another one element by element. (Several summed axes that cannot be joined NumPy
 * may copy to a buffer first, as its version has it: there the last bits differ.) */
#include "reduce.h"
#include "index.h"
#include "propagate.h"

typedef struct axis { int64_t length, in, out; } axis;   /* strides in slots; out is 0 where the axis is summed */

static int64_t width(int64_t stride) { return stride < 0 ? -stride : stride; }

/* Axes of more than one element; returns their number. */
static int read_axes(const dt_tape *tape, const dt_node *node, axis *axes)
{
    const int64_t *in = tape->view + node->arg[0].view, *out = tape->view + node->arg[1].view, ndim = in[0];
    int n = 0;
    for (int64_t k = 0; k < ndim; k++)
        if (in[1 + k] != 1) axes[n++] = (axis){in[1 + k], in[1 + ndim + k], out[1 + ndim + k]};
    return n;
}

/* Insertion by width, narrowest last. Equally wide axes, and those along which an element is repeated, keep their
 * order. */
static void sort_axes(axis *axes, int n)
{
    for (int i = n - 2; i >= 0; i--) {
        const axis a = axes[i];
        int to = i;
        for (int j = i + 1; j < n; j++) {
            if (!a.in || !axes[j].in) continue;
            if (width(a.in) >= width(axes[j].in)) break;
            to = j;
        }
        for (int j = i; j < to; j++) axes[j] = axes[j + 1];
        axes[to] = a;
    }
}

static int join_axes(axis *axes, int n)
{
    int last = 0;
    for (int i = 1; i < n; i++) {
        axis *a = &axes[last];
        const axis *b = &axes[i];
        const int are_one = a->in == b->length * b->in && a->out == b->length * b->out;
        if (are_one) *a = (axis){a->length * b->length, b->in, b->out};
        else axes[++last] = *b;
    }
    return n ? last + 1 : 0;
}

/* propagate.c's pairwise_sum for any stride. */
static double pairwise(const dt_tape *tape, int64_t n, const double *x, int64_t step)
{
    double chain[8], sum = -0.0;
    int64_t i = 0;
    if (step == 1) return tape->library->propagation->pairwise_sum((size_t)n, x);
    if (n > 128) {
        const int64_t half = n / 2 - (n / 2) % 8;
        return pairwise(tape, half, x, step) + pairwise(tape, n - half, x + half * step, step);
    }
    if (n >= 8) {
        for (int k = 0; k < 8; k++) chain[k] = x[k * step];
        for (i = 8; i < n - n % 8; i += 8)
            for (int k = 0; k < 8; k++) chain[k] += x[(i + k) * step];
        sum = ((chain[0] + chain[1]) + (chain[2] + chain[3])) + ((chain[4] + chain[5]) + (chain[6] + chain[7]));
    }
    for (; i < n; i++) sum += x[i * step];
    return sum;
}

static void add_row(const dt_tape *tape, const axis *row, const double *from, double *to)
{
    if (row->out == 0) *to += pairwise(tape, row->length, from, row->in);
    else
        for (int64_t i = 0; i < row->length; i++) to[i * row->out] += from[i * row->in];
}

void dt_sum_axes(const dt_tape *tape, const dt_node *node, double *value)
{
    axis axes[DT_MAX_NDIM + 1];
    int64_t index[DT_MAX_NDIM + 1] = {0}, from = node->arg[0].at, to = node->out, size = 1;
    int n = read_axes(tape, node, axes);
    for (int k = 0; k < n; k++)
        if (axes[k].out) size *= axes[k].length;
    for (int64_t i = 0; i < size; i++) value[to + i] = 0.0;
    if (!node->n) return;
    sort_axes(axes, n);
    n = join_axes(axes, n);
    if (!n) axes[n++] = (axis){1, 1, 0};
    for (;;) {
        add_row(tape, &axes[n - 1], value + from, value + to);
        int k = n - 2;
        for (; k >= 0; k--) {
            from += axes[k].in, to += axes[k].out;
            if (++index[k] < axes[k].length) break;
            from -= axes[k].length * axes[k].in, to -= axes[k].length * axes[k].out;
            index[k] = 0;
        }
        if (k < 0) return;
    }
}
