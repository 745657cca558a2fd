"""Forms on a page without JavaScript: what is drawn, what the buttons do, what is kept."""

from __future__ import annotations

import json
from decimal import Decimal
from io import BytesIO
from typing import Any

from lxml import html

from engine.languages.forms import parse_form
from tests.web.forms.gallery_app import Gallery


class Browser:
    """A browser without JavaScript: it posts every named control of the page it has, as changed."""

    def __init__(self, gallery: Gallery) -> None:
        self.client = gallery.app.test_client()
        self.status = 0
        self.page: Any = None
        self._take(self.client.get("/"))

    def _take(self, response: Any) -> None:
        self.status = response.status_code
        self.page = html.document_fromstring(response.get_data(as_text=True))
        response.request.input_stream.close()  # a file of its own when much was sent

    def press(self, button: str, value: str = "1", **changes: Any) -> None:
        """Press a button after these changes (a list for boxes ticked, None for an input that goes away)."""
        data: dict[str, Any] = {}
        for name, given in self.page.forms[0].form_values():
            data.setdefault(name, []).append(given)
        data.update({name: given if isinstance(given, list) else [given] for name, given in changes.items()})
        self._take(self.client.post("/", data={**data, **({button: value} if button else {})}))

    def all(self, path: str) -> list[html.HtmlElement]:
        """What an XPath finds; `.name` stands for elements of that class, `@name` for the control so named."""
        if path.startswith("@"):
            path = f"//*[@name='{path[1:]}']"
        elif path.startswith("."):
            first, _, rest = path[1:].partition("//")
            path = f"//*[contains(concat(' ', @class, ' '), ' {first} ')]" + (f"//{rest}" if rest else "")
        return list(self.page.xpath(path))

    def one(self, path: str) -> html.HtmlElement:
        found = self.all(path)
        assert len(found) == 1, f"{path}: {len(found)}"
        return found[0]

    def text(self, path: str = "//body") -> str:
        return " ".join(" ".join(one.text_content() for one in self.all(path)).split())

    def typed(self, name: str) -> str:
        return str(self.page.forms[0].inputs[name].value)


FULL: dict[str, Any] = {
    "cognome": "Prova",
    "nome": "Ada",
    "data_nascita": "10/02/1976",
    "condizione": ["", "inoccupato"],
    "comune": "Crema",
    "interventi": ["", "diurni"],
    "informativa": ["", "on"],
    "obiettivi[0].testo": "Trovare un corso",
    "importo": "1.250,00",
}


def simple(*components: dict[str, Any], **variables: Any) -> Gallery:
    form = {"type": "default", "id": "prova", "components": components}
    return Gallery(parse_form(json.dumps(form), "prova.form"), variables)


def test_every_field_has_a_name_that_is_read_aloud() -> None:
    page = Browser(Gallery())
    for what in (
        "//input[not(@type='hidden')]",
        "//select",
        "//textarea",
        "//fieldset",
        "//*[@aria-describedby]",
    ):
        assert page.all(what), what
    for control in page.all("//input[not(@type='hidden')] | //select | //textarea"):
        assert page.all(f"//label[@for='{control.get('id')}']"), control.get("name")
    for fieldset in page.all("//fieldset"):
        assert fieldset.find("legend") is not None, fieldset.get("id")
    for described in page.all("//*[@aria-describedby]"):
        for one in described.get("aria-describedby").split():
            assert page.text(f"//*[@id='{one}']")
    ids = [one.get("id") for one in page.all("//*[@id]")]
    assert len(ids) == len(set(ids))


def test_nothing_is_written_in_line() -> None:
    page = Browser(Gallery())
    assert not page.all("//*[@style or @onclick or @onchange] | //style | //script[not(@src)]")


def test_numbers_and_other_peoples_data() -> None:
    page = Browser(Gallery())
    assert page.one("@importo").get("inputmode") == "decimal"
    assert page.one("@eta").get("inputmode") == "numeric"
    assert page.one("@cognome").get("autocomplete") == "off"
    assert "Cognome (obbligatorio)" in page.text("//label")


