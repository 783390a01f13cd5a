"""A simulated partner: its identity, its ear and its voice. Bytes move elsewhere (`server`, `loopback`, the transport).

It checks what the hub sends as strictly as the hub checks its partners, answers signed, fails as the fault table says,
and keeps what it received.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, ClassVar, Final, TypeVar

import msgspec

from unionhub.adapters.http.transport import HttpReply, Transport
from unionhub.adapters.jose.causes import Cause, GateRefusal
from unionhub.adapters.jose.facade import PartnerJose
from unionhub.adapters.jose.gate import UNAUTHORIZED_BODY, Verified
from unionhub.adapters.jose.keys import generate_key
from unionhub.adapters.jose.suites import SUITES
from unionhub.domain.model.parties import JoseProfile, Role
from unionhub.hosts.sandbox import envelope
from unionhub.hosts.sandbox.catalog import FLAT_ROLES, RECEIVED_BY, hub_path, joined
from unionhub.hosts.sandbox.envelope import Answer, Received
from unionhub.hosts.sandbox.faults import Fault, FaultKind, FaultTable
from unionhub.hosts.sandbox.inbox import Inbox, Item
from unionhub.hosts.sandbox.journal import HUB, Exchange, Journal
from unionhub.hosts.sandbox.keepsakes import Keepsakes
from unionhub.hosts.sandbox.numbers import MsgIds, timestamp
from unionhub.ports.clock import Clock
from unionhub.ports.partners import PartnerError

log = logging.getLogger(__name__)

T = TypeVar("T")

JWS_HEADER: Final = "UPI-JWS"
CONTENT_TYPE: Final = "application/json;charset=UTF-8"
GARBAGE: Final = b"<html><body>it works!</body></html>"
_REFETCH_S: Final = 5.0
_MAX_INBOX_TEXT: Final = 2_000


class NoAnswer(Exception):  # noqa: N818 - silence is what was asked for
    """The partner stays silent: whoever carries its answers keeps the connection open and sends nothing."""


class NotGenuine(Exception):  # noqa: N818
    """What came back from the hub with 200 is not signed by it, or not for us. `cause` says why."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause.value)
        self.cause = cause


