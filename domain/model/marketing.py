"""UCSP's marketing: offers that take something off what a user pays at the cashier, and who pays it instead.

The seed: "coupon, incentive money and instant discount", "channel and UPI can jointly promote" (U-27, U-191; RULES sections 1
and 6). The merchant is credited the gross amount, each offer is one Discount, and its budget is an Allowance of the payment:
taken with it and given back when it fails, so that no budget is overspent. Not to be confused with SCIS's couponInfo
(`ports/offers.py`): the two never meet on one payment.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise, product
from typing import Final

import msgspec

from .errors import DomainError, IllegalMove
from .money import Money, is_currency
from .transactions import Allowance, Discount

HUB: Final = "hub"
"""This hub itself, where an offer names a party: as its owner, or as who pays for it."""

NAME_MAX: Final = 50
"""Characters of a name: it becomes the discountNote (PROTOCOL 2.0)."""

MINOR_MAX: Final = 10**15
"""Minor units: no amount on the wire is larger."""

USED_UP: Final = "12"
"""What `open_payment` answers when an offer's budget, or a user's share of it, does not suffice any more."""

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", re.ASCII)
_CODE: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{2,29}", re.ASCII)
_PARTY: Final = re.compile(r"[A-Za-z0-9]{1,20}", re.ASCII)
_SHARES: Final = re.compile(r"[A-Za-z0-9]+:[0-9]{1,2}(,[A-Za-z0-9]+:[0-9]{1,2})+", re.ASCII)
_PERCENT_DECIMALS: Final = 4


class OfferKind(StrEnum):
    """At most one of each on a payment, so three at most; the wire takes five."""

    INSTANT = "INSTANT"  # instant discount: off the price, for everybody there
    INCENTIVE = "INCENTIVE"  # incentive money: a sum given to users to spend
    COUPON = "COUPON"  # to be had by its code, where it has one


class OfferState(StrEnum):
    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    ENDED = "ENDED"  # for ever


class OfferEvent(StrEnum):
    """What an operator does with an offer."""

    PAUSE = "pause"
    RESUME = "resume"
    END = "end"


_S, _E = OfferState, OfferEvent

OFFER_MOVES: Final[dict[OfferState, dict[OfferEvent, OfferState]]] = {
    _S.ACTIVE: {_E.PAUSE: _S.PAUSED, _E.END: _S.ENDED},
    _S.PAUSED: {_E.RESUME: _S.ACTIVE, _E.END: _S.ENDED},
    _S.ENDED: {},
}
"""State -> event -> next state. Payments that were opened with an offer keep it, whatever becomes of it."""


class Funder(msgspec.Struct, frozen=True, kw_only=True):
    """Who pays how much of an offer: a party's app_id or HUB, whole percent."""

    party: str
    percent: int


