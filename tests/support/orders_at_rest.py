"""Orders of UCSP as a store has them, for whoever looks at them from outside: the command line, the invariants."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from support.operator import OPENED, Operator, payment
from unionhub.domain.model.marketing import HUB
from unionhub.domain.model.money import Money
from unionhub.domain.model.notices import Attempt, Notice, NoticeState
from unionhub.domain.model.orders import Order, OrderState, paid
from unionhub.domain.model.transactions import Allowance, Discount, Merchant, Payment, PaymentEvent
from unionhub.hosts.sandbox.seeds import ACQUIRER, HARBOUR_CHANNEL, PARKING

HKD = "344"


def order(order_id: int, **changes: Any) -> Order:
    """100.00 at the parking, open; of a user of its own, so that nobody has used his offers up."""
    plain = Order(
        order_id=order_id,
        industry=PARKING,
        channel=HARBOUR_CHANNEL,
        user_id=f"user {order_id}",
        reference=f"O-{order_id}",
        ordered_at="20260302120000",
        amount=Money(100_00, HKD),
        subject="Two hours",
        return_url="https://parking.example/return",
        acquirer=ACQUIRER,
        merchant=Merchant(merchant_id="344752300000003", name="Kerbside Parking", mcc="7523", country=HKD),
        state=OrderState.OPEN,
        opened_at=OPENED,
        expires_at=OPENED + timedelta(days=9000),
        login_id=3,
        downstream_id=f"D-{order_id}",
    )
    return msgspec.structs.replace(plain, **changes)


def attempt_to_pay(payment_id: int, of: Order, **changes: Any) -> Payment:
    """PAY at the cashier, with an offer that channel and hub share; under way."""
    facts = {
        "kind": "PAY",
        "sender": of.industry,
        "msg_id": f"C{payment_id}",
        "gateway": of.channel,
        "issuer": of.acquirer,
        "acquirer": "",
        "card_id": None,
        "user_id": of.user_id,
        "device_id": "",
        "gross": of.amount,
        "amount": Money(95_00, HKD),
        "bill": None,
        "discounts": (Discount(amount=Money(5_00, HKD), note="5 off", funded_by=f"{HARBOUR_CHANNEL}:60,{HUB}:40"),),
        "merchant": of.merchant,
        "reservations": (
            of.once,
            Allowance(key="offer:LIFE-5", amount_minor=5_00, limit_minor=500_00, code="12"),
            Allowance(key=f"offer:LIFE-5:{of.channel}:{of.user_id}", amount_minor=1, limit_minor=2, code="12"),
        ),
        "masked_pan": "6291********5528",
        "order_id": of.order_id,
        "bank_msg_id": f"U{of.acquirer}20260302040000{payment_id:06d}",
    }
    return payment(payment_id, **{**facts, **changes})


def refund_told(payment_id: int, of: Order, original: Payment, minor: int) -> Payment:
    """PAYMENT_RESULT REFUNDED, as it is opened."""
    amount = Money(minor, HKD)
    told = {"kind": "PAYMENT_RESULT", "msg_id": f"A{of.acquirer}{payment_id}", "orig_payment_id": original.payment_id}
    nothing = {"discounts": (), "reservations": (), "masked_pan": "", "bank_msg_id": ""}
    return attempt_to_pay(payment_id, of, gross=amount, amount=amount, **told, **nothing)


def told(notice_id: int, of: Order, receiver: str, about: int, **changes: Any) -> Notice:
    """A PAYMENT_RESULT_NOTICE; about the order's own number: that it was closed."""
    plain = Notice(
        notice_id=notice_id,
        payment_id=about,
        order_id=of.order_id,
        receiver=receiver,
        message="PAYMENT_RESULT_NOTICE",
        msg_id=f"A6001000120260302040000{notice_id:06d}",
        due_at=OPENED + timedelta(days=9000),
        created_at=OPENED + timedelta(seconds=notice_id),
    )
    return msgspec.structs.replace(plain, **changes)


def put_paid(unionhub: Operator, number: int) -> tuple[Order, Payment]:
    """Order `number`, paid by payment `number` + 1 and refunded in part; notices to both sides from `number` on."""
    wanted = order(number)
    begun = attempt_to_pay(number + 1, wanted)
    approved = begun.moved(PaymentEvent.APPROVE, code="00", bank_code="00", due_at=None)
    back = refund_told(number + 2, wanted, approved, 30_00)

    async def write(uow: Any) -> None:
        assert await uow.add_order(wanted)
        assert await uow.open_payment(begun) == ""
        assert await uow.move_order(*paid(wanted, begun))
        both = [told(number, wanted, PARKING, number + 1), told(number + 1, wanted, HARBOUR_CHANNEL, number + 1)]
        assert await uow.move_payment(begun, approved, both)
        assert await uow.open_payment(back) == ""
        more = [told(number + 2, wanted, PARKING, number + 2)]
        assert await uow.move_payment(back, back.moved(PaymentEvent.APPROVE, code="00", bank_code="00", due_at=None), more)
        confirmed = msgspec.structs.replace(both[0], state=NoticeState.CONFIRMED, attempts=1)
        await uow.record_attempt(confirmed, Attempt(at=OPENED, outcome="00", latency_ms=4))

    unionhub.work(write)
    return msgspec.structs.replace(wanted, state=OrderState.PAID, paid_by=number + 1), approved
