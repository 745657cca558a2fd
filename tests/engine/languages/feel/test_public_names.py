"""What the rest of a program sees of the language: errors with their place, functions, bindings, values."""

from __future__ import annotations

import datetime as dt
import threading
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, Inexact, localcontext
from typing import Any

import pytest

from engine.languages.feel import (
    BUILTINS,
    Evaluation,
    EvaluationLimits,
    FeelEvaluationError,
    FeelLimitExceeded,
    FeelSyntaxError,
    Function,
    YearsMonths,
    compile_expression,
    compile_unary_tests,
    to_feel,
)


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("1 +", 1, 4, "finisce troppo presto"),
        ("eta == 3", 1, 5, "si scrive «=»"),
        ("${eta}", 1, 1, "non è FEEL"),
        ("stato = 'a'", 1, 9, "virgolette doppie"),
        ("!vero", 1, 1, "not("),
        ("a &&\n b", 1, 3, "and"),
        ("eta >= 18 and\n  importo richiesto > 5", 2, 11, "importo richiesto"),
        ('"aperta', 1, 1, "virgolette"),
        ("if a then b", 1, 12, "else"),
        ("[1, 2", 1, 6, "]"),
        ("substring(1)", 1, 10, "substring(string, start position"),
        ("{a: 1, a: 2}", 1, 9, "«a»"),
        ('@"2016-02-30"', 1, 2, "non è una data"),
        ('function(x) external {java: {class: "A"}}', 1, 13, "non sono ammesse"),
        ("for x in lista", 1, 15, "return"),
    ],
)
def test_syntax_error_has_its_place_and_a_sentence(text: str, line: int, column: int, said: str) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        compile_expression(text)
    error = caught.value
    assert (error.line, error.column) == (line, column)
    assert said in error.message
    assert error.code == "feel.syntax"
    assert error.text == text


WORKDAYS = BUILTINS.with_(
    Function(
        "aggiungi giorni lavorativi", ("data", "giorni"), lambda day, days: day + dt.timedelta(days=int(days))
    ),
    Function("oggi", ()),
    Function("parametro", ("nome",)),
    Function(
        "eta",
        ("data di nascita", "alla data"),
        lambda born, on=dt.date(2016, 1, 28): on.year - born.year,
        optional=1,
    ),
)


def test_registered_functions_with_spaces_and_named_arguments() -> None:
    text = 'aggiungi giorni lavorativi(giorni: 2, data: @"2016-03-14")'
    assert compile_expression(text, functions=WORKDAYS).evaluate({}) == dt.date(2016, 3, 16)
    assert compile_expression('eta(@"1976-02-10")', functions=WORKDAYS).evaluate({}) == 40
    assert compile_expression('eta(@"1976-02-10", @"2020-01-01")', functions=WORKDAYS).evaluate({}) == 44
    with pytest.raises(FeelSyntaxError, match="aggiungi giorni lavorativi"):
        compile_expression("aggiungi giorni lavorativi(1)", functions=WORKDAYS)


def test_bindings_belong_to_one_evaluation() -> None:
    expression = compile_expression('oggi() + @"P1D" * parametro("giorni")', functions=WORKDAYS)
    bindings: dict[str, Callable[..., Any]] = {
        "oggi": lambda: dt.date(2016, 1, 28),
        "parametro": lambda name: {"giorni": 15}[name],
    }
    assert expression.evaluate({}, bindings=bindings) == dt.date(2016, 2, 12)
    later = bindings | {"oggi": lambda: dt.date(2017, 1, 28)}
    assert expression.evaluate({}, bindings=later) == dt.date(2017, 2, 12)
    with pytest.raises(FeelEvaluationError, match="oggi"):
        expression.evaluate({})


def test_failure_of_a_registered_function_is_an_error_with_its_place() -> None:
    expression = compile_expression('1 + parametro("x")', functions=WORKDAYS)

    def missing(name: str) -> Any:
        raise KeyError(f"il parametro {name} non esiste")

    with pytest.raises(FeelEvaluationError, match="il parametro x non esiste") as caught:
        expression.evaluate({}, bindings={"parametro": missing})
    assert caught.value.column == 14
    assert isinstance(caught.value.__cause__, KeyError)


def test_clock_built_ins_need_a_clock() -> None:
    moment = dt.datetime(2016, 1, 28, 9, tzinfo=dt.UTC)
    assert compile_expression("now()").evaluate({}, bindings={"now": lambda: moment}) == moment
    with pytest.raises(FeelEvaluationError):
        compile_expression("today()").evaluate({})


def test_names_and_slips_of_the_pen() -> None:
    expression = compile_expression("for x in lista return x + soglia * f(x) + count(lista)")
    assert expression.names == {"lista", "soglia", "f"}
    assert expression.unknown_calls == {"f"}


def test_declared_names_may_have_spaces_and_cover_built_ins() -> None:
    expression = compile_expression("data di nascita + durata", names=["data di nascita"])
    day = dt.date(1976, 2, 10)
    assert expression.evaluate({"data di nascita": day, "durata": YearsMonths(480)}) == dt.date(2016, 2, 10)


