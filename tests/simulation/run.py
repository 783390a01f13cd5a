"""One seeded run: the real flows, runners, worker and store on virtual time, under faults; then quiet, then the judgement."""

from __future__ import annotations

import asyncio
import gc
import random
from collections import Counter
from collections.abc import Coroutine
from typing import Any, Final

import msgspec

from simulation.acquirer import Till
from simulation.clients import Clients
from simulation.diagrams import diagrams
from simulation.host import START, Host, LoopClock, Shared
from simulation.inline_sqlite import AnyStore, InlineSqliteStore
from simulation.judge import findings, judged, judged_cards
from simulation.loop import VirtualLoop
from simulation.network import OUTAGES, QUIET, Chances, Network
from simulation.operators import Operators
from simulation.orders import Ucsp, judged_orders
from simulation.partners import BankDoor, GatewayApp, Platform
from simulation.scripts import Scripts
from simulation.services import MOODS, ChannelDoor, Granting, IndustryDoor
from simulation.shopping import Shopping
from simulation.town import GRANTS, SERVICES, Town
from unionhub.adapters.memory.store import MemoryStore
from unionhub.adapters.sql.rows import micros
from unionhub.domain.flows.invariants import Finding
from unionhub.domain.model.orders import OrderState
from unionhub.domain.model.parties import Party
from unionhub.hosts.sandbox.seeds import ACQUIRER, BANK, HARBOUR, PEAK, QR_PLATFORM
from unionhub.ports.directory import Directory

CLIENTS: Final = 18
SHOPPERS: Final = 7
FAULTS_LAST_S: Final = 200.0
QUIET_WITHIN_S: Final = 2 * 3600.0
"""After the last fault, until everything must have ended."""

STORMY: Final = Chances(
    refused=0.03,
    request_lost=0.06,
    request_doubled=0.06,
    request_late=0.04,
    answer_lost=0.06,
    answer_late=0.06,
    answer_rubbish=0.03,
    answer_401=0.01,
    odd_code=0.06,
    store_refuses=0.01,
    store_mute=0.01,
    kill=0.001,
    stall=0.008,
    slow=0.1,
)

