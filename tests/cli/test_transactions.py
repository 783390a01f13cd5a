"""`unionhub transactions`: one payment's life, and its end by two operators (RULES section 3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from support.operator import OPENED, Operator, payment
from unionhub.domain.model.money import Money
from unionhub.domain.model.notices import Attempt, Notice, NoticeState
from unionhub.domain.model.transactions import (
    KINDS,
    Allowance,
    CardholderSays,
    Discount,
    Merchant,
    OnceKey,
    Payment,
    PaymentEvent,
    PaymentState,
    day_limit,
)
from unionhub.hosts.sandbox.seeds import ACQUIRER, CARDHOLDERS, HARBOUR, PEAK, QR_PLATFORM

numbers: Iterator[int] = count(1)

S, E = PaymentState, PaymentEvent
HKD = "344"


@pytest.fixture
def number() -> int:
    """A payment's number that no other test has."""
    return next(numbers)


def put(unionhub: Operator, opened: Payment, *moves: tuple[PaymentEvent, dict[str, Any]], notices: Any = ()) -> Payment:
    """Open a payment and move it; the last move queues the notices."""

    async def write(uow: Any) -> Payment:
        assert await uow.open_payment(opened) == ""
        before = opened
        for at, (event, changes) in enumerate(moves, 1):
            after = before.moved(event, **changes)
            assert await uow.move_payment(before, after, notices if at == len(moves) else ())
            before = after
        return before

    return unionhub.work(write)


def stuck(unionhub: Operator, number: int, state: PaymentState, **changes: Any) -> Payment:
    """A payment whose fate nobody knows, in that state."""
    lost = (E.LOSE_SIGHT, {"told_pending": True})
    moves = {S.PENDING: [], S.UNKNOWN: [lost], S.REVERSING: [lost, (E.REVERSE, {})]}[state]
    return put(unionhub, payment(number, **changes), *moves)


def notice(number: int, receiver: str = ACQUIRER, **changes: Any) -> Notice:
    told = {"due_at": OPENED + timedelta(seconds=1), "created_at": OPENED + timedelta(seconds=1), **changes}
    return Notice(
        notice_id=1_000_000 + number,  # apart from those that commands draw
        payment_id=number,
        receiver=receiver,
        message="TRX_RESULT_NOTIFICATION",
        msg_id=f"U{receiver}{number:018d}",
        **told,
    )


RICH: dict[str, Any] = {
    "gross": Money(60_00, HKD),
    "amount": Money(50_00, HKD),
    "fee": Money(1_00, HKD),
    "bill": Money(6_39, "840"),
    "bill_rate": Decimal("0.1278"),
    "settle": Money(6_39, "840"),
    "settle_date": date(2026, 3, 2),
    "discounts": (Discount(amount=Money(10_00, HKD), note="10 off", funded_by="acquirer"),),
    "merchant": Merchant(merchant_id="344594200000002", name="Corner Bookshop", mcc="5942", country="344"),
    "note": "for \x1b[31mbooks",
    "reservations": (
        OnceKey(key="qr:acquirer:mid:ref", code="02"),
        day_limit(1, date(2026, 3, 2), 6_39, 200_000_00),
    ),
}


# --- list and show


def test_an_empty_hub_says_so(nobody: Operator) -> None:
    nobody.does("migrate")
    assert nobody.refuses("transactions", "show") == "no payments yet"
    assert nobody.does("transactions", "list").out == "no such payments\n"


@pytest.mark.parametrize(
    ("card_id", "masked_pan", "shown"),
    [
        (2, "", [CARDHOLDERS[1].pan.masked]),
        (None, "6291********5528", ["6291********5528"]),  # of a channel's user
        (None, "", []),
        (70_000, "", []),  # nobody knows it
    ],
)
def test_a_list_tells_cards_by_their_masked_numbers(
    unionhub: Operator, number: int, card_id: int | None, masked_pan: str, shown: list[str]
) -> None:
    made = put(unionhub, payment(number, card_id=card_id, masked_pan=masked_pan))
    said = unionhub.does("transactions", "list", "--reference", made.msg_id).out.splitlines()[1]
    assert re.findall(r"[0-9]{4}\*{8}[0-9]{4}", said) == shown
    assert not re.search(r" (2|70000) ", said)


