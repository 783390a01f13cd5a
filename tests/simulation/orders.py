"""The judgement on UCSP, by what only whoever saw every message can tell: the acquirer's books, what receivers heard, who was
let in. Each order is judged by itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from simulation.acquirer import Stand, Taking, Till
from simulation.clients import Clients
from simulation.inline_sqlite import AnyStore
from simulation.services import ChannelDoor, Door, Granting, IndustryDoor, Told
from simulation.shopping import Shopping
from simulation.town import OFFERS
from unionhub.domain.flows.invariants import Finding
from unionhub.domain.flows.notify import OVERTAKEN, UNWANTED
from unionhub.domain.flows.order_results import given_back
from unionhub.domain.model.money import Money
from unionhub.domain.model.notices import Notice, NoticeState
from unionhub.domain.model.orders import Order, OrderState
from unionhub.domain.model.transactions import Allowance, Payment, PaymentState

_MOVED_NOTHING = (PaymentState.DECLINED, PaymentState.REVERSED)


class Ucsp(msgspec.Struct, frozen=True, kw_only=True):
    """UCSP's partners and users."""

    till: Till
    shopping: Shopping
    channels: list[ChannelDoor]
    industries: list[IndustryDoor]
    granting: Granting

    @property
    def doors(self) -> list[Door]:
        return [*self.channels, *self.industries]


async def judged_orders(store: AnyStore, ucsp: Ucsp, clients: Clients) -> list[Finding]:
    """All that is wrong with logins, orders, offers and their notices."""
    tables = store.tables
    orders, payments = tables.orders, tables.payments
    judging = _Judging(ucsp, orders, payments, tables.notices)
    found = [
        *_findings("ucsp_wrong", (*ucsp.shopping.wrong, *(line for door in ucsp.doors for line in door.wrong))),
        *_findings("ucsp_refused", ucsp.till.refused),
        *_findings("no_entry_without_grant", _let_in(ucsp)),
        *_findings("no_budget_overspent", _overspent(payments.values())),
        *_findings("what_is_reserved_is_counted", _counted(payments.values(), tables.used)),
    ]
    for order in orders.values():
        back = 0
        if order.paid_by is not None and order.paid_by in payments:
            async with store.begin() as uow:
                back = (await given_back(uow, order.order_id, payments[order.paid_by])).minor
        found += _findings("order_money", judging.money(order, back))
        found += _findings("order_notices", judging.notices(order))
        heard = await clients.ask(order.industry, "PAYMENT_RESULT_INQUIRY", order.reference)
        said = (heard.value.status.value, heard.value.refunded.minor if heard.value.refunded else 0) if heard.value else ()
        if said != (right := judging.standing(order)):
            found += _findings("order_inquiry", [f"order {order.order_id} is said to be {heard.code} {said}, it is {right}"])
    return found


def _findings(name: str, evidence: Iterable[str]) -> list[Finding]:
    return [Finding(invariant=name, evidence=line) for line in evidence]


def _let_in(ucsp: Ucsp) -> Iterable[str]:
    for each in ucsp.shopping.admitted:
        if not ucsp.granting.allowed(each.channel, each.industry, each.since_s, each.until_s):
            yield f"{each.what} of {each.channel} at {each.industry}, {each.since_s:.1f} to {each.until_s:.1f} s: no grant"


def _overspent(payments: Iterable[Payment]) -> Iterable[str]:
    """By the budgets that the offers were made with, whatever a payment says that they are."""
    spent: Counter[str] = Counter()
    for payment in payments:
        if payment.state not in _MOVED_NOTHING:
            spent.update({share.key: share.amount_minor for share in payment.reservations if isinstance(share, Allowance)})
    for offer in OFFERS:
        if spent[offer.budget_key] > offer.budget_minor:
            yield f"{offer.offer_id}: {spent[offer.budget_key]} of {offer.budget_minor} minor units"


