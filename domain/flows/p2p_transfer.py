"""SCIS chart: P2P transfer (S-237..249; RULES section 12, S8).

1. App Gateway -> SCIS     P2P_TRANSFER; the payee is sealed: a token, or an account of the same bank
2. SCIS -> Core Banking    P2P_TRANSFER, both accounts sealed anew
3. Core Banking -> SCIS    its word on both legs
4. SCIS -> App Gateway     the answer; the payee's gateway is told if the payee has a card here
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from unionhub.domain.model.bank import Word
from unionhub.domain.model.cards import Card, IssuerBlock
from unionhub.domain.model.errors import Decline, Refusal
from unionhub.domain.model.identifiers import AccountNumber
from unionhub.domain.model.messages import TransferRequest
from unionhub.domain.model.transactions import Barrier, Payment
from unionhub.ports.store import UnitOfWork
from unionhub.ports.vault import Vault

from .bank_desk import BankDesk
from .payers import ACCOUNT, Payers
from .runner import Intent
from .terms import Terms, read_amount


class P2pTransfer:
    """`MoneyRunner` runs it."""

    message: ClassVar[str] = "P2P_TRANSFER"

    def __init__(self, payers: Payers, terms: Terms, desk: BankDesk, vault: Vault) -> None:
        self._payers = payers
        self._terms = terms
        self._desk = desk
        self._vault = vault

    async def open(self, uow: UnitOfWork, draft: Payment, request: TransferRequest) -> Intent:
        """RULES section 9, step 3 for the payer; then the payee: `14`, `40` (another issuer or currency), `12` (oneself)."""
        card, product = await self._payers.of_request(uow, draft, request.payer)
        payee, account = await self._payee(uow, card, request)
        amount = read_amount(request.amount, request.currency)
        payment = msgspec.structs.replace(
            draft,
            note=request.note,
            payee_card_id=payee.card_id if payee else None,
            payee_gateway=payee.gateway if payee else "",
        )
        payment = self._terms.of_sum(payment, card, product, amount)
        limits = self._terms.limits(payment, card, product)
        if payee is not None and payee.issuer_block is IssuerBlock.RESTRICTED:
            limits = (Barrier(code="62"), *limits)
        return Intent(payment=msgspec.structs.replace(payment, reservations=limits), card=card, payee=account)

    async def call(self, intent: Intent) -> Word:
        """Both legs or none: the bank's contract (RULES section 3d)."""
        return await self._desk.of_intent(intent)

    async def _payee(self, uow: UnitOfWork, payer: Card, request: TransferRequest) -> tuple[Card | None, AccountNumber]:
        """Whom the money goes to. An account without a card here is the bank's to know."""
        if request.payee_token is not None:
            payee = await self._payers.find(uow, request.payee_token)
            if payee is None or not payee.is_usable:
                raise Decline("14")
            account = self._desk.account(payee)
        elif request.payee_account is not None:
            account = request.payee_account
            payee = await self._card_on(uow, payer.issuer, account)
        else:
            raise Refusal("30", "trxInfo.creditAccountInfo")
        if payee is not None and (payee.issuer != payer.issuer or payee.currency != payer.currency):
            raise Decline("40")
        if self._vault.index(account, ACCOUNT) == payer.account_index:
            raise Decline("12")
        return payee, account

    async def _card_on(self, uow: UnitOfWork, issuer: str, account: AccountNumber) -> Card | None:
        """The latest usable card on that account, if there is one here."""
        cards = await uow.cards(account_index=self._vault.index(account, ACCOUNT))
        return next((card for card in reversed(cards) if card.issuer == issuer and card.is_usable), None)
