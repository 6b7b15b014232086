"""C from the rule table: one kernel per row and order, the opcodes, and the switch for single numbers.

setup.py calls `write_sources`; nothing here runs at run time. Written files are boring, carry their formulas, live in
the build tree and are rewritten only when their text changed.

    opcodes.h       enum of opcodes; how many rows and ufunc loops there are
    registry.c      the table of rows and the table of ufunc loops, one copy for all targets
    kernels.gen.h   primal, first and second kernel of every row, adjoint loops of some (adjoint_codegen.py);
                    included once per target
    target_*.c      one instruction-set target: kernels.gen.h, hyperdual.c ... lane_arrays.c, and their `dt_library`
    scalar.gen.h    the same rules for single numbers (scalar_codegen.py)
    scalar_cases.gen.h  those of them that the sweeps have cases of their own for (scalar_codegen.py)
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

from .adjoint_codegen import PRELUDE as ADJOINT_PRELUDE
from .adjoint_codegen import adjoint_loops
from .scalar_codegen import cases_header, scalar_header
from .structure import EXACT, FormulaError, Partial, calls, classify, names, parse, visible_names
from .table import OPCODES, ROW_OF, ROWS
from .translation import (
    EACH,
    HEADING,
    ORDERS,
    OUTPUTS,
    OWN_LOOPS,
    WANTED,
    Kernel,
    Row,
    elements_of,
    is_loop,
    partial_kinds,
)

__all__ = ["TARGETS", "check_row", "generate", "special_functions", "write_sources"]

# Compiler flags of each target beyond the common ones (GNU compilers on x86-64; elsewhere baseline alone is built).
TARGETS: dict[str, tuple[str, ...]] = {
    "baseline": (),
    "avx2": ("-mavx2",),
    "avx512": ("-mavx512f", "-mavx512dq", "-mavx512vl", "-mavx512bw", "-mprefer-vector-width=512"),
}

_PARAMETERS = {
    "primal": "size_t n, const double *restrict x, size_t sx, const double *restrict y, size_t sy,\n"
    "    double *restrict v",
    "first": "size_t n, const double *restrict x, size_t sx, const double *restrict y, size_t sy,\n"
    "    const double *restrict v, unsigned active, double *restrict dx, double *restrict dy",
    "second": "size_t n, const double *restrict x, size_t sx, const double *restrict y, size_t sy,\n"
    "    const double *restrict v, const double *restrict dx, const double *restrict dy, unsigned active,\n"
    "    double *restrict dxx, double *restrict dxy, double *restrict dyy",
}
_ARGUMENTS = {
    "primal": ("n", "v"),
    "first": ("n", "v, active, dx, dy"),
    "second": ("n", "v, dx, dy, active, dxx, dxy, dyy"),
}


def special_functions(header: Path) -> dict[str, int]:
    """Functions that formulas may call from c/special.h and its parts, with their number of arguments."""
    definition = re.compile(r"^DT_(?:INLINE|SERIES) \w+ dt_(\w+)\(([^)]*)\)", re.MULTILINE)
    texts = [path.read_text(encoding="utf-8") for path in (header, *sorted(header.parent.glob("special_*.h")))]
    found = definition.findall("".join(texts))
    return {name: parameters.count(",") + 1 for name, parameters in found}


def check_row(row: Row, special: dict[str, int]) -> None:
    """Raise FormulaError unless every formula of `row` keeps the grammar and uses only what stands to its left."""
    for partial in ("v", *row.partials):
        formula = getattr(row, partial)
        if classify(formula) in (Partial.ZERO, Partial.NO_RULE):
            continue
        tree = parse(formula)
        if isinstance(tree, ast.Compare):
            raise FormulaError(
                f"row {row.name!r}: {partial} = {formula!r} is a comparison; only an argument may be one"
            )
        unknown = names(tree) - visible_names(row.arity, partial)
        if unknown:
            raise FormulaError(f"row {row.name!r}: {partial} = {formula!r} may not use {sorted(unknown)}")
        for function, n_arguments in calls(tree).items():
            expected = special.get(function) or EXACT.get(function) or (is_loop(function) and ROW_OF[function].arity)
            if expected != n_arguments:
                raise FormulaError(
                    f"row {row.name!r}: {partial} = {formula!r} calls {function} with {n_arguments} arguments; it is "
                    + (
                        f"a function of {expected}"
                        if expected
                        else "in neither special.h, structure.EXACT nor the table"
                    )
                )


def _loops() -> list[str]:
    """Names of the ufuncs that some formula calls, in table order."""
    used = set()
    for row in ROWS:
        for partial in ("v", *row.partials):
            if classify(getattr(row, partial)) is Partial.GENERAL:
                used.update(calls(parse(getattr(row, partial))))
    return [row.name for row in ROWS if row.name in used and row.name not in EXACT and is_loop(row.name)]


def _kernel_body(row: Row, order: int) -> Kernel:
    """The kernel of `row` for the primal (0), first (1) or second (2) order."""
    kernel = Kernel(row, elements_of(row), primal=order == 0)
    if order == 0:
        kernel.add("v", row.v, {1, 2, 3})
        return kernel
    for partial in ORDERS[row.arity][order - 1]:
        if classify(getattr(row, partial)) is Partial.GENERAL:
            output = OUTPUTS[row.arity][partial]
            kernel.add(output, getattr(row, partial), WANTED[output])
    return kernel


def _kernel_function(row: Row, order: int) -> str:
    """C of one kernel, its formulas above it. NumPy's without ufunc calls are specialised to both strides."""
    kind = ("primal", "first", "second")[order]
    partials = ("v",) if order == 0 else ORDERS[row.arity][order - 1]
    comment = "; ".join(f"{partial} = {getattr(row, partial)}" for partial in partials)
    kernel = _kernel_body(row, order)
    body = "".join(f"    {line}\n" for line in _direct(kernel))
    if not body:
        return ""
    if row.arity == 1 or row.home == "scipy.special" or "dt_run" in body:
        return f"/* {row.name}: {comment} */\nstatic void {row.name}_{kind}({_PARAMETERS[kind]})\n{{\n{body}}}\n\n"
    n, rest = _ARGUMENTS[kind]
    return (
        f"/* {row.name}: {comment} */\n"
        f"DT_INLINE void {row.name}_{kind}_strided({_PARAMETERS[kind]})\n{{\n{body}}}\n\n"
        f"static void {row.name}_{kind}({_PARAMETERS[kind]})\n"
        f"{{\n    DT_BY_STRIDE({row.name}_{kind}_strided, {n}, x, sx, y, sy, {rest});\n}}\n\n"
    )


