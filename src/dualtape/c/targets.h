/* Which instruction-set targets were built (generated registry.c), and which of them this machine runs. DT_TARGETS_X86
 * is defined by setup.py where all are built; elsewhere there is the baseline alone. Linked into core/kernels only. */
#ifndef DT_TARGETS_H
#define DT_TARGETS_H

#include <string.h>

#include "kernel.h"
#include "opcodes.h"

extern dt_loop dt_loops[DT_N_LOOPS];
extern const dt_library *const dt_libraries[]; /* NULL-terminated, best last */

/* The functions of special.h that formulas call, for evaluating formulas term by term. */
typedef struct dt_special {
    const char *name;
    int n_in;
    double (*call)(const double *arguments);
} dt_special;

extern const dt_special dt_specials[]; /* ends with name NULL */

static inline int dt_cpu_runs(const char *target)
{
#ifdef DT_TARGETS_X86
    if (strcmp(target, "avx2") == 0) return __builtin_cpu_supports("avx2") != 0;
    if (strcmp(target, "avx512") == 0)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
            && __builtin_cpu_supports("avx512vl")
            && __builtin_cpu_supports("avx512bw");
#endif
    return strcmp(target, "baseline") == 0;
}

#endif
