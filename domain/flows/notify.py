"""Telling partners what became of a payment: TRX_RESULT_NOTIFICATION (RULES section 11), by store and forward."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, NamedTuple

import msgspec

from unionhub.domain.model.identifiers import Token
from unionhub.domain.model.notices import FORWARD_INTERVALS, Attempt, Notice, NoticeState
from unionhub.domain.model.orders import Order
from unionhub.domain.model.outgoing import ResultNotice, ResultNotification
from unionhub.domain.model.parties import Party, Role
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.domain.model.transactions import UNDOES, Payment, PaymentState, PaymentStatus
from unionhub.ports.clock import Clock
from unionhub.ports.directory import Directory
from unionhub.ports.partners import PartnerError, Partners
from unionhub.ports.store import Store, UnitOfWork
from unionhub.ports.telemetry import Telemetry
from unionhub.ports.vault import Vault

from .giving_back import undoing
from .numbers import Numbers, industry_msg_id
from .order_results import OrderResults, given_back
from .payers import TOKEN, of_card

PAID_ELSEWHERE: Final = frozenset({"02", "12", "94"})
"""What a QR platform answers to the notice of a code that somebody else paid first."""


UNWANTED: Final = "94"
"""The code of what an acquirer told of an order when it was no news: of an approval after the order was paid, or closed (it is
taken back); of a refund that was seen at SCIS before. Nobody else is told."""


OVERTAKEN: Final = "its order was paid otherwise meanwhile"
"""The note of a PAY that came to nothing after that: who heard APPROVED must not hear DECLINED."""

UNNAMED: Final = "approved by a result that names no PAY"
"""The note of a PAY whose approval may be another payment's, by a network that we do not see."""

SIDES: Final = 2
"""Who is told what became of an order: its industry and its channel."""


class Told(NamedTuple):
    """Somebody who must be told; `to_payee`: about the card that the transfer went to; `order_id`: what became of an order,
    by PAYMENT_RESULT_NOTICE, which counts with the numbers of `industry`."""

    app_id: str
    to_payee: bool = False
    order_id: int | None = None
    industry: str = ""  # app_id


class NoticeBook:
    """Who must be told about a payment that has just ended, and under which number."""

    def __init__(self, store: Store, directory: Directory, numbers: Numbers, clock: Clock) -> None:
        self._store = store
        self._directory = directory
        self._numbers = numbers
        self._clock = clock

    async def due_for(self, payment: Payment) -> tuple[Notice, ...]:
        """The notices of a payment in its present state; none while it is unfinished. What came back of a payment by which an
        order was paid is told to the order's two sides as well."""
        receivers_now = list(told(payment))
        if came_back_of_order(payment):
            async with self._store.begin() as uow:
                receivers_now += await self._of_paid_order(uow, payment)
        return self._notices(payment, receivers_now, await self.draw(len(receivers_now)))

    async def due_within(self, uow: UnitOfWork, payment: Payment, notice_ids: Sequence[int]) -> tuple[Notice, ...]:
        """`due_for` as the unit of work sees it, which holds the order; with numbers that were drawn before."""
        return self._notices(payment, [*told(payment), *await self._of_paid_order(uow, payment)], notice_ids)

    async def draw(self, count: int) -> tuple[int, ...]:
        """Numbers for notices that a unit of work is about to write: they are taken outside of it."""
        return tuple([await self._numbers.notice_id() for _ in range(count)])

    def written(self, payment: Payment, notice_ids: Sequence[int]) -> tuple[Notice, ...]:
        """`due_for` with numbers that were drawn before."""
        return self._notices(payment, told(payment), notice_ids)

    def of_closed(self, order: Order, notice_ids: Sequence[int]) -> tuple[Notice, ...]:
        """That an order was closed: two, told of no payment."""
        return tuple(
            self._order_notice(order.order_id, to, number)
            for to, number in zip(_sides(order.industry, order.channel, order.order_id), notice_ids, strict=True)
        )

    @staticmethod
    async def _of_paid_order(uow: UnitOfWork, payment: Payment) -> Sequence[Told]:
        """The order that was paid by what this payment gives back: whoever refunds at SCIS need not know of it."""
        if not came_back_of_order(payment) or payment.order_id is None or payment.amount is None:
            return ()
        order = await uow.order(payment.order_id)
        paid = await uow.payment(order.paid_by) if order is not None and order.paid_by is not None else None
        back = await given_back(uow, payment.order_id, paid) if paid is not None else None
        original = await uow.payment(payment.orig_payment_id) if payment.orig_payment_id is not None else None
        # Of an approval that did not pay the order nobody is told; nor if the acquirer said it first, by PAYMENT_RESULT.
        if order is None or paid is None or back is None or original is None or original.settlement_key != paid.settlement_key:
            return ()
        if back.at_scis + payment.amount.minor <= back.told:
            return ()
        return _sides(order.industry, order.channel, order.order_id)

    def _notices(self, payment: Payment, to: Sequence[Told], notice_ids: Sequence[int]) -> tuple[Notice, ...]:
        return tuple(self._notice(payment, each, number) for each, number in zip(to, notice_ids, strict=False))

    def _notice(self, payment: Payment, to: Told, notice_id: int) -> Notice:
        if to.order_id is not None:
            return self._order_notice(payment.payment_id, to, notice_id)
        party = self._directory.party(to.app_id)
        if party is None:
            raise AssertionError(f"payment {payment.payment_id} names an unknown party {to.app_id}")
        now = self._clock.now()
        return Notice(
            notice_id=notice_id,
            payment_id=payment.payment_id,
            receiver=to.app_id,
            message=ResultNotification.message,
            msg_id=self._numbers.notice_msg_id(party, notice_id),
            to_payee=to.to_payee,
            due_at=now,
            created_at=now,
        )

    def _order_notice(self, about: int, to: Told, notice_id: int) -> Notice:
        industry = self._directory.party(to.industry)
        if industry is None:
            raise AssertionError(f"order {to.order_id} names an unknown industry {to.industry}")
        now = self._clock.now()
        return Notice(
            notice_id=notice_id,
            payment_id=about,
            order_id=to.order_id,
            receiver=to.app_id,
            message=ResultNotice.message,
            msg_id=industry_msg_id(industry, now, notice_id, notice=True),
            due_at=now,
            created_at=now,
        )


