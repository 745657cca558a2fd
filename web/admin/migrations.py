"""Moving running instances to another version: versions, mapping, preview, confirmation, progress and report."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from engine.access import Permission
from engine.errors import InvalidInput
from engine.instances.migration import BATCH_KIND, MigrationPlan, ProposedPlan
from web import current
from web.access import allowed
from web.admin.views import blueprint
from web.reasons import required_reason

SHOWN = 10
FAILED = 200
MAPPED = "e."
"""Prefix of the fields of the form that map an element: its name follows."""


@blueprint.get("/passaggi")
@allowed(Permission.INSTANCE_MIGRATE)
def migrations() -> Any:
    """Analysts and administrators: choose the target version; the migrations under way and those done."""
    versions = current.engine().repository.list()
    several = {one.key for one in versions if one.version > 1}
    batches = [one for one in current.engine().batches.list(current.actor()).items if one.kind == BATCH_KIND]
    return render_template(
        "admin/migrations.html",
        targets=[(one.id, f"{one.name} – {one.version}") for one in versions if one.key in several],
        batches=batches[:SHOWN],
    )


@blueprint.get("/passaggi/piano")
@allowed(Permission.INSTANCE_MIGRATE)
def migration_plan() -> Any:
    """Analysts and administrators: the proposed plan, every element with the one that replaces it."""
    target = request.args.get("a", "")
    sources = tuple(request.args.getlist("da"))
    service, actor = current.engine().migrations, current.actor()
    proposal = service.propose(MigrationPlan(sources or service.sources(target, actor), target), actor)
    return _plan_page(proposal)


@blueprint.post("/passaggi/anteprima")
@allowed(Permission.INSTANCE_MIGRATE)
def migration_preview() -> Any:
    """Analysts and administrators: the outcome for every running instance; nothing changes."""
    proposal, plan = _from_form()
    try:
        found = current.engine().migrations.preview(plan, current.actor())
    except InvalidInput as problem:
        return _plan_page(proposal, plan, problem), 422
    return _preview_page(plan, found)


@blueprint.post("/passaggi")
@allowed(Permission.INSTANCE_MIGRATE)
def apply_migration() -> Any:
    """Analysts and administrators: create the batch that migrates the instances in the background."""
    proposal, plan = _from_form()
    service, actor = current.engine().migrations, current.actor()
    if request.form.get("azione") == "correggi":
        return _plan_page(proposal, plan)
    try:
        batch = service.create_batch(plan, required_reason("REASON_FOR_MIGRATION"), actor)
    except InvalidInput as problem:
        return _preview_page(plan, service.preview(plan, actor), problem), 422
    flash(
        gettext("Passaggio avviato: le pratiche passano una alla volta, ognuna tutta o per niente."),
        "success",
    )
    return redirect(url_for("admin.migration", batch_id=batch))


@blueprint.get("/passaggi/<batch_id>")
@allowed(Permission.INSTANCE_MIGRATE)
def migration(batch_id: str) -> Any:
    """Analysts and administrators: the progress of a migration, and the instances that stayed, with the reason."""
    batches, actor = current.engine().batches, current.actor()
    return render_template(
        "admin/migration.html",
        batch=batches.get(batch_id, actor),
        failed=batches.items(batch_id, actor, state="failed", limit=FAILED).items,
        skipped=batches.items(batch_id, actor, state="skipped", limit=FAILED).items,
    )


def _from_form() -> tuple[ProposedPlan, MigrationPlan]:
    """The plan that a form describes: only elements that are not mapped automatically."""
    form = request.form
    bare = MigrationPlan(tuple(form.getlist("da")), form.get("a", ""))
    proposal = current.engine().migrations.propose(bare, current.actor())
    elements = {}
    for instruction in proposal.instructions:
        chosen = form.get(f"{MAPPED}{instruction.name}", instruction.target)
        if chosen and not (instruction.mapping == "same" and chosen == instruction.target):
            elements[instruction.name] = chosen
    return proposal, MigrationPlan(bare.sources, bare.target, elements)


def _plan_page(
    proposal: ProposedPlan, plan: MigrationPlan | None = None, problem: InvalidInput | None = None
) -> str:
    plan = plan or proposal.plan
    findings = current.engine().migrations.validate(plan, current.actor())
    return render_template(
        "admin/migration_plan.html",
        plan=plan,
        changed=[one for one in proposal.instructions if one.mapping != "same"],
        unchanged=[one for one in proposal.instructions if one.mapping == "same"],
        findings=findings,
        problem=problem,
        mapped=MAPPED,
    )


def _preview_page(plan: MigrationPlan, found: Any, problem: InvalidInput | None = None) -> str:
    return render_template(
        "admin/migration_preview.html",
        plan=plan,
        preview=found,
        errors=problem.fields if problem else {},
        problem=problem,
        reason=request.form.get("motivo", ""),
        mapped=MAPPED,
        outcomes={
            "ready": gettext("Passa"),
            "needs_mapping": gettext("Manca un corrispondente"),
            "impossible": gettext("Non può passare"),
        },
    )
