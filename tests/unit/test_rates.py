"""Fixed exchange rates: the table as it stands, inverses and crosses in exact decimals."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest

from unionhub.adapters.memory.rates import SAMPLE_RATES, FixedRates
from unionhub.domain.model.money import Money, UnknownCurrencyError
from unionhub.ports.rates import Rates

TABLE = {
    ("840", "344"): Decimal("7.8"),
    ("840", "156"): Decimal("7.1"),
    ("392", "840"): Decimal("0.0066"),
    ("344", "156"): Decimal("0.9"),
    ("156", "344"): Decimal("1.09"),
    ("036", "554"): Decimal("1.1"),
}


@pytest.mark.parametrize(
    ("frm", "to", "rate"),
    [
        ("344", "344", "1"),
        ("578", "578", "1"),  # no rate is needed for that
        ("840", "344", "7.8"),
        ("344", "840", "0.1282051"),  # 1 / 7.8 = 0.128205128...
        ("392", "840", "0.0066"),
        ("840", "392", "151.5152"),  # 1 / 0.0066 = 151.515151...: half-up in the seventh digit
        ("344", "156", "0.9"),  # both ways stand in the table: neither is computed
        ("156", "344", "1.09"),
        ("392", "344", "0.05148"),  # 0.0066 x 7.8
        ("344", "392", "19.42502"),  # 1 / 7.8 / 0.0066 = 19.425019...
        ("156", "392", "21.34016"),  # 1 / 7.1 / 0.0066 = 21.340162...
        ("554", "036", "0.9090909"),
    ],
)
def test_rates(frm: str, to: str, rate: str) -> None:
    rates: Rates = FixedRates(TABLE)
    assert rates.rate(frm, to) == Decimal(rate)


@pytest.mark.parametrize(("frm", "to"), [("840", "578"), ("578", "840"), ("578", "344"), ("036", "344"), ("840", "036")])
def test_no_way_is_none(frm: str, to: str) -> None:
    assert FixedRates(TABLE).rate(frm, to) is None


def test_the_same_currency_is_exactly_one() -> None:
    rate = FixedRates(TABLE).rate("392", "392")
    assert str(rate) == "1"


def test_the_cross_goes_through_the_base_that_is_named() -> None:
    table = {("978", "756"): Decimal("0.95"), ("978", "826"): Decimal("0.85")}
    assert FixedRates(table, base="978").rate("756", "826") == Decimal("0.8947368")
    assert FixedRates(table).rate("756", "826") is None


def test_the_callers_decimal_context_changes_nothing() -> None:
    with localcontext(prec=3):
        assert FixedRates(TABLE).rate("392", "344") == Decimal("0.05148")
        assert FixedRates(TABLE).rate("344", "840") == Decimal("0.1282051")


def test_money_is_converted_as_the_sample_message_shows() -> None:
    """PROTOCOL 2.3: 2.22 x 0.1278459 = 0.28."""
    rate = FixedRates({("344", "840"): Decimal("0.1278459")}).rate("344", "840")
    assert rate is not None
    assert Money.parse("2.22", "344").convert("840", rate) == Money(28, "840")


@pytest.mark.parametrize("rate", ["0", "-1", "NaN", "Infinity", "1.2345678", "12345678"])
def test_a_rate_that_is_none(rate: str) -> None:
    with pytest.raises(ValueError, match="840 to 344 must be above 0 and have at most 7 digits"):
        FixedRates({("840", "344"): Decimal(rate)})


def test_a_rate_of_a_currency_to_itself() -> None:
    with pytest.raises(ValueError, match="not for a table to say"):
        FixedRates({("840", "840"): Decimal(1)})


@pytest.mark.parametrize("pair", [("840", "HKD"), ("84", "344")])
def test_unknown_currencies(pair: tuple[str, str]) -> None:
    with pytest.raises(UnknownCurrencyError):
        FixedRates({pair: Decimal(1)})
    with pytest.raises(UnknownCurrencyError):
        FixedRates({}, base=pair[0] if pair[0] != "840" else pair[1])


def test_the_sample_connects_its_currencies() -> None:
    rates = FixedRates(SAMPLE_RATES)
    codes = {code for pair in SAMPLE_RATES for code in pair}
    assert {"156", "344", "392", "840"} <= codes
    assert all(rates.rate(frm, to) is not None for frm in codes for to in codes)
