"""The sandbox as a process: `unionhub sandbox`, and what `make run` starts beside the hub."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import aiohttp
import msgspec
from aiohttp import web

from unionhub.adapters.http.transport import Transport
from unionhub.hosts.sandbox import keyring
from unionhub.hosts.sandbox.clock import OFFSET_FILE, FileClock
from unionhub.hosts.sandbox.control import Control
from unionhub.hosts.sandbox.faults import DEFAULT_HUB_TIMEOUT_S
from unionhub.hosts.sandbox.partner import Hub
from unionhub.hosts.sandbox.seeds import PARTNERS, PartnerSeed
from unionhub.hosts.sandbox.server import GRACE_S, LOOPBACK, PartnerServer
from unionhub.hosts.sandbox.world import World

_JWKS_TIMEOUT_S: Final = 5.0


class SandboxRefused(Exception):  # noqa: N818
    """The sandbox must not run here: production, or another one serves this home."""


class HubKeysUnavailable(Exception):  # noqa: N818
    """The hub does not tell its public keys, so nothing from it can be verified."""


class Sandbox(NamedTuple):
    """A sandbox that listens: its world, and where its `/sandbox/*` endpoints are."""

    world: World
    control_url: str

    def ready_line(self) -> str:
        """One line of JSON for whoever started us."""
        partners = {app_id: identity.base_url for app_id, identity in self.world.identities.items()}
        return msgspec.json.encode({"ready": "sandbox", "control": self.control_url, "partners": partners}).decode()


async def run_sandbox(
    home: Path,
    hub_url: str,
    *,
    ready: Callable[[str], None],
    stop: asyncio.Event,
    production: bool = False,
    hub_timeout_s: float = DEFAULT_HUB_TIMEOUT_S,
    control_port: int = 0,
    transport: Transport | None = None,
) -> None:
    """Serve every partner until `stop` is set; `ready` gets one line of JSON when all of them listen.

    `hub_timeout_s` is how long the hub waits for a bank (the default of late answers), `transport` what partners send with.
    Raises SandboxRefused, KeyringError.
    """
    async with serving(
        home,
        hub_url,
        production=production,
        hub_timeout_s=hub_timeout_s,
        control_port=control_port,
        transport=transport,
    ) as sandbox:
        ready(sandbox.ready_line())
        await stop.wait()


@asynccontextmanager
async def serving(
    home: Path,
    hub_url: str,
    *,
    production: bool = False,
    hub_timeout_s: float = DEFAULT_HUB_TIMEOUT_S,
    control_port: int = 0,
    transport: Transport | None = None,
    partners: tuple[PartnerSeed, ...] = PARTNERS,
) -> AsyncIterator[Sandbox]:
    """The sandbox of `home`, listening inside the block: partner files written, accounts open. See `run_sandbox`.

    `partners` says who there is: whoever wants two banks adds one.
    """
    if production:
        raise SandboxRefused("the sandbox signs as every partner and never runs in production")
    async with AsyncExitStack() as stack:
        (home / keyring.FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)
        stack.enter_context(_alone(home / keyring.FOLDER / "lock"))
        identities = await asyncio.to_thread(keyring.load_or_create, home, partners)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        hub = Hub(base_url=hub_url, jwks=_nobody, transport=transport)
        hub.jwks = _jwks_over_http(session, hub)
        clock = FileClock(home / OFFSET_FILE)
        world = World(identities, hub, clock, home=home, hub_timeout_s=hub_timeout_s)
        stack.callback(world.close)
        await world.open()
        await _listen(world, home, stack)
        yield Sandbox(world, await _listen_control(Control(world, clock), control_port, stack))


async def _listen(world: World, home: Path, stack: AsyncExitStack) -> None:
    """Every partner on a port of its own, the same at each start of this home if it is free: the hub's cashier has addresses of
    shops in orders that were placed before. The files say which."""
    servers = {app_id: PartnerServer(partner, world.faults) for app_id, partner in world.partners.items()}

    async def stop_all() -> None:
        await asyncio.gather(*(server.stop() for server in servers.values()))

    stack.push_async_callback(stop_all)
    before = {app_id: urlsplit(identity.base_url).port or 0 for app_id, identity in world.identities.items()}
    world.moved({app_id: await server.start(before[app_id]) for app_id, server in servers.items()})
    for identity in world.identities.values():
        keyring.save(home, identity)


async def _listen_control(control: Control, port: int, stack: AsyncExitStack) -> str:
    runner = web.AppRunner(control.app(), access_log=None, shutdown_timeout=GRACE_S)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    site = web.TCPSite(runner, LOOPBACK, port)
    await site.start()
    return f"http://{LOOPBACK}:{runner.addresses[0][1]}"


def _jwks_over_http(session: aiohttp.ClientSession, hub: Hub) -> Callable[[], Awaitable[Mapping[str, Any]]]:
    async def fetch() -> Mapping[str, Any]:
        url = f"{hub.base_url.rstrip('/')}/.well-known/jwks.json"
        try:
            async with session.get(url, timeout=aiohttp.ClientTimeout(total=_JWKS_TIMEOUT_S)) as answer:
                answer.raise_for_status()
                body = b"".join([chunk async for chunk in answer.content.iter_any()])
            return msgspec.json.decode(body, type=dict[str, Any])
        except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError) as error:
            raise HubKeysUnavailable(f"{url}: {error}") from error

    return fetch


async def _nobody() -> Mapping[str, Any]:
    return {"keys": []}


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One sandbox a home: a second one would give the partners other addresses under the first one's feet."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SandboxRefused(f"another sandbox serves {path.parent.parent}") from None
        yield
    finally:
        os.close(handle)
