"""Moving a payment: one transaction, a compare-and-set, and the notices that the move makes due."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from unionhub.domain.model.orders import OrderState, paid
from unionhub.domain.model.transactions import Payment, PaymentEvent, PaymentState
from unionhub.ports.clock import Clock
from unionhub.ports.directory import Directory
from unionhub.ports.store import Store
from unionhub.ports.telemetry import Telemetry

from .giving_back import surplus
from .notify import OVERTAKEN, SIDES, UNNAMED, UNWANTED, NoticeBook, came_back_of_order, told
from .numbers import Numbers


class Mover:
    """Every move of a payment goes through here, whoever makes it: its host, the worker, an operator."""

    def __init__(
        self,
        store: Store,
        notices: NoticeBook,
        numbers: Numbers,
        directory: Directory,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._store = store
        self._notices = notices
        self._numbers = numbers
        self._directory = directory
        self._clock = clock
        self._telemetry = telemetry

    async def move(self, payment: Payment, move: Callable[[Payment], Payment]) -> Payment:
        """The payment after `move`; or as it stands, if somebody else moved it first: what is recorded is the truth.

        A repeat that was answered `04` meanwhile changes no state but who must be told, so the move is made again.

        A PAY may stand as approved by a result that named no PAY (UNNAMED), and so perhaps of another taking: of the order's
        QR, by a network that we do not see. If the PAY's own approval then names another settlement key, there are two: the
        one on record paid the order, and the PAY's goes back. One that names the same key, or none, is the same taking for all
        that we know: refunding it on a guess would leave the shop unpaid. If it was another one all the same, its
        PAYMENT_RESULT, which an acquirer owes for each, says the key, and is given back then.
        """
        while True:
            after = await self._numbered(move(payment))
            written = await self._write(payment, after)
            if written is not None:
                self._telemetry.payment_moved(written)
                return written
            async with self._store.begin() as uow:
                stored = await uow.payment(payment.payment_id)
            if stored is None or stored.state is not payment.state:
                if stored is not None and _are_two(stored, after):
                    await self._give_second_back(stored, after)
                return stored or payment
            payment = stored

    async def try_move(self, before: Payment, after: Payment) -> bool:
        """One move, once: False if somebody else moved it first. For whoever may only go on if the move was his."""
        after = await self._numbered(after)
        won = await self._store.move_payment(before, after, await self._notices.due_for(after))
        if won:
            self._telemetry.payment_moved(after)
        return won

    async def _write(self, before: Payment, after: Payment) -> Payment | None:
        """What was written; None if somebody else moved it first."""
        if came_back_of_order(after):
            return await self._write_refund(before, after)
        if after.does.downstream and after.is_final and after.state is not PaymentState.APPROVED:
            return await self._write_failure(before, after)
        notices = await self._notices.due_for(after)
        if after.order_id is None or not after.does.downstream or after.state is not PaymentState.APPROVED:
            return after if await self._store.move_payment(before, after, notices) else None
        async with self._store.begin() as uow:
            order = await uow.order(after.order_id)
            if order is not None and await uow.move_order(*paid(order, after)):
                if not await uow.move_payment(before, after, notices):
                    return None
                await uow.commit()
                return after
        # Its order was paid by its QR, or closed, while this was under way: the first approval wins.
        unwanted = before.moved(
            PaymentEvent.REVERSE,
            code=UNWANTED,
            due_at=self._clock.now(),
            bank_code=after.bank_code,
            refer_no=after.refer_no,
            settlement_key=after.settlement_key,  # by it PAYMENT_RESULT is known to tell of nothing new
            retrieval_ref=after.retrieval_ref,
        )
        unwanted = await self._numbered(unwanted)
        return unwanted if await self._store.move_payment(before, unwanted) else None

    async def _give_second_back(self, known: Payment, approved: Payment) -> None:
        """A worker sends its REFUND. Once: PAYMENT_RESULT may tell of the same taking, at any time."""
        now = self._clock.now()
        begun = surplus(known, approved, await self._numbers.payment_id(), now)
        back = await self._numbered(begun.moved(PaymentEvent.REVERSE, code=UNWANTED, bank_code="00", due_at=now))
        async with self._store.begin() as uow:
            if await uow.order_payment_settled(begun.issuer, begun.settlement_key) is not None:
                return
            if await uow.payment_of(begun.sender, begun.msg_id) is not None or await uow.open_payment(begun):
                return
            await uow.move_payment(begun, back)
            await uow.commit()
        self._telemetry.payment_moved(back)

    async def _write_failure(self, before: Payment, after: Payment) -> Payment | None:
        """A PAY that came to nothing: noted, and told to nobody, if its order was paid otherwise meanwhile."""
        drawn = await self._notices.draw(SIDES)
        async with self._store.begin() as uow:
            order = await uow.order(after.order_id) if after.order_id is not None else None
            if order is not None and order.state is OrderState.PAID and not after.note:
                after = msgspec.structs.replace(after, note=OVERTAKEN)
            if not await uow.move_payment(before, after, self._notices.written(after, drawn)):
                return None
            await uow.commit()
        return after

    async def _write_refund(self, before: Payment, after: Payment) -> Payment | None:
        """Holding the order, as PAYMENT_RESULT does: else each of them, at once, would believe that it says it first."""
        drawn = await self._notices.draw(len(told(after)) + SIDES)
        async with self._store.begin() as uow:
            order = await uow.order(after.order_id) if after.order_id is not None else None
            if order is not None:
                await uow.move_order(order, order)
            if not await uow.move_payment(before, after, await self._notices.due_within(uow, after, drawn)):
                return None
            await uow.commit()
        return after

    async def _numbered(self, payment: Payment) -> Payment:
        """A REVERSAL's msgID is on record before the message is sent: every repeat carries it, whichever host sends it,
        and the bank's booking can be told by it."""
        if payment.state is not PaymentState.REVERSING or payment.reversal_msg_id:
            return payment
        issuer = self._directory.party(payment.issuer)
        if issuer is None:
            raise AssertionError(f"payment {payment.payment_id} names an unknown issuer {payment.issuer}")
        msg_id = await self._numbers.msg_id(issuer, self._clock.now())
        return msgspec.structs.replace(payment, reversal_msg_id=msg_id)


def _are_two(known: Payment, approved: Payment) -> bool:
    """Does the acquirer speak of two takings: the one on record for a PAY, and its own?"""
    both = known.state is approved.state is PaymentState.APPROVED
    return both and known.note == UNNAMED and approved.settlement_key not in ("", known.settlement_key)
