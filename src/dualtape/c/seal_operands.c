/* Operands of a recording, looked through copies: which slots an operand really reads, and the simplest layout that
 * reads them. A run of slots is followed as a run where it can be, element by element where it cannot; an array whose
 * elements fit no layout is left as it is, and found again if another has the same elements. See seal.h. */
#include "seal.h"
#include <string.h>

enum { MAX_AXES = 4, SHORT_ROW = 8 };   /* of views that replace a gather */

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* ---- single slots ---- */

/* The first constant with the bits of this one. */
static uint32_t number_constant(dt_seal *z, uint32_t slot)
{
    const uint64_t bits = bits_of(z->from->value[slot]);
    size_t at = dt_mix(0, bits) & z->constants.mask;
    for (; z->constants.entry[at]; at = (at + 1) & z->constants.mask) {
        z->report.steps++;
        const uint32_t known = z->constants.entry[at] - 1;
        if (bits_of(z->from->value[known]) == bits) return known;
    }
    z->constants.entry[at] = slot + 1;
    return slot;
}

/* The slot to read in place of this one. */
uint32_t dt_seal_slot(dt_seal *z, uint32_t slot)
{
    if (z->constant[slot] == DT_CONSTANT) {
        z->same[slot] = number_constant(z, slot);
        z->constant[slot] = DT_NUMBERED;
    }
    return z->same[slot];
}

/* ---- runs of slots ---- */

static int is_constant(const dt_seal *z, size_t first, size_t n)
{
    return memchr(z->constant + first, DT_VARIES, n) == NULL;
}

static int all_equal(const double *value, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (bits_of(value[i]) != bits_of(value[0])) return 0;
    return 1;
}

/* Is the run [first, first + n) a run in `same`, too? */
static int is_shifted(dt_seal *z, size_t first, size_t n)
{
    const uint32_t *same = z->same + first;
    z->report.steps += n;
    for (size_t i = 1; i < n; i++)
        if (same[i] != same[0] + i) return 0;
    return 1;
}

/* Finds operand `arg` of n elements, whose content hashes to `hash`, among the arrays seen; adds it if it is new.
 * `matches` compares the contents of two operands. */
static dt_operand find_range(dt_seal *z, dt_operand arg, size_t n, uint64_t hash,
                             int (*matches)(dt_seal *, const dt_operand *, const dt_operand *, size_t))
{
    size_t at = hash & z->ranges.mask;
    for (; z->ranges.entry[at]; at = (at + 1) & z->ranges.mask) {
        const size_t known = z->ranges.entry[at] - 1;
        z->report.steps++;
        if (z->range_hash[known] == hash && matches(z, &z->range[known], &arg, n)) return z->range[known];
    }
    z->range[z->n_ranges] = arg;
    z->range_hash[z->n_ranges] = hash;
    z->ranges.entry[at] = (uint32_t)++z->n_ranges;
    return arg;
}

static int same_constants(dt_seal *z, const dt_operand *a, const dt_operand *b, size_t n)
{
    const double *value = z->from->value;
    z->report.steps += n;
    if (a->layout != DT_CONTIGUOUS || (size_t)a->at + n > z->from->n_slots) return 0;
    return is_constant(z, (size_t)a->at, n) && memcmp(value + a->at, value + b->at, n * sizeof *value) == 0;
}

/* The first run of constants with the bits of this one; where it starts. */
static int64_t number_constants(dt_seal *z, int64_t first, size_t n)
{
    uint64_t hash = dt_mix(DT_CONSTANT, n);
    const dt_operand arg = {first, 0, DT_CONTIGUOUS};
    for (size_t i = 0; i < n; i++) hash = dt_mix(hash, bits_of(z->from->value[(size_t)first + i]));
    z->report.steps += n;
    return find_range(z, arg, n, hash, same_constants).at;
}

/* ---- views ---- */

/* Slots from the first to the last that an operand reads. */
dt_span dt_seal_extent(const dt_tape *pool, const dt_operand *arg, size_t n)
{
    dt_span span = {arg->at, arg->at, arg->at};
    if (arg->layout == DT_CONTIGUOUS) span.high += (int64_t)n - 1;
    if (arg->layout != DT_STRIDED) return span;
    const int64_t *view = pool->view + arg->view, ndim = view[0];
    for (int64_t axis = 0; axis < ndim; axis++) {
        const int64_t reach = (view[1 + axis] - 1) * view[1 + ndim + axis];
        if (reach < 0) span.low += reach;
        else span.high += reach;
    }
    return span;
}

