"""Colleagues who bring every open case to its end: they answer, prefer what concludes, and move the clock."""

from __future__ import annotations

from typing import Any

from engine.access import SYSTEM
from engine.languages.forms.model import Field
from engine.simulation import World
from tests.acceptance.random_walker import Wanderer

CONCLUDING = ("chiudi", "ritira", "rifiuta", "abbandona", "interrompe", "concludi", "fine", "non_interessato")
"""Answers that end things, those that end most first."""
MOST_ROUNDS = 100


class Closer(Wanderer):
    """Answers one case at a time so that it ends."""

    def __init__(self, world: World) -> None:
        super().__init__(world, "", 7)

    def close_all(self, cases: list[str]) -> None:
        """Bring all of `cases` to an end. AssertionError, with what is still waiting, when one does not get there."""
        world = self.world
        for round_ in range(MOST_ROUNDS):
            left = [case for case in cases if world.instance(case).state in ("active", "suspended")]
            if not left:
                return
            worked = [self._one(case, round_) for case in left]
            for found in world.engine.incidents.list(SYSTEM):
                world.engine.incidents.retry(found.id, SYSTEM)
            if round_ % 2 or not any(worked):
                assert any(worked) or world.engine.next_due() is not None, self._told(left)
                world.advance(days=30)
        raise AssertionError(self._told(left))

    def _one(self, case: str, round_: int) -> bool:
        world = self.world
        world.instance_ids = [case]
        if world.instance().state == "suspended":
            world.resume(by="anna")
            return True
        before = self.done
        for _ in range(len(world.tasks())):
            if world.instance().state == "active" and world.tasks():
                self._work()
        if self.done == before and round_ % 5 == 4:
            for name in sorted(world.engine.messages.awaited_messages(case)):
                if world.engine.messages.awaited_messages(case):
                    world.message(name, by="carla", values={})
        return self.done > before

    def _value(self, field: Field) -> Any:
        options = [option.value for option in field.choices.fixed] if field.choices else []
        for answer in CONCLUDING:
            if answer in options and self.dice.random() < 0.6:
                return answer
        return super()._value(field)

    def _told(self, left: list[str]) -> str:
        lines = []
        for case in left:
            found = self.world.instance(case)
            lines.append(f"n. {found.number} {found.definition_id} {found.phase}")
            lines += [f"  {sentence}" for sentence in self.world.engine.history.waiting_reasons(case, SYSTEM)]
        return "\n".join([*lines, *self.trace[-10:]])
