"""`unionhub run`: hub, worker and every partner on one machine, with one command.

The hub (service and worker) is this process, the sandbox's partners a child. The child is told to end after the hub has
drained, because payments that are under way still need their bank.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from .drawing import Drawing
from .hub import Hub, HubError, make_home, open_hub
from .sandbox import keyring
from .sandbox.register import Registrar, issued_at
from .sandbox.seeds import MERCHANTS
from .service.forward import Forward
from .service.hub_app import hub_app
from .service.serve import ServePolicy, listener, serve
from .settings import Settings, SettingsError

STORY_MARKER: Final = "story"
DATABASE_URL: Final = "UNIONHUB_DATABASE_URL"
_CHILD_START_S: Final = 120.0
_STORY_S: Final = 60.0
_CHILD_END_S: Final = 20.0
_LINE_BYTES: Final = 1024 * 1024

Say = Callable[[str], None]


class Run:
    """One run of the whole house."""

    def __init__(self, settings: Settings, say: Say, *, color: bool) -> None:
        if settings.production:
            raise SettingsError("UNIONHUB_PRODUCTION: expected false: `unionhub run` starts the sandbox; production is `serve`")
        # In development business time is the sandbox's, and the terminal belongs to the story.
        self._settings = msgspec.structs.replace(settings, clock="sandbox", log_to="file")
        self._say = say
        self._color = color
        self._stop = asyncio.Event()
        self._story_ended = asyncio.Event()
        self._drawing = Drawing({}, color=color)

    async def main(self) -> None:
        """Until SIGINT or SIGTERM. Raises the one-line errors of settings, hub, port and sandbox."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        make_home(self._settings.home)
        with closing(await listener(self._settings.host, self._settings.port)) as probe:
            port = probe.getsockname()[1]  # taken by somebody else: an error before anything has started
        self._settings = msgspec.structs.replace(self._settings, port=port)  # the cashier's address names it
        async with open_hub(self._settings, upgrade=True) as hub:
            url = f"http://{self._settings.host}:{port}"
            async with self._sandbox(url) as (child, control_url):
                await self._register(hub)
                await self._serve(hub, child, control_url, port)

    async def _serve(self, hub: Hub, child: asyncio.subprocess.Process, control_url: str, port: int) -> None:
        app = hub_app(hub, ready={"story": self._story_told}, forward=Forward(control_url, self._stop))
        listening = asyncio.Event()
        policy = ServePolicy(drain_s=self._settings.drain_timeout_s)
        working = asyncio.Event()
        async with hub.fresh(), asyncio.TaskGroup() as group:
            group.create_task(self._watch(child))
            worker = group.create_task(hub.worker.run(working))
            serving = group.create_task(
                serve(
                    app,
                    stop=self._stop,
                    host=self._settings.host,
                    port=port,
                    policy=policy,
                    started=lambda _: listening.set(),
                )
            )
            await listening.wait()
            await self._tell_story(hub, child)
            if not self._stop.is_set():
                self._welcome(port)
            await self._stop.wait()
            self._say("\nstopping: finishing what is held")
            await serving
            await hub.drain()
            working.set()
            await worker

    async def _tell_story(self, hub: Hub, child: asyncio.subprocess.Process) -> None:
        """On the first start of a home; a second start keeps what the first one did."""
        async with hub.store.begin() as uow:
            told = await uow.marker(STORY_MARKER)
        if told is None and child.stdin is not None and not self._stop.is_set():
            self._say("The story, played with real signed messages:")
            child.stdin.write(b"story\n")
            if await self._interrupted():
                self._say("\nThe story was interrupted: the next start tells it again.")
            else:
                async with hub.store.begin() as uow:
                    await uow.put_marker(STORY_MARKER, hub.clock.now().isoformat())
                    await uow.commit()
        self._story_ended.set()

    async def _interrupted(self) -> bool:
        """Wait for the story's end, but no longer than anybody wants to hear it; True if it was cut short."""
        ends = [asyncio.create_task(event.wait()) for event in (self._story_ended, self._stop)]
        await asyncio.wait(ends, timeout=_STORY_S, return_when=asyncio.FIRST_COMPLETED)
        for task in ends:
            task.cancel()
        return self._stop.is_set() and not self._story_ended.is_set()

    async def _story_told(self) -> bool:
        return self._story_ended.is_set()

    @asynccontextmanager
    async def _sandbox(self, hub_url: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
        """The child, listening, and the address of its control endpoints."""
        timeout_s = str(self._settings.bank_timeout_s)
        command = [
            sys.executable,
            "-m",
            "unionhub.hosts.cli",
            "sandbox",
            "--companion",
            "--hub",
            hub_url,
            "--timeout",
            timeout_s,
        ]
        child = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LINE_BYTES,
            env={**os.environ, "UNIONHUB_HOME": str(self._settings.home)},
        )
        try:
            yield child, await self._ready(child)
        finally:
            await _end(child)

    async def _ready(self, child: asyncio.subprocess.Process) -> str:
        if child.stdout is None:
            raise AssertionError("the child's output is a pipe")
        try:
            async with asyncio.timeout(_CHILD_START_S):
                line = await child.stdout.readline()
        except TimeoutError:
            raise HubError("the sandbox did not start in time") from None
        if not line:
            raise HubError("the sandbox ended before it was ready")
        return str(msgspec.json.decode(line)["control"])

    async def _register(self, hub: Hub) -> None:
        """Make the partners known at their addresses of this start."""
        identities = keyring.load(self._settings.home)
        since = issued_at(self._settings.home, hub.clock)
        await Registrar(hub.store, hub.vault, hub.sequences, hub.clock, issued_at=since).register(identities)
        await hub.directory.refresh()
        self._drawing = Drawing(identities, color=self._color)

    async def _watch(self, child: asyncio.subprocess.Process) -> None:
        """Draw what the child tells, to the end. A sandbox that ends by itself ends the run."""
        if child.stdout is None:
            raise AssertionError("the child's output is a pipe")
        while not self._stop.is_set():
            reading = asyncio.create_task(child.stdout.readline())
            stopping = asyncio.create_task(self._stop.wait())
            await asyncio.wait({reading, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if not reading.done():
                reading.cancel()
                return
            if not (line := reading.result()):
                self._stop.set()
                raise HubError("the sandbox ended by itself")
            self._draw(msgspec.json.decode(line))

    def _draw(self, line: dict[str, Any]) -> None:
        if "entry" in line:
            self._say(self._drawing.message(line["entry"]))
        elif "scene" in line:
            self._say(self._drawing.scene(line["scene"]))
        elif line.get("story") == "ended":
            if line["error"]:
                self._say(f"\n  The story went wrong: {line['error']}")
            self._story_ended.set()

    def _welcome(self, port: int) -> None:
        url = f"http://{self._settings.host}:{port}"
        shop = MERCHANTS[0]
        unionhub = self._command(port)
        lines = [
            "",
            "unionhub is up. Begin in a browser, with a phone and every message as it passes:",
            f"  {url}/sandbox/",
            "",
            "There is also:",
            f"  {url}/schema                  the messages (OpenAPI)",
            f"  {url}/metrics                 what operators count",
            f"  {url}/.well-known/jwks.json   the hub's public keys",
            f"  {url}/sandbox/codes           a wallet's codes to scan, as a page",
            f"  {url}/sandbox/cardholders     people to pay with, also: merchants, qrcodes,",
            f"  {' ' * len(url)}                         bank/<appId>/accounts, bank/<appId>/otps, inbox/<appId>",
            f"  data and logs: {self._settings.home}",
            "",
            "Try next, in another terminal (what the hub says to its partners is drawn here as it passes):",
            f"  {unionhub} send MPQRC_PAYMENT_EMV trxAmt=12.50            # at {shop.name}",
            f"  {unionhub} send QRC_GENERATION",
            f"  {unionhub} send CPQRC_PAYMENT                             # a shop scans that code",
            f"  {unionhub} send REFUND                                    # and gives the money back",
            f"  {unionhub} send --help                                    # every other message",
            f"  {unionhub} transactions show",
            "",
            "Ctrl-C stops it; a second start keeps the data.",
        ]
        for line in lines:
            self._say(line)

    def _command(self, port: int) -> str:
        """`unionhub` as another terminal in this folder must call it to reach this hub."""
        program = Path(sys.executable).with_name("unionhub")
        shown = program.relative_to(Path.cwd()) if program.is_relative_to(Path.cwd()) else program
        ours = {"UNIONHUB_HOME": str(self._settings.home), "UNIONHUB_PORT": str(port)}
        defaults = {"UNIONHUB_HOME": str(Path("var").absolute()), "UNIONHUB_PORT": "8080"}
        needed = [f"{name}={shlex.quote(value)} " for name, value in ours.items() if value != defaults[name]]
        if DATABASE_URL in os.environ:
            needed.append(f"{DATABASE_URL}=... ")  # it may hold a password
        return "".join(needed) + shlex.quote(str(shown))


async def _end(child: asyncio.subprocess.Process) -> None:
    """Close its input, which ends it when it has finished what it holds."""
    if child.stdin is not None:
        child.stdin.close()
    try:
        async with asyncio.timeout(_CHILD_END_S):
            # Whatever it still says must be read, or it would wait for a reader.
            while child.stdout is not None and await child.stdout.read(_LINE_BYTES):
                pass
            await child.wait()
    except TimeoutError:
        child.kill()
        await child.wait()


def say(line: str) -> None:
    """To the terminal; a reader that has gone away must not end a hub that moves money."""
    with suppress(OSError):
        click.echo(line)
