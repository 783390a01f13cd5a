"""What races for the same order, on all three stores: tabs, its QR, the acquirer's word, the clock, offers, refunds."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from flows.sales import HARBOUR_CHANNEL, PARKING, Sale, broken, new_sale, settle
from support.house import WAYS, House, house
from unionhub.domain.model.marketing import HUB, Funder, MarketingOffer, OfferKind
from unionhub.domain.model.outgoing import Outgoing
from unionhub.domain.model.transactions import PaymentState
from unionhub.hosts.sandbox.envelope import Answer, Received
from unionhub.hosts.sandbox.seeds import HARBOUR

LIFE_S = 901.0
"""An order lives 900 seconds."""


@pytest.fixture(scope="module", params=WAYS)
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Patient enough for a busy machine. Whatever raced there: in the end the books agree, and everybody was told."""
    folder = tmp_path_factory.mktemp(f"orders-{request.param}")
    with house(request.param, folder, bank_timeout_s=8, partner_timeout_s=8, platform_timeout_s=8) as made:
        acquirer = made.world.acquirer()
        acquirer.orders.work.rhythm = msgspec.structs.replace(acquirer.orders.work.rhythm, look_s=0.05, repeat_s=0.05)
        yield made
        made.world.faults.clear()
        made.run(settle(made))
        made.run(made.advance(60))
        assert made.run(broken(made)) == set()


# --- tabs


def test_two_tabs_confirm_at_once_and_one_pays(home: House) -> None:
    async def scenario() -> None:
        sale = await new_sale(home)
        forms = [await sale.form(), await sale.form(await sale.tab())]
        answers = await asyncio.gather(*(home.hub.cashier.pay(*form) for form in forms))
        assert sorted(each.code for each in answers) == ["04", "94"]
        await settle(home)
        assert await sale.balance() == "900.00"
        assert len(sale.got("PAY")) == 1
        assert sorted(await sale.states()) == ["APPROVED", "DECLINED"]
        assert sale.both_told() == ["APPROVED"]

    home.run(scenario())


def test_one_form_sent_many_times_pays_once(home: House) -> None:
    async def scenario() -> None:
        sale = await new_sale(home)
        session, said = await sale.form()
        answers = await asyncio.gather(*(home.hub.cashier.pay(session, said) for _ in range(10)))
        assert {each.code for each in answers} <= {"04", "00"}
        assert len({each.return_url for each in answers}) == 1
        await settle(home)
        again = await home.hub.cashier.pay(session, said)
        assert (again.code, again.return_url) == ("00", answers[0].return_url)
        assert await sale.balance() == "900.00"
        assert (len(sale.got("PAY")), await sale.states()) == (1, ["APPROVED"])

    home.run(scenario())


def test_one_form_with_another_card_or_offer_is_what_it_was(home: House) -> None:
    async def scenario() -> None:
        sale = await new_sale(home)
        session, said = await sale.form()
        first = await home.hub.cashier.pay(session, said)
        for changes in ({"card_id": "another"}, {"offer_ids": ("PARKING-5",)}, {"card_id": "", "codes": frozenset({"PARK10"})}):
            assert (await home.hub.cashier.pay(session, msgspec.structs.replace(said, **changes))).return_url == first.return_url
        await settle(home)
        assert await sale.balance() == "900.00"
        assert len(sale.got("PAY")) == 1

    home.run(scenario())


def test_a_declined_try_frees_the_order_for_another_card(home: House) -> None:
    async def scenario() -> None:
        sale = await new_sale(home)
        async with sale.scripted("51"):
            assert (await sale.pay()).code == "51"
        assert await sale.stage() == "CHOOSING"
        assert (await sale.pay()).code == "04"
        await settle(home)
        assert sale.both_told() == ["DECLINED", "APPROVED"]
        assert sale.notices()[0]["reason"].startswith("51 ")
        assert (await sale.standing())["paymentStatus"] == "APPROVED"

    home.run(scenario())


# --- the end of an order's time


def test_an_order_closes_only_with_nothing_in_flight(home: House) -> None:
    async def scenario() -> None:
        sale = await new_sale(home)
        async with sale.scripted("04"):
            assert (await sale.pay()).code == "04"
            home.clock.advance(LIFE_S)
            await close(home, sale)
            assert (await sale.order()).state == "OPEN"
            assert await sale.stage() == "PAYING"
            (pay,) = sale.taken
            assert (await sale.result("APPROVED", origMsgID=pay["msgID"])).code == "00"
        await home.work()
        assert (await sale.order()).state == "PAID"
        assert sale.both_told() == ["APPROVED"]

    home.run(scenario())


def test_closing_races_confirming_and_one_wins(home: House) -> None:
    async def scenario() -> None:
        for _ in range(5):
            sale = await new_sale(home)
            form = await sale.form()
            async with sale.scripted("00"):
                _, answer = await asyncio.gather(close(home, sale), home.hub.cashier.pay(*form))
            state = (await sale.order()).state
            assert (state, answer.code) in {("PAID", "00"), ("CLOSED", "94"), ("CLOSED", "12")}, (state, answer.code)
            await home.work()
            assert sale.both_told() == ["APPROVED" if state == "PAID" else "CLOSED"]
            if state == "CLOSED":
                assert (len(sale.taken), await sale.stage()) == (0, "CLOSED")

    home.run(scenario())


async def close(home: House, sale: Sale) -> None:
    """As the worker does it, whatever the clock says."""
    await home.hub.worker._closing.close([await sale.order()])


