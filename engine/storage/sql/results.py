"""The result of a statement that was executed without SQLAlchemy's result objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple


class StatementResult(NamedTuple):
    """All rows of a statement, as the driver returns them, and how many rows it returned or changed."""

    rows: Sequence[tuple[Any, ...]]
    rowcount: int
