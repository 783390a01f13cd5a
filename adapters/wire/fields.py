"""The elements that messages share: their forms and lengths (PROTOCOL 1.6 and 2.0), once.

Patterns end in \\Z: a `$` would let a trailing line feed pass. Free text takes no control characters: PostgreSQL could not
store a NUL, and a line feed would forge a log line.
"""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from unionhub.domain.model.money import AMOUNT_TEXT


def wire_name(name: str) -> str:
    """`device_id` -> `deviceID`, `fwd_iin` -> `fwdIIN`, `trx_amt` -> `trxAmt`: the public spelling of the elements."""
    head, *tail = name.split("_")
    return head + "".join({"id": "ID", "iin": "IIN"}.get(part, part.title()) for part in tail)


def _text(low: int, high: int) -> Meta:
    return Meta(pattern=rf"^[^\x00-\x1f\x7f]{{{low},{high}}}\Z")


def _ans(low: int, high: int) -> Meta:
    return Meta(pattern=rf"^[\x20-\x7e]{{{low},{high}}}\Z")


_STAMP: Final = r"[0-9]{4}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]"

VersionNo = Annotated[str, _ans(5, 5)]
MsgId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9]{17,49}\Z")]
MsgIdOrEmpty = Annotated[str, Meta(pattern=r"^([A-Za-z0-9]{17,49})?\Z")]
TimeStamp = Annotated[str, Meta(pattern=rf"^{_STAMP}\Z")]
MsgType = Annotated[str, _ans(1, 50)]
InsId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9]{1,16}\Z")]
DeviceId = Annotated[str, _ans(1, 64)]
UserId = Annotated[str, _ans(1, 64)]
CardId = Annotated[str, _ans(1, 64)]
TokenText = Annotated[str, Meta(pattern=r"^[0-9]{16,19}\Z")]
Amount = Annotated[str, Meta(pattern=AMOUNT_TEXT, max_length=13)]
AmountOrEmpty = Annotated[str, Meta(pattern=rf"^({AMOUNT_TEXT[1:-2]})?\Z", max_length=13)]
CurrencyCode = Annotated[str, Meta(pattern=r"^[0-9]{3}\Z")]
QrPayload = Annotated[str, _text(1, 2048)]
Jwe = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,16384}\Z")]
Digits8 = Annotated[str, Meta(pattern=r"^[0-9]{8}\Z")]
ReferNo = Annotated[str, _ans(1, 50)]
Coupon = Annotated[str, _ans(0, 30)]
Note = Annotated[str, _text(0, 120)]


def ans(high: int) -> Meta:
    """Optional alphanumeric-special text, empty or up to `high` characters of printable ASCII."""
    return _ans(0, high)


def text(high: int) -> Meta:
    """Optional text in any script, empty or up to `high` characters."""
    return _text(0, high)


def digits(low: int, high: int) -> Meta:
    """So many ASCII digits."""
    return Meta(pattern=rf"^[0-9]{{{low},{high}}}\Z")
