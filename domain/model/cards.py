"""Virtual cards and the products they are issued from (RULES section 5)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from .errors import IllegalMove


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


class HolderAction(StrEnum):
    """`tokenAction` of CARD_STATUS_MANAGEMENT (PROTOCOL section 0)."""

    SUSPEND = "SUSPEND"
    RESUME = "RESUME"
    DELETE = "DELETE"


_H, _D = HolderState, HolderAction

HOLDER_MOVES: Final[dict[HolderState, dict[HolderAction, HolderState]]] = {
    _H.ACTIVE: {_D.SUSPEND: _H.SUSPENDED, _D.DELETE: _H.DELETED},
    _H.SUSPENDED: {_D.RESUME: _H.ACTIVE, _D.DELETE: _H.DELETED},
    _H.DELETED: {},
}
"""Holder's state -> action -> next. What is not here is `21`."""

BLOCK_MOVES: Final[dict[IssuerBlock, frozenset[IssuerBlock]]] = {
    IssuerBlock.NONE: frozenset(IssuerBlock) - {IssuerBlock.NONE},
    IssuerBlock.LOST: frozenset({IssuerBlock.NONE, IssuerBlock.STOLEN, IssuerBlock.FRAUD, IssuerBlock.CLOSED}),
    IssuerBlock.STOLEN: frozenset({IssuerBlock.NONE, IssuerBlock.LOST, IssuerBlock.FRAUD, IssuerBlock.CLOSED}),
    IssuerBlock.FRAUD: frozenset({IssuerBlock.NONE, IssuerBlock.STOLEN, IssuerBlock.CLOSED}),
    IssuerBlock.RESTRICTED: frozenset(IssuerBlock) - {IssuerBlock.RESTRICTED},
    IssuerBlock.CLOSED: frozenset(),
}
"""Issuer's state -> what it may become, by an operator or the issuer alone. CLOSED is the end."""


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
    reason: str = ""  # why it is in its latest state, in the words of whoever moved it
    replaced_by: int | None = None  # card_id of its replacement
    collected: bool = True  # a replacement made by an operator waits until the app enrols and takes it
    account_tier: str = "1"
    refer_no: str = ""  # the bank's reference of the account's opening
    created_at: datetime

    @property
    def expiry(self) -> datetime:
        """Token or PAN, whichever ends first (`54`)."""
        return min(self.token_expiry, self.pan_expiry)

    @property
    def is_usable(self) -> bool:
        """Neither deleted by its holder nor closed or replaced: it counts as the user's card of this product (`88`)."""
        gone = self.holder_state is HolderState.DELETED or self.issuer_block is IssuerBlock.CLOSED
        return not gone and self.replaced_by is None

    def after(self, action: HolderAction) -> HolderState:
        """The holder's state after `action`; raises IllegalMove where the table has none."""
        try:
            return HOLDER_MOVES[self.holder_state][action]
        except KeyError:
            raise IllegalMove(f"card {self.card_id}: {action} in {self.holder_state}") from None


class NumberRange(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers that an issuer may give out, without their Luhn digit: `first` to `last`, same length, both included."""

    first: str
    last: str

    @property
    def size(self) -> int:
        return int(self.last) - int(self.first) + 1

    def number(self, nth: int) -> str:
        """The `nth` number, from 1, without its check digit. IndexError beyond the end."""
        if not 1 <= nth <= self.size:
            raise IndexError(nth)
        return f"{int(self.first) + nth - 1:0{len(self.first)}d}"


class PresetMerchant(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant with an account at the issuer's bank, for BILL_PAYMENT and CREDIT_TRANSACTION (S-207..234)."""

    merchant_id: str
    name: str
    mcc: str = ""
    gateways: frozenset[str] = frozenset()  # app gateways that may name it; empty: all of the product's


class CardFace(msgspec.Struct, frozen=True, kw_only=True):
    """A picture of the card for apps, and where the PAN goes on it, in pixels of the picture (CARDFACE_DOWNLOADING)."""

    face_id: str
    issuer: str
    kind: str = "PNG"
    pan_x: int = 0
    pan_y: int = 0
    pan_font_size: int = 0
    color: str = "FFFFFF"
    data: bytes = b""


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
    blocked_countries: frozenset[str] = frozenset()  # merchants' countries, ISO 3166 numeric: `62`
    cross_currency: bool = True  # `40` for other currencies than the product's, else
    cvm_limit_minor: int = 1000_00  # above it the cardholder verifies himself (ADDITIONAL_PROCESSING), unless a code says less
    token_range: NumberRange | None = None  # without ranges nothing can be issued (`08`)
    pan_range: NumberRange | None = None
    card_years: int = 5
    card_type: str = "Virtual Card"
    card_face_id: str = ""
    cvm_fields: tuple[str, ...] = ("firstName", "lastName", "idType", "idNo", "idCountry", "mobileNo")  # CVM_INQUIRY
    verify_owner: bool = True  # CARD_ENROLLMENT: ask the bank whether the account is this person's
    step_up: bool = False  # CARD_ENROLLMENT: a one-time password first
    kyc_window_s: int = 1800  # `95`
    otp_life_s: int = 300  # `74`
    otp_tries: int = 3  # `32`
    preset_merchants: tuple[PresetMerchant, ...] = ()

    def preset_merchant(self, merchant_id: str, gateway: str) -> PresetMerchant | None:
        """The preset merchant of that number, if this gateway may name it (`03` else)."""
        for merchant in self.preset_merchants:
            if merchant.merchant_id == merchant_id and gateway in (merchant.gateways or self.gateways):
                return merchant
        return None
