"""Beyond the charts: refunds, cancellations and acquirers' reversals (RULES sections 1 and 15; section 12, X2).

1. Acquirer -> SCIS          REFUND, CANCELLATION or REVERSAL of a payment of its own
2. SCIS -> Core Banking      REFUND: CREDIT_TRANSACTION to the account; the others: REVERSAL of the original
3. Core Banking -> SCIS      its word; silence rolls forward: the same message until it is known
4. SCIS -> Acquirer          the answer; the payer's gateway is told through the outbox

The money goes to the account, whatever became of card or token.
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

import msgspec

from unionhub.domain.model.bank import Weight, Word
from unionhub.domain.model.cards import Card, CardProduct
from unionhub.domain.model.errors import Decline
from unionhub.domain.model.messages import UndoRequest
from unionhub.domain.model.money import Money
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.domain.model.transactions import (
    UNDOES,
    Allowance,
    OnceKey,
    Payment,
    PaymentEvent,
    PaymentState,
    Reservation,
)
from unionhub.ports.directory import Directory
from unionhub.ports.store import UnitOfWork

from .bank_desk import BankDesk
from .giving_back import LOOK_AGAIN, back_key, message_key, paid, settlement_once, undoing, whole
from .moves import Mover
from .numbers import msg_id
from .payers import local_date
from .runner import Intent
from .terms import Terms, read_amount

REVERSED_BY_ACQUIRER = "12"
"""The final code of a payment that its acquirer took back before anything was sent to the bank."""

_CONFIRMED = Word(weight=Weight.APPROVED, code="00")
_UNDOABLE = frozenset({"MPQRC_PAYMENT_EMV", "MPQRC_PAYMENT_URL", "CPQRC_PAYMENT", "TOKEN_PAYMENT", "WITHDRAW"})


class Undoing:
    """Carries out what was recorded: at the bank, or on an original that never got there."""

    def __init__(self, desk: BankDesk, mover: Mover) -> None:
        self._desk = desk
        self._mover = mover

    async def carry_out(self, payment: Payment, card: Card | None, original: Payment | None) -> Word:
        """Safe to repeat by any host: the bank's REVERSAL and a credit under the same msgID are idempotent."""
        if original is None:
            return _CONFIRMED  # it never came, and it is barred
        if payment.kind == "REVERSAL":
            original = await self._stopped(original)
        if original.state is not PaymentState.APPROVED:
            return _CONFIRMED  # nothing moved, or its own reversal is under way
        if card is None:
            raise AssertionError(f"payment {payment.payment_id} is of no card")
        return await self._desk.move(payment, card, original=original)

    async def _stopped(self, original: Payment) -> Payment:
        """The original, and if it was unfinished, ended: declined before anything was sent, else on its way back."""
        while not original.is_final and original.state is not PaymentState.REVERSING:
            before = original.state
            nothing_sent = before in (PaymentState.AWAITING_CARDHOLDER, PaymentState.READY)
            original = await self._mover.move(original, self._declined if nothing_sent else self._taken_back)
            if original.state is before:
                break
        return original

    @staticmethod
    def _declined(payment: Payment) -> Payment:
        return payment.moved(PaymentEvent.DECLINE, code=REVERSED_BY_ACQUIRER, due_at=None)

    @staticmethod
    def _taken_back(payment: Payment) -> Payment:
        return payment.moved(PaymentEvent.REVERSE, due_at=payment.opened_at)  # due at once


class _Undo:
    """What the three have in common: whose original, and carrying it out."""

    message: ClassVar[str]

    def __init__(self, directory: Directory, terms: Terms, undoing_: Undoing, policy: OutcomePolicy) -> None:
        self._directory = directory
        self._terms = terms
        self._undoing = undoing_
        self._policy = policy

    async def call(self, intent: Intent) -> Word:
        """The bank's word; see Undoing."""
        return await self._undoing.carry_out(intent.payment, intent.card, intent.original)

    async def _original(self, uow: UnitOfWork, sender: str, request: UndoRequest) -> Payment | None:
        key = request.orig_settlement_key
        found = await uow.payment_for_acquirer(
            sender, msg_id=request.orig_msg_id, settlement_key=key.text if key and not request.orig_msg_id else ""
        )
        return found if found is not None and found.kind not in UNDOES else None

    async def _approved(self, uow: UnitOfWork, draft: Payment, request: UndoRequest) -> tuple[Payment, Card, CardProduct]:
        """The original with its card and product: `25`, `90`, `12`; `15` for a product that is gone."""
        original = await self._original(uow, draft.sender, request)
        if original is None:
            raise Decline("25")
        card = await uow.card(original.card_id) if original.card_id is not None else None
        product = self._directory.product(card.product_id) if card else None
        if product is not None and product.cut_off:
            raise Decline("90")
        if original.kind not in _UNDOABLE or original.state is not PaymentState.APPROVED:
            raise Decline("12")
        if card is None or product is None:
            raise Decline("15")
        return original, card, product

    async def _filled(self, uow: UnitOfWork, draft: Payment, original: Payment, request: UndoRequest) -> Payment:
        """The full undoing of `original` under the draft's numbers; and of which order of UCSP, if `original` paid one."""
        back = undoing(original, draft.kind, draft.payment_id, draft.opened_at)
        order_payment = (
            await uow.order_payment_settled(original.acquirer, original.settlement_key) if original.settlement_key else None
        )
        key = request.settlement_key.text if request.settlement_key else ""
        return msgspec.structs.replace(
            back,
            sender=draft.sender,
            msg_id=draft.msg_id,
            due_at=draft.due_at,
            settlement_key=key,
            bank_msg_id=msg_id(self._terms.issuer(original.issuer), draft.opened_at, draft.payment_id),
            order_id=order_payment.order_id if order_payment is not None else None,
        )


