"""Import and export of an ambito's closings as calendar files, with a preview before the import."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext

from engine.access import Permission
from engine.errors import InvalidInput
from engine.localization import message
from engine.scheduling.calendars.ics_import import ImportPreview
from engine.temporal.ics_closings import MAX_FILE_BYTES, Span
from web import current
from web.access import allowed
from web.admin.calendars import calendar_page
from web.admin.views import blueprint
from web.uploads import clean_name, download

MEDIA_TYPE = "text/calendar"


@blueprint.get("/calendario.ics")
@allowed(Permission.CALENDAR_WRITE)
def calendar_file() -> Any:
    """Administrators (the engine checks the scope): the closings of an ambito as a file."""
    scope = request.args.get("ambito", "")
    content = current.engine().calendar_files.export(scope, current.actor())
    return download(content, clean_name(f"chiusure {scope.replace('/', ' ')}".strip() + ".ics"), MEDIA_TYPE)


@blueprint.post("/calendario/importa")
@allowed(Permission.CALENDAR_WRITE)
def import_preview() -> Any:
    """Administrators (the engine checks the scope): what a file would change; nothing changes."""
    scope, file = request.form.get("ambito", ""), request.files.get("file")
    try:
        if file is None or not file.filename:
            raise InvalidInput.for_field("file", message("FILE_NOT_CHOSEN"))
        content = file.stream.read(MAX_FILE_BYTES + 1)
        until = request.form.get("fino_al", type=int)
        found = current.engine().calendar_files.preview(scope, content, current.actor(), until)
    except InvalidInput as problem:
        return calendar_page(problem.fields or {"file": problem.message}), 422
    return _preview_page(found, clean_name(file.filename))


@blueprint.post("/calendario/importa/conferma")
@allowed(Permission.CALENDAR_WRITE)
def import_closings() -> Any:
    """Administrators (the engine checks the scope): add the closings that the preview showed."""
    form, scope = request.form, request.form.get("ambito", "")
    spans = tuple(_span(text) for text in form.getlist("chiusura"))
    try:
        made = current.engine().calendar_files.apply(scope, spans, form.get("motivo", ""), current.actor())
    except InvalidInput as problem:
        return _confirm_page(scope, spans, problem.fields or {"motivo": problem.message}), 422
    said = ngettext(
        "Aggiunta %(num)d chiusura: vale per le scadenze calcolate da adesso.",
        "Aggiunte %(num)d chiusure: valgono per le scadenze calcolate da adesso.",
        made,
    )
    flash(said if made else gettext("Era già così: non è cambiato nulla."), "success" if made else "info")
    year = spans[0].first.year if spans else ""
    return redirect(url_for("admin.calendar", ambito=scope, anno=year))


def _preview_page(found: ImportPreview, filename: str) -> str:
    return render_template(
        "admin/calendar_import.html",
        scope=found.scope,
        spans=found.added,
        found=found,
        filename=filename,
        errors={},
    )


def _confirm_page(scope: str, spans: tuple[Span, ...], errors: dict[str, str]) -> str:
    """The same page once more, without what the file had besides."""
    return render_template(
        "admin/calendar_import.html", scope=scope, spans=spans, found=None, filename="", errors=errors
    )


def _span(text: str) -> Span:
    """A closing as the preview put it in its form: ``2016-08-10/2016-08-14/Chiusura estiva``."""
    first, _, rest = text.partition("/")
    last, _, name = rest.partition("/")
    try:
        return Span(date.fromisoformat(first), date.fromisoformat(last), name)
    except ValueError:
        raise InvalidInput("FORM_INCOMPLETE_CHOOSE_FILE_AGAIN") from None
