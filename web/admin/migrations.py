"""Moving running cases to another version: versions, mapping, preview, confirmation, progress and report."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from engine.access.permissions import Permission
from engine.errors import InvalidInput
from engine.instances.migration import KIND, MigrationPlan, Proposal
from web import current
from web.access import allowed
from web.admin.views import blueprint
from web.reasons import reason_given

SHOWN = 10
FAILED = 200
MAPPED = "e."
"""Before the name of a place in the form: which element of the target takes it."""


@blueprint.get("/passaggi")
@allowed(Permission.INSTANCE_MIGRATE)
def migrations() -> Any:
    """Analysts and administrators: choose the version to move to; the moves under way and those done."""
    versions = current.engine().repository.list()
    several = {one.key for one in versions if one.version > 1}
    batches = [one for one in current.engine().batches.list(current.actor()) if one.kind == KIND]
    return render_template(
        "admin/migrations.html",
        targets=[(one.id, f"{one.name} – {one.version}") for one in versions if one.key in several],
        batches=batches[:SHOWN],
    )


@blueprint.get("/passaggi/piano")
@allowed(Permission.INSTANCE_MIGRATE)
def migration_plan() -> Any:
    """Analysts and administrators: the proposed plan, every place with what takes it."""
    target = request.args.get("a", "")
    sources = tuple(request.args.getlist("da"))
    service, actor = current.engine().migrations, current.actor()
    proposal = service.propose(MigrationPlan(sources or service.sources(target, actor), target), actor)
    return _plan_page(proposal)


@blueprint.post("/passaggi/anteprima")
@allowed(Permission.INSTANCE_MIGRATE)
def migration_preview() -> Any:
    """Analysts and administrators: how every case would fare; nothing changes."""
    proposal, plan = _from_form()
    try:
        found = current.engine().migrations.preview(plan, current.actor())
    except InvalidInput as problem:
        return _plan_page(proposal, plan, problem), 422
    return _preview_page(plan, found)


@blueprint.post("/passaggi")
@allowed(Permission.INSTANCE_MIGRATE)
def apply_migration() -> Any:
    """Analysts and administrators: order the move, with a reason; the cases move in the background."""
    proposal, plan = _from_form()
    service, actor = current.engine().migrations, current.actor()
    if request.form.get("azione") == "correggi":
        return _plan_page(proposal, plan)
    try:
        batch = service.apply(plan, reason_given(gettext("Scrivi il motivo")), actor)
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
    """Analysts and administrators: how far a move has come, and who stayed and why."""
    batches, actor = current.engine().batches, current.actor()
    return render_template(
        "admin/migration.html",
        batch=batches.get(batch_id, actor),
        failed=batches.items(batch_id, actor, state="failed", limit=FAILED),
        skipped=batches.items(batch_id, actor, state="skipped", limit=FAILED),
    )


def _from_form() -> tuple[Proposal, MigrationPlan]:
    """The plan that a form describes: only what does not follow by itself is written in it."""
    form = request.form
    bare = MigrationPlan(tuple(form.getlist("da")), form.get("a", ""))
    proposal = current.engine().migrations.propose(bare, current.actor())
    elements = {}
    for place in proposal.places:
        chosen = form.get(f"{MAPPED}{place.name}", place.after)
        if chosen and not (place.how == "same" and chosen == place.after):
            elements[place.name] = chosen
    return proposal, MigrationPlan(bare.sources, bare.target, elements)


def _plan_page(
    proposal: Proposal, plan: MigrationPlan | None = None, problem: InvalidInput | None = None
) -> str:
    plan = plan or proposal.plan
    findings = current.engine().migrations.check(plan, current.actor())
    return render_template(
        "admin/migration_plan.html",
        plan=plan,
        open_places=[place for place in proposal.places if place.how != "same"],
        same_places=[place for place in proposal.places if place.how == "same"],
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
