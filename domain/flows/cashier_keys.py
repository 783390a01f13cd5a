"""What the cashier signs: its URLs, the sessions of those who open them, and their forms (chart U3; RULES section 6)."""

from __future__ import annotations

import base64
from collections.abc import Collection
from hmac import compare_digest
from typing import Final
from urllib.parse import urlencode

import msgspec

from unionhub.domain.model.marketing import Purchase
from unionhub.domain.model.orders import Order
from unionhub.ports.clock import Clock
from unionhub.ports.vault import Vault

PATH: Final = "/cashier"
KEY: Final = "key"
"""The member of cashierUrl's query that lets its bearer in."""


class CashierKeys:
    """Signs what browsers bring back: who may come in, whose session it is, and each form. All are bound to one order, its
    industry and its user; nothing of it is stored."""

    def __init__(self, vault: Vault, public_url: str) -> None:
        self._vault = vault
        self._public_url = public_url.rstrip("/")

    def url(self, order: Order) -> str:
        """cashierUrl: of an order always the same."""
        return f"{self._public_url}{PATH}/{order.ucsp_order_id}?{urlencode({KEY: self.entry(order)})}"

    def entry(self, order: Order) -> str:
        return self._signed("entry", order)

    def session(self, order: Order, session_id: str) -> str:
        """A session as a cookie carries it."""
        return f"{session_id}.{self._signed('session', order, session_id)}"

    def form(self, order: Order, session_id: str, nonce: str) -> str:
        """A form's token: of this session, good for one confirmation."""
        return f"{nonce}.{self._signed('form', order, session_id, nonce)}"

    def is_entry(self, order: Order, key: str) -> bool:
        return _same(key, self.entry(order))

    def session_of(self, order: Order, cookie: str) -> str:
        """The session's id; empty for a cookie that is none of this order."""
        session_id = _name(cookie)
        return session_id if session_id and _same(cookie, self.session(order, session_id)) else ""

    def nonce_of(self, order: Order, session_id: str, token: str) -> str:
        """The form's nonce; empty for a token that is none of this session."""
        nonce = _name(token)
        return nonce if nonce and _same(token, self.form(order, session_id, nonce)) else ""

    def _signed(self, purpose: str, order: Order, *parts: str) -> str:
        said = ["cashier", purpose, order.ucsp_order_id, order.industry, order.channel, order.user_id, *parts]
        return url_text(self._vault.digest(msgspec.json.encode(said)))


def purchase_of(order: Order, clock: Clock, codes: Collection[str]) -> Purchase:
    """The order as offers see it."""
    return Purchase(
        gross=order.amount,
        channel=order.channel,
        industry=order.industry,
        user_id=order.user_id,
        now=clock.now(),
        codes=frozenset(codes),
    )


def _name(signed: str) -> str:
    """What stands before the signature; empty for what cannot be ours: a header may bring any byte."""
    return signed.partition(".")[0] if signed.isascii() else ""


def _same(said: str, right: str) -> bool:
    return compare_digest(said.encode(errors="replace"), right.encode())


def url_text(content: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
