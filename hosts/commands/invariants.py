"""`unionhub invariants`: does everything hold that must hold (domain/flows/invariants)?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import aiohttp
import click

from unionhub.domain.flows import invariants as rules
from unionhub.domain.model.money import Money
from unionhub.ports.books import Booked

from .console import echo_json, json_option
from .failures import CommandError
from .opening import Desk, at_desk

_TIMEOUT_S = 30.0


class SandboxBooks:
    """ports.books.BankBooks of the sandbox's bank, asked through the hub that forwards /sandbox."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    async def booked(self, issuer: str) -> Mapping[str, Booked]:
        """Raises CommandError when nobody answers there."""
        url = f"{self._url}/sandbox/bank/{quote(issuer)}/accounts"
        try:
            timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
            async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as answer:
                answer.raise_for_status()
                accounts: list[dict[str, Any]] = await answer.json()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise CommandError(f"no bank's books at {url}: {error}") from None
        books: dict[str, Booked] = {}
        for booking in (booking for account in accounts for booking in account["bookings"]):
            minor = Money.parse(booking["amount"], booking["currency"]).minor
            so_far = books.get(booking["ref"], Booked())
            books[booking["ref"]] = so_far.plus(minor, taken=booking["sign"] == "-")
        return books


@click.command()
@click.option("--bank-books", "books_url", metavar="URL", help="Compare with the sandbox's bank behind this hub.")
@click.option(
    "--limit", "limit_s", type=click.IntRange(1), default=600, show_default=True, help="Seconds that a payment may be open."
)
@json_option
def invariants(books_url: str | None, limit_s: int, *, as_json: bool) -> int:
    """Check the live store. Exit code 0: all hold; 2: something does not, and each finding says where."""

    async def run(desk: Desk) -> list[rules.Finding]:
        return await rules.check(tuple(_all(desk, books_url, timedelta(seconds=limit_s))), looks=2)

    findings = at_desk(run)
    if as_json:
        echo_json([{"invariant": found.invariant, "message": found.message, "evidence": found.evidence} for found in findings])
    else:
        for found in findings:
            click.echo(
                f"{found.invariant}: {found.message or found.evidence}" + (f"\n  {found.evidence}" if found.message else "")
            )
        books = "" if books_url else " (the bank's books were not compared: --bank-books URL)"
        click.echo(f"{len(findings)} finding(s){books}" if findings else f"all invariants hold{books}")
    return 2 if findings else 0


def _all(desk: Desk, books_url: str | None, limit: timedelta) -> list[rules.Invariant]:
    store, clock = desk.store, desk.clock
    schedule = sum((timedelta(minutes=minutes) for minutes in desk.settings.notice_intervals_min), timedelta())
    records = rules.StoredRecords(store)
    wanted: list[rules.Invariant] = [
        rules.EveryPaymentEnds(store, clock, limit),
        rules.EveryWaitIsOwned(store, clock, limit),
        rules.ActsEndInTime(store, clock, limit),
        rules.NoPurchaseTwice(store),
        rules.NoCodePaysTwice(store),
        rules.OrdersArePaidOnce(store),
        rules.NoLimitOverspent(store),
        rules.NoRefundBeyondPaid(store),
        rules.NoCreditReversed(store),
        rules.EveryoneIsTold(store),
        rules.NoticesArrive(store, clock, schedule + limit),
        rules.EveryActEnds(records, clock, limit),
        rules.EveryOpeningEnds(records, clock, limit),
        rules.OneCardEach(records),
    ]
    if books_url:
        wanted.append(rules.BookedIsApproved(store, SandboxBooks(books_url)))
    return wanted
