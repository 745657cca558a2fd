"""The codice fiscale: what is accepted, what is refused and in which words. All codes are of invented people."""

from __future__ import annotations

from datetime import date

import pytest
from codicefiscale import codicefiscale
from hypothesis import given
from hypothesis import strategies as st

from engine.access.names import key, person_key, similar
from engine.errors import InvalidInput
from engine.storage.text_search import words
from modules.people.fiscal_code import check_fiscal_code, without_omocodia

ANNA = "PRVNNA76B50D142"  # Anna Prova, 10/02/1976, Crema


def code(root: str = ANNA) -> str:
    return root + codicefiscale.encode_cin(root)


def refusal(text: str, birth: date | None = None) -> str:
    with pytest.raises(InvalidInput) as caught:
        check_fiscal_code(text, birth)
    assert caught.value.code == "CODICE_FISCALE_NON_VALIDO"
    assert list(caught.value.fields) == ["codice_fiscale"]
    return caught.value.message


def test_a_good_code_is_tidied() -> None:
    good = code()
    assert check_fiscal_code(f" {good[:6].lower()} {good[6:].lower()} ", date(1976, 2, 10)) == good


def test_omocodia_is_good_and_has_the_same_base() -> None:
    good = code()
    changed = codicefiscale.decode(good)["omocodes"]
    assert len(changed) == 128
    for other in changed[1:6] + changed[-1:]:
        assert check_fiscal_code(other, date(1976, 2, 10)) == other
        assert without_omocodia(other) == good


def test_each_fault_has_its_sentence() -> None:
    good = code()
    assert "16" in refusal(good[:-1])
    assert "16" in refusal("")
    assert "16" in refusal("è" * 16)
    assert "posto" in refusal("1" * 16)
    wrong_letter = "A" if good[-1] != "A" else "B"
    assert "ultima lettera" in refusal(good[:-1] + wrong_letter)
    assert "10/02/76" in refusal(good, date(1976, 2, 11))
    assert "non esistono" in refusal(code("PRVNNA76B31D142"))
    assert "non esistono" in refusal(code("PRVNNA76B50Y999"))


def test_a_centenarian_and_a_child_share_two_digits() -> None:
    assert check_fiscal_code(code(), date(1976, 2, 10))
    old = code("PRVNNA12B50D142")
    assert check_fiscal_code(old, date(1912, 2, 10)) == check_fiscal_code(old, date(2012, 2, 10))


@given(st.text(max_size=20))
def test_any_text_is_a_code_or_a_sentence(text: str) -> None:
    try:
        assert len(check_fiscal_code(text)) == 16
    except InvalidInput as problem:
        assert "codice fiscale" in problem.message  # noqa: PT017 - both ends are good


@given(st.text(alphabet="ABCDEHLMPRST0123456789", min_size=16, max_size=16))
def test_near_codes_never_break_the_reader(text: str) -> None:
    root = "PRVNNA" + text[6:15]
    try:
        check_fiscal_code(root + codicefiscale.encode_cin(root))
    except InvalidInput as problem:
        assert problem.fields  # noqa: PT017 - both ends are good


def test_names_compare_as_people_mean_them() -> None:
    assert words("  D’Angelò   María ") == "d angelo maria"
    assert key("De Luca") == key("DELUCA") == key("de-lùca")
    assert similar(person_key("Prova", "Giovanna"), person_key("Prova", "Giovana"))
    assert similar(person_key("Prova", "Giovanna"), person_key("Giovanna", "Prova"))
    assert not similar(person_key("Prova", "Anna"), person_key("Esempio", "Bruno"))
