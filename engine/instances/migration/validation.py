"""What is wrong with a plan before any instance is looked at: read from the two diagrams alone."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definitions.compilation import Compiled
from engine.definitions.restricted_variables import restricted_names
from engine.errors import Finding
from engine.instances.migration.plan import MigrationPlan, can_hold, complete, may_begin, read_name
from engine.languages.bpmn.model import Element
from engine.spiff import ElementMap, same_kind


def findings(plan: MigrationPlan, sources: list[Compiled], target: Compiled) -> tuple[Finding, ...]:
    """Errors, for which the plan cannot be applied, and warnings about what it will do. Each told once."""
    found: dict[tuple[str, str], Finding] = {}
    for source in sources:
        for finding in _of_source(plan, source, target):
            found.setdefault((finding.code, finding.element_id), finding)
    for finding in _names(plan, sources, target):
        found.setdefault((finding.code, finding.element_id), finding)
    return tuple(sorted(found.values(), key=lambda one: (one.severity != "error", one.code)))


def _names(plan: MigrationPlan, sources: list[Compiled], target: Compiled) -> Iterator[Finding]:
    for before, after in plan.elements.items():
        for name, known in ((before, sources), (after, [target])):
            if not any(_element(name, one) for one in known):
                versions = ", ".join(one.definition_id for one in known)
                sentence = f"L'elemento «{name}» non c'è in {versions}: controlla l'identificativo"
                yield Finding("MIGRATION_UNKNOWN_ELEMENT", sentence, element_id=name)


def _element(name: str, compiled: Compiled) -> Element | None:
    process_id, element_id = read_name(compiled.key, name)
    model = compiled.program.models.get(process_id)
    return model.elements.get(element_id) if model else None


def _of_source(plan: MigrationPlan, source: Compiled, target: Compiled) -> Iterator[Finding]:
    if source.key != target.key:
        versions = f"{source.definition_id} e {target.definition_id}"
        sentence = f"{versions} sono processi diversi: scegli due versioni dello stesso"
        yield Finding("MIGRATION_OTHER_PROCESS", sentence, element_id=source.definition_id)
        return
    if source.definition_id == target.definition_id:
        sentence = f"{source.definition_id} è insieme partenza e arrivo: scegli un'altra versione"
        yield Finding("MIGRATION_SAME_VERSION", sentence, element_id=source.definition_id)
        return
    exposed = sorted(restricted_names(source) - restricted_names(target))
    if exposed:
        sentence = (
            f"Nella versione {target.definition_id} non sono più riservati: {', '.join(exposed)}. Chi vede la pratica "
            "leggerebbe ciò che vi è già scritto: rimetti la riservatezza nel diagramma o nel modulo"
        )
        yield Finding("MIGRATION_EXPOSES", sentence, element_id=exposed[0])
    whole = complete(plan, source, target)
    for model in source.program.models.values():
        for element in model.elements.values():
            goal = whole.get((model.id, element.id))
            if goal is not None:
                yield from _mapped(element, goal, whole, source, target)
            elif can_hold(element) and _lives(element, model.elements, whole, model.id):
                sentence = (
                    f"«{element.label}» non ha corrispondente: le pratiche ferme lì non potranno passare, "
                    "finché il piano non indica quale elemento ne prende il posto"
                )
                if element.type == "boundaryEvent":
                    sentence = f"L'evento «{element.label}» non c'è più: nelle pratiche che passano non sarà più atteso"
                yield _found("MIGRATION_UNMAPPED", sentence, element, "warning")


def _lives(element: Element, elements: object, whole: ElementMap, process_id: str) -> bool:
    """What lies in a subprocess that has no counterpart is told with that subprocess."""
    return not element.parent_id or (process_id, element.parent_id) in whole


def _mapped(
    element: Element, goal: tuple[str, str], whole: ElementMap, source: Compiled, target: Compiled
) -> Iterator[Finding]:
    model = target.program.models.get(goal[0])
    now = model.elements.get(goal[1]) if model else None
    if now is None:
        return  # told by name
    container = whole.get((element.process_id, element.parent_id)) if element.parent_id else None
    if element.parent_id and container is None:
        return  # told with its subprocess
    if now.parent_id != (container[1] if container else ""):
        sentence = (
            f"«{element.label}» e «{now.label}» stanno in (sotto)processi diversi: il posto può essere preso solo "
            "da un elemento dello stesso livello"
        )
        yield _found("MIGRATION_OTHER_LEVEL", sentence, element)
    elif same_kind(element, now):
        if element.timer != now.timer:
            sentence = f"La scadenza «{now.label}» è cambiata: sarà ricontata da quando si è cominciato ad attenderla"
            yield _found("MIGRATION_TIMER_CHANGED", sentence, element, "warning")
    elif not may_begin(now, element):
        sentence = (
            f"«{now.label}» ({now.type}) non può prendere il posto di «{element.label}» ({element.type})"
        )
        yield _found("MIGRATION_NOT_A_PLACE", sentence, element)
    elif can_hold(element):
        sentence = (
            f"«{element.label}» e «{now.label}» sono di genere diverso: dove il primo è aperto, si ricomincia "
            "dal secondo e ciò che vi era scritto in bozza non resta"
        )
        yield _found("MIGRATION_BEGINS_ANEW", sentence, element, "warning")


def _found(code: str, sentence: str, element: Element, severity: str = "error") -> Finding:
    return Finding(code, sentence, "", element.id, element.name, element.line, severity)
