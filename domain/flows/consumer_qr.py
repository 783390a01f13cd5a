"""SCIS chart: consumer-presented QR code payment (S-171..204; RULES section 4; section 12, S5).

Part 1
1. App Gateway -> SCIS     QRC_GENERATION
2. SCIS -> App Gateway     the codes: EMV payload and bar code, each pair one-time
Part 2
   Acquirer -> SCIS        CPQRC_PAYMENT with the code that the merchant scanned
1. to 4.                   above the CVM limit: acquirer_payment.py and additional_processing.py
5. SCIS -> Core Banking    DEBIT_TRANSACTION
6. Core Banking -> SCIS    its word; the acquirer is answered
7. SCIS -> App Gateway     TRX_RESULT_NOTIFICATION, through the outbox
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
from unionhub.domain.model.identifiers import Secret, Token
from unionhub.domain.model.messages import AcquirerPayment, CodeRequest, IssuedCodes
from unionhub.domain.model.money import Money
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.domain.model.qr.consumer import (
    UnionPayCode,
    build_emv,
    is_barcode,
    is_emv_cpm,
    parse_emv,
    unionpay_code,
)
from unionhub.domain.model.qr.faults import QrError
from unionhub.domain.model.transactions import OnceKey, Payment
from unionhub.ports.cryptograms import CryptogramError, Cryptograms
from unionhub.ports.entropy import Entropy
from unionhub.ports.sequences import Sequences
from unionhub.ports.store import UnitOfWork
from unionhub.ports.vault import Vault, VaultError

from .acquirer_payment import AcquirerDesk
from .acts import Done
from .payers import Payers
from .runner import Intent
from .terms import read_amount

CODE_SEQUENCE: Final = "code"

CODE, BARCODE = "consumer code", "consumer bar code"
_ATC_RANGE: Final = 65_536
_DIGITS: Final = 17


class QrcGeneration:
    """Part 1. An act: the same message again gets the same codes."""

    message: ClassVar[str] = "QRC_GENERATION"

    def __init__(
        self,
        payers: Payers,
        vault: Vault,
        cryptograms: Cryptograms,
        entropy: Entropy,
        sequences: Sequences,
        policy: OutcomePolicy,
    ) -> None:
        self._payers = payers
        self._vault = vault
        self._cryptograms = cryptograms
        self._entropy = entropy
        self._sequences = sequences
        self._policy = policy

    async def prepare(self, request: CodeRequest) -> tuple[int, ...]:
        """A number for each code, outside the unit of work. They are the ATCs too, so that no two codes are alike."""
        return tuple([await self._sequences.next(CODE_SEQUENCE) for _ in range(request.count)])

    async def open(self, uow: UnitOfWork, act: Act, request: CodeRequest, numbers: tuple[int, ...]) -> Done:
        """RULES section 9, step 3; then `12`, `13` for limits that are none. `08` without a key for cryptograms."""
        card, _ = await self._payers.named(uow, act.sender, request.payer, CpqrcPayment.message)
        self._payers.fit(card, act.opened_at)
        limits = _limit(request.trx_limit, request), _limit(request.cvm_limit, request)
        try:
            token = self._payers.token_of(card)
            codes = [self._code(act, card, token, request, limits, place, number) for place, number in enumerate(numbers)]
            issued = self._shown(card, token, codes)
        except (CryptogramError, VaultError):
            raise Decline("08") from None
        if not await uow.add_codes(codes):
            raise Decline("08")  # seventeen digits from chance met seventeen others: try again
        return Done(value=issued, subject_id=card.card_id)

    async def recall(self, uow: UnitOfWork, act: Act) -> IssuedCodes | None:
        """The codes of a message that was answered before: recomputed, never stored."""
        codes = await uow.codes_of(act.act_id)
        card = await uow.card(act.subject_id) if act.subject_id is not None else None
        return self._shown(card, self._payers.token_of(card), codes) if card is not None and codes else None

    def _code(
        self,
        act: Act,
        card: Card,
        token: Token,
        request: CodeRequest,
        limits: tuple[Money | None, Money | None],
        place: int,
        number: int,
    ) -> OneTimeCode:
        unpredictable = self._entropy.token_bytes(4)
        barcode = Secret(self._barcode())
        code = OneTimeCode(
            code_id=number,
            kind=CodeKind.CONSUMER_QR,
            act_id=act.act_id,
            position=place,
            card_id=card.card_id,
            gateway=card.gateway,
            user_id=card.user_id,
            device_id=card.device_id,
            index=b"",
            barcode_index=self._vault.index(barcode, BARCODE),
            barcode_sealed=self._vault.seal(barcode, f"{BARCODE} {number}"),
            atc=number % _ATC_RANGE,
            unpredictable_number=unpredictable,
            made_at=act.opened_at,
            expires_at=act.opened_at + timedelta(seconds=self._policy.code_life_s),
            trx_limit=limits[0],
            cvm_limit=limits[1],
            coupon=request.coupon,
        )
        return msgspec.structs.replace(code, index=self._vault.index(self._payload(card, token, code), CODE))

    def _shown(self, card: Card, token: Token, codes: list[OneTimeCode]) -> IssuedCodes:
        return IssuedCodes(
            emv=tuple(self._payload(card, token, code) for code in codes),
            barcodes=tuple(Secret(self._vault.open(each.barcode_sealed, f"{BARCODE} {each.code_id}")) for each in codes),
        )

    def _payload(self, card: Card, token: Token, code: OneTimeCode) -> Secret:
        """The EMV payload, from what is kept of it."""
        return _payload(self._cryptograms, card, token, code.atc, code.unpredictable_number)

    def _barcode(self) -> str:
        """19 digits from 62; the other 17 from chance, without bias: 2**57 is the first power above 10**17."""
        while (number := int.from_bytes(self._entropy.token_bytes(8), "big") >> 7) >= 10**_DIGITS:
            pass
        return f"62{number:0{_DIGITS}d}"


class CpqrcPayment:
    """Part 2; `MoneyRunner` runs it."""

    message: ClassVar[str] = "CPQRC_PAYMENT"

    def __init__(self, desk: AcquirerDesk, vault: Vault, cryptograms: Cryptograms) -> None:
        self._desk = desk
        self._vault = vault
        self._cryptograms = cryptograms

    async def open(self, uow: UnitOfWork, draft: Payment, request: AcquirerPayment) -> Intent:
        """The code says whose card it is; then RULES section 9, steps 3 to 5."""
        presented = request.emv_payload or request.barcode
        if presented is None or not (is_emv_cpm(presented.reveal()) or is_barcode(presented.reveal())):
            raise Refusal("30", "trxInfo.emvCpqrcPayload")
        received = self._desk.received(draft, request)
        code, card = await self._found(uow, presented)
        known = msgspec.structs.replace(
            received, gateway=card.gateway, issuer=card.issuer, card_id=card.card_id, code_id=code.code_id
        )
        known = msgspec.structs.replace(known, user_id=code.user_id, device_id=code.device_id)
        try:
            payment = await self._opened(known, code, card, request)
        except Decline as decline:
            raise Decline(decline.code, decline.detail, payment=decline.payment or known) from None
        return Intent(payment=payment, card=card, codes=(presented,))

    async def call(self, intent: Intent) -> Word | None:
        """Debit, or ask the cardholder first."""
        return await self._desk.call(intent)

    async def _opened(self, known: Payment, code: OneTimeCode, card: Card, request: AcquirerPayment) -> Payment:
        product = self._desk.card_may_pay(card, known)
        gross = read_amount(request.amount, request.currency)
        if known.opened_at >= code.expires_at:
            raise Decline("02")
        payment = await self._desk.terms.of_purchase(known, card, product, gross, coupon=code.coupon)
        once = OnceKey(key=code.once_key, code="02", kept=True)
        over = code.trx_limit is not None and self._desk.above(gross, code.trx_limit, product)
        payment = self._desk.reserving(payment, card, product, before=(once,), over_limit=over)
        if self._desk.above(gross, code.cvm_limit, product):
            return self._desk.asking_cardholder(payment)
        return payment

    async def _found(self, uow: UnitOfWork, presented: Secret) -> tuple[OneTimeCode, Card]:
        """The code as it was issued. `02`: one of ours that is gone; `12`: forged or foreign; `30`: broken inside."""
        text = presented.reveal()
        purpose = BARCODE if is_barcode(text) else CODE
        code = await uow.code_by_index(self._vault.index(presented, purpose))
        card = await uow.card(code.card_id) if code is not None else None
        if code is None or card is None:
            raise Decline("02" if await self._was_ours(uow, text) else "12")
        return code, card

    async def _was_ours(self, uow: UnitOfWork, text: str) -> bool:
        """A code that we would make again was issued here, and purged long after it expired; in all its parts, or somebody
        changed it."""
        if not is_emv_cpm(text):
            return False
        try:
            said = unionpay_code(parse_emv(text))
        except QrError:
            raise Refusal("30", "trxInfo.emvCpqrcPayload") from None
        try:
            token = Token.parse(said.token)
            card = await self._desk.payers.find(uow, token)
            if card is None:
                return False
            return _payload(self._cryptograms, card, token, said.atc, said.unpredictable_number).reveal() == text
        except (ValueError, CryptogramError):
            return False


def _payload(cryptograms: Cryptograms, card: Card, token: Token, atc: int, unpredictable_number: bytes) -> Secret:
    """A card's EMV payload (PROTOCOL 3.2)."""
    return Secret(
        build_emv(
            UnionPayCode(
                token=token.reveal(),
                expiry=f"{card.token_expiry:%y%m}",
                ins_id=card.gateway,
                atc=atc,
                unpredictable_number=unpredictable_number,
                cryptogram=cryptograms.arqc(token, atc, unpredictable_number),
            )
        )
    )


def _limit(text: str, request: CodeRequest) -> Money | None:
    if not text:
        return None
    if not request.limit_currency:
        raise Refusal("30", "trxInfo.limitCurrency")
    return read_amount(text, request.limit_currency, zero=True, path="trxInfo.trxLimit")
