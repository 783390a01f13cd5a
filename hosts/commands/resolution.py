"""Ending by hand a payment whose fate the bank will not say, by two operators (RULES section 3).

The store has no table for proposals, so each payment's is a marker, which stays as the record of who decided what.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from unionhub.domain.flows.unknown_outcome import REVERSED_CODE
from unionhub.domain.model.notices import Notice
from unionhub.domain.model.orders import paid
from unionhub.domain.model.outgoing import OrderRefund, Pay, Reversal
from unionhub.domain.model.transactions import PAYMENT_MOVES, Payment, PaymentEvent, PaymentState, Rolls
from unionhub.ports.store import UnitOfWork

from .console import clean
from .failures import CommandError
from .opening import Desk
from .operators import login
from .telling import notice_book

PROPOSAL_LIFE: Final = timedelta(hours=24)
_RESOLVABLE: Final = (PaymentState.UNKNOWN, PaymentState.REVERSING)
_MAX_NAME, _MAX_REASON = 60, 300


class Verdict(StrEnum):
    """What the bank's books say."""

    APPROVED = "approved"  # what was asked for is booked, and stays; of a cancellation: it is booked back
    DECLINED = "declined"  # nothing was ever booked, and nothing will be
    REVERSED = "reversed"  # whatever was booked is booked back


_EVENTS: Final = {
    Verdict.APPROVED: PaymentEvent.APPROVE,
    Verdict.DECLINED: PaymentEvent.DECLINE,
    Verdict.REVERSED: PaymentEvent.CONFIRM_REVERSAL,
}
_CODES: Final = {Verdict.APPROVED: "00", Verdict.DECLINED: "71", Verdict.REVERSED: REVERSED_CODE}
"""The final answer where none stands yet."""


class Proposal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The marker's content. `login` is the operating system's account."""

    verdict: Verdict
    state: PaymentState  # the payment's, then: in another one the proposal is void
    reason: str
    operator: str
    login: str
    at: datetime
    confirmed_by: str = ""
    confirmed_login: str = ""
    confirmed_at: datetime | None = None
    withdrawn_by: str = ""

    @property
    def open(self) -> bool:
        return not self.confirmed_by and not self.withdrawn_by


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """What was done, and one line that says so."""

    payment: Payment
    proposal: Proposal
    line: str


class Resolution:
    """One operator's part in resolving one payment."""

    def __init__(self, desk: Desk, payment_id: int, operator: str) -> None:
        self._desk = desk
        self._payment_id = payment_id
        self._operator = " ".join(clean(operator).split())
        if not 1 <= len(self._operator) <= _MAX_NAME:
            raise CommandError(f"an operator's name is 1 to {_MAX_NAME} characters")

    async def propose(self, verdict: Verdict, reason: str) -> Resolved:
        """The first operator's part. Raises CommandError where that end is impossible or another proposal stands."""
        reason = " ".join(clean(reason).split())
        now = self._desk.clock.now()
        async with self._desk.store.begin() as uow:
            payment = await self._payment(uow)
            _check_move(payment, verdict)
            standing = await self._standing(uow, payment, now)
            if standing is not None and not _same(standing.operator, self._operator):
                raise CommandError(
                    f"{standing.operator} has proposed it as {standing.verdict} already ({standing.reason}): "
                    "check it with the bank and add --confirm, or --withdraw"
                )
            if not 1 <= len(reason) <= _MAX_REASON:
                raise CommandError(f"a proposal needs --reason, up to {_MAX_REASON} characters: how was it found out?")
            proposal = Proposal(
                verdict=verdict, state=payment.state, reason=reason, operator=self._operator, login=login(), at=now
            )
            await self._write(uow, proposal)
            await uow.commit()
        line = (
            f"proposed: payment {self._payment_id} is {verdict}. Within 24 hours another operator has to check it with the "
            f"bank and run: unionhub transactions resolve {self._payment_id} --as {verdict} --operator NAME --confirm"
        )
        return Resolved(payment=payment, proposal=proposal, line=line)

    async def confirm(self, verdict: Verdict) -> Resolved:
        """The second operator's part: the payment ends. Raises CommandError without a fitting proposal of somebody else."""
        now = self._desk.clock.now()
        async with self._desk.store.begin() as uow:
            before = await self._payment(uow)
        after = _ended(before, verdict)
        notices = await self._notices(after)
        async with self._desk.store.begin() as uow:
            proposal = await self._standing(uow, before, now)
            if proposal is None or proposal.verdict is not verdict:
                raise CommandError(
                    f"nobody has proposed that payment {self._payment_id} is {verdict}, or not since it moved on"
                )
            if _same(proposal.operator, self._operator):
                raise CommandError(f"it takes two: {proposal.operator} has proposed it, somebody else has to confirm")
            await _pay_its_order(uow, after)
            if not await uow.move_payment(before, after, notices):
                raise CommandError(f"payment {self._payment_id} has just moved on by itself: look at it again")
            done = msgspec.structs.replace(proposal, confirmed_by=self._operator, confirmed_login=login(), confirmed_at=now)
            await self._write(uow, done)
            await uow.commit()
        line = f"payment {self._payment_id} is {after.state}, by {done.operator} and {done.confirmed_by}"
        return Resolved(payment=after, proposal=done, line=line)

    async def withdraw(self) -> Resolved:
        """Take a standing proposal back; anybody may."""
        async with self._desk.store.begin() as uow:
            payment = await self._payment(uow)
            proposal = await self._standing(uow, payment, self._desk.clock.now())
            if proposal is None:
                raise CommandError(f"there is no proposal for payment {self._payment_id}")
            withdrawn = msgspec.structs.replace(proposal, withdrawn_by=self._operator)
            await self._write(uow, withdrawn)
            await uow.commit()
        return Resolved(payment=payment, proposal=withdrawn, line=f"the proposal of {proposal.operator} is withdrawn")

    async def _payment(self, uow: UnitOfWork) -> Payment:
        payment = await uow.payment(self._payment_id)
        if payment is None:
            raise CommandError(f"no payment {self._payment_id}")
        return payment

    async def _standing(self, uow: UnitOfWork, payment: Payment, now: datetime) -> Proposal | None:
        """The proposal that can be confirmed now: open, of this state of the payment, not too old."""
        proposal = await proposal_of(uow, self._payment_id)
        if proposal is None or not proposal.open or proposal.state is not payment.state:
            return None
        return proposal if now - proposal.at <= PROPOSAL_LIFE else None

    async def _write(self, uow: UnitOfWork, proposal: Proposal) -> None:
        await uow.put_marker(marker_of(self._payment_id), msgspec.json.encode(proposal).decode())

    async def _notices(self, after: Payment) -> tuple[Notice, ...]:
        """Who must be told, as after any other end. The worker tells them."""
        async with notice_book(self._desk) as book:
            return await book.due_for(after)


