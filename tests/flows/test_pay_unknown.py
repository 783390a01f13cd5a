"""What becomes of a PAY whose fate nobody here knows, on all three stores (RULES section 3): what the acquirer gets, who is
told, that the order can be paid again, and that offers have their budgets back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from flows.sales import Sale, broken, new_sale, settle

from support.house import WAYS, House, house
from unionhub.adapters.jose.causes import Cause, GateRefusal
from unionhub.domain.model.transactions import Payment
from unionhub.hosts.sandbox.envelope import Answer, Received
from unionhub.hosts.sandbox.seeds import ACQUIRER
from unionhub.hosts.sandbox.till import PayState

Json = dict[str, Any]
OFFERS = ("PARKING-5",)
"""5.00 off."""


@pytest.fixture(scope="module", params=WAYS)
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(request.param, tmp_path_factory.mktemp(f"pay-{request.param}")) as made:
        acquirer = made.world.acquirer()
        acquirer.orders.work.rhythm = msgspec.structs.replace(acquirer.orders.work.rhythm, look_s=0.05, repeat_s=0.05)
        for partner in (made.world.channel(), made.world.industry()):
            made.run(partner._jose())
        yield made
        made.world.faults.clear()
        made.run(settle(made))
        made.run(made.advance(60))
        assert made.run(broken(made)) == set()


async def rest(home: House, times: int = 12) -> None:
    """Long enough for every question, and for taking it back."""
    for _ in range(times):
        await settle(home)
        await home.advance(5)


async def budget(sale: Sale) -> int:
    offer = next(each for each in sale.home.hub.directory.offers() if each.offer_id == OFFERS[0])
    return await sale.used(offer.budget_key)


async def pays_again(sale: Sale) -> None:
    assert await sale.stage() == "CHOOSING"
    assert (await sale.pay()).code == "04"
    await settle(sale.home)
    assert await sale.stage() == "PAID"
    assert await sale.balance() == "900.00"


@pytest.mark.parametrize("fault", ["garbage", "bad_signature", "answer_of_another", "book_then_no_answer"])
def test_a_pay_that_arrived_is_what_the_acquirer_made_of_it(home: House, fault: str) -> None:
    """`04`, or `00` if PAYMENT_RESULT was quicker than the time-out."""

    async def scenario() -> None:
        sale = await new_sale(home)
        home.world.faults.add(ACQUIRER, "PAY", fault)
        accepted = await sale.pay(offers=OFFERS)
        assert accepted.code in ("04", "00")
        assert accepted.return_url
        await rest(home, 3)
        assert await sale.states() == ["APPROVED"]
        assert await sale.balance() == "905.00"
        assert sale.both_told() == ["APPROVED"]
        assert sale.got("REVERSAL") == []

    home.run(scenario())


def test_a_pay_that_never_arrived_is_taken_back_and_can_be_paid_again(home: House) -> None:
    async def scenario() -> None:
        sale = await new_sale(home)
        before = await budget(sale)
        home.network.keep_back(ACQUIRER, "PAY")
        assert (await sale.pay(offers=OFFERS)).code == "04"
        assert await sale.stage() == "PAYING"
        assert await budget(sale) == before + 500
        await rest(home)
        assert await sale.states() == ["REVERSED"]
        assert sale.both_told() == ["DECLINED"]
        assert sale.notices()[-1]["reason"][:2] == "91"
        assert await budget(sale) == before
        await home.network.deliver()  # now it comes, and is barred
        (payment,) = await sale.payments("PAY")
        barred = await home.world.acquirer().till.run(lambda book: book.pay(payment.bank_msg_id))
        assert barred is not None
        assert barred.state is PayState.BARRED
        assert await sale.balance() == "1000.00"
        await pays_again(sale)
        assert sale.both_told() == ["DECLINED", "APPROVED"]

    home.run(scenario())


WORDS: list[tuple[str, str, str, list[str], list[str]]] = [
    # the acquirer's word, what the browser hears, what it ends as, what takes it back, what both sides hear
    ("01", "01", "DECLINED", [], ["DECLINED"]),
    ("51", "51", "DECLINED", [], ["DECLINED"]),
    ("30", "30", "DECLINED", [], ["DECLINED"]),
    ("25", "25", "DECLINED", [], ["DECLINED"]),
    ("78", "78", "DECLINED", [], ["DECLINED"]),
    ("A0", "72", "DECLINED", [], ["DECLINED"]),
    ("91", "91", "REVERSED", ["REVERSAL"], ["DECLINED"]),
    ("92", "91", "REVERSED", ["REVERSAL"], ["DECLINED"]),
    ("96", "91", "REVERSED", ["REVERSAL"], ["DECLINED"]),
    ("98", "91", "REVERSED", ["REVERSAL"], ["DECLINED"]),
    ("99", "91", "REVERSED", ["REVERSAL"], ["DECLINED"]),
    ("ZZ", "71", "REVERSED", ["REVERSAL"], ["DECLINED"]),
    ("94", "04", "REVERSED", ["REVERSAL"], ["DECLINED"]),  # it is asked, and says `25` for ever
    ("00", "00", "APPROVED", [], ["APPROVED"]),
]


@pytest.mark.parametrize(("word", "code", "state", "back", "told"), WORDS, ids=[row[0] for row in WORDS])
def test_each_word(home: House, word: str, code: str, state: str, back: list[str], told: list[str]) -> None:
    async def scenario() -> None:
        sale = await new_sale(home)
        before = await budget(sale)
        taken: list[Json] = []
        async with sale.scripted(word), Acquirer(home, sale, taken):
            assert (await sale.pay(offers=OFFERS)).code == code
            await rest(home)
        assert await sale.states() == [state]
        assert [each["message"] for each in taken if each["message"] == "REVERSAL"] == back
        assert sale.both_told() == told
        (said,) = {body["reason"][:2] for body in sale.notices()} if state != "APPROVED" else {""}
        assert said == ({"94": "91"}.get(word, code) if said else "")
        (sent,) = sale.taken
        for each in taken:
            if each["message"] == "REVERSAL":
                assert (each["origMsgID"], each["trxAmt"], each["ucspOrderId"]) == (sent["msgID"], "95.00", sale.uid)
        assert await budget(sale) == before + (500 if state == "APPROVED" else 0)
        if state != "APPROVED":
            await pays_again(sale)

    home.run(scenario())


class Acquirer:
    """Scripted beside PAY: what it says when it is asked (`25` if nothing), and REVERSALs, which it confirms."""

    def __init__(self, home: House, sale: Sale, kept: list[Json], *, says: Json | None = None, reverses: str = "00") -> None:
        self._handlers = home.world.acquirer().handlers
        self._kept, self._says, self._reverses = kept, says, reverses
        self._usual: dict[str, Any] = {}

    async def __aenter__(self) -> None:
        for message in ("TRX_RESULT_INQUIRY", "REVERSAL"):
            self._usual[message] = self._handlers[message]
            self._handlers[message] = self._said

    async def __aexit__(self, *_: object) -> None:
        self._handlers.update(self._usual)

    async def _said(self, received: Received) -> Answer:
        self._kept.append({"message": received.message, "msgID": received.msg_id, **received.trx})
        if received.message == "REVERSAL":
            return Answer(code=self._reverses, trx={name: received.trx[name] for name in ("trxAmt", "trxCurrency")})
        return Answer(code="25") if self._says is None else Answer(code="00", trx=self._says)


def test_a_bare_401_is_taken_back(home: House) -> None:
    async def scenario() -> None:
        sale = await new_sale(home)
        acquirer = home.world.acquirer()
        form = await sale.form()
        usual = acquirer._trusting

        async def refused(_: Any) -> Any:
            raise GateRefusal(Cause.SIGNATURE)

        acquirer._trusting = refused  # type: ignore[method-assign]
        try:
            assert (await home.hub.cashier.pay(*form)).code == "72"
        finally:
            acquirer._trusting = usual  # type: ignore[method-assign]
        await asyncio.sleep(0.3)  # the breaker
        await home.advance(5)
        assert await sale.states() == ["REVERSED"]
        assert len(sale.got("REVERSAL")) == 1
        await pays_again(sale)

    home.run(scenario())


def test_a_refused_connection_is_92_and_nothing_is_taken_back(home: House) -> None:
    async def scenario() -> None:
        sale = await new_sale(home)
        before = await budget(sale)
        form = await sale.form(offers=OFFERS)
        home.world.faults.add(ACQUIRER, None, "refuse_connection", seconds=0.4)
        assert (await home.hub.cashier.pay(*form)).code == "92"
        await home.until(lambda: not home.world.faults.is_refusing(ACQUIRER))
        await asyncio.sleep(0.3)
        assert await sale.states() == ["DECLINED"]
        assert (sale.got("REVERSAL"), sale.both_told(), await budget(sale)) == ([], [], before)
        await pays_again(sale)

    home.run(scenario())


def test_workers_that_were_away_while_a_cardholder_was_asked_ask_again_first(home: House) -> None:
    """A deploy of some minutes must not take back what the acquirer calls PENDING."""

    async def scenario() -> None:
        sale = await new_sale(home)
        kept: list[Json] = []
        async with sale.scripted("04"), Acquirer(home, sale, kept, says={"paymentStatus": "PENDING"}):
            assert (await sale.pay()).code == "04"
            for _ in range(4):
                await home.advance(10)
            asked = len(kept)
            assert asked > 0
            await home.advance(300)
            assert await sale.states() == ["UNKNOWN"]
            assert len(kept) > asked
        assert {each["message"] for each in kept} == {"TRX_RESULT_INQUIRY"}
        assert (await sale.result("APPROVED", origMsgID=sale.taken[0]["msgID"])).code == "00"
        assert await sale.states() == ["APPROVED"]

    home.run(scenario())


def test_04_for_ever_is_believed_for_its_time_and_then_taken_back(home: House) -> None:
    """PENDING at each question: the cardholder is asked. After order_wait_s the usual questions, and REVERSAL."""

    async def scenario() -> None:
        sale = await new_sale(home)
        before = await budget(sale)
        kept: list[Json] = []
        async with sale.scripted("04"), Acquirer(home, sale, kept, says={"paymentStatus": "PENDING"}):
            assert (await sale.pay(offers=OFFERS)).code == "04"
            for _ in range(59):
                await home.advance(10)
            assert await sale.states() == ["UNKNOWN"]
            assert {each["message"] for each in kept} == {"TRX_RESULT_INQUIRY"}
            assert len(kept) > 10
            assert {each["origMsgID"] for each in kept} == {sale.taken[0]["msgID"]}
            assert len({each["msgID"] for each in kept}) == len(kept)
            assert (await sale.standing())["paymentStatus"] == "PENDING"
            for _ in range(10):
                await home.advance(10)
        assert await sale.states() == ["REVERSED"]
        assert [each["message"] for each in kept].count("REVERSAL") == 1
        assert sale.both_told() == ["DECLINED"]
        assert await budget(sale) == before
        await pays_again(sale)

    home.run(scenario())


@pytest.mark.parametrize(
    ("says", "state", "told"),
    [
        ({"paymentStatus": "APPROVED", "referNo": "R1"}, "APPROVED", ["APPROVED"]),
        ({"paymentStatus": "DECLINED", "rejectionReason": "51 Insufficient funds"}, "DECLINED", ["DECLINED"]),
        ({"paymentStatus": "DECLINED", "rejectionReason": "no"}, "DECLINED", ["DECLINED"]),
        ({"paymentStatus": "DECLINED", "rejectionReason": "94 Duplicate"}, "DECLINED", ["DECLINED"]),
        ({"paymentStatus": "REVERSED"}, "REVERSED", ["DECLINED"]),
    ],
    ids=str,
)
def test_what_it_says_when_it_is_asked_counts(home: House, says: Json, state: str, told: list[str]) -> None:
    async def scenario() -> None:
        sale = await new_sale(home)
        async with sale.scripted("04"), Acquirer(home, sale, [], says=says):
            await sale.pay()
            await rest(home, 8)
        assert await sale.states() == [state]
        assert sale.both_told() == told
        if state == "DECLINED":
            assert sale.notices()[0]["reason"][:2] == {"no": "71"}.get(says["rejectionReason"], says["rejectionReason"][:2])

    home.run(scenario())


@pytest.mark.parametrize("reason", ["94 Duplicate", "51", "", "no words", "00", "04 accepted"])
def test_a_decline_is_told_whatever_its_reason(home: House, reason: str) -> None:
    """`94` among them, which is also what the hub calls an approval that nobody wanted."""

    async def scenario() -> None:
        sale = await new_sale(home)
        async with sale.scripted("04"):
            await sale.pay()
            told = {"origMsgID": sale.taken[0]["msgID"], "reason": reason or None}
            assert (await sale.result("DECLINED", **told)).code == "00"
        await home.work()
        assert await sale.states() == ["DECLINED"]
        assert sale.both_told() == ["DECLINED"]
        assert sale.notices()[0]["reason"][:2] == (reason[:2] if reason[:2] in ("94", "51") else "71")

    home.run(scenario())


def test_a_reversal_is_sent_until_it_is_confirmed_under_one_msg_id(home: House) -> None:
    """And while it is not, nobody else may pay the order: it could be paid twice."""

    async def scenario() -> None:
        sale = await new_sale(home)
        kept: list[Json] = []
        async with sale.scripted("91"), Acquirer(home, sale, kept, reverses="96"):
            assert (await sale.pay()).code == "91"
            for _ in range(6):
                await home.advance(60)
            assert await sale.states() == ["REVERSING"]
            assert await sale.stage() == "PAYING"
            assert sale.both_told() == []
            assert len({each["msgID"] for each in kept}) == 1
            assert len(kept) > 2
        async with Acquirer(home, sale, kept):
            await home.advance(300)
            await home.advance(300)
        await home.work()
        assert await sale.states() == ["REVERSED"]
        assert sale.both_told() == ["DECLINED", "CLOSED"]

    home.run(scenario())


def test_a_host_that_dies_in_pay_is_followed_by_the_worker(home: House) -> None:
    """It is PENDING with nobody at it: the worker asks, and the acquirer knows."""

    async def scenario() -> None:
        sale = await new_sale(home)
        runner = home.hub.cashier._runner
        usual = runner.close

        async def died(payment: Payment, word: Any) -> Payment:
            if payment.kind == "PAY":
                raise asyncio.CancelledError
            return await usual(payment, word)

        runner.close = died  # type: ignore[method-assign]
        home.world.faults.add(ACQUIRER, "PAY", "book_then_no_answer")
        try:
            with pytest.raises(asyncio.CancelledError):
                await sale.pay()
        finally:
            runner.close = usual  # type: ignore[method-assign]
        assert await sale.stage() in ("PAYING", "PAID")
        await rest(home, 8)
        assert await sale.states() == ["APPROVED"]
        assert sale.both_told() == ["APPROVED"]
        assert await sale.balance() == "900.00"

    home.run(scenario())
