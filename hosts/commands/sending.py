"""Carrying a signed message to a running hub, and what it needs from there: people, shops, the hub's public keys."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

import aiohttp
import msgspec

from unionhub.adapters.http.client import AiohttpTransport
from unionhub.adapters.jose.causes import GateRefusal
from unionhub.adapters.jose.facade import PartnerJose
from unionhub.hosts.sandbox.keyring import FOLDER
from unionhub.hosts.sandbox.partner import CONTENT_TYPE, JWS_HEADER, Identity
from unionhub.ports.partners import NotSent, NoWord

from .failures import CommandError
from .fields import Json

T = TypeVar("T")

_LOOKUP_S: Final = 10.0


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """The hub's answer. With status 200 its signature was verified."""

    status: int
    body: Json
    seconds: float

    @property
    def code(self) -> str:
        return str(self._verdict().get("responseCode", ""))

    @property
    def text(self) -> str:
        return str(self._verdict().get("responseMsg", ""))

    def _verdict(self) -> Json:
        found = self.body.get("msgResponse", self.body.get("MsgResponse"))
        return found if isinstance(found, dict) else {}


def partners(home: Path) -> dict[str, Identity]:
    """The partner files of this home, by app_id. Raises CommandError where there is none, or one is spoiled."""
    found: dict[str, Identity] = {}
    for path in sorted((home / FOLDER).glob("*.json")):
        try:
            identity = msgspec.json.decode(path.read_bytes(), type=Identity)
        except (OSError, msgspec.DecodeError):
            raise CommandError(f"{path} is no partner file") from None
        found[identity.app_id] = identity
    if not found:
        raise CommandError(f"there are no sandbox partners in {home / FOLDER}: start `unionhub run`, or set UNIONHUB_HOME")
    return found


class HubLine:
    """Connections to one hub: `async with HubLine(url) as line`."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._transport = AiohttpTransport()
        self._session: aiohttp.ClientSession | None = None
        self._voices: dict[str, PartnerJose] = {}

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_LOOKUP_S))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
        await self._transport.aclose()

    async def seeds(self, what: str) -> list[Json]:
        """`cardholders`, `merchants` or another list of the sandbox behind this hub."""
        return await self._get(f"/sandbox/{what}", list[Json])

    async def send(self, sender: Identity, path: str, body: bytes, *, timeout_s: float) -> Said:
        """Sign as `sender`, send once, verify the answer. Raises CommandError for everything that is no answer."""
        jose = await self._voice(sender)
        headers = {"Content-Type": CONTENT_TYPE, JWS_HEADER: jose.sign_request(body, path)}
        started_s = time.perf_counter()
        try:
            reply = await self._transport.post(self._url + path, headers, body, timeout_s=timeout_s)
        except NotSent as error:
            raise self._unreachable(error.cause) from None
        except NoWord as error:
            raise CommandError(
                f"sent, but no answer came ({error.cause}): ask with TRX_RESULT_INQUIRY what became of it"
            ) from None
        seconds = time.perf_counter() - started_s
        if reply.status == 404:
            raise await self._no_such_path(path)
        if reply.status == 200:
            try:
                jose.verify_response(reply.headers.get(JWS_HEADER.lower()), reply.body)
            except GateRefusal as refusal:
                raise CommandError(f"the answer is not genuinely the hub's: {refusal.cause.meaning}") from None
        elif reply.status != 401:
            raise CommandError(f"the hub answered HTTP {reply.status}, without a message")
        return Said(status=reply.status, body=_object(reply.body), seconds=seconds)

    async def seal(self, sender: Identity, members: Json) -> str:
        """A JSON object that only the hub opens."""
        return (await self._voice(sender)).seal(msgspec.json.encode(members))

    async def _voice(self, sender: Identity) -> PartnerJose:
        if sender.app_id not in self._voices:
            jwks = await self._get("/.well-known/jwks.json", Json)
            self._voices[sender.app_id] = PartnerJose(
                sender.app_id, sender.profile, sender.signing, sender.encryption, jwks, time.time
            )
        return self._voices[sender.app_id]

    async def _no_such_path(self, path: str) -> CommandError:
        schema = await self._get("/schema", Json)
        operations = [operation for item in schema.get("paths", {}).values() for operation in item.values()]
        names = [each["operationId"] for each in operations if isinstance(each, dict) and "messages" in each.get("tags", ())]
        return CommandError(f"the hub takes no message at {path} (HTTP 404); it takes {', '.join(names) or 'none'}")

    async def _get(self, path: str, kind: type[T]) -> T:
        if self._session is None:
            raise AssertionError("not opened")
        try:
            async with self._session.get(self._url + path) as answer:
                content = await answer.read()
                status = answer.status
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise self._unreachable(_why(error)) from None
        if status != 200 and path.startswith("/sandbox/"):
            raise CommandError(f"the hub at {self._url} has no sandbox behind it: give --as, deviceID, userID, token and so on")
        try:
            if status != 200:
                raise ValueError("another status")
            return msgspec.json.decode(content, type=kind)
        except ValueError:
            raise CommandError(f"{self._url}{path} answered HTTP {status}, not as a hub does") from None

    def _unreachable(self, why: str) -> CommandError:
        return CommandError(f"no hub answers at {self._url} ({why}): is `unionhub run` up? --url names another one")


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"silent for {_LOOKUP_S:.0f} s"
    return "connection refused" if isinstance(error, aiohttp.ClientConnectorError) else type(error).__name__


def _object(body: bytes) -> Json:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
