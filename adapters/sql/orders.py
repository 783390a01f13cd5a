"""UCSP's orders, and the payments that hold them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

import sqlalchemy as sa

from unionhub.domain.model.notices import Notice
from unionhub.domain.model.orders import Order, OrderState, once_key
from unionhub.domain.model.transactions import Payment

from .payments import notice_values, queueing
from .rows import ORDERS, PAYMENTS, Values, micros
from .statement import Statement, done, insert, number, text
from .tables import HAS_SETTLEMENT_KEY, OF_ORDER, UNPAID, once_keys, orders, payments
from .transaction import Transaction

_ADD = Statement(insert(orders).values(ORDERS.parameters()).on_conflict_do_nothing().returning(done()))
_ORDER = Statement(sa.select(*ORDERS.columns).where(orders.c.order_id == number("order_id")))
_ORDER_OF = Statement(
    sa.select(*ORDERS.columns).where(orders.c.industry == text("industry"), orders.c.reference == text("reference"))
)
_MOVE = Statement(
    sa.update(orders)
    .where(orders.c.order_id == number("id"), orders.c.state == text("before"))
    .values(state=text("state"), downstream_id=text("downstream_id"), paid_by=number("paid_by"))
    .returning(done())
)
_TAKE_KEY = Statement(
    insert(once_keys).values(key=text("key"), payment_id=number("order_id")).on_conflict_do_nothing().returning(done())
)
_GIVE_KEY_BACK = Statement(
    sa.delete(once_keys).where(once_keys.c.key == text("key"), once_keys.c.payment_id == number("order_id")).returning(done())
)
_CLOSE = Statement(
    sa.update(orders)
    .where(orders.c.order_id == number("id"), orders.c.state == text("before"), UNPAID)
    .values(state=sa.literal_column(f"'{OrderState.CLOSED}'"))
    .returning(done())
)
# As domain.model.orders.once_key writes it.
_IS_HELD = sa.exists().where(once_keys.c.key == sa.literal_column("'order:'").concat(sa.cast(orders.c.order_id, sa.Text)))
_DUE = Statement(
    sa.select(*ORDERS.columns)
    .where(UNPAID, orders.c.expires_at <= number("now"), ~_IS_HELD)
    .order_by(orders.c.expires_at, orders.c.order_id)
    .limit(number("limit"))
)
_HOLDER = Statement(
    sa.select(*PAYMENTS.columns)
    .join(once_keys, once_keys.c.payment_id == payments.c.payment_id)
    .where(once_keys.c.key == text("key"))
)
_PAYMENTS = Statement(
    sa.select(*PAYMENTS.columns).where(payments.c.order_id == number("order_id"), OF_ORDER).order_by(payments.c.payment_id)
)
_SETTLED = Statement(
    sa.select(*PAYMENTS.columns)
    .where(
        payments.c.settlement_key == text("settlement_key"),
        HAS_SETTLEMENT_KEY,
        payments.c.issuer == text("acquirer"),
        payments.c.order_id.is_not(None),
        payments.c.orig_payment_id.is_(None),
    )
    .order_by(payments.c.payment_id)
    .limit(sa.literal_column("1"))
)


@cache
def _listed(industry: bool, state: bool) -> Statement:
    query = sa.select(*ORDERS.columns)
    if industry:
        query = query.where(orders.c.industry == text("industry"))
    if state:
        query = query.where(orders.c.state == text("state"))
    return Statement(query.order_by(orders.c.opened_at.desc(), orders.c.order_id.desc()).limit(number("limit")))


class Orders(Transaction):
    """Orders of the unit of work."""

    async def add_order(self, order: Order) -> bool:
        return bool(await self._fetch(_ADD, ORDERS.values(order)))

    async def order(self, order_id: int) -> Order | None:
        return await self._item(ORDERS, _ORDER, {"order_id": order_id})

    async def order_of(self, industry: str, reference: str) -> Order | None:
        return await self._item(ORDERS, _ORDER_OF, {"industry": industry, "reference": reference})

    async def orders(self, *, industry: str | None = None, state: OrderState | None = None, limit: int = 100) -> list[Order]:
        statement = _listed(industry is not None, state is not None)
        return await self._items(ORDERS, statement, {"industry": industry, "state": state, "limit": limit})

    async def move_order(self, before: Order, after: Order) -> bool:
        values: Values = {
            "id": after.order_id,
            "before": before.state.value,
            "state": after.state.value,
            "downstream_id": after.downstream_id,
            "paid_by": after.paid_by,
        }
        return bool(await self._fetch(_MOVE, values))

    async def close_order(self, order: Order, notices: Sequence[Notice] = ()) -> bool:
        """The key first, as everybody who pays takes it: whoever waits for it sees what became of the order."""
        key: Values = {"key": once_key(order.order_id), "order_id": order.order_id}
        if not await self._fetch(_TAKE_KEY, key):
            return False
        if not await self._fetch(_CLOSE, {"id": order.order_id, "before": order.state.value}):
            await self._fetch(_GIVE_KEY_BACK, key)
            return False
        if notices:
            await self._fetch(queueing(len(notices)), notice_values(notices))
        return True

    async def orders_due(self, now: datetime, *, limit: int = 100) -> list[Order]:
        return await self._items(ORDERS, _DUE, {"now": micros(now), "limit": limit})

    async def order_holder(self, order_id: int) -> Payment | None:
        return await self._item(PAYMENTS, _HOLDER, {"key": once_key(order_id)})

    async def payments_of_order(self, order_id: int) -> list[Payment]:
        return await self._items(PAYMENTS, _PAYMENTS, {"order_id": order_id})

    async def order_payment_settled(self, acquirer: str, settlement_key: str) -> Payment | None:
        return await self._item(PAYMENTS, _SETTLED, {"acquirer": acquirer, "settlement_key": settlement_key})
