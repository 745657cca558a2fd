"""Messages from outside: to the instances that wait for them, by name and correlation key, or to start a new one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from engine.actors import Actor
from engine.advance import write
from engine.errors import InvalidInput, NotFound
from engine.permissions import Permission, PermissionMatrix
from engine.steps import Stepper, locked
from engine.storage.tables import definition, instance, subscription
from engine.storage.values import encode
from engine.views import Definition


class Messages:
    """Correlation. Needs `case.message` in the scope of the instance that receives."""

    def __init__(self, stepper: Stepper, permissions: PermissionMatrix) -> None:
        self._stepper = stepper
        self._permissions = permissions

    def correlate(
        self, name: str, key: str, payload: Mapping[str, Any], actor: Actor, *, instance_id: str | None = None
    ) -> int:
        """Deliver to every instance that waits for `name` with `key` (or to the one given) and say how many received.

        Each receives in a transaction of its own. NotFound when nobody waits for it.
        """
        _require_values(payload)
        query = select(subscription.c.id, subscription.c.instance_id).where(
            subscription.c.message == name,
            subscription.c.state == "waiting",
            subscription.c.instance_id.is_not(None),
        )
        query = (
            query.where(subscription.c.instance_id == instance_id)
            if instance_id
            else query.where(subscription.c.correlation_key == key)
        )
        with self._stepper.database.read() as connection:
            waiting = connection.execute(query).all()
        received = sum(self._deliver(row.id, row.instance_id, name, payload, actor) for row in waiting)
        if not received:
            raise NotFound(
                f"Nessuna pratica attende il messaggio «{name}»" + (f" con chiave «{key}»" if key else "")
            )
        return received

    def start(
        self,
        name: str,
        payload: Mapping[str, Any],
        actor: Actor,
        scope: str,
        *,
        business_key: str | None = None,
    ) -> str:
        """Start the process whose message start waits for `name`, for those who may start it; gives its id."""
        _require_values(payload)
        with self._stepper.database.begin() as work:
            row = work.connection.execute(
                select(definition)
                .join(subscription, subscription.c.definition_id == definition.c.id)
                .where(
                    subscription.c.message == name,
                    subscription.c.state == "waiting",
                    definition.c.state == "active",
                )
            ).first()
            if row is None:
                raise NotFound(f"Nessun processo inizia con il messaggio «{name}»")
            found: Definition = self._stepper.repository.get(row.id)
            self._stepper.repository.require_start(found, actor, scope)
            self._stepper.repository.require_starts(found)
            advance = self._stepper.begin(
                work, found, payload, actor, scope=scope, business_key=business_key, subject=None, title=None
            )
        return advance.instance_id

    def _deliver(
        self, subscription_id: str, instance_id: str, name: str, payload: Mapping[str, Any], actor: Actor
    ) -> int:
        with self._stepper.database.begin() as work:
            case = locked(work.connection, instance_id)
            row = work.connection.execute(
                select(subscription).where(
                    subscription.c.id == subscription_id, subscription.c.state == "waiting"
                )
            ).one_or_none()
            if row is None or case.state != "active":
                return 0
            self._permissions.require(actor, Permission.CASE_MESSAGE, case.scope)
            advance = self._stepper.open(work, instance_id, actor)
            advance.host.note("message.received", None, {"message": name, "fields": sorted(payload)})
            advance.run.deliver(row.token, payload)
            write(advance)
            work.after_commit(self._stepper.nudge)
        return 1

    def awaited(self, instance_id: str) -> tuple[str, ...]:
        """The names of the messages that an instance waits for."""
        with self._stepper.database.read() as connection:
            return tuple(
                connection.execute(
                    select(subscription.c.message)
                    .join(instance, instance.c.id == subscription.c.instance_id)
                    .where(subscription.c.instance_id == instance_id, subscription.c.state == "waiting")
                    .distinct()
                ).scalars()
            )


def _require_values(payload: Mapping[str, Any]) -> None:
    try:
        encode(dict(payload))
    except TypeError as problem:
        raise InvalidInput(
            f"Il messaggio porta un valore che un processo non può tenere: {problem}"
        ) from problem
