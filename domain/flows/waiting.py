"""Payments that wait for somebody before anything is sent to the bank: for the cardholder, or for a worker to send them."""

from __future__ import annotations

from datetime import timedelta

from unionhub.domain.model.bank import Weight, Word
from unionhub.domain.model.cards import Card
from unionhub.domain.model.errors import Decline
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.domain.model.transactions import UNDOES, Payment, PaymentEvent, PaymentState
from unionhub.ports.clock import Clock
from unionhub.ports.store import Store

from .bank_desk import BankDesk
from .moves import Mover
from .payers import Payers
from .runner import after_word
from .undo import Undoing

CARDHOLDER_SILENT = "98"


class WaitingPayments:
    """Takes one step with one leased payment that is due."""

    def __init__(
        self,
        store: Store,
        payers: Payers,
        desk: BankDesk,
        undoing: Undoing,
        mover: Mover,
        clock: Clock,
        policy: OutcomePolicy,
    ) -> None:
        self._store = store
        self._payers = payers
        self._desk = desk
        self._undoing = undoing
        self._mover = mover
        self._clock = clock
        self._policy = policy

    async def step(self, payment: Payment) -> None:
        """The cardholder's time is up (`98`); or the payment is ready, and is sent."""
        if payment.state is PaymentState.AWAITING_CARDHOLDER:
            await self._decline(payment, CARDHOLDER_SILENT)
        else:
            await self._send(payment)

    async def _send(self, payment: Payment) -> None:
        async with self._store.begin() as uow:
            card = await uow.card(payment.card_id) if payment.card_id is not None else None
            original = await uow.payment(payment.orig_payment_id) if payment.orig_payment_id else None
        if card is None:
            raise AssertionError(f"payment {payment.payment_id} waits to be sent for no card")
        try:
            self._check_again(payment, card)
        except Decline as decline:
            await self._decline(payment, decline.code)
            return
        due_at = self._clock.now() + timedelta(seconds=self._policy.deadline_s)
        sending = payment.moved(PaymentEvent.SEND, due_at=due_at)
        # On record before the message leaves: whoever finds it PENDING later knows that it may have been sent.
        if not await self._mover.try_move(payment, sending):
            return
        word = await self._word(sending, card, original)
        await self._mover.move(sending, lambda current: after_word(current, word, self._clock.now(), self._policy))

    async def _word(self, payment: Payment, card: Card, original: Payment | None) -> Word:
        if payment.kind not in UNDOES:
            return await self._desk.move(payment, card)
        word = await self._undoing.carry_out(payment, card, original)
        if word.weight is Weight.DECLINED and not word.bank_code:
            # The hub itself owes this: that the bank could not be reached is no reason to give up.
            return Word(weight=Weight.UNKNOWN, code="04")
        return word

    def _check_again(self, payment: Payment, card: Card) -> None:
        """Between the cardholder's yes and the debit, card or product may have changed; limits are still held."""
        if payment.kind not in UNDOES:
            self._payers.product(card, payment.kind)
            self._payers.fit(card, self._clock.now())

    async def _decline(self, payment: Payment, code: str) -> None:
        await self._mover.move(payment, lambda current: current.moved(PaymentEvent.DECLINE, code=code, due_at=None))
