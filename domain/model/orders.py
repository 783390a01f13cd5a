"""Orders at the cashier: what an industry sells to a channel's user, and what became of it (chart U3; RULES section 6).

Each try to pay an order at the cashier is a `Payment` that holds the order's once-key, so there is one at a time, and an order
closes only by taking that key itself: never with a payment in flight. Its QR may be paid beside it. Whichever is approved
first moves the order to PAID in the same transaction; a later approval finds that done, and is taken back.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

import msgspec

from .money import Money
from .transactions import Merchant, OnceKey, Payment

UCSP_ORDER_ID_LENGTH: Final = 20
_ID_DIGITS: Final = 12


class OrderState(StrEnum):
    PLACING = "PLACING"  # the downstream system has not confirmed it: nobody can pay it
    OPEN = "OPEN"
    PAID = "PAID"
    CLOSED = "CLOSED"


class OrderStatus(StrEnum):
    """`paymentStatus` of PAYMENT_RESULT, of its notice and of the inquiry (RULES section 11)."""

    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    CLOSED = "CLOSED"
    REFUNDED = "REFUNDED"
    PENDING = "PENDING"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """`(industry, reference)` is its business key. Its id is of the same sequence as those of payments and acts."""

    order_id: int
    industry: str  # app_id
    channel: str  # app_id
    user_id: str
    reference: str  # the industry's orderId
    ordered_at: str  # orderTime, as the industry wrote it
    amount: Money
    subject: str
    return_url: str
    acquirer: str  # app_id of the downstream system
    merchant: Merchant
    state: OrderState
    opened_at: datetime
    expires_at: datetime  # from then on nobody can begin to pay it
    asked_expiry: str = ""  # expiresAt, as the industry wrote it
    login_id: int | None = None  # the login within which it was submitted: without one the channel is asked for no cards
    downstream_id: str = ""  # downstreamOrderId
    paid_by: int | None = None  # the payment that was approved first

    @property
    def ucsp_order_id(self) -> str:
        """ucspOrderId, 20 digits: the day and a number that never comes twice."""
        return f"{self.opened_at:%Y%m%d}{self.order_id % 10**_ID_DIGITS:0{_ID_DIGITS}d}"

    @property
    def once(self) -> OnceKey:
        """What a payment of this order holds (`94`)."""
        return OnceKey(key=once_key(self.order_id), code="94")

    def can_be_paid(self, now: datetime) -> bool:
        return self.state is OrderState.OPEN and now < self.expires_at

    def same_content(self, other: Order) -> bool:
        """Would the industry mean the same order by `other`? Its numbers and times are ours, so they do not count."""
        return _content(self) == _content(other)


def _content(order: Order) -> tuple[object, ...]:
    said = (order.channel, order.user_id, order.ordered_at, order.subject, order.return_url, order.asked_expiry)
    return (order.industry, order.reference, order.amount.minor, order.amount.currency, *said)


def once_key(order_id: int) -> str:
    return f"order:{order_id}"


def order_id_of(ucsp_order_id: str) -> int | None:
    """The order's id in a ucspOrderId; None for what is none. Whether there is that order, the store knows."""
    if len(ucsp_order_id) != UCSP_ORDER_ID_LENGTH or not (ucsp_order_id.isascii() and ucsp_order_id.isdigit()):
        return None
    return int(ucsp_order_id[-_ID_DIGITS:])


def status_of(order: Order, *, refunded: bool) -> OrderStatus:
    """What PAYMENT_RESULT_INQUIRY says. A declined try leaves the order open: it may still be paid."""
    if order.state is OrderState.PAID:
        return OrderStatus.REFUNDED if refunded else OrderStatus.APPROVED
    return OrderStatus.CLOSED if order.state is OrderState.CLOSED else OrderStatus.PENDING


def paid(order: Order, payment: Payment) -> tuple[Order, Order]:
    """The move of an order that `payment` pays, for `move_order`: it succeeds for the first one only."""
    still_open = msgspec.structs.replace(order, state=OrderState.OPEN)
    return still_open, msgspec.structs.replace(order, state=OrderState.PAID, paid_by=payment.payment_id)


def lies_under(url: str, base: str) -> bool:
    """Is `url` below the folder of `base`, at the same origin? Both https, or the same scheme (RULES section 6: returnUrl)."""
    try:
        there, here = urlsplit(url), urlsplit(base)
        same = (there.scheme, there.hostname, there.port) == (here.scheme, here.hostname, here.port)
    except ValueError:
        return False
    if not same or there.scheme not in ("http", "https") or "@" in there.netloc or "\\" in url or "#" in url:
        return False
    if not url.isascii() or not url.isprintable() or " " in url:
        return False
    path = there.path or "/"
    # What a browser makes of dots, or a server of slashes that it decodes, is another folder.
    plain = path.lower().replace("%2e", ".").replace("%2f", "/").replace("%5c", "/")
    if any(part in (".", "..") for part in plain.split("/")):
        return False
    folder = here.path[: here.path.rfind("/") + 1] or "/"
    return path.startswith(folder)


class OrderRequest(msgspec.Struct, frozen=True, kw_only=True):
    """SUBMIT_PAYMENT_ORDER as asked. The amount is wire text, times are as the industry wrote them, `expires_at` read."""

    channel_code: str
    user_id: str
    reference: str
    ordered_at: str
    amount: str
    currency: str
    subject: str
    return_url: str
    asked_expiry: str = ""


class Submitted(msgspec.Struct, frozen=True, kw_only=True):
    """SUBMIT_PAYMENT_ORDER's answer."""

    order: Order
    cashier_url: str


class OrderResult(msgspec.Struct, frozen=True, kw_only=True):
    """PAYMENT_RESULT of a downstream acquirer. `orig_msg_id` is the PAY's; without it the order was paid by its QR."""

    downstream_id: str
    ucsp_order_id: str
    status: OrderStatus
    settlement_key: str = ""  # SettlementKey.text
    retrieval_ref: str = ""
    orig_msg_id: str = ""
    reason: str = ""
    amount: str = ""  # wire text, in `currency`: what was paid, or of REFUNDED what was given back
    currency: str = ""


class OrderStanding(msgspec.Struct, frozen=True, kw_only=True):
    """PAYMENT_RESULT_INQUIRY's answer: the order, the payment that paid it (or is about to), and what came back of that."""

    order: Order
    status: OrderStatus
    payment: Payment | None = None
    refunded: Money | None = None
    paid_at: datetime | None = None  # in the zone of whoever asks
