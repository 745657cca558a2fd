"""How much of the DMN Technology Compatibility Kit passes, and how long an expression and a table take.

    python -m benchmarks.feel_tck            # rates by level, times
    python -m benchmarks.feel_tck --failures # and each case that does not pass

The kit is data, kept beside the project: in the folder DMN_TCK names, else in ../shared/tck.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

from engine.languages.dmn import DecisionError, DecisionModel, parse_decisions
from engine.languages.feel import YearsMonths, format_value, parse_temporal

LEVELS = ("compliance-level-2", "compliance-level-3")
_SCHEMA_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
CLOCK = dt.datetime(2016, 1, 28, 9, tzinfo=dt.UTC)
REFUSED_ON_PURPOSE = {
    "0076-feel-external-java": "functions written in Java",
    "1111-feel-matches-function": "a back-reference, which an engine of linear time does not have",
}
"""Groups with cases that do not pass, and why."""
BINDINGS = {"now": lambda: CLOCK, "today": lambda: CLOCK.date()}


def kit_folder() -> Path | None:
    """Where the kit is, or None when it is not there."""
    beside = Path(__file__).resolve().parents[1].parent / "shared" / "tck"
    folder = Path(os.environ["DMN_TCK"]) if "DMN_TCK" in os.environ else beside
    return folder if (folder / LEVELS[0]).is_dir() else None


@dataclass(frozen=True, slots=True)
class Case:
    """One expected result: of a decision, or of a function of the model, for given inputs."""

    level: str
    group: str
    case_id: str
    node: str
    invocable: str
    inputs: Mapping[str, Any]
    expected: Any
    model: DecisionModel | DecisionError


@dataclass(frozen=True, slots=True)
class Result:
    """What a case gave, and whether that is right."""

    case: Case
    value: Any
    error: str

    @property
    def passed(self) -> bool:
        """Whether the value is the expected one; an error counts as null, as the kit has it."""
        return same(self.value, self.case.expected)


def cases(folder: Path) -> Iterator[Case]:
    """Every expected result of the kit."""
    for level in LEVELS:
        for group in sorted((folder / level).iterdir()):
            if group.is_dir():
                yield from _cases_of(level, group)


def _cases_of(level: str, group: Path) -> Iterator[Case]:
    models = _models(group)
    for file in sorted(group.glob("*-test-*.xml")):
        root = etree.fromstring(file.read_bytes())
        name = next(_local(root, "modelName")).text or ""
        for case in _local(root, "testCase"):
            inputs = {one.get("name"): _value(one) for one in _local(case, "inputNode")}
            for node in _local(case, "resultNode"):
                invocable = (
                    "" if case.get("type", "decision") == "decision" else case.get("invocableName") or ""
                )
                yield Case(
                    level,
                    group.name,
                    case.get("id") or "",
                    node.get("name") or "",
                    invocable,
                    inputs,
                    _value(next(_local(node, "expected"))),
                    models[name.strip()],
                )


def _models(group: Path) -> dict[str, DecisionModel | DecisionError]:
    """The models of a folder, by file name; those that import others come after them."""
    models: dict[str, DecisionModel | DecisionError] = {}
    pending = {file.name: file.read_bytes() for file in group.glob("*.dmn")}
    for _ in range(len(pending)):
        done = [model for model in models.values() if isinstance(model, DecisionModel)]
        for name, xml in pending.items():
            if isinstance(models.get(name), DecisionModel) and b"<import " not in xml:
                continue
            try:
                models[name] = parse_decisions(xml, source=name, imports=done, strict=False)
            except DecisionError as error:
                models[name] = error
    return models


def _local(element: Any, name: str) -> Iterator[Any]:
    return (child for child in element if isinstance(child.tag, str) and etree.QName(child).localname == name)


def _value(element: Any) -> Any:
    """A value, list or context as the kit writes it."""
    for child in element:
        if not isinstance(child.tag, str) or child.get(_NIL) == "true":
            continue
        match etree.QName(child).localname:
            case "value":
                return _scalar(child)
            case "list":
                return [_value(item) for item in _local(child, "item")]
            case "component":
                return {one.get("name"): _value(one) for one in _local(element, "component")}
    return None


def _scalar(element: Any) -> Any:
    text = element.text or ""
    kind = (element.get(_SCHEMA_TYPE) or "").rpartition(":")[2]
    if kind == "boolean":
        return text.strip() == "true"
    if kind in ("decimal", "double", "integer", "int", "float", "long"):
        return Decimal(text.strip())
    if kind in ("date", "dateTime", "time", "duration", "dayTimeDuration", "yearMonthDuration"):
        moment = parse_temporal(text.strip())
        return text if moment is None else moment
    return text


def same(value: Any, expected: Any) -> bool:
    """Whether two results are the same; numbers to eight significant decimals, as the kit's own runner does."""
    if isinstance(expected, Decimal) and isinstance(value, Decimal):
        return value == expected or abs(value - expected) <= Decimal("1e-8") * max(Decimal(1), abs(expected))
    if type(value) is not type(expected):
        return False
    if isinstance(expected, list):
        return len(value) == len(expected) and all(same(*pair) for pair in zip(value, expected, strict=True))
    if isinstance(expected, dict):
        return value.keys() == expected.keys() and all(same(value[key], expected[key]) for key in expected)
    if isinstance(expected, dt.datetime | dt.time):
        return bool(value == expected and (value.tzinfo is None) == (expected.tzinfo is None))
    return bool(value == expected)


