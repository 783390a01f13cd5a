"""One order with everything that became of it, as operators see it: its payments, who funds what was taken off, its notices,
who was given its user's cards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import click
import msgspec

from unionhub.domain.flows.card_info import paid_order, user_subject
from unionhub.domain.flows.notify import UNWANTED
from unionhub.domain.flows.order_results import OrderResults, given_back
from unionhub.domain.flows.unknown_outcome import UNKNOWN_THERE
from unionhub.domain.model.audit import AuditEntry
from unionhub.domain.model.marketing import HUB, funding
from unionhub.domain.model.money import Money
from unionhub.domain.model.notices import Notice, NoticeState
from unionhub.domain.model.orders import Order, OrderState, order_id_of
from unionhub.domain.model.outgoing import Pay
from unionhub.domain.model.parties import Party
from unionhub.domain.model.transactions import UNDOES, Payment, PaymentState
from unionhub.ports.store import UnitOfWork

from .amounts import amount_text
from .console import clean, echo_facts, echo_table, moment
from .failures import CommandError
from .opening import Desk
from .telling import directory_of
from .trail import describe_audit

RECENT: Final = 5
_LOOKED_AT: Final = 1000  # accesses to cards of the order's user, by whatever order or login
_SECONDS: Final = len("2026-03-31 00:00:00")
_ID_MAX: Final = 18  # digits: a number of the hub's own


class OrderLife(msgspec.Struct, frozen=True, kw_only=True):
    """`told`: each notice with the paymentStatus that it says. `refunded`: what came back so far of what was paid.

    `accesses`: to pay it, who was given a card of its user, or not; newest first."""

    order: Order
    parties: Mapping[str, Party]
    payments: list[Payment]
    told: list[tuple[Notice, str]]
    holder: Payment | None = None  # the payment that is under way, or has paid it
    refunded: Money | None = None
    accesses: list[AuditEntry] = []
    trail: list[AuditEntry] = []  # what operators did with it

    def who(self, app_id: str) -> str:
        party = self.parties.get(app_id)
        return f"{party.name} ({app_id})" if party is not None else app_id

    @property
    def under_way(self) -> Payment | None:
        return self.holder if self.holder is not None and not self.holder.is_final else None


def subject_of_order(order_id: int) -> str:
    """How the audit trail names an order."""
    return f"order {order_id}"


async def order_named(uow: UnitOfWork, ref: str, industry: str | None = None) -> Order:
    """By its number or its ucspOrderId, else by the industry's orderId. Raises CommandError where that is not one order."""
    number = int(ref) if ref.isascii() and ref.isdecimal() and len(ref) <= _ID_MAX else order_id_of(ref)
    order = await uow.order(number) if number is not None else None
    if order is not None and ref in (order.ucsp_order_id, str(number)) and industry in (None, order.industry):
        return order
    industries = [industry] if industry else [each.app_id for each in await uow.services()]
    found = [order for each in industries if (order := await uow.order_of(each, ref)) is not None]
    if not found:
        raise CommandError(f"no order {ref[:64]!r}: `unionhub orders list` shows them")
    if len(found) > 1:
        numbered = " and ".join(f"{each.order_id} of {each.industry}" for each in found)
        raise CommandError(f"{ref[:64]!r} names several orders, {numbered}: give --industry, or the number")
    return found[0]


async def read_order(desk: Desk, ref: str, industry: str | None = None) -> OrderLife:
    """Everything that the store knows of one order. Raises CommandError as `order_named`."""
    results = OrderResults(desk.store, await directory_of(desk))
    async with desk.store.begin() as uow:
        order = await order_named(uow, ref, industry)
        parties = {party.app_id: party for party in await uow.parties()}
        paid = await uow.payment(order.paid_by) if order.paid_by is not None else None
        back = (await given_back(uow, order.order_id, paid)).minor if paid is not None else 0
        channel = parties.get(order.channel)
        subject = user_subject(channel.channel_code if channel else order.channel, order.user_id)
        life = OrderLife(
            order=order,
            parties=parties,
            payments=await uow.payments_of_order(order.order_id),
            told=[],
            holder=await uow.order_holder(order.order_id),
            refunded=Money(back, order.amount.currency) if back else None,
            accesses=[each for each in await uow.audit(subject=subject, limit=_LOOKED_AT) if paid_order(each, order.order_id)],
            trail=await uow.audit(subject=subject_of_order(order.order_id), limit=RECENT),
        )
        notices = await uow.notices(order_id=order.order_id, limit=1000)
    told = [(notice, (await results.notice(notice)).status.value) for notice in notices]
    return msgspec.structs.replace(life, told=told)


