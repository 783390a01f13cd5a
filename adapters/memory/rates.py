"""Exchange rates from a fixed table."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from unionhub.domain.model.money import currency

SIGNIFICANT_DIGITS: Final = 7
"""Every rate fits the 7 significant digits of an ISO 8583 conversion rate (DE 9, DE 10), as UnionPay's 0.1278459 does."""

SAMPLE_RATES: Final[Mapping[tuple[str, str], Decimal]] = {
    ("840", "156"): Decimal("7.1"),
    ("840", "344"): Decimal("7.82191"),
    ("840", "392"): Decimal("151.3"),
    ("840", "410"): Decimal(1385),
    ("840", "702"): Decimal("1.34"),
    ("840", "764"): Decimal("36.2"),
    ("840", "978"): Decimal("0.92"),
}
"""Units of the second currency for one unit of the first (US dollar). For development: plausible, but no market's."""

_EXACT: Final = Context(prec=40)
_ROUNDED: Final = Context(prec=SIGNIFICANT_DIGITS, rounding=ROUND_HALF_UP)


class FixedRates:
    """ports.rates.Rates from `table`: (from, to) -> units of `to` for one unit of `from`, ISO 4217 numeric.

    A rate in the table is given out as it stands. One that is not there is the inverse of its opposite, else the cross
    through `base`, computed exactly and then rounded once, half-up, to SIGNIFICANT_DIGITS.
    """

    def __init__(self, table: Mapping[tuple[str, str], Decimal], base: str = "840") -> None:
        """Raises UnknownCurrencyError, and ValueError for a rate that is not above zero or has too many digits."""
        for code in {base, *(code for pair in table for code in pair)}:
            currency(code)
        for (frm, to), rate in table.items():
            if not rate.is_finite() or rate <= 0 or rate != _ROUNDED.plus(rate):
                raise ValueError(f"the rate {frm} to {to} must be above 0 and have at most {SIGNIFICANT_DIGITS} digits")
            if frm == to:
                raise ValueError(f"the rate {frm} to {to} is 1 and not for a table to say")
        self._table = dict(table)
        self._base = base

    def rate(self, frm: str, to: str) -> Decimal | None:
        """Units of `to` for one unit of `frm`; exactly 1 for the same currency; None where there is no way."""
        if frm == to:
            return Decimal(1)
        if (frm, to) in self._table:
            return self._table[frm, to]
        found = self._derived(frm, to)
        return _ROUNDED.plus(found) if found is not None else None

    def _derived(self, frm: str, to: str) -> Decimal | None:
        direct = self._either_way(frm, to)
        if direct is not None or self._base in (frm, to):
            return direct
        first, second = self._either_way(frm, self._base), self._either_way(self._base, to)
        return _EXACT.multiply(first, second) if first is not None and second is not None else None

    def _either_way(self, frm: str, to: str) -> Decimal | None:
        if (frm, to) in self._table:
            return self._table[frm, to]
        opposite = self._table.get((to, frm))
        return _EXACT.divide(Decimal(1), opposite) if opposite is not None else None
