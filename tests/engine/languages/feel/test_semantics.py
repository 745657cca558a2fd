"""What expressions mean, by example."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.languages.feel import YearsMonths, compile_expression, compile_unary_tests

VARIABLES: dict[str, Any] = {
    "eta": 39,
    "stato": "disoccupato",
    "importo": 1940.5,
    "nato_il": dt.date(1976, 2, 10),
    "persona": {"nome": "Ada", "figli": [{"nome": "Leo", "eta": 4}, {"nome": "Ida", "eta": 9}]},
    "ore": [2, 3, 5],
    "date": "a variable with the name of a function",
}

EXAMPLES = {
    'eta >= 18 and eta <= 39 and stato in ("disoccupato","inoccupato")': True,
    "eta in [18..39]": True,
    "eta in (39..50]": False,
    "eta in ]38..40[": True,
    "eta in (< 18, > 65)": False,
    "eta between 18 and 39": True,
    "not(eta > 18)": False,
    "manca = null": True,
    "manca > 3": None,
    "manca > 3 and eta < 3": False,
    "manca > 3 or eta = 39": True,
    "is defined(manca)": False,
    'eta = "39"': None,
    'if manca > 1 then "sì" else "no"': "no",
    "0.1 + 0.2": Decimal("0.3"),
    "importo + 59.5": Decimal(2000),
    "-2 ** 2": Decimal(4),
    "2 + 3 * 4 - 1": Decimal(13),
    "7 / 0": None,
    "1 / 3": Decimal("0." + "3" * 34),
    "modulo(-7, 3)": Decimal(2),
    "round half up(2.125, 2)": Decimal("2.13"),
    '"a" + "b"': "ab",
    'string length("caffè")': Decimal(5),
    'upper case("sì")': "SÌ",
    'substring("patto", -3)': "tto",
    'contains("Patto per l\'Inclusione", "Inclusione")': True,
    'matches("RSSMRA76B10D142K", "^[A-Z]{6}[0-9]{2}[A-Z][0-9]{2}[A-Z][0-9]{3}[A-Z]$")': True,
    'replace("2016-03-14", "(\\d+)-(\\d+)-(\\d+)", "$3/$2/$1")': "14/03/2016",
    'split("a;b;;c", ";")': ["a", "b", "", "c"],
    'string join(["a", null, "b"], ", ")': "a, b",
    "persona.nome": "Ada",
    "persona.figli.nome": ["Leo", "Ida"],
    "persona.figli[eta < 5].nome": ["Leo"],
    "persona.figli[-1].nome": "Ida",
    "persona.figli[item.eta > eta]": [],
    "persona.cognome": None,
    "sum(ore)": Decimal(10),
    "sum(1, 2, 3)": Decimal(6),
    "max(ore) - min(ore)": Decimal(3),
    "mean(ore)": Decimal("3." + "3" * 33),
    "some figlio in persona.figli satisfies figlio.eta < 6": True,
    "every ora in ore satisfies ora > 2": False,
    "for i in 1..3 return i * i": [Decimal(1), Decimal(4), Decimal(9)],
    "for i in 3..1 return i": [Decimal(3), Decimal(2), Decimal(1)],
    "for a in [1, 2], b in [10, 20] return a + b": [Decimal(11), Decimal(21), Decimal(12), Decimal(22)],
    "for i in 1..5 return if i = 1 then 1 else i * partial[-1]": [Decimal(n) for n in (1, 2, 6, 24, 120)],
    "{ore fatte: sum(ore), ore mancanti: 38 - ore fatte}.ore mancanti": Decimal(28),
    "{doppio: function(n: number) n * 2, r: doppio(21)}.r": Decimal(42),
    "{f: function(n) if n <= 1 then 1 else n * f(n - 1), r: f(20)}.r": Decimal(2432902008176640000),
    "sort(ore, function(a, b) a > b)": [Decimal(5), Decimal(3), Decimal(2)],
    "sort(list: [3, 1], precedes: function(x, y) x < y)": [Decimal(1), Decimal(3)],
    'get value({"chiave con spazi": 7}, "chiave con spazi")': Decimal(7),
    "distinct values([1, 2, 1, 1.0])": [Decimal(1), Decimal(2)],
    "flatten([1, [2, [3]]])": [Decimal(1), Decimal(2), Decimal(3)],
    'date("2016-08-31") + duration("P1M")': dt.date(2016, 9, 30),
    '@"2016-01-31" + @"P1M"': dt.date(2016, 2, 29),
    '@"2016-03-31" - @"P1M"': dt.date(2016, 2, 29),
    'date("2016-01-28") - nato_il': dt.timedelta(days=14597),
    'years and months duration(nato_il, date("2016-01-28")).years': Decimal(39),
    'date("2016-02-30")': None,
    "date(2016, 3, 14).weekday": Decimal(1),
    'time("09:00:00") < time("10:00:00")': True,
    'date and time("2016-03-14T09:00:00@Europe/Rome")': dt.datetime(
        2016, 3, 14, 9, tzinfo=ZoneInfo("Europe/Rome")
    ),
    'date and time("2016-03-14T09:00:00@Europe/Rome") = date and time("2016-03-14T08:00:00Z")': True,
    'duration("P1Y2M")': YearsMonths(14),
    'duration("PT36H")': dt.timedelta(hours=36),
    'duration("P1M1D")': None,
    'duration("P1D") * 15': dt.timedelta(days=15),
    "eta instance of number": True,
    "ore instance of list<number>": True,
    "persona instance of context<nome: string>": True,
    'before(@"2016-01-01", @"2016-02-01")': True,
    "overlaps([1..5], [5..9])": True,
    "string(1.50)": "1.5",
    'string([1, "a", null, @"2016-01-01"])': '[1, "a", null, 2016-01-01]',
    "date": "a variable with the name of a function",
    'date("2016-01-28")': dt.date(2016, 1, 28),
    "count(manca)": None,
    "/* a comment */ 1 + // and another\n 1": Decimal(2),
    '"tab\\t \\"quoted\\" \\u00e8"': 'tab\t "quoted" è',
}


@pytest.mark.parametrize("text", EXAMPLES)
def test_expression(text: str) -> None:
    value = compile_expression(text).evaluate(VARIABLES)
    assert value == EXAMPLES[text]
    assert type(value) is type(EXAMPLES[text])


CELLS = [
    ("-", None, True),
    ("", 5, True),
    ("[18..39]", 39, True),
    ("[18..39)", 39, False),
    ("[18..39]", Decimal("39.5"), False),
    ("(18..39]", 18, False),
    ("< 18, > 65", 70, True),
    ("not(< 18, > 65)", 70, False),
    ('"a", "b"', "b", True),
    ('not("a", "b")', "b", False),
    ('"a"', None, False),
    ("null", None, True),
    ("not(null)", 3, True),
    ("? > 5 and ? < 10", 7, True),
    ('contains(?, "att")', "patto", True),
    ("> soglia", 5, True),
    ("[soglia..soglia + 3]", 7, True),
    ("true", False, False),
    ("> 5", "x", None),
    ('< @"2016-02-10"', dt.date(2016, 1, 28), True),
    ("list contains([1, 2], ?)", 2, True),
    ("-5", -5, True),
]


@pytest.mark.parametrize(("text", "value", "expected"), CELLS)
def test_cell(text: str, value: Any, expected: bool | None) -> None:
    assert compile_unary_tests(text).evaluate_test(value, {"soglia": 4}) is expected


def test_elapsed_time_across_a_change_of_clocks() -> None:
    """On the night of 27/3/2016 the clocks of Rome went forward: a day later by elapsed time is an hour later."""
    text = '@"2016-03-26T09:00:00@Europe/Rome" + @"P1D"'
    assert compile_expression(text).evaluate({}) == dt.datetime(
        2016, 3, 27, 10, tzinfo=ZoneInfo("Europe/Rome")
    )
    text = '@"2016-03-27T09:00:00@Europe/Rome" - @"2016-03-26T09:00:00@Europe/Rome"'
    assert compile_expression(text).evaluate({}) == dt.timedelta(hours=23)
