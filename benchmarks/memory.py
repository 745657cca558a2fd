"""What one process keeps after many instances, started and completed: it may grow by its bounded caches only.

    python -m benchmarks.memory                     # 2 000 instances
    python -m benchmarks.memory --instances 100000

On SQLite that does not wait for the disk: what is measured is the process, not the database.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.common_work import databases
from benchmarks.common_work.clients import Services

STATIONS = 10


def resident_mb() -> float:
    """The resident size of this process, in megabytes; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    line = next(one for one in status.read_text(encoding="ascii").splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the resident size at ten stations; how much it grew from the first tenth to the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=2000)
    chosen = parser.parse_args(arguments if arguments is not None else [])
    each = max(1, chosen.instances // STATIONS)
    sizes = []
    with databases.sqlite() as url:
        client = Services(url, durable=False)
        try:
            for station in range(STATIONS):
                for _ in range(each):
                    client.complete_b(client.complete_a(client.task(client.start())))
                gc.collect()
                sizes.append(resident_mb())
                print(f"{(station + 1) * each:>8} instances: {sizes[-1]:7.1f} MB", flush=True)
        finally:
            client.close()
    last = each * (STATIONS - 1)
    grown = sizes[-1] - sizes[0]
    print(
        f"grown after the first {each}: {grown:.1f} MB, {1024 * grown / last:.2f} kB for each further instance"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
