"""Parses types, as written after `instance of` and in the parameters of functions."""

from __future__ import annotations

from engine.languages.feel.token_stream import TokenStream
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
from engine.localization import message


class TypeParser(TokenStream):
    """The part of the parser that reads types."""

    def type_name(self) -> FeelType:
        """Reads a type, such as `list<number>`."""
        self.enter_nesting()
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
        name = self._type_name_part()
        while self.take_symbol("."):
            name += "." + self._type_name_part()
        return NamedType(name)

    def _type_name_part(self) -> str:
        name = self.take_name(keywords=True)
        if not name:
            raise self.unexpected(message("FEEL_EXPECTED_TYPE_NAME"))
        return name

    def _type_parameters(self, name: str) -> FeelType:
        if name not in ("list", "range", "context", "function") or not self.take_symbol("<"):
            if name in ("range", "function"):
                raise self.unexpected(message("FEEL_EXPECTED_TYPE_PARAMETER"))
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