class Watched(Mapping[str, Any]):
    """Variables that tell which were read, and refuse to be walked."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values_ = values
        self.read: list[str] = []

    def __getitem__(self, name: str) -> Any:
        self.read.append(name)
        return self.values_[name]

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("the variables were copied")

    def __len__(self) -> int:
        raise AssertionError("the variables were copied")


def test_variables_are_read_one_by_one_never_copied() -> None:
    variables = Watched({"a": 1, "big": list(range(1000)), "b": 2})
    assert compile_expression("a + b > 2").evaluate(variables) is True
    assert variables.read == ["a", "b"]


def test_results_are_the_callers_own() -> None:
    variables = {"lista": [1, 2.5, (3, 4)], "persona": {"eta": 3}}
    made = compile_expression("{l: lista, p: persona}").evaluate(variables)
    assert made == {"l": [1, Decimal("2.5"), [3, 4]], "p": {"eta": 3}}
    made["l"].append(9)
    made["p"]["eta"] = 4
    assert variables == {"lista": [1, 2.5, (3, 4)], "persona": {"eta": 3}}


def test_values_feel_does_not_know_are_told() -> None:
    with pytest.raises(FeelEvaluationError, match="object"):
        compile_expression("x").evaluate({"x": object()})
    assert to_feel(float("nan")) is None
    assert compile_expression("x > 1").evaluate({"x": Decimal("NaN")}) is None


def test_the_callers_decimal_context_is_neither_used_nor_changed() -> None:
    with localcontext() as context:
        context.prec = 5
        context.clear_flags()
        assert compile_expression("-(1 / 3)").evaluate({}) == Decimal("-0." + "3" * 34)
        assert compile_expression("abs(-123456789.5)").evaluate({}) == Decimal("123456789.5")
        assert context.prec == 5
        assert not context.flags[Inexact]


def test_limits_can_be_set() -> None:
    expression = compile_expression("for i in 1..1000 return i")
    assert len(expression.evaluate({})) == 1000
    with pytest.raises(FeelLimitExceeded, match="500"):
        expression.evaluate({}, limits=EvaluationLimits(steps=500))


def test_no_way_out_to_python() -> None:
    for text in ("x.__class__", "x.__class__.__subclasses__", '"a".upper', "__import__", "x.format"):
        assert compile_expression(text).evaluate({"x": "text"}) is None


def test_the_same_text_is_read_once() -> None:
    assert compile_expression("1 + 2 * 3") is compile_expression("1 + 2 * 3")
    assert compile_unary_tests("> 3") is not compile_expression("x > 3")


def test_one_expression_in_many_threads() -> None:
    expression = compile_expression("sum(for i in 1..100 return if i < n then i else partial[1])")
    expected = {n: expression.evaluate({"n": n}) for n in range(1, 9)}
    wrong: list[int] = []

    def work(n: int) -> None:
        if any(expression.evaluate({"n": n}) != expected[n] for _ in range(30)):
            wrong.append(n)

    threads = [threading.Thread(target=work, args=(n,)) for n in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


NESTING = BUILTINS.with_(Function("valuta", ("testo",)))


def nested(text: str, functions: Any = NESTING) -> Any:
    """Evaluates with a function that evaluates texts, as an application's own might."""
    bindings: dict[str, Callable[..., Any]] = {}
    bindings["valuta"] = lambda inner: compile_expression(inner, functions=functions).evaluate(
        {}, bindings=bindings
    )
    return compile_expression(text, functions=functions).evaluate({}, bindings=bindings)


def test_what_a_function_evaluates_is_charged_to_the_expression_that_calls_it() -> None:
    heavy = "count(for i in 1..20000 return i)"
    assert nested(f'valuta("{heavy}")') == 20_000
    with pytest.raises(FeelLimitExceeded):
        nested(f'for i in 1..1000 return valuta("{heavy}")')


def test_a_function_that_evaluates_its_own_expression_ends() -> None:
    endless = compile_expression("ancora()", functions=BUILTINS.with_(Function("ancora", ())))
    bindings: dict[str, Callable[..., Any]] = {"ancora": lambda: endless.evaluate({}, bindings=bindings)}
    with pytest.raises(FeelLimitExceeded):
        endless.evaluate({}, bindings=bindings)


def test_all_the_evaluations_of_a_thread_can_be_bounded_together() -> None:
    expression = compile_expression("count(for i in 1..1000 return i)")
    account = Evaluation(None, EvaluationLimits(steps=10_000))
    with account.as_parent():
        assert expression.evaluate({}) == 1000
        assert account.steps < 10_000 - 1000
        values = (expression.evaluate({}) for _ in range(20))
        with pytest.raises(FeelLimitExceeded):
            list(values)
        elsewhere: list[Any] = []
        thread = threading.Thread(target=lambda: elsewhere.append(expression.evaluate({})))
        thread.start()
        thread.join()
        assert elsewhere == [1000], "another thread has an account of its own"
    assert expression.evaluate({}) == 1000


def test_a_list_given_by_name_where_one_key_is_wanted_is_null() -> None:
    context = "{x: 1, y: {a: 0}}"
    assert compile_expression(f'context put({context}, ["y", "a"], 2).y.a').evaluate({}) == 2
    assert (
        compile_expression(f'context put(context: {context}, keys: ["y", "a"], value: 2).y.a').evaluate({})
        == 2
    )
    assert compile_expression(f'context put(context: {context}, key: ["y"], value: 2)').evaluate({}) is None
    assert compile_expression(f'context put(context: {context}, key: "x", value: 2).x').evaluate({}) == 2


def test_a_condition_touches_only_what_it_names() -> None:
    """A case of 100 000 variables and one context of a megabyte: nothing is copied, walked or converted."""
    case: dict[str, Any] = {f"v{n}": n for n in range(100_000)} | {"eta": 40}
    case["caso"] = {f"campo {n}": {"testo": "x" * 20} for n in range(20_000)} | {"importo": 1500.5}
    expression = compile_expression("eta >= 18 and caso.importo > 1000")
    small = {"eta": 40, "caso": {"importo": 1500.5}}
    assert expression.evaluate(case) is True
    tracemalloc.start()
    expression.evaluate(case)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000, "bytes"
    assert expression.evaluate(case, limits=EvaluationLimits(steps=10)) is True, (
        "its cost does not grow with the case"
    )
    assert expression.evaluate(small, limits=EvaluationLimits(steps=10)) is True
