"""Colleagues who do random but valid things, from a seed: what forms ask for, what clocks and messages allow."""

from __future__ import annotations

import random
from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from engine.access import SYSTEM
from engine.errors import Forbidden, InvalidInput, InvalidState, NotFound
from engine.languages.forms import Form
from engine.languages.forms.model import MULTIPLE_CHOICE_KINDS, Component, DynamicList, Field, Group, Kind
from engine.simulation import DEFAULT_USERS, OpenTask, World
from engine.temporal import day_in_rome
from tests.acceptance.budget_invariants import assert_budget_holds
from tests.acceptance.stages import CANDIDATE, USERS

RARE = frozenset(
    [
        "chiudi", "rifiuta", "ritira", "respinge", "non_interessato", "altro_servizio", "abbandona", "interrompe",
        "no", "concludi", "conferma", "fine", "rinvia",
    ]
)  # fmt: skip
"""Answers that end things: given now and then, so that most walks go far."""
HOLDERS: Mapping[str, Sequence[str]] = ChainMap(dict(USERS), DEFAULT_USERS)  # these come with the modules
MOST_DRAWS = 40
FAMILY: Mapping[str, Any] = {
    "segnalante": "Mara Rete", "ente_segnalante": "Parrocchia", "nome_nucleo": "Famiglia Inventati",
    "comune_residenza": "Crema", "situazioni": ["minori"], "descrizione_segnalazione": "Soli.",
    "nucleo_informato": "si",
    "componenti": [{"cognome": "Inventati", "nome": "Ada", "data_nascita": "1984-06-14", "legame": "madre"}],
}  # fmt: skip
ANSWERS: Mapping[str, tuple[Any, ...]] = {
    "monitoraggio_ora": ("09:00",), "codice_fiscale": ("",), "telefono": ("",), "email": ("",), "utente": ("", "mara"),
    "case_manager": ("elena", "elena", "nessuno"), "tutor": ("fabio", "nadia"), "data_nascita": ("1988-05-03",),
    "importo": ("100.00", "100.00", "333.33", "500", "2000", "2000.01"), "monitoraggio_ogni": (14, 30),
    "motivo_senza_codice": ("in attesa",), "accetta_incarico": ("si", "no"), "consenso_rete": ("si", "si", "no"),
    "categoria": ("formazione", "mobilita"), "fornitore": ("Scuola Esempio", ""),
}  # fmt: skip
ROWS: Mapping[str, int] = {"presenti": 4, "firmatari": 1}
"""How many rows some lists need: the quorum of the commissione, one signature."""
MESSAGES: Mapping[str, Mapping[str, Any]] = {
    "Incontro straordinario": {"motivo": "Lo chiede la persona"},
    "Sostituzione del tutor": {"nuovo_tutor": "nadia", "motivo_sostituzione": "Cambia servizio"},
    "Sostituzione del case manager": {"nuovo_case_manager": "elena", "motivo_sostituzione": "Torna"},
}


