"""Nothing is paid twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import ClassVar

from unionhub.domain.model.orders import OrderState
from unionhub.domain.model.transactions import OnceKey, Payment, PaymentState
from unionhub.ports.store import Store

from .reading import MOVED_NOTHING, all_orders, all_payments


class NoPurchaseTwice:
    """At most one approved payment holds a business key: a one-time code, an order, a settlement key."""

    name: ClassVar[str] = "no_purchase_twice"
    message: ClassVar[str] = "one purchase was paid twice"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def findings(self) -> AsyncIterator[str]:
        holders: dict[str, int] = {}
        async for payment in all_payments(self._store):
            if payment.state in MOVED_NOTHING:
                continue
            for key in (found.key for found in payment.reservations if isinstance(found, OnceKey)):
                if key in holders:
                    yield f"{key} is held by payments {holders[key]} and {payment.payment_id}"
                holders[key] = payment.payment_id


class OrdersArePaidOnce:
    """An order of UCSP has one approved payment, and it is the one that paid it; an order that was closed has none."""

    name: ClassVar[str] = "orders_are_paid_once"
    message: ClassVar[str] = "an order was paid twice, or by a payment that it does not know"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def findings(self) -> AsyncIterator[str]:
        async for payment in all_payments(self._store):
            pays = payment.order_id is not None and payment.orig_payment_id is None
            if pays and payment.state is PaymentState.APPROVED:
                async with self._store.begin() as uow:
                    order = await uow.order(payment.order_id or 0)
                if order is None or order.paid_by != payment.payment_id:
                    by = order.paid_by if order else None
                    yield f"payment {payment.payment_id} of order {payment.order_id} is APPROVED, which {by} paid"
        async for order in all_orders(self._store):
            if (order.state is OrderState.PAID) is (order.paid_by is None):
                yield f"order {order.order_id} is {order.state}, paid by {order.paid_by}"
            elif order.paid_by is not None:
                async with self._store.begin() as uow:
                    paid = await uow.payment(order.paid_by)
                if paid is None or paid.order_id != order.order_id or paid.state is not PaymentState.APPROVED:
                    yield f"order {order.order_id} is PAID by {order.paid_by}, which is {paid.state if paid else 'nothing'}"


class NoCodePaysTwice:
    """A one-time code is used by one payment: a consumer's even if that failed, a cash-out token's sum is paid out once."""

    name: ClassVar[str] = "no_code_pays_twice"
    message: ClassVar[str] = "a one-time code was used twice"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def findings(self) -> AsyncIterator[str]:
        users: dict[int, int] = {}
        async for payment in all_payments(self._store):
            if payment.code_id is None or not _used_its_code(payment):
                continue
            if payment.code_id in users:
                yield f"code {payment.code_id} was used by payments {users[payment.code_id]} and {payment.payment_id}"
            users[payment.code_id] = payment.payment_id


def _used_its_code(payment: Payment) -> bool:
    """A payment that was declined before it began holds nothing, so it used nothing either."""
    if payment.kind == "CPQRC_PAYMENT":
        return bool(payment.reservations)
    return payment.state not in MOVED_NOTHING
