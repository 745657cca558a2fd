"""Parses the components of a form."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

from engine.languages.forms.attribute_parser import FieldParser
from engine.languages.forms.model import Column, Component, DynamicList, Group, Kind, Separator, Table, Text
from engine.languages.forms.schema import ATTRIBUTES, PROPERTIES, REFUSED
from engine.localization import message

KEY = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
MAX_DEPTH = 8


class ComponentParser(FieldParser):
    """Converts the JSON of components to the model and collects a `Finding` for each fault."""

    def components(
        self, raw: list[Any], depth: int = 0, taken: set[str] | None = None
    ) -> tuple[Component, ...]:
        """The components of a list; `taken` are the keys already used in the same context."""
        if depth > MAX_DEPTH:
            self.add_finding("FORM_DEPTH", message("FORM_GROUPS_TOO_DEEP", limit=MAX_DEPTH))
            return ()
        keys = set() if taken is None else taken
        made = (self._component(item, number, depth, keys) for number, item in enumerate(raw, start=1))
        return tuple(component for component in made if component is not None)

    def _component(self, raw: Any, number: int, depth: int, keys: set[str]) -> Component | None:
        if not isinstance(raw, dict):
            self.add_finding("FORM_COMPONENT", message("FORM_COMPONENT_NOT_AN_OBJECT", number=number))
            return None
        kind_name = str(raw.get("type"))
        element = self._name_of(raw, number)
        if kind_name == "button":
            return None
        if kind_name in REFUSED:
            self.add_finding(
                "FORM_UNSUPPORTED",
                message("FORM_TYPE_REFUSED", type=kind_name, reason=message(REFUSED[kind_name])),
                element,
            )
            return None
        if kind_name not in set(Kind):
            self.add_finding(
                "FORM_UNKNOWN_TYPE", message("FORM_TYPE_UNKNOWN", type=kind_name, types=list(Kind)), element
            )
            return None
        kind = Kind(kind_name)
        for unknown in sorted(set(raw) - ATTRIBUTES[kind]):
            self.add_finding(
                "FORM_UNKNOWN_ATTRIBUTE",
                message("FORM_ATTRIBUTE_UNKNOWN", name=unknown, kind=kind),
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
            return Separator(
                **common, height=int(height) if isinstance(height, int | float) and 0 <= height <= 1000 else 0
            )
        key = self._key(raw.get("key"), "key", element, keys)
        return self.field(raw, common, element, kind, key)

    def _name_of(self, raw: dict[str, Any], number: int) -> str:
        for attribute in ("id", "key", "path", "label"):
            if isinstance(raw.get(attribute), str) and raw[attribute]:
                return str(raw[attribute])
        return f"componente {number}"

    def _common(self, raw: dict[str, Any], kind: Kind, element: str) -> dict[str, Any]:
        layout = raw.get("layout") or {}
        columns = layout.get("columns") if isinstance(layout, dict) else None
        if columns is not None and (
            not isinstance(columns, int) or isinstance(columns, bool) or not 1 <= columns <= 16
        ):
            self.add_finding("FORM_LAYOUT", message("FORM_LAYOUT_COLUMNS"), element)
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
            self.add_finding("FORM_PROPERTIES", message("FORM_PROPERTIES_NOT_AN_OBJECT"), element)
            return {}
        for name in raw:
            if name in PROPERTIES and kind not in PROPERTIES[name]:
                self.add_finding(
                    "FORM_PROPERTY", message("FORM_PROPERTY_OF_OTHER_TYPE", name=name, kind=kind), element
                )
            elif name not in PROPERTIES and (near := _similar(name)):
                self.add_finding(
                    "FORM_PROPERTY", message("FORM_PROPERTY_UNKNOWN", name=name, near=near), element
                )
        return {str(name): str(value) for name, value in raw.items()}

    def _key(self, raw: Any, attribute: str, element: str, keys: set[str], *, empty: bool = False) -> str:
        if empty and raw in (None, ""):
            return ""
        if not isinstance(raw, str) or not KEY.fullmatch(raw) or len(raw) > 200:
            self.add_finding(
                "FORM_KEY",
                message("FORM_KEY_INVALID", attribute=attribute, value=repr(raw)),
                element,
            )
            return f"_{element}"
        if not empty:
            clash = next(
                (key for key in keys if key == raw or key.startswith(raw + ".") or raw.startswith(key + ".")),
                None,
            )
            if clash is not None:
                self.add_finding(
                    "FORM_DUPLICATE_KEY",
                    message("FORM_KEY_TAKEN", key=raw, other=clash),
                    element,
                    raw,
                )
            keys.add(raw)
        return raw

    def _children(self, raw: dict[str, Any], element: str) -> list[Any]:
        children = raw.get("components", [])
        if isinstance(children, list):
            return children
        self.add_finding("FORM_COMPONENTS", message("FORM_COMPONENTS_NOT_A_LIST"), element)
        return []

    def _group(
        self, raw: dict[str, Any], common: dict[str, Any], element: str, depth: int, keys: set[str]
    ) -> Group:
        path = self._key(raw.get("path"), "path", element, keys, empty=True)
        if path in keys:
            self.add_finding(
                "FORM_DUPLICATE_KEY",
                message("FORM_PATH_TAKEN", path=path),
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
    ) -> DynamicList:
        if raw.get("isRepeating") is False:
            self.add_finding("FORM_ROWS", message("FORM_LIST_NOT_REPEATING"), element)
        path = self._key(raw.get("path"), "path", element, keys)
        return DynamicList(
            **common,
            path=path,
            label=self.template(raw.get("label", ""), element, "label"),
            outline=bool(raw.get("showOutline")),
            components=self.components(self._children(raw, element), depth + 1, set()),
            default_repetitions=self.whole(
                raw.get("defaultRepetitions", 1), element, "defaultRepetitions", maximum=100
            ),
            allow_add_remove=raw.get("allowAddRemove", True) is not False,
            min_rows=self.whole(common["properties"].get("minimo", 0), element, "minimo", maximum=500),
            max_rows=self.whole(common["properties"].get("massimo", 500), element, "massimo", maximum=500),
        )

    def _table(self, raw: dict[str, Any], common: dict[str, Any], element: str) -> Table:
        source = raw.get("dataSource")
        expression = (
            self.feel(source, element, "dataSource")
            if isinstance(source, str) and source.strip("= ")
            else None
        )
        if expression is None:
            self.add_finding(
                "FORM_TABLE",
                message("FORM_TABLE_WITHOUT_SOURCE"),
                element,
            )
        columns: list[Column] = []
        for column in raw.get("columns") or []:
            if isinstance(column, dict) and isinstance(column.get("key"), str):
                columns.append(Column(str(column.get("label") or column["key"]), column["key"]))
            else:
                self.add_finding("FORM_TABLE", message("FORM_TABLE_COLUMN_INCOMPLETE"), element)
        by_expression = raw.get("columnsExpression")
        if bool(columns) == bool(by_expression):
            self.add_finding(
                "FORM_TABLE",
                message("FORM_TABLE_COLUMNS"),
                element,
            )
        count = raw.get("rowCount")
        return Table(
            **common,
            label=self.template(raw.get("label", ""), element, "label"),
            source=expression,
            table_columns=tuple(columns),
            columns_expression=self.feel(by_expression, element, "columnsExpression")
            if by_expression
            else None,
            row_count=count if isinstance(count, int) and count > 0 else None,
        )


def _similar(name: str) -> str | None:
    found = difflib.get_close_matches(name.lower(), PROPERTIES, n=1, cutoff=0.8)
    return found[0] if found else None
