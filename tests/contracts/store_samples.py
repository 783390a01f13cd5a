"""What the store's contract is tested with: things with every field set to something awkward, and plain ones."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from support.loop import Run
from unionhub.domain.model.acts import Act
from unionhub.domain.model.audit import AuditEntry
from unionhub.domain.model.cards import (
    Card,
    CardFace,
    CardProduct,
    HolderState,
    IssuerBlock,
    NumberRange,
    PresetMerchant,
)
from unionhub.domain.model.codes import CodeKind, OneTimeCode
from unionhub.domain.model.enrolment import Enrolment, EnrolmentState
from unionhub.domain.model.messages import Claim
from unionhub.domain.model.money import Money
from unionhub.domain.model.notices import Notice
from unionhub.domain.model.parties import JoseProfile, Party, PartyState, PublicKey, Role
from unionhub.domain.model.qr_inquiry import QrInquiry
from unionhub.domain.model.transactions import (
    Allowance,
    CardholderSays,
    Discount,
    Merchant,
    OnceKey,
    Payment,
    PaymentEvent,
    PaymentState,
    day_limit,
)
from unionhub.ports.store import Store

NOW = datetime(2026, 2, 28, 23, 59, 59, 123456, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TODAY = date(2026, 3, 1)
ODD_TEXT = "Ø 銀聯 \U0001f4b3 '\";--\\ \t%s :x $1 {}"


class House(NamedTuple):
    """A store as two hosts see it, and its own time."""

    run: Run
    store: Store
    other: Store
    store_time: Callable[[], Awaitable[datetime]]
    wait: Callable[[float], Awaitable[None]]  # let so many seconds of the store's time pass

    def host(self, number: int) -> Store:
        return self.other if number % 2 else self.store


def awaited(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A test that is a coroutine, run in the loop of its house. A minute is for ever."""

    @functools.wraps(test)
    def run(*args: object, house: House, **others: object) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(60):
                await test(*args, house=house, **others)

        house.run(bounded())

    return run


def payment(payment_id: int = 1, **changes: Any) -> Payment:
    plain = Payment(
        payment_id=payment_id,
        kind="MPQRC_PAYMENT_EMV",
        sender="39990001",
        msg_id=f"A39990001{payment_id:020d}",
        state=PaymentState.PENDING,
        opened_at=NOW,
        due_at=NOW + 45 * SECOND,
    )
    return msgspec.structs.replace(plain, **changes)


def odd_payment(payment_id: int = 1) -> Payment:
    """Every field is set, and nothing is its default."""
    return Payment(
        payment_id=payment_id,
        kind="MPQRC_PAYMENT_EMV",
        sender="39990001",
        msg_id="A" * 29,
        state=PaymentState.UNKNOWN,
        opened_at=datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        due_at=datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        code="04",
        bank_code="B1",
        gateway="39990001",
        issuer="39990002",
        acquirer="39990003",
        card_id=2**62,
        user_id=ODD_TEXT,
        device_id=ODD_TEXT[::-1],
        gross=Money(9_999_999_999_999, "392"),
        amount=Money(1, "414"),
        fee=Money(0, "344"),
        bill=Money(2**62, "156"),
        bill_rate=Decimal("0.00012300"),
        settle=Money(5, "840"),
        settle_rate=Decimal("1E-7"),
        settle_date=date(1999, 12, 31),
        discounts=(
            Discount(amount=Money(3, "392"), note=ODD_TEXT, funded_by="39990003"),
            Discount(amount=Money(0, "392"), note="", funded_by=""),
        ),
        merchant=Merchant(
            acquirer_iin="47010344",
            forwarding_iin="47010000",
            merchant_id="M:1",
            name=ODD_TEXT,
            mcc="5812",
            country="344",
            terminal_id="T1",
        ),
        qr_payload=ODD_TEXT * 20,
        note=ODD_TEXT,
        reservations=(once(ODD_TEXT), once("kept", kept=True), day(7, 5, 10, card_id=2**62), share(0, "", 0, code="ü")),
        voucher_no="20260301000000000001",
        trace_no="000001",
        retrieval_ref="000000000001",
        bank_msg_id="U39990002" + "1" * 20,
        reversal_msg_id="U39990002" + "2" * 20,
        refer_no=ODD_TEXT,
        asks=3,
        orig_payment_id=2**61,
        payee_card_id=2**60,
        payee_gateway="39990011",
        settlement_key="47010344:47010000:000001:0301120000",
        code_id=2**59,
        additional_msg_id="U39990001" + "3" * 20,
        cardholder=CardholderSays.REJECTED,
        told_pending=True,
        order_id=2**58,
        masked_pan=ODD_TEXT,
    )


def once(key: str, code: str = "02", *, kept: bool = False) -> OnceKey:
    return OnceKey(key=key, code=code, kept=kept)


