"""Signing in: the same answer to every stranger, few attempts, sessions that end when they must."""

from __future__ import annotations

import pytest

from engine.access import SYSTEM, ChangedBy, accounts
from tests.web.people import PASSWORD, Desk, Office


def test_anna_signs_in_and_finds_her_tasks(office: Office) -> None:
    desk = office.desk()
    answer = desk.post("/accedi", utente=" Anna ", password=PASSWORD, follow=True)
    assert answer.request.path == "/compiti"
    assert "Anna Prova" in answer.text


def test_wrong_password_and_unknown_user_get_the_same_page(office: Office) -> None:
    known = office.desk().post("/accedi", utente="anna", password="sbagliata")
    unknown = office.desk().post("/accedi", utente="zeno", password="sbagliata")
    assert known.status_code == unknown.status_code == 422
    assert "Nome utente o password non corretti" in known.text
    shown = [
        page.text.replace(name, "").split("<main")[1].split("csrf_token")[0]
        for page, name in ((known, "anna"), (unknown, "zeno"))
    ]
    assert shown[0] == shown[1]


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/x",
        "//example.org",
        "/\\example.org",
        "javascript:alert(1)",
        "/accedi",
        "\t//example.org",
    ],
)
def test_after_signing_in_nobody_is_sent_elsewhere(office: Office, address: str) -> None:
    answer = office.desk().post("/accedi", utente="anna", password=PASSWORD, next=address)
    assert answer.location == "/compiti"


def test_after_signing_in_one_returns_where_one_was_going(office: Office) -> None:
    answer = office.desk().post("/accedi", utente="anna", password=PASSWORD, next="/pratiche?stato=active")
    assert answer.location == "/pratiche?stato=active"


def test_attempts_are_few_for_one_address(furnished_url: str) -> None:
    office = Office.open(furnished_url, login_rate="3 per minute")
    try:
        answers = [
            office.desk().post("/accedi", utente=f"utente{n}", password="x").status_code for n in range(5)
        ]
        assert answers == [422, 422, 422, 429, 429]
    finally:
        office.engine.close()


def test_attempts_are_few_for_one_account_from_any_address(furnished_url: str) -> None:
    office = Office.open(furnished_url, login_rate="3 per minute")
    try:
        statuses = []
        for number in range(5):
            client = office.app.test_client()
            client.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
            statuses.append(Desk(client).post("/accedi", utente="Anna", password="x").status_code)
        assert statuses[-1] == 429
    finally:
        office.engine.close()


@pytest.mark.parametrize(("proxies", "last"), [(0, 429), (1, 422)])
def test_the_address_told_by_a_proxy_counts_only_when_the_proxy_is_ours(
    furnished_url: str, proxies: int, last: int
) -> None:
    office = Office.open(furnished_url, login_rate="3 per minute", trusted_proxies=proxies)
    try:
        statuses = []
        for number in range(5):
            client = office.app.test_client()
            client.environ_base["HTTP_X_FORWARDED_FOR"] = f"192.0.2.{number}"
            statuses.append(Desk(client).post("/accedi", utente=f"utente{number}", password="x").status_code)
        assert statuses[-1] == last
    finally:
        office.engine.close()


def test_what_a_session_held_before_signing_in_is_thrown_away(office: Office) -> None:
    desk = office.desk()
    with desk.client.session_transaction() as session:
        session["planted"] = "yes"
    desk.post("/accedi", utente="anna", password=PASSWORD)
    with desk.client.session_transaction() as session:
        assert "planted" not in session


def test_a_form_without_its_token_is_refused(office: Office) -> None:
    answer = office.app.test_client().post("/accedi", data={"utente": "anna", "password": PASSWORD})
    assert answer.status_code == 400
    assert "ricaricala" in answer.text


def test_a_closed_account_is_out_at_once(office: Office, anna: Desk) -> None:
    with office.engine.database.begin() as work:
        accounts.deactivate(work.connection, "anna", by=ChangedBy(SYSTEM.id, office.clock.now()))
    assert anna.get("/compiti").status_code == 302


def test_a_new_password_ends_the_other_sessions(office: Office, anna: Desk) -> None:
    elsewhere = office.desk("anna")
    new = "cinque cani in giardino"
    answer = anna.post("/profilo/password", attuale=PASSWORD, nuova=new, ripetuta=new)
    assert answer.status_code == 302
    assert anna.get("/compiti").status_code == 200
    assert elsewhere.get("/compiti").status_code == 302


def test_the_new_password_is_written_twice_alike(anna: Desk) -> None:
    answer = anna.post(
        "/profilo/password", attuale=PASSWORD, nuova="cinque cani in giardino", ripetuta="altro"
    )
    assert answer.status_code == 422
    assert "due volte la stessa password" in answer.text


def test_signing_out_ends_the_session(anna: Desk) -> None:
    anna.get("/profilo")
    assert anna.post("/esci").status_code == 302
    assert anna.get("/compiti").status_code == 302


def test_cookies_are_careful(furnished_url: str) -> None:
    office = Office.open(furnished_url, secure_cookies=True)
    try:
        client = office.app.test_client()
        answer = client.get("/accedi", base_url="https://localhost")
        cookie = answer.headers["Set-Cookie"]
        assert all(flag in cookie for flag in ("Secure", "HttpOnly", "SameSite=Lax"))
        assert "max-age=" in answer.headers["Strict-Transport-Security"]
    finally:
        office.engine.close()


def test_watchers_can_ask_whether_all_is_well(office: Office) -> None:
    assert office.app.test_client().get("/salute").get_json() == {"stato": "vivo"}
    assert office.app.test_client().get("/salute/pronto").status_code == 200


def test_the_figures_are_told_to_whoever_shows_the_token_and_to_nobody_else(office: Office) -> None:
    client = office.app.test_client()
    shown = {"Authorization": "Bearer guardiano"}
    assert client.get("/metriche", headers={"Authorization": "Bearer "}).status_code == 404
    assert client.get("/metriche", headers=shown).status_code == 404
    settings = office.engine.settings.with_(metrics_token="guardiano")
    office.app.extensions["patti"] = (office.engine, settings)
    assert client.get("/metriche").status_code == 404
    answer = client.get("/metriche", headers=shown)
    assert answer.status_code == 200
    assert "patti_timers_due 0.0" in answer.text
    assert "patti_incidents_open 0.0" in answer.text
