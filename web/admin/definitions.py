"""Definitions: which versions there are, and the deployment of a new one from an archive."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from engine.access import Permission
from engine.definitions.resources import DeploymentBundle
from engine.errors import Finding, InvalidInput
from web import choices, current, uploads
from web.access import allowed
from web.admin.views import blueprint
from web.reasons import required_reason


@blueprint.get("/processi")
@allowed(Permission.DEFINITION_DEPLOY)
def definitions() -> Any:
    """Analysts and administrators: every version of every process."""
    return _page()


@blueprint.post("/processi")
@allowed(Permission.DEFINITION_DEPLOY)
def deploy() -> Any:
    """Analysts and administrators: deploy an archive, or list the findings that prevent it."""
    file = request.files.get("archivio")
    try:
        if file is None or not file.filename:
            raise InvalidInput("ARCHIVE_NOT_CHOSEN")
        report = current.engine().deployments.deploy(
            DeploymentBundle.from_zip(file.stream.read()), current.actor()
        )
    except InvalidInput as problem:
        return _page(problem), 422
    about = {"name": report.definition.name, "version": report.definition.version}
    if report.created:
        sentence = gettext(
            "Pubblicata la versione %(version)d di «%(name)s». Le pratiche in corso restano sulla loro."
        )
        flash(sentence % about, "success")
    else:
        sentence = gettext("«%(name)s» ha già questo contenuto: resta in vigore la versione %(version)d.")
        flash(sentence % about, "info")
    if report.warnings:
        return _page(warnings=report.warnings)
    return redirect(url_for("admin.definitions"))


@blueprint.post("/processi/<key>/ritira")
@allowed(Permission.DEFINITION_DEPLOY)
def retire(key: str) -> Any:
    """Analysts and administrators: no new instances of this process."""
    current.engine().deployments.retire(key, current.actor())
    flash(gettext("Processo ritirato: non si aprono nuove pratiche, quelle in corso continuano."), "success")
    return redirect(url_for("admin.definitions"))


@blueprint.post("/processi/<key>/sospendi")
@allowed(Permission.DEFINITION_DEPLOY)
def suspend_definition(key: str) -> Any:
    """Analysts and administrators: suspend a process, and with `case.batch` also its running instances."""
    reason = required_reason("REASON_KEPT_IN_THE_LOG")
    current.engine().definition_suspension.suspend(
        key, reason, current.actor(), include_instances=request.form.get("pratiche") == "sì"
    )
    flash(gettext("Processo sospeso: non si aprono nuove pratiche finché non lo riprendi."), "success")
    return redirect(url_for("admin.definitions"))


@blueprint.post("/processi/<key>/riprendi")
@allowed(Permission.DEFINITION_DEPLOY)
def resume_definition(key: str) -> Any:
    """Analysts and administrators: resume a process; if asked, also the instances suspended with it."""
    current.engine().definition_suspension.resume(
        key, current.actor(), include_instances=request.form.get("pratiche") == "sì"
    )
    flash(gettext("Processo ripreso."), "success")
    return redirect(url_for("admin.definitions"))


@blueprint.get("/processi/<definition_id>/diagramma")
@allowed(Permission.DEFINITION_DEPLOY)
def diagram_file(definition_id: str) -> Any:
    """Analysts and administrators: the diagram of one version, as a file."""
    found = current.engine().repository.get(definition_id)
    content = current.engine().repository.diagram(definition_id)
    return uploads.download(content, f"{found.key}-v{found.version}.bpmn", "application/xml")


def _page(problem: InvalidInput | None = None, warnings: tuple[Finding, ...] = ()) -> str:
    versions = current.engine().repository.list()
    by_key = [(key, list(found)) for key, found in groupby(versions, key=lambda one: one.key)]
    return render_template(
        "admin/definitions.html",
        by_key=by_key,
        problem=problem,
        warnings=warnings,
        names=choices.names(v.deployed_by for v in versions),
    )
