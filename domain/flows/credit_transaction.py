"""SCIS chart: credit transaction (S-222..234; RULES section 12, S7).

1. App Gateway -> SCIS     CREDIT_TRANSACTION
2. SCIS -> Core Banking    CREDIT_TRANSACTION: the bank debits its preset merchant and credits the cardholder
3. Core Banking -> SCIS    its word; silence rolls forward: asked, then sent again until it is known, never reversed
4. SCIS -> App Gateway     the answer
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from unionhub.domain.model.bank import Word
from unionhub.domain.model.cards import IssuerBlock
from unionhub.domain.model.messages import PresetPayment
from unionhub.domain.model.transactions import Barrier, Payment
from unionhub.ports.store import UnitOfWork

from .bank_desk import BankDesk
from .bill_payment import preset_merchant
from .payers import Payers, match_payer
from .runner import Intent
from .terms import Terms, read_amount


class CreditTransaction:
    """`MoneyRunner` runs it. Limits are for what is spent, so none is reserved."""

    message: ClassVar[str] = "CREDIT_TRANSACTION"

    def __init__(self, payers: Payers, terms: Terms, desk: BankDesk) -> None:
        self._payers = payers
        self._terms = terms
        self._desk = desk

    async def open(self, uow: UnitOfWork, draft: Payment, request: PresetPayment) -> Intent:
        """RULES section 9, steps 3 and 5, for the card that is credited; `03`."""
        self._payers.live(draft.sender)
        card = await self._payers.of_token(uow, draft.sender, request.token)
        product = self._payers.product(card, self.message)
        match_payer(card, request.user_id, request.device_id)
        self._payers.fit(card, draft.opened_at)
        merchant = preset_merchant(product, draft.sender, request)
        amount = read_amount(request.amount, request.currency)
        payment = msgspec.structs.replace(draft, merchant=merchant, note=request.note)
        payment = self._terms.of_sum(payment, card, product, amount)
        barred = (Barrier(code="62"),) if card.issuer_block is IssuerBlock.RESTRICTED else ()
        return Intent(payment=msgspec.structs.replace(payment, reservations=barred), card=card)

    async def call(self, intent: Intent) -> Word:
        """Both legs or none: the bank's contract (RULES section 3d)."""
        return await self._desk.of_intent(intent)
