"""UCSP chart: frontend payment, steps 4 and 5: what became of an order, told and asked (RULES sections 6, 11 and 15).

4. UCSP -> Industry Service      PAYMENT_RESULT_NOTICE, by store and forward (notify.py delivers)
4. UCSP -> Channel APP           PAYMENT_RESULT_NOTICE
5. Industry Service -> UCSP      PAYMENT_RESULT_INQUIRY
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from unionhub.domain.model.errors import Decline
from unionhub.domain.model.messages import Envelope
from unionhub.domain.model.money import Money
from unionhub.domain.model.notices import Notice
from unionhub.domain.model.orders import Order, OrderStanding, OrderStatus, status_of
from unionhub.domain.model.outgoing import ResultNotice
from unionhub.domain.model.parties import Party
from unionhub.domain.model.transactions import UNDOES, Payment, PaymentState
from unionhub.ports.directory import Directory
from unionhub.ports.store import Store, UnitOfWork


class OrderResults:
    """Builds notices from the records when they are sent. What a notice is about never changes, so neither does the notice."""

    def __init__(self, store: Store, directory: Directory) -> None:
        self._store = store
        self._directory = directory

    async def notice(self, notice: Notice) -> ResultNotice:
        """PAYMENT_RESULT_NOTICE: about the payment that the notice names, or about the order's own end."""
        async with self._store.begin() as uow:
            order = await uow.order(notice.order_id) if notice.order_id is not None else None
            about = await uow.payment(notice.payment_id) if order and notice.payment_id != order.order_id else None
            paid = await uow.payment(order.paid_by) if order and order.paid_by is not None else None
            paid_at = await _paid_at(uow, order) if order else None
        if order is None:
            raise AssertionError(f"notice {notice.notice_id} refers to nothing")
        channel, industry = self._directory.party(order.channel), self._directory.party(order.industry)
        refunds = about is not None and _is_refund(about)
        return ResultNotice(
            msg_id=notice.msg_id,
            sent_at=notice.created_at,
            channel_code=channel.channel_code if channel else "",
            industry_code=industry.industry_code if industry else "",
            order=order,
            status=_status(about),
            payment=paid if refunds else about,
            refunded=about.amount if about is not None and refunds else None,
            paid_at=paid_at if paid_at is not None and refunds else notice.created_at,
        )


def _is_refund(payment: Payment) -> bool:
    """Of the order's payment: told by PAYMENT_RESULT, or seen at SCIS, where its card was debited."""
    return payment.orig_payment_id is not None or payment.kind in UNDOES


def _status(about: Payment | None) -> OrderStatus:
    if about is None:
        return OrderStatus.CLOSED
    if _is_refund(about):
        return OrderStatus.REFUNDED
    return OrderStatus.APPROVED if about.state is PaymentState.APPROVED else OrderStatus.DECLINED


class OrderInquiry:
    """PAYMENT_RESULT_INQUIRY: an industry asks what became of its order (step 5)."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def ask(self, envelope: Envelope, reference: str) -> OrderStanding:
        """`25` for an order that is unknown, or another industry's."""
        async with self._store.begin() as uow:
            await uow.admit(envelope.sender.app_id, envelope.uuid)
            order = await uow.order_of(envelope.sender.app_id, reference)
            found = await self._standing(uow, order, envelope.sender) if order is not None else None
            await uow.commit()
        if found is None:
            raise Decline("25")
        return found

    @staticmethod
    async def _standing(uow: UnitOfWork, order: Order, industry: Party) -> OrderStanding:
        if order.paid_by is None:
            return OrderStanding(order=order, status=status_of(order, refunded=False))
        payment = await uow.payment(order.paid_by)
        back = (await given_back(uow, order.order_id, payment)).minor if payment is not None else 0
        status = status_of(order, refunded=back > 0)
        paid_at = await _paid_at(uow, order)
        return OrderStanding(
            order=order,
            status=status,
            payment=payment,
            refunded=Money(back, order.amount.currency) if back else None,
            paid_at=industry.local_time(paid_at) if paid_at is not None else None,
        )


async def _paid_at(uow: UnitOfWork, order: Order) -> datetime | None:
    """When it was paid: its notices were written in the same transaction."""
    told = await uow.notices(order_id=order.order_id)
    return next((each.created_at for each in told if each.payment_id == order.paid_by), None)


class GivenBack(msgspec.Struct, frozen=True, kw_only=True):
    """What came back of an order's payment, in minor units, as two see it: its acquirer, which tells it by PAYMENT_RESULT,
    and SCIS, where a card of this hub was debited. They speak of the same refunds, and either may be first."""

    told: int = 0
    at_scis: int = 0

    @property
    def minor(self) -> int:
        return max(self.told, self.at_scis)


async def given_back(uow: UnitOfWork, order_id: int, payment: Payment) -> GivenBack:
    """So far."""
    told = [each for each in await uow.payments_of_order(order_id) if each.orig_payment_id == payment.payment_id]
    undone: list[Payment] = []
    if payment.settlement_key:
        card_payment = await uow.payment_for_acquirer(payment.issuer, settlement_key=payment.settlement_key)
        undone = await uow.payments_undoing(card_payment.payment_id) if card_payment is not None else []
    return GivenBack(told=_approved(told), at_scis=_approved(undone))


def _approved(payments: Sequence[Payment]) -> int:
    return sum(each.amount.minor for each in payments if each.state is PaymentState.APPROVED and each.amount is not None)
