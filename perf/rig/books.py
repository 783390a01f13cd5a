"""After the load: is what customers were told what the hub recorded, and what the hub recorded what the bank booked?

This is the check that makes the other figures worth anything: a hub that loses payments is fast.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import aiohttp
import msgspec

from unionhub.adapters.sql.store import SqlStore
from unionhub.domain.model.money import Money
from unionhub.domain.model.notices import NoticeState
from unionhub.domain.model.transactions import Payment, PaymentState

DEBIT: Final = "-"
_PAGE: Final = 500
_POLL_S: Final = 0.25
_EXAMPLES: Final = 5


class Booking(NamedTuple):
    """One debit or credit at the bank. `ref` is the msgID of the hub's message."""

    ref: str
    sign: str
    money: Money


class Told(NamedTuple):
    """A payment that a customer was told is approved."""

    sender: str
    msg_id: str
    minor: int


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of what was compared, and what is wrong: nothing, or the run has failed."""

    told: int
    approved: int
    booked: int
    approved_minor: int
    booked_minor: int
    lost: int  # approved, but not booked
    twice: int  # booked more often than approved
    unexplained: int  # booked, but neither approved nor taken back
    untrue: int  # told approved, but the hub's record says otherwise
    unfinished: int  # payments without an outcome at the end
    undelivered: int  # notices that did not reach their receiver
    examples: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        wrong = (self.lost, self.twice, self.unexplained, self.untrue, self.unfinished, self.undelivered)
        return not any(wrong) and self.approved_minor == self.booked_minor


def compare(told: Iterable[Told], payments: Iterable[Payment], bookings: Iterable[Booking], undelivered: int = 0) -> Verdict:
    """Hold customers' answers, the hub's records and the bank's bookings against each other."""
    told, payments, bookings = list(told), list(payments), list(bookings)
    approved = [p for p in payments if p.state is PaymentState.APPROVED]
    taken_back = [p for p in payments if p.state is PaymentState.REVERSED]
    debits = Counter(booking.ref for booking in bookings if booking.sign == DEBIT)
    returned = Counter(booking.ref for booking in bookings if booking.sign != DEBIT)
    wanted = Counter(p.bank_msg_id for p in approved)
    extra = debits - wanted - Counter(p.bank_msg_id for p in taken_back)
    records = {(p.sender, p.msg_id): p for p in payments}
    wrong = {
        "lost": [*(wanted - debits).elements()],
        "twice": [ref for ref in extra.elements() if ref in wanted],
        "unexplained": [ref for ref in extra.elements() if ref not in wanted]
        + [*(returned - Counter(p.reversal_msg_id for p in taken_back)).elements()],
        "untrue": [f"{each.sender} {each.msg_id}" for each in told if not _is_true(each, records)],
        "unfinished": [f"{p.sender} {p.msg_id}" for p in payments if not p.is_final],
    }
    return Verdict(
        told=len(told),
        approved=len(approved),
        booked=debits.total() - returned.total(),
        approved_minor=sum(p.bill.minor for p in approved if p.bill),
        booked_minor=sum(b.money.minor if b.sign == DEBIT else -b.money.minor for b in bookings),
        undelivered=undelivered,
        examples=tuple(f"{kind}: {name}" for kind, names in wrong.items() for name in names[:_EXAMPLES]),
        **{kind: len(names) for kind, names in wrong.items()},
    )


def _is_true(told: Told, records: Mapping[tuple[str, str], Payment]) -> bool:
    payment = records.get((told.sender, told.msg_id))
    return (
        payment is not None
        and payment.state is PaymentState.APPROVED
        and payment.amount is not None
        and payment.amount.minor == told.minor
    )


async def all_payments(store: SqlStore) -> list[Payment]:
    found: list[Payment] = []
    while True:
        async with store.begin() as unit:
            page = await unit.payments_page(found[-1].payment_id if found else 0, limit=_PAGE)
        if not page:
            return found
        found += page


async def bookings_of(control_url: str, issuer: str) -> list[Booking]:
    """What the simulated core bank has booked, as GET /sandbox/bank/<issuer>/accounts tells."""
    async with aiohttp.ClientSession() as session, session.get(f"{control_url}/sandbox/bank/{issuer}/accounts") as answer:
        answer.raise_for_status()
        accounts = msgspec.json.decode(await answer.read(), type=list[dict[str, Any]])
    return [
        Booking(each["ref"], each["sign"], Money.parse(each["amount"], each["currency"]))
        for account in accounts
        for each in account["bookings"]
    ]


async def settle(store: SqlStore, *, timeout_s: float) -> int:
    """Wait until nothing is unfinished and every notice is delivered; returns how many notices are still queued."""
    until_s = time.monotonic() + timeout_s
    while True:
        async with store.begin() as unit:
            open_payments = await unit.unfinished_before(datetime.now(UTC) + timedelta(days=1), limit=1)
            queued = await unit.notices(state=NoticeState.QUEUED, limit=100_000)
        if not open_payments and not queued:
            break
        if time.monotonic() > until_s:
            return len(queued)
        await asyncio.sleep(_POLL_S)
    async with store.begin() as unit:
        return len(await unit.notices(state=NoticeState.PARKED, limit=100_000))