def _counted(payments: Iterable[Payment], used: dict[str, int]) -> Iterable[str]:
    """What is taken of budgets and limits is what payments hold that moved something, or still may: no more, no less."""
    held: Counter[str] = Counter()
    for payment in payments:
        if payment.state not in _MOVED_NOTHING:
            held.update({share.key: share.amount_minor for share in payment.reservations if isinstance(share, Allowance)})
    for key in sorted(held.keys() | used.keys()):
        if held[key] != used.get(key, 0):
            yield f"{key}: payments hold {held[key]}, counted are {used.get(key, 0)}"


class _Judging:
    def __init__(self, ucsp: Ucsp, orders: dict[int, Order], payments: dict[int, Payment], notices: dict[int, Notice]) -> None:
        self._ucsp = ucsp
        self._payments = payments
        self._takings: dict[str, list[Taking]] = defaultdict(list)
        for taking in ucsp.till.takings:
            self._takings[taking.ucsp_order_id].append(taking)
        self._of_order: dict[int, list[Payment]] = defaultdict(list)
        for payment in payments.values():
            if payment.order_id is not None:
                self._of_order[payment.order_id].append(payment)
        self._notices: dict[tuple[int, str], list[Notice]] = defaultdict(list)
        for notice in notices.values():
            if notice.order_id is not None:
                self._notices[notice.order_id, notice.receiver].append(notice)
        self._told: dict[tuple[str, str], list[Told]] = defaultdict(list)
        for told in (told for door in ucsp.doors for told in door.told):
            self._told[told.ucsp_order_id, told.receiver].append(told)

    def paid(self, order: Order) -> list[Taking]:
        """What the acquirer has taken and, but for the shop's refunds, not given back."""
        return [taking for taking in self._takings[order.ucsp_order_id] if taking.kept + taking.by_shop > 0]

    def standing(self, order: Order) -> tuple[str, int]:
        """What an inquiry must say, by the acquirer's books."""
        paid = self.paid(order)
        back = sum(taking.by_shop for taking in paid)
        return ("REFUNDED" if back else "APPROVED" if paid else "CLOSED"), back

    def money(self, order: Order, back: int) -> Iterable[str]:
        name = f"order {order.order_id} ({order.ucsp_order_id})"
        if order.state in (OrderState.PLACING, OrderState.OPEN):
            yield f"{name} is {order.state} for ever"
        paid, by = self.paid(order), self._payments.get(order.paid_by or 0)
        if len(paid) > 1:
            yield f"{name} is paid {len(paid)} times: {[taking.msg_id or 'by its code' for taking in paid]}"
        if order.state is not OrderState.PAID and paid:
            yield f"{name} is {order.state}, and the acquirer keeps {paid[0].kept} of it"
        ours = by.amount.minor - back if order.state is OrderState.PAID and by is not None and by.amount is not None else 0
        theirs = sum(taking.kept for taking in self._takings[order.ucsp_order_id])
        if ours != theirs:
            yield f"{name} is {order.state}: {ours} minor units were paid and kept, the acquirer has {theirs}"
        tries = [payment for payment in self._of_order[order.order_id] if payment.kind == "PAY"]
        forms = self._ucsp.shopping.forms.get(order.order_id, set())
        if len(tries) > len(forms):
            yield f"{name}: {len(forms)} forms were sent, and {len(tries)} payments made"
        for payment in tries:
            if order.state is OrderState.CLOSED and (payment.state, payment.code) == (PaymentState.REVERSED, UNWANTED):
                yield f"{name} was closed while payment {payment.payment_id} was under way"
            off = sum(each.amount.minor for each in payment.discounts)
            if payment.amount is not None and payment.amount.minor + off != order.amount.minor:
                yield f"{name}: payment {payment.payment_id} is {payment.amount.text} and {off} minor units of discounts"

    def notices(self, order: Order) -> Iterable[str]:
        """By content: what became of the order is told once to each side; and in the order in which it became so."""
        for receiver in (order.industry, order.channel):
            name = f"order {order.order_id} to {receiver}"
            told = self._told[order.ucsp_order_id, receiver]
            written = self._notices[order.order_id, receiver]
            bodies: dict[str, dict[str, Any]] = {}
            for each in told:
                if bodies.setdefault(each.msg_id, each.body) != each.body:
                    yield f"{name}: notice {each.msg_id} said two things: {bodies[each.msg_id]} and {each.body}"
            yield from (f"{name}: {line}" for line in _out_of_line(written, told))
            if any(notice.state is not NoticeState.CONFIRMED for notice in written):
                continue  # it was refused until it was parked; what there is was in line
            yield from (f"{name}: {line}" for line in self._content(order, list(bodies.values())))

    def _content(self, order: Order, bodies: Sequence[dict[str, Any]]) -> Iterable[str]:
        paid = self.paid(order)
        heard = Counter(body["paymentStatus"] for body in bodies)
        due = Counter(APPROVED=len(paid), DECLINED=self._declined(order), CLOSED=int(self._was_closed(order)))
        back = sum(taking.by_shop for taking in paid)
        said_back = sum(_minor(body, "refundAmt") for body in bodies if body["paymentStatus"] == "REFUNDED")
        for status in ("APPROVED", "DECLINED", "CLOSED"):
            if heard[status] != due[status]:
                yield f"{status} was told {heard[status]} times, and is due {due[status]} times"
        if said_back != back:
            yield f"{said_back} minor units were told to be refunded, it was {back}"
        for body in bodies:
            off = sum(Money.parse(each["discountAmt"], body["trxCurrency"]).minor for each in body["discountDetails"])
            if _minor(body, "trxAmt") + off != _minor(body, "originalAmount"):
                yield f"what was told does not add up: {body}"
            if body["paymentStatus"] == "APPROVED" and body is not bodies[-1]:
                yield from (f"{late['paymentStatus']} was told after APPROVED" for late in _after(bodies, body))
            if body["paymentStatus"] == "APPROVED" and paid and _minor(body, "trxAmt") != paid[0].amount.minor:
                yield f"{body['trxAmt']} was told to be paid, and {paid[0].amount.text} was"

    def _declined(self, order: Order) -> int:
        """Tries that the acquirer declined, and those that were taken back because nobody knew; none of them once the order was
        paid: who heard APPROVED hears of no other try."""
        declined = {taking.msg_id for taking in self._takings[order.ucsp_order_id] if taking.stand is Stand.DECLINED}
        return sum(
            payment.bank_msg_id in declined if payment.state is PaymentState.DECLINED else payment.code != UNWANTED
            for payment in self._of_order[order.order_id]
            if payment.kind == "PAY" and payment.state in _MOVED_NOTHING and payment.note != OVERTAKEN
        )

    @staticmethod
    def _was_closed(order: Order) -> bool:
        """Of one that was never placed nobody hears."""
        return order.state is OrderState.CLOSED and bool(order.downstream_id)


def _after(bodies: Sequence[dict[str, Any]], approved: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """What came first after the approval, and is no refund of it."""
    later = bodies[bodies.index(approved) + 1 :]
    return (body for body in later if body["paymentStatus"] in ("DECLINED", "CLOSED"))


def _out_of_line(written: Sequence[Notice], told: Sequence[Told]) -> Iterable[str]:
    """A notice goes out once those that were written before it are confirmed, or parked."""
    first: dict[str, float] = {}
    confirmed: dict[str, float] = {}
    for each in sorted(told, key=lambda one: one.at_s):
        first.setdefault(each.msg_id, each.at_s)
        if each.confirmed:
            confirmed.setdefault(each.msg_id, each.at_s)
    before: list[Notice] = []
    for notice in written:
        for earlier in before:
            late = earlier.state is NoticeState.CONFIRMED and confirmed.get(earlier.msg_id, float("inf"))
            if late and notice.msg_id in first and first[notice.msg_id] < late:
                yield f"notice {notice.msg_id} came before {earlier.msg_id} was confirmed"
        before.append(notice)


def _minor(body: dict[str, Any], name: str) -> int:
    return Money.parse(body[name], body["trxCurrency"]).minor
