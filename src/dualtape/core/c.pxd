"""Every C declaration that the core uses, header by header. The layouts and contracts are documented in the headers."""

from cpython.object cimport PyObject, destructor, newfunc
from libc.stddef cimport ptrdiff_t
from libc.stdint cimport int64_t, uint16_t, uint32_t, uint64_t, uint8_t


cdef extern from "hyperdual.h" nogil:
    ctypedef struct dt_lanes:
        size_t order
        size_t symmetric
        size_t p
        size_t q
        size_t unit
        size_t x2
        size_t x12
        size_t size
        const double *nothing

    ctypedef struct dt_coefficient:
        const double *at
        size_t step

    enum:
        DT_DX
        DT_DY
        DT_DXX
        DT_DXY
        DT_DYY
        DT_N_PARTIALS

    ctypedef struct dt_hyperdual:
        void (*one)(const dt_lanes *lanes, const double *d, const double *x, const double *y, double *v) noexcept nogil
        void (*block)(const dt_lanes *lanes, size_t n, const dt_coefficient *d, const double *x, size_t x_step,
                      const double *y, size_t y_step, double *v) noexcept nogil

    size_t dt_row_size(const dt_lanes *lanes, size_t i)


# The slots of a type through which its objects are made, freed and taken for sequences.
cdef extern from "Python.h":
    ctypedef struct PySequenceMethods:
        void *sq_item

    ctypedef struct dt_type "PyTypeObject":
        newfunc tp_new
        destructor tp_dealloc
        PySequenceMethods *tp_as_sequence
        void *tp_vectorcall

    PyObject *PyObject_Init(PyObject *room, dt_type *cls) noexcept


# Whether one thread at a time runs Python: then free lists need no lock.
cdef extern from *:
    """
    #ifdef Py_GIL_DISABLED
    enum { DT_WITH_GIL = 0 };
    #else
    enum { DT_WITH_GIL = 1 };
    #endif
    """
    enum:
        DT_WITH_GIL


cdef extern from "kernel.h" nogil:
    enum:
        DT_BLOCK

    enum dt_active:
        DT_X_ACTIVE
        DT_Y_ACTIVE
        DT_BOTH_ACTIVE

    enum dt_partial:
        DT_ZERO
        DT_ONE
        DT_MINUS_ONE
        DT_IS_X
        DT_IS_Y
        DT_GENERAL
        DT_NO_RULE

    ctypedef struct dt_op:
        const char *name
        uint8_t arity
        uint8_t dx
        uint8_t dy
        uint8_t dxx
        uint8_t dxy
        uint8_t dyy
        uint8_t selects

    ctypedef struct dt_kernel:
        void (*primal)(size_t n, const double *x, size_t sx, const double *y, size_t sy, double *v) noexcept nogil
        void (*first)(size_t n, const double *x, size_t sx, const double *y, size_t sy, const double *v,
                      unsigned active, double *dx, double *dy) noexcept nogil
        void (*second)(size_t n, const double *x, size_t sx, const double *y, size_t sy, const double *v,
                       const double *dx, const double *dy, unsigned active,
                       double *dxx, double *dxy, double *dyy) noexcept nogil

    ctypedef void (*dt_inner_loop)(char **args, const ptrdiff_t *dims, const ptrdiff_t *steps,
                                   void *data) noexcept nogil

    ctypedef struct dt_loop:
        const char *home
        const char *name
        int n_in
        dt_inner_loop run
        void *data

    ctypedef struct dt_library:
        const char *target
        const dt_kernel *kernels
        const dt_op *ops
        size_t n_ops
        const dt_hyperdual *hyperdual


cdef extern from "special.h" nogil:
    bint dt_is_structural(double d)
    double dt_tie(double d, double s)


cdef extern from "scalar.gen.h" nogil:
    double dt_scalar_primal(const dt_library *lib, unsigned op, double x, double y)
    void dt_scalar_first(const dt_library *lib, unsigned op, double x, double y, double v, unsigned active,
                         double *dx, double *dy)
    void dt_scalar_second(const dt_library *lib, unsigned op, double x, double y, double v, double dx, double dy,
                          unsigned active, double *dxx, double *dxy, double *dyy)