_UNPAID: Final = (OrderState.PLACING, OrderState.OPEN)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a run came to. `trace` has one line for each message: virtual time, from, to, message, msgID, code."""

    seed: int
    findings: list[Finding]
    trace: list[str]
    diagrams: list[str]  # of the transactions that findings name
    injected: dict[str, int]
    payments: int
    states: dict[str, int]  # of payments and enrolments, by kind and state
    seen: dict[str, int]  # coincidences that came about


class Simulation:
    """Everything of one run."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.trace: list[str] = []
        self.network = Network(self.rng, self._record)
        self.store = _store_of(seed)
        self.hosts: list[Host] = []
        self.shared: Shared
        self.clients: Clients
        self.ucsp: Ucsp
        self.bank_door: BankDoor
        self._born = 0
        self._tasks: set[asyncio.Task[Any]] = set()

    async def run(self) -> Outcome:
        town = await Town.settled(self.rng, self.network, self.store)
        self.shared = town.shared
        self.clients = Clients(self.rng, town.shared.directory, self._living, self._record)
        platform = Platform()
        self.ucsp = self._services(town)
        self.bank_door = BankDoor(town.bank, self.rng)
        self._connect(town, platform)
        scripts = Scripts(self.clients, platform, town.holders, town.strangers, self.bank_door.texts)
        operators = Operators(self.clients, town.shared, self.ucsp.granting, (HARBOUR, PEAK), scripts.pays_from)
        self.ucsp.shopping.withdrawing = operators
        for _ in range(2):
            self._start_host()
        self.network.chances = STORMY
        breakers = (
            self._keep_two_hosts(),
            self._break_the_line(),
            self._sulk(),
            operators.withdraw_grants(),
            operators.suspend_parties(),
            operators.replay_notices(),
            operators.exchange_keys(),
        )
        keepers = [self._launch(breaker) for breaker in breakers]
        clients = [self._launch(self._client(scripts)) for _ in range(CLIENTS)]
        clients += [self._launch(self._shopper()) for _ in range(SHOPPERS)]
        await asyncio.sleep(FAULTS_LAST_S)
        for keeper in keepers:
            keeper.cancel()
        self.network.bank_is("")
        for door in self.ucsp.doors:
            door.mood = ""
        self.network.chances = QUIET
        self._two_hosts()
        await asyncio.wait(clients)
        await operators.at_rest()
        await self._until_quiet()
        outcome = await self._outcome(town, scripts, operators)
        await self._sweep()
        town.close()
        return outcome

    def _connect(self, town: Town, platform: Platform) -> None:
        self.network.receivers = {
            BANK: self.bank_door.receive,
            ACQUIRER: self.ucsp.till.receive,
            QR_PLATFORM: platform.receive,
            HARBOUR: GatewayApp(HARBOUR, self.clients).receive,
            PEAK: GatewayApp(PEAK, self.clients).receive,
            **{door.app_id: door.receive for door in self.ucsp.doors},
        }

    def _services(self, town: Town) -> Ucsp:
        """UCSP's side of the town."""
        till = Till(self.clients)
        parties = self.shared.directory
        channels = [
            ChannelDoor(app_id, _party(parties, app_id).channel_code, users, self.clients)
            for app_id, users in town.users.items()
        ]
        industries = [
            IndustryDoor(
                each.app_id, _party(parties, each.app_id).industry_code, each.url.removesuffix("/start"), till, self.clients
            )
            for each in SERVICES
        ]
        shopping = Shopping(self.clients, till, channels, industries, town.holders[:6])
        return Ucsp(till=till, shopping=shopping, channels=channels, industries=industries, granting=Granting(GRANTS))

    async def _shopper(self) -> None:
        await asyncio.sleep(self.rng.uniform(0, FAULTS_LAST_S * 0.8))
        await self.ucsp.shopping.shop()

    async def _client(self, scripts: Scripts) -> None:
        await asyncio.sleep(self.rng.uniform(0, FAULTS_LAST_S * 0.7))
        await scripts.draw()()

    async def _until_quiet(self) -> None:
        """Until nothing is under way and nobody waits for anything; the invariants tell if that was too late."""
        tables, until_s = self.store.tables, asyncio.get_running_loop().time() + QUIET_WITHIN_S
        while asyncio.get_running_loop().time() < until_s:
            await asyncio.sleep(5.0)
            waiting = tables.unfinished or tables.queued or tables.opening or self.network.busy or self.ucsp.till.busy
            if not waiting and not any(order.state in _UNPAID for order in tables.orders.values()):
                return

    async def _sweep(self) -> None:
        """Take everything away that still runs or is frozen."""
        self.network.over = True
        ours = asyncio.current_task()
        running = [task for task in asyncio.all_tasks() if task is not ours]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _start_host(self) -> None:
        self._born += 1
        host = Host(self.shared, f"host{self._born}")
        self.hosts.append(host)
        self._launch(host.worker.run(asyncio.Event()))

    def _living(self) -> list[Host]:
        return [host for host in self.hosts if not host.life.dead]

    def _two_hosts(self) -> None:
        self.hosts = self._living()
        while len(self.hosts) < 2:
            self._start_host()

    async def _keep_two_hosts(self) -> None:
        """An operator's supervisor: whoever died is replaced after a while."""
        while True:
            await asyncio.sleep(self.rng.uniform(1, 8))
            self._two_hosts()

    async def _break_the_line(self) -> None:
        """The bank is down for minutes: often first its answers fail to come, and then nothing reaches it."""
        while True:
            await asyncio.sleep(self.rng.uniform(40, 120))
            for outage in self.rng.sample(OUTAGES, 2):
                self.network.bank_is(outage)
                await asyncio.sleep(self.rng.uniform(3, 50))
            self.network.bank_is("")

    async def _sulk(self) -> None:
        """A channel or an industry does not answer, or not well, for a while: notices are refused, cards not shown."""
        while True:
            await asyncio.sleep(self.rng.uniform(5, 30))
            door, mood = self.rng.choice(self.ucsp.doors), self.rng.choice(MOODS)
            door.mood = mood
            self.network.injected[f"partner_{mood}"] += 1
            await asyncio.sleep(self.rng.uniform(5, 40))
            door.mood = ""

    async def _outcome(self, town: Town, scripts: Scripts, operators: Operators) -> Outcome:
        tables = self.store.tables
        payments, enrolments = tables.payments.values(), tables.enrolments.values()
        states = Counter(f"{payment.kind} {payment.state.value}" for payment in payments)
        states.update(f"{each.kind} {each.state.value}" for each in enrolments)
        states.update(f"order {each.state.value}" for each in tables.orders.values())
        states.update(f"{each.message} {each.state.value}" for each in tables.notices.values() if each.order_id is not None)
        states["login ADMITTED"] = len(tables.logins)
        wrong = [
            *await judged(town, self.store, self.clients.asked),
            *judged_cards(town, self.store, scripts, self.clients.asked),
            *findings("operators", await operators.judge()),
            *await judged_orders(self.store, self.ucsp, self.clients),
        ]
        return Outcome(
            seed=self.seed,
            findings=wrong,
            trace=self.trace,
            diagrams=await diagrams(self.store, wrong, self.trace, self.network.about),
            injected=dict(self.network.injected),
            payments=len(payments),
            states=dict(states),
            seen=dict(self.clients.seen),
        )

    def _launch(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        return task

    def _record(self, sender: str, receiver: str, message: str, msg_id: str, code: str) -> None:
        self.trace.append(f"{asyncio.get_running_loop().time():12.6f} {sender} {receiver} {message} {msg_id} {code}")


def _party(directory: Directory, app_id: str) -> Party:
    party = directory.party(app_id)
    assert party is not None
    return party


def _elapsed() -> Any:
    return LoopClock(0.0).now() - START


def _store_of(seed: int) -> AnyStore:
    """Every fourth run is on SQLite: the statements that production runs, inline. It takes twice the time of the others."""
    if seed % 4 == 0:
        return InlineSqliteStore(lambda: micros(START + _elapsed()))
    return MemoryStore(store_time=lambda: START + _elapsed())


def simulate(seed: int) -> Outcome:
    """One run. Equal seeds give equal traces, in any process."""
    loop, collects = VirtualLoop(), gc.isenabled()
    gc.disable()  # a run is short, and what it leaves is collected at once, while it is young
    try:
        return loop.run_until_complete(Simulation(seed).run())
    finally:
        loop.close()
        if collects:
            gc.enable()
        gc.collect(0)
