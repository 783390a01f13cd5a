"""Every row of the fault table, in process and over real sockets: what is booked, and what the caller sees."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from support.sandbox import CARRIERS, Carrier, HubStub, code, msg_id, run, until
from unionhub.adapters.http.transport import Transport
from unionhub.adapters.jose.causes import Cause, GateRefusal
from unionhub.domain.model.parties import Role
from unionhub.hosts.sandbox.faults import FaultError, FaultTable
from unionhub.hosts.sandbox.seeds import BANK, CARDHOLDERS, HARBOUR
from unionhub.hosts.sandbox.world import World
from unionhub.ports.partners import NotSent, NoWord

HOLDER = CARDHOLDERS[0]
DEBIT = "DEBIT_TRANSACTION"
TIMEOUT_S = 0.3

every_carrier = pytest.mark.parametrize("carrier", CARRIERS)


class Scene:
    """The seeded bank, reached by one of the two carriers."""

    def __init__(self, world: World, transport: Transport) -> None:
        self.world = world
        self.faults = world.faults
        self.hub = HubStub(transport, world.issuer())

    async def booked(self) -> int:
        accounts = await self.world.bank().accounts()
        return sum(len(account.bookings) for account in accounts)

    async def has_booked(self, count: int) -> bool:
        return await self.booked() == count

    async def silence(self) -> float:
        """Pay, get no word, and say how long that took."""
        started_s = perf_counter()
        with pytest.raises(NoWord):
            await self.hub.pay(HOLDER, timeout_s=TIMEOUT_S)
        return perf_counter() - started_s


def play(carrier: Carrier, home: Path, test: Callable[[Scene], Awaitable[None]]) -> None:
    async def staged() -> None:
        async with carrier(home) as (world, transport):
            await test(Scene(world, transport))

    run(staged())


@every_carrier
def test_no_answer_books_nothing_and_keeps_the_connection_open(carrier: Carrier, tmp_path: Path) -> None:
    async def test(scene: Scene) -> None:
        scene.faults.add(BANK, DEBIT, "no_answer")
        assert await scene.silence() >= TIMEOUT_S * 0.9  # silent to the end, not cut off
        assert await scene.booked() == 0
        assert code(await scene.hub.pay(HOLDER)) == "00"  # once was asked for

    play(carrier, tmp_path, test)


@every_carrier
def test_book_then_no_answer(carrier: Carrier, tmp_path: Path) -> None:
    async def test(scene: Scene) -> None:
        scene.faults.add(BANK, DEBIT, "book_then_no_answer", times=2)
        for done in (1, 2):
            assert await scene.silence() >= TIMEOUT_S * 0.9
            await until(lambda done=done: scene.has_booked(done))
        assert code(await scene.hub.pay(HOLDER)) == "00"

    play(carrier, tmp_path, test)


@every_carrier
def test_answer_late_books_at_once_and_answers_after_the_callers_time(carrier: Carrier, tmp_path: Path) -> None:
    async def test(scene: Scene) -> None:
        scene.faults.add(BANK, DEBIT, "answer_late", times=2, seconds=0.4)
        await scene.silence()
        await until(lambda: scene.has_booked(1))
        started_s = perf_counter()
        assert code(await scene.hub.pay(HOLDER)) == "00"  # a patient caller gets it, and it is genuine
        assert perf_counter() - started_s >= 0.4

    play(carrier, tmp_path, test)


@every_carrier
def test_garbage_is_no_json_under_a_genuine_signature(carrier: Carrier, tmp_path: Path) -> None:
    async def test(scene: Scene) -> None:
        scene.faults.add(BANK, DEBIT, "garbage")
        with pytest.raises(json.JSONDecodeError):
            await scene.hub.pay(HOLDER)
        assert await scene.booked() == 1

    play(carrier, tmp_path, test)


@every_carrier
def test_bad_signature_is_by_another_key(carrier: Carrier, tmp_path: Path) -> None:
    async def test(scene: Scene) -> None:
        scene.faults.add(BANK, DEBIT, "bad_signature")
        with pytest.raises(GateRefusal) as refusal:
            await scene.hub.pay(HOLDER)
        assert refusal.value.cause is Cause.SIGNATURE  # kid, profile and time are right: the key alone is wrong
        assert await scene.booked() == 1

    play(carrier, tmp_path, test)


@every_carrier
def test_answer_of_another_is_genuine_but_for_another_message(carrier: Carrier, tmp_path: Path) -> None:
    async def test(scene: Scene) -> None:
        scene.faults.add(BANK, DEBIT, "answer_of_another")
        number = msg_id()
        answer = await scene.hub.pay(HOLDER, number=number)
        assert code(answer) == "00"
        assert answer["msgInfo"]["msgID"] != number
        assert len(answer["msgInfo"]["msgID"]) == len(number)
        assert answer["msgInfo"]["insID"] == BANK
        assert await scene.booked() == 1

    play(carrier, tmp_path, test)


@every_carrier
@pytest.mark.parametrize("wanted", ["51", "ZZ", "A0"])
def test_a_code_books_nothing(carrier: Carrier, wanted: str, tmp_path: Path) -> None:
    async def test(scene: Scene) -> None:
        scene.faults.add(BANK, DEBIT, f"code:{wanted}")
        number = msg_id()
        answer = await scene.hub.pay(HOLDER, number=number)
        assert code(answer) == wanted
        assert answer["trxInfo"] == {"trxAmt": "10.00", "trxCurrency": "344"}
        assert await scene.booked() == 0
        assert code(await scene.hub.ask("TRX_RESULT_INQUIRY", {"origMsgID": number})) == "25"

    play(carrier, tmp_path, test)


@every_carrier
def test_refuse_connection_for_a_while_whatever_the_message(carrier: Carrier, tmp_path: Path) -> None:
    async def test(scene: Scene) -> None:
        await scene.hub.pay(HOLDER)  # so that a connection is open and pooled
        base_url = scene.world.issuer().identity.base_url
        started_s = perf_counter()
        scene.faults.add(BANK, None, "refuse_connection", times=1, seconds=0.5)
        await asyncio.sleep(0.05)
        refused = await refusals(scene, {"origMsgID": "x"})
        assert perf_counter() - started_s >= 0.5
        assert refused > 1  # `times` means nothing here
        assert await scene.booked() == 1
        assert scene.world.issuer().identity.base_url == base_url

    play(carrier, tmp_path, test)


async def refusals(scene: Scene, trx: dict[str, Any]) -> int:
    """Ask until the bank answers again; how often the connection was refused before."""
    for count in range(1_000):
        try:
            await scene.hub.ask("TRX_RESULT_INQUIRY", trx)
        except NotSent:
            await asyncio.sleep(0.02)
        else:
            return count
    raise AssertionError("refused for ever")


@every_carrier
def test_refuse_connection_drops_what_is_open(carrier: Carrier, tmp_path: Path) -> None:
    async def test(scene: Scene) -> None:
        scene.faults.add(BANK, DEBIT, "no_answer")
        waiting = asyncio.ensure_future(scene.hub.pay(HOLDER, timeout_s=10))
        await until(lambda: _taken(scene))
        started_s = perf_counter()
        scene.faults.add(BANK, None, "refuse_connection", seconds=0.2)
        with pytest.raises(NoWord):
            await waiting
        assert perf_counter() - started_s < 5

    async def _taken(scene: Scene) -> bool:
        return not scene.faults.pending()

    play(carrier, tmp_path, test)


@every_carrier
def test_a_refusal_can_be_prolonged(carrier: Carrier, tmp_path: Path) -> None:
    async def test(scene: Scene) -> None:
        started_s = perf_counter()
        scene.faults.add(BANK, None, "refuse_connection", seconds=0.1)
        scene.faults.add(BANK, None, "refuse_connection", seconds=0.5)
        assert await refusals(scene, {"origMsgID": "x"}) > 1
        assert perf_counter() - started_s >= 0.5

    play(carrier, tmp_path, test)


@every_carrier
def test_a_fault_is_for_one_party_and_one_message(carrier: Carrier, tmp_path: Path) -> None:
    async def test(scene: Scene) -> None:
        scene.faults.add(BANK, "REVERSAL", "no_answer")
        scene.faults.add(HARBOUR, "TRX_RESULT_NOTIFICATION", "no_answer")
        assert code(await scene.hub.pay(HOLDER)) == "00"
        assert len(scene.faults.pending()) == 2

    play(carrier, tmp_path, test)


class TestTable:
    def table(self) -> FaultTable:
        return FaultTable({BANK: Role.ISSUER, HARBOUR: Role.APP_GATEWAY}, hub_timeout_s=10)

    def test_defaults(self) -> None:
        row = self.table().add(BANK, DEBIT, "answer_late")
        assert (row.times, row.seconds) == (1, 12.0)

    def test_it_is_used_up(self) -> None:
        table = self.table()
        table.add(BANK, DEBIT, "garbage", times=2)
        assert [bool(table.take(BANK, DEBIT)) for _ in range(3)] == [True, True, False]

    def test_the_last_word_counts_and_zero_times_forgets(self) -> None:
        table = self.table()
        table.add(BANK, DEBIT, "garbage", times=1_000)
        table.add(BANK, DEBIT, "code:51")
        taken = table.take(BANK, DEBIT)
        assert taken is not None
        assert taken.name == "code:51"
        assert table.take(BANK, DEBIT) is None
        table.add(BANK, DEBIT, "garbage", times=1_000)
        table.add(BANK, DEBIT, "garbage", times=0)
        assert table.take(BANK, DEBIT) is None

    def test_cleared(self) -> None:
        table = self.table()
        table.add(BANK, DEBIT, "garbage")
        table.clear()
        assert table.pending() == []

    @pytest.mark.parametrize(
        ("order", "word"),
        [
            ({"party": "00000000"}, "party"),
            ({"message": "MPQRC_PAYMENT_EMV"}, "message"),
            ({"message": None}, "message"),
            ({"party": HARBOUR}, "message"),
            ({"fault": "explode"}, "fault"),
            ({"fault": "code"}, "fault"),
            ({"fault": "code:5"}, "fault"),
            ({"fault": "code:5a"}, "fault"),
            ({"times": -1}, "times"),
            ({"times": 10**7}, "times"),
            ({"seconds": 0.0}, "seconds"),
            ({"seconds": -1.0}, "seconds"),
            ({"seconds": float("nan")}, "seconds"),
            ({"seconds": float("inf")}, "seconds"),
        ],
        ids=str,
    )
    def test_what_cannot_be(self, order: dict[str, Any], word: str) -> None:
        given = {"party": BANK, "message": DEBIT, "fault": "garbage", **order}
        with pytest.raises(FaultError, match=word):
            self.table().add(given.pop("party"), given.pop("message"), given.pop("fault"), **given)

    def test_time_is_the_loops(self) -> None:
        now_s = 100.0
        table = FaultTable({BANK: Role.ISSUER}, now_s=lambda: now_s)
        table.add(BANK, None, "refuse_connection", seconds=5)
        assert table.is_refusing(BANK)
        now_s = 105.0
        assert not table.is_refusing(BANK)