# --- for people


def tell_order(life: OrderLife) -> None:
    """Print it all."""
    order = life.order
    click.echo(clean(f"order {order.order_id}  {amount_text(order.amount)} at {order.merchant.name}: {order.subject}"))
    click.echo(clean(_standing(life)))
    click.echo()
    echo_facts(list(_facts(life)))
    head = ("PAYMENT", "OPENED (UTC)", "WHAT", "STATE", "CODE", "AMOUNT", "CARD", "RETRIEVAL")
    rows = [
        (
            each.payment_id,
            moment(each.opened_at)[:_SECONDS],
            what_it_is(life.order, each),
            each.state,
            each.code,
            amount_text(each.amount),
            each.masked_pan,
            each.retrieval_ref,
        )
        for each in life.payments
    ]
    _section(head, rows)
    funded = ("PAYMENT", "TAKEN OFF", "OFFER", "FUNDED BY")
    _section(funded, [row for payment in life.payments for row in _funded(life, payment)])
    told = ("NOTICE", "WRITTEN (UTC)", "SAYS", "TO", "STATE", "ATTEMPTS", "NEXT (UTC)")
    _section(told, [_told(life, notice, says) for notice, says in life.told])
    accesses = ("ITS USER'S CARD (UTC)", "ASKED BY", "OUTCOME", "DETAIL")
    asked = [(moment(each.at)[:_SECONDS], life.who(each.actor), each.outcome, each.detail) for each in life.accesses]
    _section(accesses, asked)
    trail = ("DONE (UTC)", "BY", "WHAT", "DETAIL")
    _section(trail, [(moment(each.at)[:_SECONDS], each.actor, each.action, each.detail) for each in life.trail])


