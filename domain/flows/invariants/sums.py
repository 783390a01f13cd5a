"""The books agree, and nothing bounded is overspent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from typing import ClassVar

from unionhub.domain.model.transactions import UNDOES, Allowance, Payment, PaymentState, Rolls
from unionhub.ports.books import BankBooks, Booked
from unionhub.ports.store import Store

from .reading import MOVED_NOTHING, all_payments


class BookedIsApproved:
    """What the banks booked is what we call approved, message by message: nothing lost, nothing twice."""

    name: ClassVar[str] = "booked_is_approved"
    message: ClassVar[str] = "the bank's books and our record of a payment differ"

    def __init__(self, store: Store, books: BankBooks) -> None:
        self._store = store
        self._books = books

    async def findings(self) -> AsyncIterator[str]:
        by_issuer: dict[str, list[Payment]] = defaultdict(list)
        states: dict[int, PaymentState] = {}
        async for payment in all_payments(self._store):
            states[payment.payment_id] = payment.state
            if payment.bank_msg_id and not payment.does.downstream:
                by_issuer[payment.issuer].append(payment)
        for issuer, payments in by_issuer.items():
            booked = dict(await self._books.booked(issuer))
            for payment in payments:
                moved = booked.pop(payment.bank_msg_id, Booked())
                back = booked.pop(payment.reversal_msg_id, Booked())
                if payment.is_final and (wrong := _compare(payment, states, moved, back)):  # unfinished: another's
                    yield wrong
            for msg_id, found in sorted(booked.items()):
                yield f"the bank booked {found} for {msg_id}, which is no message of a payment here"


def _compare(payment: Payment, states: dict[int, PaymentState], moved: Booked, back: Booked) -> str:
    """What is wrong with a final payment: `moved` is what its message booked, `back` what its REVERSAL booked."""
    ours = Booked()
    if payment.state is PaymentState.APPROVED and payment.bill is not None and _moves_money(payment, states):
        minor = payment.bill.minor
        ours = Booked(taken=minor if payment.does.takes else 0, given=minor if payment.does.gives else 0)
        if payment.kind == "P2P_TRANSFER" and payment.payee_card_id is None:
            ours = Booked(taken=minor, given=moved.given)  # a payee with no card here may bank elsewhere
    theirs = moved if back == Booked() else Booked(taken=moved.taken - back.given, given=moved.given - back.taken)
    if theirs == ours:
        return ""
    return f"payment {payment.payment_id} is {payment.state}: the bank booked {theirs}, ours {ours}"


def _moves_money(payment: Payment, states: dict[int, PaymentState]) -> bool:
    """A REVERSAL of what was never approved moves nothing."""
    if payment.kind not in UNDOES:
        return True
    return states.get(payment.orig_payment_id or 0) is PaymentState.APPROVED


class NoRefundBeyondPaid:
    """What is given back of a payment is no more than was paid, whatever was reserved for it."""

    name: ClassVar[str] = "no_refund_beyond_paid"
    message: ClassVar[str] = "more was given back than was paid"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def findings(self) -> AsyncIterator[str]:
        paid: dict[int, int] = {}
        back: Counter[int] = Counter()
        async for payment in all_payments(self._store):
            if payment.amount is None:
                continue
            # The REVERSAL of what never moved has no bill: there was nothing to give back.
            if payment.kind not in UNDOES:
                paid[payment.payment_id] = payment.amount.minor if payment.state is PaymentState.APPROVED else 0
            elif payment.orig_payment_id and payment.bill is not None and payment.state not in MOVED_NOTHING:
                back[payment.orig_payment_id] += payment.amount.minor
        for original, minor in back.items():
            if paid.get(original) and minor > paid[original]:
                yield f"{minor} of {paid[original]} minor units of payment {original} were given back"


class NoCreditReversed:
    """What was given is never taken back by the hub: it may be spent already (RULES section 1)."""

    name: ClassVar[str] = "no_credit_reversed"
    message: ClassVar[str] = "a credit was reversed, not rolled forward"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def findings(self) -> AsyncIterator[str]:
        async for payment in all_payments(self._store):
            back = payment.reversal_msg_id or payment.state in (PaymentState.REVERSING, PaymentState.REVERSED)
            if back and payment.does.rolls is not Rolls.BACK:
                yield f"{payment.kind} {payment.payment_id} is {payment.state}, its REVERSAL {payment.reversal_msg_id}"


class NoLimitOverspent:
    """Nothing bounded is overspent: no card's day beyond its limit, no refunds beyond what was paid."""

    name: ClassVar[str] = "no_limit_overspent"
    message: ClassVar[str] = "more was taken of something than there was"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def findings(self) -> AsyncIterator[str]:
        spent: Counter[str] = Counter()
        limits: dict[str, int] = {}
        async for payment in all_payments(self._store):
            if payment.state in MOVED_NOTHING:
                continue
            for share in (found for found in payment.reservations if isinstance(found, Allowance)):
                spent[share.key] += share.amount_minor
                limits[share.key] = max(limits.get(share.key, 0), share.limit_minor)
        for key, used in spent.items():
            if used > limits[key]:
                yield f"{key}: {used} of {limits[key]} minor units"
