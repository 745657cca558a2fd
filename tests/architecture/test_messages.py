"""Errors carry a code and parameters; every sentence stands in the catalogue, in Italian and in English."""

from __future__ import annotations

import ast
import functools
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import cli  # noqa: F401 (adds its part of the catalogue)
import modules  # noqa: F401
import web  # noqa: F401
from engine.localization import LANGUAGES, known_codes
from tests.architecture.sources import ROOT, dotted, place, python_files, tree

PRODUCT = ("engine", "modules", "web", "cli")
CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
FOR_DEVELOPERS = {
    "AssertionError",
    "AttributeError",
    "DataError",
    "DisconnectionError",
    "IndexError",
    "KeyError",
    "LookupError",
    "NotImplementedError",
    "OverflowError",
    "RuntimeError",
    "TypeError",
    "ValueError",
}
"""Raised for mistakes of the program, or caught where they are raised: nobody shows their text to a person."""
BUILD_TOOLS = ROOT / "web" / "assets"
"""What builds the pages is run by developers."""
OF_THE_CATALOGUE = {"message", "Message"}


@functools.cache
def error_classes() -> frozenset[str]:
    """The classes of errors that carry a code: those of `engine.errors` and all that derive from them."""
    known = {"EngineError", "LocalizedError"}
    classes = [
        node
        for file in python_files(*PRODUCT)
        for node in ast.walk(tree(file))
        if isinstance(node, ast.ClassDef)
    ]
    before = 0
    while before != len(known):
        before = len(known)
        known |= {one.name for one in classes if any(dotted(b).split(".")[-1] in known for b in one.bases)}
    return frozenset(known)


def test_the_classes_of_errors_are_found() -> None:
    assert {"InvalidInput", "InvalidState", "NotFound", "Forbidden", "ExecutionFailed"} <= error_classes()


def raised() -> Iterator[tuple[Path, ast.Call]]:
    """Every `raise Something(…)` of the product."""
    for file in python_files(*PRODUCT):
        if "versions" in file.parts or BUILD_TOOLS in file.parents:
            continue
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                yield file, node.exc


def is_sentence(node: ast.expr) -> bool:
    """Whether an argument is a text with words, written in place; a value that is only shortened has none."""
    if isinstance(node, ast.JoinedStr):
        parts = [part.value for part in node.values if isinstance(part, ast.Constant)]
        return any(re.search(r"[^\W\d_]", str(part)) for part in parts)
    if isinstance(node, ast.BinOp):
        return is_sentence(node.left) or is_sentence(node.right)
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip()


def test_no_raise_holds_a_sentence() -> None:
    wrong = []
    for file, call in raised():
        name = dotted(call.func).split(".")[-1]
        if name in FOR_DEVELOPERS:
            continue
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        if any(is_sentence(argument) for argument in given):
            wrong.append(f"{place(file, call.lineno)} raise {name}(…)")
    assert not wrong, "Give a code, and the sentence to translations/*/LC_MESSAGES/errors.po:\n" + "\n".join(
        wrong
    )


def used_codes() -> dict[str, str]:
    """Every code that an error or a message is made with, and the first place that does."""
    found: dict[str, str] = {}
    for file in python_files(*PRODUCT):
        for node in ast.walk(tree(file)):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = dotted(node.func).split(".")[-1]
            first = node.args[0]
            if (
                (name in OF_THE_CATALOGUE or name in error_classes())
                and isinstance(first, ast.Constant)
                and isinstance(first.value, str)
            ):
                found.setdefault(first.value, place(file, node.lineno))
    return found


def test_every_code_is_in_the_catalogue() -> None:
    used = used_codes()
    assert len(used) > 200
    wrong = [f"{where} {code}" for code, where in sorted(used.items()) if code not in known_codes("it")]
    assert not wrong, "\n".join(wrong)


ABOUT_THE_ERROR = {"code", "fields", "findings", "file"}


def test_every_parameter_of_a_message_is_given() -> None:
    """Where code and parameters stand in one call, the sentence asks for none that is not there."""
    wrong = []
    for file in python_files(*PRODUCT):
        for node in ast.walk(tree(file)):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            name = dotted(node.func).split(".")[-1]
            code = str(node.args[0].value)
            if name not in ("message", *error_classes()) or code not in known_codes("it"):
                continue
            given = {keyword.arg for keyword in node.keywords}
            if None not in given and not parameters(known_codes("it")[code]) <= given:
                missing = parameters(known_codes("it")[code]) - given
                wrong.append(f"{place(file, node.lineno)} {code}: {', '.join(sorted(missing))}")
    assert not wrong, "\n".join(wrong)


def test_no_message_is_left_over() -> None:
    """A code that no text of the program names is shown by nobody."""
    named = {
        node.value
        for file in python_files(*PRODUCT)
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert not sorted(set(known_codes("it")) - named)


def test_both_languages_have_the_same_messages_with_the_same_parameters() -> None:
    italian, english = (known_codes(language) for language in LANGUAGES)
    assert italian.keys() == english.keys()
    wrong = [
        code
        for code in italian
        if parameters(italian[code]) != parameters(english[code]) or len(italian[code]) != len(english[code])
    ]
    assert not wrong


def parameters(forms: tuple[str, ...]) -> set[str]:
    """The names of the gaps of a message, over its singular and plural."""
    return {name for form in forms for _, name, _, _ in string.Formatter().parse(form) if name is not None}


def test_no_message_is_empty_and_none_is_the_same_in_both_languages() -> None:
    italian, english = (known_codes(language) for language in LANGUAGES)
    empty = [
        code for one in (italian, english) for code, forms in one.items() if not all(map(str.strip, forms))
    ]
    assert not empty
    words = {code: re.sub(r"\{[^}]*\}|\W", "", forms[0]) for code, forms in italian.items()}
    same = [code for code, forms in italian.items() if forms == english[code] and len(words[code]) > 12]
    assert not same, "left in Italian"


@pytest.mark.parametrize("language", LANGUAGES)
def test_codes_are_sorted_and_there_once(language: str) -> None:
    files = sorted(ROOT.glob(f"*/translations/{language}/LC_MESSAGES/errors.po"))
    assert files
    for file in files:
        codes = re.findall(r'^msgid "(.+)"$', file.read_text(encoding="utf-8"), re.MULTILINE)
        assert codes == sorted(set(codes)), file
        assert all(CODE.fullmatch(code) for code in codes), file
        with file.open("rb") as handle:
            assert not [errors for _, errors in read_po(handle, locale=language).check() if errors]
