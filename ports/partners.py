"""Calling partners: core banks, acquirers, gateways, QR platforms."""

from __future__ import annotations

from typing import Protocol

from unionhub.domain.model.outgoing import Answer, Outgoing
from unionhub.domain.model.parties import Party


class PartnerError(Exception):
    """No answer that counts. `cause` is for the operator."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class NotSent(PartnerError):  # noqa: N818
    """Nothing left this host: connection refused, name or TLS failure (`92`)."""


class Overloaded(NotSent):
    """Too many calls to this partner are in flight already; nothing was sent (`96`)."""


class CircuitOpen(NotSent):
    """The partner's circuit breaker is open; nothing was sent (`91`)."""


class NoWord(PartnerError):  # noqa: N818
    """It may have arrived, but nothing came back that counts: silence, rubbish, a bad signature, another's answer."""


class GateRefused(NoWord):
    """The partner answered a bare HTTP 401: unsigned, so it proves nothing (`72`)."""


class Partners(Protocol):
    """Contract: `call` sends once, never retries by itself, waits at most `timeout_s` seconds, and returns an answer only
    if it is HTTP 200, signed by that partner, fresh, and repeats the msgID, msgType, insID, trxAmt and trxCurrency of the
    request (RULES section 1). Anything else raises a PartnerError. Calls in flight are bounded for each partner."""

    async def call(self, party: Party, outgoing: Outgoing, *, timeout_s: float) -> Answer: ...
