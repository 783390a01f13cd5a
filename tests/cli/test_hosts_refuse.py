"""Hosts that cannot start say why in one line, and leave no key or database behind that was not asked for."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.keys import hub_keys
from support.operator import Operator
from unionhub.adapters.jose.keys import HubKeys
from unionhub.hosts.commands import serve

PORTS = {"UNIONHUB_PORT": "0", "UNIONHUB_OPERATOR_PORT": "0"}


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """A host's process ends with its signals ignored; this one goes on."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def taken() -> Iterator[str]:
    """A port that somebody else has."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield str(listening.getsockname()[1])


@pytest.mark.parametrize(("host", "setting"), [("serve", "UNIONHUB_PORT"), ("worker", "UNIONHUB_OPERATOR_PORT")])
def test_a_port_that_is_taken(unionhub: Operator, host: str, setting: str, taken: str) -> None:
    line = unionhub(host, **PORTS | {setting: taken}).err.splitlines()[-1]
    assert line == f"unionhub: cannot listen on 127.0.0.1, port {taken}: Address already in use"


@pytest.mark.parametrize("host", ["serve", "worker"])
def test_a_folder_without_a_database(nobody: Operator, host: str) -> None:
    assert nobody.refuses(host, **PORTS).startswith(f"there is no database at {nobody.home}")


@pytest.mark.parametrize("host", ["serve", "worker"])
def test_a_database_that_does_not_answer(nobody: Operator, host: str) -> None:
    url = "postgresql://u:geheim@127.0.0.1:1/x"
    line = nobody.refuses(host, **PORTS, UNIONHUB_DATABASE_URL=url)
    assert line.startswith("the database cannot serve: postgresql+asyncpg://127.0.0.1:1/x (")
    assert "geheim" not in line


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (["serve", "--sandbox", "http://127.0.0.1:1"], "--sandbox: not with UNIONHUB_PRODUCTION"),
        (["sandbox", "--hub", "http://127.0.0.1:1"], "the sandbox signs as every partner and never runs in production"),
        (["run"], "production is `serve`"),
    ],
)
def test_what_is_for_development_alone(nobody: Operator, tmp_path: Path, command: list[str], line: str) -> None:
    production = {
        "UNIONHUB_PRODUCTION": "true",
        "UNIONHUB_MASTER_KEY_FILE": str(tmp_path / "master.key"),
        "UNIONHUB_PUBLIC_URL": "https://pay.example",
    }
    assert line in nobody.refuses(*command, **production)
    assert not nobody.home.exists()


def test_production_wants_its_master_key(nobody: Operator) -> None:
    assert "UNIONHUB_MASTER_KEY_FILE" in nobody.refuses("serve", UNIONHUB_PRODUCTION="true")


def test_the_database_is_upgraded_when_told(nobody: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here SIGTERM comes the moment the host is ready."""
    said = []

    def announced(line: str) -> None:
        said.append(line)
        if "serves" in line:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(serve, "announce", announced)
    monkeypatch.setattr(HubKeys, "generate", hub_keys)
    assert nobody("serve", "--upgrade", **PORTS).code == 0
    assert [line.split(" http")[0] for line in said] == ["unionhub serves on", "unionhub has drained"]
    assert nobody.json("migrate", "--check")["pending"] == []