def test_payments_are_listed_newest_first_by_state_card_and_reference(unionhub: Operator, number: int) -> None:
    other = next(numbers)
    put(unionhub, payment(number, card_id=70 + number, opened_at=OPENED + timedelta(days=1)))
    put(unionhub, payment(other, card_id=70 + number, opened_at=OPENED + timedelta(days=2)), (E.DECLINE, {"code": "51"}))

    def listed(*options: object) -> list[int]:
        return [each["paymentId"] for each in unionhub.json("transactions", "list", "--card", 70 + number, *options)]

    assert listed() == [other, number]
    assert listed("--limit", 1) == [other]
    assert listed("--state", "DECLINED") == [other]
    assert listed("--reference", f"{number:012d}") == [number]
    assert "10.00 HKD" in unionhub.does("transactions", "list", "--card", 70 + number).out


@pytest.mark.parametrize("reference", ["payment_id", "msg_id", "bank_msg_id", "voucher_no", "retrieval_ref"])
def test_a_payment_is_found_by_each_of_its_numbers(unionhub: Operator, number: int, reference: str) -> None:
    made = put(unionhub, payment(number))
    assert unionhub.json("transactions", "show", getattr(made, reference))["paymentId"] == number


def test_what_is_not_one_payment_is_told(unionhub: Operator, number: int) -> None:
    for reference in ("nothing", "999999999", "9" * 30):
        assert unionhub.refuses("transactions", "show", reference) == f"no payment {reference!r}"
    put(unionhub, payment(number, sender="00000001"))
    put(unionhub, payment(next(numbers), sender="00000002", msg_id=payment(number).msg_id))
    assert "is ambiguous" in unionhub.refuses("transactions", "show", payment(number).msg_id)


def test_without_a_reference_the_newest_is_shown(unionhub: Operator, number: int) -> None:
    put(unionhub, payment(number, opened_at=OPENED + timedelta(days=999)))
    assert unionhub.json("transactions", "show")["paymentId"] == number


def test_an_approved_payment_is_drawn(unionhub: Operator, number: int) -> None:
    approved = (E.APPROVE, {"code": "00", "bank_code": "00", "refer_no": "R17", "due_at": None})
    put(unionhub, payment(number, **RICH), approved, notices=[notice(number)])

    async def attempt(uow: Any) -> None:
        told = notice(number, attempts=1, state=NoticeState.CONFIRMED)
        await uow.record_attempt(told, Attempt(at=OPENED + timedelta(seconds=2), outcome="00", latency_ms=7))

    unionhub.work(attempt)
    lines = unionhub.does("transactions", "show", number).out.splitlines()
    assert lines[0] == f"payment {number}  MPQRC_PAYMENT_EMV  50.00 HKD at Corner Bookshop"
    assert lines[1] == "APPROVED  00 Approved"
    facts = dict(line.strip().split(maxsplit=1) for line in lines[3 : lines.index("", 3)])
    assert facts["amount"] == "60.00 HKD - 10.00 HKD (10 off, by acquirer) = 50.00 HKD"
    assert facts["debited"] == "6.39 USD at 0.1278"
    assert facts["payer"].startswith("user 6099010000000103, card 1 (6291********")
    assert facts["references"].endswith("bank's R17")
    assert facts["note"] == "for ·[31mbooks"
    course = lines[lines.index("", 3) + 1 :]
    assert [re.sub(r"\s+", " ", line).strip() for line in course] == [
        f"2026-03-02 04:00:00.123 PENDING ◀── Harbour Wallet MPQRC_PAYMENT_EMV {payment(number).msg_id}",
        f"──▶ Bauhinia Bank DEBIT_TRANSACTION {payment(number).bank_msg_id} said 00",
        "2026-03-02 04:00:01.123 APPROVED",
        f"2026-03-02 04:00:01.123 ──▶ Lantern Acquiring TRX_RESULT_NOTIFICATION {notice(number).msg_id} CONFIRMED",
        "2026-03-02 04:00:02.123 00 7 ms",
    ]


