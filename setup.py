"""Builds the compiled core: C generated from the rule table, plain C, and one extension per core/*.pyx.

What goes where: each `src/dualtape/core/NAME.pyx` is the extension `dualtape.core.NAME`. The engine's plain C
(`src/dualtape/c/*.c`) is linked into `core.tape`, the passes of sealing (`c/seal_*.c`) into `core.seal`. Generated
kernels, with those of PER_TARGET, are compiled once per instruction-set target and linked into `core.kernels`; other
extensions reach them through its .pxd. Generated C goes to build/. Metadata lives in pyproject.toml.

DUALTAPE_DEBUG=1 turns bounds checks and assertions on, DUALTAPE_SANITIZE=1 adds the address and undefined sanitizers.
"""

import os
import platform
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

SOURCE = Path("src/dualtape")
C_FOLDER = SOURCE / "c"
GENERATED = Path("build/generated")
# Included by each generated target_*.c:
PER_TARGET = ("hyperdual.c", "propagate.c", "scalars.c", "lanes.c", "lane_arrays.c")

DEBUG = os.environ.get("DUALTAPE_DEBUG", "") not in ("", "0")
SANITIZE = os.environ.get("DUALTAPE_SANITIZE", "") not in ("", "0")

# -fno-math-errno and -fno-trapping-math let sqrt and comparisons vectorise; neither changes a result.
# -fno-crossjumping leaves every case of the threaded sweeps (c/scalars.c) a jump of its own.
GNU_FLAGS = ["-std=c11", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fvisibility=hidden"]
GNU_TARGET_FLAGS = ["-fno-crossjumping"]
GNU_OPTIMIZE = ["-O1", "-g"] if DEBUG or SANITIZE else ["-O3", "-g0"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-omit-frame-pointer"] if SANITIZE else []

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": DEBUG,
    "wraparound": False,
    "initializedcheck": DEBUG,
    "nonecheck": DEBUG,
    "overflowcheck": DEBUG,
    "cdivision": True,
    "freethreading_compatible": True,
}


def import_codegen():
    """The code generator, without importing the package that is yet to be built."""
    sys.path.insert(0, str(SOURCE.resolve()))
    try:
        from ops import codegen
    finally:
        del sys.path[0]
    return codegen


def core_extensions(generated):
    """One Extension per core/*.pyx; those that link C get it here."""
    import numpy as np

    headers = [str(path) for path in (*C_FOLDER.glob("*.h"), *C_FOLDER.glob("*.c"), *generated)]
    plain_c = sorted(str(path) for path in C_FOLDER.glob("*.c") if path.name not in PER_TARGET)
    sealing = [path for path in plain_c if Path(path).name.startswith("seal_")]
    engine = [path for path in plain_c if path not in sealing]
    linked = {"tape": engine, "seal": sealing, "kernels": [str(GENERATED / "registry.c")]}
    return [
        Extension(
            f"dualtape.core.{path.stem}",
            [str(path), *linked.get(path.stem, [])],
            include_dirs=[str(C_FOLDER), str(GENERATED), np.get_include()],
            define_macros=[(macro, "NPY_2_0_API_VERSION") for macro in ("NPY_NO_DEPRECATED_API", "NPY_TARGET_VERSION")],
            depends=headers,
        )
        for path in sorted((SOURCE / "core").glob("*.pyx"))
    ]


class BuildCore(build_ext):
    """build_ext that generates C first, and compiles the kernels once per instruction-set target."""

    def finalize_options(self):
        from Cython.Build import cythonize

        self.codegen = import_codegen()
        generated = self.codegen.write_sources(C_FOLDER, GENERATED)
        self.distribution.ext_modules = cythonize(
            core_extensions(generated),
            compiler_directives=DIRECTIVES,
            include_path=["src"],
            build_dir="build/cython",
            emit_linenums=DEBUG,
        )
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def build_extensions(self):
        self.is_gnu = self.compiler.compiler_type in ("unix", "mingw32", "cygwin")
        flags = [*GNU_OPTIMIZE, *GNU_FLAGS, *SANITIZERS] if self.is_gnu else ["/O2", "/std:c11", "/fp:precise"]
        for extension in self.extensions:
            extension.extra_compile_args = flags
            extension.extra_link_args = SANITIZERS
        super().build_extensions()

    def build_extension(self, extension):
        if extension.name == "dualtape.core.kernels":
            names = self.target_names()
            if len(names) > 1:
                extension.define_macros.append(("DT_TARGETS_X86", "1"))
            extension.extra_objects = [self.compile_target(name, extension) for name in names]
        super().build_extension(extension)

    def target_names(self):
        """Targets that this compiler builds: all of them for x86-64 with GNU flags, else the baseline."""
        is_x86 = platform.machine().lower() in ("x86_64", "amd64") and "arm64" not in os.environ.get("ARCHFLAGS", "")
        return list(self.codegen.TARGETS) if is_x86 and self.is_gnu else ["baseline"]

    def target_flags(self, name):
        return [*GNU_TARGET_FLAGS, *self.codegen.TARGETS[name]]

    def compile_target(self, name, extension):
        """Object file of one target."""
        (compiled,) = self.compiler.compile(
            [str(GENERATED / f"target_{name}.c")],
            output_dir=self.build_temp,
            include_dirs=extension.include_dirs,
            extra_postargs=[*extension.extra_compile_args, *(self.target_flags(name) if self.is_gnu else ())],
            depends=extension.depends,
        )
        return compiled


setup(ext_modules=[Extension("dualtape.core.kernels", [])], cmdclass={"build_ext": BuildCore})
