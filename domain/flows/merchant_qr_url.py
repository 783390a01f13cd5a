"""SCIS chart: merchant-presented QR code payment, URL mode (S-156..170; RULES section 4; section 12, S4).

1. App Gateway -> SCIS     QRC_INFO_INQUIRY
   SCIS -> QR platform     RESOLVE: the hub never opens a URL from a message
2. SCIS -> App Gateway     merchant, amount if fixed
3. App Gateway -> SCIS     MPQRC_PAYMENT_URL, which names the inquiry
4. SCIS -> Core Banking    DEBIT_TRANSACTION
5. Core Banking -> SCIS    its word
6. SCIS -> App Gateway     the answer; the platform is told, and if it says that the code was paid elsewhere, the debit goes
                           back (notify.py)
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final
from urllib.parse import urlsplit

import msgspec

from unionhub.domain.model.bank import Word
from unionhub.domain.model.errors import Decline, Refusal
from unionhub.domain.model.messages import Envelope, MerchantQrPayment, QrInfoRequest
from unionhub.domain.model.money import AmountError, AmountFormatError, Money, UnknownCurrencyError, currency
from unionhub.domain.model.outgoing import Resolve, Resolved
from unionhub.domain.model.parties import Party
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.domain.model.qr_inquiry import QrInquiry
from unionhub.domain.model.transactions import Merchant, OnceKey, Payment
from unionhub.ports.clock import Clock
from unionhub.ports.directory import Directory
from unionhub.ports.partners import NotSent, NoWord, Overloaded, Partners
from unionhub.ports.store import Store, UnitOfWork

from .bank_desk import BankDesk
from .numbers import Numbers
from .payers import Payers
from .runner import Intent
from .terms import Terms, own_settlement_key, read_amount

QR_HOSTS: Final = frozenset({"qr.95516.com"})
_PATH: Final = re.compile(r"/[0-9]{8}/[0-9]{26,32}\Z")


def check_url(payload: str, hosts: Collection[str]) -> None:
    """Form and host of a URL-mode code: Refusal `30` for what is no such URL, Decline `12` for another host's."""
    try:
        parts = urlsplit(payload)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Refusal("30", "trxInfo.mpqrcPayload") from None
    if parts.scheme != "https" or not host:
        raise Refusal("30", "trxInfo.mpqrcPayload")
    plain = port is None and parts.username is None and not parts.query and not parts.fragment
    if host not in hosts or not plain:
        raise Decline("12")
    if not _PATH.match(parts.path):
        raise Refusal("30", "trxInfo.mpqrcPayload")


