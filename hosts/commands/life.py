"""One payment's life, drawn from what the store knows: its facts, its states, who was asked and who was told.

The store keeps the present state, not its history. Drawn is what the record proves: a payment with a reversal's msgID was
REVERSING, one whose cardholder said yes was READY, one whose sender was told 04 ends with a notice to it. Times are shown
where they are known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from unionhub.domain.flows.notify import UNWANTED
from unionhub.domain.model.cards import Card
from unionhub.domain.model.marketing import funding
from unionhub.domain.model.money import Money
from unionhub.domain.model.notices import Attempt, Notice, NoticeState
from unionhub.domain.model.orders import Order
from unionhub.domain.model.outgoing import (
    AdditionalProcessing,
    BankInquiry,
    CardPayloadQuestion,
    OrderRefund,
    Pay,
    PayReversal,
    Reversal,
)
from unionhub.domain.model.responses import RESPONSE_TEXTS
from unionhub.domain.model.transactions import (
    UNDOES,
    Allowance,
    Barrier,
    CardholderSays,
    Discount,
    OnceKey,
    Payment,
    PaymentState,
    Reservation,
    Rolls,
)

from .amounts import amount_text
from .console import clean, moment, padded
from .resolution import Proposal

_S: Final = PaymentState
_TINTS: Final = {_S.APPROVED: "32", _S.DECLINED: "31", _S.REVERSED: "31"}
_UNDER_WAY: Final = "33"
_WHEN, _WHO, _WHAT = 23, 20, 28
_STATE: Final = 10
_CARDHOLDER: Final = "ADDITIONAL_PROCESSING_RESULT"
_CASHIER: Final = "the cashier"
"""Where the user of an order says yes, and is told how far it is."""


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one payment. `parties` gives names; `proposal` is the latest of `transactions resolve`.

    `original` is what it gives back, `undone_by` what gives it back; `payee` the card that a transfer went to; `order`: of
    UCSP, of which it is a payment.
    """

    payment: Payment
    parties: Mapping[str, str]
    card: Card | None
    payee: Card | None = None
    order: Order | None = None
    original: Payment | None = None
    undone_by: list[Payment] = []
    notices: list[tuple[Notice, list[Attempt]]]
    proposal: Proposal | None

    @property
    def wide(self) -> int:
        """Of the column of states: one name is longer than all others."""
        return max(_STATE, *(len(state) for state in _states(self.payment)))

    def who(self, app_id: str) -> str:
        name = self.parties.get(app_id, "")
        return f"{name} ({app_id})" if name else app_id


def draw(life: Life, *, color: bool) -> Iterator[str]:
    """The drawing, line by line."""
    payment = life.payment
    title = f"payment {payment.payment_id}  {payment.kind}  {amount_text(payment.amount)}".rstrip()
    if life.original is not None:
        title += f" of payment {life.original.payment_id}"
    if life.payee is not None:
        title += f" to user {life.payee.user_id}"
    if payment.merchant.name:
        title += f" {'at' if payment.does.takes else 'from'} {payment.merchant.name}"
    yield clean(title)
    yield _tint(f"{payment.state}{_verdict(payment)}", payment.state, color=color)
    yield ""
    for name, value in _facts(life):
        yield f"  {name:<11} {clean(value)}"
    yield ""
    for line in _course(life):
        yield _tinted_state(line, color=color)
    for line in _decisions(life):
        yield f"  {clean(line)}"


def _verdict(payment: Payment) -> str:
    if payment.code:
        text = f"  {payment.code} {RESPONSE_TEXTS.get(payment.code, '')}"
    elif payment.does.downstream:
        text = "  the user was told that it is accepted, the rest hear of it when it is final"
    else:
        text = "  the sender is told 04 until it is final"
    if payment.does.downstream and payment.code == UNWANTED:
        return text + (
            "  (no news: it was told before)" if payment.state is _S.APPROVED else "  (its order was paid, or closed)"
        )
    mover = "acquirer" if payment.does.downstream else "bank"
    return text + (f"  (the {mover} said {payment.bank_code})" if payment.bank_code not in ("", "00") else "")


def _facts(life: Life) -> Iterator[tuple[str, str]]:
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
    over = payment.state in (_S.DECLINED, _S.REVERSED)
    if isinstance(reservation, OnceKey):
        after = " (spent for ever)" if reservation.kept else " (given back)"
        return f"{_once(reservation.key)}{after if over else ''}"
    return f"{_allowance(reservation, payment)}{' (given back)' if over else ''}"


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


# --- the course of it