def _near_primal(row: Row) -> str:
    """The value through a loop of our own, right to an ulp."""
    if row.name not in OWN_LOOPS:
        return ""
    return (
        f"static void {row.name}_near({_PARAMETERS['primal']})\n"
        f"{{\n    (void)sx, (void)y, (void)sy;\n    dt_{row.name}_block(n, x, v);\n}}\n\n"
    )


def _direct(kernel: Kernel) -> list[str]:
    """The lines of a kernel; one that only calls a ufunc writes straight to its output."""
    lines = list(kernel.lines())
    if len(kernel.steps) == 2 and kernel.steps[0][1].startswith("dt_run"):
        (scratch, run), (output, copy) = kernel.steps
        if copy == f"{EACH} {output}[i] = {scratch}[i];":
            kernel.n_scratch = 0
            return [run.replace(f", {scratch});", f", {output});")]
    return lines


def _kernels_header(rows: Iterable[Row]) -> str:
    functions, entries = [], []
    for row in rows:
        texts = [_kernel_function(row, order) for order in range(3)]
        adjoint = adjoint_loops(row)
        functions += [*texts, _near_primal(row), adjoint]
        present = [
            f"{row.name}_{kind}" if text else f"dt_no_{kind}"
            for kind, text in zip(("primal", "first", "second"), texts, strict=True)
        ]
        present.append(f"{row.name}_near" if row.name in OWN_LOOPS else "NULL")
        present.append(f"{row.name}_adjoints" if adjoint else "NULL")
        entries.append(f"    {{{', '.join(present)}}},\n")
    return (
        f"{HEADING}{_KERNELS_PRELUDE}{ADJOINT_PRELUDE}\n{''.join(functions)}"
        f"static const dt_kernel kernels[] = {{\n{''.join(entries)}}};\n"
    )


