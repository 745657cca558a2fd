"""The boxed loops of DMN 1.4: for, some, every and filter over boxed expressions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.languages.dmn.evaluation import Boxed, Run, Scope
from engine.languages.feel.compile_loops import as_list, domain_of
from engine.languages.feel.values import is_number


def _turns(name: str, items: Iterable[Any], scope: Any, run: Run, own: dict[str, Any]) -> Iterable[Scope]:
    around = Scope(own, scope)
    for item in items:
        run.evaluation.spend(2)
        own[name] = item
        yield around


def for_each(name: str, over: Boxed, body: Boxed) -> Boxed:
    """for name in over return body"""

    def loop(scope: Any, run: Run) -> list[Any] | None:
        items = domain_of(over(scope, run))
        if items is None:
            return None
        made: list[Any] = []
        own: dict[str, Any] = {"partial": []}
        for around in _turns(name, items, scope, run, own):
            made.append(body(around, run))
            run.evaluation.spend_items(len(made))
            own["partial"] = list(made)
        return made

    return loop


def quantify(some: bool, name: str, over: Boxed, condition: Boxed) -> Boxed:
    """some / every name in over satisfies condition"""

    def loop(scope: Any, run: Run) -> bool | None:
        items = domain_of(over(scope, run))
        if items is None:
            return None
        answer: bool | None = not some
        for around in _turns(name, items, scope, run, {}):
            found = condition(around, run)
            if found is some:
                answer = some
                break
            if type(found) is not bool:
                answer = None
        return answer

    return loop


def filter_items(over: Boxed, match: Boxed) -> Boxed:
    """The items of `over` for which `match` holds; the entries of an item are names in it."""

    def loop(scope: Any, run: Run) -> list[Any] | None:
        kept: list[Any] = []
        for item in as_list(over(scope, run)):
            run.evaluation.spend(2)
            own = {"item": item, **item} if type(item) is dict else {"item": item}
            found = match(Scope(own, scope), run)
            if is_number(found):
                return None
            if found is True:
                kept.append(item)
        return kept

    return loop
