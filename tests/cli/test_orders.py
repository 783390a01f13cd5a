"""`unionhub orders`, and how notices and transactions show what belongs to an order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import msgspec
import pytest

from support.operator import OPENED, Operator, payment
from support.orders_at_rest import HKD, attempt_to_pay, order, put_paid, refund_told
from unionhub.domain.flows.card_info import PAYLOAD_ACCESS, user_subject
from unionhub.domain.flows.notify import OVERTAKEN
from unionhub.domain.flows.unknown_outcome import UNKNOWN_THERE
from unionhub.domain.model.audit import AuditEntry
from unionhub.domain.model.notices import NoticeState
from unionhub.domain.model.orders import Order, OrderState
from unionhub.domain.model.transactions import Payment, PaymentEvent, PaymentState
from unionhub.hosts.sandbox.seeds import ACQUIRER, HARBOUR_CHANNEL, PARKING, TRAVEL

numbers: Iterator[int] = count(100, 10)

E, S = PaymentEvent, PaymentState


@pytest.fixture
def number() -> int:
    """An order's number; up to nine behind it are for its payments."""
    return next(numbers)


def put(unionhub: Operator, *found: Order | Payment) -> None:
    async def write(uow: Any) -> None:
        for each in found:
            if isinstance(each, Order):
                assert await uow.add_order(each)
            else:
                assert await uow.open_payment(each) == ""

    unionhub.work(write)


def moved(unionhub: Operator, begun: Payment, *events: PaymentEvent, **changes: Any) -> Payment:
    async def write(uow: Any) -> Payment:
        before = begun
        for event in events:
            after = before.moved(event, **changes)
            assert await uow.move_payment(before, after)
            before = after
        return before

    return unionhub.work(write)


def folded(text: str) -> list[str]:
    return [re.sub(r"\s+", " ", line).strip() for line in text.splitlines()]


# --- list and show


def test_a_hub_without_orders_says_so(nobody: Operator) -> None:
    nobody.does("migrate")
    assert nobody.does("orders", "list").out == "no orders yet\n"
    assert nobody.does("orders", "list", "--state", "PAID").out == "no such orders\n"
    assert nobody.refuses("orders", "show", "1") == "no order '1': `unionhub orders list` shows them"


def test_orders_are_listed_by_industry_and_state(unionhub: Operator, number: int) -> None:
    put(unionhub, order(number, industry=TRAVEL, reference=f"T-{number}"))
    put(unionhub, order(number + 1, industry=TRAVEL, reference="T", state=OrderState.PLACING))

    def listed(*options: str) -> list[int]:
        return [each["orderNumber"] for each in unionhub.json("orders", "list", "--industry", TRAVEL, *options)]

    assert listed() == [number + 1, number]
    assert listed("--limit", "1") == [number + 1]
    assert listed("--state", "OPEN") == [number]
    assert listed("--state", "CLOSED") == []
    said = unionhub.does("orders", "list", "--industry", TRAVEL).out
    assert "100.00 HKD" in said
    assert f"T-{number}" in said


def test_an_order_is_found_by_each_of_its_names(unionhub: Operator, number: int) -> None:
    mine = order(number)
    put(unionhub, mine)
    for ref in (number, mine.ucsp_order_id, mine.reference):
        assert unionhub.json("orders", "show", ref)["orderNumber"] == number
    assert unionhub.json("orders", "show", mine.reference, "--industry", PARKING)["orderNumber"] == number
    for ref in (f"19990101{number:012d}", f"{number:019d}", "no such"):
        assert unionhub.refuses("orders", "show", ref).startswith(f"no order {ref!r}")
    assert unionhub.refuses("orders", "show", mine.reference, "--industry", TRAVEL).startswith("no order")
    put(unionhub, order(number + 1, industry=TRAVEL, reference=mine.reference))
    line = unionhub.refuses("orders", "show", mine.reference)
    assert line == f"{mine.reference!r} names several orders, {number} of {PARKING} and {number + 1} of {TRAVEL}: " + (
        "give --industry, or the number"
    )
    assert unionhub.json("orders", "show", mine.reference, "--industry", TRAVEL)["orderNumber"] == number + 1


