/* Optimisation of a recording: from one dt_tape another that computes the same values, bit for bit, with less. Every
 * pass is linear in the recording. Nothing here allocates: core/seal.pyx, the only caller, gives memory.
 *
 *     numbers   seal_numbers.c, seal_operands.c: forwards. Constants are folded; what computes the same gets the same
 *               slot; copies and gathers are looked through. Operands are rewritten, nothing is removed yet.
 *     dead      seal_order.c: backwards from results and guards. Whatever nobody reads any more is not live.
 *     order     seal_order.c: which nodes share a segment, and which results have to be stored.
 *     write     seal_write.c: slots packed and renumbered, instructions and nodes written.
 *
 * In this work, a slot number is that of the recording until `write`. Value numbering as in Cocke & Schwartz (1970),
 * fusion as in Kennedy & McKinley (1993), typed fusion: references in seal_order.c. */
#ifndef DT_SEAL_H
#define DT_SEAL_H

#include "tape.h"

enum { DT_NOBODY = 0xffffffffu };

/* What the table says about a row, beyond dt_op. */
enum dt_trait {
    DT_TIES = 1,       /* a tie of two active operands is shared: the active bits must stay as they were */
    DT_EXPENSIVE = 2   /* its value takes the call of a ufunc */
};

enum dt_constancy { DT_VARIES, DT_CONSTANT, DT_NUMBERED };   /* DT_NUMBERED: `same` says which constant it is */

enum dt_fate { DT_DEAD, DT_LIVE, DT_DROPPED };               /* of an item; DT_DROPPED: known to be superfluous */

/* Slots that an operand or a result of a DT_CALL touches: first element in `at`, all in [low, high]. Also a captured
 * array. */
typedef struct dt_span { int64_t at, low, high; } dt_span;

typedef struct dt_call_site {
    uint32_t rule;                   /* the same number: same rule, parameters and plain operands */
    uint32_t first, n_operands, n_results;   /* spans of the operands, then of the results */
} dt_call_site;

typedef struct dt_hash_table { uint32_t *entry; size_t mask; } dt_hash_table;   /* entry: id + 1; 0 is empty */

/* What was done; filled by the passes. Counts of operations are of scalars and array nodes. */
typedef struct dt_seal_report {
    uint64_t steps;                  /* of all loops: linear in the recording, whatever the machine */
    uint64_t recorded, folded, merged, copies, kept;
    uint64_t gathers, guards, guards_kept;
    uint64_t segments, fused;        /* segments, and nodes in segments of more than one */
    uint64_t unstored;               /* results that live in blocks only */
} dt_seal_report;

typedef struct dt_seal {
    /* given by the owner */
    const dt_tape *from;
    dt_tape *to;                     /* room for instructions, nodes, views, ids, expected; values before `write` */
    const uint8_t *traits;           /* (n_ops,) */
    size_t n_inputs, n_results, n_calls, n_spans, n_captures, n_guards;
    const dt_call_site *call;        /* (n_calls,) */
    dt_span *span;                   /* (n_spans,) of the calls; rewritten */
    dt_span *capture;                /* (n_captures,) */
    int64_t *result;                 /* (n_results,) rewritten */

    /* the program while it is rewritten */
    dt_instr *instr;                 /* (from->n_instr,) */
    dt_node *node;                   /* (from->n_nodes,); layout DT_IN_SEGMENT means: the whole result of node `at` */
    uint32_t *id;                    /* (from->n_id,) */

    /* one for each slot of the recording */
    uint32_t *same;                  /* the slot that has this value first */
    uint32_t *writer;                /* of whom the value is: 2*instruction + 2, 2*node + 3; 0: nobody */
    uint32_t *place;                 /* slot in the result */
    uint8_t *constant;               /* enum dt_constancy */
    uint8_t *need;                   /* somebody reads it */
    uint8_t *glue;                   /* the next slot must stay the next */

    /* one for each instruction or node */
    uint8_t *fate, *node_fate;       /* enum dt_fate */
    size_t *size;                    /* slots from node.out on that a node writes; those of a call are in its spans */
    uint32_t *level, *node_level;
    dt_operand *alias;               /* what to read instead of the node's result; layout NO_ALIAS: nothing */
    uint8_t *wanted;                 /* some node reads the whole result */
    uint8_t *stored;                 /* ... and not in the same segment */
    uint8_t *kept;                   /* the values get a place all the same: dt_node.kept */
    uint32_t *latest;                /* level before which the node must have run */
    uint32_t *group;                 /* segment */
    uint32_t *index;                 /* of the node in the result */
    int64_t *fresh;                  /* first slot of a result, or of kept values, that get slots only now */
    uint32_t *order, *member;        /* instructions, nodes in their new order */
    uint32_t *start, *node_start;    /* (levels + 1,) where a level starts in them */
    size_t n_levels, n_order, n_members, n_groups;
    uint32_t *kept_guard, *kept_call;   /* numbers in the recording of those that are left, in order */
    size_t n_kept_guards, n_kept_calls, n_fresh;   /* n_fresh: slots whose values were never recorded */
    size_t n_kept;                   /* numbers in such places */

    dt_hash_table scalars, constants, nodes, ranges, views, groups;
    dt_operand *range;               /* (n_ranges,) arrays that could not be looked through */
    uint64_t *range_hash;
    size_t n_ranges, longest;        /* elements of the longest node */
    uint32_t *row, *other_row;       /* (longest,) slots of one operand */

    dt_seal_report report;
} dt_seal;

