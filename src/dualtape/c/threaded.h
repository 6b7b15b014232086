/* Cases by the KEY of an instruction, as threaded code (Bell 1973, Communications of the ACM 16): every case fetches
 * the next instruction and jumps to it itself. With one jump for all of them the branch predictor loses track of what
 * follows what, and a sweep takes up to four times as long. FETCH is the sweep's own: it gets the next instruction, or
 * leaves. Without labels as values it is a switch. For scalars.c and lanes_of_width.h. */
#ifndef DT_THREADED_H
#define DT_THREADED_H

#if defined(__GNUC__)
#define BEGIN_CASES NEXT;
#define CASE(key, label) label:
#define OTHER_CASES general:
#define NEXT do { FETCH; goto *cases[KEY]; } while (0)
#define END_CASES
#else
#define BEGIN_CASES for (;;) { FETCH; switch (KEY) {
#define CASE(key, label) case key:
#define OTHER_CASES default:
#define NEXT continue
#define END_CASES }}
#endif

#endif
