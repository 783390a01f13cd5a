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
    with house(request.param, tmp_path, as_in_life=True, bank_timeout_s=SILENCE_S, worker_poll_s=0.05) as home:
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


def test_a_host_that_stood_still_does_not_open_a_confirmed_notice_again(slow: House) -> None:
    """Two hosts send the same notice, the first one's lease ran out: the late one's failure is kept as an attempt, no more."""

    async def scenario() -> None:
        holder = await slow.cardholder()
        gateway, shop = slow.world.gateway(holder.gateway), slow.world.merchants[0]
        assert (await gateway.send(gateway.mpqrc_payment_emv(holder, shop, "2.00"))).code == "00"
        async with slow.hub.store.begin() as uow:
            (notice,) = await uow.notices(receiver=ACQUIRER)
        courier = slow.hub.worker._courier
        assert (await courier.deliver(notice)).state == "CONFIRMED"
        slow.world.faults.add(ACQUIRER, "TRX_RESULT_NOTIFICATION", "garbage")
        await courier.deliver(notice)
        async with slow.hub.store.begin() as uow:
            (stored,) = await uow.notices(receiver=ACQUIRER)
            attempts = await uow.attempts(notice.notice_id)
        assert (stored.state, stored.attempts, len(attempts)) == ("CONFIRMED", 1, 2)

    slow.run(scenario())