enum { DT_NO_ALIAS = 0xff };         /* layout */

/* Lays the working arrays out from `memory` on; returns their bytes. NULL: only counts. */
size_t dt_seal_layout(dt_seal *seal, char *memory);

/* Passes numbers, dead and order; then to->n_slots slots are needed for values. */
void dt_seal_plan(dt_seal *seal);

/* The last pass. `place` says afterwards where every slot of the recording went. */
void dt_seal_write(dt_seal *seal);

/* ---- values alone: seal_rename.c ---- */

typedef struct dt_rename {
    /* given by the owner */
    const dt_tape *from;             /* sealed */
    dt_tape *to;                     /* room for as many instructions, nodes, views, ids, expected */
    size_t n_inputs, n_results, n_spans;
    const dt_call_site *call;
    const dt_span *span;
    int64_t *result;                 /* (n_results,) rewritten */

    /* A run of slots stays together; whatever is known of it is at its first slot. */
    uint32_t *head;                  /* (slots,) first slot of the run */
    uint32_t *size, *last, *home;    /* of a run: slots, last instruction that reads it, first new slot or 0 */
    uint32_t *next;                  /* the run that was freed before this one */
    uint8_t *glue, *read, *written;  /* (slots,) */
    int64_t *out;                    /* (nodes,) results, as in dt_node */
    dt_hash_table lengths;           /* entry: the run of this length that was freed last */
    uint32_t *length;                /* keys of `lengths` */
} dt_rename;

size_t dt_rename_layout(dt_rename *rename, char *memory);
void dt_rename_plan(dt_rename *rename);
void dt_rename_write(dt_rename *rename);
uint32_t dt_renamed(const dt_rename *rename, int64_t slot);

/* ---- between the files ---- */

/* Which shapes an operand may be rewritten to, besides a run of slots. */
enum { DT_AS_SCALAR = 1, DT_AS_NODE = 2, DT_AS_VIEW = 4 };

void dt_seal_numbers(dt_seal *seal);
void dt_seal_dead(dt_seal *seal);
void dt_seal_order(dt_seal *seal);

uint32_t dt_seal_slot(dt_seal *seal, uint32_t slot);
int dt_seal_operand(dt_seal *seal, dt_operand *arg, size_t n, unsigned allowed);
int dt_seal_span(dt_seal *seal, dt_span *span);
void dt_seal_place(dt_seal *seal);
void *dt_seal_take(char *memory, size_t *size, size_t bytes);
size_t dt_seal_table_size(size_t entries);
size_t dt_seal_result_size(const dt_tape *tape, const dt_node *node);
uint32_t dt_seal_view(dt_seal *seal, const int64_t *view);
void dt_seal_fill_row(const dt_seal *seal, const dt_operand *arg, size_t n, uint32_t *row);
dt_span dt_seal_extent(const dt_tape *pool, const dt_operand *arg, size_t n);

static inline uint64_t dt_mix(uint64_t hash, uint64_t key)
{
    hash = (hash ^ key) * 0x9e3779b97f4a7c15u;    /* multiplicative hashing, Knuth (1973), section 6.4 */
    return hash ^ (hash >> 29);
}

static inline int dt_is_unary(const dt_seal *seal, unsigned op) { return seal->from->library->ops[op].arity == 1; }

#endif
