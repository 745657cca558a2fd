"""Bounds of parameters: what a file may declare, what days imply, and what administrators may then set."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.access import SYSTEM
from engine.definitions.parameter_bounds import implied_by_use
from engine.definitions.parameter_file import (
    ParameterDefinition,
    convert_value,
    parse_parameters,
    unknown_keys,
)
from engine.definitions.resources import DeploymentBundle
from engine.errors import InvalidInput
from engine.simulation import World
from tests.engine.conftest import DIAGRAMS

PROCESSES = Path(__file__).resolve().parents[3] / "processes"


def one(text: str) -> ParameterDefinition:
    """The only parameter of a file, called p."""
    return parse_parameters(f"p: {{{text}}}".encode(), "parametri.yaml")["p"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("valore: 3, tipo: intero, minimo: 5", "fuori dai suoi limiti (almeno 5): correggi «valore»"),
        ("valore: 3, tipo: intero, massimo: 2", "fuori dai suoi limiti (al massimo 2)"),
        ("valore: 3, tipo: intero, minimo: 5, massimo: 4", "supera «massimo» 4: nessun valore andrebbe bene"),
        ("valore: 3, tipo: intero, minimo: tre", "minimo: «tre» non va bene: serve un numero intero"),
        ("valore: x, tipo: testo, minimo: 1", "«minimo» vale solo per i tipi intero, decimale"),
        ("valore: true, tipo: booleano, massimo: false", "«massimo» vale solo per i tipi"),
        ("valore: true, tipo: booleano, scelte: [true]", "ha già le sue scelte, sì e no: togli «scelte»"),
        ("valore: x, tipo: testo, scelte: []", "almeno un valore"),
        ("valore: x, tipo: testo, scelte: x", "almeno un valore"),
        ("valore: x, tipo: testo, scelte: null", "almeno un valore"),
        ("valore: x, tipo: testo, scelte: [x, y, x]", "ha due volte x"),
        ("valore: x, tipo: testo, scelte: [y]", "fuori dai suoi limiti (uno fra: y)"),
        ("valore: 3, tipo: intero, scelte: [3, tre]", "scelte: «tre» non va bene"),
        (
            "valore: 3, tipo: intero, massimo: 5, scelte: [3, 6]",
            "la scelta 6 è fuori dai limiti (al massimo 5)",
        ),
        ("valore: 3, tipo: decimale, intero: forse", "true oppure false"),
        ("valore: x, tipo: testo, intero: true", "«intero» vale solo per i tipi intero, decimale, euro"),
        ("valore: 3, tipo: intero, intero: false", "togli «intero: false»"),
        ("valore: 3.5, tipo: decimale, intero: true", "(un numero intero)"),
        ("valore: P40D, tipo: durata, massimo: P1M", "(al massimo P1M)"),
        ("valore: P1D, tipo: durata, minimo: P2M, massimo: P10D", "«minimo» P2M supera «massimo» P10D"),
        ("valore: 2016-01-01, tipo: data, minimo: 2016-02-01", "(almeno 2016-02-01)"),
        ("valore: '07:00', tipo: ora, minimo: '08:00'", "(almeno 08:00)"),
        ("valore: [], tipo: elenco, minimo: 1", "(almeno 1 voci)"),
    ],
)
def test_what_a_file_may_not_declare_is_a_finding_with_line_and_remedy(text: str, sentence: str) -> None:
    content = f"# una nota\nbuono: {{valore: 1, tipo: intero}}\n\np: {{{text}}}\n"
    with pytest.raises(InvalidInput) as refused:
        parse_parameters(content.encode(), "parametri.yaml")
    (finding,) = refused.value.findings
    assert (finding.code, finding.element_id, finding.line) == ("BAD_PARAMETER", "p", 4)
    assert sentence in finding.sentence


def test_all_faults_of_a_file_are_told_each_with_the_line_of_its_key() -> None:
    content = (
        b"a:\n  valore: 3\n  tipo: testo\n  minimo: 1\nb: {valore: 3}\nc:\n  valore: 3\n  tipo: strano\n"
    )
    with pytest.raises(InvalidInput) as refused:
        parse_parameters(content, "parametri.yaml")
    assert [(f.element_id, f.line) for f in refused.value.findings] == [("a", 4), ("b", 5), ("c", 8)]


@pytest.mark.parametrize(
    ("text", "accepted", "refused"),
    [
        ("valore: 3, tipo: intero, unita: giorni", (1, "15", 3650), (0, "-5", 10**9, "1,5")),
        ("valore: 3, tipo: intero, unita: giorni lavorativi", (1, 3650), (0, -5, 10**9)),
        ("valore: 3, tipo: intero, unita: mesi", (1, 120), (0, -1, 121)),
        ("valore: 3, tipo: intero, unita: settimane", (1, 520), (0, 521)),
        ("valore: 18, tipo: intero, unita: anni", (0, 39, 150), (-1, 151)),
        ("valore: 0, tipo: intero, unita: giorni, minimo: 0", (0, 3650), (-1, 10**9)),
        ("valore: 3, tipo: intero, unita: giorni, massimo: 4000", (1, 4000), (0, 4001)),
        ("valore: P3D, tipo: durata", ("PT1S", "P10D", "P2Y"), ("PT0S", "P0D", "-P5D", "P20Y", "P100000D")),
        (
            "valore: P3D, tipo: durata, minimo: P1D, massimo: P1M",
            ("P1D", "P30D", "P1M"),
            ("PT1H", "P31D", "P2M"),
        ),
        ("valore: 50, tipo: decimale, minimo: 0, massimo: 100", (0, "0,5", 100), ("-0,1", "100,1", "1e300")),
        ("valore: 50, tipo: decimale, minimo: 0, intero: true", (0, "7"), ("0,5", -1)),
        ("valore: 100, tipo: euro, minimo: 50, massimo: 200", ("50", "199,99"), ("49,99", "200,01", "NaN")),
        ("valore: a, tipo: testo, scelte: [a, b]", ("a", "b"), ("c", "", "A")),
        ("valore: 1, tipo: intero, scelte: [1, 3]", (1, "3"), (2,)),
        ("valore: [a], tipo: elenco, scelte: [a, b], minimo: 1", ("a", "a, b"), ("c", "", "a, c")),
        ("valore: [a], tipo: elenco, minimo: 1, massimo: 2", ("x", "x, y"), ("", "x, y, z")),
        (
            "valore: '09:00', tipo: ora, minimo: '08:00', massimo: '18:00'",
            ("08:00", "18:00"),
            ("07:59", "18:01"),
        ),
        ("valore: 2016-01-01, tipo: data, minimo: 2015-01-01", ("2015-01-01",), ("2014-12-31",)),
    ],
)
def test_values_are_accepted_within_the_bounds_and_refused_outside(
    text: str, accepted: tuple[object, ...], refused: tuple[object, ...]
) -> None:
    declared = one(text)
    for value in accepted:
        assert declared.accept(value) == convert_value(declared.type, value)
        assert declared.accept(declared.accept(value)) == declared.accept(value)
    for value in refused:
        with pytest.raises(InvalidInput):
            declared.accept(value)


def test_the_sentence_says_the_bounds_in_both_languages() -> None:
    declared = one(
        "valore: 3, tipo: intero, minimo: 1, massimo: 365, unita: giorni, etichetta: Giorni per la firma"
    )
    with pytest.raises(InvalidInput) as refused:
        declared.accept("-5")
    assert refused.value.message == "«Giorni per la firma» non può essere -5: si accetta da 1 a 365 giorni"
    assert "from 1 to 365" in refused.value.sentence("en")


@pytest.mark.parametrize(
    "expression",
    [
        'oggi() + duration("P" + string(parametro("p")) + "D")',
        '"R/P" + string( parametro("p") ) + "D"',
        'aggiungi giorni lavorativi(oggi(), scadenza("p"))',
        'aggiungi giorni lavorativi(data_incontro, parametro("p"))',
        'oggi() + @"P1D" * parametro("p")',
        'oggi() + duration("P1D") * parametro("p")',
        "oggi() + duration(&#34;PT&#34; + string(parametro(&#34;p&#34;)) + &#34;H&#34;)",
        '\\"P\\" + string(parametro(\\"p\\")) + \\"M\\"',
    ],
)
def test_a_number_used_as_a_length_of_time_is_at_least_one(expression: str) -> None:
    bounds = implied_by_use([expression])["p"]
    assert [bounds.problem(value) is None for value in (-5, 0, 1, 10**9)] == [False, False, True, False]


def test_a_number_used_otherwise_implies_nothing() -> None:
    assert implied_by_use(['eta > parametro("p")', 'string(parametro("p")) + " anni"']) == {}


def test_use_in_the_diagram_bounds_what_the_file_leaves_open(world: World) -> None:
    diagram = (DIAGRAMS / "scadenze_composte.bpmn").read_bytes()
    files = {
        "scadenze_composte.bpmn": diagram,
        "parametri.yaml": b"termine_bando: {valore: 2016-06-30, tipo: data}\n"
        b"risposta_giorni: {valore: 10, tipo: intero}\n",
    }
    world.engine.deployments.deploy(DeploymentBundle.from_files(files), SYSTEM)
    for value in (0, -5, 10**9):
        with pytest.raises(InvalidInput, match="da 1 a 3650"):
            world.engine.parameters.set("scadenze_composte", "risposta_giorni", "", value, "Prova", SYSTEM)
    world.engine.parameters.set("scadenze_composte", "risposta_giorni", "", 90, "Prova", SYSTEM)


def deploy_limit(world: World, line: str) -> list[str]:
    """Deploy `parametri` with another line for its parameter `soglia`; the codes and places of the warnings."""
    files = {
        "parametri.bpmn": (DIAGRAMS / "parametri.bpmn").read_bytes(),
        "parametri.yaml": f"# nota\n{line}\ntetto: {{valore: 2000, tipo: euro}}\n".encode(),
    }
    report = world.engine.deployments.deploy(DeploymentBundle.from_files(files), SYSTEM)
    return [f"{f.code} {f.file}:{f.line} {f.sentence}" for f in report.warnings]


def test_a_new_version_warns_of_values_in_force_that_its_bounds_refuse(world: World) -> None:
    parameters = world.engine.parameters
    parameters.set("parametri", "soglia", "", 90, "Prova", SYSTEM)
    parameters.set("parametri", "soglia", "cremasco", 20, "Prova", SYSTEM)
    parameters.set("parametri", "soglia", "cremona", -3, "Prova", SYSTEM)
    line = "soglia: {valore: 10, tipo: intero, minimo: 1, massimo: 50}"
    for _ in range(2):  # the same content once more warns once more
        everywhere, cremona = deploy_limit(world, line)
        assert everywhere.startswith(
            "PARAMETER_IN_FORCE parametri.yaml:2 parametro «soglia»: il valore in vigore in tutti"
        )
        assert "non può essere 90: si accetta da 1 a 50" in everywhere
        assert "nell'ambito cremona" in cremona
    assert next(view.value for view in parameters.list("parametri", "", SYSTEM)) == 90
    parameters.set("parametri", "soglia", "", 50, "Prova", SYSTEM)
    parameters.reset("parametri", "soglia", "cremona", "Prova", SYSTEM)
    assert deploy_limit(world, line) == []


def test_an_unusual_default_and_a_misspelt_key_are_warnings(world: World) -> None:
    first, second = deploy_limit(world, "soglia: {valore: 0, tipo: intero, unita: giorni, minmo: 1}")
    assert first.startswith("PARAMETER_KEY parametri.yaml:2 parametro «soglia»: «minmo» non si conosce")
    assert second.startswith("PARAMETER_BOUNDS parametri.yaml:2 parametro «soglia»: il valore di partenza 0")
    world.engine.parameters.set("parametri", "soglia", "", 0, "Come prima", SYSTEM)
    with pytest.raises(InvalidInput):
        world.engine.parameters.set("parametri", "soglia", "", -1, "Prova", SYSTEM)


def test_every_parameter_of_the_shipped_processes_is_bounded() -> None:
    for file in sorted(PROCESSES.glob("*/parametri.yaml")):
        content = file.read_bytes()
        assert unknown_keys(content, file.name) == []
        for declared in parse_parameters(content, file.name).values():
            place = f"{file.parent.name}.{declared.name}"
            bounds = declared.declared
            both = bounds.minimum is not None and bounds.maximum is not None
            assert declared.type == "booleano" or bounds.choices or both, place
            assert list(declared.warnings()) == [], place


VALUES = st.one_of(
    st.integers(-(10**18), 10**18),
    st.integers(-5, 400),
    st.decimals(allow_nan=True, allow_infinity=True),
    st.booleans(),
    st.none(),
    st.text(max_size=20),
    st.from_regex(r"-?P\d{1,9}[DMYW]", fullmatch=True),
    st.lists(st.text(max_size=5), max_size=4),
)
NAMES = ("giorni", "ore", "tetto", "momento", "attesa", "voci", "scelta")
FILE = b"""
giorni: {valore: 5, tipo: intero, unita: giorni}
ore: {valore: 38, tipo: decimale, minimo: 0, massimo: 100}
tetto: {valore: 2000, tipo: euro, massimo: 2000}
momento: {valore: "09:00", tipo: ora, minimo: "08:00"}
attesa: {valore: P5D, tipo: durata}
voci: {valore: [a], tipo: elenco, minimo: 1, massimo: 3}
scelta: {valore: a, tipo: testo, scelte: [a, b]}
"""


@pytest.fixture
def bounded(world: World) -> World:
    """A world where the process `parametri` has parameters of every kind."""
    files = {"parametri.bpmn": (DIAGRAMS / "parametri.bpmn").read_bytes(), "parametri.yaml": FILE}
    world.engine.deployments.deploy(DeploymentBundle.from_files(files), SYSTEM)
    return world


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(name=st.sampled_from(NAMES), value=VALUES, scope=st.sampled_from(("", "cremasco", "cremasco/crema")))
def test_any_value_is_within_the_bounds_or_nothing_changes(
    bounded: World, name: str, value: object, scope: str
) -> None:
    declared, parameters = parse_parameters(FILE, "parametri.yaml"), bounded.engine.parameters
    before = parameters.list("parametri", scope, SYSTEM)
    try:
        parameters.set("parametri", name, scope, value, "Prova", SYSTEM)
    except InvalidInput:
        assert parameters.list("parametri", scope, SYSTEM) == before
        return
    stored = next(view for view in parameters.list("parametri", scope, SYSTEM) if view.name == name)
    assert stored.source == scope
    assert stored.value == convert_value(declared[name].type, value)
    assert declared[name].bounds.problem(stored.value) is None
