"""What the cashier page knows: the order as a user sees it now, and the session he sees it in (chart U3, steps 2 and 3)."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from .channel_cards import ListedCard
from .marketing import MarketingOffer
from .money import Money
from .orders import Order
from .transactions import Payment


class Stage(StrEnum):
    """How far an order is, for the one who looks at its page."""

    CHOOSING = "CHOOSING"  # it can be paid
    PAYING = "PAYING"  # a payment is under way, from here, another tab or by its QR
    PAID = "PAID"
    CLOSED = "CLOSED"  # or expired: it cannot be paid any more


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who came by the cashierUrl: for this order, and so for its user, alone. `session_id` is random."""

    order_id: int
    ucsp_order_id: str
    session_id: str


class ShownOffer(msgspec.Struct, frozen=True, kw_only=True):
    """An offer that this order can have, as the user may choose it."""

    offer: MarketingOffer
    off: Money
    chosen: bool  # by the user, else proposed as part of the best combination


class CashierView(msgspec.Struct, frozen=True, kw_only=True):
    """All that the page shows."""

    order: Order
    stage: Stage
    industry_name: str
    channel_name: str
    home_url: str  # of the industry's service: where a user goes who gives up
    cards: tuple[ListedCard, ...] = ()
    no_cards: str = ""  # the code of why there are none: 57 (no login), 40 (no grant), 91, 92, 98, 96
    offers: tuple[ShownOffer, ...] = ()
    off: Money  # all that is chosen, together; zero without offers
    net: Money  # what is left to pay
    offers_fault: str = ""  # why the user's choice of offers cannot be, in his words
    codes: frozenset[str] = frozenset()  # of coupons, as he typed them
    code_faults: dict[str, str] = {}  # those of them that do not help, and why, in his words
    qr_payload: str = ""  # the order as an EMV code; empty where its merchant cannot be written as one
    form_token: str = ""  # what a confirmation must bring; each pays once
    payment: Payment | None = None  # PAYING, PAID: the one that pays it, or has paid it
    declined: Payment | None = None  # CHOOSING: the try before, if it failed


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """The user's yes: which card, which offers, and the token of the form in which he said it."""

    form_token: str
    card_id: str
    offer_ids: tuple[str, ...] = ()
    codes: frozenset[str] = frozenset()


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a confirmation. `code`: `00` paid, `04` accepted, anything else is no payment: the page is shown again."""

    code: str
    return_url: str = ""  # with the acceptance result; only for `00` and `04`
