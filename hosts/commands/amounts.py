"""Money and currencies as operators read and write them."""

from __future__ import annotations

import iso4217

from unionhub.domain.model.money import Money, UnknownCurrencyError, currency

from .failures import CommandError


def amount_text(money: Money | None) -> str:
    """`12.50 HKD`; empty for None."""
    return f"{money.text} {currency(money.currency).alpha}" if money is not None else ""


def numeric_currency(text: str) -> str:
    """ISO 4217 numeric, from three digits or three letters. Raises CommandError."""
    numeric = text
    if text.isalpha():
        try:
            numeric = f"{iso4217.Currency(text.upper()).number:03d}"
        except (ValueError, TypeError):
            numeric = ""
    try:
        return currency(numeric).numeric
    except UnknownCurrencyError:
        raise CommandError(f"{text[:20]!r} is no currency of ISO 4217: 344 or HKD, for example") from None
