"""Reads the names of types, as `instance of` and the parameters of functions write them."""

from __future__ import annotations

from engine.languages.feel.token_stream import Cursor
from engine.languages.feel.types import (
    SIMPLE_TYPES,
    ContextType,
    FeelType,
    FunctionType,
    ListType,
    NamedType,
    RangeType,
    SimpleType,
)


class TypeNames(Cursor):
    """The part of the parser that knows types."""

    def type_name(self) -> FeelType:
        """A type, as after `instance of`."""
        self.deeper()
        found = self._type_name()
        self.nesting -= 1
        return found

    def _type_name(self) -> FeelType:
        for name in SIMPLE_TYPES:
            words = name.split()
            if all(
                self.index + k < len(self.tokens) and self.tokens[self.index + k].text == word
                for k, word in enumerate(words)
            ):
                self.index += len(words)
                return self._type_parameters(name)
        name_found = self.take_name(keywords=True)
        if name_found is None:
            self.unexpected("il nome di un tipo")
        while self.take_symbol("."):
            name_found += "." + (self.take_name(keywords=True) or self.unexpected("il nome di un tipo"))
        return NamedType(name_found)

    def _type_parameters(self, name: str) -> FeelType:
        if name not in ("list", "range", "context", "function") or not self.take_symbol("<"):
            if name in ("range", "function"):
                self.unexpected("«<» e il tipo")
            return SimpleType(name)
        if name in ("list", "range"):
            inner = self.type_name()
            self.need_symbol(">")
            return ListType(inner) if name == "list" else RangeType(inner)
        if name == "context":
            entries = []
            while not self.take_symbol(">"):
                key = self.declared_name((":",))
                self.need_symbol(":")
                entries.append((key, self.type_name()))
                self.take_symbol(",")
            return ContextType(tuple(entries))
        parameters = []
        while not self.take_symbol(">"):
            parameters.append(self.type_name())
            self.take_symbol(",")
        self.need_symbol("->")
        return FunctionType(tuple(parameters), self.type_name())
