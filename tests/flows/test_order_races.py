"""What races for the same order, on all three stores: tabs, its QR, the acquirer's word, the clock, offers, refunds."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from flows.sales import Sale, broken, new_sale, settle

from support.house import WAYS, House, house
from unionhub.domain.flows.payment_result import PaymentResult
from unionhub.domain.model.marketing import HUB, Funder, MarketingOffer, OfferKind
from unionhub.domain.model.orders import Order, OrderResult
from unionhub.domain.model.transactions import Payment, PaymentState
from unionhub.hosts.sandbox.envelope import Answer, Received
from unionhub.hosts.sandbox.seeds import HARBOUR
from unionhub.ports.store import UnitOfWork

Json = dict[str, Any]

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
            assert (
                await home.hub.cashier.pay(session, msgspec.structs.replace(said, **changes))
            ).return_url == first.return_url
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
    await home.hub.worker._closing.close(await sale.order())


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


@pytest.mark.parametrize("answer", ["04", "00"])
def test_qr_and_card_are_both_approved_and_the_second_goes_back(home: House, answer: str) -> None:
    """PAY is under way when the order is paid by its QR: the cardholder's own money, twice, and one of both comes back."""

    async def scenario() -> None:
        sale = await new_sale(home)
        acquirer = home.world.acquirer()
        usual = acquirer.handlers["PAY"]
        qr = await sale.qr()

        async def with_qr_between(received: Received) -> Answer:
            """The card is debited, and while nobody has said so the order is paid by its code."""
            first = await usual(received)
            gateway = home.world.gateway(HARBOUR)
            assert (await gateway.send(gateway.mpqrc_payment_emv(sale.holder, qr, "100.00"))).code == "00"
            await settle(home)
            return await usual(received) if answer == "00" else first

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


@pytest.mark.parametrize("ends", ["declined", "never came"])
def test_who_heard_approved_does_not_hear_declined(home: House, ends: str) -> None:
    """The order is paid by its QR while a PAY is under way that comes to nothing afterwards."""

    async def scenario() -> None:
        sale = await new_sale(home)
        qr, gateway = await sale.qr(), home.world.gateway(HARBOUR)
        async with sale.scripted("04"):
            await sale.pay()
            (pay,) = sale.taken
            assert (await gateway.send(gateway.mpqrc_payment_emv(sale.holder, qr, "100.00"))).code == "00"
            await home.work()
            await settle(home)
            assert sale.both_told() == ["APPROVED"]
            if ends == "declined":
                assert (await sale.result("DECLINED", origMsgID=pay["msgID"], reason="51")).code == "00"
            else:
                async with reversing(home):
                    for _ in range(3):
                        await home.advance(60)
            await home.work()
        assert sorted(await sale.states()) == sorted(["APPROVED", "DECLINED" if ends == "declined" else "REVERSED"])
        assert sale.both_told() == ["APPROVED"]

    home.run(scenario())


@pytest.mark.parametrize(("first", "answer"), [("unnamed", "04"), ("card", "04"), ("card", "00")])
def test_two_approvals_in_every_order(home: House, first: str, answer: str) -> None:
    """The acquirer scripted: a result that names no PAY, under a key that SCIS never saw, before or after PAY's own. While a
    PAY is under way it is taken for that one's; when the true one comes, the order has two, and the second goes back."""

    async def scenario() -> None:
        sale = await new_sale(home)
        back: list[Json] = []

        async def by_qr() -> None:
            assert (await sale.result("APPROVED")).code == "00"

        async def taken(received: Received) -> Answer:
            if first == "unnamed":
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
        states = {each.kind: each.state for each in await sale.payments()}
        assert states == {"PAY": PaymentState.APPROVED, "PAYMENT_RESULT": PaymentState.REVERSED}
        assert code == answer or (first, code) == ("unnamed", "00")
        assert [each["message"] for each in back] == ["REFUND"]
        assert sale.both_told() == ["APPROVED"]
        assert (await sale.standing())["paymentStatus"] == "APPROVED"

    home.run(scenario())


