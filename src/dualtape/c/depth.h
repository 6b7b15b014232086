/* How deep this thread is in derivatives: one counter per thread. Read and changed by core/level.pyx alone. */
#ifndef DT_DEPTH_H
#define DT_DEPTH_H

static inline int *dt_depth(void)
{
#if defined(_MSC_VER)
    static __declspec(thread) int depth;
#else
    static _Thread_local int depth;
#endif
    return &depth;
}

#endif