def test_an_order_shows_everything_that_became_of_it(unionhub: Operator, number: int) -> None:
    put_paid(unionhub, number)

    async def accessed(uow: Any) -> None:
        entry = {"at": OPENED, "actor": PARKING, "subject": user_subject("HARBOUR01", f"user {number}")}
        what = {"action": PAYLOAD_ACCESS, "outcome": "granted"}
        await uow.add_audit(AuditEntry(**entry, **what, detail=f"token of 6291********5528, to pay order {number}"))
        for detail in ("token of 6291********7777", *(f"token of 6291********7777, to pay order {each}" for each in others)):
            for _ in range(6):  # as often as would fill the section
                await uow.add_audit(AuditEntry(**entry, **what, detail=detail))

    others = (f"{number}0", f"1{number}", number + 1)
    unionhub.work(accessed)
    said = folded(unionhub.does("orders", "show", number).out)
    assert said[0] == f"order {number} 100.00 HKD at Kerbside Parking: Two hours"
    assert said[1] == f"PAID by payment {number + 1}, 30.00 HKD given back"
    assert f"orderId O-{number}, ordered at 20260302120000 (as the industry wrote it)" in said
    assert f"its orderId D-{number}" in said
    assert [
        line for line in said if line.startswith(f"{number + 1} 2026-03-02 04:00:00 a try at the cashier APPROVED 00 95.00")
    ]
    refund = f"{number + 2} 2026-03-02 04:00:00 refund, told by its acquirer APPROVED 00 30.00 HKD"
    assert [line for line in said if line.startswith(refund)]
    assert f"{number + 1} 5.00 HKD 5 off Harbour Life ({HARBOUR_CHANNEL}) 3.00 HKD, this hub 2.00 HKD" in said
    notices = [
        line.split()[3] for line in said if line.startswith(tuple(f"{number + each} 2026-03-02 04:0" for each in range(3)))
    ]
    assert [each for each in notices if each in ("APPROVED", "REFUNDED")] == ["APPROVED", "APPROVED", "REFUNDED"]
    assert f"2026-03-02 04:00:00 Kerbside Parking ({PARKING}) granted token of 6291********5528, to pay order {number}" in said
    assert not [line for line in said if "7777" in line]
    assert len(unionhub.json("orders", "show", number)["accesses"]) == 1


def test_machines_get_the_same(unionhub: Operator, number: int) -> None:
    put_paid(unionhub, number)
    shown = unionhub.json("orders", "show", number)
    assert (shown["state"], shown["paidBy"], shown["underWay"]) == ("PAID", number + 1, None)
    assert shown["refunded"] == {"amount": "30.00", "currency": HKD}
    assert [each["what"] for each in shown["payments"]] == ["a try at the cashier", "refund, told by its acquirer"]
    (discount,) = shown["payments"][0]["discounts"]
    assert [(each["party"], each["amount"]) for each in discount["fundedBy"]] == [(HARBOUR_CHANNEL, "3.00"), ("hub", "2.00")]
    told = [(each["receiver"], each["paymentStatus"], each["state"], each["paymentId"]) for each in shown["notices"]]
    assert told == [
        (PARKING, "APPROVED", "CONFIRMED", number + 1),
        (HARBOUR_CHANNEL, "APPROVED", "QUEUED", number + 1),
        (PARKING, "REFUNDED", "QUEUED", number + 2),
    ]


def test_an_approval_that_came_too_often_is_told_from_one_by_the_qr(unionhub: Operator, number: int) -> None:
    wanted = order(number)
    by_itself = {"orig_payment_id": None}
    told = [
        msgspec.structs.replace(refund_told(number + each, wanted, attempt_to_pay(1, wanted), 1), **by_itself)
        for each in (1, 2)
    ]
    put(unionhub, wanted, *told)
    moved(unionhub, told[0], E.APPROVE, code="00", bank_code="00")
    moved(unionhub, told[1], E.REVERSE, code="94", bank_code="00")
    assert [each["what"] for each in unionhub.json("orders", "show", number)["payments"]] == [
        "paid by its QR",
        "another amount was paid: being given back",
    ]


@pytest.mark.parametrize(
    ("state", "minor", "note", "what"),
    [
        (OrderState.PAID, 100_00, "", "paid once too often"),
        (OrderState.PAID, 100_00, OVERTAKEN, "paid once too often"),
        (OrderState.CLOSED, 100_00, "", "paid after it was closed"),
        (OrderState.CLOSED, 1, "", "paid after it was closed"),
        (OrderState.OPEN, 1, "", "another amount was paid"),
        (OrderState.PAID, 100_00, UNKNOWN_THERE, "told as paid, of which its acquirer knows nothing"),
        (OrderState.CLOSED, 100_00, UNKNOWN_THERE, "told as paid, of which its acquirer knows nothing"),
    ],
)
def test_what_was_not_wanted_says_why(
    unionhub: Operator, number: int, state: OrderState, minor: int, note: str, what: str
) -> None:
    wanted = order(number, state=state)
    told = msgspec.structs.replace(refund_told(number + 1, wanted, attempt_to_pay(1, wanted), minor), orig_payment_id=None)
    put(unionhub, wanted, told)

    def said() -> str:
        return unionhub.json("orders", "show", number)["payments"][0]["what"]

    going = moved(unionhub, told, E.REVERSE, code="94", bank_code="00")
    if not note:
        assert said() == f"{what}: being given back"
    moved(unionhub, going, E.CONFIRM_REVERSAL, note=note)
    assert said() == (what if note == UNKNOWN_THERE else f"{what}: given back")
    shown = unionhub.does("transactions", "show", number + 1).out
    assert (note or "REVERSED") in shown