def came_back_of_order(payment: Payment) -> bool:
    """Did SCIS give back what paid an order of UCSP?"""
    return payment.order_id is not None and payment.kind in UNDOES and payment.state is PaymentState.APPROVED


def _sides(industry: str, channel: str, order_id: int) -> tuple[Told, ...]:
    """Whom an order's result is told, independently of each other (RULES section 6)."""
    return tuple(Told(each, order_id=order_id, industry=industry) for each in (industry, channel))


def told(payment: Payment) -> Sequence[Told]:
    """RULES section 11, by kind; nobody while a payment is unfinished."""
    if not payment.is_final:
        return ()
    approved = payment.state is PaymentState.APPROVED
    if payment.does.downstream:
        return _told_of_order(payment)
    found = []
    if payment.kind in UNDOES:
        # Without the bank's word nothing came back, because nothing had left: the original's own notice says it all.
        came_back = payment.bank_code or payment.kind != "REVERSAL"
        return (Told(payment.gateway),) if approved and came_back and payment.gateway else ()
    if payment.does.by_acquirer:
        return (Told(payment.gateway),) if payment.gateway else ()
    if approved and payment.acquirer:
        found.append(Told(payment.acquirer))
    if approved and payment.payee_gateway:
        found.append(Told(payment.payee_gateway, to_payee=True))
    if payment.told_pending and payment.gateway:
        found.append(Told(payment.gateway))
    return found


def _told_of_order(payment: Payment) -> Sequence[Told]:
    """A result that the downstream system gave, and a PAY that was taken back. Not what never reached it, and not an approval
    that came too late (`94`): what became of the order was told already."""
    reached = payment.bank_code or payment.state is PaymentState.REVERSED
    if payment.order_id is None or payment.note == OVERTAKEN or not (payment.state is PaymentState.APPROVED or reached):
        return ()
    if payment.code == UNWANTED and payment.state is not PaymentState.DECLINED:  # an acquirer may decline with that code too
        return ()
    return _sides(payment.sender, payment.gateway, payment.order_id)


def receivers(payment: Payment) -> Sequence[str]:
    """Of the notices, as often as they get one."""
    return [each.app_id for each in told(payment)]


