"""Beyond the charts: TRX_RESULT_INQUIRY. The inquiry's own code says whether it succeeded; `paymentStatus` is the answer."""

from __future__ import annotations

from typing import Final

import msgspec

from unionhub.domain.model.errors import Decline
from unionhub.domain.model.messages import Envelope, RateInquiry, ResultInquiry
from unionhub.domain.model.money import Money, UnknownCurrencyError, currency
from unionhub.domain.model.transactions import Payment, PaymentState
from unionhub.ports.store import Store
from unionhub.ports.vault import Vault

from .payers import TOKEN
from .terms import Terms, read_amount

_TAKES_BACK: Final = frozenset({"CANCELLATION", "REVERSAL"})
"""In full; a REFUND leaves the payment what it was."""


class TransactionInquiry:
    """What became of a message that this sender sent. One database transaction, no claim (RULES section 2)."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault

    async def ask(self, envelope: Envelope, request: ResultInquiry) -> Payment:
        """Raises Replayed; Decline `25` (never sent, or of another type), `14`, `57`, `55` (not this payer's)."""
        async with self._store.begin() as uow:
            await uow.admit(envelope.sender.app_id, envelope.uuid)
            payment = await uow.payment_of(envelope.sender.app_id, request.orig_msg_id)
            card = await uow.card(payment.card_id) if payment and payment.card_id is not None else None
            back = await uow.payments_undoing(payment.payment_id) if payment and payment.code == "00" else []
            await uow.commit()
        if payment is None or payment.kind != request.orig_message:
            raise Decline("25")
        if request.payer is not None:
            if card is not None and card.token_index != self._vault.index(request.payer.token, TOKEN):
                raise Decline("14")
            if payment.user_id and payment.user_id != request.payer.user_id:
                raise Decline("57")
            if payment.device_id and payment.device_id != request.payer.device_id:
                raise Decline("55")
        if any(each.kind in _TAKES_BACK and each.state is PaymentState.APPROVED for each in back):
            # What was approved stays so on record; who asks today wants to know that the money is back.
            return msgspec.structs.replace(payment, state=PaymentState.REVERSED, code="")
        return payment


class RateTable:
    """EXCHANGE_RATE_INQUIRY: what a sum comes to in another currency today. No claim; nobody is bound by it."""

    def __init__(self, store: Store, terms: Terms) -> None:
        self._store = store
        self._terms = terms

    async def ask(self, envelope: Envelope, request: RateInquiry) -> Money:
        """Raises Replayed; Decline `12` (no such currency, or no rate), `13`; Refusal `30`."""
        async with self._store.begin() as uow:
            await uow.admit(envelope.sender.app_id, envelope.uuid)
            await uow.commit()
        amount = read_amount(request.amount, request.currency, path="trxInfo.origAmt")
        try:
            return self._terms.in_currency(amount, known_currency(request.to))
        except Decline:
            raise Decline("12") from None


def known_currency(numeric: str) -> str:
    """The same, if it is a currency of ISO 4217; Decline `12`."""
    try:
        return currency(numeric).numeric
    except UnknownCurrencyError:
        raise Decline("12") from None
