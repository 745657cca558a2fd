"""One component of the file → its frozen dataclass, noting what is wrong on the way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.languages.forms.attribute_parser import FieldReader
from engine.languages.forms.model import Column, Component, Group, Kind, Line, Rows, Table, Text
from engine.languages.forms.schema import ATTRIBUTES, PROPERTIES, REFUSED

KEY = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
MAX_DEPTH = 8


class ComponentReader(FieldReader):
    """Turns the JSON of components into the model, collecting every fault as a `Finding`."""

    def components(
        self, raw: list[Any], depth: int = 0, taken: set[str] | None = None
    ) -> tuple[Component, ...]:
        """All the components of a list; `taken` holds the keys already used in the same context."""
        if depth > MAX_DEPTH:
            self.fault(
                "FORM_DEPTH", f"i gruppi sono annidati per più di {MAX_DEPTH} livelli: appiattisci il modulo."
            )
            return ()
        keys = set() if taken is None else taken
        made = (self._component(item, place, depth, keys) for place, item in enumerate(raw, start=1))
        return tuple(component for component in made if component is not None)

    def _component(self, raw: Any, place: int, depth: int, keys: set[str]) -> Component | None:
        if not isinstance(raw, dict):
            self.fault(
                "FORM_COMPONENT", f"il componente numero {place} non è un oggetto: aprilo nel Modeler."
            )
            return None
        kind_name = raw.get("type")
        element = self._name_of(raw, place)
        if kind_name == "button":
            return None
        if kind_name in REFUSED:
            self.fault(
                "FORM_UNSUPPORTED", f"il tipo «{kind_name}» non è permesso: {REFUSED[kind_name]}", element
            )
            return None
        if kind_name not in set(Kind):
            known = ", ".join(Kind)
            self.fault(
                "FORM_UNKNOWN_TYPE", f"il tipo «{kind_name}» non è conosciuto. Usa uno di: {known}.", element
            )
            return None
        kind = Kind(kind_name)
        for unknown in sorted(set(raw) - ATTRIBUTES[kind]):
            self.fault(
                "FORM_UNKNOWN_ATTRIBUTE",
                f"l'attributo «{unknown}» non vale per il tipo «{kind}»: toglilo o correggi il nome.",
                element,
            )
        common = self._common(raw, kind, element)
        if kind is Kind.GROUP:
            return self._group(raw, common, element, depth, keys)
        if kind is Kind.DYNAMICLIST:
            return self._rows(raw, common, element, depth, keys)
        if kind is Kind.TABLE:
            return self._table(raw, common, element)
        if kind in (Kind.TEXT, Kind.HTML):
            attribute = "text" if kind is Kind.TEXT else "content"
            return Text(**common, text=self.template(raw.get(attribute, ""), element, attribute))
        if kind in (Kind.SEPARATOR, Kind.SPACER):
            height = raw.get("height", 0)
            return Line(
                **common, height=int(height) if isinstance(height, int | float) and 0 <= height <= 1000 else 0
            )
        key = self._key(raw.get("key"), "key", element, keys)
        return self.field(raw, common, element, kind, key)

    def _name_of(self, raw: dict[str, Any], place: int) -> str:
        for attribute in ("id", "key", "path", "label"):
            if isinstance(raw.get(attribute), str) and raw[attribute]:
                return str(raw[attribute])
        return f"componente {place}"

    def _common(self, raw: dict[str, Any], kind: Kind, element: str) -> dict[str, Any]:
        layout = raw.get("layout") or {}
        columns = layout.get("columns") if isinstance(layout, dict) else None
        if columns is not None and (
            not isinstance(columns, int) or isinstance(columns, bool) or not 1 <= columns <= 16
        ):
            self.fault("FORM_LAYOUT", "«layout.columns» deve essere un numero da 1 a 16.", element)
            columns = None
        conditional = raw.get("conditional") or {}
        hide = conditional.get("hide") if isinstance(conditional, dict) else None
        return {
            "id": element,
            "kind": kind,
            "hide": self.flag(hide, element, "conditional.hide", bare=True),
            "row": str(layout.get("row") or "") if isinstance(layout, dict) else "",
            "columns": columns,
            "properties": self._properties(raw.get("properties") or {}, kind, element),
        }

    def _properties(self, raw: Any, kind: Kind, element: str) -> Mapping[str, str]:
        if not isinstance(raw, dict):
            self.fault("FORM_PROPERTIES", "«properties» deve essere un oggetto nome → valore.", element)
            return {}
        for name in raw:
            if name in PROPERTIES and kind not in PROPERTIES[name][0]:
                self.fault(
                    "FORM_PROPERTY", f"la proprietà «{name}» non vale per il tipo «{kind}»: toglila.", element
                )
            elif name not in PROPERTIES and (near := _near(name)):
                self.fault(
                    "FORM_PROPERTY", f"la proprietà «{name}» non è conosciuta. Volevi dire «{near}»?", element
                )
        return {str(name): str(value) for name, value in raw.items()}

    def _key(self, raw: Any, attribute: str, element: str, keys: set[str], *, empty: bool = False) -> str:
        if empty and raw in (None, ""):
            return ""
        if not isinstance(raw, str) or not KEY.fullmatch(raw) or len(raw) > 200:
            self.fault(
                "FORM_KEY",
                f"«{attribute}» deve essere un nome di lettere, cifre e _ (con punti fra i livelli): "
                f"{raw!r} non lo è.",
                element,
            )
            return f"_{element}"
        if not empty:
            clash = next(
                (key for key in keys if key == raw or key.startswith(raw + ".") or raw.startswith(key + ".")),
                None,
            )
            if clash is not None:
                self.fault(
                    "FORM_DUPLICATE_KEY",
                    f"la chiave «{raw}» è già di un altro campo («{clash}»): dai a ciascuno la sua.",
                    element,
                    raw,
                )
            keys.add(raw)
        return raw

    def _children(self, raw: dict[str, Any], element: str) -> list[Any]:
        children = raw.get("components", [])
        if isinstance(children, list):
            return children
        self.fault("FORM_COMPONENTS", "«components» deve essere un elenco.", element)
        return []

    def _group(
        self, raw: dict[str, Any], common: dict[str, Any], element: str, depth: int, keys: set[str]
    ) -> Group:
        path = self._key(raw.get("path"), "path", element, keys, empty=True)
        if path in keys:
            self.fault(
                "FORM_DUPLICATE_KEY",
                f"«{path}» è già la chiave di un campo: cambia il «path».",
                element,
                path,
            )
        inner = {key[len(path) + 1 :] for key in keys if key.startswith(path + ".")} if path else keys
        children = self.components(self._children(raw, element), depth + 1, inner)
        if path:
            keys.update(f"{path}.{key}" for key in inner)
        label = self.template(raw.get("label", ""), element, "label")
        return Group(
            **common, label=label, path=path, outline=bool(raw.get("showOutline")), components=children
        )

    def _rows(
        self, raw: dict[str, Any], common: dict[str, Any], element: str, depth: int, keys: set[str]
    ) -> Rows:
        if raw.get("isRepeating") is False:
            self.fault("FORM_ROWS", "un elenco che non si ripete è un Gruppo: usa il tipo «group».", element)
        path = self._key(raw.get("path"), "path", element, keys)
        return Rows(
            **common,
            path=path,
            label=self.template(raw.get("label", ""), element, "label"),
            outline=bool(raw.get("showOutline")),
            components=self.components(self._children(raw, element), depth + 1, set()),
            default_rows=self.whole(
                raw.get("defaultRepetitions", 1), element, "defaultRepetitions", most=100
            ),
            can_change=raw.get("allowAddRemove", True) is not False,
            least=self.whole(common["properties"].get("minimo", 0), element, "minimo", most=500),
            most=self.whole(common["properties"].get("massimo", 500), element, "massimo", most=500),
        )

    def _table(self, raw: dict[str, Any], common: dict[str, Any], element: str) -> Table:
        source = raw.get("dataSource")
        expression = (
            self.feel(source, element, "dataSource")
            if isinstance(source, str) and source.strip("= ")
            else None
        )
        if expression is None:
            self.fault(
                "FORM_TABLE",
                "la tabella non ha «dataSource»: scrivi il nome della variabile con le righe.",
                element,
            )
        columns: list[Column] = []
        for column in raw.get("columns") or []:
            if isinstance(column, dict) and isinstance(column.get("key"), str):
                columns.append(Column(str(column.get("label") or column["key"]), column["key"]))
            else:
                self.fault("FORM_TABLE", "ogni colonna vuole «label» e «key».", element)
        by_expression = raw.get("columnsExpression")
        if bool(columns) == bool(by_expression):
            self.fault(
                "FORM_TABLE",
                "la tabella vuole «columns» oppure «columnsExpression», uno solo dei due.",
                element,
            )
        count = raw.get("rowCount")
        return Table(
            **common,
            label=self.template(raw.get("label", ""), element, "label"),
            source=expression,
            columns_of=tuple(columns),
            columns_expression=self.feel(by_expression, element, "columnsExpression")
            if by_expression
            else None,
            row_count=count if isinstance(count, int) and count > 0 else None,
        )


def _near(name: str) -> str | None:
    import difflib

    found = difflib.get_close_matches(name.lower(), PROPERTIES, n=1, cutoff=0.8)
    return found[0] if found else None
