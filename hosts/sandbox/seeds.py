"""The seeded world as a table: who there is, who pays, who sells. All of it is fictional, and ours.

Names and numbers are the same in every home; keys are made on the first start (`keyring`).
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final

import msgspec

from unionhub.domain.model.cards import NumberRange
from unionhub.domain.model.identifiers import AccountNumber, Pan, Token, luhn_complete
from unionhub.domain.model.money import Money
from unionhub.domain.model.parties import JoseProfile, Role
from unionhub.domain.model.qr.merchant import AdditionalData, MerchantQr, UnionPayAccount, build
from unionhub.domain.model.qr.merchant import Initiation as QrInitiation
from unionhub.domain.model.qr.tlv import DataObject

HKD: Final = "344"
CNY: Final = "156"
JPY: Final = "392"


class PartnerSeed(msgspec.Struct, frozen=True, kw_only=True):
    app_id: str
    role: Role
    name: str
    profile: JoseProfile = JoseProfile.MODERN
    country: str = "344"
    channel_code: str = ""
    industry_code: str = ""


HARBOUR: Final = "99010344"
PEAK: Final = "99020344"
BANK: Final = "99100344"
ACQUIRER: Final = "99200344"
HARBOUR_CHANNEL: Final = "99310344"
PEAK_CHANNEL: Final = "99320344"
PARKING: Final = "99410344"
TRAVEL: Final = "99420344"
QR_PLATFORM: Final = "99500156"

WALLETS: Final = {HARBOUR: HARBOUR_CHANNEL, PEAK: PEAK_CHANNEL}
"""App gateway -> the channel app of the same house: its users see there the cards that they have here."""

PARTNERS: Final = (
    PartnerSeed(app_id=HARBOUR, role=Role.APP_GATEWAY, name="Harbour Wallet", profile=JoseProfile.UNIONPAY),
    PartnerSeed(app_id=PEAK, role=Role.APP_GATEWAY, name="Peak Pay"),
    PartnerSeed(app_id=BANK, role=Role.ISSUER, name="Bauhinia Bank"),
    PartnerSeed(app_id=ACQUIRER, role=Role.ACQUIRER, name="Lantern Acquiring"),
    PartnerSeed(app_id=HARBOUR_CHANNEL, role=Role.CHANNEL, name="Harbour Life", channel_code="HARBOUR01"),
    PartnerSeed(
        app_id=PEAK_CHANNEL,
        role=Role.CHANNEL,
        name="Peak Life",
        profile=JoseProfile.COMPACT,
        channel_code="PEAKLIFE02",
    ),
    PartnerSeed(
        app_id=PARKING,
        role=Role.INDUSTRY,
        name="Kerbside Parking",
        profile=JoseProfile.COMPACT,
        industry_code="60010001",
    ),
    PartnerSeed(app_id=TRAVEL, role=Role.INDUSTRY, name="Junk Boat Travel", industry_code="60020001"),
    PartnerSeed(
        app_id=QR_PLATFORM,
        role=Role.QR_PLATFORM,
        name="Mainland QR Platform",
        profile=JoseProfile.UNIONPAY,
        country="156",
    ),
)


class Cardholder(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with a virtual card: what the app knows of it (token), and what the bank does (account)."""

    user_id: str
    device_id: str
    gateway: str
    issuer: str
    token: Token
    pan: Pan
    account: AccountNumber
    opening: Money

    @property
    def currency(self) -> str:
        return self.opening.currency


MAX_CARDHOLDER: Final = 99_999_999


def cardholder(number: int, gateway: str, opening: Money, *, issuer: str = BANK) -> Cardholder:
    """Cardholder `number`, 1 to `MAX_CARDHOLDER`: user, device, token, PAN and account all derive from it."""
    if not 0 < number <= MAX_CARDHOLDER:
        raise ValueError(f"cardholders are 1 to {MAX_CARDHOLDER}")
    serial = f"{number:08d}"
    return Cardholder(
        user_id=f"60{gateway[:4]}{serial}{gateway[4:6]}",
        device_id=hashlib.sha256(f"device {gateway} {serial}".encode()).hexdigest()[:32],
        gateway=gateway,
        issuer=issuer,
        token=Token.parse(luhn_complete(f"6236091{serial}")),
        pan=Pan.parse(luhn_complete(f"6291002{serial}")),
        account=AccountNumber(f"0128{serial}"),
        opening=opening,
    )


CARDHOLDERS: Final = (
    cardholder(1, HARBOUR, Money(20_000_00, HKD)),
    cardholder(2, PEAK, Money(15_000_00, HKD)),
    cardholder(3, HARBOUR, Money(100_00, HKD)),  # soon out of funds
    cardholder(4, PEAK, Money(1_000_000_00, HKD)),  # meets the limits before the bottom of the account
)
"""Below the product's limit per payment, so that `51` can be had by paying more than the balance; the last one is above."""


APPLICANT: Final = {
    "firstName": "Mei",
    "lastName": "Lam",
    "idType": "01",
    "idNo": "A1234563",
    "idCountry": "344",
    "mobileNo": "+85291234567",
}
"""Somebody who has no account yet: cvmInfo of a KYC that the bank believes."""


