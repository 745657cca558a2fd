"""The private calendar feed of a user: open, renew and close it; and the address for calendar programs."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import force_locale, gettext

from engine.tasks.calendar_feed import FeedEntry
from web import current
from web.access import public, signed_in
from web.account.views import blueprint
from web.security import limiter

MEDIA_TYPE = "text/calendar"
READINGS = "60 per minute"
"""Of one address of the network: an office behind one address fetches a calendar an hour for each person."""
READINGS_OF_ONE = "30 per hour"


@blueprint.get("/profilo/calendario")
@signed_in
def calendar() -> Any:
    """Whoever is signed in: whether their own calendar is open, and since when."""
    return _page()


@blueprint.post("/profilo/calendario")
@signed_in
def open_calendar() -> Any:
    """Whoever is signed in: open their own calendar, or give it a new address, which is shown this once."""
    secret = current.engine().calendar_feeds.open(current.actor())
    return _page(_address("account.deadline_feed", segreto=secret))


@blueprint.post("/profilo/calendario/chiudi")
@signed_in
def close_calendar() -> Any:
    """Whoever is signed in: close their own calendar."""
    current.engine().calendar_feeds.close(current.actor())
    flash(gettext("Calendario chiuso: il suo indirizzo non funziona più."), "success")
    return redirect(url_for("account.calendar"))


def _which() -> str:
    return "feed:" + sha256(str((request.view_args or {}).get("segreto")).encode()).hexdigest()[:16]


@blueprint.get("/scadenze/<segreto>.ics")
@public
@limiter.limit(READINGS)
@limiter.limit(READINGS_OF_ONE, key_func=_which)
def deadline_feed(segreto: str) -> Any:
    """Everybody with the secret address of a calendar: its deadlines now; 404 for any other address."""
    found = current.engine().calendar_feeds.read(segreto)
    if found is None:
        return Response("Questo calendario non c'è.\n", 404, mimetype="text/plain")
    answer = Response(mimetype=MEDIA_TYPE)
    answer.set_etag(found.tag, weak=True)
    if request.if_none_match.contains_weak(found.tag):
        answer.status_code = 304
        return answer
    with force_locale(found.language):
        answer.data = found.as_file(gettext("Scadenze dei patti"), _name, _task)
    answer.headers["Content-Disposition"] = 'inline; filename="scadenze.ics"'
    return answer


def _name(line: FeedEntry) -> str:
    return gettext("%(task)s · pratica n. %(number)s", task=line.name, number=line.instance_number)


def _task(task_id: str) -> str:
    return _address("tasks.page", task_id=task_id)


def _address(endpoint: str, **values: Any) -> str:
    """An address of these pages as people type it, wherever the request came from."""
    return current.settings().public_url.rstrip("/") + url_for(endpoint, **values)


def _page(address: str = "") -> str:
    opened = current.engine().calendar_feeds.opened_at(current.actor())
    return render_template("account/calendar.html", opened=opened, address=address)
