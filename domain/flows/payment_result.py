"""UCSP chart: frontend payment, step 4: the downstream acquirer's word on an order, and orders that nobody paid in time.

4. Downstream -> UCSP    PAYMENT_RESULT: APPROVED, DECLINED, or REFUNDED of what was approved
   UCSP -> Downstream    00: it is on record, and the order's two sides will be told (order_results.py)

An approval that names a PAY is that payment's; one that names none was made by the order's QR, by whatever app scanned it.
The first one wins. A later one, and one of an order that was closed, is refunded by the hub itself (RULES section 6).
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Final

import msgspec

from unionhub.domain.model.acts import Act
from unionhub.domain.model.errors import Decline, Refusal
from unionhub.domain.model.money import Money
from unionhub.domain.model.orders import Order, OrderResult, OrderState, OrderStatus, order_id_of, paid
from unionhub.domain.model.transactions import Allowance, Payment, PaymentEvent, PaymentState
from unionhub.ports.clock import Clock
from unionhub.ports.directory import Directory
from unionhub.ports.store import Store, UnitOfWork

from .acts import Done
from .downstream import declined_code
from .frontend_payment import CashierPayment, of_order
from .giving_back import back_key, told_once
from .giving_back import paid as paid_amount
from .notify import OVERTAKEN, SIDES, UNNAMED, UNWANTED, NoticeBook
from .numbers import Numbers, msg_id, retrieval_ref, trace_no, voucher_no
from .order_results import given_back
from .terms import read_amount

_IN_FLIGHT: Final = (PaymentState.PENDING, PaymentState.UNKNOWN)
_HEARD: Final = (PaymentState.APPROVED, PaymentState.REVERSING, PaymentState.REVERSED)

_BY_CODE: Final = frozenset({"MPQRC_PAYMENT_EMV", "MPQRC_PAYMENT_URL"})

OTHER_AMOUNT: Final = "13"
"""The code of a PAY that the acquirer approved for another amount than it was asked: it is taken back."""


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers that a result may need: they are taken outside of a unit of work."""

    payment_id: int
    reversal_no: int
    notice_ids: tuple[int, ...]