@pytest.mark.parametrize("asked", [False, True], ids=["its answer", "an inquiry"])
@pytest.mark.parametrize(
    ("key", "back"), [("another", ["REFUND"]), ("another, told before", ["REFUND"]), ("the same", []), ("none", [])]
)
def test_a_pays_own_approval_meets_a_nameless_one(home: House, key: str, back: list[str], *, asked: bool) -> None:
    """A result without origMsgID was taken for the PAY's while its answer, or a worker's question, was on its way. Another
    settlement key is another taking, which goes back; an answer without one tells of none: its PAYMENT_RESULT would."""

    async def scenario() -> None:
        sale = await new_sale(home)
        acquirer = home.world.acquirer()
        usual = acquirer.handlers["TRX_RESULT_INQUIRY"]
        first, second = (acquirer.settlement_key() for _ in range(2))
        said = {"none": {}, "the same": {"settlementKey": first}}.get(key, {"settlementKey": second})
        kept: list[Json] = []

        async def approved(_: Received) -> Answer:
            assert (await sale.result("APPROVED", settlementKey=first)).code == "00"
            if key == "another, told before":
                assert (await sale.result("APPROVED", origMsgID=sale.taken[0]["msgID"], **said)).code == "00"
            return Answer(code="00", trx={"trxAmt": "100.00", "trxCurrency": "344", "paymentStatus": "APPROVED", **said})

        acquirer.handlers["TRX_RESULT_INQUIRY"] = approved
        try:
            async with sale.scripted("04" if asked else approved), taking_back(home, kept):
                assert (await sale.pay()).code == ("04" if asked else "00")
                for _ in range(6):
                    await home.advance(10)
                assert [each["message"] for each in kept] == back
                if key != "the same":  # and at last, or once more, the acquirer's own result of the PAY
                    own = {"origMsgID": sale.taken[0]["msgID"], "settlementKey": second}
                    assert (await sale.result("APPROVED", **own)).code == "00"
                    await home.advance(5)
                    assert [(each["message"], each["origSettlementKey"]) for each in kept] == [("REFUND", second)]
        finally:
            acquirer.handlers["TRX_RESULT_INQUIRY"] = usual
        states = [(each.kind, each.state.value, key_of(each.settlement_key)) for each in await sale.payments()]
        assert states == [("PAY", "APPROVED", first), *[("PAYMENT_RESULT", "REVERSED", second)] * len(kept)]
        assert sale.both_told() == ["APPROVED"]

    home.run(scenario())


def test_what_is_on_its_way_back_is_not_given_back_again_by_its_key(home: House) -> None:
    """A PAY that was approved after the order's QR had paid: its REVERSAL is begun, and a result tells of the same key."""

    async def scenario() -> None:
        sale = await new_sale(home)
        second, kept = home.world.acquirer().settlement_key(), list[Json]()
        qr, gateway = await sale.qr(), home.world.gateway(HARBOUR)

        async def paid_by_qr_first(_: Received) -> Answer:
            assert (await gateway.send(gateway.mpqrc_payment_emv(sale.holder, qr, "100.00"))).code == "00"
            await settle(home)
            return Answer(code="00", trx={"trxAmt": "100.00", "trxCurrency": "344", "settlementKey": second})

        async with sale.scripted(paid_by_qr_first), taking_back(home, kept):
            assert (await sale.pay()).code == "94"
            assert (await sale.result("APPROVED", settlementKey=second)).code == "00"
            for _ in range(3):
                await home.advance(5)
        assert [each["message"] for each in kept] == ["REVERSAL"]
        assert sorted(await sale.states()) == ["APPROVED", "REVERSED"]
        assert sale.both_told() == ["APPROVED"]

    home.run(scenario())


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


# --- the acquirer's word, twice, late, and against what the hub does by itself


