"""The whole house as processes: database, sandbox, service, worker; and locust in front of it. All of it on loopback."""

from __future__ import annotations

import json
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from loadgen.quiver import AHEAD_S
from loadgen.schedule import Plan
from rig.children import POLL_S, Child, RigError
from rig.counting_host import TELLS
from rig.databases import Database
from rig.hearing import HEARS, Seen, seen_at

PERF: Final = Path(__file__).resolve().parents[1]
LOOPBACK: Final = "127.0.0.1"
READY_S: Final = 60.0
_START_S: Final = 30.0  # of locust, its imports and keys included
_SIGNING_S: Final = 0.005  # for each arrival that is signed ahead; usually a fifth of it


class LoadOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What locust is told beside the plan."""

    mix: Path
    in_flight: int
    patience_s: float
    answer_timeout_s: float = 15.0
    only: str = ""  # scenarios of the mix


class Stage:
    """Starts the parts in their order; `close` ends them in the reverse one."""

    def __init__(
        self, home: Path, database: Database, logs: Path, say: Callable[[str], None], settings: Mapping[str, str] | None = None
    ) -> None:
        """`settings`: of the hub, as variables; the rig's own go before them."""
        self.home = home
        self.database = database
        self.children: dict[str, Child] = {}
        self.control_url = ""
        self._logs = logs
        self._say = say
        self._stack = ExitStack()
        self._port = _free_port()
        self.hub_url = f"http://{LOOPBACK}:{self._port}"
        self._env = {
            "PYTHONPATH": str(PERF),
            "UNIONHUB_HOME": str(home),
            "UNIONHUB_DATABASE_URL": database.url,
            "UNIONHUB_HOST": LOOPBACK,
            "UNIONHUB_PORT": str(self._port),
            "UNIONHUB_OPERATOR_HOST": LOOPBACK,
            "UNIONHUB_OPERATOR_PORT": "0",
            "UNIONHUB_PRODUCTION": "false",
            "GEVENT_RESOLVER": "block",  # addresses are numbers: a thread for each would cost the client 10 ms when it is busy
        }
        self._env = {**(settings or {}), **self._env}

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def pids(self) -> dict[str, int]:
        """Part -> its first process."""
        found = {name: child.pid for name, child in self.children.items()}
        return found if self.database.pid is None else {**found, "database": self.database.pid}

    def open_sandbox(self, cardholders: int, module: str = "rig.sandbox_host") -> None:
        """Start the partners. Raises RigError."""
        sandbox = self._start("sandbox", ["-m", module, "--hub", self.hub_url, "--cardholders", str(cardholders)])
        self.control_url = json.loads(sandbox.wait_for_line('"control"', READY_S + cardholders / 20))["control"]

    def heard(self) -> Seen:
        """What UCSP's partners saw so far. Raises RigError, OSError."""
        return seen_at(int(self.children["sandbox"].wait_for_line(HEARS).rpartition(" ")[2]))

    @contextmanager
    def counting_service(self) -> Iterator[tuple[str, int]]:
        """A service without a worker, for the block: the address where it tells its transactions. Raises RigError."""
        service = self._start("counting", ["-m", "rig.counting_host", self.control_url])
        try:
            port = service.wait_for_line(TELLS, READY_S).rpartition(" ")[2]
            self._wait_ready()
            yield LOOPBACK, int(port)
        finally:
            service.stop()
            del self.children["counting"]

    def open_hub(self) -> None:
        """Start service and worker. Raises RigError."""
        self._start("service", ["-m", "unionhub.hosts.cli", "serve", "--sandbox", self.control_url])
        self._wait_ready()
        worker = self._start("worker", ["-m", "unionhub.hosts.cli", "worker"])
        worker.wait_for_line("works", READY_S)

    def load(self, plan: Plan, options: LoadOptions, results: Path) -> Child:
        """Start locust, bounded in time whatever happens."""
        signing_s = _SIGNING_S * plan.rate_per_s * min(plan.total_s, AHEAD_S)
        bound_s = _START_S + signing_s + plan.total_s + options.patience_s + options.answer_timeout_s
        arguments = {
            "--host": self.hub_url,
            "--home": self.home,
            "--rate": plan.rate_per_s,
            "--seconds": plan.seconds,
            "--warmup": plan.warmup_s,
            "--pattern": plan.pattern,
            "--seed": plan.seed,
            "--in-flight": options.in_flight,
            "--patience": options.patience_s,
            "--answer-timeout": options.answer_timeout_s,
            "--mix": options.mix,
            "--scenario": options.only,
            "--results": results,
            "--run-time": f"{bound_s:.0f}s",
        }
        told = [f"{name}={value}" for name, value in arguments.items()]
        locustfile = str(PERF / "locustfile.py")
        self.children.pop("client", None)  # of a load before
        return self._start("client", ["-m", "locust", "-f", locustfile, "--headless", "--only-summary", *told])

    def check(self, *but: str) -> None:
        """Raise RigError if a part has ended by itself."""
        for name, child in self.children.items():
            if name not in but:
                child.check()

    def _start(self, name: str, arguments: list[str]) -> Child:
        child = Child(name, [sys.executable, *arguments], self._env, self._logs / f"{name}.log")
        self._stack.callback(child.stop)
        self.children[name] = child
        self._say(f"{name} started (pid {child.pid})")
        return child

    def _wait_ready(self) -> None:
        until_s = time.monotonic() + READY_S
        while time.monotonic() < until_s:
            self.check()
            try:
                with urllib.request.urlopen(f"{self.hub_url}/readyz", timeout=2) as answer:  # noqa: S310 - our own, loopback
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                pass
            time.sleep(POLL_S)
        raise RigError(f"{self.hub_url}/readyz does not say that it is ready within {READY_S:.0f} s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
