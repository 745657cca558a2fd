"""Message correlation and signal broadcast: deliver to waiting instances, or start new ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Row, or_, select

from engine.access import SYSTEM, Actor, Permission, PermissionMatrix, within
from engine.definitions.models import Definition
from engine.errors import InvalidInput, NotFound
from engine.execution import Step, StepRunner, lock_instance, write_step
from engine.execution.event_dispatch import DELIVERY, MESSAGE, correlate_message, dispatch_signal
from engine.execution.outbox import mark_delivered
from engine.service_tasks import OutboxMessage
from engine.storage import UnitOfWork
from engine.storage.event_log import LogEntry, append_event
from engine.storage.serialization import unencodable_names
from engine.storage.tables import definition, instance, subscription


class Messages:
    """Messages and signals. Needs `case.message` in the scope of the instance that receives."""

    def __init__(self, step_runner: StepRunner, permissions: PermissionMatrix) -> None:
        self._step_runner = step_runner
        self._permissions = permissions

    def correlate(
        self, name: str, key: str, payload: Mapping[str, Any], actor: Actor, *, instance_id: str | None = None
    ) -> int:
        """Deliver a message to every instance that waits for it with this correlation key; gives how many received it.

        With `instance_id` to that instance only, whatever its key. Each delivery has a transaction of its own. Raises
        NotFound when no instance waits for the message.
        """
        _require_encodable(payload)
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
        with self._step_runner.database.read() as connection:
            waiting = connection.execute(query).all()
        received = sum(self._deliver(row.id, row.instance_id, name, payload, actor) for row in waiting)
        if not received and key:
            raise NotFound("NO_INSTANCE_AWAITS_MESSAGE_KEY", name=name, key=key)
        if not received:
            raise NotFound("NO_INSTANCE_AWAITS_MESSAGE", name=name)
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
        """Start the process that this message starts; gives the id of the instance.

        For the roles that may start the process, in the scope. Raises NotFound when the message starts no process.
        """
        _require_encodable(payload)
        with self._step_runner.database.begin() as work:
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
                raise NotFound("NO_PROCESS_STARTS_WITH_MESSAGE", name=name)
            found: Definition = self._step_runner.repository.get(row.id)
            self._step_runner.repository.require_may_start(found, actor, scope)
            self._step_runner.repository.require_startable(found)
            step = self._step_runner.start_instance(
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
        return step.instance_id

    def broadcast(self, name: str, payload: Mapping[str, Any], actor: Actor, scope: str = "") -> int:
        """Broadcast a signal; gives how many subscriptions will receive it.

        It reaches every instance that waits for it now, in the scopes where the actor has `case.message`, and with a
        `scope` starts processes there. Each delivery has a transaction of its own, after this returns. Raises Forbidden
        without the permission in any scope.
        """
        _require_encodable(payload)
        self._permissions.require(actor, Permission.CASE_MESSAGE)
        permitted = [
            within(instance.c.scope, permitted_scope)
            for permitted_scope in self._permissions.scopes(actor, Permission.CASE_MESSAGE)
        ]
        if scope:
            self._permissions.require(actor, Permission.CASE_START, scope)
        with self._step_runner.database.begin() as work:
            now = self._step_runner.clock.now()
            subscriptions = dispatch_signal(
                work.connection, name, payload, now=now, scope=scope, where=or_(*permitted)
            )
            append_event(
                work.connection,
                LogEntry(
                    at=now,
                    actor_id=actor.id,
                    kind="signal.broadcast",
                    data={"signal": name, "fields": sorted(payload), "reached": subscriptions},
                ),
            )
            work.after_commit(self._step_runner.wake_scheduler)
        return subscriptions

    # -- deliveries from the outbox --------------------------------------------------------------------------------

    @property
    def outbox_handlers(self) -> Mapping[str, Callable[[OutboxMessage], None]]:
        """The handlers of outbox messages, by their kind."""
        return {MESSAGE: self._correlate_sent_message, DELIVERY: self._deliver_event}

    def _correlate_sent_message(self, message: OutboxMessage) -> None:
        """Correlate a message that an instance has sent. Raises NotFound, and is retried, when none waits for it."""
        with self._step_runner.database.begin() as work:
            now, sent = self._step_runner.clock.now(), message.payload
            if not mark_delivered(work.connection, message.id, now):
                return
            if not correlate_message(
                work.connection, sent["name"], sent["key"], sent["values"], now, sent["scope"]
            ):
                raise NotFound("NO_INSTANCE_AWAITS_MESSAGE_KEY", name=sent["name"], key=sent["key"])
            work.after_commit(self._step_runner.wake_scheduler)

    def _deliver_event(self, message: OutboxMessage) -> None:
        """Deliver an event to one subscription, in the transaction of the step that follows.

        Nothing happens when the subscription no longer waits, or its instance is suspended.
        """
        sent = message.payload
        with self._step_runner.database.begin() as work:
            if message.instance_id is not None:
                lock_instance(work.connection, message.instance_id)
            if not mark_delivered(work.connection, message.id, self._step_runner.clock.now()):
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
            step = self._step_runner.open(work, row.instance_id, SYSTEM)
            _log_receipt(step, sent["kind"], sent["name"], sent["values"])
            step.run.deliver_event(row.token, sent["values"])
            write_step(step)
            work.after_commit(self._step_runner.wake_scheduler)

    def _start_by_event(self, work: UnitOfWork, row: Row[Any], sent: Mapping[str, Any]) -> None:
        self._step_runner.start_instance(
            work,
            self._step_runner.repository.get(row.definition_id),
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
        with self._step_runner.database.begin() as work:
            locked = lock_instance(work.connection, instance_id)
            row = work.connection.execute(
                select(subscription).where(
                    subscription.c.id == subscription_id, subscription.c.state == "waiting"
                )
            ).one_or_none()
            if row is None or locked.state != "active":
                return 0
            self._permissions.require(actor, Permission.CASE_MESSAGE, locked.scope)
            step = self._step_runner.open(work, instance_id, actor)
            _log_receipt(step, "message", name, payload)
            step.run.deliver_event(row.token, payload)
            write_step(step)
            work.after_commit(self._step_runner.wake_scheduler)
        return 1

    def awaited_messages(self, instance_id: str) -> tuple[str, ...]:
        """The names of the messages that an instance waits for."""
        with self._step_runner.database.read() as connection:
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


def _log_receipt(step: Step, kind: str, name: str, values: Mapping[str, Any]) -> None:
    if kind == "signal":
        step.environment.record("signal.received", None, {"signal": name, "fields": sorted(values)})
    else:
        step.environment.record("message.received", None, {"message": name, "fields": sorted(values)})


def _require_encodable(payload: Mapping[str, Any]) -> None:
    names = unencodable_names(payload)
    if names:
        raise InvalidInput("MESSAGE_VALUES_NOT_STORABLE", names=names)
