"""A hub with all its partners, in the three ways of DESIGN section 2: in process with the in-memory store (the same signed
bytes), over HTTP with SQLite, over HTTP with PostgreSQL.

Everything runs in one event loop that the caller steps from synchronous code: `house.run(...)`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar
from unittest.mock import patch

import msgspec

from support.keys import hub_keys
from support.sandbox import identities
from support.stores import postgres_url
from unionhub.adapters.http.client import AiohttpTransport
from unionhub.adapters.http.transport import HttpReply, Transport
from unionhub.adapters.jose.keys import HubKeys
from unionhub.adapters.memory.store import MemoryStore
from unionhub.domain.flows import invariants
from unionhub.domain.model.parties import Party
from unionhub.domain.model.transactions import Payment
from unionhub.hosts.hub import Hub, open_hub
from unionhub.hosts.sandbox.books import DEBIT
from unionhub.hosts.sandbox.clock import ManualClock
from unionhub.hosts.sandbox.faults import FaultKind, FaultTable
from unionhub.hosts.sandbox.loopback import LoopbackTransport
from unionhub.hosts.sandbox.partner import Hub as HubSeen
from unionhub.hosts.sandbox.partner import NoAnswer, Partner
from unionhub.hosts.sandbox.register import Registrar
from unionhub.hosts.sandbox.seeds import ACQUIRER, BANK, Cardholder
from unionhub.hosts.sandbox.server import PartnerServer
from unionhub.hosts.sandbox.world import LOOPBACK_HUB_URL, World, jwks_of
from unionhub.hosts.service.hub_app import hub_app
from unionhub.hosts.service.serve import serve
from unionhub.hosts.settings import DatabaseUrl, Settings
from unionhub.ports.books import Booked
from unionhub.ports.partners import NoWord

T = TypeVar("T")

Way = Literal["memory", "sqlite", "postgres"]
WAYS: tuple[Way, ...] = ("memory", "sqlite", "postgres")

BANK_TIMEOUT_S = 0.6
"""Time-outs are settings: short here, for answers that are late on purpose (`Line`)."""

PATIENCE_S = 20.0
"""How long a house waits for an answer that is only slow, because the machine is."""


class Line:
    """The hub's transport. Who keeps silent has used up the hub's time at once, and who answers is in time: what a test sees
    depends on what partners do, not on how busy this machine is. Only while somebody is to answer late are time-outs those of
    the settings."""

    def __init__(self, faults: FaultTable, *, as_in_life: bool) -> None:
        self.transport: Transport
        self.as_in_life = as_in_life  # every time-out takes its time, and no more
        self._faults = faults
        self._waiting: dict[bytes, set[asyncio.Future[None]]] = {}

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, *, timeout_s: float) -> HttpReply:
        """See adapters.http.transport.Transport."""
        if self.as_in_life or self._somebody_is_late(timeout_s):
            return await self.transport.post(url, headers, body, timeout_s=timeout_s)
        silence: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(body, set())
        waiting.add(silence)
        posting = asyncio.ensure_future(self.transport.post(url, headers, body, timeout_s=max(timeout_s, PATIENCE_S)))
        try:
            await asyncio.wait({posting, silence}, return_when=asyncio.FIRST_COMPLETED)
            if not posting.done():
                raise NoWord("timeout")
            return posting.result()
        finally:
            posting.cancel()
            await asyncio.gather(posting, return_exceptions=True)
            waiting.discard(silence)
            if not waiting:
                self._waiting.pop(body, None)

    def keeps_silent(self, body: bytes) -> None:
        """Nobody will answer this request."""
        for silence in self._waiting.get(body, ()):
            if not silence.done():
                silence.set_result(None)

    def _somebody_is_late(self, timeout_s: float) -> bool:
        return any(row.kind is FaultKind.ANSWER_LATE and row.seconds > timeout_s for row in self._faults.pending())


class Network:
    """The way to the partners. It delivers at once, except what it is told to keep back."""

    def __init__(self) -> None:
        self._wanted: set[tuple[str, str]] = set()
        self._kept: list[Callable[[], Awaitable[HttpReply]]] = []

    def keep_back(self, app_id: str, message: str) -> None:
        """The next such request does not arrive before `deliver`; whoever sent it waits for nothing."""
        self._wanted.add((app_id, message.lower().replace("_", "")))

    async def deliver(self) -> None:
        """Everything that was kept back arrives now, byte for byte, though nobody waits for answers; nothing more is kept."""
        self._wanted.clear()
        kept, self._kept = self._kept, []
        for arrive in kept:
            await arrive()

    def before(self, partner: Partner, line: Line) -> None:
        """Stand between the hub and this partner's ear."""
        receive = partner.receive

        async def passed_on(path: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
            request = partner.app_id, path.rpartition("/")[2]
            try:
                if request not in self._wanted:
                    return await receive(path, headers, body)
                self._wanted.discard(request)
                self._kept.append(lambda: receive(path, dict(headers), body))
                raise NoAnswer
            except NoAnswer:
                line.keeps_silent(body)
                raise

        partner.receive = passed_on  # type: ignore[method-assign]


class Books:
    """The sandbox's ledger as ports.books.BankBooks, with what a test adds to it."""

    def __init__(self, world: World, more: Mapping[str, Booked]) -> None:
        self._world = world
        self._more = more

    async def booked(self, issuer: str) -> Mapping[str, Booked]:
        found = dict(self._more)
        for account in await self._world.bank(issuer).accounts():
            for booking in account.bookings:
                so_far = found.get(booking.ref, Booked())
                found[booking.ref] = so_far.plus(booking.amount.minor, taken=booking.sign == DEBIT)
        return found


class House:
    """One hub, its world, and the loop they live in. Business time stands still until `advance`."""

    def __init__(self, way: Way, home: Path, *, as_in_life: bool = False, **settings: Any) -> None:
        """`as_in_life`: whoever is silent is waited for, as long as the settings say."""
        self.way = way
        self.home = home
        self.clock = ManualClock()
        self._as_in_life = as_in_life
        self._settings = settings
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self.hub: Hub
        self.world: World
        self.line: Line
        self.network = Network()
        self.url = LOOPBACK_HUB_URL

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Step the loop until `work` is done."""
        return self._runner.run(work)

    def open(self) -> None:
        # Making a database runs a loop of its own, so it comes before ours.
        self.run(self._open(self._make_settings()))

    def close(self) -> None:
        try:
            self.run(self._stack.aclose())
        finally:
            self._runner.close()

    async def _open(self, settings: Settings) -> None:
        seen = HubSeen(base_url=self.url, jwks=jwks_of(lambda: self.hub.keys.public_jwks()))
        self.world = World(identities(), seen, self.clock, hub_timeout_s=BANK_TIMEOUT_S)
        self._stack.callback(self.world.close)
        self.line = Line(self.world.faults, as_in_life=self._as_in_life)
        for partner in self.world.partners.values():
            self.network.before(partner, self.line)
        await self.world.open()
        in_process = LoopbackTransport(self.world.faults)
        store = MemoryStore() if self.way == "memory" else None
        if self.way == "memory":
            self.line.transport = in_process
        else:
            client = AiohttpTransport(
                connections_per_partner=settings.partner_in_flight_max, connect_timeout_s=settings.connect_timeout_s
            )
            self._stack.push_async_callback(client.aclose)
            self.line.transport = client
        of_all_houses = hub_keys()  # they take a second to make
        with patch.object(HubKeys, "generate", lambda: of_all_houses):
            self.hub = await self._stack.enter_async_context(
                open_hub(
                    settings,
                    store=store,
                    transport=self.line,
                    clock=self.clock,
                    upgrade=True,
                )
            )
        if self.way == "memory":
            self.world.connect(in_process)
            in_process.connect_hub(self.url, self.hub.endpoint.handle)
            seen.transport = in_process
            self._stack.push_async_callback(in_process.close)
        else:
            await self._listen(seen)
        registrar = Registrar(self.hub.store, self.hub.vault, self.hub.sequences, self.clock)
        await registrar.register(self.world.identities)
        await self.hub.directory.refresh()
        self._registrar = registrar
        for app_id in (BANK, ACQUIRER):
            # Whom the hub waits for so briefly: to parse its first RSA keys takes a partner longer than that.
            await self.world.partners[app_id]._jose()

    def _make_settings(self) -> Settings:
        values: dict[str, Any] = {
            "home": self.home,
            "clock": "sandbox",  # the sandbox's coupons
            "log_to": "file",
            "log_level": "info",
            "bank_timeout_s": BANK_TIMEOUT_S,
            "acquirer_timeout_s": BANK_TIMEOUT_S,
            "partner_timeout_s": BANK_TIMEOUT_S,
            "gateway_timeout_s": BANK_TIMEOUT_S,
            "platform_timeout_s": BANK_TIMEOUT_S,
            "breaker_open_s": 0.2,  # counted in real time, which a test that moves business time does not wait for
            **self._settings,
        }
        if self.way == "postgres":
            values["database_url"] = DatabaseUrl.parse(postgres_url())
        return Settings(**values)

    async def _listen(self, seen: HubSeen) -> None:
        """Partners and hub on loopback ports, as in production."""
        client = AiohttpTransport(connect_timeout_s=PATIENCE_S)
        self._stack.push_async_callback(client.aclose)
        seen.transport = client
        urls = {}
        for app_id, partner in self.world.partners.items():
            server = PartnerServer(partner, self.world.faults)
            urls[app_id] = await server.start()
            self._stack.push_async_callback(server.stop)
        self.world.moved(urls)
        app = hub_app(self.hub)
        stop, started = asyncio.Event(), asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(serve(app, stop=stop, started=started.set_result))

        async def end() -> None:
            stop.set()
            await serving

        self._stack.push_async_callback(end)
        await asyncio.wait({serving, started}, return_when=asyncio.FIRST_COMPLETED)
        self.url = seen.base_url = f"http://127.0.0.1:{started.result()}"

    # --- what tests do with it

    async def cardholder(self, gateway: str | None = None, balance: str = "1000.00", **changes: Any) -> Cardholder:
        """A fresh cardholder with money and a card: scenarios share a house, never a person."""
        holder = await self.world.new_cardholder(gateway or self.world.cardholders[0].gateway, balance, **changes)
        await self._registrar.register_card(holder)
        return holder

    async def balance(self, holder: Cardholder) -> str:
        """What is on the account, as the bank's books say, in major units."""
        money = await self.world.bank(holder.issuer).balance(holder.account)
        assert money is not None
        return money.text

    async def work(self, turns: int = 50) -> None:
        """Let the worker do all that is due now."""
        for _ in range(turns):
            if not await self.hub.worker.turn():
                return
        raise AssertionError("the worker does not come to rest")

    async def advance(self, seconds: float) -> None:
        """Move business time on, and let the worker do what has become due."""
        self.clock.advance(seconds)
        await self.work()

    async def payment(self, sender: str, msg_id: str) -> Payment | None:
        async with self.hub.store.begin() as uow:
            return await uow.payment_of(sender, msg_id)

    async def broken(self, **booked: Booked) -> set[str]:
        """The names of the invariants that do not hold; `booked` is what the bank shall have booked besides."""
        store, limit = self.hub.store, timedelta(minutes=10)
        all_of_them = (
            invariants.EveryPaymentEnds(store, self.clock, limit),
            invariants.BookedIsApproved(store, Books(self.world, booked)),
            invariants.NoPurchaseTwice(store),
            invariants.OrdersArePaidOnce(store),
            invariants.NoLimitOverspent(store),
            invariants.EveryoneIsTold(store),
            invariants.NoticesArrive(store, self.clock, limit),
        )
        return {found.invariant for found in await invariants.check(all_of_them)}

    async def change_party(self, app_id: str, **changes: Any) -> Party:
        """Change a party's record, as an operator would, and let the hub see it."""
        async with self.hub.store.begin() as uow:
            party = next(party for party in await uow.parties() if party.app_id == app_id)
            changed = msgspec.structs.replace(party, **changes)
            await uow.put_party(changed)
            await uow.commit()
        await self.hub.directory.refresh()
        return changed

    async def change_product(self, **changes: Any) -> None:
        """Change the sandbox's card product."""
        async with self.hub.store.begin() as uow:
            product = next(item for item in await uow.products() if item.product_id == self.world.product.product_id)
            await uow.put_product(msgspec.structs.replace(product, **changes))
            await uow.commit()
        await self.hub.directory.refresh()

    async def until(self, happened: Callable[[], bool | Awaitable[bool]], timeout_s: float = 10.0) -> None:
        """Wait for something that happens beside us."""
        until_s = time.monotonic() + timeout_s
        while True:
            answer = happened()
            if answer if isinstance(answer, bool) else await answer:
                return
            assert time.monotonic() < until_s, "it did not happen"
            await asyncio.sleep(0.01)


@contextmanager
def house(way: Way, home: Path, **settings: Any) -> Iterator[House]:
    """A house that is open inside the block."""
    made = House(way, home, **settings)
    try:
        made.open()
        yield made
    finally:
        made.close()
