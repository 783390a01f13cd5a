"""What one bank's silence holds is its own: the worker takes what is due next while the slow is still under way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.house import House, house
from unionhub.hosts.sandbox.seeds import ACQUIRER, BANK

SILENCE_S = 4.0


@pytest.fixture(params=["memory", "sqlite"])
def slow(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A house whose hub waits long for banks."""
    with house(request.param, tmp_path, bank_timeout_s=SILENCE_S, worker_poll_s=0.05) as home:
        yield home


def test_notices_go_out_while_a_bank_is_silent(slow: House) -> None:
    async def scenario() -> None:
        holder = await slow.cardholder()
        gateway, shop = slow.world.gateway(holder.gateway), slow.world.merchants[0]
        slow.world.faults.add(BANK, "DEBIT_TRANSACTION", "garbage")
        assert (await gateway.send(gateway.mpqrc_payment_emv(holder, shop, "1.00"))).code == "04"
        slow.world.faults.add(BANK, "TRX_RESULT_INQUIRY", "no_answer")
        slow.clock.advance(2.5)
        stop = asyncio.Event()
        working = asyncio.create_task(slow.hub.worker.run(stop))
        await slow.until(lambda: bool(slow.world.partners[BANK].inbox.items("TRX_RESULT_INQUIRY")))

        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        assert (await gateway.send(gateway.mpqrc_payment_emv(holder, shop, "2.00"))).code == "00"
        await slow.until(lambda: bool(slow.world.partners[ACQUIRER].inbox.items("TRX_RESULT_NOTIFICATION")))
        assert loop.time() - begun_s < SILENCE_S / 2

        stop.set()
        await working  # and what is under way is finished first
        assert loop.time() - begun_s > SILENCE_S / 2

    slow.run(scenario())
