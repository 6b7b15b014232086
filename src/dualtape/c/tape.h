/* The sealed form of a recording: what the sweeps read. Structure of arrays, owned and grown by core/tape.pyx; nothing
 * here allocates.
 *
 * A *slot* is an index into `value`. Slot 0 holds 0.0 and stands for "structurally zero". One scalar operation is one
 * instruction of 16 bytes; one instruction may also stand for a run of array nodes. Instructions are in the order in
 * which they can be computed, so a sweep is one loop over them, forwards or backwards. Who calls it: sweep.c,
 * segment.c, core/tape.pyx. */
#ifndef DT_TAPE_H
#define DT_TAPE_H

#include <stddef.h>
#include <stdint.h>
#include "kernel.h"

enum {
    DT_OP_SEGMENT = 0xffff,   /* instruction: nodes [a, b), elementwise or sums over the same n elements, in blocks */
    DT_OP_NODE = 0xfffe,      /* instruction: the one node a, of another kind */
    DT_OP_GUARD = 0xfffd,     /* instruction: f decided on a comparison of slots a and b; see below */
    DT_OP_ARRAY = DT_OP_GUARD,   /* opcodes below this one are scalar operations of the table */
    DT_SEGMENT_BLOCK = 256    /* elements of a segment that are in cache together; at most DT_BLOCK */
};

enum { DT_ACTIVE_A = 1, DT_ACTIVE_B = 2 };

/* v = f(a, b) on slots. Passive operands (bit missing in `active`) have no adjoint. A guard: the comparison `active`
 * (enum dt_comparison) of a and b must come out as `outcome`, as it did when f was recorded; `out` is its number. */
typedef struct dt_instr {
    uint16_t op;       /* an opcode of the table, or DT_OP_SEGMENT, DT_OP_NODE, DT_OP_GUARD */
    uint8_t active;    /* DT_ACTIVE_A | DT_ACTIVE_B */
    uint8_t outcome;   /* of a guard: 0 or 1 */
    uint32_t a, b;     /* slots of the operands; b = 0 for unary */
    uint32_t out;      /* slot of the result */
} dt_instr;

/* In the order of Python's own Py_LT ... Py_GE. */
enum dt_comparison { DT_LESS, DT_LESS_EQUAL, DT_EQUAL, DT_NOT_EQUAL, DT_GREATER, DT_GREATER_EQUAL };

enum dt_layout {
    DT_SCALAR,         /* one slot for all elements */
    DT_CONTIGUOUS,     /* element i in slot at + i */
    DT_STRIDED,        /* element i at the i-th place, in C order, of a strided view */
    DT_IN_SEGMENT      /* the result of node `at` of the same segment: only a block, unless that node is stored */
};

/* One operand of an array node. */
typedef struct dt_operand {
    int64_t at;        /* first slot; node index for DT_IN_SEGMENT */
    uint32_t view;     /* place in tape->view: ndim, shape[ndim], stride[ndim] (slots); DT_STRIDED only */
    uint8_t layout;    /* enum dt_layout */
} dt_operand;

enum dt_kind {
    DT_ELEMENTWISE,    /* out[i] = f(arg0[i], arg1[i]) */
    DT_SUM,            /* out = sum_i arg0[i], pairwise as NumPy does */
    DT_SUM_AXES,       /* out[view(i)] += arg0[i]; arg1 is the view of the result, stride 0 on the summed axes */
    DT_GATHER,         /* out[i] = value[id[i]]; arg0.at is the place of id in tape->id */
    DT_CALL,           /* array operation number arg0.at: linalg.c has a native rule for it, or its rule is Python and
                          sweeps.pyx runs it between two sweeps */
    DT_GUARD           /* arg0 must have the bits of tape->expected from arg1.at on; out: number of the guard */
};

typedef struct dt_node {
    uint8_t kind;      /* enum dt_kind */
    uint8_t active;    /* DT_ACTIVE_A | DT_ACTIVE_B */
    uint16_t op;       /* opcode of the table, for DT_ELEMENTWISE */
    size_t n;          /* elements that the node runs over */
    int64_t out;       /* first slot of the result; -1: not stored, computed again wherever its segment is swept */
    dt_operand arg[2];
    int64_t kept;      /* not 0: where, behind the slots, the values of a result that is not stored are kept all the
                          same, so that derivative sweeps read them instead of computing them again */
} dt_node;