def test_machines_get_the_same_facts(unionhub: Operator, number: int) -> None:
    put(
        unionhub, payment(number, **RICH | {"reservations": ()}), (E.DECLINE, {"code": "51", "bank_code": "51", "due_at": None})
    )
    shown = unionhub.json("transactions", "show", number)
    assert shown["amount"] == {"amount": "50.00", "currency": HKD}
    assert shown["bill"] == {"amount": "6.39", "currency": "840", "rate": "0.1278"}
    assert shown["discounts"] == [{"amount": "10.00", "currency": HKD, "note": "10 off", "fundedBy": "acquirer"}]
    assert shown["states"] == ["PENDING", "DECLINED"]
    assert (shown["code"], shown["bankCode"], shown["status"]) == ("51", "51", "DECLINED")
    assert (shown["notices"], shown["resolution"]) == ([], None)


def test_a_decline_before_the_bank_draws_no_message_to_it(unionhub: Operator, number: int) -> None:
    async def write(uow: Any) -> None:
        await uow.record_payment(payment(number).moved(E.DECLINE, code="61", due_at=None))

    unionhub.work(write)
    said = unionhub.does("transactions", "show", number).out
    assert "DECLINED  61 Exceeds approval amount limit" in said
    assert "DEBIT_TRANSACTION" not in said


@pytest.mark.parametrize(
    ("state", "message"),
    [(S.PENDING, "DEBIT_TRANSACTION"), (S.UNKNOWN, "TRX_RESULT_INQUIRY"), (S.REVERSING, "REVERSAL")],
)
def test_an_unfinished_payment_shows_what_comes_next(
    unionhub: Operator, number: int, state: PaymentState, message: str
) -> None:
    stuck(unionhub, number, state)
    said = unionhub.does("transactions", "show", number).out
    assert f"{state}  the sender is told 04 until it is final" in said
    assert message in said
    assert ("owed: 04 or nothing was heard" in said) == (state is not S.PENDING)
    assert unionhub.json("transactions", "show", number)["states"][-1] == state


def test_a_notice_that_waits_shows_when_it_is_due(unionhub: Operator, number: int) -> None:
    put(unionhub, payment(number), (E.APPROVE, {"code": "00", "due_at": None}), notices=[notice(number)])
    assert "next attempt" in unionhub.does("transactions", "show", number).out


# --- other kinds than merchants' codes


def course(unionhub: Operator, number: int) -> list[str]:
    """The drawing, white space folded."""
    lines = unionhub.does("transactions", "show", number).out.splitlines()
    return [re.sub(r"\s+", " ", line).strip() for line in lines]


def test_a_wallets_code_shows_the_cardholders_part(unionhub: Operator, number: int) -> None:
    asked = {"kind": "CPQRC_PAYMENT", "sender": ACQUIRER, "additional_msg_id": "U99010344900000000000000001"}
    held = {"reservations": (OnceKey(key="code:7", code="02", kept=True),)}
    waiting = put(unionhub, payment(number, state=S.AWAITING_CARDHOLDER, **asked, **held))
    said = course(unionhub, number)
    assert said[1] == "AWAITING_CARDHOLDER the sender is told 04 until it is final"
    assert "──▶ Harbour Wallet ADDITIONAL_PROCESSING U99010344900000000000000001" in said
    assert said[-1].endswith("the cardholder's time is up")
    assert not [line for line in said if "DEBIT_TRANSACTION" in line or "PENDING" in line]

    async def agree(uow: Any) -> None:
        ready = waiting.moved(E.CARDHOLDER_AGREED, cardholder=CardholderSays.CONTINUING)
        sent = ready.moved(E.SEND)
        for before, after in ((waiting, ready), (ready, sent), (sent, sent.moved(E.DECLINE, code="51", bank_code="51"))):
            assert await uow.move_payment(before, after)

    unionhub.work(agree)
    said = course(unionhub, number)
    assert "READY ◀── Harbour Wallet ADDITIONAL_PROCESSING_RESULT said CONTINUING" in said
    assert [line for line in said if line.startswith("──▶ Bauhinia Bank DEBIT_TRANSACTION")]
    assert "held one-time code 7 (spent for ever)" in said
    states = unionhub.json("transactions", "show", number)["states"]
    assert states == ["AWAITING_CARDHOLDER", "READY", "PENDING", "DECLINED"]


