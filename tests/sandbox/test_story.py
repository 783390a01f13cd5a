"""The story of `unionhub run`, played in one process: it must go to its end, and every scene have its line."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from support.house import House, house
from unionhub.hosts.sandbox.seeds import BANK
from unionhub.hosts.sandbox.story import StoryFailed, play


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house("sqlite", tmp_path_factory.mktemp("story")) as made:
        yield made


async def played(home: House, lines: list[str]) -> None:
    """The story, with a worker beside it."""

    async def work() -> None:
        while True:
            await home.hub.worker.turn()
            await asyncio.sleep(0.02)

    worker = asyncio.create_task(work())
    try:
        await play(home.world, lines.append)
    finally:
        worker.cancel()


def test_the_story_ends_well(home: House) -> None:
    lines: list[str] = []
    home.run(played(home, lines))
    assert lines[0].endswith("pays 88.00")
    assert lines[-1].endswith("50.00")
    assert all(0 < len(line) <= 80 for line in lines)

    async def kinds() -> dict[str, list[str]]:
        async with home.hub.store.begin() as uow:
            found: dict[str, list[str]] = {}
            for payment in await uow.payments(limit=100):
                found.setdefault(payment.kind, []).append(payment.state)
            return found

    found = home.run(kinds())
    assert found.keys() == {
        "MPQRC_PAYMENT_EMV",
        "CPQRC_PAYMENT",
        "REFUND",
        "MPQRC_PAYMENT_URL",
        "BILL_PAYMENT",
        "P2P_TRANSFER",
        "PAY",
        "TOKEN_PAYMENT",
    }
    assert {state for states in found.values() for state in states} == {"APPROVED", "DECLINED"}


def test_a_story_that_goes_wrong_says_so(home: House) -> None:
    home.world.faults.add(BANK, "DEBIT_TRANSACTION", "code:51")
    with pytest.raises(StoryFailed, match="the hub answered 51 "):
        home.run(played(home, []))
