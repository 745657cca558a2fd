"""Sentences for people in Italian and English, found by their code in one catalogue.

The code that raises an error names a code and its parameters; whoever shows it chooses the language. Each top-level
package keeps its part of the catalogue in `translations/<language>/LC_MESSAGES/errors.po`, where the msgid is the code
and the msgstr a sentence with the parameters between braces: `«{name}» is already claimed by {assignee}`.

After a colon a parameter may say how it is written: `{day:date}` 31/12/2026, `{at:moment}` 31/12/2026 09:30 in
Europe/Rome, `{names:list}` joined by commas, `{faults:sentences}` joined by semicolons, `{kinds:alternatives}` joined
by «o» (English: or), `{findings:lines}` one on each line, `{findings:bullets}` the same after a dash, and
`{problem:inline}` with a small first letter. The parameter `count` chooses between the singular and the plural of a
message that has both.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

LANGUAGES = ("it", "en")
DEFAULT_LANGUAGE = "it"
_ROME = ZoneInfo("Europe/Rome")
_OR = {"it": " o ", "en": " or "}
_FOLDERS: list[Path] = [Path(__file__).parent / "translations"]


@runtime_checkable
class Translatable(Protocol):
    """What can be written in several languages: a `Message`, or an object whose text holds one."""

    def in_language(self, language: str) -> str:
        """The text in a language of `LANGUAGES`; in Italian for any other."""
        ...


class Message(str):
    """A sentence in Italian that remembers its code and parameters. It is an ordinary `str` wherever one is wanted."""

    code: str
    parameters: Mapping[str, Any]

    def __new__(cls, code: str, parameters: Mapping[str, Any] | None = None) -> Message:
        """The sentence of a code with its parameters filled in (see `render`)."""
        given = dict(parameters or {})
        made = super().__new__(cls, render(code, given, DEFAULT_LANGUAGE))
        made.code = code
        made.parameters = given
        return made

    def in_language(self, language: str) -> str:
        """The sentence in a language of `LANGUAGES`; in Italian for any other."""
        return render(self.code, self.parameters, language)

    def __reduce__(self) -> tuple[type[Message], tuple[str, Mapping[str, Any]]]:
        return (Message, (self.code, self.parameters))


def message(code: str, /, **parameters: Any) -> Message:
    """The sentence of a code; the marker by which a test finds the codes that are used."""
    return Message(code, parameters)


class LocalizedError(Exception):
    """Base of errors whose sentence is in the catalogue; it is rendered only when it is asked for."""

    def __init__(self, message_code: str, parameters: Mapping[str, Any]) -> None:
        super().__init__(message_code, parameters)
        self.message_code = message_code
        self.parameters = parameters

    @property
    def message(self) -> Message:
        """The sentence in Italian; as a `Message` it can be shown in another language."""
        return Message(self.message_code, self.parameters)

    def sentence(self, language: str) -> str:
        """The sentence in a language of `LANGUAGES`."""
        return self.message.in_language(language)


def in_language(text: str, language: str) -> str:
    """A text in a language: a `Message` is rendered in it, any other text stays as it is."""
    return text.in_language(language) if isinstance(text, Message) else text


def storable_parameters(message: Message) -> dict[str, Any]:
    """The parameters of a message as plain values for a table, from which `restored_message` makes it again."""
    return {name: _storable(value) for name, value in message.parameters.items()}


def _storable(value: Any) -> Any:
    if isinstance(value, Message):
        return {"code": value.code, "parameters": storable_parameters(value)}
    if isinstance(value, str):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_storable(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float | Decimal | date) else str(value)


def restored_message(code: str | None, parameters: Mapping[str, Any] | None, sentence: str) -> str:
    """A stored message; the stored sentence where no code was stored, or the catalogue has it no longer."""
    if not code or code not in known_codes(DEFAULT_LANGUAGE):
        return sentence
    return Message(code, {name: _restored(value) for name, value in (parameters or {}).items()})


def _restored(value: Any) -> Any:
    if isinstance(value, list):
        return [_restored(item) for item in value]
    if isinstance(value, Mapping):
        return Message(value["code"], {name: _restored(item) for name, item in value["parameters"].items()})
    return value


def add_catalogue(folder: Path) -> None:
    """Let the package that has this `translations` folder add its messages. Adding it again changes nothing."""
    if folder not in _FOLDERS:
        _FOLDERS.append(folder)
        _entries.cache_clear()


def known_codes(language: str) -> Mapping[str, tuple[str, ...]]:
    """Every code of the catalogue with its sentences: one, or singular and plural."""
    return _entries(language)


def render(code: str, parameters: Mapping[str, Any], language: str) -> str:
    """The sentence of a code in a language.

    A code that the catalogue lacks is shown as it is: an operation from outside may raise a sentence of its own.
    A parameter that was not given is shown by its name.
    """
    language = language if language in LANGUAGES else DEFAULT_LANGUAGE
    forms = _entries(language).get(code)
    if forms is None:
        return code
    plural = len(forms) > 1 and parameters.get("count") != 1
    return _Writer(language).vformat(forms[-1] if plural else forms[0], (), parameters)


class _Writer(string.Formatter):
    """Fills the gaps of a sentence; values are written, never read as templates."""

    def __init__(self, language: str) -> None:
        self._language = language

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> tuple[Any, str]:
        """Only plain names: no attributes and no indices of a value."""
        return kwargs.get(field_name, f"{{{field_name}}}"), field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        """A value as `format_spec` says; a message inside another is written in the same language."""
        if format_spec == "list":
            return ", ".join(self._text(one) for one in _many(value))
        if format_spec == "sentences":
            return "; ".join(self._text(one) for one in _many(value))
        if format_spec == "lines":
            return "\n".join(self._text(one) for one in _many(value))
        if format_spec == "bullets":
            return "\n".join(f"- {self._text(one)}" for one in _many(value))
        if format_spec == "alternatives":
            return _OR[self._language].join(self._text(one) for one in _many(value))
        if format_spec == "inline":
            text = self._text(value)
            return text[:1].lower() + text[1:]
        if format_spec == "date" and isinstance(value, date):
            return f"{value:%d/%m/%Y}"
        if format_spec == "moment" and isinstance(value, datetime):
            moment = value if value.tzinfo else value.replace(tzinfo=UTC)
            return f"{moment.astimezone(_ROME):%d/%m/%Y %H:%M}"
        return self._text(value)

    def _text(self, value: Any) -> str:
        return value.in_language(self._language) if isinstance(value, Translatable) else str(value)


def _many(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list | tuple | set | frozenset) else (value,)


@cache
def _entries(language: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for folder in _FOLDERS:
        file = folder / language / "LC_MESSAGES" / "errors.po"
        if not file.is_file():
            continue
        for code, forms in _read(file, language):
            if found.setdefault(code, forms) != forms:
                raise LookupError(f"{file}: the message «{code}» is there twice with different sentences")
    return found


def _read(file: Path, language: str) -> Iterable[tuple[str, tuple[str, ...]]]:
    with file.open("rb") as handle:
        catalogue: Catalog = read_po(handle, locale=language, abort_invalid=True)
    for entry in catalogue:
        if not entry.id:
            continue
        if isinstance(entry.id, list | tuple):
            yield str(entry.id[0]), tuple(str(form) for form in entry.string or ())
        else:
            yield str(entry.id), (str(entry.string),)