/* The place in the new pool of a view, given by ndim, shape, strides. */
uint32_t dt_seal_view(dt_seal *z, const int64_t *view)
{
    dt_tape *to = z->to;
    const size_t size = 1 + 2 * (size_t)view[0];
    uint64_t hash = 0;
    for (size_t i = 0; i < size; i++) hash = dt_mix(hash, (uint64_t)view[i]);
    size_t at = hash & z->views.mask;
    for (; z->views.entry[at]; at = (at + 1) & z->views.mask) {
        const int64_t *known = to->view + z->views.entry[at] - 1;
        z->report.steps++;
        if (memcmp(known, view, size * sizeof *view) == 0) return z->views.entry[at] - 1;
    }
    const uint32_t first = (uint32_t)to->n_view;
    memcpy(to->view + first, view, size * sizeof *view);
    to->n_view += size;
    z->views.entry[at] = first + 1;
    return first;
}

/* Drops axes of length 1 and joins axes that are one run; a view that is a run or one element loses its view. */
static void simplify(dt_seal *z, dt_operand *arg, const int64_t *view, unsigned allowed)
{
    int64_t simple[1 + 2 * 64], shape[64], stride[64], n = 0;
    for (int64_t axis = 0; axis < view[0]; axis++) {
        const int64_t length = view[1 + axis], step = view[1 + view[0] + axis];
        if (length == 1) continue;
        if (n && stride[n - 1] == length * step) {
            shape[n - 1] *= length;
            stride[n - 1] = step;
        } else {
            shape[n] = length;
            stride[n++] = step;
        }
    }
    arg->view = 0;
    if (n == 0) {
        arg->layout = allowed & DT_AS_SCALAR ? DT_SCALAR : DT_CONTIGUOUS;
    } else if (n == 1 && stride[0] == 1) {
        arg->layout = DT_CONTIGUOUS;
    } else if (n == 1 && stride[0] == 0 && allowed & DT_AS_SCALAR) {
        arg->layout = DT_SCALAR;
    } else {
        simple[0] = n;
        memcpy(simple + 1, shape, (size_t)n * sizeof *shape);
        memcpy(simple + 1 + n, stride, (size_t)n * sizeof *stride);
        arg->layout = DT_STRIDED;
        arg->view = dt_seal_view(z, simple);
    }
}

/* ---- element by element ---- */

/* row[i] = slot of element i, as recorded */
void dt_seal_fill_row(const dt_seal *z, const dt_operand *arg, size_t n, uint32_t *row)
{
    if (arg->layout != DT_STRIDED) {
        for (size_t i = 0; i < n; i++) row[i] = (uint32_t)arg->at + (arg->layout == DT_SCALAR ? 0 : (uint32_t)i);
        return;
    }
    const int64_t *view = z->to->view + arg->view, ndim = view[0];
    size_t count = 1;
    row[0] = (uint32_t)arg->at;
    for (int64_t axis = ndim - 1; axis >= 0; axis--) {
        const int64_t length = view[1 + axis], stride = view[1 + ndim + axis];
        for (int64_t j = 1; j < length; j++)
            for (size_t i = 0; i < count; i++) row[(size_t)j * count + i] = (uint32_t)(row[i] + j * stride);
        count *= (size_t)length;
    }
}

static void resolved_row(dt_seal *z, const dt_operand *arg, size_t n, uint32_t *row)
{
    dt_seal_fill_row(z, arg, n, row);
    for (size_t i = 0; i < n; i++) row[i] = dt_seal_slot(z, row[i]);
    z->report.steps += n;
}

static int same_rows(dt_seal *z, const dt_operand *known, const dt_operand *arg, size_t n)
{
    (void)arg;
    resolved_row(z, known, n, z->other_row);
    return memcmp(z->row, z->other_row, n * sizeof *z->row) == 0;
}

/* Is row[0 .. n) the slots of a view of at most MAX_AXES axes? The innermost axis is the longest run of equal steps;
 * the starts of those runs are the row for the next axis. */
static int fits_view(const uint32_t *row, size_t n, int64_t *view)
{
    int64_t shape[MAX_AXES], stride[MAX_AXES], ndim = 0;
    size_t scale = 1, left = n;
    for (; left > 1; ndim++) {
        if (ndim == MAX_AXES) return 0;
        const int64_t step = (int64_t)row[scale] - row[0];
        size_t length = 2;
        while (length < left && (int64_t)row[length * scale] - row[(length - 1) * scale] == step) length++;
        if (left % length || (ndim == 0 && length < left && length < SHORT_ROW)) return 0;
        for (size_t j = 1; j < left; j++)
            if (j % length && (int64_t)row[j * scale] - row[(j - 1) * scale] != step) return 0;
        shape[ndim] = (int64_t)length, stride[ndim] = step;
        scale *= length, left /= length;
    }
    view[0] = ndim;
    for (int64_t axis = 0; axis < ndim; axis++)
        view[1 + axis] = shape[ndim - 1 - axis], view[1 + ndim + axis] = stride[ndim - 1 - axis];
    return 1;
}