class Identity(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """`<appId>.json`, member by member: whoever reads that file can sign as this partner."""

    app_id: str
    role: Role
    name: str
    profile: JoseProfile
    signing: dict[str, Any]
    encryption: dict[str, Any]
    base_url: str
    channel_code: str = ""
    industry_code: str = ""

    def __repr__(self) -> str:
        return f"Identity({self.app_id}, {self.role}, {self.profile})"  # never the keys


class Hub(msgspec.Struct, kw_only=True):
    """The hub as partners see it: where it is (which may be known late), how its public keys are had, what carries requests."""

    base_url: str
    jwks: Callable[[], Awaitable[Mapping[str, Any]]]
    transport: Transport | None = None


class HubRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request to the hub, not signed yet: tests change `body` or `path` with msgspec.structs.replace."""

    message: str
    path: str
    msg_id: str
    body: dict[str, Any]


class HubAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the hub answered. With 200 it is genuine; other statuses come unsigned (401 has the code `E0`)."""

    status: int
    code: str
    text: str
    body: dict[str, Any]

    @property
    def trx(self) -> dict[str, Any]:
        found = self.body.get("trxInfo", {})
        return found if isinstance(found, dict) else {}


Handler = Callable[[Received], Awaitable[Answer]]


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A browser's request. `query` and `form` as they came, `cookies` by name; HEAD is asked as GET."""

    method: str
    path: str
    query: str = ""
    cookies: Mapping[str, str] = {}
    form: bytes = b""


class Partner:
    """One institution. `handlers` says what it answers to which message; a message without one gets `40`. `remembers`: what of
    its inbox is there after a restart too."""

    remembers: ClassVar[frozenset[str]] = frozenset()

    def __init__(
        self,
        identity: Identity,
        *,
        hub: Hub,
        clock: Clock,
        faults: FaultTable,
        journal: Journal,
        msg_ids: MsgIds,
        now_s: Callable[[], float] = time.time,
        keepsakes: Keepsakes | None = None,
    ) -> None:
        """`clock` is business time; `now_s` real time, which signatures carry; `keepsakes` outlive this process."""
        self.identity = identity
        self.app_id = identity.app_id
        self.role = identity.role
        self.inbox = Inbox()
        self.handlers: dict[str, Handler] = {}
        self._hub = hub
        self._clock = clock
        self._faults = faults
        self._journal = journal
        self._msg_ids = msg_ids
        self._now_s = now_s
        self._keepsakes = keepsakes or Keepsakes()
        self._flat = identity.role in FLAT_ROLES
        self._names = {joined(message): message for message in RECEIVED_BY[identity.role]}
        self._known_jose: PartnerJose | None = None
        self._forger: PartnerJose | None = None
        self._fetched_s = -_REFETCH_S
        self._under_way: set[asyncio.Task[None]] = set()
        for item in self._kept("notice", Item) if self.remembers else ():
            self.inbox.add(item)

    def close(self) -> None:
        """Give up what it does by itself."""
        for task in tuple(self._under_way):
            task.cancel()

    def by_itself(self, work: Coroutine[Any, Any, None]) -> None:
        """Let `work` go on beside whatever is answered; a failure in it is logged, nobody waits for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # A hub that stops or is not reachable is nothing to be traced; anything else is a defect of ours.
            trace = None if isinstance(error, PartnerError) else error
            log.warning("partner %s could not finish what it does by itself: %s", self.app_id, error, exc_info=trace)

    # --- the ear

    async def receive(self, path: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        """Answer one request to `path`. Raises NoAnswer where a fault wants silence."""
        signature = _header(headers, JWS_HEADER)
        try:
            jose = await self._trusting(lambda known: known.verify_request(signature, path, body))
        except GateRefusal as refusal:
            log.warning("partner %s refused a request to %s: %s", self.app_id, path, refusal.cause.value)
            return HttpReply(status=401, headers={"content-type": CONTENT_TYPE}, body=UNAUTHORIZED_BODY)
        message = self._names.get(path.rpartition("/")[2], "")
        try:
            received = envelope.read(body, message or _claimed_type(body), flat=self._flat)
        except envelope.MalformedError:
            self._keep(message or path, "", body.decode("utf-8", "replace")[:_MAX_INBOX_TEXT])
            return _signed(jose, envelope.bare_reply("30"))
        self._keep(received.message, received.msg_id, received.body)
        exchange = self._journal.request(HUB, self.app_id, received.message, received.msg_id, received.body)
        return await self._answer(jose, received, exchange)

    async def browse(self, visit: Visit) -> HttpReply | None:
        """What a browser gets here; None where there is nothing for browsers."""
        del visit
        return None

    async def open_(self, jwe: str) -> bytes:
        """What the hub sealed for us. Raises SealedFieldError."""
        return (await self._jose()).open_(jwe)

    async def _answer(self, jose: PartnerJose, received: Received, exchange: Exchange) -> HttpReply:
        fault = self._faults.take(self.app_id, received.message)
        if fault is not None and fault.kind is FaultKind.NO_ANSWER:
            raise NoAnswer
        if fault is not None and fault.kind is FaultKind.CODE:
            answer = Answer(code=fault.code, trx=_repeated(received))
        else:
            answer = await self._handled(received)
        if fault is None or fault.kind is FaultKind.CODE:
            reply = _signed(jose, envelope.reply(received, answer))
            exchange.response(answer.code, fault.name if fault else "", reply.body)
            return reply
        spoiled = await self._spoiled(jose, fault, received, answer)
        exchange.response(answer.code if fault.kind is FaultKind.ANSWER_LATE else "", fault.name, spoiled.body)
        return spoiled

    async def _handled(self, received: Received) -> Answer:
        handler = self.handlers.get(received.message)
        return Answer(code="40") if handler is None else await handler(received)

    async def _spoiled(self, jose: PartnerJose, fault: Fault, received: Received, answer: Answer) -> HttpReply:
        """The answer to a message that was handled, made worthless in the way of `fault`."""
        right = envelope.reply(received, answer)
        match fault.kind:
            case FaultKind.ANSWER_LATE:
                await asyncio.sleep(fault.seconds)
                return _signed(jose, right)
            case FaultKind.GARBAGE:
                return _signed(jose, GARBAGE)  # genuine rubbish: the signature must not be what saves the hub
            case FaultKind.BAD_SIGNATURE:
                return _reply(right, self._forged().sign_response(right))
            case FaultKind.ANSWER_OF_ANOTHER:
                return _signed(jose, envelope.reply(received, answer, msg_id=self._msg_ids.next()))
            case _:
                raise NoAnswer

    def _forged(self) -> PartnerJose:
        """A key of the right kind, under the right kid, that is not ours. Made once: an RSA key takes a tenth of a second."""
        if self._forger is None:
            suite = SUITES[self.identity.profile]
            signing = generate_key(suite.sig_alg, str(self.identity.signing["kid"])).private_jwk()
            self._forger = self._new_jose(signing, {"keys": []})
        return self._forger

    def _keep(self, message: str, msg_id: str, body: object) -> None:
        item = Item(at=self._clock.now(), message=message, msg_id=msg_id, body=body)
        self.inbox.add(item)
        if message in self.remembers:
            self._remember("notice", msg_id, item)

    def _remember(self, kind: str, name: str, value: object) -> None:
        """Keep something of ours for whoever we are after a restart."""
        self._keepsakes.put(f"{kind} {self.app_id}", name, value)

    def _forget(self, kind: str, name: str) -> None:
        self._keepsakes.drop(f"{kind} {self.app_id}", name)

    def _kept(self, kind: str, form: type[T]) -> list[T]:
        """What was remembered, the oldest first."""
        return [value for _, value in self._keepsakes.all(f"{kind} {self.app_id}", form)]

    # --- the voice

    def request(
        self,
        message: str,
        trx: Mapping[str, Any] | None = None,
        *,
        path: str | None = None,
        msg_id: str | None = None,
        info: Mapping[str, Any] | None = None,
    ) -> HubRequest:
        """A request to the hub with a msgID of its own. Members of `trx` and `info` that are None are left out.

        `info` overrides members of msgInfo. Channels and industries speak the flat form: `trx` stands beside msgID.
        """
        path = path or hub_path(self.role, message)
        msg_id = msg_id or self._msg_ids.next()
        members = _given(trx or {})
        if path.startswith("/ucsp/"):
            body = _given({"msgID": msg_id, **self._own_codes(), **members, **(info or {})})
        else:
            body = envelope.scis_request(message, msg_id, self.app_id, timestamp(self._clock), members)
            body["msgInfo"] = _given({**body["msgInfo"], **(info or {})})
        return HubRequest(message=message, path=path, msg_id=msg_id, body=body)

    async def send(self, request: HubRequest, *, timeout_s: float = 15.0) -> HubAnswer:
        """Sign and send once. Raises ports.partners.NotSent or NoWord, and NotGenuine for a 200 that is not the hub's."""
        if self._hub.transport is None:
            raise RuntimeError(f"partner {self.app_id} has no transport to send with")
        headers, body = await self.signed(request)
        exchange = self._journal.request(self.app_id, HUB, request.message, request.msg_id, request.body)
        url = self._hub.base_url.rstrip("/") + request.path
        reply = await self._hub.transport.post(url, headers, body, timeout_s=timeout_s)
        answer = _read_answer(reply)
        if reply.status == 200:
            signature = _header(reply.headers, JWS_HEADER)
            try:
                await self._trusting(lambda known: known.verify_response(signature, reply.body))
            except GateRefusal as refusal:
                raise NotGenuine(refusal.cause) from None
        exchange.response(answer.code, body=reply.body)
        return answer

    async def ask(self, message: str, trx: Mapping[str, Any] | None = None, **options: Any) -> HubAnswer:
        """`request` and `send` in one."""
        timeout_s = options.pop("timeout_s", 15.0)
        return await self.send(self.request(message, trx, **options), timeout_s=timeout_s)

    async def signed(self, request: HubRequest) -> tuple[dict[str, str], bytes]:
        """Headers and body that are this request, for whoever sends them by other means (locust, `unionhub send`)."""
        body = envelope.encode(request.body)
        jose = await self._jose()
        return {"Content-Type": CONTENT_TYPE, JWS_HEADER: jose.sign_request(body, request.path)}, body

    async def seal(self, plaintext: bytes) -> str:
        """A JWE that only the hub opens."""
        return (await self._jose()).seal(plaintext)

    def _own_codes(self) -> dict[str, Any]:
        codes = {"channelCode": self.identity.channel_code, "industryCode": self.identity.industry_code}
        return {name: code for name, code in codes.items() if code}

    # --- the hub's keys

    async def _trusting(self, check: Callable[[PartnerJose], Verified]) -> PartnerJose:
        """Pass `check` with the hub's keys as we know them; a key we never saw makes us ask for them again. GateRefusal."""
        jose = await self._jose()
        try:
            check(jose)
        except GateRefusal as refusal:
            if refusal.cause is not Cause.KID_UNKNOWN or time.monotonic() - self._fetched_s < _REFETCH_S:
                raise
            self._known_jose = None
            jose = await self._jose()
            check(jose)
        return jose

    async def _jose(self) -> PartnerJose:
        if self._known_jose is None:
            jwks = await self._hub.jwks()
            self._fetched_s = time.monotonic()
            self._known_jose = self._new_jose(self.identity.signing, jwks)
        return self._known_jose

    def _new_jose(self, signing: Mapping[str, Any], jwks: Mapping[str, Any]) -> PartnerJose:
        identity = self.identity
        return PartnerJose(self.app_id, identity.profile, signing, identity.encryption, jwks, self._now_s)


def _read_answer(reply: HttpReply) -> HubAnswer:
    try:
        content = envelope.decode(reply.body)
    except envelope.MalformedError:
        content = {}
    body = content if isinstance(content, dict) else {}
    said = body.get("msgResponse", body.get("MsgResponse", {}))
    verdict = said if isinstance(said, dict) else {}
    code, text = str(verdict.get("responseCode", "")), str(verdict.get("responseMsg", ""))
    return HubAnswer(status=reply.status, code=code, text=text, body=body)


def _signed(jose: PartnerJose, body: bytes) -> HttpReply:
    return _reply(body, jose.sign_response(body))


def _reply(body: bytes, signature: str) -> HttpReply:
    return HttpReply(status=200, headers={"content-type": CONTENT_TYPE, JWS_HEADER.lower(): signature}, body=body)


def _header(headers: Mapping[str, str], name: str) -> str | None:
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), None)


def _claimed_type(body: bytes) -> str:
    """The msgType of a message to a path that this role does not have."""
    content = envelope.decode(body)
    info = content.get("msgInfo", {}) if isinstance(content, dict) else {}
    claimed = info.get("msgType") if isinstance(info, dict) else None
    return claimed if isinstance(claimed, str) else ""


def _repeated(received: Received) -> dict[str, Any]:
    """(e) of the bank's contract holds for a refusal too."""
    return {name: received.trx[name] for name in ("trxAmt", "trxCurrency") if name in received.trx and not received.flat}


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
