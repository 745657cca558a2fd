"""`patti serve`, knowing also the operation of the measures: python -m benchmarks.common_work.serving."""

from __future__ import annotations

import benchmarks.common_work.office  # noqa: F401  (registers the operation)
from cli.__main__ import main

if __name__ == "__main__":
    main(prog_name="patti")