class MerchantSeed(msgspec.Struct, frozen=True, kw_only=True):
    """A shop as its static QR shows it. `mid` has 15 characters, `name` at most 25."""

    name: str
    mid: str
    mcc: str
    city: str
    currency: str = HKD
    country: str = "HK"  # ISO 3166 alpha-2
    acquirer: str = ACQUIRER
    acquirer_iin: str = ACQUIRER
    forwarding_iin: str = ACQUIRER

    @property
    def qr(self) -> str:
        """Its static EMV code: no amount, the payer types it in."""
        return self.code()

    def code(self, *, amount: str | None = None, reference: str | None = None) -> str:
        """An EMV code of this shop: static, or dynamic with a `reference` (62.05) that can be paid once."""
        account = UnionPayAccount(acquirer_iin=self.acquirer_iin, forwarding_iin=self.forwarding_iin, merchant_id=self.mid)
        return build(
            MerchantQr(
                merchant_category_code=self.mcc,
                currency=self.currency,
                country=self.country,
                merchant_name=self.name,
                merchant_city=self.city,
                accounts=(DataObject(id="15", value=account.as_value()),),
                initiation=QrInitiation.DYNAMIC if reference else QrInitiation.STATIC,
                amount=amount,
                additional=AdditionalData(reference_label=reference) if reference else None,
            )
        )


MERCHANTS: Final = (
    MerchantSeed(name="Lantern Street Noodles", mid="344581200000001", mcc="5812", city="Hong Kong"),
    MerchantSeed(name="Corner Bookshop", mid="344594200000002", mcc="5942", city="Kowloon"),
    MerchantSeed(name="Kerbside Parking", mid="344752300000003", mcc="7523", city="Hong Kong"),
    MerchantSeed(name="Tsubaki Tea House", mid="392549900000004", mcc="5499", city="Kyoto", currency=JPY, country="JP"),
)


class PresetMerchant(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whom bills are paid to and who pays customers back: with an account at the issuer's bank, without a QR."""

    name: str
    mid: str
    mcc: str
    opening: Money


PRESET_MERCHANTS: Final = (
    PresetMerchant(name="Harbour Power & Light", mid="344490000000011", mcc="4900", opening=Money(100_000_00, HKD)),
    PresetMerchant(name="Lion Rock Telecom", mid="344481400000012", mcc="4814", opening=Money(100_000_00, HKD)),
)


class UrlCode(msgspec.Struct, frozen=True, kw_only=True):
    """A code of a shop in mainland China that the QR platform knows: the app reads a URL, the platform what it means.

    `amount` in yuan as text, None where the payer types it in; `one_time` can be paid once. `valid_until` None: always.
    """

    url: str
    name: str
    mcc: str
    city: str
    amount: str | None = None
    one_time: bool = False
    currency: str = CNY
    country: str = "156"
    valid_until: datetime | None = None


URL_HOST: Final = "https://qr.95516.com"

URL_CODES: Final = (
    UrlCode(url=f"{URL_HOST}/00010000/6202000000000000000000000001", name="Plum Rain Dumplings", mcc="5812", city="Shanghai"),
    UrlCode(
        url=f"{URL_HOST}/00010001/6202000000000000000000000002",
        name="West Lake Tea Stall",
        mcc="5499",
        city="Hangzhou",
        amount="36.00",
    ),
    UrlCode(
        url=f"{URL_HOST}/00010002/6202000000000000000000000003",
        name="Night Ferry Tickets",
        mcc="4111",
        city="Shenzhen",
        amount="128.50",
        one_time=True,
    ),
)


class ProductSeed(msgspec.Struct, frozen=True, kw_only=True):
    """The one card product: an everyday card in Hong Kong dollars."""

    product_id: str = "HKD-EVERYDAY"
    name: str = "Bauhinia Everyday Virtual Card"
    issuer: str = BANK
    currency: str = HKD
    trx_limit_minor: int = 50_000_00
    day_limit_minor: int = 200_000_00
    messages: frozenset[str] = frozenset(
        {
            "MPQRC_PAYMENT_EMV",
            "MPQRC_PAYMENT_URL",
            "CPQRC_PAYMENT",
            "TOKEN_PAYMENT",
            "BILL_PAYMENT",
            "CREDIT_TRANSACTION",
            "P2P_TRANSFER",
            "GET_CASH_OUT_TOKEN",
            "WITHDRAW",
        }
    )
    gateways: frozenset[str] = frozenset({HARBOUR, PEAK})
    cvm_limit_minor: int = 1_000_00
    # Apart from the numbers of the seeded cardholders, which begin 6236091 and 6291002.
    token_range: NumberRange = NumberRange(first="623609800000001", last="623609899999999")
    pan_range: NumberRange = NumberRange(first="629100800000001", last="629100899999999")
    card_face_id: str = "100101"
    verify_owner: bool = False  # the seed's chart of a given account is two messages long


PRODUCT: Final = ProductSeed()
