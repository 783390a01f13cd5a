"""How product owners write things down: amounts, shops, apps. Every step reads them in the same way."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import iso4217
from parse import with_pattern
from pytest_bdd import parsers

from unionhub.domain.model.money import Money
from unionhub.hosts.sandbox.seeds import HARBOUR, MERCHANTS, PEAK, MerchantSeed

APPS: Final = {"Harbour Wallet": HARBOUR, "Peak Pay": PEAK}
SHOPS: Final[dict[str, MerchantSeed]] = {shop.name: shop for shop in MERCHANTS}


class Amount(NamedTuple):
    """`HKD 30.00` as it stands in a step. `text` may be no amount at all: some scenarios are about that."""

    currency: str  # numeric ISO 4217
    text: str

    @property
    def money(self) -> Money:
        """Raises ValueError where the text is no amount."""
        return Money.parse(self.text, self.currency, zero=True)

    @classmethod
    def of(cls, money: Money) -> Amount:
        return cls(money.currency, money.text)

    def __str__(self) -> str:
        return f"{_ALPHA[self.currency]} {self.text}"


_NUMERIC: Final = {entry.code: f"{entry.number:03d}" for entry in iso4217.Currency if entry.number is not None}
_ALPHA: Final = {numeric: alpha for alpha, numeric in _NUMERIC.items()}


@with_pattern(r"[A-Z]{3} [-0-9][-0-9.e]*")
def read_amount(text: str) -> Amount:
    """`HKD 30.00`, `JPY 1000`. Raises KeyError for letters that are no currency."""
    alpha, _, number = text.partition(" ")
    return Amount(_NUMERIC[alpha], number)


@with_pattern("|".join(APPS))
def read_app(text: str) -> str:
    """The app_id of an app's gateway."""
    return APPS[text]


@with_pattern("|".join(SHOPS))
def read_shop(text: str) -> MerchantSeed:
    return SHOPS[text]


@with_pattern(r"[0-9A-Z]{2}")
def read_code(text: str) -> str:
    """A response code."""
    return text


@with_pattern(r"[0-9]+")
def read_number(text: str) -> int:
    return int(text)


KINDS: Final = {"Amount": read_amount, "App": read_app, "Shop": read_shop, "Code": read_code, "Number": read_number}
"""What may stand behind the colon in a step's pattern: `{amount:Amount}`."""


class Phrase(parsers.parse):
    """A step's pattern. `choices`: name behind a colon -> the phrases that may stand there, and nothing else."""

    def __init__(self, text: str, **choices: Mapping[str, object]) -> None:
        self.choices = choices
        super().__init__(text, extra_types={**KINDS, **{name: _one_of(table) for name, table in choices.items()}})


def _one_of(phrases: Mapping[str, object]) -> Callable[[str], str]:
    # The longest first: one phrase may begin another.
    @with_pattern("|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True)))
    def read(text: str) -> str:
        return text

    return read