# --- close


def test_an_operator_closes_an_order_and_both_sides_are_told(unionhub: Operator, number: int) -> None:
    put(unionhub, order(number))
    done = unionhub.json("orders", "close", number, "--note", "asked for by the industry", SUDO_USER="jo")
    assert done["state"] == "CLOSED"
    shown = unionhub.json("orders", "show", number)
    assert (shown["state"], shown["payments"]) == ("CLOSED", [])
    told = [(each["receiver"], each["paymentStatus"], each["paymentId"], each["state"]) for each in shown["notices"]]
    assert told == [(PARKING, "CLOSED", None, "QUEUED"), (HARBOUR_CHANNEL, "CLOSED", None, "QUEUED")]
    (line,) = shown["audit"]
    assert (line["actor"], line["action"], line["detail"]) == ("jo", "order.close", "OPEN to CLOSED; asked for by the industry")
    assert unionhub.refuses("orders", "close", number) == f"order {number} is CLOSED already"
    assert len(unionhub.json("orders", "show", number)["notices"]) == 2
    said = folded(unionhub.does("orders", "show", number).out)
    assert said[1] == "CLOSED"
    assert [line for line in said if line.endswith("jo order.close OPEN to CLOSED; asked for by the industry")]


def test_of_an_order_that_was_never_placed_there_is_nobody_to_tell(unionhub: Operator, number: int) -> None:
    put(unionhub, order(number, state=OrderState.PLACING, downstream_id=""))
    assert unionhub.does("orders", "close", number).out == f"order {number} of {PARKING} is CLOSED\n"
    assert unionhub.json("orders", "show", number)["notices"] == []


@pytest.mark.parametrize("event", [None, E.LOSE_SIGHT])
def test_an_order_is_not_closed_while_it_is_being_paid(unionhub: Operator, number: int, event: PaymentEvent | None) -> None:
    wanted = order(number)
    begun = attempt_to_pay(number + 1, wanted)
    put(unionhub, wanted, begun)
    going = moved(unionhub, begun, event) if event else begun
    line = unionhub.refuses("orders", "close", number)
    assert line.startswith(f"order {number} is being paid: payment {number + 1} is {going.state}; ")
    shown = unionhub.json("orders", "show", number)
    assert (shown["state"], shown["underWay"], shown["audit"]) == ("OPEN", number + 1, [])
    assert folded(unionhub.does("orders", "show", number).out)[1] == f"OPEN payment {number + 1} is under way ({going.state})"
    moved(unionhub, going, E.DECLINE, code="51", bank_code="51", due_at=None)
    assert unionhub.json("orders", "close", number)["state"] == "CLOSED"


def test_a_paid_order_stays_paid(unionhub: Operator, number: int) -> None:
    put_paid(unionhub, number)
    assert unionhub.refuses("orders", "close", number).startswith(f"order {number} is PAID, by payment {number + 1}: ")
    assert unionhub.json("orders", "show", number)["state"] == "PAID"


# --- notices of orders


def test_notices_are_listed_by_their_order_and_say_what_they_are_about(unionhub: Operator, number: int) -> None:
    mine, _ = put_paid(unionhub, number)
    listed = unionhub.json("notices", "list", "--order", mine.ucsp_order_id)
    assert [(each["noticeId"], each["paymentId"], each["orderNumber"]) for each in listed] == [
        (number, number + 1, number),
        (number + 1, number + 1, number),
        (number + 2, number + 2, number),
    ]
    assert [each["noticeId"] for each in unionhub.json("notices", "list", "--order", number, "--state", "CONFIRMED")] == [
        number
    ]
    assert unionhub.refuses("notices", "list", "--order", "none").startswith("no order 'none'")
    shown = unionhub.json("notices", "show", number + 2)
    assert (shown["paymentStatus"], shown["ucspOrderId"], shown["paymentId"]) == ("REFUNDED", mine.ucsp_order_id, number + 2)
    said = folded(unionhub.does("notices", "show", number + 2).out)
    assert f"about order {number}, {mine.ucsp_order_id}, O-{number}" in said
    assert "says REFUNDED" in said