def test_a_cardholder_who_says_no_keeps_the_bank_out_of_it(unionhub: Operator, number: int) -> None:
    asked = {"kind": "TOKEN_PAYMENT", "sender": ACQUIRER, "additional_msg_id": f"U{HARBOUR}90000000{number:010d}"}
    no = (E.DECLINE, {"code": "05", "cardholder": CardholderSays.REJECTED, "due_at": None})
    put(unionhub, payment(number, state=S.AWAITING_CARDHOLDER, **asked), no)
    said = course(unionhub, number)
    assert "◀── Harbour Wallet ADDITIONAL_PROCESSING_RESULT said REJECTED" in said
    assert not [line for line in said if "DEBIT_TRANSACTION" in line or "READY" in line]


def test_a_refund_and_its_original_name_each_other(unionhub: Operator, number: int) -> None:
    paid = put(unionhub, payment(number), (E.APPROVE, {"code": "00", "bank_code": "00", "due_at": None}))
    back = next(numbers)
    share = Allowance(key=f"back:{number}", amount_minor=4_00, limit_minor=10_00, code="13")
    refund = {
        "kind": "REFUND",
        "sender": ACQUIRER,
        "orig_payment_id": number,
        "amount": Money(4_00, HKD),
        "bill": Money(4_00, HKD),
    }
    put(unionhub, payment(back, **refund, reservations=(share,)), (E.LOSE_SIGHT, {"told_pending": True}))
    said = course(unionhub, back)
    assert said[0] == f"payment {back} REFUND 4.00 HKD of payment {number}"
    assert f"original payment {number}, MPQRC_PAYMENT_EMV of 10.00 HKD, APPROVED" in said
    assert f"held 4.00 HKD of 10.00 HKD, which payment {number} has to give back" in said
    assert "to be credited 4.00 HKD" in said
    assert [line for line in said if line.startswith("paid to user 6099010000000103, card 1")]
    assert [line for line in said if line.startswith("UNKNOWN ──▶ Bauhinia Bank TRX_RESULT_INQUIRY")]
    assert f"──▶ Bauhinia Bank CREDIT_TRANSACTION {payment(back).bank_msg_id} in the end, again" in said
    assert f"given back 4.00 HKD by payment {back}, REFUND, UNKNOWN" in course(unionhub, number)
    assert unionhub.json("transactions", "show", number)["undoneBy"][0]["paymentId"] == back
    assert paid.payment_id == unionhub.json("transactions", "show", back)["origPaymentId"]


def test_a_transfer_names_the_payees_card(unionhub: Operator, number: int) -> None:
    put(unionhub, payment(number, kind="P2P_TRANSFER", acquirer="", payee_card_id=2, payee_gateway=PEAK))
    said = course(unionhub, number)
    assert said[0] == f"payment {number} P2P_TRANSFER 10.00 HKD to user {CARDHOLDERS[1].user_id}"
    assert f"payee user {CARDHOLDERS[1].user_id}, card 2 ({CARDHOLDERS[1].pan.masked}), at Peak Pay ({PEAK})" in said
    assert [line for line in said if line.startswith("──▶ Bauhinia Bank P2P_TRANSFER")]


def test_what_the_platform_made_the_hub_give_back_began_with_a_notice(unionhub: Operator, number: int) -> None:
    sent = {"sender": QR_PLATFORM, "msg_id": f"U{QR_PLATFORM}{number:018d}", "state": S.READY, "acquirer": QR_PLATFORM}
    put(unionhub, payment(number, kind="REVERSAL", **sent))
    said = course(unionhub, number)
    assert [line for line in said if "READY ◀── Mainland QR Platform refused the notice" in line]
    assert "original never seen here: it is barred, should it come late" in said


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_drawn(unionhub: Operator, number: int, kind: str) -> None:
    stuck(unionhub, number, S.UNKNOWN, kind=kind)
    assert f"payment {number} {kind}" in course(unionhub, number)[0]
    assert [line for line in course(unionhub, number) if KINDS[kind].bank_message in line]


# --- resolve


def resolve(number: int, verdict: str, operator: str, *options: str) -> list[object]:
    return ["transactions", "resolve", number, "--as", verdict, "--operator", operator, *options]


