"""The simulated acquirer after a crash: what it began goes on, and no card is on its disk."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

from support.orders import DEAD, TOKEN, Scene, at_the_desk, opened
from support.sandbox import msg_id, run
from support.waiting import until
from unionhub.hosts.sandbox import keyring
from unionhub.hosts.sandbox.seeds import ACQUIRER
from unionhub.hosts.sandbox.till import PayState, Till


def crash(home: Path, name: str) -> Path:
    """What a machine that dies now would leave on its disk."""
    copy = home.parent / f"{home.name}-{name}"
    shutil.copytree(home, copy)
    return copy


def on_disk(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted((home / keyring.FOLDER).iterdir()) if path.name.startswith("till-"))


class TestRestart:
    @pytest.mark.parametrize(
        ("before", "state", "after", "comes_to", "sends"),
        [
            (
                {"TOKEN_PAYMENT": [DEAD], "TRX_RESULT_INQUIRY": [DEAD] * 10_000},
                PayState.SENT,
                {"TRX_RESULT_INQUIRY": [("00", {"paymentStatus": "APPROVED"})]},
                ("APPROVED", ""),
                ["TRX_RESULT_INQUIRY", "PAYMENT_RESULT"],
            ),
            (
                {"TOKEN_PAYMENT": [DEAD], "TRX_RESULT_INQUIRY": [DEAD] * 10_000},
                PayState.SENT,
                {"TRX_RESULT_INQUIRY": ["25"] * 3},
                ("DECLINED", "98"),
                [*["TRX_RESULT_INQUIRY"] * 3, "REVERSAL", "PAYMENT_RESULT"],
            ),
            (
                {"TOKEN_PAYMENT": [DEAD], "TRX_RESULT_INQUIRY": ["25"] * 3, "REVERSAL": [DEAD] * 10_000},
                PayState.GIVING_UP,
                {},
                ("DECLINED", "98"),
                ["REVERSAL", "PAYMENT_RESULT"],
            ),
            ({"PAYMENT_RESULT": [DEAD] * 10_000}, PayState.APPROVED, {}, ("APPROVED", ""), ["PAYMENT_RESULT"]),
        ],
        ids=["sent, approved", "sent, never arrived", "giving up", "approved, not told"],
    )
    def test_what_was_begun_goes_on(
        self,
        home: Path,
        before: dict[str, list[Any]],
        state: PayState,
        after: dict[str, list[Any]],
        comes_to: tuple[str, str],
        sends: list[str],
    ) -> None:
        number = msg_id(ACQUIRER)

        async def play() -> None:
            async with opened(home) as scene:
                await scene.place()
                scene.hub.script = dict(before)
                assert await scene.pay(number) == "04"
                pay = await scene.becomes(number, state)
                await until(lambda: len(scene.hub.received) > (1 if state is PayState.APPROVED else 2))
                assert TOKEN.encode() not in on_disk(home)
                left = crash(home, "left")
            again = Scene(left)
            again.hub.script = dict(after)
            try:
                await again.world.open()
                await again.world.open()  # nothing is begun twice
                await again.at_rest()
                assert [each["message"] for each in again.hub.received] == sends
                assert again.hub.results() == [comes_to]
                assert (await again.standing(number)).token_payment == pay.token_payment
                assert len(scene.hub.got("TOKEN_PAYMENT")) == 1
            finally:
                again.world.close()

        run(play())

    def test_accepted_but_not_sent_is_declined_since_the_card_is_gone(self, home: Path) -> None:
        number = msg_id(ACQUIRER)

        async def never(plaintext: bytes) -> str:
            await asyncio.Event().wait()
            raise AssertionError

        async def play() -> None:
            async with opened(home) as scene:
                await scene.place()
                scene.acquirer.seal = never  # type: ignore[method-assign]
                assert await scene.pay(number) == "04"
                await scene.work.resume()  # what is under way here is not given up
                assert (await scene.standing(number)).state is PayState.ACCEPTED
                left = crash(home, "left")
            async with opened(left) as again:
                await again.at_rest()
                assert again.hub.results() == [("DECLINED", "96")]
                assert again.hub.got("TOKEN_PAYMENT") == []
                assert await again.pay(number, downstreamOrderId=scene.downstream) == "96"

        run(play())

    def test_reversals_and_refunds_go_on_under_their_numbers(self, home: Path) -> None:
        async def play() -> None:
            async with opened(home) as scene:
                await scene.place()
                first, second = msg_id(ACQUIRER), msg_id(ACQUIRER)
                await scene.paid(first)
                kept = await scene.paid(second)
                scene.hub.script = {"REVERSAL": [DEAD] * 10_000, "REFUND": [DEAD] * 10_000}
                assert await scene.reverse(first) == "96"
                assert await scene.refund(kept.settlement_key, msg_id(ACQUIRER)) == "04"
                left = crash(home, "left")
                begun = {
                    (each["message"], each["msgID"]) for each in scene.hub.received if each["message"] in ("REVERSAL", "REFUND")
                }
            again = Scene(left)
            try:
                await again.world.open()
                await again.at_rest()
                assert {(each["message"], each["msgID"]) for each in again.hub.received} == begun
                assert await again.status(first) == "REVERSED"
            finally:
                again.world.close()

        run(play())

    def test_a_till_is_as_durable_as_the_banks_books(self, home: Path) -> None:
        async def play() -> None:
            async with opened(home) as scene:
                await scene.place()
                pragmas = ("journal_mode", "synchronous")
                connection = scene.acquirer.till._connection
                assert [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas] == ["wal", 2]
                first = scene.downstream
            async with opened(home) as again:
                await again.place()
                assert again.downstream == first

        run(play())

    def test_without_a_home_it_is_gone_with_its_acquirer(self) -> None:
        async def test(scene: Scene) -> None:
            scene.acquirer.close()
            with pytest.raises(Exception, match="closed"):
                await scene.acquirer.till.run(lambda book: book.untold())

        at_the_desk(test)
        till = Till()
        till.close()
        till.close()
