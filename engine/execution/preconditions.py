"""What must hold before a service changes an instance."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from engine.errors import InvalidInput, InvalidState
from engine.execution.locking import LockedInstance
from engine.localization import message


def require_active(row: LockedInstance | Row[Any], *, suspended: bool = False) -> None:
    """Raise InvalidState unless the instance is active (or suspended, with `suspended`)."""
    if row.state == "suspended" and not suspended:
        raise InvalidState("INSTANCE_IS_SUSPENDED", number=row.number)
    if row.state in ("completed", "cancelled"):
        raise InvalidState("INSTANCE_HAS_ENDED", number=row.number)


def require_reason(reason: str) -> None:
    """Raise InvalidInput unless there is a reason."""
    if not reason.strip():
        raise InvalidInput.for_field("motivo", message("REASON_MISSING"))
