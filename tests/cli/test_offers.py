"""`unionhub offers`: each change is checked as a whole, and on record; budgets are shown as payments use them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from support.loop import run
from support.operator import Operator, payment
from unionhub.domain.model.marketing import Funder, MarketingOffer, OfferState, reservations
from unionhub.domain.model.money import Money
from unionhub.domain.model.transactions import PaymentEvent
from unionhub.hosts.sandbox.marketing import OFFERS, put_offers
from unionhub.hosts.sandbox.seeds import ACQUIRER, HARBOUR, HARBOUR_CHANNEL, PARKING, PARTNERS

TERMS = {
    "--kind": "instant",
    "--name": "5 off",
    "--off": "5.00",
    "--currency": "HKD",
    "--budget": "50.00",
    "--until": "2100-01-01",
}
GROSS = Money(100_00, "344")


def add(offer_id: str, *more: str, **changes: str) -> tuple[str, ...]:
    """Arguments that make an offer; `changes` of TERMS by their names, an empty one leaves it out."""
    terms = TERMS | {f"--{name.replace('_', '-')}": value for name, value in changes.items()}
    return ("offers", "add", offer_id, *(part for pair in terms.items() if pair[1] for part in pair), *more)


def stored(unionhub: Operator, offer_id: str) -> MarketingOffer:
    async def read(uow: Any) -> MarketingOffer:
        return next(each for each in await uow.offers() if each.offer_id == offer_id)

    return unionhub.work(read)


def trail(unionhub: Operator, offer_id: str) -> list[tuple[str, str]]:
    async def read(uow: Any) -> list[tuple[str, str]]:
        return [(each.action, each.detail) for each in await uow.audit(subject=f"offer {offer_id}")]

    return unionhub.work(read)


def pay(unionhub: Operator, number: int, offer: MarketingOffer) -> str:
    async def write(uow: Any) -> str:
        holding = payment(number, reservations=reservations((offer,), GROSS, HARBOUR_CHANNEL, "user"))
        return str(await uow.open_payment(holding))

    return unionhub.work(write)


def test_an_offer_with_every_option(unionhub: Operator) -> None:
    more = ["--channel", HARBOUR_CHANNEL, "--industry", PARKING, "--per-user", "2", "--note", "agreed in March"]
    shares = ["--funded-by", f"{HARBOUR_CHANNEL}:60", "--funded-by", "hub:40"]
    terms = {"kind": "coupon", "off": "7.25 %", "cap": "20.00", "minimum": "50.00", "from": "2026-03-01", "code": "spring 26"}
    made = unionhub.json(*add("SPRING", *more, *shares, owner=HARBOUR_CHANNEL, **terms))
    assert made == {
        "offerId": "SPRING",
        "kind": "COUPON",
        "name": "5 off",
        "state": "ACTIVE",
        "owner": HARBOUR_CHANNEL,
        "funders": [{"party": HARBOUR_CHANNEL, "percent": 60}, {"party": "hub", "percent": 40}],
        "currency": "344",
        "off": None,
        "offPercent": "7.25",
        "cap": "20.00",
        "minimum": "50.00",
        "perUser": 2,
        "code": "SPRING26",
        "channels": [HARBOUR_CHANNEL],
        "industries": [PARKING],
        "from": "2026-03-01T00:00:00Z",
        "until": "2100-01-01T00:00:00Z",
        "budget": "50.00",
        "used": "0.00",
        "left": "50.00",
    }
    shown = unionhub.json("offers", "show", "SPRING")
    assert shown | made == shown
    assert [(each["action"], each["detail"]) for each in shown["audit"]] == trail(unionhub, "SPRING")
    told = f"7.25 %, at most 20.00 off, budget 50.00 HKD, funded by {HARBOUR_CHANNEL}:60,hub:40; agreed in March"
    assert trail(unionhub, "SPRING") == [("offer.add", told)]
    text = unionhub.does("offers", "show", "SPRING").out
    for part in (f"Harbour Life ({HARBOUR_CHANNEL}) 60 %, hub 40 %", "Kerbside Parking", "SPRING26", "2026-03-01", "agreed"):
        assert part in text


def test_what_is_not_said_has_its_default(unionhub: Operator) -> None:
    unionhub.does(*add("PLAIN"))
    found = stored(unionhub, "PLAIN")
    assert (found.owner, found.funders, found.off_minor) == ("hub", (Funder(party="hub", percent=100),), 5_00)
    assert abs((datetime.now(UTC) - found.valid_from).total_seconds()) < 60
    unionhub.does(*add("OWNED", owner=ACQUIRER))
    assert stored(unionhub, "OWNED").funded_by == ACQUIRER


@pytest.mark.parametrize(
    ("offer_id", "kind", "more", "warned"),
    [
        ("FREE-1", "coupon", (), True),
        ("FREE-2", "coupon", ("--channel", HARBOUR_CHANNEL), True),
        ("FREE-3", "coupon", ("--code", "FREE-3"), False),
        ("FREE-4", "coupon", ("--industry", PARKING), False),
        ("FREE-5", "instant", (), False),
    ],
)
def test_a_coupon_for_everybody_is_said_to_be_one(
    unionhub: Operator, offer_id: str, kind: str, more: tuple[str, ...], warned: bool
) -> None:
    done = unionhub(*add(offer_id, *more, kind=kind))
    assert done.code == 0
    assert ("note: without --code and --industry" in done.err) is warned


def test_an_offer_goes_its_way(unionhub: Operator) -> None:
    unionhub.does(*add("WAY"))
    assert "offer WAY is ACTIVE: no resume, only pause or end" in unionhub.refuses("offers", "resume", "WAY")
    assert unionhub.json("offers", "pause", "WAY", "--note", "complaints")["state"] == "PAUSED"
    assert stored(unionhub, "WAY").state is OfferState.PAUSED
    assert "only resume or end" in unionhub.refuses("offers", "pause", "WAY")
    assert unionhub.json("offers", "resume", "WAY")["state"] == "ACTIVE"
    assert "ENDED" in unionhub.does("offers", "end", "WAY").out
    assert "only nothing" in unionhub.refuses("offers", "resume", "WAY")
    assert "is ENDED" in unionhub.refuses("offers", "budget", "WAY", "100.00")
    assert "an id is never used again" in unionhub.refuses(*add("WAY"))
    lines = trail(unionhub, "WAY")
    assert [action for action, _ in lines] == [f"offer.{step}" for step in ("end", "resume", "pause", "add")]
    assert lines[2][1] == "ACTIVE to PAUSED; complaints"


def test_a_budget_as_payments_use_it(unionhub: Operator) -> None:
    unionhub.does(*add("USED", budget="12.00"))
    found = stored(unionhub, "USED")
    assert [pay(unionhub, number, found) for number in (9001, 9002, 9003)] == ["", "", "12"]
    shown = unionhub.json("offers", "show", "USED")
    assert (shown["budget"], shown["used"], shown["left"]) == ("12.00", "10.00", "2.00")
    assert "ACTIVE, used up" in unionhub.does("offers", "list").out

    more = unionhub.json("offers", "budget", "USED", "20", "--note", "second tranche")
    assert (more["budget"], more["used"], more["left"]) == ("20.00", "10.00", "10.00")
    lower = unionhub.does("offers", "budget", "USED", "7.00").out
    assert "10.00; the budget is below that: nothing more is given" in lower
    assert unionhub.json("offers", "show", "USED")["left"] == "0.00"
    assert pay(unionhub, 9003, stored(unionhub, "USED")) == "12"
    assert trail(unionhub, "USED")[:2] == [
        ("offer.budget", "20.00 HKD to 7.00 HKD"),
        ("offer.budget", "12.00 HKD to 20.00 HKD; second tranche"),
    ]

    async def decline(uow: Any) -> None:
        held = await uow.payment(9001)
        assert await uow.move_payment(held, held.moved(PaymentEvent.DECLINE, code="51", due_at=None))

    unionhub.work(decline)
    shown = unionhub.json("offers", "show", "USED")
    assert (shown["used"], shown["left"]) == ("5.00", "2.00")
    assert unionhub.json("offers", "budget", "USED", "0")["budget"] == "0.00"


@pytest.mark.parametrize(
    ("changes", "more", "line"),
    [
        ({"currency": "XYZ"}, (), "no currency of ISO 4217"),
        ({"off": "five"}, (), "off 'five' is no amount in HKD: such as 5.00"),
        ({"off": "5.001"}, (), "no amount in HKD"),
        ({"currency": "JPY", "off": "5.5", "budget": "50"}, (), "no amount in JPY: such as 5"),
        ({"off": "-5"}, (), "no amount"),
        ({"off": "x%"}, (), "is no percentage"),
        ({"off": "100%"}, (), "between 0 and 100"),
        ({"off": "0"}, (), "either an amount or a percentage"),
        ({"budget": "0"}, (), "nothing is ever given"),
        ({"budget": "4.99"}, (), "does not suffice for one payment"),
        ({"name": "x" * 51}, (), "1 to 50 printable"),
        ({"cap": "5"}, (), "only a percentage has a cap"),
        ({"until": "tomorrow"}, (), "is no day"),
        ({"until": "2020-01-01"}, (), "end before it begins"),
        ({"code": "PARK11"}, (), "only a coupon has a code"),
        ({"kind": "coupon", "code": "ü"}, (), "3 to 30 capitals"),
        ({"kind": "coupon", "code": "park10"}, (), "offer PARK10 has the code PARK10 already"),
        ({"owner": "00000000"}, (), "'00000000' is neither a party nor hub"),
        ({}, ("--funded-by", "00000000"), "'00000000' is neither a party nor hub"),
        ({}, ("--funded-by", "hub:60"), "sum to 100"),
        ({}, ("--funded-by", "hub:half"), "is no share"),
        ({}, ("--channel", HARBOUR), "is no channel here"),
        ({}, ("--industry", HARBOUR_CHANNEL), "is no industry here"),
        ({}, ("--note", "x" * 301), "up to 300"),
        ({}, ("--per-user", "0"), "--per-user"),
        ({"budget": ""}, (), "--budget"),
    ],
)
def test_offers_that_cannot_be(unionhub: Operator, changes: dict[str, str], more: tuple[str, ...], line: str) -> None:
    assert line in unionhub.refuses(*add("NEVER", *more, **changes))
    assert "no offer 'NEVER'" in unionhub.refuses("offers", "show", "NEVER")


@pytest.mark.parametrize("offer_id", ["a:b", "", "x" * 41])
def test_ids_that_cannot_be(unionhub: Operator, offer_id: str) -> None:
    assert "its id has" in unionhub.refuses(*add(offer_id))


@pytest.mark.parametrize("verb", ["show", "pause", "resume", "end"])
def test_an_unknown_offer(unionhub: Operator, verb: str) -> None:
    assert "no offer 'NOBODY': `unionhub offers list`" in unionhub.refuses("offers", verb, "NOBODY")


@pytest.mark.parametrize("amount", ["-1", "1.001", "much", "9" * 14])
def test_a_budget_that_cannot_be(unionhub: Operator, amount: str) -> None:
    assert "is no amount" in unionhub.refuses("offers", "budget", "PARK10", "--", amount)


def test_the_list(unionhub: Operator) -> None:
    unionhub.does(*add("LATER", **{"from": "2099-01-01"}))
    unionhub.does(*add("OVER", **{"from": "2020-01-01"}, until="2020-02-01"))
    rows = {line.split()[0]: line for line in unionhub.does("offers", "list").out.splitlines()[1:]}
    assert "ACTIVE, not yet valid" in rows["LATER"]
    assert "ACTIVE, over" in rows["OVER"]
    assert "5 %, at most 20.00" in rows["PARKING-5"]
    assert f"{HARBOUR_CHANNEL}:60,hub:40" in rows["HARBOUR-5"]
    assert [each["offerId"] for each in unionhub.json("offers", "list")] == sorted(rows)
    assert {each["owner"] for each in unionhub.json("offers", "list", "--owner", ACQUIRER)} == {ACQUIRER}
    assert "no such offers" in unionhub.does("offers", "list", "--owner", "00000000").out
    assert "LATER" not in unionhub.does("offers", "list", "--state", "ENDED").out


def test_the_sandbox_keeps_what_an_operator_changed(unionhub: Operator) -> None:
    unionhub.does("offers", "pause", "PARKING-5")

    async def again(uow: Any) -> None:
        await put_offers(uow, {seed.app_id for seed in PARTNERS})

    unionhub.work(again)
    assert stored(unionhub, "PARKING-5") == msgspec.structs.replace(OFFERS[0], state=OfferState.PAUSED)
    assert [stored(unionhub, each.offer_id) for each in OFFERS[1:]] == list(OFFERS[1:])


class Written:
    """A store without offers, and the ids of those that are put."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    async def offers(self) -> list[MarketingOffer]:
        return []

    async def put_offer(self, offer: MarketingOffer) -> None:
        self.ids.append(offer.offer_id)


@pytest.mark.parametrize(
    ("parties", "offered"),
    [({PARKING}, ["PARKING-5"]), ({PARKING, ACQUIRER}, ["PARKING-5", "PARK10"]), ({ACQUIRER}, []), (set(), [])],
)
def test_the_sandbox_offers_what_its_parties_can_have(parties: set[str], offered: list[str]) -> None:
    written: Any = Written()
    run(put_offers(written, parties))
    assert written.ids == offered
