"""The answers to a form: posted by an HTML page (names and strings) or given as JSON values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from engine.languages.forms.conversion import Converted, from_json, from_strings
from engine.languages.forms.layout import FormSlot
from engine.languages.forms.model import DateTimeSubtype, DynamicList, Field, Group, Kind
from engine.languages.forms.paths import (
    ROW,
    Path,
    PathPattern,
    get_path,
    input_name,
    parse_input_name,
    path_pattern,
    split_key,
)
from engine.localization import message

MAX_POSTED_NAMES = 20_000
DATE_SUFFIX, TIME_SUFFIX = "__data", "__ora"
IGNORED_NAMES = frozenset({"csrf_token"})

Inputs = Mapping[PathPattern, Field | DynamicList]


class Answers(Protocol):
    """Where the values of a form come from."""

    problems: dict[str, str]

    def has(self, path: Path) -> bool:
        """Whether the field was answered, even if blank."""
        ...

    def value(self, field: Field, path: Path) -> Converted:
        """The value of the field, or what is wrong with it."""
        ...

    def rows(self, path: Path) -> int | None:
        """The number of rows of a list; None when it was not answered."""
        ...


def collect_inputs(
    components: Sequence[Any], base: PathPattern = ()
) -> Iterator[tuple[PathPattern, Field | DynamicList]]:
    """Every field and list of a form with the pattern of its path."""
    for component in components:
        if isinstance(component, Group):
            yield from collect_inputs(component.components, base + tuple(map(str, split_key(component.path))))
        elif isinstance(component, DynamicList):
            pattern = base + tuple(map(str, split_key(component.path)))
            yield pattern, component
            yield from collect_inputs(component.components, (*pattern, ROW))
        elif isinstance(component, Field):
            yield base + tuple(map(str, split_key(component.key))), component


class PostedAnswers:
    """Answers posted by an HTML page. `clean` holds those of the form's fields, with rows renumbered from 0."""

    def __init__(self, submitted: Mapping[str, Sequence[str]], inputs: Inputs) -> None:
        self.problems: dict[str, str] = {}
        self.clean: dict[str, list[str]] = {}
        self._counts: dict[Path, int] = {}
        if len(submitted) > MAX_POSTED_NAMES:
            self.problems[""] = message("FORM_TOO_MANY_FIELDS")
            submitted = {}
        found: dict[Path, tuple[str, list[str]]] = {}
        for name, strings in submitted.items():
            if name.startswith("_") or name in IGNORED_NAMES:
                continue
            given = [strings] if isinstance(strings, str) else [str(text) for text in strings]
            if (path := _parse_known_name(name, inputs)) is None:
                self.problems[name[:200]] = message("FORM_FIELD_UNKNOWN_ON_PAGE", name=name[:60])
            else:
                found[path] = (name, given)
        self._renumber(found)

    def _renumber(self, found: dict[Path, tuple[str, list[str]]]) -> None:
        new_numbers: dict[Path, dict[int, int]] = {}
        for path in sorted(found, key=lambda one: [(isinstance(step, str), step) for step in one]):
            for end, step in enumerate(path):
                if isinstance(step, int):
                    rows = new_numbers.setdefault(path[:end], {})
                    rows.setdefault(step, len(rows))
        for path, (_, given) in found.items():
            new = tuple(
                new_numbers[path[:end]][step] if isinstance(step, int) else step
                for end, step in enumerate(path)
            )
            self.clean[input_name(new)] = given
            for end, step in enumerate(new):
                if isinstance(step, int):
                    self._counts[new[:end]] = max(self._counts.get(new[:end], 0), step + 1)

    def has(self, path: Path) -> bool:
        """Whether the field was answered, even if blank."""
        name = input_name(path)
        return name in self.clean or name + DATE_SUFFIX in self.clean or name + TIME_SUFFIX in self.clean

    def strings(self, field: Field, path: Path) -> list[str]:
        """The strings of one field; the date and the time of a moment are joined by a blank."""
        name = input_name(path)
        if (
            field.kind is Kind.DATETIME
            and field.subtype is DateTimeSubtype.DATETIME
            and name not in self.clean
        ):
            parts = [(self.clean.get(name + part) or [""])[0].strip() for part in (DATE_SUFFIX, TIME_SUFFIX)]
            return [" ".join(parts)] if any(parts) else []
        return self.clean.get(name, [])

    def value(self, field: Field, path: Path) -> Converted:
        """The value of the field, or what is wrong with it."""
        return from_strings(field, self.strings(field, path))

    def rows(self, path: Path) -> int | None:
        """The number of rows of a list; None when it was not answered."""
        return self._counts.get(path, 0 if input_name(path) in self.clean else None)


