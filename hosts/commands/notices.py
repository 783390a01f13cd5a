"""`unionhub notices`: what partners are told, and what became of it (RULES sections 6 and 11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import click
import msgspec

from unionhub.domain.flows.order_results import OrderResults
from unionhub.domain.flows.replay import EVERYTHING, PARKED, UNCONFIRMED, Replay, Wish
from unionhub.domain.model.notices import Attempt, Notice, NoticeState, asked
from unionhub.domain.model.outgoing import ResultNotice
from unionhub.domain.model.parties import Party

from .console import echo_facts, echo_json, echo_table, json_option, moment
from .failures import CommandError
from .opening import Desk, at_desk
from .operators import login
from .order_views import order_named, payment_told
from .telling import directory_of

_UNCONFIRMED = (NoticeState.PARKED, NoticeState.QUEUED)
_SECONDS = len("2026-03-31 00:00:00")


@click.group()
def notices() -> None:
    """Notices: stored, sent, forwarded until the receiver confirms, parked when it never does."""


@notices.command("list")
@click.option("--receiver", metavar="APPID", help="To this partner.")
@click.option("--payment", "payment_id", type=int, metavar="NUMBER", help="About this payment.")
@click.option("--order", metavar="ORDER", help="About this order: its number, its ucspOrderId or the industry's orderId.")
@click.option("--state", type=click.Choice([state.value for state in NoticeState]), help="Default: PARKED and QUEUED.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@json_option
def list_notices(
    receiver: str | None, payment_id: int | None, order: str | None, state: str | None, limit: int, *, as_json: bool
) -> None:
    """Notices in the order of their writing. Without --state, --payment and --order, those that nobody confirmed yet."""
    about = payment_id is not None or order is not None
    default: tuple[NoticeState | None, ...] = (None,) if about else _UNCONFIRMED
    wanted = (NoticeState(state),) if state else default

    async def read(desk: Desk) -> list[Notice]:
        async with desk.store.begin() as uow:
            order_id = (await order_named(uow, order)).order_id if order is not None else None
            found = []
            for each in wanted:
                found += await uow.notices(payment_id=payment_id, order_id=order_id, receiver=receiver, state=each, limit=limit)
            return found[:limit]

    found = at_desk(read)
    if as_json:
        echo_json([describe(notice) for notice in found])
        return
    _echo(found, empty="no such notices" if state or about else "every notice was confirmed")


def _echo(found: Sequence[Notice], *, empty: str) -> None:
    head = ("NOTICE", "STATE", "RECEIVER", "MESSAGE", "PAYMENT", "ORDER", "ATTEMPTS", "WRITTEN (UTC)", "NEXT (UTC)")
    rows = [
        (
            each.notice_id,
            each.state,
            each.receiver,
            each.message,
            payment_told(each) or "closed",
            each.order_id or "",
            each.attempts,
            moment(each.created_at)[:_SECONDS],
            moment(each.due_at)[:_SECONDS] if each.state is NoticeState.QUEUED else "",
        )
        for each in found
    ]
    echo_table(head, rows, empty=empty)


@notices.command()
@click.argument("notice_id", type=int, metavar="NOTICE")
@json_option
def show(notice_id: int, *, as_json: bool) -> None:
    """One notice with its attempts."""

    async def read(desk: Desk) -> Shown:
        async with desk.store.begin() as uow:
            parties = {party.app_id: party for party in await uow.parties()}
            notice = _known(await uow.notice(notice_id), notice_id)
            attempts = await uow.attempts(notice_id)
        says = None
        if notice.order_id is not None:
            says = await OrderResults(desk.store, await directory_of(desk)).notice(notice)
        return Shown(notice=notice, attempts=attempts, parties=parties, says=says)

    shown = at_desk(read)
    if as_json:
        echo_json(
            describe(shown.notice)
            | ({"paymentStatus": shown.says.status, "ucspOrderId": shown.says.order.ucsp_order_id} if shown.says else {})
            | {"attemptsMade": [describe_attempt(attempt) for attempt in shown.attempts]}
        )
    else:
        _tell(shown)


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
            if notice.state in _OVER:
                raise CommandError(f"notice {notice_id} was {_OVER[notice.state]}")
            now = desk.clock.now()
            if not await uow.requeue_notice(notice, asked("resend", login(), now)):
                raise CommandError(f"notice {notice_id} is being sent at this moment: look at it again")
            await uow.commit()
        return msgspec.structs.replace(notice, state=NoticeState.QUEUED, due_at=now)

    notice = at_desk(write)
    if as_json:
        echo_json(describe(notice))
    else:
        click.echo(f"notice {notice_id} to {notice.receiver} is due now: the worker sends it within a second or so")


@notices.command()
@click.option("--since", required=True, metavar="TIME", help="Written then or later: ISO 8601 (UTC if it names no zone).")
@click.option("--receiver", metavar="APPID", help="To this partner; default: to all.")
@click.option("--parked-only", is_flag=True, help="Only what was given up; what waits for its next attempt goes on waiting.")
@click.option("--confirmed-too", is_flag=True, help="Also what was confirmed: the receiver lost what it had.")
@click.option("--dry-run", is_flag=True, help="Only list what would be queued again.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=10_000, show_default=True, help="Nothing is done if there are more."
)
@json_option
def replay(
    since: str, receiver: str | None, limit: int, *, parked_only: bool, confirmed_too: bool, dry_run: bool, as_json: bool
) -> None:
    """Queue again what receivers did not confirm since a time: due now, same msgID, same content.

    Each receiver gets it in the order of its writing, for each payment or order; what is written meanwhile about the same
    one waits behind it. Attempts are kept and counted: what was parked is sent once, and parked again if that fails. What a
    QR platform refused is over and never sent again. It stands on record at each receiver (`parties show`).
    """
    if parked_only and confirmed_too:
        raise CommandError("--parked-only or --confirmed-too, not both")
    states = PARKED if parked_only else EVERYTHING if confirmed_too else UNCONFIRMED

    async def write(desk: Desk) -> tuple[list[Notice], list[Notice]]:
        wish = Wish(since=_time(since, desk.clock.now()), receiver=receiver, states=states)
        await _check_receiver(desk, receiver)
        again = Replay(desk.store, desk.clock)
        wanted = await again.wanted(wish, limit=limit + 1)
        if len(wanted) > limit:
            raise CommandError(f"more than {limit} notices since then: name a --receiver, a later time or a higher --limit")
        return wanted, [] if dry_run else await again.queue(wish, wanted, login())

    wanted, queued = at_desk(write)
    if as_json:
        echo_json({"dryRun": dry_run, "wanted": len(wanted), "notices": [describe(each) for each in (queued or wanted)]})
        return
    _echo(wanted if dry_run else queued, empty="nothing is missing since then" if not wanted else "none was queued")
    if dry_run and wanted:
        click.echo(f"{len(wanted)} would be queued again")
    elif wanted:
        left = len(wanted) - len(queued)
        moved = f"; {left} not: being sent at this moment" if left else ""
        click.echo(f"{len(queued)} queued again, the worker sends them within a second or so{moved}")


_OVER = {
    NoticeState.CONFIRMED: "confirmed: its receiver has it (`notices replay --confirmed-too`, if it lost it)",
    NoticeState.REFUSED: "refused: its code was paid elsewhere, and the money went back",
}


class Shown(NamedTuple):
    """A notice with its attempts; `says` is its content, of one about an order."""

    notice: Notice
    attempts: list[Attempt]
    parties: dict[str, Party]
    says: ResultNotice | None


def _time(text: str, now: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--since: {text[:40]!r} is no time of ISO 8601, such as 2026-03-02T04:00") from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if at > now:
        raise CommandError(f"--since: {text[:40]} is yet to come: it is {now:%Y-%m-%dT%H:%M:%SZ}")
    return at.astimezone(UTC)


async def _check_receiver(desk: Desk, receiver: str | None) -> None:
    async with desk.store.begin() as uow:
        known = {party.app_id for party in await uow.parties()}
    if receiver is not None and receiver not in known:
        raise CommandError(f"no party {receiver[:40]!r}: `unionhub parties list` shows them")


def describe(notice: Notice) -> dict[str, Any]:
    """A notice for machines."""
    return {
        "noticeId": notice.notice_id,
        "state": notice.state,
        "receiver": notice.receiver,
        "message": notice.message,
        "msgID": notice.msg_id,
        "paymentId": payment_told(notice),
        "orderNumber": notice.order_id,
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


def _tell(shown: Shown) -> None:
    notice = shown.notice
    name = shown.parties[notice.receiver].name if notice.receiver in shown.parties else ""
    order = shown.says.order if shown.says is not None else None
    echo_facts(
        [
            (f"notice {notice.notice_id}", notice.message),
            ("state", notice.state),
            ("to", f"{name} ({notice.receiver})" if name else notice.receiver),
            ("msgID", notice.msg_id),
            ("says", shown.says.status if shown.says is not None else ""),
            ("about order", f"{order.order_id}, {order.ucsp_order_id}, {order.reference}" if order is not None else ""),
            ("about payment", payment_told(notice)),
            ("written", moment(notice.created_at)),
            ("next attempt", moment(notice.due_at) if notice.state is NoticeState.QUEUED else ""),
        ]
    )
    click.echo()
    rows = [(moment(each.at), each.outcome, "" if each.is_asked else f"{each.latency_ms} ms") for each in shown.attempts]
    echo_table(("AT (UTC)", "OUTCOME", "TOOK"), rows, empty="not sent yet")
