/* One block of a segment on its way through the nodes: elements [start, start + n), which are in cache together. What
 * is the same for all blocks - where operands are, which kernel runs - is resolved once, when a sweep enters the
 * segment. block.c does that and computes values; segment.c carries tangents and many lanes of adjoints, reverse.c one
 * lane of adjoints. Used by these three only. */
#ifndef DT_BLOCK_H
#define DT_BLOCK_H

#include "propagate.h"
#include "tape.h"

/* Memory in which operands and results are; the same five for values, tangents and adjoints. */
enum dt_home {
    DT_ARENA,        /* slots */
    DT_INPUT,        /* slots of inputs: in the arena, too, or the caller's own arrays */
    DT_IN_BLOCK,     /* results that are not stored, (nodes, limit) */
    DT_LOADED_X,     /* strided operands made contiguous, (limit,); their adjoints wait there to be scattered */
    DT_LOADED_Y,
    DT_N_HOMES
};

/* Where an operand or a result is: element i of the block is element at + moves*start + step*i of its home. */
typedef struct dt_port {
    size_t at;
    uint32_t local;          /* DT_IN_BLOCK: number of the node within the segment */
    uint8_t home;            /* enum dt_home */
    uint8_t step, moves;     /* 0 or 1 */
    uint8_t strided;         /* is to be loaded from, or scattered to, a view */
} dt_port;

/* One node, ready to run. Of a unary one, y is x with step 0. */
typedef struct dt_step {
    const dt_node *node;
    const dt_op *op;
    const dt_kernel *kernel;
    dt_port x, y, v;
    uint8_t is_sum, active;
    uint8_t fused;           /* the row's own loops can add to the adjoints of all active operands ... */
    uint8_t apart;           /* ... in one go, as these do not overlap */
    uint8_t heir;            /* DT_ACTIVE_A, DT_ACTIVE_B: this operand's adjoints may begin as those of the result */
} dt_step;

/* One lane of adjoints of a result that is not stored, as far as they have come back. */
typedef struct dt_bar {
    double *at;              /* DT_SPREAD: (limit,) */
    double uniform;          /* DT_UNIFORM: the same for every element */
    enum { DT_NOTHING, DT_UNIFORM, DT_SPREAD } state;
    int dense;               /* no element is structurally zero */
} dt_bar;

enum { DT_TREE_DEPTH = 64 };

typedef struct dt_block {
    const dt_tape *tape;
    const dt_propagation *propagate;
    size_t first, nodes;      /* of the segment */
    size_t total;             /* elements of the segment */
    size_t start, n;          /* elements of the block */
    size_t limit;             /* most elements of a block */
    size_t p;                 /* lanes */
    int finite;               /* many lanes, structural zeros not told apart (tape.h) ... */
    int stuck;                /* ... until a partial was not finite */
    int is_last;              /* nothing after the segment reads its tangents: nobody has computed them yet */
    dt_step *steps;           /* (nodes,) */
    size_t n_inputs;          /* slots 1 ... n_inputs are at home in DT_INPUT */
    double *value[DT_N_HOMES], *tangent[DT_N_HOMES], *adjoint[DT_N_HOMES], *adjoint_dot[DT_N_HOMES];
    int near;                 /* only derivatives are wanted: values may be right to an ulp, sums are left out */
    int stores;               /* this is the evaluation: results with slots are computed and stored, not read ... */
    int keeps;                /* ... and sweeps will follow, so that dt_node.kept has to be filled */
    double *partial[5];       /* dx dy dxx dxy dyy, (limit,) each */
    double *sums;             /* (DT_TREE_DEPTH, nodes) partial sums along the tree */
    unsigned char *touched;   /* (nodes,) of many lanes: was the block adjoint of this node written to? */
    dt_bar *bars;             /* (nodes,) of one lane */
    double **idle;            /* (nodes,) stack of free memory for bars ... */
    size_t n_idle;
    double *unused;           /* ... and what has not been used at all */
    dt_bound bound;           /* inputs and gradient outside of the slots; n = 0: none */
    size_t filled;            /* elements of bound.gradient that have their zeros or more */
} dt_block;

typedef struct dt_partials { dt_partial_array dx, dy, dxx, dxy, dyy; } dt_partials;

extern const double dt_one;

/* in  order  0: values; 1: one order of derivatives; 2: both
 * in  bound  inputs and gradient that are not in slots; NULL: there are none */
void dt_block_init(dt_block *b, const dt_tape *tape, const dt_workspace *work, size_t first, size_t end, size_t p,
                   int order, const dt_bound *bound);

/* Evaluates the segment for the first time: fills the slots of stored nodes and sums; `visit` sees every block. */
void dt_evaluate(dt_block *b, void (*visit)(dt_block *));

/* Every block of an evaluated segment, with the values that are not stored computed again. */
void dt_each_block(dt_block *b, void (*visit)(dt_block *));

/* Partial derivatives of a node, whose strided operands are loaded. */
dt_partials dt_local_partials(const dt_block *b, const dt_step *s, int order);

/* Strided operands of a node; with_tangent: their tangents, too. */
void dt_load_operands(const dt_block *b, const dt_step *s, int with_tangent);

/* base[view] += lanes of `spread`, which is what came back to a strided operand. */
void dt_scatter_operand(const dt_block *b, const dt_operand *arg, size_t p, const double *spread, double *const *homes);

/* One lane of adjoints of all nodes, and of what they come from. */
void dt_block_adjoint(dt_block *b);

static inline double *dt_place(const dt_block *b, double *const *homes, const dt_port *port, size_t p)
{
    return homes[port->home] + (port->at + (port->moves ? b->start : 0)) * p;
}

static inline int dt_is_input(const dt_block *b, int64_t slot) { return (uint64_t)slot - 1 < b->n_inputs; }

#endif