def run(case: Case) -> Result:
    """Takes the decision of a case."""
    if isinstance(case.model, DecisionError):
        return Result(case, None, str(case.model))
    try:
        if case.invocable:
            outcome = case.model.invoke(case.invocable, case.inputs, bindings=BINDINGS)
        else:
            outcome = case.model.decide(case.node, case.inputs, bindings=BINDINGS)
    except DecisionError as error:
        return Result(case, None, str(error))
    value = outcome.value
    if case.invocable and isinstance(value, dict) and case.node in value:
        value = value[case.node]
    return Result(case, value, "")


@dataclass(frozen=True, slots=True)
class Rate:
    """How many cases passed, of how many."""

    passed: int
    total: int

    def __str__(self) -> str:
        return f"{self.passed}/{self.total} ({100 * self.passed / max(1, self.total):.2f} %)"


def rates(results: list[Result], level: str) -> tuple[Rate, Rate]:
    """The rate of a level: of all its cases, and of those whose expected result is not null."""
    chosen = [result for result in results if result.case.level == level]
    telling = [result for result in chosen if result.case.expected is not None]
    return (
        Rate(sum(result.passed for result in chosen), len(chosen)),
        Rate(sum(result.passed for result in telling), len(telling)),
    )


def _shown(value: Any) -> str:
    return format_value(value) if not isinstance(value, YearsMonths) else f"{value.months} months"


def _print_failures(failed: list[Result]) -> None:
    """The cases that do not pass, by group with the reason; each with its values when asked."""
    for group in sorted({result.case.group for result in failed}):
        of_group = [result for result in failed if result.case.group == group]
        print(f"not passed: {group} {len(of_group)}: {REFUSED_ON_PURPOSE.get(group, 'to be looked into')}")
        for result in of_group if "--failures" in sys.argv else ():
            case = result.case
            print(
                f"    {case.case_id} {case.node}: {_shown(result.value)} instead of {_shown(case.expected)} "
                f"{result.error[:200]}"
            )


def main() -> int:
    """Prints the rates and the times."""
    folder = kit_folder()
    if folder is None:
        print("The DMN TCK is not there (DMN_TCK, ../shared/tck): no pass rates")
    else:
        results = [run(case) for case in cases(folder)]
        for level in LEVELS:
            everything, telling = rates(results, level)
            print(f"{level}: {everything}, not null {telling}")
        _print_failures([result for result in results if not result.passed])
    return 0


if __name__ == "__main__":
    sys.exit(main())
