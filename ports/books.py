"""What an issuer's bank has booked, for the invariants: the sandbox's and the simulation's banks have it, a real one may
send it as a reconciliation file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from unionhub.domain.model.money import Money


class BankBooks(Protocol):
    """Contract: `booked` gives, for each msgID of ours that moved money, what is still taken from the customer's account:
    debits less their reversals, zero included; a msgID that booked nothing may be absent."""

    async def booked(self, issuer: str) -> Mapping[str, Money]: ...
