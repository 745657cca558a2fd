"""Checks of the codice fiscale: shape, check letter, omocodia, date of birth (D.M. 23 December 1976)."""

from __future__ import annotations

from datetime import date

from codicefiscale import codicefiscale

from engine.errors import InvalidInput
from engine.localization import Message, message

FIELD = "codice_fiscale"


def normalise(code: str) -> str:
    """Capitals without spaces, as it is stored."""
    return "".join(code.split()).upper()


def check_fiscal_code(code: str, birth: date | None = None) -> str:
    """The valid code, normalised. Raises InvalidInput CODICE_FISCALE_NON_VALIDO on the field ``codice_fiscale``.

    Codes changed for omocodia (letters in place of digits) are valid. With `birth`, day, month and the last two
    digits of the year must be those in the code.
    """
    plain = normalise(code)
    if len(plain) != 16 or not (plain.isascii() and plain.isalnum()):
        raise _invalid(message("FISCAL_CODE_BAD_SHAPE", value=plain[:20], length=len(plain)))
    if codicefiscale.CODICEFISCALE_RE.match(plain) is None:
        raise _invalid(message("FISCAL_CODE_BAD_PATTERN"))
    if codicefiscale.encode_cin(plain) != plain[15]:
        raise _invalid(message("FISCAL_CODE_BAD_CHECK_LETTER"))
    try:
        written = codicefiscale.decode(plain)["birthdate"]
    except (ValueError, KeyError) as problem:
        raise _invalid(message("FISCAL_CODE_BAD_BIRTH")) from problem
    if birth is not None and (written.day, written.month, written.year % 100) != (
        birth.day,
        birth.month,
        birth.year % 100,
    ):
        raise _invalid(
            message("FISCAL_CODE_OTHER_BIRTH_DATE", found=written.strftime("%d/%m/%y"), birth=birth)
        )
    return plain


def without_omocodia(code: str) -> str:
    """The code before any replacement for omocodia: the same for people whose codes the tax office changed."""
    base: str = codicefiscale.decode(code)["omocodes"][0]
    return base


def _invalid(problem: Message) -> InvalidInput:
    return InvalidInput.for_field(FIELD, problem, code="CODICE_FISCALE_NON_VALIDO")