@pytest.mark.parametrize(
    ("state", "verdict", "end", "code", "told"),
    [
        (S.UNKNOWN, "approved", S.APPROVED, "00", [ACQUIRER, HARBOUR]),
        (S.UNKNOWN, "declined", S.DECLINED, "71", [HARBOUR]),
        (S.REVERSING, "reversed", S.REVERSED, "91", [HARBOUR]),
    ],
)
def test_two_operators_end_a_payment(
    unionhub: Operator, number: int, state: PaymentState, verdict: str, end: PaymentState, code: str, told: list[str]
) -> None:
    stuck(unionhub, number, state)
    proposed = unionhub.json(*resolve(number, verdict, "alice", "--reason", "bank's letter 17"))
    assert (proposed["payment"]["state"], proposed["proposal"]["operator"]) == (state, "alice")
    done = unionhub.json(*resolve(number, verdict, "bob", "--confirm"))
    assert (done["payment"]["state"], done["payment"]["code"], done["payment"]["dueAt"]) == (end, code, None)
    shown = unionhub.json("transactions", "show", number)
    assert shown["state"] == end
    assert sorted(each["receiver"] for each in shown["notices"]) == sorted(told)
    assert {each["state"] for each in shown["notices"]} == {"QUEUED"}
    assert shown["resolution"]["reason"] == "bank's letter 17"
    assert (shown["resolution"]["operator"], shown["resolution"]["confirmedBy"]) == ("alice", "bob")
    said = unionhub.does("transactions", "show", number).out
    assert f"proposed {verdict}: bank's letter 17" in said
    assert "confirmed it" in said
    assert "which never changes" in unionhub.refuses(*resolve(number, verdict, "carol", "--reason", "x"))


def test_a_code_that_was_answered_stays(unionhub: Operator, number: int) -> None:
    put(unionhub, payment(number), (E.REVERSE, {"code": "72"}))
    unionhub.does(*resolve(number, "reversed", "alice", "--reason", "x"))
    assert unionhub.json(*resolve(number, "reversed", "bob", "--confirm"))["payment"]["code"] == "72"


def test_what_the_payment_held_is_given_back(unionhub: Operator, number: int) -> None:
    held = (OnceKey(key=f"code {number}", code="02"),)
    stuck(unionhub, number, S.REVERSING, reservations=held)

    def taken() -> str:
        async def write(uow: Any) -> str:
            return str(await uow.open_payment(payment(next(numbers), reservations=held)))

        return unionhub.work(write)

    assert taken() == "02"
    unionhub.does(*resolve(number, "reversed", "alice", "--reason", "x"))
    unionhub.does(*resolve(number, "reversed", "bob", "--confirm"))
    assert taken() == ""


@pytest.mark.parametrize(
    ("state", "verdict", "line"),
    [
        (S.REVERSING, "approved", "cannot end as approved, only as reversed: a REVERSAL was sent"),
        (S.REVERSING, "declined", "cannot end as declined, only as reversed"),
        (S.UNKNOWN, "reversed", "cannot end as reversed, only as approved or declined"),
        (S.PENDING, "approved", "is PENDING: the hub is still at it"),
    ],
)
def test_ends_that_the_state_table_does_not_have(
    unionhub: Operator, number: int, state: PaymentState, verdict: str, line: str
) -> None:
    stuck(unionhub, number, state)
    assert line in unionhub.refuses(*resolve(number, verdict, "alice", "--reason", "x"))


@pytest.mark.parametrize("kind", ["REFUND", "CREDIT_TRANSACTION"])
@pytest.mark.parametrize(("verdict", "end"), [("approved", S.APPROVED), ("declined", S.DECLINED)])
def test_a_credit_ends_as_booked_or_not_and_never_back(
    unionhub: Operator, number: int, kind: str, verdict: str, end: PaymentState
) -> None:
    stuck(unionhub, number, S.UNKNOWN, kind=kind)
    assert "only as approved or declined" in unionhub.refuses(*resolve(number, "reversed", "alice", "--reason", "x"))
    unionhub.does(*resolve(number, verdict, "alice", "--reason", "x"))
    assert unionhub.json(*resolve(number, verdict, "bob", "--confirm"))["payment"]["state"] == end
    shown = unionhub.json("transactions", "show", number)
    assert (shown["reversalMsgID"], "REVERSING" in shown["states"]) == ("", False)


