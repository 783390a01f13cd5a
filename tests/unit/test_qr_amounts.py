"""Amounts and tips against the code, RULES section 4: trxAmt is gross and includes trxFeeAmt."""

from __future__ import annotations

import msgspec
import pytest

from unionhub.domain.flows.merchant_qr_emv import amounts
from unionhub.domain.model.errors import Decline
from unionhub.domain.model.identifiers import Token
from unionhub.domain.model.messages import MerchantQrPayment, Payer
from unionhub.domain.model.qr.merchant import MerchantQr, TipIndicator
from unionhub.domain.model.qr.tlv import DataObject

STATIC = MerchantQr(
    merchant_category_code="5812",
    currency="344",
    country="HK",
    merchant_name="Shop",
    merchant_city="Hong Kong",
    accounts=(DataObject(id="15", value="9920034499200344123456789012345"),),
)


def code(amount: str | None = None, tip: TipIndicator | None = None, fixed: str | None = None, percent: str | None = None,
         currency: str = "344") -> MerchantQr:  # fmt: skip
    return msgspec.structs.replace(STATIC, amount=amount, tip=tip, fixed_fee=fixed, percentage_fee=percent, currency=currency)


def request(amount: str, fee: str = "", currency: str = "344") -> MerchantQrPayment:
    payer = Payer(token=Token("x"), user_id="u", device_id="d")
    return MerchantQrPayment(payer=payer, amount=amount, currency=currency, qr_payload="q", fee=fee)


PROMPT, FIXED, PERCENT = TipIndicator.PROMPT, TipIndicator.FIXED_FEE, TipIndicator.PERCENTAGE_FEE

ACCEPTED = [
    # amount, fee, code, (gross, fee) in minor units
    ("30.00", "", code(), (3000, 0)),
    ("30.00", "0.00", code(), (3000, 0)),
    ("30.00", "", code("30"), (3000, 0)),
    ("30", "", code("30."), (3000, 0)),
    ("33.00", "3.00", code("30.00", PROMPT), (3300, 300)),
    ("30.00", "", code("30.00", PROMPT), (3000, 0)),
    ("33.00", "3", code(None, PROMPT), (3300, 300)),
    ("32.50", "2.50", code("30.00", FIXED, fixed="2.50"), (3250, 250)),
    ("31.50", "1.50", code("30.00", PERCENT, percent="5.00"), (3150, 150)),
    ("31.51", "1.51", code("30.00", PERCENT, percent="5.00"), (3151, 151)),  # one minor unit either way
    ("31.49", "1.49", code("30.00", PERCENT, percent="5.00"), (3149, 149)),
    ("10.51", "0.51", code("10.00", PERCENT, percent="5.05"), (1051, 51)),  # 0.505 rounds half up
    ("105", "5", code("100", PERCENT, percent="5.00", currency="392"), (105, 5)),
]

DECLINED = [
    ("30.00", "", code("31.00"), "344", "13"),
    ("30.00", "1.00", code("30.00"), "344", "13"),
    ("31.00", "1.00", code("30.00"), "344", "13"),  # no indicator: no fee
    ("30.00", "", code("30.00", FIXED, fixed="2.50"), "344", "13"),
    ("32.49", "2.49", code("30.00", FIXED, fixed="2.50"), "344", "13"),
    ("31.52", "1.52", code("30.00", PERCENT, percent="5.00"), "344", "13"),
    ("30.00", "", code("30.00", PERCENT, percent="5.00"), "344", "13"),
    ("30.00", "30.00", code(None, PROMPT), "344", "13"),  # nothing is left for the purchase
    ("30.00", "31.00", code(None, PROMPT), "344", "13"),
    ("0", "", code(), "344", "13"),
    ("0.00", "", code(), "344", "13"),
    ("1.001", "", code(), "344", "13"),
    ("1.00", "0.001", code(None, PROMPT), "344", "13"),
    ("30.00", "", code("30.005"), "344", "13"),
    ("100.50", "", code(currency="392"), "392", "13"),
    ("30.00", "", code(), "840", "12"),
    ("30.00", "", code(currency="000"), "000", "12"),
    ("1.001", "", code(), "840", "12"),  # the currency before the amount (section 9)
]


@pytest.mark.parametrize(("amount", "fee", "qr", "expected"), ACCEPTED)
def test_what_fits_the_code(amount: str, fee: str, qr: MerchantQr, expected: tuple[int, int]) -> None:
    gross, paid_fee = amounts(request(amount, fee, qr.currency), qr)
    assert (gross.minor, paid_fee.minor) == expected


@pytest.mark.parametrize(("amount", "fee", "qr", "currency", "expected"), DECLINED)
def test_what_does_not(amount: str, fee: str, qr: MerchantQr, currency: str, expected: str) -> None:
    with pytest.raises(Decline) as caught:
        amounts(request(amount, fee, currency), qr)
    assert caught.value.code == expected
