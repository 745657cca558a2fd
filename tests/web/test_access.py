"""Who may open what: every page says it, strangers are sent to sign in, the wrong role is refused and noted."""

from __future__ import annotations

import logging

import pytest

from tests.web.people import Desk, Office
from web.access import of_endpoint

PUBLIC = {
    "static",
    "account.home",
    "account.sign_in",
    "account.check_sign_in",
    "account.sign_out",
    "account.language",
    "account.deadline_feed",
    "health.alive",
    "health.ready",
    "health.figures",
}


def test_every_page_says_who_may_open_it(office: Office) -> None:
    endpoints = [rule.endpoint for rule in office.app.url_map.iter_rules()]
    silent = [endpoint for endpoint in endpoints if of_endpoint(office.app, endpoint) is None]
    assert not silent, f"these views lack a decorator of web.access: {silent}"


def test_only_these_pages_are_public(office: Office) -> None:
    open_ones = {
        rule.endpoint
        for rule in office.app.url_map.iter_rules()
        if (access := of_endpoint(office.app, rule.endpoint)) and not access.signed_in
    }
    assert open_ones == PUBLIC


@pytest.mark.parametrize(
    "address", ["/compiti", "/pratiche", "/cerca?q=x", "/amministrazione/", "/avvisi", "/profilo"]
)
def test_a_stranger_is_sent_to_the_sign_in_and_brought_back(office: Office, address: str) -> None:
    answer = office.desk().get(address)
    assert answer.status_code == 302
    assert answer.location.startswith("/accedi?next=")


def test_a_script_of_a_lost_session_is_told_in_json(office: Office) -> None:
    answer = office.desk().get("/compiti", Accept="application/json")
    assert answer.status_code == 401
    assert answer.get_json()["code"] == "SIGNED_OUT"


@pytest.mark.parametrize(
    "address",
    [
        "/amministrazione/",
        "/amministrazione/incidenti",
        "/amministrazione/parametri",
        "/amministrazione/calendario",
        "/amministrazione/utenti",
        "/amministrazione/utenti/anna",
        "/amministrazione/processi",
    ],
)
def test_the_wrong_role_gets_403_and_a_log_line(
    office: Office, anna: Desk, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="patti.refusals"):
        answer = anna.get(address)
    assert answer.status_code == 403
    assert "Non puoi farlo" in answer.text
    assert any("anna" in line and address in line for line in caplog.messages)


@pytest.mark.parametrize("username", ["ada"])
def test_administrators_do_not_read_cases(office: Office, username: str) -> None:
    case = office.case()
    assert office.desk(username).get(f"/pratiche/{case}").status_code == 403


def test_a_case_of_another_ambito_stays_closed(office: Office) -> None:
    case = office.case()
    olga = office.desk("olga")
    assert olga.get(f"/pratiche/{case}").status_code == 403
    assert olga.get(f"/compiti/{office.task(case)}").status_code == 403
    assert "Fittizi" not in olga.get("/compiti").text
    assert "Fittizi" not in olga.get("/cerca?q=fittizi").text
    assert "Fittizi" not in olga.get("/pratiche").text


def test_an_address_that_leads_nowhere_has_a_helpful_page(anna: Desk) -> None:
    answer = anna.get("/pratiche/0123456789abcdef")
    assert answer.status_code == 404
    assert "Vai ai tuoi compiti" in answer.text


def test_every_answer_carries_the_protecting_headers(office: Office, anna: Desk) -> None:
    headers = anna.get("/compiti").headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_no_page_needs_inline_scripts_or_styles(office: Office, anna: Desk) -> None:
    case = office.case()
    for address in ("/compiti", f"/compiti/{office.task(case)}", f"/pratiche/{case}", "/nuova-pratica"):
        text = anna.get(address).text
        assert " style=" not in text
        assert " onclick=" not in text
        assert "<style" not in text
