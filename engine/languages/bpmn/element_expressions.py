"""The FEEL expressions of an element, each with the name that the modeler gives to its field."""

from __future__ import annotations

from collections.abc import Iterator

from engine.languages.bpmn.model import Element
from engine.languages.feel import contains_juel
from engine.localization import Message, message


def expressions(element: Element) -> Iterator[tuple[Message, str]]:
    """(name of the field, expression without the leading ``=``) of every expression except that of the timer."""
    assigned = element.assignment
    mixed = [
        (message("EXPRESSION_OF_ASSIGNEE"), assigned.assignee),
        (message("EXPRESSION_OF_CANDIDATE_GROUPS"), assigned.candidate_groups),
        (message("EXPRESSION_OF_CANDIDATE_USERS"), assigned.candidate_users),
        (message("EXPRESSION_OF_DUE_DATE"), assigned.due_date),
        (message("EXPRESSION_OF_FOLLOW_UP_DATE"), assigned.follow_up_date),
        (message("EXPRESSION_OF_PRIORITY"), assigned.priority),
        *((message("EXPRESSION_OF_INPUT", name=name), text) for name, text in element.inputs),
        *((message("EXPRESSION_OF_OUTPUT", name=name), text) for name, text in element.outputs),
        (message("EXPRESSION_OF_MESSAGE_NAME"), element.message),
        (message("EXPRESSION_OF_SIGNAL_NAME"), element.signal),
    ]
    yield from (
        (field, text.removeprefix("="))
        for field, text in mixed
        if text.startswith("=") or contains_juel(text)
    )
    if element.properties.get("chiave"):
        yield message("EXPRESSION_OF_MESSAGE_KEY"), element.properties["chiave"].removeprefix("=")
    if element.condition:
        yield message("EXPRESSION_OF_EVENT_CONDITION"), element.condition.removeprefix("=")
    if element.script:
        yield message("EXPRESSION_OF_SCRIPT"), element.script.removeprefix("=")
    for mapping in (*element.in_mappings, *element.out_mappings):
        if mapping.is_expression:
            yield message("EXPRESSION_OF_MAPPING"), mapping.source.removeprefix("=")
    if element.loop is not None and element.loop.condition:
        yield message("EXPRESSION_OF_LOOP_CONDITION"), element.loop.condition.removeprefix("=")
    loop = element.multi_instance
    if loop is not None:
        for field, text in (
            (message("EXPRESSION_OF_COLLECTION"), loop.collection),
            (message("EXPRESSION_OF_LOOP_CARDINALITY"), loop.cardinality),
            (message("EXPRESSION_OF_COMPLETION_CONDITION"), loop.condition),
        ):
            if text:
                yield field, text.removeprefix("=")
