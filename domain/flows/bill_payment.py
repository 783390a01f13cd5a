"""SCIS chart: bill payment (S-207..219; RULES section 12, S6).

1. App Gateway -> SCIS     BILL_PAYMENT
2. SCIS -> Core Banking    DEBIT_TRANSACTION: the bank debits the payer and credits its preset merchant
3. Core Banking -> SCIS    its word
4. SCIS -> App Gateway     the answer
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from unionhub.domain.model.bank import Word
from unionhub.domain.model.cards import Card, CardProduct
from unionhub.domain.model.errors import Decline
from unionhub.domain.model.messages import Payer, PresetPayment
from unionhub.domain.model.transactions import Merchant, OnceKey, Payment
from unionhub.ports.store import UnitOfWork

from .bank_desk import BankDesk
from .payers import Payers
from .runner import Intent
from .terms import Terms, read_amount


def preset_merchant(product: CardProduct, gateway: str, request: PresetPayment) -> Merchant:
    """The merchant as the issuer has it; `03` if it is not preset there for this gateway, or is said to be another."""
    preset = product.preset_merchant(request.merchant.merchant_id.strip(), gateway)
    if preset is None:
        raise Decline("03")
    merchant = Merchant(merchant_id=preset.merchant_id, name=preset.name, mcc=preset.mcc)
    if request.merchant.contradicts(merchant):
        raise Decline("03")
    return merchant


class BillPayment:
    """`MoneyRunner` runs it."""

    message: ClassVar[str] = "BILL_PAYMENT"

    def __init__(self, payers: Payers, terms: Terms, desk: BankDesk) -> None:
        self._payers = payers
        self._terms = terms
        self._desk = desk

    async def open(self, uow: UnitOfWork, draft: Payment, request: PresetPayment) -> Intent:
        """RULES section 9, steps 3 to 5; `94` for a bill number that is paid, or being paid."""
        payer = Payer(token=request.token, user_id=request.user_id or "", device_id=request.device_id or "")
        card, product = await self._payers.of_request(uow, draft, payer)
        merchant = preset_merchant(product, draft.sender, request)
        gross = read_amount(request.amount, request.currency)
        fee = read_amount(request.fee or "0", request.currency, zero=True, path="trxInfo.trxFeeAmt")
        if gross <= fee:
            raise Decline("13")
        payment = msgspec.structs.replace(draft, merchant=merchant, note=request.note)
        payment = await self._terms.of_purchase(payment, card, product, gross, fee=fee)
        limits = self._terms.limits(payment, card, product)
        return Intent(
            payment=msgspec.structs.replace(payment, reservations=(*limits, *self._bill(card, merchant, request))),
            card=card,
        )

    async def call(self, intent: Intent) -> Word:
        """Both legs or none: the bank's contract (RULES section 3d)."""
        return await self._desk.of_intent(intent)

    @staticmethod
    def _bill(card: Card, merchant: Merchant, request: PresetPayment) -> tuple[OnceKey, ...]:
        if not request.bill_no:
            return ()
        return (OnceKey(key=f"bill:{card.issuer}:{merchant.merchant_id}:{request.bill_no}", code="94"),)
