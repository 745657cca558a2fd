"""Plays one conformance case. Between two steps only the rows of the database are left: each step has a new engine.

Whatever differs is an AssertionError whose text says where in the case it was, what was expected and what is there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from engine.access import SYSTEM, PermissionMatrix
from engine.clock import VirtualClock
from engine.definitions.resources import DeploymentBundle
from engine.engine import ROLES_FILE, Engine
from engine.errors import InvalidInput
from engine.execution.step_writer import write_step
from engine.history.consistency import check_consistency
from engine.settings import Settings
from engine.simulation.checks import compare
from engine.spiff import ProcessRun
from engine.spiff.variable_scopes import PROCESS_SCOPE
from engine.storage import Database
from engine.storage.tables import event, incident, instance, scheduled_start, subscription, task, timer
from engine.temporal import add_duration, parse_duration
from tests.bpmn import trial_operations
from tests.bpmn.constructs import Case, Construct
from tests.bpmn.traces import difference

SCOPE = "prova"
BUSINESS_KEY = "pratica"
NOON = datetime(2016, 3, 1, 12, tzinfo=ZoneInfo("Europe/Rome"))
"""When every case begins: a Tuesday."""
MOST_MOMENTS = 20_000


class CaseRunner:
    """Plays the cases of a construct on one database, one after the other."""

    def __init__(self, database_url: str) -> None:
        self._settings = Settings(
            database_url=database_url, embedded_jobs=False, secret_key="prova", operation_attempts=1
        )
        self._operations = trial_operations.registry()
        self._permissions = PermissionMatrix.load(Path(self._settings.processes_folder) / ROLES_FILE)
        self._database = Database(database_url, durable=False)
        self._clock = VirtualClock(NOON)
        self._deployed: Counter[Path] = Counter()
        self.forget()
        self._case: Case | None = None
        self._id = ""

    def close(self) -> None:
        """Close the engine and its database."""
        self.engine.close()

    def forget(self) -> None:
        """Go on with a new engine: of the one before only the connections are left."""
        self.engine = Engine(self._settings, self._database, self._clock, self._operations, self._permissions)

    # -- deploying -------------------------------------------------------------------------------------------------

    def deploy(self, path: Path) -> str:
        """Publish a diagram, as a version of its own also when it was published before; gives its key.

        A diagram that other files of the folder call may be in the same list, before it.
        """
        files = {one.path: one.content for one in DeploymentBundle.from_path(path).resources}
        self._deployed[path] += 1
        files[path.name] += f"<!-- {self._deployed[path]} -->".encode()
        return self.engine.deployments.deploy(DeploymentBundle.from_files(files), SYSTEM).definition.key

    def findings(self, path: Path) -> list[str]:
        """The findings that forbid a diagram, as ``CODE@Element``; AssertionError when it is deployed."""
        try:
            self.deploy(path)
        except InvalidInput as problem:
            return [f"{one.code}@{one.element_id}" for one in problem.findings if one.severity == "error"]
        raise AssertionError(f"{path.name} was deployed")

    # -- a case ----------------------------------------------------------------------------------------------------

    def faults(self, construct: Construct) -> list[str]:
        """Play every case of a construct, close the engine, and return every difference."""
        found = []
        try:
            for case in construct.cases:
                try:
                    self.play(construct, case)
                except AssertionError as problem:
                    found.append(f"{construct.id}, «{case.name}»: {problem}")
        finally:
            self.close()
        return found

    def play(self, construct: Construct, case: Case) -> None:
        """Deploy, start, do the steps, check. Whatever is left open afterwards is ended."""
        self._case, self._id = case, ""
        self._clock.set(NOON)
        try:
            keys = {path: self.deploy(path) for path in construct.deploy}
            self._begin(keys[construct.diagram], case)
            for number, step in enumerate(case.steps, 1):
                self._told(f"step {number} {dict(step)}", self._step, keys[construct.diagram], step)
            self._told("at the end", self._check, case)
        finally:
            self._end_all()

    def _told(self, where: str, act: Any, *arguments: Any) -> None:
        self.forget()
        try:
            act(*arguments)
            self.engine.run_due()
        except Exception as problem:
            passed = self._passed() if self._id else []
            raise AssertionError(
                f"{where}: {problem if isinstance(problem, AssertionError) else repr(problem)}\n"
                f"  passed so far: {', '.join(passed)}\n  waiting: {', '.join(self._waiting()) if self._id else ''}"
            ) from problem

    def _begin(self, key: str, case: Case) -> None:
        if case.start is None:
            started = self.engine.instances.start(
                key, case.variables, SYSTEM, SCOPE, business_key=BUSINESS_KEY
            )
            self._id = started.id
        elif "message" in case.start:
            self._id = self.engine.messages.start(
                case.start["message"], case.variables, SYSTEM, SCOPE, business_key=BUSINESS_KEY
            )
        self.engine.run_due()

    def _step(self, key: str, step: Mapping[str, Any]) -> None:
        verb, content = next(iter(step.items()))
        getattr(self, f"_do_{verb}")(content, step)
        if not self._id:
            self._id = self._newest(key)

    def _newest(self, key: str) -> str:
        with self.engine.database.read() as connection:
            found = connection.execute(
                select(instance.c.id)
                .where(instance.c.definition_key == key)
                .order_by(instance.c.number.desc())
                .limit(1)
            ).scalar_one_or_none()
        return found or ""

    # -- steps -----------------------------------------------------------------------------------------------------

    def _do_complete(self, element: str, step: Mapping[str, Any]) -> None:
        opened = self._rows(task, "open")
        found = [row for row in opened if row.element_id == element]
        if "which" in step:
            run = self._run()
            found = [row for row in found if str(step["which"]) in _called(row, run)]
        names = ", ".join(f"{row.element_id} «{row.name}»" for row in opened) or "none"
        assert len(found) == 1, f"{len(found)} such tasks are open; open tasks: {names}"
        row, values = found[0], step.get("values") or {}
        if row.form_id or not values:
            self.engine.tasks.complete(row.id, values, SYSTEM)
            return
        with self.engine.database.begin() as work:  # a form is not what these diagrams are about
            started = self.engine.step_runner.open(work, self._id, SYSTEM)
            started.completed_task = row
            started.run.complete_task(row.token, values)
            write_step(started)

    def _do_advance(self, duration: str, step: Mapping[str, Any]) -> None:
        self._to(add_duration(self._clock.now(), parse_duration(duration)))

    def _do_until(self, moment: Any, step: Mapping[str, Any]) -> None:
        self._to(moment if isinstance(moment, datetime) else datetime.fromisoformat(moment))

    def _to(self, moment: datetime) -> None:
        for _ in range(MOST_MOMENTS):
            due = self.engine.next_due()
            if due is None or due > moment:
                self._clock.set(moment)
                self.engine.run_due()
                return
            self._clock.set(max(due, self._clock.now() + timedelta()))
            self.engine.run_due()
            self.forget()
        raise AssertionError(f"more than {MOST_MOMENTS} timers before {moment.isoformat()}")

    def _do_message(self, name: str, step: Mapping[str, Any]) -> None:
        self.engine.messages.correlate(name, step.get("key", BUSINESS_KEY), step.get("values") or {}, SYSTEM)

    def _do_signal(self, name: str, step: Mapping[str, Any]) -> None:
        self.engine.messages.broadcast(name, step.get("values") or {}, SYSTEM, SCOPE)

    def _do_set(self, values: Mapping[str, Any], step: Mapping[str, Any]) -> None:
        with self.engine.database.begin() as work:
            opened = self.engine.step_runner.open(work, self._id, SYSTEM)
            change(opened.run, values)
            opened.run.run_to_wait_states()
            write_step(opened)

    def _do_suspend(self, reason: str, step: Mapping[str, Any]) -> None:
        self.engine.instances.suspend(self._id, reason or "prova", SYSTEM)

    def _do_resume(self, _: Any, step: Mapping[str, Any]) -> None:
        self.engine.instances.resume(self._id, SYSTEM)

    def _do_incident(self, element: str, step: Mapping[str, Any]) -> None:
        rows = self._rows(incident, "open")
        told = "; ".join(f"{row.element_id}: {row.sentence}" for row in rows) or "none"
        found = [row for row in rows if row.element_id == element and step.get("says", "") in row.sentence]
        assert found, f"no such incident; open ones: {told}"

    def _do_retry(self, element: str, step: Mapping[str, Any]) -> None:
        found = [row for row in self._rows(incident, "open") if row.element_id == element]
        assert found, "no incident to retry"
        self.engine.incidents.retry(found[0].id, SYSTEM)

    def _do_waiting(self, elements: list[str], step: Mapping[str, Any]) -> None:
        self._same(sorted(elements), self._waiting(), "waiting")

    def _do_passed(self, trace: list[Any], step: Mapping[str, Any]) -> None:
        told = difference(trace, self._passed())
        assert not told, told

    def _do_values(self, values: Mapping[str, Any], step: Mapping[str, Any]) -> None:
        told = compare(values, self._variables())
        assert not told, told

    # -- what is there ---------------------------------------------------------------------------------------------

    def _rows(self, table: Any, *states: str) -> list[Any]:
        query = select(table).where(table.c.instance_id == self._id, table.c.state.in_(states))
        with self.engine.database.read() as connection:
            return list(connection.execute(query))

    def _waiting(self) -> list[str]:
        """The element of every open task, timer event and subscription, repeated as often as it waits."""
        rows = self._rows(task, "open", "suspended") + self._rows(subscription, "waiting", "suspended")
        rows += [row for row in self._rows(timer, "waiting", "suspended") if row.kind == "event"]
        return sorted(row.element_id for row in rows)

    def _passed(self) -> list[str]:
        query = select(event.c.element_id).where(
            event.c.instance_id == self._id, event.c.kind == "element.passed"
        )
        with self.engine.database.read() as connection:
            return list(connection.execute(query.order_by(event.c.id)).scalars())

    def _variables(self) -> dict[str, Any]:
        """The variables of the process itself."""
        return self._run().variables

    def _run(self) -> ProcessRun:
        with self.engine.database.read() as connection:
            row = connection.execute(select(instance).where(instance.c.id == self._id)).one()
        executable = self.engine.repository.compiled(row.definition_id).executable
        return ProcessRun.for_inspection(executable, bytes(row.run_state))

    @staticmethod
    def _same(expected: list[str], found: list[str], what: str) -> None:
        missing, more = Counter(expected) - Counter(found), Counter(found) - Counter(expected)
        assert missing == more, (
            f"{what}: {found or 'nothing'}; missing {list(missing) or 'nothing'}, "
            f"not expected {list(more) or 'nothing'}"
        )

    def _check(self, case: Case) -> None:
        assert self._id, "no instance was started"
        with self.engine.database.read() as connection:
            state = connection.execute(select(instance.c.state).where(instance.c.id == self._id)).scalar_one()
        if case.trace is not None:
            self._do_passed(list(case.trace), {})
        stopped = [row.element_id for row in self._rows(incident, "open")]
        self._same(sorted(case.incidents), sorted(stopped), "incidents")
        expected = {"waiting": "active"}.get(case.state, case.state)
        assert state == expected, f"state {state}, expected {expected}"
        self._same(sorted(case.waiting or ()), self._waiting(), "waiting")
        self._do_values(case.values, {})
        if state == "completed":
            run = self._run()
            assert run.completed
            assert not run.wait_states(), f"ended, and its run still waits for {run.wait_states()}"
            assert not run.active_elements(), f"ended, and tokens are left at {run.active_elements()}"
            left = [row.element_id for row in self._rows(timer, "waiting", "suspended")]
            assert not left, f"ended, and timers are left: {left}"
        faults = [
            fault
            for check in check_consistency(self.engine.database, self.engine.repository)
            for fault in check.problems
        ]
        assert not faults, "; ".join(faults)

    def _end_all(self) -> None:
        """What the case left open must not meet the next one."""
        with self.engine.database.read() as connection:
            running = (
                connection.execute(select(instance.c.id).where(instance.c.state.in_(("active", "suspended"))))
                .scalars()
                .all()
            )
        for one in running:
            self.engine.instances.cancel(one, "la prova è finita", SYSTEM)
        with self.engine.database.begin() as work:
            work.connection.execute(
                update(subscription).where(subscription.c.state == "waiting").values(state="ended")
            )
            work.connection.execute(
                update(scheduled_start).where(scheduled_start.c.state == "waiting").values(state="ended")
            )
            work.connection.execute(update(timer).where(timer.c.state == "waiting").values(state="cancelled"))


def _called(row: Any, run: ProcessRun) -> tuple[str, str]:
    """What tells one of several open tasks from the others: the item in its name, and the number of its run."""
    return row.name.rpartition(" – ")[2], str(run.variables_of(row.token).get("loopCounter"))


def change(run: ProcessRun, values: Mapping[str, Any]) -> None:
    """Set variables of the process, as if some task had written them."""
    run.scopes.by_key[PROCESS_SCOPE].update(values)
    run.scopes.change_count += 1
