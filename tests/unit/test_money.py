"""Amount text, RULES section 4: by the currency's exponent; every row a case."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unionhub.domain.model.money import AmountError, AmountFormatError, Money, UnknownCurrencyError

HKD, JPY, KRW, BHD, USD = "344", "392", "410", "048", "840"


@pytest.mark.parametrize(
    ("text", "currency", "minor", "written"),
    [
        ("2.22", HKD, 222, "2.22"),
        ("1", HKD, 100, "1.00"),
        ("98.", HKD, 9800, "98.00"),
        ("1.5", HKD, 150, "1.50"),
        ("1.000", HKD, 100, "1.00"),  # trailing zeros accepted
        ("0.01", HKD, 1, "0.01"),
        ("100", JPY, 100, "100"),
        ("100.00", JPY, 100, "100"),
        ("1000.", KRW, 1000, "1000"),
        ("1.001", BHD, 1001, "1.001"),
        ("9999999999999", HKD, 999999999999900, "9999999999999.00"),
    ],
)
def test_amount_text_is_read_by_the_currencys_exponent(text: str, currency: str, minor: int, written: str) -> None:
    money = Money.parse(text, currency)
    assert (money.minor, money.text) == (minor, written)


@pytest.mark.parametrize(
    ("text", "currency", "error"),
    [
        ("-1", HKD, AmountFormatError),
        ("+1", HKD, AmountFormatError),
        ("1e3", HKD, AmountFormatError),
        ("", HKD, AmountFormatError),
        (".5", HKD, AmountFormatError),
        ("1.2.3", HKD, AmountFormatError),
        ("1,00", HKD, AmountFormatError),
        ("1\n", HKD, AmountFormatError),
        (" 1", HKD, AmountFormatError),
        ("١", HKD, AmountFormatError),  # an Arabic-Indic digit one
        ("12345678901234", HKD, AmountFormatError),  # 14 characters
        ("0", HKD, AmountError),
        ("0.00", HKD, AmountError),
        ("1.001", HKD, AmountError),
        ("1.5", JPY, AmountError),
        ("1.0001", BHD, AmountError),
        ("1", "000", UnknownCurrencyError),
        ("1", "999", UnknownCurrencyError),  # no currency
        ("1", "963", UnknownCurrencyError),  # for tests
        ("1", "959", UnknownCurrencyError),  # gold
        ("1.5", "960", UnknownCurrencyError),  # drawing rights
    ],
)
def test_what_is_no_amount_is_told_apart(text: str, currency: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        Money.parse(text, currency)


def test_zero_passes_only_where_a_fee_may_be_zero() -> None:
    assert Money.parse("0.00", HKD, zero=True) == Money(0, HKD)


@pytest.mark.parametrize(
    ("minor", "currency", "rate", "to", "expected"),
    [
        (222, HKD, "0.1278459", USD, 28),  # the published sample: 2.22 x 0.1278459 = 0.28
        (1, HKD, "0.5", HKD, 1),  # half up, at the half
        (100, JPY, "0.0525", HKD, 525),
        (525, HKD, "19.05", JPY, 100),
        (10_000, HKD, "1", HKD, 10_000),
    ],
)
def test_conversion_is_half_up_to_the_targets_exponent(minor: int, currency: str, rate: str, to: str, expected: int) -> None:
    assert Money(minor, currency).convert(to, Decimal(rate)) == Money(expected, to)


@given(st.integers(min_value=1, max_value=10**10), st.sampled_from([HKD, JPY, BHD]))
def test_what_is_written_is_read_back(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    if len(money.text) <= 13:
        assert Money.parse(money.text, currency) == money


def test_currencies_do_not_mix_and_money_is_never_negative() -> None:
    with pytest.raises(ValueError, match="differ"):
        Money(1, HKD) + Money(1, USD)
    with pytest.raises(ValueError, match="negative"):
        Money(1, HKD) - Money(2, HKD)
