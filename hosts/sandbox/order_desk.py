"""What an acquirer answers to UCSP about orders (RULES section 12, U3 and X3); what follows goes on in `order_work`.

UCSP -> Acquirer     PLACE_ORDER, PAY, TRX_RESULT_INQUIRY, REVERSAL, REFUND
SCIS -> Acquirer     TRX_RESULT_NOTIFICATION: somebody paid an order by its code
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from unionhub.adapters.jose.sealing import SealedFieldError
from unionhub.domain.model.qr.faults import QrError
from unionhub.domain.model.qr.merchant import parse
from unionhub.hosts.sandbox.bank_words import Refused, read_money, read_original, read_text
from unionhub.hosts.sandbox.envelope import Answer, Received
from unionhub.hosts.sandbox.order_work import OrderWork, is_last, result_of, undo_of
from unionhub.hosts.sandbox.partner import Handler, HubAnswer
from unionhub.hosts.sandbox.till import Order, Pay, PayState, Result, Till, TillBook, Undo, read_key
from unionhub.ports.partners import NoWord

if TYPE_CHECKING:
    from unionhub.hosts.sandbox.acquirer import Acquirer

_REPEATED: Final = ("trxAmt", "trxCurrency")
_INQUIRED: Final = {
    PayState.APPROVED: "APPROVED",
    PayState.DECLINED: "DECLINED",
    PayState.BARRED: "REVERSED",  # as at a bank: it will never be paid
    PayState.REVERSED: "REVERSED",
}
_TAKEN: Final = (PayState.SENT, PayState.APPROVED, PayState.GIVING_UP)


class OrderDesk:
    """`handlers` are an acquirer's answers; `work` does the rest by itself."""

    def __init__(self, acquirer: Acquirer, till: Till, now: Callable[[], datetime]) -> None:
        """`now` is business time."""
        self.work = OrderWork(acquirer, till)
        self._acquirer = acquirer
        self._till = till
        self._now = now
        self.handlers: dict[str, Handler] = {
            message: _answering(handler)
            for message, handler in {
                "PLACE_ORDER": self._place,
                "PAY": self._take,
                "TRX_RESULT_INQUIRY": self._inquired,
                "REVERSAL": self._reversal,
                "REFUND": self._refund,
            }.items()
        }
        self.handlers["TRX_RESULT_NOTIFICATION"] = self._notified

    async def refund_order(self, ucsp_order_id: str, amount: str) -> HubAnswer:
        """The shop gives `amount` (major units) of a paid order back; UCSP is told REFUNDED. It goes on by itself until
        it is known, whatever is answered now: 04, 91, 92 and 96 are no last word.

        Raises LookupError for an order that is not paid, and ports.partners.NoWord when SCIS does not answer now.
        """
        pay = await self._till.run(lambda book: book.paid(ucsp_order_id))
        if pay is None:
            raise LookupError(f"order {ucsp_order_id} is not paid")
        request = self._acquirer.refund(pay.settlement_key, amount, pay.net.currency)
        undo = undo_of(request, request.msg_id, pay, by_shop=True)
        await self._till.run(lambda book: book.begin_undo(undo))
        answer = await self.work.give_back(undo)
        if answer is None:
            raise NoWord("no answer to the REFUND that counts; it is sent again")
        return answer

    # --- what UCSP asks

    async def _place(self, received: Received) -> Answer:
        """Idempotent by ucspOrderId; `94` for the same order with another amount or merchant."""
        trx = received.trx
        merchant = trx.get("merchantInfo")
        if not isinstance(merchant, dict):
            raise Refused("30")
        if read_text(merchant, "mid") in self._acquirer.bad_mids:
            raise Refused("03")
        order = Order(
            ucsp_order_id=read_text(trx, "ucspOrderId"),
            downstream_id=self._acquirer.new_msg_id()[-20:],
            amount=read_money(trx, "trxAmt", "trxCurrency"),
            merchant=merchant,
            order_id=str(trx.get("orderId", "")),
            expires_at=_expiry(trx.get("expiresAt")),
        )
        placed = await self._till.run(lambda book: book.place(order))
        if (placed.amount, placed.merchant) != (order.amount, order.merchant):
            raise Refused("94")
        return Answer(trx={"downstreamOrderId": placed.downstream_id})

    async def _take(self, received: Received) -> Answer:
        """PAY: `04` at once, and the payment goes on by itself; the same msgID gets what stands."""
        trx = received.trx
        wanted = self._wanted(received)
        downstream_id = read_text(trx, "downstreamOrderId")
        card = await self._card(trx.get("cardInfo"))
        now = self._now()

        def take(book: TillBook) -> tuple[Pay, Order | None]:
            known = book.pay(wanted.msg_id)
            if known is not None:
                return known, None
            order = book.order(wanted.ucsp_order_id)
            code = _refusal(book, order, wanted, downstream_id, now)
            if code or order is None:
                return book.add(msgspec.structs.replace(wanted, state=PayState.DECLINED, token_payment="", reason=code)), None
            return book.add(wanted), order

        pay, order = await self._till.run(take)
        if order is not None:
            self.work.pay(pay, order, *card)
            return Answer(code="04")
        if pay.state is not PayState.BARRED and not _same(pay, wanted):
            raise Refused("78")
        return _standing(pay)

    async def _inquired(self, received: Received) -> Answer:
        original = read_original(received.trx)
        pay = await self._till.run(lambda book: book.pay(original))
        asked = received.trx.get("origMsgType", received.trx.get("origTrxType", "PAY"))
        if pay is None or asked != "PAY":
            raise Refused("25")
        told = {
            "paymentStatus": _INQUIRED.get(pay.state, "PENDING"),
            "rejectionReason": pay.reason if pay.state is PayState.DECLINED else "",
            **(_details(pay) if pay.state is PayState.APPROVED else {}),
        }
        return Answer(trx={name: value for name, value in told.items() if value})

    async def _reversal(self, received: Received) -> Answer:
        """`00` when nothing of the PAY is taken and nothing ever will be; `96` while SCIS has not said so: ask again."""
        original = read_original(received.trx)

        def take_back(book: TillBook) -> Pay:
            known = book.pay(original)
            if known is None:
                return book.add(Pay(msg_id=original, state=PayState.BARRED))
            if known.state is PayState.APPROVED and not known.token_payment:
                raise Refused("12")  # no PAY: the order was paid by its code
            # Nothing left us of one that is only accepted, and nothing will: its state is set before it is sent.
            if not book.move(original, PayState.REVERSED, since=[PayState.ACCEPTED]) and book.move(
                original, PayState.REVERSING, since=_TAKEN
            ):
                book.keep_silent(original)
            pay = book.pay(original)
            assert pay is not None
            return pay

        pay = await self._till.run(take_back)
        if pay.state is PayState.REVERSING and not await self.work.take_back(pay):
            raise Refused("96")
        return Answer(code="00")

    async def _refund(self, received: Received) -> Answer:
        """An approval that UCSP does not want: SCIS' code; `04` while it has not said one."""
        trx = received.trx
        key = read_key(trx.get("origSettlementKey"))
        if key is None:
            raise Refused("30")
        amount = read_money(trx, "trxAmt", "trxCurrency")
        request = self._acquirer.refund(key, amount.text, amount.currency)

        def begin(book: TillBook) -> Undo:
            if (known := book.undo(received.msg_id)) is not None:
                return known
            pay = book.settled(key)
            if pay is None or pay.ucsp_order_id != trx.get("ucspOrderId", pay.ucsp_order_id):
                raise Refused("25")
            if pay.state is not PayState.APPROVED:
                raise Refused("12")
            return book.begin_undo(undo_of(request, received.msg_id, pay))

        undo = await self._till.run(begin)
        if any(undo.trx.get(name) != request.body["trxInfo"][name] for name in ("origSettlementKey", *_REPEATED)):
            raise Refused("78")
        if undo.code:
            return Answer(code=undo.code)
        answer = await self.work.give_back(undo)
        # While there is no last word it is under way, whatever the reason.
        return Answer(code=answer.code if is_last(answer) and answer is not None else "04")

    async def _notified(self, received: Received) -> Answer:
        """A result is noted; if somebody paid an order by its code, UCSP hears of it (once: the msgID is the notice's)."""
        trx, key = received.trx, read_key(received.trx.get("settlementKey"))
        reference = _reference(trx.get("mpqrcPayload"))
        if key is None or not reference:
            return Answer()
        try:
            amount = read_money(trx, "trxAmt", "trxCurrency")
        except Refused:
            return Answer()
        pay = Pay(
            msg_id=received.msg_id,
            state=PayState.APPROVED,
            ucsp_order_id=reference,
            net=amount,
            gross=amount,
            settlement_key=key,
            retrieval_ref=str(trx.get("retrivlRefNum", "")),
            refer_no=str(trx.get("referNo", "")),
        )
        approved, number = trx.get("paymentStatus") == "APPROVED", self._acquirer.new_msg_id()

        def note(book: TillBook) -> Result | None:
            order, known = book.order(reference), book.settled(key)
            if order is None:
                return None
            if known is None:
                return book.to_tell(result_of(number, book.add(pay), order, "APPROVED")) if approved else None
            if not approved and book.move(known.msg_id, PayState.REVERSED, since=[PayState.APPROVED]):
                book.keep_silent(known.msg_id)
            return None

        result = await self._till.run(note)
        if result is not None:
            self.work.tell(result)
        return Answer()

    # --- a PAY and its TOKEN_PAYMENT

    def _wanted(self, received: Received) -> Pay:
        """The PAY as it will stand when it is accepted. Raises Refused."""
        trx = received.trx
        net = read_money(trx, "trxAmt", "trxCurrency")
        gross = read_money(trx, "originalAmount", "trxCurrency") if trx.get("originalAmount") else net
        discounts = trx.get("discountDetails", [])
        if not isinstance(discounts, list) or not all(isinstance(each, dict) for each in discounts):
            raise Refused("30")
        token_payment = self._acquirer.new_msg_id()
        return Pay(
            msg_id=received.msg_id,
            state=PayState.ACCEPTED,
            ucsp_order_id=read_text(trx, "ucspOrderId"),
            net=net,
            gross=gross,
            discounts=[
                {"discountAmt": read_text(each, "discountAmt"), "discountNote": str(each.get("discountNote", ""))}
                for each in discounts
            ],
            token_payment=token_payment,
            settlement_key=self._acquirer.settlement_key(),
            retrieval_ref=token_payment[-12:],
        )

    async def _card(self, sealed: object) -> tuple[str, str]:
        """Token and expiry. Raises Refused: 30, 40 (SCIS pays tokens only), A0."""
        if not isinstance(sealed, str):
            raise Refused("30")
        try:
            card = msgspec.json.decode(await self._acquirer.open_(sealed), type=dict[str, Any])
        except SealedFieldError:
            raise Refused("A0") from None
        except msgspec.MsgspecError:
            raise Refused("30") from None
        if "token" not in card and "pan" in card:
            raise Refused("40")
        return read_text(card, "token"), str(card.get("expiry", ""))


