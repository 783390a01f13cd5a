"""Opening a hub: settings in, everything that runs out. Used by every host: service, worker, command line, tests."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec
from alembic.script.revision import RevisionError
from alembic.util.exc import CommandError
from dependency_injector import providers
from sqlalchemy.exc import SQLAlchemyError

from unionhub.adapters.http.client import AiohttpTransport
from unionhub.adapters.http.transport import Transport
from unionhub.adapters.jose.keyring import HubKeyring
from unionhub.adapters.jose.keyring import load as load_keyring
from unionhub.adapters.memory.clock import SystemClock
from unionhub.adapters.memory.directory import SnapshotDirectory
from unionhub.adapters.memory.entropy import SystemEntropy
from unionhub.adapters.memory.offers import CouponBook
from unionhub.adapters.memory.rates import SAMPLE_RATES, FixedRates
from unionhub.adapters.sql import migrate
from unionhub.adapters.sql.sequences import BlockSequences
from unionhub.adapters.sql.store import SqlStore
from unionhub.adapters.telemetry.hub import HubTelemetry
from unionhub.adapters.telemetry.logs import set_up_logs
from unionhub.adapters.vault.cryptograms import load_cryptograms
from unionhub.adapters.vault.envelope import EnvelopeVault
from unionhub.adapters.vault.envelope import load as load_vault
from unionhub.adapters.vault.master import load_master_key
from unionhub.domain.flows.acts import ActRunner
from unionhub.domain.flows.cashier import Cashier
from unionhub.domain.flows.consumer_qr import CODE_SEQUENCE
from unionhub.domain.flows.issuing import Issuing
from unionhub.domain.flows.numbers import MESSAGE, NOTICE
from unionhub.domain.flows.runner import MoneyRunner
from unionhub.ports.clock import Clock
from unionhub.ports.cryptograms import Cryptograms
from unionhub.ports.offers import Offers
from unionhub.ports.sequences import Sequences
from unionhub.ports.store import Store

from .container import Container
from .sandbox.clock import FileClock
from .sandbox.offers import sample_coupons
from .service.endpoint import MessageEndpoint
from .settings import Settings
from .worker.worker import Worker


class HubError(Exception):
    """The hub cannot start here: one line for the operator."""


class Hub(msgspec.Struct, frozen=True, kw_only=True):
    """A hub that is open: its doors and its workings."""

    settings: Settings
    store: Store
    sequences: Sequences
    vault: EnvelopeVault
    clock: Clock
    telemetry: HubTelemetry
    keys: HubKeyring
    directory: SnapshotDirectory
    endpoint: MessageEndpoint
    issuing: Issuing
    runner: MoneyRunner
    acts: ActRunner
    worker: Worker
    cashier: Cashier
    calls_under_way: Callable[[], int]  # how many calls wait for partners now

    async def drain(self) -> None:
        """Wait for what is between its two transactions (SIGTERM)."""
        await asyncio.gather(self.runner.drain(), self.acts.drain())

    async def keep_fresh(self) -> None:
        """Keep parties, products, vault keys and the hub's own keys as the store has them, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.directory.run(self.settings.directory_refresh_s))
            group.create_task(self.vault.run(self.settings.vault_refresh_s))
            group.create_task(self.keys.run(self.settings.directory_refresh_s))

    @asynccontextmanager
    async def fresh(self) -> AsyncIterator[None]:
        """`keep_fresh` beside the block."""
        task = asyncio.create_task(self.keep_fresh())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def open_hub(
    settings: Settings,
    *,
    store: Store | None = None,
    transport: Transport | None = None,
    clock: Clock | None = None,
    offers: Offers | None = None,
    real_now_s: Callable[[], float] = time.time,
    upgrade: bool = False,
) -> AsyncIterator[Hub]:
    """Open the hub of these settings. What is given replaces the adapter that the settings would choose.

    `upgrade` migrates the database first (`unionhub run`); otherwise one that is behind raises HubError. Also raises
    MasterKeyError, and StoreUnavailable when the database cannot be reached.
    """
    async with AsyncExitStack() as stack:
        make_home(settings.home)
        logs = set_up_logs(level=settings.log_level, form=settings.log_format, file=settings.log_file)
        stack.callback(logs.close)
        telemetry = HubTelemetry(logs.logger)
        clock = clock or _clock(settings)
        store = store or await _sql_store(settings, stack, upgrade=upgrade)
        if transport is None:
            client = AiohttpTransport(
                connections_per_partner=settings.partner_in_flight_max, connect_timeout_s=settings.connect_timeout_s
            )
            stack.push_async_callback(client.aclose)
            transport = client
        sequences = BlockSequences(store)
        stack.push_async_callback(sequences.close)
        await sequences.warm(MESSAGE, NOTICE, CODE_SEQUENCE)  # a first payment must not wait for its numbers
        vault, keys, cryptograms = await _secrets(settings, store, clock, telemetry)
        container = Container(
            settings=settings,
            store=store,
            sequences=sequences,
            vault=vault,
            own_keys=keys,
            transport=transport,
            clock=clock,
            real_now_s=providers.Object(real_now_s),  # a function as a value: the container would call it
            telemetry=telemetry,
            entropy=SystemEntropy(),
            cryptograms=cryptograms,
            offers=offers or _offers(settings, clock),
            rates=FixedRates(SAMPLE_RATES),
            owner=f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}",
        )
        await container.directory().refresh()
        yield _hub(container, settings, keys)


