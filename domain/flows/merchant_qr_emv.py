"""SCIS chart: merchant-presented QR code payment, EMV mode (S-141..153; RULES section 12, S3).

1. App Gateway -> SCIS      MPQRC_PAYMENT_EMV
   SCIS -> Acquirer         MERCHANT_VERIFICATION, where the acquirer wants it
2. SCIS -> Core Banking     DEBIT_TRANSACTION
3. Core Banking -> SCIS     its word
4. SCIS -> App Gateway      the answer; the acquirer is told through the outbox
"""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import msgspec

from unionhub.domain.model.bank import NOT_SENT, OVERLOADED, Weight, Word
from unionhub.domain.model.countries import NUMERIC_OF
from unionhub.domain.model.errors import Decline, Refusal
from unionhub.domain.model.messages import ClaimedMerchant, MerchantQrPayment
from unionhub.domain.model.money import Money
from unionhub.domain.model.outgoing import MerchantVerification
from unionhub.domain.model.parties import Party
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.domain.model.qr import merchant as qr
from unionhub.domain.model.qr.faults import NoUnionPayAccount, QrError
from unionhub.domain.model.transactions import Merchant, OnceKey, Payment
from unionhub.ports.clock import Clock
from unionhub.ports.directory import Directory
from unionhub.ports.partners import NotSent, NoWord, Overloaded, Partners
from unionhub.ports.store import UnitOfWork

from .bank_desk import BankDesk
from .numbers import Numbers
from .payers import Payers
from .runner import Intent
from .terms import Terms, own_settlement_key, read_amount


class MerchantQrEmv:
    """The EMV-mode payment; `MoneyRunner` runs it."""

    message: ClassVar[str] = "MPQRC_PAYMENT_EMV"

    def __init__(
        self,
        payers: Payers,
        terms: Terms,
        desk: BankDesk,
        directory: Directory,
        partners: Partners,
        numbers: Numbers,
        clock: Clock,
        policy: OutcomePolicy,
    ) -> None:
        self._payers = payers
        self._terms = terms
        self._desk = desk
        self._directory = directory
        self._partners = partners
        self._numbers = numbers
        self._clock = clock
        self._policy = policy

    async def open(self, uow: UnitOfWork, draft: Payment, request: MerchantQrPayment) -> Intent:
        """Steps 3 to 5 of RULES section 9, first hit wins."""
        card, product = await self._payers.of_request(uow, draft, request.payer)
        code = _read(request.qr_payload)
        merchant, acquirer = self._merchant(code, request.claimed_merchant)
        gross, fee = amounts(request, code)
        payment = msgspec.structs.replace(
            draft, acquirer=acquirer.app_id, merchant=merchant, qr_payload=request.qr_payload, note=request.note
        )
        payment = await self._terms.of_purchase(payment, card, product, gross, fee=fee, coupon=request.coupon)
        payment = msgspec.structs.replace(
            payment,
            settlement_key=own_settlement_key(payment),
            reservations=(*_once(code, merchant), *self._terms.limits(payment, card, product)),
        )
        return Intent(payment=payment, card=card)

    async def call(self, intent: Intent) -> Word:
        """Ask the acquirer first where it wants that; then debit."""
        if refused := await self._verify_merchant(intent.payment):
            return refused
        return await self._desk.of_intent(intent)

    async def _verify_merchant(self, payment: Payment) -> Word | None:
        acquirer = self._directory.party(payment.acquirer)
        if acquirer is None or not acquirer.verifies_merchants:
            return None
        now = self._clock.now()
        question = MerchantVerification(
            msg_id=await self._numbers.msg_id(acquirer, now),
            sent_at=now,
            merchant=payment.merchant,
            qr_payload=payment.qr_payload,
        )
        try:
            answer = await self._partners.call(acquirer, question, timeout_s=self._policy.verification_timeout_s)
        except Overloaded:
            return OVERLOADED
        except NotSent:
            return NOT_SENT
        except NoWord:
            return Word(weight=Weight.DECLINED, code="98")  # nothing was sent to the bank yet
        return None if answer.code == "00" else Word(weight=Weight.DECLINED, code="03", bank_code="")

    def _merchant(self, code: qr.MerchantQr, claimed: ClaimedMerchant | None) -> tuple[Merchant, Party]:
        """The payee of the code; `03` if it has no UnionPay account, none here can reach, or the app names another."""
        try:
            account = qr.unionpay_account(code)
        except NoUnionPayAccount:
            raise Decline("03") from None
        merchant = Merchant(
            acquirer_iin=account.acquirer_iin,
            forwarding_iin=account.forwarding_iin,
            merchant_id=account.merchant_id,
            name=code.merchant_name,
            mcc=code.merchant_category_code,
            country=NUMERIC_OF.get(code.country, ""),
            terminal_id=_terminal(code),
        )
        if claimed is not None and claimed.contradicts(merchant):
            raise Decline("03")
        acquirer = self._directory.acquirer(account.acquirer_iin)
        if acquirer is None or not acquirer.is_live:
            # Debiting for a merchant whose acquirer cannot be told would take money that reaches nobody.
            raise Decline("03")
        return merchant, acquirer


def amounts(request: MerchantQrPayment, code: qr.MerchantQr) -> tuple[Money, Money]:
    """(gross, fee) of the request against the code (RULES section 4); raises Decline `12` or `13`, Refusal `30`."""
    if request.currency != code.currency:
        raise Decline("12")
    gross = read_amount(request.amount, code.currency)
    fee = read_amount(request.fee or "0", code.currency, zero=True, path="trxInfo.trxFeeAmt")
    if gross <= fee:
        raise Decline("13")
    purchase = gross - fee
    if code.amount is not None and purchase != read_amount(code.amount, code.currency, path="trxInfo.mpqrcPayload"):
        raise Decline("13")
    if not _fee_allowed(code, purchase, fee):
        raise Decline("13")
    return gross, fee


def _fee_allowed(code: qr.MerchantQr, purchase: Money, fee: Money) -> bool:
    """EMV MPM IDs 55 to 57: no indicator, no fee; a percentage may be rounded either way by one minor unit."""
    match code.tip:
        case None:
            return fee.minor == 0
        case qr.TipIndicator.PROMPT:
            return True
        case qr.TipIndicator.FIXED_FEE:
            return fee == Money.parse(code.fixed_fee or "0", fee.currency, zero=True)
        case qr.TipIndicator.PERCENTAGE_FEE:
            exact = purchase.percent(Decimal(code.percentage_fee or "0"))
            return abs(exact.minor - fee.minor) <= 1


def _read(payload: str) -> qr.MerchantQr:
    try:
        return qr.parse(payload)
    except QrError:
        raise Refusal("30", "trxInfo.mpqrcPayload") from None


def _terminal(code: qr.MerchantQr) -> str:
    label = code.additional.terminal_label if code.additional else None
    return label[:8] if label and label != qr.PROMPT else ""


def _once(code: qr.MerchantQr, merchant: Merchant) -> tuple[OnceKey, ...]:
    """A dynamic code with a reference is paid once (`02`); a declined try may be repeated with another card."""
    reference = qr.one_time_reference(code)
    if not reference:
        return ()
    return (OnceKey(key=f"qr:{merchant.acquirer_iin}:{merchant.merchant_id}:{reference}", code="02"),)
