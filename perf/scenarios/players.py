"""What scenarios share: who pays whom, and what a right answer to a payment says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Annotated, Any

import msgspec

from loadgen.messages import Answer, Cardholder, Check, Merchant, Sandbox
from unionhub.domain.model.money import Money

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Minor = Annotated[int, msgspec.Meta(ge=1)]


class Players:
    """Cardholders with enough money, and shops that take their currency. Raises ValueError if there are none."""

    def __init__(self, sandbox: Sandbox, *, least_balance_minor: int) -> None:
        self.payers = [holder for holder in sandbox.cardholders if _balance(holder).minor >= least_balance_minor]
        self._shops = {
            holder.currency: [shop for shop in sandbox.merchants if shop.currency == holder.currency] for holder in self.payers
        }
        if not self.payers or not all(self._shops.values()):
            raise ValueError("no cardholder has enough money, or one has no merchant of its currency")
        for holder in self.payers:
            sandbox.signer(holder.gateway)  # its keys are parsed now, not within the first customer's time

    def payer(self, dice: Random) -> Cardholder:
        return dice.choice(self.payers)

    def shop(self, dice: Random, payer: Cardholder) -> Merchant:
        return dice.choice(self._shops[payer.currency])

    @property
    def shops(self) -> Sequence[Merchant]:
        return [shop for shops in self._shops.values() for shop in shops]


def amount_of(dice: Random, minor: tuple[int, int], holder: Cardholder) -> Money:
    """Drawn evenly, in the card's own currency."""
    return Money(dice.randint(*minor), holder.currency)


def card_members(holder: Cardholder) -> dict[str, Any]:
    return {"deviceID": holder.device_id, "userID": holder.user_id, "token": holder.token}


def amount_members(amount: Money) -> dict[str, Any]:
    return {"trxAmt": amount.text, "trxCurrency": amount.currency}


def repeats(amount: Money) -> Check:
    """The answer says the amount that was asked for."""

    def check(answer: Answer) -> str:
        return "" if _said(answer.trx) == (amount.text, amount.currency) else "amount_differs"

    return check


def tells_approval(amount: Money) -> Check:
    """The answer to an inquiry: approved, with that amount."""
    right_amount = repeats(amount)

    def check(answer: Answer) -> str:
        status = answer.trx.get("paymentStatus")
        return right_amount(answer) if status == "APPROVED" else f"status_{status}"

    return check


def _said(trx: Mapping[str, Any]) -> tuple[Any, Any]:
    return trx.get("trxAmt"), trx.get("trxCurrency")


def _balance(holder: Cardholder) -> Money:
    return Money.parse(holder.balance, holder.currency, zero=True)
