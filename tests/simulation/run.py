"""One seeded run: the real flows, runner, worker and store on virtual time, under faults; then quiet, then the invariants."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from simulation.loop import VirtualLoop
from simulation.mortal import Life, MortalPartners, MortalStore
from simulation.network import QUIET, Chances, LedgerBooks, Network
from unionhub.adapters.memory.directory import SnapshotDirectory
from unionhub.adapters.memory.offers import CouponBook
from unionhub.adapters.memory.rates import SAMPLE_RATES, FixedRates
from unionhub.adapters.memory.store import MemoryStore
from unionhub.adapters.memory.telemetry import NullTelemetry
from unionhub.adapters.sql.sequences import BlockSequences
from unionhub.adapters.vault.envelope import load as load_vault
from unionhub.adapters.vault.master import MasterKey
from unionhub.domain.flows.invariants import (
    BookedIsApproved,
    EveryoneIsTold,
    EveryPaymentEnds,
    Finding,
    NoLimitOverspent,
    NoPurchaseTwice,
    NoticesArrive,
    check,
)
from unionhub.domain.flows.merchant_qr_emv import MerchantQrEmv
from unionhub.domain.flows.moves import Mover
from unionhub.domain.flows.notify import Courier, NoticeBook
from unionhub.domain.flows.numbers import Numbers
from unionhub.domain.flows.payers import Payers
from unionhub.domain.flows.runner import MoneyRunner
from unionhub.domain.flows.unknown_outcome import UnknownOutcome
from unionhub.domain.model.cards import CardProduct
from unionhub.domain.model.errors import Refusal
from unionhub.domain.model.messages import Envelope, MerchantQrPayment
from unionhub.domain.model.money import Money
from unionhub.domain.model.parties import Party, PartyState, Role
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.hosts.sandbox.bank import CoreBank
from unionhub.hosts.sandbox.ledger import Ledger
from unionhub.hosts.sandbox.register import Registrar
from unionhub.hosts.sandbox.seeds import HARBOUR, MERCHANTS, PARTNERS, PRODUCT, Cardholder, PartnerSeed, cardholder
from unionhub.hosts.worker.worker import Worker, WorkerPolicy
from unionhub.ports.store import StoreUnavailable

START = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
FAULTS_LAST_S = 240.0
QUIET_WITHIN_S = 4 * 3600.0
PURCHASES = 25

STORMY = Chances(
    refused=0.03,
    request_lost=0.06,
    request_doubled=0.06,
    request_late=0.04,
    answer_lost=0.06,
    answer_late=0.06,
    answer_rubbish=0.03,
    answer_401=0.01,
    odd_code=0.05,
    store_refuses=0.01,
    store_mute=0.01,
    kill=0.0015,
)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a run came to. `trace` has one line for each message: virtual time, from, to, message, msgID, code."""

    seed: int
    findings: list[Finding]
    trace: list[str]
    injected: dict[str, int]
    payments: int
    states: dict[str, int]


class LoopClock:
    """Business time from the loop's, apart by this host's error."""

    def __init__(self, apart_s: float) -> None:
        self._apart = timedelta(seconds=apart_s)

    def now(self) -> datetime:
        return START + timedelta(seconds=asyncio.get_running_loop().time()) + self._apart


class Host:
    """Service and worker in one process, on the shared store."""

    def __init__(self, simulation: Simulation, name: str) -> None:
        rng = simulation.rng
        self.life = Life(name, simulation.network)
        store: Any = MortalStore(simulation.store, self.life)
        clock = LoopClock(rng.uniform(-1.5, 1.5))
        telemetry = NullTelemetry()
        partners = MortalPartners(self.life)
        numbers = Numbers(BlockSequences(store, block=10))
        notices = NoticeBook(simulation.directory, numbers, clock)
        policy = OutcomePolicy()
        mover = Mover(store, notices, numbers, simulation.directory, clock, telemetry)
        self.runner = MoneyRunner(store, clock, numbers, mover, policy, telemetry)
        self.flow = MerchantQrEmv(
            Payers(simulation.directory, simulation.vault),
            simulation.directory,
            partners,
            simulation.vault,
            CouponBook((), clock),
            FixedRates(SAMPLE_RATES),
            numbers,
            clock,
            policy,
        )
        unknown = UnknownOutcome(store, simulation.directory, partners, mover, numbers, clock, policy, telemetry)
        courier = Courier(store, simulation.directory, partners, simulation.vault, clock, policy, telemetry)
        self.worker = Worker(name, store, unknown, courier, clock, telemetry, WorkerPolicy(poll_s=2.0, batch=8))

    async def pay(self, envelope: Envelope, request: MerchantQrPayment) -> str:
        """The answer's code, as the endpoint would give it."""
        try:
            return (await self.runner.run(self.flow, envelope, request)).answer_code
        except Refusal as refusal:
            return refusal.code
        except StoreUnavailable:
            return "96"


