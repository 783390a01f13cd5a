"""Beyond the charts: TOKEN_PAYMENT, where a card of this hub pays at a cashier (RULES section 12, X3; section 6).

Acquirer -> SCIS        TOKEN_PAYMENT, the card sealed
SCIS -> Core Banking    DEBIT_TRANSACTION; above the CVM limit the cardholder is asked first (acquirer_payment.py)
SCIS -> Acquirer        the answer; the payer's gateway is told through the outbox
"""

from __future__ import annotations

from typing import ClassVar

from unionhub.domain.model.bank import Word
from unionhub.domain.model.cards import Card
from unionhub.domain.model.errors import Decline, Refusal
from unionhub.domain.model.messages import AcquirerPayment
from unionhub.domain.model.money import Money
from unionhub.domain.model.transactions import Discount, Payment
from unionhub.ports.store import UnitOfWork

from .acquirer_payment import AcquirerDesk
from .runner import Intent
from .terms import read_amount, with_card


class TokenPayment:
    """`MoneyRunner` runs it. Discounts were granted by whoever sends it: here they only have to add up."""

    message: ClassVar[str] = "TOKEN_PAYMENT"

    def __init__(self, desk: AcquirerDesk) -> None:
        self._desk = desk

    async def open(self, uow: UnitOfWork, draft: Payment, request: AcquirerPayment) -> Intent:
        """RULES section 9, steps 3 to 5; `54` for a token with another expiry."""
        received = self._desk.received(draft, request)
        if request.token is None:
            raise Refusal("30", "trxInfo.cardInfo")
        card = await self._desk.payers.of_token(uow, None, request.token)
        known = with_card(received, card)
        try:
            return Intent(payment=self._opened(known, card, request), card=card)
        except Decline as decline:
            raise Decline(decline.code, decline.detail, payment=known) from None

    async def call(self, intent: Intent) -> Word | None:
        """Debit, or ask the cardholder first."""
        return await self._desk.call(intent)

    def _opened(self, known: Payment, card: Card, request: AcquirerPayment) -> Payment:
        product = self._desk.card_may_pay(card, known)
        if request.token_expiry and not f"{card.token_expiry:%y%m%d%H%M%S}".startswith(request.token_expiry):
            raise Decline("54")
        net = read_amount(request.amount, request.currency)
        gross = read_amount(request.original_amount or request.amount, request.currency, path="trxInfo.originalAmount")
        discounts = _discounts(request, net, gross)
        payment = self._desk.terms.of_sum(known, card, product, net, gross=gross, discounts=discounts)
        payment = self._desk.reserving(payment, card, product)
        return self._desk.asking_cardholder(payment) if self._desk.above(net, None, product) else payment


def _discounts(request: AcquirerPayment, net: Money, gross: Money) -> tuple[Discount, ...]:
    """As they were granted; `13` unless net and discounts add up to the original amount."""
    found = []
    for amount, note in request.discounts:
        off = read_amount(amount, request.currency, path="trxInfo.discountDetails")
        found.append(Discount(amount=off, note=note[:50], funded_by="acquirer"))
    if net.minor + sum(each.amount.minor for each in found) != gross.minor:
        raise Decline("13")
    return tuple(found)