class MarketingOffer(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign. Amounts are minor units of `currency`. It takes off `off_minor`, or else `off_percent` of the gross.

    Times are business time; it is valid from `valid_from` up to, not including, `valid_until`.
    """

    offer_id: str
    kind: OfferKind
    name: str  # what the payer reads: discountNote
    owner: str  # whose campaign it is: app_id or HUB
    funders: tuple[Funder, ...]
    currency: str  # ISO 4217 numeric
    budget_minor: int  # all that is ever given
    valid_from: datetime
    valid_until: datetime
    off_minor: int = 0
    off_percent: Decimal = Decimal(0)
    cap_minor: int = 0  # the most that a percentage comes to; 0: no cap
    minimum_minor: int = 0  # the smallest gross that it is for
    per_user_max: int = 0  # how often a user, (channel, user_id), has it; 0: as often as he likes
    channels: frozenset[str] = frozenset()  # app_ids; empty: all
    industries: frozenset[str] = frozenset()  # app_ids; empty: all
    code: str = ""  # of a coupon, as the user types it at the cashier; empty: everybody has it
    state: OfferState = OfferState.ACTIVE

    @property
    def funded_by(self) -> str:
        """As a Discount has it: `hub`, or with their percents `99310344:60,hub:40` (see `funding`)."""
        if len(self.funders) == 1:
            return self.funders[0].party
        return ",".join(f"{each.party}:{each.percent}" for each in self.funders)

    @property
    def budget_key(self) -> str:
        """The Allowance that is its budget."""
        return f"offer:{self.offer_id}"

    @property
    def budget(self) -> Money:
        return Money(self.budget_minor, self.currency)

    def user_key(self, channel: str, user_id: str) -> str:
        """The Allowance that counts how often this user had it. Neither an offer_id nor an app_id has a colon."""
        return f"{self.budget_key}:{channel}:{user_id}"

    def after(self, event: OfferEvent) -> OfferState:
        """The state after `event`; raises IllegalMove where the table has none."""
        try:
            return OFFER_MOVES[self.state][event]
        except KeyError:
            possible = " or ".join(OFFER_MOVES[self.state]) or "nothing"
            raise IllegalMove(f"offer {self.offer_id} is {self.state}: no {event}, only {possible}") from None


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """What offers are asked for: an order at the cashier. `codes` are coupons' codes as the user typed them (see `typed`)."""

    gross: Money
    channel: str  # app_id
    industry: str  # app_id
    user_id: str
    now: datetime
    codes: frozenset[str] = frozenset()


class NotCombinable(DomainError):  # noqa: N818 - an answer for the user
    """Offers that cannot be had together, or not for this purchase; the text says why, in the user's words."""


def typed(text: str) -> str:
    """A coupon's code as somebody typed it, made comparable: capitals, without spaces."""
    return "".join(text.upper().split())


# --- what it is worth, and for whom


def worth(offer: MarketingOffer, gross: Money) -> Money | None:
    """What it takes off `gross`: a percentage half-up to the minor unit, then capped. None where it is not for this amount:
    another currency, below the minimum, nothing to take off, or nothing left to pay (an offer is never given in part)."""
    if gross.currency != offer.currency or gross.minor < offer.minimum_minor:
        return None
    minor = offer.off_minor or gross.percent(offer.off_percent).minor
    if offer.cap_minor:
        minor = min(minor, offer.cap_minor)
    return Money(minor, gross.currency) if 0 < minor < gross.minor else None


def unfit(offer: MarketingOffer, purchase: Purchase) -> str:
    """Why this purchase cannot have it, in the user's words; empty if it can, as far as budgets go (see `available`)."""
    if offer.code and offer.code not in purchase.codes:
        return "its code has not been entered"
    if offer.state is not OfferState.ACTIVE or not offer.valid_from <= purchase.now < offer.valid_until:
        return "it is not valid now"
    if not _is_for(offer.channels, purchase.channel) or not _is_for(offer.industries, purchase.industry):
        return "it is not for this purchase"
    if purchase.gross.currency == offer.currency and purchase.gross.minor < offer.minimum_minor:
        return f"it is for purchases from {Money(offer.minimum_minor, offer.currency).text}"
    return "" if worth(offer, purchase.gross) else "it does not fit the amount"


def _is_for(only: frozenset[str], party: str) -> bool:
    return not only or party in only


def eligible(offers: Iterable[MarketingOffer], purchase: Purchase) -> tuple[MarketingOffer, ...]:
    """Those that are for this purchase by their rules, by offer_id. Whether their budgets suffice: `available`."""
    found = (offer for offer in offers if not unfit(offer, purchase))
    return tuple(sorted(found, key=lambda offer: offer.offer_id))


def available(offers: Iterable[MarketingOffer], purchase: Purchase, used: Mapping[str, int]) -> tuple[MarketingOffer, ...]:
    """Of eligible offers those with enough left. `used`: what the store says of `allowance_keys`. Only for showing and
    proposing: what counts is whether the payment gets its reservations."""
    return tuple(
        offer
        for offer in offers
        if all(
            used.get(share.key, 0) + share.amount_minor <= share.limit_minor
            for share in reservations((offer,), purchase.gross, purchase.channel, purchase.user_id)
        )
    )


def allowance_keys(offers: Iterable[MarketingOffer], purchase: Purchase) -> tuple[str, ...]:
    """Of what `available` has to know how much is reserved."""
    shares = reservations(tuple(offers), purchase.gross, purchase.channel, purchase.user_id)
    return tuple(share.key for share in shares)


# --- which of them together


def best(offers: Iterable[MarketingOffer], purchase: Purchase) -> tuple[MarketingOffer, ...]:
    """The combination that takes most off; of equals the one of fewest offers, then by their ids. Empty if there is none.

    `offers`: those that are eligible, and available. At most one of each kind, together below the gross; a percentage is of
    the gross, not of what the others leave.
    """
    groups = [_by_worth(offers, kind, purchase.gross) for kind in OfferKind]
    most = [group[0] for group in groups if group]
    if sum(minor for minor, _ in most) < purchase.gross.minor:  # nearly always
        return _in_order(offer for _, offer in most)
    choices = ([choice for choice in chosen if choice] for chosen in product(*([*group, None] for group in groups)))
    possible = [chosen for chosen in choices if sum(minor for minor, _ in chosen) < purchase.gross.minor]
    chosen = min(possible, key=_merit)
    return _in_order(offer for _, offer in chosen)


def combine(offers: Iterable[MarketingOffer], chosen: Collection[str], purchase: Purchase) -> tuple[MarketingOffer, ...]:
    """What the user chose, by offer_id; nothing is a choice too. `offers` as for `best`. Raises NotCombinable."""
    known = {offer.offer_id: offer for offer in offers}
    if strangers := [offer_id for offer_id in dict.fromkeys(chosen) if offer_id not in known]:
        raise NotCombinable(f"not to be had for this payment (any more): {', '.join(each[:40] for each in strangers)}")
    picked = _in_order(known[offer_id] for offer_id in dict.fromkeys(chosen))
    for one, other in pairwise(picked):
        if one.kind is other.kind:
            raise NotCombinable(f"only one of these on a payment: {one.name}; {other.name}")
    if sum(_minor(offer, purchase.gross) for offer in picked) >= purchase.gross.minor:
        raise NotCombinable("together they would leave nothing to pay")
    return picked


_Weighed = tuple[int, MarketingOffer]


def _by_worth(offers: Iterable[MarketingOffer], kind: OfferKind, gross: Money) -> list[_Weighed]:
    """Offers of a kind, the largest first; of those worth the same only the first by its id."""
    first: dict[int, MarketingOffer] = {}
    for offer in sorted(offers, key=lambda each: each.offer_id):
        if offer.kind is kind and (found := worth(offer, gross)):
            first.setdefault(found.minor, offer)
    return sorted(first.items(), key=lambda pair: -pair[0])


def _merit(chosen: Sequence[_Weighed]) -> tuple[int, int, list[str]]:
    return -sum(minor for minor, _ in chosen), len(chosen), sorted(offer.offer_id for _, offer in chosen)


def _in_order(offers: Iterable[MarketingOffer]) -> tuple[MarketingOffer, ...]:
    order = list(OfferKind)
    return tuple(sorted(offers, key=lambda offer: (order.index(offer.kind), offer.offer_id)))


def _minor(offer: MarketingOffer, gross: Money) -> int:
    found = worth(offer, gross)
    if found is None:
        raise ValueError(f"offer {offer.offer_id} is worth nothing on {gross.text}")
    return found.minor


# --- what becomes of them in the payment


def discounts(chosen: Iterable[MarketingOffer], gross: Money) -> tuple[Discount, ...]:
    """One for each offer. ValueError for an offer that is not for this amount."""
    return tuple(
        Discount(amount=Money(_minor(offer, gross), gross.currency), note=offer.name, funded_by=offer.funded_by)
        for offer in chosen
    )


def reservations(chosen: Iterable[MarketingOffer], gross: Money, channel: str, user_id: str) -> tuple[Allowance, ...]:
    """Their budgets, and this user's shares. A budget that was lowered below what is used gives nothing more. ValueError as
    for `discounts`."""
    return tuple(share for offer in chosen for share in _shares(offer, gross, channel, user_id))


def _shares(offer: MarketingOffer, gross: Money, channel: str, user_id: str) -> Iterable[Allowance]:
    yield Allowance(key=offer.budget_key, amount_minor=_minor(offer, gross), limit_minor=offer.budget_minor, code=USED_UP)
    if offer.per_user_max:
        key = offer.user_key(channel, user_id)
        yield Allowance(key=key, amount_minor=1, limit_minor=offer.per_user_max, code=USED_UP)


def funding(discount: Discount) -> tuple[tuple[str, Money], ...]:
    """Who pays how much of a discount, to the minor unit: together always the whole of it. What rounding leaves over goes to
    the largest remainders, of equal ones to the first."""
    if not _SHARES.fullmatch(discount.funded_by):  # one party, by whatever name
        return ((discount.funded_by, discount.amount),)
    parts = [part.partition(":") for part in discount.funded_by.split(",")]
    hundredths = [discount.amount.minor * int(percent) for _, _, percent in parts]
    minors = [each // 100 for each in hundredths]
    over = sorted(range(len(parts)), key=lambda place: -(hundredths[place] % 100))
    for place in over[: discount.amount.minor - sum(minors)]:
        minors[place] += 1
    return tuple((party, Money(minor, discount.amount.currency)) for (party, _, _), minor in zip(parts, minors, strict=True))


# --- what cannot be an offer


def offer_faults(offer: MarketingOffer) -> tuple[str, ...]:
    """What is wrong with an offer, in an operator's words; empty if nothing is. Whether the parties exist is not checked."""
    return tuple(_faults(offer))


def _faults(offer: MarketingOffer) -> Iterable[str]:
    if not _ID.fullmatch(offer.offer_id):
        yield "its id has 1 to 40 letters, digits, dots, underscores and hyphens"
    if not 1 <= len(offer.name) <= NAME_MAX or not offer.name.isprintable() or offer.name != offer.name.strip():
        yield f"its name has 1 to {NAME_MAX} printable characters: payers read it"
    if offer.code and offer.kind is not OfferKind.COUPON:
        yield "only a coupon has a code"
    elif offer.code and not _CODE.fullmatch(offer.code):
        yield "its code has 3 to 30 capitals, digits and hyphens"
    yield from _party_faults(offer)
    yield from _amount_faults(offer)
    if offer.valid_from.tzinfo is None or offer.valid_until.tzinfo is None:
        yield "its validity needs a time zone"
    elif offer.valid_from >= offer.valid_until:
        yield "it would end before it begins"


def _party_faults(offer: MarketingOffer) -> Iterable[str]:
    funders = [each.party for each in offer.funders]
    for party in sorted({offer.owner, *funders, *offer.channels, *offer.industries}):
        if not _PARTY.fullmatch(party):
            yield f"{party[:20]!r} is no application id"
    if not funders or len(set(funders)) < len(funders):
        yield "somebody must fund it, and nobody twice"
    elif any(not 0 < each.percent <= 100 for each in offer.funders) or sum(each.percent for each in offer.funders) != 100:
        yield "its funders' shares are whole percents that sum to 100"


def _amount_faults(offer: MarketingOffer) -> Iterable[str]:
    if not is_currency(offer.currency):
        yield f"{offer.currency[:10]!r} is no currency of ISO 4217"
    percent = offer.off_percent
    if not percent.is_finite() or (offer.off_minor != 0) is (percent != 0):
        yield "it takes off either an amount or a percentage"
    elif percent and not (0 < percent < 100 and percent == round(percent, _PERCENT_DECIMALS)):
        yield f"its percentage lies between 0 and 100, with up to {_PERCENT_DECIMALS} decimals"
    elif offer.cap_minor and not percent:
        yield "only a percentage has a cap"
    minors = (offer.off_minor, offer.cap_minor, offer.minimum_minor, offer.budget_minor)
    if not all(0 <= minor <= MINOR_MAX for minor in minors):
        yield f"its amounts are 0 to {MINOR_MAX} minor units"
    if not 0 <= offer.per_user_max <= MINOR_MAX:
        yield "a user has it a number of times; 0: as often as he likes"
