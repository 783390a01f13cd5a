"""Which public keys of a party are alive after it has sent new ones (KEY_EXCHANGE, PROTOCOL 1.5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from .parties import PublicKey

MAX_ALIVE: Final = 3
"""Keys of one use that stay alive: the newest, and those that the other side may not have put away yet."""


class OfferedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key as a partner sends it. `field` is where it stood; `key` is None where its text is no public key at all."""

    field: str
    key: PublicKey | None


class KeyExchangeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """KEY_EXCHANGE as asked. `fault` is the path of a field that cannot be (``30``), empty if there is none."""

    offered: tuple[OfferedKey, ...] = ()
    fault: str = ""


class ExchangedKeys(msgspec.Struct, frozen=True, kw_only=True):
    """What both sides seal to from now on, by kid. `partner_kid` is empty for a party without an encryption key."""

    hub_kid: str
    partner_kid: str


class FittedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A public key that fits its party's profile, as it is stored; equal thumbprints are equal keys (RFC 7638)."""

    key: PublicKey
    thumbprint: str


def with_newer(alive: Sequence[PublicKey], newer: Sequence[PublicKey], signed_by: str) -> tuple[PublicKey, ...]:
    """`alive` with the `newer` keys last, which makes them the newest of their use.

    Beyond MAX_ALIVE of one use the oldest goes, but never the key that signed (`signed_by`): the sender may have put away
    the others already. Uses that nothing is added to stay as they are.
    """
    keys = [*alive, *newer]
    for use in {key.use for key in newer}:
        of_use = [key for key in keys if key.use == use]
        may_go = [key for key in of_use if not (key.use == "sig" and key.kid == signed_by) and key not in newer]
        for oldest in may_go[: max(0, len(of_use) - MAX_ALIVE)]:
            keys.remove(oldest)
    return tuple(keys)


def newest_kid(keys: Sequence[PublicKey], use: str) -> str:
    """The kid of the last one registered for this use, empty if there is none."""
    return next((key.kid for key in reversed(keys) if key.use == use), "")