_KERNELS_PRELUDE = """
#include "kernel.h"
#include "opcodes.h"
#include "sincos.h"
#include "special.h"

extern dt_loop dt_loops[];

static inline void dt_run1(const dt_loop *loop, size_t n, const double *x, size_t sx, double *v)
{
    char *args[2] = {(char *)x, (char *)v};
    const ptrdiff_t dims[1] = {(ptrdiff_t)n}, steps[2] = {(ptrdiff_t)(sx * sizeof *x), sizeof *v};
    loop->run(args, dims, steps, loop->data);
}

static inline void dt_run2(const dt_loop *loop, size_t n, const double *x, size_t sx, const double *y, size_t sy,
                           double *v)
{
    char *args[3] = {(char *)x, (char *)y, (char *)v};
    const ptrdiff_t dims[1] = {(ptrdiff_t)n};
    const ptrdiff_t steps[3] = {(ptrdiff_t)(sx * sizeof *x), (ptrdiff_t)(sy * sizeof *y), sizeof *v};
    loop->run(args, dims, steps, loop->data);
}

/* Strides become constants, so that each of the four loops vectorises. */
#define DT_BY_STRIDE(f, n, x, sx, y, sy, ...) \\
    do { \\
        if ((sx) != 0 && (sy) != 0) f(n, x, 1, y, 1, __VA_ARGS__); \\
        else if ((sx) != 0) f(n, x, 1, y, 0, __VA_ARGS__); \\
        else if ((sy) != 0) f(n, x, 0, y, 1, __VA_ARGS__); \\
        else f(n, x, 0, y, 0, __VA_ARGS__); \\
    } while (0)

static void dt_no_first(PARAMETERS_FIRST)
{
    (void)n, (void)x, (void)sx, (void)y, (void)sy, (void)v, (void)active, (void)dx, (void)dy;
}

static void dt_no_second(PARAMETERS_SECOND)
{
    (void)n, (void)x, (void)sx, (void)y, (void)sy, (void)v, (void)dx, (void)dy, (void)active, (void)dxx, (void)dxy;
    (void)dyy;
}

""".replace("PARAMETERS_FIRST", _PARAMETERS["first"]).replace("PARAMETERS_SECOND", _PARAMETERS["second"])


def _opcodes_header(rows: tuple[Row, ...], loops: list[str]) -> str:
    opcodes = "".join(f"    OP_{row.name.upper()} = {OPCODES[row.name]},\n" for row in rows)
    numbers = "".join(f"    LOOP_{name.upper()},\n" for name in loops)
    return (
        f"{HEADING}#ifndef DT_OPCODES_H\n#define DT_OPCODES_H\n\n"
        f"enum dt_opcode {{\n{opcodes}    DT_N_OPS = {len(rows)}\n}};\n\n"
        f"enum dt_loop_number {{\n{numbers}    DT_N_LOOPS\n}};\n\n#endif\n"
    )