class Refund(_Undo):
    """REFUND: of an APPROVED original, partial allowed, at its own day's rate (RULES section 1)."""

    message: ClassVar[str] = "REFUND"

    async def open(self, uow: UnitOfWork, draft: Payment, request: UndoRequest) -> Intent:
        """`25`, `12` (not approved, too old, currency), `13` (more than is left), `94`."""
        original, card, product = await self._approved(uow, draft, request)
        if draft.opened_at > original.opened_at + timedelta(days=self._policy.refund_days):
            raise Decline("12")
        amount = _same_currency(request, original)
        back = msgspec.structs.replace(await self._filled(uow, draft, original, request), discounts=())
        back = self._terms.of_sum(back, card, product, amount)
        share = Allowance(key=back_key(original), amount_minor=amount.minor, limit_minor=paid(original).minor, code="13")
        return Intent(payment=_holding(back, draft, request, share), card=card, original=original)


class Cancellation(_Undo):
    """CANCELLATION: full, on the original's settlement date, the original bill amount (RULES section 1)."""

    message: ClassVar[str] = "CANCELLATION"

    async def open(self, uow: UnitOfWork, draft: Payment, request: UndoRequest) -> Intent:
        """`25`, `12` (not approved, another day, currency, already given back), `13` (not in full), `94`."""
        original, card, product = await self._approved(uow, draft, request)
        if local_date(product, draft.opened_at) != original.settle_date:
            raise Decline("12")
        _check_full(request, original)
        back = await self._filled(uow, draft, original, request)
        return Intent(payment=_holding(back, draft, request, whole(original, code="12")), card=card, original=original)


class AcquirerReversal(_Undo):
    """REVERSAL: the acquirer lost sight of its own message. Full; one that never came is barred for ever."""

    message: ClassVar[str] = "REVERSAL"

    async def open(self, uow: UnitOfWork, draft: Payment, request: UndoRequest) -> Intent:
        """`12` (currency, partly refunded), `13` (not in full), `94` (given back already)."""
        original = await self._original(uow, draft.sender, request)
        if original is None:
            return Intent(payment=self._barring(draft, request), card=None)
        card = await uow.card(original.card_id) if original.card_id is not None else None
        if original.state in (PaymentState.DECLINED, PaymentState.REVERSED) or card is None:
            # Nothing moved, or it is back already: there is nobody to tell either.
            return Intent(payment=_nothing_to_undo(draft, original, request), card=None)
        _check_full(request, original)
        refunded = any(each.state is not PaymentState.DECLINED for each in await self._refunds(uow, original))
        back = await self._filled(uow, draft, original, request)
        share = whole(original, code="12" if refunded else "94")
        return Intent(payment=_holding(back, draft, request, share), card=card, original=original)

    @staticmethod
    async def _refunds(uow: UnitOfWork, original: Payment) -> list[Payment]:
        return [each for each in await uow.payments_undoing(original.payment_id) if each.kind == Refund.message]

    def _barring(self, draft: Payment, request: UndoRequest) -> Payment:
        """Nobody ever saw the original: hold its keys, so that it finds them taken when it comes late."""
        keys: list[Reservation] = []
        if request.orig_msg_id:
            keys.append(OnceKey(key=message_key(draft.sender, request.orig_msg_id), code=LOOK_AGAIN))
        if request.orig_settlement_key:
            key = settlement_once(draft.sender, request.orig_settlement_key.text)
            keys.append(msgspec.structs.replace(key, code=LOOK_AGAIN))
        amount = read_amount(request.amount, request.currency)
        return msgspec.structs.replace(draft, acquirer=draft.sender, gross=amount, amount=amount, reservations=tuple(keys))


def _nothing_to_undo(draft: Payment, original: Payment, request: UndoRequest) -> Payment:
    amount = read_amount(request.amount, request.currency)
    return msgspec.structs.replace(
        draft, acquirer=draft.sender, gross=amount, amount=amount, orig_payment_id=original.payment_id
    )


def _holding(payment: Payment, draft: Payment, request: UndoRequest, share: Allowance) -> Payment:
    reservations: tuple[Reservation, ...] = (share,)
    if request.settlement_key is not None and request.settlement_key != request.orig_settlement_key:
        reservations = (share, settlement_once(draft.sender, request.settlement_key.text))
    return msgspec.structs.replace(payment, reservations=reservations)


def _same_currency(request: UndoRequest, original: Payment) -> Money:
    if request.currency != paid(original).currency:
        raise Decline("12")
    return read_amount(request.amount, request.currency)


def _check_full(request: UndoRequest, original: Payment) -> None:
    """In full: what the payer paid, or what the acquirer asked for before discounts."""
    amount = _same_currency(request, original)
    if amount not in (original.amount, original.gross):
        raise Decline("13")
