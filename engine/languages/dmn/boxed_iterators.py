"""The boxed iterators of DMN 1.4: for, some, every and filter over boxed expressions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.languages.dmn.evaluation import BoxedExpression, DecisionRun, Scope
from engine.languages.feel.compile_loops import as_list, domain_of
from engine.languages.feel.values import is_number


def _iterate(
    name: str, items: Iterable[Any], scope: Any, run: DecisionRun, local: dict[str, Any]
) -> Iterable[Scope]:
    inner_scope = Scope(local, scope)
    for item in items:
        run.evaluation.spend(2)
        local[name] = item
        yield inner_scope


def for_each(name: str, over: BoxedExpression, body: BoxedExpression) -> BoxedExpression:
    """for name in over return body"""

    def loop(scope: Any, run: DecisionRun) -> list[Any] | None:
        items = domain_of(over(scope, run))
        if items is None:
            return None
        made: list[Any] = []
        local: dict[str, Any] = {"partial": []}
        for inner_scope in _iterate(name, items, scope, run, local):
            made.append(body(inner_scope, run))
            run.evaluation.spend_items(len(made))
            local["partial"] = list(made)
        return made

    return loop


def quantify(some: bool, name: str, over: BoxedExpression, condition: BoxedExpression) -> BoxedExpression:
    """some / every name in over satisfies condition"""

    def loop(scope: Any, run: DecisionRun) -> bool | None:
        items = domain_of(over(scope, run))
        if items is None:
            return None
        answer: bool | None = not some
        for inner_scope in _iterate(name, items, scope, run, {}):
            found = condition(inner_scope, run)
            if found is some:
                answer = some
                break
            if type(found) is not bool:
                answer = None
        return answer

    return loop


def filter_items(over: BoxedExpression, match: BoxedExpression) -> BoxedExpression:
    """The items of `over` for which `match` is true; the entries of an item are names in `match`."""

    def loop(scope: Any, run: DecisionRun) -> list[Any] | None:
        chosen: list[Any] = []
        for item in as_list(over(scope, run)):
            run.evaluation.spend(2)
            local = {"item": item, **item} if type(item) is dict else {"item": item}
            found = match(Scope(local, scope), run)
            if is_number(found):
                return None
            if found is True:
                chosen.append(item)
        return chosen

    return loop
