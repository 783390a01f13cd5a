"""What an issuer's bank has booked, for the invariants: the sandbox's and the simulation's banks have it, a real one may
send it as a reconciliation file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec


class Booked(msgspec.Struct, frozen=True, kw_only=True):
    """What one message did to customers' accounts, in minor units of their currency: a transfer does both."""

    taken: int = 0
    given: int = 0

    def plus(self, minor: int, *, taken: bool) -> Booked:
        """With one more booking."""
        return (
            Booked(taken=self.taken + minor, given=self.given) if taken else Booked(taken=self.taken, given=self.given + minor)
        )

    def __str__(self) -> str:
        return f"-{self.taken} +{self.given}"


class BankBooks(Protocol):
    """Contract: `booked` gives for each of our messages that moved money (by msgID: a debit's, a credit's, a reversal's) what
    it took from and gave to customers' accounts. Accounts of merchants and of the bank itself do not count. A message that
    booked nothing may be absent."""

    async def booked(self, issuer: str) -> Mapping[str, Booked]: ...
