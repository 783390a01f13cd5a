"""One partner's silence fills its share of a worker's slots and no more: what waits for others is done all the same.

The breaker is out of the way: it ends such a silence after a while, and a partner that answers now and then never trips it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from support import house as houses
from support.house import House, house
from support.sandbox import identities
from unionhub.domain.model.money import Money
from unionhub.domain.model.notices import NoticeState
from unionhub.domain.model.parties import Role
from unionhub.domain.model.transactions import Payment, PaymentState
from unionhub.hosts.sandbox.keyring import new_identities
from unionhub.hosts.sandbox.partner import Identity
from unionhub.hosts.sandbox.seeds import ACQUIRER, BANK, HKD, PRODUCT, Cardholder, PartnerSeed, cardholder

OTHER_BANK = "99110344"
OTHER_PRODUCT = msgspec.structs.replace(PRODUCT, product_id="HKD-OTHER", issuer=OTHER_BANK)
SLOTS, SHARE = 6, 2
SILENT = 9
"""Pieces of work that wait for the silent partner: more than there are slots."""


def both_banks() -> dict[str, Identity]:
    return identities() | new_identities([PartnerSeed(app_id=OTHER_BANK, role=Role.ISSUER, name="The other bank")])


@pytest.fixture(params=["memory", "sqlite"])
def home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A house with two banks, whose hub waits for partners far longer than a test; its worker has few slots."""
    monkeypatch.setattr(houses, "identities", both_banks)
    with house(
        request.param,
        tmp_path,
        as_in_life=True,
        bank_timeout_s=30.0,
        partner_timeout_s=30.0,
        lease_s=60.0,
        drain_timeout_s=31.0,
        worker_poll_s=0.05,
        breaker_failures=1000,
    ) as opened:
        worker = opened.hub.worker
        worker._policy = msgspec.structs.replace(worker._policy, in_flight=SLOTS, share=SHARE)
        yield opened


async def customer_of(home: House, issuer: str) -> Cardholder:
    """Somebody with money and a card of that issuer."""
    gateway = home.world.cardholders[0].gateway
    if issuer == BANK:
        return await home.cardholder(gateway)
    holder = cardholder(77_000, gateway, Money.parse("1000.00", HKD), issuer=issuer)
    await home.world.bank(issuer).open_accounts({holder.account: holder.opening})
    home.world.gateway(gateway).knows(holder)
    await home._registrar.register({}, OTHER_PRODUCT, (holder,))
    await home.hub.directory.refresh()
    return holder


async def lose_sight(home: House, issuer: str, count: int) -> list[Payment]:
    """Payments whose debits the bank answers with rubbish: the worker has to ask."""
    holder = await customer_of(home, issuer)
    gateway, shop = home.world.gateway(holder.gateway), home.world.merchants[0]
    home.world.faults.add(issuer, "DEBIT_TRANSACTION", "garbage", times=count)
    found = []
    for number in range(count):
        request = gateway.mpqrc_payment_emv(holder, shop, f"{number + 1}.00")
        assert (await gateway.send(request)).code == "04"
        payment = await home.payment(holder.gateway, request.msg_id)
        assert payment is not None
        assert (payment.state, payment.issuer) == (PaymentState.UNKNOWN, issuer)
        found.append(payment)
    return found


def heard(home: House, app_id: str, message: str) -> list[dict[str, Any]]:
    """What a partner received."""
    return home.world.partners[app_id].inbox.items(message)


@asynccontextmanager
async def at_work(home: House) -> AsyncIterator[None]:
    """The worker, until the end of the block; whoever is silent then is not waited for."""
    worker = home.hub.worker
    slots = worker._slots()
    worker._slots = lambda: slots  # type: ignore[method-assign]
    working = asyncio.create_task(worker.run(asyncio.Event()))
    try:
        yield
    finally:
        working.cancel()
        waiting = [working, *(task for each in slots.values() for task in each.under_way)]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


def test_another_banks_unknown_outcomes_end_while_one_bank_is_silent(home: House) -> None:
    async def scenario() -> None:
        silent = await lose_sight(home, BANK, SILENT)
        (other,) = await lose_sight(home, OTHER_BANK, 1)
        home.world.faults.add(BANK, "TRX_RESULT_INQUIRY", "no_answer", times=1000)
        home.clock.advance(10)

        async def state_of(payment: Payment) -> Payment:
            async with home.hub.store.begin() as uow:
                found = await uow.payment(payment.payment_id)
            assert found is not None
            return found

        async def other_is_over() -> bool:
            return (await state_of(other)).is_final

        async with at_work(home):
            await home.until(other_is_over)
            assert (await state_of(other)).state is PaymentState.APPROVED  # booked, and only then answered with rubbish
            await home.until(lambda: len(heard(home, BANK, "TRX_RESULT_INQUIRY")) >= SHARE)
            assert len(heard(home, BANK, "TRX_RESULT_INQUIRY")) == SHARE
            assert {(await state_of(each)).asks for each in silent} == {0}

    home.run(scenario())


def test_other_receivers_are_told_while_one_is_silent(home: House) -> None:
    async def scenario() -> None:
        payer, payee = await customer_of(home, BANK), await home.cardholder()
        gateway, shop = home.world.gateway(payer.gateway), home.world.merchants[0]
        home.world.faults.add(ACQUIRER, "TRX_RESULT_NOTIFICATION", "no_answer", times=1000)
        for _ in range(SILENT):
            assert (await gateway.send(gateway.mpqrc_payment_emv(payer, shop, "1.00"))).code == "00"
        assert (await gateway.send(await gateway.p2p_transfer(payer, payee, "1.00"))).code == "00"

        async def told(receiver: str, state: NoticeState) -> int:
            async with home.hub.store.begin() as uow:
                return len(await uow.notices(receiver=receiver, state=state))

        async def payee_is_told() -> bool:
            return await told(payee.gateway, NoticeState.CONFIRMED) == 1

        async with at_work(home):
            await home.until(payee_is_told)
            await home.until(lambda: len(heard(home, ACQUIRER, "TRX_RESULT_NOTIFICATION")) >= SHARE)
            assert len(heard(home, ACQUIRER, "TRX_RESULT_NOTIFICATION")) == SHARE
            assert await told(ACQUIRER, NoticeState.QUEUED) == SILENT

    home.run(scenario())
