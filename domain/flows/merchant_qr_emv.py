"""SCIS chart: merchant-presented QR code payment, EMV mode (S-141..153; RULES section 12, S3).

1. App Gateway -> SCIS      MPQRC_PAYMENT_EMV
   SCIS -> Acquirer         MERCHANT_VERIFICATION, where the acquirer wants it
2. SCIS -> Core Banking     DEBIT_TRANSACTION
3. Core Banking -> SCIS     its word
4. SCIS -> App Gateway      the answer; the acquirer is told through the outbox
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

import msgspec

from unionhub.domain.model.bank import NOT_SENT, OVERLOADED, Movement, Weight, Word
from unionhub.domain.model.cards import CardProduct, IssuerBlock
from unionhub.domain.model.countries import NUMERIC_OF
from unionhub.domain.model.errors import Decline, Refusal
from unionhub.domain.model.identifiers import AccountNumber
from unionhub.domain.model.messages import ClaimedMerchant, MerchantQrPayment
from unionhub.domain.model.money import AmountError, AmountFormatError, Money, UnknownCurrencyError
from unionhub.domain.model.outgoing import Debit, MerchantVerification
from unionhub.domain.model.parties import Party
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.domain.model.qr import merchant as qr
from unionhub.domain.model.qr.faults import NoUnionPayAccount, QrError
from unionhub.domain.model.transactions import Barrier, DayLimit, Merchant, OnceKey, Payment, Reservation
from unionhub.ports.clock import Clock
from unionhub.ports.directory import Directory
from unionhub.ports.offers import Offers
from unionhub.ports.partners import NotSent, NoWord, Overloaded, Partners
from unionhub.ports.rates import Rates
from unionhub.ports.store import UnitOfWork
from unionhub.ports.vault import Vault

from .bank import ask_for_word
from .numbers import Numbers, msg_id
from .payers import ACCOUNT, Payers, local_date, of_card
from .runner import Intent


class MerchantQrEmv:
    """The EMV-mode payment; `MoneyRunner` runs it."""

    message: ClassVar[str] = "MPQRC_PAYMENT_EMV"
    related_type = "MPQRC_PAYMENT"  # relTrxType of the debit

    def __init__(
        self,
        payers: Payers,
        directory: Directory,
        partners: Partners,
        vault: Vault,
        offers: Offers,
        rates: Rates,
        numbers: Numbers,
        clock: Clock,
        policy: OutcomePolicy,
    ) -> None:
        self._payers = payers
        self._directory = directory
        self._partners = partners
        self._vault = vault
        self._offers = offers
        self._rates = rates
        self._numbers = numbers
        self._clock = clock
        self._policy = policy

    async def open(self, uow: UnitOfWork, draft: Payment, request: MerchantQrPayment) -> Intent:
        """Steps 3 to 5 of RULES section 9, first hit wins."""
        now = draft.opened_at
        card, product = await self._payers.card(
            uow,
            gateway=draft.sender,
            token=request.token,
            user_id=request.user_id,
            device_id=request.device_id,
            message=self.message,
            now=now,
        )
        code = _read(request.qr_payload)
        merchant, acquirer = self._merchant(code, request.claimed_merchant)
        gross, fee = amounts(request, code)
        discounts = await self._offers.quote(request.coupon, gross, merchant)
        net = gross
        for discount in discounts:
            net = net - discount.amount
        bill, bill_rate = self._convert(net, card.currency)
        settle, settle_rate = self._convert(net, product.settle_currency)
        payment = msgspec.structs.replace(
            draft,
            gateway=draft.sender,
            issuer=card.issuer,
            acquirer=acquirer.app_id,
            card_id=card.card_id,
            user_id=card.user_id,
            device_id=card.device_id,
            gross=gross,
            amount=net,
            fee=fee,
            bill=bill,
            bill_rate=bill_rate,
            settle=settle,
            settle_rate=settle_rate,
            settle_date=local_date(product, now),
            discounts=discounts,
            merchant=merchant,
            qr_payload=request.qr_payload,
            note=request.note,
            reservations=_reservations(code, merchant, product, card.card_id, card.issuer_block, bill, now),
            bank_msg_id=msg_id(self._issuer(card.issuer), now, draft.payment_id),
        )
        return Intent(payment=payment, card=card)

    async def call(self, intent: Intent) -> Word:
        """Ask the acquirer first where it wants that; then debit."""
        if refused := await self._verify_merchant(intent.payment):
            return refused
        issuer = self._issuer(intent.payment.issuer)
        debit = Debit(
            msg_id=intent.payment.bank_msg_id,
            sent_at=self._clock.now(),
            payment=intent.payment,
            account=AccountNumber(self._vault.open(intent.card.account_sealed, of_card(ACCOUNT, intent.card.card_id))),
            related_type=self.related_type,
        )
        return await ask_for_word(self._partners, issuer, debit, Movement.DEBIT, timeout_s=self._policy.bank_timeout_s)

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
        if claimed is not None and _contradicts(claimed, merchant):
            raise Decline("03")
        acquirer = self._directory.acquirer(account.acquirer_iin)
        if acquirer is None or not acquirer.is_live:
            # Debiting for a merchant whose acquirer cannot be told would take money that reaches nobody.
            raise Decline("03")
        return merchant, acquirer

    def _convert(self, amount: Money, to: str) -> tuple[Money, Decimal]:
        rate = self._rates.rate(amount.currency, to)
        if rate is None:
            raise Decline("40")
        converted = amount.convert(to, rate)
        if converted.minor == 0:
            raise Decline("13")
        return converted, rate

    def _issuer(self, app_id: str) -> Party:
        issuer = self._directory.party(app_id)
        if issuer is None:
            raise Decline("15")
        return issuer


def amounts(request: MerchantQrPayment, code: qr.MerchantQr) -> tuple[Money, Money]:
    """(gross, fee) of the request against the code (RULES section 4); raises Decline `12` or `13`, Refusal `30`."""
    if request.currency != code.currency:
        raise Decline("12")
    try:
        gross = Money.parse(request.amount, code.currency)
        fee = Money.parse(request.fee or "0", code.currency, zero=True)
        fixed = Money.parse(code.amount, code.currency) if code.amount is not None else None
        if gross <= fee:
            raise Decline("13")
        purchase = gross - fee
        if fixed is not None and purchase != fixed:
            raise Decline("13")
        if not _fee_allowed(code, purchase, fee):
            raise Decline("13")
    except UnknownCurrencyError:
        raise Decline("12") from None
    except AmountError:
        raise Decline("13") from None
    except AmountFormatError:
        raise Refusal("30", "trxInfo.trxAmt") from None
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


def _contradicts(claimed: ClaimedMerchant, merchant: Merchant) -> bool:
    """What the app says about the merchant may be left out, but never differ: it would redirect money."""
    pairs = (
        (claimed.acquirer_iin, merchant.acquirer_iin),
        (claimed.forwarding_iin, merchant.forwarding_iin),
        (claimed.merchant_id, merchant.merchant_id),
        (claimed.name, merchant.name),
        (claimed.mcc, merchant.mcc),
    )
    return any(said.strip() and said.strip() != true.strip() for said, true in pairs)


def _terminal(code: qr.MerchantQr) -> str:
    label = code.additional.terminal_label if code.additional else None
    return label[:8] if label and label != qr.PROMPT else ""


def _reservations(
    code: qr.MerchantQr,
    merchant: Merchant,
    product: CardProduct,
    card_id: int,
    block: IssuerBlock,
    bill: Money,
    now: datetime,
) -> tuple[Reservation, ...]:
    """What the payment must hold, in the order of RULES section 9: `02`, then `62`, then `61`."""
    wanted: list[Reservation] = []
    if reference := qr.one_time_reference(code):
        wanted.append(OnceKey(key=f"qr:{merchant.acquirer_iin}:{merchant.merchant_id}:{reference}", code="02"))
    if merchant.mcc in product.blocked_mccs or block is IssuerBlock.RESTRICTED:
        wanted.append(Barrier(code="62"))
    if bill.minor > product.trx_limit_minor:
        wanted.append(Barrier(code="61"))
    wanted.append(
        DayLimit(card_id=card_id, day=local_date(product, now), amount_minor=bill.minor, limit_minor=product.day_limit_minor)
    )
    return tuple(wanted)