def _parse_known_name(name: str, inputs: Inputs) -> Path | None:
    """The path of a posted name; None when the form has no such field, list, row, or date or time of a moment."""
    path = parse_input_name(name)
    if path is None:
        return None
    *parents, last = pattern = path_pattern(path)
    if pattern in inputs or (last == ROW and isinstance(inputs.get(tuple(parents)), DynamicList)):
        return path
    for suffix in (DATE_SUFFIX, TIME_SUFFIX):
        component = inputs.get((*parents, last.removesuffix(suffix))) if last.endswith(suffix) else None
        if isinstance(component, Field) and component.subtype is DateTimeSubtype.DATETIME:
            return path
    return None


class JsonAnswers:
    """Answers given as JSON or Python values."""

    def __init__(self, given: Mapping[str, Any], inputs: Inputs) -> None:
        self._given = given
        self.problems: dict[str, str] = {}
        self._check_names(given, (), inputs)

    def _check_names(self, given: Any, path: Path, inputs: Inputs) -> None:
        """Report names that the form does not have, and values that are no context or list where one is needed."""
        if len(self.problems) > 50:
            return
        for key, value in given.items():
            here = (*path, str(key))
            pattern = path_pattern(here)
            component = inputs.get(pattern)
            if isinstance(component, Field):
                continue
            if isinstance(component, DynamicList):
                self._check_rows(component, value, here, inputs)
            elif any(known[: len(pattern)] == pattern for known in inputs):
                if isinstance(value, Mapping):
                    self._check_names(value, here, inputs)
                elif value is not None:
                    self.problems[input_name(here)] = message("FORM_CONTEXT_EXPECTED")
            else:
                self.problems[input_name(here)[:200]] = message("FORM_FIELD_UNKNOWN", name=str(key)[:60])

    def _check_rows(self, component: DynamicList, value: Any, path: Path, inputs: Inputs) -> None:
        if value is None:
            return
        if not isinstance(value, list | tuple) or not all(isinstance(row, Mapping) for row in value):
            self.problems[input_name(path)] = message("FORM_LIST_EXPECTED")
            return
        for number, row in enumerate(value[: component.max_rows]):
            self._check_names(row, (*path, number), inputs)

    def has(self, path: Path) -> bool:
        """Whether the field was answered, even if blank."""
        parent = get_path(self._given, path[:-1])
        return isinstance(parent, Mapping) and path[-1] in parent

    def value(self, field: Field, path: Path) -> Converted:
        """The value of the field, or what is wrong with it."""
        return from_json(field, get_path(self._given, path))

    def rows(self, path: Path) -> int | None:
        """The number of rows of a list; None when it was not answered."""
        if not self.has(path):
            return None
        value = get_path(self._given, path)
        return len(value) if isinstance(value, list | tuple) else 0


def initial_value(slot: FormSlot, variables: Mapping[str, Any]) -> Any:
    """The initial value of a field: the process variable under its path; None without one or for `always_empty`."""
    field = slot.component
    if not isinstance(field, Field) or field.always_empty:
        return None
    return get_path(variables, slot.path)