def share(amount_minor: int, key: str, limit_minor: int, *, code: str = "61") -> Allowance:
    return Allowance(key=key, amount_minor=amount_minor, limit_minor=limit_minor, code=code)


def day(amount_minor: int, of: int, limit_minor: int, *, card_id: int = 1, code: str = "61") -> Allowance:
    """A share of the limit of the `of`-th day."""
    limit = day_limit(card_id, TODAY + timedelta(days=of), amount_minor, limit_minor)
    return msgspec.structs.replace(limit, code=code)


def moved(before: Payment, event: PaymentEvent, **changes: object) -> Payment:
    final = before.moved(event)
    return before.moved(event, **({"due_at": None} if final.is_final else {}) | changes)


def notice(notice_id: int = 1, **changes: Any) -> Notice:
    plain = Notice(
        notice_id=notice_id,
        payment_id=1,
        receiver="39990003",
        message="TRX_RESULT_NOTIFICATION",
        msg_id=f"U39990003{notice_id:018d}",
        due_at=NOW,
        created_at=NOW,
    )
    return msgspec.structs.replace(plain, **changes)


def claim(record_id: int = 1, **changes: Any) -> Claim:
    plain = Claim(
        sender="39990001",
        msg_id="A" * 29,
        message="MPQRC_PAYMENT_EMV",
        digest=bytes(range(32)),
        record_id=record_id,
    )
    return msgspec.structs.replace(plain, **changes)


def act(act_id: int = 1, **changes: Any) -> Act:
    plain = Act(act_id=act_id, kind="KYC_VERIFICATION", sender="39990001", msg_id=f"A39990001{act_id:020d}", opened_at=NOW)
    return msgspec.structs.replace(plain, **changes)


def enrolment(enrolment_id: int = 1, **changes: Any) -> Enrolment:
    plain = Enrolment(
        enrolment_id=enrolment_id,
        kind="OPEN_ACCOUNT",
        state=EnrolmentState.OPENING,
        gateway="39990001",
        user_id="user",
        device_id="device",
        issuer="39990002",
        product_id="classic",
        msg_id=f"A39990001{enrolment_id:020d}",
        opened_at=NOW,
        due_at=NOW + 45 * SECOND,
    )
    return msgspec.structs.replace(plain, **changes)


def odd_enrolment(enrolment_id: int = 1) -> Enrolment:
    """Every field is set, and nothing is its default."""
    return enrolment(
        enrolment_id,
        state=EnrolmentState.STEP_UP,
        user_id=ODD_TEXT,
        device_id=ODD_TEXT,
        due_at=NOW,
        verified_at=NOW - SECOND,
        refer_no=ODD_TEXT,
        act_id=2**62,
        bank_msg_id="U39990002" + "4" * 20,
        with_documents=True,
        asks=2,
        account_sealed=bytes(range(256)),
        account_index=b"\0account",
        otp_digest=b"\xff\0",
        otp_expires_at=NOW + 300 * SECOND,
        otp_tries=1,
        otp_sent=2,
        card_id=2**61,
        version=7,
    )


def code(code_id: int = 1, **changes: Any) -> OneTimeCode:
    """Every field is set, and nothing is its default."""
    odd = OneTimeCode(
        code_id=code_id,
        kind=CodeKind.CASH_OUT,
        act_id=1,
        position=code_id,
        card_id=2**62,
        gateway="39990001",
        user_id=ODD_TEXT,
        device_id=ODD_TEXT,
        index=b"\0index %d" % code_id,
        barcode_index=b"\0barcode %d" % code_id,
        barcode_sealed=bytes(range(256)),
        atc=65535,
        unpredictable_number=b"\xff\0\1\2",
        made_at=NOW,
        expires_at=NOW + 300 * SECOND,
        trx_limit=Money(0, "392"),
        cvm_limit=Money(2**62, "344"),
        coupon=ODD_TEXT,
        refer_no=ODD_TEXT,
    )
    return msgspec.structs.replace(odd, **changes)


def qr_inquiry(msg_id: str = "A" * 29, **changes: Any) -> QrInquiry:
    odd = QrInquiry(
        sender="39990001",
        msg_id=msg_id,
        user_id=ODD_TEXT,
        device_id=ODD_TEXT,
        qr_payload=ODD_TEXT,
        platform="39990007",
        currency="156",
        amount=Money(1, "156"),
        merchant=Merchant(merchant_id="M:1", name=ODD_TEXT),
        merchant_city=ODD_TEXT,
        use_case="01",
        asked_at=NOW,
        valid_until=NOW + 600 * SECOND,
    )
    return msgspec.structs.replace(odd, **changes)


def face(face_id: str = "classic", **changes: Any) -> CardFace:
    odd = CardFace(
        face_id=face_id,
        issuer="39990002",
        kind="JPG",
        pan_x=-1,
        pan_y=2,
        pan_font_size=3,
        color="00FF00",
        data=bytes(range(256)) * 100,
    )
    return msgspec.structs.replace(odd, **changes)


