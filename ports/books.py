"""What an issuer's bank has booked, for the invariants: the sandbox's and the simulation's banks have it, a real one may
send it as a reconciliation file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class BankBooks(Protocol):
    """Contract: `booked` gives for each of our messages that moved money (by msgID: a debit's, a reversal's) what it took
    from customers' accounts, in minor units of the account's currency; what it gave back is negative. A message that
    booked nothing may be absent."""

    async def booked(self, issuer: str) -> Mapping[str, int]: ...