def _course(life: Life) -> Iterator[str]:
    """States down the left, messages to the right of them."""
    payment = life.payment
    states = _states(payment)
    # What the hub gives back by itself carries the number of the notice that the QR platform refused.
    asked = "refused the notice" if payment.kind in UNDOES and payment.msg_id.startswith("U") else payment.kind
    if payment.kind == Pay.message:
        yield _row(moment(payment.opened_at), states[0], "◀──", life, _CASHIER, "the user's yes", payment.msg_id)
        if _was_sent(payment):
            yield _row("", "", "──▶", life, payment.gateway, CardPayloadQuestion.message, "")
    else:
        told_by = payment.issuer if payment.does.downstream else payment.sender
        yield _row(moment(payment.opened_at), states[0], "◀──", life, told_by, asked, payment.msg_id)
    yield from _cardholders_part(life)
    if payment.additional_msg_id and _S.PENDING in states:
        yield f"  {'':<{_WHEN}}  {_S.PENDING}"
    if _was_sent(payment):
        said = f"said {payment.bank_code}" if payment.bank_code else ""
        yield _row("", "", "──▶", life, payment.issuer, payment.does.bank_message, payment.bank_msg_id, said)
    if payment.told_pending:
        to, what = (payment.sender, "owed: 04 or nothing was heard")
        if payment.does.downstream:
            to, what = (_CASHIER, "accepted: no result yet")
        yield _row("", "", "──▶", life, to, what, "")
    for state in states[1:]:
        if state not in (_S.READY, _S.PENDING):
            yield from _state_rows(life, state)
    if payment.state in (_S.AWAITING_CARDHOLDER, _S.READY, _S.PENDING):
        yield _waits(life)
    for notice, attempts in life.notices:
        yield _row(moment(notice.created_at), "", "──▶", life, notice.receiver, notice.message, notice.msg_id, notice.state)
        for attempt in attempts:
            yield f"  {moment(attempt.at):<{_WHEN}}  {'':<{life.wide}}       {clean(attempt.outcome)}  {attempt.latency_ms} ms"
        if notice.state is NoticeState.QUEUED:
            yield f"  {moment(notice.due_at):<{_WHEN}}  {'':<{life.wide}}       next attempt"


def _states(payment: Payment) -> list[PaymentState]:
    """The states it certainly went through. PENDING to REVERSING may have led by UNKNOWN or not."""
    passed = []
    if payment.additional_msg_id or payment.state is _S.AWAITING_CARDHOLDER:
        passed.append(_S.AWAITING_CARDHOLDER)
    if payment.cardholder is CardholderSays.CONTINUING or payment.state is _S.READY:
        passed.append(_S.READY)
    if not passed or _was_sent(payment):
        passed.append(_S.PENDING)
    if payment.reversal_msg_id or payment.state is _S.REVERSED:
        passed.append(_S.REVERSING)
    return passed if payment.state in passed else [*passed, payment.state]


def _cardholders_part(life: Life) -> Iterator[str]:
    """Above the wallet's limit its app is asked, and the cardholder decides (RULES section 4)."""
    payment = life.payment
    if not payment.additional_msg_id:
        return
    yield _row("", "", "──▶", life, payment.gateway, AdditionalProcessing.message, payment.additional_msg_id)
    if payment.cardholder:
        ready = _S.READY if payment.cardholder is CardholderSays.CONTINUING else ""
        yield _row("", ready, "◀──", life, payment.gateway, _CARDHOLDER, "", f"said {payment.cardholder}")


def _state_rows(life: Life, state: PaymentState) -> Iterator[str]:
    payment = life.payment
    present = state is payment.state
    tries = f"{payment.asks} times so far" if present and payment.asks else ""
    if state is _S.UNKNOWN:
        yield _row("", state, "──▶", life, payment.issuer, _asked(payment), "", tries)
        if payment.does.rolls is Rolls.FORWARD:
            # Money that was given may be spent: it is never taken back, the same message is sent until it is known.
            yield _row("", "", "──▶", life, payment.issuer, payment.does.bank_message, payment.bank_msg_id, "in the end, again")
    elif state is _S.REVERSING:
        yield _row("", state, "──▶", life, payment.issuer, _takes_back(payment), payment.reversal_msg_id, tries)
    else:
        ended = min((notice.created_at for notice, _ in life.notices), default=None)
        yield f"  {moment(ended):<{_WHEN}}  {state}"
    if present and not payment.is_final:
        yield _waits(life)


def _takes_back(payment: Payment) -> str:
    """What is sent while it is REVERSING: of what an acquirer told of by itself, it is a refund."""
    if not payment.does.downstream:
        return Reversal.message
    return PayReversal.message if payment.kind == Pay.message else OrderRefund.message


def _asked(payment: Payment) -> str:
    """What the worker sends while it does not know."""
    return f"{payment.does.bank_message} again" if payment.does.rolls is Rolls.INSIST else BankInquiry.message


def _waits(life: Life) -> str:
    payment = life.payment
    what = "the cardholder's time is up" if payment.state is _S.AWAITING_CARDHOLDER else "the worker looks again"
    return f"  {moment(payment.due_at):<{_WHEN}}  {'':<{life.wide}}       {what}"


def _was_sent(payment: Payment) -> bool:
    """Something may have reached the bank: it answered, or nobody can say that it did not."""
    if payment.state in (_S.AWAITING_CARDHOLDER, _S.READY):
        return False
    if payment.bank_code:
        return bool(payment.bank_msg_id)
    if payment.kind in UNDOES and payment.is_final:
        return False  # there was nothing to give back, or the hub ended the original itself
    undecided = payment.told_pending or not payment.is_final or payment.state in (_S.APPROVED, _S.REVERSED)
    return bool(payment.bank_msg_id) and undecided and not _declined_by_cardholder(payment)