def test_computed_text_is_never_markup() -> None:
    page = Browser(Gallery())
    assert "Ada <b>Prova</b>" in page.text("//strong")
    assert not page.all("//b")
    assert "solo la microequipe" in page.text("//strong")
    assert "alert(1)" not in page.text()
    assert page.one(".campo-text//a").get("href") == "/aiuto/giustificativi"


def test_a_dangerous_link_is_only_text() -> None:
    text = {"type": "text", "id": "T", "text": "[qui](javascript:alert(1)) [là](//altro.esempio) {{ x }}"}
    page = Browser(
        simple(
            text,
            {"type": "html", "id": "H", "content": '<a href="javascript:x" onclick="y">z</a><p>fine'},
            x="[a](/b)",
        )
    )
    assert [one.get("href") for one in page.all(".campo//a")] == [None]
    assert "[a](/b)" in page.text()
    assert not page.all("//*[@onclick]")


def test_errors_are_listed_first_and_lead_to_their_fields() -> None:
    page = Browser(Gallery())
    changes: dict[str, Any] = {"importo": "tanto", "obiettivi[0].misurabile": ["", "on"]}
    page.press("", **changes)
    assert page.status == 422
    links = {one.get("href"): one.text_content() for one in page.all("//*[@role='alert']//a")}
    for address in links:
        assert page.all(f"//*[@id='{address[1:]}']"), address
    assert links["#f-importo"] == "Nuova voce: Scrivi un importo in euro, per esempio 1.250,00"
    assert links["#f-condizione-0"] == "Condizione lavorativa: Scegli una voce"
    assert links["#f-obiettivi-0-testo"] == "Obiettivi, 1: Obiettivo: Compila questo campo: è obbligatorio"
    assert page.one("//*[@role='alert']").get("autofocus") is not None
    assert page.typed("importo") == "tanto"
    field = page.one("@importo")
    assert field.get("aria-invalid") == "true"
    assert "Scrivi un importo" in page.text(f"//*[@id='{field.get('aria-describedby')}']")


def test_a_whole_form_goes_through() -> None:
    gallery = Gallery()
    page = Browser(gallery)
    page.press("", **FULL | {"importo": "60,00"})
    assert gallery.values is not None, page.text("//*[@role='alert']")
    assert gallery.values["importo"] == Decimal("60.00")
    assert gallery.values["obiettivi"][0]["testo"] == "Trovare un corso"
    assert gallery.values["operatore"] == "Olga Esempio"
    assert "protocollo" not in gallery.values
    assert "10/02/1976" in page.text(".campo-valore")
    assert not page.all("//form")


def test_refresh_applies_conditions_and_keeps_everything() -> None:
    page = Browser(Gallery())
    assert not page.all("@condizione_altro")
    page.press("_aggiorna", cognome="Prova", importo="12", condizione=["", "altro"])
    assert page.status == 200
    assert page.one("@condizione_altro").get("type") == "text"
    assert page.typed("cognome") == "Prova"
    assert "Dopo questa voce restano 48 €." in page.text()
    assert not page.all("//*[@role='alert' or @aria-invalid]")


def test_what_a_condition_hides_comes_back_as_it_was() -> None:
    page = Browser(Gallery())
    page.press("_aggiorna", condizione=["", "altro"])
    page.press("_aggiorna", condizione=["", "inoccupato"], condizione_altro="stagionale")
    assert page.one("@condizione_altro").get("type") == "hidden"
    page.press("_aggiorna", condizione=["", "altro"])
    assert page.typed("condizione_altro") == "stagionale"
    page.press("", **FULL | {"condizione": ["", "inoccupato"], "importo": ""})
    assert page.status == 200


