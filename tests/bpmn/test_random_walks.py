"""Our run and the plain library go the same way, token by token, through diagrams and choices made by chance."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, event, given, note, settings
from hypothesis import strategies as st
from lxml import etree

from engine.spiff import pruning
from tests.bpmn.block_diagrams import NAMES, Block, diagrams, xml
from tests.bpmn.block_runners import Ours, Plain
from tests.bpmn.traces import followed

MOST_STEPS = 14
"""After so many completions every loop is left."""
values = st.fixed_dictionaries({name: st.integers(0, 1) for name in NAMES})


@pytest.mark.parametrize("pruned", [True, False], ids=["pruned", "kept"])
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
)
@given(block=diagrams, data=st.data())
def test_the_same_way_as_the_plain_library(pruned: bool, block: Block, data: st.DataObject) -> None:
    content = xml(block)
    note(content.decode())
    with patch.object(pruning, "ENABLED", pruned):
        _walk(content, data)


def _walk(content: bytes, data: Any) -> None:
    drawn = frozenset(
        node.get("id") or "" for node in etree.fromstring(content).iter() if "Flow" not in str(node.tag)
    )
    chosen = data.draw(values, label="at the start")
    ours, plain = Ours(content, chosen), Plain(content, chosen)
    for step in range(200):
        assert not ours.failed, ours.failed
        assert ours.ready == plain.ready, (
            f"step {step}: ready {dict(ours.ready)}, plainly {dict(plain.ready)}"
        )
        nodes = plain.order(drawn)
        reached, _ = followed(nodes, ours.passed)
        assert reached == len(ours.passed), (
            f"step {step}: passed {ours.passed}; the plain library has not completed "
            f"{ours.passed[reached]} after {ours.passed[:reached]}"
        )
        assert len(nodes) == len(ours.passed), (
            f"step {step}: passed {ours.passed}, plainly {[node.element for node in nodes]}"
        )
        assert ours.over == plain.over
        if not ours.ready:
            break
        task = data.draw(st.sampled_from(sorted(ours.ready)), label="done")
        chosen = data.draw(values, label="values") if step < MOST_STEPS else dict.fromkeys(NAMES, 0)
        ours.complete(task, chosen)
        plain.complete(task, chosen)
    assert ours.over
    event(f"{step // 5 * 5} to {step // 5 * 5 + 4} tasks done")
