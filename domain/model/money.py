"""Money: integer minor units with an ISO 4217 currency. Decimal text exists only on the wire; no float, ever."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Final

import iso4217
import msgspec

AMOUNT_TEXT: Final = r"^[0-9]{1,13}(\.[0-9]*)?\Z"
"""Form of an amount on the wire (ANS 1-13, PROTOCOL 2.0). A sign, an exponent or a lone dot is a format error (`30`)."""

_AMOUNT = re.compile(AMOUNT_TEXT, re.ASCII)
_MAX_TEXT_CHARS: Final = 13


class AmountError(ValueError):
    """The text is a well-formed amount that cannot be one in this currency (`13`): zero or too many decimals."""


class AmountFormatError(ValueError):
    """The text is no amount at all (`30`)."""


class UnknownCurrencyError(ValueError):
    """Not the numeric code of a currency of ISO 4217, or of one without a minor unit, such as gold (`12`)."""


class Currency(msgspec.Struct, frozen=True, kw_only=True):
    """An ISO 4217 currency: `numeric` as three digits, `exponent` = decimals of its minor unit."""

    numeric: str
    alpha: str
    exponent: int


def _table() -> dict[str, Currency]:
    """What one can pay with. ISO 4217 also numbers gold, drawing rights, tests (963) and "no currency" (999): those have no
    minor unit, so no amount of them could be written."""
    found: dict[str, Currency] = {}
    for entry in iso4217.Currency:
        if entry.number is None or entry.exponent is None:
            continue
        numeric = f"{entry.number:03d}"
        found[numeric] = Currency(numeric=numeric, alpha=entry.code, exponent=entry.exponent)
    return found


_CURRENCIES: Final = _table()


@lru_cache(maxsize=512)
def currency(numeric: str) -> Currency:
    """Look a currency up by its numeric code; raises UnknownCurrencyError."""
    try:
        return _CURRENCIES[numeric]
    except KeyError:
        raise UnknownCurrencyError(numeric) from None


def is_currency(numeric: str) -> bool:
    """Is it the numeric code of an ISO 4217 currency that has a minor unit?"""
    return numeric in _CURRENCIES


class Money(msgspec.Struct, frozen=True, order=False):
    """An amount in minor units of a currency (numeric ISO 4217 code). May be zero, never negative."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, text: str, currency_code: str, *, zero: bool = False) -> Money:
        """Read wire text. Trailing zeros beyond the exponent are accepted (RULES section 4).

        Raises AmountFormatError (`30`), UnknownCurrencyError (`12`), AmountError (`13`; zero unless `zero`).
        """
        if len(text) > _MAX_TEXT_CHARS or not _AMOUNT.match(text):
            raise AmountFormatError(text[:_MAX_TEXT_CHARS])
        exponent = currency(currency_code).exponent
        whole, _, fraction = text.partition(".")
        if fraction[exponent:].strip("0"):
            raise AmountError("more decimals than the currency has")
        minor = int(whole + fraction[:exponent].ljust(exponent, "0"))
        if minor == 0 and not zero:
            raise AmountError("zero")
        return cls(minor, currency_code)

    @property
    def text(self) -> str:
        """The wire form, with exactly the currency's decimals."""
        exponent = currency(self.currency).exponent
        if exponent == 0:
            return str(self.minor)
        digits = str(self.minor).rjust(exponent + 1, "0")
        return f"{digits[:-exponent]}.{digits[-exponent:]}"

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        if other.minor > self.minor:
            raise ValueError("money cannot be negative")
        return Money(self.minor - other.minor, self.currency)

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor < other.minor

    def convert(self, to: str, rate: Decimal) -> Money:
        """Convert at `rate` (units of `to` for one unit of ours), half-up to the target's exponent (RULES section 4)."""
        own, target = currency(self.currency).exponent, currency(to).exponent
        value = Decimal(self.minor).scaleb(-own) * rate
        return Money(int(value.scaleb(target).to_integral_value(ROUND_HALF_UP)), to)

    def percent(self, percentage: Decimal) -> Money:
        """That share of the amount, half-up to the minor unit (EMV MPM ID 57)."""
        return Money(int((self.minor * percentage / 100).to_integral_value(ROUND_HALF_UP)), self.currency)

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"currencies differ: {self.currency} and {other.currency}")
