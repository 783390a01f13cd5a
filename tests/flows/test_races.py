"""What races for the same money, on all three stores: workers, refunds, cancellations, reversals, tills, limits."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from support.house import House
from unionhub.domain.flows.runner import MoneyRunner
from unionhub.domain.model.transactions import Payment, PaymentState
from unionhub.hosts.sandbox.partner import HubRequest
from unionhub.hosts.sandbox.seeds import ACQUIRER, BANK, HARBOUR, Cardholder


async def codes_of(home: House, holder: Cardholder, count: int, *, barcodes: bool = False) -> list[str]:
    gateway = home.world.gateway(HARBOUR)
    found: list[str] = []
    while len(found) < count:
        made = await gateway.send(gateway.qrc_generation(holder, 10 if count > 1 else 1))
        found += made.trx["emvCpqrcPayload"] + (made.trx["barcodeCpqrcPayload"] if barcodes else [])
    return found


async def scanned(home: House, holder: Cardholder, amount: str = "30.00") -> HubRequest:
    """A CPQRC_PAYMENT that was not sent yet."""
    (code,) = await codes_of(home, holder, 1)
    return home.world.acquirer().cpqrc_payment(home.world.merchants[0], amount, emv=code)


async def sent(home: House, requests: list[HubRequest]) -> Counter[str]:
    acquirer = home.world.acquirer()
    return Counter(each.code for each in await asyncio.gather(*(acquirer.send(one, timeout_s=60) for one in requests)))


async def stored(home: House, request: HubRequest) -> Payment:
    payment = await home.payment(ACQUIRER, request.msg_id)
    assert payment is not None
    return payment


def test_two_workers_on_one_ready_payment_debit_once(patient: House) -> None:
    async def scenario() -> None:
        holder = await patient.cardholder(HARBOUR, balance="2000.00")
        gateway, bank = patient.world.gateway(HARBOUR), patient.world.partners[BANK]
        gateway.cardholder_says = ""
        try:
            request = await scanned(patient, holder, "1500.00")
            assert (await patient.world.acquirer().send(request)).code == "04"
        finally:
            gateway.cardholder_says = "CONTINUING"
        asked = gateway.inbox.items("ADDITIONAL_PROCESSING")[-1]
        result = gateway.additional_processing_result(holder, asked.msg_id)
        assert (await gateway.send(result)).code == "00"
        ready = await stored(patient, request)
        assert ready.state is PaymentState.READY
        before = len(bank.inbox.items("DEBIT_TRANSACTION"))
        await asyncio.gather(*(patient.hub.worker._waiting.step(ready) for _ in range(5)))
        assert len(bank.inbox.items("DEBIT_TRANSACTION")) == before + 1
        assert (await stored(patient, request)).state is PaymentState.APPROVED
        assert await patient.balance(holder) == "500.00"
        assert (await gateway.send(result)).code == "00", "the same answer again is no other one"

    patient.run(scenario())


def test_refunds_and_cancellations_at_once_never_give_back_more_than_was_paid(patient: House) -> None:
    async def scenario() -> None:
        holder = await patient.cardholder(HARBOUR, balance="100.00")
        acquirer = patient.world.acquirer()
        paid = await scanned(patient, holder)
        assert (await acquirer.send(paid)).code == "00"
        refunds = [acquirer.refund(paid.msg_id, "1.50") for _ in range(30)]
        cancellations = [acquirer.cancellation(paid.msg_id, "30.00") for _ in range(30)]
        mixed = [request for pair in zip(refunds, cancellations, strict=True) for request in pair]
        codes = await sent(patient, mixed)
        assert set(codes) <= {"00", "12", "13", "94"}, codes
        given_back = 0
        for request in mixed:
            payment = await stored(patient, request)
            if payment.state is PaymentState.APPROVED:
                assert payment.bill is not None
                given_back += payment.bill.minor
        assert 0 < given_back <= 3000
        assert await patient.balance(holder) == f"{70 + given_back // 100}.{given_back % 100:02d}"

    patient.run(scenario())


def test_thirty_refunds_at_once_stop_at_what_was_paid(patient: House) -> None:
    async def scenario() -> None:
        holder = await patient.cardholder(HARBOUR, balance="100.00")
        acquirer = patient.world.acquirer()
        paid = await scanned(patient, holder)
        assert (await acquirer.send(paid)).code == "00"
        assert await sent(patient, [acquirer.refund(paid.msg_id, "1.50") for _ in range(30)]) == {"00": 20, "13": 10}
        assert await patient.balance(holder) == "100.00"

    patient.run(scenario())


def test_a_reversal_that_races_the_debit_leaves_the_money_where_it_was(patient: House) -> None:
    async def scenario() -> None:
        holder = await patient.cardholder(HARBOUR, balance="100.00")
        acquirer, bank = patient.world.acquirer(), patient.world.partners[BANK]
        patient.world.faults.add(BANK, "DEBIT_TRANSACTION", "answer_late", seconds=0.4)
        paid = await scanned(patient, holder)
        before = len(bank.inbox.items("DEBIT_TRANSACTION"))
        paying = asyncio.create_task(acquirer.send(paid))
        await patient.until(lambda: len(bank.inbox.items("DEBIT_TRANSACTION")) > before)
        reversal = acquirer.reversal(paid.msg_id, "30.00")
        assert (await acquirer.send(reversal)).code in ("00", "04")
        assert (await paying).code in ("04", "12", "91")
        await patient.work()
        assert (await stored(patient, paid)).state is PaymentState.REVERSED
        assert await patient.balance(holder) == "100.00"
        assert (await acquirer.send(reversal)).code == "00"

    patient.run(scenario())


def test_a_reversal_that_cannot_see_its_original_yet_looks_again(patient: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The original's first transaction is about to commit: its keys are taken, though nobody can read it. A `94` would tell
    the acquirer that the money is back, and then it is taken."""

    async def scenario() -> None:
        holder = await patient.cardholder(HARBOUR, balance="100.00")
        acquirer = patient.world.acquirer()
        payment = await scanned(patient, holder)
        opened, may_commit = asyncio.Event(), asyncio.Event()
        usual = MoneyRunner._open

        async def slow(self: MoneyRunner, uow: Any, flow: Any, *arguments: Any, **options: Any) -> Any:
            outcome = await usual(self, uow, flow, *arguments, **options)
            if flow.message == "CPQRC_PAYMENT":
                opened.set()
                await may_commit.wait()
            return outcome

        monkeypatch.setattr(MoneyRunner, "_open", slow)
        paying = asyncio.create_task(acquirer.send(payment, timeout_s=60))
        await opened.wait()
        reversing = asyncio.create_task(acquirer.send(acquirer.reversal(payment.msg_id, "30.00"), timeout_s=60))
        await asyncio.sleep(0.2)
        may_commit.set()
        assert (await reversing).code in ("00", "04")
        await paying
        await patient.work()
        await patient.until(lambda: _is_back(patient, holder))

    patient.run(scenario())


