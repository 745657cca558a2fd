"""Forms speak the language of the page: every text of theirs is in the English catalogues."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from flask import Flask
from flask_babel import Babel, force_locale

from engine.localization import known_codes, message
from tests.architecture.sources import ROOT
from web.language import Catalogues, in_page_language, load


def _calls(file: Path, name: str) -> list[str]:
    """The texts handed first to the function `name` in a file."""
    calls = [
        node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    ]
    named = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == name]
    return [str(call.args[0].value) for call in named if call.args and isinstance(call.args[0], ast.Constant)]


def test_every_text_has_its_english() -> None:
    pages = [*(ROOT / "web" / "forms").glob("*.py")]
    files = [*(ROOT / "engine" / "languages" / "forms").glob("*.py"), *pages]
    codes = {code for file in files for code in _calls(file, "message")}
    texts = {text for file in pages for text in _calls(file, "_")}
    for template in (ROOT / "web" / "templates" / "forms").glob("*.html"):
        found = re.findall(r"_\('((?:[^'\\]|\\.)*)'", template.read_text(encoding="utf-8"))
        texts.update(text.replace("\\'", "'") for text in found)
    catalogue, italian, english = load("en"), known_codes("it"), known_codes("en")
    assert len(codes) + len(texts) > 80
    assert sorted(text for text in texts if catalogue.gettext(text) == text and text not in ("No",)) == []
    assert sorted(code for code in codes if english.get(code, italian.get(code)) == italian.get(code)) == []


def test_a_sentence_keeps_its_numbers_in_english() -> None:
    app = Flask("prova")
    Babel(app).domain_instance = Catalogues()
    said = message("FIELD_ABOVE_MAXIMUM", most="60,00")
    assert said == "Il valore massimo è 60,00"
    with app.test_request_context(), force_locale("en"):
        assert in_page_language(said) == "The largest value is 60,00"
        assert (
            in_page_language("La frase di chi ha disegnato il modulo")
            == "La frase di chi ha disegnato il modulo"
        )
