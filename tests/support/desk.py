"""Somebody at the control endpoints of a sandbox that listens."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp

from support.keys import hub_keys
from support.sandbox import HubStub, run
from unionhub.adapters.http.client import AiohttpTransport
from unionhub.hosts.sandbox.process import Sandbox, serving
from unionhub.hosts.sandbox.world import jwks_of

NOBODY = "http://127.0.0.1:1"


class Desk:
    """Somebody at the sandbox's control endpoints."""

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession, transport: AiohttpTransport) -> None:
        self.sandbox = sandbox
        self.world = sandbox.world
        self.session = session
        self.transport = transport

    def hub(self, app_id: str) -> HubStub:
        return HubStub(self.transport, self.world.partners[app_id])

    async def get(self, path: str, status: int = 200) -> Any:
        return await self._ask("GET", path, None, status)

    async def post(self, path: str, content: object, status: int = 200) -> Any:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return await self._ask("POST", path, body, status)

    async def _ask(self, method: str, path: str, body: bytes | None, status: int) -> Any:
        async with self.session.request(method, self.sandbox.control_url + path, data=body) as answer:
            assert answer.content_type == "application/json"
            content = await answer.json()
            assert answer.status == status, content
            if status >= 400:
                assert list(content) == ["error"]
                assert content["error"]
            return content


def at_the_desk(home: Path, test: Callable[[Desk], Awaitable[None]]) -> None:
    async def play() -> None:
        transport = AiohttpTransport()
        async with serving(home, NOBODY, hub_timeout_s=0.3) as sandbox, aiohttp.ClientSession() as session:
            sandbox.world.hub.jwks = jwks_of(hub_keys().public_jwks)
            try:
                await test(Desk(sandbox, session, transport))
            finally:
                await transport.aclose()

    run(play())
