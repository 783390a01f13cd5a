"""How product owners write things down: amounts, shops, apps. Every step reads them in the same way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Generic, NamedTuple, TypeVar

import iso4217
from pytest_bdd import parsers

from unionhub.domain.model.money import Money
from unionhub.hosts.sandbox.seeds import HARBOUR, MERCHANTS, PEAK, MerchantSeed

T = TypeVar("T")

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


class Spelling(Generic[T]):
    """How one kind of word is written in a step, and what it means there."""

    regex_group_count = 0  # what the library `parse` looks for in a converter, beside `pattern`

    def __init__(self, pattern: str, meaning: Callable[[str], T]) -> None:
        self.pattern = pattern
        self._meaning = meaning

    def __call__(self, text: str) -> T:
        return self._meaning(text)


def one_of(phrases: Iterable[str]) -> str:
    """A pattern: one of these, and nothing else. The longest first, since one may begin another."""
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))


def read_amount(text: str) -> Amount:
    """`HKD 30.00`, `JPY 1000`. Raises KeyError for letters that are no currency."""
    alpha, _, number = text.partition(" ")
    return Amount(_NUMERIC[alpha], number)


KINDS: Final[dict[str, Callable[[str], Any]]] = {
    "Amount": Spelling(r"[A-Z]{3} [-0-9][-0-9.e]*", read_amount),
    "App": Spelling(one_of(APPS), APPS.__getitem__),  # the app_id of its gateway
    "Shop": Spelling(one_of(SHOPS), SHOPS.__getitem__),
    "Code": Spelling("[0-9A-Z]{2}", str),  # a response code
    "Number": Spelling("[0-9]+", int),
}
"""What may stand behind the colon in a step's pattern: `{amount:Amount}`."""


class Phrase(parsers.parse):
    """A step's pattern. `choices`: name behind a colon -> the phrases that may stand there, and nothing else."""

    def __init__(self, text: str, **choices: Mapping[str, object]) -> None:
        self.choices = choices
        super().__init__(text, extra_types={**KINDS, **{name: Spelling(one_of(table), str) for name, table in choices.items()}})