def test_what_is_approved_after_the_end_is_given_back(home: House) -> None:
    """By its QR, whatever app it was."""

    async def scenario() -> None:
        sale = await new_sale(home)
        qr = await sale.qr()
        await home.advance(LIFE_S)
        await home.work()
        assert sale.both_told() == ["CLOSED"]
        gateway = home.world.gateway(HARBOUR)
        assert (await gateway.send(gateway.mpqrc_payment_emv(sale.holder, qr, "100.00"))).code == "00"
        assert await sale.balance() == "900.00"
        await home.work()
        await settle(home)
        await home.advance(5)
        await settle(home)
        assert await sale.balance() == "1000.00"
        assert (await sale.states(), (await sale.order()).state) == (["REVERSED"], "CLOSED")
        assert sale.both_told() == ["CLOSED"]
        assert (await sale.standing())["paymentStatus"] == "CLOSED"

    home.run(scenario())


# --- its QR beside the cashier


def test_qr_first_then_a_confirmation_is_94(home: House) -> None:
    async def scenario() -> None:
        sale = await new_sale(home)
        form = await sale.form()
        assert await sale.pay_by_qr() == "00"
        await home.work()
        await settle(home)
        assert await sale.stage() == "PAID"
        assert (await home.hub.cashier.pay(*form)).code == "94"
        assert sale.got("PAY") == []
        assert sale.both_told() == ["APPROVED"]
        assert await sale.balance() == "900.00"

    home.run(scenario())


@pytest.mark.parametrize("how", ["answer 00", "result before the answer", "result after 04", "inquiry"])
def test_qr_and_card_are_both_approved_and_the_second_goes_back(home: House, how: str) -> None:
    """PAY is under way when the order is paid by its QR: the cardholder's own money, twice, and one of both comes back."""

    async def scenario() -> None:
        sale = await new_sale(home)
        acquirer = home.world.acquirer()
        usual = acquirer.handlers["PAY"]
        said: list[Received] = []
        qr = await sale.qr()

        async def with_qr_between(received: Received) -> Answer:
            """The card is debited, and while nobody has said so the order is paid by its code."""
            said.append(received)
            answer = await usual(received)
            gateway = home.world.gateway(HARBOUR)
            assert (await gateway.send(gateway.mpqrc_payment_emv(sale.holder, qr, "100.00"))).code == "00"
            await settle(home)
            if how == "answer 00":
                return await usual(received)
            return answer

        acquirer.handlers["PAY"] = with_qr_between
        try:
            assert (await sale.pay()).code in ("04", "94", "00")
        finally:
            acquirer.handlers["PAY"] = usual
        for _ in range(4):
            await settle(home)
            await home.advance(5)
        assert sorted(await sale.states()) == ["APPROVED", "REVERSED"]
        assert await sale.balance() == "900.00"
        assert sale.both_told() == ["APPROVED"]
        assert (await sale.order()).state == "PAID"

    home.run(scenario())


@pytest.mark.parametrize("first", ["qr", "card"])
@pytest.mark.parametrize("answer", ["04", "00"])
def test_two_approvals_in_every_order(home: House, first: str, answer: str) -> None:
    """The acquirer scripted: what it says of the PAY and of the QR, either first, with PAY answered `04` or `00`."""

    async def scenario() -> None:
        sale = await new_sale(home)
        back: list[Json] = []

        async def by_qr() -> None:
            assert (await sale.result("APPROVED")).code == "00"

        async def taken(received: Received) -> Answer:
            if first == "qr":
                await by_qr()
            return Answer(code=answer, trx={name: received.trx[name] for name in ("trxAmt", "trxCurrency")})

        async with sale.scripted(taken), taking_back(home, back):
            code = (await sale.pay()).code
            (pay,) = sale.taken
            if answer == "04":
                assert (await sale.result("APPROVED", origMsgID=pay["msgID"])).code == "00"
            if first == "card":
                await by_qr()
            await home.work()
            await home.advance(5)
        lost = "PAY" if first == "qr" else "PAYMENT_RESULT"
        states = {each.kind: each.state for each in await sale.payments()}
        assert states == {
            lost: PaymentState.REVERSED,
            "PAYMENT_RESULT" if first == "qr" else "PAY": PaymentState.APPROVED,
        }
        assert code == ("94" if (first, answer) == ("qr", "00") else answer)
        assert [each["message"] for each in back] == ["REVERSAL" if first == "qr" else "REFUND"]
        assert sale.both_told() == ["APPROVED"]
        assert (await sale.standing())["paymentStatus"] == "APPROVED"

    home.run(scenario())


Json = dict[str, Any]


class taking_back:  # noqa: N801 - used like a function
    """Keeps the REVERSALs and REFUNDs that the acquirer gets, and says `00` to them."""

    def __init__(self, home: House, kept: list[Json]) -> None:
        self._acquirer = home.world.acquirer()
        self._kept = kept
        self._usual: dict[str, Any] = {}

    async def __aenter__(self) -> None:
        for message in ("REVERSAL", "REFUND"):
            self._usual[message] = self._acquirer.handlers[message]
            self._acquirer.handlers[message] = self._kept_and_done

    async def __aexit__(self, *_: object) -> None:
        self._acquirer.handlers.update(self._usual)

    async def _kept_and_done(self, received: Received) -> Answer:
        self._kept.append({"message": received.message, **received.trx})
        return Answer(code="00", trx={name: received.trx[name] for name in ("trxAmt", "trxCurrency")})
