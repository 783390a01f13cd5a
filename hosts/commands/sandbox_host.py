"""The sandbox as a process of its own."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from unionhub.adapters.http.client import AiohttpTransport
from unionhub.adapters.sql.sequences import BlockSequences
from unionhub.adapters.vault.envelope import load as load_vault
from unionhub.adapters.vault.master import load_master_key
from unionhub.hosts.hub import make_home
from unionhub.hosts.sandbox.companion import accompany
from unionhub.hosts.sandbox.partner import Identity
from unionhub.hosts.sandbox.process import SandboxRefused, serving
from unionhub.hosts.sandbox.register import Registrar, issued_at
from unionhub.hosts.service.serve import new_event_loop
from unionhub.hosts.settings import Settings, load_settings

from .hosting import announce, run_until_stopped
from .opening import business_clock, open_store


def host(hub_url: str, *, hub_timeout_s: float | None, control_port: int, register: bool, companion: bool) -> None:
    """Run it to its end: the parent's word for a companion, a signal otherwise."""
    settings = load_settings()
    if settings.production:
        raise SandboxRefused("the sandbox signs as every partner and never runs in production")
    timeout_s = hub_timeout_s or settings.bank_timeout_s
    make_home(settings.home)
    if companion:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(accompany(settings.home, hub_url, hub_timeout_s=timeout_s, stop=asyncio.Event()))
        return
    run_until_stopped(lambda stop: _alone(settings, hub_url, timeout_s, stop, control_port=control_port, register=register))


async def _alone(
    settings: Settings, hub_url: str, timeout_s: float, stop: asyncio.Event, *, control_port: int, register: bool
) -> None:
    transport = AiohttpTransport()
    async with (
        aclosing(transport),
        serving(settings.home, hub_url, hub_timeout_s=timeout_s, control_port=control_port, transport=transport) as sandbox,
    ):
        if register:
            await _register(settings, sandbox.world.identities)
        announce(sandbox.ready_line())
        await stop.wait()


async def _register(settings: Settings, identities: dict[str, Identity]) -> None:
    """As `unionhub run` does, but into the store of a hub that is another process."""
    clock = business_clock(settings)
    async with open_store(settings) as store:
        master = load_master_key(
            home=settings.home,
            file=settings.master_key_file,
            production=settings.production,
            data_folders=settings.data_folders,
        )
        vault = await load_vault(store, master, clock)
        sequences = BlockSequences(store)
        try:
            since = issued_at(settings.home, clock)
            await Registrar(store, vault, sequences, clock, issued_at=since).register(identities)
        finally:
            await sequences.close()
