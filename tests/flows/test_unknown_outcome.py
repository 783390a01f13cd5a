"""RULES sections 1 and 3 on all three stores: silence, late answers, dead hosts, races between host and worker."""

from __future__ import annotations

import asyncio

import pytest

from support.house import BANK_TIMEOUT_S, House
from unionhub.domain.model.transactions import PaymentState
from unionhub.hosts.sandbox.seeds import Cardholder


async def _pay(house: House, holder: Cardholder, amount: str = "30.00") -> tuple[str, str]:
    """(code, msgID) of a payment at the first merchant."""
    gateway = house.world.gateway(holder.gateway)
    request = gateway.mpqrc_payment_emv(holder, house.world.merchants[0], amount)
    return (await gateway.send(request)).code, request.msg_id


async def _state(house: House, holder: Cardholder, msg_id: str) -> PaymentState:
    payment = await house.payment(holder.gateway, msg_id)
    assert payment is not None
    return payment.state


@pytest.mark.parametrize(
    ("fault", "booked", "state", "balance"),
    [
        ("no_answer", False, PaymentState.REVERSED, "100.00"),
        ("book_then_no_answer", True, PaymentState.APPROVED, "70.00"),
        ("answer_late", True, PaymentState.APPROVED, "70.00"),
        ("garbage", True, PaymentState.APPROVED, "70.00"),
        ("bad_signature", True, PaymentState.APPROVED, "70.00"),
        ("answer_of_another", True, PaymentState.APPROVED, "70.00"),
        ("code:94", False, PaymentState.REVERSED, "100.00"),
    ],
)
def test_an_unknown_outcome_is_04_and_ends_as_the_bank_booked(
    house: House, fault: str, booked: bool, state: PaymentState, balance: str
) -> None:
    async def scenario() -> None:
        holder = await house.cardholder(balance="100.00")
        house.world.faults.add(holder.issuer, "DEBIT_TRANSACTION", fault)
        code, msg_id = await _pay(house, holder)
        assert code == "04"
        assert (await _pay_again(house, holder, msg_id)) == "04"
        gateway = house.world.gateway(holder.gateway)
        told = len(gateway.inbox.items("TRX_RESULT_NOTIFICATION"))
        if fault == "answer_late":
            await asyncio.sleep(2.2)  # it books when it answers
        for _ in range(8):
            await house.advance(5)
        assert await _state(house, holder, msg_id) is state
        assert await house.balance(holder) == balance
        items = gateway.inbox.items("TRX_RESULT_NOTIFICATION")[told:]
        assert [item.body["trxInfo"]["paymentStatus"] for item in items] == ["APPROVED" if booked else "DECLINED"]
        assert items[0].body["trxInfo"]["token"] == holder.token.reveal()
        assert (await _pay_again(house, holder, msg_id)) == ("00" if booked else "91")

    house.run(scenario())


async def _pay_again(house: House, holder: Cardholder, msg_id: str) -> str:
    gateway = house.world.gateway(holder.gateway)
    request = gateway.mpqrc_payment_emv(holder, house.world.merchants[0], "30.00", msg_id=msg_id)
    return (await gateway.send(request)).code


@pytest.mark.parametrize(("fault", "code"), [("code:91", "91"), ("code:96", "91"), ("code:ZZ", "71"), ("code:10", "71")])
def test_a_decline_without_proof_is_answered_and_reversed(house: House, fault: str, code: str) -> None:
    async def scenario() -> None:
        holder = await house.cardholder(balance="100.00")
        house.world.faults.add(holder.issuer, "DEBIT_TRANSACTION", fault)
        answered, msg_id = await _pay(house, holder)
        assert answered == code
        assert await _state(house, holder, msg_id) is PaymentState.REVERSING
        assert (await _pay_again(house, holder, msg_id)) == code
        await house.work()
        assert await _state(house, holder, msg_id) is PaymentState.REVERSED
        assert (await _pay_again(house, holder, msg_id)) == code

    house.run(scenario())


def test_nothing_sent_is_declined_with_92_and_never_reversed(house: House) -> None:
    async def scenario() -> None:
        holder = await house.cardholder(balance="100.00")
        house.world.faults.add(holder.issuer, None, "refuse_connection", seconds=0.5)
        code, msg_id = await _pay(house, holder)
        assert code == "92"
        assert await _state(house, holder, msg_id) is PaymentState.DECLINED
        await asyncio.sleep(0.6)
        assert (await _pay(house, holder))[0] == "00"

    house.run(scenario())


def test_a_reversal_is_repeated_until_the_bank_confirms_it(house: House) -> None:
    async def scenario() -> None:
        holder = await house.cardholder(balance="100.00")
        house.world.faults.add(holder.issuer, "DEBIT_TRANSACTION", "book_then_no_answer")
        house.world.faults.add(holder.issuer, "TRX_RESULT_INQUIRY", "code:25", times=4)
        house.world.faults.add(holder.issuer, "REVERSAL", "code:96", times=3)
        _, msg_id = await _pay(house, holder)
        assert await house.balance(holder) == "70.00"
        for _ in range(16):
            await house.advance(5)
        assert await _state(house, holder, msg_id) is PaymentState.REVERSED
        assert await house.balance(holder) == "100.00"

    house.run(scenario())


