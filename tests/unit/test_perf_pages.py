"""The load generator reads the cashier's page with two patterns: they find what a parser finds."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest

from loadgen.pages import cookie_of, read_form, said_in
from support.cashier import Played, ScriptedCashier, offers_of
from unionhub.domain.model.cashier import Stage
from unionhub.domain.model.channel_cards import ListedCard
from unionhub.hosts.cashier.forms import CHOICE_COOKIE, Choice, set_cookie
from unionhub.hosts.cashier.pages import order_page
from unionhub.hosts.sandbox import browser
from unionhub.hosts.sandbox.clock import ManualClock

AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
ODD = (ListedCard(card_id='a"b&c', masked_pan="621234******1234", card_type="DEBIT", issuer_name='Bank "<&>"'),)


def page(*, codes: tuple[str, ...] = (), **changes: Any) -> str:
    """The page of an order, as the host draws it."""
    clock = ManualClock(AT)
    cashier = ScriptedCashier(clock)
    offers = offers_of(clock) if changes.pop("with_offers", True) else ()
    played: Played = cashier.order(offers=offers, **changes)

    async def viewed() -> str:
        entered = await cashier.enter(played.order.ucsp_order_id, cashier.keys.entry(played.order))
        assert entered is not None
        return order_page(await cashier.view(entered[0], codes=codes), left_s=60)

    return asyncio.run(viewed())


@pytest.mark.parametrize(
    "changes",
    [{}, {"with_offers": False}, {"codes": ("PARK20",)}, {"cards": ODD}, {"qr": ""}, {"amount": 1_234_567}],
)
def test_the_same_as_a_parser(changes: dict[str, Any]) -> None:
    drawn = page(**changes)
    parsed = browser._Form()
    parsed.feed(drawn)
    form = read_form(drawn)
    assert form is not None
    assert (form.action, form.fields) == (parsed.action, parsed.fields)
    assert form.has_card
    assert parse_qsl(form.body.decode(), keep_blank_values=True) == parsed.fields


@pytest.mark.parametrize(
    ("changes", "minor"),
    [
        ({"with_offers": False}, 36_000),
        ({}, 36_000 - 1_800 - 1_000),
        ({"with_offers": False, "amount": 1_234_567}, 1_234_567),
        ({"with_offers": False, "amount": 5}, 5),
    ],
)
def test_what_the_button_says(changes: dict[str, Any], minor: int) -> None:
    form = read_form(page(**changes))
    assert form is not None
    assert form.minor("344") == minor


@pytest.mark.parametrize("changes", [{"cards": (), "no_cards": "57"}, {"stage": Stage.PAYING}, {"stage": Stage.CLOSED}])
def test_nothing_to_confirm(changes: dict[str, Any]) -> None:
    assert read_form(page(**changes)) is None


def test_a_button_without_an_amount_is_worth_nothing() -> None:
    form = read_form('<form id="order" action="/x"><input name="a" value="1"><button id="pay">Pay</button></form>')
    assert form is not None
    assert (form.minor("344"), form.has_card) == (0, False)


def test_cookies() -> None:
    assert cookie_of(set_cookie("cashier", "s.k", path="/cashier/1", secure=True)) == "cashier=s.k"
    assert said_in(set_cookie(CHOICE_COOKIE, Choice(said="14").text, path="/", secure=False)) == "14"
    assert said_in(set_cookie(CHOICE_COOKIE, Choice().text, path="/", secure=False)) == ""
    assert said_in("") == said_in("cashier-choice=%%%") == ""
