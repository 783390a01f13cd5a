"""A host of the hub: service and worker in one process, composed by the container that composes the real one."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, TypeVar

import msgspec
from dependency_injector import providers

from simulation.inline_sqlite import AnyStore
from simulation.mortal import Life, MortalPartners, MortalStore
from simulation.network import Network
from unionhub.adapters.memory.directory import SnapshotDirectory
from unionhub.adapters.memory.entropy import SeededEntropy
from unionhub.adapters.memory.offers import CouponBook
from unionhub.adapters.memory.rates import SAMPLE_RATES, FixedRates
from unionhub.adapters.memory.telemetry import NullTelemetry
from unionhub.adapters.sql.sequences import BlockSequences
from unionhub.domain.flows.cashier import Cashier
from unionhub.domain.model.errors import Decline, Refusal, Replayed
from unionhub.domain.model.messages import Envelope
from unionhub.hosts.container import Container
from unionhub.hosts.settings import Settings
from unionhub.ports.cryptograms import Cryptograms
from unionhub.ports.store import StoreUnavailable
from unionhub.ports.vault import Vault

START: Final = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
POLL_S: Final = 4.0

T = TypeVar("T")


class LoopClock:
    """Business time from the loop's, apart by this host's error."""

    def __init__(self, apart_s: float) -> None:
        self._apart = timedelta(seconds=apart_s)

    def now(self) -> datetime:
        return START + timedelta(seconds=asyncio.get_running_loop().time()) + self._apart


class Heard(msgspec.Struct, frozen=True):
    """An answer; no code means that none came."""

    code: str = ""
    value: Any = None


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """What all hosts of a run share."""

    rng: random.Random
    network: Network
    store: AnyStore
    directory: SnapshotDirectory
    vault: Vault
    cryptograms: Cryptograms
    crashes: list[str]


class Witness(NullTelemetry):
    """Remembers errors that no flow should make: an assertion, an illegal move, a type error."""

    def __init__(self, crashes: list[str]) -> None:
        self._crashes = crashes

    def crashed(self, where: str, error: BaseException) -> None:
        if not isinstance(error, StoreUnavailable):
            self._crashes.append(f"{where}: {error!r}")


@cache
def settings() -> Settings:
    """The real defaults, except that what is repeated for hours is repeated sooner: a run would be nothing but waiting."""
    return Settings(
        home=Path("/nowhere"),
        worker_poll_s=POLL_S,
        worker_batch=8,
        reversal_wait_max_s=40,
        notice_intervals_min=(0.25, 0.5, 1, 2, 4),
        gateway_timeout_s=5,
        order_life_s=120,
        order_wait_s=60,
    )


@cache
def _container() -> tuple[Container, list[providers.BaseSingleton[Any]]]:
    """The real wiring, once: to make a container costs more than all that it makes for one host. Each host's own things are
    put into it while that host's objects are made; then its singletons (the second value) forget them."""
    container = Container(
        settings=settings(),
        own_keys=SimpleNamespace(sealing_kid=None),
        transport=None,
        real_now_s=None,
        rates=FixedRates(SAMPLE_RATES),
    )
    return container, list(container.traverse(types=[providers.BaseSingleton]))


class Host:
    """One host. `answer` is its door, `worker` its worker."""

    def __init__(self, shared: Shared, name: str) -> None:
        self.life = Life(name, shared.network)
        self._crashes = shared.crashes
        clock = LoopClock(shared.rng.uniform(-1.5, 1.5))
        store = MortalStore(shared.store, self.life)
        container, singletons = _container()
        with container.override_providers(
            store=store,
            sequences=BlockSequences(store, block=10),
            vault=shared.vault,
            clock=clock,
            telemetry=Witness(shared.crashes),
            entropy=SeededEntropy(shared.rng.randrange(2**32)),
            cryptograms=shared.cryptograms,
            offers=CouponBook((), clock),
            owner=name,
            directory=shared.directory,
            partners=MortalPartners(self.life),
        ):
            self._handlers = container.handlers()
            self.worker = container.worker()
            self._cashier: Cashier = container.cashier()
        for each in singletons:
            each.reset()

    async def answer(self, envelope: Envelope, request: Any) -> Heard:
        """As the endpoint answers."""
        try:
            result = await self._handlers[envelope.message](envelope, request)
            return Heard(result.code, result.value)
        except (Refusal, Decline) as refused:
            return Heard(refused.code)
        except Replayed:
            return Heard("401")
        except StoreUnavailable:
            return Heard("96")
        except Exception as error:
            self._crashes.append(f"{envelope.message}: {error!r}")
            return Heard("99")

    async def serve(self, do: Callable[[Cashier], Awaitable[T]]) -> T | None:
        """As the cashier's page answers; nothing while the store is away."""
        try:
            return await do(self._cashier)
        except StoreUnavailable:
            return None
        except Exception as error:
            self._crashes.append(f"cashier: {error!r}")
            return None
