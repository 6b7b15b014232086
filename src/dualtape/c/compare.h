/* How a guard compares: Python's own six comparisons, NaN included. */
#ifndef DT_COMPARE_H
#define DT_COMPARE_H

#include "tape.h"

static inline int dt_compares(unsigned comparison, double a, double b)
{
    switch (comparison) {
    case DT_LESS: return a < b;
    case DT_LESS_EQUAL: return a <= b;
    case DT_EQUAL: return a == b;
    case DT_NOT_EQUAL: return a != b;
    case DT_GREATER: return a > b;
    default: return a >= b;
    }
}

#endif
