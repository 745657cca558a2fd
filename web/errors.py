"""Error pages: the HTTP status of each error of the engine, and the texts of each status."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from flask import Flask, jsonify, render_template, request
from flask_babel import gettext, lazy_gettext
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from engine.errors import EngineError, Forbidden, InvalidInput, InvalidState, NotFound, Rejected
from web.language import in_page_language
from web.security import FEED

logger = logging.getLogger(__name__)
refusals = logging.getLogger("patti.refusals")


@dataclass(frozen=True)
class Page:
    """The texts of the page of a status: what happened and what to do next."""

    title: Any
    advice: Any


PAGES: dict[int, Page] = {
    400: Page(
        lazy_gettext("La richiesta non è valida"),
        lazy_gettext(
            "Torna alla pagina precedente, ricaricala e riprova. Quanto hai scritto nel modulo è nella bozza."
        ),
    ),
    403: Page(
        lazy_gettext("Non puoi farlo"),
        lazy_gettext(
            "Se ti serve per il tuo lavoro, chiedi a chi amministra il servizio di darti il ruolo adatto."
        ),
    ),
    404: Page(
        lazy_gettext("Qui non c'è niente"),
        lazy_gettext(
            "L'indirizzo è sbagliato, oppure la pratica non è fra quelle che puoi vedere. Prova a cercarla."
        ),
    ),
    405: Page(
        lazy_gettext("Questa pagina non si apre così"),
        lazy_gettext("Torna alla pagina precedente e usa i suoi pulsanti."),
    ),
    409: Page(
        lazy_gettext("Nel frattempo qualcosa è cambiato"),
        lazy_gettext("Apri di nuovo la pratica o il compito per vedere a che punto è."),
    ),
    413: Page(
        lazy_gettext("Il file è troppo grande"),
        lazy_gettext("Riducilo, oppure dividilo in più file."),
    ),
    422: Page(
        lazy_gettext("Alcuni dati non vanno bene"),
        lazy_gettext("Correggi quanto segnalato e riprova: nulla è stato cambiato."),
    ),
    429: Page(
        lazy_gettext("Troppi tentativi"),
        lazy_gettext(
            "Aspetta qualche minuto e riprova. Se non ricordi la password, chiedi a chi amministra il servizio."
        ),
    ),
    500: Page(
        lazy_gettext("Qualcosa non ha funzionato"),
        lazy_gettext(
            "Non è colpa tua e nulla è stato lasciato a metà. Riprova; se si ripete, avvisa chi amministra il servizio."
        ),
    ),
}


def status_of(problem: EngineError) -> int:
    """The HTTP status of an error of the engine."""
    kinds: tuple[tuple[type[EngineError], int], ...] = (
        (NotFound, 404),
        (InvalidState, 409),
        (Forbidden, 403),
        (InvalidInput, 422),
        (Rejected, 409),
    )
    return next((status for kind, status in kinds if isinstance(problem, kind)), 500)


def install(app: Flask) -> None:
    """Register the handlers: every error becomes a page, or JSON for a script."""
    app.register_error_handler(EngineError, _engine_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def wants_json() -> bool:
    """Whether a script asks rather than a person."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def _engine_error(problem: EngineError) -> Any:
    status = status_of(problem)
    if status == 403:
        who = current_user.actor.id if current_user.is_authenticated else "nobody"
        refusals.warning("refused %s %s to %s: %s", request.method, _path(), who, problem.message)
    elif status == 500:
        logger.error("%s while serving %s %s: %s", problem.code, request.method, _path(), problem.message)
    sentence = in_page_language(problem.message) if status != 500 else ""
    return _answer(status, sentence, problem.code, getattr(problem, "findings", ()))


def _csrf_error(problem: CSRFError) -> Any:
    sentence = gettext("La pagina è rimasta aperta troppo a lungo, o la sessione è cambiata.")
    if not current_user.is_authenticated and wants_json():
        return _answer(401, sentence, "SIGNED_OUT")
    return _answer(400, sentence, "CSRF")


def _http_error(problem: HTTPException) -> Any:
    if problem.response is not None:
        return problem.response
    return _answer(problem.code or 500, "", (problem.name or "").upper().replace(" ", "_"))


def _unexpected(problem: Exception) -> Any:
    logger.exception("An unexpected error while serving %s %s", request.method, _path())
    return _answer(500, "", "UNEXPECTED")


def _path() -> str:
    """The requested path; of a calendar feed the rule, because the path holds a secret."""
    return str(request.url_rule) if request.endpoint == FEED else request.path


def _answer(status: int, sentence: str, code: str, findings: Any = ()) -> Any:
    page = PAGES.get(status, PAGES[500] if status >= 500 else PAGES[400])
    if wants_json():
        return jsonify(code=code, message=sentence or str(page.title)), status
    return (
        render_template(
            "error.html", page=page, status=status, sentence=sentence, code=code, findings=findings
        ),
        status,
    )
