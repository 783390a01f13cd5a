"""`unionhub notices`: what waits, what was parked, and sending it again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import msgspec
import pytest

from support.operator import OPENED, Operator, payment
from unionhub.domain.model.notices import Attempt, Notice, NoticeState
from unionhub.domain.model.transactions import PaymentEvent
from unionhub.hosts.sandbox.seeds import ACQUIRER, HARBOUR

numbers: Iterator[int] = count(1)

ATTEMPT = Attempt(at=OPENED, outcome="timeout", latency_ms=3000)


@pytest.fixture
def number() -> int:
    return next(numbers)


def put(unionhub: Operator, number: int, state: NoticeState, receiver: str = ACQUIRER, attempts: int = 1) -> Notice:
    """A notice about a payment of its own, in that state after its attempts."""
    told = Notice(
        notice_id=number,
        payment_id=number,
        receiver=receiver,
        message="TRX_RESULT_NOTIFICATION",
        msg_id=f"U{receiver}{number:018d}",
        due_at=OPENED + timedelta(days=9000),
        created_at=OPENED,
    )

    async def write(uow: Any) -> Notice:
        opened = payment(number)
        assert await uow.open_payment(opened) == ""
        assert await uow.move_payment(opened, opened.moved(PaymentEvent.APPROVE, code="00", due_at=None), [told])
        after = told
        for made in range(1, attempts + 1):
            after = msgspec.structs.replace(told, attempts=made, state=state)
            await uow.record_attempt(after, ATTEMPT)
        return after

    return unionhub.work(write)


def test_what_nobody_confirmed_is_listed(unionhub: Operator) -> None:
    assert unionhub.does("notices", "list").out == "every notice was confirmed\n"
    made = {state: put(unionhub, next(numbers), state, HARBOUR).notice_id for state in NoticeState}

    def listed(*options: object) -> list[int]:
        return [each["noticeId"] for each in unionhub.json("notices", "list", "--receiver", HARBOUR, *options)]

    assert listed() == [made[NoticeState.PARKED], made[NoticeState.QUEUED]]
    assert listed("--limit", 1) == [made[NoticeState.PARKED]]
    assert listed("--state", "CONFIRMED") == [made[NoticeState.CONFIRMED]]
    assert listed("--payment", made[NoticeState.CONFIRMED]) == [made[NoticeState.CONFIRMED]]
    assert unionhub.json("notices", "list", "--receiver", ACQUIRER) == []
    assert "PARKED" in unionhub.does("notices", "list").out


def test_a_notice_is_shown_with_its_attempts(unionhub: Operator, number: int) -> None:
    put(unionhub, number, NoticeState.PARKED, attempts=6)
    shown = unionhub.json("notices", "show", number)
    assert (shown["state"], shown["attempts"], shown["dueAt"]) == ("PARKED", 6, None)
    assert shown["attemptsMade"] == [{"at": "2026-03-02T04:00:00.123456Z", "outcome": "timeout", "latencyMs": 3000}] * 6
    said = unionhub.does("notices", "show", number).out
    assert f"Lantern Acquiring ({ACQUIRER})" in said
    assert said.count("timeout  3000 ms") == 6


@pytest.mark.parametrize("state", [NoticeState.PARKED, NoticeState.QUEUED])
def test_a_notice_is_sent_again_at_once_and_its_trail_says_who_asked(
    unionhub: Operator, number: int, state: NoticeState
) -> None:
    before = put(unionhub, number, state, attempts=6)
    done = unionhub.json("notices", "resend", number, SUDO_USER="jo")
    assert (done["state"], done["msgID"], done["attempts"]) == ("QUEUED", before.msg_id, 6)
    assert done["dueAt"] < "2100"
    assert unionhub.json("notices", "show", number)["attemptsMade"][-1]["outcome"] == "resend asked by jo"

    async def due(uow: Any) -> list[int]:
        leased = await uow.lease_notices("worker", OPENED + timedelta(days=3650), limit=100, lease=timedelta(seconds=0))
        return [each.notice_id for each in leased]

    assert number in unionhub.work(due)


def test_what_was_confirmed_is_not_sent_again(unionhub: Operator, number: int) -> None:
    put(unionhub, number, NoticeState.CONFIRMED)
    assert unionhub.refuses("notices", "resend", number) .startswith(f"notice {number} was confirmed: its receiver has it")
    put(unionhub, refused := next(numbers), NoticeState.REFUSED)
    assert "paid elsewhere" in unionhub.refuses("notices", "resend", refused)


@pytest.mark.parametrize("verb", ["show", "resend"])
def test_a_stranger_is_told(unionhub: Operator, verb: str) -> None:
    assert unionhub.refuses("notices", verb, 999_999) == "no notice 999999: `unionhub notices list` shows them"
