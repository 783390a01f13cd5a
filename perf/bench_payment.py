"""Where a payment's CPU goes: the hot path's parts, the whole of it, and the floor, side by side in one run.

Rows take turns, so that whatever else the machine does meets all of them alike. Shown are medians over the rounds; ratios are
made within a round. CPU is that of the hub alone: the bank, which approves at once, is taken off.

First in one process, without HTTP: the parts, `MessageEndpoint.handle` on each store, the floor (rig/floor.py). Then as
processes over HTTP: `unionhub serve` and the floor, asked in turn by one client. The last line is DESIGN section 8's aim.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import asyncpg
import msgspec

from loadgen.messages import Step
from rig import databases, hotpath
from rig.children import Child
from rig.hotpath import Kit, Row
from rig.meters import tree_cpu_s
from rig.onboarding import onboard
from rig.stage import LOOPBACK, PERF
from unionhub.adapters.jose.keys import HubKeys
from unionhub.hosts.sandbox import keyring
from unionhub.hosts.sandbox.seeds import BANK, HARBOUR, PEAK
from unionhub.hosts.service.serve import new_event_loop

FLOOR: Final = "the floor, PostgreSQL"
WHOLE: Final = "handle, PostgreSQL"
UNITS: Final = "two units of work, PostgreSQL"
GOAL: Final = 1.5


async def in_process(kit: Kit, database: databases.Database, bank_url: str, rounds: int, each: int) -> list[Row]:
    """Rows of this process. Leaves the hub's keys beside the home, for the floor's process."""
    async with AsyncExitStack() as stack:
        hub = await kit.open(stack, database.url)
        on_sqlite = await kit.open(stack, f"sqlite:///{kit.home / 'bench.db'}")
        in_memory = await kit.open(stack, None)
        pool = await stack.enter_async_context(asyncpg.create_pool(database.url, min_size=1, max_size=1))
        _write_secret(kit.home / "bench-keys", hub.keys.to_json())
        gateways = (HARBOUR, PEAK)
        rows = [
            *await hotpath.part_rows(hub, kit.bank),
            hotpath.store_row(UNITS, hub, await hotpath.cards_of(hub.store, gateways)),
            *hotpath.call_rows(bank_url, stack),
            hotpath.store_row("two units of work, SQLite", on_sqlite, await hotpath.cards_of(on_sqlite.store, gateways)),
            hotpath.whole_row("handle, in memory", in_memory, kit.bank),
            hotpath.whole_row("handle, SQLite", on_sqlite, kit.bank),
            hotpath.whole_row(WHOLE, hub, kit.bank),
            await hotpath.floor_row(FLOOR, kit, hub, pool),
        ]
        jwks = hub.keys.public_jwks()
        await hotpath.measure_all(rows, lambda count: kit.payments(jwks, count), rounds=rounds, each=each)
        return rows


class Host:
    """A process that takes payments over HTTP, and what it used for them."""

    def __init__(self, name: str, url: str, pid: int, database_pid: int | None) -> None:
        self.name = name
        self._address = urlsplit(url)
        self._pids = {"own": pid} | ({} if database_pid is None else {"database": database_pid})
        self.ms: dict[str, list[float]] = {part: [] for part in (*self._pids, "wall")}

    def measure(self, steps: Sequence[Step]) -> None:
        """One round: one customer after the other over one connection. Every answer is checked."""
        connection = http.client.HTTPConnection(self._address.hostname or "", self._address.port, timeout=30)
        connection.connect()
        before = {part: tree_cpu_s(pid) for part, pid in self._pids.items()}
        wall_s = 0.0
        for step in steps:
            started_s = time.perf_counter()
            connection.request("POST", step.path, step.body, step.headers)
            answer = connection.getresponse()
            body = answer.read()
            wall_s += time.perf_counter() - started_s
            if failure := hotpath.failure_of(step, answer.status, dict(answer.getheaders()), body):
                raise RuntimeError(f"{self.name}: {failure}")
        for part, pid in self._pids.items():
            self.ms[part].append(1000 * (tree_cpu_s(pid) - before[part]) / len(steps))
        self.ms["wall"].append(1000 * wall_s / len(steps))
        connection.close()


class Processes:
    """Starts what the bench needs, and ends it."""

    def __init__(self, kit: Kit, database: databases.Database, stack: ExitStack) -> None:
        self._logs = kit.home / "log"
        self._stack = stack
        self._env = {
            "PYTHONPATH": str(PERF),
            "UNIONHUB_HOME": str(kit.home),
            "UNIONHUB_DATABASE_URL": database.url,
            "UNIONHUB_HOST": LOOPBACK,
            "UNIONHUB_PORT": "0",
            "UNIONHUB_OPERATOR_PORT": "0",
            "UNIONHUB_LOG_TO": "file",
        }

    def start(self, name: str, line: str, *arguments: str) -> tuple[str, int]:
        """(the URL at the end of the `line` that it says when it is ready, its pid)."""
        child = Child(name, [sys.executable, "-m", *arguments], self._env, self._logs / f"{name}.log")
        self._stack.callback(child.stop)
        return child.wait_for_line(line).rpartition(" ")[2], child.pid


def over_http(
    kit: Kit, database: databases.Database, processes: Processes, bank_url: str, rounds: int, each: int
) -> list[Host]:
    """`unionhub serve` and the floor, in turn, before the same bank."""
    moved = {BANK: msgspec.structs.replace(kit.identities[BANK], base_url=bank_url)}
    asyncio.run(onboard(kit.settings(database.url), kit.identities | moved, ()))
    hub = Host("unionhub serve", *processes.start("hub", "serves on", "unionhub.hosts.cli", "serve"), database.pid)
    keys = kit.home / "bench-keys"
    told = (str(keys), str(kit.home), database.url, str(urlsplit(bank_url).port))
    hosts = [hub, Host("the floor", *processes.start("floor", "floor on", "rig.floor", *told), database.pid)]
    jwks = HubKeys.from_json(keys.read_text(encoding="utf-8")).public_jwks()
    for place in range(rounds + 1):
        for host in hosts:
            host.measure(kit.payments(jwks, each))
            if place == 0:
                for values in host.ms.values():
                    values.clear()
    return hosts


def rows_text(rows: Sequence[Row]) -> str:
    """The table of the first part."""
    floor = next(row for row in rows if row.name == FLOOR)
    lines = [f"{'in one process, without HTTP':34}{'CPU ms':>9}{'x floor':>9}{'wall ms':>9}"]
    for row in rows:
        ratio = _ratio(row.cpu_ms, floor.cpu_ms)
        lines.append(f"{row.name:34}{statistics.median(row.cpu_ms):>9.3f}{ratio:>9.2f}{statistics.median(row.wall_ms):>9.2f}")
    parts = sum(statistics.median(row.cpu_ms) for row in rows[: [row.name for row in rows].index(UNITS) + 1])
    lines.append(f"{'handle less its parts: the rest':34}{_median_of(rows, WHOLE) - parts:>9.3f}")
    return "\n".join(lines)


def hosts_text(hosts: Sequence[Host]) -> str:
    """The table of the second part, and the verdict."""
    hub, floor = hosts
    lines = [f"{'as processes, over HTTP':34}{'CPU ms':>9}{'x floor':>9}{'wall ms':>9}{'PostgreSQL CPU ms':>20}"]
    for host in hosts:
        own, wall = statistics.median(host.ms["own"]), statistics.median(host.ms["wall"])
        ratio, database = _ratio(host.ms["own"], floor.ms["own"]), statistics.median(host.ms["database"])
        lines.append(f"{host.name:34}{own:>9.3f}{ratio:>9.2f}{wall:>9.2f}{database:>20.3f}")
    ratio = _ratio(hub.ms["own"], floor.ms["own"])
    lines.append(f"the hub takes {ratio:.2f} times the floor's CPU; the aim is {GOAL}: {'met' if ratio <= GOAL else 'not met'}")
    return "\n".join(lines)


def _ratio(ours: Sequence[float], others: Sequence[float]) -> float:
    return statistics.median(own / other for own, other in zip(ours, others, strict=True))


def _median_of(rows: Sequence[Row], name: str) -> float:
    return statistics.median(next(row for row in rows if row.name == name).cpu_ms)


def _write_secret(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20, help="(%(default)s)")
    parser.add_argument("--each", type=int, default=20, help="operations of a row in a round (%(default)s)")
    parser.add_argument("--no-processes", action="store_true", help="the first part only")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="unionhub-bench-") as folder, ExitStack() as stack:
        home = Path(folder)
        kit = Kit(home, keyring.load_or_create(home))
        database = stack.enter_context(databases.opened("postgres", home))
        processes = Processes(kit, database, stack)
        bank_url, _ = processes.start("bank", "bank on", "rig.instant_bank", str(home / keyring.FOLDER / f"{BANK}.json"))
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            rows = runner.run(in_process(kit, database, bank_url, chosen.rounds, chosen.each))
        print(rows_text(rows), flush=True)
        if not chosen.no_processes:
            print(hosts_text(over_http(kit, database, processes, bank_url, chosen.rounds, chosen.each)))


if __name__ == "__main__":
    main()
