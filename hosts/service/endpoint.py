"""The hub's one door for partners' messages, whatever carries them: Litestar, or a call in process.

The order is that of RULES section 9, step 1: size, gate, UPI-UUID, decodable, institution, fields; then the flow.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter
from typing import Any, Final

import msgspec

from unionhub.adapters.http.partners import CONTENT_TYPE, SIGNATURE_HEADER
from unionhub.adapters.http.transport import HttpReply
from unionhub.adapters.jose.causes import Cause, GateRefusal
from unionhub.adapters.jose.facade import HubJose
from unionhub.adapters.jose.gate import UNAUTHORIZED_BODY, Verified
from unionhub.adapters.jose.header import parse_header
from unionhub.adapters.jose.sealing import SealedFieldError
from unionhub.adapters.wire.flat import FlatReader
from unionhub.adapters.wire.inbound import Incoming, Reader
from unionhub.adapters.wire.table import ROWS, AnyRow
from unionhub.domain.model.errors import Decline, Refusal, Replayed
from unionhub.domain.model.messages import Envelope
from unionhub.domain.model.parties import Party
from unionhub.ports.directory import Directory
from unionhub.ports.store import Store, StoreUnavailable
from unionhub.ports.telemetry import Telemetry
from unionhub.ports.vault import Vault

JSON: Final = {"content-type": CONTENT_TYPE}
UNAUTHORIZED: Final = HttpReply(status=401, headers=JSON, body=UNAUTHORIZED_BODY)


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a flow says: the response code, and what the row's `write` makes the answer's content of."""

    code: str
    value: Any = None


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    """An answer before it is written."""

    code: str
    detail: str = ""
    members: Mapping[str, object] = {}


Handler = Callable[[Envelope, Any], Awaitable[Result]]
"""A flow bound to its message; may raise Replayed, Refusal, Decline, StoreUnavailable."""


class MessageEndpoint:
    """Takes raw bytes, gives raw bytes. Every answer but 401, 404 and 413 is signed."""

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        jose: HubJose,
        directory: Directory,
        store: Store,
        vault: Vault,
        telemetry: Telemetry,
        look_for_keys: Callable[[], Awaitable[bool]],
        timer_s: Callable[[], float] = perf_counter,
    ) -> None:
        """`look_for_keys` reads the hub's own keys again; True if there are others now than before."""
        self._look_for_keys = look_for_keys
        self._handlers = handlers
        self._jose = jose
        self._directory = directory
        self._store = store
        self._vault = vault
        self._telemetry = telemetry
        self._timer_s = timer_s
        self._doors = {row.path: (row, row.reader(self._open_sealed)) for row in ROWS if row.name in handlers}

    @property
    def rows(self) -> tuple[AnyRow, ...]:
        """The messages that are bound to a flow."""
        return tuple(row for row, _ in self._doors.values())

    async def handle(self, path: str, signature: str | None, body: bytes) -> HttpReply:
        """One message. `signature` is the value of the UPI-JWS header, None where it is absent."""
        started_s = self._timer_s()
        if path not in self._doors:
            return HttpReply(status=404, headers=JSON, body=b"{}")
        row, reader = self._doors[path]
        if len(body) > row.body_limit_bytes:
            return HttpReply(status=413, headers=JSON, body=b"{}")
        try:
            verified = await self._admit(row, signature, path, body)
            incoming = await self._read(row, reader, body, verified.party)
            said = await self._answer(row, verified, incoming)
        except GateRefusal as refusal:
            self._telemetry.gate_refused(refusal.cause.value, refusal.app_id)
            return UNAUTHORIZED
        answer = row.answer(incoming.msg_info, said.code, detail=said.detail, members=said.members)
        headers = {**JSON, SIGNATURE_HEADER.lower(): self._jose.sign_response(answer, verified.party)}
        self._telemetry.message_answered(row.name, verified.party.app_id, said.code, self._timer_s() - started_s)
        return HttpReply(status=200, headers=headers, body=answer)

    async def _read(self, row: AnyRow, reader: Reader | FlatReader, body: bytes, party: Party) -> Incoming:
        """A sealed field may be for a key that another host made a moment ago: one bounded look, then it is `A0`."""
        incoming = reader.read(body, party)
        does_not_open = incoming.refusal is not None and incoming.refusal.code == "A0" and row.sealed
        if does_not_open and await self._look_for_keys():
            return reader.read(body, party)
        return incoming

    async def _admit(self, row: AnyRow, signature: str | None, path: str, body: bytes) -> Verified:
        header = parse_header(signature)
        party = self._directory.party(header.app_id)
        if party is not None:
            try:
                return self._jose.admit_request(header, path, body, party, row.roles)
            except GateRefusal as refusal:
                if refusal.cause is not Cause.KID_UNKNOWN:
                    raise
        # A partner may have come, or changed its keys, a moment ago at another host: one bounded look, then it is refused.
        await self._directory.refresh_soon()
        return self._jose.admit_request(header, path, body, self._directory.party(header.app_id), row.roles)

    async def _answer(self, row: AnyRow, verified: Verified, incoming: Incoming) -> _Said:
        """Raises GateRefusal for a replayed UPI-UUID."""
        try:
            if incoming.refusal is not None:
                await self._spend_uuid(verified)
                raise incoming.refusal
            envelope = Envelope(
                sender=verified.party,
                kid=verified.kid,
                uuid=verified.uuid,
                message=row.name,
                msg_id=incoming.msg_id,
                digest=self._vault.digest(incoming.content),
            )
            result = await self._handlers[row.name](envelope, incoming.request)
            return self._said(row, verified.party, result)
        except Replayed:
            raise GateRefusal(Cause.REPLAYED, verified.party.app_id) from None
        except Refusal as refusal:
            return _Said(code=refusal.code, detail=refusal.detail)
        except Decline as decline:
            return _Said(code=decline.code)
        except StoreUnavailable as error:
            self._telemetry.store_failed(row.name, error)
            return _Said(code="96")
        except Exception as error:
            # The last barrier. Past the first transaction nothing gets here: the runner answers 04 for itself.
            self._telemetry.crashed(row.name, error)
            return _Said(code="99")

    def _said(self, row: AnyRow, party: Party, result: Result) -> _Said:
        if result.value is None:
            return _Said(code=result.code)
        return _Said(code=result.code, members=row.members(result.value, lambda plain: self._jose.seal_for(party, plain)))

    async def _spend_uuid(self, verified: Verified) -> None:
        async with self._store.begin() as uow:
            await uow.admit(verified.party.app_id, verified.uuid)
            await uow.commit()

    def _open_sealed(self, sender: Party, jwe: str) -> bytes:
        try:
            return self._jose.open_from(sender, jwe)
        except SealedFieldError:
            raise Refusal("A0") from None
