"""Downloads of an instance: its issued documents, and its statement of accounts as CSV and as PDF."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from engine.access import Permission
from engine.errors import NotFound
from engine.instances.models import InstanceView
from modules.budget import service as budget
from modules.budget.model import Statement
from modules.documents import service as documents
from modules.documents.statement_pdf import statement_pdf
from web import current, uploads
from web.access import allowed

blueprint = Blueprint("records", __name__)


@blueprint.get("/pratiche/<instance_id>/documenti/<document_id>")
@allowed(Permission.DOCUMENT_READ)
def document(instance_id: str, document_id: str) -> Any:
    """Who may read documents in the instance's ambito: the document as it was issued."""
    instance = _instance(instance_id, Permission.DOCUMENT_READ)
    with current.engine().database.read() as connection:
        about = documents.get(connection, document_id)
        if about.instance_id != instance.id:
            raise NotFound("DOCUMENT_NOT_OF_THIS_INSTANCE")
        content = documents.content(connection, document_id)
    current.engine().history.record_read(instance.id, current.actor(), "document")
    return uploads.download(content, about.filename, about.media_type)


@blueprint.get("/pratiche/<instance_id>/rendiconto.csv")
@allowed(Permission.BUDGET_READ)
def statement_csv(instance_id: str) -> Any:
    """Who may read budgets in the instance's ambito: the statement of accounts, for a spreadsheet."""
    instance, statements = _statements(instance_id)
    content = "\r\n".join(budget.statement_csv(one) for one in statements)
    return uploads.download(content.encode("utf-8"), f"rendiconto-{instance.number}.csv", "text/csv")


@blueprint.get("/pratiche/<instance_id>/rendiconto.pdf")
@allowed(Permission.BUDGET_READ)
def statement_as_pdf(instance_id: str) -> Any:
    """Who may read budgets in the instance's ambito: the statement of accounts as it stands now, to print."""
    instance, statements = _statements(instance_id)
    content = statement_pdf(instance, statements[0], current.engine().clock.now())
    return uploads.download(content, f"rendiconto-{instance.number}.pdf", "application/pdf")


def _instance(instance_id: str, permission: Permission) -> InstanceView:
    instance = current.engine().instances.get(instance_id, current.actor())
    current.engine().permissions.require(current.actor(), permission, instance.scope)
    return instance


def _statements(instance_id: str) -> tuple[InstanceView, tuple[Statement, ...]]:
    instance = _instance(instance_id, Permission.BUDGET_READ)
    with current.engine().database.read() as connection:
        found = budget.statements(connection, instance.id)
    if not found:
        raise NotFound("INSTANCE_WITHOUT_BUDGET")
    current.engine().history.record_read(instance.id, current.actor(), "statement")
    return instance, found
