"""A sandbox for tests: its partners' keys made once in a run, and somebody who speaks to them as the hub does."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from support.keys import hub_keys
from unionhub.adapters.http.client import AiohttpTransport
from unionhub.adapters.http.transport import HttpReply, Transport
from unionhub.adapters.jose.facade import HubJose
from unionhub.adapters.jose.keys import HubKeys
from unionhub.domain.model.parties import JoseProfile, Party, PartyState
from unionhub.hosts.sandbox import keyring
from unionhub.hosts.sandbox.clock import ManualClock
from unionhub.hosts.sandbox.loopback import LoopbackTransport
from unionhub.hosts.sandbox.partner import Hub, Identity, Partner
from unionhub.hosts.sandbox.process import serving
from unionhub.hosts.sandbox.seeds import BANK, PARTNERS, Cardholder
from unionhub.hosts.sandbox.world import LOOPBACK_HUB_URL, World, jwks_of

T = TypeVar("T")

_numbers = count(1)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Synchronous tests: one loop for each call, so that nothing async passes unawaited."""
    with asyncio.Runner() as runner:
        return runner.run(work)


@cache
def identities() -> dict[str, Identity]:
    """Every seeded partner with keys of this run."""
    return keyring.new_identities()


@cache
def other_hub_keys() -> HubKeys:
    """A hub's keys that nobody knows yet."""
    return HubKeys.generate()


@cache
def light_identities() -> dict[str, Identity]:
    """The same partners, all with the profile whose keys cost nothing to make and to parse."""
    return keyring.new_identities(msgspec.structs.replace(seed, profile=JoseProfile.COMPACT) for seed in PARTNERS)


def give_keys(home: Path, partners: Callable[[], dict[str, Identity]] = light_identities) -> None:
    """Put this run's partner files into a home: making RSA keys anew for each test would take most of its time."""
    (home / keyring.FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)
    for app_id, identity in partners().items():
        (home / keyring.FOLDER / f"{app_id}.json").write_bytes(msgspec.json.encode(identity))


async def public_jwks() -> Mapping[str, Any]:
    return hub_keys().public_jwks()


@contextmanager
def world(
    hub_timeout_s: float = 0.3, partners: Callable[[], dict[str, Identity]] = light_identities
) -> Iterator[tuple[World, LoopbackTransport]]:
    """A world in this process, and the transport that reaches it. `await world.open()` opens its accounts."""
    hub = Hub(base_url=LOOPBACK_HUB_URL, jwks=jwks_of(hub_keys().public_jwks))
    made = World(partners(), hub, ManualClock(), hub_timeout_s=hub_timeout_s)
    transport = LoopbackTransport(made.faults)
    made.connect(transport)
    hub.transport = transport
    try:
        yield made, transport
    finally:
        made.close()


@asynccontextmanager
async def in_process(_home: Path) -> AsyncIterator[tuple[World, Transport]]:
    """Partners and caller in one process."""
    with world() as (made, transport):
        await made.open()
        yield made, transport
        await transport.close()


@asynccontextmanager
async def over_sockets(home: Path) -> AsyncIterator[tuple[World, Transport]]:
    """Partners on ports of their own, asked with the client that the hub uses."""
    give_keys(home)
    transport = AiohttpTransport()
    async with serving(home, "http://127.0.0.1:1", hub_timeout_s=0.3) as sandbox:
        sandbox.world.hub.jwks = jwks_of(hub_keys().public_jwks)
        sandbox.world.hub.transport = transport
        try:
            yield sandbox.world, transport
        finally:
            await transport.aclose()


Carrier = Callable[[Path], AbstractAsyncContextManager[tuple[World, Transport]]]
CARRIERS: tuple[Carrier, ...] = (in_process, over_sockets)


def msg_id(app_id: str = BANK) -> str:
    """As the hub numbers what it sends (PROTOCOL 1.6)."""
    return f"U{app_id}20260302040000{next(_numbers):06d}"


class HubStub:
    """The hub's side of the wire, without a hub: signed requests to partners, their answers verified."""

    def __init__(self, transport: Transport, partner: Partner) -> None:
        identity = partner.identity
        self._transport = transport
        self._jose = HubJose(hub_keys(), time.time)
        self.party = Party(
            app_id=identity.app_id,
            role=identity.role,
            name=identity.name,
            profile=identity.profile,
            state=PartyState.LIVE,
            keys=keyring.public_keys(identity),
        )
        self._base_url = identity.base_url

    def seal(self, content: object) -> str:
        return self._jose.seal_for(self.party, json.dumps(content).encode())

    def body(self, message: str, trx: Mapping[str, Any], number: str | None = None) -> dict[str, Any]:
        info = {
            "versionNo": "1.0.0",
            "msgID": number or msg_id(self.party.app_id),
            "timeStamp": "20260302040000",
            "msgType": message,
            "insID": self.party.app_id,
        }
        return {"msgInfo": info, "trxInfo": dict(trx)}

    async def post(self, path: str, body: bytes, *, timeout_s: float = 5.0, signed_path: str | None = None) -> HttpReply:
        headers = {"UPI-JWS": self._jose.sign_request(body, self.party, signed_path or path)}
        return await self._transport.post(self._base_url + path, headers, body, timeout_s=timeout_s)

    async def ask(
        self, message: str, trx: Mapping[str, Any], *, number: str | None = None, timeout_s: float = 5.0
    ) -> dict[str, Any]:
        """The partner's answer. Raises GateRefusal if it is not signed by it, ValueError if it is not JSON."""
        path = "/" + message.lower().replace("_", "")
        reply = await self.post(path, json.dumps(self.body(message, trx, number)).encode(), timeout_s=timeout_s)
        assert reply.status == 200, reply
        self._jose.verify_response(reply.headers.get("upi-jws"), reply.body, self.party)
        answer: dict[str, Any] = json.loads(reply.body)
        return answer

    def debit(self, account: str, amount: str = "10.00", currency: str = "344", **changes: Any) -> dict[str, Any]:
        """trxInfo of a DEBIT_TRANSACTION; None leaves a member out."""
        trx = {
            "relTrxMsgID": "A9901034420260302040000000001",
            "relTrxType": "MPQRC_PAYMENT",
            "debitAccountInfo": self.seal({"accountNo": account}),
            "trxAmt": amount,
            "trxCurrency": currency,
            "billAmt": amount,
            "billCurrency": currency,
        }
        return {name: value for name, value in {**trx, **changes}.items() if value is not None}

    async def pay(self, holder: Cardholder, amount: str = "10.00", **options: Any) -> dict[str, Any]:
        return await self.ask("DEBIT_TRANSACTION", self.debit(holder.account.reveal(), amount), **options)


def code(answer: Mapping[str, Any]) -> str:
    found: str = answer["msgResponse"]["responseCode"]
    return found


async def until(condition: Callable[[], Awaitable[bool]], timeout_s: float = 5.0) -> None:
    """Wait for what happens on its own time."""
    async with asyncio.timeout(timeout_s):
        while not await condition():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.01)
