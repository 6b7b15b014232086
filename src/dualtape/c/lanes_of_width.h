/* The three sweeps, which lanes.c includes once per kind of width: WIDTH, as much of it as the compiler can know, and
 * NAMED(name), what this copy is called. While all partials are finite a structural zero is a zero like others: a
 * finite number times it is a zero, and a zero added changes no sum. So the loops are products and sums and nothing
 * else, and a partial that is not finite ends the sweep. */

#define EACH for (size_t k = 0; k < p; k++)
#define KEY 4 * at->op + at->active
#define LABEL(name, active, ...) [4 * OP_##name + active] = &&lanes_##name##_##active,
#define OPERANDS                                                                  \
    const double x = value[at->a], y = value[at->b], v = value[at->out];          \
    (void)x, (void)y, (void)v

/* ---- tangent: v_dot = dx x_dot + dy y_dot ---- */

#define FETCH                                                                     \
    do {                                                                          \
        if (next == stop) return end;                                             \
        at = next++;                                                              \
        if (at->op >= DT_OP_ARRAY) goto other;                                    \
    } while (0)
#define LANES(name, active, bends, dx_, dy_, dxx_, dxy_, dyy_)                           \
    CASE(4 * OP_##name + active, lanes_##name##_##active)                         \
    {                                                                             \
        OPERANDS;                                                                 \
        const double dx = dx_, dy = dy_;                                          \
        if (!are_finite(dx, dy)) goto stuck;                                      \
        const double *x_dot = tangent + at->a * p, *y_dot = tangent + at->b * p;  \
        double *restrict v_dot = tangent + at->out * p;                           \
        if (active == DT_BOTH_ACTIVE) EACH v_dot[k] = dx * x_dot[k] + dy * y_dot[k]; \
        else if (active == DT_X_ACTIVE) EACH v_dot[k] = dx * x_dot[k];            \
        else EACH v_dot[k] = dy * y_dot[k];                                       \
        NEXT;                                                                     \
    }

static size_t NAMED(tangent)(const dt_tape *tape, const dt_workspace *work, size_t begin, size_t end)
{
#if defined(__GNUC__)
    static const void *const cases[4 * DT_N_OPS] = {[0 ... 4 * DT_N_OPS - 1] = &&general, DT_COMMON(LABEL)};
#endif
    const size_t p = WIDTH;
    const double *const value = work->value;
    double *const tangent = work->tangent;
    const dt_instr *next = tape->instr + begin, *const stop = tape->instr + end, *at;
resume:
    BEGIN_CASES
    DT_COMMON(LANES)
    OTHER_CASES
    {
        const slope d = first_partials(tape, at, value);
        if (!are_finite(d.dx, d.dy)) goto stuck;
        const double *x_dot = tangent + at->a * p, *y_dot = tangent + at->b * p;
        double *restrict v_dot = tangent + at->out * p;
        if (!d.reaches_y) EACH v_dot[k] = d.reaches_x ? d.dx * x_dot[k] : 0.0;
        else if (!d.reaches_x) EACH v_dot[k] = d.dy * y_dot[k];
        else EACH v_dot[k] = d.dx * x_dot[k] + d.dy * y_dot[k];
        NEXT;
    }
    END_CASES
other:
    if (at->op == DT_OP_GUARD) goto resume;
stuck:
    return (size_t)(at - tape->instr);
}

#undef FETCH
#undef LANES

/* ---- adjoint: x_bar += dx v_bar, y_bar += dy v_bar ---- */

#define FETCH                                                                     \
    do {                                                                          \
        if (at == stop) return begin;                                             \
        at--;                                                                     \
        if (at->op >= DT_OP_ARRAY) goto other;                                    \
    } while (0)
#define ADD_LANES(slot, d)                                                        \
    do {                                                                          \
        double *restrict x_bar = adjoint + (slot) * p;                            \
        EACH x_bar[k] += (d) * v_bar[k];                                          \
    } while (0)
#define LANES(name, active, bends, dx_, dy_, dxx_, dxy_, dyy_)                           \
    CASE(4 * OP_##name + active, lanes_##name##_##active)                         \
    {                                                                             \
        OPERANDS;                                                                 \
        const double dx = dx_, dy = dy_;                                          \
        if (!are_finite(dx, dy)) goto stuck;                                      \
        const double *v_bar = adjoint + at->out * p;                              \
        if (active & DT_X_ACTIVE) ADD_LANES(at->a, dx);                           \
        if (active & DT_Y_ACTIVE) ADD_LANES(at->b, dy);                           \
        NEXT;                                                                     \
    }

static size_t NAMED(adjoint)(const dt_tape *tape, const dt_workspace *work, size_t begin, size_t end)
{
#if defined(__GNUC__)
    static const void *const cases[4 * DT_N_OPS] = {[0 ... 4 * DT_N_OPS - 1] = &&general, DT_COMMON(LABEL)};
#endif
    const size_t p = WIDTH;
    const double *const value = work->value;
    double *const adjoint = work->adjoint;
    const dt_instr *at = tape->instr + end, *const stop = tape->instr + begin;
resume:
    BEGIN_CASES
    DT_COMMON(LANES)
    OTHER_CASES
    {
        const slope d = first_partials(tape, at, value);
        if (!are_finite(d.dx, d.dy)) goto stuck;
        const double *v_bar = adjoint + at->out * p;
        if (d.reaches_x) ADD_LANES(at->a, d.dx);
        if (d.reaches_y) ADD_LANES(at->b, d.dy);
        NEXT;
    }
    END_CASES
other:
    if (at->op == DT_OP_GUARD) goto resume;
stuck:
    return (size_t)(at - tape->instr) + 1;
}

#undef LANES
#undef ADD_LANES
#undef FETCH

/* ---- second order: x_bar_dot += dx v_bar_dot + (dxx v_bar) x_dot + (dxy v_bar) y_dot, the same for y ---- */

#define FETCH                                                                     \
    do {                                                                          \
        do {                                                                      \
            if (at == stop) return begin;                                         \
            at--;                                                                 \
            if (at->op >= DT_OP_ARRAY) goto other;                                \
            v_bar = adjoint[at->out];                                             \
        } while (dt_is_structural(v_bar));                                        \
    } while (0)
/* One operand: what reaches it through d, and through the weighted second partials with itself (w) and with the other
 * operand (w_other). */
#define ADD_LANES(slot, d, bends_w, w, x_dot, bends_other, w_other, y_dot)        \
    do {                                                                          \
        double *restrict x_bar_dot = adjoint_dot + (slot) * p;                    \
        adjoint[slot] = (adjoint[slot] + 0.0) + (d) * v_bar;                      \
        if ((bends_w) && (bends_other))                                           \
            EACH x_bar_dot[k] += (d) * v_bar_dot[k] + ((w) * (x_dot)[k] + (w_other) * (y_dot)[k]); \
        else if (bends_w)                                                         \
            EACH x_bar_dot[k] += (d) * v_bar_dot[k] + (w) * (x_dot)[k];           \
        else if (bends_other)                                                     \
            EACH x_bar_dot[k] += (d) * v_bar_dot[k] + (w_other) * (y_dot)[k];     \
        else                                                                      \
            EACH x_bar_dot[k] += (d) * v_bar_dot[k];                              \
    } while (0)
#define DOTS                                                                      \
    const double *v_bar_dot = adjoint_dot + at->out * p;                          \
    const double *x_dot = tangent + at->a * p, *y_dot = tangent + at->b * p
#define LANES(name, active, bends, dx_, dy_, dxx_, dxy_, dyy_)                    \
    CASE(4 * OP_##name + active, lanes_##name##_##active)                         \
    {                                                                             \
        OPERANDS;                                                                 \
        const double dx = dx_, dy = dy_, dxx = dxx_, dxy = dxy_, dyy = dyy_;      \
        const double wxx = dxx * v_bar, wxy = dxy * v_bar, wyy = dyy * v_bar;     \
        if (!are_finite(dx, dy) || ((bends) && !are_finite(wxx + wxy, wyy))) goto stuck; \
        DOTS;                                                                     \
        const int xx = (bends) & BENDS_XX, xy = (bends) & BENDS_XY, yy = (bends) & BENDS_YY; \
        if (active & DT_X_ACTIVE) ADD_LANES(at->a, dx, xx, wxx, x_dot, xy, wxy, y_dot); \
        if (active & DT_Y_ACTIVE) ADD_LANES(at->b, dy, yy, wyy, y_dot, xy, wxy, x_dot); \
        NEXT;                                                                     \
    }

static size_t NAMED(second)(const dt_tape *tape, const dt_workspace *work, size_t begin, size_t end)
{
#if defined(__GNUC__)
    static const void *const cases[4 * DT_N_OPS] = {[0 ... 4 * DT_N_OPS - 1] = &&general, DT_COMMON(LABEL)};
#endif
    const size_t p = WIDTH;
    const double *const value = work->value, *const tangent = work->tangent;
    double *const adjoint = work->adjoint, *const adjoint_dot = work->adjoint_dot, v_bar;
    const dt_instr *at = tape->instr + end, *const stop = tape->instr + begin;
resume:
    BEGIN_CASES
    DT_COMMON(LANES)
    OTHER_CASES
    {
        const slope d = first_partials(tape, at, value);
        const bend w = second_partials(tape, at, value, &d, v_bar);
        if (!are_finite(d.dx, d.dy) || !are_finite(w.xx, w.yy) || !are_finite(w.xy, 0.0)) goto stuck;
        DOTS;
        if (d.reaches_x) ADD_LANES(at->a, d.dx, w.bends & BENDS_XX, w.xx, x_dot, w.bends & BENDS_XY, w.xy, y_dot);
        if (d.reaches_y) ADD_LANES(at->b, d.dy, w.bends & BENDS_YY, w.yy, y_dot, w.bends & BENDS_XY, w.xy, x_dot);
        NEXT;
    }
    END_CASES
other:
    if (at->op == DT_OP_GUARD) goto resume;
stuck:
    return (size_t)(at - tape->instr) + 1;
}

#undef DOTS
#undef LANES
#undef ADD_LANES
#undef FETCH
#undef OPERANDS
#undef LABEL
#undef KEY
#undef EACH
#undef NAMED
#undef WIDTH
