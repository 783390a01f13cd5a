"""Payments by a merchant's static QR (chart: SCIS merchant QR, EMV mode), told apart by whose card pays: for pressure.py.

1 MPQRC_PAYMENT_EMV of <issuer>. Issuers are drawn evenly, whatever number of cardholders each has.
"""

from __future__ import annotations

from collections import defaultdict
from random import Random

import msgspec

from loadgen.messages import Cardholder, Journey, Sandbox
from scenarios.players import Minor, Players, amount_members, amount_of, card_members, repeats

PAY = "1 MPQRC_PAYMENT_EMV of "


class ByIssuerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[by_issuer] in a mix."""

    amount_minor: tuple[Minor, Minor] = (100, 500)
    least_balance_minor: int = 0


class ByIssuer:
    """One step, signed before it is due."""

    def __init__(self, settings: ByIssuerSettings, sandbox: Sandbox) -> None:
        self._settings = settings
        self._sandbox = sandbox
        self._players = Players(sandbox, least_balance_minor=settings.least_balance_minor)
        self._of: dict[str, list[Cardholder]] = defaultdict(list)
        for holder in self._players.payers:
            self._of[holder.issuer].append(holder)

    def __call__(self, dice: Random) -> Journey:
        return self._journey(dice, dice.choice(sorted(self._of)))

    def forms(self, dice: Random) -> tuple[Journey, ...]:
        """See scenarios.Scenario."""
        return tuple(self._journey(dice, issuer) for issuer in sorted(self._of))

    def _journey(self, dice: Random, issuer: str) -> Journey:
        payer = dice.choice(self._of[issuer])
        amount = amount_of(dice, self._settings.amount_minor, payer)
        paid = {**amount_members(amount), "mpqrcPayload": self._players.shop(dice, payer).qr}
        signer = self._sandbox.signer(payer.gateway)
        name = f"{PAY}{issuer}"
        return (signer.step(name, "MPQRC_PAYMENT_EMV", card_members(payer) | paid, check=repeats(amount), minor=amount.minor),)
