"""`make bench`: runs every measure of this folder, one after the other."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import benchmarks


def main() -> int:
    """Runs `main()` of each module; the result is the worst of theirs."""
    worst = 0
    for module in sorted(pkgutil.iter_modules(benchmarks.__path__), key=lambda one: one.name):
        if not module.ispkg and not module.name.startswith("_"):
            print(f"── {module.name}")
            worst = max(worst, importlib.import_module(f"benchmarks.{module.name}").main())
    return worst


if __name__ == "__main__":
    sys.exit(main())