def test_rows_are_added_and_removed_by_buttons() -> None:
    page = Browser(Gallery())
    page.press("_aggiungi", "obiettivi", **{"obiettivi[0].testo": "primo"})
    page.press("_aggiungi", "obiettivi", **{"obiettivi[1].testo": "secondo"})
    assert page.one("@obiettivi[2].testo").get("autofocus") is not None
    page.press("_togli", "obiettivi[0]", **{"obiettivi[2].testo": "terzo"})
    assert [page.typed(f"obiettivi[{n}].testo") for n in (0, 1)] == ["secondo", "terzo"]
    assert page.one("//*[@id='f-obiettivi']").get("autofocus") is not None
    page.press("_togli", "obiettivi[0]")
    assert not page.all("@_togli"), "the form wants one row at least"


def test_rows_end_at_the_most_the_form_allows() -> None:
    page = Browser(Gallery())
    for _ in range(4):
        page.press("_aggiungi", "obiettivi")
    assert not page.all("@_aggiungi")
    page.press("_aggiungi", "obiettivi")
    page.press("_aggiungi", "cognome")
    page.press("_togli", "nulla[7]")
    assert len(page.all(".riga")) == 5


def test_enter_presses_the_harmless_button() -> None:
    first = Browser(Gallery()).all("//form//button")[0]
    assert first.get("name") == "_aggiorna"


def test_a_date_no_browser_can_show_stays_as_typed() -> None:
    page = Browser(Gallery())
    page.press("", data_nascita="31/02/1980")
    assert page.one("@data_nascita").get("type") == "text"
    assert page.typed("data_nascita") == "31/02/1980"
    page.press("", data_nascita="28/02/1980")
    assert page.one("@data_nascita").get("type") == "date"
    assert page.typed("data_nascita") == "1980-02-28"


def test_half_a_moment_stays_as_typed() -> None:
    page = Browser(Gallery())
    page.press("", incontro__data="29/03/2016")
    assert "la data e l'ora" in page.text("//*[@role='alert']")
    assert page.typed("incontro__data") == "29/03/2016"


def test_files_are_attached_and_can_be_taken_away() -> None:
    gallery = Gallery()
    page = Browser(gallery)
    page.press("", giustificativo=[(BytesIO(b"%PDF-"), "scontrino.pdf"), (BytesIO(b"x"), "virus.exe")])
    assert "scontrino.pdf" in page.text(".campo-file//label")
    assert "Il file «virus.exe» non è del tipo giusto: qui vanno .pdf, .jpg, .png" in page.text(
        "//*[@role='alert']"
    )
    page.press("", giustificativo=["", "allegato0", (BytesIO(b"x" * (1024 * 1024 + 1)), "grande.pdf")])
    assert "supera 1 MB" in page.text("//*[@role='alert']")
    page.press("", giustificativo=[""])
    assert not page.all(".campo-file")


def test_a_draft_is_shown_as_it_was_typed() -> None:
    gallery = Gallery()
    client = gallery.app.test_client()
    client.post(
        "/bozza",
        data={"importo": "dodici", "condizione": "altro", "condizione_altro": "a", "csrf_token": "x"},
    )
    page = Browser(gallery)
    assert page.typed("importo") == "dodici"
    assert page.typed("condizione_altro") == "a"
    assert not page.all("//*[@role='alert']")


def test_a_form_that_may_only_be_read_is_text() -> None:
    gallery = Gallery()
    gallery.locked = True
    page = Browser(gallery)
    assert not page.all("//form | //select | //textarea | //button | //input[not(@type='hidden')]")
    assert "Registrato da" in page.text()


def test_an_error_about_nothing_on_the_page_is_told_too() -> None:
    page = Browser(Gallery())
    page._take(page.client.post("/", data={"inventato": "x"}))
    assert page.status == 422
    assert "Nuova voce" not in page.text("//*[@role='alert']")


def test_a_table_shows_words_and_money() -> None:
    page = Browser(Gallery())
    assert page.text("//tbody/tr[2]/td") == "Mobilità Trasporti Prova 740,50"