cdef extern from "opcodes.h" nogil:
    enum:
        DT_N_OPS
        DT_N_LOOPS
        OP_ABSOLUTE
        OP_ADD
        OP_CEIL
        OP_DIVIDE
        OP_FLOOR
        OP_FLOOR_DIVIDE
        OP_FMAX
        OP_FMIN
        OP_MAXIMUM
        OP_MINIMUM
        OP_MULTIPLY
        OP_NEGATIVE
        OP_POSITIVE
        OP_POWER
        OP_POWER_DX
        OP_RECIPROCAL
        OP_REMAINDER
        OP_RINT
        OP_SCALAR_POWER
        OP_SQRT
        OP_SQUARE
        OP_SUBTRACT
        OP_TRUNC


# Defined in the generated registry.c and targets.c; core/kernels.pyx alone links them.
cdef extern from "targets.h" nogil:
    dt_loop *dt_loops
    const dt_library **dt_libraries
    int dt_cpu_runs(const char *target)

    ctypedef struct dt_special:
        const char *name
        int n_in
        double (*call)(const double *arguments) noexcept nogil

    const dt_special *dt_specials

cdef extern from "linalg.h" nogil:
    enum:
        DT_NOT_NATIVE
        DT_MATMUL
        DT_VECDOT
        DT_MATVEC
        DT_VECMAT
        DT_SOLVE
        DT_SOLVE_VECTOR
        DT_INV
        DT_DET
        DT_LOGDET
        DT_CHOLESKY
        DT_CHOLESKY_UPPER
        DT_N_NATIVE

    ctypedef struct dt_stack:
        const double *constant
        int64_t slot
        int64_t row
        int64_t column
        uint32_t view

    ctypedef struct dt_native:
        uint8_t op
        uint8_t active
        dt_stack *arg
        int64_t out
        size_t count
        size_t rows
        size_t inner
        size_t columns
        size_t size

    size_t dt_native_room(const dt_native *call)
    size_t dt_native_base(const dt_native *call)


# The tape and its sweeps. Linked into core/tape alone; other modules call them through the methods of Tape.
cdef extern from "tape.h" nogil:
    enum:
        DT_OP_SEGMENT
        DT_OP_NODE
        DT_OP_GUARD
        DT_OP_ARRAY
        DT_ACTIVE_A
        DT_ACTIVE_B

    enum dt_comparison:
        DT_LESS
        DT_LESS_EQUAL
        DT_EQUAL
        DT_NOT_EQUAL
        DT_GREATER
        DT_GREATER_EQUAL

    enum dt_layout:
        DT_SCALAR
        DT_CONTIGUOUS
        DT_STRIDED
        DT_IN_SEGMENT

    enum dt_kind:
        DT_ELEMENTWISE
        DT_SUM
        DT_SUM_AXES
        DT_GATHER
        DT_CALL
        DT_GUARD

    ctypedef struct dt_instr:
        uint16_t op
        uint8_t active
        uint8_t outcome
        uint32_t a
        uint32_t b
        uint32_t out

    ctypedef struct dt_operand:
        int64_t at
        uint32_t view
        uint8_t layout

    ctypedef struct dt_node:
        uint8_t kind
        uint8_t active
        uint16_t op
        size_t n
        int64_t out
        dt_operand *arg
        int64_t kept

    ctypedef struct dt_step "struct dt_step":
        pass

    ctypedef struct dt_tape:
        const dt_library *library
        double *value
        size_t n_slots
        size_t slot_capacity
        dt_instr *instr
        size_t n_instr
        size_t instr_capacity
        dt_node *node
        size_t n_nodes
        size_t node_capacity
        int64_t *view
        size_t n_view
        size_t view_capacity
        uint32_t *id
        size_t n_id
        size_t id_capacity
        double *expected
        size_t n_expected
        size_t expected_capacity
        size_t n_kept
        size_t longest_segment
        dt_step *step
        dt_native *native
        size_t n_native
        size_t native_capacity
        size_t native_room
        size_t native_base
        const dt_loop *native_loop

    ctypedef struct dt_workspace:
        double *value
        size_t p
        double *tangent
        double *adjoint
        double *adjoint_dot
        double *scratch
        bint finite

    void dt_fill_structural(const dt_tape *tape, double *array, size_t n)
    void dt_fill_unwritten(const dt_tape *tape, unsigned char *written, double *array, size_t p)
    size_t dt_scratch_size(const dt_tape *tape, size_t p, int order)
    size_t dt_sweep_primal(const dt_tape *tape, dt_workspace *work, size_t begin, size_t end)
    size_t dt_sweep_tangent(const dt_tape *tape, dt_workspace *work, size_t begin, size_t end)
    size_t dt_sweep_adjoint(const dt_tape *tape, dt_workspace *work, size_t begin, size_t end)
    size_t dt_sweep_second(const dt_tape *tape, dt_workspace *work, size_t begin, size_t end)

    ctypedef struct dt_bound:
        const double *input
        double *gradient
        size_t n
        int gradient_only

    size_t dt_ready_size(const dt_tape *tape)
    void dt_make_ready(dt_tape *tape, size_t n_inputs)

    size_t dt_find_tail(const dt_tape *tape)
    bint dt_can_bind(const dt_tape *tape, size_t tail, size_t n)
    void dt_sweep_tail(const dt_tape *tape, dt_workspace *work, size_t tail, const dt_bound *bound)


