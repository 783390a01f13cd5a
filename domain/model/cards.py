"""Virtual cards and the products they are issued from (RULES section 5)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class HolderState(StrEnum):
    """The holder's column: what CARD_STATUS_MANAGEMENT moves."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    DELETED = "DELETED"


class IssuerBlock(StrEnum):
    """The issuer's column: the gateway's RESUME never lifts it."""

    NONE = "NONE"
    LOST = "LOST"
    STOLEN = "STOLEN"
    FRAUD = "FRAUD"
    RESTRICTED = "RESTRICTED"
    CLOSED = "CLOSED"


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A virtual card bound to an account. Numbers are vault ciphertexts; `*_index` are keyed hashes to find them by."""

    card_id: int
    issuer: str  # app_id
    product_id: str
    gateway: str  # app_id of the app gateway it was issued to
    user_id: str
    device_id: str
    token_index: bytes
    token_sealed: bytes
    token_expiry: datetime  # UTC
    pan_index: bytes
    pan_sealed: bytes
    pan_expiry: datetime  # UTC, end of the month
    masked_pan: str
    account_index: bytes
    account_sealed: bytes
    currency: str  # of the account: the bill currency
    holder_state: HolderState = HolderState.ACTIVE
    issuer_block: IssuerBlock = IssuerBlock.NONE
    created_at: datetime


class CardProduct(msgspec.Struct, frozen=True, kw_only=True):
    """What an issuer lets this hub issue, and its rules. Amounts are minor units of the product's currency."""

    product_id: str
    issuer: str  # app_id
    name: str
    currency: str
    trx_limit_minor: int
    day_limit_minor: int
    messages: frozenset[str] = frozenset()  # money messages the issuer's profile does (`40` else)
    blocked_mccs: frozenset[str] = frozenset()  # `62`
    gateways: frozenset[str] = frozenset()  # app gateways the issuer authorised (S-43; `15` else)
    settle_currency: str = "840"
    utc_offset_minutes: int = 480  # the issuer's local date: for the day limit and the settlement date
    cut_off: bool = False  # a DECLARED cut-over window: `90`