async def _is_back(home: House, holder: Cardholder) -> bool:
    await home.work()
    return await home.balance(holder) == "100.00"


def test_a_payment_that_comes_after_its_reversal_is_barred(patient: House) -> None:
    async def scenario() -> None:
        holder = await patient.cardholder(HARBOUR, balance="100.00")
        acquirer = patient.world.acquirer()
        paid = await scanned(patient, holder)
        assert (await acquirer.send(acquirer.reversal(paid.msg_id, "30.00"))).code == "00"
        assert (await acquirer.send(paid)).code == "94"
        assert await patient.balance(holder) == "100.00"

    patient.run(scenario())


def test_a_debit_that_reaches_the_bank_after_the_reversal_books_nothing(house: House) -> None:
    """The bank's ear is slower than all of us: the hub lost sight, the acquirer took it back, and then the debit arrives."""

    async def scenario() -> None:
        holder = await house.cardholder(HARBOUR, balance="100.00")
        acquirer = house.world.acquirer()
        paid = await scanned(house, holder)
        house.network.keep_back(BANK, "DEBIT_TRANSACTION")
        assert (await acquirer.send(paid)).code == "04"
        assert (await acquirer.send(acquirer.reversal(paid.msg_id, "30.00"))).code in ("00", "04")
        await house.advance(60)
        await house.network.deliver()
        assert (await stored(house, paid)).state is PaymentState.REVERSED
        assert await house.balance(holder) == "100.00"
        assert await house.broken() == set()

    house.run(scenario())


def test_many_tills_scan_one_code_and_one_is_paid(patient: House) -> None:
    """By either of its two forms; the acquirer's tills know nothing of each other."""

    async def scenario() -> None:
        holder = await patient.cardholder(HARBOUR, balance="100.00")
        gateway, acquirer, shops = patient.world.gateway(HARBOUR), patient.world.acquirer(), patient.world.merchants
        made = await gateway.send(gateway.qrc_generation(holder))
        (emv,), (barcode,) = made.trx["emvCpqrcPayload"], made.trx["barcodeCpqrcPayload"]
        tills = [acquirer.cpqrc_payment(shops[0], "30.00", emv=emv) for _ in range(10)]
        tills += [acquirer.cpqrc_payment(shops[1], "30.00", barcode=barcode) for _ in range(10)]
        assert await sent(patient, tills) == {"00": 1, "02": 19}
        assert await patient.balance(holder) == "70.00"

    patient.run(scenario())


def test_fifty_scans_at_once_never_pass_the_daily_limit(patient: House) -> None:
    async def scenario() -> None:
        holder = await patient.cardholder(HARBOUR, balance="100.00")
        codes = await codes_of(patient, holder, 50)
        await patient.change_product(day_limit_minor=1000)
        try:
            shop, acquirer = patient.world.merchants[0], patient.world.acquirer()
            scans = [acquirer.cpqrc_payment(shop, "1.00", emv=code) for code in codes]
            assert await sent(patient, scans) == {"00": 10, "61": 40}
        finally:
            await patient.change_product(day_limit_minor=patient.world.product.day_limit_minor)
        assert await patient.balance(holder) == "90.00"

    patient.run(scenario())