typedef struct dt_tape {
    const dt_library *library;                               /* kernels of this machine's instruction set */
    double *value;     size_t n_slots, slot_capacity;        /* (n_slots,) primal values */
    dt_instr *instr;   size_t n_instr, instr_capacity;
    dt_node *node;     size_t n_nodes, node_capacity;
    int64_t *view;     size_t n_view, view_capacity;         /* pool of views */
    uint32_t *id;      size_t n_id, id_capacity;             /* pool of gather indices */
    double *expected;  size_t n_expected, expected_capacity; /* pool of what guarded arrays must be */
    size_t n_kept;                                           /* values behind the slots: see dt_node */
    size_t longest_segment;                                  /* most nodes of any segment: decides on scratch memory */
    /* (n_native,) what linalg.c knows about each array operation, by the number that DT_CALL has; may end early */
    struct dt_native *native;  size_t n_native, native_capacity;
    size_t native_room, native_base;                         /* most doubles of any of them: for each lane; besides */
    const dt_loop *native_loop;                              /* NumPy's gufuncs, by enum dt_native_op */
    struct dt_step *step;     /* (n_nodes,) how nodes of segments run, by dt_make_ready; NULL: each sweep finds out */
    size_t n_inputs;          /* what dt_make_ready was told */
} dt_tape;

/* What one sweep works on; owned by the caller, one per thread. Lane k of slot s is at [s*p + k]. A derivative that is
 * bitwise -0.0 is structurally zero: nothing was connected, nothing is propagated. */
typedef struct dt_workspace {
    double *value;            /* (n_slots + n_kept,); only a primal sweep writes to it */
    size_t p;                 /* lanes */
    double *tangent;          /* (n_slots, p) */
    double *adjoint;          /* (n_slots, p) in a first-order sweep, (n_slots,) in a second-order one */
    double *adjoint_dot;      /* (n_slots, p) second-order adjoints: tangents of the adjoint */
    double *scratch;          /* dt_scratch_size doubles */
    int finite;               /* let zeros be zeros, structural or not, while all partials are finite (lanes.h) */
} dt_workspace;

/* Finds out once how the nodes of segments run; the tape does not change afterwards. tape->step has room for
 * dt_ready_size bytes; inputs are slots 1 ... n_inputs. */
size_t dt_ready_size(const dt_tape *tape);
void dt_make_ready(dt_tape *tape, size_t n_inputs);

/* Doubles of scratch that any segment of the tape needs in a sweep of p lanes of the given order (0 primal, 1, 2). */
size_t dt_scratch_size(const dt_tape *tape, size_t p, int order);

/* array[0 .. n) = structural zeros: how tangents and adjoints start. */
void dt_fill_structural(const dt_tape *tape, double *array, size_t n);

/* The same for the p lanes of those slots alone that no instruction writes, where all instructions are scalar: a
 * tangent sweep writes the others.
 * out  written  (n_slots,) which are written */
void dt_fill_unwritten(const dt_tape *tape, unsigned char *written, double *array, size_t p);

/* Sweeps over instructions [begin, end). All of them return the index of the first instruction that they did not do:
 * `end` (`begin` for the reverse ones) when done, or that of a DT_CALL that is not native, or that linalg.c has
 * declined, which the caller does before it goes on. The primal sweep stops at a guard, too, that does not hold; the
 * others, with `finite`, at a partial that is not finite, where the caller starts again without it. The tape's own
 * values are not looked at. */
size_t dt_sweep_primal(const dt_tape *tape, dt_workspace *work, size_t begin, size_t end);
size_t dt_sweep_tangent(const dt_tape *tape, dt_workspace *work, size_t begin, size_t end);
size_t dt_sweep_adjoint(const dt_tape *tape, dt_workspace *work, size_t begin, size_t end);
size_t dt_sweep_second(const dt_tape *tape, dt_workspace *work, size_t begin, size_t end);

/* ---- one result, one gradient: values and adjoints of the last segment in one pass over memory ---- */

/* The tail of a program is a segment that only linear scalar instructions follow: its adjoints can be swept while its
 * values are computed. Returns the segment's instruction; n_instr if there is no such segment. */
size_t dt_find_tail(const dt_tape *tape);

/* Inputs and gradient that are not copied: the tail reads and writes the caller's own arrays. */
typedef struct dt_bound {
    const double *input;      /* (n,) instead of the values of slots 1 ... n */
    double *gradient;         /* (n,) becomes the adjoints of these slots; what it held before does not matter */
    size_t n;                 /* 0: nothing is bound */
    int gradient_only;        /* nobody asks for the value: sums are left out, sin and cos may be our own (sincos.h) */
} dt_bound;

/* Is the tail the only instruction that reads slots 1 ... n, and reads them in no range that begins before or ends
 * behind them, so that they can be bound? (The result must not be one of them, either.) */
int dt_can_bind(const dt_tape *tape, size_t tail, size_t n);

/* Values and adjoints (p = 1) of instructions [tail, n_instr), those before it having their values. On entry adjoint
 * slots are structural zeros but for the seeds, as for any reverse sweep; those of bound inputs are not used. bound->n
 * is 0 unless dt_can_bind has allowed it. */
void dt_sweep_tail(const dt_tape *tape, dt_workspace *work, size_t tail, const dt_bound *bound);

#endif