def marker_of(payment_id: int) -> str:
    return f"resolve:{payment_id}"


async def proposal_of(uow: UnitOfWork, payment_id: int) -> Proposal | None:
    """The latest proposal for this payment, whatever became of it."""
    text = await uow.marker(marker_of(payment_id))
    return msgspec.json.decode(text, type=Proposal) if text else None


def _check_move(payment: Payment, verdict: Verdict) -> None:
    if payment.is_final:
        raise CommandError(f"payment {payment.payment_id} is {payment.state}, which never changes")
    if payment.state not in _RESOLVABLE:
        raise CommandError(f"payment {payment.payment_id} is {payment.state}: the hub is still at it, nobody is needed")
    possible = _possible(payment)
    if verdict not in possible:
        raise CommandError(
            f"payment {payment.payment_id} is {payment.state} and cannot end as {verdict}, only as {' or '.join(possible)}"
            + (f": a {_sent(payment)} was sent, and {_whom(payment)} may obey it at any time" if len(possible) == 1 else "")
        )


def _sent(payment: Payment) -> str:
    """What takes it back: of an approval that an order's acquirer told of by itself, a refund."""
    return OrderRefund.message if payment.does.downstream and payment.kind != Pay.message else Reversal.message


def _whom(payment: Payment) -> str:
    return "its acquirer" if payment.does.downstream else "a bank"


def _possible(payment: Payment) -> list[Verdict]:
    """What the state table has; and what is a REVERSAL itself is never declined, whatever the bank says of it now."""
    moves = PAYMENT_MOVES[payment.state]
    found = [verdict for verdict, event in _EVENTS.items() if event in moves]
    insists = payment.does.rolls is Rolls.INSIST
    return [verdict for verdict in found if not (insists and verdict is Verdict.DECLINED)]


def _ended(payment: Payment, verdict: Verdict) -> Payment:
    _check_move(payment, verdict)
    code = payment.code or _CODES[verdict]
    # Of an order the two sides are told what its acquirer has decided, and its books are its word.
    said = {"bank_code": payment.bank_code or code} if payment.does.downstream and verdict is not Verdict.REVERSED else {}
    return payment.moved(_EVENTS[verdict], code=code, due_at=None, **said)


async def _pay_its_order(uow: UnitOfWork, after: Payment) -> None:
    """An approved payment at the cashier pays its order in the same transaction. Raises CommandError if something else did."""
    if after.order_id is None or not after.does.downstream or after.state is not PaymentState.APPROVED:
        return
    order = await uow.order(after.order_id)
    if order is None or not await uow.move_order(*paid(order, after)):
        state = f"{order.state}{f' by payment {order.paid_by}' if order.paid_by else ''}" if order else "gone"
        raise CommandError(
            f"order {after.order_id} is {state}: payment {after.payment_id} cannot pay it too, the hub takes it back by itself"
        )


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
