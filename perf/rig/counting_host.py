"""The service as `unionhub serve` runs it, but it tells its count of database transactions on a port of its own, and does
nothing of itself: no looking for news of partners and keys, so that every transaction is some message's."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from typing import Final

from unionhub.adapters.sql.store import SqlStore
from unionhub.hosts.commands.hosting import announce, run_until_stopped
from unionhub.hosts.hub import open_hub
from unionhub.hosts.service.forward import Forward
from unionhub.hosts.service.hub_app import hub_app
from unionhub.hosts.service.serve import serve
from unionhub.hosts.settings import load_settings

TELLS: Final = "tells its transactions on port"


class _Store(SqlStore):
    async def aclose(self) -> None:
        await self.close()


async def main(stop: asyncio.Event, sandbox_url: str) -> None:
    """Serve until `stop`."""
    settings = load_settings()
    async with aclosing(_Store(settings.database_url.reveal())) as store, open_hub(settings, store=store) as hub:

        async def tell(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"%d" % store.transactions_begun)
            writer.close()

        telling = await asyncio.start_server(tell, settings.host, 0)
        announce(f"{TELLS} {telling.sockets[0].getsockname()[1]}")
        await serve(
            hub_app(hub, forward=Forward(sandbox_url, stop)),
            stop=stop,
            host=settings.host,
            port=settings.port,
            started=lambda port: announce(f"counting on {port}"),
        )
        telling.close()
        await hub.drain()


if __name__ == "__main__":
    run_until_stopped(lambda stop: main(stop, sys.argv[1]))
