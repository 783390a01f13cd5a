"""Calling partners with signed messages: implements ports.partners over any Transport."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Final
from urllib.parse import urlsplit

from unionhub.adapters.jose.causes import Cause, GateRefusal
from unionhub.adapters.jose.facade import HubJose
from unionhub.adapters.jose.sealing import SealedFieldError
from unionhub.adapters.wire.answers import read_answer
from unionhub.adapters.wire.outgoing import path_of, write
from unionhub.domain.model.outgoing import Answer, Outgoing
from unionhub.domain.model.parties import Party
from unionhub.ports.directory import Directory
from unionhub.ports.partners import GateRefused, NotSent, NoWord, PartnerError
from unionhub.ports.telemetry import Telemetry

from .lanes import Lane, LanePolicy
from .transport import HttpReply, Transport

SIGNATURE_HEADER: Final = "UPI-JWS"
CONTENT_TYPE: Final = "application/json;charset=UTF-8"


class HttpPartners:
    """One call is one signed POST. What comes back counts only if all of RULES section 1 holds for it."""

    def __init__(
        self,
        transport: Transport,
        jose: HubJose,
        directory: Directory,
        telemetry: Telemetry,
        lanes: LanePolicy,
        timer_s: Callable[[], float] = perf_counter,
    ) -> None:
        self._transport = transport
        self._jose = jose
        self._directory = directory
        self._telemetry = telemetry
        self._lane_policy = lanes
        self._lanes: dict[str, Lane] = {}
        self._under_way = 0
        self._timer_s = timer_s

    @property
    def under_way(self) -> int:
        """Calls that wait for a partner now: they cost next to nothing, however long they take."""
        return self._under_way

    async def call(self, party: Party, outgoing: Outgoing, *, timeout_s: float) -> Answer:
        """See ports.partners.Partners."""
        started_s = self._timer_s()
        outcome, cause = "cancelled", ""
        try:
            with self._lane(party).slot():
                self._under_way += 1
                try:
                    answer = await self._exchange(party, outgoing, timeout_s)
                finally:
                    self._under_way -= 1
            outcome = answer.code
        except PartnerError as error:
            outcome, cause = type(error).__name__, error.cause
            raise
        finally:
            self._telemetry.partner_called(party.app_id, outgoing.message, outcome, self._timer_s() - started_s, cause=cause)
        return answer

    async def _exchange(self, party: Party, outgoing: Outgoing, timeout_s: float) -> Answer:
        split = urlsplit(party.base_url)
        path = split.path.rstrip("/") + path_of(party, outgoing.message)
        try:
            body = write(outgoing, party, lambda plaintext: self._jose.seal_for(party, plaintext))
            signature = self._jose.sign_request(body, party, path)
        except (LookupError, ValueError):
            raise NotSent("no_usable_key") from None
        headers = {SIGNATURE_HEADER: signature, "Content-Type": CONTENT_TYPE}
        url = f"{split.scheme}://{split.netloc}{path}"
        reply = await self._transport.post(url, headers, body, timeout_s=timeout_s)
        await self._check(party, reply)
        return read_answer(outgoing, party, reply.body, lambda jwe: self._open(party, jwe))

    async def _check(self, party: Party, reply: HttpReply) -> None:
        if reply.status == 401:
            raise GateRefused("gate_refused")
        if reply.status != 200:
            raise NoWord(f"http_{reply.status}")
        signature = reply.headers.get(SIGNATURE_HEADER.lower())
        try:
            try:
                self._jose.verify_response(signature, reply.body, party)
            except GateRefusal as refusal:
                if refusal.cause is not Cause.KID_UNKNOWN:
                    raise
                # It may have changed its keys while we called: one bounded look, as for its requests.
                await self._directory.refresh_soon()
                self._jose.verify_response(signature, reply.body, self._directory.party(party.app_id) or party)
        except GateRefusal as refusal:
            raise NoWord(f"signature_{refusal.cause}") from None

    def _open(self, party: Party, jwe: str) -> bytes:
        try:
            return self._jose.open_from(party, jwe)
        except SealedFieldError:
            raise ValueError("does not open") from None

    def _lane(self, party: Party) -> Lane:
        lane = self._lanes.get(party.app_id)
        if lane is None:
            lane = self._lanes[party.app_id] = Lane(self._lane_policy)
        return lane
