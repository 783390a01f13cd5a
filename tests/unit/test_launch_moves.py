"""The parties' state table, cell by cell, and what stands in the way of each step (RULES section 5)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from unionhub.domain.model.cards import CardProduct, NumberRange
from unionhub.domain.model.errors import IllegalMove
from unionhub.domain.model.launching import obstacles
from unionhub.domain.model.parties import (
    LED_HERE,
    NEXT_STEP,
    PARTY_MOVES,
    Party,
    PartyEvent,
    PartyState,
    PublicKey,
    Role,
    way_to,
)
from unionhub.domain.model.services import IndustryService

S, E = PartyState, PartyEvent

TABLE = {
    (S.APPLIED, E.ADMIT): S.TESTING,
    (S.TESTING, E.LAUNCH): S.LIVE,
    (S.TESTING, E.SUSPEND): S.SUSPENDED,
    (S.LIVE, E.SUSPEND): S.SUSPENDED,
    (S.SUSPENDED, E.RESUME): S.TESTING,
}

KEYS = tuple(PublicKey(kid=use, use=use, jwk="{}") for use in ("sig", "enc"))
RANGE = NumberRange(first="620000000000000", last="620000000000009")


def party(role: Role = Role.QR_PLATFORM, **facts: Any) -> Party:
    """One that nothing hinders from testing."""
    return Party(**{"app_id": "98000702", "role": role, "name": "Bay", "base_url": "https://b.example", "keys": KEYS, **facts})


def product(**facts: Any) -> CardProduct:
    plain = {
        "product_id": "P",
        "issuer": "98000702",
        "name": "P",
        "currency": "344",
        "trx_limit_minor": 1,
        "day_limit_minor": 1,
    }
    return CardProduct(**{**plain, **facts})


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("event", E)
def test_each_cell(state: PartyState, event: PartyEvent) -> None:
    if (state, event) in TABLE:
        assert party(state=state).after(event) is TABLE[state, event]
    else:
        with pytest.raises(IllegalMove, match=f"party 98000702 is {state}: no {event}, only "):
            party(state=state).after(event)


@pytest.mark.parametrize(
    ("before", "after", "events"),
    [
        (S.APPLIED, S.LIVE, (E.ADMIT, E.LAUNCH)),
        (S.APPLIED, S.SUSPENDED, (E.ADMIT, E.SUSPEND)),
        (S.TESTING, S.TESTING, ()),
        (S.LIVE, S.TESTING, (E.SUSPEND, E.RESUME)),
        (S.SUSPENDED, S.LIVE, (E.RESUME, E.LAUNCH)),
    ],
)
def test_the_way_from_one_state_to_another(before: PartyState, after: PartyState, events: tuple[PartyEvent, ...]) -> None:
    assert way_to(before, after) == events


@pytest.mark.parametrize("state", [S.TESTING, S.LIVE, S.SUSPENDED])
def test_nobody_applies_twice(state: PartyState) -> None:
    with pytest.raises(IllegalMove, match=f"a party that is {state} never becomes APPLIED again"):
        way_to(state, S.APPLIED)


def test_every_state_but_live_has_a_next_step_and_each_was_led_to() -> None:
    assert set(NEXT_STEP) == set(S) - {S.LIVE}
    assert all(event in PARTY_MOVES[state] for state, event in NEXT_STEP.items())
    assert set(LED_HERE) == set(S)


@pytest.mark.parametrize("role", Role)
def test_the_mainland_is_refused_from_the_beginning(role: Role) -> None:
    found = obstacles(party(role, country="156"), E.APPLY, (), ())
    barred = role in (Role.ISSUER, Role.APP_GATEWAY, Role.CHANNEL)
    assert [line.partition(" of mainland China")[0] for line in found] == (
        [f"an {role.value.replace('_', ' ')}" if role is not Role.CHANNEL else "a channel"] if barred else []
    )


BARE = party(base_url="", keys=())


@pytest.mark.parametrize("event", E)
def test_who_applies_needs_no_keys_and_who_is_suspended_nothing(event: PartyEvent) -> None:
    assert len(obstacles(BARE, event, (), ())) == (0 if event in (E.APPLY, E.SUSPEND) else 3)


TO_TEST: list[tuple[dict[str, Any], str]] = [
    ({"keys": KEYS[:1]}, "a key with use enc is needed, to seal"),
    ({"keys": KEYS[1:]}, "a key with use sig is needed, to verify"),
    ({"base_url": ""}, "a base URL is needed"),
    ({"base_url": "http://bay.example"}, "its base URL is http"),
    ({"base_url": "http://127.0.0.1.bay.example"}, "its base URL is http"),
    ({"base_url": "http://[::1"}, "its base URL is http"),
    ({"role": Role.ISSUER, "country": "156"}, "an issuer of mainland China"),
]


@pytest.mark.parametrize("event", [E.ADMIT, E.RESUME])
@pytest.mark.parametrize(("facts", "line"), TO_TEST, ids=lambda value: str(value) if isinstance(value, str) else "")
def test_what_stands_before_testing(event: PartyEvent, facts: dict[str, Any], line: str) -> None:
    (found,) = obstacles(party(**facts), event, (), ())
    assert found.startswith(line)


@pytest.mark.parametrize("url", ["https://b.example", "http://127.0.0.1:1/x", "http://localhost", "http://[::1]:8"])
def test_http_is_for_this_machine(url: str) -> None:
    assert obstacles(party(base_url=url), E.ADMIT, (), ()) == ()


def test_http_may_lead_anywhere_in_development() -> None:
    assert obstacles(party(base_url="http://bay.example"), E.LAUNCH, (), (), plain_http=True) == ()


OTHER = party(app_id="98000999", name="Old")
RANGED = {"token_range": RANGE, "pan_range": RANGE}


@pytest.mark.parametrize(
    ("role", "facts", "others", "products", "line"),
    [
        (Role.QR_PLATFORM, {}, [], [], ""),
        (Role.ACQUIRER, {}, [], [], "an acquirer needs its IIN"),
        (Role.ACQUIRER, {"acquirer_iin": "4801070"}, [], [], "an acquirer needs its IIN"),
        (Role.ACQUIRER, {"acquirer_iin": "48010702"}, [], [], ""),
        (Role.ACQUIRER, {"acquirer_iin": "48010702"}, [{"acquirer_iin": "48010702", "state": S.TESTING}], [], ""),
        (Role.ACQUIRER, {"acquirer_iin": "48010702"}, [{"acquirer_iin": "48010703", "state": S.LIVE}], [], ""),
        (
            Role.ACQUIRER,
            {"acquirer_iin": "48010702"},
            [{"acquirer_iin": "48010702", "state": S.LIVE}],
            [],
            "the acquirer IIN 48010702 is 98000999's (Old), which is live",
        ),
        (Role.APP_GATEWAY, {}, [], [], "no issuer has authorised it"),
        (Role.APP_GATEWAY, {}, [], [product(gateways=frozenset({"98000999"}))], "no issuer has authorised it"),
        (Role.APP_GATEWAY, {}, [], [product(), product(gateways=frozenset({"98000702"}))], ""),
        (Role.ISSUER, {}, [], [], "it has no card product"),
        (Role.ISSUER, {}, [], [product(issuer="98000999", **RANGED)], "it has no card product"),
        (Role.ISSUER, {}, [], [product(token_range=RANGE)], "none of its products has ranges"),
        (Role.ISSUER, {}, [], [product(pan_range=RANGE)], "none of its products has ranges"),
        (Role.ISSUER, {}, [], [product(), product(**RANGED)], ""),
        (Role.CHANNEL, {}, [], [], "a channel needs its channel code"),
        (Role.CHANNEL, {"channel_code": "BAYLIFE"}, [], [], "a channel needs its channel code"),
        (Role.CHANNEL, {"channel_code": "BAYLIFE12345X"}, [], [], "a channel needs its channel code"),
        (Role.CHANNEL, {"channel_code": "BAYLIFE01"}, [], [], ""),
        (
            Role.CHANNEL,
            {"channel_code": "BAYLIFE01"},
            [{"channel_code": "BAYLIFE01"}],
            [],
            "the channel code BAYLIFE01 is 98000999",
        ),
        (Role.INDUSTRY, {"industry_code": "6001"}, [], [], "an industry service needs its industry code"),
        (Role.INDUSTRY, {"industry_code": "60010001"}, [], [], "it has no service: `unionhub parties service 98000702 "),
        (
            Role.INDUSTRY,
            {"industry_code": "60010001"},
            [{"industry_code": "60010001"}],
            [],
            "the industry code 60010001 is 98000999",
        ),
    ],
)
def test_what_stands_before_business(
    role: Role, facts: dict[str, Any], others: list[dict[str, Any]], products: list[CardProduct], line: str
) -> None:
    """The party itself is among the parties, and never in its own way."""
    asking = party(role, **facts)
    known = [
        asking,
        msgspec.structs.replace(asking, state=S.LIVE),
        *(msgspec.structs.replace(OTHER, **each) for each in others),
    ]
    found = obstacles(asking, E.LAUNCH, known, products)
    assert bool(found) == bool(line)
    assert "; ".join(found).startswith(line)
    assert obstacles(asking, E.ADMIT, known, products) == ()


INDUSTRY = party(Role.INDUSTRY, industry_code="60010001")


def service(**facts: Any) -> IndustryService:
    plain = {"app_id": INDUSTRY.app_id, "name": "Park", "category": "parking", "url": "https://park.example/start"}
    return IndustryService(**{**plain, **facts})


@pytest.mark.parametrize(
    ("services", "found"),
    [
        ([service()], []),
        ([service(app_id="98000999")], ["it has no service: `unionhub parties service 98000702 --name --category --url`"]),
        (
            [service(app_id="98000999"), service(url="http://park.example", ticket_life_s=0)],
            [
                "its service: its URL is http: https is needed, except for an address of this very machine (loopback)",
                "its service: a ticket lives 1 to 2678400 seconds",
            ],
        ),
    ],
)
def test_an_industry_does_business_with_a_service_that_users_can_open(
    services: list[IndustryService], found: list[str]
) -> None:
    assert list(obstacles(INDUSTRY, E.LAUNCH, (), (), services)) == found
    assert obstacles(INDUSTRY, E.ADMIT, (), (), services) == ()


def test_everything_that_is_missing_is_told_at_once() -> None:
    bare = party(Role.APP_GATEWAY, country="156", base_url="", keys=())
    assert len(obstacles(bare, E.LAUNCH, (), ())) == 5
