"""The codice fiscale: shape, check character, omocodia, agreement with the date of birth (D.M. 23 December 1976)."""

from __future__ import annotations

from datetime import date

from codicefiscale import codicefiscale

from engine.errors import InvalidInput

FIELD = "codice_fiscale"


def normalise(code: str) -> str:
    """Capitals without spaces, as it is stored."""
    return "".join(code.split()).upper()


def check_fiscal_code(code: str, birth: date | None = None) -> str:
    """The code normalised, once it holds. Raises InvalidInput on the field ``codice_fiscale``.

    Codes changed for omocodia (letters in place of digits) are good codes. With `birth`, day, month and the two last
    digits of the year must be those in the code.
    """
    plain = normalise(code)
    if len(plain) != 16 or not (plain.isascii() and plain.isalnum()):
        raise _wrong(
            f"Il codice fiscale ha 16 lettere e cifre; «{plain:.20}» ne ha {len(plain)} o ha altri segni"
        )
    if codicefiscale.CODICEFISCALE_RE.match(plain) is None:
        raise _wrong(
            "Il codice fiscale non ha lettere e cifre al loro posto (6 lettere, anno, mese, giorno, luogo)"
        )
    if codicefiscale.encode_cin(plain) != plain[15]:
        raise _wrong(
            "L'ultima lettera del codice fiscale non torna con le altre: ricopiarlo dalla tessera sanitaria"
        )
    try:
        written = codicefiscale.decode(plain)["birthdate"]
    except (ValueError, KeyError) as problem:
        raise _wrong(
            "Nel codice fiscale la data o il luogo di nascita non esistono: ricopiarlo dalla tessera"
        ) from problem
    if birth is not None and (written.day, written.month, written.year % 100) != (
        birth.day,
        birth.month,
        birth.year % 100,
    ):
        raise _wrong(
            f"Il codice fiscale dice nata o nato il {written:%d/%m}/{written.year % 100:02d}, "
            f"ma la data di nascita indicata è {birth:%d/%m/%Y}"
        )
    return plain


def without_omocodia(code: str) -> str:
    """The code before any replacement for omocodia: equal for people whom the tax office had to tell apart."""
    base: str = codicefiscale.decode(code)["omocodes"][0]
    return base


def _wrong(sentence: str) -> InvalidInput:
    return InvalidInput(sentence, code="CODICE_FISCALE_NON_VALIDO", fields={FIELD: sentence})
