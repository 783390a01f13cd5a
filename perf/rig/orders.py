"""After the load: is every order that somebody confirmed paid once, as its page said, and was everybody told?

Beside `books.py`, which holds card payments against the bank: here three others speak of the same orders. The browser (what its
button said), the acquirer (what it was asked for and what it paid), and the notices that industry and channel got.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from loadgen.figures import Sample
from rig.acquiring import Acquired
from rig.books import Told
from rig.hearing import Heard, Seen
from scenarios.cashier_payment import NOTICES
from unionhub.adapters.sql.store import SqlStore
from unionhub.domain.model.marketing import MarketingOffer
from unionhub.domain.model.orders import Order, OrderState
from unionhub.domain.model.parties import Role
from unionhub.domain.model.transactions import Payment, PaymentState
from unionhub.hosts.sandbox.seeds import PARTNERS
from unionhub.hosts.sandbox.till import PayState

INDUSTRIES: Final = frozenset(seed.app_id for seed in PARTNERS if seed.role is Role.INDUSTRY)
NOT_TOLD: Final = "not_told"
_SIDES: Final = 2
_EXAMPLES: Final = 5
_ALL: Final = 1_000_000


class Hub(msgspec.Struct, frozen=True, kw_only=True):
    """What the hub has on record. `payments` are all of this run, those of cards too; `off` is all that offers ever gave, by
    their names as the payers read them, `used` what their budgets say of it."""

    orders: list[Order]
    payments: list[Payment]
    off: Mapping[str, int] = {}
    used: Mapping[str, int] = {}


class OrderVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of what was compared, and what is wrong: nothing, or the run has failed. Amounts in minor units."""

    confirmed: int
    paid: int
    at_scis: int = 0  # of those the acquirer debited a card at SCIS
    gross_minor: int = 0
    off_minor: int = 0
    net_minor: int = 0
    acquired_minor: int = 0
    lost: int = 0  # confirmed, but not PAID
    twice: int = 0  # paid more than once, at the hub or at the acquirer
    differ: int = 0  # another amount than the button's, the acquirer's or SCIS's
    unexplained: int = 0  # paid at one of hub, acquirer and SCIS, but not at another
    unfinished: int = 0
    budgets: int = 0  # offers whose counter is not what they gave
    untold: int = 0  # of industry and channel, who was not told
    mistold: int = 0  # notices that say something else
    examples: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        wrong = (self.lost, self.twice, self.differ, self.unexplained, self.unfinished, self.budgets, self.untold, self.mistold)
        return not any(wrong) and self.net_minor == self.acquired_minor == self.gross_minor - self.off_minor


def of_orders(told: Iterable[Told]) -> tuple[list[Told], list[Told]]:
    """(those whom a core bank's books can be asked about, confirmed orders): an order is named by industry and orderId."""
    sorted_out: tuple[list[Told], list[Told]] = ([], [])
    for each in told:
        sorted_out[each.sender in INDUSTRIES].append(each)
    return sorted_out


def compare(confirmed: Sequence[Told], hub: Hub, seen: Seen) -> OrderVerdict:
    """Hold the browsers, the hub, the acquirer and the notices against each other."""
    wrong: dict[str, list[str]] = defaultdict(list)
    known = {(order.industry, order.reference): order for order in hub.orders}
    paying: dict[int, list[Payment]] = defaultdict(list)
    for payment in hub.payments:
        if payment.order_id is not None and payment.does.downstream and payment.orig_payment_id is None:
            paying[payment.order_id].append(payment)
    acquired: dict[str, list[Acquired]] = defaultdict(list)
    for pay in seen.acquired:
        if pay.state is PayState.APPROVED:
            acquired[pay.ucsp_order_id].append(pay)
    heard: dict[str, list[Heard]] = defaultdict(list)
    for notice in seen.notices:
        heard[notice.ucsp_order_id].append(notice)
    at_scis = {p.msg_id: p for p in hub.payments if p.kind == "TOKEN_PAYMENT" and p.state is PaymentState.APPROVED}

    for each in confirmed:
        order = known.get((each.sender, each.msg_id))
        if order is None or order.state is not OrderState.PAID:
            wrong["lost"].append(each.msg_id)
        elif _minor_paid(order, paying) != each.minor:
            wrong["differ"].append(f"{each.msg_id}: the page said {each.minor}")
    for order in hub.orders:
        found = [p for p in paying[order.order_id] if p.state is PaymentState.APPROVED]
        theirs = acquired.pop(order.ucsp_order_id, [])
        if len(found) > 1 or len(theirs) > 1:
            wrong["twice"].append(order.reference)
        if bool(found) != bool(theirs) or bool(found) != (order.state is OrderState.PAID):
            wrong["unexplained"].append(f"{order.reference}: {order.state}, {len(found)} here, {len(theirs)} at the acquirer")
        elif found:
            _hold(order, found[0], theirs[0], at_scis, wrong)
            _hold_notices(order, found[0], heard[order.ucsp_order_id], wrong)
    wrong["unexplained"] += list(acquired)  # of orders that the hub does not know
    wrong["unfinished"] = [f"{p.sender} {p.msg_id}" for found in paying.values() for p in found if not p.is_final]
    names = hub.off.keys() | hub.used.keys()
    wrong["budgets"] = [
        f"{name}: {hub.used.get(name, 0)} of the budget, {hub.off.get(name, 0)} given"
        for name in sorted(names)
        if hub.used.get(name, 0) != hub.off.get(name, 0)
    ]
    return _verdict(confirmed, hub, seen, paying, wrong)


