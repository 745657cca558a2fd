"""A working copy of the statement of accounts as a PDF: not issued, so without version and protocol number."""

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


def statement_pdf(instance: InstanceView, statement: Statement, now: datetime) -> bytes:
    """The PDF of the statement of an instance; its day is that of `now` (aware) in Europe/Rome."""
    reference = InstanceRef(
        instance.id,
        instance.number,
        instance.definition_id,
        instance.definition_key,
        instance.definition_version,
        instance.business_key,
        instance.scope,
        instance.subject,
        instance.title,
        instance.linked_from,
    )
    day = day_in_rome(now)
    subtitle = f"Situazione al {day_in_words(day)}"
    heading = sheets.Heading(
        "Patti gener-attivi",
        "Rendiconto del budget",
        subtitle,
        reference,
        day,
        Reservation(0, day.year, 0, None),
    )
    unissued = {
        "protocollo": "non protocollato",
        "descrizione": f"Rendiconto del budget, patto n. {instance.number}, {subtitle.lower()}",
        "piede": f"Patto n. {instance.number} · {subtitle.lower()} · copia di lavoro",
    }
    return render(
        "rendiconto", sheets.accounts(heading, instance.title, statement) | unissued, created_at=now
    )
