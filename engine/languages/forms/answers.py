"""The answers as they came: from an HTML page (names and strings) or as JSON, behind one face."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from engine.languages.forms.conversion import Converted, from_json, from_strings
from engine.languages.forms.layout import Place
from engine.languages.forms.messages import Sentence, sentence
from engine.languages.forms.model import Field, Group, Kind, Moment, Rows
from engine.languages.forms.paths import ROW, Path, Shape, dig, keys, name_of, path_of, shape_of

MAX_NAMES = 20_000
DATE_PART, TIME_PART = "__data", "__ora"
NOT_FIELDS = frozenset({"csrf_token"})

Shapes = Mapping[Shape, Field | Rows]


class Answers(Protocol):
    """Where the values of a form come from."""

    faults: dict[str, Sentence]

    def has(self, path: Path) -> bool:
        """Whether this field was answered at all, be it with nothing."""
        ...

    def value(self, field: Field, path: Path) -> Converted:
        """The field's value, or what is wrong with it."""
        ...

    def rows(self, path: Path) -> int | None:
        """How many rows the list has, None when it was not answered."""
        ...


def shapes_of(components: Sequence[Any], base: Shape = ()) -> Iterator[tuple[Shape, Field | Rows]]:
    """Every field and list of a form by the shape of its path."""
    for component in components:
        if isinstance(component, Group):
            yield from shapes_of(component.components, base + tuple(map(str, keys(component.path))))
        elif isinstance(component, Rows):
            shape = base + tuple(map(str, keys(component.path)))
            yield shape, component
            yield from shapes_of(component.components, (*shape, ROW))
        elif isinstance(component, Field):
            yield base + tuple(map(str, keys(component.key))), component


class Strings:
    """What an HTML page posted. Rows are numbered again from 0 without gaps; `clean` is the post so mended."""

    def __init__(self, submitted: Mapping[str, Sequence[str]], shapes: Shapes) -> None:
        self.faults: dict[str, Sentence] = {}
        self.clean: dict[str, list[str]] = {}
        self._counts: dict[Path, int] = {}
        if len(submitted) > MAX_NAMES:
            self.faults[""] = sentence("La pagina ha mandato troppi campi: ricaricala e riprova")
            submitted = {}
        found: dict[Path, tuple[str, list[str]]] = {}
        for name, strings in submitted.items():
            if name.startswith("_") or name in NOT_FIELDS:
                continue
            given = [strings] if isinstance(strings, str) else [str(text) for text in strings]
            if (path := _known(name, shapes)) is None:
                self.faults[name[:200]] = sentence(
                    "Il modulo non ha il campo «%(name)s»: ricarica la pagina e riprova", name=name[:60]
                )
            else:
                found[path] = (name, given)
        self._renumber(found)

    def _renumber(self, found: dict[Path, tuple[str, list[str]]]) -> None:
        places: dict[Path, dict[int, int]] = {}
        for path in sorted(found, key=lambda one: [(isinstance(step, str), step) for step in one]):
            for end, step in enumerate(path):
                if isinstance(step, int):
                    rows = places.setdefault(path[:end], {})
                    rows.setdefault(step, len(rows))
        for path, (_, given) in found.items():
            new = tuple(
                places[path[:end]][step] if isinstance(step, int) else step for end, step in enumerate(path)
            )
            self.clean[name_of(new)] = given
            for end, step in enumerate(new):
                if isinstance(step, int):
                    self._counts[new[:end]] = max(self._counts.get(new[:end], 0), step + 1)

    def has(self, path: Path) -> bool:
        """Whether the page sent this field, be it blank."""
        name = name_of(path)
        return name in self.clean or name + DATE_PART in self.clean or name + TIME_PART in self.clean

    def strings(self, field: Field, path: Path) -> list[str]:
        """The strings of one field; a date and its hour are joined by a blank."""
        name = name_of(path)
        if field.kind is Kind.DATETIME and field.moment is Moment.DATETIME and name not in self.clean:
            parts = [(self.clean.get(name + part) or [""])[0].strip() for part in (DATE_PART, TIME_PART)]
            return [" ".join(parts)] if any(parts) else []
        return self.clean.get(name, [])

    def value(self, field: Field, path: Path) -> Converted:
        """The field's value, or what is wrong with it."""
        return from_strings(field, self.strings(field, path))

    def rows(self, path: Path) -> int | None:
        """How many rows the list has; None when the answers do not name it."""
        return self._counts.get(path, 0 if name_of(path) in self.clean else None)


def _known(name: str, shapes: Shapes) -> Path | None:
    """The path behind a posted name, when the form has such a field, list, row or half of a moment."""
    path = path_of(name)
    if path is None:
        return None
    shape = shape_of(path)
    if shape in shapes or (shape[-1] == ROW and isinstance(shapes.get(shape[:-1]), Rows)):
        return path
    for ending in (DATE_PART, TIME_PART):
        owner = (
            shapes.get((*shape[:-1], shape[-1].removesuffix(ending))) if shape[-1].endswith(ending) else None
        )
        if isinstance(owner, Field) and owner.moment is Moment.DATETIME:
            return path
    return None


class Values:
    """Answers given as JSON or by a scenario."""

    def __init__(self, given: Mapping[str, Any], shapes: Shapes) -> None:
        self._given = given
        self.faults: dict[str, Sentence] = {}
        self._look(given, (), shapes)

    def _look(self, given: Any, path: Path, shapes: Shapes) -> None:
        """Refuse names the form does not have, and shapes that are not those of the form."""
        if len(self.faults) > 50:
            return
        for key, value in given.items():
            here = (*path, str(key))
            shape = shape_of(here)
            owner = shapes.get(shape)
            if isinstance(owner, Field):
                continue
            if isinstance(owner, Rows):
                self._look_rows(owner, value, here, shapes)
            elif any(known[: len(shape)] == shape for known in shapes):
                if isinstance(value, Mapping):
                    self._look(value, here, shapes)
                elif value is not None:
                    self.faults[name_of(here)] = sentence("Serve un contesto con i campi del gruppo")
            else:
                self.faults[name_of(here)[:200]] = sentence(
                    "Il modulo non ha il campo «%(name)s»: toglilo o correggi il nome", name=str(key)[:60]
                )

    def _look_rows(self, owner: Rows, value: Any, path: Path, shapes: Shapes) -> None:
        if value is None:
            return
        if not isinstance(value, list | tuple) or not all(isinstance(row, Mapping) for row in value):
            self.faults[name_of(path)] = sentence("Serve un elenco di righe")
            return
        for number, row in enumerate(value[: owner.most]):
            self._look(row, (*path, number), shapes)

    def has(self, path: Path) -> bool:
        """Whether the page sent this field, be it blank."""
        around = dig(self._given, path[:-1])
        return isinstance(around, Mapping) and path[-1] in around

    def value(self, field: Field, path: Path) -> Converted:
        """The field's value, or what is wrong with it."""
        return from_json(field, dig(self._given, path))

    def rows(self, path: Path) -> int | None:
        """How many rows the list has; None when the answers do not name it."""
        if not self.has(path):
            return None
        value = dig(self._given, path)
        return len(value) if isinstance(value, list | tuple) else 0


def initial(place: Place, variables: Mapping[str, Any]) -> Any:
    """What a field starts with: the process variable under its path; None when there is none or it starts fresh."""
    field = place.component
    if not isinstance(field, Field) or field.fresh:
        return None
    return dig(variables, place.path)