def _verdict(
    confirmed: Sequence[Told],
    hub: Hub,
    seen: Seen,
    paying: Mapping[int, list[Payment]],
    wrong: Mapping[str, list[str]],
) -> OrderVerdict:
    approved = [p for found in paying.values() for p in found if p.state is PaymentState.APPROVED]
    paid = [order for order in hub.orders if order.state is OrderState.PAID]
    own = {order.ucsp_order_id for order in hub.orders}
    booked = [pay for pay in seen.acquired if pay.state is PayState.APPROVED and pay.ucsp_order_id in own]
    return OrderVerdict(
        confirmed=len(confirmed),
        paid=len(paid),
        at_scis=sum(bool(pay.token_payment) for pay in booked),
        gross_minor=sum(order.amount.minor for order in paid),
        off_minor=sum(off_minor(payment) for payment in approved),
        net_minor=sum(payment.amount.minor for payment in approved if payment.amount),
        acquired_minor=sum(pay.minor for pay in booked),
        examples=tuple(f"{kind}: {name}" for kind, names in wrong.items() for name in names[:_EXAMPLES]),
        **{kind: len(names) for kind, names in wrong.items()},
    )


def _hold(
    order: Order, payment: Payment, theirs: Acquired, at_scis: Mapping[str, Payment], wrong: dict[str, list[str]]
) -> None:
    """The hub's payment against the acquirer's PAY, and that against its TOKEN_PAYMENT."""
    minor = payment.amount.minor if payment.amount else 0
    if theirs.minor != minor or minor + off_minor(payment) != order.amount.minor:
        wrong["differ"].append(f"{order.reference}: {minor} and {off_minor(payment)} off here, {theirs.minor} at the acquirer")
    if not theirs.token_payment:
        return
    debit = at_scis.get(theirs.token_payment)
    if debit is None:
        wrong["unexplained"].append(f"{order.reference}: no TOKEN_PAYMENT {theirs.token_payment}")
    elif debit.amount is None or debit.amount.minor != minor:
        wrong["differ"].append(f"{order.reference}: TOKEN_PAYMENT {theirs.token_payment}")


def _hold_notices(order: Order, payment: Payment, heard: Sequence[Heard], wrong: dict[str, list[str]]) -> None:
    for side in (order.industry, order.channel):
        if not any(notice.app_id == side for notice in heard):
            wrong["untold"].append(f"{order.reference}: {side}")
    net = payment.amount.text if payment.amount else ""
    right = (order.reference, "APPROVED", net, order.amount.text)
    wrong["mistold"] += [
        f"{notice.app_id} {notice.reference} {notice.status} {notice.amount}"
        for notice in heard
        if (notice.reference, notice.status, notice.amount, notice.original) != right
    ]


def _minor_paid(order: Order, paying: Mapping[int, list[Payment]]) -> int:
    paid = next((p for p in paying.get(order.order_id, ()) if p.payment_id == order.paid_by), None)
    return paid.amount.minor if paid is not None and paid.amount else 0


def off_minor(payment: Payment) -> int:
    """All discounts of a payment."""
    return sum(each.amount.minor for each in payment.discounts)


def notice_samples(samples: Iterable[Sample], seen: Seen, started_s: float) -> list[Sample]:
    """For each right confirmation one of U3.4: from when the user confirmed until both sides had been told. `started_s` is the
    monotonic clock at the samples' zero."""
    first: dict[tuple[str, str], float] = {}
    for notice in seen.notices:
        key = notice.reference, notice.app_id
        first[key] = min(notice.at_s, first.get(key, notice.at_s))
    told: dict[str, list[float]] = defaultdict(list)
    for (reference, _), at_s in first.items():
        told[reference].append(at_s - started_s)
    return [_notice_sample(each, told[each.msg_id]) for each in samples if each.step in NOTICES and not each.failure]


def _notice_sample(confirmed: Sample, told_s: Sequence[float]) -> Sample:
    both = len(told_s) >= _SIDES
    changes: dict[str, Any] = {
        "step": NOTICES[confirmed.step],
        "begun_s": confirmed.due_s,
        "done_s": max(told_s) if both else confirmed.done_s,
        "failure": "" if both else NOT_TOLD,
        "minor": 0,
    }
    return msgspec.structs.replace(confirmed, **changes)


def text_of(verdict: OrderVerdict) -> list[str]:
    """For the terminal and the page."""
    found = verdict
    lines = [
        f"orders: confirmed {found.confirmed}, paid {found.paid} ({found.at_scis} by SCIS): {_major(found.gross_minor)}, "
        f"{_major(found.off_minor)} off, {_major(found.net_minor)} paid, {_major(found.acquired_minor)} at the acquirer",
        f"        {found.lost} lost, {found.twice} twice, {found.differ} differ, {found.unexplained} unexplained, "
        f"{found.unfinished} unfinished, {found.budgets} budgets differ, {found.untold} not told, {found.mistold} told wrongly",
    ]
    return lines + [f"        {example}" for example in found.examples]


def _major(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


# --- reading the hub's records


async def orders_of(store: SqlStore) -> list[Order]:
    """All of them."""
    async with store.begin() as unit:
        return await unit.orders(limit=_ALL)


async def budgets_of(store: SqlStore, payments: Iterable[Payment]) -> tuple[dict[str, int], dict[str, int]]:
    """(what offers gave, what their budgets say), by the offer's name, in minor units. `payments`: all that there ever were."""
    off: Counter[str] = Counter()
    for payment in payments:
        if payment.order_id is not None and payment.does.downstream and payment.state is PaymentState.APPROVED:
            for each in payment.discounts:
                off[each.note] += each.amount.minor
    async with store.begin() as unit:
        offers: Sequence[MarketingOffer] = await unit.offers()
        used = {offer.name: await unit.used(offer.budget_key) for offer in offers}
    return dict(off), used