class Courier:
    """Delivers notices: builds each from the record when it is sent, and forwards until it is confirmed or parked."""

    def __init__(
        self,
        store: Store,
        directory: Directory,
        partners: Partners,
        vault: Vault,
        clock: Clock,
        policy: OutcomePolicy,
        telemetry: Telemetry,
        numbers: Numbers,
        order_results: OrderResults,
        intervals: Sequence[timedelta] = FORWARD_INTERVALS,
    ) -> None:
        self._store = store
        self._directory = directory
        self._partners = partners
        self._vault = vault
        self._clock = clock
        self._policy = policy
        self._telemetry = telemetry
        self._numbers = numbers
        self._order_results = order_results
        self._intervals = intervals

    async def deliver(self, notice: Notice) -> Notice:
        """One attempt at a leased notice. Confirmed means HTTP 200, a valid JWS and code `00`, nothing less."""
        outgoing, receiver = await self._build(notice)
        begun_at = self._clock.now()
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        try:
            answer = await self._partners.call(receiver, outgoing, timeout_s=self._policy.notice_timeout_s)
            outcome = heard = answer.code
        except PartnerError as error:
            outcome, heard = error.cause, type(error).__name__
        latency_ms = round((loop.time() - started_s) * 1000)
        after = self._after(notice, receiver, outgoing.payment, outcome)
        if after.state is NoticeState.REFUSED and outgoing.payment is not None:
            # First the money's way back is on record, then the notice is over: dying in between repeats both.
            await self._give_back(notice, outgoing.payment)
        async with self._store.begin() as uow:
            stored = await uow.notice(notice.notice_id)
            if stored is not None and (stored.state, stored.attempts) != (notice.state, notice.attempts):
                after = stored  # this host stood still beyond its lease, and another one sent it: what came of that stands
            await uow.record_attempt(after, Attempt(at=begun_at, outcome=outcome, latency_ms=latency_ms))
            await uow.commit()
        self._telemetry.notice_attempted(after, heard)
        if after.state is NoticeState.PARKED:
            self._telemetry.alarm("notice_parked", notice_id=notice.notice_id, receiver=notice.receiver)
        return after

    def _after(self, notice: Notice, receiver: Party, payment: Payment | None, outcome: str) -> Notice:
        attempts = notice.attempts + 1
        if outcome == "00":
            return msgspec.structs.replace(notice, attempts=attempts, state=NoticeState.CONFIRMED)
        paid_by_code = receiver.role is Role.QR_PLATFORM and payment is not None and payment.kind not in UNDOES
        if paid_by_code and outcome in PAID_ELSEWHERE:
            return msgspec.structs.replace(notice, attempts=attempts, state=NoticeState.REFUSED)
        if attempts > len(self._intervals):
            return msgspec.structs.replace(notice, attempts=attempts, state=NoticeState.PARKED)
        # Each interval runs from the end of the attempt before.
        due_at = self._clock.now() + self._intervals[attempts - 1]
        return msgspec.structs.replace(notice, attempts=attempts, due_at=due_at)

    async def _build(self, notice: Notice) -> tuple[ResultNotification | ResultNotice, Party]:
        if notice.order_id is not None:
            receiver = self._directory.party(notice.receiver)
            if receiver is None:
                raise AssertionError(f"notice {notice.notice_id} goes to nobody")
            return await self._order_results.notice(notice), receiver
        async with self._store.begin() as uow:
            payment = await uow.payment(notice.payment_id)
            card_id = (payment.payee_card_id if notice.to_payee else payment.card_id) if payment else None
            card = await uow.card(card_id) if card_id is not None else None
            original = await uow.payment(payment.orig_payment_id) if payment and payment.orig_payment_id else None
        receiver = self._directory.party(notice.receiver)
        if payment is None or receiver is None:
            raise AssertionError(f"notice {notice.notice_id} refers to nothing")
        token, device_id = None, ""
        if receiver.role is Role.APP_GATEWAY and card is not None:
            token, device_id = Token(self._vault.open(card.token_sealed, of_card(TOKEN, card.card_id))), card.device_id
        notification = ResultNotification(
            msg_id=notice.msg_id,
            sent_at=notice.created_at,
            payment=payment,
            status=_told_status(payment),
            token=token,
            device_id=device_id,
            original=original,
        )
        return notification, receiver

    async def _give_back(self, notice: Notice, payment: Payment) -> None:
        """The code was paid elsewhere, so this debit goes back: as a payment of its own, which a worker sends. Its msgID is
        the notice's, so that it is made once however often this runs."""
        now = self._clock.now()
        payment_id = await self._numbers.payment_id()
        back = msgspec.structs.replace(
            undoing(payment, "REVERSAL", payment_id, now),
            sender=notice.receiver,
            msg_id=notice.msg_id,
            state=PaymentState.READY,
            due_at=now,
            bank_msg_id=self._numbers.bank_msg_id(self._directory.party(payment.issuer), now, payment_id),
        )
        async with self._store.begin() as uow:
            if await uow.payment_of(back.sender, back.msg_id) is None and not await uow.open_payment(back):
                await uow.commit()


def _told_status(payment: Payment) -> PaymentStatus:
    """A notification knows APPROVED and DECLINED only: reversed means that the payer keeps the money."""
    return PaymentStatus.APPROVED if payment.state is PaymentState.APPROVED else PaymentStatus.DECLINED
