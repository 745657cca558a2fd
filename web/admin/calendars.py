"""The calendar of an ambito: the days off of a year with their reasons, closings, patron saint and Saturdays."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import format_date, gettext, ngettext

from engine.access import Permission
from engine.errors import InvalidInput
from engine.localization import message
from engine.scheduling.calendars.days_off import days_off
from engine.scheduling.calendars.ics_import import YEARS_AHEAD
from engine.scheduling.calendars.models import CalendarRule
from web import choices, current
from web.access import allowed
from web.admin.views import blueprint
from web.formatting import today
from web.language import current_language

YEARS = range(1990, 2151)
SATURDAY = {"": None, "no": False, "si": True}


@blueprint.get("/calendario")
@allowed(Permission.CALENDAR_WRITE)
def calendar() -> Any:
    """Administrators (the engine checks the scope): a year of an ambito."""
    return calendar_page()


@blueprint.post("/calendario/chiusure")
@allowed(Permission.CALENDAR_WRITE)
def close_days() -> Any:
    """Administrators (the engine checks the scope): close the offices on some days."""
    form, scope = request.form, request.form.get("ambito", "")
    calendars, actor = current.engine().calendars, current.actor()
    try:
        first = _day("dal", form.get("dal", ""))
        last = _day("al", form["al"]) if form.get("al", "").strip() else first
        calendars.add_closing(scope, first, last, form.get("motivo", ""), actor)
    except InvalidInput as problem:
        return calendar_page(problem.fields or {"dal": problem.message}), 422
    affected = calendars.count_affected(scope, first, last, actor)
    flash(gettext("Chiusura aggiunta: vale per le scadenze calcolate da adesso."), "success")
    if many := affected.tasks + affected.timers:
        flash(
            ngettext(
                "In quei giorni cade già %(num)d scadenza: resta dov'è.",
                "In quei giorni cadono già %(num)d scadenze: restano dove sono.",
                many,
            ),
            "info",
        )
    return redirect(url_for("admin.calendar", ambito=scope, anno=first.year))


@blueprint.post("/calendario/chiusure/<closing_id>/togli")
@allowed(Permission.CALENDAR_WRITE)
def open_days(closing_id: str) -> Any:
    """Administrators (the engine checks the scope): withdraw a closing."""
    found = current.engine().calendars.withdraw_closing(
        closing_id, request.form.get("motivo", ""), current.actor()
    )
    flash(gettext("Chiusura tolta. Le scadenze già calcolate restano dove sono."), "success")
    return redirect(url_for("admin.calendar", ambito=found.scope, anno=found.first.year))


@blueprint.post("/calendario/regole")
@allowed(Permission.CALENDAR_WRITE)
def calendar_rule() -> Any:
    """Administrators (the engine checks the scope): Saturdays and patron saint."""
    form, scope = request.form, request.form.get("ambito", "")
    rule = CalendarRule(
        scope,
        SATURDAY.get(form.get("sabato", "")),
        form.get("patrono_nome", ""),
        form.get("patrono_giorno", ""),
        form.get("perche", ""),
    )
    try:
        changed = current.engine().calendars.set_rule(rule, current.actor())
    except InvalidInput as problem:
        errors = dict(problem.fields or {"patrono_giorno": problem.message})
        if "motivo" in errors:
            errors["perche"] = errors.pop("motivo")
        return calendar_page(errors), 422
    said = gettext("Calendario cambiato: vale per le scadenze calcolate da adesso.")
    flash(
        said if changed else gettext("Era già così: non è cambiato nulla."), "success" if changed else "info"
    )
    return redirect(url_for("admin.calendar", ambito=scope, anno=form.get("anno", "")))


def calendar_page(errors: dict[str, str] | None = None) -> str:
    """The page of the requested ambito and year, with the errors of fields."""
    engine, actor, values = current.engine(), current.actor(), request.values
    scopes = [one for one in choices.scopes(actor) if current.may(Permission.CALENDAR_WRITE, one[0])]
    everywhere = current.may(Permission.CALENDAR_WRITE, "")
    scope = values.get("ambito", "" if everywhere or not scopes else scopes[0][0])
    year = values.get("anno", type=int) or today().year
    year = year if year in YEARS else today().year
    found = engine.calendars.get(scope, actor)
    months = [
        (format_date(date(year, month, 1), "MMMM"), list(days))
        for month, days in groupby(days_off(found, year, current_language()), lambda off: off.day.month)
    ]
    rules, withdrawn = engine.calendars.history(scope, actor)
    own = [one for one in found.closings if one.scope == scope and one.first.year <= year <= one.last.year]
    return render_template(
        "admin/calendar.html",
        scopes=scopes,
        everywhere=everywhere,
        scope=scope,
        year=year,
        found=found,
        months=months,
        own=own,
        rules=rules,
        withdrawn=withdrawn,
        errors=errors or {},
        until=today().year + YEARS_AHEAD,
        form=request.form,
        names=choices.names([*(one.created_by for one in own), *(one.by for one in rules)]),
    )


def _day(field: str, text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInput.for_field(field, message("DAY_NOT_READABLE")) from None