/* ---- whole operands ---- */

/* The node whose result the run [first, first + n) is, all of it; or nobody. */
static uint32_t whole_result(const dt_seal *z, int64_t first, size_t n)
{
    const uint32_t writer = z->writer[first];
    if (!(writer & 1)) return DT_NOBODY;
    const uint32_t k = (writer - 3) / 2;
    const dt_node *node = &z->node[k];
    return node->kind == DT_ELEMENTWISE && node->out == first && node->n == n ? k : DT_NOBODY;
}

/* The result of node k, or what has the same value. */
static void follow_node(const dt_seal *z, dt_operand *arg, uint32_t k, unsigned allowed)
{
    const dt_operand alias = z->alias[k];
    if (alias.layout != DT_NO_ALIAS && (alias.layout != DT_SCALAR || allowed & DT_AS_SCALAR)) *arg = alias;
    else arg->layout = DT_IN_SEGMENT, arg->at = k, arg->view = 0;
}

/* A run of constants: one slot if they are all equal, else the first run with these bits. */
static int follow_constants(dt_seal *z, dt_operand *arg, dt_span span, unsigned allowed)
{
    const size_t n = (size_t)(span.high - span.low) + 1;
    if (allowed & DT_AS_SCALAR && all_equal(z->from->value + span.low, n)) {
        arg->at = dt_seal_slot(z, (uint32_t)span.low), arg->layout = DT_SCALAR, arg->view = 0;
        return 1;
    }
    arg->at += number_constants(z, span.low, n) - span.low;
    return 1;
}

static void follow_elements(dt_seal *z, dt_operand *arg, size_t n, unsigned allowed)
{
    int64_t view[1 + 2 * MAX_AXES];
    uint64_t hash = dt_mix(DT_VARIES, n);
    resolved_row(z, arg, n, z->row);
    if (allowed & DT_AS_VIEW && fits_view(z->row, n, view)) {
        arg->at = z->row[0];
        simplify(z, arg, view, allowed);
        return;
    }
    for (size_t i = 0; i < n; i++) hash = dt_mix(hash, z->row[i]);
    *arg = find_range(z, *arg, n, hash, same_rows);
}

/* Rewrites an operand of n elements to the slots that have its values first; 1 if all of them are constant. */
int dt_seal_operand(dt_seal *z, dt_operand *arg, size_t n, unsigned allowed)
{
    uint32_t k;
    if (arg->layout == DT_IN_SEGMENT) {
        k = (uint32_t)arg->at;
        if (z->node_fate[k] != DT_DROPPED || z->alias[k].layout != DT_NO_ALIAS) {
            follow_node(z, arg, k, allowed);
            return 0;
        }
        arg->layout = DT_CONTIGUOUS, arg->at = z->node[k].out, arg->view = 0;     /* folded */
    }
    if (arg->layout == DT_STRIDED) simplify(z, arg, z->from->view + arg->view, allowed);
    if (n == 1 && arg->layout == DT_CONTIGUOUS && allowed & DT_AS_SCALAR) arg->layout = DT_SCALAR;
    if (arg->layout == DT_SCALAR) {
        arg->at = dt_seal_slot(z, (uint32_t)arg->at);
        return z->constant[arg->at] != DT_VARIES;
    }
    const dt_span span = dt_seal_extent(z->to, arg, n);
    if (span.low >= 1 && span.high <= (int64_t)z->n_inputs) return 0;
    const size_t length = (size_t)(span.high - span.low) + 1;
    if (is_constant(z, (size_t)span.low, length)) return follow_constants(z, arg, span, allowed);
    if (is_shifted(z, (size_t)span.low, length)) arg->at += (int64_t)z->same[span.low] - span.low;
    else follow_elements(z, arg, n, allowed);
    if (arg->layout == DT_CONTIGUOUS && allowed & DT_AS_NODE && (k = whole_result(z, arg->at, n)) != DT_NOBODY)
        follow_node(z, arg, k, allowed);
    return 0;
}

/* The same for an operand of a call, whose elements keep their distances. */
int dt_seal_span(dt_seal *z, dt_span *span)
{
    const size_t n = (size_t)(span->high - span->low) + 1;
    int64_t shift = 0;
    const int all_constant = span->low > (int64_t)z->n_inputs && is_constant(z, (size_t)span->low, n);
    if (all_constant) shift = number_constants(z, span->low, n) - span->low;
    else if (is_shifted(z, (size_t)span->low, n)) shift = (int64_t)z->same[span->low] - span->low;
    span->at += shift, span->low += shift, span->high += shift;
    return all_constant;
}
