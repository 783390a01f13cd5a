"""After the storm: what people were told, what the hub recorded and what the bank booked must be one story."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

import msgspec
from chaos.crowd import Told
from chaos.house import House, fetched

from unionhub.adapters.sql.store import SqlStore
from unionhub.domain.flows.invariants import (
    BookedIsApproved,
    EveryoneIsTold,
    EveryPaymentEnds,
    Finding,
    NoLimitOverspent,
    NoPurchaseTwice,
    NoticesArrive,
    all_payments,
    check,
)
from unionhub.domain.model.money import Money
from unionhub.domain.model.notices import NoticeState
from unionhub.domain.model.transactions import Payment, PaymentState
from unionhub.hosts.sandbox.clock import FileClock
from unionhub.ports.books import Booked

QUIET_WITHIN_S: Final = 240.0


class Verdict(msgspec.Struct, kw_only=True):
    """Counts, each with a few examples. `right` only if all of them are zero."""

    payments: int = 0
    states: dict[str, int] = {}
    lost: list[str] = []  # told approved, and it is not
    twice: list[str] = []  # told declined, and it is approved; or booked twice
    stuck: list[str] = []  # no end
    findings: list[Finding] = []

    @property
    def right(self) -> bool:
        return not (self.lost or self.twice or self.stuck or self.findings)


class SandboxBooks:
    """ports.books.BankBooks of the sandbox's control page."""

    def __init__(self, control_url: str) -> None:
        self._url = control_url

    async def booked(self, issuer: str) -> dict[str, Booked]:
        accounts: list[dict[str, Any]] = await asyncio.to_thread(fetched, f"{self._url}/sandbox/bank/{issuer}/accounts")
        books: dict[str, Booked] = {}
        for booking in (booking for account in accounts for booking in account["bookings"]):
            minor = Money.parse(booking["amount"], booking["currency"]).minor
            books[booking["ref"]] = books.get(booking["ref"], Booked()).plus(minor, taken=booking["sign"] == "-")
        return books


async def judge(house: House, told: Iterable[Told]) -> Verdict:
    """Wait until nothing is under way any more, then compare."""
    store = SqlStore(house.postgres.url)
    try:
        stuck = await _come_to_rest(store)
        payments = {(payment.sender, payment.msg_id): payment async for payment in all_payments(store)}
        clock = FileClock(house.home / "clock-offset")
        findings = await check(
            (
                EveryPaymentEnds(store, clock, timedelta(minutes=10)),
                BookedIsApproved(store, SandboxBooks(house.control_url)),
                NoPurchaseTwice(store),
                NoLimitOverspent(store),
                EveryoneIsTold(store),
                NoticesArrive(store, clock, timedelta(minutes=10)),
            )
        )
    finally:
        await store.close()
    verdict = Verdict(
        payments=len(payments),
        states=dict(Counter(payment.state.value for payment in payments.values())),
        stuck=stuck,
        findings=findings,
    )
    for each in told:
        _compare(verdict, each, payments.get((each.sender, each.msg_id)))
    return verdict


def _compare(verdict: Verdict, told: Told, payment: Payment | None) -> None:
    approved = payment is not None and payment.state is PaymentState.APPROVED
    name = f"{told.message} {told.msg_id}: heard {told.heard[-5:]}, is {payment.state if payment else 'nowhere'}"
    if told.final == "00" and not approved:
        verdict.lost.append(name)
    elif told.final not in ("", "00") and approved:
        verdict.twice.append(name)
    elif not told.final and payment is not None and not payment.is_final:
        verdict.stuck.append(name)


async def _come_to_rest(store: SqlStore) -> list[str]:
    """Until every payment is final and every notice confirmed or parked; else what is left."""
    loop = asyncio.get_running_loop()
    until_s = loop.time() + QUIET_WITHIN_S
    while True:
        open_payments = [payment async for payment in all_payments(store) if not payment.is_final]
        async with store.begin() as uow:
            queued = await uow.notices(state=NoticeState.QUEUED, limit=20)
        if not open_payments and not queued:
            return []
        if loop.time() > until_s:
            left = [f"payment {payment.payment_id} is {payment.state}" for payment in open_payments]
            return left + [f"notice {notice.notice_id} to {notice.receiver} is queued" for notice in queued]
        await asyncio.sleep(1.0)
