"""After the storm: what people were told, what the hub recorded and what bank and acquirer booked must be one story."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

import msgspec
from chaos.buyers import Bought
from chaos.crowd import Crowd, Told
from chaos.house import House

from unionhub.adapters.sql.store import SqlStore
from unionhub.domain.flows.invariants import all_orders, all_payments
from unionhub.domain.model.notices import NoticeState
from unionhub.domain.model.orders import Order, OrderState
from unionhub.domain.model.transactions import UNDOES, Payment, PaymentState
from unionhub.hosts.sandbox.till import Till, TillBook
from unionhub.hosts.sandbox.world import till_file

QUIET_WITHIN_S: Final = 240.0
_WAITING: Final = (OrderState.PLACING, OrderState.OPEN)


class Verdict(msgspec.Struct, kw_only=True):
    """Counts, each with a few examples. `right` only if all of them are zero."""

    payments: int = 0
    states: dict[str, int] = {}
    orders: dict[str, int] = {}
    lost: list[str] = []  # told approved, and it is not
    twice: list[str] = []  # told declined, and it is approved; or taken more often than it was paid
    stuck: list[str] = []  # no end
    findings: list[str] = []  # of `unionhub invariants`, the bank's books included

    @property
    def right(self) -> bool:
        return not (self.lost or self.twice or self.stuck or self.findings)


async def judge(house: House, crowd: Crowd) -> Verdict:
    """Wait until nothing is under way any more, then compare."""
    store = SqlStore(house.postgres.url)
    try:
        stuck = await _come_to_rest(store)
        findings = await asyncio.to_thread(house.invariants)
        payments = [payment async for payment in all_payments(store)]
        orders = {order.ucsp_order_id: order async for order in all_orders(store)}
    finally:
        await store.close()
    verdict = Verdict(
        payments=len(payments),
        states=dict(Counter(payment.state.value for payment in payments)),
        orders=dict(Counter(order.state.value for order in orders.values())),
        stuck=stuck,
        findings=findings,
    )
    by_message = {(payment.sender, payment.msg_id): payment for payment in payments}
    for told in crowd.told:
        _compare(verdict, told, by_message.get((told.sender, told.msg_id)))
    for bought in crowd.buyers.bought:
        _compare_order(verdict, bought, orders.get(bought.ucsp_order_id))
    taken = await _taken(house, orders.values(), by_message)
    for order in orders.values():
        _compare_takings(verdict, order, taken[order.ucsp_order_id], payments)
    return verdict


def _compare(verdict: Verdict, told: Told, payment: Payment | None) -> None:
    approved = payment is not None and payment.state is PaymentState.APPROVED
    name = f"{told.message} {told.msg_id}: heard {told.heard[-5:]}, is {payment.state if payment else 'nowhere'}"
    if told.final == "00" and not approved:
        verdict.lost.append(name)
    elif told.final not in ("", "00") and approved:
        verdict.twice.append(name)
    elif not told.final and payment is not None and not payment.is_final:
        verdict.stuck.append(name)


def _compare_order(verdict: Verdict, bought: Bought, order: Order | None) -> None:
    name = f"order {bought.reference}: its shop heard {bought.heard[-5:]}, is {order.state if order else 'nowhere'}"
    paid = order is not None and order.state is OrderState.PAID
    if order is None or (bought.final == "APPROVED" and not paid):
        verdict.lost.append(name)
    elif bought.final == "CLOSED" and paid:
        verdict.twice.append(name)
    elif not bought.final:
        verdict.stuck.append(name)


async def _taken(house: House, orders: Iterable[Order], by_message: Mapping[tuple[str, str], Payment]) -> dict[str, list[int]]:
    """ucspOrderId -> what each TOKEN_PAYMENT that the acquirer's till knows has taken at SCIS and not given back, in minor
    units."""
    back: Counter[int] = Counter()
    for payment in by_message.values():
        if payment.kind in UNDOES and payment.state is PaymentState.APPROVED and payment.amount is not None:
            back[payment.orig_payment_id or 0] += payment.amount.minor
    taken: dict[str, list[int]] = defaultdict(list)
    tills: dict[str, Till] = {}
    for order in orders:
        till = tills.get(order.acquirer) or tills.setdefault(order.acquirer, Till(till_file(house.home, order.acquirer)))
        for pay in await till.run(partial(TillBook.pays_of, ucsp_order_id=order.ucsp_order_id)):
            paid = by_message.get((order.acquirer, pay.token_payment))
            if paid is not None and paid.state is PaymentState.APPROVED and paid.amount is not None:
                kept = paid.amount.minor - back[paid.payment_id]
                if kept:
                    taken[order.ucsp_order_id].append(kept)
    for till in tills.values():
        till.close()
    return taken


def _compare_takings(verdict: Verdict, order: Order, taken: list[int], payments: Iterable[Payment]) -> None:
    by = next((payment for payment in payments if payment.payment_id == order.paid_by), None)
    due = [by.amount.minor] if by is not None and by.amount is not None else []
    name = f"order {order.order_id} is {order.state}: {due} minor units were paid, the acquirer took {taken}"
    if order.state in _WAITING:
        verdict.stuck.append(name)
    elif sum(taken) > sum(due) or len(taken) > len(due):
        verdict.twice.append(name)
    elif taken != due:
        verdict.lost.append(name)


async def _come_to_rest(store: SqlStore) -> list[str]:
    """Until every payment is final, every order paid or closed and every notice confirmed or parked; else what is left."""
    loop = asyncio.get_running_loop()
    until_s = loop.time() + QUIET_WITHIN_S
    while True:
        left = [
            f"payment {payment.payment_id} is {payment.state}" async for payment in all_payments(store) if not payment.is_final
        ]
        left += [f"order {order.order_id} is {order.state}" async for order in all_orders(store) if order.state in _WAITING]
        async with store.begin() as uow:
            queued = await uow.notices(state=NoticeState.QUEUED, limit=20)
        left += [f"notice {notice.notice_id} to {notice.receiver} is queued" for notice in queued]
        if not left or loop.time() > until_s:
            return left
        await asyncio.sleep(1.0)