def test_a_notice_of_a_closed_order_is_about_no_payment(unionhub: Operator, number: int) -> None:
    put(unionhub, order(number))
    unionhub.does("orders", "close", number)
    first, second = unionhub.json("notices", "list", "--order", number)
    assert (first["paymentId"], first["orderNumber"]) == (None, number)
    assert (second["receiver"], second["state"]) == (HARBOUR_CHANNEL, "QUEUED")
    shown = unionhub.json("notices", "show", first["noticeId"])
    assert (shown["paymentStatus"], shown["paymentId"]) == ("CLOSED", None)
    assert "about payment" not in unionhub.does("notices", "show", first["noticeId"]).out
    assert " closed " in unionhub.does("notices", "list", "--order", number).out
    assert unionhub.json("notices", "resend", first["noticeId"])["state"] == NoticeState.QUEUED


# --- payments of orders


def test_a_payment_at_the_cashier_is_drawn(unionhub: Operator, number: int) -> None:
    mine, paid = put_paid(unionhub, number)
    said = folded(unionhub.does("transactions", "show", number + 1).out)
    assert said[0] == f"payment {number + 1} PAY 95.00 HKD at Kerbside Parking"
    assert said[1] == "APPROVED 00 Approved"
    assert f"order {number}, {mine.ucsp_order_id}, the industry's O-{number}, PAID" in said
    assert f"industry Kerbside Parking ({PARKING})" in said
    assert f"payer user user {number} of Harbour Life ({HARBOUR_CHANNEL}), card 6291********5528" in said
    assert f"acquirer Lantern Acquiring ({ACQUIRER})" in said
    assert f"amount 100.00 HKD - 5.00 HKD (5 off, by {HARBOUR_CHANNEL} 3.00 HKD and hub 2.00 HKD) = 95.00 HKD" in said
    assert f"held order {number}" in said
    assert "held 5.00 HKD of 500.00 HKD, the budget of the offer LIFE-5" in said
    assert "held 1 of 2 times that its user may have the offer LIFE-5" in said
    assert f"given back 30.00 HKD by payment {number + 2}, PAYMENT_RESULT, APPROVED" in said
    course = said[said.index("", 3) + 1 :]
    assert course[0] == f"2026-03-02 04:00:00.123 PENDING ◀── the cashier the user's yes C{number + 1}"
    assert course[1:3] == ["──▶ Harbour Life GET_CARD_PAYLOAD", f"──▶ Lantern Acquiring PAY {paid.bank_msg_id} said 00"]
    assert not [line for line in said if line.startswith(("issuer", "sender"))]
    assert not [line for line in said if "bank" in line or "None" in line]


def test_what_an_acquirer_told_is_drawn_from_its_side(unionhub: Operator, number: int) -> None:
    put_paid(unionhub, number)
    said = folded(unionhub.does("transactions", "show", number + 2).out)
    assert said[0] == f"payment {number + 2} PAYMENT_RESULT 30.00 HKD of payment {number + 1} at Kerbside Parking"
    assert f"original payment {number + 1}, PAY of 95.00 HKD, APPROVED" in said
    course = said[said.index("", 3) + 1 :]
    assert course[0].startswith("2026-03-02 04:00:00.123 PENDING ◀── Lantern Acquiring PAYMENT_RESULT A")
    assert not [line for line in course if line.startswith("──▶ Lantern")]


def test_an_unwanted_approval_is_given_back_by_a_refund(unionhub: Operator, number: int) -> None:
    wanted = order(number)
    told = msgspec.structs.replace(refund_told(number + 1, wanted, attempt_to_pay(1, wanted), 95_00), orig_payment_id=None)
    put(unionhub, wanted, told)
    moved(unionhub, told, E.REVERSE, code="94", bank_code="00", reversal_msg_id="U1")
    said = folded(unionhub.does("transactions", "show", number + 1).out)
    assert said[1] == "REVERSING 94 Duplicated transaction (its order was paid, or closed)"
    assert [line for line in said if line.startswith("REVERSING ──▶ Lantern Acquiring REFUND U1")]
    line = unionhub.refuses("transactions", "resolve", number + 1, "--as", "declined", "--operator", "a", "--reason", "x")
    assert line.endswith(
        "cannot end as declined, only as reversed: a REFUND was sent, and its acquirer may obey it at any time"
    )


