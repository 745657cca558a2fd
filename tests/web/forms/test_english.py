"""Forms speak the language of the page: every text of theirs is in the English catalogue."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from flask import Flask
from flask_babel import Babel, force_locale

from engine.languages.forms import sentence
from tests.architecture.sources import ROOT
from web.forms.view import translated
from web.language import Catalogues, load


def _sentences(file: Path) -> list[str]:
    """The texts handed to `sentence` or `_` in a file."""
    calls = [
        node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    ]
    named = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in ("sentence", "_")]
    return [str(call.args[0].value) for call in named if call.args and isinstance(call.args[0], ast.Constant)]


def test_every_text_has_its_english() -> None:
    files = [*(ROOT / "engine" / "languages" / "forms").glob("*.py"), *(ROOT / "web" / "forms").glob("*.py")]
    texts = {text for file in files for text in _sentences(file)}
    for template in (ROOT / "web" / "templates" / "forms").glob("*.html"):
        found = re.findall(r"_\('((?:[^'\\]|\\.)*)'", template.read_text(encoding="utf-8"))
        texts.update(text.replace("\\'", "'") for text in found)
    catalogue = load("en")
    assert len(texts) > 80
    assert sorted(text for text in texts if catalogue.gettext(text) == text and text not in ("No",)) == []


def test_a_sentence_keeps_its_numbers_in_english() -> None:
    app = Flask("prova")
    Babel(app).domain_instance = Catalogues()
    said = sentence("Il valore massimo è %(most)s", most="60,00")
    assert said == "Il valore massimo è 60,00"
    with app.test_request_context(), force_locale("en"):
        assert translated(said) == "The largest value is 60,00"
        assert (
            translated("La frase di chi ha disegnato il modulo") == "La frase di chi ha disegnato il modulo"
        )
