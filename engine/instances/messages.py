"""Messages and signals: to the instances that wait for them, or to start new ones; from outside and between cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Row, insert, or_, select

from engine.access.actors import SYSTEM, Actor
from engine.access.permissions import Permission, PermissionMatrix
from engine.access.visibility import within
from engine.definitions.models import Definition
from engine.errors import InvalidInput, NotFound
from engine.execution.event_dispatch import DELIVERY, MESSAGE, address, spread
from engine.execution.outbox import settle
from engine.execution.step import Advance
from engine.execution.step_runner import Stepper, locked
from engine.execution.step_writer import write
from engine.service_tasks import OutboxMessage
from engine.storage import UnitOfWork
from engine.storage.serialization import encode
from engine.storage.tables import definition, event, instance, subscription


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
            subscription.c.kind == "message",
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
                select(definition, subscription.c.element_id)
                .join(subscription, subscription.c.definition_id == definition.c.id)
                .where(
                    subscription.c.kind == "message",
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
                work,
                found,
                payload,
                actor,
                scope=scope,
                business_key=business_key,
                subject=None,
                title=None,
                start_event=row.element_id,
            )
        return advance.instance_id

    def broadcast(self, name: str, payload: Mapping[str, Any], actor: Actor, scope: str = "") -> int:
        """Throw a signal from outside and say how many will receive it: every case that waits for it now, in the
        scopes where the actor has `case.message`, and with a `scope` the processes it starts there. Each receives
        once, after this returns, in a transaction of its own. Forbidden without the permission anywhere."""
        _require_values(payload)
        self._permissions.require(actor, Permission.CASE_MESSAGE)
        mine = [
            within(instance.c.scope, one) for one in self._permissions.scopes(actor, Permission.CASE_MESSAGE)
        ]
        if scope:
            self._permissions.require(actor, Permission.CASE_START, scope)
        with self._stepper.database.begin() as work:
            now = self._stepper.clock.now()
            reached = spread(work.connection, name, payload, now=now, scope=scope, where=or_(*mine))
            work.connection.execute(
                insert(event).values(
                    at=now,
                    actor_id=actor.id,
                    kind="signal.broadcast",
                    data={"signal": name, "fields": sorted(payload), "reached": reached},
                )
            )
            work.after_commit(self._stepper.nudge)
        return reached

    # -- what cases send each other --------------------------------------------------------------------------------

    @property
    def inner_deliveries(self) -> Mapping[str, Callable[[OutboxMessage], None]]:
        """The kinds of outbox messages that are delivered here."""
        return {MESSAGE: self._address, DELIVERY: self._hand_over}

    def _address(self, message: OutboxMessage) -> None:
        """A message that a case sent: to those who wait for it. NotFound, and tried again later, when nobody does."""
        with self._stepper.database.begin() as work:
            now, sent = self._stepper.clock.now(), message.payload
            if not settle(work.connection, message.id, now):
                return
            if not address(work.connection, sent["name"], sent["key"], sent["values"], now, sent["scope"]):
                raise NotFound(
                    f"Nessuna pratica attende il messaggio «{sent['name']}» con chiave «{sent['key']}»"
                )
            work.after_commit(self._stepper.nudge)

    def _hand_over(self, message: OutboxMessage) -> None:
        """One delivery, in the transaction of the step it causes; who waits no more (or is suspended) gets nothing."""
        sent = message.payload
        with self._stepper.database.begin() as work:
            if message.instance_id is not None:
                locked(work.connection, message.instance_id)
            if not settle(work.connection, message.id, self._stepper.clock.now()):
                return
            row = work.connection.execute(
                select(subscription).where(
                    subscription.c.id == sent["subscription"], subscription.c.state == "waiting"
                )
            ).one_or_none()
            if row is None:
                return
            if row.instance_id is None:
                self._start_by_event(work, row, sent)
                return
            advance = self._stepper.open(work, row.instance_id, SYSTEM)
            _note_received(advance, sent["kind"], sent["name"], sent["values"])
            advance.run.deliver(row.token, sent["values"])
            write(advance)
            work.after_commit(self._stepper.nudge)

    def _start_by_event(self, work: UnitOfWork, row: Row[Any], sent: Mapping[str, Any]) -> None:
        self._stepper.begin(
            work,
            self._stepper.repository.get(row.definition_id),
            sent["values"],
            SYSTEM,
            scope=sent["scope"],
            business_key=None,
            subject=None,
            title=None,
            start_event=row.element_id,
        )

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
            _note_received(advance, "message", name, payload)
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
                    .where(
                        subscription.c.instance_id == instance_id,
                        subscription.c.kind == "message",
                        subscription.c.state == "waiting",
                    )
                    .distinct()
                ).scalars()
            )


def _note_received(advance: Advance, kind: str, name: str, values: Mapping[str, Any]) -> None:
    if kind == "signal":
        advance.host.note("signal.received", None, {"signal": name, "fields": sorted(values)})
    else:
        advance.host.note("message.received", None, {"message": name, "fields": sorted(values)})


def _require_values(payload: Mapping[str, Any]) -> None:
    try:
        encode(dict(payload))
    except TypeError as problem:
        raise InvalidInput(
            f"Il messaggio porta un valore che un processo non può tenere: {problem}"
        ) from problem