def _registry(rows: tuple[Row, ...], loops: list[str]) -> str:
    ops = "".join(
        f'    {{"{row.name}", {row.arity}, {", ".join(partial_kinds(row))}, {int(row.selects)}}},\n' for row in rows
    )
    entries = "".join(
        '    {{"{}", "{}", {}, NULL, NULL}},\n'.format(*ROW_OF[name].ufunc, ROW_OF[name].arity) for name in loops
    )
    return (
        f'{HEADING}\n#include "special.h"\n#include "targets.h"\n\n'
        f"const dt_op dt_ops[DT_N_OPS] = {{\n{ops}}};\n\ndt_loop dt_loops[DT_N_LOOPS] = {{\n{entries}}};\n\n"
        f"{_special_entries(rows)}{_LIBRARIES}"
    )


def _special_entries(rows: tuple[Row, ...]) -> str:
    """Table of the functions of special.h that formulas call, for tests that evaluate formulas in Python."""
    found = {}
    for row in rows:
        for partial in ("v", *row.partials):
            formula = getattr(row, partial)
            if classify(formula) is Partial.GENERAL:
                found.update(calls(parse(formula)))
    special = {name: n for name, n in sorted(found.items()) if name not in EXACT and not is_loop(name)}
    functions = "".join(
        f"static double call_{name}(const double *a) {{\n"
        f"    return dt_{name}({', '.join(f'a[{k}]' for k in range(n))});\n}}\n"
        for name, n in special.items()
    )
    entries = "".join(f'    {{"{name}", {n}, call_{name}}},\n' for name, n in special.items())
    return f"{functions}\nconst dt_special dt_specials[] = {{\n{entries}    {{NULL, 0, NULL}},\n}};\n\n"


_LIBRARIES = """extern const dt_library dt_library_baseline;
#ifdef DT_TARGETS_X86
extern const dt_library dt_library_avx2, dt_library_avx512;
const dt_library *const dt_libraries[] = {&dt_library_baseline, &dt_library_avx2, &dt_library_avx512, NULL};
#else
const dt_library *const dt_libraries[] = {&dt_library_baseline, NULL};
#endif
"""


def _target(name: str, *, propagates: bool) -> str:
    sources = ("propagate.c", "scalars.c", "lanes.c", "lane_arrays.c") if propagates else ()
    include = "".join(f'#include "{source}"\n' for source in sources)
    fields = " DT_PROPAGATION, DT_SCALAR_SWEEPS, DT_LANE_SWEEPS, DT_LANE_ARRAYS," if propagates else ""
    return (
        f'{HEADING}\n#define DT_TARGET "{name}"\n#include "kernels.gen.h"\n#include "hyperdual.c"\n{include}\n'
        f"extern const dt_op dt_ops[];\nextern const dt_library dt_library_{name};\n\n"
        f"const dt_library dt_library_{name} = {{\n"
        f"    .target = DT_TARGET, .kernels = kernels, .ops = dt_ops, .n_ops = DT_N_OPS,\n"
        f"    .hyperdual = &hyperdual,{fields}\n}};\n"
    )


def generate(special: dict[str, int], *, propagates: bool = False) -> dict[str, str]:
    """Text of every generated file, by name. `propagates`: c/propagate.c exists and goes into each target."""
    for row in ROWS:
        check_row(row, special)
    loops = _loops()
    files = {
        "opcodes.h": _opcodes_header(ROWS, loops),
        "registry.c": _registry(ROWS, loops),
        "kernels.gen.h": _kernels_header(ROWS),
        "scalar.gen.h": scalar_header(ROWS),
        "scalar_cases.gen.h": cases_header(ROWS),
    }
    files.update({f"target_{name}.c": _target(name, propagates=propagates) for name in TARGETS})
    return files


def write_sources(c_folder: Path, build_folder: Path) -> list[Path]:
    """Write the generated files to `build_folder`, those whose text changed; return all their paths."""
    build_folder.mkdir(parents=True, exist_ok=True)
    files = generate(special_functions(c_folder / "special.h"), propagates=(c_folder / "propagate.c").exists())
    for name, text in files.items():
        path = build_folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    return [build_folder / name for name in files]