@pytest.mark.parametrize(("fault", "state"), [("no_answer", "REVERSED"), ("book_then_no_answer", "APPROVED")])
def test_the_schedule_counts_from_lost_sight_so_a_jump_of_time_is_caught_up(house: House, fault: str, state: str) -> None:
    """A worker that was away, or a clock that was moved: one question, and then what the time demands."""

    async def scenario() -> None:
        holder = await house.cardholder(balance="100.00")
        house.world.faults.add(holder.issuer, "DEBIT_TRANSACTION", fault)
        _, msg_id = await _pay(house, holder)
        await house.advance(40)
        assert (await _state(house, holder, msg_id)).value == state

    house.run(scenario())


def test_a_bank_that_is_silent_to_questions_too_does_not_put_the_reversal_off(house: House) -> None:
    async def scenario() -> None:
        holder = await house.cardholder(balance="100.00")
        house.world.faults.add(holder.issuer, "DEBIT_TRANSACTION", "book_then_no_answer")
        house.world.faults.add(holder.issuer, "TRX_RESULT_INQUIRY", "code:25", times=4)
        _, msg_id = await _pay(house, holder)
        for _ in range(2):
            await house.advance(9)  # each question is asked late; the next ones count from lost sight all the same
            await house.advance(1)
        assert await _state(house, holder, msg_id) is PaymentState.UNKNOWN
        await house.advance(10.5)
        assert await _state(house, holder, msg_id) is PaymentState.REVERSED
        assert await house.balance(holder) == "100.00"

    house.run(scenario())


def test_a_host_that_died_leaves_a_payment_that_the_worker_ends(house: House) -> None:
    """Between its two transactions the host vanishes: the bank has booked, nobody wrote it down."""

    async def scenario() -> None:
        holder = await house.cardholder(balance="100.00")
        house.world.faults.add(holder.issuer, "DEBIT_TRANSACTION", "book_then_no_answer")
        close = house.hub.runner.close
        try:
            house.hub.runner.close = _dies  # type: ignore[method-assign]
            code, msg_id = await _pay(house, holder)
        finally:
            house.hub.runner.close = close  # type: ignore[method-assign]
        assert code == "04"
        assert await _state(house, holder, msg_id) is PaymentState.PENDING
        await house.work()
        assert await _state(house, holder, msg_id) is PaymentState.PENDING, "before its deadline it is its host's"
        for _ in range(8):
            await house.advance(5)
        assert await _state(house, holder, msg_id) is PaymentState.APPROVED
        assert await house.balance(holder) == "70.00"

    house.run(scenario())


async def _dies(*_: object) -> None:
    raise RuntimeError("the host died here")


def test_a_late_second_transaction_yields_to_what_the_worker_recorded(house: House) -> None:
    """The host freezes between call and close until the worker has reversed: the sender hears what is on record."""

    async def scenario() -> None:
        holder = await house.cardholder(balance="100.00")
        close = house.hub.runner.close
        go_on = asyncio.Event()

        async def frozen(payment: object, word: object) -> object:
            await go_on.wait()
            return await close(payment, word)  # type: ignore[arg-type]

        house.hub.runner.close = frozen  # type: ignore[method-assign,assignment]
        house.world.faults.add(holder.issuer, "TRX_RESULT_INQUIRY", "code:25", times=4)
        try:
            paying = asyncio.create_task(_pay(house, holder))
            await house.until(lambda: _opened(house, holder))
            for _ in range(12):
                await house.advance(5)
        finally:
            house.hub.runner.close = close  # type: ignore[method-assign]
        go_on.set()
        code, msg_id = await paying
        assert await _state(house, holder, msg_id) is PaymentState.REVERSED
        assert code == "91"
        assert await house.balance(holder) == "100.00"

    house.run(scenario())


async def _opened(house: House, holder: Cardholder) -> bool:
    return await house.balance(holder) == "70.00"


def test_two_hundred_clients_on_a_slow_bank_lose_nothing(house: House) -> None:
    async def scenario() -> None:
        holder = await house.cardholder(balance="1000.00")
        gateway = house.world.gateway(holder.gateway)
        house.world.faults.add(holder.issuer, "DEBIT_TRANSACTION", "answer_late", times=20, seconds=BANK_TIMEOUT_S / 4)
        requests = [gateway.mpqrc_payment_emv(holder, house.world.merchants[0], "1.00") for _ in range(200)]
        answers = await asyncio.gather(*(gateway.send(request, timeout_s=60) for request in requests))
        assert {answer.code for answer in answers} <= {"00", "04", "91", "96"}
        for _ in range(60):  # a busy machine may let calls time out again; then they are made again
            await asyncio.sleep(0.05)
            await house.advance(5)
            payments = [await house.payment(holder.gateway, request.msg_id) for request in requests]
            if all(payment is not None and payment.is_final for payment in payments):
                break
        else:
            pytest.fail(f"not ended: {[payment for payment in payments if payment is None or not payment.is_final][:3]}")
        approved = sum(payment is not None and payment.state is PaymentState.APPROVED for payment in payments)
        assert await house.balance(holder) == f"{1000 - approved}.00"

    house.run(scenario())
