"""What every payment that an acquirer asks for has in common: whose merchant, which settlement key, and the cardholder's
verification above the wallet's CVM limit (S-186..204; RULES section 6 for token payments).

   Acquirer -> SCIS        the payment
1. SCIS -> App Gateway     ADDITIONAL_PROCESSING, acknowledged before the acquirer hears 04; not deliverable: no debit
   SCIS -> Acquirer        04
3. App Gateway -> SCIS     ADDITIONAL_PROCESSING_RESULT (additional_processing.py); then a worker debits
"""

from __future__ import annotations

from datetime import timedelta

import msgspec

from unionhub.domain.model.bank import NOT_SENT, OVERLOADED, Weight, Word
from unionhub.domain.model.cards import Card, CardProduct
from unionhub.domain.model.errors import Decline
from unionhub.domain.model.identifiers import Secret
from unionhub.domain.model.messages import AcquirerPayment
from unionhub.domain.model.money import AmountError, AmountFormatError, Money, UnknownCurrencyError
from unionhub.domain.model.outgoing import AdditionalProcessing
from unionhub.domain.model.parties import Party
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.domain.model.qr.consumer import is_emv_cpm
from unionhub.domain.model.transactions import Barrier, OnceKey, Payment, PaymentState, Reservation
from unionhub.ports.clock import Clock
from unionhub.ports.directory import Directory
from unionhub.ports.partners import NotSent, NoWord, Overloaded, Partners

from .bank_desk import BankDesk
from .giving_back import message_key, settlement_once
from .numbers import additional_msg_id
from .payers import Payers
from .runner import Intent
from .terms import Terms


class AcquirerDesk:
    """The shared part; each flow adds how it finds the card and what the amounts are."""

    def __init__(
        self,
        directory: Directory,
        payers: Payers,
        terms: Terms,
        bank: BankDesk,
        partners: Partners,
        clock: Clock,
        policy: OutcomePolicy,
    ) -> None:
        self.payers = payers
        self.terms = terms
        self.policy = policy
        self._directory = directory
        self._bank = bank
        self._partners = partners
        self._clock = clock

    def received(self, draft: Payment, request: AcquirerPayment) -> Payment:
        """The draft with what the acquirer says of itself; `62`, `03` (another's merchant), `12` (another's key)."""
        acquirer = self._directory.party(draft.sender)
        if acquirer is None or not acquirer.is_live:
            raise Decline("62")
        own = {acquirer.acquirer_iin, acquirer.app_id}
        if request.merchant.acquirer_iin not in own:
            raise Decline("03")
        if request.settlement_key.acquirer_iin not in own:
            raise Decline("12")
        asked = _asked(request)
        return msgspec.structs.replace(
            draft,
            acquirer=draft.sender,
            gross=asked,
            amount=asked,
            merchant=request.merchant,
            settlement_key=request.settlement_key.text,
            retrieval_ref=request.retrieval_ref or draft.retrieval_ref,
        )

    def card_may_pay(self, card: Card, payment: Payment) -> CardProduct:
        """Step 3 of RULES section 9 for a card that was found by a code or a token of the acquirer's."""
        self.payers.live(card.gateway)
        product = self.payers.product(card, payment.kind)
        self.payers.fit(card, payment.opened_at)
        return product

    def reserving(
        self,
        payment: Payment,
        card: Card,
        product: CardProduct,
        *,
        before: tuple[Reservation, ...] = (),
        over_limit: bool = False,
    ) -> Payment:
        """With its reservations: `before`, `62`, `61` (the product's limits, then `over_limit` of a code), `94`; and its own
        msgID, which a REVERSAL may have barred."""
        limits = self.terms.limits(payment, card, product)
        over = (Barrier(code="61"),) if over_limit else ()
        key = settlement_once(payment.sender, payment.settlement_key)
        barrier = OnceKey(key=message_key(payment.sender, payment.msg_id), code="94")
        return msgspec.structs.replace(payment, reservations=(*before, *limits, *over, key, barrier))

    def asking_cardholder(self, payment: Payment) -> Payment:
        """The payment as one that waits for the cardholder, from before the question leaves: an answer may overtake the
        acknowledgement."""
        wait_s = self.policy.gateway_timeout_s + self.policy.cardholder_timeout_s
        return msgspec.structs.replace(
            payment,
            state=PaymentState.AWAITING_CARDHOLDER,
            due_at=payment.opened_at + timedelta(seconds=wait_s),
            additional_msg_id=additional_msg_id(self._gateway(payment), payment.payment_id),
        )

    def above(self, amount: Money, limit: Money | None, product: CardProduct) -> bool:
        """Is the amount above the CVM limit: the code's own, else the product's? Compared in the limit's currency."""
        limit = limit or Money(product.cvm_limit_minor, product.currency)
        return limit < self.terms.in_currency(amount, limit.currency)

    async def call(self, intent: Intent) -> Word | None:
        """Debit; or ask the cardholder first, synchronously: whoever cannot be asked cannot be charged."""
        if intent.payment.state is not PaymentState.AWAITING_CARDHOLDER:
            return await self._bank.of_intent(intent)
        return await self._ask(intent)

    async def _ask(self, intent: Intent) -> Word | None:
        payment = intent.payment
        if intent.card is None:
            raise AssertionError(f"payment {payment.payment_id} is of no card")
        question = AdditionalProcessing(
            msg_id=payment.additional_msg_id,
            sent_at=self._clock.now(),
            payment=payment,
            token=self.payers.token_of(intent.card),
            emv_payloads=_of_kind(intent.codes, emv=True),
            barcodes=_of_kind(intent.codes, emv=False),
        )
        gateway = self._gateway(payment)
        try:
            answer = await self._partners.call(gateway, question, timeout_s=self.policy.gateway_timeout_s)
        except Overloaded:
            return OVERLOADED
        except NotSent:
            return NOT_SENT
        except NoWord:
            return Word(weight=Weight.DECLINED, code="98")
        # An app that will not ask its cardholder is as good as a cardholder who refuses.
        return None if answer.code == "00" else Word(weight=Weight.DECLINED, code="05")

    def _gateway(self, payment: Payment) -> Party:
        gateway = self._directory.party(payment.gateway)
        if gateway is None:
            raise AssertionError(f"payment {payment.payment_id} names an unknown gateway {payment.gateway}")
        return gateway


def _asked(request: AcquirerPayment) -> Money | None:
    """The sum that was asked for, which the payer's app is told even of a payment that is declined before it has terms;
    None for one that cannot be read (`13`, `30`)."""
    try:
        return Money.parse(request.amount, request.currency, zero=True)
    except (AmountError, AmountFormatError, UnknownCurrencyError):
        return None


def _of_kind(codes: tuple[Secret, ...], *, emv: bool) -> tuple[Secret, ...]:
    return tuple(code for code in codes if is_emv_cpm(code.reveal()) is emv)
