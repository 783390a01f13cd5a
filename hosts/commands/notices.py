"""`unionhub notices`: what partners are told, and what became of it (RULES sections 6 and 11)."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from unionhub.domain.model.notices import Attempt, Notice, NoticeState
from unionhub.domain.model.parties import Party

from .console import echo_facts, echo_json, echo_table, json_option, moment
from .failures import CommandError
from .opening import Desk, at_desk
from .operators import login

_UNCONFIRMED = (NoticeState.PARKED, NoticeState.QUEUED)


@click.group()
def notices() -> None:
    """Notices: stored, sent, forwarded until the receiver confirms, parked when it never does."""


@notices.command("list")
@click.option("--receiver", metavar="APPID", help="To this partner.")
@click.option("--payment", "payment_id", type=int, metavar="NUMBER", help="About this payment.")
@click.option("--state", type=click.Choice([state.value for state in NoticeState]), help="Default: PARKED and QUEUED.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@json_option
def list_notices(receiver: str | None, payment_id: int | None, state: str | None, limit: int, *, as_json: bool) -> None:
    """Notices in the order of their writing. Without --state and --payment, those that nobody confirmed yet."""
    asked: tuple[NoticeState | None, ...] = _UNCONFIRMED if payment_id is None else (None,)
    wanted = (NoticeState(state),) if state else asked

    async def read(desk: Desk) -> list[Notice]:
        async with desk.store.begin() as uow:
            found = []
            for each in wanted:
                found += await uow.notices(payment_id=payment_id, receiver=receiver, state=each, limit=limit)
            return found[:limit]

    found = at_desk(read)
    if as_json:
        echo_json([describe(notice) for notice in found])
        return
    head = ("NOTICE", "STATE", "RECEIVER", "MESSAGE", "PAYMENT", "ATTEMPTS", "WRITTEN (UTC)", "NEXT (UTC)")
    rows = [
        (
            each.notice_id,
            each.state,
            each.receiver,
            each.message,
            each.payment_id,
            each.attempts,
            moment(each.created_at)[:19],
            moment(each.due_at)[:19] if each.state is NoticeState.QUEUED else "",
        )
        for each in found
    ]
    echo_table(head, rows, empty="no such notices" if state or payment_id else "every notice was confirmed")


@notices.command()
@click.argument("notice_id", type=int, metavar="NOTICE")
@json_option
def show(notice_id: int, *, as_json: bool) -> None:
    """One notice with its attempts."""

    async def read(desk: Desk) -> tuple[Notice, list[Attempt], dict[str, Party]]:
        async with desk.store.begin() as uow:
            parties = {party.app_id: party for party in await uow.parties()}
            return _known(await uow.notice(notice_id), notice_id), await uow.attempts(notice_id), parties

    notice, attempts, parties = at_desk(read)
    if as_json:
        echo_json(describe(notice) | {"attemptsMade": [describe_attempt(attempt) for attempt in attempts]})
    else:
        _tell(notice, attempts, parties)


@notices.command()
@click.argument("notice_id", type=int, metavar="NOTICE")
@json_option
def resend(notice_id: int, *, as_json: bool) -> None:
    """Send a parked or waiting notice now: same msgID, same content. If it fails again, it is parked again.

    Your name is kept among its attempts.
    """

    async def write(desk: Desk) -> Notice:
        async with desk.store.begin() as uow:
            notice = _known(await uow.notice(notice_id), notice_id)
            if notice.state is NoticeState.CONFIRMED:
                raise CommandError(f"notice {notice_id} was confirmed: its receiver has it")
            now = desk.clock.now()
            queued = msgspec.structs.replace(notice, state=NoticeState.QUEUED, due_at=now)
            await uow.record_attempt(queued, Attempt(at=now, outcome=f"resend asked by {login()}", latency_ms=0))
            await uow.commit()
        return queued

    notice = at_desk(write)
    if as_json:
        echo_json(describe(notice))
    else:
        click.echo(f"notice {notice_id} to {notice.receiver} is due now: the worker sends it within a second or so")


def describe(notice: Notice) -> dict[str, Any]:
    """A notice for machines."""
    return {
        "noticeId": notice.notice_id,
        "state": notice.state,
        "receiver": notice.receiver,
        "message": notice.message,
        "msgID": notice.msg_id,
        "paymentId": notice.payment_id,
        "attempts": notice.attempts,
        "createdAt": notice.created_at,
        "dueAt": notice.due_at if notice.state is NoticeState.QUEUED else None,
    }


def describe_attempt(attempt: Attempt) -> dict[str, Any]:
    return {"at": attempt.at, "outcome": attempt.outcome, "latencyMs": attempt.latency_ms}


def _known(notice: Notice | None, notice_id: int) -> Notice:
    if notice is None:
        raise CommandError(f"no notice {notice_id}: `unionhub notices list` shows them")
    return notice


def _tell(notice: Notice, attempts: list[Attempt], parties: dict[str, Party]) -> None:
    name = parties[notice.receiver].name if notice.receiver in parties else ""
    echo_facts(
        [
            (f"notice {notice.notice_id}", notice.message),
            ("state", notice.state),
            ("to", f"{name} ({notice.receiver})" if name else notice.receiver),
            ("msgID", notice.msg_id),
            ("about payment", notice.payment_id),
            ("written", moment(notice.created_at)),
            ("next attempt", moment(notice.due_at) if notice.state is NoticeState.QUEUED else ""),
        ]
    )
    click.echo()
    rows = [(moment(attempt.at), attempt.outcome, f"{attempt.latency_ms} ms") for attempt in attempts]
    echo_table(("AT (UTC)", "OUTCOME", "TOOK"), rows, empty="not sent yet")