def _section(head: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> None:
    if rows:
        click.echo()
        echo_table(head, rows, empty="")


def _standing(life: OrderLife) -> str:
    order, going = life.order, life.under_way
    if order.state is OrderState.PAID:
        back = f", {amount_text(life.refunded)} given back" if life.refunded is not None else ""
        return f"{order.state}  by payment {order.paid_by}{back}"
    if going is not None:
        return f"{order.state}  payment {going.payment_id} is under way ({going.state})"
    if order.state is OrderState.PLACING:
        return f"{order.state}  its acquirer has not confirmed it: nobody can pay it"
    return str(order.state)


def _facts(life: OrderLife) -> Iterator[tuple[str, object]]:
    order = life.order
    yield "ucspOrderId", order.ucsp_order_id
    yield "orderId", f"{order.reference}, ordered at {order.ordered_at} (as the industry wrote it)"
    yield "industry", life.who(order.industry)
    yield "channel", life.who(order.channel)
    login = f"logged in ({order.login_id})" if order.login_id is not None else "not logged in: no cards, the order's QR only"
    yield "user", f"{order.user_id}, {login}"
    yield "acquirer", life.who(order.acquirer)
    yield "its orderId", order.downstream_id
    merchant = order.merchant
    yield "merchant", f"{merchant.name}, mid {merchant.merchant_id}, MCC {merchant.mcc}, country {merchant.country}"
    yield "opened (UTC)", moment(order.opened_at)
    yield "expires (UTC)", moment(order.expires_at)
    yield "returns to", order.return_url


def what_it_is(order: Order, payment: Payment) -> str:
    """What a payment of an order is, in an operator's words."""
    if payment.kind in UNDOES:
        return f"{payment.kind} at SCIS, of payment {payment.orig_payment_id}"
    if payment.orig_payment_id is not None:
        return "refund, told by its acquirer" + (" (known before)" if payment.code == UNWANTED else "")
    if payment.kind == Pay.message:
        return "a try at the cashier"
    if payment.state in (PaymentState.REVERSING, PaymentState.REVERSED):
        return _unwanted(order, payment)
    return "paid by its QR"


def _unwanted(order: Order, payment: Payment) -> str:
    """Of an approval that came by itself: why it did not pay the order, and what became of the money."""
    if payment.note == UNKNOWN_THERE:
        return "told as paid, of which its acquirer knows nothing"
    why = _WHY.get(order.state, "told as paid" if payment.amount == order.amount else "another amount was paid")
    return f"{why}: {'given back' if payment.is_final else 'being given back'}"


_WHY: Final = {OrderState.PAID: "paid once too often", OrderState.CLOSED: "paid after it was closed"}


def _funded(life: OrderLife, payment: Payment) -> Iterator[tuple[object, ...]]:
    for discount in payment.discounts:
        shares = ", ".join(f"{_party(life, party)} {amount_text(share)}" for party, share in funding(discount))
        yield payment.payment_id, amount_text(discount.amount), discount.note, shares


def _party(life: OrderLife, party: str) -> str:
    return "this hub" if party == HUB else life.who(party)


def _told(life: OrderLife, notice: Notice, says: str) -> tuple[object, ...]:
    waits = moment(notice.due_at)[:_SECONDS] if notice.state is NoticeState.QUEUED else ""
    written = moment(notice.created_at)[:_SECONDS]
    return notice.notice_id, written, says, life.who(notice.receiver), notice.state, notice.attempts, waits


# --- for machines


def describe_order(order: Order) -> dict[str, Any]:
    """An order for machines."""
    return {
        "orderNumber": order.order_id,
        "ucspOrderId": order.ucsp_order_id,
        "state": order.state,
        "industry": order.industry,
        "channel": order.channel,
        "userId": order.user_id,
        "orderId": order.reference,
        "orderTime": order.ordered_at,
        "amount": _money(order.amount),
        "subject": order.subject,
        "returnUrl": order.return_url,
        "acquirer": order.acquirer,
        "downstreamOrderId": order.downstream_id,
        "merchant": {
            "name": order.merchant.name,
            "mid": order.merchant.merchant_id,
            "mcc": order.merchant.mcc,
            "country": order.merchant.country,
        },
        "openedAt": order.opened_at,
        "expiresAt": order.expires_at,
        "loginId": order.login_id,
        "paidBy": order.paid_by,
    }


def describe_life(life: OrderLife) -> dict[str, Any]:
    """`orders show --json`."""
    return describe_order(life.order) | {
        "underWay": life.under_way.payment_id if life.under_way is not None else None,
        "refunded": _money(life.refunded) if life.refunded is not None else None,
        "payments": [_payment(life.order, each) for each in life.payments],
        "notices": [
            {
                "noticeId": notice.notice_id,
                "receiver": notice.receiver,
                "paymentStatus": says,
                "paymentId": payment_told(notice),
                "msgID": notice.msg_id,
                "state": notice.state,
                "attempts": notice.attempts,
                "createdAt": notice.created_at,
                "dueAt": notice.due_at if notice.state is NoticeState.QUEUED else None,
            }
            for notice, says in life.told
        ],
        "accesses": describe_audit(life.accesses),
        "audit": describe_audit(life.trail),
    }


def payment_told(notice: Notice) -> int | None:
    """The payment that a notice is about; None for one that says that its order was closed."""
    return None if notice.payment_id == notice.order_id else notice.payment_id


def _payment(order: Order, payment: Payment) -> dict[str, Any]:
    return {
        "paymentId": payment.payment_id,
        "kind": payment.kind,
        "what": what_it_is(order, payment),
        "state": payment.state,
        "code": payment.code,
        "openedAt": payment.opened_at,
        "amount": _money(payment.amount) if payment.amount is not None else None,
        "gross": _money(payment.gross) if payment.gross is not None else None,
        "maskedPan": payment.masked_pan,
        "origPaymentId": payment.orig_payment_id,
        "retrivlRefNum": payment.retrieval_ref,
        "settlementKey": payment.settlement_key,
        "discounts": [
            _money(discount.amount)
            | {"note": discount.note, "fundedBy": [{"party": party} | _money(share) for party, share in funding(discount)]}
            for discount in payment.discounts
        ],
    }


def _money(money: Money) -> dict[str, str]:
    return {"amount": money.text, "currency": money.currency}