def _declined_by_cardholder(payment: Payment) -> bool:
    """Ended before anything was sent: the cardholder said no, or nothing in time."""
    return payment.state is _S.DECLINED and bool(payment.additional_msg_id) and not payment.bank_code


def _row(when: str, state: str, arrow: str, life: Life, app_id: str, message: str, msg_id: str, tail: str = "") -> str:
    who = clean(life.parties.get(app_id, app_id))[:_WHO]
    line = f"  {when:<{_WHEN}}  {state:<{life.wide}}  {arrow}  {padded(who, _WHO)}  {message:<{_WHAT}}  {msg_id:<29}  {tail}"
    return line.rstrip()


def _decisions(life: Life) -> Iterator[str]:
    """What operators said of it (`transactions resolve`)."""
    said = life.proposal
    if said is None:
        return
    yield ""
    yield f"{moment(said.at)}  {said.operator} (account {said.login}) proposed {said.verdict}: {said.reason}"
    if said.confirmed_by:
        yield f"{moment(said.confirmed_at)}  {said.confirmed_by} (account {said.confirmed_login}) confirmed it"
    if said.withdrawn_by:
        yield f"{said.withdrawn_by} withdrew it"


def _tint(text: str, state: PaymentState, *, color: bool) -> str:
    return f"\x1b[{_TINTS.get(state, _UNDER_WAY)}m{text}\x1b[0m" if color else text


def _tinted_state(line: str, *, color: bool) -> str:
    if color:
        for state in PaymentState:
            head, found, tail = line.partition(f"  {state}")
            if found and not head.strip(" 0123456789-:."):
                return f"{head}  {_tint(state, state, color=True)}{tail}"
    return line


# --- for machines


def facts(life: Life) -> dict[str, Any]:
    """`transactions show --json`."""
    card = life.card
    return describe(life.payment) | {
        "maskedPan": card.masked_pan if card else life.payment.masked_pan or None,
        "payee": {"cardId": life.payee.card_id, "userID": life.payee.user_id} if life.payee else None,
        "undoneBy": [
            {"paymentId": each.payment_id, "kind": each.kind, "state": each.state, "amount": _money(each.amount)}
            for each in life.undone_by
        ],
        "states": _states(life.payment),
        "notices": [
            {
                "noticeId": notice.notice_id,
                "receiver": notice.receiver,
                "message": notice.message,
                "msgID": notice.msg_id,
                "state": notice.state,
                "createdAt": notice.created_at,
                "attempts": [{"at": each.at, "outcome": each.outcome, "latencyMs": each.latency_ms} for each in attempts],
            }
            for notice, attempts in life.notices
        ],
        "resolution": life.proposal,
    }


def describe(payment: Payment) -> dict[str, Any]:
    """A payment for machines: amounts as text in major units beside their currency."""
    return {
        "paymentId": payment.payment_id,
        "kind": payment.kind,
        "state": payment.state,
        "status": payment.status,
        "code": payment.code,
        "bankCode": payment.bank_code,
        "openedAt": payment.opened_at,
        "dueAt": payment.due_at,
        "sender": payment.sender,
        "msgID": payment.msg_id,
        "gateway": payment.gateway,
        "issuer": payment.issuer,
        "acquirer": payment.acquirer,
        "cardId": payment.card_id,
        "userID": payment.user_id,
        "deviceID": payment.device_id,
        "gross": _money(payment.gross),
        "amount": _money(payment.amount),
        "fee": _money(payment.fee),
        "bill": _money(payment.bill) | {"rate": str(payment.bill_rate)} if payment.bill else {},
        "settle": _money(payment.settle) | {"rate": str(payment.settle_rate)} if payment.settle else {},
        "settleDate": payment.settle_date,
        "discounts": [_money(each.amount) | {"note": each.note, "fundedBy": each.funded_by} for each in payment.discounts],
        "merchant": {
            "name": payment.merchant.name,
            "mid": payment.merchant.merchant_id,
            "mcc": payment.merchant.mcc,
            "country": payment.merchant.country,
            "acquirerIIN": payment.merchant.acquirer_iin,
        },
        "qrcVoucherNo": payment.voucher_no,
        "retrivlRefNum": payment.retrieval_ref,
        "traceNum": payment.trace_no,
        "referNo": payment.refer_no,
        "bankMsgID": payment.bank_msg_id,
        "reversalMsgID": payment.reversal_msg_id,
        "toldPending": payment.told_pending,
        "origPaymentId": payment.orig_payment_id,
        "orderNumber": payment.order_id,
        "payeeGateway": payment.payee_gateway,
        "settlementKey": payment.settlement_key,
        "additionalMsgID": payment.additional_msg_id,
        "cardholder": payment.cardholder,
    }


def _money(money: Any) -> dict[str, str]:
    return {"amount": money.text, "currency": money.currency} if money is not None else {}
