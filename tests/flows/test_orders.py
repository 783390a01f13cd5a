"""Orders at the cashier, code by code (RULES section 10): each request that gets one, the order of checks, and repeats."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import msgspec
import pytest
from flows.sales import CHANNEL_CODE, HARBOUR_CHANNEL, PARKING, Sale, broken, log_in, new_reference, new_sale, settle

from support.house import WAYS, House, house
from unionhub.domain.model.cashier import Confirmation
from unionhub.domain.model.orders import OrderState
from unionhub.domain.model.parties import PartyState
from unionhub.domain.model.services import GrantState
from unionhub.hosts.sandbox.envelope import Answer, Received
from unionhub.hosts.sandbox.partner import HubAnswer, HubRequest
from unionhub.hosts.sandbox.seeds import ACQUIRER, HARBOUR, TRAVEL, Cardholder
from unionhub.ports.store import StoreUnavailable

Changes = dict[str, Any]


@pytest.fixture(scope="module", params=WAYS)
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(request.param, tmp_path_factory.mktemp(f"orders-{request.param}")) as made:
        acquirer = made.world.acquirer()
        acquirer.orders.work.rhythm = msgspec.structs.replace(acquirer.orders.work.rhythm, look_s=0.05, repeat_s=0.05)
        for partner in (made.world.channel(), made.world.industry()):
            made.run(partner._jose())  # else the first question to it would be answered too late
        yield made
        made.world.faults.clear()
        made.run(settle(made))
        for _ in range(3):
            made.run(made.advance(60))
        assert made.run(broken(made)) == set()


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """For what does not depend on the store."""
    with house("memory", tmp_path_factory.mktemp("orders")) as made:
        yield made


async def buyer(home: House, *, logged_in: bool = True) -> Cardholder:
    holder = await home.cardholder(HARBOUR)
    if logged_in:
        await log_in(home, holder.user_id)
    return holder


def order_of(home: House, user_id: str, amount: str = "100.00", **changes: Any) -> HubRequest:
    return home.world.industry().submit_payment_order(CHANNEL_CODE, user_id, new_reference(), amount, **changes)


async def submit(home: House, request: HubRequest) -> HubAnswer:
    return await home.world.industry().send(request)


class changed:  # noqa: N801 - used like a function
    """Parties, grants and services that are otherwise inside the block."""

    def __init__(
        self,
        home: House,
        *,
        parties: dict[str, PartyState] | None = None,
        grant: Changes | None = None,
        service: Changes | None = None,
    ) -> None:
        self._home, self._parties, self._grant, self._service = home, parties or {}, grant, service

    async def __aenter__(self) -> None:
        directory = self._home.hub.directory
        grant, service = directory.grant(HARBOUR_CHANNEL, PARKING), directory.service("60010001")
        assert grant is not None
        assert service is not None
        self._before = (grant, service)
        for app_id, state in self._parties.items():
            await self._home.change_party(app_id, state=state)
        await self._put(
            msgspec.structs.replace(grant, **(self._grant or {})), msgspec.structs.replace(service, **(self._service or {}))
        )

    async def __aexit__(self, *_: object) -> None:
        for app_id in self._parties:
            await self._home.change_party(app_id, state=PartyState.LIVE)
        await self._put(*self._before)

    async def _put(self, grant: Any, service: Any) -> None:
        async with self._home.hub.store.begin() as uow:
            await uow.put_grant(grant)
            await uow.put_service(service)
            await uow.commit()
        await self._home.hub.directory.refresh()


# --- SUBMIT_PAYMENT_ORDER

TESTING = PartyState.TESTING

SUBMITTED: list[tuple[str, str, Changes, Changes]] = [
    # how, code, members of the request, what is otherwise at the hub
    ("as it should be", "00", {}, {}),
    ("no yen has decimals", "13", {"trxAmt": "1.50", "trxCurrency": "392"}, {}),
    ("nothing", "13", {"trxAmt": "0.00"}, {}),
    ("a tenth of a cent", "13", {"trxAmt": "1.001"}, {}),
    ("an unknown currency", "12", {"trxCurrency": "000"}, {}),
    *[
        (f"no money: {code}", "12", {"trxCurrency": code}, {})
        for code in ("999", "963", "959", "961", "962", "964", "960", "955")
    ],
    ("money all the same", "00", {"trxCurrency": "952", "trxAmt": "100"}, {}),  # of a name that begins with X
    ("an amount of no money", "12", {"trxCurrency": "999", "trxAmt": "1.001"}, {}),
    ("expired already", "12", {"expiresAt": "20260302030000"}, {}),
    ("expires now", "12", {"expiresAt": "20260302040000"}, {}),
    ("expires in two days", "30", {"expiresAt": "20260304040001"}, {}),
    ("never expires", "30", {"expiresAt": "99991231235959"}, {}),
    ("a subject that reads backwards", "30", {"subject": "Parking 00.001\u202e"}, {}),
    ("returns to another host", "30", {"returnUrl": "https://evil.example/return"}, {}),
    ("a channel that nobody knows", "40", {"channelCode": "NOBODY001"}, {}),
    ("a channel that is not live", "40", {}, {"parties": {HARBOUR_CHANNEL: TESTING}}),
    ("a suspended grant", "40", {}, {"grant": {"state": GrantState.SUSPENDED}}),
    ("no grant yet", "40", {}, {"grant": {"state": GrantState.APPLIED}}),
    ("an industry that is not live", "62", {}, {"parties": {PARKING: TESTING}}),
    ("nobody acquires for it", "03", {}, {"service": {"acquirer": ""}}),
    ("it is nobody's merchant", "03", {}, {"service": {"merchant_id": ""}}),
    ("its acquirer is not live", "03", {}, {"parties": {ACQUIRER: TESTING}}),
    ("another's industryCode", "A0", {"industryCode": "60020001"}, {}),
    # the order of checks: each row breaks all that the rows below it break
    ("form before everything", "30", {"trxAmt": "x", "channelCode": "NOBODY001"}, {"parties": {PARKING: TESTING}}),
    ("62 before 03", "62", {}, {"parties": {PARKING: TESTING}, "service": {"acquirer": ""}}),
    ("03 before 40", "03", {"channelCode": "NOBODY001"}, {"service": {"acquirer": ""}}),
    ("40 before returnUrl", "40", {"channelCode": "NOBODY001", "returnUrl": "https://evil.example/"}, {}),
    ("returnUrl before the amount", "30", {"returnUrl": "https://evil.example/", "trxAmt": "0.00"}, {}),
    ("the amount before the end", "13", {"trxAmt": "0.00", "expiresAt": "20260302030000"}, {}),
]


@pytest.mark.parametrize(("how", "code", "members", "otherwise"), SUBMITTED, ids=[row[0] for row in SUBMITTED])
def test_submit(one: House, how: str, code: str, members: Changes, otherwise: Changes) -> None:
    async def scenario() -> None:
        holder = await buyer(one)
        async with changed(one, **otherwise):
            placed = len(one.world.acquirer().inbox.items("PLACE_ORDER"))
            answer = await submit(one, order_of(one, holder.user_id, **members))
        assert answer.code == code
        assert (len(one.world.acquirer().inbox.items("PLACE_ORDER")) > placed) == (code == "00")
        assert ("cashierUrl" in answer.body, "ucspOrderId" in answer.body) == (code == "00", code == "00")

    one.run(scenario())


@pytest.mark.parametrize(
    ("offset", "said", "code"),
    [
        (480, "20260302120001", "00"),
        (480, "20260302120000", "12"),
        (-300, "20260301230001", "00"),
        (480, "00010101000000", "30"),  # eight hours before the first hour that there is
        (-300, "99991231235959", "30"),
    ],
)
def test_an_end_is_in_the_industrys_zone(one: House, offset: int, said: str, code: str) -> None:
    async def scenario() -> None:
        holder = await buyer(one)
        await one.change_party(PARKING, utc_offset_minutes=offset)
        try:
            assert (await submit(one, order_of(one, holder.user_id, expiresAt=said))).code == code
        finally:
            await one.change_party(PARKING, utc_offset_minutes=0)

    one.run(scenario())


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("no_answer", "98"),
        ("garbage", "98"),
        ("bad_signature", "98"),
        ("answer_of_another", "98"),
        ("code:96", "91"),
        ("code:03", "91"),
        ("refuse_connection", "92"),
    ],
)
def test_without_the_acquirers_word_nobody_can_pay_and_the_next_try_opens_it(one: House, fault: str, code: str) -> None:
    async def scenario() -> None:
        holder = await buyer(one)
        request = order_of(one, holder.user_id)
        if fault == "refuse_connection":
            one.world.faults.add(ACQUIRER, None, fault, seconds=0.3)
        else:
            one.world.faults.add(ACQUIRER, "PLACE_ORDER", fault)
        answer = await submit(one, request)
        assert (answer.code, "cashierUrl" in answer.body) == (code, False)
        assert (await submit(one, request)).code == code, "the answer to this msgID stands"
        await one.until(lambda: not one.world.faults.is_refusing(ACQUIRER))
        await asyncio.sleep(0.25)  # the breaker
        again = await submit(one, msgspec.structs.replace(request, body={**request.body, "msgID": other_id(one)}))
        assert (again.code, "cashierUrl" in again.body) == ("00", True)

    one.run(scenario())


def other_id(home: House) -> str:
    return home.world.industry().request("PAYMENT_RESULT_INQUIRY").msg_id


def test_a_store_that_is_away_is_96(one: House) -> None:
    async def scenario() -> None:
        holder = await buyer(one)
        request = order_of(one, holder.user_id)
        begin = one.hub.store.begin

        def gone() -> Any:
            raise StoreUnavailable("taken away")

        one.hub.store.begin = gone  # type: ignore[method-assign]
        try:
            assert (await submit(one, request)).code == "96"
        finally:
            one.hub.store.begin = begin  # type: ignore[method-assign]
        assert (await submit(one, request)).code == "00"

    one.run(scenario())


REPEATED: list[tuple[str, Changes, str, str]] = [
    # what is said again otherwise, then the code under the same msgID and under another
    ("the same", {}, "00", "00"),
    ("another amount", {"trxAmt": "100.01"}, "78", "94"),
    ("another currency", {"trxCurrency": "840"}, "78", "94"),
    ("another subject", {"subject": "x"}, "78", "94"),
    ("another user", {"userId": "somebody-else"}, "78", "94"),
    ("another time", {"orderTime": "20260302035959"}, "78", "94"),
    ("another way back", {"returnUrl": "https://99410344.sandbox/other"}, "78", "94"),
    ("another end", {"expiresAt": "20260302041000"}, "78", "94"),
]


@pytest.mark.parametrize(("how", "changes", "same", "other"), REPEATED, ids=[row[0] for row in REPEATED])
def test_repeats(one: House, how: str, changes: Changes, same: str, other: str) -> None:
    async def scenario() -> None:
        holder = await buyer(one)
        request = order_of(one, holder.user_id)
        if "returnUrl" in changes:
            changes["returnUrl"] = request.body["returnUrl"] + "&a=1"
        first = await submit(one, request)
        assert first.code == "00"
        again = msgspec.structs.replace(request, body={**request.body, **changes})
        under_same = await submit(one, again)
        under_other = await submit(one, msgspec.structs.replace(again, body={**again.body, "msgID": other_id(one)}))
        assert (under_same.code, under_other.code) == (same, other)
        urls = {each.body["cashierUrl"] for each in (first, under_same, under_other) if each.code == "00"}
        assert len(urls) == 1

    one.run(scenario())


def test_an_order_that_is_paid_or_closed_is_not_submitted_again(one: House) -> None:
    async def scenario() -> None:
        for end, other in (("paid", "94"), ("closed", "12")):
            sale = await new_sale(one)
            request = one.world.industry().submit_payment_order(
                CHANNEL_CODE, sale.holder.user_id, sale.reference, "100.00", orderTime=f"{(await sale.order()).ordered_at}"
            )
            if end == "paid":
                assert (await sale.result("APPROVED")).code == "00"
            else:
                await one.advance(901)
            await one.work()
            assert (await submit(one, request)).code == other, end

    one.run(scenario())


def test_of_50_equal_ones_at_once_one_order_is_made(home: House) -> None:
    """Under one msgID (`00`, or `04` while the first is under way: RULES section 2) and under 50."""

    async def scenario() -> None:
        holder = await buyer(home)
        request = order_of(home, holder.user_id)
        answers = await asyncio.gather(*(submit(home, request) for _ in range(50)))
        assert Counter(each.code for each in answers).keys() <= {"00", "04"}
        assert not any("cashierUrl" in each.body for each in answers if each.code != "00")
        await home.until(lambda: done(home, request))
        others = [msgspec.structs.replace(request, body={**request.body, "msgID": other_id(home)}) for _ in range(50)]
        more = await asyncio.gather(*(submit(home, each) for each in others))
        assert {each.code for each in more} == {"00"}
        urls = {each.body["cashierUrl"] for each in (*answers, *more) if each.code == "00"}
        assert len(urls) == 1
        async with home.hub.store.begin() as uow:
            placed = [each for each in await uow.orders(industry=PARKING) if each.user_id == holder.user_id]
        assert len(placed) == 1

    home.run(scenario())


async def done(home: House, request: HubRequest) -> bool:
    return (await submit(home, request)).code == "00"


def test_50_that_were_never_placed_at_once_under_50_msg_ids(home: House) -> None:
    """All of them ask the acquirer, which takes one order; what it is called is on record once."""

    async def scenario() -> None:
        holder = await buyer(home)
        request = order_of(home, holder.user_id)
        others = [msgspec.structs.replace(request, body={**request.body, "msgID": other_id(home)}) for _ in range(20)]
        answers = await asyncio.gather(*(submit(home, each) for each in others))
        assert {each.code for each in answers} <= {"00", "98", "96", "91"}
        assert "00" in {each.code for each in answers}
        assert len({each.body["cashierUrl"] for each in answers if each.code == "00"}) == 1
        uid = next(each.body["ucspOrderId"] for each in answers if each.code == "00")
        said = await home.world.acquirer().till.run(lambda book: book.order(uid))
        async with home.hub.store.begin() as uow:
            order = await uow.order_of(PARKING, request.body["orderId"])
        assert order is not None
        assert said is not None
        assert (order.ucsp_order_id, order.downstream_id) == (uid, said.downstream_id)

    home.run(scenario())


def test_a_host_that_dies_at_place_order_leaves_an_order_that_can_be_placed_again(home: House) -> None:
    async def scenario() -> None:
        holder = await buyer(home)
        request = order_of(home, holder.user_id)
        home.network.keep_back(ACQUIRER, "PLACE_ORDER")
        first = asyncio.create_task(submit(home, request))
        await home.until(lambda: known(home, request))
        async with home.hub.store.begin() as uow:
            order = await uow.order_of(PARKING, request.body["orderId"])
        assert order is not None
        assert (order.state, order.downstream_id) == (OrderState.PLACING, "")
        entered = await home.hub.cashier.enter(order.ucsp_order_id, home.hub.cashier._keys.entry(order))
        if entered is not None:
            assert (await home.hub.cashier.stage(entered[0])).value == "CLOSED"
        again = await submit(home, msgspec.structs.replace(request, body={**request.body, "msgID": other_id(home)}))
        assert again.code == "00"
        assert (await first).code in ("00", "98")
        await home.network.deliver()
        assert again.body["ucspOrderId"] == order.ucsp_order_id

    home.run(scenario())


async def known(home: House, request: HubRequest) -> bool:
    async with home.hub.store.begin() as uow:
        return await uow.order_of(PARKING, request.body["orderId"]) is not None


def test_orders_that_were_never_placed_end_too_and_nobody_is_told(home: House) -> None:
    async def scenario() -> None:
        holder = await buyer(home)
        request = order_of(home, holder.user_id)
        home.world.faults.add(ACQUIRER, "PLACE_ORDER", "code:96")
        assert (await submit(home, request)).code == "91"
        told = len(home.world.industry().inbox.items("PAYMENT_RESULT_NOTICE"))
        await home.advance(901)
        await home.work()
        async with home.hub.store.begin() as uow:
            order = await uow.order_of(PARKING, request.body["orderId"])
        assert order is not None
        assert order.state is OrderState.CLOSED
        said = [item.body["orderId"] for item in home.world.industry().inbox.items("PAYMENT_RESULT_NOTICE")[told:]]
        assert request.body["orderId"] not in said

    home.run(scenario())


# --- the cashier


async def with_form(sale: Sale, **changes: Any) -> str:
    session, said = await sale.form()
    return (await sale.home.hub.cashier.pay(session, msgspec.structs.replace(said, **changes))).code


async def paid_already(sale: Sale) -> str:
    form = await sale.form()
    assert (await sale.result("APPROVED")).code == "00"
    return (await sale.home.hub.cashier.pay(*form)).code


async def being_paid(sale: Sale) -> str:
    other = await sale.form()
    async with sale.scripted("04"):
        assert (await sale.pay()).code == "04"
    code = (await sale.home.hub.cashier.pay(*other)).code
    await sale.result("DECLINED", origMsgID=sale.taken[0]["msgID"], reason="51")
    return code


async def expired(sale: Sale) -> str:
    form = await sale.form()
    sale.home.clock.advance(901)
    return (await sale.home.hub.cashier.pay(*form)).code


async def closed(sale: Sale) -> str:
    form = await sale.form()
    await sale.home.advance(901)
    await sale.home.work()
    return (await sale.home.hub.cashier.pay(*form)).code


async def list_too_old(sale: Sale) -> str:
    form = await sale.form()
    sale.home.clock.advance(601)
    return (await sale.home.hub.cashier.pay(*form)).code


async def anothers_card(sale: Sale) -> str:
    other = await new_sale(sale.home)
    _, said = await other.form()
    return await with_form(sale, card_id=said.card_id)


def at_the_hub(**otherwise: Any) -> Callable[[Sale], Awaitable[str]]:
    async def asked(sale: Sale) -> str:
        form = await sale.form()
        async with changed(sale.home, **otherwise):
            return (await sale.home.hub.cashier.pay(*form)).code

    return asked


def with_fault(party: str, message: str | None, fault: str) -> Callable[[Sale], Awaitable[str]]:
    async def asked(sale: Sale) -> str:
        form = await sale.form()
        sale.home.world.faults.add(party, message, fault, **({"seconds": 0.3} if message is None else {}))
        code = (await sale.home.hub.cashier.pay(*form)).code
        await sale.home.until(lambda: not sale.home.world.faults.is_refusing(party))
        await asyncio.sleep(0.25)
        return code

    return asked


def acquirer_says(code: str) -> Callable[[Sale], Awaitable[str]]:
    async def asked(sale: Sale) -> str:
        async with sale.scripted(code):
            return (await sale.pay()).code

    return asked


CONFIRMED: list[tuple[str, str, Callable[[Sale], Awaitable[str]]]] = [
    ("paid already", "94", paid_already),
    ("being paid", "94", being_paid),
    ("expired", "12", expired),
    ("closed", "12", closed),
    ("no form of ours", "12", lambda sale: with_form(sale, form_token="x.y")),
    ("no form at all", "12", lambda sale: with_form(sale, form_token="")),
    ("no such offer", "12", lambda sale: with_form(sale, offer_ids=("NONE",))),
    ("an offer without its code", "12", lambda sale: with_form(sale, offer_ids=("PARK10",))),
    ("no card", "14", lambda sale: with_form(sale, card_id="")),
    ("a card that was not shown", "14", lambda sale: with_form(sale, card_id="another")),
    ("another's card", "14", anothers_card),
    ("a list that is too old", "14", list_too_old),
    ("the industry is not live", "62", at_the_hub(parties={PARKING: TESTING})),
    ("the channel is not live", "62", at_the_hub(parties={HARBOUR_CHANNEL: TESTING})),
    ("the acquirer is not live", "62", at_the_hub(parties={ACQUIRER: TESTING})),
    ("the grant is suspended", "40", at_the_hub(grant={"state": GrantState.SUSPENDED})),
    ("the channel gives no payload", "98", with_fault(HARBOUR_CHANNEL, "GET_CARD_PAYLOAD", "no_answer")),
    ("the channel refuses the payload", "91", with_fault(HARBOUR_CHANNEL, "GET_CARD_PAYLOAD", "code:96")),
    ("the acquirer is not there", "92", with_fault(ACQUIRER, None, "refuse_connection")),
    ("the acquirer has no funds", "51", acquirer_says("51")),
    ("the acquirer knows no card", "14", acquirer_says("14")),
    ("the acquirer wants another key", "72", acquirer_says("A0")),
]


@pytest.mark.parametrize(("how", "code", "ask"), CONFIRMED, ids=[row[0] for row in CONFIRMED])
def test_confirm(one: House, how: str, code: str, ask: Callable[[Sale], Awaitable[str]]) -> None:
    async def scenario() -> None:
        sale = await new_sale(one)
        assert await ask(sale) == code
        assert await sale.balance() == "1000.00"

    one.run(scenario())


def test_who_is_not_logged_in_sees_no_cards_and_pays_with_none(one: House) -> None:
    async def scenario() -> None:
        holder = await buyer(one, logged_in=False)
        answer = await submit(one, order_of(one, holder.user_id))
        entered = await one.hub.cashier.enter(answer.body["ucspOrderId"], answer.body["cashierUrl"].partition("key=")[2])
        assert entered is not None
        view = await one.hub.cashier.view(entered[0])
        assert (view.cards, view.no_cards, bool(view.qr_payload)) == ((), "57", True)
        said = Confirmation(form_token=view.form_token, card_id="any")
        assert (await one.hub.cashier.pay(entered[0], said)).code == "57"

    one.run(scenario())


# --- PAYMENT_RESULT


async def foreign_order(sale: Sale) -> Changes:
    """One that another acquirer settles."""
    order = msgspec.structs.replace(
        await sale.order(),
        order_id=700_000 + int(sale.reference.partition("-")[2]),
        reference=f"{sale.reference}-x",
        acquirer="99500156",
    )
    async with sale.home.hub.store.begin() as uow:
        assert await uow.add_order(order)
        await uow.commit()
    return {"ucspOrderId": order.ucsp_order_id}


async def settled_before(sale: Sale) -> Changes:
    """The key under which another order was paid."""
    other = await new_sale(sale.home)
    key = sale.home.world.acquirer().settlement_key()
    assert (await other.result("APPROVED", settlementKey=key)).code == "00"
    return {"settlementKey": key}


async def pay_of_another(sale: Sale) -> Changes:
    other = await new_sale(sale.home)
    async with other.scripted("04"):
        await other.pay()
    await other.result("DECLINED", origMsgID=other.taken[0]["msgID"], reason="51")
    return {"origMsgID": other.taken[0]["msgID"]}


def said(**changes: Any) -> Callable[[Sale], Awaitable[Changes]]:
    async def members(_: Sale) -> Changes:
        return changes

    return members


def key(**changes: str) -> Changes:
    usual = {
        "acquirerIIN": ACQUIRER,
        "forwardingIIN": ACQUIRER,
        "systemTraceAuditNumber": "000001",
        "transmissionDateTime": "0302040000",
    }
    return {**usual, **changes}


RESULTS: list[tuple[str, str, str, Callable[[Sale], Awaitable[Changes]]]] = [
    # how, paymentStatus, code, members
    ("as it should be", "APPROVED", "00", said()),
    ("a decline of nothing", "DECLINED", "00", said()),
    ("an order that nobody knows", "APPROVED", "25", said(ucspOrderId="20260302999999999999")),
    ("its number on another day", "APPROVED", "25", said(ucspOrderId="20250101000000000001")),
    ("another acquirer's order", "APPROVED", "25", foreign_order),
    ("another downstreamOrderId", "APPROVED", "25", said(downstreamOrderId="x")),
    ("a PAY that was never sent", "APPROVED", "25", said(origMsgID="U" * 28)),
    ("a PAY of another order", "APPROVED", "25", pay_of_another),
    ("a decline of a PAY that was never sent", "DECLINED", "25", said(origMsgID="U" * 28)),
    ("another acquirer's settlementKey", "APPROVED", "12", said(settlementKey=key(acquirerIIN="99990344"))),
    ("the settlementKey of another order", "APPROVED", "12", settled_before),
    ("a refund of what is not paid", "REFUNDED", "12", said(refundAmt="1.00", trxCurrency="344")),
    ("an unknown currency", "APPROVED", "12", said(trxAmt="100.00", trxCurrency="000")),
    ("nothing was paid", "APPROVED", "13", said(trxAmt="0.00", trxCurrency="344")),
    ("no settlementKey", "APPROVED", "30", said(settlementKey=None)),
    ("another status", "CLOSED", "30", said()),
]


@pytest.mark.parametrize(("how", "status", "code", "members"), RESULTS, ids=[row[0] for row in RESULTS])
def test_payment_result(one: House, how: str, status: str, code: str, members: Callable[[Sale], Awaitable[Changes]]) -> None:
    async def scenario() -> None:
        sale = await new_sale(one)
        answer = await sale.result(status, **await members(sale))
        assert answer.code == code
        paid = (status, code) == ("APPROVED", "00")
        assert (await sale.order()).state == ("PAID" if paid else "OPEN")
        await one.work()
        assert sale.both_told() == (["APPROVED"] if paid else [])

    one.run(scenario())


REFUNDS: list[tuple[str, str, Changes]] = [
    ("all", "00", {}),
    ("a part", "00", {"refundAmt": "30.00", "trxCurrency": "344"}),
    ("as trxAmt", "00", {"trxAmt": "30.00", "trxCurrency": "344"}),
    ("too much", "13", {"refundAmt": "100.01", "trxCurrency": "344"}),
    ("nothing", "13", {"refundAmt": "0.00", "trxCurrency": "344"}),
    ("decimals of a cent", "13", {"refundAmt": "1.001", "trxCurrency": "344"}),
    ("another currency", "12", {"refundAmt": "30.00", "trxCurrency": "840"}),
    ("yen", "12", {"refundAmt": "30", "trxCurrency": "392"}),
]


@pytest.mark.parametrize(("how", "code", "members"), REFUNDS, ids=[row[0] for row in REFUNDS])
def test_refunds(one: House, how: str, code: str, members: Changes) -> None:
    async def scenario() -> None:
        sale = await new_sale(one)
        assert (await sale.result("APPROVED")).code == "00"
        assert (await sale.result("REFUNDED", **members)).code == code
        await one.work()
        assert sale.both_told() == (["APPROVED", "REFUNDED"] if code == "00" else ["APPROVED"])

    one.run(scenario())


def test_an_acquirer_that_is_not_live_is_62_and_is_heard_later(one: House) -> None:
    async def scenario() -> None:
        sale = await new_sale(one)
        request = await sale.result_request("APPROVED")
        acquirer = one.world.acquirer()
        async with changed(one, parties={ACQUIRER: TESTING}):
            assert (await acquirer.send(request)).code == "62"
        assert (await sale.order()).state == "OPEN"
        later = msgspec.structs.replace(request, body={**request.body, "msgID": acquirer.new_msg_id()})
        assert (await acquirer.send(later)).code == "00"

    one.run(scenario())


def test_the_same_result_again_is_00_and_another_under_its_msg_id_78(one: House) -> None:
    async def scenario() -> None:
        sale = await new_sale(one)
        request = await sale.result_request("APPROVED")
        acquirer = one.world.acquirer()
        assert [(await acquirer.send(request)).code for _ in range(3)] == ["00"] * 3
        changed_ = {**request.body, "paymentStatus": "DECLINED"}
        assert (await acquirer.send(msgspec.structs.replace(request, body=changed_))).code == "78"
        await one.work()
        assert (sale.both_told(), await sale.states()) == (["APPROVED"], ["APPROVED"])

    one.run(scenario())


def test_who_is_no_acquirer_says_nothing_of_orders(one: House) -> None:
    async def scenario() -> None:
        sale = await new_sale(one)
        request = await sale.result_request("APPROVED")
        for partner in (one.world.industry(), one.world.channel()):
            assert (await partner.send(request)).status == 401
        assert (await sale.order()).state == "OPEN"

    one.run(scenario())


# --- PAYMENT_RESULT_INQUIRY


def test_inquiries(one: House) -> None:
    async def scenario() -> None:
        sale = await new_sale(one)
        parking, travel = one.world.industry(), one.world.partners[TRAVEL]
        asked = parking.payment_result_inquiry
        codes = [
            (await parking.send(asked("never-submitted"))).code,
            (await travel.ask("PAYMENT_RESULT_INQUIRY", {"orderId": sale.reference})).code,
            (await parking.send(asked(sale.reference, industryCode="60020001"))).code,
            (await parking.send(asked("x" * 65))).code,
        ]
        assert codes == ["25", "25", "A0", "30"]
        seen = []
        for step in ("", "APPROVED", "REFUNDED"):
            if step:
                assert (await sale.result(step)).code == "00"
            seen.append((await sale.standing())["paymentStatus"])
        assert seen == ["PENDING", "APPROVED", "REFUNDED"]
        other = await new_sale(one)
        await one.advance(901)
        await one.work()
        assert (await other.standing())["paymentStatus"] == "CLOSED"

    one.run(scenario())


def test_a_declined_try_is_pending_as_long_as_the_order_can_be_paid(one: House) -> None:
    async def scenario() -> None:
        sale = await new_sale(one)
        async with sale.scripted("51"):
            await sale.pay()
        standing = await sale.standing()
        assert (standing["paymentStatus"], standing["trxAmt"]) == ("PENDING", "100.00")

    one.run(scenario())


# --- notices


def test_a_notice_that_is_not_confirmed_comes_again_the_same(one: House) -> None:
    """Industry and channel independently; what happened meanwhile is told after it, never in it."""

    async def scenario() -> None:
        sale = await new_sale(one)
        industry = one.world.industry()
        usual = industry.handlers["PAYMENT_RESULT_NOTICE"]

        async def refused(_: Received) -> Answer:
            return Answer(code="96")

        industry.handlers["PAYMENT_RESULT_NOTICE"] = refused
        try:
            await sale.result("APPROVED")
            await one.work()
            await sale.result("REFUNDED", refundAmt="30.00", trxCurrency="344")
            await one.advance(61)
            assert sale.told(HARBOUR_CHANNEL) == ["APPROVED", "REFUNDED"]
            assert [body["paymentStatus"] for body in sale.notices()] == ["APPROVED", "APPROVED"]
        finally:
            industry.handlers["PAYMENT_RESULT_NOTICE"] = usual
        await one.advance(121)
        await one.work()
        first, second, third, last = sale.notices()
        assert first == second == third
        assert (last["paymentStatus"], last["refundAmt"]) == ("REFUNDED", "30.00")

    one.run(scenario())
