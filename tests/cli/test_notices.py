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
    assert unionhub.refuses("notices", "resend", number).startswith(f"notice {number} was confirmed: its receiver has it")
    put(unionhub, refused := next(numbers), NoticeState.REFUSED)
    assert "paid elsewhere" in unionhub.refuses("notices", "resend", refused)


# --- replay


@pytest.fixture
def away(unionhub: Operator) -> str:
    """A receiver of its own, and with it its notices."""
    app_id = f"97{next(numbers):06d}"
    unionhub.does("parties", "add", app_id, "--role", "channel", "--name", "Away", "--channel-code", f"AWAY{app_id}")
    return app_id


SINCE = ("--since", OPENED.isoformat())


def in_states(unionhub: Operator, receiver: str, *states: NoticeState) -> list[int]:
    return [put(unionhub, next(numbers), state, receiver, attempts=3).notice_id for state in states]


def standing(unionhub: Operator, numbers_of: list[int]) -> list[tuple[str, int]]:
    found = [unionhub.json("notices", "show", each) for each in numbers_of]
    return [(each["state"], each["attempts"]) for each in found]


_N = NoticeState
ALL = (_N.PARKED, _N.CONFIRMED, _N.QUEUED, _N.REFUSED)


@pytest.mark.parametrize(
    ("options", "again"),
    [((), (0, 2)), (("--parked-only",), (0,)), (("--confirmed-too",), (0, 1, 2))],
    ids=["what is missing", "parked", "confirmed too"],
)
def test_what_is_missing_since_a_time_is_queued_again(
    unionhub: Operator, away: str, options: tuple[str, ...], again: tuple[int, ...]
) -> None:
    made = in_states(unionhub, away, *ALL)
    before = standing(unionhub, made)
    wanted = [made[each] for each in again]
    arguments = ("notices", "replay", *SINCE, "--receiver", away, *options)
    dry = unionhub.json(*arguments, "--dry-run")
    assert (dry["dryRun"], [each["noticeId"] for each in dry["notices"]]) == (True, wanted)
    assert standing(unionhub, made) == before
    done = unionhub.json(*arguments, SUDO_USER="jo")
    assert [each["noticeId"] for each in done["notices"]] == wanted
    assert {each["state"] for each in done["notices"]} == {"QUEUED"}
    expected = [("QUEUED" if place in again else state, 3) for place, (state, _) in enumerate(before)]
    assert standing(unionhub, made) == expected
    for place, number in enumerate(made):
        attempts = [each["outcome"] for each in unionhub.json("notices", "show", number)["attemptsMade"]]
        assert attempts == ["timeout"] * 3 + ["replay asked by jo"] * (place in again)
    (line,) = [each for each in unionhub.json("parties", "show", away)["audit"] if each["action"] == "notices.replay"]
    confirmed = int("--confirmed-too" in options)
    assert line["detail"] == f"{len(again)} since 2026-03-02 04:00:00, {confirmed} of them confirmed before"
    assert line["actor"] == "jo"


def test_they_are_sent_in_their_order_with_the_msg_ids_that_they_had(unionhub: Operator, away: str) -> None:
    made = in_states(unionhub, away, _N.PARKED, _N.QUEUED, _N.CONFIRMED)
    said = unionhub.does("notices", "replay", *SINCE, "--receiver", away, "--confirmed-too").out
    assert "3 queued again, the worker sends them within a second or so" in said

    async def due(uow: Any) -> list[tuple[int, str]]:
        later = OPENED + timedelta(days=8000)
        leased = await uow.lease_notices("worker", later, limit=1000, lease=timedelta(seconds=0))
        return [(each.notice_id, each.msg_id) for each in leased if each.receiver == away]

    assert unionhub.work(due) == [(number, f"U{away}{number:018d}") for number in made]


def test_what_is_being_sent_is_left_alone(unionhub: Operator, away: str) -> None:
    made = in_states(unionhub, away, _N.PARKED, _N.QUEUED)

    async def lease(uow: Any) -> None:
        far = OPENED + timedelta(days=9001)
        await uow.lease_notices("worker", far, limit=1000, lease=timedelta(minutes=1))

    unionhub.work(lease)
    said = unionhub.does("notices", "replay", *SINCE, "--receiver", away).out
    assert "1 queued again, the worker sends them within a second or so; 1 not: being sent at this moment" in said
    assert "being sent at this moment" in unionhub.refuses("notices", "resend", made[1])


def test_what_is_older_stays_and_nothing_is_said_to_be_missing(unionhub: Operator, away: str) -> None:
    in_states(unionhub, away, _N.PARKED)
    late = ("notices", "replay", "--since", "2026-03-02T04:00:01Z", "--receiver", away)
    assert unionhub.does(*late).out == "nothing is missing since then\n"
    assert unionhub.json(*late) == {"dryRun": False, "wanted": 0, "notices": []}
    hongkong = ("notices", "replay", "--since", "2026-03-02T12:00:00+08:00", "--receiver", away, "--dry-run")
    assert unionhub.does(*hongkong).out.endswith("1 would be queued again\n")


def test_too_many_are_left_as_they_are(unionhub: Operator, away: str) -> None:
    made = in_states(unionhub, away, _N.PARKED, _N.PARKED)
    arguments = ("notices", "replay", *SINCE, "--receiver", away)
    assert unionhub.refuses(*arguments, "--limit", 1).startswith("more than 1 notices since then: ")
    assert standing(unionhub, made) == [("PARKED", 3)] * 2
    assert unionhub.json(*arguments, "--limit", 2)["wanted"] == 2


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--since", "yesterday"], "--since: 'yesterday' is no time of ISO 8601, such as 2026-03-02T04:00"),
        (["--since", "2999-01-01"], "--since: 2999-01-01 is yet to come: it is 20"),
        ([*SINCE, "--receiver", "00000000"], "no party '00000000': `unionhub parties list` shows them"),
        ([*SINCE, "--parked-only", "--confirmed-too"], "--parked-only or --confirmed-too, not both"),
        ([], "Missing option '--since'"),
    ],
)
def test_a_replay_that_cannot_be(unionhub: Operator, options: list[str], line: str) -> None:
    assert unionhub.refuses("notices", "replay", *options).startswith(line)


def test_what_was_queued_again_is_not_overdue(unionhub: Operator, away: str) -> None:
    """A worker checks all the time that notices arrive: one that an operator queued again has its time anew."""
    (parked, waits) = in_states(unionhub, away, _N.PARKED, _N.QUEUED)
    unionhub.does("notices", "resend", parked)
    found = unionhub("invariants", "--json").json
    overdue = [each["evidence"] for each in found if each["invariant"] == "notices_arrive"]
    assert not [each for each in overdue if f"notice {parked} " in each]
    assert [each for each in overdue if f"notice {waits} " in each]


@pytest.mark.parametrize("verb", ["show", "resend"])
def test_a_stranger_is_told(unionhub: Operator, verb: str) -> None:
    assert unionhub.refuses("notices", verb, 999_999) == "no notice 999999: `unionhub notices list` shows them"
