"""The statement of accounts as it stands at a moment, to print: not issued, so without version and protocol number."""

from __future__ import annotations

from datetime import datetime

from engine.instances.models import InstanceView
from engine.service_tasks import InstanceRef
from engine.temporal import day_in_rome
from modules.budget.model import Statement
from modules.documents import sheets
from modules.documents.model import Reservation
from modules.documents.rendering import render
from modules.documents.wording import day_in_words


def statement_pdf(case: InstanceView, statement: Statement, now: datetime) -> bytes:
    """The PDF of a case's statement; `now` (aware) is printed on it as the day it shows the accounts of."""
    instance = InstanceRef(
        case.id,
        case.number,
        case.definition_id,
        case.definition_key,
        case.definition_version,
        case.business_key,
        case.scope,
        case.subject,
        case.title,
        case.linked_from,
    )
    day = day_in_rome(now)
    subtitle = f"Situazione al {day_in_words(day)}"
    heading = sheets.Heading(
        "Patti gener-attivi",
        "Rendiconto del budget",
        subtitle,
        instance,
        day,
        Reservation(0, day.year, 0, None),
    )
    unissued = {
        "protocollo": "non protocollato",
        "descrizione": f"Rendiconto del budget, patto n. {case.number}, {subtitle.lower()}",
        "piede": f"Patto n. {case.number} · {subtitle.lower()} · copia di lavoro",
    }
    return render("rendiconto", sheets.accounts(heading, case.title, statement) | unissued, created_at=now)
