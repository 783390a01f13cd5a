"""`unionhub parties service`, `services`, `grant`, `grants`: each change is checked as a whole, and on record."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.keys import partner_key
from support.operator import Operator
from unionhub.domain.model.parties import JoseProfile
from unionhub.domain.model.services import Grant, IndustryService
from unionhub.hosts.sandbox.seeds import ACQUIRER, HARBOUR, HARBOUR_CHANNEL, PARKING, PEAK_CHANNEL, TRAVEL

URL = "https://parking.example/start"
NEW_CHANNEL, NEW_INDUSTRY = "98030702", "98040702"


@pytest.fixture(scope="module", autouse=True)
def _newcomers(unionhub: Operator) -> None:
    unionhub.does("parties", "add", NEW_CHANNEL, "--role", "channel", "--name", "Bay", "--channel-code", "BAYLIFE001")
    unionhub.does("parties", "add", NEW_INDUSTRY, "--role", "industry", "--name", "Park", "--industry-code", "60030001")


def stored_service(unionhub: Operator, app_id: str) -> IndustryService:
    async def read(uow: Any) -> IndustryService:
        return next(each for each in await uow.services() if each.app_id == app_id)

    return unionhub.work(read)


def stored_grant(unionhub: Operator, channel: str, industry: str) -> Grant | None:
    async def read(uow: Any) -> Grant | None:
        return next((each for each in await uow.grants() if (each.channel, each.industry) == (channel, industry)), None)

    return unionhub.work(read)


def trail(unionhub: Operator, subject: str) -> list[tuple[str, str]]:
    async def read(uow: Any) -> list[tuple[str, str]]:
        return [(each.action, each.detail) for each in await uow.audit(subject=subject)]

    return unionhub.work(read)


def test_a_service_is_registered_then_changed(unionhub: Operator) -> None:
    assert unionhub.refuses("parties", "service", NEW_INDUSTRY).startswith(f"{NEW_INDUSTRY} has no service yet; to register")
    named = ("--name", "Bay Parking", "--category", "parking", "--url", URL)
    made = unionhub.json("parties", "service", NEW_INDUSTRY, *named, "--needs", "mobile", "--takes", "email")
    assert (made["needs"], made["takes"], made["ticketLifeS"]) == (["mobile"], ["email"], 60)
    assert (made["mcc"], made["city"], made["merchant"]) == ("7399", "Online", "")
    sold = ("--acquirer", ACQUIRER, "--merchant", "344752300000009", "--mcc", "7523", "--city", "Kowloon")
    changed = unionhub.json("parties", "service", NEW_INDUSTRY, "--ticket-life-s", 30, *sold)
    merchant = {"acquirer": ACQUIRER, "merchant": "344752300000009", "mcc": "7523", "city": "Kowloon"}
    assert changed == made | {"ticketLifeS": 30, **merchant}
    assert unionhub.json("parties", "service", NEW_INDUSTRY) == changed
    stored = stored_service(unionhub, NEW_INDUSTRY)
    assert (stored.url, stored.mcc, stored.city) == (URL, "7523", "Kowloon")
    said = unionhub.does("parties", "service", NEW_INDUSTRY).out
    assert "7523" in said
    assert "Kowloon" in said
    assert [action for action, _ in trail(unionhub, f"party {NEW_INDUSTRY}")][:2] == ["party.service"] * 2
    assert "Bay Parking" in unionhub.does("parties", "services").out
    assert "60030001" in unionhub.does("parties", "services").out
    assert "mobile" in unionhub.does("parties", "service", NEW_INDUSTRY).out


@pytest.mark.parametrize(
    ("app_id", "options", "line"),
    [
        (HARBOUR, [], "is no industry here"),
        ("00000000", [], "is no industry here"),
        (PARKING, ["--url", "http://parking.example/start"], "https is needed"),
        (PARKING, ["--url", "parking"], "must be https://host"),
        (PARKING, ["--url", "https://p.example/" + "x" * 500], "too long"),
        (PARKING, ["--url", URL, "--language", "en_HK"], "is no language"),
        (PARKING, ["--url", URL, "--language", "fr-FR"], "none that it speaks"),
        (PARKING, ["--url", URL, "--ticket-life-s", "0"], "a ticket lives"),
        (PARKING, ["--url", URL, "--acquirer", HARBOUR], "is no acquirer here"),
        (PARKING, ["--url", URL, "--name", "x" * 101], "up to 100"),
        (PARKING, ["--url", URL, "--mcc", "752"], "its merchant category code (MCC) is 4 digits"),
        (PARKING, ["--url", URL, "--city", "Hong Kong Island"], "its city has 1 to 15 printable"),
        (PARKING, ["--url", URL, "--city", "香港"], "its city has 1 to 15 printable"),
        (PARKING, ["--url", URL, "--city", ""], "its city has 1 to 15 printable"),
        (PARKING, ["--url", URL, "--merchant", "34475230000000"], "its merchant number is 15 letters and digits"),
        (PARKING, ["--url", URL, "--icon-url", "https://ü.example"], "printable ASCII"),
    ],
)
def test_services_that_cannot_be(unionhub: Operator, app_id: str, options: list[str], line: str) -> None:
    assert line in unionhub.refuses("parties", "service", app_id, *options)


def test_an_industry_is_launched_with_a_service(unionhub: Operator) -> None:
    industry = "98040704"
    code = ("--role", "industry", "--name", "Ferry", "--industry-code", "60030003", "--base-url", "https://ferry.example")
    keys = json.dumps({"keys": [partner_key(JoseProfile.MODERN, use).public_jwk() for use in ("sig", "enc")]})
    unionhub.does("parties", "add", industry, *code, "--jwks", "-", typed=keys)
    unionhub.does("parties", "admit", industry)
    launch = ("parties", "launch", industry, "--tested", "Kim, today")
    line = f"{industry} cannot launch yet: it has no service: `unionhub parties service {industry} --name --category --url`"
    assert unionhub.refuses(*launch) == line
    assert "it has no service" in unionhub.does("parties", "show", industry).out
    unionhub.does("parties", "service", industry, "--name", "Ferry", "--category", "travel", "--url", URL)
    assert unionhub.json(*launch)["state"] == "LIVE"


def test_a_grant_goes_its_way(unionhub: Operator) -> None:
    pair = (NEW_CHANNEL, PARKING)
    assert "has not applied" in unionhub.refuses("parties", "grant", *pair, "grant")
    assert unionhub.json("parties", "grant", *pair, "apply")["state"] == "APPLIED"
    terms = ("--from", "2026-04-01", "--until", "2027-04-01", "--pan", "--fee-terms", "1.2 %")
    granted = unionhub.json("parties", "grant", *pair, "grant", *terms)
    assert (granted["state"], granted["pan"], granted["feeTerms"]) == ("GRANTED", True, "1.2 %")
    assert (granted["from"], granted["until"]) == ("2026-04-01T00:00:00Z", "2027-04-01T00:00:00Z")
    assert "no grant, only suspend or revoke" in unionhub.refuses("parties", "grant", *pair, "grant")
    unionhub.does("parties", "grant", *pair, "suspend", "--note", "complaints")
    unionhub.does("parties", "grant", *pair, "resume")
    changed = unionhub.json("parties", "grant", *pair, "change", "--until", "-", "--no-pan")
    assert changed == granted | {"until": None, "pan": False}
    assert unionhub.json("parties", "grant", *pair, "revoke")["state"] == "REVOKED"
    assert "only apply" in unionhub.refuses("parties", "grant", *pair, "resume")
    found = stored_grant(unionhub, *pair)
    assert found is not None
    assert (found.state, found.allows_pan) == ("REVOKED", False)
    lines = trail(unionhub, f"grant {NEW_CHANNEL} {PARKING}")
    assert [action for action, _ in lines] == [
        f"grant.{step}" for step in ("revoke", "change", "resume", "suspend", "grant", "apply")
    ]
    assert lines[3][1] == "GRANTED to SUSPENDED; complaints"
    shown = unionhub.does("parties", "grants", "--channel", NEW_CHANNEL, "--industry", PARKING).out
    assert "REVOKED" in shown
    assert "complaints" in shown


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((PARKING, HARBOUR_CHANNEL, "apply"), "is no channel here"),
        ((HARBOUR_CHANNEL, HARBOUR, "apply"), "is no industry here"),
        ((PEAK_CHANNEL, TRAVEL, "change"), "name what to change"),
        ((PEAK_CHANNEL, TRAVEL, "change", "--from", "1 April"), "is no day"),
        ((PEAK_CHANNEL, TRAVEL, "change", "--from", "2026-04-02", "--until", "2026-04-01"), "end before it begins"),
        ((PEAK_CHANNEL, TRAVEL, "change", "--fee-terms", "x" * 301), "up to 300"),
    ],
)
def test_grants_that_cannot_be(unionhub: Operator, arguments: tuple[str, ...], line: str) -> None:
    before = stored_grant(unionhub, PEAK_CHANNEL, TRAVEL)
    assert line in unionhub.refuses("parties", "grant", *arguments)
    assert stored_grant(unionhub, PEAK_CHANNEL, TRAVEL) == before


def test_an_industry_without_a_service_has_nothing_to_open(unionhub: Operator) -> None:
    unionhub.does("parties", "add", "98040703", "--role", "industry", "--name", "Idle", "--industry-code", "60030002")
    assert "has no service yet" in unionhub.refuses("parties", "grant", HARBOUR_CHANNEL, "98040703", "apply")


def test_the_sandbox_has_granted_all_of_its_pairs(unionhub: Operator) -> None:
    found = {(each["channel"], each["industry"]): each["state"] for each in unionhub.json("parties", "grants")}
    for channel in (HARBOUR_CHANNEL, PEAK_CHANNEL):
        assert [found[channel, industry] for industry in (PARKING, TRAVEL)] == ["GRANTED", "GRANTED"]
    assert len(unionhub.json("parties", "grants", "--industry", TRAVEL)) == 2
