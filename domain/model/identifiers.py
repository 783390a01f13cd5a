"""Identifiers and secrets. A secret masks itself wherever it is printed; only `reveal()` gives the value."""

from __future__ import annotations

import re
from typing import Final, Self

_DIGITS: Final = re.compile(r"[0-9]+", re.ASCII)


def luhn_valid(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B check."""
    if not _DIGITS.fullmatch(digits):
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def luhn_complete(payload: str) -> str:
    """The payload with its check digit behind it."""
    return next(payload + check for check in "0123456789" if luhn_valid(payload + check))


def mask_number(value: str) -> str:
    """First 4 + stars + last 4, as every UnionPay sample shows; anything too short for that is hidden whole."""
    return f"{value[:4]}{'*' * (len(value) - 8)}{value[-4:]}" if len(value) >= 12 else "*" * 8


class Secret:
    """A text that must not leak by being printed, logged, compared in an assertion or put in an exception."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Give the value. Every call is a place to review."""
        return self._value

    @property
    def masked(self) -> str:
        return "*" * 8

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.masked})"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._value == other._value

    def __hash__(self) -> int:
        return hash((type(self), self._value))


class CardNumber(Secret):
    """16 to 19 digits, Luhn-valid."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError (without the value) unless the text is 16-19 digits and Luhn-valid."""
        if not (16 <= len(text) <= 19 and luhn_valid(text)):
            raise ValueError(f"no {cls.__name__.lower()}")
        return cls(text)

    @property
    def masked(self) -> str:
        return mask_number(self._value)


class Pan(CardNumber):
    """Primary account number (ISO/IEC 7812)."""

    __slots__ = ()


class Token(CardNumber):
    """A token PAN in place of the PAN (PROTOCOL 2.0: starts with 62)."""

    __slots__ = ()


class AccountNumber(Secret):
    """An account at the issuer's core bank."""

    __slots__ = ()

    @property
    def masked(self) -> str:
        return mask_number(self._value)