def test_a_result_that_comes_many_times_at_once_counts_once(home: House) -> None:
    """Under one msgID and under others: one settlement key is one transaction."""

    async def scenario() -> None:
        for named in (True, False):
            sale = await new_sale(home)
            acquirer = home.world.acquirer()
            async with sale.scripted("04"):
                await sale.pay()
            (pay,) = sale.taken
            about = {"origMsgID": pay["msgID"] if named else None, "settlementKey": acquirer.settlement_key()}
            requests = [await sale.result_request("APPROVED", **about) for _ in range(3)] * 3
            answers = await asyncio.gather(*(acquirer.send(each) for each in requests))
            assert {each.code for each in answers} <= {"00", "96"}
            assert {(await acquirer.send(each)).code for each in requests} == {"00"}
            await home.work()
            assert await sale.states() == ["APPROVED"]
            assert sale.told() == ["APPROVED"]

    home.run(scenario())


def test_a_result_that_is_overtaken_by_itself_is_the_same_taking(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second copy without a name: between its two looks, the first is taken for the PAY that is under way. To refund its key
    then would give back what paid the order."""
    if home.way != "postgres":
        pytest.skip("nowhere else can two of these transactions overlap")

    async def scenario() -> None:
        sale = await new_sale(home)
        acquirer = home.world.acquirer()
        async with sale.scripted("04"):
            await sale.pay()
        key, usual = acquirer.settlement_key(), PaymentResult._tried
        first, second = [await sale.result_request("APPROVED", settlementKey=key) for _ in range(2)]

        async def overtaken(uow: UnitOfWork, order: Order, request: OrderResult) -> Payment | None:
            monkeypatch.undo()
            assert (await acquirer.send(first)).code == "00"
            return await usual(uow, order, request)

        monkeypatch.setattr(PaymentResult, "_tried", staticmethod(overtaken))
        assert (await acquirer.send(second)).code in ("00", "96")
        assert (await acquirer.send(second)).code == "00"
        await home.work()
        assert await sale.states() == ["APPROVED"]
        assert sale.told() == ["APPROVED"]

    home.run(scenario())


def reversing(home: House) -> taking_back:
    return taking_back(home, [])


@pytest.mark.parametrize("status", ["APPROVED", "DECLINED"])
def test_a_workers_question_against_the_result(home: House, status: str) -> None:
    """Both at once say the same: the payment moves once, and both sides hear it once."""

    async def scenario() -> None:
        for _ in range(4):
            sale = await new_sale(home)
            acquirer = home.world.acquirer()
            async with sale.scripted("04"):
                await sale.pay()
                (pay,) = sale.taken
                usual = acquirer.handlers["TRX_RESULT_INQUIRY"]

                async def asked(_: Received) -> Answer:
                    return Answer(code="00", trx={"paymentStatus": status, "rejectionReason": "51 no funds"})

                acquirer.handlers["TRX_RESULT_INQUIRY"] = asked
                try:
                    home.clock.advance(60)
                    await home.work()
                    home.clock.advance(3)
                    result = await sale.result_request(status, origMsgID=pay["msgID"], reason="51 no funds")
                    _, answer = await asyncio.gather(home.hub.worker.turn(), acquirer.send(result))
                    assert answer.code in ("00", "96")
                    assert (await acquirer.send(result)).code == "00"
                finally:
                    acquirer.handlers["TRX_RESULT_INQUIRY"] = usual
            await home.work()
            assert await sale.states() == [status]
            assert sale.both_told() == [status]

    home.run(scenario())


@pytest.mark.parametrize("when", ["while it is on its way back", "after it came back"])
def test_an_approval_of_what_is_taken_back_is_too_late(home: House, when: str) -> None:
    """The hub gave up on a PAY, and the acquirer has confirmed its REVERSAL. What it said before, and what the network
    brings only now, must not pay the order: that money is back with the cardholder."""

    async def scenario() -> None:
        sale = await new_sale(home)
        back: list[Json] = []
        async with sale.scripted("91"), taking_back(home, back):
            assert (await sale.pay()).code == "91"
            (pay,) = sale.taken
            if when == "after it came back":
                await home.advance(1)
            late = await sale.result("APPROVED", origMsgID=pay["msgID"])
            assert late.code == "00"
            await home.advance(1)
            await home.advance(5)
        assert [each["message"] for each in back] == ["REVERSAL"]
        assert await sale.states() == ["REVERSED"]
        assert (await sale.order()).state == "OPEN"
        assert sale.both_told() == ["DECLINED"]
        assert (await sale.pay()).code == "04"
        await settle(home)
        assert sale.both_told() == ["DECLINED", "APPROVED"]

    home.run(scenario())


@pytest.mark.parametrize("amount", ["0.01", "99.99", "100.01", "1000.00"])
def test_an_approval_of_another_amount_pays_nothing(home: House, amount: str) -> None:
    """A code that somebody made himself, with the order's number and a cent on it: what came goes back."""

    async def scenario() -> None:
        sale = await new_sale(home)
        back: list[Json] = []
        async with taking_back(home, back):
            assert (await sale.result("APPROVED", trxAmt=amount, trxCurrency="344")).code == "00"
            await home.work()
        assert [(each["message"], each["trxAmt"]) for each in back] == [("REFUND", amount)]
        assert (await sale.order()).state == "OPEN"
        assert sale.both_told() == []
        assert (await sale.standing())["paymentStatus"] == "PENDING"

    home.run(scenario())


def test_an_approval_of_another_amount_than_was_asked_is_taken_back(home: House) -> None:
    """Of a PAY: part of the money is no payment."""

    async def scenario() -> None:
        sale = await new_sale(home)
        back: list[Json] = []
        async with sale.scripted("04"), taking_back(home, back):
            await sale.pay()
            (pay,) = sale.taken
            said = {"origMsgID": pay["msgID"], "trxAmt": "1.00", "trxCurrency": "344"}
            assert (await sale.result("APPROVED", **said)).code == "00"
            await home.work()
        assert [each["message"] for each in back] == ["REVERSAL"]
        assert await sale.states() == ["REVERSED"]
        assert (await sale.order()).state == "OPEN"
        assert sale.both_told() == ["DECLINED"]

    home.run(scenario())


def test_a_cent_by_a_forged_code_does_not_pay_an_order(home: House) -> None:
    """The whole way: a cardholder scans a code that he made of the shop's account and the order's number."""

    async def scenario() -> None:
        sale = await new_sale(home)
        forged = home.world.merchants[2].code(amount="0.01", reference=sale.uid)
        gateway = home.world.gateway(HARBOUR)
        assert (await gateway.send(gateway.mpqrc_payment_emv(sale.holder, forged, "0.01"))).code == "00"
        await home.work()
        await settle(home)
        await settle(home)
        assert (await sale.order()).state == "OPEN"
        assert sale.both_told() == []
        assert await sale.balance() == "1000.00"

    home.run(scenario())


@pytest.mark.parametrize(("amount", "state"), [("0.01", "OPEN"), ("100.00", "PAID")])
@pytest.mark.parametrize("paying", [False, True], ids=["alone", "beside a PAY"])
def test_an_approval_without_an_amount_is_of_what_scis_saw(home: House, amount: str, state: str, *, paying: bool) -> None:
    """An acquirer that does not say how much a code brought: the hub knows it, where the payer's app is one of its own."""

    async def scenario() -> None:
        sale = await new_sale(home)
        acquirer, gateway = home.world.acquirer(), home.world.gateway(HARBOUR)
        usual, keys, back = acquirer.handlers["TRX_RESULT_NOTIFICATION"], list[Json](), list[Json]()

        async def noted(received: Received) -> Answer:
            keys.append(received.trx["settlementKey"])
            return Answer(code="00")

        acquirer.handlers["TRX_RESULT_NOTIFICATION"] = noted
        try:
            async with sale.scripted("04"), taking_back(home, back):
                if paying:
                    await sale.pay()
                code = home.world.merchants[2].code(amount=amount, reference=sale.uid)
                assert (await gateway.send(gateway.mpqrc_payment_emv(sale.holder, code, amount))).code == "00"
                await home.work()
                assert (await sale.result("APPROVED", settlementKey=keys[0])).code == "00"
                assert (await sale.order()).state == state
                if paying:
                    declined = await sale.result("DECLINED", origMsgID=sale.taken[0]["msgID"], reason="51")
                    assert declined.code == "00"
                await home.work()
        finally:
            acquirer.handlers["TRX_RESULT_NOTIFICATION"] = usual
        assert [(each["message"], each["trxAmt"]) for each in back] == ([("REFUND", "0.01")] if state == "OPEN" else [])
        (told,) = await sale.payments("PAYMENT_RESULT")
        assert (told.amount.text if told.amount else "", told.state) == (amount, "APPROVED" if state == "PAID" else "REVERSED")

    home.run(scenario())


# --- offers


def test_of_20_orders_at_once_an_offer_for_5_is_had_by_5(home: House) -> None:
    async def scenario() -> None:
        five = await put_offer(home, "ONLY-5", off_minor=1000, budget_minor=5000)
        sales = [await new_sale(home) for _ in range(20)]
        forms = [await sale.form(offers=(five.offer_id,)) for sale in sales]
        answers = await asyncio.gather(*(home.hub.cashier.pay(*form) for form in forms))
        assert Counter(each.code for each in answers) == {"04": 5, "12": 15}
        await settle(home)
        assert Counter([await sale.balance() for sale in sales]) == {"910.00": 5, "1000.00": 15}
        assert await sales[0].used(five.budget_key) == 5000
        loser = sales[next(place for place, each in enumerate(answers) if each.code == "12")]
        assert (await loser.pay()).code == "04"
        await settle(home)
        assert await loser.balance() == "900.00"

    home.run(scenario())


def test_the_budget_of_what_failed_is_there_for_the_next(home: House) -> None:
    """Declined, taken back, and beaten by the QR."""

    async def scenario() -> None:
        offer = await put_offer(home, "ONLY-1", off_minor=1000, budget_minor=1000)
        sale = await new_sale(home)
        for word, state in (("51", "DECLINED"), ("91", "REVERSED"), ("04", "DECLINED")):
            async with sale.scripted(word), reversing(home):
                assert (await sale.pay(offers=(offer.offer_id,))).code == word
                assert await sale.used(offer.budget_key) == (0 if word == "51" else 1000)
                if word == "04":
                    await sale.result("DECLINED", origMsgID=sale.taken[-1]["msgID"], reason="54")
                await home.advance(1)
            assert (await sale.states())[-1] == state
            assert await sale.used(offer.budget_key) == 0
        assert (await sale.pay(offers=(offer.offer_id,))).code == "04"
        await settle(home)
        assert await sale.balance() == "910.00"
        said = sale.notices()[-1]
        assert (said["trxAmt"], said["originalAmount"]) == ("90.00", "100.00")

    home.run(scenario())


async def put_offer(home: House, offer_id: str, **changes: Any) -> MarketingOffer:
    offer = MarketingOffer(
        offer_id=f"{offer_id}-{home.way}",
        kind=OfferKind.INSTANT,
        name="off",
        owner=HUB,
        funders=(Funder(party=HUB, percent=100),),
        currency="344",
        valid_from=home.clock.now().replace(year=2025),
        valid_until=home.clock.now().replace(year=2027),
        **changes,
    )
    async with home.hub.store.begin() as uow:
        await uow.put_offer(offer)
        await uow.commit()
    await home.hub.directory.refresh()
    return offer


# --- what comes back


@pytest.mark.parametrize("first", ["scis", "ucsp"])
def test_a_refund_is_told_once_whoever_says_it_first(home: House, first: str) -> None:
    """The acquirer refunds at SCIS, and tells UCSP: in either order both sides hear REFUNDED once."""

    async def scenario() -> None:
        sale = await new_sale(home)
        await sale.pay()
        await settle(home)
        acquirer = home.world.acquirer()
        paid = next(iter(await sale.payments("PAY")))
        key = key_of(paid.settlement_key)

        async def at_scis() -> None:
            assert (await acquirer.send(acquirer.refund(key, "30.00"))).code == "00"

        async def told() -> None:
            refund = {"settlementKey": key, "origMsgID": paid.bank_msg_id, "refundAmt": "30.00", "trxCurrency": "344"}
            assert (await sale.result("REFUNDED", **refund)).code == "00"

        for step in (at_scis, told) if first == "scis" else (told, at_scis):
            await step()
            await home.work()
            assert sale.both_told() == ["APPROVED", "REFUNDED"]
        assert await sale.balance() == "930.00"
        standing = await sale.standing()
        assert (standing["paymentStatus"], standing["refundAmt"], standing["trxAmt"]) == ("REFUNDED", "30.00", "100.00")
        assert {body["refundAmt"] for body in sale.notices() if body["paymentStatus"] == "REFUNDED"} == {"30.00"}

    home.run(scenario())


def key_of(text: str) -> dict[str, str]:
    names = ("acquirerIIN", "forwardingIIN", "systemTraceAuditNumber", "transmissionDateTime")
    return dict(zip(names, text.split(":"), strict=True))


def test_partial_refunds_add_up_and_stop_at_what_was_paid(home: House) -> None:
    async def scenario() -> None:
        sale = await new_sale(home)
        await sale.pay()
        await settle(home)
        acquirer = home.world.acquirer()
        for amount, sum_ in (("30.00", "30.00"), ("20.00", "50.00"), ("50.00", "100.00")):
            assert (await acquirer.refund_order(sale.uid, amount)).code == "00"
            await settle(home)
            assert (await sale.standing())["refundAmt"] == sum_
        assert (await acquirer.refund_order(sale.uid, "0.01")).code == "13"
        assert (await sale.result("REFUNDED", refundAmt="0.01", trxCurrency="344")).code == "13"
        await settle(home)
        assert sale.both_told() == ["APPROVED", "REFUNDED", "REFUNDED", "REFUNDED"]
        assert await sale.balance() == "1000.00"

    home.run(scenario())


def test_refunds_at_once_stop_at_what_was_paid(home: House) -> None:
    async def scenario() -> None:
        sale = await new_sale(home)
        await sale.pay()
        await settle(home)
        requests = [await sale.result_request("REFUNDED", refundAmt="15.00", trxCurrency="344") for _ in range(10)]
        answers = await asyncio.gather(*(home.world.acquirer().send(each) for each in requests))
        assert Counter(each.code for each in answers) == {"00": 6, "13": 4}
        await home.work()
        assert (await sale.standing())["refundAmt"] == "90.00"
        assert sale.both_told() == ["APPROVED", *["REFUNDED"] * 6]

    home.run(scenario())


def test_a_refund_said_by_both_at_once_is_told_once(home: House) -> None:
    async def scenario() -> None:
        for _ in range(6):
            sale = await new_sale(home)
            await sale.pay()
            await settle(home)
            acquirer = home.world.acquirer()
            (paid,) = await sale.payments("PAY")
            key = key_of(paid.settlement_key)
            refund = {"settlementKey": key, "origMsgID": paid.bank_msg_id, "refundAmt": "30.00", "trxCurrency": "344"}
            said = await sale.result_request("REFUNDED", **refund)
            answers = await asyncio.gather(acquirer.send(acquirer.refund(key, "30.00")), acquirer.send(said))
            assert [each.code for each in answers] == ["00", "00"]
            await home.work()
            assert sale.both_told() == ["APPROVED", "REFUNDED"]

    home.run(scenario())