def test_a_try_that_is_under_way_says_whom_it_waits_for(unionhub: Operator, number: int) -> None:
    wanted = order(number)
    begun = attempt_to_pay(number + 1, wanted)
    put(unionhub, wanted, begun)
    moved(unionhub, begun, E.LOSE_SIGHT, told_pending=True)
    said = folded(unionhub.does("transactions", "show", number + 1).out)
    assert said[1] == "UNKNOWN the user was told that it is accepted, the rest hear of it when it is final"
    assert "──▶ the cashier accepted: no result yet" in said
    assert [line for line in said if line.startswith("UNKNOWN ──▶ Lantern Acquiring TRX_RESULT_INQUIRY")]


def test_a_refund_that_was_seen_at_scis_is_told_from_what_the_acquirer_said_of_it(unionhub: Operator, number: int) -> None:
    wanted, paid = put_paid(unionhub, number)
    seen = payment(number + 3, kind="REFUND", order_id=number, orig_payment_id=number + 9)
    again = refund_told(number + 4, wanted, paid, 30_00)
    put(unionhub, seen, again)
    moved(unionhub, again, E.APPROVE, code="94", bank_code="00", due_at=None)
    assert [each["what"] for each in unionhub.json("orders", "show", number)["payments"]][2:] == [
        f"REFUND at SCIS, of payment {number + 9}",
        "refund, told by its acquirer (known before)",
    ]
    said = folded(unionhub.does("transactions", "show", number + 4).out)
    assert said[1] == "APPROVED 94 Duplicated transaction (no news: it was told before)"
    seen_there = folded(unionhub.does("transactions", "show", number + 3).out)
    assert f"order {number}, {wanted.ucsp_order_id}, the industry's O-{number}, PAID" in seen_there
    assert [line for line in seen_there if line.startswith("sender Harbour Wallet")]


def test_payments_are_listed_by_their_order(unionhub: Operator, number: int) -> None:
    put_paid(unionhub, number)
    listed = unionhub.json("transactions", "list", "--order", f"O-{number}")
    assert [(each["paymentId"], each["orderNumber"]) for each in listed] == [(number + 2, number), (number + 1, number)]
    assert unionhub.json("transactions", "list", "--order", number, "--state", "DECLINED") == []
    assert "6291********5528" in unionhub.does("transactions", "list", "--order", number).out
    assert unionhub.refuses("transactions", "list", "--order", number, "--card", 1) == "--order goes with --state only"


# --- payments of orders, by two operators


def resolve(unionhub: Operator, number: int, verdict: str) -> None:
    start = ["transactions", "resolve", number, "--as", verdict, "--operator"]
    unionhub.does(*start, "alice", "--reason", "letter 17")
    unionhub.does(*start, "bob", "--confirm")


def lost(unionhub: Operator, number: int) -> Order:
    wanted = order(number)
    begun = attempt_to_pay(number + 1, wanted)
    put(unionhub, wanted, begun)
    moved(unionhub, begun, E.LOSE_SIGHT, told_pending=True)
    return wanted


def test_a_payment_that_operators_approve_pays_its_order(unionhub: Operator, number: int) -> None:
    lost(unionhub, number)
    resolve(unionhub, number + 1, "approved")
    shown = unionhub.json("orders", "show", number)
    assert (shown["state"], shown["paidBy"]) == ("PAID", number + 1)
    assert [(each["receiver"], each["paymentStatus"]) for each in shown["notices"]] == [
        (PARKING, "APPROVED"),
        (HARBOUR_CHANNEL, "APPROVED"),
    ]


def test_a_payment_that_operators_decline_leaves_its_order_open_and_both_sides_hear_of_it(
    unionhub: Operator, number: int
) -> None:
    lost(unionhub, number)
    resolve(unionhub, number + 1, "declined")
    shown = unionhub.json("orders", "show", number)
    assert (shown["state"], shown["underWay"]) == ("OPEN", None)
    assert [each["paymentStatus"] for each in shown["notices"]] == ["DECLINED", "DECLINED"]


def test_operators_cannot_pay_an_order_twice(unionhub: Operator, number: int) -> None:
    wanted = lost(unionhub, number)

    async def elsewhere(uow: Any) -> None:
        assert await uow.move_order(wanted, msgspec.structs.replace(wanted, state=OrderState.PAID, paid_by=7))

    unionhub.work(elsewhere)
    start = ["transactions", "resolve", number + 1, "--as", "approved", "--operator"]
    unionhub.does(*start, "alice", "--reason", "letter 17")
    line = unionhub.refuses(*start, "bob", "--confirm")
    assert line.startswith(f"order {number} is PAID by payment 7: payment {number + 1} cannot pay it too")
    assert unionhub.json("transactions", "show", number + 1)["state"] == S.UNKNOWN
