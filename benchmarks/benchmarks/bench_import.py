"""Start-up: what a program pays before its first derivative."""

from benchmarks.speed_table import import_milliseconds


class Import:
    """How long does a process that has NumPy wait for dualtape, and for its first gradient?"""

    unit = "ms"

    def track_import(self):
        return import_milliseconds()

    def track_import_and_first_gradient(self):
        return import_milliseconds(first_use=True)
