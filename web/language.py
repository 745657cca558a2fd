"""Italian and English. The texts in the code are Italian; `translations/en` holds the English ones.

The catalogue is read as text (`.po`): nothing to compile, nothing that can go stale.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, has_request_context, request
from flask_babel import Babel, Domain, get_locale
from markupsafe import Markup

from engine.localization import Message, in_language
from engine.settings import Settings

LANGUAGES = {"it": "Italiano", "en": "English"}
FOLDER = Path(__file__).parent / "translations"
COOKIE = "lingua"


class Catalogues(Domain):  # type: ignore[misc]
    """Reads each language's catalogue from its text file, once."""

    def get_translations(self) -> NullTranslations:
        """The catalogue of the language in use; Italian needs none."""
        language = str(get_locale() or "it").split("_")[0]
        if language not in self.cache:
            self.cache[language] = load(language)
        found: NullTranslations = self.cache[language]
        return found


def load(language: str) -> NullTranslations:
    """The catalogue of a language; an empty one when there is no file."""
    file = FOLDER / language / "LC_MESSAGES" / "messages.po"
    if not file.is_file():
        return NullTranslations()
    compiled = BytesIO()
    with file.open("rb") as handle:
        write_mo(compiled, read_po(handle, locale=language))
    compiled.seek(0)
    return Translations(compiled)


def install(app: Flask, settings: Settings) -> None:
    """Choose the language of each request: the person's choice, or the default of the settings."""
    default = settings.default_language if settings.default_language in LANGUAGES else "it"

    def chosen() -> str:
        if not has_request_context():
            return default
        wanted = request.cookies.get(COOKIE, default)
        return wanted if wanted in LANGUAGES else default

    babel = Babel(app, default_locale=default, locale_selector=chosen, default_timezone="Europe/Rome")
    babel.domain_instance = Catalogues()
    app.jinja_env.globals.update(LANGUAGES=LANGUAGES, language=current_language)
    app.jinja_env.filters["lang"] = lang_attribute
    app.jinja_env.finalize = _localize


def current_language() -> str:
    """The two letters of the language in use."""
    return str(get_locale() or "it").split("_")[0]


def in_page_language(text: str) -> str:
    """A text in the language of the page: a `Message` is rendered in it, any other text stays as it is."""
    return in_language(text, current_language())


def lang_attribute(text: Any) -> Markup:
    """The attribute ``lang="it"`` for an element that holds this text on a page in another language.

    Empty for a `Message`, which follows the language of the page.
    """
    follows = isinstance(text, Message) or current_language() == "it"
    return Markup("") if follows else Markup(' lang="it"')


def _localize(value: Any) -> Any:
    """The value that a template prints: a `Message` in the language of the page."""
    return value.in_language(current_language()) if isinstance(value, Message) else value
