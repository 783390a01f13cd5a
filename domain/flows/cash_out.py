"""Beyond the charts: cash from a machine. The app asks for a token, the machine's acquirer takes the money with it.

App Gateway -> SCIS      GET_CASH_OUT_TOKEN
SCIS -> Core Banking     GET_CASH_OUT_TOKEN; its token passes through, and is kept as a ciphertext
Acquirer -> SCIS         WITHDRAW with the token (RULES section 15)
SCIS -> Core Banking     DEBIT_TRANSACTION
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Final

import msgspec

from unionhub.domain.model.acts import Act
from unionhub.domain.model.bank import Word
from unionhub.domain.model.cards import Card
from unionhub.domain.model.codes import CodeKind, OneTimeCode
from unionhub.domain.model.errors import Decline, Refusal
from unionhub.domain.model.identifiers import Secret
from unionhub.domain.model.messages import AcquirerPayment, CashOutRequest
from unionhub.domain.model.money import Money
from unionhub.domain.model.outgoing import Answer, CashOutTokenRequest
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.domain.model.transactions import OnceKey, Payment
from unionhub.ports.clock import Clock
from unionhub.ports.sequences import Sequences
from unionhub.ports.store import UnitOfWork
from unionhub.ports.vault import Vault

from .acquirer_payment import AcquirerDesk
from .acts import Calling, Done
from .bank_desk import BankDesk
from .bank_questions import BankQuestions, code_of
from .consumer_qr import CODE_SEQUENCE
from .payers import Payers
from .runner import Intent
from .terms import read_amount, with_card

CASH_OUT: Final = "cash-out token"


class GetCashOutToken:
    """An act: the same message again gets the same token."""

    message: ClassVar[str] = "GET_CASH_OUT_TOKEN"

    def __init__(
        self,
        payers: Payers,
        desk: BankDesk,
        bank: BankQuestions,
        vault: Vault,
        sequences: Sequences,
        clock: Clock,
        policy: OutcomePolicy,
    ) -> None:
        self._payers = payers
        self._desk = desk
        self._bank = bank
        self._vault = vault
        self._sequences = sequences
        self._clock = clock
        self._policy = policy

    async def prepare(self, request: CashOutRequest) -> int:
        """The number that the token will have."""
        del request
        return await self._sequences.next(CODE_SEQUENCE)

    async def open(self, uow: UnitOfWork, act: Act, request: CashOutRequest, number: int) -> Calling:
        """RULES section 9, step 3, then the amount."""
        card, product = await self._payers.named(uow, act.sender, request.payer, self.message)
        self._payers.fit(card, act.opened_at)
        if request.currency != card.currency:
            raise Decline("12")
        amount = read_amount(request.amount, request.currency)
        if amount.minor > product.trx_limit_minor:
            raise Decline("61")
        return Calling(work=(card, amount, request.use, number), subject_id=card.card_id)

    async def call(self, act: Act, work: tuple[Card, Money, str, int]) -> Answer | str:
        """The bank makes the token."""
        card, amount, token_type, _ = work
        return await self._bank.ask(
            card.issuer,
            lambda msg_id: CashOutTokenRequest(
                msg_id=msg_id,
                sent_at=self._clock.now(),
                account=self._desk.account(card),
                token_type=token_type,
                sum=amount,
            ),
        )

    async def close(self, uow: UnitOfWork, act: Act, work: tuple[Card, Money, str, int], result: Answer | str) -> Done:
        """`08` where the bank's token is none, or is one that it gave before."""
        card, amount, _, number = work
        if isinstance(result, str) or result.code != "00":
            raise Decline(code_of(result))
        if result.cash_out_token is None:
            raise Decline("08")
        code = self._code(act, card, amount, number, result.cash_out_token, result.refer_no)
        if not await uow.add_codes([code]):
            raise Decline("08")
        return Done(value=result.cash_out_token, subject_id=card.card_id)

    async def recall(self, uow: UnitOfWork, act: Act) -> Secret | None:
        """The token, opened."""
        codes = await uow.codes_of(act.act_id)
        return Secret(self._vault.open(codes[0].barcode_sealed, f"{CASH_OUT} {codes[0].code_id}")) if codes else None

    def _code(self, act: Act, card: Card, amount: Money, number: int, token: Secret, refer_no: str) -> OneTimeCode:
        return OneTimeCode(
            code_id=number,
            kind=CodeKind.CASH_OUT,
            act_id=act.act_id,
            position=0,
            card_id=card.card_id,
            gateway=card.gateway,
            user_id=card.user_id,
            device_id=card.device_id,
            index=self._vault.index(token, CASH_OUT),
            barcode_sealed=self._vault.seal(token, f"{CASH_OUT} {number}"),
            made_at=act.opened_at,
            expires_at=act.opened_at + timedelta(seconds=self._policy.cash_out_life_s),
            trx_limit=amount,
            refer_no=refer_no,
        )


class Withdraw:
    """WITHDRAW; `MoneyRunner` runs it. A token pays out its own sum, once; a declined try may be repeated."""

    message: ClassVar[str] = "WITHDRAW"

    def __init__(self, desk: AcquirerDesk, vault: Vault) -> None:
        self._desk = desk
        self._vault = vault

    async def open(self, uow: UnitOfWork, draft: Payment, request: AcquirerPayment) -> Intent:
        """`12` for a token that nobody was given, `02` for one that is spent or too old, `13` for another sum."""
        received = self._desk.received(draft, request)
        if request.cash_out_token is None:
            raise Refusal("30", "trxInfo.trxToken")
        code = await uow.code_by_index(self._vault.index(request.cash_out_token, CASH_OUT))
        card = await uow.card(code.card_id) if code is not None else None
        if code is None or card is None:
            raise Decline("12")
        known = msgspec.structs.replace(with_card(received, card), code_id=code.code_id)
        try:
            return Intent(payment=self._opened(known, code, card, request), card=card)
        except Decline as decline:
            raise Decline(decline.code, decline.detail, payment=known) from None

    async def call(self, intent: Intent) -> Word | None:
        """Debit."""
        return await self._desk.call(intent)

    def _opened(self, known: Payment, code: OneTimeCode, card: Card, request: AcquirerPayment) -> Payment:
        product = self._desk.card_may_pay(card, known)
        if code.trx_limit is None or request.currency != code.trx_limit.currency:
            raise Decline("12")
        amount = read_amount(request.amount, request.currency)
        if amount != code.trx_limit:
            raise Decline("13")
        if known.opened_at >= code.expires_at:
            raise Decline("02")
        payment = self._desk.terms.of_sum(known, card, product, amount)
        return self._desk.reserving(payment, card, product, before=(OnceKey(key=code.once_key, code="02"),))
