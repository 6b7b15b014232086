/* See lanes.h. Two ways: with work->finite by the copies of lanes_of_width.h, else with structural zeros told apart,
 * selected and not jumped over. */
#include "lanes.h"
#include "opcodes.h"
#include "scalar.gen.h"
#include "scalar_cases.gen.h"
#include "special.h"
#include "threaded.h"

typedef struct slope { double dx, dy; int reaches_x, reaches_y; } slope;
typedef struct bend { double xx, xy, yy; int bends; } bend;   /* second partials times v_bar, and which there are */

DT_INLINE int are_finite(double a, double b) { return 0.0 * a + 0.0 * b == 0.0; }

DT_NOINLINE slope first_partials(const dt_tape *tape, const dt_instr *at, const double *value)
{
    slope d;
    dt_scalar_first(tape->library, at->op, value[at->a], value[at->b], value[at->out], at->active, &d.dx, &d.dy);
    d.reaches_x = !dt_is_structural(d.dx);
    d.reaches_y = !dt_is_structural(d.dy);
    return d;
}

DT_NOINLINE bend second_partials(const dt_tape *tape, const dt_instr *at, const double *value, const slope *d,
                                 double v_bar)
{
    bend w;
    dt_scalar_second(tape->library, at->op, value[at->a], value[at->b], value[at->out], d->dx, d->dy, at->active, &w.xx,
                     &w.xy, &w.yy);
    w.xx = dt_tie(w.xx, v_bar), w.xy = dt_tie(w.xy, v_bar), w.yy = dt_tie(w.yy, v_bar);
    w.bends = (dt_is_structural(w.xx) ? 0 : BENDS_XX) | (dt_is_structural(w.xy) ? 0 : BENDS_XY)
        | (dt_is_structural(w.yy) ? 0 : BENDS_YY);
    return w;
}

#define WIDTH 1
#define NAMED(name) name##_1
#include "lanes_of_width.h"

#define WIDTH (work->p & ~(size_t)3)
#define NAMED(name) name##_fours
#include "lanes_of_width.h"

#define WIDTH (work->p & ~(size_t)7)
#define NAMED(name) name##_eights
#include "lanes_of_width.h"

/* ---- with structural zeros ---- */

DT_INLINE double tied(double d, double s) { return dt_is_structural(s) ? s : d * s + 0.0; }   /* d is not structural */

static void careful_tangent(const dt_tape *tape, const dt_workspace *work, const dt_instr *at)
{
    const size_t p = work->p;
    const slope d = first_partials(tape, at, work->value);
    const double *x_dot = work->tangent + at->a * p, *y_dot = work->tangent + at->b * p;
    double *restrict v_dot = work->tangent + at->out * p;
    if (d.reaches_x && d.reaches_y)
        for (size_t k = 0; k < p; k++) v_dot[k] = tied(d.dx, x_dot[k]) + tied(d.dy, y_dot[k]);
    else if (d.reaches_x)
        for (size_t k = 0; k < p; k++) v_dot[k] = tied(d.dx, x_dot[k]);
    else if (d.reaches_y)
        for (size_t k = 0; k < p; k++) v_dot[k] = tied(d.dy, y_dot[k]);
    else
        for (size_t k = 0; k < p; k++) v_dot[k] = -0.0;
}

static void add_ties(size_t p, double d, const double *s, double *restrict out)
{
    for (size_t k = 0; k < p; k++) out[k] += tied(d, s[k]);
}

static void careful_adjoint(const dt_tape *tape, const dt_workspace *work, const dt_instr *at)
{
    const size_t p = work->p;
    const slope d = first_partials(tape, at, work->value);
    const double *v_bar = work->adjoint + at->out * p;
    if (d.reaches_x) add_ties(p, d.dx, v_bar, work->adjoint + at->a * p);
    if (d.reaches_y) add_ties(p, d.dy, v_bar, work->adjoint + at->b * p);
}

/* x_bar_dot += dx v_bar_dot + (w_xx x_dot + w_xy y_dot) for one operand, and its first-order adjoint. */
static void careful_bend(const dt_workspace *work, const dt_instr *at, uint32_t slot, double d, double w,
                         uint32_t other, double w_other)
{
    const size_t p = work->p;
    const double *v_bar_dot = work->adjoint_dot + at->out * p;
    const double *x_dot = work->tangent + slot * p, *y_dot = work->tangent + other * p;
    double *restrict x_bar_dot = work->adjoint_dot + slot * p;
    for (size_t k = 0; k < p; k++)
        x_bar_dot[k] += tied(d, v_bar_dot[k]) + (dt_tie(w, x_dot[k]) + dt_tie(w_other, y_dot[k]));
    work->adjoint[slot] += dt_tie(d, work->adjoint[at->out]);
}

static void careful_second(const dt_tape *tape, const dt_workspace *work, const dt_instr *at)
{
    const double v_bar = work->adjoint[at->out];
    if (dt_is_structural(v_bar)) return;     /* and so is v_bar_dot: what brings it brings v_bar, too */
    const slope d = first_partials(tape, at, work->value);
    const bend w = second_partials(tape, at, work->value, &d, v_bar);
    if (d.reaches_x) careful_bend(work, at, at->a, d.dx, w.xx, at->b, w.xy);
    if (d.reaches_y) careful_bend(work, at, at->b, d.dy, w.yy, at->a, w.xy);
}

typedef void (*careful)(const dt_tape *tape, const dt_workspace *work, const dt_instr *at);

static size_t go_forward(const dt_tape *tape, const dt_workspace *work, size_t begin, size_t end, careful visit)
{
    for (; begin < end; begin++) {
        const dt_instr *at = &tape->instr[begin];
        if (at->op < DT_OP_ARRAY) visit(tape, work, at);
        else if (at->op != DT_OP_GUARD) break;
    }
    return begin;
}

static size_t go_back(const dt_tape *tape, const dt_workspace *work, size_t begin, size_t end, careful visit)
{
    for (; end > begin; end--) {
        const dt_instr *at = &tape->instr[end - 1];
        if (at->op < DT_OP_ARRAY) visit(tape, work, at);
        else if (at->op != DT_OP_GUARD) break;
    }
    return end;
}

/* Lanes come by the four or by the eight (or one). */
#define BY_WIDTH(sweep, go)                                                       \
    static size_t lanes_##sweep(const dt_tape *tape, const dt_workspace *work, size_t begin, size_t end) \
    {                                                                             \
        if (!work->finite || (work->p % 4 && work->p != 1)) return go(tape, work, begin, end, careful_##sweep); \
        if (work->p == 1) return sweep##_1(tape, work, begin, end);               \
        return (work->p % 8 ? sweep##_fours : sweep##_eights)(tape, work, begin, end); \
    }

BY_WIDTH(tangent, go_forward)
BY_WIDTH(adjoint, go_back)
BY_WIDTH(second, go_back)

static const dt_lane_sweeps lane_sweeps = {lanes_tangent, lanes_adjoint, lanes_second};

#define DT_LANE_SWEEPS .lanes = &lane_sweeps
