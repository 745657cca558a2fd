"""Runs a scenario step by step and fails at the first difference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from engine.access import SYSTEM
from engine.engine import ROLES_FILE
from engine.errors import EngineError, InvalidInput, Rejected
from engine.instances.models import InstanceView
from engine.localization import LocalizedError, message
from engine.simulation import checks
from engine.simulation.scenario_parser import File, Scenario, Step
from engine.simulation.trace import Trace
from engine.simulation.world import OpenTask, World
from engine.tasks.models import Completion
from engine.temporal import in_rome


class ScenarioFailure(AssertionError):
    """The failure of a scenario: file, step, difference, open tasks and reasons why the instance waits."""


class _Difference(LocalizedError):
    """What was expected and what was found."""

    def __init__(self, message_code: str, /, **parameters: Any) -> None:
        super().__init__(message_code, parameters)


def run_scenario(scenario: Scenario, *, database_url: str = "", trace: Trace | None = None) -> None:
    """Run a scenario in a new world. Raises ScenarioFailure; `trace` is called before and after each step."""
    folder = scenario.processes
    with World.open(
        scenario.start,
        scope=scenario.scope,
        users=scenario.users,
        processes=folder if (folder / ROLES_FILE).exists() else "processes",
        deploy=[folder],
        database_url=database_url,
    ) as world:
        run = _ScenarioRun(scenario, world, trace or Trace())
        for name, value in scenario.parameters.items():
            run.parameter({"nome": name, "valore": value})
        for step in scenario.steps:
            run.step(step)


class _ScenarioRun:
    def __init__(self, scenario: Scenario, world: World, trace: Trace) -> None:
        self.scenario = scenario
        self.world = world
        self.trace = trace
        self.named: dict[str, str] = {}
        self.expected_incidents = 0
        self.kinds: Mapping[str, Callable[[Any], None]] = {
            "avvia": self.start,
            "attendi": self.expect,
            "completa": self.complete,
            "rifiuta": self.refuse,
            "avanza": self.advance,
            "fino_a": self.advance_to,
            "messaggio": self.message,
            "segnale": self.signal,
            "sospendi": self.suspend,
            "riprendi": self.resume,
            "annulla": self.cancel,
            "riapri": self.reopen,
            "parametro": self.parameter,
            "prendi": self.claim,
            "rilascia": self.release,
            "passa": self.hand_over,
            "verifica": self.verify,
            "nota": lambda text: None,
        }

    def step(self, step: Step) -> None:
        """Run one step. Raises ScenarioFailure."""
        self.trace.step(self.world, step)
        try:
            self.kinds[step.kind](step.content)
            self._no_new_incidents(step)
        except _Difference as difference:
            raise self._failure(step, difference.message) from None
        except EngineError as problem:
            fields = [f"{name}: {value}" for name, value in getattr(problem, "fields", {}).items()]
            raise self._failure(step, "\n    ".join([problem.message, *fields])) from problem
        except (KeyError, TypeError, AttributeError, ValueError) as problem:
            sentence = message(
                "SCENARIO_STEP_CONTENT_INVALID", kind=type(problem).__name__, problem=str(problem)
            )
            raise self._failure(step, sentence) from problem
        self.trace.step_done(self.world)

    # -- steps -----------------------------------------------------------------------------------------------------

    def start(self, body: Mapping[str, Any]) -> None:
        """`avvia: {come, valori, processo, ambito, nome, errore}`; with `errore` the start must be refused."""

        def start() -> InstanceView:
            return self.world.start(
                str(body.get("processo", self.scenario.process)),
                by=str(body["come"]),
                values=body.get("valori") or {},
                scope=body.get("ambito"),
            )

        if "errore" in body:
            self._expect_rejection(start, str(body["errore"]))
            return
        started = start()
        if "nome" in body:
            self.named[str(body["nome"])] = started.id

    def expect(self, body: Any) -> None:
        """`attendi: {compito: name or list, come: user, entro: moment}`: they are open and the user may do them."""
        body = body if isinstance(body, Mapping) else {"compito": body}
        names = body.get("compito", body.get("compiti"))
        for name in names if isinstance(names, list) else [names]:
            task = self._task({**body, "compito": name})
            due = body.get("entro")
            if due is not None and task.row.due_at != due:
                raise _Difference(
                    "SCENARIO_TASK_DUE_DIFFERS",
                    name=task.row.name,
                    expected=in_rome(due).isoformat(),
                    found=in_rome(task.row.due_at).isoformat()
                    if task.row.due_at
                    else message("SCENARIO_NO_DUE_DATE"),
                )
            if "come" in body:
                view = self.world.engine.inbox.task(task.id, self.world.actor(str(body["come"])))
                if not view.may_work:
                    raise _Difference(
                        "SCENARIO_TASK_NOT_WORKABLE",
                        user=body["come"],
                        name=task.row.name,
                        reason=view.why_not,
                    )

    def complete(self, body: Mapping[str, Any]) -> None:
        """`completa: {compito, come, valori, quale, pratica}`."""
        self._complete(body)

    def refuse(self, body: Mapping[str, Any]) -> None:
        """`rifiuta: {compito, come, valori, errore}`: completing must be rejected, saying `errore`."""
        self._expect_rejection(lambda: self._complete(body), str(body.get("errore", "")))

    def advance(self, body: Any) -> None:
        """`avanza: P5D`, or `avanza: {fino_a: moment}`."""
        if isinstance(body, Mapping) and "fino_a" in body:
            self.advance_to(body["fino_a"])
        else:
            self.world.advance_by(str(body["di"] if isinstance(body, Mapping) else body))

    def advance_to(self, moment: Any) -> None:
        """`fino_a: moment`, with its zone."""
        if not isinstance(moment, datetime) or moment.tzinfo is None:
            raise InvalidInput("SCENARIO_MOMENT_WITHOUT_ZONE", moment=moment)
        self.world.advance_to(moment)

    def message(self, body: Mapping[str, Any]) -> None:
        """`messaggio: {nome, chiave, valori, come, errore}`."""

        def send() -> int:
            key = body.get("chiave")
            return self.world.message(
                str(body["nome"]),
                by=str(body.get("come", SYSTEM.id)),
                key=None if key is None else str(key),
                values=body.get("valori") or {},
            )

        if "errore" in body:
            self._expect_rejection(send, str(body["errore"]))
        else:
            send()

    def signal(self, body: Mapping[str, Any]) -> None:
        """`segnale: {nome, valori, come, ambito}`: to every waiting instance, and to the processes that it starts."""
        self.world.signal(
            str(body["nome"]),
            by=str(body.get("come", SYSTEM.id)),
            values=body.get("valori") or {},
            scope=str(body.get("ambito", self.world.scope)),
        )

    def suspend(self, body: Mapping[str, Any]) -> None:
        """`sospendi: {come, motivo}`."""
        self.world.suspend(
            str(body.get("motivo", "prova")), by=str(body["come"]), instance_id=self._instance_id(body)
        )

    def resume(self, body: Mapping[str, Any]) -> None:
        """`riprendi: {come}`."""
        self.world.resume(by=str(body["come"]), instance_id=self._instance_id(body))

    def cancel(self, body: Mapping[str, Any]) -> None:
        """`annulla: {come, motivo}`."""
        self.world.cancel(str(body["motivo"]), by=str(body["come"]), instance_id=self._instance_id(body))

    def reopen(self, body: Mapping[str, Any]) -> None:
        """`riapri: {come, motivo, nome, errore}`: the new instance becomes the current one."""

        def reopen() -> InstanceView:
            return self.world.reopen(
                str(body["motivo"]), by=str(body["come"]), instance_id=self._instance_id(body)
            )

        if "errore" in body:
            self._expect_rejection(reopen, str(body["errore"]))
            return
        reopened = reopen()
        if "nome" in body:
            self.named[str(body["nome"])] = reopened.id

    def parameter(self, body: Mapping[str, Any]) -> None:
        """`parametro: {nome, valore, processo, ambito, come}`."""
        actor = self.world.actor(str(body.get("come", SYSTEM.id)))
        self.world.engine.parameters.set(
            str(body.get("processo", self.scenario.process)),
            str(body["nome"]),
            str(body.get("ambito", "")),
            body["valore"],
            str(body.get("motivo", "scenario")),
            actor,
        )

    def claim(self, body: Mapping[str, Any]) -> None:
        """`prendi: {compito, come}`."""
        self._task(body).claim(by=str(body["come"]))

    def release(self, body: Mapping[str, Any]) -> None:
        """`rilascia: {compito, come}`."""
        self._task(body).release(by=str(body["come"]))

    def hand_over(self, body: Mapping[str, Any]) -> None:
        """`passa: {compito, come, a}`."""
        self._task(body).hand_over(by=str(body["come"]), to=str(body["a"]), note=str(body.get("nota", "")))

    def verify(self, body: Mapping[str, Any]) -> None:
        """`verifica: {stato, compiti, …}`: see `checks.CHECKS`."""
        instance_id = self._instance_id(body) or self.world.instance().id
        if "incidenti" in body:
            self.expected_incidents = int(body["incidenti"])
        differences = []
        for name, expected in body.items():
            if name == "pratica":
                continue
            if name not in checks.CHECKS:
                raise _Difference("SCENARIO_CHECK_UNKNOWN", name=name, known=list(checks.CHECKS))
            if difference := checks.CHECKS[name](self.world, instance_id, expected):
                differences.append(difference)
        if differences:
            raise _Difference("SCENARIO_CHECKS_FAILED", differences="\n    ".join(differences))

    # -- helpers ---------------------------------------------------------------------------------------------------

    def _instance_id(self, body: Mapping[str, Any]) -> str | None:
        name = body.get("pratica")
        if name is None:
            return None
        if str(name) not in self.named:
            raise InvalidInput("SCENARIO_INSTANCE_UNNAMED", name=name)
        return self.named[str(name)]

    def _task(self, body: Mapping[str, Any]) -> OpenTask:
        which = body.get("quale")
        return self.world.task(
            str(body["compito"]), self._instance_id(body), which=int(which) if which else None
        )

    def _complete(self, body: Mapping[str, Any]) -> Completion:
        task, by = self._task(body), str(body["come"])
        return task.complete(by=by, values=_with_files(task, by, body.get("valori") or {}))

    @staticmethod
    def _expect_rejection(call: Callable[[], object], words: str) -> None:
        try:
            call()
        except Rejected as problem:
            fields = getattr(problem, "fields", {})
            sentences = "; ".join([problem.message, *(f"{key}: {text}" for key, text in fields.items())])
            if words.casefold() not in sentences.casefold():
                raise _Difference("SCENARIO_REFUSED_OTHERWISE", words=words, sentence=sentences) from None
            return
        raise _Difference("SCENARIO_NOT_REFUSED", words=words)

    def _no_new_incidents(self, step: Step) -> None:
        """Fail on an incident that no `verifica` expects."""
        found = self.world.engine.incidents.list(SYSTEM)
        if len(found) > self.expected_incidents and not self._next_step_checks_incidents(step):
            raise _Difference("SCENARIO_UNEXPECTED_INCIDENT", incidents=[one.sentence for one in found])

    def _next_step_checks_incidents(self, step: Step) -> bool:
        """Whether the next step is a `verifica` of incidents."""
        following = next((one for one in self.scenario.steps if one.number == step.number + 1), None)
        return (
            following is not None
            and following.kind == "verifica"
            and isinstance(following.content, Mapping)
            and "incidenti" in following.content
        )

    def _failure(self, step: Step, difference: str) -> ScenarioFailure:
        lines = [
            f"{self.scenario.file}:{step.line}: scenario «{self.scenario.name}», passo {step.number} ({step.kind})",
            f"    {difference}",
            f"  orologio: {in_rome(self.world.now):%d/%m/%Y %H:%M}",
        ]
        if self.world.instance_ids:
            current = self.world.instance()
            lines.append(f"  pratica n. {current.number}: stato «{current.phase}», {current.state}")
            opened = [
                f"«{task.row.name}» ({task.row.assignee or ' o '.join(task.row.candidate_roles)})"
                for task in self.world.tasks()
            ]
            lines.append(f"  compiti aperti: {', '.join(opened) or 'nessuno'}")
            lines += [
                f"  perché: {sentence}"
                for sentence in self.world.engine.history.waiting_reasons(current.id, SYSTEM)
            ]
        return ScenarioFailure("\n".join(lines))


def _with_files(task: OpenTask, by: str, value: Any) -> Any:
    """The values with each `!allegato` replaced by the id of a file attached to the task."""
    if isinstance(value, File):
        return task.attach(value.name, by=by)
    if isinstance(value, Mapping):
        return {key: _with_files(task, by, item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_files(task, by, item) for item in value]
    return value
