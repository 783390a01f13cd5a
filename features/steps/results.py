"""What becomes of an order: the acquirer that moves the money, and the two sides that are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from pytest_bdd import given, then, when
from steps.login import SERVICES
from steps.orders import Order
from story import Story
from words import Amount, Phrase

from unionhub.domain.model.notices import Attempt, Notice, NoticeState
from unionhub.domain.model.transactions import Payment, PaymentState
from unionhub.hosts.sandbox.envelope import Answer, Received
from unionhub.hosts.sandbox.inbox import Item
from unionhub.hosts.sandbox.partner import HubAnswer, HubRequest
from unionhub.hosts.sandbox.roles import Acquirer
from unionhub.hosts.sandbox.seeds import HARBOUR_CHANNEL, PARKING
from unionhub.ports.partners import NoWord

NOTICE: Final = "PAYMENT_RESULT_NOTICE"
RESULT: Final = "PAYMENT_RESULT"

# --- the acquirer

ASKED: Final = {"to take the order": "PLACE_ORDER", "to pay": "PAY"}
FAULTS: Final = {
    "says nothing": "no_answer",
    "does it, but its answer gets lost": "book_then_no_answer",
    "answers with garbage": "garbage",
    "answers with a false signature": "bad_signature",
    "says 96": "code:96",
    "says 03": "code:03",
    "says 61": "code:61",
}


@given(Phrase("the acquirer, asked {what:What}, {fault:Fault}", What=ASKED, Fault=FAULTS))
def the_acquirer_fails(story: Story, what: str, fault: str) -> None:
    story.world.faults.add(_acquirer(story).app_id, ASKED[what], FAULTS[fault])


@given("the network keeps PAY back")
def keeps_pay_back(story: Story) -> None:
    story.house.network.keep_back(_acquirer(story).app_id, "PAY")


@when("PAY arrives")
def pay_arrives(story: Story) -> None:
    story.deliver_what_was_kept_back()
    story.settle()


@given("the result of the acquirer is faster than its answer to PAY")
def the_result_overtakes(story: Story) -> None:
    acquirer = _acquirer(story)
    usual = acquirer.handlers["PAY"]

    async def slow(received: Received) -> Answer:
        answer = await usual(received)
        await story.house.until(story.pace.is_still)
        return answer

    acquirer.handlers["PAY"] = slow
    story.undo(lambda: acquirer.handlers.update(PAY=usual))


@given("no result of the acquirer gets through")
def no_result_gets_through(story: Story) -> None:
    acquirer = _acquirer(story)
    send = acquirer.send

    async def cut(request: HubRequest, **options: Any) -> HubAnswer:
        if request.message == RESULT:
            raise NoWord("lost on its way")
        return await send(request, **options)

    acquirer.send = cut  # type: ignore[method-assign]
    story.undo(lambda: acquirer.__dict__.pop("send", None))


@when("results of the acquirer get through again")
def results_get_through(story: Story) -> None:
    del _acquirer(story).send  # the instance's, which stood before the class's


NUMBERS: Final = {"in the same message": True, "in another message": False}


@when(Phrase("the acquirer says {number:Which} what it said before", Which=NUMBERS))
def says_it_again(story: Story, number: str) -> None:
    """Its latest PAYMENT_RESULT."""
    acquirer, journal = _acquirer(story), story.world.journal
    entry = [each for each in story.entries() if (each.message, each.kind) == (RESULT, "req")][-1]
    body = journal.body(entry.seq)
    assert isinstance(body, dict)
    msg_id = entry.msg_id if NUMBERS[number] else acquirer.new_msg_id()
    story.tell(acquirer, acquirer.request(RESULT, {**body, "msgID": msg_id}, msg_id=msg_id))


MADE_UP: Final[dict[str, dict[str, str]]] = {
    "an order that there is not": {"ucsp_order_id": "20260301999999999999"},
    "another order of its own": {"downstream_order_id": "nobody-knows"},
}


@when(Phrase("the acquirer says that somebody has paid {what:What}", What=MADE_UP))
def says_what_is_not(story: Story, order: Order, what: str) -> None:
    acquirer = _acquirer(story)
    said = {"ucsp_order_id": order.ucsp_order_id, "downstream_order_id": order.record().downstream_id, **MADE_UP[what]}
    story.tell(acquirer, acquirer.payment_result(**said))


@then(Phrase('the acquirer is told {code:Code} "{text}"'))
def the_acquirer_is_told(story: Story, code: str, text: str) -> None:
    answer = story.said[-1].answer
    assert (answer.status, answer.code, answer.text) == (200, code, text)


@when(Phrase("the shop gives {amount:Amount} of the order back"))
def gives_back(story: Story, order: Order, amount: Amount) -> None:
    answer = story.run(_acquirer(story).refund_order(order.ucsp_order_id, amount.text))
    assert answer.code == "00"
    story.settle()


@when(Phrase("the shop wants to give {amount:Amount} of the order back, and hears {code:Code}"))
def cannot_give_back(story: Story, order: Order, amount: Amount, code: str) -> None:
    answer = story.run(_acquirer(story).refund_order(order.ucsp_order_id, amount.text))
    assert answer.code == code
    story.settle()


def _acquirer(story: Story) -> Acquirer:
    return story.world.acquirer(story.shop.acquirer)


# --- whoever is told

SIDES: Final = {"Kerbside Parking": PARKING, "Harbour Life": HARBOUR_CHANNEL}
SIDE_FAULTS: Final = {
    "does not answer": "no_answer",
    "understands, but its answer gets lost": "book_then_no_answer",
    "answers with garbage": "garbage",
    "answers with a false signature": "bad_signature",
    "answers another message": "answer_of_another",
    "says 96": "code:96",
}
TIMES: Final = {"three times": 3, "six times": 6, "seven times": 7}


@given(Phrase("{side:Side}, told a result, {fault:Fault}", Side=SIDES, Fault=SIDE_FAULTS))
def a_side_fails(story: Story, side: str, fault: str) -> None:
    story.world.faults.add(SIDES[side], NOTICE, SIDE_FAULTS[fault])


@given(Phrase("{side:Side}, told a result, says 96 {times:Times}", Side=SIDES, Times=TIMES))
def a_side_fails_often(story: Story, side: str, times: str) -> None:
    story.world.faults.add(SIDES[side], NOTICE, "code:96", times=TIMES[times])


@then(Phrase("both are notified that {amount:Amount} was paid"))
def both_hear_of_payment(story: Story, order: Order, amount: Amount) -> None:
    told = _both(story, order, "APPROVED")
    assert str(Amount(told["trxCurrency"], told["trxAmt"])) == str(amount)
    assert _sum(told) == order.amount.money.minor
    assert told["originalAmount"] == order.amount.text


@then(Phrase('both are notified that the payment was declined: {code:Code} "{text}"'))
def both_hear_of_decline(story: Story, order: Order, code: str, text: str) -> None:
    assert _both(story, order, "DECLINED")["reason"] == f"{code} {text}"


@then("both are notified that the order was closed")
def both_hear_of_closing(story: Story, order: Order) -> None:
    told = _both(story, order, "CLOSED")
    assert not {"maskedPan", "reason", "refundAmt"} & told.keys()


@then(Phrase("both are notified that {amount:Amount} came back"))
def both_hear_of_refund(story: Story, order: Order, amount: Amount) -> None:
    told = _both(story, order, "REFUNDED")
    assert str(Amount(told["trxCurrency"], told["refundAmt"])) == str(amount)


@then("nobody is notified of the order")
def nobody_hears(story: Story, order: Order) -> None:
    assert [_told(story, order, side) for side in _sides(order)] == [[], []]


WORDS: Final = {"declined": "DECLINED", "paid": "APPROVED", "closed": "CLOSED", "refunded": "REFUNDED"}


@then(Phrase("{side:Side} was told: {words}", Side=SIDES))
def was_told(story: Story, order: Order, side: str, words: str) -> None:
    """Each notice once, in the order of their first sending."""
    first = {item.msg_id: item.body["paymentStatus"] for item in _told(story, order, SIDES[side])}
    assert list(first.values()) == [WORDS[word] for word in words.split(", then ")]


def _both(story: Story, order: Order, status: str) -> dict[str, Any]:
    """The latest notice of both sides, which says the same but for its number."""
    industry, channel = (_told(story, order, side)[-1].body for side in _sides(order))
    assert industry["paymentStatus"] == status
    assert {**industry, "msgID": ""} == {**channel, "msgID": ""}
    assert (industry["industryCode"], industry["channelCode"]) == (
        order.industry.identity.industry_code,
        order.user.channel.identity.channel_code,
    )
    assert industry["ucspOrderId"] == order.ucsp_order_id
    result: dict[str, Any] = industry
    return result


def _sides(order: Order) -> tuple[str, str]:
    return order.industry.app_id, order.user.channel.app_id


def _told(story: Story, order: Order, side: str) -> list[Item]:
    return [item for item in story.received(side, NOTICE) if item.body["orderId"] == order.reference]


def _sum(told: dict[str, Any]) -> int:
    """trxAmt and what was taken off."""
    amounts = [told["trxAmt"], *(each["discountAmt"] for each in told.get("discountDetails", ()))]
    return sum(Amount(told["trxCurrency"], amount).money.minor for amount in amounts)


# --- store and forward


@then(Phrase("{side:Side} was told the same after {minutes} minutes", Side=SIDES))
def was_told_after(story: Story, order: Order, side: str, minutes: str) -> None:
    """Counted from when the order was closed; the same message each time."""
    items = _told(story, order, SIDES[side])
    begin = _notices(story, order, SIDES[side])[-1].created_at
    wanted = [int(minute) for minute in minutes.replace(" and", ",").split(",")]
    assert [(item.at - begin).total_seconds() / 60 for item in items] == wanted
    assert all((item.msg_id, item.body) == (items[0].msg_id, items[0].body) for item in items)


@then(Phrase("{side:Side} was told once", Side=SIDES))
def was_told_once(story: Story, order: Order, side: str) -> None:
    assert len(_told(story, order, SIDES[side])) == 1


STATES: Final = {"parked": NoticeState.PARKED, "confirmed": NoticeState.CONFIRMED}


@then(
    Phrase("an operator finds the notice to {side:Side} {state:State}, after {count:Number} attempts", Side=SIDES, State=STATES)
)
def an_operator_finds(story: Story, order: Order, side: str, state: str, count: int) -> None:
    notice = _notices(story, order, SIDES[side])[-1]
    assert (notice.state, notice.attempts) == (STATES[state], count)


OF_BEFORE: Final = {"still waiting": NoticeState.QUEUED, "confirmed": NoticeState.CONFIRMED}


@then(Phrase("an operator finds the notice about the order before {state:State}", State=OF_BEFORE))
def an_operator_finds_before(story: Story, order: Order, state: str) -> None:
    assert order.before is not None
    assert _notices(story, order.before, PARKING)[-1].state is OF_BEFORE[state]


@when("an operator has the notice to Kerbside Parking sent again")
def an_operator_resends(story: Story, order: Order) -> None:
    """As `unionhub notices resend` does it."""
    now = story.house.clock.now()
    queued = msgspec.structs.replace(_notices(story, order, PARKING)[-1], state=NoticeState.QUEUED, due_at=now)

    async def sent() -> None:
        async with story.house.hub.store.begin() as uow:
            await uow.record_attempt(queued, Attempt(at=now, outcome="resend asked by an operator", latency_ms=0))
            await uow.commit()

    story.run(sent())
    story.settle()


def _notices(story: Story, order: Order, side: str) -> Sequence[Notice]:
    record = order.record()

    async def of_record() -> Sequence[Notice]:
        async with story.house.hub.store.begin() as uow:
            found = await uow.notices(order_id=record.order_id, receiver=side)
        return sorted(found, key=lambda notice: notice.notice_id)

    return story.run(of_record())


# --- who asks


@when("Kerbside Parking asks what became of the order")
@when(Phrase("{service:Service} asks what became of the order of Kerbside Parking", Service={"Junk Boat Travel": None}))
def asks(story: Story, order: Order, service: str = "Kerbside Parking") -> None:
    industry = story.world.industry(SERVICES[service])
    story.tell(industry, industry.payment_result_inquiry(order.reference))


STATUSES: Final = dict.fromkeys(("PENDING", "APPROVED", "CLOSED"))


@then(Phrase("it hears that the order is {status:Status}", Status=STATUSES))
def it_hears(story: Story, order: Order, status: str) -> None:
    answer = story.said[-1].answer
    assert (answer.code, answer.body["paymentStatus"], answer.body["ucspOrderId"]) == ("00", status, order.ucsp_order_id)


@then(Phrase("it hears that the order is REFUNDED, {amount:Amount} of it"))
def it_hears_of_refund(story: Story, order: Order, amount: Amount) -> None:
    it_hears(story, order, "REFUNDED")
    body = story.said[-1].answer.body
    assert str(Amount(body["trxCurrency"], body["refundAmt"])) == str(amount)


# --- what stands in the records


@then(Phrase("the order was paid once, and {count:Number} times nothing came of it"))
@then("the order was paid once")
def paid_once(story: Story, order: Order, count: int = 0) -> None:
    payments = payments_of(story, order)
    record = order.record()
    assert [payment.payment_id for payment in payments if payment.state is PaymentState.APPROVED] == [record.paid_by]
    assert len(payments) == 1 + count


@then("nothing was taken for the order")
def nothing_taken(story: Story, order: Order) -> None:
    assert [payment for payment in payments_of(story, order) if payment.state is PaymentState.APPROVED] == []


def payments_of(story: Story, order: Order) -> list[Payment]:
    """Tries to pay it, and what paid it by its code; not what was given back."""
    record = order.record()

    async def found() -> list[Payment]:
        async with story.house.hub.store.begin() as uow:
            return await uow.payments_of_order(record.order_id)

    return [payment for payment in story.run(found()) if payment.orig_payment_id is None]
