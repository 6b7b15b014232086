/* A native array operation in one sweep: it walks over the matrices of its operands' stacks, and knows which lanes
 * count.
 *
 * A lane of tangents or adjoints that is structurally zero as a whole is skipped; what any other lane gets is a
 * computed number, as in the calls of Python rules (core/sweeps.pyx). Called by linalg.c and matrix.c. */
#ifndef DT_WALK_H
#define DT_WALK_H

#include "index.h"
#include "linalg.h"
#include "product.h"

typedef struct dt_walk {
    const dt_tape *tape;
    const dt_native *call;
    const dt_workspace *work;
    size_t p, left;                /* lanes; matrices that are left, with the present one */
    dt_odometer at[2];
    int64_t out;                   /* slot of the result's present part */
    unsigned char *of_a, *of_b, *of_v, *either;    /* (p,) not 0: this lane of a, b, v counts */
    unsigned char counts;          /* the same of the adjoint of v, which has one lane in a second-order sweep */
    double *scratch;
    const double *inverses;        /* of the matrices of a determinant, (count, m, m): see matrix.c */
} dt_walk;

void dt_walk_start(dt_walk *w, const dt_tape *tape, const dt_native *call, const dt_workspace *work, size_t p);

/* To the next matrix; 0 after the last. */
int dt_walk_on(dt_walk *w);

/* Primal of operand k (0 or 1), and its lanes in an array that runs parallel to the slots, p lanes wide. */
const double *dt_primal_of(const dt_walk *w, int k);
double *dt_lanes_of(const dt_walk *w, int k, double *array, size_t p);

/* Is operand k active, and some lane of it connected? Fills of_a or of_b. */
int dt_is_live(dt_walk *w, int k, const double *array);

/* Is some lane of the result connected? lanes: (p,) which ones. */
int dt_result_is_live(const dt_walk *w, const double *array, size_t p, unsigned char *lanes);

/* Lanes of the whole result start from computed zeros where `lanes` says so. */
void dt_clear_results(const dt_walk *w, const unsigned char *lanes);

/* Adds sign times a product to what has lanes. Its steps count elements, each of p lanes; `sign` and `lanes` of `term`
 * are set here. */
void dt_add_term(const dt_walk *w, double sign, const unsigned char *lanes, dt_product term);

/* x (rows, columns, p) = lanes of a strided matrix, 0.0 where a lane does not count; and the way back, added. Steps
 * count elements. */
void dt_load_lanes(size_t rows, size_t columns, size_t p, const double *from, int64_t row, int64_t column,
                   const unsigned char *lanes, double *x);
void dt_add_lanes(size_t rows, size_t columns, size_t p, const double *x, const unsigned char *lanes, double *to,
                  int64_t row, int64_t column);

#endif
