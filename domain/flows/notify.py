"""Telling partners what became of a payment: TRX_RESULT_NOTIFICATION (RULES section 11), by store and forward."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import msgspec

from unionhub.domain.model.identifiers import Token
from unionhub.domain.model.notices import FORWARD_INTERVALS, Attempt, Notice, NoticeState
from unionhub.domain.model.outgoing import ResultNotification
from unionhub.domain.model.parties import Party, Role
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.domain.model.transactions import Payment, PaymentState, PaymentStatus
from unionhub.ports.clock import Clock
from unionhub.ports.directory import Directory
from unionhub.ports.partners import PartnerError, Partners
from unionhub.ports.store import Store
from unionhub.ports.telemetry import Telemetry
from unionhub.ports.vault import Vault

from .numbers import Numbers
from .payers import TOKEN, of_card


class NoticeBook:
    """Who must be told about a payment that has just ended, and under which number."""

    def __init__(self, directory: Directory, numbers: Numbers, clock: Clock) -> None:
        self._directory = directory
        self._numbers = numbers
        self._clock = clock

    async def due_for(self, payment: Payment) -> tuple[Notice, ...]:
        """The notices of a payment in its present state; none while it is unfinished."""
        return tuple([await self._notice(payment, receiver) for receiver in receivers(payment)])

    async def _notice(self, payment: Payment, receiver: str) -> Notice:
        party = self._directory.party(receiver)
        if party is None:
            raise AssertionError(f"payment {payment.payment_id} names an unknown party {receiver}")
        now = self._clock.now()
        notice_id = await self._numbers.notice_id()
        return Notice(
            notice_id=notice_id,
            payment_id=payment.payment_id,
            receiver=receiver,
            message=ResultNotification.message,
            msg_id=self._numbers.notice_msg_id(party, notice_id),
            due_at=now,
            created_at=now,
        )


def receivers(payment: Payment) -> Sequence[str]:
    """RULES section 11: the acquirer of an approved payment; the payer's gateway only after it was told `04`."""
    if not payment.is_final:
        return ()
    told = []
    if payment.state is PaymentState.APPROVED and payment.acquirer:
        told.append(payment.acquirer)
    if payment.told_pending and payment.gateway:
        told.append(payment.gateway)
    return told


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
        intervals: Sequence[timedelta] = FORWARD_INTERVALS,
    ) -> None:
        self._store = store
        self._directory = directory
        self._partners = partners
        self._vault = vault
        self._clock = clock
        self._policy = policy
        self._telemetry = telemetry
        self._intervals = intervals

    async def deliver(self, notice: Notice) -> Notice:
        """One attempt at a leased notice. Confirmed means HTTP 200, a valid JWS and code `00`, nothing less."""
        outgoing, receiver = await self._build(notice)
        begun_at = self._clock.now()
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        try:
            answer = await self._partners.call(receiver, outgoing, timeout_s=self._policy.notice_timeout_s)
            outcome = told = answer.code
        except PartnerError as error:
            outcome, told = error.cause, type(error).__name__
        latency_ms = round((loop.time() - started_s) * 1000)
        after = self._after(notice, outcome)
        async with self._store.begin() as uow:
            await uow.record_attempt(after, Attempt(at=begun_at, outcome=outcome, latency_ms=latency_ms))
            await uow.commit()
        self._telemetry.notice_attempted(after, told)
        if after.state is NoticeState.PARKED:
            self._telemetry.alarm("notice_parked", notice_id=notice.notice_id, receiver=notice.receiver)
        return after

    def _after(self, notice: Notice, outcome: str) -> Notice:
        attempts = notice.attempts + 1
        if outcome == "00":
            return msgspec.structs.replace(notice, attempts=attempts, state=NoticeState.CONFIRMED)
        if attempts > len(self._intervals):
            return msgspec.structs.replace(notice, attempts=attempts, state=NoticeState.PARKED)
        # Each interval runs from the end of the attempt before.
        due_at = self._clock.now() + self._intervals[attempts - 1]
        return msgspec.structs.replace(notice, attempts=attempts, due_at=due_at)

    async def _build(self, notice: Notice) -> tuple[ResultNotification, Party]:
        async with self._store.begin() as uow:
            payment = await uow.payment(notice.payment_id)
            card = await uow.card(payment.card_id) if payment and payment.card_id is not None else None
        receiver = self._directory.party(notice.receiver)
        if payment is None or receiver is None:
            raise AssertionError(f"notice {notice.notice_id} refers to nothing")
        token = None
        if receiver.role is Role.APP_GATEWAY and card is not None:
            token = Token(self._vault.open(card.token_sealed, of_card(TOKEN, card.card_id)))
        notification = ResultNotification(
            msg_id=notice.msg_id, sent_at=notice.created_at, payment=payment, status=_told_status(payment), token=token
        )
        return notification, receiver


def _told_status(payment: Payment) -> PaymentStatus:
    """A notification knows APPROVED and DECLINED only: reversed means that the payer keeps the money."""
    return PaymentStatus.APPROVED if payment.state is PaymentState.APPROVED else PaymentStatus.DECLINED
