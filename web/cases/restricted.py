"""Which data of a case only its assistente sociale and the microequipe read: those written in restricted tasks."""

from __future__ import annotations

from engine.views import InstanceView
from web import current

ALWAYS = frozenset({"note_riservate"})


def restricted_names(case: InstanceView) -> frozenset[str]:
    """The variables that forms of elements with the property `riservato` write, and every one of that name."""
    compiled = current.engine().repository.compiled(case.definition_id)
    found = set(ALWAYS)
    for model in compiled.program.models.values():
        for element in model.elements.values():
            if element.properties.get("riservato") == "true" and element.form_id:
                form = compiled.form(element.process_id, element.form_id)
                fields = form.fields() if form else ()
                found.update(field.key.split(".")[0] for field in fields)
    return frozenset(found)
