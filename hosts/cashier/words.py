"""What the cashier page says to people: of response codes, and of money."""

from __future__ import annotations

from typing import Final

from unionhub.domain.model.money import Money, currency

CHECK_TOTAL: Final = "total"
"""Not a code: the offers were changed, so the total is another than the one that was on the button."""

NO_CARD: Final = "card"
"""Not a code: no card was chosen."""

_BUSY: Final = (
    "The payment did not go through because of a technical problem. Please try again in a moment, or pay another way."
)
_NOT_THIS_CARD: Final = "This card cannot be used here. Please choose another one."
_ASK_THE_BANK: Final = "The bank declined this payment. Please choose another card, or ask the bank that issued this one."
_OTHER: Final = "The payment was declined. Please choose another card, or pay another way."

_DECLINES: Final[dict[str, str]] = {
    CHECK_TOTAL: "The total has changed with the offers you chose. Please check it, then pay.",
    NO_CARD: "Please choose the card that you want to pay with.",
    "01": _ASK_THE_BANK,
    "05": "The bank could not confirm that it is you who is paying. Please try again, or choose another card.",
    "12": "This could not be paid as shown: an offer may be used up, or the page was old. Please check it and try again.",
    "13": "The bank does not accept this amount. Please choose another card.",
    "14": "This card is no longer in your list. Please choose a card again.",
    "15": _NOT_THIS_CARD,
    "21": "This card is suspended at the moment. Please choose another one.",
    "34": _NOT_THIS_CARD,
    "40": "This service and your app have no agreement for card payments at the moment. You can still pay with another app.",
    "41": _NOT_THIS_CARD,
    "43": _NOT_THIS_CARD,
    "51": "There is not enough money on this card. Please choose another one.",
    "54": "This card has expired. Please choose another one.",
    "57": "Your visit from the app has ended. Please open the service from your app again.",
    "61": "This payment is above the limit of this card. Please choose another one.",
    "62": _NOT_THIS_CARD,
    "70": _ASK_THE_BANK,
    "71": _ASK_THE_BANK,
    "72": _ASK_THE_BANK,
    "78": "This form was sent before. Please check the total and pay again.",
    "90": _BUSY,
    "91": _BUSY,
    "92": _BUSY,
    "94": "Another payment of this order has just been under way. Please look whether it is still open, then try again.",
    "96": _BUSY,
    "98": _BUSY,
    "99": _BUSY,
}

_LATER: Final = "{app} cannot show your cards right now. Please try again in a moment."
_NO_CARDS: Final[dict[str, str]] = {
    "57": "To pay with a card, please open {service} from {app} again.",
    "40": "{app} and {service} have no agreement for card payments at the moment.",
    "91": _LATER,
    "92": _LATER,
    "98": "{app} does not answer right now. Please try again in a moment.",
    "96": _LATER,
    "": "There are no cards in {app} yet. Add one there, then try again.",
}

WORTH_RETRYING: Final = frozenset({"", "91", "92", "96", "98"})
"""Of the reasons why there are no cards those that may be gone in a moment."""


def decline(code: str) -> str:
    """Why a try to pay came to nothing, and what to do now."""
    return _DECLINES.get(code, _OTHER)


def is_code(said: str) -> bool:
    """A response code, to be shown small beside the words; not one of our own words."""
    return said not in (CHECK_TOTAL, NO_CARD)


def no_cards(code: str, *, app: str, service: str) -> str:
    """Why there are no cards to choose from. `app`, `service`: names, perhaps empty."""
    text = _NO_CARDS.get(code, _LATER)
    named = text.format(app=app or "your app", service=service or "the service")
    return named[:1].upper() + named[1:]


def amount(money: Money) -> str:
    """`1,234.50`: with the currency's decimals, without its name."""
    whole, dot, rest = money.text.partition(".")
    return f"{int(whole):,}{dot}{rest}"


def alpha(money: Money) -> str:
    """`HKD`."""
    return currency(money.currency).alpha


def span(left_s: int) -> str:
    """How long that still is, for people: `2 hours`, `15 minutes`, `less than a minute`."""
    for unit_s, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        count = left_s // unit_s
        if count:
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "less than a minute"
