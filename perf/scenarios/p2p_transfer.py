"""A customer sends money to another one (chart: SCIS P2P transfer; RULES section 12, S8).

1 P2P_TRANSFER; the payee's token is sealed for the hub.
"""

from __future__ import annotations

from random import Random

import msgspec

from loadgen.messages import Answer, Cardholder, Check, Journey, Sandbox
from scenarios.players import Minor, Players, amount_members, amount_of, card_members

TRANSFER = "1 P2P_TRANSFER"


class P2pTransferSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[p2p_transfer] in mix.toml."""

    amount_minor: tuple[Minor, Minor] = (100, 500)
    least_balance_minor: int = 0


class P2pTransfer:
    """Between two cardholders drawn evenly, of whichever gateways: sealed and signed before it is due."""

    def __init__(self, settings: P2pTransferSettings, sandbox: Sandbox) -> None:
        self._settings = settings
        self._sandbox = sandbox
        self._players = Players(sandbox, least_balance_minor=settings.least_balance_minor)
        payers = self._players.payers
        self._payees = {currency: [each for each in payers if each.currency == currency] for currency in _currencies(payers)}
        if any(len(payees) == 1 for payees in self._payees.values()):
            raise ValueError("a cardholder has nobody of its currency to send money to")

    def __call__(self, dice: Random) -> Journey:
        payer = self._players.payer(dice)
        payee = payer
        while payee.token == payer.token:
            payee = dice.choice(self._payees[payer.currency])
        amount = amount_of(dice, self._settings.amount_minor, payer)
        signer = self._sandbox.signer(payer.gateway)
        sealed = {"creditAccountInfo": signer.seal({"token": payee.token})}
        trx = {**card_members(payer), **sealed, **amount_members(amount)}
        return (signer.step(TRANSFER, "P2P_TRANSFER", trx, check=_of_device(payer), minor=amount.minor),)

    def forms(self, dice: Random) -> tuple[Journey, ...]:
        """See scenarios.Scenario."""
        return (self(dice),)


def _currencies(holders: list[Cardholder]) -> set[str]:
    return {holder.currency for holder in holders}


def _of_device(payer: Cardholder) -> Check:
    """The answer repeats no amount (PROTOCOL 2.1): it names the device, and the bank's reference."""

    def check(answer: Answer) -> str:
        if answer.trx.get("deviceID") != payer.device_id:
            return "device_differs"
        return "" if answer.trx.get("referNo") else "no_reference"

    return check
