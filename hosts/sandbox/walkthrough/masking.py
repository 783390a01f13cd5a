"""Bodies of messages as a page may show them: no card number, token, account, key or way in, and sealed fields shortened."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from unionhub.domain.model.identifiers import luhn_valid, mask_number
from unionhub.hosts.sandbox.journal import Body

LONG_CHARS: Final = 160
DEEP: Final = 12

_NUMBERS: Final = frozenset({"token", "pan", "trxToken", "accountNo", "account"})
"""Members that are numbers of cards and accounts: the first and the last four digits are shown."""

_SECRETS: Final = frozenset(
    {
        "ticket",
        "otp",
        "otpValue",
        "otpKey",
        "expiry",
        "tokenExpiry",
        "panExpiry",
        "expiryDate",
        "emvCpqrcPayload",
        "barcodeCpqrcPayload",
        "qrcPayload",
        "deviceID",
        "cardId",
    }
)
"""Members of which nothing is shown."""

_PUBLIC_KEYS: Final = frozenset({"insSignPublicKey", "insEncPublickey"})
_PLAIN: Final = frozenset({"msgID", "origMsgID", "origTrxMsgID", "relTrxMsgID", "orderId", "ucspOrderId", "userID", "userId"})
"""Long numbers that name messages, orders and people."""

_JWE: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*){4}")
_CARD: Final = re.compile(r"(?<![0-9])[0-9]{13,19}(?![0-9])")
_URL: Final = re.compile(r"https?://\S+")
_HIDDEN: Final = "••••••••"


def shown(body: Body | None) -> Any:
    """The body, masked: an object, or a line about what is none. None where nothing is known."""
    if body is None:
        return None
    if isinstance(body, Mapping):
        return _masked("", dict(body), DEEP)
    try:
        return _masked("", msgspec.json.decode(body), DEEP)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return f"{len(body)} bytes that are no JSON"


def _masked(name: str, value: Any, depth: int) -> Any:
    if depth == 0:
        return "…"
    if isinstance(value, dict):
        return {str(key): _masked(str(key), each, depth - 1) for key, each in value.items()}
    if isinstance(value, list):
        return [_masked(name, each, depth - 1) for each in value]
    return _masked_text(name, value) if isinstance(value, str) else value


def _masked_text(name: str, text: str) -> str:
    if not text:
        return text
    if name in _SECRETS:
        return _HIDDEN
    if name in _NUMBERS:
        return mask_number(text)
    if name in _PUBLIC_KEYS:
        return f"a public key, {len(text)} characters"
    if _JWE.fullmatch(text):
        return f"{text[:12]}… sealed (JWE, {len(text)} characters)"
    if _URL.fullmatch(text):
        return _without_way_in(text)
    if name not in _PLAIN:
        text = _CARD.sub(lambda found: mask_number(found[0]) if luhn_valid(found[0]) else found[0], text)
    return text if len(text) <= LONG_CHARS else f"{text[:40]}… ({len(text)} characters)"


def _without_way_in(url: str) -> str:
    """The address without what lets somebody in: its query's values, and what looks drawn by lot in its path."""
    parts = urlsplit(url)
    path = "/".join(_HIDDEN if len(segment) >= 20 else segment for segment in parts.path.split("/"))
    names = [pair.partition("=")[0] for pair in parts.query.split("&") if pair]
    query = "?" + "&".join(f"{name}={_HIDDEN}" for name in names) if names else ""
    return f"{parts.scheme}://{parts.netloc}{path}{query}" + (f"#{_HIDDEN}" if parts.fragment else "")