class PaymentResult:
    """An act of the acquirer's. One transaction: the claim, the order, the payment and its notices stand or fall together."""

    message: ClassVar[str] = "PAYMENT_RESULT"

    def __init__(self, directory: Directory, notices: NoticeBook, numbers: Numbers, clock: Clock) -> None:
        self._directory = directory
        self._notices = notices
        self._numbers = numbers
        self._clock = clock

    async def prepare(self, request: OrderResult) -> Prepared:
        """A record's id, a REVERSAL's number, and the notices'."""
        del request
        return Prepared(
            payment_id=await self._numbers.payment_id(),
            reversal_no=await self._numbers.payment_id(),
            notice_ids=await self._notices.draw(SIDES),
        )

    async def open(self, uow: UnitOfWork, act: Act, request: OrderResult, prepared: Prepared) -> Done:
        """`62`, `25` (no such order of this acquirer, no such PAY), `12` (a refund of what is not paid or in another currency,
        another's settlement key), `13` (a refund of more than was paid)."""
        order = await self._order(uow, act.sender, request)
        match request.status:
            case OrderStatus.APPROVED:
                about = await self._approved(uow, act, order, request, prepared)
            case OrderStatus.DECLINED:
                about = await self._declined(uow, order, request, prepared)
            case OrderStatus.REFUNDED:
                about = await self._refunded(uow, act, order, request, prepared)
            case _:
                raise Refusal("30", "paymentStatus")
        return Done(subject_id=about)

    async def recall(self, uow: UnitOfWork, act: Act) -> None:
        """The answer has no content."""
        del uow, act

    async def _order(self, uow: UnitOfWork, acquirer: str, request: OrderResult) -> Order:
        party = self._directory.party(acquirer)
        if party is None or not party.is_live:
            raise Decline("62")
        order_id = order_id_of(request.ucsp_order_id)
        order = await uow.order(order_id) if order_id is not None else None
        if order is None or (order.acquirer, order.ucsp_order_id) != (acquirer, request.ucsp_order_id):
            raise Decline("25")
        if request.downstream_id != order.downstream_id:
            raise Decline("25")
        own = {party.acquirer_iin or acquirer, acquirer}
        if request.settlement_key and request.settlement_key.partition(":")[0] not in own:
            raise Decline("12")
        return order

    async def _approved(self, uow: UnitOfWork, act: Act, order: Order, request: OrderResult, prepared: Prepared) -> int | None:
        """The payment that it is about, on record by now."""
        if request.settlement_key:
            known = await uow.order_payment_settled(act.sender, request.settlement_key)
            if known is not None and known.order_id != order.order_id:
                raise Decline("12")  # that money paid another order
            if known is not None and known.state not in _IN_FLIGHT:
                return known.payment_id  # one settlement key is one transaction: it was told before
        request = await self._with_amount(uow, order, request)
        tried = await self._tried(uow, order, request)
        if tried is not None and tried.note == UNNAMED and tried.settlement_key != request.settlement_key:
            # What was taken for this PAY's own result was another payment's: now there are two.
            return await self._by_itself(uow, act, order, request, prepared, tried)
        if tried is not None and tried.state in _HEARD:
            return tried.payment_id  # as the answer to PAY had it; or it is on its way back already, or came back
        if tried is None or tried.state not in _IN_FLIGHT:
            return await self._by_itself(uow, act, order, request, prepared, tried)
        said = {
            "settlement_key": request.settlement_key,
            "retrieval_ref": request.retrieval_ref or tried.retrieval_ref,
            "note": "" if request.orig_msg_id else UNNAMED,
        }
        approved = tried.moved(PaymentEvent.APPROVE, code="00", bank_code="00", due_at=None, **said)
        right = _amount(request, paid_amount(tried)) == tried.amount
        if right and await uow.move_order(*paid(order, tried)):
            moved = await uow.move_payment(tried, approved, self._notices.written(approved, prepared.notice_ids))
        elif not request.orig_msg_id:
            # Not what this PAY asked for, or not wanted: a REVERSAL of the PAY would leave what a code paid where it is, a
            # REFUND by its settlement key does not. What becomes of the PAY is asked for, as ever.
            if await uow.order_payment_settled(act.sender, request.settlement_key) is not None:
                raise Refusal("96")  # the same word by another message, this very moment: it is no second payment
            return await self._by_itself(uow, act, order, request, prepared, None)
        else:
            back = tried.moved(
                PaymentEvent.REVERSE,
                code=UNWANTED if right else OTHER_AMOUNT,
                bank_code="00",
                due_at=self._clock.now(),
                reversal_msg_id=self._reversal(order, act.opened_at, prepared),
                **said,
            )
            moved = await uow.move_payment(tried, back)
        if not moved:
            raise Refusal("96")  # moved this very moment by its own host: no claim, so whoever says it again is heard
        return tried.payment_id

    async def _by_itself(
        self, uow: UnitOfWork, act: Act, order: Order, request: OrderResult, prepared: Prepared, tried: Payment | None
    ) -> int | None:
        """Paid by its QR; or told of a PAY that was declined. Wanted only if it is all of the order's amount (anybody can make
        a code that names the order and asks for a cent), nothing else paid the order, and it is open."""
        begun = self._record(act, order, request, prepared)
        begun = msgspec.structs.replace(
            begun,
            amount=_amount(request, paid_amount(tried) if tried is not None else order.amount),
            reservations=(told_once(act.sender, request.settlement_key),),
        )
        if await uow.open_payment(begun):
            # Somebody else brought the same word this very moment; refunding it would give back what paid the order.
            told = await uow.order_payment_settled(act.sender, request.settlement_key)
            if told is None or told.order_id != order.order_id:
                raise Refusal("96")
            return told.payment_id
        wanted = begun.amount == order.amount and await uow.move_order(*paid(order, begun))
        if not wanted:
            await uow.move_order(order, order)  # held: whoever took the same word for a PAY's has committed by now, or waits
        if await self._is_on_record(uow, begun):
            raise Refusal("96")
        if wanted:
            approved = begun.moved(PaymentEvent.APPROVE, code="00", bank_code="00", due_at=None)
            await uow.move_payment(begun, approved, self._notices.written(approved, prepared.notice_ids))
        else:
            unwanted = begun.moved(
                PaymentEvent.REVERSE,
                code=UNWANTED,
                bank_code="00",
                due_at=self._clock.now(),
                reversal_msg_id=self._reversal(order, act.opened_at, prepared),
            )
            await uow.move_payment(begun, unwanted)
        return begun.payment_id

    @staticmethod
    async def _is_on_record(uow: UnitOfWork, begun: Payment) -> bool:
        """Is this taking another payment of its order already? Between our look for its settlement key and the one for a PAY
        under way, another copy of the same word was taken for that PAY's: a refund would give back what paid the order."""
        if not begun.settlement_key:
            return False
        others = await uow.payments_of_order(begun.order_id or 0)
        return any(each.settlement_key == begun.settlement_key for each in others if each.payment_id != begun.payment_id)

    async def _declined(self, uow: UnitOfWork, order: Order, request: OrderResult, prepared: Prepared) -> int | None:
        """Of a try that is under way; of anything else it is no news."""
        tried = await self._tried(uow, order, request)
        if tried is None or tried.state not in _IN_FLIGHT:
            return tried.payment_id if tried is not None else None
        declined = tried.moved(
            PaymentEvent.DECLINE,
            code=declined_code(request.reason),
            bank_code=request.reason[:2] or "71",
            due_at=None,
            note=OVERTAKEN if order.state is OrderState.PAID else "",
        )
        if not await uow.move_payment(tried, declined, self._notices.written(declined, prepared.notice_ids)):
            raise Refusal("96")
        return tried.payment_id

    async def _refunded(self, uow: UnitOfWork, act: Act, order: Order, request: OrderResult, prepared: Prepared) -> int | None:
        """A part of what was paid, or all of it. What came back through SCIS was seen there, and is told once."""
        payment = await uow.payment(order.paid_by) if order.paid_by is not None else None
        if payment is None:
            raise Decline("12")
        await uow.move_order(order, order)  # held: what SCIS sees of the same refund waits for us, or we have waited for it
        known = [each for each in await uow.payments_of_order(order.order_id) if each.orig_payment_id is not None]
        own_key = request.settlement_key and request.settlement_key != payment.settlement_key
        if own_key and any(each.settlement_key == request.settlement_key for each in known):
            return payment.payment_id  # one settlement key is one refund: it was told before
        amount = _amount(request, paid_amount(payment))
        if amount.currency != paid_amount(payment).currency:
            raise Decline("12")
        back = await given_back(uow, order.order_id, payment)
        news = back.told + amount.minor > back.at_scis
        share = Allowance(key=back_key(payment), amount_minor=amount.minor, limit_minor=paid_amount(payment).minor, code="13")
        begun = msgspec.structs.replace(
            self._record(act, order, request, prepared),
            gross=amount,
            amount=amount,
            orig_payment_id=payment.payment_id,
            reservations=(share,),
        )
        if code := await uow.open_payment(begun):
            raise Decline(code)
        # Of a card of this hub the refund was seen at SCIS, and told from there.
        code = "00" if news else UNWANTED
        told = begun.moved(PaymentEvent.APPROVE, code=code, bank_code="00", due_at=None)
        await uow.move_payment(begun, told, self._notices.written(told, prepared.notice_ids))
        return begun.payment_id

    @staticmethod
    async def _with_amount(uow: UnitOfWork, order: Order, request: OrderResult) -> OrderResult:
        """An approval that says neither its PAY nor its amount, as SCIS saw it, if it did: anybody can make a code that names
        the order and asks for a cent. Of a network that we do not see, the acquirer's word is all that there is, and means
        what the PAY under way asked for, or else the order's amount."""
        if request.amount or request.orig_msg_id or not request.settlement_key:
            return request
        at_scis = await uow.payment_for_acquirer(order.acquirer, settlement_key=request.settlement_key)
        if at_scis is None:
            return request
        amount = paid_amount(at_scis)
        return msgspec.structs.replace(request, amount=amount.text, currency=amount.currency)

    @staticmethod
    async def _tried(uow: UnitOfWork, order: Order, request: OrderResult) -> Payment | None:
        """The PAY that the result names, `25` if there is none. One that names none is of the PAY that is under way, unless its
        settlement key is that of a merchant's code, paid at SCIS: then it is of the order's QR."""
        tries = [each for each in await uow.payments_of_order(order.order_id) if each.kind == CashierPayment.message]
        if request.orig_msg_id:
            named = next((each for each in tries if each.bank_msg_id == request.orig_msg_id), None)
            if named is None:
                raise Decline("25")
            return named
        if request.settlement_key:
            at_scis = await uow.payment_for_acquirer(order.acquirer, settlement_key=request.settlement_key)
            if at_scis is not None and at_scis.kind in _BY_CODE:
                return None
        return next((each for each in tries if each.state in _IN_FLIGHT), None)

    def _record(self, act: Act, order: Order, request: OrderResult, prepared: Prepared) -> Payment:
        """The beginning of a payment that is told, not asked for."""
        payment_id = prepared.payment_id
        draft = Payment(
            payment_id=payment_id,
            kind=self.message,
            sender=order.industry,
            msg_id=act.msg_id,
            state=PaymentState.PENDING,
            opened_at=act.opened_at,
            due_at=act.opened_at,
            voucher_no=voucher_no(payment_id, act.opened_at),
            trace_no=trace_no(payment_id),
            retrieval_ref=request.retrieval_ref or retrieval_ref(payment_id),
            settlement_key=request.settlement_key,
        )
        return of_order(draft, order)

    def _reversal(self, order: Order, now: datetime, prepared: Prepared) -> str:
        acquirer = self._directory.party(order.acquirer)
        if acquirer is None:
            raise AssertionError(f"order {order.order_id} names an unknown acquirer {order.acquirer}")
        return msg_id(acquirer, now, prepared.reversal_no)


def _amount(request: OrderResult, default: Money) -> Money:
    return read_amount(request.amount, request.currency or default.currency, path="trxAmt") if request.amount else default


class ClosingOrders:
    """Orders that nobody paid in time are closed, and both sides are told: with nothing in flight, whoever's host it was."""

    def __init__(self, store: Store, notices: NoticeBook) -> None:
        self._store = store
        self._notices = notices

    async def close(self, order: Order) -> None:
        """One that somebody began to pay this very moment waits for what becomes of that."""
        # Of one that was never placed nobody has a cashierUrl, so there is nobody to tell.
        known = order.state is OrderState.OPEN
        numbers = await self._notices.draw(SIDES) if known else ()
        async with self._store.begin() as uow:
            if await uow.close_order(order, self._notices.of_closed(order, numbers) if known else ()):
                await uow.commit()