class Simulation:
    """Everything of one run."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.trace: list[str] = []
        self.bank = CoreBank(Ledger(":memory:"))
        self.network = Network(self.rng, self.bank, self._record)
        self.store = MemoryStore(store_time=lambda: START + timedelta(seconds=asyncio.get_running_loop().time()))
        self.directory: SnapshotDirectory
        self.vault: Any
        self.hosts: list[Host] = []
        self.told_pending: set[tuple[str, str]] = set()
        self._born = 0
        self._tasks: set[asyncio.Task[Any]] = set()
        self._uuid = 0

    async def run(self) -> Outcome:
        holders = await self._settle_in()
        for _ in range(2):
            self._start_host()
        self.network.chances = STORMY
        keeper = self._launch(self._keep_two_hosts())
        clients = [self._launch(self._client(number, holders)) for number in range(PURCHASES)]
        await asyncio.sleep(FAULTS_LAST_S)
        self.network.chances = QUIET
        await asyncio.wait(clients)
        keeper.cancel()
        await self._until_quiet()
        outcome = await self._outcome()
        await self._sweep()
        return outcome

    async def _until_quiet(self) -> None:
        """Until nothing is under way and nobody waits for anything; EveryPaymentEnds tells if that was too late."""
        tables, until_s = self.store.tables, asyncio.get_running_loop().time() + QUIET_WITHIN_S
        while asyncio.get_running_loop().time() < until_s:
            await asyncio.sleep(5.0)
            if not (tables.unfinished or tables.queued or self.network.busy):
                return

    async def _sweep(self) -> None:
        """Take everything away that still runs or is frozen."""
        self.network.over = True
        ours = asyncio.current_task()
        running = [task for task in asyncio.all_tasks() if task is not ours]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _settle_in(self) -> list[Cardholder]:
        clock = LoopClock(0.0)
        self.vault = await load_vault(self.store, MasterKey(bytes(32)), clock)
        self.directory = SnapshotDirectory(self.store)
        holders = [cardholder(900 + number, HARBOUR, Money(300_00, "344")) for number in range(4)]
        await self.bank.open_accounts({holder.account: holder.opening for holder in holders})
        async with self.store.begin() as uow:
            for seed in PARTNERS:
                await uow.put_party(_party(seed))
            await uow.put_product(_PRODUCT)
            await uow.commit()
        registrar = Registrar(self.store, self.vault, BlockSequences(self.store), clock)
        for holder in holders:
            await registrar.register_card(holder)
        await self.directory.refresh()
        return holders

    def _start_host(self) -> None:
        self._born += 1
        host = Host(self, f"host{self._born}")
        self.hosts.append(host)
        self._launch(host.worker.run(asyncio.Event()))

    async def _keep_two_hosts(self) -> None:
        """An operator's supervisor: whoever died is replaced after a while."""
        while True:
            await asyncio.sleep(self.rng.uniform(1, 8))
            self.hosts = [host for host in self.hosts if not host.life.dead]
            while len(self.hosts) < 2:
                self._start_host()

    async def _client(self, number: int, holders: list[Cardholder]) -> None:
        """A payer's app: pays, repeats the same message while the answer is 04 or none came, sometimes twice at once."""
        rng = self.rng
        await asyncio.sleep(rng.uniform(0, FAULTS_LAST_S * 0.7))
        holder, shop = rng.choice(holders), MERCHANTS[0]
        code = shop.code(reference=f"BILL{rng.randrange(8)}") if rng.random() < 0.5 else shop.qr
        request = MerchantQrPayment(
            device_id=holder.device_id,
            user_id=holder.user_id,
            token=holder.token,
            amount=f"{rng.randrange(1, 120)}.00",
            currency="344",
            qr_payload=code,
        )
        msg_id = f"A{HARBOUR}{number:020d}"
        for _ in range(40):
            answers = await asyncio.gather(
                *(self._send(holder, request, msg_id) for _ in range(2 if rng.random() < 0.2 else 1))
            )
            if any(answer not in ("", "04", "96") for answer in answers):
                return
            await asyncio.sleep(rng.uniform(2, 30))

    async def _send(self, holder: Cardholder, request: MerchantQrPayment, msg_id: str) -> str:
        """The code, or nothing when no answer came within the app's time-out."""
        living = [host for host in self.hosts if not host.life.dead]
        if not living:
            return ""
        host = self.rng.choice(living)
        party = self.directory.party(holder.gateway)
        assert party is not None
        self._uuid += 1
        digest = self.vault.digest(repr(request).encode() + request.token.reveal().encode())
        envelope = Envelope(
            sender=party, uuid=f"{self._uuid:032x}", message=MerchantQrEmv.message, msg_id=msg_id, digest=digest
        )
        self._record(holder.gateway, host.life.name, MerchantQrEmv.message, msg_id, "req")
        asked = self._launch(host.pay(envelope, request))
        done, _ = await asyncio.wait({asked}, timeout=20.0)
        if not done:
            return ""
        answer = asked.result()
        self._record(host.life.name, holder.gateway, MerchantQrEmv.message, msg_id, answer)
        if answer == "04":
            self.told_pending.add((holder.gateway, msg_id))
        return answer

    async def _outcome(self) -> Outcome:
        clock = LoopClock(0.0)
        invariants = (
            EveryPaymentEnds(self.store, clock, timedelta(hours=1)),
            BookedIsApproved(self.store, LedgerBooks(self.bank)),
            NoPurchaseTwice(self.store),
            NoLimitOverspent(self.store),
            EveryoneIsTold(self.store),
            NoticesArrive(self.store, clock, timedelta(hours=1)),
        )
        findings = await check(invariants)
        findings += [Finding(invariant="bank_audit", evidence=line) for line in await self.bank.audit()]
        payments = list(self.store.tables.payments.values())
        told = {(notice.payment_id, notice.receiver) for notice in self.store.tables.notices.values()}
        for payment in payments:
            heard = (payment.sender, payment.msg_id) in self.told_pending
            if heard and (payment.payment_id, payment.sender) not in told:
                evidence = f"payment {payment.payment_id} was answered 04 and its sender never notified"
                findings.append(Finding(invariant="04_ends_with_a_notice", evidence=evidence))
        return Outcome(
            seed=self.seed,
            findings=findings,
            trace=self.trace,
            injected=dict(self.network.injected),
            payments=len(payments),
            states=dict(Counter(payment.state.value for payment in payments)),
        )

    def _launch(self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        return task

    def _record(self, sender: str, receiver: str, message: str, msg_id: str, code: str) -> None:
        self.trace.append(f"{asyncio.get_running_loop().time():12.6f} {sender} {receiver} {message} {msg_id} {code}")


def _party(seed: PartnerSeed) -> Party:
    """A seeded party without keys: nothing is signed where the partners port is cut."""
    return Party(
        app_id=seed.app_id,
        role=seed.role,
        name=seed.name,
        state=PartyState.LIVE,
        acquirer_iin=seed.app_id if seed.role is Role.ACQUIRER else "",
    )


_PRODUCT = CardProduct(
    product_id=PRODUCT.product_id,
    issuer=PRODUCT.issuer,
    name=PRODUCT.name,
    currency=PRODUCT.currency,
    trx_limit_minor=100_00,
    day_limit_minor=250_00,
    messages=PRODUCT.messages,
    gateways=PRODUCT.gateways,
)


def simulate(seed: int) -> Outcome:
    """One run. Equal seeds give equal traces, in any process."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(Simulation(seed).run())
    finally:
        loop.close()