async def _secrets(
    settings: Settings, store: Store, clock: Clock, telemetry: HubTelemetry
) -> tuple[EnvelopeVault, HubKeyring, Cryptograms]:
    """The vault, the hub's JOSE keys and the key of consumer codes, made on the very first start."""
    master = load_master_key(
        home=settings.home,
        file=settings.master_key_file,
        production=settings.production,
        data_folders=settings.data_folders,
    )
    vault = await load_vault(store, master, clock, telemetry)
    keyring = await load_keyring(store, master, clock, telemetry)
    return vault, keyring, await load_cryptograms(store, master, clock)


def _hub(container: Container, settings: Settings, keys: HubKeyring) -> Hub:
    partners = container.partners()
    return Hub(
        settings=settings,
        store=container.store(),
        sequences=container.sequences(),
        vault=container.vault(),
        clock=container.clock(),
        telemetry=container.telemetry(),
        keys=keys,
        directory=container.directory(),
        endpoint=container.endpoint(),
        issuing=container.issuing(),
        runner=container.runner(),
        acts=container.acts(),
        worker=container.worker(),
        calls_under_way=lambda: partners.under_way,
        cashier=container.cashier(),
    )


def make_home(home: Path) -> None:
    """The data folder, closed to others; raises HubError when it cannot be written."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = home / ".writable"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise HubError(f"UNIONHUB_HOME: the folder {home} cannot be written: {error.strerror}") from None


async def _sql_store(settings: Settings, stack: AsyncExitStack, *, upgrade: bool) -> SqlStore:
    url = settings.database_url.reveal()
    try:
        behind = [] if upgrade else await migrate.pending(url)
        if upgrade:
            await migrate.upgrade(url)
    except (CommandError, RevisionError):
        raise HubError("the database is of a newer version than this program") from None
    except (OSError, SQLAlchemyError) as error:
        raise HubError(f"the database {settings.database_url} cannot be reached: {type(error).__name__}") from None
    if behind:
        raise HubError(f"the database is {len(behind)} migration(s) behind: run `unionhub migrate` first")
    store = SqlStore(url)
    stack.push_async_callback(store.close)
    return store


def _clock(settings: Settings) -> Clock:
    return FileClock(settings.clock_file) if settings.clock_file is not None else SystemClock()


def _offers(settings: Settings, clock: Clock) -> Offers:
    """The sandbox's coupons where business time is the sandbox's, none elsewhere."""
    return CouponBook(sample_coupons() if settings.clock == "sandbox" else (), clock)
