"""What operators and partners look up."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client.parser import text_string_to_metric_families

from support.http import get, holds, run, service
from unionhub.adapters.telemetry.hub import METRICS_CONTENT_TYPE
from unionhub.hosts.service import app as app_module


def test_healthz() -> None:
    async def scenario() -> None:
        async with service() as hub:
            answer = await get(hub.port, "/healthz")
            assert (answer.status, answer.json) == (200, {"status": "ok"})

    run(scenario())


def test_readyz_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_module, "CHECK_TIMEOUT_S", 0.1)
    good = asyncio.Event()

    async def story() -> bool:
        return good.is_set()

    async def hangs() -> bool:
        return await asyncio.wait_for(good.wait(), 60)

    async def breaks() -> bool:
        if not good.is_set():
            raise OSError("gone")
        return True

    async def scenario() -> None:
        ready = {"store": holds, "story": story, "vault": hangs, "keys": breaks}
        async with service(ready=ready) as hub:
            answer = await get(hub.port, "/readyz")
            assert (answer.status, answer.json) == (503, {"ready": False, "missing": ["story", "vault", "keys"]})
            good.set()
            answer = await get(hub.port, "/readyz")
            assert (answer.status, answer.json) == (200, {"ready": True, "missing": []})

    run(scenario())


def test_metrics() -> None:
    async def scenario() -> None:
        async with service(metrics=lambda: b"# TYPE unionhub_messages counter\nunionhub_messages_total 3.0\n") as hub:
            answer = await get(hub.port, "/metrics")
            assert answer.status == 200
            assert answer.header("content-type") == METRICS_CONTENT_TYPE
            samples = [sample for family in text_string_to_metric_families(answer.body.decode()) for sample in family.samples]
            assert [(sample.name, sample.value) for sample in samples] == [("unionhub_messages_total", 3)]

    run(scenario())


def test_the_hubs_public_keys() -> None:
    async def scenario() -> None:
        jwks = {"keys": [{"kty": "EC", "kid": "1", "use": "sig", "alg": "ES256", "crv": "P-256", "x": "eA", "y": "eQ"}]}
        async with service(jwks=lambda: jwks) as hub:
            answer = await get(hub.port, "/.well-known/jwks.json")
            assert (answer.status, answer.header("content-type"), answer.json) == (200, "application/json", jwks)

    run(scenario())


@pytest.mark.parametrize(
    "path", ["/docs", "/schema/swagger", "/schema/openapi.json", "/sandbox", "/sandbox/cardholders", "/favicon.ico"]
)
def test_there_is_nothing_else(path: str) -> None:
    async def scenario() -> None:
        async with service() as hub:
            answer = await get(hub.port, path)
            assert (answer.status, answer.json) == (404, {"error": "not found"})

    run(scenario())
