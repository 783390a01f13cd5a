"""UCSP's orders in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from unionhub.domain.model.notices import Notice
from unionhub.domain.model.orders import Order, OrderState, once_key
from unionhub.domain.model.transactions import Payment

from .payments import Payments

_MOVED: Final = ("state", "downstream_id", "paid_by")
_UNPAID: Final = (OrderState.PLACING, OrderState.OPEN)


class Orders(Payments):
    """Beside payments: they hold each other's keys."""

    async def add_order(self, order: Order) -> bool:
        name = (order.industry, order.reference)
        if order.order_id in self._tables.orders or name in self._tables.order_ids:
            return False
        self._put(self._tables.order_ids, name, order.order_id)
        self._put(self._tables.orders, order.order_id, order)
        return True

    async def order(self, order_id: int) -> Order | None:
        return self._tables.orders.get(order_id)

    async def order_of(self, industry: str, reference: str) -> Order | None:
        return self._tables.orders.get(self._tables.order_ids.get((industry, reference), -1))

    async def orders(self, *, industry: str | None = None, state: OrderState | None = None, limit: int = 100) -> list[Order]:
        found = [
            order
            for order in self._tables.orders.values()
            if (industry is None or order.industry == industry) and (state is None or order.state is state)
        ]
        return sorted(found, key=lambda order: (order.opened_at, order.order_id), reverse=True)[:limit]

    async def move_order(self, before: Order, after: Order) -> bool:
        stored = self._tables.orders.get(after.order_id)
        if stored is None or stored.state is not before.state:
            return False
        self._put(
            self._tables.orders,
            after.order_id,
            msgspec.structs.replace(stored, **{name: getattr(after, name) for name in _MOVED}),
        )
        return True

    async def close_order(self, order: Order, notices: Sequence[Notice] = ()) -> bool:
        stored = self._tables.orders.get(order.order_id)
        key = once_key(order.order_id)
        if stored is None or stored.state is not order.state or order.state not in _UNPAID or key in self._tables.once_keys:
            return False
        self._put(self._tables.once_keys, key, order.order_id)
        self._put(self._tables.orders, order.order_id, msgspec.structs.replace(stored, state=OrderState.CLOSED))
        self._queue(notices)
        return True

    async def orders_due(self, now: datetime, *, limit: int = 100) -> list[Order]:
        due = [
            order
            for order in self._tables.orders.values()
            if order.state in _UNPAID and order.expires_at <= now and once_key(order.order_id) not in self._tables.once_keys
        ]
        return sorted(due, key=lambda order: (order.expires_at, order.order_id))[:limit]

    async def order_holder(self, order_id: int) -> Payment | None:
        return self._tables.payments.get(self._tables.once_keys.get(once_key(order_id), -1))

    async def payments_of_order(self, order_id: int) -> list[Payment]:
        found = (payment for payment in self._tables.payments.values() if payment.order_id == order_id)
        return sorted(found, key=lambda payment: payment.payment_id)

    async def order_payment_settled(self, acquirer: str, settlement_key: str) -> Payment | None:
        found = (
            payment
            for payment in self._tables.payments.values()
            if payment.order_id is not None
            and payment.orig_payment_id is None
            and (payment.issuer, payment.settlement_key) == (acquirer, settlement_key)
        )
        return min(found, key=lambda payment: payment.payment_id, default=None)
