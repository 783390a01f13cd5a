"""The cashier's page as a browser that pays reads it: the form as it is proposed, and what its button says (chart U3, step 2).

Read with two patterns, not a parser: a page is read for each customer, in the process that also keeps the schedule. That they
find what a parser finds is held in tests/unit/test_perf_pages.py.
"""

from __future__ import annotations

import base64
import re
from html import unescape
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from unionhub.domain.model.errors import DomainError
from unionhub.domain.model.money import Money

FORM_TYPE: Final = "application/x-www-form-urlencoded"

_FORM: Final = re.compile(r'<form id="order"[^>]*\baction="([^"]*)"[^>]*>(.*?)</form>', re.DOTALL)
_INPUT: Final = re.compile(r"<input\b([^>]*)>")
_ATTRIBUTE: Final = re.compile(r'([a-z-]+)(?:="([^"]*)")?')
_BUTTON: Final = re.compile(r'<button[^>]*\bid="pay"[^>]*>(.*?)</button>', re.DOTALL)
_AMOUNT: Final = re.compile(r"[0-9][0-9,]*(?:\.[0-9]+)?")
_BOXES: Final = ("checkbox", "radio")


class CashierForm(msgspec.Struct, frozen=True, kw_only=True):
    """Where it goes, what is in it, and the amount on its button in major units."""

    action: str
    fields: list[tuple[str, str]]
    total: str

    @property
    def body(self) -> bytes:
        """As a browser sends it."""
        return urlencode(self.fields).encode()

    @property
    def has_card(self) -> bool:
        return any(name == "card" and value for name, value in self.fields)

    def minor(self, currency: str) -> int:
        """What the button says, in minor units of `currency`; 0 if it says no amount."""
        try:
            return Money.parse(self.total, currency).minor
        except (DomainError, ValueError):
            return 0


def read_form(page: str) -> CashierForm | None:
    """None for a page that has nothing to confirm."""
    form = _FORM.search(page)
    if form is None:
        return None
    button = _BUTTON.search(form[2])
    amount = _AMOUNT.search(unescape(re.sub(r"<[^>]*>", " ", button[1]))) if button else None
    fields = [field for tag in _INPUT.finditer(form[2]) if (field := _field(tag[1])) is not None]
    return CashierForm(action=unescape(form[1]), fields=fields, total=amount[0].replace(",", "") if amount else "")


def _field(attributes: str) -> tuple[str, str] | None:
    """What a browser sends of it; None for a box that is not ticked."""
    said: dict[str, str] = dict(_ATTRIBUTE.findall(attributes))
    if "name" not in said or (said.get("type") in _BOXES and "checked" not in said):
        return None
    return unescape(said["name"]), unescape(said.get("value", ""))


def cookie_of(set_cookie: str) -> str:
    """What a browser sends back of it: `name=value`."""
    return set_cookie.partition(";")[0].strip()


def said_in(set_cookie: str) -> str:
    """Why the cashier did not take a confirmation: the word that its redirect keeps in a cookie; empty if there is none."""
    value = cookie_of(set_cookie).partition("=")[2]
    try:
        choice = msgspec.json.decode(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)), type=dict[str, Any])
    except (ValueError, msgspec.DecodeError):
        return ""
    return str(choice.get("said", ""))