def _answering(handler: Callable[[Received], Coroutine[Any, Any, Answer]]) -> Handler:
    """A refusal becomes its code, and every answer repeats the amount that it is about, as a bank's does."""

    async def answering(received: Received) -> Answer:
        try:
            answer = await handler(received)
        except Refused as refused:
            answer = Answer(code=refused.code)
        repeated = {name: received.trx[name] for name in _REPEATED if name in received.trx}
        return msgspec.structs.replace(answer, trx={**answer.trx, **repeated})

    return answering


def _refusal(book: TillBook, order: Order | None, pay: Pay, downstream_id: str, now: datetime) -> str:
    """Why this PAY cannot be; empty when it can."""
    if order is None or (order.expires_at is not None and order.expires_at <= now):
        return "12"
    if order.downstream_id != downstream_id:
        return "25" if book.order_of(downstream_id) is None else "12"
    if pay.net.currency != order.amount.currency:
        return "12"
    off = sum(read_money({**each, "in": pay.net.currency}, "discountAmt", "in").minor for each in pay.discounts)
    return "" if pay.gross == order.amount and pay.net.minor + off == order.amount.minor else "13"


def _standing(pay: Pay) -> Answer:
    """What a repeated PAY gets."""
    match pay.state:
        case PayState.APPROVED:
            return Answer(code="00", trx=_details(pay))
        case PayState.DECLINED:
            return Answer(code=pay.reason)
        case PayState.BARRED | PayState.REVERSED:
            return Answer(code="94")
        case _:
            return Answer(code="04")


def _details(pay: Pay) -> dict[str, Any]:
    """What an approval is known by: whoever wants it refunded needs the key."""
    details = {
        "trxAmt": pay.net.text,
        "trxCurrency": pay.net.currency,
        "settlementKey": pay.settlement_key,
        "retrivlRefNum": pay.retrieval_ref,
        "referNo": pay.refer_no,
    }
    return {name: value for name, value in details.items() if value}


def _same(pay: Pay, other: Pay) -> bool:
    return (pay.ucsp_order_id, pay.net, pay.gross) == (other.ucsp_order_id, other.net, other.gross)


def _reference(payload: object) -> str:
    """The reference label of a dynamic code; empty for anything else."""
    if not isinstance(payload, str):
        return ""
    try:
        code = parse(payload)
    except QrError:
        return ""
    return (code.additional.reference_label or "") if code.is_dynamic and code.additional else ""


def _expiry(text: object) -> datetime | None:
    """YYYYMMDDhhmmss in UTC. Raises Refused."""
    if text is None:
        return None
    try:
        return datetime.strptime(str(text), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise Refused("30") from None
