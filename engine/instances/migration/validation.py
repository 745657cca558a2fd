"""Validates a migration plan against the diagrams of its versions, without reading any instance."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definitions.compilation import CompiledDefinition
from engine.definitions.restricted_variables import restricted_variable_names
from engine.errors import Finding
from engine.instances.migration.plan import (
    MigrationPlan,
    can_hold_token,
    can_restart_at,
    complete_mapping,
    parse_element_name,
)
from engine.languages.bpmn.model import Element
from engine.localization import Message, message
from engine.spiff import ElementMap, same_kind


def validate_plan(
    plan: MigrationPlan, sources: list[CompiledDefinition], target: CompiledDefinition
) -> tuple[Finding, ...]:
    """Errors, with which the plan cannot be applied, and warnings about its effects; each code once for an element."""
    found: dict[tuple[str, str], Finding] = {}
    for source in sources:
        for finding in _validate_source(plan, source, target):
            found.setdefault((finding.code, finding.element_id), finding)
    for finding in _validate_names(plan, sources, target):
        found.setdefault((finding.code, finding.element_id), finding)
    return tuple(sorted(found.values(), key=lambda finding: (finding.severity != "error", finding.code)))


def _validate_names(
    plan: MigrationPlan, sources: list[CompiledDefinition], target: CompiledDefinition
) -> Iterator[Finding]:
    for source_name, target_name in plan.elements.items():
        for name, definitions in ((source_name, sources), (target_name, [target])):
            if not any(_element(name, definition) for definition in definitions):
                versions = [definition.definition_id for definition in definitions]
                sentence = message("MIGRATION_UNKNOWN_ELEMENT", element=name, versions=versions)
                yield Finding("MIGRATION_UNKNOWN_ELEMENT", sentence, element_id=name)


def _element(name: str, definition: CompiledDefinition) -> Element | None:
    process_id, element_id = parse_element_name(definition.key, name)
    model = definition.executable.models.get(process_id)
    return model.elements.get(element_id) if model else None


def _validate_source(
    plan: MigrationPlan, source: CompiledDefinition, target: CompiledDefinition
) -> Iterator[Finding]:
    if source.key != target.key:
        sentence = message(
            "MIGRATION_OTHER_PROCESS", source=source.definition_id, target=target.definition_id
        )
        yield Finding("MIGRATION_OTHER_PROCESS", sentence, element_id=source.definition_id)
        return
    if source.definition_id == target.definition_id:
        sentence = message("MIGRATION_SAME_VERSION", version=source.definition_id)
        yield Finding("MIGRATION_SAME_VERSION", sentence, element_id=source.definition_id)
        return
    exposed = sorted(restricted_variable_names(source) - restricted_variable_names(target))
    if exposed:
        sentence = message("MIGRATION_EXPOSES", version=target.definition_id, names=exposed)
        yield Finding("MIGRATION_EXPOSES", sentence, element_id=exposed[0])
    mapping = complete_mapping(plan, source, target)
    for model in source.executable.models.values():
        for element in model.elements.values():
            mapped = mapping.get((model.id, element.id))
            if mapped is not None:
                yield from _validate_mapped(element, mapped, mapping, target)
            elif can_hold_token(element) and _parent_is_mapped(element, mapping):
                is_event = element.type == "boundaryEvent"
                sentence = (
                    message("MIGRATION_UNMAPPED_EVENT", element=element.label)
                    if is_event
                    else message("MIGRATION_UNMAPPED", element=element.label)
                )
                yield _finding("MIGRATION_UNMAPPED", sentence, element, "warning")


def _parent_is_mapped(element: Element, mapping: ElementMap) -> bool:
    """Whether the element lies in no subprocess, or in one that is mapped. Otherwise the subprocess is reported."""
    return not element.parent_id or (element.process_id, element.parent_id) in mapping


def _validate_mapped(
    element: Element, mapped: tuple[str, str], mapping: ElementMap, definition: CompiledDefinition
) -> Iterator[Finding]:
    model = definition.executable.models.get(mapped[0])
    target = model.elements.get(mapped[1]) if model else None
    if target is None or not _parent_is_mapped(element, mapping):
        return  # reported by its name, or with its subprocess
    parent = mapping.get((element.process_id, element.parent_id)) if element.parent_id else None
    if target.parent_id != (parent[1] if parent else ""):
        sentence = message("MIGRATION_OTHER_LEVEL", element=element.label, target=target.label)
        yield _finding("MIGRATION_OTHER_LEVEL", sentence, element)
    elif same_kind(element, target):
        if element.timer != target.timer:
            sentence = message("MIGRATION_TIMER_CHANGED", target=target.label)
            yield _finding("MIGRATION_TIMER_CHANGED", sentence, element, "warning")
    elif not can_restart_at(target, element):
        sentence = message(
            "MIGRATION_NOT_A_PLACE",
            element=element.label,
            element_type=element.type,
            target=target.label,
            target_type=target.type,
        )
        yield _finding("MIGRATION_NOT_A_PLACE", sentence, element)
    elif can_hold_token(element):
        sentence = message("MIGRATION_BEGINS_ANEW", element=element.label, target=target.label)
        yield _finding("MIGRATION_BEGINS_ANEW", sentence, element, "warning")


def _finding(code: str, sentence: Message, element: Element, severity: str = "error") -> Finding:
    return Finding(code, sentence, "", element.id, element.name, element.line, severity)
