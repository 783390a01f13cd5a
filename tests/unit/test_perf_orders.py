"""Browsers, hub, acquirer and notices about the same orders: what differs is found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from loadgen.figures import Sample
from rig.acquiring import Acquired
from rig.books import Told
from rig.hearing import Heard, Seen
from rig.orders import NOT_TOLD, Hub, OrderVerdict, compare, notice_samples, of_orders, text_of
from scenarios.cashier_payment import CONFIRM, CONFIRM_SCIS
from unionhub.domain.model.money import Money
from unionhub.domain.model.orders import Order, OrderState
from unionhub.domain.model.transactions import Discount, Merchant, Payment, PaymentState
from unionhub.hosts.sandbox.seeds import ACQUIRER, HARBOUR, HARBOUR_CHANNEL, PARKING
from unionhub.hosts.sandbox.till import PayState

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
GROSS, OFF = 5000, 250
NET = GROSS - OFF
NAME = "5 % off parking"


def order(number: int = 1, state: OrderState = OrderState.PAID) -> Order:
    return Order(
        order_id=number,
        industry=PARKING,
        channel=HARBOUR_CHANNEL,
        user_id="u",
        reference=f"K-{number}",
        ordered_at="20260302120000",
        amount=Money(GROSS, "344"),
        subject="Parking",
        return_url="https://parking.example/return",
        acquirer=ACQUIRER,
        merchant=Merchant(name="Parking"),
        state=state,
        opened_at=NOW,
        expires_at=NOW + timedelta(minutes=15),
        paid_by=10 + number if state is OrderState.PAID else None,
    )


def pay(number: int = 1, state: PaymentState = PaymentState.APPROVED, *, minor: int = NET, payment_id: int = 0) -> Payment:
    return Payment(
        payment_id=payment_id or 10 + number,
        kind="PAY",
        sender=PARKING,
        msg_id=f"C{number}{payment_id}",
        state=state,
        opened_at=NOW,
        due_at=None,
        gross=Money(GROSS, "344"),
        amount=Money(minor, "344"),
        discounts=(Discount(amount=Money(OFF, "344"), note=NAME, funded_by="hub"),),
        order_id=number,
    )


def debit(minor: int = NET, state: PaymentState = PaymentState.APPROVED) -> Payment:
    """The TOKEN_PAYMENT of order 1."""
    return msgspec.structs.replace(
        pay(),
        payment_id=50,
        kind="TOKEN_PAYMENT",
        msg_id="T1",
        state=state,
        amount=Money(minor, "344"),
        discounts=(),
        order_id=None,
    )


def acquired(number: int = 1, *, minor: int = NET, token_payment: str = "", msg_id: str = "") -> Acquired:
    return Acquired(
        msg_id=msg_id or f"U{number}",
        ucsp_order_id=order(number).ucsp_order_id,
        minor=minor,
        state=PayState.APPROVED,
        token_payment=token_payment,
    )


def heard(number: int = 1, *sides: str, at_s: float = 0.0, **changes: Any) -> list[Heard]:
    known = order(number)
    said = {"status": "APPROVED", "amount": "47.50", "original": "50.00"} | changes
    return [
        Heard(app_id=side, reference=known.reference, ucsp_order_id=known.ucsp_order_id, at_s=at_s, **said)
        for side in sides or (PARKING, HARBOUR_CHANNEL)
    ]


def confirmed(number: int = 1, minor: int = NET) -> Told:
    return Told(PARKING, f"K-{number}", minor)


def verdict(
    told: Sequence[Told] = (confirmed(),),
    orders: Sequence[Order] = (order(),),
    payments: Sequence[Payment] = (pay(),),
    notices: Sequence[Heard] = tuple(heard()),
    pays: Sequence[Acquired] = (acquired(),),
    used: int = OFF,
) -> OrderVerdict:
    hub = Hub(orders=list(orders), payments=list(payments), off={NAME: OFF}, used={NAME: used})
    return compare(told, hub, Seen(notices=list(notices), acquired=list(pays)))


def wrong(found: OrderVerdict) -> dict[str, int]:
    names = ("lost", "twice", "differ", "unexplained", "unfinished", "budgets", "untold", "mistold")
    return {name: getattr(found, name) for name in names if getattr(found, name)}


def test_books_that_agree() -> None:
    found = verdict(notices=[*heard(), *heard(1, PARKING)])  # a notice that came again says the same
    assert wrong(found) == {}
    assert found.is_right
    assert (found.gross_minor, found.off_minor, found.net_minor, found.acquired_minor) == (GROSS, OFF, NET, NET)
    assert (found.confirmed, found.paid, found.at_scis) == (1, 1, 0)


def test_an_order_that_was_debited_at_scis() -> None:
    found = verdict(payments=[pay(), debit()], pays=[acquired(token_payment="T1")])
    assert found.is_right
    assert found.at_scis == 1


def test_orders_that_nobody_paid_are_none_of_this() -> None:
    found = verdict(orders=[order(), order(2, OrderState.OPEN)], payments=[pay(), pay(2, PaymentState.DECLINED)])
    assert found.is_right


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"told": [confirmed(), confirmed(9)]}, {"lost": 1}),
        ({"orders": [order(1, OrderState.OPEN)], "payments": [], "pays": [], "notices": []}, {"lost": 1}),
        ({"told": [confirmed(1, GROSS)]}, {"differ": 1}),
        ({"payments": [pay(minor=GROSS)]}, {"differ": 2, "mistold": 2}),
        ({"pays": [acquired(minor=GROSS)]}, {"differ": 1}),
        ({"payments": [pay(), pay(payment_id=12)]}, {"twice": 1}),
        ({"pays": [acquired(), acquired(msg_id="U9")]}, {"twice": 1}),
        ({"pays": []}, {"unexplained": 1}),
        ({"pays": [acquired(), acquired(7)]}, {"unexplained": 1}),
        ({"told": [], "payments": [pay(1, PaymentState.DECLINED)]}, {"unexplained": 1}),
        ({"pays": [acquired(token_payment="T1")]}, {"unexplained": 1}),
        ({"payments": [pay(), debit(NET - 1)], "pays": [acquired(token_payment="T1")]}, {"differ": 1}),
        (
            {"payments": [pay(), debit(NET, PaymentState.DECLINED)], "pays": [acquired(token_payment="T1")]},
            {"unexplained": 1},
        ),
        ({"payments": [pay(), pay(1, PaymentState.UNKNOWN, payment_id=12)]}, {"unfinished": 1}),
        ({"used": OFF + 1}, {"budgets": 1}),
        ({"notices": heard(1, PARKING)}, {"untold": 1}),
        ({"notices": []}, {"untold": 2}),
        ({"notices": heard(amount="50.00")}, {"mistold": 2}),
        ({"notices": [*heard(), *heard(1, PARKING, status="DECLINED")]}, {"mistold": 1}),
    ],
)
def test_books_that_differ(changes: dict[str, Any], expected: dict[str, int]) -> None:
    found = verdict(**changes)
    assert wrong(found) == expected
    assert not found.is_right
    assert found.examples
    assert all(each in "\n".join(text_of(found)) for each in found.examples)


def test_a_budget_that_nobody_gave_of() -> None:
    """Used, though no approved payment says so: of a declined one it was not given back."""
    hub = Hub(orders=[], payments=[], off={}, used={NAME: 5})
    assert wrong(compare([], hub, Seen())) == {"budgets": 1}


def test_who_is_asked_about_which() -> None:
    card, sale = Told(HARBOUR, "A1", 1), confirmed()
    assert of_orders([card, sale]) == ([card], [sale])


class TestNoticeTimes:
    def sample(self, step: str = CONFIRM, failure: str = "") -> Sample:
        return Sample(
            step=step,
            due_s=1.0,
            begun_s=1.5,
            sent_s=1.5,
            done_s=2.0,
            failure=failure,
            sender=PARKING,
            msg_id="K-1",
            minor=NET,
        )

    def told(self, *notices: Heard, **changes: Any) -> list[Sample]:
        return notice_samples([self.sample(**changes)], Seen(notices=list(notices)), started_s=100.0)

    def test_until_the_later_side_was_told_for_the_first_time(self) -> None:
        again = heard(1, HARBOUR_CHANNEL, at_s=110.0)
        (found,) = self.told(*heard(1, PARKING, at_s=103.0), *heard(1, HARBOUR_CHANNEL, at_s=104.0), *again)
        assert (found.step, found.failure, found.minor) == ("U3.4 PAYMENT_RESULT_NOTICE", "", 0)
        assert (found.latency_s, found.service_s) == (3.0, 2.5)

    def test_one_side_alone_is_not_enough(self) -> None:
        (found,) = self.told(*heard(1, PARKING, at_s=103.0), *heard(1, PARKING, at_s=104.0))
        assert found.failure == NOT_TOLD

    def test_by_the_way_it_was_paid(self) -> None:
        (found,) = self.told(*heard(at_s=103.0), step=CONFIRM_SCIS)
        assert found.step == "U3.4 PAYMENT_RESULT_NOTICE by SCIS"

    @pytest.mark.parametrize("changes", [{"failure": "http_503"}, {"step": "U3.1 SUBMIT_PAYMENT_ORDER"}])
    def test_of_nothing_else(self, changes: dict[str, str]) -> None:
        assert self.told(*heard(at_s=103.0), **changes) == []
