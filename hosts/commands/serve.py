"""`unionhub serve`: the service host alone."""

from __future__ import annotations

import asyncio

import click

from unionhub.hosts.hub import Hub, make_home, open_hub
from unionhub.hosts.service.forward import Forward
from unionhub.hosts.service.hub_app import hub_app
from unionhub.hosts.service.serve import ServePolicy
from unionhub.hosts.service.serve import serve as serve_app
from unionhub.hosts.settings import Settings, load_settings

from .failures import CommandError
from .hosting import announce, run_until_stopped
from .opening import prepare_database


@click.command()
@click.option("--upgrade", is_flag=True, help="Migrate the database first. Without it, one that is behind is an error.")
@click.option("--sandbox", "sandbox_url", metavar="URL", help="Development: pass /sandbox/* on to `unionhub sandbox` there.")
def serve(*, upgrade: bool, sandbox_url: str | None) -> None:
    """Take partners' messages on UNIONHUB_HOST and UNIONHUB_PORT.

    Any number of service hosts share one PostgreSQL. They need at least one `unionhub worker` beside them: it delivers
    notices and settles what a bank left unanswered.

    SIGTERM or SIGINT drains: no new connections, what is held is answered, exit code 0. A second signal changes nothing.
    """
    settings = load_settings()
    if sandbox_url and settings.production:
        raise CommandError("--sandbox: not with UNIONHUB_PRODUCTION")
    run_until_stopped(lambda stop: _serve(settings, stop, upgrade=upgrade, sandbox_url=sandbox_url))


async def _serve(settings: Settings, stop: asyncio.Event, *, upgrade: bool, sandbox_url: str | None) -> None:
    make_home(settings.home)
    await prepare_database(settings, upgrade=upgrade)
    async with open_hub(settings) as hub, hub.fresh():
        app = hub_app(hub, forward=Forward(sandbox_url, stop) if sandbox_url else None)
        await serve_app(
            app,
            stop=stop,
            host=settings.host,
            port=settings.port,
            policy=ServePolicy(drain_s=settings.drain_timeout_s),
            started=lambda port: announce(f"unionhub serves on http://{settings.host}:{port}"),
        )
        await _drain(hub)
    announce("unionhub has drained")


async def _drain(hub: Hub) -> None:
    """A client may have gone while its payment was at the bank: that one is held too."""
    await hub.drain()
