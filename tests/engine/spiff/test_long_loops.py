"""Loops of many turns: the state stays small, nothing recurses, an endless one is stopped; pruning shows nowhere."""

from __future__ import annotations

import pytest

from engine.errors import ExecutionFailed
from engine.spiff import pruning
from tests.engine.runs import Alone, again, begin, complete, executable, flow

PERSON = (
    '<startEvent id="S"/><userTask id="T"/><exclusiveGateway id="G" default="G_E"/><endEvent id="E"/>'
    + flow("S", "T")
    + flow("T", "G")
    + flow("G", "T", "avanti")
    + flow("G", "E")
)
COUNTING = (
    '<startEvent id="S"/><exclusiveGateway id="G" default="G_E"/><endEvent id="E"/>'
    '<scriptTask id="T" scriptFormat="feel" c:resultVariable="n"><script>n+1</script></scriptTask>'
    + flow("S", "T")
    + flow("T", "G")
    + flow("G", "T", "n &lt; fino")
    + flow("G", "E")
)
BRANCHES = (
    '<startEvent id="S"/><exclusiveGateway id="X"/><parallelGateway id="F"/><userTask id="A"/><userTask id="B"/>'
    '<parallelGateway id="J"/><exclusiveGateway id="G" default="G_E"/><endEvent id="E"/>'
    + "".join(flow(*pair) for pair in ("SX", "XF", "FA", "FB", "AJ", "BJ", "JG", "GE"))
    + flow("G", "X", "n &lt; 6")
)


def test_ten_thousand_turns_of_a_person_leave_the_state_as_small_as_one() -> None:
    host = Alone()
    run = begin(executable(PERSON), host, avanti=True)
    complete(run, "T", avanti=True)
    first = len(run.dump())
    for turn in range(10_000):
        complete(run, "T", avanti=True)
        if turn % 1_000 == 0:
            run = again(run)
    assert len(run.dump()) <= first + 8
    complete(run, "T", avanti=False)
    assert run.completed
    assert len(host.passed) == 20_006


def test_ten_thousand_automatic_turns_end() -> None:
    run = begin(executable(COUNTING), Alone(), n=0, fino=10_000)
    assert run.completed
    assert run.variables["n"] == 10_000


@pytest.mark.slow
def test_two_thousand_elements_in_a_row_are_no_depth() -> None:
    row = "".join(f'<task id="T{i}"/>' + flow(f"T{i}", f"T{i + 1}") for i in range(2_000))
    host = Alone()
    assert begin(executable(row + '<task id="T2000"/>'), host).completed
    assert len(host.passed) == 2_001


def test_a_loop_without_a_way_out_is_stopped() -> None:
    endless = (
        '<startEvent id="S"/><task id="T"/><task id="U"/>' + flow("S", "T") + flow("T", "U") + flow("U", "T")
    )
    with pytest.raises(ExecutionFailed, match="gira senza fermarsi"):
        begin(executable(endless), Alone())


@pytest.mark.parametrize("enabled", [True, False])
def test_what_is_forgotten_changes_nothing_that_is_seen(
    monkeypatch: pytest.MonkeyPatch, enabled: bool
) -> None:
    monkeypatch.setattr(pruning, "ENABLED", enabled)
    host = Alone()
    run = begin(executable(BRANCHES), host, n=0)
    expected = ["S"]
    for turn in range(1, 7):
        order = "AB" if turn % 2 else "BA"
        for element in order:
            run = again(run)
            complete(run, element, n=turn)
        expected += ["X", "F", *order, "J", "G"]
    assert host.passed == [*expected, "E"]
    assert run.completed
