"""One payment's facts for a reader: who, how much, by which references, what is held for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from unionhub.domain.model.cards import Card
from unionhub.domain.model.marketing import funding
from unionhub.domain.model.money import Money
from unionhub.domain.model.transactions import (
    UNDOES,
    Allowance,
    Barrier,
    Discount,
    OnceKey,
    Payment,
    PaymentState,
    Reservation,
)

from .amounts import amount_text
from .life import Life

_ONCE: Final = {
    "qr": "one-time code",
    "url": "one-time code",
    "code": "one-time code",
    "bill": "bill",
    "settle": "settlement key",
    "msg": "msgID",
    "order": "order",
}
"""What a key is a key of, by the word before its colon."""
_SENDERS: Final = ("settle", "msg")
"""Keys that begin with their sender, who stands above already."""


def facts_of(life: Life) -> Iterator[tuple[str, str]]:
    payment, order = life.payment, life.order
    if order is not None:
        yield "order", f"{order.order_id}, {order.ucsp_order_id}, the industry's {order.reference}, {order.state}"
    if payment.does.downstream:
        yield from _of_order(life)
    else:
        yield "sender", f"{life.who(payment.sender)}  {payment.msg_id}"
        yield from _people(life)
        for name, app_id in (("issuer", payment.issuer), ("acquirer", payment.acquirer)):
            if app_id:
                yield name, life.who(app_id)
    yield from _merchant(payment)
    yield from _amounts(payment)
    numbers = [
        ("voucher", payment.voucher_no),
        ("retrieval", payment.retrieval_ref),
        ("trace", payment.trace_no),
        ("bank's", payment.refer_no),
        ("settlement key", payment.settlement_key),
    ]
    yield "references", ", ".join(f"{name} {number}" for name, number in numbers if number)
    if payment.note:
        yield "note", payment.note
    for reservation in payment.reservations:
        yield "held", _held(reservation, payment)
    yield from _ties(life)


def _of_order(life: Life) -> Iterator[tuple[str, str]]:
    """Of a payment at the cashier: no card of this hub's, no bank; its acquirer moves the money."""
    payment = life.payment
    yield "industry", life.who(payment.sender)
    card = f", card {payment.masked_pan}" if payment.masked_pan else ""
    yield "payer", f"user {payment.user_id} of {life.who(payment.gateway)}{card}"
    yield "acquirer", life.who(payment.issuer)


def _people(life: Life) -> Iterator[tuple[str, str]]:
    """Who pays, or who is paid: money that goes to the cardholder has no payer here."""
    payment = life.payment
    name = "payer" if payment.does.takes else "paid to"
    if life.card is not None:
        yield name, f"user {payment.user_id}, {_card(life.card)}, device {payment.device_id}"
    elif payment.user_id:
        yield name, f"user {payment.user_id}, device {payment.device_id}"
    if life.payee is not None:
        yield "payee", f"user {life.payee.user_id}, {_card(life.payee)}, at {life.who(life.payee.gateway)}"
    elif payment.does.takes and payment.does.gives:
        yield "payee", "an account at the same bank, of no card here"


def _card(card: Card) -> str:
    return f"card {card.card_id} ({card.masked_pan})"


def _ties(life: Life) -> Iterator[tuple[str, str]]:
    """Refunds and the like name their original, and it names them."""
    original = life.original
    if original is not None:
        yield "original", f"payment {original.payment_id}, {original.kind} of {amount_text(original.amount)}, {original.state}"
    elif life.payment.kind in UNDOES:
        yield "original", "never seen here: it is barred, should it come late"
    for each in life.undone_by:
        yield "given back", f"{amount_text(each.amount)} by payment {each.payment_id}, {each.kind}, {each.state}"


def _merchant(payment: Payment) -> Iterator[tuple[str, str]]:
    merchant = payment.merchant
    parts = [
        merchant.name,
        merchant.merchant_id and f"mid {merchant.merchant_id}",
        merchant.mcc and f"MCC {merchant.mcc}",
        merchant.country and f"country {merchant.country}",
        merchant.terminal_id and f"terminal {merchant.terminal_id}",
    ]
    if any(parts):
        yield "merchant", ", ".join(part for part in parts if part)


def _amounts(payment: Payment) -> Iterator[tuple[str, str]]:
    if payment.discounts:
        less = "".join(f" - {amount_text(item.amount)} ({item.note}, by {_funders(item)})" for item in payment.discounts)
        yield "amount", f"{amount_text(payment.gross)}{less} = {amount_text(payment.amount)}"
    elif payment.amount is not None:
        yield "amount", amount_text(payment.amount)
    if payment.fee is not None and payment.fee.minor:
        yield "fee", f"{amount_text(payment.fee)}, within the amount"
    if payment.bill is not None:
        rate = "" if payment.amount and payment.bill.currency == payment.amount.currency else f" at {payment.bill_rate}"
        yield _done(payment, "debited" if payment.does.takes else "credited"), f"{amount_text(payment.bill)}{rate}"
    if payment.settle is not None:
        day = f" on {payment.settle_date}" if payment.settle_date else ""
        yield _done(payment, "settled"), f"{amount_text(payment.settle)} at {payment.settle_rate}{day}"


def _funders(discount: Discount) -> str:
    shares = funding(discount)
    return shares[0][0] if len(shares) == 1 else " and ".join(f"{party} {amount_text(share)}" for party, share in shares)


def _done(payment: Payment, what: str) -> str:
    """An operator must not read that money moved where it did not, or where nobody knows yet."""
    if payment.state is PaymentState.APPROVED:
        return what
    return f"not {what}" if payment.is_final else f"to be {what}"


def _held(reservation: Reservation, payment: Payment) -> str:
    if isinstance(reservation, Barrier):
        return f"nothing: barred with {reservation.code}"
    over = payment.state in (PaymentState.DECLINED, PaymentState.REVERSED)
    if isinstance(reservation, OnceKey):
        after = " (spent for ever)" if reservation.kept else " (given back)"
        return f"{_once(reservation.key)}{after if over else ''}"
    return f"{_allowance(reservation, payment)}{' (given back)' if over else ''}"


def _once(key: str) -> str:
    sort, _, rest = key.partition(":")
    if sort in _SENDERS:
        rest = rest.partition(":")[2]
    return f"{_ONCE[sort]} {rest}" if sort in _ONCE else f"one-time key {key}"


def _allowance(share: Allowance, payment: Payment) -> str:
    """Days are counted in the bill currency, what is given back of a payment in its own, an offer in the order's."""
    sort, _, rest = share.key.partition(":")
    if sort == "offer" and ":" in rest:
        return f"{share.amount_minor} of {share.limit_minor} times that its user may have the offer {rest.partition(':')[0]}"
    unit = {"back": payment.amount, "offer": payment.gross}.get(sort, payment.bill)
    taken, limit = (
        amount_text(Money(minor, unit.currency)) if unit else f"{minor} minor units"
        for minor in (share.amount_minor, share.limit_minor)
    )
    if sort == "back":
        return f"{taken} of {limit}, which payment {rest} has to give back"
    if sort == "offer":
        return f"{taken} of {limit}, the budget of the offer {rest}"
    card_id, _, day = rest.partition(":")
    return f"{taken} of {limit}, card {card_id}'s limit for {day}"
