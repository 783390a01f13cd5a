"""Members of trxInfo that several messages and roles share, written the way an app or an acquirer writes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from unionhub.domain.model.identifiers import Token
from unionhub.hosts.sandbox.envelope import Answer, Received
from unionhub.hosts.sandbox.seeds import HKD, MerchantSeed

Codes = str | Sequence[str]
"""One code of a wallet, or several."""


class Holder(Protocol):
    """Somebody with a virtual card as the app sees them: a seeded cardholder, or an AppUser."""

    @property
    def user_id(self) -> str: ...

    @property
    def device_id(self) -> str: ...

    @property
    def token(self) -> Token: ...

    @property
    def currency(self) -> str: ...


class AppUser(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whose card came by message. `currency` is the card's, ISO 4217 numeric."""

    user_id: str
    device_id: str
    token: Token
    currency: str = HKD


async def noted(_received: Received) -> Answer:
    """A notice is confirmed by `00`; the inbox keeps it."""
    return Answer(code="00")


def user_members(user_id: str, device_id: str) -> dict[str, Any]:
    return {"deviceID": device_id, "userID": user_id}


def card_members(holder: Holder) -> dict[str, Any]:
    return {**user_members(holder.user_id, holder.device_id), "token": holder.token.reveal()}


def merchant_members(merchant: MerchantSeed) -> dict[str, Any]:
    """merchantInfo as it is read from the code: the hub compares it, and believes the code."""
    return {
        "acquirerIIN": merchant.acquirer_iin,
        "fwdIIN": merchant.forwarding_iin,
        "mid": merchant.mid,
        "merchantName": merchant.name,
        "mcc": merchant.mcc,
    }


def code_members(emv: Codes = (), barcode: Codes = ()) -> dict[str, Any]:
    """The codes of a wallet, each kind where there is one."""
    return {"emvCpqrcPayload": _several(emv) or None, "barcodeCpqrcPayload": _several(barcode) or None}


def _several(codes: Codes) -> list[str]:
    return [codes] if isinstance(codes, str) else list(codes)