class QrInfo:
    """QRC_INFO_INQUIRY: a read, but remembered for a while, since the payment refers to it."""

    message: ClassVar[str] = "QRC_INFO_INQUIRY"

    def __init__(
        self,
        store: Store,
        directory: Directory,
        partners: Partners,
        numbers: Numbers,
        clock: Clock,
        policy: OutcomePolicy,
        hosts: Collection[str] = QR_HOSTS,
    ) -> None:
        self._store = store
        self._directory = directory
        self._partners = partners
        self._numbers = numbers
        self._clock = clock
        self._policy = policy
        self._hosts = hosts

    async def ask(self, envelope: Envelope, request: QrInfoRequest) -> QrInquiry:
        """Raises Replayed; Refusal `30`; Decline `12` (unknown code, foreign host), `02`, `40`, `92`, `98`.

        One transaction, after the platform's answer: what is not known cannot be remembered.
        """
        try:
            inquiry = await self._asked(envelope, request)
        except (Decline, Refusal):
            async with self._store.begin() as uow:
                await uow.admit(envelope.sender.app_id, envelope.uuid)
                await uow.commit()
            raise
        async with self._store.begin() as uow:
            await uow.admit(envelope.sender.app_id, envelope.uuid)
            await uow.put_qr_inquiry(inquiry)
            await uow.commit()
        return inquiry

    async def _asked(self, envelope: Envelope, request: QrInfoRequest) -> QrInquiry:
        check_url(request.qr_payload, self._hosts)
        platform = self._directory.qr_platform()
        if platform is None:
            raise Decline("40")
        now = self._clock.now()
        resolved = await self._resolved(platform, request.qr_payload, now)
        return QrInquiry(
            sender=envelope.sender.app_id,
            msg_id=envelope.msg_id,
            user_id=request.user_id,
            device_id=request.device_id,
            qr_payload=request.qr_payload,
            platform=platform.app_id,
            currency=resolved.currency,
            amount=_fixed(resolved),
            merchant=Merchant(name=resolved.merchant_name, mcc=resolved.mcc, country=resolved.merchant_country),
            merchant_city=resolved.merchant_city,
            use_case=resolved.use_case,
            asked_at=now,
            valid_until=self._valid_until(platform, resolved, now),
        )

    async def _resolved(self, platform: Party, payload: str, now: datetime) -> Resolved:
        question = Resolve(msg_id=await self._numbers.msg_id(platform, now), sent_at=now, qr_payload=payload)
        try:
            answer = await self._partners.call(platform, question, timeout_s=self._policy.platform_timeout_s)
        except Overloaded:
            raise Decline("96") from None
        except NotSent:
            raise Decline("92") from None
        except NoWord:
            raise Decline("98") from None
        if answer.code != "00":
            raise Decline("02" if answer.code in ("02", "94") else "12")
        return answer.resolved

    def _valid_until(self, platform: Party, resolved: Resolved, now: datetime) -> datetime:
        """The platform's word, but never longer than a payment may refer to an inquiry."""
        latest = now + timedelta(seconds=self._policy.qr_inquiry_life_s)
        try:
            said = datetime.strptime(resolved.valid_until, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            return latest
        return min(latest, said - timedelta(minutes=platform.utc_offset_minutes))


def _fixed(resolved: Resolved) -> Money | None:
    """The code's amount; `12` for a platform that gives no amount that can be one."""
    try:
        currency(resolved.currency)
        return Money.parse(resolved.amount, resolved.currency) if resolved.amount else None
    except (AmountError, AmountFormatError, UnknownCurrencyError):
        raise Decline("12") from None


class MerchantQrUrl:
    """MPQRC_PAYMENT_URL; `MoneyRunner` runs it."""

    message: ClassVar[str] = "MPQRC_PAYMENT_URL"

    def __init__(self, payers: Payers, terms: Terms, desk: BankDesk, hosts: Collection[str] = QR_HOSTS) -> None:
        self._payers = payers
        self._terms = terms
        self._desk = desk
        self._hosts = hosts

    async def open(self, uow: UnitOfWork, draft: Payment, request: MerchantQrPayment) -> Intent:
        """RULES section 9; the QR's part is `30`, `25`, `02` (too old), `03`, `12`, `13`, then `02` (paid)."""
        card, product = await self._payers.of_request(uow, draft, request.payer)
        check_url(request.qr_payload, self._hosts)
        inquiry = await self._inquiry(uow, draft, request)
        merchant = inquiry.merchant
        if request.claimed_merchant is not None and request.claimed_merchant.contradicts(merchant):
            raise Decline("03")
        gross = _amount(request, inquiry)
        payment = msgspec.structs.replace(
            draft, acquirer=inquiry.platform, merchant=merchant, qr_payload=request.qr_payload, note=request.note
        )
        payment = await self._terms.of_purchase(payment, card, product, gross, coupon=request.coupon)
        limits = self._terms.limits(payment, card, product)
        # A static code is paid again and again; one with an amount is an order, and is paid once.
        once = (OnceKey(key=f"url:{request.qr_payload}", code="02"),) if inquiry.amount is not None else ()
        payment = msgspec.structs.replace(payment, settlement_key=own_settlement_key(payment), reservations=(*once, *limits))
        return Intent(payment=payment, card=card)

    async def call(self, intent: Intent) -> Word:
        """Debit."""
        return await self._desk.of_intent(intent)

    @staticmethod
    async def _inquiry(uow: UnitOfWork, draft: Payment, request: MerchantQrPayment) -> QrInquiry:
        """The inquiry of the same gateway, user, device and code (`25`), while it is valid (`02`)."""
        inquiry = await uow.qr_inquiry(draft.sender, request.orig_msg_id)
        wanted = request.qr_payload, request.payer.user_id, request.payer.device_id
        if inquiry is None or (inquiry.qr_payload, inquiry.user_id, inquiry.device_id) != wanted:
            raise Decline("25")
        if draft.opened_at > inquiry.valid_until:
            raise Decline("02")
        return inquiry


def _amount(request: MerchantQrPayment, inquiry: QrInquiry) -> Money:
    if request.currency != inquiry.currency:
        raise Decline("12")
    gross = read_amount(request.amount, request.currency)
    fee = read_amount(request.fee or "0", request.currency, zero=True, path="trxInfo.trxFeeAmt")
    if fee.minor or (inquiry.amount is not None and gross != inquiry.amount):
        raise Decline("13")  # a platform's code knows no tips
    return gross