cdef extern from "batch.h" nogil:
    const uint32_t DT_HOLDS

    ctypedef struct dt_batch:
        size_t q
        double *value
        double *adjoint
        double *partial
        uint32_t *failed

    bint dt_batch_serves(const dt_tape *tape)
    void dt_batch_fill(const dt_tape *tape, dt_batch *batch)
    void dt_batch_primal(const dt_tape *tape, dt_batch *batch)
    void dt_batch_adjoint(const dt_tape *tape, dt_batch *batch)


cdef extern from "depth.h" nogil:
    int *dt_depth()


# The passes of sealing. Linked into core/seal.
cdef extern from "seal.h" nogil:
    enum dt_trait:
        DT_TIES
        DT_EXPENSIVE

    enum dt_constancy:
        DT_VARIES

    ctypedef struct dt_span:
        int64_t at
        int64_t low
        int64_t high

    ctypedef struct dt_call_site:
        uint32_t rule
        uint32_t first
        uint32_t n_operands
        uint32_t n_results

    ctypedef struct dt_seal_report:
        uint64_t steps
        uint64_t recorded
        uint64_t folded
        uint64_t merged
        uint64_t copies
        uint64_t kept
        uint64_t gathers
        uint64_t guards
        uint64_t guards_kept
        uint64_t segments
        uint64_t fused
        uint64_t unstored

    ctypedef struct dt_seal:
        const dt_tape *source "from"
        dt_tape *to
        const uint8_t *traits
        size_t n_inputs
        size_t n_results
        size_t n_calls
        size_t n_spans
        size_t n_captures
        size_t n_guards
        const dt_call_site *call
        dt_span *span
        dt_span *capture
        int64_t *result
        uint32_t *place
        uint8_t *constant
        uint8_t *need
        size_t longest
        uint32_t *kept_guard
        uint32_t *kept_call
        size_t n_kept_guards
        size_t n_kept_calls
        size_t n_fresh
        dt_seal_report report

    size_t dt_seal_layout(dt_seal *seal, char *memory)
    void dt_seal_plan(dt_seal *seal)
    void dt_seal_write(dt_seal *seal)

    ctypedef struct dt_rename:
        const dt_tape *source "from"
        dt_tape *to
        size_t n_inputs
        size_t n_results
        size_t n_spans
        const dt_call_site *call
        const dt_span *span
        int64_t *result

    size_t dt_rename_layout(dt_rename *rename, char *memory)
    void dt_rename_plan(dt_rename *rename)
    void dt_rename_write(dt_rename *rename)
    uint32_t dt_renamed(const dt_rename *rename, int64_t slot)


cdef extern from "Python.h":
    PyObject *PyCell_Get(object cell)
    ctypedef struct PyTypeObject:
        unsigned int tp_version_tag         # another one after every assignment to the class or a base; 0: none
    PyObject *PyFunction_GetCode(object function)           # borrowed, as the two below
    PyObject *PyFunction_GetDefaults(object function)
    PyObject *PyFunction_GetKwDefaults(object function)