def audit_entry(number: int = 1, **changes: Any) -> AuditEntry:
    plain = AuditEntry(
        at=NOW + number * SECOND,
        actor="olivia",
        action="card.reissue",
        subject=f"card {number}",
        outcome="no ü",
        detail=ODD_TEXT,
    )
    return msgspec.structs.replace(plain, **changes)


def card(card_id: int = 1, **changes: Any) -> Card:
    odd = Card(
        card_id=card_id,
        issuer="39990002",
        product_id="classic",
        gateway="39990001",
        user_id=f"user {card_id} {ODD_TEXT}",
        device_id=ODD_TEXT,
        token_index=b"\0token" + bytes([card_id]),
        token_sealed=bytes(range(256)),
        token_expiry=NOW + timedelta(days=1000),
        pan_index=b"\0pan" + bytes([card_id]),
        pan_sealed=bytes(range(255, -1, -1)),
        pan_expiry=NOW + timedelta(days=2000),
        masked_pan="6292********0001",
        account_index=b"account",
        account_sealed=b"",
        currency="344",
        holder_state=HolderState.SUSPENDED,
        issuer_block=IssuerBlock.LOST,
        reason=ODD_TEXT,
        replaced_by=2**62,
        collected=False,
        account_tier="3",
        refer_no=ODD_TEXT,
        created_at=NOW,
    )
    return msgspec.structs.replace(odd, **changes)


def usable_card(card_id: int = 1, **changes: Any) -> Card:
    """All of them are the same user's, of the same product, on one account and one device."""
    plain = {"user_id": "user", "holder_state": HolderState.ACTIVE, "issuer_block": IssuerBlock.NONE, "replaced_by": None}
    return card(card_id, **plain | changes)


def party(app_id: str = "39990001", **changes: Any) -> Party:
    odd = Party(
        app_id=app_id,
        role=Role.ACQUIRER,
        name=ODD_TEXT,
        profile=JoseProfile.UNIONPAY,
        state=PartyState.LIVE,
        base_url="http://127.0.0.1:1/a?b=c",
        country="036",
        keys=(PublicKey(kid=ODD_TEXT, use="sig", jwk='{"kty":"RSA"}'), PublicKey(kid="2", use="enc", jwk="{}")),
        unencoded_payload=True,
        utc_offset_minutes=-210,
        verifies_merchants=True,
        acquirer_iin="47010344",
        channel_code="CH00000001",
        industry_code="60010001",
        paths={"PAY": "/p", "A": ODD_TEXT},
    )
    return msgspec.structs.replace(odd, **changes)


def product(product_id: str = "classic", **changes: Any) -> CardProduct:
    odd = CardProduct(
        product_id=product_id,
        issuer="39990002",
        name=ODD_TEXT,
        currency="344",
        trx_limit_minor=2**53 + 1,
        day_limit_minor=0,
        messages=frozenset({"P2P_TRANSFER", "BILL_PAYMENT", "MPQRC_PAYMENT_EMV"}),
        blocked_mccs=frozenset({"7995"}),
        gateways=frozenset({"39990001", "39990011"}),
        settle_currency="156",
        utc_offset_minutes=-600,
        cut_off=True,
        blocked_countries=frozenset({"408", "364"}),
        cross_currency=False,
        cvm_limit_minor=2**53 + 3,
        token_range=NumberRange(first="629200000000000", last="629209999999999"),
        pan_range=NumberRange(first="629100000000000", last="629109999999999"),
        card_years=3,
        card_type=ODD_TEXT,
        card_face_id="classic",
        cvm_fields=("idNo", "firstName"),
        verify_owner=False,
        step_up=True,
        kyc_window_s=1,
        otp_life_s=2,
        otp_tries=4,
        preset_merchants=(
            PresetMerchant(merchant_id="M:1", name=ODD_TEXT, mcc="4900", gateways=frozenset({"39990001"})),
            PresetMerchant(merchant_id="M:2", name=""),
        ),
    )
    return msgspec.structs.replace(odd, **changes)


async def opened(store: Store, *payments: Payment) -> None:
    """Open each, in one unit of work."""
    async with store.begin() as unit:
        for found in payments:
            assert await unit.open_payment(found) == ""
        await unit.commit()


async def try_open(store: Store, found: Payment) -> str:
    async with store.begin() as unit:
        code = await unit.open_payment(found)
        await unit.commit()
    return code


async def stored(store: Store, payment_id: int = 1) -> Payment:
    async with store.begin() as unit:
        found = await unit.payment(payment_id)
    assert found is not None
    return found


async def move(store: Store, before: Payment, after: Payment, *notices: Notice) -> bool:
    async with store.begin() as unit:
        done = await unit.move_payment(before, after, notices)
        await unit.commit()
    return done


async def move_alone(store: Store, before: Payment, after: Payment, *notices: Notice) -> bool:
    """The same through the store's own shortcut."""
    return await store.move_payment(before, after, notices)
