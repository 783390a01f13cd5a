"""`unionhub worker`: the worker host alone."""

from __future__ import annotations

import asyncio

import click

from unionhub.adapters.http.transport import HttpReply
from unionhub.adapters.wire.inbound import Row
from unionhub.hosts.hub import Hub, make_home, open_hub
from unionhub.hosts.service.app import create_app
from unionhub.hosts.service.serve import serve as serve_app
from unionhub.hosts.settings import Settings, load_settings

from .hosting import announce, run_until_stopped
from .opening import prepare_database


class NoDoor:
    """A worker takes no messages: only what operators look up."""

    rows: tuple[Row, ...] = ()

    async def handle(self, path: str, signature: str | None, body: bytes) -> HttpReply:
        raise AssertionError("no row, no message")


@click.command()
def worker() -> None:
    """Settle unknown outcomes, deliver notices, purge and count: the work that no caller waits for.

    Any number of workers share one PostgreSQL; each takes what is due under a lease. Liveness, readiness and metrics are
    on UNIONHUB_OPERATOR_HOST and UNIONHUB_OPERATOR_PORT (0 takes any free port).

    SIGTERM or SIGINT: what was taken is finished, then exit code 0. A second signal changes nothing.
    """
    settings = load_settings()
    run_until_stopped(lambda stop: _work(settings, stop))


async def _work(settings: Settings, stop: asyncio.Event) -> None:
    make_home(settings.home)
    await prepare_database(settings, upgrade=False)
    async with open_hub(settings) as hub, hub.fresh(), asyncio.TaskGroup() as group:
        group.create_task(_answer_operators(hub, stop))
        group.create_task(hub.worker.run(stop))
    announce("unionhub's worker has drained")


async def _answer_operators(hub: Hub, stop: asyncio.Event) -> None:
    host, port = hub.settings.operator_host, hub.settings.operator_port
    app = create_app(NoDoor(), jwks=lambda: {"keys": []}, metrics=hub.telemetry.metrics_text, ready={"store": hub.store.ready})
    await serve_app(
        app,
        stop=stop,
        host=host,
        port=port,
        started=lambda bound: announce(f"unionhub's worker works; metrics on http://{host}:{bound}/metrics"),
    )