@pytest.mark.parametrize("kind", ["CANCELLATION", "REVERSAL"])
def test_what_is_a_reversal_itself_can_only_succeed(unionhub: Operator, number: int, kind: str) -> None:
    stuck(unionhub, number, S.UNKNOWN, kind=kind)
    line = unionhub.refuses(*resolve(number, "declined", "alice", "--reason", "x"))
    assert line.endswith("cannot end as declined, only as approved: a REVERSAL was sent, and a bank may obey it at any time")
    unionhub.does(*resolve(number, "approved", "alice", "--reason", "x"))
    assert unionhub.json(*resolve(number, "approved", "bob", "--confirm"))["payment"]["state"] == "APPROVED"


def test_one_operator_is_not_two(unionhub: Operator, number: int) -> None:
    stuck(unionhub, number, S.REVERSING)
    unionhub.does(*resolve(number, "reversed", "Alice", "--reason", "x"))
    for name in ("Alice", "alice", " ALICE "):
        assert "it takes two: Alice has proposed it" in unionhub.refuses(*resolve(number, "reversed", name, "--confirm"))
    assert unionhub.json("transactions", "show", number)["state"] == "REVERSING"
    unionhub.does(*resolve(number, "reversed", "alice", "--reason", "better words"))  # her own she may write anew
    line = unionhub.refuses(*resolve(number, "reversed", "bob"))
    assert line.startswith("alice has proposed it as reversed already (better words)")


def test_nothing_is_confirmed_that_was_not_proposed(unionhub: Operator, number: int) -> None:
    stuck(unionhub, number, S.UNKNOWN)
    assert "nobody has proposed" in unionhub.refuses(*resolve(number, "approved", "bob", "--confirm"))
    unionhub.does(*resolve(number, "declined", "alice", "--reason", "x"))
    assert "nobody has proposed" in unionhub.refuses(*resolve(number, "approved", "bob", "--confirm"))
    unionhub.does("transactions", "resolve", number, "--operator", "bob", "--withdraw")
    assert "nobody has proposed" in unionhub.refuses(*resolve(number, "declined", "bob", "--confirm"))
    assert "bob withdrew it" in unionhub.does("transactions", "show", number).out
    assert "there is no proposal" in unionhub.refuses("transactions", "resolve", number, "--operator", "bob", "--withdraw")


def test_a_proposal_is_void_once_the_payment_has_moved(unionhub: Operator, number: int) -> None:
    unknown = stuck(unionhub, number, S.UNKNOWN)
    unionhub.does(*resolve(number, "declined", "alice", "--reason", "x"))

    async def reverse(uow: Any) -> None:
        assert await uow.move_payment(unknown, unknown.moved(E.REVERSE))

    unionhub.work(reverse)
    assert "cannot end as declined" in unionhub.refuses(*resolve(number, "declined", "bob", "--confirm"))
    assert "nobody has proposed" in unionhub.refuses(*resolve(number, "reversed", "bob", "--confirm"))


def test_a_proposal_lasts_a_day(unionhub: Operator, number: int) -> None:
    stuck(unionhub, number, S.REVERSING)
    unionhub.does(*resolve(number, "reversed", "alice", "--reason", "x"))
    offset = unionhub.home / "clock-offset"
    offset.write_text(f"{24 * 3600 + 60}\n")
    try:
        assert "nobody has proposed" in unionhub.refuses(*resolve(number, "reversed", "bob", "--confirm"))
    finally:
        offset.unlink()


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--operator", "alice"], "say what the bank's books say"),
        (["--as", "reversed", "--operator", "alice"], "a proposal needs --reason"),
        (["--as", "reversed", "--operator", " ", "--reason", "x"], "an operator's name is 1 to 60 characters"),
        (["--as", "reversed", "--operator", "alice", "--confirm", "--withdraw"], "--confirm or --withdraw, not both"),
        (["--as", "paid", "--operator", "alice"], "Invalid value for '--as'"),
        (["--as", "reversed"], "Missing option '--operator'"),
    ],
)
def test_an_incomplete_resolution_is_told(unionhub: Operator, number: int, options: list[str], line: str) -> None:
    stuck(unionhub, number, S.REVERSING)
    assert line in unionhub.refuses("transactions", "resolve", number, *options)
    assert unionhub.refuses(*resolve(99_999, "reversed", "alice", "--reason", "x")) == "no payment 99999"