class Wanderer:
    """Walks through the cases of a world. Every step checks what must hold at every instant."""

    def __init__(self, world: World, process: str, seed: int) -> None:
        self.world = world
        self.process = process
        self.dice = random.Random(seed)
        self.trace: list[str] = []
        self.done = 0

    def walk(self, steps: int) -> None:
        """Do so many steps; a case that has ended is followed by a new one."""
        for _ in range(steps):
            self.step()
            self.check()

    def step(self) -> None:
        """One thing somebody does, or some time that passes."""
        if not self.world.instance_ids or self.world.instance().state in ("completed", "cancelled"):
            self.begin()
            return
        chance = self.dice.random()
        if self.world.instance().state == "suspended" or chance < 0.03:
            self._suspend_or_resume()
        elif chance < 0.15:
            self._let_time_pass()
        elif chance < 0.20:
            self._tell()
        else:
            self._work()

    def begin(self) -> None:
        """A new case, of a person of another name."""
        name = "".join(self.dice.choice("abcdefghilmnoprstuvz") for _ in range(8)).capitalize()
        if self.process == "patto_autonomia":
            values = {**CANDIDATE, "nome": name, "codice_fiscale": "", "motivo_senza_codice": "in attesa",
                      "informativa_consegnata_il": self.today.isoformat()}  # fmt: skip
            self.world.start(self.process, by="anna", values=values)
        else:
            values = {**FAMILY, "nome_nucleo": f"Famiglia {name}"}
            values["componenti"] = [{**FAMILY["componenti"][0], "cognome": name}]
            self.world.start(self.process, by="mara", values=values)
        self.trace.append(f"avvia {name}")

    @property
    def today(self) -> date:
        """The day in Rome."""
        return day_in_rome(self.world.now)

    def _suspend_or_resume(self) -> None:
        if self.world.instance().state == "suspended":
            self.world.resume(by="anna")
            self.trace.append("riprende")
        else:
            self.world.suspend("prova", by="anna")
            self.world.advance(days=self.dice.randint(0, 20))
            self.trace.append("sospende")

    def _let_time_pass(self) -> None:
        days = self.dice.choice((1, 3, 10, 40))
        self.world.advance(days=days)
        self.trace.append(f"+{days} giorni")

    def _tell(self) -> None:
        awaited = self.world.engine.messages.awaited_messages(self.world.instance_ids[-1])
        if awaited:
            name = self.dice.choice(sorted(awaited))
            self.world.message(name, by="carla", values=MESSAGES.get(name, {}))
            self.trace.append(f"messaggio {name}")

    def _work(self) -> None:
        tasks = self.world.tasks()
        if not tasks:
            due = self.world.engine.next_due()
            if due is not None:
                self.world.advance_to(max(due, self.world.now))
                self.trace.append(f"fino a {due:%d/%m/%Y}")
            return
        task = self.dice.choice(tasks)
        for user in self._colleagues(task):
            try:
                task.complete(by=user, values=self._answers(task))
            except (Forbidden, InvalidInput, InvalidState, NotFound) as refused:
                self.trace.append(f"{user} non può: {refused.message}")
                continue
            self.trace.append(f"{user}: {task.row.name}")
            self.done += 1
            return

    def _colleagues(self, task: OpenTask) -> list[str]:
        if task.row.assignee:
            return [task.row.assignee]
        able = [user for user, roles in HOLDERS.items() if set(roles) & set(task.row.candidate_roles)]
        return self.dice.sample(able, len(able))

    # -- forms -----------------------------------------------------------------------------------------------------

    def _answers(self, task: OpenTask) -> dict[str, Any]:
        engine, view = self.world.engine, self.world.engine.inbox.task(task.id, SYSTEM)
        if view.form_id is None:
            return {}
        form = engine.repository.form(view.definition_id, view.form_id)
        with engine.database.read() as connection:
            around = engine.step_runner.form_context(connection, view.definition_id, task.row.scope)
            errors: Mapping[str, str] = {}
            for _ in range(MOST_DRAWS):
                values = self._draw(form, view.variables)
                errors = form.validate(values, view.variables, **around).errors
                if not errors:
                    return values
        raise AssertionError(f"no valid answer found for «{task.row.name}»: {errors}")

    def _draw(self, form: Form, variables: Mapping[str, Any]) -> dict[str, Any]:
        return self._fill(form.components, variables)

    def _fill(self, components: Iterable[Component], variables: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for component in components:
            if isinstance(component, Group):
                inner = self._fill(component.components, variables)
                _put(values, component.path, inner) if component.path else values.update(inner)
            elif isinstance(component, DynamicList):
                count = ROWS.get(component.path) or self.dice.randint(component.min_rows, 2)
                _put(
                    values,
                    component.path,
                    [self._fill(component.components, variables) for _ in range(count)],
                )
            elif isinstance(component, Field) and component.kind is not Kind.EXPRESSION:
                _put(values, component.key, self._value(component))
        return values

    def _value(self, field: Field) -> Any:
        if field.key in ANSWERS:
            return self.dice.choice(ANSWERS[field.key])
        options = [option.value for option in field.choices.fixed] if field.choices else []
        if options:
            value = self.dice.choices(options, [0.1 if one in RARE else 1 for one in options])[0]
            return [value] if field.kind in MULTIPLE_CHOICE_KINDS else value
        if field.kind is Kind.NUMBER:
            least, most = field.rules.minimum, field.rules.maximum
            low = least if isinstance(least, Decimal) else Decimal(1)
            high = most if isinstance(most, Decimal) else low + 10
            return str(min(high, low + self.dice.randint(0, 8)).quantize(Decimal(1)) or 1)
        if field.kind is Kind.DATETIME:
            return self._day(field).isoformat()
        if field.kind is Kind.CHECKBOX:
            return field.rules.required is True or self.dice.random() < 0.3
        return None if field.kind is Kind.FILEPICKER else "Una prova di quanto basta"

    def _day(self, field: Field) -> date:
        if field.rules.not_future:
            return self.today - timedelta(days=self.dice.choice((0, 0, 1, 9)))
        if field.key == "data_fine":
            return self.today + timedelta(days=self.dice.choice((120, 365)))
        return self.today + timedelta(days=self.dice.choice((0, 1, 7, 30)))

    # -- what must hold --------------------------------------------------------------------------------------------

    def check(self) -> None:
        """No incident, no case that waits for nothing, and the money in order."""
        world, told = self.world, "\n".join(self.trace[-25:])
        incidents = world.engine.incidents.list(SYSTEM)
        assert not incidents, f"{[one.sentence for one in incidents]}\n{told}"
        case = world.instance()
        if case.state == "active":
            timers = [one for one in world.engine.timers.of_instance(case.id, SYSTEM) if one.kind == "event"]
            awaits = world.tasks() or timers or world.engine.messages.awaited_messages(case.id)
            assert awaits, f"n. {case.number} ({case.phase}) waits for nothing\n{told}"
        assert_budget_holds(world)


def _put(values: dict[str, Any], key: str, value: Any) -> None:
    *outer, last = key.split(".")
    for name in outer:
        values = values.setdefault(name, {})
    values[last] = value
